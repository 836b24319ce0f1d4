"""Comparisons, ledgers and drivers in words and numbers, for 80 columns."""

from collections.abc import Iterator
from textwrap import wrap

import numpy as np
import pandas as pd

from simulator.analysis.comparison import Comparison
from simulator.analysis.ledger import EVENT, START, Ledger
from simulator.ensemble.ensemble import Ensemble
from simulator.ensemble.estimates import proportion
from simulator.report.run import WIDTH, percent, points
from simulator.scenario.schema import Scenario

# Errors under this are those of the last bits: all draws agree.
ROUNDING = 1e-9
# Points under which a source is told with the others.
SMALL = 0.05
# Rows of each list of drivers.
ROWS = 12
# Letters of a source beside the factors that it acts through.
LABEL = 38
# Whose a question is, where the two ask differently under one name.
OTHERS = ("(other)", "(base)")
# Bands that fit beside each other.
MOST_BANDS = 3

CAUSES = {
    START: "where the two start",
    "way to target": "the way to the targets",
    "innovations": "chance from month to month",
    "bounds": "the ends of the scale",
}


def named(scenario: Scenario) -> str:
    """Return a scenario's title and name."""
    return f"{scenario.title} ({scenario.name})"


def signed(value: float, std_error: float) -> str:
    """Return a difference with its sign and its error, no digit beyond what the error supports.

    Parameters
    ----------
    value, std_error : float
        An error of 0 is that of a certain difference; not a number where there is none, as in a single draw.

    Examples
    --------
    >>> signed(1.234, 0.02), signed(-12.6, 0.8), signed(0.0, 0.0), signed(3.33, 0.0), signed(-0.001, 0.03)
    ('+1.23 ±0.02', '-13 ±1', '0', '+3.33', '0.00 ±0.03')
    """
    if std_error < ROUNDING:
        return plus(value, 2) if abs(value) > ROUNDING else "0"
    digits = 2 if not std_error > 0.05 else 1 if std_error <= 0.5 else 0
    if np.isnan(std_error):
        return plus(value, digits)
    error = f"±{std_error:.{digits}f}" if round(std_error, digits) > 0 else f"±<{10.0**-digits:.{digits}f}"
    return f"{plus(value, digits)} {error}"


def plus(value: float, digits: int = 1) -> str:
    """Return a number with its sign, and without one where it rounds to 0.

    Examples
    --------
    >>> plus(0.04), plus(-0.06), plus(1.0)
    ('0.0', '-0.1', '+1.0')
    """
    told = f"{value:+.{digits}f}"
    return told if float(told) else told[1:]


def cause(scenarios: tuple[Scenario, ...], kind: str, name: str) -> str:
    """Return a source of a ledger in words."""
    if not name:
        return CAUSES[kind]
    label = next(
        (scenario.label_of(name) for scenario in scenarios if name in {**scenario.events, **scenario.factors}), name
    )
    return f"spillover from {label}" if kind == "spillover" else f"{label} ({name})"


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
    lines = wrap(f"{named(other.scenario)} against {named(base.scenario)}", WIDTH)
    lines += [
        f"{comparison.horizon} months from {base.dates[0]:%Y-%m-%d}; {comparison.n_draws:,} draws of the same worlds, "
        f"seed {base.seed}"
    ]
    lines += ["", *_differences(comparison, index), "", *_others(comparison, index)]
    lines += ["", *_levels(comparison, index)]
    if len(questions := comparison.questions()):
        lines += ["", *_questions(comparison, questions)]
    return "\n".join([*lines, "", *_pairing(comparison, index)])


def _differences(comparison: Comparison, index: str) -> Iterator[str]:
    label, higher = comparison.other.scenario.label_of(index), "warmer in" if index == "warmth" else "higher in"
    yield from wrap(f"{label[:1].upper()}{label[1:]} ({index}): difference in points", WIDTH)
    yield f"  {'':<10}  {'mean':>13}  {'median':>6}  {'80 % of worlds':>16}  {higher:>10}  {'same in':>8}"
    table = comparison.difference(index).xs(index).droplevel("date")
    for month in sorted({*(m for m in comparison.other.reported if m <= comparison.horizon), comparison.horizon}):
        row = table.loc[month]
        warmer = percent(row.warmer, row.warmer_std_error, row.warmer_low, row.warmer_high)
        alike = percent(*map(float, proportion(round(row.same * comparison.n_draws), comparison.n_draws)))
        if row.warmer_std_error == 0:  # nothing can differ
            alike = "100 %"
        yield (
            f"  {comparison.other.dates[month]:%Y-%m-%d}  {signed(row['mean'], row.std_error):>13}  {plus(row.q50):>6}  "
            f"{f'{plus(row.q10)} to {plus(row.q90)}':>16}  {warmer:>10}  {alike:>8}"
        )


def _others(comparison: Comparison, index: str) -> Iterator[str]:
    """Yield the other indices at the end."""
    yield f"Other indices on {comparison.other.dates[comparison.horizon]:%Y-%m-%d}: difference in points"
    for name in comparison.names:
        if name in comparison.other.indices and name != index:
            row = comparison.difference(name).iloc[-1]
            span = f"{plus(row.q10)} to {plus(row.q90)}"
            words = wrap(comparison.other.scenario.label_of(name), WIDTH - 41)
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
        low, median, high = ensemble.quantiles(index, [0.1, 0.5, 0.9]).xs(at, level="month").itertuples(index=False)
        span = f"{points(*low)} to {points(*high)}"
        shares = ensemble.bands(index).xs(at, level="month").droplevel(["name", "date"])
        told = "".join(f"{percent(*shares.loc[band]):>14}" for band in shown)
        yield f"  {_fit(_name(comparison, ensemble), 16):<16}{points(*median):>7}{span:>13}{told}"
    told = "".join(f"{signed_percent(*seen.loc[band, ['difference', 'std_error']]):>14}" for band in shown)
    yield f"  {'difference':<36}{told}"


def signed_percent(share: float, std_error: float) -> str:
    """Return a difference of probabilities in percentage points.

    Examples
    --------
    >>> signed_percent(-0.123, 0.004), signed_percent(0.0, 0.0)
    ('-12.3 ±0.4', '0')
    """
    if np.isnan(std_error) or std_error == 0:
        return signed(100 * share, std_error)
    return f"{plus(100 * share)} ±{max(100 * std_error, 0.1):.1f}"


def _name(comparison: Comparison, ensemble: Ensemble) -> str:
    """Return a scenario's name, and "changed" for one that is the base with some keys set."""
    is_other = ensemble is comparison.other and ensemble is not comparison.base
    return "changed" if is_other and ensemble.scenario.name == comparison.base.scenario.name else ensemble.scenario.name


def _fit(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def _questions(comparison: Comparison, table: pd.DataFrame) -> Iterator[str]:
    yield f"{'Questions':<42}{'base':>8}{'other':>8}  difference, points"
    for name, row in table.iterrows():
        shares = [_level(row, word, comparison.n_draws) for word in ("base", "other")]
        known = row.difference == row.difference
        apart = signed_percent(row.difference, row.std_error) if known else _missing(row)
        label = asked(comparison, str(name))
        head, *rest = wrap(label, 40)
        yield f"  {head:<40}{shares[0]:>8}{shares[1]:>8}{apart:>20}"
        yield from (f"  {line}" for line in rest)


def _level(row: pd.Series, word: str, n: int) -> str:
    """Return one scenario's answer to a question; a dash where it has no such event."""
    share = row[word]
    return percent(*map(float, proportion(round(share * n), n))) if share == share else "-"


def _missing(row: pd.Series) -> str:
    return "not in the base" if np.isnan(row["base"]) else "not in the other"


def asked(comparison: Comparison, name: str) -> str:
    """Return a question of a comparison in words; one that both ask differently says whose it is."""
    key, _, whose = name.partition(" ")
    homes = (comparison.other.scenario, comparison.base.scenario)
    home = next(one for one, word in zip(homes, OTHERS, strict=True) if key in one.questions and whose in ("", word))
    return f"{home.label_of(key)} {whose}".rstrip()


def _pairing(comparison: Comparison, index: str) -> Iterator[str]:
    """Yield what pairing saves, and what is not the same in both."""
    ratio = comparison.difference(index)["variance_ratio"].iloc[-1]
    if ratio > 0:
        yield from wrap(
            f"Drawn with independent seeds, this comparison would need {1 / ratio:.0f} times the draws for the same error.",
            WIDTH,
        )
    for word in ("base", "other"):
        own = [name.removesuffix(f" ({word} only)") for name in comparison.unaligned if name.endswith(f"({word} only)")]
        entries = {name.partition("/")[0].partition(":")[2] for name in own if not name.startswith("input:")}
        inputs = [name.removeprefix("input:") for name in own if name.startswith("input:")]
        told = [*sorted(entries), *(key for key in inputs if key.split(".")[1] not in entries)]
        if told:
            yield from wrap(f"Random streams that only the {word} draws: {', '.join(told)}.", WIDTH)


def ledger_table(ledger: Ledger, title: str, scenarios: tuple[Scenario, ...], draw: int | None = None) -> str:
    """Return a ledger as text: the largest sources first, each with the factors it acts through.

    Parameters
    ----------
    ledger : Ledger
        Of one scenario, or the difference of two.
    title : str
        What it explains.
    scenarios : tuple of Scenario
        Where labels are found.
    draw : int, optional
        One draw. Default: the mean of all.
    """
    table = ledger.by_source(draw, together=True)
    before, after = (values.mean() if draw is None else values[draw] for values in (ledger.before, ledger.after))
    error = ledger.std_error if draw is None else float("nan")
    told = f"{before:.1f} -> {after:.1f}, {signed(after - before, error)} points"
    who = f"mean of {ledger.n_draws:,} draws" if draw is None else f"draw {draw:,} of {ledger.n_draws:,}"
    lines = [*wrap(title, WIDTH), f"{told}; {who}", ""]
    lines += [f"  {'points':>12}  {'source':<{LABEL}}  mostly through"]
    large = table[table["points"].abs() >= SMALL]
    for (kind, name), row in large.iterrows():
        lines += _source(ledger, scenarios, str(kind), str(name), row, draw)
    closes = max(ledger.closes_to, 1e-9)  # below that it is the last bits, which no two machines share
    rest = table[table["points"].abs() < SMALL]["points"]
    if (rest != 0).any():
        lines.append(f"  {plus(rest.sum(), 2):>12}  {int((rest != 0).sum())} others, each under {SMALL:g}")
    lines.append(f"  {plus(after - before, 2):>12}  all of them; the sum closes to {closes:.0e} in every draw")
    return "\n".join(lines)


def _source(
    ledger: Ledger, scenarios: tuple[Scenario, ...], kind: str, name: str, row: pd.Series, draw: int | None
) -> Iterator[str]:
    kinds = ("jump", "shift") if kind == EVENT else (kind,)
    parts = ledger.table(draw)["points"]
    own = parts[parts.index.get_level_values("kind").isin(kinds) & (parts.index.get_level_values("name") == name)]
    through = own.groupby(level="factor", sort=False).sum()
    through = through.iloc[np.argsort(-through.abs().to_numpy(), kind="stable")][:2]
    told = [f"{factor} {value:+.1f}" for factor, value in through.items() if abs(value) >= SMALL]
    error = row.get("std_error", float("nan"))
    words = wrap(cause(scenarios, kind, name), LABEL)
    head = f"  {signed(row.points, error):>12}  {words[0]:<{LABEL}}  "
    fits = told if len(head) + len(", ".join(told)) <= WIDTH else told[:1]
    yield (head + ", ".join(fits)).rstrip()
    yield from (f"  {'':>12}  {line}" for line in words[1:])


def drivers_table(shares: pd.DataFrame, tornado: pd.DataFrame, reverse: pd.DataFrame, ensemble: Ensemble, title: str) -> str:
    """Return what drives an index as text: shares of the variance, the tornado, the weights that reverse the headline."""
    scenario = ensemble.scenario
    lines = [*wrap(title, WIDTH), "", "Share of the variance         alone    in all that it takes part in"]
    for kind in ("chance", "judgement"):
        row = shares.loc[(kind, "all")]
        alone, whole = _share(row["first"], row.first_std_error), _share(row.total, row.total_std_error)
        lines.append(f"  {'all ' + kind:<22}{alone:>13}{whole:>13}")
    single = shares[shares.index.get_level_values("name") != "all"].head(ROWS)
    lines.append("")
    for (kind, name), row in single.iterrows():
        told = wrap(f"{kind}: {_driver(scenario, str(name))}", WIDTH - 30)
        lines.append(
            f"  {_share(row['first'], row.first_std_error):>12}{_share(row.total, row.total_std_error):>12}    {told[0]}"
        )
        lines += [f"  {'':>24}    {line}" for line in told[1:]]
    lines += ["", "Tornado: mean in points, lowest fifth -> highest fifth; without -> with an event"]
    for (_, name), row in tornado.head(ROWS).iterrows():
        told = wrap(_driver(scenario, str(name) if "." in str(name) else f"events.{name}"), WIDTH - 34)
        lines.append(f"  {row.low:5.1f} -> {row.high:5.1f}  {signed(row.swing, row.std_error):>12}    {told[0]}")
        lines += [f"  {'':>28}    {line}" for line in told[1:]]
    lines += ["  What goes together need not be cause: an event that waits for warmth is found", "  in warm draws."]
    lines += ["  Months of correlated factors: what they share counts for the one that comes", "  first in the file."]
    return "\n".join([*lines, "", *_break_even(reverse)])


def _share(share: float, std_error: float) -> str:
    return (
        f"{100 * share:.0f} % ±{max(100 * std_error, 0.5):.0f}"
        if 100 * std_error >= 0.5
        else f"{100 * share:.1f} % ±{max(100 * std_error, 0.1):.1f}"
    )


def _driver(scenario: Scenario, key: str) -> str:
    """Return a driver in words: the label of its entry, and which number of it."""
    table, name, *number = key.split(".")
    label = scenario.label_of(name)
    if number:
        return f"{' '.join(number)} of {label} ({name})"
    return f"months of {label} ({name})" if table == "factors" else f"{label} ({name})"


def _break_even(reverse: pd.DataFrame) -> Iterator[str]:
    yield from wrap(f"Weights that would reverse the {reverse['headline'].iloc[0]}, one at a time", WIDTH)
    found = reverse.dropna(subset="break_even")
    for name, row in found.iterrows():
        yield f"  {name}: {row.weight:.2g} -> {row.break_even:.2g}"
    rest = [str(name) for name in reverse.index if name not in found.index]
    if rest:
        yield from wrap(f"none within 0 to 10: {', '.join(rest)}", WIDTH, initial_indent="  ", subsequent_indent="  ")
