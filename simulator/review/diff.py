"""What changed between two resolved scenarios, table by table: by what they mean, not by their text."""

import json
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import date
from itertools import groupby
from textwrap import wrap
from typing import Any

import numpy as np

from simulator.review.diff_events import event_changes, order
from simulator.review.diff_numbers import (
    GRID,
    TEXTS,
    Change,
    Value,
    bracketed,
    change,
    is_same,
    moved,
    number_changes,
    paired,
    restated,
    told,
    whole,
)
from simulator.scenario.calendar import end_of_step
from simulator.scenario.numbers import KINDS, Kind, quantiles
from simulator.scenario.schema import FACTOR_NUMBERS, Bands, Factor, Index, Question, Scenario

HEADINGS = {
    "start": "Start and horizon",
    "months": "Start and horizon",
    "factors": "Factors",
    "spillovers": "Spillovers",
    "correlations": "Correlations",
    "bands": "Indices",
    "indices": "Indices",
    "events": "Events",
    "questions": "Questions",
    "run": "Run settings",
}
WIDTH = 96


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
    tables = (_calendar, _factors, _spillovers, _correlations, _indices, event_changes, _questions, _run)
    return tuple(found for table in tables for found in table(a, b))


def as_text(a: Scenario, b: Scenario, changes: Iterable[Change]) -> str:
    """Return differences as a page, grouped by table.

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
    for heading, group in groupby(found, lambda one: HEADINGS[one.key.split(".")[0]]):
        lines += ["", heading]
        for one in group:
            lines += wrap(one.words, WIDTH, initial_indent="  ", subsequent_indent=" " * 6)
    reworded = _reworded(a, b)
    return "\n".join([*lines, *(["", f"texts differ: {reworded}"] if reworded else [])])


def as_json(changes: Iterable[Change]) -> str:
    """Return differences as a JSON list of keys, kinds, values before and after, and words.

    Examples
    --------
    >>> as_json([])
    '[]'
    """
    return json.dumps([asdict(one) for one in changes], indent=1, ensure_ascii=False, allow_nan=False)


def _reworded(a: Scenario, b: Scenario) -> int:
    """Return how many texts differ of what both scenarios have."""
    before, after = (dict(_texts(scenario.model_dump())) for scenario in (a, b))
    return sum(text != after[path] for path, text in before.items() if path in after)


def _texts(data: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str | None]]:
    for key, value in data.items():
        if isinstance(value, dict):
            yield from _texts(value, (*path, key))
        elif key in TEXTS and (value is None or isinstance(value, str)):
            yield (*path, key), value


def _calendar(a: Scenario, b: Scenario) -> Iterator[Change]:
    if a.begins != b.begins:
        words = f"start {told(a.begins)} -> {told(b.begins)}"
        yield change("start", a.begins, b.begins, words + bracketed(order(_days(a.begins), _days(b.begins), a, b)))
    if a.months != b.months:
        size = " ".join(moved(KINDS["lasts"], a.months, b.months)) if a.months and b.months else ""
        yield change("months", a.months, b.months, f"horizon {told(a.months)} -> {told(b.months)}" + bracketed(size))


def _factors(a: Scenario, b: Scenario) -> Iterator[Change]:
    weights = [{name: factor.weight for name, factor in scenario.factors.items()} for scenario in (a, b)]
    keys = [key for key in FACTOR_NUMBERS if key != "weight" or not _is_scaled(KINDS["weight"], *weights)]
    for name, before, after in paired(a.factors, b.factors):
        path = f"factors.{name}"
        if before is None or after is None:
            yield whole(path, before, after)
            continue
        for key in keys:
            old, new = (_resolved(factor, key) for factor in (before, after))
            yield from number_changes(f"{path}.{key}", f"{name}: {key}", old, new)
            if key == "target" and _is_tied(before) != _is_tied(after) and is_same(f"{path}.target", old, new):
                now = "the level itself in each draw" if _is_tied(after) else "drawn apart from the level"
                yield change(f"{path}.target", old, new, f"{name}: target {told(new)} as before, now {now}")


def _resolved(factor: Factor, key: str) -> Value:
    value: Value | None = getattr(factor, key)
    return factor.level if value is None else value


def _is_tied(factor: Factor) -> bool:
    """Tell whether a factor heads for its own uncertain level: in each draw the same number, not only the same law."""
    return factor.target is None and not isinstance(factor.level, float)


def _spillovers(a: Scenario, b: Scenario) -> Iterator[Change]:
    return _links("spillovers", "to", tuple, a, b)


def _correlations(a: Scenario, b: Scenario) -> Iterator[Change]:
    return _links("correlations", "with", frozenset, a, b)


def _links(
    table: str, joint: str, identity: Callable[[tuple[str, str]], Hashable], a: Scenario, b: Scenario
) -> Iterator[Change]:
    before, after = (
        {
            identity((name, other)): (name, other, value)
            for name, links in getattr(scenario, table).items()
            for other, value in links.by_factor.items()
            if value != 0
        }
        for scenario in (a, b)
    )
    for _, old, new in paired(before, after):
        name, other, _ = old or new or ("", "", 0)
        yield from number_changes(f"{table}.{name}.{other}", f"{name} {joint} {other}", old and old[2], new and new[2])


def _indices(a: Scenario, b: Scenario) -> Iterator[Change]:
    if a.bands != b.bands:
        yield change("bands", a.bands, b.bands, f"bands {_cut(a.bands)} -> {_cut(b.bands)}")
    for name in dict.fromkeys((*a.index_names, *b.index_names)):
        path, before, after = f"indices.{name}", a.indices.get(name), b.indices.get(name)
        if name != "warmth" and (before is None or after is None):
            yield whole(path, before, after)
            continue
        weights = [_weights(index) for index in (before, after)]
        for factor, old, new in paired(*weights) if not _is_scaled(KINDS["index_weight"], *weights) else ():
            yield from number_changes(f"{path}.weights.{factor}", f"{name}: {factor} weight", old, new)
        bands = a.bands_of(name), b.bands_of(name)
        if bands[0] != bands[1] and bands != (a.bands, b.bands):
            yield change(f"{path}.bands", *bands, f"{name}: bands {_cut(bands[0])} -> {_cut(bands[1])}")


def _weights(index: Index | None) -> Mapping[str, Value]:
    return {name: weight for name, weight in (index.weights if index else {}).items() if weight != 0}


def _is_scaled(kind: Kind, before: Mapping[str, Value], after: Mapping[str, Value]) -> bool:
    """Tell whether weights differ by one common factor at most: of weights only the ratios matter."""
    if before.keys() != after.keys() or before == after:
        return before == after
    old, new = (np.stack([quantiles(weights[name], kind, GRID) for name in before]) for weights in (before, after))
    return np.allclose(old * np.abs(new).sum(), new * np.abs(old).sum(), rtol=1e-9, atol=0)


def _cut(bands: Bands) -> str:
    return bands.names[0] + "".join(f" | {cut:g} | {name}" for cut, name in zip(bands.cuts, bands.names[1:], strict=True))


def _questions(a: Scenario, b: Scenario) -> Iterator[Change]:
    for name, before, after in paired(a.questions, b.questions):
        path = f"questions.{name}"
        if before is None or after is None:
            yield whole(path, before, after)
            continue
        if a.condition(before.ask).meaning != b.condition(after.ask).meaning:
            yield change(f"{path}.ask", before.ask, after.ask, f"{name}: asks {before.ask} -> {after.ask}")
        (kind, old), (other, new) = _asked(before, a), _asked(after, b)
        if (kind, old) != (other, new):
            words = f"{name}: {kind} {told(old)} -> {other} {told(new)}" + bracketed(order(_days(old), _days(new), a, b))
            yield restated(path, "date", {kind: old}, {other: new}, words)


def _asked(question: Question, scenario: Scenario) -> tuple[str, date | None]:
    """Return how and when a question is asked; one without a day is asked at the end of the horizon."""
    end = end_of_step(scenario.begins, scenario.months) if scenario.begins and scenario.months else None
    return ("by", question.by) if question.by else ("on", question.on or end)


def _days(day: date | None) -> tuple[date, ...]:
    return (day, day) if day else ()


def _run(a: Scenario, b: Scenario) -> Iterator[Change]:
    for key in ("draws", "seed"):
        old, new = getattr(a.run, key), getattr(b.run, key)
        if old != new:
            yield change(f"run.{key}", old, new, f"{key} {old} -> {new}")
