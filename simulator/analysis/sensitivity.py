"""What drives the spread of an index: variance by source, a tornado in points, weights at which a headline reverses."""

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simulator.analysis.comparison import compare
from simulator.arrays import Floats
from simulator.engine.months import months
from simulator.engine.plan import Plan, make_plan
from simulator.engine.sampling import per_occurrence, sample, uncertain
from simulator.engine.streams import BLOCK, Redrawn, Seed
from simulator.ensemble.ensemble import Ensemble
from simulator.errors import Refused, suggestion
from simulator.scenario.schema import Scenario

# Draws of each evaluation; there is one for each source. The error of a share is then about 1.5 points of a hundred.
N_DRAWS = 4_000

JUDGEMENT, CHANCE = "judgement", "chance"

# Draws that each side of a tornado's bar must have: a mean of fewer tells little.
LEAST_GROUP = 30


def sources(plan: Plan) -> dict[tuple[str, str], frozenset[str]]:
    """Return the groups of random streams that may drive an index, by (kind, name).

    Judgement is each uncertain number by itself; chance is each event (when it happens, and the sizes drawn at each
    occurrence) and each factor's innovations. Innovations are those before they are correlated: a factor's group is what
    it does not share with the factors before it.
    """
    groups = {(JUDGEMENT, key): frozenset({f"input:{key}"}) for key in uncertain(plan)}
    for event in plan.events:
        sizes = [key for key in plan.numbers if key.startswith(f"events.{event.name}.") and per_occurrence(plan, key)]
        drawn = [key for key in sizes if not isinstance(plan.numbers[key], float)]
        groups[CHANCE, f"events.{event.name}"] = frozenset(
            {f"event:{event.name}/timing", *(f"input:{key}" for key in drawn)}
        )
    for name in plan.factors:
        groups[CHANCE, f"factors.{name}"] = frozenset(f"factor:{name}/{purpose}" for purpose in ("innovation", "drift"))
    for kind in (JUDGEMENT, CHANCE):
        groups[kind, "all"] = frozenset().union(*(names for (k, _), names in groups.items() if k == kind))
    return groups


def shares(base: Floats, other: Floats, mixed: Floats) -> tuple[float, float, float, float]:
    """Return the first-order and the total share of variance of a group of inputs, each with its standard error.

    Parameters
    ----------
    base, other : (n,) ndarray
        The result for two independent samples of all inputs.
    mixed : (n,) ndarray
        The result for the first sample with the group taken from the second.

    References
    ----------
    First order: Saltelli et al. (2010), Computer Physics Communications 181: 259-270, equation (b) of table 2. Total:
    Jansen (1999), Computer Physics Communications 117: 35-43. Errors: of a ratio of means, by its derivative.

    Examples
    --------
    >>> x, y = np.array([1.0, -1.0, 1.0, -1.0]), np.array([1.0, 1.0, -1.0, -1.0])
    >>> shares(x, y, y)[2]                   # everything is in the group
    1.0
    """
    centre = (base.mean() + other.mean()) / 2
    a, b, m = base - centre, other - centre, mixed - centre
    square = (a**2 + b**2) / 2
    variance = float(square.mean())
    if variance == 0:
        return 0.0, 0.0, 0.0, 0.0
    found: list[float] = []
    for terms in (b * (m - a), (a - m) ** 2 / 2):
        share = float(terms.mean()) / variance
        found += [share, float((terms - share * square).std() / variance / np.sqrt(len(terms)))]
    first, first_error, total, total_error = found
    return first, first_error, total, total_error


def pick_and_freeze(
    evaluate: Callable[[frozenset[str] | None], Floats], groups: Mapping[tuple[str, str], frozenset[str]]
) -> pd.DataFrame:
    """Return how much of a result's variance each group of streams makes, by re-drawing one group while all else is held.

    Parameters
    ----------
    evaluate : callable
        Given the streams to draw anew (none: an empty set; all: None), the result in every draw.
    groups : mapping
        Streams by (kind, name).

    Returns
    -------
    DataFrame
        By kind and name: `first`, the share of variance that the group makes by itself, and `total`, with all it does
        together with others; each with its standard error. Shares near 0 may come out below it, by about their error.
    """
    base, other = evaluate(frozenset()), evaluate(None)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        rows = list(pool.map(lambda names: shares(base, other, evaluate(names)), groups.values()))
    index = pd.MultiIndex.from_tuples(list(groups), names=["kind", "name"])
    return pd.DataFrame(rows, index=index, columns=["first", "first_std_error", "total", "total_std_error"])


def drivers(
    scenario: Scenario,
    index: str = "warmth",
    month: int | None = None,
    *,
    n_draws: int = N_DRAWS,
    seed: int | None = None,
) -> pd.DataFrame:
    """Return what drives the spread of an index: the share of its variance that each source makes.

    Parameters
    ----------
    scenario : Scenario
        From `read_scenario`.
    index : str
        An index or a factor.
    month : int, optional
        Default: the horizon.
    n_draws : int
        Draws of each evaluation.
    seed : int, optional
        The random seed; what is re-drawn comes from the next. Default: the scenario's.

    Returns
    -------
    DataFrame
        By kind ("judgement" or "chance") and name, the largest total first; see `pick_and_freeze`. The row "all" of a kind
        is all of it together. First-order shares need not sum to 1: the rest is interaction, such as an event that only
        matters where another has happened.

    Examples
    --------
    >>> from simulator import read_scenario
    >>> table = drivers(read_scenario("baseline"), n_draws=64)
    >>> sorted(set(table.index.get_level_values("kind")))
    ['chance', 'judgement']
    """
    plan = make_plan(scenario)
    at = plan.n_steps if month is None else month
    if not 0 <= at <= plan.n_steps:
        raise Refused(f"month must be within 0 to {plan.n_steps}; found {month}")
    if index not in plan.series:
        raise Refused(f"no factor or index is called {index!r}" + suggestion(index, plan.series))
    place, first = plan.series.index(index), scenario.run.seed if seed is None else seed
    groups = sources(plan)
    everything = frozenset().union(*groups.values())

    def evaluate(names: frozenset[str] | None) -> Floats:
        chosen = Redrawn(first, first + 1, everything if names is None else names)
        blocks = range(-(-n_draws // BLOCK))
        return np.concatenate([_at(plan, chosen, b, min(BLOCK, n_draws - b * BLOCK), place, at) for b in blocks])

    return pick_and_freeze(evaluate, groups).sort_values("total", ascending=False, kind="stable")


def _at(plan: Plan, seed: Seed, block: int, n: int, series: int, month: int) -> Floats:
    """Return one series of a block at the end of a month."""
    for stretch in months(plan, seed, block, n, sample(plan, seed, block, n)):
        if month in stretch.steps:
            return np.array(stretch.values[month - stretch.first, series])
    raise AssertionError("a month beyond the horizon")


def tornado(ensemble: Ensemble, index: str = "warmth", month: int | None = None) -> pd.DataFrame:
    """Return how far an index is apart between low and high values of each input, and without and with each event.

    Parameters
    ----------
    ensemble : Ensemble
        From `simulate` or `read_run`; its kept draws are used.
    index : str
        An index or a factor.
    month : int, optional
        Default: the horizon.

    Returns
    -------
    DataFrame
        By kind ("input" or "event") and name, the widest first: `low` and `high`, the mean of the index in the lowest and
        the highest fifth of the input, or without and with the event; their errors; `swing`, high less low, with
        `std_error`; and `n_low`, `n_high`. Events that happened, or did not, in fewer
        than 30 draws are left out, and so are weights that the index does not have.

    Notes
    -----
    What goes together need not be cause: an event that waits for a warm relationship is found in warm draws.

    Examples
    --------
    >>> from simulator import read_scenario, simulate
    >>> table = tornado(simulate(read_scenario("baseline"), 1_000))
    >>> bool((table.swing.abs().diff().dropna() <= 0).all())
    True
    """
    draws = ensemble.draws(month)
    at = ensemble.horizon if month is None else month
    if index not in ensemble.plan.series:
        raise Refused(f"no factor or index is called {index!r}" + suggestion(index, ensemble.plan.series))
    values = draws[index].to_numpy(dtype=np.float64)
    rows = {}
    for key in _inputs_of(ensemble.plan, index):
        low, high = draws[key].quantile([0.2, 0.8])
        if not low < high:  # few values: the least and the greatest
            low, high = draws[key].min(), draws[key].max()
        rows["input", key] = _apart(values, (draws[key] <= low).to_numpy(), (draws[key] >= high).to_numpy())
    for event in ensemble.plan.events:
        happened = (draws[f"first.{event.name}"] <= at).to_numpy()
        rows["event", event.name] = _apart(values, ~happened, happened)
    index_of = pd.MultiIndex.from_tuples(list(rows), names=["kind", "name"])
    columns = ["low", "low_std_error", "high", "high_std_error", "swing", "std_error", "n_low", "n_high"]
    table = pd.DataFrame(list(rows.values()), index=index_of, columns=columns).dropna()
    table = table[table[["n_low", "n_high"]].min(axis=1) >= min(LEAST_GROUP, len(draws) // 5)]
    return table.iloc[np.argsort(-table["swing"].abs().to_numpy(), kind="stable")]


def _inputs_of(plan: Plan, index: str) -> list[str]:
    """Return the uncertain numbers that can bear on an index: not the weights of others that no event reads."""
    read = {index, *(name for event in plan.events if event.when is not None for name in event.when.names)}

    def bears(key: str) -> bool:
        table, name, *rest = key.split(".")
        if table == "indices":
            return name in read
        return rest != ["weight"] or "warmth" in read

    return [key for key in uncertain(plan) if bears(key)]


def _apart(values: Floats, low: NDArray[np.bool_], high: NDArray[np.bool_]) -> tuple[float, ...]:
    """Return means and errors of two groups of draws; not numbers where one has less than two."""
    groups = values[low], values[high]
    if min(map(len, groups)) < 2:
        return (*[float("nan")] * 6, len(groups[0]), len(groups[1]))
    means = [float(group.mean()) for group in groups]
    errors = [float(group.std(ddof=1) / np.sqrt(len(group))) for group in groups]
    swing = means[1] - means[0]
    error = float(np.hypot(errors[0], errors[1]))
    return means[0], errors[0], means[1], errors[1], swing, error, len(groups[0]), len(groups[1])


# The range in which a weight is searched; the shipped ones are 0.5 to 2.
WEIGHTS = (0.0, 10.0)
# Points under which a headline is 0: means of 5,000 draws are rounded by less.
ROUNDING = 1e-9


def break_even(
    ensemble: Ensemble, base: Ensemble | None = None, month: int | None = None, threshold: float = 50.0
) -> pd.DataFrame:
    """Return by how much one factor's weight in warmth must change for the headline to reverse.

    Parameters
    ----------
    ensemble : Ensemble
        From `simulate` or `read_run`.
    base : Ensemble, optional
        Of the same worlds. Given, the headline is the sign of the mean difference from it; else whether the median of
        warmth is above or below the threshold.
    month : int, optional
        Default: the horizon.
    threshold : float
        Points.

    Returns
    -------
    DataFrame
        By factor: `weight` as it is (the median, where it is uncertain), `break_even`, the nearest weight within 0 to 10
        at which the headline reverses (not a number: none), and `headline`, what is reversed.

    Notes
    -----
    Weights are linear in the kept levels, so nothing is simulated. Where events read an index the levels themselves would
    answer to its weights; see `Ensemble.reweight`.

    Examples
    --------
    >>> from simulator import read_scenario, simulate
    >>> break_even(simulate(read_scenario("baseline"), 500)).columns.tolist()
    ['weight', 'break_even', 'headline']
    """
    both = [one for one in (ensemble, base) if one is not None]
    if base is not None:
        compare(base, ensemble)  # of the same worlds, or refused
    n = min(one.n_kept for one in both)
    at = min(one.horizon for one in both) if month is None else month
    if not 0 <= at <= min(one.horizon for one in both):
        raise Refused(f"month must be within 0 to {min(one.horizon for one in both)}; found {month}")
    levels = [_levels(one, at, n) for one in both]
    weights = [_weights(one, n) for one in both]

    def headline(factor: str, weight: float) -> float:
        means = []
        for one, level, own in zip(both, levels, weights, strict=True):
            changed = own.copy()
            if factor in one.factors:
                changed[one.factors.index(factor)] = weight
            total = changed.sum(axis=0)
            means.append(np.where(total > 0, (changed * level).sum(axis=0) / np.where(total > 0, total, 1), np.nan))
        return float(np.median(means[0])) - threshold if base is None else float((means[0] - means[1]).mean())

    rows = {}
    for place, name in enumerate(ensemble.factors):
        own = float(np.median(weights[0][place]))
        rows[name] = {"weight": own, "break_even": _nearest_root(partial(headline, name), own)}
    told = f"median of warmth against {threshold:g}" if base is None else f"sign of the difference from {base.scenario.name}"
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("factor").assign(headline=told)


def _levels(ensemble: Ensemble, month: int, n: int) -> Floats:
    return ensemble.tally.kept.values[month, : len(ensemble.factors), :n].astype(np.float64)


def _weights(ensemble: Ensemble, n: int) -> Floats:
    """Return the factors' weights in warmth in the kept draws, (n_factors, n)."""
    sampled = dict(zip(uncertain(ensemble.plan), ensemble.tally.kept.inputs, strict=True))
    certain = {key: value for key, value in ensemble.plan.numbers.items() if isinstance(value, float)}
    keys = [f"factors.{name}.weight" for name in ensemble.factors]
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
