"""Some of the draws: those in which a condition holds, as an ensemble of their own."""

import re
from math import ceil

import numpy as np

from simulator.arrays import Booleans
from simulator.engine.count import recounted
from simulator.engine.plan import Plan
from simulator.engine.tally import Kept, Tally
from simulator.ensemble.estimates import LEAST_EFFECTIVE
from simulator.ensemble.tables import kept_truth
from simulator.errors import Refused
from simulator.scenario.calendar import month_of
from simulator.scenario.schema import Scenario

# "summit by 2026-06-30", "warmth >= 25 on 2026-01-20"; "at" is taken for "on".
DATED = re.compile(r"(?P<condition>.+?)\s+(?P<word>on|at|by)\s+(?P<day>\d{4}-\d{2}-\d{2})\s*")


def require_text(condition: object, who: str) -> None:
    """Raise Refused where a condition is no text."""
    if not isinstance(condition, str):
        raise Refused(f"{who} takes a condition in quotes, such as 'warmth >= 25'; found {condition!r}")


def meets(scenario: Scenario, plan: Plan, tally: Tally, given: str) -> Booleans:
    """Return in which of the kept draws a condition holds, (D,).

    Parameters
    ----------
    given : str
        A condition, perhaps followed by "on DATE" or "by DATE"; without, it is asked at the horizon, by when an event
        that it names has happened or has not. Of several, with a semicolon between them, all must hold.

    Raises
    ------
    Refused
        It cannot be read, or its day is not within the projection.
    """
    met = [_meets_one(scenario, plan, tally, given, part.strip()) for part in given.split(";")]
    return np.asarray(np.logical_and.reduce(met))


def _meets_one(scenario: Scenario, plan: Plan, tally: Tally, given: str, part: str) -> Booleans:
    dated = DATED.fullmatch(part)
    try:
        condition = scenario.condition(dated["condition"] if dated else part)
    except ValueError as error:
        raise Refused(f"{scenario.name}: given {given!r}: {error}") from None
    step = month_of(dated["day"] if dated else None, plan.begins, plan.n_steps)
    met = kept_truth(tally, plan, condition)
    return np.asarray(met[: step + 1].any(axis=0) if dated and dated["word"] == "by" else met[step])


def restricted(name: str, plan: Plan, tally: Tally, met: Booleans, given: str) -> Tally:
    """Return the tally of some of the kept draws, counted anew.

    Raises
    ------
    Refused
        They are too few to tell anything by.
    """
    kept = tally.kept
    few = Kept(kept.values[:, :, met], kept.fired[:, :, met], kept.inputs[:, met], kept.weights[met])
    n, worth = len(few.weights), few.n_effective if met.any() else 0.0
    if worth < LEAST_EFFECTIVE:
        needed = f"; about {_rounded(len(met) * LEAST_EFFECTIVE / worth):,} draws would do" if worth else ""
        counted = f"{n:,} of {len(met):,} draws" + (f", worth {worth:,.0f}" if round(worth) != n else "")
        raise Refused(
            f"{name}: given {given!r} leaves {counted}; at least {LEAST_EFFECTIVE} are needed to tell anything{needed}"
        )
    bounds = np.round(tally.counts.bounds * (n / tally.n_draws)).astype(np.int64)
    return recounted(plan, few, bounds)


def _rounded(n: float) -> int:
    """Return a number of draws with two digits, no smaller than it is."""
    scale = 10 ** max(len(str(int(n))) - 2, 0)
    return int(ceil(1.2 * n / scale) * scale)
