"""The rules of the schema in an analyst's words, and those that span tables: all that a file breaks, at once."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import Any

from pydantic import BaseModel, ValidationError

from simulator.arrays import KeyPath
from simulator.errors import Issue, shown, suggestion
from simulator.scenario import distributions as laws
from simulator.scenario.numbers import TAGS
from simulator.scenario.record import SET_ON_READING, Fact, Measured, Outside, Record, inconsistencies
from simulator.scenario.rules import MISSING, across_tables
from simulator.scenario.schema import (
    Bands,
    Effect,
    Event,
    Factor,
    Index,
    Notes,
    Question,
    Run,
    Scenario,
    Targets,
    counted_by,
)

# Tables that are one entry.
WHOLE = ("bands", "run", "targets")


def validate(data: Mapping[str, Any]) -> tuple[Scenario | None, list[Issue]]:
    """Return the scenario that merged tables describe, and every rule they break.

    Parameters
    ----------
    data : mapping
        The merged tables of a relationship, an `extends` chain, a scenario and overrides.

    Returns
    -------
    scenario : Scenario or None
        None where the tables break a rule of the schema.
    issues : list of Issue
        In the order of the file's tables, empty for a valid scenario.
    """
    try:
        scenario = Scenario.model_validate(data)
    except ValidationError as error:
        issues = [_issue(data, detail, TABLES) for detail in error.errors()]
        sound = _without(data, {issue.path[: 1 if issue.path[0] in WHOLE else 2] for issue in issues})
        try:
            rest = Scenario.model_validate(sound)
        except ValidationError:
            return None, issues
        return None, issues + list(across_tables(rest, _names(data), whole=False))
    return scenario, list(across_tables(scenario, _names(data), whole=True))


def validate_record(
    data: Mapping[str, Any],
    events: Collection[str],
    series: Collection[str],
    counts_as: Mapping[str, str] | None = None,
) -> tuple[Record | None, list[Issue]]:
    """Return the record that a file describes, and every rule it breaks.

    Parameters
    ----------
    data : mapping
        The file's tables.
    events, series : collection of str
        Its relationship's events, and its factors and indices.
    counts_as : mapping, optional
        By event of the relationship: the one that has happened when it does.

    Returns
    -------
    record : Record or None
        None where the file breaks a rule of the schema.
    issues : list of Issue
    """
    try:
        record = Record.model_validate(dict(data))
    except ValidationError as error:
        broken = [_issue(data, detail, RECORD_TABLES) for detail in error.errors()]
        return None, broken + list(_among_sound(data, {issue.path for issue in broken}, events, series))
    tells = tuple(name for name in events if name not in record.silent)
    implied = tuple(
        fact.model_copy(update={"event": named})
        for fact in record.happened
        for named in counted_by(fact.event, counts_as or {})
    )
    found = record.model_copy(update={"tells": tells, "implied": implied})
    return found, list(inconsistencies(record, events, series))


def _among_sound(
    data: Mapping[str, Any], broken: Collection[KeyPath], events: Collection[str], series: Collection[str]
) -> Iterator[Issue]:
    """Yield what the entries of a record that keep the schema say against each other, or against its relationship."""
    places = {
        key: [n for n in range(len(value)) if all(path[:2] != (key, n) for path in broken)]
        for key, value in data.items()
        if isinstance(value, list) and (key,) not in broken
    }
    stated = {key: value for key, value in data.items() if (key,) not in broken and not isinstance(value, list)}
    blank = {"title": "-", "relationship": "none", "until": date.max}
    try:
        record = Record.model_validate({**blank, **stated, **{key: [data[key][n] for n in places[key]] for key in places}})
    except ValidationError:
        return
    for issue in inconsistencies(record, events, series):
        table, place, *rest = issue.path
        yield Issue((table, places[str(table)][int(place)], *rest), issue.message)


def _names(data: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the names each table defines, those of broken entries too; under "" those of the file itself."""
    tables = ("factors", "indices", "events")
    names = {table: list(data[table]) if isinstance(data.get(table), dict) else [] for table in tables}
    return names | {"": list(data)}


def _without(data: Mapping[str, Any], broken: Collection[KeyPath]) -> dict[str, Any]:
    """Return the tables without the entries that break the schema, so that the others can still be checked."""
    whole = {path[0] for path in broken if len(path) == 1}
    return {
        key: {name: entry for name, entry in value.items() if (key, name) not in broken}
        if isinstance(value, dict)
        else value
        for key, value in data.items()
        if key not in whole
    }


WORDS = {
    "missing": "missing; it has no default",
    "float_type": "must be a number",
    "int_type": "must be a whole number",
    "string_type": "must be text in quotes",
    "bool_type": "must be true or false",
    "date_type": "must be a date such as 2025-01-20, without quotes or time of day",
    "finite_number": "must be a finite number",
    "list_type": "must be a list in [ ]",
    "tuple_type": "must be a list in [ ]",
    "string_too_short": "must say something",
    "string_pattern_mismatch": "names are lower-case letters, digits and _, begin with a letter, at most 40 long",
    "greater_than": "must be above {gt:g}",
    "greater_than_equal": "must be at least {ge:,}",
    "less_than": "must be under {lt:g}",
    "less_than_equal": "must be at most {le:,}",
    "too_short": "needs at least {min_length} values",
    "too_long": "takes at most {max_length} values",
    "literal_error": "must be one of {expected}",
}
Tables = tuple[tuple[tuple[str | None, ...], type[BaseModel]], ...]
TABLES: Tables = (
    ((), Scenario),
    (("factors", None), Factor),
    (("events", None), Event),
    (("events", None, "effects", None), Effect),
    (("indices", None), Index),
    (("indices", None, "bands"), Bands),
    (("bands",), Bands),
    (("questions", None), Question),
    (("run",), Run),
    (("targets",), Targets),
    (("spillovers", None, "notes"), Notes),
    (("correlations", None, "notes"), Notes),
)
RECORD_TABLES: Tables = (
    ((), Record),
    (("happened", None), Fact),
    (("readings", None), Measured),
    (("outside", None), Outside),
)
LAWS: Mapping[str, type[BaseModel]] = {tag: getattr(laws, tag.capitalize()) for tag in TAGS if tag != "number"}


def _issue(data: Mapping[str, Any], detail: Any, tables: Tables) -> Issue:
    path, value = _in_file(data, detail["loc"], keep_last=detail["type"] == "missing")
    kind = detail["type"]
    context = {key: _whole(value) for key, value in detail.get("ctx", {}).items()}
    if kind == "extra_forbidden":
        return Issue(path, "unknown key" + suggestion(str(path[-1]), _known_keys(data, path[:-1], tables)))
    if kind == "union_tag_invalid":
        known = [tag for tag in TAGS if tag not in ("number", "Counted", "Quantiles")]
        return Issue((*path, "dist"), f"unknown distribution {context['tag']!r}" + suggestion(context["tag"], known))
    if kind in ("model_type", "dict_type", "mapping_type", "model_attributes_type"):
        return Issue(path, f"must be a table of keys; found {shown(value)}")
    if kind == "missing":
        return Issue(path, WORDS[kind], MISSING)
    message = str(context["error"]) if kind == "value_error" else WORDS.get(kind, detail["msg"]).format(**context)
    return Issue(path, message if isinstance(value, dict) and "dist" not in value else f"{message}; found {shown(value)}")


def _whole(value: Any) -> Any:
    """Return a bound as people write it: 100, not 100.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _in_file(data: Any, loc: KeyPath, keep_last: bool) -> tuple[KeyPath, Any]:
    """Return the path without the parts that only the schema has (union tags), and the value found there."""
    path: list[str | int] = []
    part: Any
    for position, part in enumerate(loc):
        if (isinstance(data, dict) and part in data) or (isinstance(data, list) and isinstance(part, int)):
            data = data[part]
            path.append(part)
        elif keep_last and position == len(loc) - 1:
            path.append(part)
        elif part == "[key]":
            data = path[-1]
    return tuple(path), data


def _known_keys(data: Any, table: KeyPath, tables: Tables) -> list[str]:
    for pattern, model in tables:
        if len(pattern) == len(table) and all(p in (None, part) for p, part in zip(pattern, table, strict=True)):
            return [key for key in model.model_fields if key not in SET_ON_READING]
    for part in table:
        data = data[part]
    law = LAWS.get(str(data.get("dist", "Counted" if "counted" in data else ""))) if isinstance(data, dict) else None
    return list(law.model_fields) if law else []
