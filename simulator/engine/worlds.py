"""Worlds beside others: the same draws with some streams drawn anew, or without one event; only what differs is worked out.

What chance gives is kept piece by piece, and a draw in which each piece is the same ends the same, to the last bit: draws do
not touch each other.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import numpy as np

from simulator.arrays import Booleans, Floats, Integers
from simulator.engine.months import STRETCH, Drawn, end, streams_of_normals, whole_normals
from simulator.engine.plan import Plan, TimedEvent
from simulator.engine.sampling import Inputs, number, sample, streams_of, uncertain
from simulator.engine.streams import BLOCK, Redrawn
from simulator.engine.trials import Trials, joined_trials, trials_of
from simulator.scenario.numbers import Key


@dataclass(frozen=True)
class World:
    """The draws in which a world can end otherwise than the first, and the pieces that all its draws are made of."""

    draws: Integers
    inputs: Inputs
    trials: tuple[Trials, ...]  # by event
    normals: tuple[Floats, ...]  # by stream, (n_steps, n)


class Worlds:
    """The first draws of one block, and what one series comes to at the end of a month in worlds beside them.

    Attributes
    ----------
    first : World
        The draws as they are.
    value : (n,) ndarray
        The series in them.
    """

    def __init__(self, plan: Plan, seed: int, block: int, n: int, series: int, month: int) -> None:
        self.plan, self.seed, self.block, self.n = plan, seed, block, n
        self.series, self.month = series, month
        self.inputs = sample(plan, seed, block, n)
        nothing: frozenset[str] = frozenset()
        self.kept: dict[tuple[str, frozenset[str]], Any] = {(str(key), nothing): self.inputs[key] for key in uncertain(plan)}
        self.first = World(np.arange(n), self.inputs, self._trials(nothing, self.inputs), self._normals(nothing))
        self.value, self.fired = end(plan, _drawn(plan, [self.first]), series, month)

    def without(self, e: int) -> World:
        """Return the world in which an event no longer happens, once what is known of it is over."""
        first = self.first
        never = first.trials[e].until(self.plan.known)
        return World(
            np.flatnonzero(self.fired[e] > self.plan.known),
            first.inputs,
            (*first.trials[:e], never, *first.trials[e + 1 :]),
            first.normals,
        )

    def redrawn(self, names: frozenset[str]) -> World:
        """Return the world in which some streams are those of the next random seed."""
        inputs = {**self.inputs, **{key: self._number(names, key) for key in uncertain(self.plan)}}
        trials, normals = self._trials(names, inputs), self._normals(names)
        return World(np.flatnonzero(self._apart(inputs, trials, normals)), inputs, trials, normals)

    def values(self, worlds: Iterable[World], pool: Executor) -> Iterator[Floats]:
        """Yield the series in every draw of some worlds, (n,) each."""
        for batch, values in pool.map(self._values, _batches(worlds)):
            places = np.cumsum([len(world.draws) for world in batch])[:-1]
            for world, own in zip(batch, np.split(values, places), strict=True):
                value = self.value.copy()
                value[world.draws] = own
                yield value

    def _values(self, worlds: list[World]) -> tuple[list[World], Floats]:
        """Return some worlds, and the series in those of their draws that can end otherwise, one after the other."""
        if not sum(len(world.draws) for world in worlds):
            return worlds, np.empty(0)
        return worlds, end(self.plan, _drawn(self.plan, worlds), self.series, self.month)[0]

    def _apart(self, inputs: Inputs, trials: Sequence[Trials], normals: Sequence[Floats]) -> Booleans:
        """Return the draws in which some piece differs so that it can matter, (n,)."""
        if any(a is not b for a, b in zip(self.first.normals, normals, strict=True)):
            return np.ones(self.n, dtype=np.bool_)
        found = np.zeros(self.n, dtype=np.bool_)
        for key in uncertain(self.plan):
            if inputs[key] is not self.inputs[key] and self._bears(key):
                found |= inputs[key] != self.inputs[key]
        for fired, a, b in zip(self.fired, self.first.trials, trials, strict=True):
            if a is not b:
                found |= a.apart(b, fired > 0)
        return found

    def _bears(self, key: Key) -> bool:
        """Tell whether a number can bear on the series otherwise than through the trials of its event."""
        if key.table == "events":  # how long one is in force matters too where another that counts as it fires
            counted = {named for event in self.plan.events for named in event.counts_as}
            return key.number == "lasts" and any(self.plan.events[e].name == key.entry for e in counted)
        if key.number not in ("weight", "index_weight"):
            return True
        place = self.plan.indices.index("warmth" if key.number == "weight" else key.entry)
        return place in self.plan.read or place == self.series - len(self.plan.factors)

    # --- pieces, each kept under those of its streams that are drawn anew ---

    def _piece(self, what: str, streams: frozenset[str], names: frozenset[str], make: Callable[[Redrawn], Any]) -> Any:
        anew = names & streams
        if (what, anew) not in self.kept:
            self.kept[what, anew] = make(Redrawn(self.seed, self.seed + 1, anew))
        return self.kept[what, anew]

    def _number(self, names: frozenset[str], key: Key) -> Floats:
        def make(seed: Redrawn) -> Floats:
            return number(self.plan, key, seed, self.block, self.n)[0]

        return np.asarray(self._piece(str(key), streams_of(self.plan, key), names, make))

    def _trials(self, names: frozenset[str], inputs: Inputs) -> tuple[Trials, ...]:
        def of_event(event: TimedEvent) -> Any:
            def make(seed: Redrawn) -> Trials:
                return trials_of(self.plan, seed, self.block, self.n, event, inputs)

            return self._piece(event.name, streams_of_trials(self.plan, event), names, make)

        return tuple(map(of_event, self.plan.events))

    def _normals(self, names: frozenset[str]) -> tuple[Floats, ...]:
        def of_stream(name: str) -> Any:
            def make(seed: Redrawn) -> Floats:
                return whole_normals(self.plan, seed, name, self.block, self.n)

            return self._piece(name, frozenset({name}), names, make)

        return tuple(map(of_stream, streams_of_normals(self.plan)))


def _batches(worlds: Iterable[World]) -> Iterator[list[World]]:
    """Yield worlds that are worked out together: numpy's calls cost as much for few draws as for many."""
    batch: list[World] = []
    for world in worlds:
        if batch and sum(len(one.draws) for one in (*batch, world)) > BLOCK:
            yield batch
            batch = []
        batch.append(world)
    if batch:
        yield batch


def _drawn(plan: Plan, worlds: Sequence[World]) -> Drawn:
    """Return what chance gives the draws of some worlds, one world after the other."""

    def of_all(key: Key) -> Floats:
        if isinstance(plan.numbers.get(key), float):  # one value for all draws
            return worlds[0].inputs[key]
        return np.concatenate([world.inputs[key][world.draws] for world in worlds])

    def stretches() -> Iterator[Floats]:
        for first in range(0, plan.n_steps, STRETCH):
            months, streams = slice(first, first + STRETCH), range(2 * len(plan.factors))
            parts = [np.stack([world.normals[i][months, world.draws] for i in streams]) for world in worlds]
            yield np.concatenate(parts, axis=-1)

    trials = (joined_trials([world.trials[e].only(world.draws) for world in worlds]) for e in range(len(plan.events)))
    return Drawn({key: of_all(key) for key in worlds[0].inputs}, tuple(trials), stretches())


def streams_of_trials(plan: Plan, event: TimedEvent) -> frozenset[str]:
    """Return the names of the random streams that one event's trials are drawn from."""
    keys = {key for key, value in plan.numbers.items() if key.table == "events" and key.entry == event.name}
    return frozenset({f"event:{event.name}/timing"}).union(*(streams_of(plan, key) for key in keys))
