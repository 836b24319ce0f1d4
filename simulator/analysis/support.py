"""What a file's result hangs on: every entry that states numbers, how far it moves warmth, and what supports it."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from simulator.analysis.leave_one_out import final_warmth, switched_off
from simulator.files.read import read_layers, read_scenario
from simulator.review.show import basis, says, stated_numbers
from simulator.scenario.schema import Scenario

# A relationship has no horizon of its own; four years is a term of office.
HORIZON = 48
# Of a paired difference: its error is a few per cent, which is enough to rank by.
N_DRAWS = 2_000

# Least supported first.
CONFIDENCE = ("none stated", "low", "medium", "high")


def assumptions(source: str | Path, n_draws: int = N_DRAWS) -> pd.DataFrame:
    """Return every entry of a file that states numbers, by how far it moves warmth and what supports it.

    Parameters
    ----------
    source : str or Path
        A relationship or a scenario: a file, or the bare name of a scenario that ships.
    n_draws : int
        Draws of each simulation; there is one for each entry.

    Returns
    -------
    DataFrame
        By entry (a dotted key), least supported first and among equals the one that moves most: `confidence` and `basis`
        ("assumption", "partly" sourced, or "source"), `moves` in points, the root mean square difference of warmth at the
        horizon, draw by draw, between the file as it is and the file without the entry, with its `std_error`; `mean`, the
        mean difference; and what it `says`. Without the entry means: an event switched off, a link removed, a factor
        without weight; and where a scenario changes what its relationship says, as the relationship has it. Entries
        that do not bear on warmth, such as other indices, move it by 0.

    Examples
    --------
    >>> table = assumptions("baseline", n_draws=200)
    >>> list(table.columns), len(table)       # the baseline states no numbers of its own
    (['confidence', 'basis', 'moves', 'std_error', 'mean', 'says'], 0)
    """
    reading = read_layers(source)
    parent = read_scenario(reading.layers[-2].where) if len(reading.layers) > 1 else None
    scenario = _with_horizon(reading.scenario)
    here = final_warmth(scenario, n_draws)
    rows = []
    for table, name, stated in stated_numbers(reading.layers[-1]):
        entry = getattr(scenario, table)[name]
        notes = (entry.notes if table in ("spillovers", "correlations") else entry) or entry
        difference = here - final_warmth(_without(scenario, parent, table, name), n_draws)
        squares = difference**2
        moves = float(np.sqrt(squares.mean()))
        rows.append(
            {
                "entry": f"{table}.{name}",
                "confidence": getattr(notes, "confidence", None) or "none stated",
                "basis": basis(getattr(notes, "source", None)),
                "moves": moves,
                # of the root of a mean, by its derivative
                "std_error": float(squares.std() / np.sqrt(n_draws) / (2 * moves)) if moves else 0.0,
                "mean": float(difference.mean()),
                "says": says(stated, entry),
            }
        )
    columns = ["entry", "confidence", "basis", "moves", "std_error", "mean", "says"]
    found = pd.DataFrame(rows, columns=columns).set_index("entry")
    doubt = found["confidence"].map({word: place for place, word in enumerate(CONFIDENCE)}).fillna(-1)
    return (
        found.assign(doubt=doubt)
        .sort_values(["doubt", "moves"], ascending=[True, False], kind="stable")
        .drop(columns="doubt")
    )


def _with_horizon(scenario: Scenario) -> Scenario:
    return scenario if scenario.months else scenario.model_copy(update={"months": HORIZON})


def _without(scenario: Scenario, parent: Scenario | None, table: str, name: str) -> Scenario:
    """Return a scenario without what one entry changes."""
    entries = dict(getattr(scenario, table))
    before = getattr(parent, table) if parent is not None else {}
    if name in before:
        entries[name] = before[name]
    elif table == "events":
        return switched_off(scenario, name)
    elif table == "factors":
        entries[name] = entries[name].model_copy(update={"weight": 0.0})
    else:
        del entries[name]
    return scenario.model_copy(update={table: type(getattr(scenario, table))(entries)})


def as_markdown(sources: Iterable[str | Path], n_draws: int = N_DRAWS) -> str:
    """Return the assumptions of files as a page: those to argue with first, then all of each file.

    Parameters
    ----------
    sources : iterable of str or Path
        Relationships and scenarios.
    n_draws : int
        Draws of each simulation.
    """
    tables = {Path(source).stem: assumptions(source, n_draws) for source in sources}
    return "\n".join([*_page(tables), ""])


INTRODUCTION = """\
# What the results hang on

Every entry of a file that states numbers, least supported first, and among equals the one that moves warmth most.

- *moves*: root mean square difference of warmth at the horizon, in points and draw by draw, between the file as it is
  and the file without the entry: an event switched off, a link removed, a factor without weight; in a scenario, the
  entry as its relationship has it. *mean*: the mean of that difference.
- *confidence*: as the file states it. *basis*: whether its source covers the numbers (source), some of them or the facts
  behind them (partly), or nothing (assumption)."""

# How many entries of low confidence, over all files, stand at the top.
FIRST = 12


def _page(tables: Mapping[str, pd.DataFrame]) -> Iterator[str]:
    """Yield the lines of the page."""
    yield INTRODUCTION
    if len(tables) > 1:
        yield f"\n## To argue with first\n\nThe {FIRST} entries of low confidence that move warmth most.\n"
        together = pd.concat(tables, names=["file"])
        doubtful = together[together["confidence"].isin(["low", "none stated"])]
        yield from _rows(doubtful.sort_values("moves", ascending=False, kind="stable").head(FIRST))
    for name, table in tables.items():
        counts = table["basis"].value_counts()
        told = [f"{counts[word]} {word}" for word in ("source", "partly", "assumption", "none stated") if word in counts]
        yield f"\n## {name}\n"
        yield f"{len(table)} entries that state numbers" + (f"; basis: {', '.join(told)}.\n" if told else ".")
        if told:
            yield from _rows(table)


def _rows(table: pd.DataFrame) -> Iterator[str]:
    """Yield the lines of one table, with the file of each entry where it has several."""
    yield "| entry | confidence | basis | moves | mean | says |"
    yield "|---|---|---|--:|--:|---|"
    for name, row in table.iterrows():
        key = name if isinstance(name, str) else f"{name[1]} ({name[0]})"
        told = row.says.replace("|", "\\|")
        yield f"| {key} | {row.confidence} | {row.basis} | {row.moves:.1f} | {_signed(row['mean'])} | {told} |"


def _signed(value: float) -> str:
    """Return a mean with its sign, and 0.0 without one."""
    return f"{value:+.1f}" if abs(value) >= 0.05 else "0.0"
