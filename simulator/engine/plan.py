"""A scenario made ready for arrays: names to rows, dates to steps, text to conditions, numbers to distributions."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple

import numpy as np

from simulator.arrays import Floats
from simulator.errors import Refused, suggestion
from simulator.scenario.calendar import step_of
from simulator.scenario.conditions import Condition
from simulator.scenario.known import firings, known_steps
from simulator.scenario.links import correlation_matrix
from simulator.scenario.numbers import Key, Law
from simulator.scenario.schema import MAX_MONTHS, Scenario


@dataclass(frozen=True)
class TimedEvent:
    """An event with its steps: eligible from `first` to `last`, of a window of `n_steps`."""

    name: str
    first: int
    last: int
    n_steps: int
    chance: str  # "on", "between" (or of the whole horizon), "rate" or "when"
    when: Condition | None
    repeats: bool
    cooldown: int
    lasts: bool
    jumps: tuple[int, ...]  # the factors it pushes
    shifts: tuple[int, ...]  # the factors whose attraction it moves
    ends: tuple[int, ...] = ()  # the events that are no longer in force once it fires
    counts_as: tuple[int, ...] = ()  # the events that have happened when it fires, and what they count as in turn
    happened: bool = False  # before the start
    watched: bool = False  # whether a condition asks if it is in force
    recorded: tuple[int, ...] | None = None  # the known steps in which it fired; None: the record is silent
    seen: tuple[int, ...] = ()  # these, and those in which an event that counts as it fired
    free_from: int = 0  # the first step that what happened before the start leaves free: its cooldown runs on

    def key(self, number: str, factor: str = "") -> Key:
        """Return the key of one of the event's numbers; of an effect, on a factor."""
        return Key("events", self.name, number, factor)

    @property
    def chance_key(self) -> Key:
        """The key of its rate or probability."""
        return self.key("rate" if self.chance == "rate" else "probability")

    def chance_per_step(self, number: Floats) -> Floats:
        r"""Return the chance in each eligible step, given the rate or probability.

        A rate gives :math:`1 - e^{-\lambda/12}`, a window of n steps :math:`1 - (1 - p)^{1/n}`, a date or one trial p.

        Examples
        --------
        >>> from simulator import read_scenario
        >>> event = timed_event(read_scenario("baseline"), "leaders_meeting")
        >>> event.chance_per_step(np.array([12.0])).round(3).tolist()
        [0.632]
        """
        if self.chance == "rate":
            return -np.expm1(-number / 12)
        return np.asarray(1 - (1 - number) ** (1 / self.n_steps)) if self.chance == "between" else number


@dataclass(frozen=True)
class Asked:
    """A question with the step it is read at; `by`: at any step up to it."""

    name: str
    condition: Condition
    step: int
    by: bool

    @property
    def meaning(self) -> tuple[str, int, bool]:
        """What makes two questions the same, whatever they are called and however they are written."""
        return self.condition.meaning, self.step, self.by


@dataclass(frozen=True)
class Read:
    """A reading of a factor or an index at the end of a step, with its error."""

    step: int
    series: int  # place in the plan's series
    value: float
    sd: float


class Observation(NamedTuple):
    """One thing that is known: an event fired in a step, did not fire in all others, or a reading."""

    event: int | None  # by place; None: a reading
    at: int | None  # the step in which it fired; None: its silence. Of a reading: its place


@dataclass(frozen=True)
class Plan:
    """What one block of draws needs to know; picklable, so that it can be sent to another process."""

    begins: date
    n_steps: int
    factors: tuple[str, ...]
    indices: tuple[str, ...]
    numbers: dict[Key, float | Law]
    together: float  # correlation of the uncertain targets
    spillovers: tuple[tuple[int, int, float], ...]
    cholesky: tuple[tuple[int, int, float], ...]
    weights: tuple[tuple[tuple[int, Key], ...], ...]  # for each index: (factor, key)
    events: tuple[TimedEvent, ...]
    absent: tuple[str, ...]  # events that are switched off: conditions may read them, and they never happen
    questions: tuple[Asked, ...]
    cuts: tuple[tuple[float, ...], ...]  # for each index
    known: int = 0  # steps that a record covers
    readings: tuple[Read, ...] = ()

    @cached_property
    def observations(self) -> tuple[Observation, ...]:
        """All that is known: facts, readings, and each event's silence. None: draws have no weights."""
        told = [(e, event) for e, event in enumerate(self.events) if event.recorded is not None and event.last > 0]
        facts = [Observation(e, step) for e, event in told for step in event.recorded or ()]
        silences = [Observation(e, None) for e, event in told if event.first <= self.known]
        return (*facts, *(Observation(None, n) for n in range(len(self.readings))), *silences)

    @property
    def read(self) -> tuple[int, ...]:
        """The indices that events wait for, by place: the only ones that are needed step by step."""
        names = {name for event in self.events if event.when is not None for name in event.when.names}
        return tuple(i for i, name in enumerate(self.indices) if name in names)

    @property
    def series(self) -> tuple[str, ...]:
        """Names of all rows of a state: factors, then indices."""
        return self.factors + self.indices


def make_plan(scenario: Scenario) -> Plan:
    """Return the plan of a scenario.

    Raises
    ------
    Refused
        The scenario states no horizon: it is a relationship.
    """
    require_horizon(scenario)
    assert scenario.begins is not None
    assert scenario.months is not None
    place = {name: k for k, name in enumerate(scenario.factors)}
    present, watched, known = _present(scenario), _watched(scenario), known_steps(scenario)
    series = (*place, *scenario.index_names)
    return Plan(
        begins=scenario.begins,
        n_steps=scenario.months,
        factors=tuple(place),
        indices=scenario.index_names,
        numbers=dict(scenario.numbers()),
        together=scenario.targets.together,
        spillovers=tuple(
            (place[source], place[sink], value)
            for source, links in scenario.spillovers.items()
            for sink, value in links.by_factor.items()
            if value != 0
        ),
        cholesky=_cholesky(scenario),
        weights=tuple(tuple(_weight_keys(scenario, name, place)) for name in scenario.index_names),
        events=tuple(timed_event(scenario, name, present, watched) for name in present),
        absent=tuple(name for name in scenario.events if name not in present),
        questions=tuple(
            Asked(name, scenario.condition(q.ask), _step(scenario, q.on or q.by), q.by is not None)
            for name, q in scenario.questions.items()
        ),
        cuts=tuple(tuple(scenario.bands_of(name).cuts) for name in scenario.index_names),
        known=known,
        readings=tuple(_readings(scenario, series, known)),
    )


def _readings(scenario: Scenario, series: tuple[str, ...], known: int) -> Iterator[Read]:
    """Yield the readings of a scenario's record on or after its start, within the steps that are known."""
    begins = scenario.begins
    for reading in scenario.record.readings if scenario.record is not None and begins is not None else ():
        assert begins is not None
        step = step_of(begins, reading.on)
        if known and reading.on >= begins and step <= known:
            yield Read(step, series.index(reading.of), reading.value, reading.sd)


def _recorded(scenario: Scenario, name: str, *, counted: bool = False) -> tuple[int, ...] | None:
    """Return the known steps in which an event fired, 0 and below for the past; None where it is left to chance.

    What the record tells of is every event of its relationship on which it is not silent. An event of the scenario's own is
    left to chance, unless it counts as one that the record tells of: then it would have been told.
    """
    record = scenario.record
    if record is None or not {name, *scenario.counted_by(name)} & set(record.tells):
        return None
    return tuple(firing.step for firing in firings(scenario, counted=counted) if firing.event == name)


def _step(scenario: Scenario, day: date | None) -> int:
    if day is None or scenario.begins is None:
        return scenario.months or 0
    return step_of(scenario.begins, day)


def require_horizon(scenario: Scenario) -> None:
    """Raise Refused where a scenario cannot be run."""
    if scenario.begins is None or scenario.months is None:
        raise Refused(f"{scenario.name}: states no horizon (months), so it can be checked but not run; run a scenario")


def require_series(scenario: Scenario, name: str) -> None:
    """Raise Refused where a scenario has no factor or index of a name."""
    known = [*scenario.index_names, *scenario.factors]
    if name not in known:
        raise Refused(f"{scenario.name}: no index or factor is called {name!r}" + suggestion(name, known))


def _present(scenario: Scenario) -> dict[str, int]:
    """Return the places of the events that can happen or be counted: those switched on, and what they count as."""
    enabled = {name for name, event in scenario.events.items() if event.enabled}
    counted = {named for name in enabled for named in scenario.counted_by(name)}
    return {name: e for e, name in enumerate(name for name in scenario.events if name in enabled | counted)}


def _watched(scenario: Scenario) -> frozenset[str]:
    """Return the events whose being in force some condition asks for."""
    conditions = [event.when for event in scenario.events.values() if event.enabled and event.when is not None]
    asked = [*conditions, *(question.ask for question in scenario.questions.values())]
    return frozenset().union(*(scenario.condition(text).in_force for text in asked))


def timed_event(
    scenario: Scenario, name: str, present: Mapping[str, int] | None = None, watched: frozenset[str] = frozenset()
) -> TimedEvent:
    """Return one event of a scenario with its steps; of a relationship, which has no horizon, to the longest.

    Parameters
    ----------
    scenario : Scenario
    name : str
        An event. One that is switched off, and only counted as happened, has no step of its own.
    present : mapping, optional
        Places of events, for what it ends and counts as.
    watched : frozenset of str
        The events whose being in force is asked for.

    Notes
    -----
    Of a window that straddles the start the past steps are gone, and the chance of each other step stays.
    """
    event, place = scenario.events[name], {factor: k for k, factor in enumerate(scenario.factors)}
    places, horizon = present or {}, scenario.months or MAX_MONTHS
    assert scenario.begins is not None
    window = (event.on, event.on) if event.on else tuple(event.between or ())
    first, last = (step_of(scenario.begins, day) for day in window) if window else (1, horizon)
    effects = tuple(event.effects.items()) if event.enabled else ()
    recorded, seen = _recorded(scenario, name), _recorded(scenario, name, counted=True)
    past = [step for step in seen or () if step <= 0]
    return TimedEvent(
        name=name,
        first=max(first, 1),
        last=min(last, horizon) if event.enabled and event.has_chance else 0,
        n_steps=last - first + 1,
        chance=event.timing,
        when=scenario.condition(event.when) if event.enabled and event.when is not None else None,
        repeats=event.repeats,
        cooldown=event.cooldown,
        lasts=event.enabled and event.lasts is not None,
        jumps=tuple(place[factor] for factor, effect in effects if effect.jump is not None),
        shifts=tuple(place[factor] for factor, effect in effects if effect.shift is not None),
        ends=tuple(places[other] for other in event.ends if other in places) if event.enabled else (),
        counts_as=tuple(places[other] for other in scenario.counted_by(name) if other in places) if event.enabled else (),
        happened=event.happened or bool(past),
        watched=name in watched,
        recorded=None if recorded is None else tuple(step for step in recorded if step > 0),
        seen=tuple(step for step in seen or () if step > 0),
        free_from=max(past[-1] + event.cooldown + 1, 0) if past and event.cooldown else 0,
    )


def _weight_keys(scenario: Scenario, index: str, place: dict[str, int]) -> Iterator[tuple[int, Key]]:
    if index == "warmth":
        for name in scenario.factors:
            yield place[name], Key("factors", name, "weight")
    else:
        for name in scenario.indices[index].weights:
            yield place[name], Key("indices", index, "index_weight", name)


def _cholesky(scenario: Scenario) -> tuple[tuple[int, int, float], ...]:
    """Return the lower factor's entries in the order `dynamics.correlate` needs; rows that stay as they are left out.

    Row by row in plain floats: a factor that is added later, or is correlated with none, changes no bit of the others.
    """
    matrix = correlation_matrix(scenario).tolist()
    lower: list[list[float]] = []
    for i, row in enumerate(matrix):
        lower.append([])
        for j in range(i):
            inner = sum(lower[i][k] * lower[j][k] for k in range(j))
            lower[i].append((row[j] - inner) / lower[j][j])
        lower[i].append((1.0 - sum(value * value for value in lower[i])) ** 0.5)
    return tuple(
        (row, column, lower[row][column])
        for row in range(len(lower) - 1, -1, -1)
        for column in range(row, -1, -1)
        if lower[row][column] not in ((1.0,) if row == column else (0.0,))
    )
