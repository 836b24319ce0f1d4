"""A record as a calendar, its facts as a table, and what it teaches, as text."""

from collections.abc import Iterator
from datetime import date

import pandas as pd

from simulator.analysis.learn import Learned
from simulator.ensemble.tables import at_month
from simulator.report.layout import effective, filled, headed_row, known_lines, listed, width
from simulator.report.wording import plus, title_of
from simulator.scenario.known import remarks
from simulator.scenario.record import Record
from simulator.scenario.schema import Scenario

# Rows of numbers that a record has taught.
ROWS = 20
# Letters before the words of an entry: its day, its event.
DAY, NAME = 8, 24


def entries(record: Record) -> pd.DataFrame:
    """Return all of a record in order of days: `on`, `kind` ("event", "reading" or "outside"), `name`, `what` and so on.

    Examples
    --------
    >>> from simulator import read_record
    >>> entries(read_record("us_russia_2025")).kind.value_counts().index.tolist()
    ['event', 'outside', 'reading']
    """
    parts = (("event", "event", record.happened), ("reading", "of", record.readings), ("outside", "", record.outside))
    rows = [
        {
            "on": entry.on,
            "kind": kind,
            "name": getattr(entry, named, ""),
            **{key: getattr(entry, key, float("nan")) for key in ("value", "sd")},
            **{key: getattr(entry, key) or "" for key in ("what", "source", "confidence")},
        }
        for kind, named, told in parts
        for entry in told
    ]
    columns = ["on", "kind", "name", "value", "sd", "what", "source", "confidence"]
    table = pd.DataFrame(rows, columns=columns).sort_values("on", kind="stable", ignore_index=True)
    return table.rename_axis("entry")


def calendar(scenario: Scenario, sources: bool = False) -> str:
    """Return a scenario's record as a calendar for 80 columns: each entry with its day, and what of it is not read.

    Parameters
    ----------
    scenario : Scenario
        One with a record.
    sources : bool
        Tell sources and confidence, too.
    """
    record = scenario.record
    assert record is not None
    lines = filled(f"{record.title} ({record.name}), to {record.until}")
    counts = f"{len(record.happened)} facts, {len(record.readings)} readings, {len(record.outside)} outside"
    lines += filled(f"relationship {record.relationship}; {counts}")
    if record.summary:
        lines += filled(" ".join(record.summary.split()))
    if record.silent:
        lines += listed("silent on ", record.silent)
    table = entries(record)
    for year, of_year in table.groupby(table["on"].map(lambda day: day.year)):
        lines += ["", f"{year}"]
        for _, row in of_year.iterrows():
            lines += _entry(row, sources)
    happened = {fact.event for fact in record.happened}
    quiet = [name for name in record.tells if name not in happened]
    later = [name for name in quiet if (first := _first_day(scenario, name)) is not None and first > record.until]
    for head, names in (("did not happen: ", [name for name in quiet if name not in later]), ("not yet possible: ", later)):
        lines += ["", *listed(head, names)] if names else []
    told = list(remarks(scenario))
    if told:
        lines += ["", "Not read as it stands"]
        for issue in told:
            lines += filled(issue.message, initial_indent="  ", subsequent_indent="    ")
    return "\n".join(lines)


def _first_day(scenario: Scenario, name: str) -> date | None:
    event = scenario.events[name]
    return event.on or (event.between[0] if event.between else None)


def _entry(row: pd.Series, sources: bool) -> Iterator[str]:
    name = {"outside": "(outside)", "reading": f"{row['name']} {row.value:g} ±{row.sd:g}"}.get(row.kind, row["name"])
    doubt = f" ({row.confidence} confidence)" if row.confidence == "low" and not sources else ""
    words = filled(row.what + doubt, DAY + NAME + 2)
    if sources:
        words += filled(f"[{row.confidence}] {row.source}" if row.confidence else row.source, DAY + NAME + 2)
    head = f"  {row.on.day:>2} {row.on:%b} {name}"
    if len(head) > DAY + NAME + 1:
        yield head
        head = ""
    yield f"{head:<{DAY + NAME + 2}}{words[0]}"
    yield from (f"{'':>{DAY + NAME + 2}}{line}" for line in words[1:])


def learned_table(learned: Learned) -> str:
    """Return what a record teaches as text for 80 columns: events by surprise, numbers by how far they moved, indices."""
    scenario = learned.after.scenario
    lines = filled(f"What the record teaches: {title_of(scenario)}")
    lines.append(f"{effective(learned.after)} with the record; seed {learned.after.seed}")
    lines += [*known_lines(learned.after), ""]
    lines.append(f"Events to {learned.after.known_to}: how often expected, 80 %, and how often seen")
    lines.append(f"  {'expected':>8}  {'80 %':>7}  {'seen':>4}  {'surprise':>8}")
    for name, row in learned.events.iterrows():
        span = f"{row.low:.0f} to {row.high:.0f}"
        told = filled(f"{row.label} ({name})", 38)
        lines.append(f"  {row.expected:>8.1f}  {span:>7}  {row.observed:>4}  {_chance(row.surprise):>8}   {told[0]}")
        lines += [f"{'':>38}{line}" for line in told[1:]]
    lines += filled("Surprise: the probability, doubled, of a number as far out or farther.", initial_indent="  ")
    return "\n".join([*lines, "", *_numbers(learned), "", *_indices(learned)])


def _chance(p: float) -> str:
    return f"{100 * p:.0f} %" if p >= 0.1 else f"{100 * p:.1g} %"


def _numbers(learned: Learned) -> Iterator[str]:
    table = learned.numbers
    found = table[table["learned"]]
    yield from filled(
        f"Numbers: {len(found)} of {len(table)} are learned: before and after are more than 0.05 apart (Kolmogorov-Smirnov)"
    )
    yield "  10, 50 and 90 %, before -> after"
    for key, row in found.head(ROWS).iterrows():
        spans = [" ".join(f"{row[f'{word}_p{p}']:>5.2g}" for p in (10, 50, 90)) for word in ("before", "after")]
        yield from headed_row(f"  {key}", 41, f"{spans[0]} -> {spans[1]}")
    if len(found) > ROWS:
        yield f"  and {len(found) - ROWS} more, which moved less"
    rest = [key for key in table.index if key not in found.index]
    if rest:
        yield from filled(f"nothing learned of {len(rest)}: sizes of effects, weights and others", initial_indent="  ")


def _indices(learned: Learned) -> Iterator[str]:
    table = learned.indices
    for month in table.index.get_level_values("month").unique():
        rows = at_month(table, month)
        yield f"Indices on {learned.after.dates[month]:%Y-%m-%d}: median and 80 %, before and after"
        for name, row in rows.iterrows():
            spans = [f"{row[w]:4.1f} ({row[f'{w}_p10']:4.1f} to {row[f'{w}_p90']:4.1f})" for w in ("before", "after")]
            told = f"  {spans[0]}  -> {spans[1]}  {plus(row['after'] - row['before'])}  "
            yield from [told + name] if len(told + name) <= width() else [told.rstrip(), f"{'':>6}{name}"]
