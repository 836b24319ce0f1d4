"""Assumptions: what each entry of a file moves, and what supports it."""

from pathlib import Path

import pytest
from worlds import acted

from simulator import assumptions
from simulator.report.assumptions import assumptions_of, assumptions_page
from simulator.review.show import basis, says

# Nothing random: warmth is (1 * 40 + 3 * level of arms) / 4, and the event pushes arms by a known amount.
WORLD = """\
title = "Still"
as_of = 2025-01-20
months = 1
[factors.trade]
label = "Trade"
level = 40
weight = 1
half_life = 1
volatility = 0
settling = 12
drift = 0
source = "A page of 2024. Weight: assumption."
confidence = "high"
[factors.arms]
label = "Arms"
level = 50
weight = 3
half_life = 1
volatility = 0
settling = 12
drift = 0
[events.summit]
label = "A summit"
on = 2025-02-01
probability = 1
effects.arms = { jump = 8 }
source = "assumption"
confidence = "low"
[spillovers.arms]
trade = 0.5
notes = { rationale = "why", source = "A page.", confidence = "medium" }
"""


def test_an_event_moves_warmth_by_what_it_adds(tmp_path, write) -> None:
    table = assumptions(write(tmp_path, WORLD), n_draws=10)
    # jump 8 at neutral, three quarters of the weight; all draws agree, so the error is 0
    added = 0.75 * (acted(50, 8) - 50)
    found = table.loc["events.summit", ["moves", "mean", "std_error"]].tolist()
    assert found == pytest.approx([added, added, 0], abs=1e-5)


def test_a_factor_is_measured_by_leaving_it_out(tmp_path, write) -> None:
    table = assumptions(write(tmp_path, WORLD), n_draws=10)
    # without trade warmth is where arms stand, without arms 40
    arms = acted(50, 8)
    both = (40 + 3 * arms) / 4
    assert table.loc["factors.trade", "mean"] == pytest.approx(both - arms, abs=1e-5)
    assert table.loc["factors.trade", "moves"] == pytest.approx(arms - both, abs=1e-5)
    assert table.loc["factors.arms", "mean"] == pytest.approx(both - 40, abs=1e-5)


def test_a_link_that_has_had_no_time_to_act_moves_nothing(tmp_path, write) -> None:
    assert assumptions(write(tmp_path, WORLD), n_draws=10).loc["spillovers.arms", "moves"] == 0


MOOD = "[indices.mood]\nweights = { trade = 1 }\n"


def test_an_index_that_nothing_or_a_question_reads_moves_nothing(tmp_path, write) -> None:
    asked = '[questions.gloomy]\nask = "mood < 50 and not summit"\n'
    off = '[events.sulk]\nlabel = "S"\nenabled = false\nwhen = "mood < 50"\nprobability = 1\neffects.arms = { jump = -4 }\n'
    for more in ("", asked, off):
        table = assumptions(write(tmp_path, WORLD + MOOD + more), n_draws=10)
        assert table.loc["indices.mood", ["moves", "std_error", "mean"]].tolist() == [0, 0, 0]


def test_an_index_is_measured_by_leaving_out_the_events_that_read_it(tmp_path, write) -> None:
    reads = '[events.sulk]\nlabel = "S"\nwhen = "mood < 50"\nprobability = 1\neffects.arms = { jump = -4 }\n'
    other = '[events.thaw]\nlabel = "T"\nwhen = "not sulk and warmth > 0"\nprobability = 1\neffects.trade = { jump = 3 }\n'
    table = assumptions(write(tmp_path, WORLD + MOOD + reads + other), n_draws=10)
    # sulk and summit act in one month: 8 - 4 at neutral instead of 8, of three quarters of the weight; the thaw, which waits
    # for no index, comes in both
    taken = 0.75 * (acted(50, 8) - acted(50, 4))
    found = table.loc["indices.mood", ["moves", "mean", "std_error"]].tolist()
    assert found == pytest.approx([taken, -taken, 0], abs=1e-5)
    assert table.loc["events.sulk", "mean"] == pytest.approx(-taken, abs=1e-5)
    assert table.loc["events.thaw", "mean"] == pytest.approx(0.25 * (acted(40, 3) - 40), abs=1e-5)


def test_an_index_that_a_scenario_changes_is_measured_against_its_relationship(tmp_path, write) -> None:
    reads = '[events.sulk]\nlabel = "S"\nwhen = "mood < 50"\nprobability = 1\neffects.arms = { jump = -4 }\n'
    write(tmp_path / "seeds", WORLD.replace("months = 1\n", "") + MOOD + reads, "still.toml")
    scenario = 'title = "Up"\nrelationship = "still"\nmonths = 1\n[indices.mood]\nweights = { trade = 0, arms = 1 }\n'
    table = assumptions(write(tmp_path / "scenarios", scenario, "up.toml"), n_draws=10)
    # arms stand at 50, which is not under 50: the scenario's mood has no sulk, the relationship's, at 40, has one
    assert table.loc["indices.mood", "mean"] == pytest.approx(0.75 * (acted(50, 8) - acted(50, 4)), abs=1e-5)


def test_the_least_supported_come_first_and_among_them_the_strongest(tmp_path, write) -> None:
    table = assumptions(write(tmp_path, WORLD), n_draws=10)
    assert table.index.tolist() == ["factors.arms", "events.summit", "spillovers.arms", "factors.trade"]
    assert table["confidence"].tolist() == ["none stated", "low", "medium", "high"]
    assert table["basis"].tolist() == ["none stated", "assumption", "source", "partly"]


def test_a_scenario_is_measured_against_its_relationship(tmp_path, write) -> None:
    seeds = tmp_path / "seeds"
    write(seeds, WORLD.replace("months = 1\n", ""), "still.toml")
    scenario = 'title = "More"\nrelationship = "still"\nmonths = 1\n[events.summit]\neffects.arms = { jump = 12 }\n'
    table = assumptions(write(tmp_path / "scenarios", scenario, "more.toml"), n_draws=10)
    assert table.index.tolist() == ["events.summit"]
    # a jump of 12 instead of 8 at neutral, three quarters of the weight
    assert table.loc["events.summit", "mean"] == pytest.approx(0.75 * (acted(50, 12) - acted(50, 8)), abs=1e-5)
    assert table.loc["events.summit", "says"] == "arms jump 12"


def test_a_relationship_without_a_horizon_is_run_for_a_term(tmp_path, write) -> None:
    table = assumptions(write(tmp_path, WORLD.replace("months = 1\n", "")), n_draws=10)
    # its points decay away in 48 months of half-life 1; the spillover's echo too
    assert table.loc["events.summit", "moves"] == pytest.approx(0, abs=1e-6)


def test_what_an_entry_says_is_told_in_one_line(tmp_path, write) -> None:
    told = assumptions(write(tmp_path, WORLD), n_draws=10).says
    assert told["events.summit"] == "on 2025-02-01, probability 1, arms jump 8"
    assert told["spillovers.arms"] == "trade 0.5"
    assert told["factors.arms"] == "level 50, weight 3, half_life 1, volatility 0, settling 12, drift 0"
    assert says({"label": "x", "source": "y"}, None) == ""


def test_the_page_puts_first_what_to_argue_with(tmp_path, write) -> None:
    one, other = write(tmp_path / "a", WORLD, "one.toml"), write(tmp_path / "b", WORLD, "two.toml")
    page = assumptions_page(assumptions_of([one, other], n_draws=10))
    assert page.index("## To argue with first") < page.index("## one") < page.index("## two")
    # 0.75 * (100 / (1 + exp(-8 / 25)) - 50) = 5.95
    assert "| events.summit (two) | low | assumption | 5.9 | +5.9 | on 2025-02-01, probability 1, arms jump 8 |" in page
    assert "4 entries that state numbers; basis: 1 source, 1 partly, 1 assumption, 1 none stated." in page
    assert "To argue with" not in assumptions_page(assumptions_of([one], n_draws=10))


@pytest.mark.parametrize(("source", "word"), [(None, "none stated"), ("  ", "none stated"), ("ASSUMPTION", "assumption")])
def test_a_source_is_told_by_what_it_covers(source: str | None, word: str) -> None:
    assert basis(source) == word


def test_the_command_tells_of_a_file_whose_own_conditions_read_its_own_index(tmp_path, write) -> None:
    from click.testing import CliRunner

    from simulator.cli.program import main

    asked = '[questions.gloomy]\nask = "mood < 50"\n'
    printed = CliRunner().invoke(main, ["assumptions", str(write(tmp_path, WORLD + MOOD + asked)), "-n", "10"])
    assert printed.exit_code == 0
    assert "| indices.mood | none stated | none stated | 0.0 | 0.0 | trade 1 |" in printed.output


def test_the_command_writes_the_page_or_prints_it(tmp_path, write) -> None:
    from click.testing import CliRunner

    from simulator.cli.program import main

    path, page = write(tmp_path, WORLD), tmp_path / "page.md"
    printed = CliRunner().invoke(main, ["assumptions", str(path), "-n", "10"])
    written = CliRunner().invoke(main, ["assumptions", str(path), "-n", "10", "-o", str(page)])
    assert (printed.exit_code, written.exit_code, written.output) == (0, 0, "")
    assert Path(page).read_text(encoding="utf-8") == printed.output
    assert CliRunner().invoke(main, ["assumptions", "no_such.toml"]).exit_code == 5
