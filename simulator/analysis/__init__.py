"""One question each, asked of ensembles."""
