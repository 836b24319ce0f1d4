"""One text that a scenario or a record is merged from: where it lies, what it says, and the line of every problem."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files as package_files
from pathlib import Path
from typing import Any, NoReturn

from simulator.arrays import KeyPath
from simulator.errors import InvalidFile, Problem
from simulator.files.toml import has, line_of, parse_toml, read_text


@dataclass(frozen=True)
class Layer:
    """One text that a scenario is merged from: a file, or one `--set`."""

    where: str
    text: str
    data: Mapping[str, Any]
    kind: str  # "relationship", "scenario", "override" or "record"
    path: Path | None = None  # None of an override


def shipped(folder: str) -> Path:
    """Return the folder of shipped files: inside the installed package, or beside it in a checkout.

    Parameters
    ----------
    folder : {"seeds", "scenarios", "forecasts"}
    """
    installed = Path(str(package_files("simulator"))) / folder
    return installed if installed.is_dir() else Path(__file__).resolve().parents[2] / folder


def fail(layer: Layer, key: str, message: str) -> NoReturn:
    """Raise InvalidFile for one key that a text states."""
    where = layer.where if layer.kind == "override" else f"{layer.where}:{line_of(layer.text, (key,))}"
    raise InvalidFile([Problem(where, key, message)])


def read_layer(path: Path, kind: str) -> Layer:
    """Return a file as a layer of some kind."""
    text, where = read_text(path), display(path)
    return Layer(where, text, parse_toml(text, where), kind, path)


def display(path: Path) -> str:
    """Return a path as its reader would type it: relative below the working folder, else whole."""
    absolute = path.resolve()
    return str(absolute.relative_to(Path.cwd())) if absolute.is_relative_to(Path.cwd()) else str(absolute)


def dotted(path: KeyPath) -> str:
    """Return a key's path as a file would say it."""
    return ".".join(f'"{part}"' if isinstance(part, str) and "." in part else str(part) for part in path)


def in_layer(layer: Layer, path: KeyPath) -> str:
    """Return `file:line` of the deepest part of a path that a file states."""
    stated = next(length for length in range(len(path), -1, -1) if has(layer.data, path[:length]))
    return f"{layer.where}:{line_of(layer.text, path[:stated])}"


def by_line(problem: Problem, layers: list[Layer]) -> tuple[int, int, str]:
    """Return what problems are sorted by: the layer, the line, the key."""
    file, _, line = problem.where.rpartition(":")
    place = next((n for n, layer in enumerate(layers) if layer.where == file), len(layers))
    return place, int(line) if line.isdigit() else 0, problem.key
