"""Tables of an ensemble, made from its tally: the arithmetic behind `Ensemble`'s methods."""

import ast
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from simulator.arrays import Booleans, Floats, Integers
from simulator.engine.events import in_force
from simulator.engine.plan import Asked, Plan
from simulator.engine.tally import BINS_PER_POINT, Counts, Kept, Tally
from simulator.ensemble.estimates import grid_quantiles, mean_error, proportion, quantile_errors
from simulator.errors import Refused, suggestion
from simulator.scenario.conditions import Condition, holds


def proportions(counts: Floats | Integers, n: float, index: pd.Index) -> pd.DataFrame:
    """Return probabilities with their standard errors and Wilson intervals."""
    names = ("probability", "std_error", "low", "high")
    return pd.DataFrame(dict(zip(names, proportion(counts, n), strict=True)), index=index)


def quantiles(tally: Tally, series: int, probabilities: Sequence[float]) -> tuple[Floats, Floats]:
    """Return one series' quantiles and their standard errors, (T+1, n_probabilities)."""
    counts, moments = tally.effective.histogram[:, series], tally.moments
    values = grid_quantiles(counts, probabilities, BINS_PER_POINT)
    errors = quantile_errors(counts, probabilities, BINS_PER_POINT)
    certain = moments.squares[:, series] == 0  # all draws agree: the value itself, not its place in a bin
    values[certain], errors[certain] = moments.mean[certain, series][:, None], 0.0
    return values, errors


def probabilities_of(asked: float | Sequence[float]) -> list[float]:
    """Return the probabilities of quantiles, one or several.

    Raises
    ------
    Refused
        One is not above 0 and under 1.
    """
    found = [float(asked)] if isinstance(asked, int | float) else list(asked)
    if not all(0 < p < 1 for p in found):
        raise Refused(f"probabilities must be above 0 and under 1; found {found}")
    return found


def wide(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of quantiles with a column for each: q2.5, q10 and so on."""
    columns = table["value"].unstack("probability")
    columns.columns = pd.Index([f"q{100 * p:g}" for p in columns.columns])
    return columns


def at_month(table: pd.DataFrame, month: int) -> pd.DataFrame:
    """Return a table's rows at one month, by what else they are of: the name, or the bands or quantiles of one name."""
    rows = table.xs(month, level="month")
    levels = [level for level in rows.index.names if level != "date"]
    return rows.droplevel([level for level in rows.index.names if level not in (levels[-1:] or ["date"])])


def wanted(names: str | Iterable[str] | None, known: Sequence[str], default: Sequence[str], what: str) -> list[str]:
    """Return the names that are asked for, or those that are shown by default.

    Raises
    ------
    Refused
        A name is not known.
    """
    asked = list(default) if names is None else [names] if isinstance(names, str) else list(names)
    for name in asked:
        if name not in known:
            raise Refused(f"no {what} is called {name!r}" + suggestion(str(name), known))
    return asked


def time_in_band(counts: Integers, n_draws: float, labels: Sequence[str]) -> pd.DataFrame:
    """Return the time in each band of an index, from draws by number of months, (B, T+2)."""
    months = np.arange(counts.shape[1])
    mean = counts @ months / n_draws
    variance = (counts * (months - mean[:, None]) ** 2).sum(axis=1) / max(n_draws - 1, 1)
    ever, _, low, high = proportion(n_draws - counts[:, 0], n_draws)
    # of an index that hardly ever leaves a band, the draws that do
    hits = np.minimum(n_draws - counts[:, 0], n_draws - counts[:, -1])
    error = mean_error(variance, n_draws, hits, most=float(months[-1]))
    columns = {"months": mean, "std_error": error, "ever": ever, "ever_low": low, "ever_high": high}
    return pd.DataFrame(columns, index=pd.Index(labels, name="band"))


def transitions(levels: Floats, kept: Kept, cuts: Sequence[float], labels: Sequence[str]) -> pd.DataFrame:
    """Return the pooled transition probabilities of one index in whole draws, (T+1, D), each with its weight.

    References
    ----------
    The error of a ratio over paths: Cochran (1977), Sampling Techniques, section 6.3; inflated as in
    `estimates.mean_error` where few paths made a move, or few made another.
    """
    n, b = levels.shape[1], len(labels)
    # weights whose squares sum to their own sum: as many effective draws
    w = (kept.weights * (kept.weights.sum() / (kept.weights.astype(np.float64) ** 2).sum()))[:, None, None]
    band = np.digitize(levels, cuts)
    flat = (np.arange(n) * b + band[:-1]) * b + band[1:]
    moves = np.bincount(flat.ravel(), minlength=n * b * b).reshape(n, b, b)
    begun = moves.sum(axis=2, keepdims=True)
    total, n_effective = np.broadcast_to((w * begun).sum(axis=0), (b, b)), float(w.sum())
    stayed = (w * (moves > 0)).sum(axis=0), (w * (moves < begun)).sum(axis=0)
    paths = np.broadcast_to((w * (begun > 0)).sum(axis=0), (b, b))
    with np.errstate(invalid="ignore", divide="ignore"):
        share = (w * moves).sum(axis=0) / total
        spread = (w**2 * (moves - share * begun) ** 2).sum(axis=0) / max(n_effective - 1, 1)
        error = mean_error(spread, n_effective, np.minimum(*stayed), most=1.0) * n_effective / total
    # a move that all or no paths made has no spread: its error is that of a share of the paths
    one_sided = (np.minimum(*stayed) == 0) & (paths > 0)
    error = np.where(one_sided, proportion(0, np.maximum(paths, 1))[1], error)
    seen = np.broadcast_to(begun.sum(axis=0), (b, b)), np.broadcast_to((begun > 0).sum(axis=0), (b, b))
    columns = {"probability": share, "std_error": error, "n_months": seen[0], "n_paths": seen[1]}
    index = pd.MultiIndex.from_product([labels, labels], names=["from", "to"])
    return pd.DataFrame({key: value.ravel() for key, value in columns.items()}, index=index)


def events(counts: Counts, n_draws: float, names: Sequence[str]) -> pd.DataFrame:
    """Return how likely each event is, how often it happens, and when first."""
    mean, hits = counts.events.sum(axis=0) / n_draws, counts.events_first.sum(axis=0)
    variance = (counts.events_squared - n_draws * mean**2) / max(n_draws - 1, 1)
    table = proportions(hits, n_draws, pd.Index(names, name="event", dtype=object))
    table["count"], table["count_std_error"] = mean, mean_error(variance, n_draws, hits, most=len(counts.events) - 1)
    for p in (10, 50, 90):
        table[f"first_p{p}"] = [_first_reaching(first, p / 100) for first in counts.events_first.T]
    return table


def _first_reaching(first: Integers, probability: float) -> float:
    """Return the month by which a share of the draws in which an event happens have had it; not a number if none has."""
    reached = first.cumsum()
    return float(np.searchsorted(reached, probability * reached[-1])) if reached[-1] else float("nan")


def counted(tally: Tally, plan: Plan, condition: Condition) -> Floats | None:
    """Return how many of all effective draws meet a condition each month, where the grid can tell, else None."""
    match condition.tree:
        case ast.Compare(left=ast.Name(id=name), ops=[ast.GtE() | ast.Lt() as op], comparators=[ast.Constant(value=at)]):
            edge = float(str(at)) * BINS_PER_POINT  # parse() lets plain numbers only through
            if 0 <= edge < 100 * BINS_PER_POINT and edge.is_integer():  # the last bin holds 100 itself
                below = tally.counts.histogram[:, plan.series.index(name), : int(edge)].sum(axis=1)
                met = below if isinstance(op, ast.Lt) else tally.weight - below
                return np.asarray(met / tally.weight * tally.n_effective)
    return None


def kept_truth(tally: Tally, plan: Plan, condition: Condition, first: int = 0, last: int | None = None) -> Booleans:
    """Return in which of the kept draws a condition holds at the end of each month, (T+1, D); or of some months."""
    kept, months = tally.kept, slice(first, plan.n_steps + 1 if last is None else last + 1)
    shape = kept.values[months].shape[::2]
    state: dict[str, Any] = {name: kept.values[months, s] for s, name in enumerate(plan.series)}
    nothing = np.zeros(shape, dtype=np.bool_)
    state |= {name: nothing for absent in plan.absent for name in (absent, f"{absent}.in_force")}
    read = [e for e, event in enumerate(plan.events) if event.name in condition.names]
    happened = kept.happened(plan, read)[months]
    state |= {plan.events[e].name: happened[:, row] for row, e in enumerate(read)}
    asked = [e for e in read if plan.events[e].name in condition.in_force]
    if asked:
        now = in_force(plan, kept.fired, kept.numbers(plan), asked)[months]
        state |= {f"{plan.events[e].name}.in_force": now[:, row] for row, e in enumerate(asked)}
    return np.broadcast_to(holds(condition, state), shape)


def kept_answers(tally: Tally, plan: Plan, asked: Asked) -> Booleans:
    """Return each kept draw's answer to a question, (D,)."""
    return np.asarray(kept_truth(tally, plan, asked.condition, 0 if asked.by else asked.step, asked.step).any(axis=0))


def kept_hits(tally: Tally, plan: Plan, condition: Condition) -> Floats:
    """Return how many of the kept effective draws meet a condition each month."""
    share = kept_truth(tally, plan, condition) @ tally.kept.weights / tally.kept.weights.sum()
    return np.asarray(share * tally.kept.n_effective)
