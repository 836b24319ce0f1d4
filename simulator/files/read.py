"""Read files into a scenario; report every problem with its file and line; digest what was read."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from simulator.arrays import KeyPath
from simulator.errors import InvalidFile, Issue, Problem, shown, suggestion
from simulator.files.advice import advice
from simulator.files.chain import chain, is_law, merge, merged
from simulator.files.find import find_relationship, find_scenario
from simulator.files.layers import Layer, by_line, dotted, in_layer
from simulator.files.records import read_record, record_file, record_layer, record_of, record_path
from simulator.files.toml import line_of, parse_toml
from simulator.scenario.rules import AFTER_HORIZON, BEFORE_START, MISSING
from simulator.scenario.schema import SET_BY, TOLD_ELSEWHERE, Scenario
from simulator.scenario.validation import validate


@dataclass(frozen=True)
class Reading:
    """A scenario with the layers it was merged from and the layer that states each key."""

    scenario: Scenario
    layers: tuple[Layer, ...]
    origin: Mapping[KeyPath, Layer]
    record: Layer | None = None  # the file of its record

    def place(self, path: KeyPath) -> str:
        """Return `file:line` of the deepest part of a path that some file states; of a record's part, in the record."""
        return _place(self.origin, path, self.layers, self.record)


def read_scenario(source: str | Path, overrides: Iterable[str] = ()) -> Scenario:
    """Return the scenario that a file and the files it builds on describe.

    Parameters
    ----------
    source : str or Path
        A file, or the bare name of a scenario that ships. A relationship file is read as it stands.
    overrides : iterable of str
        ``"key=value"`` with a dotted key and a TOML value; they win over all files.

    Raises
    ------
    InvalidFile
        Some file breaks a rule; the error lists every problem with file, line, key, rule and value.
    InputOutputError
        A file cannot be found or read.

    Examples
    --------
    >>> scenario = read_scenario("baseline", ["factors.nato.weight=2"])
    >>> scenario.factors["nato"].weight
    2.0
    """
    return read_layers(source, overrides).scenario


def read_layers(source: str | Path, overrides: Iterable[str] = ()) -> Reading:
    """Return a scenario with the layers it comes from; see `read_scenario`."""
    path = find_scenario(source)
    layers = [*chain(path), *map(_override, overrides)]
    tables, origin = merged(layers)
    record = None
    if "record" in tables:
        stating, own = origin["record",], [layer for layer in layers if layer.kind == "relationship"]
        record = record_layer(tables["record"], stating, (stating.path or path).parent, own[-1])
        tables["record"] = record_of(record, merged(own)[0])
    stated = [layer for layer in layers if layer.kind != "override"]
    changes = _changes(merged(stated)[0], map(_overridden, layers[len(stated) :]))
    events = [layer.data.get("events") for layer in stated if layer.kind != "relationship"]
    set_here = {"name": path.stem, "changes": changes, "own_events": _own_events(tables, events, changes)}
    scenario, issues = validate(tables | set_here)
    issues += [Issue((key,), f"unknown key; {SET_BY[key]}") for key in SET_BY if key in tables]
    issues = [issue for issue in issues if not _is_distant_calendar(issue, origin)]
    if issues or scenario is None:
        problems = [
            Problem(
                _place(origin, issue.path, layers, record), _key(issue.path), issue.message + _meant(issue, layers, origin)
            )
            for issue in issues
        ]
        raise InvalidFile(sorted(set(problems), key=lambda problem: by_line(problem, layers)))
    return Reading(scenario, tuple(layers), origin, record)


def read_recorded(source: str | Path) -> Reading:
    """Return the relationship of a record, which knows the record: without a horizon, to be shown and not to be run.

    Parameters
    ----------
    source : str or Path
        A file, or the bare name of a record that ships.
    """
    path = record_path(source)
    layer = record_file(path)
    relationship = find_relationship(layer.data.get("relationship"), layer, path.parent.parent)
    return read_layers(relationship, [f"record={json.dumps(str(path.resolve()))}"])


def _meant(issue: Issue, layers: list[Layer], origin: Mapping[KeyPath, Layer]) -> str:
    """Return a hint at a misspelt name of an entry, or at where to put right a day of what is built on."""
    own = [layer for layer in layers if layer.kind != "override"][-1]
    if issue.rule in (AFTER_HORIZON, BEFORE_START) and layers.index(origin[issue.path[:3]]) < layers.index(own):
        return f"; give {_key(issue.path[:3])} another day in {own.where}"
    if issue.rule != MISSING or len(issue.path) < 2:
        return ""
    table, name = issue.path[:2]
    known = merged(layer for layer in layers if layer.kind == "relationship")[0].get(str(table), {})
    near = [] if name in known else get_close_matches(str(name), list(known), n=1)
    return f" (did you mean {table}.{near[0]}?)" if near else ""


def _is_distant_calendar(issue: Issue, origin: Mapping[KeyPath, Layer]) -> bool:
    """Tell whether a relationship's own calendar merely lies before a scenario's start or past its horizon: no mistake."""
    if issue.rule not in (AFTER_HORIZON, BEFORE_START) or issue.path[0] != "events":
        return False
    layer = origin[issue.path[:3]]
    return layer.kind == "relationship" and "months" not in layer.data  # a file with a horizon knows its own


def _override(text: str) -> Layer:
    where, told = f"--set {text}", ""
    try:
        data = parse_toml(text, where) if "=" in text and "\n" not in text else {}
    except InvalidFile:
        data, told = {}, advice("", [text], 1)
    if not data:
        rule = "write key=value with a TOML value: factors.nato.weight=2, title='\"in quotes\"'"
        raise InvalidFile([Problem(where, "", rule + (f"; {told}" if told else ""))])
    for key in {"relationship", "extends"} & data.keys():
        raise InvalidFile([Problem(where, key, "cannot be set: files are found before it; write a scenario that states it")])
    return Layer(_option(data) or where, text, data, "override")


def _option(data: Mapping[str, Any]) -> str:
    """Return the option that sets what an override says of a record, as it is typed; empty where it says something else."""
    match data:
        case {"record": str(name)}:
            return f"--record {name}"
        case {"known_until": date() as day} if not isinstance(day, datetime):
            return f"--known-until {day}"
    return ""


def _changes(
    before: Mapping[str, Any], changes: Iterable[tuple[str, Any]], earlier: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return what changes say otherwise than was stated before, by dotted key; the last one of a key wins."""
    found = dict(earlier or {})
    for key, value in changes:
        found = {other: text for other, text in found.items() if not f"{other}.".startswith(f"{key}.")}
        if key.split(".")[0] not in TOLD_ELSEWHERE and _at(before, key) != value:
            found[key] = _inline(value)
    return found


def _at(tables: Any, key: str) -> Any:
    """Return what tables state at a dotted key; what equals nothing where they state nothing."""
    for part in key.split("."):
        if not isinstance(tables, Mapping) or part not in tables:
            return object()
        tables = tables[part]
    return tables


def _own_events(tables: Mapping[str, Any], stated: Iterable[Any], changes: Mapping[str, str]) -> tuple[str, ...]:
    """Return the events that scenarios state or changes change, in the order of the tables."""
    own = {name for events in stated if isinstance(events, Mapping) for name in events}
    own |= {key.split(".")[1] for key in changes if key.startswith("events.")}
    events = tables.get("events")
    return tuple(name for name in events if name in own) if isinstance(events, Mapping) else ()


def _inline(value: Any) -> str:
    """Return a value as a file would say it, on a line."""
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{key} = {_inline(part)}' for key, part in value.items())} }}"
    if isinstance(value, float):
        return f"{value:.12g}"
    return f"[{', '.join(map(_inline, value))}]" if isinstance(value, list | tuple) else shown(value)


def _overridden(layer: Layer) -> tuple[str, Any]:
    """Return the dotted key that an override changes, and its value."""
    value: Any = layer.data
    path: KeyPath = ()
    while isinstance(value, dict) and len(value) == 1 and not is_law(path):
        ((key, value),) = value.items()
        path = (*path, key)
    return dotted(path), value


def _key(path: KeyPath) -> str:
    """Return the dotted key of a path in its own file: of a part of the record, in the record."""
    return dotted(path[1:] if path[0] == "record" and len(path) > 1 else path)


def _place(origin: Mapping[KeyPath, Layer], path: KeyPath, layers: Sequence[Layer], record: Layer | None = None) -> str:
    """Return `file:line` of the deepest part of a path that some layer states; of a part of the record, in its file."""
    if path[:1] == ("record",) and len(path) > 1 and record is not None:
        return in_layer(record, path[1:])
    for length in range(len(path), 0, -1):
        layer = origin.get(path[:length])
        if layer is not None:
            # parts below an origin are inside a value: a law's parameter, a date of a window
            return layer.where if layer.kind == "override" else f"{layer.where}:{line_of(layer.text, path[:length])}"
    return f"{layers[-1].where}:1"


def changed(scenario: Scenario, changes: Mapping[str, Any]) -> Scenario:
    """Return a scenario with some keys changed, checked as files are; see `Scenario.with_`."""
    unknown = [
        *_unknown(scenario, changes),
        *(
            Problem("with_", key, "a record is changed whole: by its name, by another Record, or by None")
            for key, value in changes.items()
            if key.startswith("record.") or (key == "record" and isinstance(value, Mapping))
        ),
        *(
            Problem("with_", key, "cannot be changed: read another file")
            for key in {*changes} & {"relationship", "extends", "name"}
        ),
    ]
    if unknown:
        raise InvalidFile(unknown)
    data = scenario.model_dump(exclude_unset=True)
    origin: dict[KeyPath, Layer] = {}
    layer = Layer("with_", "", {}, "override")
    for key, value in changes.items():
        path = tuple(key.split("."))
        nested: Any = value
        for part in reversed(path):
            nested = {part: nested}
        merge(data, nested, (), layer, origin)
    if isinstance(data.get("record"), str):
        data["record"] = read_record(data["record"])
    data["changes"] = _changes(scenario.model_dump(), changes.items(), scenario.changes)
    data["own_events"] = _own_events(data, [dict.fromkeys(scenario.own_events)], data["changes"])
    found, issues = validate(data)
    # a relationship's calendar may lie outside the projection; it was let through when the files were read
    outside = (AFTER_HORIZON, BEFORE_START)
    issues = [
        issue for issue in issues if issue.rule not in outside or issue.path[0] != "events" or issue.path[:3] in origin
    ]
    if issues or found is None:
        raise InvalidFile([Problem("with_", dotted(issue.path), issue.message) for issue in issues])
    return found


def _unknown(scenario: Scenario, changes: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield the keys that would change one number of an entry that is not there."""
    for key in changes:
        table, _, rest = key.partition(".")
        name, dot, _ = rest.partition(".")
        entries = getattr(scenario, table) if table in ("factors", "events", "indices", "questions") else {name: None}
        if dot and name not in entries:
            yield Problem("with_", f"{table}.{name}", "there is no such entry" + suggestion(name, entries))
