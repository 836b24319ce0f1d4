"""What the schema finds wrong, in an analyst's words and with what was meant."""

from collections.abc import Mapping
from datetime import datetime
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError

from simulator.arrays import KeyPath
from simulator.errors import Issue, shown, suggestion
from simulator.scenario import distributions as laws
from simulator.scenario.names import is_name
from simulator.scenario.numbers import KINDS, TAGS
from simulator.scenario.record import SET_ON_READING, Fact, Measured, Outside, Record
from simulator.scenario.rules import MISSING
from simulator.scenario.schema import SET_BY, Bands, Effect, Event, Factor, Index, Notes, Question, Run, Scenario, Targets
from simulator.scenario.slips import either_day, name_meant, number_meant, share_meant

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


def issues_of(data: Mapping[str, Any], error: ValidationError, tables: Tables) -> list[Issue]:
    """Return what the schema found, less what only follows from it: a list is not short for items that are wrong.

    Parameters
    ----------
    data : mapping
        The tables that were validated.
    error : ValidationError
    tables : Tables
        Which model stands where: `TABLES` or `RECORD_TABLES`.
    """
    found = []
    for detail in error.errors():
        _, value = _in_file(data, detail["loc"], keep_last=False)
        if detail["type"] != "too_short" or not isinstance(value, list) or len(value) < detail["ctx"]["min_length"]:
            found.append(_issue(data, detail, tables))
    return found


def _issue(data: Mapping[str, Any], detail: Any, tables: Tables) -> Issue:
    path, value = _in_file(data, detail["loc"], keep_last=detail["type"] == "missing")
    kind = detail["type"]
    context = {key: _whole(value) for key, value in detail.get("ctx", {}).items()}
    if kind == "extra_forbidden":
        hint = _entry_meant(data, path, value) or suggestion(str(path[-1]), _known_keys(data, path[:-1], tables))
        return Issue(path, f"unknown key{hint}")
    if kind == "union_tag_invalid":
        known = [tag for tag in TAGS if tag not in ("number", "Counted", "Quantiles")]
        return Issue((*path, "dist"), f"unknown distribution {context['tag']!r}" + suggestion(context["tag"], known))
    if kind in ("model_type", "dict_type", "mapping_type", "model_attributes_type"):
        return Issue(path, f"must be a table of keys{_effect_meant(path, value)}; found {shown(value)}")
    if kind == "missing":
        return Issue(path, WORDS[kind], MISSING)
    message = str(context["error"]) if kind == "value_error" else WORDS.get(kind, detail["msg"]).format(**context)
    message += _meant(kind, str(path[-1]), value)
    return Issue(path, message if isinstance(value, dict) and "dist" not in value else f"{message}; found {shown(value)}")


def _meant(kind: str, key: str, value: Any) -> str:
    """Return how to write what a value seems to mean, after a semicolon; nothing where that is not known."""
    if kind in ("float_type", "int_type") and isinstance(value, str):
        number = number_meant(value, key)
        return "" if number is None else f"; write {number:.12g}, without quotes"
    if kind == "value_error" and key == "probability" and (share := share_meant(value)) is not None:
        return f"; write {share:.12g} for {value:g} %"
    if kind == "date_type" and isinstance(value, str | datetime):
        days = value.date().isoformat() if isinstance(value, datetime) else either_day(value)
        return f"; write {days}" if days else ""
    if kind == "string_pattern_mismatch" and is_name(name_meant(str(value))):
        return f"; write {name_meant(str(value))}"
    return ""


def _effect_meant(path: KeyPath, value: Any) -> str:
    """Return how to write an effect that is a bare number."""
    is_size = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= KINDS["jump"].high
    if len(path) != 4 or path[2] != "effects" or not is_size:
        return ""
    return f", {{ jump = {value:g} }} for what dies away or {{ shift = {value:g} }} for what stays"


def _entry_meant(data: Mapping[str, Any], path: KeyPath, value: Any) -> str:
    """Return a hint at the entry whose name stands where its table should: nato.weight for factors.nato.weight."""
    tables = {
        name: table
        for table in ("factors", "events", "indices", "questions")
        for name in (data[table] if isinstance(data.get(table), dict) else ())
    }
    close = get_close_matches(str(path[0]), [*tables, *_known_keys(data, (), TABLES)], n=1) if len(path) == 1 else []
    if not close or close[0] not in tables:
        return ""
    key = f"{tables[close[0]]}.{close[0]}"
    while isinstance(value, dict) and len(value) == 1:  # the rest of a dotted key
        (part, value), *_ = value.items()
        key += f".{part}"
    return f" (did you mean {key}?)"


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
            return [key for key in model.model_fields if key not in (*SET_ON_READING, *SET_BY)]
    for part in table:
        data = data[part]
    law = LAWS.get(str(data.get("dist", "Counted" if "counted" in data else ""))) if isinstance(data, dict) else None
    return list(law.model_fields) if law else []
