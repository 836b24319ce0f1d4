"""The commands that ask of runs: what they print and write, and the code they end with."""

import csv
import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from commands import relsim
from worlds import OTHER

import simulator.ensemble.simulation
from simulator import brief, compare, explain, read_scenario, simulate
from simulator.report.comparison import comparison_table
from simulator.report.why import ledger_table

OUTLOOK = """\
title = "Both"

[[scenarios]]
file = "base.toml"
probability = 0.75

[[scenarios]]
file = "other.toml"
probability = 0.25
"""
PNG = b"\x89PNG\r\n\x1a\n"
# each command with the tables behind it
COMMANDS: dict[str, tuple[list[str], list[str]]] = {
    "compare": (["compare", "base.toml", "other.toml"], ["about", "differences", "bands", "questions"]),
    "explain": (["explain", "base.toml"], ["about", "ledger", "wide"]),
    "explain --against": (["explain", "other.toml", "--against", "base.toml"], ["about", "ledger", "wide"]),
    "drivers": (["drivers", "base.toml"], ["about", "variance", "tornado", "break_even"]),
    "outlook": (["outlook", "outlook.toml"], ["summary", "variance", "bands", "questions"]),
}
each_command = pytest.mark.parametrize("command", COMMANDS)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, toy: str) -> Iterator[Path]:
    """A working folder with two scenarios of one relationship, and one of another."""
    monkeypatch.chdir(tmp_path)
    # few draws of each evaluation: these tests look at what is printed, not at how well it is estimated
    monkeypatch.setattr("simulator.analysis.variance.N_DRAWS", 64)
    (tmp_path / "seeds").mkdir()
    texts = {
        "seeds/toy.toml": toy.replace("draws = 500", "draws = 200"),
        "base.toml": 'relationship = "toy"\ntitle = "Base"\n',
        "other.toml": OTHER,
        "short.toml": 'relationship = "toy"\ntitle = "Short"\nmonths = 9\n',
        "alone.toml": toy,
        "big.toml": 'relationship = "toy"\ntitle = "Big"\n[run]\ndraws = 100001\n',
        "bad.toml": "title = 3\nas_of = 2025-01-20\n",
        "outlook.toml": OUTLOOK,
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    yield tmp_path
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


def done(*arguments: str) -> str:
    result = relsim(*arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def written(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def whole(name: str, n: int = 200, **options: Any) -> Any:
    return simulate(read_scenario(name), n, n_kept=n, **options)


def csv_tables(text: str) -> dict[str, list[dict[str, str]]]:
    """Return the tables of a csv output by name."""
    rows = list(csv.DictReader(io.StringIO(text)))
    tables: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        tables.setdefault(row.pop("table", ""), []).append(row)
    return tables


# --- what is printed and written ---


@each_command
def test_a_table_is_for_80_columns(folder: Path, command: str) -> None:
    text = done(*COMMANDS[command][0])
    assert max(map(len, text.splitlines())) <= 80
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert re.search(r"\bnan\b", text) is None
    assert not (folder / "results").exists()


@each_command
def test_csv_and_json_hold_the_same_tables(command: str) -> None:
    arguments, names = COMMANDS[command]
    found = json.loads(done(*arguments, "--format", "json"), parse_constant=lambda name: pytest.fail(name))
    assert list(found) == names
    tables = csv_tables(done(*arguments, "--format", "csv"))
    assert list(tables) == names
    for name in names:
        assert len(tables[name]) == len(found[name]) > 0, name
        for row, wanted in zip(tables[name], found[name], strict=True):
            assert [key for key in row if row[key] != "" and key not in wanted] == []
            for key, value in wanted.items():
                if isinstance(value, float):
                    assert float(row[key]) == pytest.approx(value, rel=1e-5, abs=1e-12), (name, key)
                else:
                    assert row[key].lstrip("'") == ("" if value is None else str(value)), (name, key)


FORMS = [(command, "table") for command in COMMANDS] + [("compare", "csv"), ("explain", "json")]


@pytest.mark.parametrize(("command", "form"), FORMS)
def test_a_text_is_written_where_it_is_told(folder: Path, command: str, form: str) -> None:
    arguments = [*COMMANDS[command][0], "--format", form]
    assert done(*arguments, "-o", "page.txt") == ""
    assert (folder / "page.txt").read_text(encoding="utf-8") == done(*arguments)


PICTURES = [(command, "png") for command in COMMANDS] + [("compare", "svg"), ("explain", "svg"), ("drivers", "svg")]


@pytest.mark.parametrize(("command", "suffix"), PICTURES)
def test_a_picture_is_drawn_and_has_the_same_bytes_twice(folder: Path, command: str, suffix: str) -> None:
    for name in ("a", "b"):
        assert done(*COMMANDS[command][0], "-o", f"{name}.{suffix}") == f"{name}.{suffix}\n"
    first = (folder / f"a.{suffix}").read_bytes()
    assert first == (folder / f"b.{suffix}").read_bytes()
    assert first.startswith(PNG if suffix == "png" else b"<?xml")


# --- compare ---


def test_compare_prints_the_comparison_of_all_draws() -> None:
    told = comparison_table(compare(whole("base.toml"), whole("other.toml")))
    assert done("compare", "base.toml", "other.toml") == told + "\n"


def test_a_scenario_against_itself_gives_zeros(folder: Path) -> None:
    found = json.loads(done("compare", "base.toml", "base.toml", "--format", "json"))
    for row in found["differences"]:
        assert [row[key] for key in ("mean", "std_error", "sd", "q10", "q50", "q90", "warmer")] == [0] * 7
        assert row["same"] == 1
    assert {row["difference"] for name in ("bands", "questions") for row in found[name]} == {0}
    rows = [line.split() for line in done("compare", "baseline", "baseline", "-n", "200").splitlines() if line[:4] == "  20"]
    assert [row[1] for row in rows] == ["0"] * 5


def test_overrides_change_the_other_only() -> None:
    text = done("compare", "base.toml", "base.toml", "--set", "factors.trade.level=70")
    first = next(line for line in text.splitlines() if line.startswith("  2025-01-20"))
    assert first.split()[1] == "+10.00"  # weights 1 and 2, 30 points of trade


def test_several_are_compared_one_after_the_other_and_drawn_as_a_forest(folder: Path) -> None:
    text = done("compare", "base.toml", "other.toml", "short.toml")
    assert text.index("Other (other) against Base (base)") < text.index("Short (short) against Base (base)")
    found = json.loads(done("compare", "base.toml", "other.toml", "short.toml", "--format", "json"))
    assert list(dict.fromkeys(row["scenario"] for row in found["bands"])) == ["other", "short"]
    assert text.startswith("Overview: Relationship warmth (warmth) on ")
    pictures = {}
    for kind in ("ridgeline", "questions", "fans", "forest"):
        done("compare", "base.toml", "other.toml", "--kind", kind, "-o", f"{kind}.png")
        pictures[kind] = (folder / f"{kind}.png").read_bytes()
    assert len(set(pictures.values())) == 4
    done("compare", "base.toml", "other.toml", "-o", "one.png")
    assert (folder / "one.png").read_bytes() == pictures["fans"]
    done("compare", "base.toml", "other.toml", "short.toml", "-o", "several.png")
    done("compare", "base.toml", "other.toml", "short.toml", "--kind", "forest", "-o", "forest.png")
    assert (folder / "several.png").read_bytes() == (folder / "forest.png").read_bytes()


def test_the_bases_seed_and_draws_are_those_of_all(folder: Path) -> None:
    (folder / "seeded.toml").write_text(
        'relationship = "toy"\ntitle = "Seeded"\n[run]\nseed = 9\ndraws = 50\n', encoding="utf-8"
    )
    assert "12 months from 2025-01-20; 50 draws of the same worlds, seed 9\n" in done("compare", "seeded.toml", "other.toml")
    assert "; 200 draws of the same worlds, seed 3\n" in done("compare", "base.toml", "seeded.toml")
    assert "; 70 draws of the same worlds, seed 0\n" in done(
        "compare", "base.toml", "seeded.toml", "-n", "70", "--seed", "0"
    )


# --- explain ---


def test_explain_prints_the_ledger() -> None:
    base, other = whole("base.toml"), whole("other.toml")
    wanted = ledger_table(explain(other, base, "unease", 3))
    assert wanted.startswith("Why: Other (other) against Base (base), Unease on 2025-04-20\n")
    assert done("explain", "other.toml", "--against", "base.toml", "--index", "unease", "--month", "3") == wanted + "\n"


def test_a_draw_is_explained_by_its_number_or_its_quantile() -> None:
    ensemble = whole("base.toml")
    coldest = int(ensemble.draws().warmth.argmin())
    assert f"; draw {coldest} of 200\n" in done("explain", "base.toml", "--quantile", "0")
    assert done("explain", "base.toml", "--quantile", "0") == done("explain", "base.toml", "--draw", str(coldest))
    found = json.loads(done("explain", "base.toml", "--draw", "5", "--format", "json"))["ledger"]
    moved = ensemble.paths("warmth")[5]
    assert sum(row["points"] for row in found) == pytest.approx(moved.iloc[-1] - moved.iloc[0], abs=1e-4)
    assert "std_error" not in found[0]


def test_the_ledger_of_all_draws_sums_to_the_move_of_the_mean() -> None:
    found = json.loads(done("explain", "base.toml", "-n", "300", "--seed", "5", "--format", "json"))["ledger"]
    mean = whole("base.toml", 300, seed=5).mean("warmth")["mean"]
    assert sum(row["points"] for row in found) == pytest.approx(mean.iloc[-1] - mean.iloc[0], abs=1e-6)


def test_the_title_has_the_date_that_is_explained() -> None:
    assert "on 2025-10-20" in done("explain", "base.toml", "--against", "short.toml").splitlines()[0]


# --- drivers, brief, diff, outlook ---


def test_a_saved_run_works_for_drivers_and_brief(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done("run", "base.toml")
    (saved,) = (folder / "results").iterdir()
    fresh = [done("drivers", "base.toml"), done("brief", "base.toml")]
    against = [done(name, "other.toml", "--against", "base.toml") for name in ("drivers", "brief")]
    assert "sign of the difference from base" in against[0]
    assert "Against Base" in against[1]
    monkeypatch.setattr(simulator.ensemble.simulation, "simulate", lambda *_, **__: pytest.fail("simulated again"))
    assert [done("drivers", str(saved)), done("brief", str(saved))] == fresh
    done("drivers", str(saved), "-o", "saved.png")
    assert (folder / "saved.png").read_bytes().startswith(PNG)


@pytest.mark.parametrize("command", ["drivers", "brief"])
@pytest.mark.parametrize("option", [["-n", "123"], ["--seed", "4"], ["--set", "title='x'"]])
def test_a_saved_run_cannot_be_asked_otherwise(folder: Path, command: str, option: list[str]) -> None:
    done("run", "base.toml")
    (saved,) = (folder / "results").iterdir()
    result = relsim(command, str(saved), *option)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "a saved run is read as it is" in result.stderr


def test_brief_prints_the_page_or_writes_it(folder: Path) -> None:
    text = brief(whole("other.toml"), whole("base.toml")) + "\n"
    assert done("brief", "other.toml", "--against", "base.toml").split() == text.split()  # in 80 columns, not in 100
    assert done("brief", "other.toml", "--against", "base.toml", "-o", "page.md") == ""
    assert (folder / "page.md").read_text(encoding="utf-8") == text


def test_diff_tells_what_changed(folder: Path) -> None:
    text = done("diff", "base.toml", "other.toml", "--set", "factors.arms.weight=3")
    assert text.startswith("base -> other: ")
    assert "level 40 -> 50" in text
    assert "boost added" in text
    assert "arms: counts more: 2 -> 3" in text
    assert isinstance(json.loads(done("diff", "base.toml", "other.toml", "--format", "json")), dict | list)


def test_an_outlook_pools_its_scenarios() -> None:
    found = json.loads(done("outlook", "outlook.toml", "--format", "json"))
    means = [whole(f"{name}.toml").mean("warmth")["mean"].iloc[-1] for name in ("base", "other")]
    pooled = [row for row in found["summary"] if row["name"] == "warmth"][-1]
    assert pooled["mean"] == pytest.approx(0.75 * means[0] + 0.25 * means[1], abs=1e-6)
    assert done("outlook", "outlook.toml").splitlines()[0] == "Both"


def test_an_outlook_tells_questions_with_and_without_a_label(folder: Path) -> None:
    with (folder / "seeds" / "toy.toml").open("a") as file:
        file.write('[questions.at_odds]\nask = "warmth < 50"\n')
    lines = done("outlook", "outlook.toml").splitlines()
    assert [line[13:] for line in lines if line[13:] in ("Is it warmer?", "at odds")] == ["Is it warmer?", "at odds"]
    found = json.loads(done("outlook", "outlook.toml", "--format", "json"))["questions"]
    assert [row["label"] for row in found] == ["Is it warmer?", "at odds"]


# --- wrong use: one message, nothing on stdout, nothing written ---

WITHIN = "month must be within 0 to 12, or a day from 2025-01-20 to 2026-01-20; found"
FAILURES: list[tuple[list[str], int, str]] = [
    (["compare", "base.toml"], 2, "Missing argument"),
    (["compare", "base.toml", "other.toml", "--kind", "pie"], 2, "'pie' is not one of"),
    (
        ["compare", "base.toml", "other.toml", "short.toml", "--kind", "fans", "-o", "x.png"],
        2,
        "--kind fans shows one OTHER",
    ),
    (["compare", "base.toml", "other.toml", "short.toml", "--kind", "questions", "-o", "x.png"], 2, "shows one OTHER"),
    (["compare", "base.toml", "other.toml", "-n", "x"], 2, "is not a whole number"),
    (["explain", "base.toml", "--draw", "3", "--quantile", "0.5"], 2, "give --draw or --quantile, not both"),
    (["explain", "base.toml", "--draw", "0", "--quantile", "0"], 2, "give --draw or --quantile, not both"),
    (["explain", "base.toml", "--draw", "-1"], 2, "-1 is not in the range"),
    (["explain", "base.toml", "--quantile", "1.5"], 2, "1.5 is not in the range"),
    (["drivers", "base.toml", "--format", "xml"], 2, "'xml' is not one of"),
    (["brief"], 2, "Missing argument"),
    (["compare", "base.toml", "bad.toml"], 3, "bad.toml:1: title: must be text in quotes; found 3"),
    (["explain", "bad.toml"], 3, "bad.toml:1: title"),
    (["drivers", "base.toml", "--set", "nonsense"], 3, "write key=value with a TOML value"),
    (["brief", "base.toml", "--against", "bad.toml"], 3, "bad.toml:1: title"),
    (["diff", "base.toml", "bad.toml"], 3, "bad.toml:1: title"),
    (["compare", "base.toml", "other.toml", "--index", "wramth"], 4, "(did you mean 'warmth'?)"),
    (["compare", "base.toml", "other.toml", "--index", "wramth", "-o", "x.png"], 4, "(did you mean 'warmth'?)"),
    (["explain", "base.toml", "--index", "uneas"], 4, "no index or factor is called 'uneas' (did you mean 'unease'?)"),
    (["explain", "base.toml", "--month", "13"], 4, f"{WITHIN} 13"),
    (["explain", "base.toml", "--month", "-1"], 4, f"{WITHIN} -1"),
    (
        ["explain", "base.toml", "--against", "short.toml", "--month", "10"],
        4,
        "month must be within 0 to 9, or a day from 2025-01-20 to 2025-10-20; found 10",
    ),
    (["explain", "base.toml", "--draw", "200", "-o", "x.png"], 4, "draw must be within 0 to 199; found 200"),
    (["drivers", "base.toml", "--index", "wramth"], 4, "did you mean 'warmth'"),
    (["drivers", "base.toml", "--month", "13"], 4, f"{WITHIN} 13"),
    (["drivers", "base.toml", "--month", "-1"], 4, f"{WITHIN} -1"),
    (["compare", "base.toml", "alone.toml"], 4, "have different relationships (toy and factors trade, arms)"),
    (["compare", "base.toml", "baseline", "-n", "20"], 4, "have different relationships (toy and us_russia)"),
    (["explain", "alone.toml", "--against", "base.toml"], 4, "have different relationships"),
    (["drivers", "alone.toml", "--against", "base.toml"], 4, "have different relationships"),
    (["brief", "alone.toml", "--against", "base.toml"], 4, "have different relationships"),
    (["compare", "base.toml", "other.toml", "-n", "100_001"], 4, "kept whole: at most 100,000; found 100,001"),
    (["explain", "big.toml"], 4, "kept whole: at most 100,000; found 100,001"),
    (["drivers", "base.toml", "-n", "1e6"], 4, "kept whole: at most 100,000; found 1,000,000"),
    (["brief", "base.toml", "-n", "101k"], 4, "kept whole: at most 100,000; found 101,000"),
    (["compare", "base.toml", "other.toml", "-n", "0"], 4, "draws must be a whole number, 1 to"),
    (["explain", "base.toml", "--seed", "-1"], 4, "seed must be a whole number, 0 or more; found -1"),
    (["explain", "seeds/toy.toml", "--set", "factors.trade.weight=0", "--set", "factors.arms.weight=0"], 3, "weight"),
    (["compare", "base.toml", "othr"], 5, "othr"),
    (["compare", "basline", "baseline"], 5, "did you mean 'baseline'?"),
    (["explain", "basline"], 5, "did you mean 'baseline'?"),
    (["drivers", "base.toml", "--against", "basline"], 5, "did you mean 'baseline'?"),
    (["brief", "basline"], 5, "did you mean 'baseline'?"),
    (["diff", "base.toml", "basline"], 5, "did you mean 'baseline'?"),
    (["outlook", "nowhere.toml"], 5, "nowhere.toml"),
    *[([*arguments, "-o", "nowhere/x.txt"], 5, "nowhere/x.txt: cannot be written") for arguments, _ in COMMANDS.values()],
    *[
        ([*arguments, "-o", "nowhere/x.png"], 5, "nowhere/x.png: cannot be written")
        for name, (arguments, _) in COMMANDS.items()
        if name != "brief"
    ],
    (["explain", "base.toml", "-o", "seeds"], 5, "seeds: cannot be written"),
    (["brief", "base.toml", "-o", "nowhere/x.md"], 5, "nowhere/x.md: cannot be written"),
    (["brief", "seeds"], 6, "run.json is missing or damaged"),
]


@pytest.mark.parametrize(("arguments", "code", "fragment"), FAILURES, ids=[" ".join(row[0])[-70:] for row in FAILURES])
def test_a_failure_ends_with_its_code_one_message_and_nothing_written(
    folder: Path, arguments: list[str], code: int, fragment: str
) -> None:
    before = written(folder)
    result = relsim(*arguments)
    assert (result.exit_code, result.stdout) == (code, ""), result.output
    assert fragment in result.stderr
    if code > 3:
        assert len(result.stderr.splitlines()) == 1
    assert written(folder) == before


EDGES: list[tuple[list[str], int, str]] = [
    (["explain", "base.toml", "--draw", "200"], 4, "draw must be within"),
    (["drivers", "base.toml", "-n", "1", "-o", "x.png"], 4, "there is no tornado"),
    (["brief", "base.toml", "--against", "base.toml"], 0, ""),
    (["compare", "base.toml", "other.toml", "--kind", "fans"], 2, "--kind goes with -o"),
    (["compare", "base.toml", "other.toml", "-o", "x.gif"], 2, ".svg"),
    (["brief", "base.toml", "-o", "x.png"], 2, "this is text"),
    (["explain", "base.toml", "--format", "json", "-o", "x.png"], 2, "would be a picture"),
]


@pytest.mark.parametrize(("arguments", "code", "fragment"), EDGES, ids=[" ".join(row[0]) for row in EDGES])
def test_what_is_asked_at_the_edge_ends_as_it_should(arguments: list[str], code: int, fragment: str) -> None:
    result = relsim(*arguments)
    assert result.exit_code == code
    assert fragment in result.stderr


def test_a_folder_that_cannot_be_written_to_keeps_what_was_there(folder: Path) -> None:
    (folder / "page.txt").write_text("before", encoding="utf-8")
    assert relsim("explain", "bad.toml", "-o", "page.txt").exit_code == 3
    assert (folder / "page.txt").read_text(encoding="utf-8") == "before"


# --- help ---


def test_the_commands_are_in_the_help_and_load_nothing_heavy() -> None:
    code = (
        "import sys\nfrom click.testing import CliRunner\nfrom simulator.cli.program import main\n"
        "for name in ('compare', 'explain', 'drivers', 'brief', 'diff', 'outlook'):\n"
        "    assert CliRunner().invoke(main, [name, '--help']).exit_code == 0\n"
        "print(CliRunner().invoke(main, ['--help']).output)\n"
        "print(sorted({'numpy', 'pandas', 'pydantic', 'scipy', 'matplotlib'} & set(sys.modules)))"
    )
    text = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert text.endswith("\n[]\n")
    for name in ("compare", "explain", "drivers", "brief", "diff", "outlook"):
        assert re.search(rf"^  {name} ", text, re.MULTILINE), name
