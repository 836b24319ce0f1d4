"""What one command may ask: one index, the headline, all, some draws, many values."""

import csv
import io
import json
from pathlib import Path

import pytest
from commands import relsim

from simulator.cli.options import count
from simulator.cli.vary import varied


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, toy: str) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "toy.toml").write_text(toy, encoding="utf-8")
    return tmp_path


def done(*arguments: str) -> str:
    result = relsim(*arguments)
    assert result.exit_code == 0, result.output
    return str(result.stdout)


def test_quiet_is_a_line_for_each_scenario_with_what_was_changed() -> None:
    lines = done("run", "toy.toml", "toy.toml", "--set", "factors.trade.level=60", "--quiet", "--no-save").splitlines()
    assert [line.partition(": ")[0] for line in lines] == ["Toy (toy), with factors.trade.level = 60"] * 2
    (line,) = done("run", "toy.toml", "-n", "2000", "--given", "summit", "--quiet").splitlines()
    assert line.startswith("Toy (toy), given summit: ")


@pytest.mark.parametrize("name", ["unease", "trade"])
def test_another_index_or_a_factor_comes_first(name: str) -> None:
    text = done("run", "toy.toml", "--index", name, "--no-save")
    assert f"({name})\n" in text
    assert "(warmth)" not in text
    assert done("run", "toy.toml", "--index", name, "--all", "--no-save").index(f"({name})\n") < text.index("Events")


def test_a_factor_that_is_asked_for_is_in_csv_and_json_too() -> None:
    rows = csv.DictReader(io.StringIO(done("run", "toy.toml", "--index", "trade", "--format", "csv", "--no-save")))
    assert {row["name"] for row in rows if row["kind"] == "mean"} == {"warmth", "unease", "trade"}
    told = json.loads(done("run", "toy.toml", "--index", "trade", "--format", "json", "--no-save"))[0]
    assert list(told["indices"]) == ["warmth", "unease", "trade"]


def test_a_start_after_the_day_of_the_levels_says_so() -> None:
    assert "levels are those of 2025-01-20: nothing is moved forward" in done(
        "run", "toy.toml", "--set", "start=2025-03-20", "--no-save"
    )
    assert "levels are those of" not in done("run", "toy.toml", "--no-save")


def test_given_prints_the_draws_in_which_it_holds_and_saves_nothing(folder: Path) -> None:
    given = json.loads(done("run", "toy.toml", "-n", "2000", "--given", "summit by 2025-07-20", "--format", "json"))[0]
    assert (given["given"], given["events"]["summit"]["probability"]) == ("summit by 2025-07-20", 1)
    assert 900 < given["n_draws"] < 1_100
    rows = list(csv.DictReader(io.StringIO(done("run", "toy.toml", "-n", "2000", "--given", "summit", "--format", "csv"))))
    assert {row["given"] for row in rows} == {"summit"}
    assert not (folder / "results").exists()
    text = done("compare", "toy.toml", "toy.toml", "-n", "2000", "--given", "summit", "--set", "factors.trade.weight=3")
    assert "given summit, in both: " in text


def test_vary_is_one_table_and_saves_nothing(folder: Path) -> None:
    arguments = ("run", "toy.toml", "--vary", "factors.trade.weight=0:2:1", "--vary", "months=6:12:6", "-n", "100")
    rows = json.loads(done(*arguments, "--format", "json"))["sweep"]
    assert [(row["factors.trade.weight"], row["months"], row["date"]) for row in rows] == [
        (weight, months, day) for weight in (0, 1, 2) for months, day in ((6, "2025-07-20"), (12, "2026-01-20"))
    ]
    assert done(*arguments).count("Is it warmer?") == 1
    told = json.loads(
        done("run", "toy.toml", "--vary", "events.summit.enabled=true,false", "--set", "months=6", "--format", "json")
    )
    assert told["about"][0]["title"] == "Toy, with months = 6"
    assert [row["events.summit.enabled"] for row in told["sweep"]] == [True, False]
    assert not (folder / "results").exists()


def test_dates_stand_in_for_months() -> None:
    for command in (("explain",), ("drivers", "-n", "50"), ("compare", "toy.toml")):
        by_month, by_date = (done(*command, "toy.toml", *when) for when in (("--month", "6"), ("--date", "2025-07-20")))
        assert by_month == by_date
        assert "2025-07-20" in by_date


@pytest.mark.parametrize(
    ("text", "values"),
    [("a.b=0:1:0.5", [0.0, 0.5, 1.0]), ("a=-1:1:1", [-1, 0, 1]), ("a = 0.1 : 0.3 : 0.1", [0.1, 0.2, 0.3]), ("a=5:5:1", [5])],
)
def test_a_range_has_both_its_ends(text: str, values: list[float]) -> None:
    assert varied(text)[1] == values


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("--vary", "factors.trade.weight=0:1:0.3"), 2, "steps of 0.3 from 0 do not reach 1"),
        (("--vary", "factors.trade.weight=0:1"), 2, "write KEY=LOW:HIGH:STEP, such as factors.nato.weight=0:3:0.5"),
        (("--vary", "factors.trade.weight=1:0:0.5"), 2, "write KEY=LOW:HIGH:STEP"),
        (("--vary", "factors.trade.weight=0:1:0"), 2, "write KEY=LOW:HIGH:STEP"),
        (("--vary", "factors.trade.weight=0:1:inf"), 2, "write KEY=LOW:HIGH:STEP"),
        (("--vary", "factors.trade.weight=0:1000:1"), 2, "names 1,001 values; at most 101"),
        (("--vary", "factors.trad.weight=0:1:1"), 3, "--vary: factors.trad: there is no such entry (did you mean 'trade'?)"),
        (("--vary", "factors.trade.level=0:200:100"), 3, "--vary: factors.trade.level: must be within 0 to 100; found 200"),
        (("--vary", "months=6:12:6", "--vary", "months=6:12:6"), 2, "--vary goes once, or twice with two keys"),
        (("--vary", "months=6:12:6", "--quiet"), 2, "do not go with --vary"),
        (("--vary", "factors.trade.weight=2:1:1"), 2, "LOW is at most HIGH, and STEP above 0"),
        (("--vary", "run.seed=1:3:1"), 2, "is no number of a scenario; -n, --seed, --record and --known-until say how"),
        (("--vary", "months=6:12:6", "--set", "months=9"), 2, "months is set by --set and varied by --vary; state one"),
        (("--given", "summit", "--given", "not summit"), 4, "given 'summit; not summit' leaves 0 of 500 draws"),
        (("--vary", "months=6:12:6", "--month", "2025-07-20"), 2, "is not a whole number of months; --date takes a day"),
        (("--given", "sumit"), 4, "unknown name 'sumit' (did you mean 'summit'?)"),
        (("--given", "warmth > 99"), 4, "leaves 0 of 500 draws; at least 400 are needed to tell anything"),
        (("--given", "summit", "--precision", "0.1"), 2, "--precision is of all draws"),
        (("--date", "2025-07-20"), 2, "--month, --date and pictures go with --vary"),
        (("-o", "x.png"), 2, "`relsim plot` draws a run"),
        (("--quiet", "--all"), 2, "--quiet prints the headline only"),
        (("--index", "unese"), 4, "no index or factor is called 'unese' (did you mean 'unease'?)"),
        (("-n", "20.000"), 2, "20.000"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_anything_is_written(
    folder: Path, arguments: tuple[str, ...], code: int, told: str
) -> None:
    result = relsim("run", "toy.toml", *arguments)
    assert (result.exit_code, result.stdout) == (code, "")
    assert told in result.stderr
    assert sorted(path.name for path in folder.iterdir()) == ["toy.toml"]


def test_a_thousand_with_a_comma_is_one() -> None:
    assert count("20,000") == 20_000
