"""Sweeps: each row is the run it says it is."""

from pathlib import Path

import pytest

from simulator import InvalidFile, Refused, plots, read_scenario, simulate, sweep
from simulator.report.sweep import keys_of, sweep_table

GRID = {"factors.trade.weight": [0, 2], "events.summit.probability": [0.0, 0.5, 1.0]}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory, toy: str) -> Path:
    path = tmp_path_factory.mktemp("sweep") / "toy.toml"
    path.write_text(toy, encoding="utf-8")
    return path


def test_a_grid_has_a_row_for_every_combination_and_each_is_that_run(path: Path) -> None:
    scenario = read_scenario(path)
    table = sweep(scenario, GRID, 300, 5)
    assert keys_of(table) == list(GRID)
    assert [tuple(row) for row in table[list(GRID)].to_numpy()] == [(a, b) for a in (0, 2) for b in (0.0, 0.5, 1.0)]
    alone = simulate(scenario.with_({"factors.trade.weight": 2, "events.summit.probability": 0.5}), 300, 5)
    row = table.iloc[4]
    assert (row.scenario, row.n_draws, row.n_effective, f"{row.date:%Y-%m-%d}") == ("toy", 300, 300, "2026-01-20")
    mean = alone.mean("warmth").iloc[-1]
    assert (row["mean"], row.mean_std_error) == (mean["mean"], mean.std_error)
    quantiles = alone.quantiles("warmth", [0.1, 0.5, 0.9]).iloc[-3:]
    assert [row.q10, row.q50, row.q90] == quantiles.value.tolist()
    assert [row.q10_std_error, row.q50_std_error, row.q90_std_error] == quantiles.std_error.tolist()
    asked = alone.questions().loc["warmer"]
    assert (row["question.warmer"], row["question.warmer_std_error"]) == (asked.probability, asked.std_error)


def test_settings_one_by_one_leave_empty_what_they_do_not_set(path: Path) -> None:
    table = sweep(read_scenario(path), [{}, {"factors.trade.weight": 3}, {"months": 6}], 100)
    assert keys_of(table) == ["factors.trade.weight", "months"]
    assert table["factors.trade.weight"].isna().tolist() == [True, False, True]
    assert [f"{day:%Y-%m-%d}" for day in table.date] == ["2026-01-20", "2026-01-20", "2025-07-20"]


def test_several_scenarios_an_index_a_day_and_a_condition(path: Path) -> None:
    both = [read_scenario(path), read_scenario(path, ["factors.trade.level=60"])]
    table = sweep(both, {"factors.arms.weight": [1, 2]}, 1_000, 3, index="unease", month="2025-07-20", given="summit")
    assert len(table) == 4
    alone = simulate(both[1].with_({"factors.arms.weight": 1}), 1_000, 3, n_kept=1_000).given("summit")
    assert table["mean"][2] == alone.mean("unease")["mean"].iloc[6]
    assert table.n_draws[2] == alone.n_draws < 1_000


def test_progress_is_told_and_every_problem_before_the_first_run(path: Path) -> None:
    told: list[tuple[int, int]] = []
    sweep(read_scenario(path), GRID, 20, progress=lambda done, total: told.append((done, total)))
    assert told == [(n, 6) for n in range(1, 7)]
    told.clear()
    with pytest.raises(InvalidFile, match="must be within 0 to 1"):
        sweep(read_scenario(path), {"events.summit.probability": [0.5, 2]}, 20, progress=lambda *both: told.append(both))
    assert told == []
    for nothing in ([], {"months": []}):
        with pytest.raises(Refused, match="needs a scenario and a setting"):
            sweep(read_scenario(path), nothing, 20)


def test_the_text_has_a_row_for_each_setting_and_a_column_for_each_question(path: Path) -> None:
    scenario = read_scenario(path)
    lines = sweep_table(sweep(scenario, GRID, 300), [scenario], "warmth", "300 draws each").splitlines()
    assert lines[:4] == [
        "Toy (toy)",
        "Relationship warmth (warmth) on 2026-01-20; 300 draws each",
        "A: factors.trade.weight (stated: 1)",
        "B: events.summit.probability (stated: 0.5)",
    ]
    assert [line.split()[:2] for line in lines[6:12]] == [[a, b] for a in "02" for b in ("0", "0.5", "1")]
    assert lines[-1] == "(1) Is it warmer?"
    assert max(map(len, lines)) <= 80


def test_one_key_is_a_line_for_each_scenario_and_two_are_a_grid_of_medians(path: Path) -> None:
    both = [read_scenario(path), read_scenario(path, ["factors.trade.level=60"])]
    table = sweep(read_scenario(path), {"factors.trade.weight": [0, 1, 2]}, 100)
    ax = plots.sweep(table, title="Mine")
    assert ax.lines[0].get_ydata().tolist() == table.q50.tolist()
    assert ax.get_title(loc="left") == "Mine"
    grid = plots.sweep(sweep(both[0], GRID, 100))
    told = [[float(text.get_text()) for text in grid.texts][n] for n in range(6)]
    wide = sweep(both[0], GRID, 100).pivot(index="events.summit.probability", columns="factors.trade.weight", values="q50")
    assert told == pytest.approx(wide.to_numpy().ravel(), abs=0.051)
    with pytest.raises(Refused, match="one key of some scenarios, or two of one"):
        plots.sweep(sweep(both, GRID, 20).assign(scenario=["a"] * 6 + ["b"] * 6))


def test_a_question_may_have_the_name_of_a_column(tmp_path: Path, toy: str) -> None:
    (tmp_path / "m.toml").write_text(toy.replace("[questions.warmer]", "[questions.mean]"), encoding="utf-8")
    table = sweep(read_scenario(tmp_path / "m.toml"), {"months": [6, 12]}, 100)
    assert (table["mean"] > 1).all()
    assert (table["question.mean"] <= 1).all()


def test_rows_of_several_days_are_not_told_as_of_one(path: Path) -> None:
    scenario = read_scenario(path)
    text = sweep_table(sweep(scenario, {"months": [6, 12]}, 100), [scenario], "warmth", "100 draws each")
    assert "Relationship warmth (warmth) at the horizon of each; 100 draws each" in text
    assert plots.sweep(sweep(scenario, {"months": [6, 12]}, 100)).get_ylabel() == "points at the horizon of each"


def test_rows_with_a_record_rest_on_effective_draws() -> None:
    scenario = read_scenario("baseline", ['record="us_russia_2025"'])
    table = sweep(scenario, {"factors.nato.weight": [1, 2]}, 2_000)
    assert (table.n_draws == 2_000).all()
    assert (table.n_effective < 1_500).all()
