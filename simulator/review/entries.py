"""What a scenario has, entry by entry: lists with ids, labels and sizes, and all that is known of one key."""

from collections.abc import Iterator, Mapping
from textwrap import wrap
from typing import Any

import pandas as pd
from pydantic import BaseModel

from simulator.errors import Refused, suggestion
from simulator.files.layers import dotted
from simulator.files.read import Reading
from simulator.review.show import PAGE, WORDS, sizes, timing, value_text
from simulator.scenario.numbers import Key, Law, as_text
from simulator.scenario.schema import Effect, Event, Links, Scenario

LISTED = ("factors", "events", "indices", "questions")
HEAD = ("title", "summary", "relationship", "as_of", "start", "months", "known_until")
TABLES = (*LISTED, "spillovers", "correlations")


def entries(scenario: Scenario, table: str) -> pd.DataFrame:
    """Return the entries of a table: their ids, labels, and what they say in a line or in columns.

    Parameters
    ----------
    scenario : Scenario
        From `read_scenario`.
    table : {"factors", "events", "indices", "questions"}

    Returns
    -------
    DataFrame
        By id: `label`, and of factors `level`, `target` and `weight`; of events `own` (the scenario's), `timing` and
        `effects`; of indices `weights`; of questions `ask` and `when`.

    Examples
    --------
    >>> from simulator import read_scenario
    >>> entries(read_scenario("baseline"), "factors").loc["sanctions", "level"]
    '12'
    """
    told = {"factors": _factor, "events": _event, "indices": _index, "questions": _question}[table]
    names = scenario.index_names if table == "indices" else tuple(getattr(scenario, table))
    rows = {name: {"label": scenario.label_of(name), **told(scenario, name)} for name in names}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("id")


def _factor(scenario: Scenario, name: str) -> dict[str, Any]:
    factor = scenario.factors[name]
    target = factor.level if factor.target is None else factor.target
    return {"level": as_text(factor.level), "target": as_text(target), "weight": as_text(factor.weight)}


def _event(scenario: Scenario, name: str) -> dict[str, Any]:
    event = scenario.events[name]
    effects = "; ".join(f"{factor} {sizes(effect)}" for factor, effect in event.effects.items())
    when = timing(event) if event.enabled else "switched off"
    return {"own": name in scenario.own_events, "timing": when, "effects": effects}


def _index(scenario: Scenario, name: str) -> dict[str, Any]:
    if name == "warmth":
        return {"weights": "weights of the factors"}
    weights = scenario.indices[name].weights
    return {"weights": ", ".join(f"{factor} {as_text(value)}" for factor, value in weights.items())}


def _question(scenario: Scenario, name: str) -> dict[str, Any]:
    question = scenario.questions[name]
    when = f"on {question.on}" if question.on else f"by {question.by}" if question.by else "at the horizon"
    return {"ask": question.ask, "when": when}


def show_key(reading: Reading, key: str, width: int = PAGE) -> str:
    """Return what one key is: its value, who states it, why, and from which source.

    Parameters
    ----------
    reading : Reading
        From `read_layers`.
    key : str
        Dotted, as in `--set`: an entry ("events.summit") or one of its keys ("factors.nato.weight"). Without a table it is
        looked for in factors, events, indices and questions, in this order.
    width : int
        Columns.

    Raises
    ------
    Refused
        There is no such key; the nearest is named.

    Examples
    --------
    >>> from simulator.files.read import read_layers
    >>> print(show_key(read_layers("baseline"), "rapport.weight").splitlines()[0])
    factors.rapport.weight: weight of Leaders' rapport; 0 to 1e+06
    """
    scenario = reading.scenario
    if key in ("warmth", "indices.warmth"):
        weights = "; ".join(f"{name} {as_text(factor.weight)}" for name, factor in scenario.factors.items())
        told = f"indices.warmth: {scenario.label_of('warmth')}, the mean of the factors by weight: {weights}"
        return "\n".join(wrap(told, width))
    if key in HEAD:
        value = getattr(scenario, key)
        told = f"{key}: {'not stated' if value is None else value}"
        return "\n".join([*wrap(told, width), *([] if value is None else [f"stated in {reading.place((key,))}"])])
    path = _path(scenario, key)
    table, name, *rest = path
    entry = getattr(scenario, table)[name]
    lines = [f"{dotted(path)}: {_words(scenario, path)}"]
    value = _value(entry, rest, path)
    if rest:
        lines += [f"value: {value_text(value)}" if not isinstance(value, Effect) else f"value: {sizes(value)}"]
        lines += [f"stated in {reading.place(path)}", *_before(reading, path)]
    else:
        lines += _stated(reading, path, entry)
    notes = getattr(entry, "notes", None) if isinstance(entry, Links) else entry
    for word in ("rationale", "source", "confidence", "resolution"):
        if text := getattr(notes, word, None):
            lines.append(f"{word}: {' '.join(str(text).split())}")
    return "\n".join(
        folded for line in lines for folded in wrap(line, width, subsequent_indent="  ", break_long_words=False)
    )


def _path(scenario: Scenario, key: str) -> tuple[str, ...]:
    parts = tuple(part.strip("'\"") for part in key.split("."))
    if parts[0] not in TABLES:
        having = [table for table in TABLES if parts[0] in getattr(scenario, table)][:1]
        parts = (*having, *parts)
    names = {table: list(getattr(scenario, table)) for table in TABLES}
    if parts[0] not in TABLES:
        every = [*dict.fromkeys(name for of in names.values() for name in of)]
        raise Refused(f"{scenario.name}: no factor, event, index or question is called {key!r}" + suggestion(key, every))
    if len(parts) < 2:
        told = f"; `relsim list {key}` lists it" if key in LISTED else ": name an entry"
        raise Refused(f"{key!r} is a whole table{told}")
    if parts[1] not in names[parts[0]]:
        raise Refused(f"{scenario.name}: no {parts[0]} entry is called {parts[1]!r}" + suggestion(parts[1], names[parts[0]]))
    return parts


def _value(entry: Any, rest: list[str], path: tuple[str, ...]) -> Any:
    """Return what a path within an entry leads to."""
    for part in rest:
        if isinstance(entry, Law) or not isinstance(entry, BaseModel | Mapping):
            raise Refused(f"{dotted(path)}: {part!r} is a part of a value; ask for the value")
        fields = entry.by_factor if isinstance(entry, Links) else entry
        known = list(fields) if isinstance(fields, Mapping) else list(type(fields).model_fields)
        if part not in known:
            raise Refused(f"{dotted(path)}: there is no {part!r}" + suggestion(part, known))
        entry = fields[part] if isinstance(fields, Mapping) else getattr(fields, part)
    return entry


def _words(scenario: Scenario, path: tuple[str, ...]) -> str:
    table, name, *rest = path
    if table in ("spillovers", "correlations"):
        return f"{table} of {scenario.label_of(name)}"
    if not rest:
        return scenario.label_of(name)
    try:
        found = Key.parse(dotted(path))
    except (KeyError, ValueError):
        return f"{' '.join(rest)} of {scenario.label_of(name)}"
    kind = found.kind
    return f"{scenario.words_of(dotted(path))}; {kind.low:g} to {kind.high:g}{kind.unit}"


def _before(reading: Reading, path: tuple[str, ...]) -> Iterator[str]:
    """Yield what earlier files say of a key that a later one states."""
    for layer in reading.layers:
        value: Any = layer.data
        for part in path:
            value = value.get(part) if isinstance(value, Mapping) else None
        if value is not None and layer is not reading.origin.get(path):
            yield f"{layer.where} says: {value}"


def _stated(reading: Reading, path: tuple[str, ...], entry: Any) -> Iterator[str]:
    """Yield each key that an entry states, with its value and where it stands."""
    if isinstance(entry, Event):
        yield f"happens: {timing(entry)}" + ("" if entry.enabled else " (switched off)")
    keys = [key[2] for key in reading.origin if key[:2] == path and len(key) == 3 and key[2] not in WORDS]
    for key in dict.fromkeys(map(str, keys)):
        if isinstance(entry, Links):
            yield f"{key}: {entry.by_factor[key]:g}, in {reading.place((*path, key))}"
        elif key in ("effects", "weights"):
            for factor, value in getattr(entry, key).items():
                told = sizes(value) if isinstance(value, Effect) else as_text(value)
                yield f"{key}.{factor}: {told}, in {reading.place((*path, key, factor))}"
        else:
            yield f"{key}: {_plain(getattr(entry, key))}, in {reading.place((*path, key))}"


def _plain(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple | list) else value_text(value)
