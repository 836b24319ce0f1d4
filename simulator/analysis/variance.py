"""What makes the spread of an index: first-order and total Sobol indices of judgement and chance."""

from collections.abc import Callable, Collection, Mapping

import numpy as np
import pandas as pd

from simulator.arrays import Floats
from simulator.engine.plan import Plan
from simulator.engine.sampling import COMMON, per_occurrence, uncertain
from simulator.engine.streams import BLOCK
from simulator.engine.worlds import Worlds
from simulator.ensemble.ensemble import Ensemble
from simulator.ensemble.simulation import Progress, planned, told, workers
from simulator.ensemble.tables import wanted
from simulator.errors import Refused
from simulator.scenario.calendar import When, month_of
from simulator.scenario.schema import Scenario

# Draws of each evaluation; there is one for each source. The error of a share is then about 1.5 points of a hundred.
N_DRAWS = 4_000

JUDGEMENT, CHANCE = "judgement", "chance"
ALL = "all"


def sources(plan: Plan) -> dict[tuple[str, str], frozenset[str]]:
    """Return the groups of random streams that may drive an index, by kind and dotted key.

    Judgement is each uncertain number by itself; chance is each event (when it happens, and the sizes drawn at each
    occurrence) and each factor's innovations. Innovations are those before they are correlated: a factor's group is what
    it does not share with the factors before it.
    """
    groups = {(JUDGEMENT, str(key)): frozenset({f"input:{key}"}) for key in uncertain(plan)}
    if plan.together:
        groups[JUDGEMENT, COMMON.removeprefix("input:")] = frozenset({COMMON})
    anew = [key for key, value in plan.numbers.items() if not isinstance(value, float) and per_occurrence(plan, key)]
    for event in plan.events:
        sizes = {f"input:{key}" for key in anew if key.entry == event.name}
        groups[CHANCE, f"events.{event.name}"] = frozenset({f"event:{event.name}/timing", *sizes})
    for name in plan.factors:
        groups[CHANCE, f"factors.{name}"] = frozenset(f"factor:{name}/{purpose}" for purpose in ("innovation", "drift"))
    for kind in (JUDGEMENT, CHANCE):
        groups[kind, ALL] = frozenset().union(*(names for (k, _), names in groups.items() if k == kind))
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
    evaluate: Callable[[frozenset[str] | None], Floats],
    groups: Mapping[tuple[str, str], frozenset[str]],
) -> pd.DataFrame:
    """Return first-order and total Sobol indices of groups of streams, by re-drawing one group while all else is held.

    Parameters
    ----------
    evaluate : callable
        Given the streams to draw anew (none: an empty set; all: None), the result in every draw.
    groups : mapping
        Streams by kind and dotted key.

    Returns
    -------
    DataFrame
        By kind and key: `first`, the share of variance that the group makes by itself, and `total`, with all it does
        together with others; each with its standard error. Shares near 0 may come out below it, by about their error.
    """
    base, other = evaluate(frozenset()), evaluate(None)
    rows = [shares(base, other, evaluate(names)) for names in groups.values()]
    index = pd.MultiIndex.from_tuples(list(groups), names=["kind", "key"])
    return pd.DataFrame(rows, index=index, columns=["first", "first_std_error", "total", "total_std_error"])


def _results(
    plan: Plan,
    seed: int,
    n_draws: int,
    series: int,
    month: int,
    redrawn: Collection[frozenset[str]],
    progress: Progress | None = None,
) -> dict[frozenset[str], Floats]:
    """Return one series at the end of a month in every draw, by the streams that are drawn anew."""
    found, blocks = list[list[Floats]](), range(-(-n_draws // BLOCK))
    with workers() as pool:
        for block in blocks:
            worlds = Worlds(plan, seed, block, min(BLOCK, n_draws - block * BLOCK), series, month)
            others = worlds.values(map(worlds.redrawn, redrawn), pool)
            found.append(list(told(others, progress, len(blocks) * len(redrawn), block * len(redrawn))))
    return {names: np.concatenate(parts) for names, parts in zip(redrawn, zip(*found, strict=True), strict=True)}


def drivers(
    ensemble: Ensemble | Scenario,
    index: str = "warmth",
    month: When | None = None,
    *,
    n_draws: int = N_DRAWS,
    seed: int | None = None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Return what drives the spread of an index: first-order and total Sobol indices of each source.

    Parameters
    ----------
    ensemble : Ensemble or Scenario
        From `simulate`, `read_run` or `read_scenario`; its scenario is simulated anew.
    index : str
        An index or a factor.
    month : int, date or str, optional
        A month or a day. Default: the horizon.
    n_draws : int
        Draws of each evaluation.
    seed : int, optional
        The random seed; what is re-drawn comes from the next. Default: the ensemble's, or the scenario's.
    progress : callable, optional
        Called with the simulations done and those to be done in all.

    Raises
    ------
    Refused
        A record ties the sources together: shares of the variance need independent ones.

    Returns
    -------
    DataFrame
        By kind ("judgement" or "chance") and dotted key, the largest total first: `label`, and see `pick_and_freeze`. The
        row "all" of a kind is all of it together. First-order shares need not sum to 1: the rest is interaction, such as an
        event that only matters where another has happened.

    Examples
    --------
    >>> from simulator import read_scenario
    >>> table = drivers(read_scenario("baseline"), n_draws=64)
    >>> sorted(set(table.index.get_level_values("kind")))
    ['chance', 'judgement']
    """
    scenario, plan, first = planned(ensemble, "drivers()")
    if n_draws < 1:
        raise Refused(f"drivers() needs 1 draw or more; found {n_draws}")
    if plan.observations:
        raise Refused(
            f"{scenario.name}: what is known ties the sources together, and a share of the variance for each needs sources "
            "that are independent; ask without the record, or see the tornado"
        )
    at = month_of(month, plan.begins, plan.n_steps)
    [index] = wanted(index, plan.series, (), "factor or index")
    place, first = plan.series.index(index), first if seed is None else seed
    groups = sources(plan)
    everything = frozenset().union(*groups.values())
    redrawn = dict.fromkeys([frozenset(), everything, *groups.values()])
    results = _results(plan, first, n_draws, place, at, redrawn, progress)
    table = pick_and_freeze(lambda names: results[everything if names is None else names], groups)
    labels = [f"all {kind}" if key == ALL else scenario.words_of(key) for kind, key in table.index]
    table.insert(0, "label", labels)
    return table.sort_values("total", ascending=False, kind="stable")
