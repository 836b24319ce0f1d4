"""What text tables for the terminal share: their width, wrapped lines, the rows of an index, the rows of questions."""

from collections.abc import Sequence
from textwrap import wrap

import pandas as pd

from simulator.analysis.comparison import Comparison
from simulator.analysis.ledger import Ledger
from simulator.analysis.outlook import Outlook
from simulator.ensemble.ensemble import PROBABILITIES, Ensemble
from simulator.ensemble.tables import at_month
from simulator.report.wording import error_of, headed, percent, points

WIDTH = 80
# What stands before the words of an event or a question: its probability.
MARGIN = 13


def listed(head: str, parts: Sequence[str]) -> list[str]:
    """Return parts joined by commas after a head, on as many lines as they need, none of them broken unless it fills one."""
    joined = ", ".join(part.replace(" ", "\u00a0") for part in parts)
    lines = wrap(joined, WIDTH, initial_indent=head, subsequent_indent=" " * len(head), break_on_hyphens=False)
    return [line.replace("\u00a0", " ") for line in lines]


def effective(source: Ensemble | Comparison | Ledger) -> str:
    """Return the number of draws, and how many they are worth where a record gives them weights."""
    if source.n_effective == source.n_draws:
        return f"{source.n_draws:,} draws"
    return f"{source.n_draws:,} draws worth {source.n_effective:,.0f}"


def known_lines(ensemble: Ensemble) -> list[str]:
    """Return what of a record an ensemble knows; nothing without one."""
    record = ensemble.scenario.record
    if record is None:
        return []
    if not ensemble.is_conditioned:
        return wrap(f"record {record.name}: no whole month of it is read", WIDTH)
    facts, readings = sum(len(event.recorded or ()) for event in ensemble.plan.events), len(ensemble.plan.readings)
    lines = wrap(f"known to {ensemble.known_to} from {record.name}: {facts} facts, {readings} readings", WIDTH)
    known = ensemble.plan.known
    free = [e for e in ensemble.plan.events if e.recorded is None and e.first <= min(known, e.last)]
    if free:
        which, are = ("1 event", "is") if len(free) == 1 else (f"{len(free)} events", "are")
        told = f"{which} that it does not tell of {are} left to chance in these months, too"
        lines += wrap(told + (": " + ", ".join(e.name for e in free) if len(free) <= 3 else ""), WIDTH)
    return lines


def headed_row(head: str, width: int, numbers: str) -> list[str]:
    """Return numbers beside a head of some width, or below one that is longer."""
    return [f"{head:<{width}} {numbers}"] if len(head) <= width else [head, f"{'':<{width}} {numbers}"]


def answered(chance: str, *texts: str) -> list[str]:
    """Return texts below each other, with a probability before the first line."""
    lines = [line for text in texts for line in wrap(text, WIDTH - MARGIN)]
    return [f"  {'' if n else chance:>9}  {line}" for n, line in enumerate(lines)]


def index_lines(source: Ensemble | Outlook, name: str, more: str = "") -> list[str]:
    """Return an index as text: mean, median and central intervals at a few months, and its bands at the end."""
    first = source if isinstance(source, Ensemble) else source.ensembles[0]
    lines = wrap(headed(first.scenario, name) + more, WIDTH)
    lines.append(f"  {'':<10}  {'mean':>11}  {'median':>6}  {'50 %':>12}  {'80 %':>12}  {'95 %':>12}")
    quantiles, means = source.quantiles(name), source.mean(name)
    for month in first.reported:
        at, mean = at_month(quantiles, month), at_month(means, month).iloc[0]
        told = {p: points(*at.loc[p]) for p in PROBABILITIES}
        ends = [f"{told[a]:>4} to {told[b]:>4}" for a, b in ((0.25, 0.75), (0.1, 0.9), (0.025, 0.975))]
        row = f"{mean['mean']:5.1f}{error_of(mean.std_error):<6}", f"{told[0.5]:>6}", *(f"{end:>12}" for end in ends)
        lines.append(f"  {source.dates[month]:%Y-%m-%d}  {'  '.join(row)}")
    at_end = at_month(source.bands(name), source.horizon)
    return lines + listed("  bands at the end: ", [f"{band} {percent(*row)}" for band, row in at_end.iterrows()])


def question_lines(row: pd.Series) -> list[str]:
    """Return a question as text, with its probability of yes."""
    answer = percent(row.probability, row.std_error, row.low, row.high)
    return answered(answer, row.label, f"{row['ask']}  ({row.when} {row.date:%Y-%m-%d})")
