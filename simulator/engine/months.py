"""The months of one block of draws: the recursion of the model, step by step (docs/model.md, sections 3 to 5)."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from simulator.arrays import Booleans, Floats, Integers
from simulator.engine import dynamics
from simulator.engine.events import Events
from simulator.engine.plan import Plan
from simulator.engine.sampling import Inputs, stacked
from simulator.engine.streams import Seed, stream, uniforms
from simulator.errors import Refused

State = dict[str, NDArray[np.generic]]

# Steps that are drawn, and passed on, together. Only what depends on the month before goes step by step: numpy works on
# long arrays without holding up the threads of other blocks (benchmarks/engine.py).
STRETCH = 6


@dataclass(frozen=True)
class Months:
    """The state at the end of consecutive steps; m steps, a column for each draw."""

    first: int
    values: Floats  # (m, n_factors + n_indices, n_draws): levels, then indices
    fired: Booleans  # (m, n_events, n_draws): in this step
    happened: Booleans  # (m, n_events, n_draws): in this step or before
    bounds: Integers  # (3, n_factors): how often a clip stopped the attraction, the level, the resting level

    @property
    def steps(self) -> range:
        """The steps it holds."""
        return range(self.first, self.first + len(self.values))


def months(plan: Plan, seed: Seed, block: int, n: int, inputs: Inputs) -> Iterator[Months]:
    """Yield the states of a block's draws from the start (step 0, alone) to the horizon.

    Parameters
    ----------
    plan : Plan
        From `make_plan`.
    seed, block : int
        Which uniforms to use.
    n : int
        How many of the block's draws, from its first.
    inputs : mapping
        The block's sampled numbers, from `inputs.sample`.
    """
    n_factors, n_events = len(plan.factors), len(plan.events)
    target = targets(plan, inputs)
    phi = dynamics.retention(of_factors(plan, inputs, "half_life"))
    psi = dynamics.retention(of_factors(plan, inputs, "settling"))
    volatility, drift = of_factors(plan, inputs, "volatility"), of_factors(plan, inputs, "drift")
    weights = normalised_weights(plan, inputs)
    drawn = innovations(plan, seed, block, n)
    events = Events(plan, seed, block, n, inputs)

    start = np.array(np.broadcast_to(of_factors(plan, inputs, "level"), (n_factors, n)))
    x = r = start
    yield _stretch(0, x[None], events.happened[None], events.happened[None], np.zeros((3, n_factors), np.int64), weights)
    for first in range(1, plan.n_steps + 1, STRETCH):
        steps = range(first, min(first + STRETCH, plan.n_steps + 1))
        levels = np.empty((len(steps), n_factors, n))
        fired, happened = (np.empty((len(steps), n_events, n), dtype=np.bool_) for _ in range(2))
        bounds = np.zeros((3, n_factors), dtype=np.int64)
        noises = next(drawn)
        for i, step in enumerate(steps):
            e, wander = noises[0][:, i], noises[1][:, i]
            events.expire(step - 1)
            a = _clip(dynamics.attraction(r, events.offset, x, start, plan.spillovers), bounds[0])
            fired[i] = events.fire(step, read(plan, x, events.happened, weights))
            level = dynamics.pulled(x, a, phi)
            level += dynamics.moved(x, volatility, e)
            events.act(step, fired[i], x, a, level)
            resting = dynamics.pulled(r, target, psi)
            resting += dynamics.moved(r, drift, wander)
            x, r = _clip(level, bounds[1]), _clip(resting, bounds[2])
            levels[i], happened[i] = x, events.happened
        yield _stretch(first, levels, fired, happened, bounds, weights)


def of_factors(plan: Plan, inputs: Inputs, key: str) -> Floats:
    """Return one number of every factor, (n_factors, 1) or (n_factors, n_draws)."""
    return stacked(inputs, [f"factors.{name}.{key}" for name in plan.factors])


def targets(plan: Plan, inputs: Inputs) -> Floats:
    """Return the target of every factor; its level where it states none."""
    return stacked(inputs, [_target_key(plan, name) for name in plan.factors])


def _target_key(plan: Plan, name: str) -> str:
    key = f"factors.{name}.target"
    return key if key in plan.numbers else f"factors.{name}.level"


def _clip(value: Floats, stopped: Integers) -> Floats:
    """Return values within the scale, in place, and add to `stopped` how many draws of each factor were outside."""
    for k in np.flatnonzero((value.min(axis=1) < 0.0) | (value.max(axis=1) > 100.0)):
        inside = dynamics.within_scale(value[k])
        stopped[k] += np.count_nonzero(inside != value[k])
        value[k] = inside
    return value


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


Weights = list[list[tuple[int, Floats]]]


def normalised_weights(plan: Plan, inputs: Inputs) -> Weights:
    """Return for each index its (factor, weight), the weights' absolute values summing to 1 in every draw."""
    result = []
    for name, keys in zip(plan.indices, plan.weights, strict=True):
        total = sum(abs(inputs[key]) for _, key in keys)
        if not np.all(np.asarray(total) > 0):
            raise Refused(f"indices.{name}: its sampled weights are all zero in some draw; let one of them exclude zero")
        result.append([(factor, inputs[key] / total) for factor, key in keys if np.any(inputs[key] != 0)])
    return result


def _stretch(first: int, levels: Floats, fired: Booleans, happened: Booleans, bounds: Integers, weights: Weights) -> Months:
    m, n_factors, n = levels.shape
    values = np.empty((m, n_factors + len(weights), n))
    values[:, :n_factors] = levels
    departures = levels - 50.0
    for row, of_index in enumerate(weights, start=n_factors):
        dynamics.index(departures, of_index, out=values[:, row])
    return Months(first, values, fired, happened, bounds)


def read(plan: Plan, level: Floats, happened: Booleans, weights: Weights) -> State:
    """Return what the events' conditions read, by name."""
    indices = {}
    for i in plan.read:
        indices[plan.indices[i]] = np.empty(level.shape[1])
        dynamics.index(level - 50.0, weights[i], out=indices[plan.indices[i]])
    return {**dict(zip(plan.factors, level, strict=True)), **indices, **_happened(plan, happened)}


def _happened(plan: Plan, happened: Booleans) -> State:
    """Return events by name; one that is switched off never happens."""
    absent = {name: np.zeros(happened.shape[-1], dtype=np.bool_) for name in plan.absent}
    return {**dict(zip((event.name for event in plan.events), happened, strict=True)), **absent}


def state_of(plan: Plan, stretch: Months, step: int) -> State:
    """Return everything a condition may read at the end of a step, by name."""
    values = dict(zip(plan.series, stretch.values[step - stretch.first], strict=True))
    return {**values, **_happened(plan, stretch.happened[step - stretch.first])}
