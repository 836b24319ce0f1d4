"""What chance gives the events of one block of draws: when each could fire, and what it would then do.

The months decide which of these trials fire (engine.events): an event waits for its condition, or has happened already.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.arrays import Booleans, Floats, Integers
from simulator.engine.plan import Plan, TimedEvent
from simulator.engine.sampling import Inputs, chance
from simulator.engine.streams import Seed, stream, uniforms
from simulator.scenario.numbers import quantiles

# The step from which an event is free to fire again when it never is; past any horizon, within 16 bits.
NEVER = 32_000


@dataclass(frozen=True)
class Trials:
    """The draws in which one event's uniform falls under its chance, step by step, and what it would do in each."""

    under_chance: Booleans  # (n_steps + 1, n)
    steps: Integers  # (n_trials,)
    draws: Integers  # (n_trials,)
    ends: Integers  # (n_steps + 2,): the trials of step t are ends[t] to ends[t + 1]
    jumps: tuple[tuple[int, Floats], ...]  # (factor, size in each trial, points quoted at neutral)
    shifts: tuple[tuple[int, Floats], ...]
    lasts: Integers  # (n_trials,): months in force, 0 for good

    def only(self, draws: Integers) -> "Trials":
        """Return the trials of some draws, in increasing order; they are numbered anew."""
        n_steps, n = self.under_chance.shape
        number = np.full(n, -1)
        number[draws] = np.arange(len(draws))
        these = number[self.draws] >= 0
        steps = self.steps[these]
        jumps, shifts = (tuple((k, size[these]) for k, size in sizes) for sizes in (self.jumps, self.shifts))
        ends = np.searchsorted(steps, np.arange(n_steps + 1))
        own, under_chance = number[self.draws[these]], np.zeros((n_steps, len(draws)), dtype=np.bool_)
        under_chance[steps, own] = True
        return Trials(under_chance, steps, own, ends, jumps, shifts, self.lasts[these])

    def until(self, step: int) -> "Trials":
        """Return the trials up to a step, itself included."""
        under_chance = self.under_chance.copy()
        under_chance[step + 1 :] = False
        these = slice(self.ends[step + 1])
        jumps, shifts = (tuple((k, size[these]) for k, size in sizes) for sizes in (self.jumps, self.shifts))
        ends = np.minimum(self.ends, self.ends[step + 1])
        return Trials(under_chance, self.steps[these], self.draws[these], ends, jumps, shifts, self.lasts[these])

    def apart(self, other: "Trials", fired: Booleans) -> Booleans:
        """Return the draws in which other trials can make a difference, given where the event fires with these, (n,)."""
        sized = np.zeros(self.under_chance.shape[1], dtype=np.bool_)
        here, there = other.under_chance[self.steps, self.draws], self.under_chance[other.steps, other.draws]
        for a, b in zip(self._sizes(), other._sizes(), strict=True):
            sized[self.draws[here][a[here] != b[there]]] = True
        return np.asarray((self.under_chance != other.under_chance).any(axis=0) | (sized & fired))

    def _sizes(self) -> list[NDArray[Any]]:
        return [*(size for _, size in (*self.jumps, *self.shifts)), self.lasts]


@dataclass(frozen=True)
class Shifts:
    """What the trials of all events would put in force: a row for each trial and factor, by step, in a step by name."""

    pairs: Integers  # (n_rows,): places in `shift_pairs`
    draws: Integers
    sizes: Floats
    begins: Integers  # (n_steps + 2,): the rows of step t are begins[t] to begins[t + 1]
    by_end: Integers  # (n_rows,): the rows in the order of the steps on whose state they are in force last
    ends: Integers  # (n_steps + 2,): those of step t are by_end[ends[t]:ends[t + 1]]


def trials_of(plan: Plan, seed: Seed, block: int, n: int, event: TimedEvent, inputs: Inputs) -> Trials:
    """Return the trials of one event in the first `n` draws of a block."""
    under_chance = np.zeros((plan.n_steps + 1, n), dtype=np.bool_)

    def of_window(name: str) -> Floats:
        """Return the uniforms of the event's window, (n_steps, n); earlier rows of the stream are passed over."""
        rows = np.empty((event.last - event.first + 1, n))
        return uniforms(stream(seed, name, block, event.first - 1), rows)

    if event.last >= event.first:
        np.less(
            of_window(f"event:{event.name}/timing"), chance(event, inputs), out=under_chance[event.first : event.last + 1]
        )
        if event.recorded is not None:  # in the known steps the record decides, whatever the uniforms
            under_chance[1 : plan.known + 1] = False
            under_chance[list(event.recorded)] = True
    steps, draws = np.divmod(np.flatnonzero(under_chance), n)

    def sizes(factor: int, kind: str) -> tuple[int, Floats]:
        key = event.key(kind, plan.factors[factor])
        if key in inputs:
            return factor, np.broadcast_to(inputs[key], n)[draws]
        law = plan.numbers[key]  # drawn anew at each occurrence
        assert not isinstance(law, float)
        if not len(draws):
            return factor, np.empty(0)
        return factor, quantiles(law, key.kind, of_window(f"input:{key}")[steps - event.first, draws])

    return Trials(
        under_chance,
        steps,
        draws,
        np.searchsorted(steps, np.arange(plan.n_steps + 2)),
        tuple(sizes(factor, "jump") for factor in event.jumps),
        tuple(sizes(factor, "shift") for factor in event.shifts),
        months_in_force(event, n, inputs)[draws],
    )


def joined_trials(parts: Sequence[Trials]) -> Trials:
    """Return one event's trials in several sets of draws, numbered one set after the other."""
    widths = [part.under_chance.shape[1] for part in parts]
    begins = np.cumsum([0, *widths[:-1]])
    steps = np.concatenate([part.steps for part in parts])
    order = np.argsort(steps.astype(np.int16), kind="stable")
    draws = np.concatenate([part.draws + begin for part, begin in zip(parts, begins, strict=True)])
    jumps, shifts = (
        tuple((k, np.concatenate([getattr(part, kind)[i][1] for part in parts])[order]) for i, (k, _) in enumerate(own))
        for kind, own in (("jumps", parts[0].jumps), ("shifts", parts[0].shifts))
    )
    return Trials(
        np.concatenate([part.under_chance for part in parts], axis=1),
        steps[order],
        draws[order],
        np.sum([part.ends for part in parts], axis=0),
        jumps,
        shifts,
        np.concatenate([part.lasts for part in parts])[order],
    )


def shift_pairs(plan: Plan) -> tuple[tuple[int, int], ...]:
    """Return each event and factor that it shifts, by the names of the events: sums do not depend on a file's order."""
    return tuple((e, factor) for e in by_name(plan) for factor in plan.events[e].shifts)


def by_name(plan: Plan) -> list[int]:
    """Return the places of the events in the order of their names."""
    return sorted(range(len(plan.events)), key=lambda e: plan.events[e].name)


def shifts_of(plan: Plan, trials: Sequence[Trials]) -> Shifts:
    """Return what the trials of all events would put in force."""
    found = [(trials[e], size) for e in by_name(plan) for _, size in trials[e].shifts]
    nothing = np.empty(0, dtype=np.int64)
    steps, draws, lasts = (
        np.concatenate([nothing, *(getattr(one, name) for one, _ in found)]) for name in ("steps", "draws", "lasts")
    )
    pairs = np.repeat(np.arange(len(found)), [len(size) for _, size in found])
    sizes = np.concatenate([np.empty(0), *(size for _, size in found)])
    order = np.argsort(steps.astype(np.int16), kind="stable")
    end = np.where(lasts > 0, np.minimum(steps + lasts, NEVER), NEVER)[order].astype(np.int16)
    by_end, at = np.argsort(end, kind="stable"), np.arange(plan.n_steps + 2)
    return Shifts(
        pairs[order],
        draws[order],
        sizes[order],
        np.searchsorted(steps[order], at),
        by_end,
        np.searchsorted(end[by_end], at),
    )


def months_in_force(event: TimedEvent, n: int, inputs: Inputs) -> Integers:
    """Return for how many months an event is in force after it fires, by draw; 0 for good."""
    months = np.ceil(inputs[event.key("lasts")]) if event.lasts else np.zeros(1)
    return np.broadcast_to(months.astype(np.int64), n)
