"""What changed between two resolved scenarios, table by table: by what they mean, not by their text."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from itertools import groupby
from textwrap import wrap
from typing import Any

import numpy as np
import pandas as pd
from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from simulator.engine.plan import timed_event
from simulator.review.diff_numbers import GRID, Value, in_words, is_same, told
from simulator.review.show import says
from simulator.scenario.calendar import end_of_step
from simulator.scenario.numbers import KINDS, quantiles
from simulator.scenario.schema import EFFECTS, FACTOR_NUMBERS, Bands, Event, Factor, Index, Question, Scenario

# What is said of an entry, and does not bear on a simulation.
TEXTS = {"label", "title", "summary", "rationale", "source", "confidence", "resolution"}
# Of keys whose table is not the heading itself.
HEADINGS = {"start": "Start and horizon", "months": "Start and horizon", "bands": "Indices", "run": "Run settings"}
PAGE = 96


@dataclass(frozen=True)
class Change:
    """One difference between two scenarios.

    Attributes
    ----------
    key : str
        Dotted, as in `--set`. What may be stated under one of several keys, and is under different ones, has a key of its
        own: `chance` (rate or probability) and `timing` (on or between) of an event, `date` (on or by) of a question.
    kind : {"added", "removed", "changed"}
    before, after : object
        Plain data: numbers, texts, dates as ISO text, laws and whole entries as tables; None where nothing is stated.
    words : str
        The difference as a sentence.
    """

    key: str
    kind: str
    before: Any
    after: Any
    words: str


def differences(a: Scenario, b: Scenario) -> tuple[Change, ...]:
    """Return what changed from one resolved scenario to another, in reading order.

    Parameters
    ----------
    a, b : Scenario
        Before and after. They need not be of one relationship.

    Notes
    -----
    What does not bear on a simulation is no difference: texts, names, the order of entries, a target that equals its level,
    a link, weight or effect of zero, weights that all grow by one factor, an event that is switched off.

    Examples
    --------
    >>> from simulator.files.read import read_scenario
    >>> [change] = differences(read_scenario("baseline"), read_scenario("baseline", ["factors.nato.level=16"]))
    >>> change.key, change.words
    ('factors.nato.level', 'nato: level 12 -> 16 (warmer by 4)')
    """
    tables = (_calendar, _factors, _links, _indices, _events, _questions, _run)
    return tuple(found for table in tables for found in table(a, b))


def as_text(a: Scenario, b: Scenario, changes: Iterable[Change], width: int = PAGE) -> str:
    """Return differences as a page of some width, grouped by table.

    Examples
    --------
    >>> from simulator.files.read import read_scenario
    >>> a, b = read_scenario("baseline"), read_scenario("baseline", ["months=60"])
    >>> print(as_text(a, a, differences(a, a)))
    baseline -> baseline: no difference
    >>> print(as_text(a, b, differences(a, b)[:1]))
    baseline -> baseline: 1 difference
    <BLANKLINE>
    Start and horizon
      horizon 48 -> 60 (longer by 12 months)
    """
    found = tuple(changes)
    pairs = [scenario.relationship or scenario.name for scenario in (a, b)]
    count = "no difference" if not found else "1 difference" if len(found) == 1 else f"{len(found)} differences"
    lines = [f"{a.name} -> {b.name}: {count}"]
    if pairs[0] != pairs[1] and (a.relationship or b.relationship):
        lines.insert(0, f"Different relationships, {pairs[0]} and {pairs[1]}: compared table by table.")
    for heading, group in groupby(found, _heading):
        lines += ["", heading]
        for one in group:
            lines += wrap(one.words, width, initial_indent="  ", subsequent_indent=" " * 6, break_long_words=False)
    before, after = (dict(_texts(scenario.model_dump())) for scenario in (a, b))
    n_reworded = sum(text != after[path] for path, text in before.items() if path in after)
    return "\n".join([*lines, *(["", f"texts differ: {n_reworded}"] if n_reworded else [])])


def _heading(one: Change) -> str:
    table = one.key.split(".")[0]
    return HEADINGS.get(table, table.capitalize())


def _texts(data: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str | None]]:
    for key, value in data.items():
        if isinstance(value, dict):
            yield from _texts(value, (*path, key))
        elif key in TEXTS and (value is None or isinstance(value, str)):
            yield (*path, key), value


def table(changes: Iterable[Change]) -> pd.DataFrame:
    """Return differences as a table by key: their kind, plain values before and after, and words.

    Examples
    --------
    >>> list(table([]).columns)
    ['kind', 'before', 'after', 'words']
    """
    columns = ["key", "kind", "before", "after", "words"]
    return pd.DataFrame([asdict(one) for one in changes], columns=columns, dtype=object).set_index("key")


def _change(key: str, before: Any, after: Any, words: str) -> Change:
    kind = "added" if before is None else "removed" if after is None else "changed"
    return Change(key, kind, _plain(before), _plain(after), words)


def _plain(value: Any) -> Any:
    """Return a value as JSON has it, without the texts of an entry."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_defaults=True, exclude=TEXTS)
    return to_jsonable_python(value, exclude_none=True)


def _value(key: str, subject: str, before: Any, after: Any, tell: Callable[[Any], str] = told) -> Iterator[Change]:
    if before != after:
        yield _change(key, before, after, f"{subject} {tell(before)} -> {tell(after)}")


def _number(
    key: str, subject: str, kind: str, before: Value | None, after: Value | None, remark: str | None = None
) -> Iterator[Change]:
    if not is_same(KINDS[kind], before, after):
        yield _change(key, before, after, in_words(subject, KINDS[kind], before, after, remark))


def _restated(path: str, key: str, before: Mapping[str, Any], after: Mapping[str, Any], words: str) -> Change:
    """Return a change of what is stated under one of several keys, or under `key` if they are different ones."""
    same, *others = {*before, *after}
    if others:
        return _change(f"{path}.{key}", before, after, words)
    return _change(f"{path}.{same}", before.get(same), after.get(same), words)


def _whole(path: str, before: Any, after: Any, verbs: tuple[str, str] = ("added", "removed")) -> Change:
    """Return the change of an entry that only one scenario has; the other has None."""
    name, entry = path.split(".")[1], after if before is None else before
    said = says(_plain(entry), entry).removeprefix("ask ")
    words = f"{name} {verbs[0]}: {said}" if before is None else f"{name} {verbs[1]} (was {said})"
    return _change(path, before, after, words)


def _paired(a: Mapping[Any, Any], b: Mapping[Any, Any]) -> Iterator[tuple[Any, Any, Any]]:
    """Yield what two tables have under each key, those of the first table first; None where one has nothing."""
    for key in dict.fromkeys((*a, *b)):
        yield key, a.get(key), b.get(key)


def _calendar(a: Scenario, b: Scenario) -> Iterator[Change]:
    yield from _value("start", "start", a.begins, b.begins)
    if a.months and b.months:
        yield from _number("months", "horizon", "lasts", a.months, b.months)
    else:  # a relationship has none
        yield from _value("months", "horizon", a.months, b.months)


def _run(a: Scenario, b: Scenario) -> Iterator[Change]:
    for key in ("draws", "seed"):
        yield from _value(f"run.{key}", key, getattr(a.run, key), getattr(b.run, key))


def _factors(a: Scenario, b: Scenario) -> Iterator[Change]:
    is_scaled = _is_scaled("weight", *({name: one.weight for name, one in each.factors.items()} for each in (a, b)))
    for name, before, after in _paired(a.factors, b.factors):
        path = f"factors.{name}"
        if before is None or after is None:
            yield _whole(path, before, after)
            continue
        for key in FACTOR_NUMBERS:
            if key == "target":
                yield from _target(f"{path}.target", f"{name}: target", before, after)
            elif key != "weight" or not is_scaled:
                yield from _number(f"{path}.{key}", f"{name}: {key}", key, getattr(before, key), getattr(after, key))


def _target(path: str, subject: str, before: Factor, after: Factor) -> Iterator[Change]:
    """Yield the change of a target; a factor that states none heads for its level."""
    old, new = (factor.level if factor.target is None else factor.target for factor in (before, after))
    if (before.target is None) == (after.target is None):
        yield from _number(path, subject, "target", old, new)
    # an uncertain level is its own target in each draw; the same law, stated as the target, is drawn once more
    elif not is_same(KINDS["target"], old, new) or not isinstance(old, float):
        yield from _value(path, subject, before.target, after.target)


def _links(a: Scenario, b: Scenario) -> Iterator[Change]:
    # a spillover has a direction; a correlation is the same from either side
    for table, joint, identity in (("spillovers", "to", tuple), ("correlations", "with", frozenset)):
        before, after = (
            {
                identity((name, other)): (name, other, value)
                for name, links in getattr(scenario, table).items()
                for other, value in links.by_factor.items()
                if value != 0
            }
            for scenario in (a, b)
        )
        for _, old, new in _paired(before, after):
            name, other, _ = old or new
            numbers = old and old[2], new and new[2]
            yield from _number(f"{table}.{name}.{other}", f"{name} {joint} {other}", "link", *numbers)


def _indices(a: Scenario, b: Scenario) -> Iterator[Change]:
    yield from _value("bands", "bands", a.bands, b.bands, _cut)
    # warmth is there in every scenario, whether or not a file gives it bands
    for name, before, after in _paired({"warmth": Index(), **a.indices}, {"warmth": Index(), **b.indices}):
        path = f"indices.{name}"
        if before is None or after is None:
            yield _whole(path, before, after)
            continue
        weights = [{key: weight for key, weight in index.weights.items() if weight != 0} for index in (before, after)]
        for factor, *numbers in _paired(*weights) if not _is_scaled("index_weight", *weights) else ():
            yield from _number(f"{path}.weights.{factor}", f"{name}: {factor} weight", "index_weight", *numbers)
        bands = a.bands_of(name), b.bands_of(name)
        if bands != (a.bands, b.bands):  # else it is told once, of the file
            yield from _value(f"{path}.bands", f"{name}: bands", *bands, _cut)


def _is_scaled(kind: str, before: Mapping[str, Value], after: Mapping[str, Value]) -> bool:
    """Tell whether weights differ by one common factor at most: of weights only the ratios matter."""
    if before.keys() != after.keys() or before == after:
        return before == after
    old, new = (np.stack([quantiles(weights[name], KINDS[kind], GRID) for name in before]) for weights in (before, after))
    return np.allclose(old * np.abs(new).sum(), new * np.abs(old).sum(), rtol=1e-9, atol=0)


def _cut(bands: Bands) -> str:
    return bands.names[0] + "".join(f" | {cut:g} | {name}" for cut, name in zip(bands.cuts, bands.names[1:], strict=True))


def _questions(a: Scenario, b: Scenario) -> Iterator[Change]:
    for name, before, after in _paired(a.questions, b.questions):
        path = f"questions.{name}"
        if before is None or after is None:
            yield _whole(path, before, after)
            continue
        if a.condition(before.ask).meaning != b.condition(after.ask).meaning:
            yield _change(f"{path}.ask", before.ask, after.ask, f"{name}: asks {before.ask} -> {after.ask}")
        (kind, old), (other, new) = _asked(before, a), _asked(after, b)
        if (kind, old) != (other, new):
            words = f"{name}: {kind} {told(old)} -> {other} {told(new)}"
            yield _restated(path, "date", {kind: old}, {other: new}, words)


def _asked(question: Question, scenario: Scenario) -> tuple[str, date | None]:
    """Return how and when a question is asked; one without a day is asked at the end of the horizon."""
    end = end_of_step(scenario.begins, scenario.months) if scenario.begins and scenario.months else None
    return ("by", question.by) if question.by else ("on", question.on or end)


def _events(a: Scenario, b: Scenario) -> Iterator[Change]:
    for name, before, after in _paired(a.events, b.events):
        path = f"events.{name}"
        was, now = (event if event and event.enabled else None for event in (before, after))
        if was and now:
            yield from _event(name, was, now, a, b)
        elif (was or now) and before and after:
            words = _whole(path, was, now, ("switched on", "switched off")).words
            yield _change(f"{path}.enabled", before.enabled, after.enabled, words)
        elif was or now:
            yield _whole(path, was, now)


def _event(name: str, before: Event, after: Event, a: Scenario, b: Scenario) -> Iterator[Change]:
    path, chances = f"events.{name}", _chances(name, a, b)
    odds = list(_odds(name, before, after, chances))
    yield from odds
    # what a rate and a window do together is told once, where the rate is
    yield from _timing(name, a, b, "" if odds else chances)
    meanings = {one.condition(event.when).meaning if event.when else "" for one, event in ((a, before), (b, after))}
    if len(meanings) > 1:
        conditions = " -> ".join(event.when or "no condition" for event in (before, after))
        yield _change(f"{path}.when", before.when, after.when, f"{name}: when {conditions}")
    yield from _value(f"{path}.repeats", f"{name}: repeats", before.repeats, after.repeats)
    for key, words in (("ends", "ends"), ("counts_as", "counts as"), ("happened", "has happened")):
        yield from _value(f"{path}.{key}", f"{name}: {words}", getattr(before, key) or None, getattr(after, key) or None)
    yield from _number(f"{path}.cooldown", f"{name}: cooldown", "lasts", before.cooldown, after.cooldown)
    yield from _duration(name, before, after)
    for factor, *effects in _paired(before.effects, after.effects):
        for kind in EFFECTS:
            old, new = (getattr(effect, kind, None) or None for effect in effects)  # a size of 0 does nothing
            yield from _number(f"{path}.effects.{factor}.{kind}", f"{name}: {factor} {kind}", kind, old, new)


def _odds(name: str, before: Event, after: Event, chances: str | None) -> Iterator[Change]:
    kind, other = ("probability" if event.rate is None else "rate" for event in (before, after))
    old, new = getattr(before, kind), getattr(after, other)
    if kind == other:
        # else it would read as the chance that the event happens, which hangs on the condition too
        gate = " while its condition holds:" if before.when or after.when else ""
        yield from _number(f"events.{name}.{kind}", f"{name}: {kind}{gate}", kind, old, new, chances)
    else:
        words = f"{name}: {kind} {told(old)} -> {other} {told(new)}" + (f" ({chances})" if chances else "")
        yield _restated(f"events.{name}", "chance", {kind: old}, {other: new}, words)


def _chances(name: str, a: Scenario, b: Scenario) -> str | None:
    """Return an event's chances over the months of both scenarios; nothing where they agree, None where a run must tell."""
    months = min(a.months or 0, b.months or 0)
    if not months or a.events[name].when is not None or b.events[name].when is not None:
        return None
    was, now = (f"{100 * _chance(name, scenario, months):.3g} %" for scenario in (a, b))
    return f"{was} -> {now} within {months} months" if was != now else ""


def _chance(name: str, scenario: Scenario, months: int) -> float:
    """Return the probability that an event without a condition happens within some months, the mean over its number."""
    event = timed_event(scenario, name)
    number, kind = getattr(scenario.events[name], event.chance_key.number), event.chance_key.kind
    eligible = max(0, min(event.last, months) - event.first + 1)
    return float(1 - ((1 - event.chance_per_step(quantiles(number, kind, GRID))) ** eligible).mean())


def _timing(name: str, a: Scenario, b: Scenario, chances: str | None) -> Iterator[Change]:
    before, after = _days(name, a), _days(name, b)
    if before != after:
        words = f"{name}: {_span(before, a.events[name])} -> {_span(after, b.events[name])}"
        yield _restated(f"events.{name}", "timing", before, after, words + (f" ({chances})" if chances else ""))


def _days(name: str, scenario: Scenario) -> dict[str, Any]:
    """Return the day or the window that an event is bound to; nothing where any day of the horizon will do."""
    event, timed = scenario.events[name], timed_event(scenario, name)
    # a probability is one of its window; a rate whose window is as long as the horizon is a rate without one
    if event.rate is not None and timed.first <= 1 and timed.last == scenario.months:
        return {}
    days = (event.on,) if event.on else tuple(dict.fromkeys(event.between or ()))
    return {"on": days[0]} if len(days) == 1 else {"between": days} if days else {}


def _span(days: dict[str, Any], event: Event) -> str:
    stated = " to ".join(map(str, days.get("between", days.values())))
    return stated or ("any time" if event.rate is not None else "once its condition holds")


def _duration(name: str, before: Event, after: Event) -> Iterator[Change]:
    """Yield for how long an event's shifts are in force; what has no shift has no duration."""
    had, has = (any(effect.shift for effect in event.effects.values()) for event in (before, after))
    path, subject, old, new = f"events.{name}.lasts", f"{name}: duration of shifts", before.lasts, after.lasts
    if had and has and (old is None) != (new is None):
        spans = " -> ".join("for good" if value is None else f"{told(value)} months" for value in (old, new))
        yield _change(path, old, new, f"{subject} {spans} ({'longer' if new is None else 'shorter'})")
    elif has:
        yield from _number(path, subject, "lasts", old, new)
