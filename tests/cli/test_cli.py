"""The command line: what it prints, where, what it writes, and the code it ends with."""

import ast
import csv
import io
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

import pytest
from click.testing import CliRunner, Result
from commands import relsim

import simulator.ensemble.simulation
import simulator.scenario.conditions
from simulator import Scenario, __version__, read_run, read_scenario
from simulator.cli.program import main
from simulator.cli.runs import KINDS
from simulator.engine.plan import Plan, make_plan
from simulator.files.find import shipped_scenarios
from simulator.files.json_schema import json_schema
from simulator.files.layers import shipped

Write = Callable[..., Path]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, toy: str) -> Iterator[Path]:
    """A working folder with the toy in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "toy.toml").write_text(toy, encoding="utf-8")
    yield tmp_path
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


def done(*arguments: str) -> Result:
    result = relsim(*arguments)
    assert result.exit_code == 0, result.output
    return result


def written(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def interrupt(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


# --- run ---


def test_a_run_prints_a_table_of_80_columns_and_saves_the_run(folder: Path) -> None:
    result = done("run", "toy.toml")
    lines = result.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0] == "Toy (toy)"
    assert lines[1].startswith("Relationship warmth stands at 33 on 20 January 2025; on 20 January 2026 its")
    assert "12 months from 2025-01-20; 500 draws, seed 3; 0 to 100 points, 50 neutral" in lines
    dates = [line.split()[0] for line in lines if line.startswith("  20")]
    assert dates == ["2025-01-20", "2025-07-20", "2026-01-20"]  # now, six months, the horizon
    assert lines[-1] == "With --all: 1 other indices, durations."
    whole = done("run", "toy.toml", "--all", "--no-save").stdout.splitlines()
    dates = [line.split()[0] for line in whole if line.startswith("  20")]
    assert dates == ["2025-01-20", "2025-07-20", "2026-01-20"] * 2  # warmth and unease
    assert [line for line in whole if "warmth >= 35" in line] != []
    (saved,) = (folder / "results").iterdir()
    assert result.stderr == f"toy: saved in {saved.relative_to(folder)}\n"
    assert read_run(saved).n_draws == 500


@pytest.mark.parametrize("name", [path.stem for path in shipped_scenarios()])
def test_shipped_scenarios_fit_80_columns(name: str) -> None:
    assert max(map(len, done("run", name, "-n", "300", "--no-save").stdout.splitlines())) <= 80


def test_long_words_do_not_widen_the_table(folder: Path, write: Write, toy: str) -> None:
    long = "Very " * 40
    text = toy.replace("Toy", long).replace('label = "Unease"', f'label = "{long}"').replace("Is it warmer?", long)
    text = text.replace("[run]", f'[bands]\ncuts = [30, 60]\nnames = ["{"a" * 90}", "b b b", "{"c" * 50}"]\n\n[run]')
    write(folder, text, "long.toml")
    assert max(map(len, done("run", "long.toml", "--no-save").stdout.splitlines())) <= 80


def test_a_run_without_saving_writes_nothing(folder: Path) -> None:
    result = done("run", "toy.toml", "--no-save")
    assert result.stderr == ""
    assert written(folder) == ["toy.toml"]


def test_saving_changes_nothing_of_what_is_printed() -> None:
    assert done("run", "toy.toml", "--no-save").stdout == done("run", "toy.toml").stdout


def test_results_go_where_they_are_told(folder: Path) -> None:
    done("run", "toy.toml", "--out", "deep/er")
    assert len(list((folder / "deep" / "er").iterdir())) == 1
    assert not (folder / "results").exists()


def test_the_same_run_is_recognised_and_not_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    first = done("run", "toy.toml")
    monkeypatch.setattr(simulator.ensemble.simulation, "simulate", interrupt)
    again = done("run", "toy.toml")
    assert again.stdout == first.stdout
    assert again.stderr.startswith("toy: the same run is saved already; read from results")
    assert relsim("run", "toy.toml", "--seed", "4").exit_code == 130  # another run is made
    assert relsim("run", "toy.toml", "--set", "factors.trade.level=41").exit_code == 130


def test_a_run_parses_each_condition_once_and_plans_once(monkeypatch: pytest.MonkeyPatch) -> None:
    baseline = read_scenario("baseline")
    conditions = {event.when for event in baseline.events.values()} - {None} | {q.ask for q in baseline.questions.values()}
    for module in walk_packages(simulator.__path__, "simulator."):
        if module.name != "simulator.__main__":
            import_module(module.name)  # so that whoever makes plans is known
    planned, parsed = list[str](), Counter[str]()

    def counting_plan(scenario: Scenario) -> Plan:
        planned.append(scenario.name)
        return make_plan(scenario)

    def counting_parse(text: str, *arguments: Any, **options: Any) -> Any:
        parsed[text] += 1
        return parse(text, *arguments, **options)

    parse = ast.parse
    makers = [module for module in list(sys.modules.values()) if getattr(module, "make_plan", None) is make_plan]
    assert len(makers) >= 4
    for module in makers:
        if module.__name__.startswith("simulator."):
            monkeypatch.setattr(module, "make_plan", counting_plan)
    monkeypatch.setattr(simulator.scenario.conditions.ast, "parse", counting_parse)
    simulator.scenario.conditions._parsed.cache_clear()  # what other tests have read
    done("run", "baseline", "-n", "200")
    assert planned == ["baseline"]
    assert len(conditions) >= 5
    assert {text: parsed[text] for text in conditions} == dict.fromkeys(conditions, 1)
    assert sum(parsed.values()) == len(conditions)
    done("run", "baseline", "-n", "200")  # read back from where it was saved
    assert planned == ["baseline"] * 2


def test_the_options_win_over_the_file() -> None:
    (found,) = json.loads(done("run", "toy.toml", "-n", "600", "--seed", "0", "--format", "json", "--no-save").stdout)
    assert (found["n_draws"], found["seed"]) == (600, 0)


@pytest.mark.parametrize(
    ("text", "number"),
    [("600", 600), ("0.6k", 600), ("6e2", 600), ("6_00", 600), ("1,000", 1000), ("1K", 1000), ("1.2e3", 1200)],
)
def test_a_number_of_draws_may_be_written_as_people_do(text: str, number: int) -> None:
    (found,) = json.loads(done("run", "toy.toml", "-n", text, "--format", "json", "--no-save").stdout)
    assert found["n_draws"] == number


@pytest.mark.parametrize("text", ["abc", "1.5", "1e-3", "-5", "1kk", "", "0.5", "inf", "nan", "1e999"])
def test_what_is_no_whole_number_of_draws_is_wrong_use(text: str) -> None:
    result = relsim("run", "toy.toml", "-n", text)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "is not a whole number; write 20000, 100k or 1e6" in result.stderr


def test_an_override_changes_the_run() -> None:
    plain, changed = (
        json.loads(done("run", "toy.toml", "--format", "json", "--no-save", *more).stdout)[0]
        for more in ([], ["--set", "factors.trade.level=100", "--set", 'title="Warm"'])
    )
    assert (plain["title"], changed["title"]) == ("Toy", "Warm, with factors.trade.level = 100")
    assert plain["digest"] != changed["digest"]
    # weights 1 and 2: (1 * 40 + 2 * 30) / 3, and (1 * 100 + 2 * 30) / 3
    now = [run["indices"]["warmth"]["months"][0]["mean"] for run in (plain, changed)]
    assert now == pytest.approx([100 / 3, 160 / 3], abs=1e-9)


def test_the_number_of_workers_changes_nothing() -> None:
    runs = [
        done("run", "toy.toml", "-n", "20k", "--workers", n, "--format", "json", "--no-save").stdout for n in ("1", "2", "3")
    ]
    assert runs[0] == runs[1] == runs[2]


def test_a_precision_is_reached_and_the_draws_it_took_are_told() -> None:
    result = done("run", "toy.toml", "--precision", "0.05", "--format", "json", "--no-save")
    (found,) = json.loads(result.stdout)
    assert found["indices"]["warmth"]["months"][-1]["std_error"] <= 0.05
    assert result.stderr == f"toy: {found['n_draws']:,} draws for a standard error of 0.05 points\n"


def test_several_scenarios_are_run_one_after_the_other(folder: Path, write: Write, toy: str) -> None:
    write(folder, toy.replace('"Toy"', '"Second"'), "second.toml")
    result = done("run", "toy.toml", "second.toml", "--format", "json")
    assert [run["title"] for run in json.loads(result.stdout)] == ["Toy", "Second"]
    assert len(list((folder / "results").iterdir())) == 2
    table = done("run", "toy.toml", "second.toml").stdout
    assert table.index("Toy (toy)") < table.index("Second (second)")


def test_json_holds_the_run_and_no_nan(folder: Path, write: Write, toy: str) -> None:
    # the summit never happens: it has no time
    write(folder, toy.replace("probability = 0.5", "probability = 0"))
    (found,) = json.loads(
        done("run", "toy.toml", "--format", "json", "--no-save").stdout, parse_constant=lambda name: pytest.fail(name)
    )
    assert sorted(found["indices"]) == ["unease", "warmth"]
    assert [row["month"] for row in found["indices"]["warmth"]["months"]] == [0, 6, 12]
    assert sum(row["probability"] for row in found["indices"]["warmth"]["bands_at_end"].values()) == pytest.approx(1)
    assert found["events"]["summit"]["probability"] == 0
    assert found["questions"]["warmer"]["ask"] == "warmth >= 35"


def rows_of(*arguments: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(done("run", *arguments, "--format", "csv", "--no-save").stdout)))


def test_csv_is_one_tidy_table(folder: Path, write: Write, toy: str) -> None:
    write(folder, toy, "second.toml")
    rows = rows_of("toy.toml", "second.toml")
    assert list(rows[0]) == [
        "scenario",
        "digest",
        "seed",
        "n_draws",
        "n_effective",
        "changes",
        "given",
        "kind",
        "name",
        "month",
        "date",
        "item",
        "value",
        "std_error",
        "low",
        "high",
    ]
    assert {row["scenario"] for row in rows} == {"toy", "second"}
    counts = {kind: sum(row["kind"] == kind for row in rows) for kind in ("mean", "quantile", "band", "event", "question")}
    # two scenarios, two indices, thirteen months; seven quantiles, six bands, two events, one question
    months = 2 * 2 * 13
    assert counts == {"mean": months, "quantile": 7 * months, "band": 6 * months, "event": 2 * 2 * 13, "question": 2}
    assert len({(row["scenario"], row["digest"], row["seed"], row["n_draws"]) for row in rows}) == 2
    first = next(row for row in rows if row["kind"] == "mean")
    assert (first["name"], first["month"], first["date"], first["value"]) == ("warmth", "0", "2025-01-20", "33.3333")


def test_no_cell_of_csv_is_a_formula_to_a_spreadsheet(folder: Path, write: Write, toy: str) -> None:
    text = toy.replace('ask = "warmth >= 35"', 'ask = "-5 < warmth"')
    bands = '[bands]\ncuts = [20, 40, 60, 80]\nnames = ["=1+1", "@b", "+c", "-d", "e"]\n\n[run]'
    write(folder, text.replace("[run]", bands), "=cmd.toml")
    rows = rows_of("=cmd.toml")
    texts = {row[key] for row in rows for key in ("scenario", "kind", "name", "item")}
    assert {cell for cell in texts if cell[:1] in tuple("=+-@\t\r")} == set()
    assert {"'=cmd", "'=1+1", "'@b", "'+c", "'-d", "'-5 < warmth"} <= texts


def test_a_formula_behind_a_tab_is_no_formula_either(folder: Path, write: Write, toy: str) -> None:
    write(folder, toy.replace("[run]", '[bands]\ncuts = [50]\nnames = ["\\t=1+1", "b"]\n\n[run]'))
    assert {row["item"] for row in rows_of("toy.toml") if row["kind"] == "band"} == {"'\t=1+1", "b"}


def test_nothing_is_drawn_on_a_screen_that_is_not_there() -> None:
    assert "\r" not in done("run", "toy.toml", "-n", "50k", "--no-save").stderr


# --- check ---


def test_checking_a_sound_file_says_ok(folder: Path, write: Write, toy: str) -> None:
    sourced = toy.replace("drift = 1\n", 'drift = 1\nsource = "A page."\n')
    write(folder, sourced, "sound.toml")
    result = done("check", "sound.toml")
    assert (result.stdout, result.stderr) == ("sound.toml: ok\n", "")


def test_checking_warns_of_what_can_hardly_be_meant_and_does_not_block() -> None:
    result = done("check", "toy.toml")
    assert result.stdout == "toy.toml: ok, 2 warnings\n"
    warnings = result.stderr.splitlines()
    assert len(warnings) == 2
    assert all(line.startswith("warning: toy.toml:") and ".weight: is a plain number" in line for line in warnings)


@pytest.mark.parametrize(("newline", "last"), [("\n", ""), ("\r\n", "\r\n"), ("\r\n", "")])
def test_a_warning_of_the_last_statement_is_told_whatever_ends_the_lines(
    folder: Path, write: Write, newline: str, last: str
) -> None:
    lines = ['title = "W"', 'relationship = "us_russia"', "start = 2025-01-20", "months = 12", "factors.nato.weight = 2"]
    write(folder, newline.join(lines) + last, "w.toml")
    result = done("check", "w.toml")
    assert result.stdout == "w.toml: ok, 1 warning\n"
    assert result.stderr.startswith("warning: w.toml:5: factors.nato.weight: is a plain number")
    strict = relsim("check", "--strict", "w.toml")
    assert strict.exit_code == 3
    assert "w.toml:5: factors.nato: states numbers without rationale and source\n" in strict.stderr


def test_checking_lists_every_problem_of_every_file(folder: Path, write: Write, toy: str) -> None:
    write(folder, toy.replace("level = 40", "level = 400").replace("warmth < 60", "wramth < 60"), "files/a.toml")
    write(folder, toy, "files/b.toml")
    write(folder, toy.replace("seed = 3", "seed = -3"), "files/c.toml")
    result = relsim("check", "files")
    assert (result.exit_code, result.stdout) == (3, "files/b.toml: ok, 2 warnings\n")
    problems = [line for line in result.stderr.splitlines() if not line.startswith("warning: ")]
    assert [line.split(" ")[0] for line in problems] == [
        "files/a.toml:12:",
        "files/a.toml:47:",
        "files/c.toml:8:",
    ]


def test_a_missing_file_does_not_hide_the_problems_of_another(folder: Path, write: Write, toy: str) -> None:
    write(folder, toy.replace("level = 40", "level = 400"))
    result = relsim("check", "toy.toml", "nowhere.toml")
    assert result.exit_code in (3, 5)
    assert "toy.toml:12: factors.trade.level" in result.stderr
    assert "nowhere.toml" in result.stderr


@pytest.mark.parametrize(
    "path", [*shipped_scenarios(), *sorted(shipped("seeds").glob("*.toml"))], ids=lambda path: path.stem
)
def test_every_shipped_file_passes_the_strict_check(path: Path) -> None:
    assert done("check", "--strict", str(path)).stdout == f"{path}: ok\n"


def test_the_strict_check_asks_for_a_rationale_and_a_source(folder: Path, write: Write, toy: str) -> None:
    text = toy.split("[spillovers.trade]", maxsplit=1)[0].replace("drift = 1\n", 'drift = 1\nrationale = "x"\n', 1)
    write(folder, text)
    assert done("check", "toy.toml").stdout.startswith("toy.toml: ok")
    result = relsim("check", "--strict", "toy.toml")
    assert result.exit_code == 3
    assert result.stderr.splitlines() == [
        "toy.toml:10: factors.trade: states numbers without source",
        "toy.toml:20: factors.arms: states numbers without rationale and source",
    ]


def test_the_strict_check_asks_for_notes_on_links(folder: Path, write: Write, toy: str) -> None:
    text = "\n".join(toy.split("\n[events")[:1]).replace(
        "arms = 0.2\n", 'arms = 0.2\nnotes = { rationale = "x", source = "y" }\n'
    )
    write(folder, text)
    stderr = relsim("check", "--strict", "toy.toml").stderr
    assert "spillovers.trade" not in stderr
    assert "toy.toml:33: correlations.trade.notes: states numbers without rationale and source" in stderr


def test_the_strict_check_leaves_a_relationships_numbers_to_its_own_file(folder: Path, write: Write, toy: str) -> None:
    write(folder, toy, "seeds/toy.toml")
    write(folder, 'title = "S"\nrelationship = "toy"\n[events.summit]\nenabled = false\n', "s.toml")
    assert done("check", "--strict", "s.toml").stdout == "s.toml: ok\n"


# --- show, scenarios, schema ---


def test_show_marks_what_the_scenario_changed(folder: Path, write: Write, toy: str) -> None:
    write(folder, toy, "seeds/toy.toml")
    write(folder, 'title = "S"\nrelationship = "toy"\n[factors.trade]\nlevel = 41\n', "s.toml")
    lines = done("show", "s.toml").stdout.splitlines()
    marked = [line.strip() for line in lines if line.strip().startswith("*")]
    assert marked == ["* trade: Trade", "* level 41, weight 1, half_life 2, volatility 2, settling 12, drift 1"]
    assert "from seeds/toy.toml, s.toml" in lines
    assert any("crisis" in line for line in lines)
    shown = done("show", "s.toml", "--set", "events.crisis.rate=2").stdout.splitlines()
    assert "  * crisis: A crisis" in shown


def test_show_prints_a_law_as_it_was_stated() -> None:
    assert "target 20/35/55 (p10/p50/p90)" in done("show", "toy.toml").stdout


def test_the_list_of_scenarios_has_every_one_that_ships_the_newest_relationship_first() -> None:
    lines = done("scenarios").stdout.splitlines()
    heads = [line for line in lines if re.fullmatch(r"\w+, from \d{4}-\d\d-\d\d", line)]
    assert [head.split(",")[0] for head in heads] == ["us_russia_2026", "us_china_2026", "us_russia", "us_china"]
    names = [line.split()[0] for line in lines if line and line[0] != " " and line not in heads]
    assert sorted(names) == [path.stem for path in shipped_scenarios()]
    assert names[0] == "today"
    assert max(map(len, lines)) <= 80
    rows = json.loads(done("scenarios", "--format", "json").stdout)["scenarios"]
    assert [row["name"] for row in rows] == names


def test_the_schema_is_printed_or_written(folder: Path) -> None:
    assert done("schema").stdout == json_schema()
    assert done("schema", "-o", "s.json").stdout == ""
    assert (folder / "s.json").read_text(encoding="utf-8") == json_schema()


def test_the_version_is_the_packages() -> None:
    assert done("--version").stdout == f"relsim, version {__version__}\n"


# --- new ---


def test_a_new_scenario_passes_the_strict_check_and_runs(folder: Path) -> None:
    result = done("new", "my.toml")
    assert result.stdout == ""
    assert done("check", "--strict", "my.toml").stdout == "my.toml: ok\n"
    assert done("run", "my.toml", "-n", "300", "--no-save").stdout.startswith("My scenario (my)\n")
    assert "relsim run my.toml" in (folder / "my.toml").read_text(encoding="utf-8")


def test_a_new_scenario_overwrites_nothing(folder: Path, toy: str) -> None:
    result = relsim("new", "toy.toml")
    assert (result.exit_code, result.stdout) == (5, "")
    assert result.stderr == "toy.toml: exists already; nothing was written\n"
    assert (folder / "toy.toml").read_text(encoding="utf-8") == toy


def test_a_new_scenario_of_an_unknown_relationship_is_not_written(folder: Path) -> None:
    result = relsim("new", "my.toml", "--relationship", "us_rusia")
    assert result.exit_code == 5
    assert "no relationship is called 'us_rusia' (did you mean 'us_russia'?)" in result.stderr
    assert written(folder) == ["toy.toml"]


# --- plot ---


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "record"])
def test_every_kind_of_picture_is_written(folder: Path, kind: str) -> None:
    result = done("plot", "toy.toml", "--kind", kind)
    assert result.stdout == f"toy-{kind}.png\n"
    assert (folder / f"toy-{kind}.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_a_run_is_drawn_without_simulating_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done("run", "toy.toml")
    (saved,) = (folder / "results").iterdir()
    monkeypatch.setattr(simulator.ensemble.simulation, "simulate", interrupt)
    done("plot", str(saved), "--kind", "fan", "--index", "unease", "-o", "unease.svg")
    assert (folder / "unease.svg").read_text(encoding="utf-8").startswith("<?xml")


@pytest.mark.parametrize("suffix", ["svg", "pdf", "png"])
def test_the_same_picture_has_the_same_bytes(folder: Path, suffix: str) -> None:
    for name in ("a", "b"):
        done("plot", "toy.toml", "--kind", "fan", "-o", f"{name}.{suffix}")
    assert (folder / f"a.{suffix}").read_bytes() == (folder / f"b.{suffix}").read_bytes()


def test_a_distribution_is_drawn_at_any_month(folder: Path) -> None:
    done("plot", "toy.toml", "--kind", "distribution", "--month", "3", "-o", "three.svg")
    done("plot", "toy.toml", "--kind", "distribution", "-o", "end.svg")
    assert (folder / "three.svg").read_bytes() != (folder / "end.svg").read_bytes()


# --- exit codes: one message, nothing on stdout, nothing written ---

RELATIONSHIP = str(shipped("seeds") / "us_russia.toml")
FAILURES: list[tuple[list[str], int, str]] = [
    ([], 2, "Usage"),
    (["run"], 2, "Missing argument"),
    (["runn", "toy.toml"], 2, "No such command"),
    (["run", "toy.toml", "--draw", "3"], 2, "No such option"),
    (["run", "toy.toml", "--format", "xml"], 2, "'xml' is not one of"),
    (["run", "toy.toml", "-n", "500", "--precision", "1"], 2, "give --draws or --precision, not both"),
    (["run", "toy.toml", "--workers", "0"], 2, "0 is not in the range"),
    (["run", "toy.toml", "--seed", "x"], 2, "'x' is not a valid integer"),
    (["plot", "toy.toml", "--kind", "pie"], 2, "'pie' is not one of"),
    (["plot", "toy.toml", "-o", "x.gif"], 2, "must end in .png, .svg or .pdf"),
    (["run", "bad.toml"], 3, "bad.toml:1: title: must be text in quotes; found 3"),
    (["run", "toy.toml", "bad.toml"], 3, "bad.toml:1: title"),
    (["show", "bad.toml"], 3, "bad.toml:1: title"),
    (["check", "bad.toml"], 3, "bad.toml:1: title"),
    (["plot", "bad.toml"], 3, "bad.toml:1: title"),
    (
        ["run", "toy.toml", "--set", "factors.trade.level=200"],
        3,
        "--set factors.trade.level=200: factors.trade.level: must be within",
    ),
    (["run", "toy.toml", "--set", "nonsense"], 3, "write key=value with a TOML value"),
    (["show", "toy.toml", "--set", "x=1"], 3, "unknown key"),
    (["run", "toy.toml", "-n", "0"], 4, "draws must be a whole number, 1 to 1,000,000,000; found 0"),
    (["run", "toy.toml", "-n", "2e9"], 4, "draws must be a whole number, 1 to 1,000,000,000; found 2,000,000,000"),
    (["run", "toy.toml", "-n", "1e99"], 4, "draws must be a whole number, 1 to"),
    (["run", "toy.toml", "--seed", "-1"], 4, "seed must be a whole number, 0 or more; found -1"),
    (["run", "toy.toml", "--precision", "0"], 4, "precision must be above 0"),
    (["run", "toy.toml", "--precision", "nan"], 4, "precision must be above 0"),
    (["run", "toy.toml", "--precision", "1e-9"], 4, "the ceiling is 10,000,000"),
    (["run", RELATIONSHIP], 4, "states no horizon"),
    (["run", "toy.toml", RELATIONSHIP], 4, "states no horizon"),
    (["plot", "toy.toml", "--kind", "fan", "--index", "wramth"], 4, "wramth"),
    (["plot", "toy.toml", "--kind", "distribution", "--month", "13"], 4, "13"),
    (["plot", "toy.toml", "--kind", "distribution", "--month", "-1"], 4, "-1"),
    (["run", "nowhere.toml"], 5, "nowhere.toml: no such file"),
    (["run", "x" * 300], 5, "no such file"),
    (["show", "basline"], 5, "did you mean 'baseline'?"),
    (["check", "nowhere.toml"], 5, "no such file"),
    (["check", "empty"], 5, "no .toml file there"),
    (["plot", "results/nowhere"], 5, "no such file"),
    (["plot", "toy.toml", "--kind", "fan", "-o", "nowhere/x.png"], 5, "nowhere/x.png: cannot be written"),
    (["run", "toy.toml", "--out", "toy.toml"], 5, "toy.toml: runs cannot be saved there"),
    (["new", "nowhere/my.toml"], 5, "nowhere/my.toml: cannot be written"),
    (["schema", "-o", "nowhere/s.json"], 5, "nowhere/s.json: cannot be written"),
    (["plot", "empty"], 6, "run.json is missing or damaged"),
    (["plot", "foreign"], 6, "is of another format"),
]


@pytest.mark.parametrize(("arguments", "code", "fragment"), FAILURES, ids=[" ".join(row[0])[-60:] for row in FAILURES])
def test_a_failure_ends_with_its_code_one_message_and_nothing_written(
    folder: Path, write: Write, arguments: list[str], code: int, fragment: str
) -> None:
    write(folder, "title = 3\nas_of = 2025-01-20\n", "bad.toml")
    (folder / "empty").mkdir()
    write(folder, '{"format": "other", "files": {}}', "foreign/run.json")
    before = written(folder)
    result = relsim(*arguments)
    assert (result.exit_code, result.stdout) == (code, "")
    assert fragment in result.stderr
    assert written(folder) == before


@pytest.mark.parametrize("option", [["-n", "500"], ["--seed", "3"], ["--set", "title='x'"]])
def test_a_saved_run_cannot_be_drawn_otherwise(folder: Path, option: list[str]) -> None:
    done("run", "toy.toml")
    (saved,) = (folder / "results").iterdir()
    result = relsim("plot", str(saved), *option)
    assert result.exit_code == 2
    assert "a saved run is drawn as it is" in result.stderr


def test_a_run_that_was_altered_is_refused(folder: Path) -> None:
    done("run", "toy.toml")
    (saved,) = (folder / "results").iterdir()
    (saved / "draws.parquet").write_bytes(b"PAR1")
    result = relsim("plot", str(saved), "--kind", "fan")
    assert (result.exit_code, result.stdout) == (6, "")
    assert "draws.parquet is missing or was altered" in result.stderr


@pytest.mark.parametrize("command", [["run", "toy.toml"], ["plot", "toy.toml"]])
def test_an_interrupt_ends_with_130_and_leaves_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.setattr(simulator.ensemble.simulation, "simulate", interrupt)
    result = relsim(*command)
    assert (result.exit_code, result.stdout) == (130, "")
    assert result.stderr.startswith("interrupted")
    assert ("a run is saved only if it is named above" in result.stderr) == (command[0] == "run")
    assert written(folder) == ["toy.toml"]


def test_a_bug_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(simulator.ensemble.simulation, "simulate", broken)
    assert isinstance(CliRunner().invoke(main, ["run", "toy.toml"]).exception, ZeroDivisionError)


# --- help ---


@pytest.mark.parametrize(
    "command", [[], *([name] for name in sorted(main.commands))], ids=lambda command: "".join(command) or "relsim"
)
def test_help_is_there_for_every_command(command: list[str]) -> None:
    text = done(*command, "--help").stdout
    assert text.startswith("Usage: ")
    assert done(*command, "-h").stdout == text


def test_help_imports_nothing_heavy() -> None:
    run = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "simulator", "--help"], capture_output=True, text=True, check=True
    )
    imported = {line.rpartition("|")[2].strip().split(".")[0] for line in run.stderr.splitlines() if "|" in line}
    assert run.stdout.startswith("Usage: ")
    assert {"click", "simulator"} <= imported
    assert imported & {"pandas", "numpy", "scipy", "pydantic", "pyarrow", "matplotlib"} == set()
