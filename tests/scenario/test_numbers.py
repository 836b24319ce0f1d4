"""Keys of numbers: as text and back, for every number that ships."""

from pathlib import Path
from typing import Any

import pytest

from simulator import read_scenario, shipped_scenarios
from simulator.files.layers import shipped
from simulator.scenario.numbers import KINDS, Key, Law, ends
from simulator.scenario.schema import digest

FILES = [*shipped_scenarios(), *sorted(shipped("seeds").glob("*.toml"))]
each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def as_stated(value: float | Law) -> Any:
    """Return a number as `--set` and `with_` take it."""
    return value if isinstance(value, float) else value.model_dump(exclude_none=True)


@each_file
def test_the_text_of_a_key_means_the_key(path: Path) -> None:
    keys = [key for key, _ in read_scenario(path).numbers()]
    assert len(keys) > 80
    assert [Key.parse(str(key)) for key in keys] == keys
    assert len(set(map(str, keys))) == len(keys)


@each_file
def test_the_text_of_a_key_is_what_a_change_takes(path: Path) -> None:
    scenario = read_scenario(path)
    assert digest(scenario.with_({str(key): as_stated(value) for key, value in scenario.numbers()})) == digest(scenario)


@each_file
def test_a_number_is_of_the_kind_that_its_key_says(path: Path) -> None:
    for key, value in read_scenario(path).numbers():
        low, high = ends(value, key.kind)
        assert key.kind.low <= low <= high <= key.kind.high, str(key)


@pytest.mark.parametrize("table", ["spillovers", "correlations"])
def test_links_have_keys_too(table: str) -> None:
    scenario = read_scenario("baseline")
    pairs = [(name, other) for name, links in getattr(scenario, table).items() for other in links.by_factor]
    assert pairs
    for name, other in pairs:
        key = Key.parse(f"{table}.{name}.{other}")
        assert key == Key(table, name, "link", other)
        assert str(key) == f"{table}.{name}.{other}"
        assert key.kind is KINDS["link"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "months",
        "run.seed",
        "factors.nato",
        "factors.nato.label",
        "events.e.effects.nato.label",
        "indices.i.weights",
        "a.b.c.d.e.f",
    ],
)
def test_what_is_no_number_has_no_key(text: str) -> None:
    with pytest.raises(ValueError, match="is not the key of a number"):
        Key.parse(text)
