"""Saved runs as text and as a table, and what has changed where one of them was made again."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd

from simulator.ensemble.ensemble import Ensemble
from simulator.ensemble.store import PROGRAM, Folder, is_same
from simulator.ensemble.tables import at_month
from simulator.errors import InputOutputError, InvalidFile
from simulator.files.read import read_scenario
from simulator.files.records import read_record
from simulator.files.toml import is_file
from simulator.report.layout import effective, filled
from simulator.report.wording import headed, percent, title_of
from simulator.review.diff import as_text, differences
from simulator.scenario.schema import Scenario

COLUMNS = ["folder", "scenario", "title", "changes", "record", "start", "months", "draws", "seed"]
COLUMNS += ["version", "written", "bytes", "trouble"]
SHOWN = {"mean": "mean", "q10": "10 %", "q50": "median", "q90": "90 %"}


def runs_frame(folders: Sequence[Folder]) -> pd.DataFrame:
    """Return saved runs as a table, one row a folder; of what is no run only where it is, and why not."""
    # as objects, so that a whole number stays one beside an empty cell
    return pd.DataFrame([_row(one) for one in folders], columns=COLUMNS, dtype=object).set_index("folder")


def _row(one: Folder) -> dict[str, object]:
    row: dict[str, object] = {"folder": str(one.path), "written": f"{one.written:%Y-%m-%d %H:%M}", "bytes": one.size}
    row["trouble"] = one.trouble
    if not one.recipe:
        return row
    recipe, scenario = one.recipe, one.recipe.get("scenario", {})
    row |= {key: scenario.get(key) for key in ("title", "months")} | {"scenario": scenario.get("name")}
    row |= {"start": scenario.get("start", scenario.get("as_of")), "record": scenario.get("record", {}).get("name")}
    row |= {"draws": recipe.get("n_draws"), "seed": recipe.get("seed")}
    row |= {"changes": ", ".join(f"{key} = {value}" for key, value in scenario.get("changes", {}).items())}
    return row | {"version": recipe.get("made_with", {}).get(PROGRAM)}


def runs_table(folders: Sequence[Folder]) -> str:
    """Return saved runs as text, the newest first; what cannot be read is named at the end."""
    lines = [line for one in folders if not one.trouble for line in _lines(one)]
    readable = [one for one in folders if not one.trouble]
    total = f"{counted(len(readable))}, {size(sum(one.size for one in readable))}"
    if len(readable) < len(folders):
        lines += ["Not runs that can be read:"]
        lines += [line for one in folders if one.trouble for line in _indented(f"{one.path}: {one.trouble}")]
        lines += [""]
    return "\n".join([*lines, total])


def _lines(one: Folder) -> Iterator[str]:
    """Yield the lines of a run: its folder, what was run, and when with what."""
    row = _row(one)
    record = f", record {row['record']}" if row["record"] else ""
    changes = f", with {row['changes']}" if row["changes"] else ""
    what = f"{row['title']}{changes} ({row['scenario']}); {row['months']} months from {row['start']}{record}"
    drawn = f"{row['draws']:,} draws, seed {row['seed']}"
    made = f"written {row['written']}, version {row['version']}, {size(one.size)}"
    yield str(one.path)
    for text in (f"{what}; {drawn}", made):
        yield from _indented(text)
    yield ""


def _indented(text: str) -> list[str]:
    return filled(text, initial_indent="  ", subsequent_indent="    ")


def counted(n: int) -> str:
    """Return a number of runs.

    Examples
    --------
    >>> counted(1), counted(0)
    ('1 run', '0 runs')
    """
    return "1 run" if n == 1 else f"{n:,} runs"


def size(n_bytes: int) -> str:
    """Return a number of bytes in the unit that people read it in.

    Examples
    --------
    >>> size(14_200_000), size(48_000)
    ('14.2 MB', '48 kB')
    """
    return f"{n_bytes / 1e6:.1f} MB" if n_bytes >= 1e6 else f"{n_bytes / 1e3:.0f} kB"


def as_it_is(name: str) -> Scenario | None:
    """Return the scenario of that name as it is today: the file in the working folder, or the one that ships; or None."""
    own = Path(f"{name}.toml")
    try:
        return read_scenario(own if is_file(own) else name)
    except (InvalidFile, InputOutputError):
        return None


def rerun_text(path: Path, then: Ensemble, now: Ensemble, made: Mapping[str, str], here: Mapping[str, str]) -> str:
    """Return what has changed where a saved run was made again, and why it may have.

    Parameters
    ----------
    path : Path
        The folder of the saved run.
    then, now : Ensemble
        The run as it was saved, and made again from the same scenario, seed and number of draws.
    made, here : mapping
        What made the one and the other, from `store.made_with` and `store.made_here`.
    """
    scenario = then.scenario
    lines = [*filled(f"{path} made again: {title_of(scenario)}"), f"{effective(then)}, seed {then.seed}", ""]
    other = [f"{key} {made.get(key, 'unknown')} -> {here[key]}" for key in here if made.get(key) != here[key]]
    if is_same(then, now):
        lines += filled("the same to the last bit" + (f", with {', '.join(other)}" if other else ""))
    else:
        lines += [*_changes(then, now), *filled(_why(other))]
    return "\n".join([*lines, *_scenario_today(scenario)])


def _why(other: Sequence[str]) -> str:
    same = "The draws are those of the same seed, so what differs is not chance."
    if not other:
        return f"{same} Version, libraries and machine are the same: the program was changed under one version number."
    return f"{same} What may have made it: {', '.join(other)}."


def _changes(then: Ensemble, now: Ensemble) -> Iterator[str]:
    """Yield the lines of what came out otherwise, then -> now."""
    before, after = then.summary("warmth"), now.summary("warmth")
    yield f"{headed(then.scenario, 'warmth')}: then -> now"
    yield f"  {'':<10}" + "".join(f"{head:>17}" for head in SHOWN.values())
    for month in then.reported:
        old, new = (at_month(table, month).iloc[0] for table in (before, after))
        cells = [f"{old[key]:.2f} -> {new[key]:.2f}" if old[key] != new[key] else f"{old[key]:.2f}" for key in SHOWN]
        yield f"  {then.dates[month]:%Y-%m-%d}" + "".join(f"{cell:>17}" for cell in cells)
    yield ""
    shares = [
        ("Events: probability of at least once", then.events(), now.events()),
        ("Questions", then.questions(), now.questions()),
    ]
    for heading, olds, news in shares:
        changed = olds.index[(olds["probability"] != news["probability"]).to_numpy()]
        yield heading + (": then -> now" if len(changed) else ": the same")
        for name in changed:
            told = [percent(*table.loc[name, ["probability", "std_error", "low", "high"]]) for table in (olds, news)]
            label = then.scenario.label_of(str(name)) if name in then.scenario.events else olds.loc[name, "label"]
            yield from _indented(f"{' -> '.join(told)}  {label}")
        yield ""


def _scenario_today(scenario: Scenario) -> Iterator[str]:
    """Yield what the scenario, and its record, say today that they did not say then."""
    today = as_it_is(scenario.name)
    if today is None:
        yield from (
            "",
            *filled(f"No {scenario.name}.toml is here, and no shipped scenario of that name can be read."),
        )
    elif changes := differences(scenario, today):
        yield from (
            "",
            *filled(f"What was run, against {scenario.name} of today; what --set changed is among it:"),
        )
        yield as_text(scenario, today, changes)
    if scenario.record is not None:
        try:
            is_other = read_record(scenario.record.name) != scenario.record
        except (InvalidFile, InputOutputError):
            is_other = True
        if is_other:
            yield from ("", f"The record {scenario.record.name} is not as it was, or not here.")
