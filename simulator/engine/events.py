"""The events of one block of draws: which fire, and what they do (docs/model.md, Events)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.arrays import Booleans, Floats, Integers
from simulator.engine import dynamics
from simulator.engine.plan import Plan, TimedEvent
from simulator.engine.sampling import Inputs, chance
from simulator.engine.streams import Seed, stream, uniforms
from simulator.scenario.conditions import holds
from simulator.scenario.numbers import quantiles

# The step from which an event is free to fire again when it never is; past any horizon, within 16 bits.
NEVER = 32_000


@dataclass(frozen=True)
class Trials:
    """The draws in which one event's uniform falls under its chance, step by step, and what it would do in each."""

    draws: Integers  # (n_trials,)
    ends: Integers  # (n_steps + 2,): the trials of step t are ends[t] to ends[t + 1]
    jumps: tuple[tuple[int, Floats], ...]  # (factor, size in each trial, points quoted at neutral)
    shifts: tuple[tuple[int, Floats], ...]
    lasts: Integers  # (n_trials,): months in force, 0 for good


@dataclass(frozen=True)
class Acting:
    """What one event does in one step, in the draws in which it fires."""

    event: int
    draws: Integers  # (n_hits,)
    jumps: tuple[tuple[int, Floats], ...]  # (factor, size in each hit, points quoted at neutral)
    shifts: tuple[tuple[int, Floats], ...]
    lasts: Integers  # (n_hits,): months in force, 0 for good


class Events:
    """The memory of the events of one block: what has happened, what may happen again, what is in force."""

    def __init__(self, plan: Plan, seed: Seed, block: int, n: int, inputs: Inputs) -> None:
        shape = (len(plan.events), n)
        self.plan, self.seed, self.block, self.inputs = plan, seed, block, inputs
        self.by_name = sorted(range(len(plan.events)), key=lambda e: plan.events[e].name)
        self.happened = np.zeros(shape, dtype=np.bool_)
        self.free_from = np.zeros(shape, dtype=np.int16)
        waits = [event.cooldown + 1 if event.repeats else NEVER for event in plan.events]
        self.waits = np.array(waits, dtype=np.int16).reshape(-1, 1)
        self.offset = np.zeros((len(plan.factors), n))
        self.under_chance = np.zeros((shape[0], plan.n_steps + 1, n), dtype=np.bool_)
        self.rows = np.empty((plan.n_steps + 1, n))
        self.trials = [self._trials(e, event) for e, event in enumerate(plan.events)]
        # what ends with each step; no memory is used for steps on which no shift ends
        lasting = any(trials.lasts.any() for trials in self.trials)
        self.ending = np.zeros((plan.n_steps + 1, *self.offset.shape)) if lasting else None

    def _trials(self, e: int, event: TimedEvent) -> Trials:
        n_steps, n = self.rows.shape
        if event.last >= event.first:
            uniform = self._uniforms(event, f"event:{event.name}/timing")
            np.less(uniform, chance(event, self.inputs), out=self.under_chance[e, event.first : event.last + 1])
        steps, draws = np.divmod(np.flatnonzero(self.under_chance[e]), n)

        def sizes(factor: int, kind: str) -> tuple[int, Floats]:
            key = event.key(kind, self.plan.factors[factor])
            if key in self.inputs:
                return factor, np.broadcast_to(self.inputs[key], n)[draws]
            law = self.plan.numbers[key]  # drawn anew at each occurrence
            assert not isinstance(law, float)
            if not len(draws):
                return factor, np.empty(0)
            uniform = self._uniforms(event, f"input:{key}")[steps - event.first, draws]
            return factor, quantiles(law, key.kind, uniform)

        months = np.ceil(self.inputs[event.key("lasts")]).astype(np.int64) if event.lasts else np.zeros(1, dtype=np.int64)
        return Trials(
            draws,
            np.searchsorted(steps, np.arange(n_steps + 1)),
            tuple(sizes(factor, "jump") for factor in event.jumps),
            tuple(sizes(factor, "shift") for factor in event.shifts),
            np.broadcast_to(months, n)[draws],
        )

    def _uniforms(self, event: TimedEvent, name: str) -> Floats:
        """Return the uniforms of an event's window, (n_steps, n), valid until the next call; earlier rows are skipped."""
        rows = self.rows[: event.last - event.first + 1]
        return uniforms(stream(self.seed, name, self.block, event.first - 1), rows)

    def fire(self, step: int, state: dict[str, NDArray[np.generic]]) -> Booleans:
        """Return which events fire in this step, given the state a month earlier, and remember it."""
        fired = self.under_chance[:, step] & (self.free_from <= step)
        for e, event in enumerate(self.plan.events):
            if event.when is not None and event.first <= step <= event.last:
                met = holds(event.when, state)
                fired[e] &= met
                if event.chance == "when":
                    self.free_from[e][met] = NEVER  # one trial, won or lost
        np.copyto(self.free_from, self.waits + np.int16(step), where=fired)
        self.happened |= fired
        return fired

    def acting(self, step: int, fired: Booleans) -> tuple["Acting", ...]:
        """Return what each event does in this step, in the draws in which it fires; sums do not depend on a file's order."""
        found = []
        for e in self.by_name:
            trials = self.trials[e]
            these = slice(trials.ends[step], trials.ends[step + 1])
            hit = fired[e][trials.draws[these]]
            jumps, shifts = (
                tuple((factor, size[these][hit]) for factor, size in sizes) for sizes in (trials.jumps, trials.shifts)
            )
            found.append(Acting(e, trials.draws[these][hit], jumps, shifts, trials.lasts[these][hit]))
        return tuple(found)

    def act(self, step: int, acting: tuple["Acting", ...], level: Floats, attraction: Floats, moved: Floats) -> None:
        """Add the jumps of the events that fire to `moved`, and put their shifts in force from the end of this step on."""
        n = level.shape[1]
        jumps, shifts, lasts = [_NOTHING], [_NOTHING], [_NOTHING[0]]
        for one in acting:
            jumps += [(factor * n + one.draws, size) for factor, size in one.jumps]
            shifts += [(factor * n + one.draws, size) for factor, size in one.shifts]
            lasts += [one.lasts] * len(one.shifts)
        self._put_in_force(step, *_amounts(shifts, attraction), np.concatenate(lasts))
        np.add.at(moved.reshape(-1), *_amounts(jumps, level))

    def _put_in_force(self, step: int, cells: Integers, amounts: Floats, lasts: Integers) -> None:
        np.add.at(self.offset.reshape(-1), cells, amounts)
        if self.ending is not None:
            seen = (lasts > 0) & (step + lasts < len(self.ending))
            ends = (step + lasts[seen]) * self.offset.size + cells[seen]
            np.add.at(self.ending.reshape(-1), ends, -amounts[seen])

    def expire(self, step: int) -> None:
        """End the shifts that are no longer in force on the state of this step."""
        if self.ending is not None:
            self.offset += self.ending[step]


_NOTHING = np.empty(0, dtype=np.int64), np.empty(0)


def _amounts(effects: list[tuple[Integers, Floats]], level: Floats) -> tuple[Integers, Floats]:
    """Return where effects fall, as places in (n_factors, n), and how much they are where the factor stands."""
    cells, sizes = (np.concatenate(column) for column in zip(*effects, strict=True))
    return cells, dynamics.effective(sizes, level.reshape(-1)[cells])
