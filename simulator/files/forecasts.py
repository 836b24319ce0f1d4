"""Registered forecasts: files that are only appended to, each entry carrying the digest of the one before."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date
from hashlib import blake2b
from pathlib import Path
from typing import Annotated, Any

import tomlkit
from pydantic import BaseModel, Field, ValidationError, model_validator

from simulator.errors import InputOutputError, InvalidFile, Problem
from simulator.files.layers import shipped
from simulator.files.toml import is_file, is_there, line_of, parse_toml, read_text
from simulator.scenario.distributions import STRICT

HEAD = """\
# Forecasts as they were made, written by `relsim register`. Entries are only added: each carries the digest of the one
# before it in `previous`, and its own in `entry`, so that a changed entry is found out. `relsim score` scores what has
# come due.
"""

Keys = Annotated[tuple[str, ...], Field(strict=False)]


class EventForecast(BaseModel):
    """The probabilities that an event happens at least once by some days, after the forecast begins."""

    model_config = STRICT
    event: str
    label: str
    by: Annotated[tuple[date, ...], Field(strict=False, min_length=1)]
    probability: Annotated[tuple[Annotated[float, Field(ge=0, le=1)], ...], Field(strict=False)]
    std_error: Annotated[tuple[Annotated[float, Field(ge=0)], ...], Field(strict=False)]
    resolution: str = ""
    rests_on: Keys = Field((), description="The entries of the scenario's files that make it.")

    @model_validator(mode="after")
    def _one_for_each(self) -> "EventForecast":
        if not len(self.by) == len(self.probability) == len(self.std_error):
            raise ValueError("by, probability and std_error must be of one length")
        return self


class QuestionForecast(BaseModel):
    """The probability of yes to a question."""

    model_config = STRICT
    question: str
    label: str
    ask: str
    on: date | None = None
    by: date | None = None
    probability: float = Field(ge=0, le=1)
    std_error: float = Field(ge=0)
    resolution: str = ""
    rests_on: Keys = ()


class QuantileForecast(BaseModel):
    """Quantiles of an index on a day, points."""

    model_config = STRICT
    of: str
    on: date
    p10: float
    p25: float
    p50: float
    p75: float
    p90: float
    rests_on: Keys = ()


class Forecast(BaseModel):
    """One registered forecast: what a scenario said on a day."""

    model_config = STRICT
    made: date
    scenario: str
    title: str
    relationship: str
    digest: str = Field(description="Of the scenario.")
    version: str
    seed: int
    draws: int
    effective: float = Field(description="Draws that are effective; all without a record.")
    begins: date = Field(description="The start, or the day up to which a record was known.")
    record: str = ""
    changes: Keys = Field((), description="Keys that were set on the command line.")
    previous: str = Field(description="`entry` of the forecast before; empty for a file's first.")
    events: Annotated[tuple[EventForecast, ...], Field(strict=False)] = ()
    questions: Annotated[tuple[QuestionForecast, ...], Field(strict=False)] = ()
    quantiles: Annotated[tuple[QuantileForecast, ...], Field(strict=False)] = ()
    entry: str = Field("", description="Digest of all of the above.")


def digest_of(data: Mapping[str, Any]) -> str:
    """Return the digest of an entry's own content: 24 hexadecimal digits.

    Examples
    --------
    >>> digest_of({"a": 1, "entry": "x"}) == digest_of({"a": 1}) != digest_of({"a": 2})
    True
    """
    told = json.dumps({key: value for key, value in data.items() if key != "entry"}, sort_keys=True, default=str)
    return blake2b(told.encode(), digest_size=12).hexdigest()


def read_forecasts(path: str | Path | None = None) -> tuple[Forecast, ...]:
    """Return the forecasts of a file, or of all files of a folder, every entry held to its digest.

    Parameters
    ----------
    path : str or Path, optional
        A file written by ``relsim register``, or a folder of such files. Default: those that ship.

    Raises
    ------
    InvalidFile
        An entry was changed, removed or reordered after it was registered, or is none.
    InputOutputError
        There is no such file.

    Examples
    --------
    >>> read_forecasts()[0].scenario
    'baseline'
    """
    path = shipped("forecasts") if path is None else Path(path)
    files = _files(path)
    if not files:
        raise InputOutputError(f"{path}: no .toml file there")
    problems: list[Problem] = []
    found: list[Forecast] = []
    for file in files:
        text = read_text(file)
        data = parse_toml(text, str(file))
        problems += _broken(data, text, file)
        if not problems:
            found += [Forecast.model_validate(entry) for entry in data.get("forecasts", [])]
    if problems:
        raise InvalidFile(problems)
    return tuple(found)


def is_forecasts(path: str | Path) -> bool:
    """Tell whether a path is a file of forecasts, or a folder of some."""
    files = [file for file in _files(Path(path)) if is_file(file)]
    return bool(files) and all("forecasts" in parse_toml(read_text(file), str(file)) for file in files)


def _files(path: Path) -> list[Path]:
    """Return the files of a folder, or else the file itself, whether it is there or not."""
    return sorted(path.glob("*.toml")) if is_there(path) and path.is_dir() else [path]


def _broken(data: Mapping[str, Any], text: str, file: Path) -> Iterator[Problem]:
    """Yield the entries of a file that are not as they were registered."""
    listed = data.get("forecasts")
    if not isinstance(listed, list) or not all(isinstance(entry, dict) for entry in listed):
        yield Problem(f"{file}:1", "forecasts", "holds no [[forecasts]]; relsim register writes them")
        return
    for key in data.keys() - {"forecasts"}:
        yield Problem(f"{file}:{line_of(text, (key,))}", key, "unknown key; a file of forecasts holds [[forecasts]] only")
    previous = ""
    for n, entry in enumerate(listed):
        where = f"{file}:{line_of(text, ('forecasts', n))}"
        if entry.get("entry") != digest_of(entry):
            rule = "was changed after it was registered: its content does not have the digest that it carries"
            yield Problem(where, f"forecasts.{n}", f"{rule} ({digest_of(entry)}, not {entry.get('entry')})")
        elif entry.get("previous") != previous:
            rule = "does not follow the entry before it: one was removed, added or moved"
            yield Problem(where, f"forecasts.{n}", f"{rule} (previous is {entry.get('previous')!r}, not {previous!r})")
        else:
            try:
                Forecast.model_validate(entry)
            except ValidationError as error:
                first = error.errors()[0]
                yield Problem(where, f"forecasts.{n}.{'.'.join(map(str, first['loc']))}", first["msg"])
        previous = str(entry.get("entry"))


def register(forecasts: Sequence[Forecast], path: str | Path) -> tuple[Forecast, ...]:
    """Append forecasts to a file, and return those that were added: what is registered already is left out.

    Parameters
    ----------
    forecasts : sequence of Forecast
        From `forecast_of`.
    path : str or Path
        A new file, or one written by ``relsim register``.

    Raises
    ------
    InvalidFile
        An entry of the file was changed after it was registered; nothing is added.
    InputOutputError
        The file cannot be written; it stays as it was.

    Examples
    --------
    >>> from datetime import date
    >>> from tempfile import TemporaryDirectory
    >>> from simulator import forecast_of, read_scenario, simulate
    >>> today = forecast_of(simulate(read_scenario("baseline"), 200), date(2026, 11, 24))
    >>> with TemporaryDirectory() as folder:
    ...     len(register([today], f"{folder}/mine.toml")), len(register([today], f"{folder}/mine.toml"))
    (1, 0)
    """
    path = Path(path)
    before = read_forecasts(path) if is_there(path) else ()
    text = read_text(path) if is_there(path) else HEAD
    last, added = before[-1].entry if before else "", list[Forecast]()
    seen = {(one.digest, one.seed, one.draws, one.version) for one in before}
    for forecast in forecasts:
        if (forecast.digest, forecast.seed, forecast.draws, forecast.version) in seen:
            continue
        data = _plain(forecast.model_copy(update={"previous": last}))
        last = digest_of(data)
        added.append(forecast.model_copy(update={"previous": data["previous"], "entry": last}))
        text += "\n" + _entry_text({**data, "entry": last})
    if added:
        _write(path, text)
    return tuple(added)


def _plain(forecast: Forecast) -> dict[str, Any]:
    """Return a forecast as a file has it."""
    told = forecast.model_dump(exclude={"entry"}, exclude_none=True)
    plain = {key: list(value) if isinstance(value, tuple) else value for key, value in told.items()}
    return {key: value for key, value in plain.items() if value != []}


def _entry_text(data: Mapping[str, Any]) -> str:
    """Return an entry as TOML: its own keys first, then its tables."""
    lines = ["[[forecasts]]"]
    tables = [key for key, value in data.items() if isinstance(value, list) and all(isinstance(row, dict) for row in value)]
    lines += [f"{key} = {_value(value)}" for key, value in data.items() if key not in tables]
    for key in tables:
        for row in data[key]:
            lines += ["", f"[[forecasts.{key}]]", *(f"{name} = {_value(value)}" for name, value in row.items())]
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    return str(tomlkit.item(list(value) if isinstance(value, tuple) else value).as_string())


def _write(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        raise InputOutputError(f"{path}: cannot be written: {error.strerror}") from None
