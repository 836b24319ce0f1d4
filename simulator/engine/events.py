"""The events of one block of draws: which fire, and what they do (docs/model.md, Events)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.arrays import Booleans, Floats, Integers
from simulator.engine import dynamics
from simulator.engine.evidence import Evidence
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
class Shift:
    """A change of what one event holds in force: of one factor, in some draws."""

    event: int
    factor: int
    draws: Integers  # (n,)
    sizes: Floats  # (n,): points, above 0 in force more


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
        past = np.array([event.happened for event in plan.events], dtype=np.bool_).reshape(-1, 1)
        self.happened = np.broadcast_to(past, shape).copy()
        waits = [event.cooldown + 1 if event.repeats else NEVER for event in plan.events]
        self.waits = np.array(waits, dtype=np.int16).reshape(-1, 1)
        first = np.array([event.free_from for event in plan.events], dtype=np.int16).reshape(-1, 1)
        self.free_from = np.where(self.happened & (self.waits == NEVER), NEVER, first).astype(np.int16)
        self.force = InForce(plan, n, inputs)
        self.evidence = Evidence(plan, n, inputs)
        # the sizes in force, and by how much they multiply the odds of a level, less 1
        self.offset = np.zeros((len(plan.factors), n))
        self.act = np.zeros((len(plan.factors), n))
        self.under_chance = np.zeros((shape[0], plan.n_steps + 1, n), dtype=np.bool_)
        self.rows = np.empty((plan.n_steps + 1, n))
        self.trials = [self._trials(e, event) for e, event in enumerate(plan.events)]
        # by step: whose shifts end with it, in which of the hits, and how often the event had been ended when they began
        self.ending: dict[int, list[tuple[Acting, Integers, Integers]]] = {}
        self.times_ended = np.zeros(shape, dtype=np.int16)
        # what the events that others end hold in force
        ended = {e for event in plan.events for e in event.ends}
        self.held = {e: np.zeros((len(plan.events[e].shifts), n)) for e in ended}
        self.changes: list[Shift] = []

    def _trials(self, e: int, event: TimedEvent) -> Trials:
        n_steps, n = self.rows.shape
        if event.last >= event.first:
            uniform = self._uniforms(event, f"event:{event.name}/timing")
            np.less(uniform, chance(event, self.inputs), out=self.under_chance[e, event.first : event.last + 1])
            if event.recorded is not None:  # in the known steps the record decides, whatever the uniforms
                self.under_chance[e, 1 : self.plan.known + 1] = False
                self.under_chance[e, list(event.recorded)] = True
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

        return Trials(
            draws,
            np.searchsorted(steps, np.arange(n_steps + 1)),
            tuple(sizes(factor, "jump") for factor in event.jumps),
            tuple(sizes(factor, "shift") for factor in event.shifts),
            months_in_force(event, n, self.inputs)[draws],
        )

    def _uniforms(self, event: TimedEvent, name: str) -> Floats:
        """Return the uniforms of an event's window, (n_steps, n), valid until the next call; earlier rows are skipped."""
        rows = self.rows[: event.last - event.first + 1]
        return uniforms(stream(self.seed, name, self.block, event.first - 1), rows)

    def fire(self, step: int, state: dict[str, NDArray[np.generic]]) -> tuple[Booleans, Booleans]:
        """Return which events fire in this step, given the state a month earlier, and remember it.

        Returns
        -------
        own, fired : (n_events, n) ndarray of bool
            Which fire themselves, and which fire or are counted as fired because another that counts as them does.
        """
        eligible = self.free_from <= step
        own = self.under_chance[:, step] & eligible
        for e, event in enumerate(self.plan.events):
            if event.when is not None and event.first <= step <= event.last:
                met = holds(event.when, state)
                own[e] &= met
                eligible[e] &= met
                if event.chance == "when":
                    self.free_from[e][met] = NEVER  # one trial, won or lost
        if step <= self.plan.known:
            self._follow(step, own, eligible)
        fired = own.copy()
        for e, event in enumerate(self.plan.events):
            for named in event.counts_as:
                fired[named] |= own[e]
        np.copyto(self.free_from, self.waits + np.int16(step), where=fired)
        self.happened |= fired
        self.force.take(step, fired)
        return own, fired

    def _follow(self, step: int, own: Booleans, eligible: Booleans) -> None:
        """Let events fire where the record says so, and take in what the draws' chances made of that."""
        for e, event in enumerate(self.plan.events):
            if event.recorded is not None and event.first <= step <= event.last:
                own[e] = step in event.recorded
                self.evidence.of_event(e, step, eligible[e])

    def acting(self, step: int, own: Booleans) -> tuple[Acting, ...]:
        """Return what each event that fires in some draw does in this step; sums do not depend on a file's order."""
        found = []
        for e in self.by_name:
            trials = self.trials[e]
            these = slice(trials.ends[step], trials.ends[step + 1])
            draws = trials.draws[these]
            hit = own[e][draws]
            if hit.any():
                jumps, shifts = (
                    tuple((factor, size[these][hit]) for factor, size in sizes) for sizes in (trials.jumps, trials.shifts)
                )
                found.append(Acting(e, draws[hit], jumps, shifts, trials.lasts[these][hit]))
        return tuple(found)

    def jump(self, acting: tuple[Acting, ...], level: Floats, moved: Floats) -> None:
        """Add what the jumps of this step do to the level of a month earlier."""
        cells, sizes = jumps_of(acting, level.shape[1])
        moved.reshape(-1)[cells] += dynamics.acted(level.reshape(-1)[cells], dynamics.odds_moved(sizes))

    def shift(self, step: int, acting: tuple[Acting, ...], fired: Booleans) -> None:
        """Put the shifts of this step in force from its end on, and take out of force what an event ends."""
        for one in acting:
            for place, (_, size) in enumerate(one.shifts):
                self._change(one.event, place, one.draws, size)
            if one.shifts:
                for months in np.unique(one.lasts[one.lasts > 0]):
                    these = np.flatnonzero(one.lasts == months)
                    seen = self.times_ended[one.event, one.draws[these]]
                    self.ending.setdefault(step + int(months), []).append((one, these, seen))
        for e, event in enumerate(self.plan.events):
            for ended in event.ends:
                self._end(ended, np.flatnonzero(fired[e]))

    def _end(self, e: int, draws: Integers) -> None:
        """Take all that an event holds out of force, in some draws."""
        self.times_ended[e, draws] += 1
        for place in range(len(self.plan.events[e].shifts)):
            self._change(e, place, draws, -self.held[e][place, draws])

    def expire(self, step: int) -> list[Shift]:
        """End the shifts that are no longer in force on the state of this step; return all changes since the last call."""
        for one, these, seen in self.ending.pop(step, ()):
            still = these[self.times_ended[one.event, one.draws[these]] == seen]  # unless another event has ended it before
            for place, (_, size) in enumerate(one.shifts):
                self._change(one.event, place, one.draws[still], -size[still])
        changes, self.changes = self.changes, []
        if changes:
            cells = np.concatenate([change.factor * self.act.shape[1] + change.draws for change in changes])
            self.act.reshape(-1)[cells] = dynamics.odds_moved(self.offset.reshape(-1)[cells])
        return changes

    def _change(self, e: int, place: int, draws: Integers, sizes: Floats) -> None:
        """Add to what one of an event's shifts holds in force, in some draws."""
        if len(draws):
            factor = self.plan.events[e].shifts[place]
            self.offset[factor, draws] += sizes
            if e in self.held:
                self.held[e][place, draws] += sizes
            self.changes.append(Shift(e, factor, draws, sizes))


def months_in_force(event: TimedEvent, n: int, inputs: Inputs) -> Integers:
    """Return for how many months an event is in force after it fires, by draw; 0 for good."""
    months = np.ceil(inputs[event.key("lasts")]) if event.lasts else np.zeros(1)
    return np.broadcast_to(months.astype(np.int64), n)


class InForce:
    """Which events are in force: for their months after they fired, or until another ended them."""

    def __init__(self, plan: Plan, n: int, inputs: Inputs, watched: Sequence[int] | None = None) -> None:
        self.plan = plan
        of_plan = [e for e, event in enumerate(plan.events) if event.watched]
        self.watched = of_plan if watched is None else list(watched)
        enders: dict[int, list[int]] = {e: [] for e in self.watched}
        for by, event in enumerate(plan.events):
            for e in event.ends:
                if e in enders:
                    enders[e].append(by)
        self.enders = [enders[e] for e in self.watched]
        months = [months_in_force(plan.events[e], n, inputs) for e in self.watched]
        self.months = [np.where(of_event > 0, of_event, NEVER) for of_event in months]
        # the step from which each is no longer in force
        self.until = np.zeros((len(self.watched), n), dtype=np.int64)
        for row, e in enumerate(self.watched):
            if plan.events[e].happened and not plan.events[e].lasts:
                self.until[row] = NEVER
        self.now = self.until > 0

    def take(self, step: int, fired: Booleans) -> None:
        """Go on to the end of a step in which some events fired."""
        for row, e in enumerate(self.watched):
            until = self.until[row]
            np.copyto(until, np.maximum(until, step + self.months[row]), where=fired[e])
            for by in self.enders[row]:
                until[fired[by]] = step  # whatever else fires in this step
        self.now = self.until > step


def in_force(plan: Plan, fired: Booleans, inputs: Inputs, watched: Sequence[int] | None = None) -> Booleans:
    """Return which events are in force at the end of each step, (T+1, n_watched, n), by which fire, (T+1, n_events, n)."""
    force = InForce(plan, fired.shape[2], inputs, watched)
    found = [force.now]
    for step in range(1, len(fired)):
        force.take(step, fired[step])
        found.append(force.now)
    return np.stack(found)


def jumps_of(acting: tuple[Acting, ...], n: int) -> tuple[Integers, Floats]:
    """Return where jumps fall in this step, as places in (n_factors, n), each once, and their sum there."""
    # by marks, not by sorting the places: that took a tenth of a run
    found = [(factor, factor * n + one.draws, size) for one in acting for factor, size in one.jumps]
    if not found:
        return np.empty(0, dtype=np.int64), np.empty(0)
    room = n * (1 + max(factor for factor, _, _ in found))
    hit, sizes = np.zeros(room, dtype=np.bool_), np.zeros(room)
    for _, places, size in found:  # an event falls once on a place
        hit[places] = True
        sizes[places] += size
    places = np.flatnonzero(hit)
    return places, sizes[places]
