"""Working defaults of a folder: where they stand, what goes before them, and that their use is said."""

import json
from pathlib import Path

import pytest
from click.testing import Result
from commands import relsim


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, toy: str) -> Path:
    """A working folder with the toy in it; its own [run] says 500 draws and seed 3."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "toy.toml").write_text(toy, encoding="utf-8")
    return tmp_path


def done(*arguments: str) -> Result:
    result = relsim(*arguments)
    assert result.exit_code == 0, result.output
    return result


def drawn(*options: str) -> tuple[int, int]:
    (found,) = json.loads(done("run", "toy.toml", "--no-save", "--format", "json", *options).stdout)
    return found["n_draws"], found["seed"]


def write(text: str, name: str = "relsim.toml") -> None:
    Path(name).write_text(text, encoding="utf-8")


ALL = 'results = "runs"\ndraws = 700\nseed = 11\n'


def test_a_folders_defaults_go_before_the_files_and_are_said_in_one_line(folder: Path) -> None:
    write(ALL)
    result = done("run", "toy.toml")
    assert "700 draws, seed 11" in result.stdout
    assert result.stderr.splitlines()[0] == "from relsim.toml: results = runs, draws = 700, seed = 11"
    (saved,) = (folder / "runs").iterdir()
    assert result.stderr.splitlines()[1:] == [f"toy: saved in runs/{saved.name}"]
    assert done("runs").stdout.startswith(f"runs/{saved.name}\n")


def test_the_command_line_goes_before_them() -> None:
    write(ALL)
    assert drawn() == (700, 11)
    assert drawn("-n", "600") == (600, 11)
    assert drawn("--seed", "0") == (700, 0)
    assert drawn("--set", "run.draws=650") == (650, 11)
    assert drawn("--set", "run.seed=5") == (700, 5)
    assert done("run", "toy.toml", "--no-save", "-n", "600", "--seed", "5").stderr == ""
    assert "standard error of 1 points" in done("run", "toy.toml", "--no-save", "--precision", "1").stderr


def test_they_stand_in_pyproject_too_and_the_own_file_goes_first() -> None:
    write('[project]\nname = "x"\n\n[tool.relsim]\ndraws = 800\n', "pyproject.toml")
    assert drawn() == (800, 3)
    assert done("run", "toy.toml", "--no-save").stderr == "from pyproject.toml: draws = 800\n"
    write("seed = 4")
    assert drawn() == (500, 4)


@pytest.mark.parametrize("text", ["", '[project]\nname = "relsim"\n', "not TOML at all"])
def test_a_project_that_says_nothing_of_relsim_changes_nothing(text: str) -> None:
    write(text, "pyproject.toml")
    assert drawn() == (500, 3)


def test_a_saved_run_is_read_as_it_is(folder: Path) -> None:
    done("run", "toy.toml", "--out", "runs")
    (saved,) = (folder / "runs").iterdir()
    write(ALL)
    for command in (["run"], ["plot"], ["brief"], ["explain"], ["compare", "toy.toml"]):
        result = done(*command, str(saved))
        assert "draws =" not in result.stderr
        assert "seed =" not in result.stderr


def test_what_makes_a_hundred_simulations_does_not_take_the_draws_of_one() -> None:
    write("draws = 900000\nseed = 5")
    result = done("drivers", "toy.toml", "-n", "100")
    assert (result.stderr, "seed 5" in result.stdout) == ("from relsim.toml: seed = 5\n", True)
    assert done("assumptions", "toy.toml", "-n", "100").stderr == ""
    write("draws = 100")
    assert "4,000 draws a source" in " ".join(done("drivers", "toy.toml").stdout.split())


WRONG: list[tuple[str, str, str]] = [
    ("relsim.toml", "draws = 5\ndrows = 3", "relsim.toml:2: drows: unknown key (did you mean 'draws'?)"),
    (
        "relsim.toml",
        "draws = 0",
        "relsim.toml:1: draws: must be a whole number, 1 to 1,000,000,000, without quotes; found 0",
    ),
    ("relsim.toml", 'draws = "20k"', 'without quotes; found "20k"'),
    ("relsim.toml", "draws = true", "found true"),
    ("relsim.toml", "\nseed = -1", "relsim.toml:2: seed: must be a whole number, 0 or more, without quotes; found -1"),
    ("relsim.toml", "results = 3", "relsim.toml:1: results: must be text in quotes; found 3"),
    ("relsim.toml", "style = ''", 'relsim.toml:1: style: must be text in quotes; found ""'),
    ("relsim.toml", "seed = 0,5", "relsim.toml:1: not TOML"),
    (
        "pyproject.toml",
        "[tool.relsim]\n\nseed = 'x'",
        'pyproject.toml:3: tool.relsim.seed: must be a whole number, 0 or more, without quotes; found "x"',
    ),
    ("pyproject.toml", "[tool]\nrelsim = 3", "pyproject.toml:2: tool.relsim: must be a table; found 3"),
]


@pytest.mark.parametrize(("name", "text", "message"), WRONG, ids=[row[1] for row in WRONG])
def test_a_wrong_default_is_told_with_its_line(folder: Path, name: str, text: str, message: str) -> None:
    write(text, name)
    result = relsim("run", "toy.toml")
    assert (result.exit_code, result.stdout) == (3, "")
    assert message in result.stderr
    assert not (folder / "results").exists()


def test_all_wrong_defaults_are_told_at_once() -> None:
    write("draws = 0\nseed = -1")
    assert [line.split(":")[1] for line in relsim("runs").stderr.splitlines()] == ["1", "2"]
