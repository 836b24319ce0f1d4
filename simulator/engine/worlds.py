"""Worlds beside others: the same draws with some streams drawn anew, or without one event; only what differs is worked out.

What chance gives is kept piece by piece, and a draw in which each piece is the same ends the same, to the last bit: draws do
not touch each other.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from simulator.arrays import Booleans, Floats, Integers
from simulator.engine.events import Trials, trials_of
from simulator.engine.months import STRETCH, Drawn, end, streams_of_normals, whole_normals
from simulator.engine.plan import Plan, TimedEvent
from simulator.engine.sampling import Inputs, number, sample, streams_of, uncertain
from simulator.engine.streams import Redrawn
from simulator.scenario.numbers import Key


class Worlds:
    """The first draws of one block, and what one series comes to at the end of a month in worlds beside them.

    Attributes
    ----------
    value : (n,) ndarray
        The series in the draws themselves.
    """

    def __init__(self, plan: Plan, seed: int, block: int, n: int, series: int, month: int) -> None:
        self.plan, self.seed, self.block, self.n = plan, seed, block, n
        self.series, self.month = series, month
        self.kept: dict[tuple[str, frozenset[str]], Any] = {}
        self.inputs = sample(plan, seed, block, n)
        self.trials = self._trials(frozenset(), self.inputs)
        self.normals = self._normals(frozenset())
        self.kept |= {(str(key), frozenset()): self.inputs[key] for key in uncertain(plan)}
        self.value, self.fired = end(plan, self._drawn(self.inputs, self.trials, self.normals), series, month)

    def without(self, e: int) -> Floats:
        """Return the series where an event no longer happens, once what is known of it is over; (n,)."""
        event = self.plan.events[e]
        never = replace(event, last=min(event.last, self.plan.known))
        plan = replace(self.plan, events=(*self.plan.events[:e], never, *self.plan.events[e + 1 :]))
        trials = trials_of(plan, self.seed, self.block, self.n, never, self.inputs)
        others = (*self.trials[:e], trials, *self.trials[e + 1 :])
        return self._with(plan, self.inputs, others, self.normals, self.fired[e] > self.plan.known)

    def redrawn(self, names: frozenset[str]) -> Floats:
        """Return the series where some streams are those of the next random seed; (n,)."""
        numbers = {key: self._number(names, key) for key in uncertain(self.plan)}
        inputs = {**self.inputs, **numbers}
        trials, normals = self._trials(names, inputs), self._normals(names)
        return self._with(self.plan, inputs, trials, normals, self._apart(inputs, trials, normals))

    def _with(
        self, plan: Plan, inputs: Inputs, trials: Sequence[Trials], normals: Sequence[Floats], apart: Booleans
    ) -> Floats:
        """Return the series with other pieces, given the draws in which it can be another."""
        draws, value = np.flatnonzero(apart), self.value.copy()
        if len(draws):
            value[draws] = end(plan, self._drawn(inputs, trials, normals, draws), self.series, self.month)[0]
        return value

    def _drawn(
        self, inputs: Inputs, trials: Sequence[Trials], normals: Sequence[Floats], draws: Integers | None = None
    ) -> Drawn:
        """Return what chance gives all draws, or some of them."""
        these = slice(None) if draws is None else draws

        def stretches() -> Iterator[Floats]:
            for first in range(0, self.plan.n_steps, STRETCH):
                yield np.stack([rows[first : first + STRETCH, these] for rows in normals])

        if draws is None:
            return Drawn(inputs, tuple(trials), stretches())
        own = {key: value if len(value) == 1 else value[draws] for key, value in inputs.items()}
        return Drawn(own, tuple(one.only(draws) for one in trials), stretches())

    def _apart(self, inputs: Inputs, trials: Sequence[Trials], normals: Sequence[Floats]) -> Booleans:
        """Return the draws in which some piece differs so that it can matter, (n,)."""
        if any(a is not b for a, b in zip(self.normals, normals, strict=True)):
            return np.ones(self.n, dtype=np.bool_)
        found = np.zeros(self.n, dtype=np.bool_)
        for key in uncertain(self.plan):
            if inputs[key] is not self.inputs[key] and self._bears(key):
                found |= inputs[key] != self.inputs[key]
        for fired, a, b in zip(self.fired, self.trials, trials, strict=True):
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
        streams = streams_of(self.plan, key)
        return np.asarray(
            self._piece(str(key), streams, names, lambda seed: number(self.plan, key, seed, self.block, self.n)[0])
        )

    def _trials(self, names: frozenset[str], inputs: Inputs) -> tuple[Trials, ...]:
        def of_event(event: TimedEvent) -> Trials:
            found: Trials = self._piece(
                event.name,
                streams_of_trials(self.plan, event),
                names,
                lambda seed: trials_of(self.plan, seed, self.block, self.n, event, inputs),
            )
            return found

        return tuple(map(of_event, self.plan.events))

    def _normals(self, names: frozenset[str]) -> list[Floats]:
        return [
            self._piece(
                name,
                frozenset({name}),
                names,
                lambda seed, name=name: whole_normals(self.plan, seed, name, self.block, self.n),
            )
            for name in streams_of_normals(self.plan)
        ]


def streams_of_trials(plan: Plan, event: TimedEvent) -> frozenset[str]:
    """Return the names of the random streams that one event's trials are drawn from."""
    keys = {key for key, value in plan.numbers.items() if key.table == "events" and key.entry == event.name}
    return frozenset({f"event:{event.name}/timing"}).union(*(streams_of(plan, key) for key in keys))
