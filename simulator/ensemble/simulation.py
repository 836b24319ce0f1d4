"""The Monte Carlo engine: a scenario in, an ensemble out."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from math import ceil
from numbers import Integral
from os import PathLike
from typing import TypeVar

import numpy as np

from simulator.arrays import Floats
from simulator.engine.count import tally_blocks
from simulator.engine.evidence import Evidence, effective
from simulator.engine.months import evidence_of, scale_of_weights
from simulator.engine.plan import Observation, Plan, make_plan
from simulator.engine.streams import BLOCK
from simulator.engine.tally import Part, Tally, add, start
from simulator.ensemble.ensemble import Ensemble
from simulator.ensemble.estimates import LEAST_EFFECTIVE
from simulator.errors import Refused
from simulator.scenario.calendar import end_of_step
from simulator.scenario.schema import MAX_DRAWS, Scenario

# Draws kept whole: paths, sampled inputs, firings. Enough to rank drivers by, and 12 MB of disk for the baseline.
KEPT_DRAWS = 5_000

# Blocks of one task. Their counts are merged in the worker, which saves the caller time: with one block a large run takes
# 3 % longer than with four. With eight a run of millions would say nothing of how far it is for its first ten seconds.
TASK_BLOCKS = 2
# Tasks under way or waiting to be merged; bounds memory whatever the number of draws.
IN_FLIGHT = 24

# `precision` gives up here and says so: at a standard deviation of 15 points this is a standard error of 0.005.
PRECISION_CEILING = 10_000_000

# Below this share a few draws carry most of the weight, and what the others would have told is not seen.
LEAST_SHARE = 0.01

# Called with what is done and what is to be done in all, in one unit: draws, or simulations.
Progress = Callable[[int, int], None]
T = TypeVar("T")


def simulate(
    scenario: Scenario,
    n_draws: int | None = None,
    seed: int | None = None,
    *,
    executor: Executor | None = None,
    precision: float | None = None,
    n_kept: int = KEPT_DRAWS,
    progress: Progress | None = None,
) -> Ensemble:
    """Return the ensemble of a scenario: all its draws, counted, and the first of them whole.

    Parameters
    ----------
    scenario : Scenario
        From `read_scenario`.
    n_draws : int, optional
        Number of draws, 1 to 1e9. Default: the scenario's `run.draws`.
    seed : int, optional
        The random seed, >= 0. Default: the scenario's `run.seed`.
    executor : concurrent.futures.Executor, optional
        Where blocks are computed: threads, processes, a cluster. Default: a thread for each core. The result does not
        depend on it, to the last bit.
    precision : float, optional
        Instead of `n_draws`: draw until the standard error of mean warmth at the horizon is at most this many points; with a
        record that is the error of weighted draws.
    n_kept : int
        How many draws to keep whole, at most.
    progress : callable, optional
        Called with the draws done and the draws to be done in all.

    Raises
    ------
    Refused
        The scenario has no horizon, a number is beyond its limit, the precision needs more draws than the ceiling, or a
        record leaves fewer than 400 effective draws or 1 % of them.

    Examples
    --------
    >>> from simulator import read_scenario
    >>> ensemble = simulate(read_scenario("baseline"), n_draws=2_000, seed=7)
    >>> ensemble.n_draws, ensemble.seed
    (2000, 7)
    """
    require_scenario(scenario, "simulate()")
    plan = make_plan(scenario)
    seed = scenario.run.seed if seed is None else seed
    n_draws = scenario.run.draws if n_draws is None else n_draws
    if not isinstance(seed, Integral) or seed < 0:
        raise Refused(f"seed must be a whole number, 0 or more; found {seed!r}")
    if not isinstance(n_draws, Integral) or not 1 <= n_draws <= MAX_DRAWS:
        told = f"{n_draws:,}" if isinstance(n_draws, Integral) else repr(n_draws)
        raise Refused(f"draws must be a whole number, 1 to {MAX_DRAWS:,}; found {told}")
    seed, n_draws = int(seed), int(n_draws)
    report = progress or (lambda done, total: None)
    with nullcontext(executor) if executor else workers() as pool:
        if precision is None:
            tally = _extend(start(plan), plan, seed, n_draws, n_kept, pool, report)
        else:
            tally = _to_precision(scenario.name, plan, seed, precision, n_kept, pool, report)
    require_effective(scenario.name, plan, seed, tally)
    return Ensemble(scenario, seed, plan, tally)


@contextmanager
def workers(n: int | None = None) -> Iterator[ThreadPoolExecutor]:
    """Yield threads, one for each core by default. Who is interrupted does not wait for what they are at."""
    pool = ThreadPoolExecutor(os.cpu_count() if n is None else n)
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()


def told(items: Iterable[T], progress: Progress | None, total: int, done: int = 0) -> Iterator[T]:
    """Yield items as they come, and report each once it is there.

    Parameters
    ----------
    items : iterable
        What is computed.
    progress : callable, optional
        Told of each.
    total, done : int
        How many there are in all, and how many were done before.

    Examples
    --------
    >>> list(told("ab", print, 3, done=1))
    2 3
    3 3
    ['a', 'b']
    """
    for n, item in enumerate(items, start=done + 1):
        if progress is not None:
            progress(n, total)
        yield item


def one_of(several: int, place: int, progress: Progress | None) -> Progress | None:
    """Return the progress of one of several simulations of one size, whose caller is told of all of them.

    Examples
    --------
    >>> one_of(3, 1, print)(50, 100)
    150 300
    """
    return None if progress is None else lambda done, total: progress(place * total + done, several * total)


def require_effective(name: str, plan: Plan, seed: int, tally: Tally) -> None:
    """Raise Refused where too few draws are left of what a record makes of them, and name what costs most."""
    n, share = tally.n_effective, tally.n_effective / tally.n_draws
    if not plan.observations or (n >= LEAST_EFFECTIVE and share >= LEAST_SHARE):
        return
    told = f"{tally.n_draws:,} draws are worth {n:,.0f} ({_percent(share)}) once the record is known"
    least = f"at least {LEAST_EFFECTIVE} and {100 * LEAST_SHARE:g} % are needed"
    evidence = evidence_of(plan, seed, 0, min(tally.n_draws, BLOCK))
    impossible = [_told(plan, what) for what, row in evidence.rows.items() if np.isneginf(evidence.log[row]).all()]
    if impossible:
        raise Refused(f"{name}: {told}; {least}. No draw can have {', '.join(impossible)}: the scenario makes it impossible")
    own, without, what = costliest(evidence)
    remedies = ["know less (known_until)"]
    if share >= LEAST_SHARE:
        remedies.insert(0, f"draw {ceil(1.2 * LEAST_EFFECTIVE / share / 100) * 100:,}")
    if without <= own:
        raise Refused(
            f"{name}: {told}; {least}. No single observation costs most of it. What helps: {', or '.join(remedies)}"
        )
    remedies.append("widen its sd" if what.event is None else "list the event as silent, or say how likely it was")
    raise Refused(
        f"{name}: {told}; {least}. Most would be left without {_told(plan, what)}: {_percent(without)} in place of "
        f"{_percent(own)}. What helps: {', or '.join(remedies)}"
    )


def costliest(evidence: Evidence) -> tuple[float, float, Observation]:
    """Return the effective share of some draws, the most without one observation, and which."""
    n = evidence.log.shape[1]

    def share(log_likelihood: Floats) -> float:
        top = float(log_likelihood.max())
        return effective(np.exp(log_likelihood - top)) / n if np.isfinite(top) else 0.0

    without, what = max(((share(rest), what) for what, rest in evidence.without_each()), key=lambda one: one[0])
    return share(evidence.total), without, what


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.1 else f"{100 * share:.1g} %"


def _told(plan: Plan, what: Observation) -> str:
    """Return an observation in words."""
    if what.event is None:
        reading = plan.readings[what.at or 0]
        name, day = plan.series[reading.series], end_of_step(plan.begins, reading.step)
        return f"the reading of {name} in the month to {day} ({reading.value:g} ±{reading.sd:g})"
    name = plan.events[what.event].name
    if what.at is None:
        return f"the fact that {name} happened at no other time"
    return f"{name} in the month to {end_of_step(plan.begins, what.at)}"


def require_scenario(value: object, who: str) -> None:
    """Raise Refused where something else than a scenario is given, and say how to get one."""
    if not isinstance(value, Scenario):
        remedy = f"read_scenario({str(value)!r})" if isinstance(value, str | PathLike) else "read_scenario(FILE)"
        raise Refused(f"{who} takes a Scenario, such as {remedy}; found {type(value).__name__}")


def require_ensemble(value: object, who: str) -> None:
    """Raise Refused where something else than an ensemble is given, and say how to get one."""
    if not isinstance(value, Ensemble):
        raise Refused(f"{who} takes an Ensemble, such as simulate(scenario); found {type(value).__name__}")


def require_whole(ensemble: Ensemble, who: str, remedy: str = "") -> None:
    """Raise Refused where an ensemble is some draws of another: what simulates again, or is kept, needs all of them."""
    require_ensemble(ensemble, who)
    if ensemble.condition:
        told = f"{who} needs all draws of a run; this ensemble has those given {ensemble.condition!r}"
        raise Refused(told + (f"; {remedy}" if remedy else ""))


def planned(ensemble: Ensemble | Scenario, who: str) -> tuple[Scenario, Plan, int]:
    """Return the scenario, plan and random seed of an ensemble, or of a scenario that could be one."""
    if isinstance(ensemble, Ensemble):
        require_whole(ensemble, who)
        return ensemble.scenario, ensemble.plan, ensemble.seed
    require_scenario(ensemble, who)
    return ensemble, make_plan(ensemble), ensemble.run.seed


def _to_precision(
    name: str, plan: Plan, seed: int, precision: float, n_kept: int, pool: Executor, report: Progress
) -> Tally:
    """Return the tally of the fewest rounds of whole blocks whose mean warmth is precise enough."""
    if not precision > 0:
        raise Refused(f"precision must be above 0 points; found {precision:g}")
    warmth, tally, n_draws = plan.series.index("warmth"), start(plan), 2 * BLOCK
    while True:
        tally = _extend(tally, plan, seed, n_draws, n_kept, pool, report)
        require_effective(name, plan, seed, tally)
        std_error = float(tally.std_error()[-1, warmth])
        if std_error <= precision:
            return tally
        # the ratio squared is how many times the draws are too few; a tenth more so that one more round is enough
        needed = ceil(1.1 * tally.n_draws * (std_error / precision) ** 2 / BLOCK) * BLOCK
        if needed > PRECISION_CEILING:
            raise Refused(
                f"a standard error of {precision:g} points needs about {needed:,} draws; the ceiling is "
                f"{PRECISION_CEILING:,} (with {tally.n_draws:,} draws it is {std_error:.3g}); state draws to go beyond"
            )
        n_draws = max(needed, tally.n_draws + BLOCK)


def _extend(tally: Tally, plan: Plan, seed: int, n_draws: int, n_kept: int, pool: Executor, report: Progress) -> Tally:
    """Return a tally of whole blocks extended to `n_draws`; parts are added in the order of their blocks."""
    scale = scale_of_weights(plan, seed)
    blocks = range(tally.n_draws // BLOCK, ceil(n_draws / BLOCK))
    per_task = min(TASK_BLOCKS, ceil(len(blocks) / (4 * (os.cpu_count() or 1))))
    tasks = iter(range(blocks.start, blocks.stop, per_task) if blocks else ())
    waiting: deque[Future[Part]] = deque()
    report(tally.n_draws, n_draws)
    try:
        while True:
            while len(waiting) < IN_FLIGHT and (first := next(tasks, None)) is not None:
                task = range(first, min(first + per_task, blocks.stop))
                waiting.append(pool.submit(tally_blocks, plan, seed, task, n_draws, n_kept, scale))
            if not waiting:
                return tally
            tally = add(tally, waiting.popleft().result())
            report(tally.n_draws, n_draws)
    finally:
        for future in waiting:
            future.cancel()
