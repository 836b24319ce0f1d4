"""Run folders: whole or not at all, and the same to the last bit."""

import json
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from simulator import Ensemble, read_run, read_scenario, save_run, simulate
from simulator.errors import DamagedRun, InputOutputError
from simulator.scenario.schema import digest

FILES = ["counts.npz", "draws.parquet", "quantiles.csv", "run.json"]


@pytest.fixture(scope="module")
def ensemble(tmp_path_factory: pytest.TempPathFactory, toy: str) -> Ensemble:
    """A run of the toy."""
    path = tmp_path_factory.mktemp("toy") / "toy.toml"
    path.write_text(toy, encoding="utf-8")
    return simulate(read_scenario(path), 1_000, 3, n_kept=200)


@pytest.fixture
def saved(ensemble: Ensemble, tmp_path: Path) -> Path:
    """The folder of that run."""
    return save_run(ensemble, tmp_path / "results").path


def arrays(value: Any, at: str = "") -> dict[str, np.ndarray[Any, Any]]:
    """Return every array inside a dataclass, by its place."""
    if isinstance(value, np.ndarray | np.generic):
        return {at: np.asarray(value)}
    if is_dataclass(value):
        return {
            key: array
            for field in fields(value)
            for key, array in arrays(getattr(value, field.name), f"{at}.{field.name}").items()
        }
    return {}


def assert_same_bits(one: Ensemble, other: Ensemble) -> None:
    first, second = arrays(one.tally), arrays(other.tally)
    assert list(first) == list(second)
    assert len(first) >= 6
    for place, array in first.items():
        assert (second[place].dtype, second[place].shape) == (array.dtype, array.shape), place
        assert second[place].tobytes() == array.tobytes(), place


def test_a_run_is_read_back_to_the_last_bit(ensemble: Ensemble, saved: Path) -> None:
    again = read_run(saved)
    assert_same_bits(ensemble, again)
    assert again.scenario == ensemble.scenario
    assert (again.seed, again.n_draws, again.n_kept) == (3, 1_000, 200)


def test_every_table_of_a_run_is_read_back(ensemble: Ensemble, saved: Path) -> None:
    again = read_run(saved)
    for table in ("summary", "quantiles", "mean", "bands", "events", "questions", "draws"):
        assert getattr(again, table)().equals(getattr(ensemble, table)()), table
    assert again.paths("arms").equals(ensemble.paths("arms"))


def test_a_run_with_nothing_uncertain_and_no_events_is_read_back(
    tmp_path: Path, toy: str, write: Callable[..., Path]
) -> None:
    certain = toy.split("[events.summit]", maxsplit=1)[0].replace("target = { p10 = 20, p50 = 35, p90 = 55 }\n", "")
    ensemble = simulate(read_scenario(write(tmp_path, certain)), 300, 0)
    assert_same_bits(ensemble, read_run(save_run(ensemble, tmp_path / "results").path))


def test_a_shipped_scenario_is_read_back(tmp_path: Path) -> None:
    ensemble = simulate(read_scenario("negotiated_reset"), 500, 11)
    again = read_run(save_run(ensemble, tmp_path).path)
    assert_same_bits(ensemble, again)
    assert again.scenario == ensemble.scenario


def test_a_folder_is_named_by_scenario_digest_seed_and_draws(ensemble: Ensemble, saved: Path) -> None:
    assert saved.name == f"toy-{digest(ensemble.scenario)}-s3-n1000"
    assert sorted(path.name for path in saved.iterdir()) == FILES
    assert [path.name for path in saved.parent.iterdir()] == [saved.name]


def test_the_recipe_says_all_that_is_needed_to_repeat_the_run(ensemble: Ensemble, saved: Path) -> None:
    recipe = json.loads((saved / "run.json").read_text(encoding="utf-8"))
    assert (recipe["seed"], recipe["n_draws"], recipe["n_kept"]) == (3, 1_000, 200)
    assert recipe["scenario"]["factors"]["arms"]["target"] == {"p10": 20.0, "p50": 35.0, "p90": 55.0}
    assert {"relations-simulator", "numpy", "python"} <= set(recipe["made_with"])


def test_draws_are_one_row_each_with_paths_firings_and_inputs(ensemble: Ensemble, saved: Path) -> None:
    table = pq.read_table(saved / "draws.parquet")
    assert table.num_rows == 200
    assert table.column_names == [
        "trade",
        "arms",
        "warmth",
        "unease",
        "summit",
        "crisis",
        "factors.arms.target",
        "draw.weight",
    ]
    assert [len(row) for row in table["warmth"].to_pylist()] == [13] * 200
    assert table["trade"].to_pylist()[5][0] == 40.0


def test_quantiles_are_a_table_that_any_program_reads(ensemble: Ensemble, saved: Path) -> None:
    header, first, *rest = (saved / "quantiles.csv").read_text(encoding="utf-8").splitlines()
    assert header == "name,month,date,mean,std_error,sd,q2.5,q10,q25,q50,q75,q90,q97.5"
    assert first.startswith("trade,0,2025-01-20,40.0000,0.0000,0.0000,")
    assert len(rest) == 4 * 13 - 1


def test_the_same_inputs_write_the_same_bytes(ensemble: Ensemble, saved: Path, tmp_path: Path) -> None:
    twin = save_run(simulate(ensemble.scenario, 1_000, 3, n_kept=200), tmp_path / "twin").path
    assert [(twin / name).read_bytes() == (saved / name).read_bytes() for name in FILES] == [True] * 4


def test_another_seed_writes_other_numbers_into_another_folder(ensemble: Ensemble, saved: Path) -> None:
    other = save_run(simulate(ensemble.scenario, 1_000, 4, n_kept=200), saved.parent).path
    assert other != saved
    assert (other / "counts.npz").read_bytes() != (saved / "counts.npz").read_bytes()


def test_a_run_that_is_there_already_is_left_as_it_is(ensemble: Ensemble, saved: Path) -> None:
    before = {name: (saved / name).stat().st_mtime_ns for name in FILES}
    again = save_run(ensemble, saved.parent)
    assert (again.path, again.was_there) == (saved, True)
    assert {name: (saved / name).stat().st_mtime_ns for name in FILES} == before


def test_a_damaged_run_is_replaced_by_a_whole_one(ensemble: Ensemble, saved: Path) -> None:
    (saved / "counts.npz").write_bytes(b"")
    assert save_run(ensemble, saved.parent).was_there is False
    assert_same_bits(ensemble, read_run(saved))


# --- damage ---


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_a_damaged_run(saved: Path, name: str) -> None:
    (saved / name).unlink()
    with pytest.raises(DamagedRun) as error:
        read_run(saved)
    assert str(error.value).startswith(f"{saved}: ")
    assert name in str(error.value)


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_was_cut_short_is_a_damaged_run(saved: Path, name: str) -> None:
    content = (saved / name).read_bytes()
    (saved / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(DamagedRun) as error:
        read_run(saved)
    assert str(error.value).startswith(f"{saved}: {name} is missing or")


@pytest.mark.parametrize("name", ["counts.npz", "draws.parquet", "quantiles.csv"])
def test_one_changed_byte_is_a_damaged_run(saved: Path, name: str) -> None:
    content = bytearray((saved / name).read_bytes())
    content[len(content) // 2] ^= 1
    (saved / name).write_bytes(bytes(content))
    with pytest.raises(DamagedRun, match=f"{name} is missing or was altered after the run"):
        read_run(saved)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "3",
        "null",
        '"text"',
        "not json",
        '{"format": "relsim run 1"}',
        '{"format": "relsim run 1", "files": 3}',
        '{"format": "relsim run 1", "files": ["a"]}',
        "\x00",
        "[" * 100_000,
    ],
    ids=lambda text: text[:20] or "empty",
)
def test_a_foreign_recipe_is_a_damaged_run(saved: Path, text: str) -> None:
    (saved / "run.json").write_text(text, encoding="utf-8")
    with pytest.raises(DamagedRun) as error:
        read_run(saved)
    assert str(error.value).startswith(f"{saved}: ")


def test_a_run_of_another_format_says_which(saved: Path) -> None:
    recipe = json.loads((saved / "run.json").read_text(encoding="utf-8"))
    (saved / "run.json").write_text(json.dumps({**recipe, "format": "relsim run 99"}), encoding="utf-8")
    with pytest.raises(DamagedRun, match="is of another format, 'relsim run 99'"):
        read_run(saved)


@pytest.mark.parametrize("key", ["seed", "n_draws", "scenario"])
def test_a_recipe_that_lacks_a_key_is_a_damaged_run(saved: Path, key: str) -> None:
    recipe = json.loads((saved / "run.json").read_text(encoding="utf-8"))
    del recipe[key]
    (saved / "run.json").write_text(json.dumps(recipe), encoding="utf-8")
    with pytest.raises(DamagedRun) as error:
        read_run(saved)
    assert str(error.value).startswith(f"{saved}: ")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("seed", 4),
        ("seed", "x"),
        ("n_draws", 999),
        ("n_draws", "x"),
        ("n_kept", 5),
        ("digest", "0" * 12),
        ("scenario.title", "Other"),
    ],
)
def test_a_recipe_that_was_altered_is_a_damaged_run(saved: Path, key: str, value: object) -> None:
    # the folder's name and the counts still say what the recipe said; else one run would pass for another
    recipe = json.loads((saved / "run.json").read_text(encoding="utf-8"))
    *tables, last = key.split(".")
    table = recipe
    for name in tables:
        table = table[name]
    assert table[last] != value
    table[last] = value
    (saved / "run.json").write_text(json.dumps(recipe), encoding="utf-8")
    with pytest.raises(DamagedRun) as error:
        read_run(saved)
    assert str(error.value).startswith(f"{saved}: ")


def test_a_missing_folder_is_no_damaged_run(tmp_path: Path) -> None:
    with pytest.raises(InputOutputError, match="no such run folder"):
        read_run(tmp_path / "nowhere")


def test_a_run_may_be_moved_and_renamed(ensemble: Ensemble, saved: Path, tmp_path: Path) -> None:
    moved = saved.rename(tmp_path / "mine")
    assert_same_bits(ensemble, read_run(moved))


# --- writing ---


@pytest.mark.parametrize("problem", [KeyboardInterrupt, OSError(28, "No space left on device")])
def test_an_interrupted_write_leaves_nothing(
    ensemble: Ensemble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, problem: Any
) -> None:
    results = tmp_path / "results"
    results.mkdir()

    def stop(*_: object, **__: object) -> None:
        (folder,) = results.iterdir()
        assert [path.name for path in folder.iterdir()] == ["counts.npz"]  # half of the run is written
        raise problem

    monkeypatch.setattr(pq, "write_table", stop)
    with pytest.raises(KeyboardInterrupt if problem is KeyboardInterrupt else InputOutputError):
        save_run(ensemble, results)
    assert list(results.iterdir()) == []


def test_an_interrupted_write_leaves_the_run_that_was_there(
    ensemble: Ensemble, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (saved / "quantiles.csv").write_text("mine", encoding="utf-8")
    before = {name: (saved / name).read_bytes() for name in FILES}

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pq, "write_table", stop)
    with pytest.raises(KeyboardInterrupt):
        save_run(ensemble, saved.parent)
    assert {name: (saved / name).read_bytes() for name in FILES} == before
    assert [path.name for path in saved.parent.iterdir()] == [saved.name]


def test_results_that_cannot_be_written_are_an_input_output_error(ensemble: Ensemble, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    with pytest.raises(InputOutputError, match="cannot be written"):
        save_run(ensemble, tmp_path / "file")
    assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"


def test_a_folder_that_holds_more_than_a_run_is_not_replaced(saved: Path, ensemble: Ensemble) -> None:
    (saved / "run.json").write_text("{}", encoding="utf-8")
    (saved / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(
        InputOutputError, match=r"holds another run and files that are no part of it \(notes\.txt\); move them"
    ):
        save_run(ensemble, saved.parent)
    assert (saved / "notes.txt").read_text(encoding="utf-8") == "mine"
