"""Why: what sources add up to, what moves the mean, and how answers and means differ between scenarios."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from simulator.analysis.comparison import Comparison
from simulator.analysis.ledger import Ledger
from simulator.ensemble.ensemble import Ensemble
from simulator.ensemble.estimates import Z95
from simulator.ensemble.tables import at_month
from simulator.errors import Refused
from simulator.plots.style import (
    beside,
    finish,
    folded,
    inches_of_rows,
    label_below,
    legend_below,
    letters_in,
    literal,
    name_rows,
    new_axes,
    of_comparisons,
    of_ensembles,
    page_of,
    palette,
    require,
    require_several,
    rests_on,
)
from simulator.report.causes import cause
from simulator.report.layout import effective
from simulator.report.why import mean_of
from simulator.report.wording import plus, signed, signed_percent
from simulator.scenario.calendar import When, month_of
from simulator.scenario.schema import digest

# Rows of a waterfall and of a list of drivers; the rest is told together.
BARS = 11


def dumbbell(comparison: Comparison, ax: Axes | None = None, **settings: Any) -> Axes:
    """Return the probability of yes in both scenarios, a row for each question that both can answer.

    Parameters
    ----------
    comparison : Comparison
        From `compare`.
    ax : Axes, optional
        Default: a new figure's.
    **settings
        For `ax.set`: title, xlabel, ylim and so on.

    Raises
    ------
    Refused
        There is no such question.

    Examples
    --------
    See `compared`.
    """
    require(comparison, Comparison, "dumbbell()")
    table = comparison.questions().dropna(subset=["difference"])
    if not len(table):
        raise Refused("there is no question that both scenarios can answer")
    table = table.iloc[np.argsort(table["difference"].to_numpy(), kind="stable")]
    names = table.index.get_level_values("question")
    is_both = ~names.duplicated(keep=False)  # else two questions share a name, and each says whose it is
    labels = [
        label if alone else f"{label} ({whose})"
        for label, alone, whose in zip(table["label"], is_both, table.index.get_level_values("whose"), strict=True)
    ]
    ax = new_axes(ax, (7.8, 2.0 + inches_of_rows(labels, 0.46, 8, 44, 3)), of_comparisons(comparison))
    both = (comparison.base, comparison.other)
    names = [folded(one.heading, letters_in(0.7 * page_of(ax)[0], 8)) for one in both]
    hollow: dict[str, Any] = {"mfc": "white", "mec": palette().base, "mew": 1.6, "markersize": 7, "zorder": 2}
    for row, (base, other) in enumerate(zip(table["base"], table["other"], strict=True)):
        ax.plot([base, other], [row, row], color="#bbbbbb", linewidth=2.5, zorder=1)
        ax.plot(base, row, "o", label="_" if row else names[0], **hollow)
        ax.plot(other, row, "o", color=palette().other, markersize=7, zorder=3, label="_" if row else names[1])
        beside(ax, signed_percent(table["difference"].iloc[row], table["std_error"].iloc[row]), row)
    name_rows(ax, labels, 8, 44, 3)
    ax.set_ylim(-0.6, len(table) - 0.4)
    ax.set_xlim(-0.02, 1.02)
    ax.xaxis.set_major_formatter(lambda share, _: f"{100 * share:.0f} %")
    ax.grid(axis="x", color="#e6e6e6", zorder=0)
    label_below(ax, "probability of yes; at the right: difference in points")
    legend_below(ax)
    finish(ax, "Questions", settings, rows=True)
    return ax


def waterfall(ledger: Ledger, draw: int | None = None, ax: Axes | None = None, **settings: Any) -> Axes:
    """Return how sources add up from one level to the other, the largest first.

    Parameters
    ----------
    ledger : Ledger
        From `explain`: of one scenario, or the difference of two.
    draw : int, optional
        One draw. Default: the mean of all.
    ax : Axes, optional
        Default: a new figure's.
    **settings
        For `ax.set`: title, xlabel, ylim and so on.

    Examples
    --------
    >>> from simulator import explain, plots, read_scenario, simulate
    >>> ax = plots.waterfall(explain(simulate(read_scenario("baseline"), 500)))
    >>> len(ax.patches) == len(ax.get_yticks())
    True
    """
    require(ledger, Ledger, "waterfall()")
    shown = _steps(ledger, draw)
    before, after = ledger.ends(draw)
    reached = np.array([before, *before + np.cumsum([step.points for step in shown])])
    first, last = ("the start", "the end") if ledger.standing else [one.heading for one in reversed(ledger.scenarios)]
    labels, height = [last, *(step.label for step in reversed(shown)), first], len(shown) + 1
    told = rests_on(ledger.scenarios, effective(ledger), [ledger.seed])
    ax = new_axes(ax, (8.2, 1.9 + inches_of_rows(labels, 0.38, 7.5, 52, 4)), told)
    size = name_rows(ax, labels, 7.5, 52, 4)
    for y, step, left in zip(range(height - 1, 0, -1), shown, reached[:-1], strict=True):
        colour, hatch = (palette().other, "") if step.points > 0 else (palette().base, "///")
        ax.barh(y, step.points, 0.62, left, color=colour, hatch=hatch, edgecolor="white")
        _whisker(ax, left + step.points, y, step.std_error)
        beside(ax, signed(step.points, step.std_error) if step.std_error > 0 else plus(step.points, 2), y, fontsize=size)
    for y, value in zip(range(height, 0, -1), reached, strict=True):
        ax.plot([value, value], [y - 0.69, y - 0.31], color=palette().quiet, linewidth=0.7)
    span = float(np.ptp(reached)) or 1.0
    # marks, not bars: a bar from a cut edge would show a ratio that is none
    for y, value in ((height, before), (0, after)):
        ax.barh(y, 0.012 * span, 0.62, value - 0.006 * span, color=palette().median)
        beside(ax, f"{value:.1f}", y, color="black", weight="bold", fontsize=size)
    errors = [Z95 * step.std_error for step in shown]
    if draw is None:
        _whisker(ax, after, 0, ledger.std_error)
        errors.append(Z95 * ledger.std_error)
    ax.set_xlim(reached.min() - 0.06 * span - max(errors), reached.max() + 0.06 * span + max(errors))
    ax.set_ylim(-0.6, height + 0.6)
    label_below(ax, _scale(ledger, ax, draw))
    which = mean_of(ledger) if draw is None else f"draw {draw:,}"
    heading = " against ".join(one.heading for one in ledger.scenarios)
    finish(ax, f"{heading}: {ledger.scenarios[0].label_of(ledger.index)} on {ledger.day}, {which}", settings, rows=True)
    return ax


class Step(NamedTuple):
    """A bar of a waterfall: what it is in words, its points, and their standard error, 0 where there is none."""

    label: str
    points: float
    std_error: float


def _steps(ledger: Ledger, draw: int | None) -> list[Step]:
    """Return the largest sources, and the rest of them together."""
    table = ledger.by_source(draw, together=True)
    errors = table["std_error"] if "std_error" in table else table["points"] * 0
    rows = [
        Step(cause(ledger, str(kind), str(name), draw), float(value), float(error))
        for ((kind, name), value), error in zip(table["points"].items(), errors, strict=True)
    ]
    shown, rest = rows[: BARS - 1], [step.points for step in rows[BARS - 1 :]]
    for word, moved in (("that add", [v for v in rest if v > 0]), ("that take away", [v for v in rest if v < 0])):
        if moved:
            shown.append(Step(f"{len(moved)} others {word}", sum(moved), 0.0))
    return shown


def _scale(ledger: Ledger, ax: Axes, draw: int | None) -> str:
    """Return what the axis of a waterfall shows: points, of which part of the scale, and what its marks are."""
    low, high = ax.get_xlim()
    what = "warmth" if ledger.index == "warmth" else ledger.scenarios[0].label_of(ledger.index)
    told = f"points of {what}, zoomed: {low:.1f} to {high:.1f} of a scale from 0 to 100"
    marks = f"hatched: {'colder' if ledger.index == 'warmth' else 'lower'}"
    return literal(told + f"\n{marks}" + ("; line: 95 % interval" if draw is None else ""))


def _whisker(ax: Axes, value: float, y: float, std_error: float) -> None:
    """Draw the 95 % interval of an estimate at the end of its bar."""
    if std_error > 0:
        ax.errorbar(value, y, xerr=Z95 * std_error, fmt="none", ecolor="black", lw=1, capsize=2, zorder=5, label="_")


def tornado_bars(table: pd.DataFrame, ax: Axes | None = None, ensemble: Ensemble | None = None, **settings: Any) -> Axes:
    """Return a tornado: the mean of an index at low and high values of each input, and without and with each event.

    Parameters
    ----------
    table : DataFrame
        From `tornado`.
    ax : Axes, optional
        Default: a new figure's.
    ensemble : Ensemble, optional
        Whose table it is: the title then names it, and the foot of a new figure its draws.
    **settings
        For `ax.set`: title, xlabel, ylim and so on.

    Raises
    ------
    Refused
        The table is empty: nothing is uncertain, or there are too few draws.

    Examples
    --------
    See `compared`.
    """
    require(table, pd.DataFrame, "tornado_bars()", "tornado(ensemble)")
    if not len(table):
        raise Refused("there is no tornado: no input is uncertain and no event by chance, or there are too few draws")
    shown = table.head(BARS)[::-1]
    ax = new_axes(ax, (8.2, 1.9 + 0.4 * len(shown)), of_ensembles(ensemble) if ensemble else "")
    middle = float(np.average(table[["low", "high"]], weights=table[["n_low", "n_high"]], axis=None))
    rows = range(len(shown))
    for side, colour, label in (("low", palette().bars, "low, or without"), ("high", palette().median, "high, or with")):
        ends, errors = shown[side].to_numpy(), Z95 * shown[f"{side}_std_error"].to_numpy()
        ax.barh(rows, ends - middle, 0.6, middle, color=colour, edgecolor="white", label=label)
        line: dict[str, Any] = {"fmt": "none", "ecolor": "black", "lw": 1, "capsize": 2, "zorder": 5}
        bars = ax.errorbar(ends, rows, xerr=errors, **line)
        for part in (*bars[1], *bars[2]):
            part.set_path_effects([withStroke(linewidth=2.2, foreground="white")])  # seen on the dark bar, too
    name_rows(ax, list(shown["label"]))
    ax.set_ylim(-0.6, len(shown) - 0.4)
    ax.axvline(middle, color=palette().quiet, linewidth=0.8)
    told = (
        "mean, points: lowest and highest fifth of an input;\nwithout and with an event (line: 95 % interval of each mean)"
    )
    label_below(ax, told)
    legend_below(ax, ncols=2)
    who = f"{ensemble.heading}: w" if ensemble else "W"
    finish(ax, f"{who}hat the mean goes with", settings, rows=True)
    return ax


def forest(
    comparisons: Sequence[Comparison],
    index: str = "warmth",
    month: When | None = None,
    ax: Axes | None = None,
    **settings: Any,
) -> Axes:
    """Return how many scenarios differ from one base: a row for each, the warmest on top, with its mean and its worlds.

    Parameters
    ----------
    comparisons : sequence of Comparison
        From `compare`, all with one base.
    index : str
        An index or a factor of all.
    month : int, date or str, optional
        A month or a day. Default: the last month that all simulate.
    ax : Axes, optional
        Default: a new figure's.
    **settings
        For `ax.set`: title, xlabel, ylim and so on.

    Raises
    ------
    Refused
        There are none, or they have different bases.

    Examples
    --------
    >>> from simulator import compare, plots, read_scenario, simulate
    >>> base, *others = (simulate(read_scenario(name), 500) for name in ("baseline", "escalation", "negotiated_reset"))
    >>> ax = plots.forest([compare(base, other) for other in others])
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['Escalation', 'Negotiated reset']
    """
    require_several(comparisons, Comparison, "forest()")
    base = comparisons[0].base
    if len({(digest(one.base.scenario), one.base.seed, one.n_draws) for one in comparisons}) > 1:
        raise Refused("forest() draws differences from one base; found several")
    at = month_of(month, base.plan.begins, min(one.horizon for one in comparisons))
    rows = [at_month(one.difference(index), at).iloc[0] for one in comparisons]
    order = sorted(range(len(rows)), key=lambda place: float(rows[place]["mean"]))
    labels = [comparisons[place].other.heading for place in order]
    ax = new_axes(ax, (7.6, 1.6 + inches_of_rows(labels, 0.36, 8, 44, 5)), of_comparisons(*comparisons))
    size = name_rows(ax, labels, 8, 44, 5)
    ax.axvline(0, color=palette().quiet, linewidth=0.8, zorder=1)
    for y, place in enumerate(order):
        row = rows[place]
        ax.plot([row.q10, row.q90], [y, y], color=palette().bars, linewidth=5, solid_capstyle="butt", zorder=2)
        dot: dict[str, Any] = {"fmt": "o", "color": palette().median, "markersize": 4, "capsize": 3, "zorder": 3}
        ax.errorbar(row["mean"], y, xerr=Z95 * row.std_error, **dot)
        beside(ax, signed(row["mean"], row.std_error), y, fontsize=size)
    ax.set_ylim(-0.6, len(rows) - 0.4)
    label_below(
        ax, "points of difference in the same worlds\n(dot and line: mean with its 95 % interval, bar: 80 % of worlds)"
    )
    label = base.scenario.label_of(index)
    finish(ax, f"Against {base.heading}: {label} on {base.dates[at]:%Y-%m-%d}", settings, rows=True)
    return ax
