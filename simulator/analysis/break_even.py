"""Weights at which a headline reverses, one factor at a time."""

from collections.abc import Callable
from functools import partial
from itertools import pairwise

import numpy as np
import pandas as pd

from simulator.analysis.comparison import compare
from simulator.arrays import Floats
from simulator.engine.evidence import over_mean
from simulator.engine.sampling import uncertain
from simulator.ensemble.ensemble import Ensemble
from simulator.ensemble.estimates import quantiles_of_draws
from simulator.ensemble.simulation import require_ensemble
from simulator.scenario.calendar import When
from simulator.scenario.numbers import Key

# The range in which a weight is searched; the shipped ones are 0.5 to 2.
WEIGHTS = (0.0, 10.0)
# Points under which a headline is 0: means of 5,000 draws are rounded by less.
ROUNDING = 1e-9


def break_even(
    ensemble: Ensemble, against: Ensemble | None = None, month: When | None = None, threshold: float = 50.0
) -> pd.DataFrame:
    """Return by how much one factor's weight in warmth must change for the headline to reverse.

    Parameters
    ----------
    ensemble : Ensemble
        From `simulate` or `read_run`.
    against : Ensemble, optional
        Of the same worlds. Given, the headline is the sign of the mean difference from it; else whether the median of
        warmth is above or below the threshold.
    month : int, date or str, optional
        A month or a day. Default: the horizon, or the last month that both simulate.
    threshold : float
        Points.

    Returns
    -------
    DataFrame
        By dotted key of the factor's weight: `label`; `weight` as it is (the median, where it is uncertain); `break_even`,
        the nearest weight within 0 to 10 at which the headline reverses (not a number: none); `headline`, what is reversed.

    Notes
    -----
    Weights are linear in the kept levels, so nothing is simulated. Where events read an index the levels themselves would
    answer to its weights; see `Ensemble.reweight`.

    Examples
    --------
    >>> from simulator import read_scenario, simulate
    >>> break_even(simulate(read_scenario("baseline"), 500)).columns.tolist()
    ['label', 'weight', 'break_even', 'headline']
    """
    both = [one for one in (ensemble, against) if one is not None]
    # of the same worlds, or refused
    require_ensemble(ensemble, "break_even()")
    at = ensemble.month_of(month) if against is None else compare(against, ensemble).month_of(month)
    n = min(one.n_kept for one in both)
    levels = [_levels(one, at, n) for one in both]
    weights = [_weights(one, n) for one in both]
    ratios = over_mean(ensemble.tally.kept.weights[:n])

    def headline(factor: str, weight: float) -> float:
        means = []
        for one, level, own in zip(both, levels, weights, strict=True):
            changed = own.copy()
            if factor in one.factors:
                changed[one.factors.index(factor)] = weight
            total = changed.sum(axis=0)
            means.append(np.where(total > 0, (changed * level).sum(axis=0) / np.where(total > 0, total, 1), np.nan))
        if against is None:
            return float(quantiles_of_draws(means[0], 0.5, ratios)) - threshold
        return float(((means[0] - means[1]) * ratios).mean())

    told = f"median of warmth against {threshold:g}"
    if against is not None:
        told = f"sign of the difference from {against.scenario.name}"
    rows = {}
    for place, name in enumerate(ensemble.factors):
        own = float(quantiles_of_draws(weights[0][place], 0.5, ratios))
        key, root = str(Key("factors", name, "weight")), _nearest_root(partial(headline, name), own)
        label = ensemble.scenario.words_of(key)
        rows[key] = {"label": label, "weight": own, "break_even": root, "headline": told}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("key")


def _levels(ensemble: Ensemble, month: int, n: int) -> Floats:
    return ensemble.tally.kept.values[month, : len(ensemble.factors), :n].astype(np.float64)


def _weights(ensemble: Ensemble, n: int) -> Floats:
    """Return the factors' weights in warmth in the kept draws, (n_factors, n)."""
    sampled = dict(zip(uncertain(ensemble.plan), ensemble.tally.kept.inputs, strict=True))
    certain = {key: value for key, value in ensemble.plan.numbers.items() if isinstance(value, float)}
    keys = [Key("factors", name, "weight") for name in ensemble.factors]
    return np.stack([sampled[key][:n] if key in sampled else np.full(n, certain[key]) for key in keys])


def _nearest_root(function: Callable[[float], float], start: float) -> float:
    """Return the argument nearest to a start at which a function changes sign; not a number if there is none."""
    from scipy.optimize import brentq

    grid = np.linspace(*WEIGHTS, 101)
    values = np.array([function(w) for w in grid])
    # a weight that is a root itself lies between two others; points of rounding have no sign
    used = np.flatnonzero(np.abs(values) > ROUNDING)
    changes = [(grid[i], grid[j]) for i, j in pairwise(used) if values[i] * values[j] < 0]
    roots = [float(brentq(function, *bracket, xtol=1e-6)) for bracket in changes]
    return min(roots, key=lambda root: abs(root - start), default=float("nan"))
