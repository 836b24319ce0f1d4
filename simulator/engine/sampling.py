"""The numbers of a scenario as one block of draws samples them: judgement, drawn once per draw.

The rule is in docs/model.md, Two kinds of uncertainty.
"""

from collections.abc import Iterable, Mapping

import numpy as np
from scipy.special import ndtr, ndtri

from simulator.arrays import Floats
from simulator.engine.plan import Plan, TimedEvent
from simulator.engine.streams import Seed, stream, uniforms
from simulator.scenario.numbers import Key, Law, quantiles
from simulator.scenario.schema import EFFECTS

# By key: one value for all draws, shape (1,), or one for each, shape (n_draws,).
Inputs = Mapping[Key, Floats]


# The stream of what uncertain targets have in common (docs/model.md, Two kinds of uncertainty).
COMMON = "input:targets.together"


def uncertain(plan: Plan) -> tuple[Key, ...]:
    """Return the keys of all numbers that are sampled once per draw, in the order of the file."""
    return tuple(
        key for key, value in plan.numbers.items() if not isinstance(value, float) and not per_occurrence(plan, key)
    )


def per_occurrence(plan: Plan, key: Key) -> bool:
    """Tell whether a number is sampled anew at each occurrence: the effects of events that repeat."""
    return key.number in EFFECTS and any(event.name == key.entry and event.repeats for event in plan.events)


def sample(plan: Plan, seed: Seed, block: int, n: int) -> Inputs:
    """Return every number of a plan for the first `n` draws of a block."""
    sampled = set(uncertain(plan))
    common = ndtri(_uniforms(seed, COMMON, block, n)) if plan.together else np.zeros(n)

    def drawn(law: Law, key: Key) -> Floats:
        own = _uniforms(seed, f"input:{key}", block, n)
        if key.number == "target" and plan.together:
            own = np.asarray(ndtr(np.sqrt(plan.together) * common + np.sqrt(1 - plan.together) * ndtri(own)))
        return quantiles(law, key.kind, own)

    return {
        key: drawn(value, key) if key in sampled else np.array([value])  # type: ignore[arg-type]
        for key, value in plan.numbers.items()
        if isinstance(value, float) or key in sampled
    }


def _uniforms(seed: Seed, name: str, block: int, n: int) -> Floats:
    return uniforms(stream(seed, name, block), np.empty((1, n))).reshape(n)


def stacked(inputs: Inputs, keys: Iterable[Key]) -> Floats:
    """Return a row for each key: (n_keys, 1) where all are certain, else (n_keys, n_draws)."""
    return np.stack(np.broadcast_arrays(*(inputs[key] for key in keys)))


def chance(event: TimedEvent, inputs: Inputs) -> Floats:
    """Return an event's chance in each eligible step."""
    return event.chance_per_step(inputs[event.chance_key])
