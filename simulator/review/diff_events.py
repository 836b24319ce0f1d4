"""What became of events, days and conditions between two scenarios, in an analyst's words."""

from collections.abc import Iterator
from datetime import date

from simulator.engine.plan import timed_event
from simulator.review.diff_numbers import (
    GRID,
    Change,
    bracketed,
    change,
    number_changes,
    paired,
    restated,
    told,
    whole,
)
from simulator.scenario.calendar import step_of
from simulator.scenario.numbers import quantiles
from simulator.scenario.schema import Event, Scenario

# Chances over the horizon that differ by less are the same to a reader.
LEAST_CHANCE = 0.0005


def event_changes(a: Scenario, b: Scenario) -> Iterator[Change]:
    """Yield what changed of the events; one that is switched off says nothing.

    Examples
    --------
    >>> from simulator.files.read import read_scenario
    >>> base = read_scenario("baseline")
    >>> [found] = event_changes(base, read_scenario("baseline", ["events.leaders_meeting.effects.nato.jump=4"]))
    >>> found.words
    'leaders_meeting: nato jump 2 -> 4 (stronger by 2)'
    """
    for name, before, after in paired(a.events, b.events):
        path = f"events.{name}"
        was, now = (event if event is not None and event.enabled else None for event in (before, after))
        if was is not None and now is not None:
            yield from _event(name, was, now, a, b)
        elif was is now:
            continue
        elif before is not None and after is not None:
            words = whole(path, was, now, ("switched on", "switched off")).words
            yield change(f"{path}.enabled", before.enabled, after.enabled, words)
        else:
            yield whole(path, was, now)


def _event(name: str, before: Event, after: Event, a: Scenario, b: Scenario) -> Iterator[Change]:
    path, (chance, is_other) = f"events.{name}", _chances(name, a, b)
    odds = list(_odds(name, before, after, chance))
    yield from odds
    yield from _timing(name, a, b, chance if is_other and not odds else "")
    if _meaning(before, a) != _meaning(after, b):
        conditions = " -> ".join(event.when or "no condition" for event in (before, after))
        yield change(f"{path}.when", before.when, after.when, f"{name}: when {conditions}")
    if before.repeats != after.repeats:
        yield change(f"{path}.repeats", before.repeats, after.repeats, f"{name}: {_often(before)} -> {_often(after)}")
    elif before.cooldown != after.cooldown:
        yield from number_changes(f"{path}.cooldown", f"{name}: cooldown", before.cooldown, after.cooldown)
    yield from _duration(name, before, after)
    for factor, old, new in paired(before.effects, after.effects):
        for kind in ("jump", "shift"):
            was, now = (getattr(effect, kind, None) or None for effect in (old, new))  # a size of 0 does nothing
            yield from number_changes(f"{path}.effects.{factor}.{kind}", f"{name}: {factor} {kind}", was, now)


def _meaning(event: Event, scenario: Scenario) -> str:
    return scenario.condition(event.when).meaning if event.when is not None else ""


def _often(event: Event) -> str:
    return f"again and again, cooldown {event.cooldown} months" if event.repeats else "once at most"


def _odds(name: str, before: Event, after: Event, chance: str) -> Iterator[Change]:
    """Yield the change of a rate or probability; a gated one is told as such, since its condition may change as well."""
    kind, other = ("probability" if event.rate is None else "rate" for event in (before, after))
    old, new = getattr(before, kind), getattr(after, other)
    if kind == other:
        gate = " while its condition holds:" if before.when or after.when else ""
        yield from number_changes(f"events.{name}.{kind}", f"{name}: {kind}{gate}", old, new, chance)
    else:
        words = f"{name}: {kind} {told(old)} -> {other} {told(new)}" + bracketed(chance)
        yield restated(f"events.{name}", "chance", {kind: old}, {other: new}, words)


def _chances(name: str, a: Scenario, b: Scenario) -> tuple[str, bool]:
    """Return what became of an event's chance over the months of both, where that can be said, and if it changed."""
    months = min(a.months or 0, b.months or 0)
    old, new = _chance(name, a, months), _chance(name, b, months)
    if old is None or new is None or not months:
        return "", False
    is_fine = min(old, new) < 0.01 or max(old, new) > 0.99 or abs(new - old) < 0.01
    was, now = (f"{100 * chance:.{1 if is_fine else 0}f} %" for chance in (old, new))
    if abs(new - old) < LEAST_CHANCE:
        return f"as likely: {now} within {months} months", False
    return f"{'likelier' if new > old else 'less likely'}: {was} -> {now} within {months} months", True


def _chance(name: str, scenario: Scenario, months: int) -> float | None:
    """Return the probability that an event happens within some months, the mean over its uncertain number.

    None where it hangs on a condition.
    """
    if scenario.events[name].when is not None or scenario.begins is None:
        return None
    event = timed_event(scenario, name)
    eligible = max(0, min(event.last, months) - event.first + 1)
    value = scenario.events[name].rate if event.chance == "rate" else scenario.events[name].probability
    assert value is not None
    each = event.chance_per_step(quantiles(value, event.chance_key.kind, GRID))
    return float(1 - ((1 - each) ** eligible).mean())


def _window(event: Event, scenario: Scenario) -> tuple[date, ...]:
    """Return the first and the last day on which an event may happen; none where that is any day of the horizon."""
    days = (event.on, event.on) if event.on else event.between or ()
    if event.rate is None or not days or scenario.begins is None or scenario.months is None:
        return days
    first, last = (step_of(scenario.begins, day) for day in days)
    return () if first <= 1 and last >= scenario.months else days


def _timing(name: str, a: Scenario, b: Scenario, chance: str) -> Iterator[Change]:
    before, after = (_window(scenario.events[name], scenario) for scenario in (a, b))
    if before != after:
        words = f"{name}: {_span(before, a.events[name])} -> {_span(after, b.events[name])}"
        words += bracketed(order(before, after, a, b), chance)
        yield restated(f"events.{name}", "timing", _stated(before), _stated(after), words)


def _span(days: tuple[date, ...], event: Event) -> str:
    return " to ".join(dict.fromkeys(map(str, days))) or (
        "any time" if event.rate is not None else "once its condition holds"
    )


def _stated(days: tuple[date, ...]) -> dict[str, object]:
    return {"on": days[0]} if len({*days}) == 1 else {"between": days} if days else {}


def _duration(name: str, before: Event, after: Event) -> Iterator[Change]:
    """Yield for how long an event's shifts are in force; what has no shift has no duration."""
    had, has = (any(effect.shift for effect in event.effects.values()) for event in (before, after))
    key, old, new = f"events.{name}.lasts", before.lasts, after.lasts
    if had and has and (old is None) != (new is None):
        spans = " -> ".join("for good" if value is None else f"{told(value)} months" for value in (old, new))
        yield change(key, old, new, f"{name}: duration of shifts {spans} ({'longer' if new is None else 'shorter'})")
    elif has:
        yield from number_changes(key, f"{name}: duration of shifts", old, new)


def order(before: tuple[date, ...], after: tuple[date, ...], a: Scenario, b: Scenario) -> str:
    """Return how days of `b`, a first and a last one, lie to those of `a`; nothing where there are none.

    Examples
    --------
    >>> from simulator.files.read import read_scenario
    >>> base, (may, june, july) = read_scenario("baseline"), (date(2025, month, 1) for month in (5, 6, 7))
    >>> order((may, may), (june, june), base, base), order((may, july), (may, june), base, base)
    ('later', 'shorter window')
    """
    if before == after or not (before and after):
        return ""
    first, last = ((new > old) - (new < old) for old, new in zip(before, after, strict=True))
    ways = ("later" if last > 0 else "earlier", "longer window" if last > first else "shorter window")
    way = ways[first != last]
    if a.begins is None or a.begins != b.begins:
        return way
    steps = [[step_of(a.begins, day) for day in days] for days in (before, after)]
    return f"{way}, in the same months of the model" if steps[0] == steps[1] else way
