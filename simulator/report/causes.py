"""The sources of a ledger in words: what each does in one scenario, and what is otherwise between two."""

import numpy as np

from simulator.analysis.ledger import EVENT, START, TO_TARGET, Ledger
from simulator.arrays import Integers
from simulator.ensemble.estimates import of_draws, proportion
from simulator.report.wording import percent
from simulator.scenario.numbers import KINDS, Law, quantiles
from simulator.scenario.schema import Factor, Scenario

CAUSES = {
    START: "where the two start",
    "innovations": "chance from month to month",
    "bounds": "held at the ends of the scale, 0 and 100",
}
# A difference in how often an event happens is told as one from this many standard errors.
CLEAR = 3.0
TIMES = " times"


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
    is_often = max(float((times * ledger.ratios).mean()) for times in (base, other)) > 1
    if not is_often:  # what is told is whether it happens at all
        base, other = (np.minimum(times, 1) for times in (base, other))
    before, after = (_told(ledger, times, is_often=is_often) for times in (base, other))
    if not _can_happen(ledger.scenarios[1], event):
        return f" is new, {after}"
    if not _can_happen(ledger.scenarios[0], event):
        return f" no longer happens, {before} before"
    effects = [one.events[event].effects for one in ledger.scenarios]
    more, instead = ("has other effects",) * 2 if effects[0] != effects[1] else ("", "counts otherwise")
    moved, error, _ = of_draws((other - base)[None].astype(np.float64), ledger.ratios, most=100.0)
    if abs(moved[0]) > CLEAR * error[0] and before != after:
        way = "more frequent" if moved[0] > 0 else "rarer"
        return f" is {way}, {before.removesuffix(TIMES)} to {after}" + (more and f", and {more}")
    return f" is about as frequent, {after}, but {instead}"


def _can_happen(scenario: Scenario, event: str) -> bool:
    """Tell whether a scenario has an event at all: switched on, and with a chance above 0."""
    own = scenario.events.get(event)
    return own is not None and own.enabled and own.rate != 0 and own.probability != 0


def _told(ledger: Ledger, times: Integers, *, is_often: bool) -> str:
    """Return how often an event happens: the mean number, or the share of draws in which it does."""
    mean = float((times * ledger.ratios).mean())
    return (
        f"{mean:.1f}{TIMES}" if is_often else percent(*map(float, proportion(mean * ledger.n_effective, ledger.n_effective)))
    )


def _many(times: int) -> str:
    return {0: "never", 1: "once"}.get(times, f"{times} times")


def _heading(ledger: Ledger, factor: str, label: str, draw: int | None) -> str:
    """Return where a factor heads, by what is stated of it: from where it starts, or compared with a base."""
    if draw is not None:
        return f"where {label} heads"
    own = ledger.scenarios[0].factors[factor]
    if len(ledger.scenarios) == 1:
        return f"{label} heads {'higher' if _target(own) > _mean(own.level) else 'lower'}"
    base = ledger.scenarios[1].factors.get(factor)
    if base is None or _target(own) != _target(base):
        return f"{label} heads {'lower' if base is not None and _target(own) < _target(base) else 'higher'}"
    if own.level != base.level:
        return f"{label} heads to the same target, from elsewhere"
    if (own.settling, own.half_life) != (base.settling, base.half_life):
        return f"{label} heads to the same target, at another speed"
    return f"{label} heads to the same target, but counts otherwise"


def _target(factor: Factor) -> float:
    """Return the mean of where a factor is heading: where it stands if nothing else is stated."""
    return _mean(factor.level if factor.target is None else factor.target)


def _mean(level: float | Law) -> float:
    return float(quantiles(level, KINDS["level"], (np.arange(20) + 0.5) / 20).mean())
