"""Find and read records, held to what their relationship has."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from simulator.errors import InputOutputError, InvalidFile, Issue, Problem, shown, suggestion
from simulator.files.chain import merged, relationship_layers
from simulator.files.find import near
from simulator.files.kinds import kind_of, require_kind
from simulator.files.layers import Layer, by_line, dotted, fail, in_layer, read_layer, shipped
from simulator.files.toml import is_file
from simulator.scenario.record import SET_ON_READING, Record
from simulator.scenario.validation import validate_record

# The folder of records within seeds/.
RECORDS = "records"
# The tables of a relationship whose names a record uses.
NAMED = ("factors", "indices", "events")


def read_record(source: str | Path, beside: Path | None = None) -> Record:
    """Return what a record says, checked against its relationship.

    Parameters
    ----------
    source : str or Path
        A file, or the bare name of a record that ships.
    beside : Path, optional
        The folder of a scenario, beside which records may lie that go before those that ship.

    Raises
    ------
    InvalidFile
        The file, or its relationship, breaks a rule; the error lists every problem with file, line, key, rule and value.
    InputOutputError
        It cannot be found or read.

    Examples
    --------
    >>> read_record("us_russia_2025").until.isoformat()
    '2026-10-10'
    """
    path = record_path(source, () if beside is None else (beside / "seeds", beside.parent / "seeds"))
    layer = record_file(path)
    name = layer.data.get("relationship")
    if name is None:
        fail(layer, "relationship", "missing; a record says which relationship it is of")
    return record_of(layer, merged(relationship_layers(name, layer, path.parent.parent))[0])


def record_file(path: Path) -> Layer:
    """Return the file of a record as a layer, unless it is of another kind."""
    layer = read_layer(path, "record")
    require_kind(layer, "record")
    return layer


def record_path(source: str | Path, seeds: Iterable[Path] = ()) -> Path:
    """Return the path of a record: the file itself, or the one of that name in some folders, or the shipped one."""
    if is_file(Path(source)):
        return Path(source)
    known = {one.stem: one for one in shipped_records()}
    for folder in reversed(list(seeds)):
        known |= {one.stem: one for one in sorted((folder / RECORDS).glob("*.toml")) if is_file(one)}
    if str(source) not in known:
        hint = near(Path(source), known) or suggestion(str(source), known)
        raise InputOutputError(f"{source}: no such file, and no shipped record has that name{hint}")
    return known[str(source)]


def record_of_relationship(relationship: str, name: str | None = None, beside: Path | None = None) -> Record:
    """Return the record of that name, or else the one that ships for a relationship.

    Raises
    ------
    InputOutputError
        There is none, or more than one.
    """
    if name is not None:
        return read_record(name, beside)
    shipping = [one for one in map(read_record, shipped_records()) if one.relationship == relationship]
    if len(shipping) != 1:
        raise InputOutputError(f"{len(shipping)} records of {relationship} ship; name one: --record")
    return shipping[0]


def is_record(path: str | Path) -> bool:
    """Tell whether a path is the file of a record."""
    found = Path(path)
    return is_file(found) and kind_of(read_layer(found, "record").data) == "record"


def shipped_records() -> list[Path]:
    """Return the records that ship, by name.

    Examples
    --------
    >>> "us_russia_2025" in [path.stem for path in shipped_records()]
    True
    """
    return sorted((shipped("seeds") / RECORDS).glob("*.toml"))


def _find_record(name: str, layer: Layer, folder: Path) -> Path:
    beside = Path(name) if layer.kind == "override" else folder / name
    if name.endswith(".toml") and is_file(beside):
        return beside
    folders = [seeds / RECORDS for seeds in (folder / "seeds", folder.parent / "seeds", shipped("seeds"))]
    found = [records / f"{name}.toml" for records in folders if is_file(records / f"{name}.toml")]
    if not found or Path(name).name != name:
        known = sorted({path.stem for records in folders for path in records.glob("*.toml")})
        fail(layer, "record", f"no record is called {name!r}" + suggestion(name, known))
    return found[0]


def record_layer(name: Any, layer: Layer, folder: Path, relationship: Layer) -> Layer:
    """Return the file of the record that a scenario names."""
    if not isinstance(name, str):
        fail(layer, "record", f"must be the name of a record in quotes; found {shown(name)}")
    found, own = record_file(_find_record(name, layer, folder)), Path(relationship.where).stem
    stated = found.data.get("relationship")
    if isinstance(stated, str) and stated != own:  # its names would be held to the wrong ones
        rule = f"is of the relationship {stated!r}, and this scenario of {own!r}"
        fail(layer, "record", f"{Path(found.where).stem} {rule}")
    return found


def record_of(layer: Layer, relationship: Mapping[str, Any]) -> Record:
    """Return the record of a file, held to what its relationship has."""
    tables = {key: list(table) if isinstance(table := relationship.get(key), dict) else [] for key in NAMED}
    series = ["warmth", *tables["factors"], *tables["indices"]]
    events = [(name, event) for name, event in relationship.get("events", {}).items() if isinstance(event, dict)]
    counts_as = {name: event["counts_as"] for name, event in events if isinstance(event.get("counts_as"), str)}
    named = {**layer.data, "name": Path(layer.where).stem}
    record, issues = validate_record(named, tables["events"], series, counts_as)
    issues += _too_early(record, relationship.get("as_of"))
    issues += [Issue((key,), "unknown key; reading sets it") for key in SET_ON_READING if key in layer.data]
    if issues or record is None:
        problems = {Problem(in_layer(layer, issue.path), dotted(issue.path), issue.message) for issue in issues}
        raise InvalidFile(sorted(problems, key=lambda problem: by_line(problem, [layer])))
    return record


def _too_early(record: Record | None, as_of: Any) -> Iterator[Issue]:
    """Yield what lies before the day of which the relationship's numbers are: they hold it already."""
    for table in ("happened", "readings", "outside") if record is not None and isinstance(as_of, date) else ():
        for n, entry in enumerate(getattr(record, table)):
            if entry.on < as_of:
                yield Issue((table, n, "on"), f"is before the relationship's day, as_of = {as_of}; found {entry.on}")
