"""The numbers of a scenario as one block of draws samples them: judgement, drawn once per draw.

The rule is in docs/model.md, Two kinds of uncertainty.
"""

from collections.abc import Iterable, Mapping

import numpy as np
from scipy.special import ndtr, ndtri, xlog1py, xlogy

from simulator.arrays import Floats
from simulator.engine.plan import Plan, TimedEvent
from simulator.engine.streams import SMALLEST, Seed, stream, uniforms
from simulator.scenario.numbers import Key, quantiles
from simulator.scenario.schema import EFFECTS

# By key: one value for all draws, shape (1,), or one for each, shape (n_draws,).
Inputs = Mapping[Key, Floats]


# Beside the numbers: how much oftener than by their laws a draw's are drawn, as a logarithm (`proposed`).
OFTENER = Key("draws", "", "oftener")

# Cells of equal probability in which the chance of an event is drawn more or less often than its law has it.
CELLS = 4_096

# The share of draws that keep to the law: no draw's weight is then above ten times what its own numbers make it.
DEFENSIVE = 0.1

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
    """Return every number of a plan for the first `n` draws of a block, and how much oftener than by their laws."""
    sampled, proposals = set(uncertain(plan)), proposed(plan)
    numbers, oftener = {}, np.zeros(n)
    for key, value in plan.numbers.items():
        if isinstance(value, float):
            numbers[key] = np.array([value])
        elif key in sampled:
            numbers[key], more = number(plan, key, seed, block, n, proposals.get(key))
            oftener += more
    return {**numbers, OFTENER: oftener}


def number(
    plan: Plan, key: Key, seed: Seed, block: int, n: int, density: Floats | None = None
) -> tuple[Floats, Floats | float]:
    """Return one uncertain number in the first draws of a block, and how much oftener than by its law it is drawn so."""
    law = plan.numbers[key]
    assert not isinstance(law, float)
    own = _uniforms(seed, f"input:{key}", block, n)
    if COMMON in streams_of(plan, key):
        common = ndtri(_uniforms(seed, COMMON, block, n))
        own = np.asarray(ndtr(np.sqrt(plan.together) * common + np.sqrt(1 - plan.together) * ndtri(own)))
    if density is None:
        return quantiles(law, key.kind, own), 0.0
    own, more = _drawn_from(density, own)
    return quantiles(law, key.kind, own), more


def streams_of(plan: Plan, key: Key) -> frozenset[str]:
    """Return the names of the random streams that one uncertain number is drawn from."""
    shares = key.number == "target" and plan.together
    return frozenset({f"input:{key}", COMMON} if shares else {f"input:{key}"})


def proposed(plan: Plan) -> dict[Key, Floats]:
    """Return the densities from which the chances of a record's events are drawn, relative to their laws, by cell.

    What a record says of an event says most about its own chance. Drawn from its law, nearly all draws would get hardly any
    weight once two dozen facts are known; so a chance is drawn from about what it is after them, and the draw's weight
    takes that back. It is about that, for it leaves out whether the event's condition held; the weight does not.

    References
    ----------
    Hesterberg (1995), Technometrics 37: 185-194: defensive mixtures.
    """
    middles = (np.arange(CELLS) + 0.5) / CELLS
    found = {}
    for event in plan.events:
        law = plan.numbers.get(event.chance_key)
        if event.recorded is None or law is None or isinstance(law, float) or not plan.known:
            continue
        h = event.chance_per_step(quantiles(law, event.chance_key.kind, middles))
        likelihood = xlogy(len(event.recorded), h) + xlog1py(_silent_steps(event, plan.known), -h)
        if np.isfinite(likelihood.max()):  # else no number can have what is known: the run is refused
            tilt = np.exp(likelihood - likelihood.max())
            found[event.chance_key] = DEFENSIVE + (1 - DEFENSIVE) * tilt / tilt.mean()
    return found


def _silent_steps(event: TimedEvent, known: int) -> int:
    """Return in how many known steps an event could have fired, as far as its window and the record tell, and did not."""
    if event.chance == "when":  # one trial
        return 0 if event.recorded else 1
    last = event.cooldown if event.repeats else known
    blocked = set(range(event.free_from)) | {step for start in event.seen for step in range(start, start + last + 1)}
    return len(set(range(event.first, min(event.last, known) + 1)) - blocked)


def _drawn_from(density: Floats, uniform: Floats) -> tuple[Floats, Floats]:
    """Return uniforms that fall into cells with a density, in the order of those given, and its logarithm at each."""
    reached = np.concatenate([[0.0], np.cumsum(density) / density.sum()])
    cell = np.clip(np.searchsorted(reached, uniform, side="right") - 1, 0, len(density) - 1)
    within = np.clip((uniform - reached[cell]) / (reached[cell + 1] - reached[cell]), SMALLEST, 1 - SMALLEST)
    return (cell + within) / len(density), np.log(density / density.mean())[cell]


def _uniforms(seed: Seed, name: str, block: int, n: int) -> Floats:
    return uniforms(stream(seed, name, block), np.empty((1, n))).reshape(n)


def stacked(inputs: Inputs, keys: Iterable[Key]) -> Floats:
    """Return a row for each key: (n_keys, 1) where all are certain, else (n_keys, n_draws)."""
    return np.stack(np.broadcast_arrays(*(inputs[key] for key in keys)))


def chance(event: TimedEvent, inputs: Inputs) -> Floats:
    """Return an event's chance in each eligible step."""
    return event.chance_per_step(inputs[event.chance_key])
