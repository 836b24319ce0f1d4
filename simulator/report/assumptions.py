"""The assumptions of files as a page: those to argue with first, then all of each file."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd

from simulator.analysis.leave_one_out import N_DRAWS, assumptions
from simulator.ensemble.simulation import Progress, one_of
from simulator.report.wording import plus


def assumptions_of(
    sources: Sequence[str | Path], n_draws: int = N_DRAWS, progress: Progress | None = None
) -> dict[str, pd.DataFrame]:
    """Return the assumptions of files, each file's under its name.

    Parameters
    ----------
    sources : sequence of str or Path
        Relationships and scenarios.
    n_draws : int
        Draws of each simulation.
    progress : callable, optional
        Called with the entries done and those to be done in all, as if each file had as many as the present one.
    """
    return {
        Path(source).stem: assumptions(source, n_draws, one_of(len(sources), place, progress))
        for place, source in enumerate(sources)
    }


def assumptions_page(tables: Mapping[str, pd.DataFrame]) -> str:
    """Return the assumptions of files as a page in Markdown: those to argue with first, then all of each file.

    Parameters
    ----------
    tables : mapping
        From `assumptions_of`.
    """
    return "\n".join([*_page(tables), ""])


INTRODUCTION = """\
# How sensitive results are to each entry

Every entry of a file that states numbers, least supported first, and among equals the one that moves warmth most.

- *moves*: root mean square difference of warmth at the horizon, in points and draw by draw, between the file as it is
  and the file without the entry: an event switched off, a link removed, a factor without weight, an index without the
  events whose condition reads it; in a scenario, the entry as its relationship has it. *mean*: the mean of that
  difference.
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
        yield f"| {key} | {row.confidence} | {row.basis} | {row.moves:.1f} | {plus(row['mean'])} | {told} |"
