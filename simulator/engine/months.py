"""The months of one block of draws: the recursion of the model, step by step (docs/model.md, One step)."""

from collections.abc import Iterable, Iterator
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
from simulator.engine.sampling import OFTENER, Inputs, sample, stacked
from simulator.engine.streams import BLOCK, Seed, stream, uniforms
from simulator.engine.trials import Trials, trials_of
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


@dataclass(frozen=True)
class Drawn:
    """All that chance gives some draws; the months that follow from it are arithmetic."""

    inputs: Inputs  # from `sampling.sample`
    trials: tuple[Trials, ...]  # by event
    normals: Iterable[Floats]  # by stretch: independent ones of levels, then of resting levels, (2 n_factors, m, n_draws)

    @property
    def n_draws(self) -> int:
        """Number of draws."""
        return len(self.inputs[OFTENER])


def draw(plan: Plan, seed: Seed, block: int, n: int, inputs: Inputs | None = None) -> Drawn:
    """Return what chance gives the first `n` draws of a block; its normals can be gone through once."""
    inputs = sample(plan, seed, block, n) if inputs is None else inputs
    trials = tuple(trials_of(plan, seed, block, n, event, inputs) for event in plan.events)
    return Drawn(inputs, trials, normals(plan, seed, block, n))


def steps(plan: Plan, drawn: Drawn, factors: Factors, weights: Weights) -> Iterator[Step]:
    """Yield the months of some draws, from step 1 to the horizon, each with the terms that make it.

    Parameters
    ----------
    plan : Plan
        From `make_plan`.
    drawn : Drawn
        What chance gives the draws.
    factors : Factors
        Their numbers by factor, from `factors_of`.
    weights : list
        The same by index, from `normalised_weights`.
    """
    x = r = start = factors.start
    events = Events(plan, start.shape[1], drawn.inputs, drawn.trials)
    events.evidence.of_state(0, x, weights)
    for step, e, own in _innovations(plan, drawn.normals):
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
    values = np.empty((1, len(plan.series), n))
    values[0, :n_factors] = factors.start
    _put_indices(values, n_factors, weights)
    yield Months(0, values, *at_start(plan, n, inputs), np.zeros((3, n_factors), np.int64), None)
    one_by_one = steps(plan, draw(plan, seed, block, n, inputs), factors, weights)
    for first in range(1, plan.n_steps + 1, STRETCH):
        m = min(STRETCH, plan.n_steps + 1 - first)
        values = np.empty((m, len(plan.series), n))
        fired, happened = (np.empty((m, n_events, n), dtype=np.bool_) for _ in range(2))
        in_force = np.empty((m, n_watched, n), dtype=np.bool_)
        bounds = np.zeros((3, n_factors), dtype=np.int64)
        for i, now in enumerate(islice(one_by_one, m)):
            values[i, :n_factors] = now.level
            fired[i], happened[i], in_force[i] = now.fired, now.happened, now.in_force
            for row, clipped in enumerate(now.clipped):
                for k, taken in clipped:
                    bounds[row, k] += np.count_nonzero(taken)
        _put_indices(values, n_factors, weights)
        yield Months(first, values, fired, happened, in_force, bounds, now.evidence)


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
    blocks = range(-(-n_draws // BLOCK))
    drawn = (draw(plan, seed, block, min(BLOCK, n_draws - block * BLOCK)) for block in blocks)
    return np.concatenate([end(plan, one, series, month)[0] for one in drawn])


def end(plan: Plan, drawn: Drawn, series: int, month: int) -> tuple[Floats, NDArray[np.int16]]:
    """Return one series of some draws at the end of a month, and the last step in which each event fired, (n_events, n)."""
    n = drawn.n_draws
    factors, weights = factors_of(plan, drawn.inputs, n), normalised_weights(plan, drawn.inputs)
    level, fired = factors.start, np.zeros((len(plan.events), n), dtype=np.int16)
    for now in islice(steps(plan, drawn, factors, weights), month):
        level = now.level
        np.copyto(fired, now.step, where=now.fired)
    place = series - len(plan.factors)
    value = np.array(level[series]) if place < 0 else np.empty(n)
    if place >= 0:
        dynamics.index(level - 50.0, weights[place], out=value)
    return value, fired


def evidence_of(plan: Plan, seed: Seed, block: int, n: int) -> Evidence:
    """Return what the first draws of a block say of all that is known."""
    drawn = draw(plan, seed, block, n)
    factors, weights = factors_of(plan, drawn.inputs, n), normalised_weights(plan, drawn.inputs)
    return [step.evidence for step in islice(steps(plan, drawn, factors, weights), max(plan.known, 1))][-1]


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


def _innovations(plan: Plan, normals: Iterable[Floats]) -> Iterator[tuple[int, Floats, Floats]]:
    """Yield each step with the correlated innovations of levels and of resting levels, both (n_factors, n_draws)."""
    for first, rows in zip(range(1, plan.n_steps + 1, STRETCH), normals, strict=False):
        of_levels, of_resting = rows[: len(plan.factors)], rows[len(plan.factors) :]
        dynamics.correlate(of_levels, plan.cholesky)
        dynamics.correlate(of_resting, plan.cholesky)
        for i, step in enumerate(range(first, min(first + STRETCH, plan.n_steps + 1))):
            yield step, of_levels[:, i], of_resting[:, i]


def normals(plan: Plan, seed: Seed, block: int, n: int) -> Iterator[Floats]:
    """Yield a stretch's standard normals by stream, (2 n_factors, STRETCH, n_draws); each overwrites the one before."""
    streams = [stream(seed, name, block) for name in streams_of_normals(plan)]
    rows_of = np.empty((len(streams), STRETCH, n))
    while True:
        for generator, rows in zip(streams, rows_of, strict=True):
            uniforms(generator, out=rows)
            ndtri(rows, out=rows)
        yield rows_of


def whole_normals(plan: Plan, seed: Seed, name: str, block: int, n: int) -> Floats:
    """Return the standard normals of one stream of innovations in all steps, (n_steps, n)."""
    rows = uniforms(stream(seed, name, block), np.empty((plan.n_steps, n)))
    return np.asarray(ndtri(rows, out=rows))


def streams_of_normals(plan: Plan) -> list[str]:
    """Return the names of the random streams of innovations: those of levels, then those of resting levels."""
    return [f"factor:{name}/{purpose}" for purpose in ("innovation", "drift") for name in plan.factors]


def normalised_weights(plan: Plan, inputs: Inputs) -> Weights:
    """Return for each index its (factor, weight), the weights' absolute values summing to 1 in every draw."""
    result = []
    for name, keys in zip(plan.indices, plan.weights, strict=True):
        total = sum(abs(inputs[key]) for _, key in keys)
        if not np.all(np.asarray(total) > 0):
            raise Refused(f"indices.{name}: its sampled weights are all zero in some draw; let one of them exclude zero")
        result.append([(factor, inputs[key] / total) for factor, key in keys if np.any(inputs[key] != 0)])
    return result


def _put_indices(values: Floats, n_factors: int, weights: Weights) -> None:
    """Put the indices below the levels they are made of, (m, n_factors + n_indices, n_draws)."""
    departures = values[:, :n_factors] - 50.0
    for row, of_index in enumerate(weights, start=n_factors):
        dynamics.index(departures, of_index, out=values[:, row])


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
