"""All draws of one scenario as tables with errors; made by `simulate`, kept in run folders.

simulation      a scenario in, an ensemble out, on any executor
ensemble        the result: means, quantiles, bands, events, questions, each with its error
tables          the arithmetic behind its tables
estimates       Monte Carlo errors of proportions, means and quantiles
reweight        other weights for an index, without simulating
store           run folders, written whole or not at all
"""

from simulator.ensemble.ensemble import Ensemble
from simulator.ensemble.simulation import simulate
from simulator.ensemble.store import read_run, save_run

__all__ = ["Ensemble", "read_run", "save_run", "simulate"]
