"""Write files: a scenario to start from, and a scenario's own file with some keys changed, its comments kept."""

from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files as package_files
from pathlib import Path
from string import Template
from typing import Any

import tomlkit

from simulator.errors import InputOutputError, InvalidFile
from simulator.files.find import find_scenario
from simulator.files.kinds import kind_of
from simulator.files.layers import shipped
from simulator.files.read import Reading, changed, read_layers
from simulator.files.toml import is_file
from simulator.scenario.calendar import end_of_step
from simulator.scenario.schema import FACTOR_NUMBERS, MAX_MONTHS, Scenario


def save_changes(reading: Reading, changes: Mapping[str, Any], path: str | Path) -> Path:
    """Write a scenario with some keys changed, and return where.

    Parameters
    ----------
    reading : Reading
        The scenario as its files state it.
    changes : mapping
        By dotted key.
    path : str or Path
        A new file; an existing one is never written over.

    Raises
    ------
    InvalidFile
        A change breaks a rule; nothing is written.
    InputOutputError
        The file exists already or cannot be written, or what the scenario builds on is not found from there.

    Examples
    --------
    See `explore`.
    """
    changed(reading.scenario, changes)
    path = Path(path)
    text = _text(reading, changes)
    write_new(path, text)
    try:
        read_layers(path)
    except InvalidFile as error:
        path.unlink()
        raise InputOutputError(f"{path}: what the scenario builds on is not found from there: {error}") from None
    return path


def write_new(path: Path, text: str) -> None:
    """Write a text into a new file.

    Raises
    ------
    InputOutputError
        The file exists already or cannot be written.
    """
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise InputOutputError(f"{path}: exists already; nothing was written") from None
    except OSError as error:
        raise InputOutputError(f"{path}: cannot be written: {error.strerror}") from None


def _text(reading: Reading, changes: Mapping[str, Any]) -> str:
    """Return the scenario's own file with the changes put in, comments kept."""
    document = tomlkit.parse(reading.layers[-1].text)
    bases = [tomlkit.parse(layer.text) for layer in reversed(reading.layers) if layer.kind == "relationship"]
    document["title"] = f"{reading.scenario.title}, changed"
    if changes and "summary" in document:  # what it says of the scenario may hold no longer
        told = ", ".join(f"{key} = {value:g}" for key, value in changes.items())
        document["summary"] = f"{reading.scenario.title}, with {told}."
    for key, value in changes.items():
        _put(document, bases, key.split("."), value)
    for table, name in dict.fromkeys((key.split(".")[0], key.split(".")[1]) for key in changes):
        entry: Any = document[table][name]
        for note, text in NOTES.items() if "source" not in entry else ():
            entry.setdefault(note, text)
    return tomlkit.dumps(document)


# What stands beside numbers that were moved by hand, where their entry says nothing else.
NOTES = {"rationale": "Set by hand while exploring.", "source": "assumption", "confidence": "low"}


def _put(document: Any, bases: Iterable[Any], key: list[str], value: Any) -> None:
    """Put a value under a key of a document; a new one stands before what is said of its entry."""
    table: Any = document
    *path, last = key
    for part in path:
        if part not in table:
            table[part] = tomlkit.table(is_super_table=part == path[0])
        table = table[part]
    if last in table:
        table[last] = value
        return
    item = tomlkit.item(value)
    item.comment(next(filter(None, (_comment(base, path, last) for base in bases)), "changed with sliders"))
    if isinstance(table, tomlkit.items.InlineTable):
        table.update({last: value})
    else:
        table.add(last, item)


def _comment(document: Any, path: list[str], last: str) -> str:
    """Return what a relationship remarks beside a key; empty if nothing."""
    for part in (*path, last):
        document = document.get(part) if hasattr(document, "get") else None
    trivia = getattr(document, "trivia", None)
    return trivia.comment.lstrip("# ").strip() if trivia is not None else ""


def new_scenario(path: str, relationship: str, base: Scenario) -> str:
    """Return the text of a commented scenario to start from.

    Parameters
    ----------
    path : str
        Where it will be written; shown in its comments.
    relationship : str
        Name of the relationship it builds on.
    base : Scenario
        That relationship, for its first factor and its date.

    Examples
    --------
    >>> from simulator.files.read import read_scenario
    >>> base = read_scenario("baseline")
    >>> "[factors.arms_control]" in new_scenario("my.toml", str(base.relationship), base)
    True
    """
    template = package_files("simulator.files").joinpath("new_scenario.toml").read_text(encoding="utf-8")
    begins = base.begins
    assert begins is not None
    return Template(template).substitute(
        path=path,
        relationship=relationship,
        start=begins,
        factor=next(iter(base.factors)),
        first=end_of_step(begins, 4),
        last=end_of_step(begins, 16),
        question=end_of_step(begins, 24),
    )


def new_from(path: Path, source: str) -> str:
    """Return the text of a scenario that extends another and changes nothing: what it may change stands in comments.

    Parameters
    ----------
    path : Path
        Where it will be written.
    source : str
        A scenario that ships, by name, or a file in the folder of `path`; a file of that folder goes first.

    Raises
    ------
    InvalidFile
        The scenario breaks a rule.
    InputOutputError
        There is no such scenario, or it lies in another folder.

    Examples
    --------
    >>> text = new_from(Path("my.toml"), "negotiated_reset")
    >>> 'extends = "negotiated_reset"' in text, "#[events.summit]" in text
    (True, True)
    """
    beside = path.parent / f"{source}.toml"
    base = beside if Path(source).name == source and is_file(beside) else find_scenario(source)
    reading = read_layers(base)
    if kind_of(reading.layers[-1].data) == "relationship":
        raise InputOutputError(f"{source}: is a relationship, not a scenario; use --relationship {base.stem}")
    template = package_files("simulator.files").joinpath("new_from.toml").read_text(encoding="utf-8")
    return Template(template).substitute(
        path=path,
        name=source,
        title=_inline(f"{reading.scenario.title}, changed"),
        extends=_inline(_name_from(path, base)),
        start=reading.scenario.begins,
        months=reading.scenario.months,
        factors="\n".join(_commented(reading, "factors", FACTOR_NUMBERS)),
        events="\n".join(_commented(reading, "events", EVENT_KEYS)),
    )


# What of an event is worth a change: when and how likely it comes, and what it does.
EVENT_KEYS = ("enabled", "on", "between", "rate", "when", "probability", "repeats", "cooldown", "lasts")


def _name_from(path: Path, base: Path) -> str:
    """Return what `extends` calls a scenario from a file's folder."""
    if base.resolve().parent == path.resolve().parent:
        return base.name
    if base.resolve().parent == shipped("scenarios").resolve():
        return base.stem
    there = base.parent / path.name
    raise InputOutputError(
        f"{base}: lies in another folder than {path}, and a scenario extends one of its own; write {there} instead"
    )


def _commented(reading: Reading, table: str, keys: Iterable[str]) -> Iterator[str]:
    """Yield the entries a scenario changed or added, each line behind a comment's sign; else the relationship's first."""
    entries = reading.scenario.model_dump(exclude_unset=True)[table]
    own = {name for layer in reading.layers[1:] for name in layer.data.get(table, {})}
    for name in [name for name in entries if name in own] or list(entries)[:1]:
        yield f"#[{table}.{name}]"
        for key, value in entries[name].items():
            if key == "effects":
                yield from (f"#effects.{factor} = {_inline(effect)}" for factor, effect in value.items())
            elif key in keys and (key not in ("on", "between") or _is_within(reading.scenario, value)):
                yield f"#{key} = {_inline(value)}"
        yield ""


def _is_within(scenario: Scenario, days: Any) -> bool:
    """Tell whether a day or a window lies within the projection, as a scenario's own must."""
    first, last = days if isinstance(days, tuple) else (days, days)
    begins = scenario.begins
    assert begins is not None
    return bool(begins < first and last <= end_of_step(begins, scenario.months or MAX_MONTHS))


def _inline(value: Any) -> str:
    """Return a value as TOML on one line."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_inline(one)}" for key, one in value.items()) + " }"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(tomlkit.item(list(value) if isinstance(value, tuple) else value).as_string())
