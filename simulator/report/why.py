"""Why an index moved and what drives its spread, as text for the terminal."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from simulator.analysis.ledger import EVENT, TO_TARGET, Ledger
from simulator.analysis.variance import ALL
from simulator.report.causes import cause
from simulator.report.layout import effective, filled, width
from simulator.report.wording import largest_in_words, plus, signed, title_of
from simulator.scenario.numbers import Key

# Points under which a source is told with the others.
SMALL = 0.05
# Rows of each list of drivers, and drivers of the overview.
ROWS, TOLD = 12, 3
# Letters beside a source: its points, and the factors that it acts through.
BESIDE = 42


def ledger_table(ledger: Ledger, draw: int | None = None) -> str:
    """Return a ledger as text: the largest sources first, each with the factors it acts through.

    Parameters
    ----------
    ledger : Ledger
        From `explain`: of one scenario, or the difference of two.
    draw : int, optional
        One draw. Default: the mean of all.
    """
    table = ledger.by_source(draw, together=True)
    before, after = ledger.ends(draw)
    error = ledger.std_error if draw is None else float("nan")
    told = f"{before:.1f} -> {after:.1f}, {signed(after - before, error)} points"
    who = mean_of(ledger) if draw is None else f"draw {draw:,} of {ledger.n_draws:,}"
    against = " against ".join(map(title_of, ledger.scenarios))
    title = f"Why: {against}, {ledger.scenarios[0].label_of(ledger.index)} on {ledger.day}"
    lines = [*filled(title), *filled(f"{told}; {who}")]
    if draw is None and ledger.largest is not None:
        lines += filled(largest_in_words(ledger.largest, ledger.day))
    lines.append("")
    lines += [f"  {'points':>12}  {'source':<{width() - BESIDE}}  mostly through"]
    large = table[table["points"].abs() >= SMALL]
    for (kind, name), row in large.iterrows():
        lines += _source(ledger, str(kind), str(name), row, draw)
    closes = max(ledger.closes_to, 1e-9)  # below that it is the last bits, which no two machines share
    rest = table[table["points"].abs() < SMALL]["points"]
    if (rest != 0).any():
        lines.append(f"  {plus(rest.sum(), 2):>12}  {int((rest != 0).sum())} others, each under {SMALL:g}")
    words = filled(f"all of them; the sum closes to {closes:.0e} in every draw", 16)
    lines.append(f"  {plus(after - before, 2):>12}  {words[0]}")
    lines += [f"{'':>16}{more}" for more in words[1:]]
    return "\n".join(lines)


def mean_of(ledger: Ledger) -> str:
    """Return of how many draws a ledger's numbers are means, and how many they are worth."""
    return f"mean of {effective(ledger)}"


def about(ledger: Ledger, draw: int | None = None) -> pd.DataFrame:
    """Return what a ledger is of, as a table beside it."""
    scenario, *base = ledger.scenarios
    row: dict[str, Any] = {"scenario": scenario.name, "title": scenario.heading}
    row |= {"against": base[0].heading if base else "", "index": ledger.index}
    row |= {"date": f"{ledger.day}", "seed": ledger.seed, "draw": "mean of all" if draw is None else draw}
    return pd.DataFrame([row]).set_index("scenario")


def _source(ledger: Ledger, kind: str, name: str, row: pd.Series, draw: int | None) -> Iterator[str]:
    kinds = ("jump", "shift") if kind == EVENT else (kind,)
    parts = ledger.table(draw)["points"]
    by = "factor" if kind == TO_TARGET else "name"
    own = parts[parts.index.get_level_values("kind").isin(kinds) & (parts.index.get_level_values(by) == name)]
    through = own.groupby(level="factor", sort=False).sum()
    through = through.iloc[np.argsort(-through.abs().to_numpy(), kind="stable")][:2]
    told = [f"{factor} {value:+.1f}" for factor, value in through.items() if abs(value) >= SMALL]
    error = row.get("std_error", float("nan"))
    words = filled(cause(ledger, kind, name, draw, named=True), BESIDE)
    head = f"  {signed(row.points, error):>12}  {words[0]:<{width() - BESIDE}}  "
    fits = told if len(head) + len(", ".join(told)) <= width() else told[:1]
    yield (head + ", ".join(fits)).rstrip()
    yield from (f"  {'':>12}  {line}" for line in words[1:])


def drivers_table(tables: Mapping[str, pd.DataFrame], title: str) -> str:
    """Return what drives an index as text: shares of the variance, the tornado, the weights that reverse the headline.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        "tornado", "break_even", and "variance", which a record leaves no answer to.
    title : str
    """
    tornado = tables["tornado"]
    lines = [*filled(title), *filled(_overview(tables)), ""]
    if "variance" in tables:
        lines += _variance(tables["variance"])
    else:
        lines += filled("No shares of the variance: what is known ties the sources together.")
    lines += ["", *filled("Tornado: mean in points, lowest fifth -> highest fifth; without -> with an event")]
    for (_, key), row in tornado.head(ROWS).iterrows():
        told = filled(_driver(row, str(key)), 34)
        lines.append(f"  {row.low:5.1f} -> {row.high:5.1f}  {signed(row.swing, row.std_error):>12}    {told[0]}")
        lines += [f"  {'':>28}    {line}" for line in told[1:]]
    for note in (
        "What goes together need not be cause: an event that waits for warmth is found in warm draws.",
        "Months of correlated factors: what they share counts for the one that comes first in the file.",
    ):
        lines += filled(note, initial_indent="  ", subsequent_indent="  ")
    return "\n".join([*lines, "", *_break_even(tables["break_even"])])


def _overview(tables: Mapping[str, pd.DataFrame]) -> str:
    """Return what drives an index in a few words: what takes part in most of its variance, or moves its mean most."""
    if "variance" not in tables:
        found = [f"{_driver(row, str(key))} {plus(row.swing)}" for (_, key), row in tables["tornado"].head(TOLD).iterrows()]
        return f"The mean goes most with: {'; '.join(found)} points." if found else "Nothing is uncertain."
    table = tables["variance"]
    judged, drawn = (f"{100 * table.loc[(kind, ALL)].total:.0f} %" for kind in ("judgement", "chance"))
    single = table[table.index.get_level_values("key") != ALL].head(TOLD)
    found = [f"{_driver(row, str(key))} {100 * row.total:.0f} %" for (_, key), row in single.iterrows()]
    return f"Judgement takes part in {judged} of the variance, chance in {drawn}; by source most: {'; '.join(found)}."


def _variance(variance: pd.DataFrame) -> list[str]:
    lines = ["Share of the variance         alone     in all it joins"]
    for kind in ("chance", "judgement"):
        row = variance.loc[(kind, ALL)]
        alone, whole = _share(row["first"], row.first_std_error), _share(row.total, row.total_std_error)
        lines.append(f"  {'all ' + kind:<22}{alone:>13}{whole:>13}")
    single = variance[variance.index.get_level_values("key") != ALL].head(ROWS)
    lines.append("")
    for (kind, key), row in single.iterrows():
        told = filled(f"{kind}: {_driver(row, str(key))}", 30)
        lines.append(
            f"  {_share(row['first'], row.first_std_error):>12}{_share(row.total, row.total_std_error):>12}    {told[0]}"
        )
        lines += [f"  {'':>24}    {line}" for line in told[1:]]
    return lines


def _share(share: float, std_error: float) -> str:
    return (
        f"{100 * share:.0f} % ±{max(100 * std_error, 0.5):.0f}"
        if 100 * std_error >= 0.5
        else f"{100 * share:.1f} % ±{max(100 * std_error, 0.1):.1f}"
    )


def _driver(row: pd.Series, key: str) -> str:
    """Return a driver in words, with the name of its entry."""
    return f"{row.label} ({key.split('.')[1]})"


def _break_even(reverse: pd.DataFrame) -> Iterator[str]:
    yield from filled(f"Weights that would reverse the {reverse['headline'].iloc[0]}, one at a time")
    found = reverse.dropna(subset="break_even")
    for key, row in found.iterrows():
        yield f"  {Key.parse(str(key)).entry}: {row.weight:.2g} -> {row.break_even:.2g}"
    rest = [Key.parse(str(key)).entry for key in reverse.index if key not in found.index]
    if rest:
        yield from filled(f"none within 0 to 10: {', '.join(rest)}", initial_indent="  ", subsequent_indent="  ")
