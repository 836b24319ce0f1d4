"""Write files: a scenario to start from, and a scenario's own file with some keys changed, its comments kept."""

from collections.abc import Mapping
from importlib.resources import files as package_files
from pathlib import Path
from string import Template
from typing import Any

import tomlkit

from simulator.errors import InputOutputError, InvalidFile
from simulator.files.read import Reading, changed, read_layers
from simulator.scenario.calendar import end_of_step
from simulator.scenario.schema import Scenario


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
    base = tomlkit.parse(reading.layers[0].text)
    document["title"] = f"{reading.scenario.title}, changed"
    for key, value in changes.items():
        table: Any = document
        *path, last = key.split(".")
        for part in path:
            if part not in table:
                table[part] = tomlkit.table(is_super_table=part == path[0])
            table = table[part]
        if last in table:
            table[last] = value
        else:
            item = tomlkit.item(value)
            item.comment(_comment(base, path, last) or "changed with sliders")
            table.add(last, item)
        table.setdefault("source", "assumption")
        table.setdefault("rationale", "Set by hand while exploring.")
    return tomlkit.dumps(document)


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
