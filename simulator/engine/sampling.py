"""The numbers of a scenario as one block of draws samples them: judgement, drawn once per draw (model.md, section 6)."""

from collections.abc import Iterable, Mapping

import numpy as np

from simulator.arrays import Floats
from simulator.engine.plan import Plan, TimedEvent, range_of
from simulator.engine.streams import Seed, stream, uniforms
from simulator.scenario.numbers import Law, quantile

# By dotted key: one value for all draws, shape (1,), or one for each, shape (n_draws,).
Inputs = Mapping[str, Floats]


def uncertain(plan: Plan) -> tuple[str, ...]:
    """Return the dotted keys of all numbers that are sampled once per draw, in the order of the file."""
    return tuple(
        key for key, value in plan.numbers.items() if not isinstance(value, float) and not per_occurrence(plan, key)
    )


def per_occurrence(plan: Plan, key: str) -> bool:
    """Tell whether a number is sampled anew at each occurrence: the effects of events that repeat."""
    parts = key.split(".")
    return parts[2:3] == ["effects"] and any(event.name == parts[1] and event.repeats for event in plan.events)


def sample(plan: Plan, seed: Seed, block: int, n: int) -> Inputs:
    """Return every number of a plan for the first `n` draws of a block."""
    sampled = set(uncertain(plan))
    return {
        key: _draw(value, key, seed, block, n) if key in sampled else np.array([value])  # type: ignore[arg-type]
        for key, value in plan.numbers.items()
        if isinstance(value, float) or key in sampled
    }


def _draw(law: Law, key: str, seed: Seed, block: int, n: int) -> Floats:
    return quantile(law, uniforms(stream(seed, f"input:{key}", block), np.empty((1, n)))[0], *range_of(key))


def stacked(inputs: Inputs, keys: Iterable[str]) -> Floats:
    """Return a row for each key: (n_keys, 1) where all are certain, else (n_keys, n_draws)."""
    return np.stack(np.broadcast_arrays(*(inputs[key] for key in keys)))


def chance(event: TimedEvent, inputs: Inputs) -> Floats:
    r"""Return an event's chance per eligible step (model.md, section 4).

    A rate gives :math:`1 - e^{-rate/12}`; a window of n steps :math:`1 - (1 - p)^{1/n}`; a date or one trial p itself.
    """
    if event.chance == "rate":
        return -np.expm1(-inputs[event.key("rate")] / 12)
    probability = inputs[event.key("probability")]
    return 1 - (1 - probability) ** (1 / event.n_steps) if event.chance == "between" else probability
