"""Finding, reading and merging files, and every rule a file can break."""

import tomllib
from collections.abc import Callable
from datetime import date
from math import log
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
from commands import relsim
from hypothesis import example, given, settings
from hypothesis import strategies as st

from simulator.errors import InputOutputError, InvalidFile, SimulatorError
from simulator.files.advice import ADVICE
from simulator.files.find import find_scenario, shipped_scenarios
from simulator.files.layers import shipped
from simulator.files.read import read_layers, read_scenario
from simulator.files.toml import MAX_BYTES, _parsed, line_of, read_text
from simulator.scenario.distributions import Quantiles, Triangular
from simulator.scenario.numbers import KINDS, quantiles
from simulator.scenario.schema import Scenario, digest

Write = Callable[..., Path]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def mutants(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for files that a test writes again and again."""
    return tmp_path_factory.mktemp("mutants")


@pytest.fixture
def world(here: Path, write: Write, toy: str) -> Callable[..., Scenario]:
    """Return a function that reads a scenario text against the toy as its relationship."""
    write(here, toy.replace("months = 12\n", ""), "seeds/toy.toml")

    def read(text: str, *overrides: str) -> Scenario:
        head = 'title = "S"\nrelationship = "toy"\nmonths = 12\n'
        return read_scenario(write(here, head + text, "s.toml"), overrides)

    return read


def problems_of(path: Path, *overrides: str) -> list[tuple[str, str, str]]:
    with pytest.raises(InvalidFile) as error:
        read_scenario(path, overrides)
    return [(problem.where, problem.key, problem.message) for problem in error.value.problems]


# --- merging ---


def test_a_scenario_changes_the_key_it_states_and_leaves_the_others(world: Callable[..., Scenario]) -> None:
    factor = world("[factors.trade]\nlevel = 60\n").factors["trade"]
    assert (factor.level, factor.weight, factor.half_life, factor.label) == (60.0, 1.0, 2.0, "Trade")


def test_a_scenario_leaves_other_tables_as_they_are(world: Callable[..., Scenario]) -> None:
    changed, plain = world("[factors.trade]\nlevel = 60\n"), world("")
    assert changed.factors["arms"] == plain.factors["arms"]
    assert changed.events == plain.events
    assert (changed.title, changed.as_of, changed.months) == ("S", date(2025, 1, 20), 12)


def test_a_law_in_a_scenario_replaces_the_number_whole(world: Callable[..., Scenario]) -> None:
    scenario = world('[factors.trade]\nlevel = { dist = "triangular", low = 30, mode = 40, high = 50 }\n')
    assert scenario.factors["trade"].level == Triangular(dist="triangular", low=30, mode=40, high=50)


def test_a_law_in_a_scenario_replaces_another_law_whole(world: Callable[..., Scenario]) -> None:
    target = world("[factors.arms]\ntarget = { p25 = 30, p75 = 40 }\n").factors["arms"].target
    assert target == Quantiles(p25=30, p75=40)  # type: ignore[call-arg]


def test_a_law_written_as_a_table_of_its_own_replaces_another_whole(world: Callable[..., Scenario]) -> None:
    target = world("[factors.arms.target]\np25 = 30\np75 = 40\n").factors["arms"].target
    assert target == Quantiles(p25=30, p75=40)  # type: ignore[call-arg]


def test_a_number_in_a_scenario_replaces_a_law(world: Callable[..., Scenario]) -> None:
    assert world("[factors.arms]\ntarget = 33\n").factors["arms"].target == 33.0


def test_a_law_of_an_effect_is_replaced_whole_and_the_other_effect_stays(world: Callable[..., Scenario]) -> None:
    effects = (
        world('[events.crisis.effects.arms]\njump = { dist = "uniform", low = -9, high = -1 }\n').events["crisis"].effects
    )
    assert effects["arms"].shift == -2.0
    assert effects["arms"].jump.inverse(0.5) == -5.0  # type: ignore[union-attr]


def test_a_law_of_an_index_weight_is_replaced_whole(world: Callable[..., Scenario]) -> None:
    base = "[indices.unease.weights]\narms = { p10 = 1, p50 = 2, p90 = 3 }\n"
    weights = world(base).indices["unease"].weights
    assert weights["trade"] == -1.0
    assert weights["arms"] == Quantiles(p10=1, p50=2, p90=3)  # type: ignore[call-arg]
    assert world(base, "indices.unease.weights.arms={p20=1, p80=2}").indices["unease"].weights["arms"] == Quantiles(
        p20=1,
        p80=2,  # type: ignore[call-arg]
    )


def test_a_list_is_replaced_whole(world: Callable[..., Scenario]) -> None:
    bands = '[bands]\ncuts = [20, 50, 80]\nnames = ["a", "b", "c", "d"]\n'
    changed = world(bands, "bands.cuts=[40]", 'bands.names=["low", "high"]').bands
    assert (changed.cuts, changed.names) == ((40.0,), ("low", "high"))


def test_event_keys_merge_one_by_one(world: Callable[..., Scenario]) -> None:
    event = world("[events.crisis]\nrate = 2\n").events["crisis"]
    assert (event.rate, event.cooldown, event.when) == (2.0, 2, "warmth < 60")


def test_an_event_can_be_switched_off(world: Callable[..., Scenario]) -> None:
    events = world("[events.crisis]\nenabled = false\n").events
    assert (events["crisis"].enabled, events["summit"].enabled) == (False, True)


def test_a_scenario_adds_factors_events_and_questions(world: Callable[..., Scenario]) -> None:
    text = (
        '[factors.rapport]\nlabel = "R"\nlevel = 50\nweight = 1\nhalf_life = 1\nvolatility = 1\nsettling = 1\ndrift = 0\n'
        '[events.visit]\nlabel = "V"\nrate = 1\n[questions.met]\nask = "visit"\n'
    )
    scenario = world(text)
    assert list(scenario.factors) == ["trade", "arms", "rapport"]
    assert list(scenario.events) == ["summit", "crisis", "visit"]
    assert list(scenario.questions) == ["warmer", "met"]


def test_an_override_wins_over_the_scenario_and_the_last_override_over_the_first(world: Callable[..., Scenario]) -> None:
    text = "[factors.trade]\nlevel = 60\n"
    assert world(text, "factors.trade.level=70").factors["trade"].level == 70.0
    assert world(text, "factors.trade.level=70", "factors.trade.level=71").factors["trade"].level == 71.0


def test_an_override_is_toml(world: Callable[..., Scenario]) -> None:
    scenario = world(
        "",
        'title="Other"',
        "factors.trade.target={p10=40, p90=60}",
        "events.crisis.repeats=false",
        "events.crisis.cooldown=0",
    )
    assert scenario.title == "Other"
    assert scenario.factors["trade"].target == Quantiles(p10=40, p90=60)  # type: ignore[call-arg]
    assert scenario.events["crisis"].repeats is False


def test_a_chain_of_extends_merges_from_the_far_end(here: Path, write: Write, world: Callable[..., Scenario]) -> None:
    world("")
    write(
        here, 'title = "A"\nrelationship = "toy"\nmonths = 6\n[factors.trade]\nlevel = 1\nweight = 1\ndrift = 1\n', "a.toml"
    )
    write(here, 'title = "B"\nextends = "a.toml"\n[factors.trade]\nlevel = 2\nweight = 2\n', "b.toml")
    scenario = read_scenario(write(here, 'title = "C"\nextends = "b.toml"\n[factors.trade]\nlevel = 3\n', "c.toml"))
    factor = scenario.factors["trade"]
    assert (factor.level, factor.weight, factor.drift, factor.settling) == (3.0, 2.0, 1.0, 12.0)
    assert (scenario.title, scenario.months, scenario.name) == ("C", 6, "c")


def test_a_scenario_that_ships_is_extended_by_its_bare_name(here: Path, write: Write, toy: str) -> None:
    # its relationship is the one beside it, whatever lies beside the file that extends it
    write(here, toy, "seeds/us_russia.toml")
    scenario = read_scenario(write(here, 'title = "S"\nextends = "negotiated_reset"\n[factors.nato]\nlevel = 3\n', "s.toml"))
    base = read_scenario("negotiated_reset")
    assert scenario.factors["nato"].level == 3.0
    assert scenario.events == base.events
    assert (scenario.title, scenario.months, scenario.relationship) == ("S", base.months, "us_russia")


@pytest.mark.parametrize("name", ["baseline", "baseline.toml"])
def test_a_file_beside_goes_before_the_scenario_that_ships(
    here: Path, write: Write, world: Callable[..., Scenario], name: str
) -> None:
    world("")
    write(here, 'title = "B"\nrelationship = "toy"\nmonths = 6\n', "baseline.toml")
    assert read_scenario(write(here, f'extends = "{name}"\n', "mine.toml")).months == 6


def test_a_file_may_be_called_as_the_scenario_that_it_extends(here: Path, write: Write) -> None:
    scenario = read_scenario(write(here, 'title = "Mine"\nextends = "baseline"\n', "baseline.toml"))
    assert (scenario.title, scenario.events) == ("Mine", read_scenario("baseline").events)


def test_a_record_lies_beside_the_file_that_names_it(here: Path, write: Write, world: Callable[..., Scenario]) -> None:
    world("")
    told = 'title = "R"\nrelationship = "toy"\nuntil = 2025-06-20\n'
    write(here, told, "seeds/records/facts.toml")
    base = write(here, 'title = "B"\nrelationship = "toy"\nmonths = 6\nrecord = "facts"\n', "base.toml")
    assert read_scenario(write(here, 'extends = "base.toml"\n', "mine.toml")).record == read_scenario(base).record


def test_a_layer_is_known_by_the_file_that_states_it(here: Path, write: Write, world: Callable[..., Scenario]) -> None:
    world("")
    path = write(here, 'title = "A"\nrelationship = "toy"\nmonths = 6\n[factors.trade]\nlevel = 1\n', "a.toml")
    reading = read_layers(path, ["factors.arms.weight=3"])
    stated = {
        key: reading.origin[("factors", *key)].where for key in (("trade", "level"), ("trade", "weight"), ("arms", "weight"))
    }
    assert stated == {
        ("trade", "level"): "a.toml",
        ("trade", "weight"): "seeds/toy.toml",
        ("arms", "weight"): "--set factors.arms.weight=3",
    }


def test_a_relationship_is_found_beside_the_folder_of_scenarios(
    here: Path, write: Write, world: Callable[..., Scenario]
) -> None:
    world("")
    scenario = read_scenario(write(here, 'title = "S"\nrelationship = "toy"\nmonths = 3\n', "scenarios/s.toml"))
    assert list(scenario.factors) == ["trade", "arms"]


def test_one_file_may_be_relationship_and_scenario(tmp_path: Path, write: Write, toy: str) -> None:
    scenario = read_scenario(write(tmp_path, toy))
    assert (scenario.name, scenario.title, scenario.months, scenario.run.draws) == ("toy", "Toy", 12, 500)


def test_the_digest_changes_with_every_statement_but_not_with_defaults_of_the_run(
    tmp_path: Path, write: Write, toy: str
) -> None:
    path = write(tmp_path, toy)
    plain = digest(read_scenario(path))
    assert len(plain) == 12
    assert digest(read_scenario(path, ["run.draws=77"])) == plain
    assert digest(read_scenario(path, ["factors.trade.drift=1.0000001"])) != plain
    assert digest(read_scenario(path, ['questions.warmer.ask="warmth > 35"'])) != plain


# --- finding ---


def test_a_scenario_that_ships_is_found_by_its_bare_name(here: Path) -> None:
    assert find_scenario("baseline") == shipped("scenarios") / "baseline.toml"
    assert read_scenario("baseline").name == "baseline"


def test_a_file_wins_over_the_shipped_scenario_of_that_name(here: Path, write: Write, toy: str) -> None:
    write(here, toy, "baseline")
    assert read_scenario("baseline").title == "Toy"


@pytest.mark.parametrize(
    "path", [*shipped_scenarios(), *sorted(shipped("seeds").glob("*.toml"))], ids=lambda path: path.stem
)
def test_every_shipped_file_loads(path: Path) -> None:
    assert read_scenario(path).title != ""


def test_a_missing_scenario_is_named_with_the_nearest_that_ships(here: Path) -> None:
    with pytest.raises(InputOutputError, match=r"basline: no such file.*did you mean 'baseline'"):
        read_scenario("basline")


def test_a_folder_is_no_scenario(here: Path) -> None:
    with pytest.raises(InputOutputError, match="is a folder, not a file that holds a scenario"):
        read_scenario(here)


def test_a_name_longer_than_file_names_may_be_is_refused_like_any_other(here: Path, write: Write) -> None:
    long = "x" * 300
    with pytest.raises(InputOutputError, match="no such file"):
        read_scenario(long)
    assert problems_of(write(here, f'relationship = "{long}"\n'))[0][1] == "relationship"
    assert problems_of(write(here, f'extends = "{long}"\n'))[0][1] == "extends"


@pytest.mark.parametrize(
    ("text", "key", "fragment"),
    [
        ('extends = "s.toml"', "extends", "goes in a circle: s.toml -> s.toml"),
        ('extends = "b.toml"', "extends", "goes in a circle: s.toml -> b.toml -> s.toml"),
        ('extends = "../x.toml"', "extends", "must be the name of a file in the same folder"),
        ('extends = "sub/x.toml"', "extends", "must be the name of a file in the same folder"),
        ('extends = "/etc/passwd"', "extends", "must be the name of a file in the same folder"),
        ('extends = ".."', "extends", "no file '..'"),
        ('extends = ""', "extends", "no file ''"),
        ("extends = 3", "extends", "must be the name of a file in the same folder, or of a scenario that ships; found 3"),
        ('extends = "bb.toml"', "extends", "no file 'bb.toml'"),
        ('extends = "a\\u0000.toml"', "extends", "no file"),
        ('extends = "b.toml"\nrelationship = "toy"', "relationship", "not both"),
        ('relationship = "tyo"', "relationship", "no relationship is called 'tyo' (did you mean 'toy'?)"),
        ('relationship = "../seeds/toy"', "relationship", "no relationship is called"),
        ("relationship = 3", "relationship", "no relationship is called 3"),
        ('relationship = ""', "relationship", "no relationship is called ''"),
    ],
)
def test_what_a_file_builds_on_must_be_there(here: Path, write: Write, toy: str, text: str, key: str, fragment: str) -> None:
    write(here, toy, "seeds/toy.toml")
    write(here, 'title = "B"\nextends = "s.toml"\n', "b.toml")
    path = write(here, f'\ntitle = "S"\n{text}\n', "s.toml")
    where, found, message = problems_of(path)[0]
    assert found == key
    assert fragment in message
    assert where in ("s.toml:3", "s.toml:4", "b.toml:2")


def test_a_circle_is_reported_where_it_closes(here: Path, write: Write) -> None:
    write(here, 'title = "B"\nextends = "a.toml"\n', "b.toml")
    path = write(here, 'title = "A"\nextends = "b.toml"\n', "a.toml")
    assert problems_of(path) == [("b.toml:2", "extends", "goes in a circle: a.toml -> b.toml -> a.toml")]


@pytest.mark.parametrize("override", ["factors.trade.weight", "weight=", "=3", "a=b", "a.b=1\nc=2", "", "title=Toy"])
def test_an_override_that_is_not_key_and_toml_value_is_refused(here: Path, write: Write, toy: str, override: str) -> None:
    where, key, message = problems_of(write(here, toy), override)[0]
    assert (where, key) == (f"--set {override}", "")
    assert message.startswith("write key=value with a TOML value")


def test_a_broken_rule_in_an_override_is_reported_under_it(here: Path, write: Write, toy: str) -> None:
    assert problems_of(write(here, toy), "factors.trade.wieght=2") == [
        ("--set factors.trade.wieght=2", "factors.trade.wieght", "unknown key (did you mean 'weight'?)")
    ]


@pytest.mark.parametrize("override", ['relationship="us_russia"', 'extends="other.toml"'])
def test_an_override_cannot_change_what_a_file_builds_on(here: Path, write: Write, toy: str, override: str) -> None:
    # both would be read too late to take effect, and be ignored without a word
    (where, key, _), *_ = problems_of(write(here, toy), override)
    assert (where, key) == (f"--set {override}", override.split("=", maxsplit=1)[0])


# --- every rule broken once; "# here" marks the line that must be named ---

LEVEL, TARGET = "level = 40\n", "target = { p10 = 20, p50 = 35, p90 = 55 }\n"
SUMMIT = "on = 2025-06-15\nprobability = 0.5\n"
WEIGHTS = "weights = { trade = -1, arms = 0.5 }\n"
ASK = 'ask = "warmth >= 35"\n'
END = ""  # appended, instead of replacing something
BROKEN: list[tuple[str, str, str, str, str]] = [
    # name, what is replaced, by what, dotted key, fragment of the message
    ("title missing", 'title = "Toy"\n', "# here\n", "title", "missing; it has no default"),
    ("as_of missing", "as_of = 2025-01-20\n", "", "as_of", "missing; a relationship says which day"),
    ("title a number", 'title = "Toy"', "title = 3 # here", "title", "must be text in quotes; found 3"),
    ("unknown key at the root", "months = 12", "mnoths = 12 # here", "mnoths", "unknown key (did you mean 'months'?)"),
    ("the name of a file", "months = 12", 'months = 12\nname = "x" # here', "name", "a scenario's name is its file's"),
    ("unknown key of a factor", "weight = 1\n", "weight = 1\nwieght = 1 # here\n", "factors.trade.wieght", "(did you mean 'weight'?)"),
    ("unknown key like none", "weight = 1\n", "weight = 1\nzzz = 1 # here\n", "factors.trade.zzz", "unknown key; known: label, level"),
    ("unknown key with a dot", "weight = 1\n", 'weight = 1\n"a.b" = 1 # here\n', 'factors.trade."a.b"', "unknown key"),
    ("unknown key of run", "seed = 3", "seed = 3\nsede = 3 # here", "run.sede", "(did you mean 'seed'?)"),
    ("unknown key of an event", SUMMIT, SUMMIT + "probabilty = 1 # here\n", "events.summit.probabilty", "(did you mean 'probability'?)"),
    ("unknown key of an effect", "{ jump = 5 }", "{ jmup = 5 } # here", "events.summit.effects.trade.jmup", "(did you mean 'jump'?)"),
    ("unknown key of an index", WEIGHTS, WEIGHTS + "weigths = 1 # here\n", "indices.unease.weigths", "(did you mean 'weights'?)"),
    ("unknown key of a question", ASK, ASK + "bye = 2025-05-01 # here\n", "questions.warmer.bye", "(did you mean 'by'?)"),
    ("unknown key of bands", "[run]", '[bands]\ncuts = [50]\nnames = ["a", "b"]\ncolor = 1 # here\n[run]', "bands.color", "unknown key; known: cuts, names"),
    ("unknown key of notes", "arms = 0.2\n", 'arms = 0.2\nnotes = { sorce = "x" } # here\n', "spillovers.trade.notes.sorce", "(did you mean 'source'?)"),
    ("unknown key of a law", LEVEL, 'level = { dist = "uniform", low = 1, hihg = 2, high = 3 } # here\n', "factors.trade.level.hihg", "(did you mean 'high'?)"),
    ("law in a table of its own", LEVEL, "", "factors.trade.level.hihg", "(did you mean 'high'?)"),
    ("missing key of a factor", "[factors.trade]\nlabel = \"Trade\"\nlevel = 40\n", "[factors.trade] # here\nlabel = \"Trade\"\n", "factors.trade.level", "missing; it has no default"),
    ("an event that says nothing", '[events.summit]\nlabel = "A summit"\non = 2025-06-15\nprobability = 0.5\neffects.trade = { jump = 5 }\n', "[events.summit] # here\non = 2025-06-15\nprobability = 0.5\n", "events.summit.label", "missing; an event states a label, or what it does"),
    ("missing condition", ASK, "", "questions.warmer.ask", "missing"),
    ("missing parameter of a law", LEVEL, 'level = { dist = "triangular", low = 1, high = 3 } # here\n', "factors.trade.level.mode", "missing"),
    ("boolean for a number", LEVEL, "level = true # here\n", "factors.trade.level", "must be a number; found true"),
    ("text for a number", LEVEL, 'level = "40" # here\n', "factors.trade.level", 'must be a number; write 40, without quotes; found "40"'),
    ("list for a number", LEVEL, "level = [40] # here\n", "factors.trade.level", "must be a number; found [40]"),
    ("date for a number", LEVEL, "level = 2025-01-01 # here\n", "factors.trade.level", "must be a number; found 2025-01-01"),
    ("boolean in a law", LEVEL, "level = { p10 = true, p90 = 50 } # here\n", "factors.trade.level.p10", "must be a number; found true"),
    ("boolean spillover", "arms = 0.2", "arms = true # here", "spillovers.trade.arms", "must be a number; found true"),
    ("a law for a spillover", "arms = 0.2", "arms = { p10 = 1, p90 = 2 } # here", "spillovers.trade.arms", "must be a number"),
    ("nan", LEVEL, "level = nan # here\n", "factors.trade.level", "must be a finite number; found NaN"),
    ("inf", "weight = 1\n", "weight = inf # here\n", "factors.trade.weight", "must be a finite number; found Infinity"),
    ("minus inf in a law", LEVEL, "level = { p10 = -inf, p90 = 5 } # here\n", "factors.trade.level.p10", "must be a finite number"),
    ("nan correlation", "arms = 0.3", "arms = nan # here", "correlations.trade.arms", "must be a finite number"),
    ("level above 100", LEVEL, "level = 100.5 # here\n", "factors.trade.level", "must be within 0 to 100; found 100.5"),
    ("level under 0", LEVEL, "level = -1 # here\n", "factors.trade.level", "must be within 0 to 100; found -1"),
    ("target out of range", TARGET, "target = 101 # here\n", "factors.arms.target", "must be within 0 to 100; found 101"),
    ("no half-life", "half_life = 2", "half_life = 0 # here", "factors.trade.half_life", "must be within 0.01 to 1e+09; found 0"),
    ("a half-life past counting", "half_life = 2", "half_life = 1e300 # here", "factors.trade.half_life", "must be within 0.01 to 1e+09; found 1e+300"),
    ("a law past counting", "settling = 12", 'settling = { dist = "pert", low = 0.01, mode = 1e300, high = 1.7e308 } # here', "factors.trade.settling", "must stay within 0.01 to 1e+09"),
    ("no settling", "settling = 12", "settling = 0 # here", "factors.trade.settling", "must be within 0.01 to 1e+09; found 0"),
    ("negative volatility", "volatility = 2", "volatility = -2 # here", "factors.trade.volatility", "must be within 0 to 100; found -2"),
    ("negative drift", "drift = 1", "drift = -0.5 # here", "factors.trade.drift", "must be within 0 to 100; found -0.5"),
    ("negative rate", "rate = 0.5", "rate = -1 # here", "events.crisis.rate", "must be within 0 to 365; found -1"),
    ("probability above 1", "probability = 0.5", "probability = 50 # here", "events.summit.probability", "must be within 0 to 1; write 0.5 for 50 %; found 50"),
    ("jump out of range", "{ jump = 5 }", "{ jump = 101 } # here", "events.summit.effects.trade.jump", "must be within -100 to 100; found 101"),
    ("shift out of range", "{ jump = 5 }", "{ shift = -101 } # here", "events.summit.effects.trade.shift", "must be within -100 to 100; found -101"),
    ("no duration", "cooldown = 2", "cooldown = 2\nlasts = 0 # here", "events.crisis.lasts", "must be within 0.01 to 1e+09; found 0"),
    ("negative cooldown", "cooldown = 2", "cooldown = -1 # here", "events.crisis.cooldown", "must be at least 0; found -1"),
    ("half a cooldown", "cooldown = 2", "cooldown = 2.5 # here", "events.crisis.cooldown", "must be a whole number; found 2.5"),
    ("boolean cooldown", "cooldown = 2", "cooldown = true # here", "events.crisis.cooldown", "must be a whole number; found true"),
    ("number for a boolean", "repeats = true", "repeats = 1 # here", "events.crisis.repeats", "must be true or false; found 1"),
    ("no months", "months = 12", "months = 0 # here", "months", "must be at least 1; found 0"),
    ("too many months", "months = 12", "months = 601 # here", "months", "must be at most 600; found 601"),
    ("half a month", "months = 12", "months = 12.5 # here", "months", "must be a whole number"),
    ("no draws", "draws = 500", "draws = 0 # here", "run.draws", "must be at least 1; found 0"),
    ("too many draws", "draws = 500", "draws = 1_000_000_001 # here", "run.draws", "must be at most 1,000,000,000"),
    ("negative seed", "seed = 3", "seed = -3 # here", "run.seed", "must be at least 0; found -3"),
    ("date in quotes", "as_of = 2025-01-20", 'as_of = "2025-01-20" # here', "as_of", "must be a date such as 2025-01-20, without quotes"),
    ("date with a time", "as_of = 2025-01-20", "as_of = 2025-01-20T12:00:00 # here", "as_of", "or time of day"),
    ("date with midnight", "as_of = 2025-01-20", "as_of = 2025-01-20T00:00:00 # here", "as_of", "or time of day"),
    ("a number for a date", "on = 2025-06-15", "on = 2025 # here", "events.summit.on", "must be a date; found 2025".replace(";", " such as 2025-01-20, without quotes or time of day;")),
    ("number for a table", "[run]\ndraws = 500\nseed = 3\n", "", "run", "must be a table of keys; found 3"),
    ("list of tables", "[run]", "[[run]] # here", "run", "must be a table of keys"),
    ("a number for a factor", END, "[factors]\nnato = 3 # here\n", "factors.nato", "must be a table of keys; found 3"),
    ("a number for an effect", "effects.trade = { jump = 5 }", "effects.trade = 5 # here", "events.summit.effects.trade", "must be a table of keys, { jump = 5 } for what dies away or { shift = 5 } for what stays; found 5"),
    ("confidence unknown", "drift = 1", 'drift = 1\nconfidence = "sure" # here', "factors.trade.confidence", "must be one of 'low', 'medium' or 'high'; found \"sure\""),
    ("window of one day", SUMMIT, "between = [2025-06-15] # here\nprobability = 0.5\n", "events.summit.between", "needs at least 2 values"),
    ("window of three days", SUMMIT, "between = [2025-06-15, 2025-07-15, 2025-08-15] # here\nprobability = 0.5\n", "events.summit.between", "takes at most 2 values"),
    ("window that is no list", SUMMIT, "between = 2025-06-15 # here\nprobability = 0.5\n", "events.summit.between", "must be a list in [ ]"),
    # names
    ("upper-case name", "[questions.warmer]", "[questions.Warmer] # here", "questions.Warmer", "names are lower-case letters, digits and _"),
    ("name with a hyphen", "[indices.unease]", "[indices.un-ease] # here", "indices.un-ease", "names are lower-case"),
    ("name with a digit first", "[indices.unease]", "[indices.1unease] # here", "indices.1unease", "names are lower-case"),
    ("name of 41 letters", "[indices.unease]", f"[indices.{'u' * 41}] # here", "indices." + "u" * 41, "at most 40 long"),
    ("reserved name", "[questions.warmer]", "[questions.not] # here", "questions.not", "'not' is a reserved word"),
    ("event named as a factor", "[events.summit]", "[events.trade] # here", "events.trade", "the name 'trade' is already taken in factors"),
    ("index named as a factor", "[indices.unease]", "[indices.trade] # here", "indices.trade", "already taken in factors"),
    ("event named as an index", "[events.summit]", "[events.unease] # here", "events.unease", "already taken in indices"),
    ("event named warmth", "[events.summit]", "[events.warmth] # here", "events.warmth", "already taken in indices"),
    # timing
    ("on and between", SUMMIT, SUMMIT + "between = [2025-06-15, 2025-07-15]\n", "events.summit", "give `on` or `between`, not both"),
    ("rate on a date", SUMMIT, "on = 2025-06-15\nrate = 1\n", "events.summit", "`rate` does not go with `on`"),
    ("rate and probability", "rate = 0.5\n", "rate = 0.5\nprobability = 0.5\n", "events.crisis", "give `rate` or `probability`, not both"),
    ("no chance", SUMMIT, "on = 2025-06-15\n", "events.summit", "needs a chance"),
    ("repeats on a date", SUMMIT, SUMMIT + "repeats = true\n", "events.summit", "`repeats` needs `rate`, `between` or a `probability` of the whole horizon"),
    ("repeats of one trial", "rate = 0.5\n", "probability = 0.5\n", "events.crisis", "`repeats` needs `rate`, `between` or a `probability` of the whole horizon"),
    ("cooldown without repeats", "repeats = true\n", "", "events.crisis", "`cooldown` goes with `repeats = true`"),
    ("window backwards", SUMMIT, "between = [2025-07-15, 2025-06-15]\nprobability = 1\n", "events.summit", "`between` must begin before it ends"),
    ("an effect of nothing", "{ jump = 5 }", "{} # here", "events.summit.effects.trade", "an effect needs a jump, a shift, or both"),
    ("on and by", ASK, ASK + "on = 2025-05-01\nby = 2025-05-01\n", "questions.warmer", "give `on` or `by`, not both"),
    # bands
    ("cuts fall", "[run]", '[bands] # here\ncuts = [50, 40]\nnames = ["a", "b", "c"]\n[run]', "bands", "cuts must increase"),
    ("cuts equal", "[run]", '[bands] # here\ncuts = [50, 50]\nnames = ["a", "b", "c"]\n[run]', "bands", "cuts must increase"),
    ("too few names", "[run]", '[bands] # here\ncuts = [50]\nnames = ["a"]\n[run]', "bands", "1 cuts make 2 bands, not 1"),
    ("same name twice", "[run]", '[bands] # here\ncuts = [50]\nnames = ["a", "a"]\n[run]', "bands", "names must differ"),
    ("cut at 0", "[run]", '[bands]\ncuts = [0] # here\nnames = ["a", "b"]\n[run]', "bands.cuts.0", "must be above 0"),
    ("cut at 100", "[run]", '[bands]\ncuts = [100] # here\nnames = ["a", "b"]\n[run]', "bands.cuts.0", "must be under 100"),
    ("bands of an index", WEIGHTS, WEIGHTS + 'bands = { cuts = [9, 8], names = ["a", "b", "c"] } # here\n', "indices.unease.bands", "cuts must increase"),
    # dates
    ("event before the start", "on = 2025-06-15", "on = 2024-06-15 # here", "events.summit.on", "must be after the start, 2025-01-20; found 2024-06-15"),
    ("event on the start", "on = 2025-06-15", "on = 2025-01-20 # here", "events.summit.on", "must be after the start"),
    ("window from before the start", SUMMIT, "between = [2025-01-10, 2025-07-15] # here\nprobability = 1\n", "events.summit.between.0", "must be after the start"),
    ("event after the own horizon", "on = 2025-06-15", "on = 2026-01-21 # here", "events.summit.on", "is after the horizon, 2026-01-20"),
    ("window past the own horizon", SUMMIT, "between = [2025-02-10, 2026-01-21] # here\nprobability = 1\n", "events.summit.between.1", "is after the horizon"),
    ("question after the own horizon", ASK, ASK + "on = 2026-01-21 # here\n", "questions.warmer.on", "is after the horizon, 2026-01-20 (12 months from 2025-01-20); found 2026-01-21"),
    ("question before the start", ASK, ASK + "by = 2025-01-19 # here\n", "questions.warmer.by", "must be after the start"),
    # laws
    ("unknown law", LEVEL, 'level = { dist = "uniforn", low = 1, high = 3 } # here\n', "factors.trade.level.dist", "unknown distribution 'uniforn' (did you mean 'uniform'?)"),
    ("law number", LEVEL, 'level = { dist = "gaussian", mean = 3 } # here\n', "factors.trade.level.dist", "unknown distribution 'gaussian'; known: normal"),
    ("normal without spread", LEVEL, 'level = { dist = "normal", mean = 40, sd = 0 } # here\n', "factors.trade.level.sd", "must be above 0"),
    ("normal too wide", LEVEL, 'level = { dist = "normal", mean = 40, sd = 20 } # here\n', "factors.trade.level", "puts 2.4% of its probability outside 0 to 100"),
    ("normal cut nowhere", LEVEL, 'level = { dist = "normal", mean = 40, sd = 1, low = 50, high = 45 } # here\n', "factors.trade.level", "low must be under high; they are 50 and 45"),
    ("normal cut far away", LEVEL, 'level = { dist = "normal", mean = 10, sd = 1, low = 90 } # here\n', "factors.trade.level", "has almost no probability between 90 and 100"),
    ("law cut outside its range", LEVEL, 'level = { dist = "normal", mean = 40, sd = 1, low = -5 } # here\n', "factors.trade.level", "must stay within 0 to 100"),
    ("lognormal by a negative mean", LEVEL, 'level = { dist = "lognormal", mean = -4, sd = 1 } # here\n', "factors.trade.level.mean", "must be above 0"),
    ("lognormal past what floats hold", "weight = 1\n", 'weight = { dist = "lognormal", mean = 1, sd = 1e200 } # here\n', "factors.trade.weight", ""),
    ("lognormal too wide", LEVEL, 'level = { dist = "lognormal", mean = 60, sd = 60 } # here\n', "factors.trade.level", "of its probability outside 0 to 100"),
    ("beta by a mean of 1", "probability = 0.5", 'probability = { dist = "beta", mean = 1, sd = 0.1 } # here', "events.summit.probability.mean", "must be under 1"),
    ("beta too wide", "probability = 0.5", 'probability = { dist = "beta", mean = 0.5, sd = 0.5 } # here', "events.summit.probability", "a beta law with mean 0.5 needs 5e-05 < sd < 0.5"),
    ("beta too narrow", "probability = 0.5", 'probability = { dist = "beta", mean = 0.05, sd = 1e-10 } # here', "events.summit.probability", 'a beta law with mean 0.05 needs 2.179e-05 < sd < 0.2179; found {"dist": "beta", "mean": 0.05, "sd": 1e-10}'),
    ("beta whose variance underflows", "probability = 0.5", 'probability = { dist = "beta", mean = 0.3, sd = 1e-200 } # here', "events.summit.probability", "a beta law with mean 0.3 needs 4.583e-05 < sd < 0.4583"),
    ("beta whose variance overflows", "probability = 0.5", 'probability = { dist = "beta", mean = 0.3, sd = 1e300 } # here', "events.summit.probability", "a beta law with mean 0.3 needs 4.583e-05 < sd < 0.4583"),
    ("lognormal too narrow", LEVEL, 'level = { dist = "lognormal", mean = 4, sd = 1e-300 } # here\n', "factors.trade.level", 'sd must be 1e-150 to 1,000 times the mean of a lognormal law; found {"dist": "lognormal", "mean": 4, "sd": 1e-300}'),
    ("quantiles too close", LEVEL, "level = { p10 = 5e-324, p90 = 1e-323, low = 1, high = 2 } # here\n", "factors.trade.level", "quantiles lie too close together, or too far apart, for a law through them"),
    ("quantiles too far apart", TARGET, "target = { p10 = 30, p50 = 40, p90 = 1.7e308, high = 50 } # here\n", "factors.arms.target", "quantiles lie too close together, or too far apart, for a law through them"),
    ("uniform on a point", LEVEL, 'level = { dist = "uniform", low = 3, high = 3 } # here\n', "factors.trade.level", "low must be under high; they are 3 and 3"),
    ("uniform out of range", LEVEL, 'level = { dist = "uniform", low = 90, high = 101 } # here\n', "factors.trade.level", "must stay within 0 to 100"),
    ("triangular out of order", LEVEL, 'level = { dist = "triangular", low = 3, mode = 2, high = 4 } # here\n', "factors.trade.level", "low <= mode <= high with low < high is needed; they are 3, 2, 4"),
    ("triangular on a point", LEVEL, 'level = { dist = "triangular", low = 3, mode = 3, high = 3 } # here\n', "factors.trade.level", "low < high is needed"),
    ("pert out of order", LEVEL, 'level = { dist = "pert", low = 3, mode = 5, high = 4 } # here\n', "factors.trade.level", "low <= mode <= high"),
    ("discrete sum", LEVEL, 'level = { dist = "discrete", values = [1, 2], probabilities = [0.5, 0.4] } # here\n', "factors.trade.level", "probabilities must sum to 1; they sum to 0.9"),
    ("discrete order", LEVEL, 'level = { dist = "discrete", values = [2, 1], probabilities = [0.5, 0.5] } # here\n', "factors.trade.level", "values must increase"),
    ("discrete lengths", LEVEL, 'level = { dist = "discrete", values = [1, 2, 3], probabilities = [0.5, 0.5] } # here\n', "factors.trade.level", "3 values need as many probabilities, not 2"),
    ("discrete empty", LEVEL, 'level = { dist = "discrete", values = [], probabilities = [] } # here\n', "factors.trade.level.values", "needs at least 1 values"),
    ("discrete negative", LEVEL, 'level = { dist = "discrete", values = [1, 2], probabilities = [1.5, -0.5] } # here\n', "factors.trade.level.probabilities.0", "must be at most 1"),
    ("discrete out of range", LEVEL, 'level = { dist = "discrete", values = [1, 200], probabilities = [0.5, 0.5] } # here\n', "factors.trade.level", "must stay within 0 to 100"),
    ("quantiles fall", LEVEL, "level = { p10 = 30, p50 = 20, p90 = 40 } # here\n", "factors.trade.level", "quantiles must increase with their percentage"),
    ("quantiles equal", LEVEL, "level = { p10 = 30, p90 = 30 } # here\n", "factors.trade.level", "quantiles must increase"),
    ("one quantile", LEVEL, "level = { p50 = 30 } # here\n", "factors.trade.level", "two or three quantiles make a law, such as p10, p50 and p90; found 1"),
    ("four quantiles", LEVEL, "level = { p10 = 1, p20 = 2, p30 = 3, p40 = 4 } # here\n", "factors.trade.level", "found 4"),
    ("quantile zero", LEVEL, "level = { p0 = 1, p50 = 3 } # here\n", "factors.trade.level", "quantiles written p1 to p99; not 'p0'"),
    ("quantile hundred", LEVEL, "level = { p50 = 1, p100 = 3 } # here\n", "factors.trade.level", "not 'p100'"),
    ("quantile twice", LEVEL, "level = { p5 = 1, p05 = 3 } # here\n", "factors.trade.level", "quantiles must increase"),
    ("no quantile", LEVEL, "level = { mean = 3, sd = 4 } # here\n", "factors.trade.level", "a law has `dist`, or quantiles written p1 to p99; not 'mean', 'sd'"),
    ("empty law", LEVEL, "level = {} # here\n", "factors.trade.level", "found 0"),
    ("quantile at the upper end", "probability = 0.5", "probability = { p10 = 0.1, p50 = 0.5, p90 = 1 } # here", "events.summit.probability", "quantiles must lie between 0 and 1, not at an end"),
    ("quantile at the lower end", "weight = 1\n", "weight = { p10 = 0, p50 = 1, p90 = 2 } # here\n", "factors.trade.weight", "quantiles must lie between 0 and 1e+06, not at an end"),
    ("quantile outside", LEVEL, "level = { p10 = 30, p90 = 101 } # here\n", "factors.trade.level", "quantiles must lie between 0 and 100, not at an end"),
    ("cases of a probability", "probability = 0.5", "probability = { counted = 1, years = 2 } # here", "events.summit.probability", "cases counted in years are the distribution of a `rate`"),
    ("cases in no years", "rate = 0.5", "rate = { counted = 1, years = 0 } # here", "events.crisis.rate.years", "must be above 0; found 0"),
    ("fewer cases than none", "rate = 0.5", "rate = { counted = -1, years = 2 } # here", "events.crisis.rate.counted", "must be at least 0"),
    ("cases without years", "rate = 0.5", "rate = { counted = 1 } # here", "events.crisis.rate.years", "missing"),
    ("targets wholly together", "[run]", "[targets]\ntogether = 1 # here\n[run]", "targets.together", "must be under 1; found 1"),
    ("targets against each other", "[run]", "[targets]\ntogether = -0.1 # here\n[run]", "targets.together", "must be at least 0"),
    ("unknown key of targets", "[run]", "[targets]\ntogehter = 0.1 # here\n[run]", "targets.togehter", "(did you mean 'together'?)"),
    ("law of an index weight", "arms = 0.5 }", 'arms = { dist = "uniform", low = 2, high = 1 } } # here', "indices.unease.weights.arms", "low must be under high"),
    ("law of an effect", "{ jump = 5 }", '{ jump = { dist = "uniform", low = 2, high = 101 } } # here', "events.summit.effects.trade.jump", "must stay within -100 to 100"),
    # conditions
    ("unknown name in a condition", 'when = "warmth < 60"', 'when = "wramth < 60" # here', "events.crisis.when", "unknown name 'wramth' (did you mean 'warmth'?); found \"wramth < 60\""),
    ("unknown name in a question", ASK, 'ask = "zzz" # here\n', "questions.warmer.ask", "unknown name 'zzz'; known: arms, crisis"),
    ("question's name in a condition", 'when = "warmth < 60"', 'when = "warmer" # here', "events.crisis.when", "unknown name 'warmer'"),
    ("a call in a condition", ASK, 'ask = "open(1)" # here\n', "questions.warmer.ask", "neither a comparison nor an event"),
    ("number as a condition", ASK, 'ask = "warmth" # here\n', "questions.warmer.ask", "'warmth' is a number; compare it"),
    ("a level in force", ASK, 'ask = "trade.in_force" # here\n', "questions.warmer.ask", "trade.in_force: 'trade' is no event, and only events are in force"),
    ("unknown event in force", 'when = "warmth < 60"', 'when = "sumit.in_force" # here', "events.crisis.when", "sumit.in_force: 'sumit' is no event"),
    ("another attribute of an event", ASK, 'ask = "summit.ended" # here\n', "questions.warmer.ask", "summit.ended: an event has only `in_force`"),
    ("event as a number", ASK, 'ask = "summit > 3" # here\n', "questions.warmer.ask", "'summit' is an event"),
    # links
    ("unknown factor in effects", "effects.trade", "effects.trad", "events.summit.effects.trad", "no factor is called 'trad' (did you mean 'trade'?)"),
    ("unknown factor in weights", "arms = 0.5 }", "armz = 0.5 } # here", "indices.unease.weights.armz", "no factor is called 'armz' (did you mean 'arms'?)"),
    ("unknown event in ends", SUMMIT, SUMMIT + 'ends = ["crises"] # here\n', "events.summit.ends.0", "no event is called 'crises' (did you mean 'crisis'?)"),
    ("unknown event in counts_as", SUMMIT, SUMMIT + 'counts_as = "crises" # here\n', "events.summit.counts_as", "no event is called 'crises' (did you mean 'crisis'?)"),
    ("event that ends itself", SUMMIT, SUMMIT + 'ends = ["crisis", "summit"] # here\n', "events.summit.ends.1", "an event cannot end itself"),
    ("event that counts as itself", SUMMIT, SUMMIT + 'counts_as = "summit" # here\n', "events.summit.counts_as", "an event cannot count as itself"),
    ("unknown source of spillovers", "[spillovers.trade]", "[spillovers.trad] # here", "spillovers.trad", "no factor is called 'trad'"),
    ("unknown sink of spillovers", "arms = 0.2", "armz = 0.2 # here", "spillovers.trade.armz", "no factor is called 'armz'"),
    ("unknown factor in correlations", "arms = 0.3", "armz = 0.3 # here", "correlations.trade.armz", "no factor is called 'armz'"),
    ("spillover on itself", "arms = 0.2", "trade = 0.2 # here", "spillovers.trade.trade", "trade cannot be linked with itself"),
    ("correlation with itself", "arms = 0.3", "trade = 0.3 # here", "correlations.trade.trade", "cannot be linked with itself"),
    ("correlation of 1", "arms = 0.3", "arms = 1 # here", "correlations.trade.arms", "must be between -1 and 1; found 1"),
    ("correlation twice", END, "[correlations.arms]\ntrade = 0.3 # here\n", "correlations.arms.trade", "the pair trade, arms is already stated above; state each pair once"),
    # indices
    ("index without weights", WEIGHTS, "", "indices.unease.weights", "missing; an index states the weights of its factors"),
    ("index with weights of zero", WEIGHTS, "weights = { trade = 0, arms = 0.0 } # here\n", "indices.unease.weights", "are all zero"),
    ("warmth with weights", END, "[indices.warmth]\nweights = { trade = 1 } # here\n", "indices.warmth.weights", "warmth takes its weights from the factors"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "key", "fragment"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN])
def test_a_broken_rule_is_reported_with_its_line_key_and_reason(
    here: Path, write: Write, toy: str, old: str, new: str, key: str, fragment: str
) -> None:
    assert old == END or toy.count(old) >= 1
    text = toy.replace(old, new, 1) if old else toy + "\n" + new
    if (key, fragment) == ("factors.trade.level.hihg", "(did you mean 'high'?)") and "hihg" not in text:
        text += '\n[factors.trade.level]\ndist = "uniform"\nlow = 1\nhigh = 3\nhihg = 2\n'
    if key == "run" and not new:
        text = text.replace("months = 12\n", "months = 12\nrun = 3 # here\n")
    found = problems_of(write(here, text))
    hits = [(where, message) for where, name, message in found if name == key]
    assert hits != [], f"not among {found}"
    assert any(fragment in message for _, message in hits), hits
    assert hits[0][0] == f"toy.toml:{_expected_line(text, key)}"


def _expected_line(text: str, key: str) -> int:
    """Return the marked line; where none is marked, that of the key's table, or line 1 at the root."""
    lines = text.splitlines()
    marked = [n for n, line in enumerate(lines, start=1) if "# here" in line]
    if marked:
        return marked[0]
    parts = key.split(".")
    if len(parts) > 3 and parts[2] == "effects":
        return 1 + next(n for n, line in enumerate(lines) if line.startswith(f"effects.{parts[3]} "))
    if parts[-1] == "hihg":
        return 1 + lines.index("[factors.trade.level]")  # a law is one value: the place is where it begins
    return 1 + lines.index(f"[{parts[0]}.{parts[1]}]") if len(parts) > 1 else 1


def test_the_one_mistake_is_the_only_one_reported(here: Path, write: Write, toy: str) -> None:
    path = write(here, toy.replace("weight = 1\n", "wieght = 1\n", 1))
    assert problems_of(path) == [
        ("toy.toml:10", "factors.trade.weight", "missing; it has no default"),
        ("toy.toml:13", "factors.trade.wieght", "unknown key (did you mean 'weight'?)"),
    ]


def test_a_problem_reads_file_line_key_rule_and_value(here: Path, write: Write, toy: str) -> None:
    with pytest.raises(InvalidFile) as error:
        read_scenario(write(here, toy.replace("level = 40", "level = 140")))
    assert str(error.value) == "toy.toml:12: factors.trade.level: must be within 0 to 100; found 140"


def test_all_problems_of_a_file_are_reported_in_the_order_of_its_lines(here: Path, write: Write, toy: str) -> None:
    text = toy
    for old, new in (
        ("months = 12", "months = 0"),
        ("seed = 3", "seed = true"),
        ("level = 40", "level = 400"),
        ("arms = 0.2", "armz = 0.2"),
        ("arms = 0.5 }", "armz = 0.5 }"),
        ("on = 2025-06-15", "on = 2020-06-15"),
        ("warmth < 60", "wramth < 60"),
        ("warmth >= 35", "summit > 35"),
    ):
        assert text.count(old) == 1
        text = text.replace(old, new)
    found = [(int(where.split(":")[1]), key) for where, key, _ in problems_of(write(here, text))]
    assert found == [
        (3, "months"),
        (8, "run.seed"),
        (12, "factors.trade.level"),
        (30, "spillovers.trade.armz"),
        (37, "indices.unease.weights.armz"),
        (41, "events.summit.on"),
        (47, "events.crisis.when"),
        (55, "questions.warmer.ask"),
    ]


def test_a_broken_band_does_not_hide_a_broken_condition(here: Path, write: Write, toy: str) -> None:
    text = toy.replace("[run]", '[bands]\ncuts = ["x"]\nnames = ["a", "b"]\n\n[run]').replace("warmth < 60", "wramth < 60")
    assert [key for _, key, _ in problems_of(write(here, text))] == ["bands.cuts.0", "events.crisis.when"]


def test_a_broken_weight_does_not_make_the_others_all_zero(here: Path, write: Write, toy: str) -> None:
    text = toy.replace("weight = 1\n", "weight = true\n", 1).replace("weight = 2\n", "weight = 0\n", 1)
    assert [key for _, key, _ in problems_of(write(here, text))] == ["factors.trade.weight"]


def test_weights_that_are_all_zero_make_no_warmth(here: Path, write: Write, toy: str) -> None:
    text = toy.replace("weight = 1\n", "weight = 0\n", 1).replace("weight = 2\n", "weight = 0\n", 1)
    ((where, key, message),) = problems_of(write(here, text))
    assert (where, key) == ("toy.toml:10", "factors")
    assert message.startswith("all weights are zero")


def test_problems_of_two_files_are_reported_under_each(here: Path, write: Write, toy: str) -> None:
    write(here, toy.replace("level = 40", "level = 400").replace("months = 12\n", ""), "seeds/toy.toml")
    text = 'title = "S"\nrelationship = "toy"\nmonths = 12\n[events.crisis]\nrate = -1\n'
    assert [(where, key) for where, key, _ in problems_of(write(here, text, "s.toml"))] == [
        ("seeds/toy.toml:11", "factors.trade.level"),
        ("s.toml:5", "events.crisis.rate"),
    ]


@pytest.mark.parametrize("text", ["", "months = 12\n[factors.trade]\nlevel = 30\n[factors.arms]\nlevel = 30\n"])
def test_a_scenario_that_names_no_relationship_is_told_that_one_thing(here: Path, write: Write, text: str) -> None:
    assert problems_of(write(here, text)) == [
        ("toy.toml:1", "relationship", 'missing; add the line relationship = "us_russia"')
    ]


def test_correlations_without_a_joint_law_are_refused(here: Path, write: Write, toy: str) -> None:
    third = '[factors.tech]\nlabel = "T"\nlevel = 50\nweight = 1\nhalf_life = 1\nvolatility = 1\nsettling = 1\ndrift = 0\n'
    table = "[correlations.tech]\ntrade = {0}\narms = -{0}\n"
    text = toy.replace("arms = 0.3", "arms = 0.9") + "\n" + third
    # eigenvalues of [[1, .9, r], [.9, 1, -r], [r, -r, 1]]: 1.9, and those of [[0.1, r sqrt 2], [r sqrt 2, 1]];
    # the determinant 0.1 - 2 r^2 passes 0 at r = 0.2236
    assert read_scenario(write(here, text + table.format(0.223))).correlations["tech"].by_factor["trade"] == 0.223
    ((where, key, message),) = problems_of(write(here, text + table.format(0.224)))
    assert (where, key) == ("toy.toml:32", "correlations")
    assert message.startswith("are not positive definite (smallest eigenvalue -0.0003")


def test_spillovers_that_feed_on_themselves_are_refused(here: Path, write: Write, toy: str) -> None:
    # two factors that pass c and d to each other grow for ever when c d >= 1, whatever their half-lives
    text = toy.replace("arms = 0.2", "arms = 2") + "\n[spillovers.arms]\ntrade = @\n"
    assert read_scenario(write(here, text.replace("@", "0.499"))).spillovers["arms"].by_factor == {"trade": 0.499}
    ((where, key, message),) = problems_of(write(here, text.replace("@", "0.5")))
    assert (where, key) == ("toy.toml:29", "spillovers")
    assert message == "feed on themselves: the spectral radius of diag(phi) + diag(1 - phi) C is 1.000; it must be under 1"


def test_a_spillover_in_one_direction_may_be_as_strong_as_one_likes(here: Path, write: Write, toy: str) -> None:
    assert read_scenario(write(here, toy.replace("arms = 0.2", "arms = 20"))).spillovers["trade"].by_factor == {"arms": 20.0}


# --- dates and horizons ---


def test_a_day_on_the_last_of_the_horizon_is_within_it(here: Path, write: Write, toy: str) -> None:
    text = toy.replace("on = 2025-06-15", "on = 2026-01-20").replace(ASK, ASK + "by = 2026-01-20\n")
    assert read_scenario(write(here, text)).events["summit"].on == date(2026, 1, 20)


def test_a_question_may_be_asked_of_the_first_day(here: Path, write: Write, toy: str) -> None:
    assert read_scenario(write(here, toy.replace(ASK, ASK + "on = 2025-01-20\n"))).questions["warmer"].on == date(
        2025, 1, 20
    )


def test_a_relationships_calendar_may_reach_past_a_short_scenario(world: Callable[..., Scenario]) -> None:
    # the summit of 2025-06-15 stands in the relationship; the scenario ends on 2025-04-20
    assert world("", "months=3").events["summit"].on == date(2025, 6, 15)


def test_a_scenarios_own_event_past_its_horizon_is_refused(here: Path, write: Write, world: Callable[..., Scenario]) -> None:
    with pytest.raises(InvalidFile) as error:
        world("[events.summit]\non = 2026-02-01\n")
    ((where, message),) = [(problem.where, problem.message) for problem in error.value.problems]
    assert where == "s.toml:5"
    assert message == "is after the horizon, 2026-01-20 (12 months from 2025-01-20); found 2026-02-01"


def test_an_event_that_is_switched_off_may_have_any_date(world: Callable[..., Scenario]) -> None:
    assert world("[events.summit]\non = 2029-02-01\nenabled = false\n").events["summit"].on == date(2029, 2, 1)


def test_a_relationships_event_before_a_late_start_is_past(world: Callable[..., Scenario]) -> None:
    # the summit of 2025-06-15 stands in the relationship; whether it has happened is another matter
    summit = world("", "start=2025-07-01").events["summit"]
    assert (summit.on, summit.happened) == (date(2025, 6, 15), False)


@pytest.mark.parametrize(
    ("text", "key", "day"),
    [("on = 2025-06-14", "on", "2025-06-14"), ("between = [2025-07-01, 2025-09-01]", "between", "2025-07-01")],
)
def test_a_scenarios_own_event_before_its_start_is_refused(
    world: Callable[..., Scenario], text: str, key: str, day: str
) -> None:
    stated = f"start = 2025-07-01\n[events.summit]\n{text}\n"
    with pytest.raises(InvalidFile) as error:
        world(stated)
    ((where, found, message),) = [(problem.where, problem.key, problem.message) for problem in error.value.problems]
    assert (where, found.removesuffix(".0")) == ("s.toml:6", f"events.summit.{key}")
    assert message == (
        f"must be after the start, 2025-07-01; found {day}; events.summit.happened = true says that it has happened"
    )
    assert world(stated + "happened = true\n").events["summit"].happened


def test_an_event_that_happened_needs_no_chance_and_a_probability_alone_no_period(world: Callable[..., Scenario]) -> None:
    events = world('[events.treaty]\nlabel = "T"\nhappened = true\n[events.talks]\nlabel = "U"\nprobability = 0.5\n').events
    assert not events["treaty"].has_chance
    # a window with no ends of its own: those of the horizon
    assert (events["talks"].timing, events["talks"].between) == ("between", None)
    assert events["talks"].model_copy(update={"when": "summit"}).timing == "when"


def test_an_event_without_a_shift_may_last_and_be_asked_for(world: Callable[..., Scenario]) -> None:
    scenario = world("[events.summit]\nlasts = 3\n", 'questions.warmer.ask="summit.in_force and warmth > 35"')
    assert scenario.events["summit"].lasts == 3
    assert scenario.events["summit"].effects["trade"].shift is None


def test_a_timing_that_is_stated_drops_the_older_one_beside_which_it_cannot_stand(world: Callable[..., Scenario]) -> None:
    summit = world("[events.summit]\nbetween = [2025-03-01, 2025-09-01]\n").events["summit"]
    assert (summit.on, summit.probability, summit.timing) == (None, 0.5, "between")
    crisis = world("[events.crisis]\nprobability = 0.5\nrepeats = false\ncooldown = 0\n").events["crisis"]
    assert (crisis.rate, crisis.probability, crisis.timing) == (None, 0.5, "when")
    assert world("[events.summit]\nrate = 2\n").events["summit"].timing == "rate"


def test_events_that_count_as_each_other_are_refused_at_each(world: Callable[..., Scenario]) -> None:
    with pytest.raises(InvalidFile) as error:
        world('[events.summit]\ncounts_as = "crisis"\n[events.crisis]\ncounts_as = "summit"\n')
    assert [(problem.where, problem.message) for problem in error.value.problems] == [
        ("s.toml:5", "goes in a circle: summit -> crisis -> summit"),
        ("s.toml:7", "goes in a circle: crisis -> summit -> crisis"),
    ]


def test_quantiles_near_an_end_of_the_range_are_admitted_and_stay_within_it(world: Callable[..., Scenario]) -> None:
    chance = world("[events.summit]\nprobability = { p10 = 0.1, p50 = 0.5, p90 = 0.95 }\n").events["summit"].probability
    within = quantiles(chance, KINDS["probability"], np.array([1e-12, 0.05, 0.1, 0.5, 0.9, 0.95, 1 - 1e-12]))
    assert within[[2, 3, 4]] == pytest.approx([0.1, 0.5, 0.95])
    assert 0 < within[0] < within[1] < 0.1
    assert 0.95 < within[5] < within[6] < 1
    # straight in the normal deviate z on the log-odds: from p50 down ln 9 at z(0.9), from p50 up ln 19
    steps = np.array([-log(9), log(19)]) * NormalDist().inv_cdf(0.95) / NormalDist().inv_cdf(0.9)
    assert within[[1, 5]] == pytest.approx(1 / (1 + np.exp(-steps)))


def test_a_relationships_question_past_a_short_horizon_is_refused(here: Path, write: Write, toy: str) -> None:
    write(here, toy.replace("months = 12\n", "").replace(ASK, ASK + "on = 2026-01-20\n"), "seeds/toy.toml")
    path = write(here, 'title = "S"\nrelationship = "toy"\nmonths = 3\n', "s.toml")
    assert [(where, key) for where, key, _ in problems_of(path)] == [("seeds/toy.toml:55", "questions.warmer.on")]


def test_a_horizon_past_the_end_of_the_calendar_is_refused(here: Path, write: Write, toy: str) -> None:
    text = toy.replace("as_of = 2025-01-20", "as_of = 9999-06-01").replace("on = 2025-06-15", "on = 9999-12-01")
    assert len(problems_of(write(here, text))) >= 1


# --- numbers that would leave what floats can do ---


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("weight = 1\n", "weight = 1.7e308\n"),
        ("weight = 1\n", 'weight = { dist = "uniform", low = -1e308, high = 1e308 }\n'),
    ],
)
def test_weights_whose_sum_overflows_are_refused(here: Path, write: Write, toy: str, old: str, new: str) -> None:
    text = toy.replace(old, new, 1).replace("weight = 2\n", "weight = 1.7e308\n")
    assert len(problems_of(write(here, text))) >= 1


def test_the_longest_half_life_still_ends_and_does_not_feed_on_itself(here: Path, write: Write, toy: str) -> None:
    # what is left of a departure after a month is 2^(-1e-9), 7e-10 under 1; from 1e16 on it was 1, a spectral radius to refuse
    scenario = read_scenario(write(here, toy.replace("half_life = 2\n", "half_life = 1e9\n")))
    assert scenario.factors["trade"].half_life == 1e9


@pytest.mark.parametrize("word", ["break", "if", "is", "in", "for", "class", "lambda", "pass"])
def test_a_name_that_no_condition_could_use_is_refused(here: Path, write: Write, toy: str, word: str) -> None:
    path = write(here, toy + f'\n[events.{word}]\nlabel = "B"\nrate = 1\n')
    assert [(key, "reserved" in message) for _, key, message in problems_of(path)] == [(f"events.{word}", True)]


# --- text: encodings, line ends, syntax ---


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_byte_order_marks_and_windows_line_ends_change_nothing(
    here: Path, write: Write, toy: str, newline: str, mark: str
) -> None:
    windows = read_scenario(write(here, mark + toy.replace("\n", newline)))
    assert windows == read_scenario(write(here, toy))
    broken = mark + toy.replace("level = 40", "level = 400").replace("\n", newline)
    assert problems_of(write(here, broken)) == [
        ("toy.toml:12", "factors.trade.level", "must be within 0 to 100; found 400"),
    ]


# what stands last in a file of 56 lines and more; the line, key and message of what is wrong with it
LAST = [
    ("bye = 2025-05-01", 56, "questions.warmer.bye", "unknown key (did you mean 'by'?)"),
    ("on = 2026-01-21", 56, "questions.warmer.on", "is after the horizon, 2026-01-20 (12 months from 2025-01-20); found 2026-01-21"),
    ('[questions.q]\nask = "arms < rams"', 57, "questions.q.ask", "unknown name 'rams' (did you mean 'arms'?); found \"arms < rams\""),
    ('[questions.q]\nask = """\n(arms\n< rams)"""', 57, "questions.q.ask", "unknown name 'rams' (did you mean 'arms'?); found \"(arms\\n< rams)\""),
    ('[events.e]\nlabel = "E"\nrate = -1', 58, "events.e.rate", "must be within 0 to 365; found -1"),
    ('[events.e]\nlabel = "E"\nrate = { p10 = 1 }', 58, "events.e.rate", "two or three quantiles make a law, such as p10, p50 and p90; found 1"),
    ('[events.e]\nlabel = "E"\nbetween = [\n  2025-02-01,\n]\nprobability = 1', 58, "events.e.between", 'needs at least 2 values; found ["2025-02-01"]'),
    ('[events.trade]\nlabel = "E"\nrate = 1', 56, "events.trade", "the name 'trade' is already taken in factors; names must differ"),
    ("[correlations.arms]\ntrade = 0.3", 57, "correlations.arms.trade", "the pair trade, arms is already stated above; state each pair once"),
    ("[indices.mood]", 56, "indices.mood.weights", "missing; an index states the weights of its factors"),
    ('[bands]\ncuts = [50]\nnames = ["a"]', 56, "bands", "1 cuts make 2 bands, not 1"),
    ("[bands]\ncuts = [50]", 56, "bands.names", "missing; it has no default"),
    ("on =", 56, "", "not TOML: Invalid value; a value is missing after =: on ="),
    ("label = Late", 56, "", "not TOML: Invalid value; put text in straight quotes: label = Late"),
    ("# a comment\n  [run]", 57, "", "not TOML: Cannot declare ('run',) twice; [run] already stands on line 6: [run]"),
]  # fmt: skip
ENDS = [("\n", "\n"), ("\n", ""), ("\r\n", "\r\n"), ("\r\n", "")]


@pytest.mark.parametrize(("newline", "last"), ENDS)
@pytest.mark.parametrize(("tail", "line", "key", "message"), LAST)
def test_what_is_wrong_with_the_last_statement_is_told_whatever_ends_the_lines(
    here: Path, write: Write, toy: str, newline: str, last: str, tail: str, line: int, key: str, message: str
) -> None:
    path = write(here, (toy + tail).replace("\n", newline) + last)
    assert problems_of(path)[0] == (f"toy.toml:{line}", key, message)


@pytest.mark.parametrize("key", ["relationship", "extends"])
@pytest.mark.parametrize(("newline", "last"), ENDS)
def test_what_a_file_builds_on_may_stand_last_in_it(here: Path, write: Write, newline: str, last: str, key: str) -> None:
    ((where, told, _),) = problems_of(write(here, f'title = "S"{newline}{key} = "none"{last}'))
    assert (where, told) == ("toy.toml:2", key)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_string_of_several_lines_is_the_same_whatever_ends_them(here: Path, write: Write, toy: str, newline: str) -> None:
    text = toy.replace('"Two factors and two events."', '"""\nTwo factors\nand \\\n  two events.\n"""')
    assert read_scenario(write(here, text.replace("\n", newline))).summary == "Two factors\nand two events.\n"


# where in the toy a lone CR stands; TOML lets it stand nowhere, not even doubled by a tool that meant to write CRLF
LONE = [
    ("\n", "\r", 1),
    ("level = 40\n", "level = 40\r", 12),
    ("level = 40\n", "level = 40\r\r\n", 12),
    ("level = 40\n", "level = 40 # about\rso\n", 12),
    ('"Trade"', '"""Tr\rade"""', 11),
    ('ask = "warmth >= 35"\n', 'ask = "warmth >= 35"\r', 55),
]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(("old", "new", "line"), LONE)
def test_a_line_that_ends_with_cr_alone_is_refused(
    here: Path, write: Write, toy: str, newline: str, old: str, new: str, line: int
) -> None:
    text = toy.replace(old, "@").replace("\n", newline).replace("@", new)
    path = write(here, text)
    rule = "ends a line with CR alone; save the file with Unix (LF) or Windows (CRLF) line ends"
    assert problems_of(path) == [(f"{path}:{line}", "", rule)]


@pytest.mark.parametrize("character", ["\u0085", "\u2028", "\u2029"])
def test_what_only_unicode_calls_a_line_end_counts_no_line(here: Path, write: Write, toy: str, character: str) -> None:
    text = toy.replace('"Toy"', f'"T{character}oy"').replace("level = 40", "level = 400")
    assert [(where, key) for where, key, _ in problems_of(write(here, text))] == [("toy.toml:12", "factors.trade.level")]


@pytest.mark.parametrize("character", ["\u0085", "\u2028", "\u2029"])
def test_a_syntax_error_after_such_a_character_shows_its_own_line(
    here: Path, write: Write, toy: str, character: str
) -> None:
    ((where, _, message),) = problems_of(write(here, f"# a{character}b\n" + toy.replace("level = 40", "level = 0,5")))
    assert where == "toy.toml:13"
    assert message.endswith(": level = 0,5")
    assert "write decimals with a point" in message


# what an analyst writes, what is said, and the mark of the line it is said of
SLIPS = [
    ('title = "Toy"', "title = \u201cToy\u201d", 1, 'use straight quotes " instead of typographic ones'),
    ("level = 40", "level = 40,5", 12, "write decimals with a point: 0.5, not 0,5"),
    ("probability = 0.5", "probability = 50 %", 42, "write shares as decimals without a percent sign: 0.3, not 30%"),
    ("repeats = true", "repeats = True", 49, "write true and false in lower case"),
    ("on = 2025-06-15", "on = 2025-06", 41, "write dates with their day: 2025-06-01"),
    ("{ jump = -4, shift = -2 }", "{ jump = -4,\n shift = -2 }", 51, "an inline table { ... } stays on one line"),
    ('label = "Trade"', "label = Trade", 11, "put text in straight quotes"),
    ('label = "Trade"', 'label = "Trade', 11, "close the quote on the line it was opened on"),
    ("level = 40", "level =", 12, "a value is missing after ="),
    ("level = 40", "level = # about 40", 12, "a value is missing after ="),
    ("level = 40", "level =\u00a040", 12, "type an ordinary space: a no-break or invisible one stands in the line"),
    ("level = 40", "level = \u221240", 12, "write a minus as -, as in -4"),
    ('label = "Trade"', 'label = "Sen. Graham: "tough" bill"', 11, 'write a quote inside text as \\", or put the whole text in single quotes'),
    ("on = 2025-06-15", "on = Christmas", 41, "write dates as 2025-06-01"),
    ("level = 40", "level = high", 12, "write a number: 5, or a distribution: { p10 = 2, p50 = 5, p90 = 9 }"),
    ("half_life = 2", "half_life = 2 weeks", 14, "write a number without its unit"),
    ("half_life = 2", "half_life = 2 years", 14, "write a plain number: 24, not 2 years"),
    ("on = 2025-06-15", "on = 06/01/2025", 41, "write dates as year-month-day: 2025-01-06 (6 January) or 2025-06-01 (1 June), not 06/01/2025"),
    ("on = 2025-06-15", "on = 2025-06-31", 41, "there is no day 2025-06-31"),
    ("on = 2025-06-15", "on = 06/01/25", 41, "write dates as year-month-day: 2025-06-01, not 06/01/25"),
    ('label = "Trade"', 'label = "Reuters, 12.05.2024', 11, "close the quote on the line it was opened on"),
    ("[events.summit]", "[events.The Summit] # of 12.5.2025", 39, "names have neither spaces nor capitals: [events.the_summit]"),
    ("[events.summit]", "[events.The Summit]", 39, "names have neither spaces nor capitals: [events.the_summit]"),
    ("half_life = 2\n", "half_life = 2\nlevel = 41\n", 15, "level already stands on line 12"),
    ("[spillovers.trade]", "[factors.trade]", 29, "[factors.trade] already stands on line 10"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "line", "advice"), SLIPS)
def test_a_slip_of_syntax_gets_its_advice(
    here: Path, write: Write, toy: str, old: str, new: str, line: int, advice: str
) -> None:
    ((where, key, message),) = problems_of(write(here, toy.replace(old, new, 1)))
    assert (where, key) == (f"toy.toml:{line}", "")
    assert message.startswith("not TOML: ")
    assert f"; {advice}: " in message


def test_every_advice_is_given_for_some_slip() -> None:
    assert {advice for _, advice in ADVICE} <= {advice for *_, advice in SLIPS}


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('"Toy"', '"Toy', 1),
        ("2025-01-20", "2025-02-30", 2),
        ('"Toy"', '"T\x00y"', 1),
        ("weight = 1\n", "weight = 1" + "0" * 5000 + "\n", 13),
        ("weight = 1\n", "weight 1\n", 13),
        ("[run]", "[run", 6),
    ],
)
def test_other_syntax_errors_name_their_line(here: Path, write: Write, toy: str, old: str, new: str, line: int) -> None:
    ((where, key, message),) = problems_of(write(here, toy.replace(old, new, 1)))
    assert (where, key, message[:9]) == (f"toy.toml:{line}", "", "not TOML:")


def test_a_file_that_is_too_large_is_not_parsed(here: Path, write: Write, toy: str) -> None:
    padding = "#" * (MAX_BYTES - len(toy.encode()) - 1) + "\n"
    assert read_scenario(write(here, toy + padding)).title == "Toy"
    ((where, _, message),) = problems_of(write(here, toy + padding + "\n"))
    assert where.endswith("toy.toml")
    assert message == "has 1,000,001 bytes; at most 1,000,000 are read"


def test_a_file_that_is_not_utf_8_names_the_line_of_the_first_foreign_byte(here: Path, toy: str) -> None:
    path = here / "toy.toml"
    path.write_bytes(toy.encode().replace(b"A crisis", b"A cris\xe9"))
    ((where, _, message),) = problems_of(path)
    assert where.endswith("toy.toml:46")
    assert message == "is not UTF-8 text; save the file as UTF-8"


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 5000 + "]" * 5000,
        "a = " + "{b=" * 5000 + "1" + "}" * 5000,
        "a." * 5000 + "a = 1",
        "[" + "a." * 5000 + "a]",
    ],
    ids=["arrays", "inline tables", "dotted key", "dotted header"],
)
def test_nesting_without_end_is_refused(here: Path, write: Write, text: str) -> None:
    assert len(problems_of(write(here, text + "\n"))) >= 1


def test_an_override_nested_without_end_is_refused(here: Path, write: Write, toy: str) -> None:
    assert len(problems_of(write(here, toy), "a." * 3000 + "a=1")) >= 1


def test_a_key_below_a_long_list_is_found_in_few_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a = 1\nx = [\n" + "1,\n" * 300 + "]\ny = 1\n"
    looks, loads = [], tomllib.loads

    def counted(part: str) -> dict[str, Any]:
        looks.append(len(part))
        return loads(part)

    # counted, not timed: one look for each line of a list would be hours for a file of a megabyte
    monkeypatch.setattr(tomllib, "loads", counted)
    assert line_of(text, ("y",)) == 304
    assert line_of(text, ("x", 200)) == 2
    assert len(looks) <= 40


def test_a_file_is_parsed_once_however_many_scenarios_it_serves_and_however_much_is_wrong_in_it(
    here: Path, write: Write, toy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(here, toy.replace("months = 12\n", ""), "seeds/toy.toml")
    head = 'title = "{0}"\nrelationship = "toy"\nmonths = 12\n'
    wrong = "[factors.trade]\nlevel = 400\nweight = -1\n[events.crisis]\nrate = -1\n"
    for name in "abc":
        write(here, head.format(name) + wrong, f"files/{name}.toml")
    write(here, toy.replace("months = 12\n", ""), "files/seeds/toy.toml")
    texts, loads = [], tomllib.loads

    def counted(part: str) -> dict[str, Any]:
        texts.append(part)
        return loads(part)

    monkeypatch.setattr(tomllib, "loads", counted)
    _parsed.cache_clear()  # what other tests have read
    assert len(relsim("check", "files").stderr.splitlines()) == 9
    whole = [text for text in texts if text.startswith("title") and "\n" in text]
    assert len(whole) == 4  # three scenarios and their relationship


# --- the line of a key ---

LAYOUT = '''\
# a comment

title = """
[factors.nato]
level = 1
"""
"quoted key" = 1
a.b = 1
a.c.d = [
  1,  # not a.b = 2
  { x = 1, y = [
    2 ] },
]

[factors.nato]   # with a comment
level = { p10 = 1,  p90 = 2 }

label = 'it # is'
[factors.nato.effects]
x.y = 1
[[list]]
k = 1
[[list]]
k = 2
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("title",), 3),
        (("quoted key",), 7),
        (("a",), 8),
        (("a", "b"), 8),
        (("a", "c"), 9),
        (("a", "c", "d"), 9),
        (("a", "c", "d", 1, "y", 0), 9),
        (("factors",), 15),
        (("factors", "nato"), 15),
        (("factors", "nato", "level"), 16),
        (("factors", "nato", "level", "p90"), 16),
        (("factors", "nato", "label"), 18),
        (("factors", "nato", "effects"), 19),
        (("factors", "nato", "effects", "x", "y"), 20),
        (("list", 0), 21),
        (("list", 0, "k"), 22),
        (("list", 1), 23),
        (("list", 1, "k"), 24),
        (("list", 2), 1),
        (("nowhere",), 1),
        ((), 1),
    ],
)
def test_the_line_of_a_key_is_where_its_statement_begins(path: tuple[str | int, ...], line: int) -> None:
    assert line_of(LAYOUT, path) == line


names = st.sampled_from(["a", "b", "c", "d", "e", "f"])
values = st.sampled_from(
    [
        "1",
        '"x"',
        "'#'",
        "[1, 2]",
        "{ k = 1, l = { m = 2 } }",
        '"""\n[a]\nb = 1\n"""',
        "'''\nx = 1'''",
        "[\n  1,\n\n  2, # c\n]",
    ]
)


@st.composite
def layouts(draw: st.DrawFn) -> tuple[str, list[tuple[tuple[str, ...], int]]]:
    """Return a TOML text in some layout, and the line of each of its keys."""
    lines: list[str] = []
    places: list[tuple[tuple[str, ...], int]] = []

    def blank() -> None:
        lines.extend(draw(st.lists(st.sampled_from(["", "  ", "# c", "# a = 1"]), max_size=2)))

    tables = ["", *draw(st.lists(names, max_size=3, unique=True))]
    for table in tables:
        blank()
        prefix: tuple[str, ...] = ()
        if table:
            depth = draw(st.integers(0, 1))
            prefix = ("t" + table, "u")[: 1 + depth]
            lines.append(f"[{'.'.join(prefix)}]" + draw(st.sampled_from(["", "  # [t]"])))
            places.append((prefix, len(lines)))
        for key in draw(st.lists(names, max_size=4, unique=True)):
            blank()
            dotted = draw(st.booleans())
            text = draw(values)
            path = (*prefix, key, "z") if dotted else (*prefix, key)
            places.append((path, len(lines) + 1))
            lines.extend(f"{' ' * draw(st.integers(0, 2))}{key}{'.z' if dotted else ''} = {text}".split("\n"))
    newline, last = draw(st.sampled_from(ENDS))
    return newline.join(lines) + last, places


@settings(max_examples=150, deadline=None)
@given(layouts())
def test_the_line_of_every_key_is_found_in_every_layout(
    mutants: Path, layout: tuple[str, list[tuple[tuple[str, ...], int]]]
) -> None:
    content, places = layout
    path = mutants / "layout.toml"
    path.write_bytes(content.encode())
    text = read_text(path)
    assert tomllib.loads(text) == tomllib.loads(content)
    assert [line_of(text, path) for path, _ in places] == [line for _, line in places]


# --- no text, however broken, raises anything but our errors ---

BASELINE = (shipped("scenarios") / "negotiated_reset.toml").read_bytes()


def reads_or_refuses(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    try:
        read_scenario(path)
    except SimulatorError as error:
        assert str(error) != ""


@settings(max_examples=60, deadline=None)
@given(
    edits=st.lists(
        st.tuples(st.integers(0, len(BASELINE) - 1), st.integers(0, 20), st.binary(max_size=4)), min_size=1, max_size=3
    )
)
@example(edits=[(0, 0, b"\xff\xfe")])
@example(edits=[(0, len(BASELINE), b"")])
def test_random_bytes_raise_nothing_but_our_errors(mutants: Path, edits: list[tuple[int, int, bytes]]) -> None:
    content = BASELINE
    for at, removed, added in edits:
        content = content[:at] + added + content[at + removed :]
    reads_or_refuses(mutants / "bytes.toml", content)


pieces = st.sampled_from(
    ["1e400", "nan", "-inf", "true", "[]", "{}", '""', "9999-12-31", "0001-01-01", "12:30:00", "[[1]]", "-1", "0", "1" + "0" * 400,
     '"a.b"', "{ p10 = 1 }", '{ dist = "normal" }', '{ dist = 3 }', "{ dist = [] }", "'warmth'", '"\\u0000"', "[1979-05-27]"]
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_random_values_raise_nothing_but_our_errors(mutants: Path, toy: str, data: Any) -> None:
    lines = toy.splitlines()
    statements = [n for n, line in enumerate(lines) if " = " in line]
    for n in data.draw(st.lists(st.sampled_from(statements), min_size=1, max_size=3)):
        lines[n] = lines[n].split(" = ")[0] + " = " + data.draw(pieces)
    reads_or_refuses(mutants / "values.toml", "\n".join(lines).encode())


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_lines_left_out_doubled_or_moved_raise_nothing_but_our_errors(mutants: Path, toy: str, data: Any) -> None:
    lines = toy.splitlines()
    for _ in range(data.draw(st.integers(1, 4))):
        line = lines.pop(data.draw(st.integers(0, len(lines) - 1)))
        for at in data.draw(st.lists(st.integers(0, len(lines)), max_size=2)):
            lines.insert(at, line)
    reads_or_refuses(mutants / "lines.toml", "\n".join(lines).encode())


def test_a_misspelt_entry_is_told_from_a_new_one(here: Path, write: Write, toy: str) -> None:
    found = problems_of(write(here, toy), "events.crisi.rate=1")
    assert (
        found[0][0],
        found[0][1],
        found[0][2].split(" (")[0],
    ) == ("--set events.crisi.rate=1", "events.crisi.label", "missing; an event states a label, or what it does")
    write(here, toy.replace("months = 12\n", ""), "seeds/toy.toml")
    child = write(here, 'title = "S"\nrelationship = "toy"\nmonths = 12\n[events.crisi]\nrate = 1\n', "s.toml")
    assert [(where, message) for where, _, message in problems_of(child)] == [
        ("s.toml:4", "missing; an event states a label, or what it does (did you mean events.crisis?)")
    ]
