"""The events of one block of draws: which fire, and what they do (docs/model.md, Events)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.arrays import Booleans, Floats, Integers
from simulator.engine import dynamics
from simulator.engine.evidence import Evidence
from simulator.engine.plan import Plan
from simulator.engine.sampling import Inputs
from simulator.engine.trials import NEVER, Trials, by_name, months_in_force, shift_pairs, shifts_of
from simulator.scenario.conditions import holds


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


class Events:
    """The memory of the events of one block: what has happened, what may happen again, what is in force."""

    def __init__(self, plan: Plan, n: int, inputs: Inputs, trials: Sequence[Trials]) -> None:
        shape = (len(plan.events), n)
        self.plan, self.trials = plan, trials
        self.by_name = by_name(plan)
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
        self.shifts = shifts_of(plan, trials)
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
