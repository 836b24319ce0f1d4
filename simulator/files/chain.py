"""What a scenario is made of: its relationship, what both extend, and their tables merged key by key."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from simulator.arrays import KeyPath
from simulator.errors import shown
from simulator.files.find import default_relationship, find_base, find_relationship
from simulator.files.kinds import kind_of, require_kind
from simulator.files.layers import Layer, fail, read_layer
from simulator.scenario.numbers import KINDS
from simulator.scenario.schema import EXCLUDES


def chain(path: Path) -> list[Layer]:
    """Return the layers of a scenario, or of a relationship by itself, in order of merging: relationships first.

    Parameters
    ----------
    path : Path
        Of the scenario's file; what it extends and its relationship follow from that.
    """
    layers = _extended(_layer(path, "scenario", "relationship"))
    first = layers[0]
    if "relationship" in first.data:
        # beside the file that names it: what a scenario of another folder extends brings its own relationship
        return [*relationship_layers(first.data["relationship"], first, _path(first).parent), *layers]
    if first.kind == "scenario":
        fail(first, "relationship", f"missing; add the line relationship = {shown(default_relationship())}")
    return layers


def relationship_layers(name: Any, layer: Layer, folder: Path) -> list[Layer]:
    """Return a relationship, after those it extends.

    Parameters
    ----------
    name : str
        What the file is called, without .toml.
    layer : Layer
        The text that names it.
    folder : Path
        Beside which it is looked for first.
    """
    return _extended(read_layer(find_relationship(name, layer, folder), "relationship"))


def merged(layers: Iterable[Layer]) -> tuple[dict[str, Any], dict[KeyPath, Layer]]:
    """Return the tables of layers merged key by key, later ones over earlier, and the layer that states each key."""
    tables: dict[str, Any] = {}
    origin: dict[KeyPath, Layer] = {}
    for layer in layers:
        merge(tables, layer.data, (), layer, origin)
    tables.pop("extends", None)
    return tables, origin


def _extended(layer: Layer) -> list[Layer]:
    """Return a file after those it extends, from the base on; scenarios extend scenarios, relationships relationships."""
    layers, visited = [layer], [_path(layer).resolve()]
    while "extends" in (first := layers[0]).data:
        if "relationship" in first.data:
            fail(first, "relationship", "state `relationship` or `extends`, not both")
        base = find_base(first.data["extends"], first, _path(first))
        if base.resolve() in visited:
            fail(first, "extends", f"goes in a circle: {' -> '.join(one.name for one in (*visited, base))}")
        visited.append(base.resolve())
        # a relationship holds no scenario's choices; a scenario may extend a file that is complete in itself
        layers.insert(0, _layer(base, *(["relationship"] if first.kind == "relationship" else ["scenario", "relationship"])))
    return layers


def _layer(path: Path, *kinds: str) -> Layer:
    """Return a file as a layer, unless it is of another kind than these."""
    layer = read_layer(path, "scenario")
    require_kind(layer, *kinds)
    return replace(layer, kind=kind_of(layer.data))


def _path(layer: Layer) -> Path:
    assert layer.path is not None  # only what is typed has none
    return layer.path


def is_law(path: KeyPath) -> bool:
    """Tell whether a key holds a number, so that a table there is a law: one value, replaced whole."""
    match path:
        case ("factors" | "events", _, key):
            return key in KINDS
        case ("events", _, "effects", _, _) | ("indices", _, "weights", _):
            return True
    return False


def merge(into: dict[str, Any], data: Mapping[str, Any], path: KeyPath, layer: Layer, origin: dict[KeyPath, Layer]) -> None:
    """Merge a layer's tables into others, in place, and note that it states their keys.

    Parameters
    ----------
    into, data : mapping
        What there is, and what goes over it.
    path : tuple
        Where in the file both are.
    layer, origin
        The layer, and by key the one that states it last.
    """
    for key, value in data.items():
        here = (*path, key)
        origin[here] = layer
        if isinstance(value, dict) and not is_law(here):
            table = into.get(key)
            into[key] = dict(table) if isinstance(table, dict) else {}
            if path == ("events",):
                _drop_other_timing(into[key], value, here, origin)
            merge(into[key], value, here, layer, origin)
        else:
            into[key] = value


def _drop_other_timing(
    event: dict[str, Any], stated: Mapping[str, Any], path: KeyPath, origin: dict[KeyPath, Layer]
) -> None:
    """Take out of an event the older keys of its timing that cannot stand beside those that are stated now."""
    for key in [key for key in event if EXCLUDES.get(key, frozenset()) & stated.keys()]:
        del event[key]
        origin.pop((*path, key), None)
