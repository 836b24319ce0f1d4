"""The months of one block of draws: the recursion of the model, step by step (docs/model.md, One step)."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from simulator.arrays import Booleans, Floats, Integers
from simulator.engine import dynamics
from simulator.engine.events import Acting, Events, InForce, Shift
from simulator.engine.evidence import PILOT, Evidence
from simulator.engine.plan import Plan
from simulator.engine.sampling import Inputs, sample, stacked
from simulator.engine.streams import BLOCK, Seed, stream, uniforms
from simulator.errors import Refused
from simulator.scenario.numbers import Key

State = dict[str, NDArray[np.generic]]

# For each index its (factor, weight); the weights' absolute values sum to 1 in every draw.
Weights = list[list[tuple[int, Floats]]]

# What a clip took from some factors: (factor, what is now less what was, by draw). Nearly always empty.
Clipped = list[tuple[int, Floats]]

# Steps that are drawn, and passed on, together. Only what depends on the month before goes step by step: numpy works on
# long arrays without holding up the threads of other blocks (benchmarks/engine.py).
STRETCH = 6


@dataclass(frozen=True, slots=True)
class Step:
    """One month of all draws, with the terms that make it; arrays of points, (n_factors, n_draws)."""

    step: int
    before: Floats  # the level at its start
    resting: Floats  # the resting level at its start
    level: Floats  # at its end
    innovation: Floats  # of the level, in points
    wander: Floats  # of the resting level, in points
    fired: Booleans  # (n_events, n_draws)
    happened: Booleans  # (n_events, n_draws): in this step or before; a view that the next step overwrites
    in_force: Booleans  # (n_watched, n_draws): the events whose being in force is asked for
    acting: tuple[Acting, ...]
    shifts: list[Shift]  # what came into force, and out of it, since the step before
    clipped: tuple[Clipped, Clipped, Clipped]  # of the attraction, the level, the resting level
    evidence: Evidence  # what the draws' own numbers say of the record, up to this step


@dataclass(frozen=True)
class Months:
    """The state at the end of consecutive steps; m steps, a column for each draw."""

    first: int
    values: Floats  # (m, n_factors + n_indices, n_draws): levels, then indices
    fired: Booleans  # (m, n_events, n_draws): in this step
    happened: Booleans  # (m, n_events, n_draws): in this step or before
    in_force: Booleans  # (m, n_watched, n_draws)
    bounds: Integers  # (3, n_factors): how often a clip stopped the attraction, the level, the resting level
    evidence: Evidence | None  # what the draws' own numbers say of the record, once its steps are over; None at the start

    @property
    def steps(self) -> range:
        """The steps it holds."""
        return range(self.first, self.first + len(self.values))


@dataclass(frozen=True)
class Factors:
    """The numbers of all factors in one block of draws, each (n_factors, 1) or (n_factors, n_draws)."""

    start: Floats  # the level at step 0, (n_factors, n_draws)
    target: Floats
    phi: Floats  # share of a departure from the attraction that is left after a month
    psi: Floats  # share of the way to the target that is left after a month
    volatility: Floats
    drift: Floats


def factors_of(plan: Plan, inputs: Inputs, n: int) -> Factors:
    """Return the numbers of a plan's factors as a block sampled them."""

    def stated(number: str) -> Floats:
        return stacked(inputs, [Key("factors", name, number) for name in plan.factors])

    targets = [Key("factors", name, "target") for name in plan.factors]
    return Factors(
        start=np.array(np.broadcast_to(stated("level"), (len(plan.factors), n))),
        target=stacked(inputs, [key if key in plan.numbers else key._replace(number="level") for key in targets]),
        phi=dynamics.retention(stated("half_life")),
        psi=dynamics.retention(stated("settling")),
        volatility=stated("volatility"),
        drift=stated("drift"),
    )


def steps(plan: Plan, seed: Seed, block: int, n: int, inputs: Inputs, factors: Factors, weights: Weights) -> Iterator[Step]:
    """Yield the months of a block's draws, from step 1 to the horizon, each with the terms that make it.

    Parameters
    ----------
    plan : Plan
        From `make_plan`.
    seed, block : int
        Which uniforms to use.
    n : int
        How many of the block's draws, from its first.
    inputs : mapping
        The block's sampled numbers, from `sampling.sample`.
    factors : Factors
        The same by factor, from `factors_of`.
    weights : list
        The same by index, from `normalised_weights`.
    """
    x = r = start = factors.start
    events = Events(plan, seed, block, n, inputs)
    events.evidence.of_state(0, x, weights)
    for step, e, own in _noises(plan, seed, block, n):
        shifts = events.expire(step - 1)
        pull, stopped = _clip(dynamics.attraction(r, events.act, x, start, plan.spillovers))
        by_chance, fired = events.fire(step, read(plan, x, events.happened, events.force.now, weights))
        acting = events.acting(step, by_chance)
        innovation = dynamics.moved(x, factors.volatility, e)
        level = dynamics.pulled(x, pull, factors.phi)
        level += innovation
        events.jump(acting, x, level)
        events.shift(step, by_chance, fired)
        wander = dynamics.moved(r, factors.drift, own)
        resting = dynamics.pulled(r, factors.target, factors.psi)
        resting += wander
        before, was, (x, cut), (r, rest) = x, r, _clip(level), _clip(resting)
        if step <= plan.known:
            events.evidence.of_state(step, x, weights)
        yield Step(
            step,
            before,
            was,
            x,
            innovation,
            wander,
            fired,
            events.happened,
            events.force.now,
            acting,
            shifts,
            (stopped, cut, rest),
            events.evidence,
        )


def months(plan: Plan, seed: Seed, block: int, n: int, inputs: Inputs) -> Iterator[Months]:
    """Yield the states of a block's draws, a stretch at a time, from the start (step 0, alone) to the horizon.

    Parameters
    ----------
    plan, seed, block, n, inputs
        See `steps`.
    """
    n_factors, n_events, n_watched = len(plan.factors), len(plan.events), sum(event.watched for event in plan.events)
    factors, weights = factors_of(plan, inputs, n), normalised_weights(plan, inputs)
    begun = at_start(plan, n, inputs)
    yield _stretch(0, factors.start[None], *begun, np.zeros((3, n_factors), np.int64), weights, None)
    one_by_one = steps(plan, seed, block, n, inputs, factors, weights)
    for first in range(1, plan.n_steps + 1, STRETCH):
        m = min(STRETCH, plan.n_steps + 1 - first)
        levels = np.empty((m, n_factors, n))
        fired, happened = (np.empty((m, n_events, n), dtype=np.bool_) for _ in range(2))
        in_force = np.empty((m, n_watched, n), dtype=np.bool_)
        bounds = np.zeros((3, n_factors), dtype=np.int64)
        for i, now in enumerate(islice(one_by_one, m)):
            levels[i], fired[i], happened[i], in_force[i] = now.level, now.fired, now.happened, now.in_force
            for row, clipped in enumerate(now.clipped):
                for k, taken in clipped:
                    bounds[row, k] += np.count_nonzero(taken)
        yield _stretch(first, levels, fired, happened, in_force, bounds, weights, now.evidence)


def outcome(plan: Plan, seed: Seed, n_draws: int, series: int, month: int) -> Floats:
    """Return one series at the end of a month in the first draws, without counting anything; (n_draws,).

    Parameters
    ----------
    plan : Plan
        From `make_plan`.
    seed : int or Redrawn
        The random seed.
    n_draws : int
        How many draws, from the first.
    series : int
        Place in `plan.series`.
    month : int
        Within 0 to the horizon.
    """

    def of_block(block: int) -> Floats:
        n = min(BLOCK, n_draws - block * BLOCK)
        for stretch in months(plan, seed, block, n, sample(plan, seed, block, n)):
            if month in stretch.steps:
                return np.array(stretch.values[month - stretch.first, series])
        raise AssertionError("a month beyond the horizon")

    return np.concatenate([of_block(block) for block in range(-(-n_draws // BLOCK))])


def evidence_of(plan: Plan, seed: Seed, block: int, n: int) -> Evidence:
    """Return what the first draws of a block say of all that is known."""
    inputs = sample(plan, seed, block, n)
    factors, weights = factors_of(plan, inputs, n), normalised_weights(plan, inputs)
    taken = islice(steps(plan, seed, block, n, inputs, factors, weights), max(plan.known, 1))
    return [step.evidence for step in taken][-1]


def scale_of_weights(plan: Plan, seed: Seed) -> float:
    """Return the log-likelihood that weights are measured by: the largest of the pilot's draws.

    It depends on the plan and the seed alone. Where the first draws have no chance of what is known, the block tells.
    """
    if not plan.observations:
        return 0.0
    top = (float(evidence_of(plan, seed, 0, n).total.max()) for n in (PILOT, BLOCK))
    return next((found for found in top if np.isfinite(found)), 0.0)


def _clip(value: Floats) -> tuple[Floats, Clipped]:
    """Return values within the scale, in place, and what that took from the factors that were outside in some draw."""
    clipped: Clipped = []
    for k in np.flatnonzero((value.min(axis=1) < 0.0) | (value.max(axis=1) > 100.0)):
        inside = dynamics.within_scale(value[k])
        clipped.append((int(k), inside - value[k]))
        value[k] = inside
    return value, clipped


def _noises(plan: Plan, seed: Seed, block: int, n: int) -> Iterator[tuple[int, Floats, Floats]]:
    """Yield each step with the standard normal innovations of levels and of resting levels, both (n_factors, n_draws)."""
    drawn = innovations(plan, seed, block, n)
    for first in range(1, plan.n_steps + 1, STRETCH):
        of_levels, of_resting = next(drawn)
        for i, step in enumerate(range(first, min(first + STRETCH, plan.n_steps + 1))):
            yield step, of_levels[:, i], of_resting[:, i]


def innovations(plan: Plan, seed: Seed, block: int, n: int) -> Iterator[tuple[Floats, Floats]]:
    """Yield a stretch's innovations of levels and of resting levels, both (n_factors, STRETCH, n_draws)."""
    purposes = ("innovation", "drift")
    streams = [stream(seed, f"factor:{name}/{purpose}", block) for purpose in purposes for name in plan.factors]
    normals = np.empty((len(streams), STRETCH, n))
    while True:
        for generator, rows in zip(streams, normals, strict=True):
            uniforms(generator, out=rows)
            ndtri(rows, out=rows)
        of_levels, of_resting = normals[: len(plan.factors)], normals[len(plan.factors) :]
        dynamics.correlate(of_levels, plan.cholesky)
        dynamics.correlate(of_resting, plan.cholesky)
        yield of_levels, of_resting


def normalised_weights(plan: Plan, inputs: Inputs) -> Weights:
    """Return for each index its (factor, weight), the weights' absolute values summing to 1 in every draw."""
    result = []
    for name, keys in zip(plan.indices, plan.weights, strict=True):
        total = sum(abs(inputs[key]) for _, key in keys)
        if not np.all(np.asarray(total) > 0):
            raise Refused(f"indices.{name}: its sampled weights are all zero in some draw; let one of them exclude zero")
        result.append([(factor, inputs[key] / total) for factor, key in keys if np.any(inputs[key] != 0)])
    return result


def _stretch(
    first: int,
    levels: Floats,
    fired: Booleans,
    happened: Booleans,
    in_force: Booleans,
    bounds: Integers,
    weights: Weights,
    evidence: Evidence | None,
) -> Months:
    m, n_factors, n = levels.shape
    values = np.empty((m, n_factors + len(weights), n))
    values[:, :n_factors] = levels
    departures = levels - 50.0
    for row, of_index in enumerate(weights, start=n_factors):
        dynamics.index(departures, of_index, out=values[:, row])
    return Months(first, values, fired, happened, in_force, bounds, evidence)


def at_start(plan: Plan, n: int, inputs: Inputs) -> tuple[Booleans, Booleans, Booleans]:
    """Return which events fire, have happened and are in force at step 0: what is past has happened, nothing fires."""
    past = np.array([event.happened for event in plan.events], dtype=np.bool_).reshape(1, -1, 1)
    happened = np.broadcast_to(past, (1, len(plan.events), n))
    return np.zeros_like(happened), happened, InForce(plan, n, inputs).now[None]


def read(plan: Plan, level: Floats, happened: Booleans, in_force: Booleans, weights: Weights) -> State:
    """Return what the events' conditions read, by name."""
    indices = {}
    for i in plan.read:
        indices[plan.indices[i]] = np.empty(level.shape[1])
        dynamics.index(level - 50.0, weights[i], out=indices[plan.indices[i]])
    return {**dict(zip(plan.factors, level, strict=True)), **indices, **of_events(plan, happened, in_force)}


def of_events(plan: Plan, happened: Booleans, in_force: Booleans) -> State:
    """Return which events have happened, by name, and which are in force, by ``NAME.in_force``; absent ones never are."""
    nothing = np.zeros(happened.shape[-1], dtype=np.bool_)
    state: State = {name: nothing for absent in plan.absent for name in (absent, f"{absent}.in_force")}
    state |= dict(zip((event.name for event in plan.events), happened, strict=True))
    watched = (event.name for event in plan.events if event.watched)
    return state | {f"{name}.in_force": now for name, now in zip(watched, in_force, strict=True)}


def state_of(plan: Plan, stretch: Months, step: int) -> State:
    """Return everything a condition may read at the end of a step, by name."""
    i = step - stretch.first
    values = dict(zip(plan.series, stretch.values[i], strict=True))
    return {**values, **of_events(plan, stretch.happened[i], stretch.in_force[i])}
