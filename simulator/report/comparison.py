"""A comparison as text for the terminal."""

from collections.abc import Iterator
from textwrap import wrap

import numpy as np
import pandas as pd

from simulator.analysis.comparison import Comparison
from simulator.ensemble.ensemble import Ensemble
from simulator.ensemble.estimates import proportion
from simulator.ensemble.tables import at_month
from simulator.report.layout import WIDTH, effective, known_lines
from simulator.report.wording import headed, percent, plus, points, signed, signed_percent, title_of
from simulator.scenario.numbers import Key

# Bands that fit beside each other.
MOST_BANDS = 3


def comparison_table(comparison: Comparison, index: str = "warmth") -> str:
    """Return a comparison as text: differences first, levels second.

    Examples
    --------
    >>> from simulator import compare, read_scenario, simulate
    >>> base, other = (simulate(read_scenario(name), 500) for name in ("baseline", "negotiated_reset"))
    >>> max(len(line) for line in comparison_table(compare(base, other)).splitlines()) <= 80
    True
    """
    base, other = comparison.base, comparison.other
    lines = wrap(f"{title_of(other.scenario)} against {title_of(base.scenario)}", WIDTH)
    lines += [
        f"{comparison.horizon} months from {base.dates[0]:%Y-%m-%d}; {effective(comparison)} of the same worlds, "
        f"seed {base.seed}",
        *known_lines(base),
    ]
    comparison.require_index(index)
    differences = comparison.difference()
    lines += ["", *_differences(comparison, index, differences.xs(index)), "", *_others(comparison, index, differences)]
    lines += ["", *_levels(comparison, index)]
    if len(questions := comparison.questions()):
        lines += ["", *_questions(comparison, questions)]
    return "\n".join([*lines, "", *_pairing(comparison, differences.xs(index)["variance_ratio"].iloc[-1])])


def _differences(comparison: Comparison, index: str, table: pd.DataFrame) -> Iterator[str]:
    higher = "warmer in" if index == "warmth" else "higher in"
    yield from wrap(f"{headed(comparison.other.scenario, index)}: difference in points", WIDTH)
    yield f"  {'':<10}  {'mean':>13}  {'median':>6}  {'80 % of worlds':>16}  {higher:>10}  {'same in':>8}"
    for month in sorted({*(m for m in comparison.other.reported if m <= comparison.horizon), comparison.horizon}):
        row = at_month(table, month).iloc[0]
        warmer = percent(row.warmer, row.warmer_std_error, row.warmer_low, row.warmer_high)
        alike = percent(*map(float, proportion(row.same * comparison.n_effective, comparison.n_effective)))
        if row.warmer_std_error == 0:  # nothing can differ
            alike = "100 %"
        yield (
            f"  {comparison.other.dates[month]:%Y-%m-%d}  {signed(row['mean'], row.std_error):>13}  {plus(row.q50):>6}  "
            f"{f'{plus(row.q10)} to {plus(row.q90)}':>16}  {warmer:>10}  {alike:>8}"
        )


def _others(comparison: Comparison, index: str, differences: pd.DataFrame) -> Iterator[str]:
    """Yield the other indices at the end."""
    yield f"Other indices on {comparison.other.dates[comparison.horizon]:%Y-%m-%d}: difference in points"
    for name, row in at_month(differences, comparison.horizon).iterrows():
        if name != index:
            span = f"{plus(row.q10)} to {plus(row.q90)}"
            words = wrap(comparison.other.scenario.label_of(str(name)), WIDTH - 41)
            yield f"  {signed(row['mean'], row.std_error):>13}  80 %: {span:<16}  {words[0]}"
            yield from (f"{'':>41}{line}" for line in words[1:])


def _levels(comparison: Comparison, index: str) -> Iterator[str]:
    at = comparison.horizon
    yield f"Levels on {comparison.other.dates[at]:%Y-%m-%d}"
    bands = comparison.bands(index)
    most = bands[["base", "other"]].max(axis=1)
    seen = bands[most >= most.sort_values().iloc[-MOST_BANDS:].min()]
    shown = list(seen.index[:MOST_BANDS])
    yield f"  {'':<16}{'median':>7}{'80 %':>13}" + "".join(f"{_fit(band, 13):>14}" for band in shown)
    for ensemble in (comparison.base, comparison.other):
        low, median, high = at_month(ensemble.quantiles(index, [0.1, 0.5, 0.9]), at).itertuples(index=False)
        span = f"{points(*low)} to {points(*high)}"
        shares = at_month(ensemble.bands(index), at)
        told = "".join(f"{percent(*shares.loc[band]):>14}" for band in shown)
        yield f"  {_fit(_name(comparison, ensemble), 16):<16}{points(*median):>7}{span:>13}{told}"
    told = "".join(f"{signed_percent(*seen.loc[band, ['difference', 'std_error']]):>14}" for band in shown)
    yield f"  {'difference':<36}{told}"


def _name(comparison: Comparison, ensemble: Ensemble) -> str:
    """Return a scenario's name, and "changed" for one that is the base with some keys set."""
    is_other = ensemble is comparison.other and ensemble is not comparison.base
    return "changed" if is_other and ensemble.scenario.name == comparison.base.scenario.name else ensemble.scenario.name


def _fit(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1].rstrip() + "…"


def _questions(comparison: Comparison, table: pd.DataFrame) -> Iterator[str]:
    yield f"{'Questions':<42}{'base':>8}{'other':>8}  difference, points"
    names = table.index.get_level_values("question")
    for (name, whose), row in table.iterrows():
        shares = [_level(row, word, comparison.n_effective) for word in ("base", "other")]
        known = row.difference == row.difference
        apart = signed_percent(row.difference, row.std_error) if known else _missing(row)
        is_both = (names == name).sum() == 1
        head, *rest = wrap(row.label if is_both else f"{row.label} ({whose})", 40)
        yield f"  {head:<40}{shares[0]:>8}{shares[1]:>8}{apart:>20}"
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
        yield from wrap(
            f"Drawn with independent seeds, this comparison would need {1 / ratio:.0f} times the draws for the same error.",
            WIDTH,
        )
    for word, only in zip(("base", "other"), comparison.unaligned, strict=True):
        own = sorted(only)
        entries = {name.partition("/")[0].partition(":")[2] for name in own if not name.startswith("input:")}
        inputs = [name.removeprefix("input:") for name in own if name.startswith("input:")]
        told = [*sorted(entries), *(key for key in inputs if Key.parse(key).entry not in entries)]
        if told:
            yield from wrap(f"Random streams that only the {word} draws: {', '.join(told)}.", WIDTH)
