"""The page of the founding brief: every id that it names exists in the file that it names."""

import re
from functools import cache
from pathlib import Path

import pytest

from simulator import Scenario, read_scenario, shipped_scenarios
from simulator.files.layers import shipped

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "brief.md").read_text(encoding="utf-8")
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ")]
NAMED = re.compile(r"`(?:(\w+): )?(factors|indices|events|questions)\.(\w+)`")
SEED = "us_russia_2026"
PRESENT = (SEED, "us_china_2026")
FILES = {path.stem: path for path in (*shipped("seeds").glob("*.toml"), *shipped_scenarios())}


@cache
def read(name: str) -> Scenario:
    return read_scenario(FILES[name])


def named() -> list[tuple[str, str, str]]:
    """Return every id of the page as file, table and name."""
    return sorted({(file or SEED, table, name) for file, table, name in NAMED.findall(PAGE)})


def test_the_page_has_a_row_for_each_point_of_the_brief() -> None:
    points = (
        "Arms control",
        "China in it",
        "Cyber",
        "norms",
        "Middle East",
        "counter-terrorism",
        "Energy",
        "sharing of resources",
        "Oil",
        "NATO",
        "burden",
        "Eastern Europe",
        "Sanctions",
        "Congress",
        "allies",
        "Human rights",
        "scrutiny of leniency",
        "Markets",
        "trade in **energy**",
        "trade in **technology**",
        "trade in **defense**",
        "Europe** reassesses",
        "China** watches",
        "US-China** trade",
        "regional security",
        "Asia** beyond China",
        "First meetings",
        "agenda",
        "failure",
    )
    first = [row.split("|")[1] for row in ROWS]
    assert [point for point in points if not any(point in cell for cell in first)] == []


@pytest.mark.parametrize(("file", "table", "name"), named(), ids=".".join)
def test_every_id_exists_in_the_file_that_the_page_names(file: str, table: str, name: str) -> None:
    assert name in getattr(read(file), table)


def test_a_dagger_marks_the_scenarios_that_do_not_begin_today() -> None:
    asked = re.findall(r"`(\w+): questions\.\w+`( †)?", PAGE)
    assert len(asked) > 30
    assert [file for file, dagger in asked if bool(dagger) == (read(file).relationship in PRESENT)] == []


def test_every_scenario_of_the_present_is_named() -> None:
    present = {path.stem for path in shipped_scenarios() if read(path.stem).relationship in PRESENT}
    assert present - {file for file, _, _ in named()} == set()
