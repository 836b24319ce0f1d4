"""A changed scenario as a file: its own text and comments, only what was changed besides, and it reads as it stood."""

import re
from difflib import ndiff
from pathlib import Path

import pytest

from simulator import InputOutputError, InvalidFile, explore, read_scenario, shipped_scenarios, simulate
from simulator.files.edit import new_from, save_changes
from simulator.files.read import read_layers

OWN = """\
# My view of the toy.
#   two lines of it

title = "Own" # to be changed
relationship = "pair"
start = 2025-01-20
months = 6

# Trade is mine.
[factors.trade]
weight = 3   # half again
rationale = "It is mine."
source = "me"

[questions.cold]   # the only one
label = "Cold?"
ask = "warmth < 30"
"""


@pytest.fixture
def own(tmp_path: Path, toy: str) -> Path:
    """A scenario in scenarios/ and its relationship in seeds/, whose numbers have remarks."""
    pair = toy.replace("months = 12\n", "").replace("level = 30\n", "level = 30\n# lone\n")
    pair = pair.replace("weight = 2\n", "weight = 2 # twice as grave\n").partition("[questions")[0]
    for folder, name, text in (("seeds", "pair", pair), ("scenarios", "own", OWN)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return tmp_path / "scenarios" / "own.toml"


def differing(before: str, after: str) -> list[str]:
    """Return the lines that are in one text only, with - or + before them."""
    return [line.rstrip() for line in ndiff(before.splitlines(), after.splitlines()) if line[0] in "+-" and line[1:].strip()]


def test_a_number_that_the_scenario_states_is_replaced_where_it_stands(own: Path) -> None:
    path = save_changes(read_layers(own), {"factors.trade.weight": 5.5}, own.parent / "mine.toml")
    assert path == own.parent / "mine.toml"
    assert differing(OWN, path.read_text()) == [
        '- title = "Own" # to be changed',
        '+ title = "Own, changed" # to be changed',
        "- weight = 3   # half again",
        "+ weight = 5.5   # half again",
    ]


def test_a_number_of_the_relationship_is_added_with_its_remark_and_a_basis(own: Path) -> None:
    path = save_changes(
        read_layers(own), {"factors.arms.weight": 1.5, "events.summit.probability": 0.25}, own.parent / "m.toml"
    )
    assert differing(OWN, path.read_text()) == [
        '- title = "Own" # to be changed',
        '+ title = "Own, changed" # to be changed',
        "+ [factors.arms]",
        "+ weight = 1.5 # twice as grave",
        '+ rationale = "Set by hand while exploring."',
        '+ source = "assumption"',
        '+ confidence = "low"',
        "+ [events.summit]",
        "+ probability = 0.25 # changed with sliders",
        '+ rationale = "Set by hand while exploring."',
        '+ source = "assumption"',
        '+ confidence = "low"',
    ]


def test_numbers_stand_before_what_is_said_of_them_and_a_summary_that_holds_no_longer_goes(own: Path) -> None:
    own.write_text(OWN.replace("months = 6\n", 'months = 6\nsummary = "Nothing special."\n'), encoding="utf-8")
    changes = {"factors.arms.weight": 1.5, "factors.arms.target": 40.0}
    text = save_changes(read_layers(own), changes, own.parent / "mine.toml").read_text()
    keys = [line.partition(" = ")[0] for line in text.partition("[factors.arms]")[2].split("\n\n")[0].split()]
    assert [key for key in keys if key in ("weight", "target", "rationale", "source", "confidence")] == [
        "weight",
        "target",
        "rationale",
        "source",
        "confidence",
    ]
    assert 'summary = "Own, with factors.arms.weight = 1.5, factors.arms.target = 40."' in text
    assert "Nothing special" not in text


def test_the_file_reads_as_the_scenario_with_these_changes(own: Path) -> None:
    changes = {"factors.trade.weight": 5.5, "factors.arms.target": 61.0, "events.crisis.rate": 1.25}
    saved = read_scenario(save_changes(read_layers(own), changes, own.parent / "mine.toml"))
    wanted = read_scenario(own).with_(changes)
    assert saved.title == "Own, changed"
    assert saved.factors["arms"].target == 61
    assert saved.events["crisis"].rate == 1.25
    assert simulate(saved, 300).draws().equals(simulate(wanted, 300).draws())
    assert not simulate(saved, 300).draws().equals(simulate(read_scenario(own), 300).draws())


LAYOUTS = {
    "dotted keys": 'title = "T"\nrelationship = "pair"\nmonths = 6\nfactors.trade.weight = 2 # x\n',
    "an inline table": 'title = "T"\nrelationship = "pair"\nmonths = 6\n[factors]\ntrade = { weight = 2, level = 20 }\n',
    "tables out of order": 'title = "T"\nrelationship = "pair"\nmonths = 6\n'
    "[factors.trade]\nweight = 2\n[questions.q]\nask = 'warmth > 3'\n[factors.arms]\nweight = 4\n",
    "events before factors": 'title = "T"\nrelationship = "pair"\nmonths = 6\n[events.crisis]\nenabled = true\n[factors.arms]\nlevel = 31\n',
    "no title": '# top\nrelationship = "pair"\nmonths = 6\n[factors.trade]\nlevel = 31\n',
    "a law": 'title = "T"\nrelationship = "pair"\nmonths = 6\n[factors.trade]\nweight = { p10 = 1, p50 = 2, p90 = 4 } # x\n',
    "CRLF": 'title = "T"\r\nrelationship = "pair"\r\nmonths = 6\r\n',
    "no newline at the end": 'title = "T"\nrelationship = "pair"\nmonths = 6',
    "nothing but the relationship's": 'title = "T"\nrelationship = "pair"\nmonths = 6\n',
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_however_the_scenario_is_laid_out_the_file_says_the_same(own: Path, layout: str) -> None:
    path = own.parent / "laid.toml"
    path.write_bytes(LAYOUTS[layout].encode())
    changes = {
        "factors.trade.weight": 5.5,
        "factors.arms.target": 61.0,
        "events.crisis.rate": 1.25,
        "events.summit.probability": 0.0,
    }
    saved = read_scenario(save_changes(read_layers(path), changes, own.parent / "mine.toml"))
    wanted = read_scenario(path).with_(changes)
    told = {"title", "name", "factors", "events", "changes", "own_events"}
    assert saved.model_dump(exclude=told) == wanted.model_dump(exclude=told)
    notes = {"__all__": {"source", "rationale", "confidence"}}  # a file states a basis; `with_` does not
    both = {"include": {"factors", "events"}, "exclude": {"factors": notes, "events": notes}}
    assert saved.model_dump(**both) == wanted.model_dump(**both)
    comments = [line for line in LAYOUTS[layout].splitlines() if line.startswith("#")]
    assert [line for line in path.with_name("mine.toml").read_text().splitlines() if line.startswith("#")] == comments


def test_a_file_of_windows_is_saved_with_one_kind_of_line_end(own: Path) -> None:
    path = own.parent / "windows.toml"
    path.write_bytes(own.read_bytes().replace(b"\n", b"\r\n"))
    changes = {"factors.trade.weight": 5.5, "events.crisis.rate": 1.25}
    saved = [save_changes(read_layers(source), changes, source.with_suffix(".new")) for source in (own, path)]
    assert saved[0].read_bytes() == saved[1].read_bytes()


@pytest.mark.parametrize(
    "source",
    [path.stem for path in shipped_scenarios()],
)
def test_every_scenario_that_ships_can_be_changed_and_saved(source: str, tmp_path: Path) -> None:
    reading = read_layers(source)
    first, last = next(iter(reading.scenario.factors)), list(reading.scenario.factors)[-1]
    changes = {f"factors.{first}.weight": 7.0, f"factors.{last}.target": 77.0}
    saved = read_scenario(save_changes(reading, changes, tmp_path / "mine.toml"))
    assert saved.factors[first].weight == 7
    assert saved.factors[last].target == 77
    own = reading.layers[-1].text
    assert [line for line in differing(own, (tmp_path / "mine.toml").read_text()) if line.startswith("- #")] == []


def test_a_file_that_exists_is_never_written_over(own: Path) -> None:
    taken = own.parent / "taken.toml"
    taken.write_text("mine\n")
    with pytest.raises(InputOutputError, match=r"taken\.toml: exists already; nothing was written"):
        save_changes(read_layers(own), {"factors.trade.weight": 2.0}, taken)
    assert taken.read_text() == "mine\n"


def test_a_folder_that_is_not_there_is_told(own: Path) -> None:
    with pytest.raises(InputOutputError, match=r"cannot be written: No such file or directory"):
        save_changes(read_layers(own), {}, own.parent / "nowhere" / "mine.toml")


def test_a_change_that_breaks_a_rule_writes_nothing(own: Path) -> None:
    for changes, told in (
        ({"factors.trade.weight": -1.0}, "factors.trade.weight: must be within 0 to"),
        ({"factors.trad.weight": 1.0}, "did you mean 'trade'"),
        ({"events.summit.probability": 1.5}, "events.summit.probability: must be within 0 to 1"),
    ):
        with pytest.raises(InvalidFile, match=told):
            save_changes(read_layers(own), changes, own.parent / "mine.toml")
        assert not (own.parent / "mine.toml").exists()


def test_a_scenario_that_extends_another_can_be_saved_elsewhere_or_is_refused(own: Path, tmp_path: Path) -> None:
    (own.parent / "more.toml").write_text('title = "More"\nextends = "own.toml"\n')
    assert_readable_or_refused(own.parent / "more.toml", tmp_path / "elsewhere")


def test_a_relationship_of_ones_own_is_found_from_elsewhere_or_saving_is_refused(own: Path, tmp_path: Path) -> None:
    assert_readable_or_refused(own, tmp_path / "else" / "where")


def assert_readable_or_refused(source: Path, folder: Path) -> None:
    folder.mkdir(parents=True)
    try:
        path = save_changes(read_layers(source), {"factors.trade.weight": 2.0}, folder / "mine.toml")
    except InputOutputError:
        assert list(folder.iterdir()) == []
    else:
        assert read_scenario(path).factors["trade"].weight == 2


def test_text_is_utf_8_whatever_it_says(own: Path) -> None:
    own.write_text(OWN.replace("My view", "Meine Sicht für 俄罗斯"), encoding="utf-8")
    path = save_changes(read_layers(own), {}, own.parent / "mine.toml")
    assert path.read_bytes().decode("utf-8").startswith("# Meine Sicht für 俄罗斯 of the toy.\n")


def test_the_panel_saves_what_it_shows(own: Path) -> None:
    panel = explore(own, n_draws=300)
    panel.set({"factors.trade.weight": 6.0, "events.summit.probability": 1.0})
    path = panel.save(own.parent / "mine.toml")
    saved = simulate(read_scenario(path), 300, n_kept=300)
    assert saved.draws().equals(panel.ensemble.draws())
    assert saved.quantiles().equals(panel.ensemble.quantiles())


# --- a scenario from another ---


def all_but_names(path: Path | str) -> dict[str, object]:
    return read_scenario(path).model_dump(exclude={"name", "title", "own_events"})


@pytest.mark.parametrize("name", [path.stem for path in shipped_scenarios()])
def test_a_scenario_from_one_that_ships_is_it_as_it_stands_and_with_every_comment_taken_away(
    tmp_path: Path, name: str
) -> None:
    path = tmp_path / "my.toml"
    text = new_from(path, name)
    stated = re.sub(r"^#(?=[a-z\[])", "", text, flags=re.MULTILINE).partition("\n")[2]  # but the line of the schema
    assert stated.count("\n[events.") >= 1
    assert stated.count("\n[factors.") >= 1
    for written in (text, stated):
        path.write_text(written, encoding="utf-8")
        assert all_but_names(path) == all_but_names(name)
    assert read_scenario(path).title == f"{read_scenario(name).title}, changed"


def test_a_scenario_from_a_file_beside_shows_what_the_whole_chain_says(own: Path) -> None:
    text = new_from(own.parent / "mine.toml", "own")
    assert 'extends = "own.toml"' in text
    assert "#[factors.trade]\n#level = 40\n#weight = 3\n" in text
    assert "[factors.arms]" not in text  # of the relationship
    assert "#[events.summit]\n#on = 2025-06-15\n#probability = 0.5\n#effects.trade = { jump = 5 }\n" in text


def test_a_day_outside_the_projection_is_not_offered(own: Path) -> None:
    own.write_text(OWN.replace("months = 6", "months = 3"), encoding="utf-8")
    assert "#[events.summit]\n#probability = 0.5\n" in new_from(own.parent / "mine.toml", "own")
