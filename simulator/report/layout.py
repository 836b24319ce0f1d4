"""What text tables for the terminal share: their width, wrapped lines, the rows of an index, the rows of questions."""

import os
import sys
from collections.abc import Sequence
from shutil import get_terminal_size
from textwrap import wrap

import pandas as pd

from simulator.analysis.comparison import Comparison
from simulator.analysis.ledger import Ledger
from simulator.analysis.outlook import Outlook
from simulator.ensemble.ensemble import PROBABILITIES, Ensemble
from simulator.ensemble.tables import at_month
from simulator.report.wording import error_of, headed, percent, points

PLAIN_WIDTH = 80
# Terminals in which tables are laid out whole: narrower ones fold the lines, and past the other end prose is hard to read.
WIDTHS = (60, 110)
# Columns that the table of an index takes with all its intervals; in less it leaves out the widest.
WHOLE_TABLE = 75
CENTRAL = (("50 %", 0.25, 0.75), ("80 %", 0.1, 0.9), ("95 %", 0.025, 0.975))
# What stands before the words of an event or a question: its probability.
MARGIN = 13


def width() -> int:
    """Return the width of text: that of the terminal within limits, and 80 where the output is a file or a pipe.

    The variable COLUMNS wins, as in other programs.
    """
    if "COLUMNS" not in os.environ and not sys.stdout.isatty():
        return PLAIN_WIDTH
    return min(max(get_terminal_size((PLAIN_WIDTH, 24)).columns, WIDTHS[0]), WIDTHS[1])


def filled(text: str, margin: int = 0, initial_indent: str = "", subsequent_indent: str = "") -> list[str]:
    """Return a text as lines that fit the width less a margin; no word is broken but one that is longer than a line."""
    room = max(width() - margin, 16)
    told = text.replace(" %", "\u00a0%")  # a number and its sign stay on one line
    lines = wrap(told, room, initial_indent=initial_indent, subsequent_indent=subsequent_indent, break_on_hyphens=False)
    return [line.replace("\u00a0", " ") for line in lines]


def listed(head: str, parts: Sequence[str]) -> list[str]:
    """Return parts joined by commas after a head, on as many lines as they need, none of them broken unless it fills one."""
    joined = ", ".join(part.replace(" ", "\u00a0") for part in parts)
    return filled(joined, initial_indent=head, subsequent_indent=" " * len(head))


def effective(source: Ensemble | Comparison | Ledger) -> str:
    """Return the number of draws, and how many they are worth where a record gives them weights."""
    if source.n_effective == source.n_draws:
        return f"{source.n_draws:,} draws"
    return f"{source.n_draws:,} draws worth {source.n_effective:,.0f}"


def known_lines(ensemble: Ensemble) -> list[str]:
    """Return how an ensemble was made if it is no plain run, and what of a record it knows; nothing without one."""
    scenario, lines = ensemble.scenario, filled(ensemble.note) if ensemble.note else []
    record = scenario.record
    if scenario.as_of is not None and scenario.as_of != scenario.begins:
        lines += filled(f"levels are those of {scenario.as_of}: nothing is moved forward to the start")
    if record is None:
        return lines
    if not ensemble.is_conditioned:
        return [*lines, *filled(f"record {record.name}: no whole month of it is read")]
    facts, readings = sum(len(event.recorded or ()) for event in ensemble.plan.events), len(ensemble.plan.readings)
    lines += filled(f"known to {ensemble.known_to} from {record.name}: {facts} facts, {readings} readings")
    known = ensemble.plan.known
    free = [e for e in ensemble.plan.events if e.recorded is None and e.first <= min(known, e.last)]
    if free:
        which, are = ("1 event", "is") if len(free) == 1 else (f"{len(free)} events", "are")
        told = f"{which} that it does not tell of {are} left to chance in these months, too"
        lines += filled(told + (": " + ", ".join(e.name for e in free) if len(free) <= 3 else ""))
    return lines


def listing(entries: Sequence[tuple[str, str, Sequence[str]]]) -> str:
    """Return entries as text: name and label, and below them what each says.

    Examples
    --------
    >>> print(listing([("nato", "NATO and the war", ["level 12", "weight 2"]), ("us", "Us", [])]))
    nato  NATO and the war
          level 12, weight 2
    us    Us
    """
    room = max((len(name) for name, _, _ in entries), default=0) + 2
    lines = []
    for name, label, parts in entries:
        first, *rest = filled(label, room)
        lines += [f"{name:<{room}}{first}", *(f"{'':<{room}}{line}" for line in rest)]
        lines += [f"{'':<{room}}{line}" for line in filled(", ".join(parts), room)]
    return "\n".join(lines)


def headed_row(head: str, width: int, numbers: str) -> list[str]:
    """Return numbers beside a head of some width, or below one that is longer."""
    return [f"{head:<{width}} {numbers}"] if len(head) <= width else [head, f"{'':<{width}} {numbers}"]


def answered(chance: str, *texts: str) -> list[str]:
    """Return texts below each other, with a probability before the first line."""
    lines = [line for text in texts for line in filled(text, MARGIN)]
    return [f"  {'' if n else chance:>9}  {line}" for n, line in enumerate(lines)]


def likeliest(ensemble: Ensemble, index: str) -> pd.Series:
    """Return the likeliest band of an index at the horizon: its name, and its probability with its errors."""
    shares = at_month(ensemble.bands(index), ensemble.horizon)
    return shares.sort_values("probability", ascending=False, kind="stable").iloc[0]


def index_lines(source: Ensemble | Outlook, name: str, more: str = "") -> list[str]:
    """Return an index as text: mean, median and central intervals at a few months, and its bands at the end."""
    first = source if isinstance(source, Ensemble) else source.ensembles[0]
    lines = filled(headed(first.scenario, name) + more)
    spans, gap = (CENTRAL, "  ") if width() >= WHOLE_TABLE else (CENTRAL[:2], " ")
    heads = f"{'mean':>11}", f"{'median':>6}", *(f"{told:>12}" for told, *_ in spans)
    lines.append(f"  {'':<10}{gap}{gap.join(heads)}")
    quantiles, means = source.quantiles(name), source.mean(name)
    for month in first.reported:
        at, mean = at_month(quantiles, month), at_month(means, month).iloc[0]
        told = {p: points(*at.loc[p]) for p in PROBABILITIES}
        ends = [f"{told[a]:>4} to {told[b]:>4}" for _, a, b in spans]
        row = f"{mean['mean']:5.1f}{error_of(mean.std_error):<6}", f"{told[0.5]:>6}", *(f"{end:>12}" for end in ends)
        lines.append(f"  {source.dates[month]:%Y-%m-%d}{gap}{gap.join(row)}")
    if name not in source.indices:  # a factor has no bands
        return lines
    at_end = at_month(source.bands(name), source.horizon)
    return lines + listed("  bands at the end: ", [f"{band} {percent(*row)}" for band, row in at_end.iterrows()])


def question_lines(row: pd.Series, *, briefly: bool = False) -> list[str]:
    """Return a question as text, with its probability of yes; briefly, without the condition that it asks."""
    answer = percent(row.probability, row.std_error, row.low, row.high)
    when = f"{row.when} {row.date:%Y-%m-%d}"
    if briefly:
        return answered(answer, f"{row.label.rstrip('.')}, {when}")
    return answered(answer, row.label, f"{row['ask']}  ({when})")
