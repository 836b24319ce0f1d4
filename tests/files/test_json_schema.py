"""The JSON Schema that editors check files with."""

import json
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pydantic
import pytest

from simulator.files.json_schema import json_schema
from simulator.files.layers import shipped

CURRENT = Path(__file__).parents[2] / "docs" / "scenario.schema.json"
SHIPPED = [*sorted(shipped("scenarios").glob("*.toml")), *sorted(shipped("seeds").glob("*.toml"))]


def plain(value: Any) -> Any:
    """Return TOML data as json has it: days as text."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


@pytest.fixture(scope="module")
def validator() -> Any:
    """A validator that checks formats too."""
    schema = json.loads(json_schema())
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    return kind(schema, format_checker=kind.FORMAT_CHECKER)


def errors_of(validator: Any, text: str) -> list[str]:
    return [error.message for error in validator.iter_errors(plain(tomllib.loads(text)))]


@pytest.mark.skipif(
    tuple(int(part) for part in pydantic.VERSION.split(".")[:2]) < (2, 10),
    reason="older releases of pydantic say the same schema in other words",
)
def test_the_schema_in_the_repository_is_current() -> None:
    assert CURRENT.read_text(encoding="utf-8") == json_schema(), "make schema writes it anew"


def test_the_schema_is_of_the_draft_it_names(validator: Any) -> None:
    assert type(validator).__name__ == "Draft202012Validator"


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_file_satisfies_the_schema(validator: Any, path: Path) -> None:
    assert errors_of(validator, path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_file_names_the_schema_for_editors(path: Path) -> None:
    line = path.read_text(encoding="utf-8").splitlines()[0]
    assert line.startswith("#:schema ")
    assert (path.parent / line.removeprefix("#:schema ")).resolve() == CURRENT


def test_the_toy_satisfies_the_schema(validator: Any, toy: str) -> None:
    assert errors_of(validator, toy) == []


def test_a_scenario_need_not_repeat_what_its_relationship_says(validator: Any) -> None:
    assert errors_of(validator, "[factors.nato]\nweight = 2\n[events.summit]\nenabled = false\n") == []


@pytest.mark.parametrize(
    "text",
    [
        "[factors.nato]\nwieght = 2",
        "[factors.nato]\nlevel = true",
        '[factors.nato]\nlevel = "12"',
        '[factors.nato]\nlevel = { dist = "uniforn", low = 1, high = 2 }',
        '[factors.nato]\nlevel = { dist = "uniform", low = 1 }',
        "[factors.nato]\nlevel = { p10 = 1, q90 = 2 }",
        '[factors.nato]\nconfidence = "sure"',
        "[events.x]\nbetween = [2025-01-01]",
        '[events.x]\non = "soon"',
        "[events.x]\ncooldown = -1",
        "[events.x.effects.nato]\njmup = 1",
        "months = 0",
        "months = 601",
        'name = "x"',
        "unknown = 1",
        "[run]\ndraws = 0",
        "[spillovers.nato]\narms = true",
        "[bands]\ncuts = [0]",
    ],
)
def test_the_schema_refuses_what_the_program_refuses(validator: Any, text: str) -> None:
    assert errors_of(validator, text) != []
