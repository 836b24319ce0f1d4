"""All draws of one scenario as tables with errors; made by `simulate`, kept in run folders."""
