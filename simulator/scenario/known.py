"""What a record says of a scenario's steps (docs/model.md, The record)."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from simulator.errors import Issue
from simulator.scenario.calendar import end_of_step, step_of
from simulator.scenario.conditions import Condition, holds
from simulator.scenario.record import Fact, Record
from simulator.scenario.schema import Scenario


@dataclass(frozen=True)
class Firing:
    """A fact as the engine reads it: an event and the step in which it fires, 0 or below for one that is past."""

    place: int  # among the facts it is from
    event: str
    step: int


def known_steps(scenario: Scenario) -> int:
    """Return how many of a scenario's steps its record covers whole; 0 without one.

    Examples
    --------
    >>> from simulator import read_scenario
    >>> known_steps(read_scenario("baseline"))
    0
    """
    if scenario.record is None or scenario.begins is None:
        return 0
    day = known_day(scenario)
    step = step_of(scenario.begins, day)
    whole = step if end_of_step(scenario.begins, step) == day else step - 1
    return max(whole if scenario.months is None else min(whole, scenario.months), 0)


def known_day(scenario: Scenario) -> date:
    """Return the last day of which a scenario's record is read."""
    assert scenario.record is not None
    return min(scenario.record.until, scenario.known_until or scenario.record.until)


def with_record(scenario: Scenario, record: Record | None, until: date | None = None) -> Scenario:
    """Return a scenario that knows a record up to a day, or none."""
    return scenario.model_copy(update={"record": record, "known_until": until})


def firings(scenario: Scenario, *, counted: bool = False) -> Iterator[Firing]:
    """Yield the facts that are past or within the steps that are read, each event once a step, in order of days.

    Parameters
    ----------
    scenario : Scenario
    counted : bool
        With what else has happened when they have (`counts_as`).
    """
    if scenario.record is None or scenario.begins is None:
        return
    facts = scenario.record.facts if counted else scenario.record.happened
    seen, known = set[tuple[str, int]](), known_steps(scenario)
    for place, fact in sorted(enumerate(facts), key=lambda one: one[1].on):
        step = step_of(scenario.begins, fact.on)
        if step <= known and (fact.event, step) not in seen:
            seen.add((fact.event, step))
            yield Firing(place, fact.event, step)


def contradictions(scenario: Scenario) -> Iterator[Issue]:
    """Yield the facts of a scenario's record that no draw can have."""
    if scenario.known_until is not None and scenario.record is None:
        yield Issue(("known_until",), "needs a record: record = NAME says which")
    if scenario.record is None or scenario.begins is None:
        return
    if scenario.known_until is not None and scenario.known_until > scenario.record.until:
        rule = f"is after the last day of {scenario.record.name}, {scenario.record.until}"
        yield Issue(("known_until",), f"{rule}; found {scenario.known_until}")
    own = scenario.relationship or scenario.name
    if scenario.record.relationship != own:
        rule = f"is of the relationship {scenario.record.relationship!r}, and this scenario of {own!r}"
        yield Issue(("record",), f"{scenario.record.name} {rule}")
        return
    last: dict[str, tuple[int, date]] = {}  # by event: the step and the day on which it fired last
    for firing in firings(scenario):
        fact = scenario.record.happened[firing.place]
        if firing.event not in scenario.events:
            continue  # said already
        if firing.step > 0 and (message := _impossible(scenario, firing, fact, last)):
            yield Issue(("record", "happened", firing.place), message)
        for name in (firing.event, *scenario.counted_by(firing.event)):
            last[name] = firing.step, fact.on


def _impossible(scenario: Scenario, firing: Firing, fact: Fact, last: dict[str, tuple[int, date]]) -> str:
    """Return why no draw can have a fact; nothing where some can."""
    assert scenario.begins is not None
    event, told = scenario.events[firing.event], f"{fact.event} on {fact.on}"
    if not event.enabled or not event.has_chance:
        return f"{told}: the event is switched off here, so it cannot have happened; leave it enabled, or the record out"
    window = (event.on, event.on) if event.on else event.between
    if window and not step_of(scenario.begins, window[0]) <= firing.step <= step_of(scenario.begins, window[1]):
        return f"{told}: the event is only possible from {window[0]} to {window[1]}; widen its window, or leave the fact out"
    if event.happened and not event.repeats and fact.event not in last:
        return f"{told}: the event has happened before the start and does not repeat"
    if fact.event in last:
        step, day = last[fact.event]
        if step == firing.step:  # what it is counted by fires too: both are one firing
            return ""
        if not event.repeats:
            return f"{told}: it has happened on {day} and does not repeat; give it `repeats`, or keep one of the two"
        if firing.step - step <= event.cooldown:  # which runs on over the start
            return f"{told}: less than its cooldown of {event.cooldown} months after {day}; keep one of the two"
    return ""


def answer(
    record: Record, condition: Condition, day: date, by: bool, until: date, past: Collection[str] = ()
) -> bool | None:
    """Return what a record answers to a condition on events, on a day or at any time by it; None where it gives no answer.

    Parameters
    ----------
    record : Record
        It answers on events that it tells of; not on levels, and not on what is in force.
    condition : Condition
    day : date
    by : bool
        Whether it may hold at any time up to the day.
    until : date
        The last day that is known.
    past : collection of str, optional
        The events that had happened before the start.
    """
    if condition.in_force or not condition.names <= set(record.tells):
        return None

    def at(moment: date) -> bool:
        happened = {*past, *(fact.event for fact in record.facts if fact.on <= moment)}
        return bool(holds(condition, {name: np.array(name in happened) for name in record.tells}))

    if not by:
        return at(day) if day <= until else None
    last = min(day, until)
    # before the first fact, and after each: nothing else changes what has happened
    days = [date.min, *(fact.on for fact in record.facts if fact.on <= last)]
    if any(map(at, days)):
        return True
    return False if day <= until else None


def remarks(scenario: Scenario) -> Iterator[Issue]:
    """Yield what of a record is not used as it stands: said, and no mistake."""
    if scenario.record is None or scenario.begins is None:
        return
    record, steps = scenario.record, known_steps(scenario)
    read_to = end_of_step(scenario.begins, steps)
    if not steps:
        yield Issue(("record",), f"no whole month of the scenario is known by {known_day(scenario)}: nothing is read")
    used = {firing.place for firing in firings(scenario)}
    months: dict[tuple[str, int], date] = {}
    for n, fact in sorted(enumerate(record.happened), key=lambda one: one[1].on):
        first = months.setdefault((fact.event, step_of(scenario.begins, fact.on)), fact.on)
        if n not in used and scenario.begins < fact.on <= read_to:
            rule = f"{fact.event} on {fact.on}: in one month with {first}; the two are kept as one firing"
            yield Issue(("record", "happened", n), rule)
    for table in ("happened", "readings"):
        for n, entry in enumerate(getattr(record, table)):
            if read_to < entry.on <= known_day(scenario):
                yield Issue((("record", table, n)), f"{entry.on}: waits until its month is over; whole months are read")
    for n, reading in enumerate(record.readings):
        if reading.on < scenario.begins:
            yield Issue(("record", "readings", n), f"{reading.on}: before the start, {scenario.begins}; not used")
