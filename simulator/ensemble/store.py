"""Run folders: written whole or not at all, and read back to the last bit."""

import json
import os
import platform
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

import simulator
from simulator.engine.plan import Plan, make_plan
from simulator.engine.sampling import uncertain
from simulator.engine.tally import Counts, Kept, Moments, Tally
from simulator.ensemble.ensemble import Ensemble
from simulator.ensemble.simulation import require_whole
from simulator.errors import DamagedRun, InputOutputError
from simulator.scenario.schema import Scenario, digest

FORMAT = "relsim run 3"
# What the format of every run begins with, whichever version wrote it.
FORMATS = "relsim run "
MOMENTS = ("moments", "of_squares")
# The column of the draws' weights; no factor's, index's or event's name has a dot.
WEIGHT = "draw.weight"
RECIPE, COUNTS, DRAWS, QUANTILES = "run.json", "counts.npz", "draws.parquet", "quantiles.csv"
PROGRAM = "relations-simulator"


@dataclass(frozen=True)
class Saved:
    """Where a run is kept, and whether it was there already."""

    path: Path
    was_there: bool


def run_folder(scenario: Scenario, seed: int, n_draws: int) -> str:
    """Return the name of a run's folder.

    Examples
    --------
    >>> from simulator import read_scenario
    >>> run_folder(read_scenario("baseline"), seed=7, n_draws=20_000).startswith("baseline-")
    True
    """
    return f"{scenario.name}-{digest(scenario)}-s{seed}-n{n_draws}"


def require_writable(results: str | Path) -> None:
    """Raise InputOutputError where runs could not be saved, before any time is spent on one."""
    there = Path(results)
    while not there.exists() and there != there.parent:
        there = there.parent
    if not there.is_dir() or not os.access(there, os.W_OK):
        raise InputOutputError(f"{results}: runs cannot be saved there: {there} is not a folder that can be written to")


def save_run(ensemble: Ensemble, results: str | Path = "results") -> Saved:
    """Return where a run was saved: a folder of its own below `results`.

    Parameters
    ----------
    ensemble : Ensemble
        From `simulate`.
    results : str or Path
        The folder of runs; made if it is not there.

    Returns
    -------
    Saved
        The folder holds ``run.json`` (all that is needed to repeat the run), ``quantiles.csv``, ``draws.parquet`` (the
        kept draws, one row each) and ``counts.npz`` (the counts over all draws). A run made with the same program and
        libraries that is there already is left as it is; any other folder of that name is replaced.

    Raises
    ------
    InputOutputError
        The folder cannot be written; nothing is left behind.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from simulator import read_run, read_scenario, simulate
    >>> with TemporaryDirectory() as folder:
    ...     saved = save_run(simulate(read_scenario("baseline"), 1_000), folder)
    ...     read_run(saved.path).n_draws
    1000
    """
    require_whole(ensemble, "save_run()")
    final = Path(results) / run_folder(ensemble.scenario, ensemble.seed, ensemble.n_draws)
    recipe = _recipe(ensemble.scenario, ensemble.seed, ensemble.n_draws, ensemble.n_kept)
    if is_saved(final, recipe):
        return Saved(final, True)
    temporary = final.with_name(f".{final.name}.{os.getpid()}")
    try:
        temporary.mkdir(parents=True)
        _write(ensemble, temporary, recipe)
        _make_room(final)
        temporary.rename(final)
    except OSError as error:
        raise InputOutputError(f"{final}: cannot be written: {error.strerror}") from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return Saved(final, False)


def _make_room(final: Path) -> None:
    """Remove a run that is to be replaced, but nothing that is not of it."""
    if others := no_part_of_it(final):
        raise InputOutputError(
            f"{final}: holds another run and files that are no part of it ({', '.join(others)}); move them"
        )
    if final.exists():
        shutil.rmtree(final)


def _recipe(scenario: Scenario, seed: int, n_draws: int, n_kept: int) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "digest": digest(scenario),
        "seed": seed,
        "n_draws": n_draws,
        "n_kept": n_kept,
        "made_with": made_here(),
        "scenario": scenario.model_dump(mode="json", exclude_none=True),
    }


def no_part_of_it(folder: Path) -> list[str]:
    """Return the names of what lies in a run folder and is no part of a run."""
    return sorted({path.name for path in folder.glob("*")} - {RECIPE, COUNTS, DRAWS, QUANTILES})


def made_here() -> dict[str, str]:
    """Return what makes a run here and now: versions of the program, of Python and of libraries, and the kind of machine."""
    libraries = ("numpy", "scipy", "pandas", "pyarrow", "pydantic")
    return {
        PROGRAM: simulator.__version__,
        "python": platform.python_version(),
        "machine": platform.machine(),
        **{name: version(name) for name in libraries},
    }


@dataclass(frozen=True)
class Folder:
    """A folder among the saved runs.

    Attributes
    ----------
    path : Path
        Where it is.
    recipe : mapping
        What its ``run.json`` says; empty where it is no run.
    trouble : str
        Why it cannot be read; empty where it can.
    size : int
        Bytes of its files.
    written : datetime
        When ``run.json`` was written, as the file system has it; of what is no run, when the folder was changed.
    """

    path: Path
    recipe: Mapping[str, Any]
    trouble: str
    size: int
    written: datetime

    @property
    def is_run(self) -> bool:
        """Whether this is the folder of a run and of nothing else, of whatever version, damaged or not."""
        return bool(self.recipe) and not self.path.is_symlink() and not no_part_of_it(self.path)


def saved_runs(results: str | Path) -> list[Folder]:
    """Return the folders below a folder of runs, the newest first; what holds no run is among them.

    Raises
    ------
    InputOutputError
        There is no such folder.
    """
    if not Path(results).is_dir():
        raise InputOutputError(f"{results}: no such folder; relsim run saves runs there")
    found = [_folder(path) for path in Path(results).iterdir() if path.is_dir()]
    return sorted(found, key=lambda one: (one.written, one.path.name), reverse=True)


def _folder(path: Path) -> Folder:
    recipe, trouble = _stated(path), ""
    try:
        _checked(path)
    except (DamagedRun, InputOutputError) as error:
        trouble = str(error).removeprefix(f"{path}: ")
    told = path / RECIPE if recipe else path
    size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return Folder(path, recipe, trouble, size, datetime.fromtimestamp(told.stat().st_mtime))


def _stated(path: Path) -> dict[str, Any]:
    """Return what a run's recipe says, unchecked; nothing where it is not one."""
    try:
        stored = json.loads((path / RECIPE).read_text(encoding="utf-8"))
        return dict(stored) if str(stored["format"]).startswith(FORMATS) else {}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}


def made_with(path: str | Path) -> dict[str, str]:
    """Return what made a saved run; see `made_here`."""
    return dict(_stated(Path(path)).get("made_with", {}))


def remove_run(path: Path) -> None:
    """Remove a run folder, and nothing that is not one.

    Raises
    ------
    InputOutputError
        It is none, or cannot be removed.
    """
    if not _folder(path).is_run:
        raise InputOutputError(f"{path}: is not the folder of a run alone; nothing was removed")
    try:
        shutil.rmtree(path)
    except OSError as error:
        raise InputOutputError(f"{path}: cannot be removed: {error.strerror}") from None


def is_same(one: Ensemble, other: Ensemble) -> bool:
    """Tell whether two ensembles are the same to the last bit: counts, moments and kept draws."""
    parts = [
        [getattr(part, field.name) for part in (t.counts, t.moments, t.of_squares, t.kept) for field in fields(part)]
        for t in (one.tally, other.tally)
    ]
    return all(np.array_equal(a, b) for a, b in zip(*parts, strict=True))


def is_saved(path: Path, recipe: dict[str, Any]) -> bool:
    """Tell whether a folder holds the undamaged run of a recipe."""
    try:
        stored = _checked(path)
    except (DamagedRun, InputOutputError):
        return False
    return {key: value for key, value in stored.items() if key != "files"} == recipe


def find_saved(scenario: Scenario, seed: int, n_draws: int, n_kept: int, results: str | Path) -> Path | None:
    """Return the folder of a run that need not be made again, or None."""
    path = Path(results) / run_folder(scenario, seed, n_draws)
    return path if is_saved(path, _recipe(scenario, seed, n_draws, min(n_kept, n_draws))) else None


def _write(ensemble: Ensemble, folder: Path, recipe: dict[str, Any]) -> None:
    tally = ensemble.tally
    arrays: dict[str, Any] = {f"counts_{field.name}": getattr(tally.counts, field.name) for field in fields(Counts)}
    for name in MOMENTS:
        arrays |= {f"{name}_{field.name}": getattr(getattr(tally, name), field.name) for field in fields(Moments)}
    np.savez_compressed(folder / COUNTS, **arrays)
    # bytes of a float are stored plane by plane: neighbouring paths share their leading ones
    pq.write_table(
        _draws(ensemble), folder / DRAWS, compression="zstd", use_dictionary=False, use_byte_stream_split=_floats(ensemble)
    )
    months = range(ensemble.horizon + 1)
    ensemble.summary(ensemble.plan.series, months).to_csv(folder / QUANTILES, float_format="%.4f")
    files = {name: _fingerprint(folder / name) for name in (COUNTS, DRAWS, QUANTILES)}
    files[RECIPE] = _recipe_fingerprint(recipe)
    text = json.dumps({**recipe, "files": files}, indent=1, ensure_ascii=False, allow_nan=False)
    (folder / RECIPE).write_text(text + "\n", encoding="utf-8")


def _floats(ensemble: Ensemble) -> list[str]:
    return [*(f"{name}.list.element" for name in ensemble.plan.series), *map(str, uncertain(ensemble.plan))]


def _draws(ensemble: Ensemble) -> pa.Table:
    """Return the kept draws, one row each: paths and firings as lists over months, sampled inputs as numbers."""
    plan, kept = ensemble.plan, ensemble.tally.kept
    columns = {name: _lists(kept.values[:, s]) for s, name in enumerate(plan.series)}
    columns |= {event.name: _lists(kept.fired[:, e]) for e, event in enumerate(plan.events)}
    columns |= {str(key): pa.array(row) for key, row in zip(uncertain(plan), kept.inputs, strict=True)}
    columns[WEIGHT] = pa.array(kept.weights)
    return pa.table(columns)


def _lists(values: np.ndarray[Any, Any]) -> pa.Array:
    return pa.ListArray.from_arrays(
        np.arange(0, values.size + 1, len(values), dtype=np.int32), pa.array(np.ascontiguousarray(values.T).ravel())
    )


def _unlisted(column: pa.ChunkedArray, dtype: type) -> np.ndarray[Any, Any]:
    flat = column.combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return np.ascontiguousarray(flat.reshape(len(column), -1).T.astype(dtype, copy=False))


def _fingerprint(path: Path) -> str:
    return blake2b(path.read_bytes(), digest_size=16).hexdigest()


def _recipe_fingerprint(recipe: dict[str, Any]) -> str:
    text = json.dumps({key: value for key, value in recipe.items() if key != "files"}, sort_keys=True)
    return blake2b(text.encode(), digest_size=16).hexdigest()


def _checked(path: Path) -> dict[str, Any]:
    """Return a run's recipe, every file checked against its fingerprint."""
    if not path.is_dir():
        raise InputOutputError(f"{path}: no such run folder")
    inside = sorted(str(each.parent) for each in path.glob(f"*/{RECIPE}"))
    if inside and not (path / RECIPE).exists():
        raise InputOutputError(f"{path}: holds runs, and is none itself; name one of them:\n  " + "\n  ".join(inside))
    try:
        stored = json.loads((path / RECIPE).read_text(encoding="utf-8"))
        known = stored["format"]
        files = dict(stored["files"])
        recipe = _recipe_fingerprint(stored)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise DamagedRun(f"{path}: {RECIPE} is missing or damaged; this is no run that can be read") from None
    if known != FORMAT:
        raise DamagedRun(f"{path}: is of another format, {known!r}; this program reads {FORMAT!r}")
    if recipe != files.get(RECIPE):
        raise DamagedRun(f"{path}: {RECIPE} was altered after the run; run the scenario again")
    for name in (COUNTS, DRAWS, QUANTILES):
        if not (path / name).is_file() or _fingerprint(path / name) != files.get(name):
            raise DamagedRun(f"{path}: {name} is missing or was altered after the run; run the scenario again")
    return dict(stored)


def read_run(path: str | Path) -> Ensemble:
    """Return the ensemble of a run folder, the same to the last bit as the one that was saved.

    Parameters
    ----------
    path : str or Path
        A folder written by `save_run` or ``relsim run``.

    Raises
    ------
    InputOutputError
        There is no such folder.
    DamagedRun
        It is incomplete, altered, or of another format.

    Examples
    --------
    See `save_run`.
    """
    path = Path(path)
    stored = _checked(path)
    try:
        scenario = Scenario.model_validate_json(json.dumps(stored["scenario"]))
        plan = make_plan(scenario)
        with np.load(path / COUNTS, allow_pickle=False) as arrays:
            counts = Counts(**{field.name: arrays[f"counts_{field.name}"] for field in fields(Counts)})
            moments = [Moments(*(_plain(arrays[f"{name}_{field.name}"]) for field in fields(Moments))) for name in MOMENTS]
        tally = Tally(stored["n_draws"], counts, moments[0], moments[1], _kept(plan, path / DRAWS))
        return Ensemble(scenario, stored["seed"], plan, tally)
    except (ValidationError, KeyError, ValueError, pa.ArrowException) as error:
        raise DamagedRun(f"{path}: cannot be read as a run: {error}") from None


def _plain(array: np.ndarray[Any, Any]) -> Any:
    """Return an array, or the number that one without an axis holds."""
    return array if array.ndim else array.item()


def _kept(plan: Plan, path: Path) -> Kept:
    table = pq.read_table(path)
    n_steps, n_kept = plan.n_steps + 1, len(table)
    values = np.empty((n_steps, len(plan.series), n_kept), dtype=np.float32)
    for s, name in enumerate(plan.series):
        values[:, s] = _unlisted(table[name], np.float32)
    fired = np.empty((n_steps, len(plan.events), n_kept), dtype=np.bool_)
    for e, event in enumerate(plan.events):
        fired[:, e] = _unlisted(table[event.name], np.bool_)
    keys = uncertain(plan)
    inputs = np.stack([table[str(key)].to_numpy() for key in keys]) if keys else np.empty((0, n_kept))
    return Kept(values, fired, inputs, table[WEIGHT].to_numpy())
