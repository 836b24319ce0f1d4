"""Saved runs: printed again, listed, made again, removed; and what another version made is said."""

import csv
import io
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from commands import relsim

from simulator import __version__, read_run
from simulator.cli.program import main
from simulator.ensemble.store import RECIPE, _recipe_fingerprint

Write = Callable[..., Path]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, toy: str) -> Path:
    """A working folder with the toy, and one saved run of it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "toy.toml").write_text(toy, encoding="utf-8")
    done("run", "toy.toml")
    return tmp_path


def done(*arguments: str) -> Result:
    result = relsim(*arguments)
    assert result.exit_code == 0, result.output
    return result


def only_run(folder: Path) -> str:
    (saved,) = (folder / "results").iterdir()
    return str(saved.relative_to(folder))


def altered(run: str, change: Callable[[dict], None]) -> None:
    """Change a run's recipe as its own program would have written it."""
    path = Path(run) / RECIPE
    recipe = json.loads(path.read_text(encoding="utf-8"))
    change(recipe)
    recipe["files"][RECIPE] = _recipe_fingerprint(recipe)
    path.write_text(json.dumps(recipe), encoding="utf-8")


def made_with(version: str) -> Callable[[dict], None]:
    return lambda recipe: recipe["made_with"].update({"relations-simulator": version})


# --- run RUN ---


def test_a_saved_run_is_printed_again_to_the_letter(folder: Path) -> None:
    first = done("run", "toy.toml").stdout
    again = done("run", only_run(folder))
    assert (again.stdout, again.stderr) == (first, "")


def test_a_saved_run_is_printed_beside_a_scenario(folder: Path, write: Write, toy: str) -> None:
    write(folder, toy.replace('"Toy"', '"Second"'), "second.toml")
    found = json.loads(done("run", only_run(folder), "second.toml", "--no-save", "--format", "json").stdout)
    assert [run["title"] for run in found] == ["Toy", "Second"]


@pytest.mark.parametrize("option", [["-n", "500"], ["--seed", "3"], ["--set", "title='x'"], ["--precision", "1"]])
def test_a_saved_run_cannot_be_printed_otherwise(folder: Path, option: list[str]) -> None:
    result = relsim("run", only_run(folder), *option)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "a saved run is printed as it is" in result.stderr


@pytest.mark.parametrize("command", [["run"], ["plot"], ["brief"], ["explain"]])
def test_a_run_of_another_version_is_read_and_says_so(folder: Path, command: list[str]) -> None:
    run = only_run(folder)
    altered(run, made_with("0.0.9"))
    told = f"{run}: made with version 0.0.9; this is {__version__} (relsim rerun {run} says what changed)\n"
    assert done(*command, run).stderr == told


@pytest.mark.parametrize("command", ["run", "plot", "rerun", "brief"])
def test_the_folder_of_runs_is_no_run_and_names_those_it_holds(folder: Path, command: str) -> None:
    result = relsim(command, "results")
    assert (result.exit_code, result.stdout) == (5, "")
    assert result.stderr == f"results: holds runs, and is none itself; name one of them:\n  {only_run(folder)}\n"


def test_a_shipped_scenario_goes_before_an_empty_folder_of_its_name(folder: Path) -> None:
    (folder / "baseline").mkdir()
    assert done("run", "baseline", "-n", "200", "--no-save").stdout.startswith("Baseline (baseline)")


# --- runs ---


def test_runs_are_listed_the_newest_first_with_what_made_them(folder: Path) -> None:
    first = only_run(folder)
    done("run", "toy.toml", "-n", "600", "--set", "factors.trade.half_life=3")
    (second,) = {str(path.relative_to(folder)) for path in (folder / "results").iterdir()} - {first}
    for run, age in ((first, 1_000_000_000), (second, 1_100_000_000)):
        os.utime(Path(run) / RECIPE, (age, age))
    lines = done("runs").stdout.splitlines()
    assert [line for line in lines if line.startswith("results")] == [second, first]
    assert lines[1:3] == [
        "  Toy, with factors.trade.half_life = 3 (toy); 12 months from 2025-01-20; 600",
        "    draws, seed 3",
    ]
    assert lines[3].startswith("  written 2004-11-09 ")
    assert f", version {__version__}, " in lines[3]
    assert lines[6] == "  Toy (toy); 12 months from 2025-01-20; 500 draws, seed 3"
    assert lines[-1].startswith("2 runs, ")
    assert max(map(len, lines)) <= 80


def test_the_list_of_runs_is_csv_and_json_too(folder: Path) -> None:
    text = done("runs", "--format", "csv").stdout
    (row,) = csv.DictReader(io.StringIO(text.removeprefix("# runs\n")))
    assert (row["folder"], row["scenario"], row["title"]) == (only_run(folder), "toy", "Toy")
    assert (row["draws"], row["seed"], row["months"], row["start"]) == ("500", "3", "12", "2025-01-20")
    assert int(row["bytes"]) == sum(path.stat().st_size for path in Path(only_run(folder)).iterdir())
    (found,) = json.loads(done("runs", "--format", "json").stdout)["runs"]
    assert (found["draws"], found["record"], found["trouble"]) == (500, None, "")
    assert relsim("runs", "-o", "runs.png").exit_code == 2


def test_damaged_and_foreign_folders_are_named(folder: Path) -> None:
    run = only_run(folder)
    shutil.copytree(run, "results/damaged")
    (folder / "results/damaged/draws.parquet").write_bytes(b"")
    shutil.copytree(run, "results/old")
    altered("results/old", lambda recipe: recipe.update(format="relsim run 1"))
    (folder / "results/photos").mkdir()
    (folder / "results/note.txt").write_text("no folder", encoding="utf-8")
    out = done("runs").stdout
    assert "results/damaged: draws.parquet is missing or was altered after the run" in " ".join(out.split())
    assert "results/old: is of another format, 'relsim run 1'" in out
    assert "results/photos: run.json is missing or damaged" in out
    assert "note.txt" not in out
    assert out.splitlines()[-1].startswith("1 run, ")


def test_a_folder_of_runs_that_is_not_there_is_an_error(folder: Path) -> None:
    for command in ("runs", "clean"):
        result = relsim(command, "--out", "nowhere")
        assert (result.exit_code, result.stderr) == (5, "nowhere: no such folder; relsim run saves runs there\n")


# --- rerun ---


def test_a_run_made_again_is_the_same_to_the_last_bit_and_nothing_is_written(folder: Path) -> None:
    run = only_run(folder)
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in Path(run).iterdir()}
    result = done("rerun", run)
    assert result.stdout.splitlines() == [
        f"{run} made again: Toy (toy)",
        "500 draws, seed 3",
        "",
        "the same to the last bit",
    ]
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in Path(run).iterdir()} == before
    assert only_run(folder) == run


def test_what_a_run_kept_is_what_is_made_again(folder: Path) -> None:
    done("run", "toy.toml", "--set", "factors.trade.half_life=3", "--out", "other", "-n", "700", "--seed", "9")
    (run,) = (folder / "other").iterdir()
    out = done("rerun", str(run)).stdout
    assert "700 draws, seed 9\n\nthe same to the last bit\n" in out
    assert "toy -> toy: 1 difference\n\nFactors\n  trade: half_life 3 -> 2 (" in out


def test_a_rerun_says_what_the_file_says_otherwise_now(folder: Path, write: Write, toy: str) -> None:
    write(folder, toy.replace("level = 40", "level = 45"))
    assert "  trade: level 40 -> 45 (warmer by 5)" in done("rerun", only_run(folder)).stdout
    (folder / "toy.toml").unlink()
    assert "No toy.toml is here" in done("rerun", only_run(folder)).stdout


def test_a_rerun_that_comes_out_otherwise_says_what_and_why_it_may(folder: Path) -> None:
    run = only_run(folder)
    altered(run, made_with("0.0.9"))
    # what an engine left that had trade six points warmer, and seldom held a summit
    done("run", "toy.toml", "--set", "factors.trade.level=46", "--set", "events.summit.probability=0.2", "--out", "other")
    (other,) = (folder / "other").iterdir()
    ours = json.loads((Path(run) / RECIPE).read_text(encoding="utf-8"))
    altered(str(other), lambda recipe: recipe.update({key: ours[key] for key in ("scenario", "digest", "made_with")}))
    result = done("rerun", "other/" + other.name)
    lines = result.stdout.splitlines()
    # weights 1 and 2: (46 + 60) / 3 = 35.33 at the start, and (40 + 60) / 3 = 33.33
    assert lines[3] == "Relationship warmth (warmth): then -> now"
    assert lines[5].split()[:4] == ["2025-01-20", "35.33", "->", "33.33"]
    assert [line.split("  ")[1] for line in lines if "A summit" in line] == [
        "19 % -> 49 %"
    ]  # of 500 draws at 0.2 and at 0.5
    assert any(line.endswith("Is it warmer?") and "->" in line for line in lines)
    said = " ".join(lines)
    assert "same seed, so what differs is not chance. What may have made it: relations-simulator 0.0.9 -> " in said
    assert "the same to the last bit, with relations-simulator 0.0.9 -> " in done("rerun", run).stdout


def test_a_rerun_is_saved_where_it_is_told_and_takes_the_place_of_the_old_run(folder: Path) -> None:
    run = only_run(folder)
    altered(run, made_with("0.0.9"))
    assert done("rerun", run, "--save", "results").stderr.endswith(f"saved in {run}\n")
    assert only_run(folder) == run
    assert done("run", run).stderr == ""  # of this version
    assert read_run(run).n_draws == 500


# --- clean ---


def test_cleaning_lists_and_asks_and_takes_no_for_an_answer(folder: Path) -> None:
    run = only_run(folder)
    result = CliRunner().invoke(main, ["clean"], input="n\n")
    assert (result.exit_code, result.stdout) == (0, f"{run}\n")
    assert result.stderr.startswith("Remove 1 run, ")
    assert result.stderr.endswith("nothing was removed\n")
    assert only_run(folder) == run
    unanswered = relsim("clean")
    assert unanswered.exit_code == 130
    assert unanswered.stderr.endswith("not answered; nothing was done\n")
    assert only_run(folder) == run
    assert CliRunner().invoke(main, ["clean"], input="y\n").exit_code == 0
    assert list((folder / "results").iterdir()) == []
    assert done("clean").stderr == "nothing to remove\n"


def test_cleaning_keeps_the_newest_and_what_is_no_run(folder: Path) -> None:
    first = only_run(folder)
    names = {"damaged": 1, "with_notes": 2, "older": 3, "newer": 4}
    for name, age in names.items():
        shutil.copytree(first, f"results/{name}")
        os.utime(f"results/{name}/{RECIPE}", (age, age))
    (folder / "results/damaged/counts.npz").unlink()
    (folder / "results/with_notes/notes.txt").write_text("mine", encoding="utf-8")
    (folder / "results/photos").mkdir()
    (folder / "elsewhere").mkdir()
    Path(first).rename("elsewhere/run")
    (folder / "results/link").symlink_to(folder / "elsewhere/run", target_is_directory=True)
    result = done("clean", "--keep", "1", "--yes")
    assert result.stdout == "results/older\nresults/damaged\n"
    assert sorted(path.name for path in (folder / "results").iterdir()) == ["link", "newer", "photos", "with_notes"]
    stays = {line.split(":")[0] for line in result.stderr.splitlines()[:-1]}
    assert stays == {"results/link", "results/with_notes", "results/photos"}
    assert read_run("elsewhere/run").n_draws == 500
