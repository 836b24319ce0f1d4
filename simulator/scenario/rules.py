"""Rules that span the tables of a file: names, links, matrices, weights, conditions, dates."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import numpy as np

from simulator.arrays import KeyPath
from simulator.errors import Issue, shown, suggestion
from simulator.scenario.calendar import end_of_step
from simulator.scenario.conditions import parse
from simulator.scenario.known import contradictions
from simulator.scenario.links import correlation_matrix, step_matrix
from simulator.scenario.schema import Scenario

AFTER_HORIZON, BEFORE_START = "after the horizon", "before the start"
MISSING = "missing"


def across_tables(scenario: Scenario, names: Mapping[str, list[str]], whole: bool) -> Iterator[Issue]:
    """Yield broken rules; `whole` is False when broken entries are missing, so that sums over all tables mean nothing."""
    if not names["factors"]:
        yield Issue(("factors",), "missing; name a relationship, or state factors")
    if "title" not in names[""]:
        yield Issue(("title",), "missing; it has no default")
    if scenario.begins is not None and scenario.begins.year + (scenario.months or 0) // 12 + 1 > date.max.year:
        yield Issue(("months",), f"reaches past the year {date.max.year}; start is {scenario.begins}")
        return  # no other date can be judged
    if scenario.begins is None and whole:
        yield Issue(("as_of",), "missing; a relationship says which day its numbers describe")
    yield from _unique_names(names)
    yield from _links(scenario, names["factors"])
    if whole:
        yield from _matrices(scenario)
    yield from _weights(scenario, whole)
    yield from _events(scenario)
    yield from _questions(scenario)
    yield from contradictions(scenario)
    yield from _idle(scenario)


def _idle(scenario: Scenario) -> Iterator[Issue]:
    """Yield events that neither say what they are nor do anything: the name of another, misspelt, as a rule."""
    for name, event in scenario.events.items():
        if event.label is None and not (event.effects or event.ends or event.counts_as):
            yield Issue(("events", name, "label"), "missing; an event states a label, or what it does", MISSING)


def _unique_names(names: Mapping[str, list[str]]) -> Iterator[Issue]:
    owners: dict[str, str] = {"warmth": "indices"}
    for table, entries in names.items():
        for name in entries if table else ():
            if owners.setdefault(name, table) != table:
                yield Issue((table, name), f"the name {name!r} is already taken in {owners[name]}; names must differ")


def _unknown_factor(name: str, factors: list[str]) -> str:
    return f"no factor is called {name!r}" + suggestion(name, factors)


def _links(scenario: Scenario, factors: list[str]) -> Iterator[Issue]:
    seen: set[frozenset[str]] = set()
    for table, links_of in (("spillovers", scenario.spillovers), ("correlations", scenario.correlations)):
        for name, links in links_of.items():
            if name not in factors:
                yield Issue((table, name), _unknown_factor(name, factors))
            for other, value in links.by_factor.items():
                path = (table, name, other)
                if other not in factors:
                    yield Issue(path, _unknown_factor(other, factors))
                elif other == name:
                    yield Issue(path, f"{name} cannot be linked with itself")
                elif table == "correlations":
                    if frozenset((name, other)) in seen:
                        yield Issue(path, f"the pair {other}, {name} is already stated above; state each pair once")
                    elif not -1 < value < 1:
                        yield Issue(path, f"must be between -1 and 1; found {shown(value)}")
                    seen.add(frozenset((name, other)))


def _matrices(scenario: Scenario) -> Iterator[Issue]:
    linked = {*scenario.spillovers, *scenario.correlations}
    linked |= {
        other for table in (scenario.spillovers, scenario.correlations) for row in table.values() for other in row.by_factor
    }
    if not linked <= set(scenario.factors):
        return  # said already, name by name
    smallest = np.linalg.eigvalsh(correlation_matrix(scenario)).min(initial=1)
    if smallest <= 0:
        yield Issue(
            ("correlations",),
            f"are not positive definite (smallest eigenvalue {smallest:.3g}): no joint law has them; weaken the strongest",
        )
    # Half-lives may be uncertain and are taken at their medians: where no spillover is negative, the radius passes 1 for
    # all half-lives at once, exactly when that of C does (Berman & Plemmons 1994, M-matrices).
    radius = max(abs(np.linalg.eigvals(step_matrix(scenario))), default=0)
    if radius >= 1:
        yield Issue(
            ("spillovers",),
            f"feed on themselves: the spectral radius of diag(phi) + diag(1 - phi) C is {radius:.3f}; it must be under 1",
        )


def _weights(scenario: Scenario, whole: bool) -> Iterator[Issue]:
    for name, index in scenario.indices.items():
        path = ("indices", name, "weights")
        if name == "warmth" and index.weights:
            yield Issue(path, "warmth takes its weights from the factors; set factors.NAME.weight")
        elif name != "warmth" and not index.weights:
            yield Issue(path, "missing; an index states the weights of its factors", MISSING)
        elif name != "warmth" and all(weight == 0 for weight in index.weights.values()):
            yield Issue(path, "are all zero; an index needs at least one that is not")
    if whole and scenario.factors and all(factor.weight == 0 for factor in scenario.factors.values()):
        yield Issue(("factors",), "all weights are zero; warmth needs at least one that is not")


def unknown_names(data: Mapping[str, Any], names: Mapping[str, list[str]]) -> Iterator[Issue]:
    """Yield where tables name what is not there, in entries that break a rule, too: what is no table is another's to tell.

    Parameters
    ----------
    data : mapping
        The merged tables.
    names : mapping
        The names that each table defines.
    """
    for name, event in _entries(data, "events"):
        yield from _factors(("events", name, "effects"), event.get("effects"), names)
        yield from _condition(("events", name, "when"), event.get("when"), names)
        ends = event.get("ends")
        others: list[tuple[KeyPath, Any]] = [(("counts_as",), event.get("counts_as"))]
        others += [(("ends", n), other) for n, other in enumerate(ends if isinstance(ends, list | tuple) else ())]
        for key, other in others:
            if isinstance(other, str) and other not in names["events"]:
                yield Issue(("events", name, *key), f"no event is called {other!r}" + suggestion(other, names["events"]))
    for name, question in _entries(data, "questions"):
        yield from _condition(("questions", name, "ask"), question.get("ask"), names)
    for name, index in _entries(data, "indices"):
        yield from _factors(("indices", name, "weights"), index.get("weights"), names)


def _entries(data: Mapping[str, Any], table: str) -> list[tuple[str, Mapping[str, Any]]]:
    entries = data.get(table)
    return [one for one in entries.items() if isinstance(one[1], Mapping)] if isinstance(entries, Mapping) else []


def _factors(path: KeyPath, stated: Any, names: Mapping[str, list[str]]) -> Iterator[Issue]:
    for factor in stated if isinstance(stated, Mapping) else ():
        if factor not in names["factors"]:
            yield Issue((*path, factor), _unknown_factor(factor, names["factors"]))


def _condition(path: KeyPath, text: Any, names: Mapping[str, list[str]]) -> Iterator[Issue]:
    if not isinstance(text, str):
        return
    try:
        parse(text, {"warmth", *names["factors"], *names["indices"]}, names["events"])
    except ValueError as error:
        yield Issue(path, f"{error}; found {shown(text)}")


def _events(scenario: Scenario) -> Iterator[Issue]:
    for name, event in scenario.events.items():
        path = ("events", name)
        yield from _selves(scenario, name)
        if event.enabled and not event.happened:
            days = (
                [(("on",), event.on)] if event.on else [(("between", n), day) for n, day in enumerate(event.between or [])]
            )
            for key, day in days:
                yield from _inside(scenario, (*path, *key), day)


def _selves(scenario: Scenario, name: str) -> Iterator[Issue]:
    """Yield where an event ends, or counts as, itself."""
    path, event = ("events", name), scenario.events[name]
    if name in event.ends:
        yield Issue((*path, "ends", event.ends.index(name)), "an event cannot end itself")
    if event.counts_as == name:
        yield Issue((*path, "counts_as"), "an event cannot count as itself")
    elif name in scenario.counted_by(name):
        circle = " -> ".join((name, *scenario.counted_by(name)))
        yield Issue((*path, "counts_as"), f"goes in a circle: {circle}")


def _inside(scenario: Scenario, path: KeyPath, day: date | None) -> Iterator[Issue]:
    """Yield where a day is not after the start, or is after the end of the horizon."""
    if scenario.begins is None or day is None:
        return
    if day <= scenario.begins:
        remedy = f"; events.{path[1]}.happened = true says that it has happened" if path[0] == "events" else ""
        yield Issue(path, f"must be after the start, {scenario.begins}; found {day}{remedy}", BEFORE_START)
    elif scenario.months is not None and day > (end := end_of_step(scenario.begins, scenario.months)):
        yield Issue(
            path,
            f"is after the horizon, {end} ({scenario.months} months from {scenario.begins}); found {day}",
            AFTER_HORIZON,
        )


def _questions(scenario: Scenario) -> Iterator[Issue]:
    for name, question in scenario.questions.items():
        path = ("questions", name)
        for key in ("on", "by"):
            day = getattr(question, key)
            if day is not None and day != scenario.begins:
                yield from _inside(scenario, (*path, key), day)
