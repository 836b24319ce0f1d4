"""The sources of a ledger in words: what each does in one scenario, and what is otherwise between two."""

import numpy as np

from simulator.analysis.ledger import EVENT, START, TO_TARGET, Ledger
from simulator.arrays import Integers
from simulator.ensemble.estimates import of_draws, proportion
from simulator.report.wording import percent
from simulator.scenario.numbers import KINDS, ends
from simulator.scenario.schema import FACTOR_NUMBERS

CAUSES = {
    START: "where the two start",
    "innovations": "chance from month to month",
    "bounds": "held at the ends of the scale, 0 and 100",
}
# A difference in how often an event happens is told as one from this many standard errors.
CLEAR = 3.0


def cause(ledger: Ledger, kind: str, name: str, draw: int | None = None, *, named: bool = False) -> str:
    """Return a source of a ledger in words; of a difference, what is otherwise about it.

    Parameters
    ----------
    ledger : Ledger
        From `explain`.
    kind, name : str
        A row of `Ledger.by_source`.
    draw : int, optional
        One draw. Default: the mean of all.
    named : bool
        With the name of an event in brackets.

    Examples
    --------
    >>> from simulator import explain, read_scenario, simulate
    >>> base = simulate(read_scenario("baseline"), 500)
    >>> other = simulate(read_scenario("baseline", ["events.spy_row.enabled=false", "factors.energy.target=10"]), 500)
    >>> cause(explain(other, base), "way to target", "energy")
    'Energy and trade heads lower'
    >>> cause(explain(other, base), "event", "spy_row", named=True).partition(" (spy_row) ")[2]
    'no longer happens, 4.3 times before'
    """
    label = next((one.label_of(name) for one in ledger.scenarios if name in one.events or name in one.factors), name)
    if kind == TO_TARGET:
        return _heading(ledger, name, label, draw)
    if not name:
        return CAUSES[kind]
    if kind == "spillover":
        return f"spillover from {label}"
    told = f"{label} ({name})" if named else label
    if len(ledger.scenarios) == 1 or kind not in (EVENT, "jump", "shift"):
        return told
    return told + _otherwise(ledger, name, draw)


def _otherwise(ledger: Ledger, event: str, draw: int | None) -> str:
    """Return how an event's chance differs between the base and the other of a difference."""
    never = np.zeros(ledger.n_draws, dtype=np.int64)
    other, base = (times.get(event, never) for times in ledger.times)
    if draw is not None:
        a, b = int(base[draw]), int(other[draw])
        return f": {_many(a)} in the base, {_many(b)} here" if a != b else ": as in the base, but it counts otherwise"
    means, errors, _ = of_draws(np.stack([base, other, other - base]).astype(np.float64), ledger.ratios, most=100.0)
    is_other = len({repr(one.events[event].effects) for one in ledger.scenarios if event in one.events}) > 1
    is_often = max(means[:2]) > 1
    before, after = [f"{mean:.1f}" for mean in means[:2]] if is_often else [_share(ledger, one) for one in (base, other)]
    unit = " times" if is_often else ""
    if not base.any():
        return f" is new, {after}{unit}"
    if not other.any():
        return f" no longer happens, {before}{unit} before"
    if abs(means[2]) > CLEAR * errors[2] and before != after:
        way, more = "more frequent" if means[2] > 0 else "rarer", ", and has other effects" if is_other else ""
        return f" is {way}, {before} to {after}{unit}{more}"
    return f" is as frequent, {after}{unit}, but {'has other effects' if is_other else 'counts otherwise'}"


def _many(times: int) -> str:
    return {0: "never", 1: "once"}.get(times, f"{times} times")


def _share(ledger: Ledger, times: Integers) -> str:
    share = float(((times > 0) * ledger.ratios).mean())
    return percent(*map(float, proportion(share * ledger.n_effective, ledger.n_effective)))


def _heading(ledger: Ledger, factor: str, label: str, draw: int | None) -> str:
    """Return where a factor heads: from where it starts, or compared with a base."""
    upward = _points(ledger, factor, draw) * _sign(ledger, factor) > 0
    way = f"{label} heads {'higher' if upward else 'lower'}"
    if len(ledger.scenarios) == 1:
        return way
    other, base = (one.factors.get(factor) for one in ledger.scenarios)
    if all(getattr(other, number, None) == getattr(base, number, None) for number in FACTOR_NUMBERS if number != "weight"):
        return f"{label} heads to the same target, but counts otherwise"
    return way


def _points(ledger: Ledger, factor: str, draw: int | None) -> float:
    """Return what the way to a factor's target adds."""
    rows = [row for row, (kind, _, of) in enumerate(ledger.rows) if kind == TO_TARGET and of == factor]
    added = ledger.points[rows].sum(axis=0)
    return float((added * ledger.ratios).mean() if draw is None else added[draw])


def _sign(ledger: Ledger, factor: str) -> float:
    """Return the sign of a factor's weight in the index: only warmth has none below 0."""
    index = ledger.scenarios[0].indices.get(ledger.index)
    weight = None if index is None or ledger.index == "warmth" else index.weights.get(factor)
    return 1.0 if weight is None else float(np.sign(sum(ends(weight, KINDS["index_weight"]))))
