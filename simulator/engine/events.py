"""The events of one block of draws: which fire, and what they do (docs/model.md, Events)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

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
class Acting:
    """The jumps of one event in one step, in the draws in which it fires."""

    event: int
    draws: Integers  # (n_hits,)
    jumps: tuple[tuple[int, Floats], ...]  # (factor, size in each hit, points quoted at neutral)


@dataclass(frozen=True)
class Shift:
    """Changes of what events hold in force, in the order in which they come."""

    pairs: Integers  # (n,): places in `shift_pairs`
    draws: Integers  # (n,)
    sizes: Floats  # (n,): points, above 0 in force more


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
    return tuple((e, factor) for e in _by_name(plan) for factor in plan.events[e].shifts)


def _by_name(plan: Plan) -> list[int]:
    return sorted(range(len(plan.events)), key=lambda e: plan.events[e].name)


def _shifts(plan: Plan, trials: Sequence[Trials]) -> Shifts:
    """Return what the trials of all events would put in force."""
    found = [(trials[e], size) for e in _by_name(plan) for _, size in trials[e].shifts]
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


class Events:
    """The memory of the events of one block: what has happened, what may happen again, what is in force."""

    def __init__(self, plan: Plan, n: int, inputs: Inputs, trials: Sequence[Trials]) -> None:
        shape = (len(plan.events), n)
        self.plan, self.trials = plan, trials
        self.by_name = _by_name(plan)
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
        under_chance = [one.under_chance for one in trials]
        self.under_chance = np.array(under_chance, dtype=np.bool_).reshape(shape[0], plan.n_steps + 1, n)
        self.shifts = _shifts(plan, trials)
        # by row of the shifts: how often its event had been ended when it came into force; -1: it has not
        self.since = np.full(len(self.shifts.pairs), -1, dtype=np.int16)
        self.times_ended = np.zeros(shape, dtype=np.int16)
        pairs = shift_pairs(plan)
        self.event_of, self.factor_of = (np.array([pair[i] for pair in pairs], dtype=np.int64) for i in range(2))
        # what each pair holds in force, where another event can end it
        self.ended = {e: np.flatnonzero(self.event_of == e) for event in plan.events for e in event.ends}
        self.is_held = np.isin(self.event_of, list(self.ended))
        self.held = np.zeros((len(pairs), n))
        self.changes: list[Shift] = []

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
        """Return the jumps of each event that fires in some draw; sums do not depend on a file's order."""
        found = []
        for e in self.by_name:
            trials = self.trials[e]
            these = slice(trials.ends[step], trials.ends[step + 1])
            draws = trials.draws[these]
            hit = own[e][draws]
            if hit.any():
                found.append(Acting(e, draws[hit], tuple((factor, size[these][hit]) for factor, size in trials.jumps)))
        return tuple(found)

    def jump(self, acting: tuple[Acting, ...], level: Floats, moved: Floats) -> None:
        """Add what the jumps of this step do to the level of a month earlier."""
        cells, sizes = jumps_of(acting, level.shape[1])
        moved.reshape(-1)[cells] += dynamics.acted(level.reshape(-1)[cells], dynamics.odds_moved(sizes))

    def shift(self, step: int, own: Booleans, fired: Booleans) -> None:
        """Put the shifts of this step in force from its end on, and take out of force what an event ends."""
        table = self.shifts
        rows = np.arange(table.begins[step], table.begins[step + 1])
        rows = rows[own[self.event_of[table.pairs[rows]], table.draws[rows]]]
        pairs, draws = table.pairs[rows], table.draws[rows]
        self.since[rows] = self.times_ended[self.event_of[pairs], draws]
        self._change(pairs, draws, table.sizes[rows])
        for e, event in enumerate(self.plan.events):
            for ended in event.ends:
                if len(draws := np.flatnonzero(fired[e])):
                    self._end(ended, draws)

    def _end(self, e: int, draws: Integers) -> None:
        """Take all that an event holds out of force, in some draws."""
        self.times_ended[e, draws] += 1
        for pair in self.ended[e]:
            self._change(np.full(len(draws), pair), draws, -self.held[pair, draws])

    def expire(self, step: int) -> list[Shift]:
        """End the shifts that are no longer in force on the state of this step; return all changes since the last call."""
        table = self.shifts
        rows = table.by_end[table.ends[step] : table.ends[step + 1]]
        # those that came into force, unless another event has ended them before
        rows = rows[self.since[rows] == self.times_ended[self.event_of[table.pairs[rows]], table.draws[rows]]]
        self._change(table.pairs[rows], table.draws[rows], -table.sizes[rows])
        changes, self.changes = self.changes, []
        for change in changes:
            cells = self._cells(change.pairs, change.draws)
            self.act.reshape(-1)[cells] = dynamics.odds_moved(self.offset.reshape(-1)[cells])
        return changes

    def _change(self, pairs: Integers, draws: Integers, sizes: Floats) -> None:
        """Add to what events hold in force, one change after the other."""
        if len(draws):
            np.add.at(self.offset.reshape(-1), self._cells(pairs, draws), sizes)
            these = np.flatnonzero(self.is_held[pairs])
            self.held[pairs[these], draws[these]] += sizes[these]
            self.changes.append(Shift(pairs, draws, sizes))

    def _cells(self, pairs: Integers, draws: Integers) -> Integers:
        """Return places in (n_factors, n)."""
        return np.asarray(self.factor_of[pairs] * self.offset.shape[1] + draws)


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
