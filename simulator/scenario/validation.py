"""All that a file breaks, at once: the rules of the schema, names that nothing has, and rules that span tables."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import Any

from pydantic import ValidationError

from simulator.arrays import KeyPath
from simulator.errors import Issue
from simulator.scenario.issues import RECORD_TABLES, TABLES, issues_of
from simulator.scenario.names import is_name
from simulator.scenario.record import Record, inconsistencies
from simulator.scenario.rules import MISSING, across_tables, unknown_names
from simulator.scenario.schema import Scenario, counted_by
from simulator.scenario.slips import name_meant

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
    names = _names(data)
    try:
        scenario = Scenario.model_validate(data)
    except ValidationError as error:
        issues = _lacking(issues_of(data, error, TABLES))
        told = {issue.path for issue in issues}
        issues += [issue for issue in unknown_names(data, names) if issue.path not in told]
        sound = _without(data, {path[: 1 if path[0] in WHOLE else 2] for path in told})
        try:
            rest = Scenario.model_validate(sound)
        except ValidationError:
            return None, issues
        return None, issues + list(across_tables(rest, names, whole=False))
    return scenario, [*unknown_names(data, names), *across_tables(scenario, names, whole=True)]


def _lacking(issues: list[Issue]) -> list[Issue]:
    """Return issues with those of an entry that lacks several keys as one."""
    missing: dict[KeyPath, list[Issue]] = {}
    for issue in issues:
        if issue.rule == MISSING and len(issue.path) == 3:
            missing.setdefault(issue.path[:2], []).append(issue)
    several = {path: found for path, found in missing.items() if len(found) > 1}
    told = [
        Issue(path, f"lacks {', '.join(str(issue.path[2]) for issue in found)}, which have no default", MISSING)
        for path, found in several.items()
    ]
    return [issue for issue in issues if issue.rule != MISSING or issue.path[:2] not in several] + told


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
        broken = issues_of(data, error, RECORD_TABLES)
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
    """Return the names each table defines, those of broken entries too; under "" those of the file itself.

    A name that breaks the rule for names stands as it was meant, so that it is told of once and not wherever it is used.
    """
    tables = ("factors", "indices", "events")
    names = {
        table: [name if is_name(name) else name_meant(name) for name in data[table]]
        if isinstance(data.get(table), dict)
        else []
        for table in tables
    }
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
