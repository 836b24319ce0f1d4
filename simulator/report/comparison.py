"""A comparison as text for the terminal."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from simulator.analysis.comparison import Comparison
from simulator.ensemble.ensemble import Ensemble
from simulator.ensemble.estimates import proportion
from simulator.ensemble.tables import at_month
from simulator.report.layout import WHOLE_TABLE, effective, filled, headed_row, known_lines, width
from simulator.report.wording import headed, largest_in_words, percent, plus, points, signed, signed_percent, title_of
from simulator.scenario.calendar import When, month_of
from simulator.scenario.numbers import Key

# Bands that fit beside each other.
MOST_BANDS = 3
# Columns of a row of levels before its bands.
LEVELS = 38
# Columns before a scenario's name in an overview.
BESIDE_NAME = 44
# Columns of a question's three numbers.
SHARES = 42


def comparison_table(comparison: Comparison, index: str = "warmth", month: When | None = None) -> str:
    """Return a comparison as text: differences first, levels second.

    Parameters
    ----------
    comparison : Comparison
        From `compare`.
    index : str
        An index or a factor.
    month : int, date or str, optional
        Whose levels are told. Default: the last that both simulate.

    Examples
    --------
    >>> from simulator import compare, read_scenario, simulate
    >>> base, other = (simulate(read_scenario(name), 500) for name in ("baseline", "negotiated_reset"))
    >>> max(len(line) for line in comparison_table(compare(base, other)).splitlines()) <= 80
    True
    """
    base, other = comparison.base, comparison.other
    lines = filled(f"{title_of(other.scenario)} against {title_of(base.scenario)}")
    made = f"{comparison.horizon} months from {base.dates[0]:%Y-%m-%d}; {effective(comparison)} of the same worlds"
    lines += [*filled(f"{made}, seed {base.seed}"), *known_lines(base)]
    at, of_index = comparison.month_of(month), comparison.difference(index).xs(index)
    lines += ["", *_differences(comparison, index, of_index, at), "", *_others(comparison, index, at)]
    lines += ["", *_levels(comparison, index, at)]
    if len(questions := comparison.questions()):
        lines += ["", *_questions(comparison, questions)]
    return "\n".join([*lines, "", *_pairing(comparison, of_index["variance_ratio"].iloc[-1])])


def overview(comparisons: Sequence[Comparison], index: str = "warmth", month: When | None = None) -> str:
    """Return how several scenarios differ from one base as text, a row for each, the warmest first.

    Parameters
    ----------
    comparisons : sequence of Comparison
        With one base.
    index : str
        An index or a factor.
    month : int, date or str, optional
        Default: the last that all simulate.
    """
    base = comparisons[0].base
    at = month_of(month, base.plan.begins, min(one.horizon for one in comparisons))
    rows = [(one, at_month(one.difference(index).xs(index), at).iloc[0]) for one in comparisons]
    rows.sort(key=lambda row: -row[1]["mean"])
    higher = "warmer in" if index == "warmth" else "higher in"
    head = f"Overview: {headed(base.scenario, index)} on {base.dates[at]:%Y-%m-%d}, less that of {title_of(base.scenario)}"
    lines = [*filled(head), f"  {'mean':>12}  {'80 % of worlds':>15}  {higher:>9}" + "  scenario" * (width() >= WHOLE_TABLE)]
    for one, row in rows:
        most = one.largest(index)
        told = f"; most {signed(most.mean, most.std_error)} on {most.day}" if most.month != at and most.mean else ""
        warmer = percent(row.warmer, row.warmer_std_error, row.warmer_low, row.warmer_high)
        span = f"{plus(row.q10)} to {plus(row.q90)}"
        numbers = f"  {signed(row['mean'], row.std_error):>12}  {span:>15}  {warmer:>9}"
        name = f"{title_of(one.other.scenario)}{told}"
        if width() < WHOLE_TABLE:  # no room beside the numbers
            lines += [*filled(name), numbers]
            continue
        first, *more = filled(name, BESIDE_NAME)
        lines += [f"{numbers}  {first}", *(f"{'':>{BESIDE_NAME}}{line}" for line in more)]
    return "\n".join(lines)


def _differences(comparison: Comparison, index: str, table: pd.DataFrame, at: int) -> Iterator[str]:
    higher = "warmer in" if index == "warmth" else "higher in"
    yield from filled(f"{headed(comparison.other.scenario, index)}: difference in points")
    is_wide = width() >= WHOLE_TABLE
    yield _row("", "mean", "median" if is_wide else None, "80 % of worlds", higher, "same in" if is_wide else None)
    largest = comparison.largest(index)
    # up to the day that is known the two may be one history, of which there is nothing to tell
    known, apart = comparison.base.plan.known, table["mean"].to_numpy()
    reported = {m for m in comparison.other.reported if m <= comparison.horizon and (not 0 < m < known or apart[m])}
    for month in sorted({*reported, comparison.horizon, largest.month if largest.mean else 0, at, known}):
        row = at_month(table, month).iloc[0]
        warmer = percent(row.warmer, row.warmer_std_error, row.warmer_low, row.warmer_high)
        alike = percent(*map(float, proportion(row.same * comparison.n_effective, comparison.n_effective)))
        if row.warmer_std_error == 0:  # nothing can differ
            alike = "100 %"
        yield _row(
            f"{comparison.other.dates[month]:%Y-%m-%d}",
            signed(row["mean"], row.std_error),
            plus(row.q50) if is_wide else None,
            f"{plus(row.q10)} to {plus(row.q90)}",
            warmer,
            alike if is_wide else None,
        )
    yield from filled(largest_in_words(largest, comparison.other.dates[comparison.horizon].date()), 2, "  ", "  ")


def _row(day: str, mean: str, median: str | None, span: str, warmer: str, alike: str | None) -> str:
    """Return a row of differences; a column that is None is left out."""
    cells = ((mean, 13), (median, 6), (span, 16), (warmer, 10), (alike, 8))
    return f"  {day:<10}" + "".join(f"  {cell:>{room}}" for cell, room in cells if cell is not None)


def _others(comparison: Comparison, index: str, at: int) -> Iterator[str]:
    """Yield the other indices at a month."""
    yield f"Other indices on {comparison.other.dates[at]:%Y-%m-%d}: difference in points"
    for name, row in at_month(comparison.difference(), at).iterrows():
        if name != index:
            span = f"{plus(row.q10)} to {plus(row.q90)}"
            words = filled(comparison.other.scenario.label_of(str(name)), 41)
            yield f"  {signed(row['mean'], row.std_error):>13}  80 %: {span:<16}  {words[0]}"
            yield from (f"{'':>41}{line}" for line in words[1:])


def _levels(comparison: Comparison, index: str, at: int) -> Iterator[str]:
    yield f"Levels on {comparison.other.dates[at]:%Y-%m-%d}"
    if index not in comparison.other.indices:  # a factor has no bands
        yield f"  {'':<16}{'median':>7}{'80 %':>13}"
        for one in (comparison.base, comparison.other):
            yield from headed_row(f"  {_name(comparison, one)}", 17, _level_of(one, index, at))
        return
    bands = comparison.bands(index, at)
    most = bands[["base", "other"]].max(axis=1)
    n_bands = min(MOST_BANDS, (width() - LEVELS) // 14)
    seen = bands[most >= most.sort_values().iloc[-n_bands:].min()]
    shown = list(seen.index[:n_bands])
    yield f"  {'':<16}{'median':>7}{'80 %':>13}" + "".join(f"{_fit(band, 13):>14}" for band in shown)
    for ensemble in (comparison.base, comparison.other):
        shares = at_month(ensemble.bands(index), at)
        told = "".join(f"{percent(*shares.loc[band]):>14}" for band in shown)
        yield from headed_row(f"  {_name(comparison, ensemble)}", 17, _level_of(ensemble, index, at) + told)
    told = "".join(f"{signed_percent(*seen.loc[band, ['difference', 'std_error']]):>14}" for band in shown)
    yield f"  {'difference':<36}{told}"


def _level_of(ensemble: Ensemble, index: str, at: int) -> str:
    low, median, high = at_month(ensemble.quantiles(index, [0.1, 0.5, 0.9]), at).itertuples(index=False)
    span = f"{points(*low)} to {points(*high)}"
    return f"{points(*median):>7}{span:>13}"


def _name(comparison: Comparison, ensemble: Ensemble) -> str:
    """Return a scenario's name, and "changed" for one that is the base with some keys set."""
    is_other = ensemble is comparison.other and ensemble is not comparison.base
    return "changed" if is_other and ensemble.scenario.name == comparison.base.scenario.name else ensemble.scenario.name


def _fit(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1].rstrip() + "…"


def _questions(comparison: Comparison, table: pd.DataFrame) -> Iterator[str]:
    yield f"{'Questions':<{width() - SHARES + 2}}{'base':>10}{'other':>10}  difference, points"
    names = table.index.get_level_values("question")
    for (name, whose), row in table.iterrows():
        shares = [_level(row, word, comparison.n_effective) for word in ("base", "other")]
        known = row.difference == row.difference
        apart = signed_percent(row.difference, row.std_error) if known else _missing(row)
        is_both = (names == name).sum() == 1
        head, *rest = filled(row.label if is_both else f"{row.label} ({whose})", SHARES)
        yield f"  {head:<{width() - SHARES}}{shares[0]:>10}{shares[1]:>10}{apart:>20}"
        yield from (f"  {line}" for line in rest)


def _level(row: pd.Series, word: str, n: float) -> str:
    """Return one scenario's answer to a question; a dash where it has no such event."""
    share = row[word]
    return percent(*map(float, proportion(share * n, n))) if share == share else "-"


def _missing(row: pd.Series) -> str:
    return "not in the base" if np.isnan(row["base"]) else "not in the other"


def _pairing(comparison: Comparison, ratio: float) -> Iterator[str]:
    """Yield what pairing saves, and what is not the same in both."""
    if ratio > 0:
        yield from filled(
            f"Drawn with independent seeds, this comparison would need {1 / ratio:.0f} times the draws for the same error."
        )
    for word, only in zip(("base", "other"), comparison.unaligned, strict=True):
        own = sorted(only)
        entries = {name.partition("/")[0].partition(":")[2] for name in own if not name.startswith("input:")}
        inputs = [name.removeprefix("input:") for name in own if name.startswith("input:")]
        told = [*sorted(entries), *(key for key in inputs if Key.parse(key).entry not in entries)]
        if told:
            yield from filled(f"Random streams that only the {word} draws: {', '.join(told)}.")
