"""Where a scenario, the one it extends and its relationship lie: beside the file, or among what ships."""

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from simulator.errors import InputOutputError, nearest, shown, suggestion
from simulator.files.layers import Layer, display, fail, shipped
from simulator.files.toml import is_file, is_there, parse_toml, read_text

LISTED = "; relsim scenarios lists what ships"


def shipped_scenarios() -> list[Path]:
    """Return the scenario files that ship, by name.

    Examples
    --------
    >>> "baseline" in [path.stem for path in shipped_scenarios()]
    True
    """
    return sorted(shipped("scenarios").glob("*.toml"))


def find_scenario(source: str | Path) -> Path:
    """Return the path of a scenario: the file itself, or the shipped one of that name.

    Raises
    ------
    InputOutputError
        There is neither; the nearest file of the folder, or the nearest name that ships, is told.
    """
    path, ready = Path(source), {one.stem: one for one in shipped_scenarios()}
    if is_file(path):
        return path
    if str(source) in ready:
        return ready[str(source)]
    raise InputOutputError(f"{source}: {_why_none(str(source), path, list(ready))}")


def find_file(source: str | Path) -> Path:
    """Return the path of a file of any kind: itself, or the scenario, relationship or record of that name that ships.

    Raises
    ------
    InputOutputError
        There is none.
    """
    seeds = shipped("seeds")
    ready = {one.stem: one for one in (*shipped_scenarios(), *seeds.glob("*.toml"), *seeds.glob("records/*.toml"))}
    return find_scenario(source) if is_there(Path(source)) or str(source) not in ready else ready[str(source)]


def _why_none(source: str, path: Path, ready: list[str]) -> str:
    """Return what is said of a name that is no scenario's."""
    if source in {one.stem for one in shipped("seeds").glob("*.toml")}:
        return (
            f"is a relationship, not a scenario; relsim new my.toml --relationship {source} writes a scenario of it{LISTED}"
        )
    if source in {one.stem for one in (shipped("seeds") / "records").glob("*.toml")}:
        return f"is a record, not a scenario; use relsim record {source}, or a scenario with --record {source}"
    if is_file(path / "run.json"):
        return "is a saved run, not a scenario; run, rerun, plot, compare, explain, drivers and brief read one"
    if is_there(path):
        return "is a folder, not a file that holds a scenario"
    return f"no such file, and no shipped scenario has that name{near(path, ready) or LISTED}"


def near(path: Path, ready: Iterable[str] = ()) -> str:
    """Return a hint at the name nearest to one that is not there: of a file of the folder, or of what ships.

    Parameters
    ----------
    path : Path
        Of the file that is not there, with its ending or without.
    ready : iterable of str
        Names of what ships.
    """
    beside = sorted(path.parent.glob("*.toml")) if is_there(path.parent) else []
    hints = {name: repr(name) for name in ready} | {one.stem: str(path.parent / one.name) for one in beside}
    close = get_close_matches(path.stem, hints, n=1)
    return f" (did you mean {hints[close[0]]}?)" if close else ""


def find_relationship(name: Any, layer: Layer, folder: Path) -> Path:
    """Return the path of a relationship: beside a folder, or one that ships."""
    folders = (folder / "seeds", folder.parent / "seeds", shipped("seeds"))
    found = [seeds / f"{name}.toml" for seeds in folders if isinstance(name, str) and is_file(seeds / f"{name}.toml")]
    if not found or Path(name).name != name:
        known = sorted({path.stem for seeds in folders for path in seeds.glob("*.toml")})
        fail(layer, "relationship", f"no relationship is called {name!r}" + suggestion(str(name), known))
    return found[0]


def default_relationship() -> str:
    """Return the name of the relationship of the shipped baseline."""
    path = shipped("scenarios") / "baseline.toml"
    return str(parse_toml(read_text(path), display(path))["relationship"])


def find_base(name: Any, layer: Layer, path: Path) -> Path:
    """Return the path of the file that another of its kind extends: a file of its folder, or one that ships.

    Parameters
    ----------
    name : str
        A file's name, or a scenario's or relationship's: the file's without .toml. A file is never its own base, so that it
        may be called as the shipped one that it extends.
    layer : Layer
        The text that names it; a relationship extends a relationship, a scenario a scenario.
    path : Path
        Its file.
    """
    noun = layer.kind
    if not isinstance(name, str) or Path(name).name != name:
        rule = f"must be the name of a file in the same folder, or of a {noun} that ships"
        fail(layer, "extends", f"{rule}; found {shown(name)}")
    there = [one for one in (path.parent / name, path.parent / f"{name}.toml") if name and is_file(one)]
    own = [one for one in there if one.name == name or one.resolve() != path.resolve()]
    shipping = shipped("seeds").glob("*.toml") if noun == "relationship" else shipped_scenarios()
    ready = {one.stem: one for one in shipping}
    if not own and name not in ready:
        beside = (one.name for one in path.parent.glob("*.toml") if one.name != path.name)
        hint = nearest(name, [*sorted(beside), *sorted(ready)]) or (LISTED if noun == "scenario" else "")
        fail(layer, "extends", f"no file {name!r} in {path.parent}, and no shipped {noun} has that name{hint}")
    return own[0] if own else ready[name]
