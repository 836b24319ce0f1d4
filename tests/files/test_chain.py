"""A relationship may extend another: what it changes goes over what it builds on, and every line is known."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from simulator.errors import InvalidFile
from simulator.files.read import read_layers, read_recorded, read_scenario
from simulator.files.records import read_record
from simulator.review.show import show, unsourced

Write = Callable[..., Path]

LATER = """title = "Toy, later"
extends = "toy"
as_of = 2026-01-20

[factors.trade]
level = 61
rationale = "Trade has grown."
source = "assumption"

[events.summit]
rate = 0.25
rationale = "Once a year."
source = "assumption"
"""
SCENARIO = 'title = "S"\nrelationship = "later"\nmonths = 12\n[factors.arms]\nlevel = 33\n'


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Write, toy: str) -> Path:
    """A folder with a relationship, and one that extends it."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path, toy.replace("months = 12\n", ""), "seeds/toy.toml")
    write(tmp_path, LATER, "seeds/later.toml")
    return tmp_path


def problems_of(path: Path) -> list[tuple[str, str, str]]:
    with pytest.raises(InvalidFile) as error:
        read_scenario(path)
    return [(problem.where, problem.key, problem.message) for problem in error.value.problems]


def test_a_relationship_changes_the_keys_it_states_of_the_one_it_extends(here: Path, write: Write) -> None:
    first, later = read_scenario(here / "seeds/toy.toml"), read_scenario(here / "seeds/later.toml")
    assert (later.title, later.as_of, later.name) == ("Toy, later", date(2026, 1, 20), "later")
    assert (later.factors["trade"].level, later.factors["trade"].weight) == (61.0, first.factors["trade"].weight)
    assert later.factors["arms"] == first.factors["arms"]
    scenario = read_scenario(write(here, SCENARIO, "s.toml"))
    assert (scenario.relationship, scenario.begins) == ("later", date(2026, 1, 20))
    assert (scenario.factors["trade"].level, scenario.factors["arms"].level) == (61.0, 33.0)


def test_a_rate_stated_later_drops_the_day_of_the_relationship_it_extends(here: Path) -> None:
    summit = read_scenario(here / "seeds/later.toml").events["summit"]
    assert (summit.on, summit.probability, summit.rate) == (None, None, 0.25)


def test_only_what_the_scenario_changes_is_marked(here: Path, write: Write) -> None:
    reading = read_layers(write(here, SCENARIO, "s.toml"))
    assert [layer.kind for layer in reading.layers] == ["relationship", "relationship", "scenario"]
    marked = [line.strip() for line in show(reading).splitlines() if line.startswith("  *")]
    assert [line for line in marked if "trade" in line.lower()] == []
    assert any("arms" in line for line in marked)
    assert reading.scenario.own_events == ()


def test_a_key_is_placed_in_the_file_that_states_it(here: Path, write: Write) -> None:
    reading = read_layers(write(here, SCENARIO, "s.toml"))
    assert reading.place(("factors", "trade", "level")) == "seeds/later.toml:6"
    assert reading.place(("factors", "trade", "weight")).startswith("seeds/toy.toml:")
    write(here, LATER.replace("level = 61", "level = 610"), "seeds/later.toml")
    assert problems_of(here / "s.toml")[0] == (
        "seeds/later.toml:6",
        "factors.trade.level",
        "must be within 0 to 100; found 610",
    )


def test_the_strict_check_looks_at_the_later_file_alone(here: Path, write: Write) -> None:
    assert unsourced(read_layers(here / "seeds/later.toml")) == []
    write(here, LATER.replace('rationale = "Trade has grown."\n', ""), "seeds/later.toml")
    assert [problem.where for problem in unsourced(read_layers(here / "seeds/later.toml"))] == ["seeds/later.toml:5"]


def test_a_record_of_the_later_relationship_knows_the_names_of_both(here: Path, write: Write) -> None:
    text = 'title = "R"\nrelationship = "later"\nuntil = 2026-08-20\n[[happened]]\nevent = "crisis"\non = 2026-06-01\n'
    record = write(here, text + 'what = "It came."\nsource = "assumption"\n', "seeds/records/facts.toml")
    assert read_record(record).tells == tuple(read_scenario(here / "seeds/toy.toml").events)
    assert read_recorded(record).scenario.factors["trade"].level == 61.0
    told = SCENARIO.replace("months", 'record = "facts"\nmonths')
    assert read_scenario(write(here, told, "s.toml")).record == read_record(record)
    write(here, told.replace('"later"', '"toy"'), "s.toml")
    assert problems_of(here / "s.toml")[0][1:] == (
        "record",
        "facts is of the relationship 'later', and this scenario of 'toy'",
    )


@pytest.mark.parametrize(
    ("base", "fragment"),
    [
        ("later", "goes in a circle: later.toml -> later.toml"),
        ("toy.tom", "no shipped relationship has that name (did you mean 'toy.toml'?)"),
        ("../toy", "must be the name of a file in the same folder, or of a relationship that ships; found"),
        ("baseline", "no shipped relationship has that name"),
    ],
)
def test_what_a_relationship_extends_must_be_a_relationship(here: Path, write: Write, base: str, fragment: str) -> None:
    # a file that is called as what it extends means one that ships; by its whole name it means itself
    named = f"{base}.toml" if base == "later" else base
    write(here, LATER.replace('"toy"', f'"{named}"'), "seeds/later.toml")
    for path in (here / "seeds/later.toml", write(here, SCENARIO, "s.toml")):
        where, key, message = problems_of(path)[0]
        assert (where, key) == ("seeds/later.toml:2", "extends")
        assert fragment in message


def test_a_relationship_does_not_extend_a_scenario_beside_it(here: Path, write: Write) -> None:
    write(here, 'title = "S"\nrelationship = "toy"\nmonths = 12\n', "seeds/mine.toml")
    write(here, LATER.replace('"toy"', '"mine"'), "seeds/later.toml")
    assert problems_of(here / "seeds/later.toml") == [
        ("seeds/mine.toml", "", "is a scenario, not a relationship; use relsim run")
    ]


def test_a_relationship_may_be_called_as_the_shipped_one_that_it_extends(here: Path, write: Write) -> None:
    text = 'title = "Mine"\nextends = "us_russia"\nas_of = 2026-01-20\n'
    mine = read_scenario(write(here, text, "seeds/us_russia.toml"))
    assert (mine.title, mine.factors) == ("Mine", read_scenario("baseline").factors)
