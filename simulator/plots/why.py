"""Why: what sources add up to, what moves the mean, and how answers differ between two scenarios."""

from textwrap import wrap
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from simulator.analysis.comparison import Comparison
from simulator.analysis.ledger import Ledger
from simulator.errors import Refused
from simulator.plots.style import apply, beside, literal, new_axes, palette, require, set_title, two_lines
from simulator.report.causes import cause
from simulator.report.why import mean_of
from simulator.report.wording import plus

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
    ax = new_axes(ax, (7.6, 1.2 + 0.5 * len(table)))
    for row, (base, other) in enumerate(zip(table["base"], table["other"], strict=True)):
        ax.plot([base, other], [row, row], color="#bbbbbb", linewidth=2.5, zorder=1)
        ax.plot(
            base,
            row,
            "o",
            mfc="white",
            mec=palette().base,
            mew=1.6,
            markersize=7,
            zorder=2,
            label="_" if row else literal(comparison.base.scenario.heading),
        )
        ax.plot(
            other,
            row,
            "o",
            color=palette().other,
            markersize=7,
            zorder=3,
            label="_" if row else literal(comparison.other.scenario.heading),
        )
    ax.set_yticks(range(len(table)), ["\n".join(wrap(literal(label), 44)) for label in labels], fontsize=8)
    ax.set_ylim(-0.6, len(table) + 0.1)
    ax.set_xlim(-0.02, 1.02)
    ax.xaxis.set_major_formatter(lambda share, _: f"{100 * share:.0f} %")
    ax.grid(axis="x", color="#e6e6e6", zorder=0)
    ax.set_xlabel("probability of yes", fontsize=9)
    set_title(ax, "Questions")
    ax.legend(loc="upper right", ncols=2, frameon=False, fontsize=8)
    apply(ax, settings)
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
    reached = np.array([before, *before + np.cumsum([value for _, value in shown])])
    span = float(np.ptp(reached)) or 1.0
    ax = new_axes(ax, (7.6, 1.3 + 0.38 * (len(shown) + 2)))
    height = len(shown) + 1
    for y, value, left in zip(range(height - 1, 0, -1), (value for _, value in shown), reached[:-1], strict=True):
        colour, hatch = (palette().other, "") if value > 0 else (palette().base, "///")
        ax.barh(y, value, 0.62, left, color=colour, hatch=hatch, edgecolor="white")
        beside(ax, plus(value, 2), y)
    for y, value in zip(range(height, 0, -1), reached, strict=True):
        ax.plot([value, value], [y - 0.69, y - 0.31], color=palette().quiet, linewidth=0.7)
    # marks, not bars: a bar from a cut edge would show a ratio that is none
    for y, value in ((height, before), (0, after)):
        ax.barh(y, 0.012 * span, 0.62, value - 0.006 * span, color=palette().median)
        beside(ax, f"{value:.1f}", y, color="black", weight="bold")
    first, last = ("the start", "the end") if ledger.standing else [one.heading for one in reversed(ledger.scenarios)]
    labels = [last, *(text for text, _ in reversed(shown)), first]
    ax.set_yticks(range(height + 1), [two_lines(text, 46) for text in labels], fontsize=7.5)
    ax.set_xlim(reached.min() - 0.06 * span, reached.max() + 0.06 * span)
    ax.set_ylim(-0.6, height + 0.6)
    label = ledger.scenarios[0].label_of(ledger.index)
    what = "warmth" if ledger.index == "warmth" else literal(label)
    ax.set_xlabel(f"points of {what}; hatched: {'colder' if ledger.index == 'warmth' else 'lower'}", fontsize=9)
    which = mean_of(ledger) if draw is None else f"draw {draw:,}"
    set_title(ax, literal(f"{ledger.scenarios[0].heading}: {label} on {ledger.day}, {which}"))
    apply(ax, settings)
    return ax


def _steps(ledger: Ledger, draw: int | None) -> list[tuple[str, float]]:
    """Return the largest sources in words with their points, and the rest of them together."""
    table = ledger.by_source(draw, together=True)["points"]
    rows = [(cause(ledger, str(kind), str(name), draw), float(value)) for (kind, name), value in table.items()]
    shown, rest = rows[: BARS - 1], rows[BARS - 1 :]
    for word, moved in (("that add", [v for _, v in rest if v > 0]), ("that take away", [v for _, v in rest if v < 0])):
        if moved:
            shown.append((f"{len(moved)} others {word}", sum(moved)))
    return shown


def tornado_bars(table: pd.DataFrame, ax: Axes | None = None, **settings: Any) -> Axes:
    """Return a tornado: the mean of an index at low and high values of each input, and without and with each event.

    Parameters
    ----------
    table : DataFrame
        From `tornado`.
    ax : Axes, optional
        Default: a new figure's.
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
    if not len(table):
        raise Refused("there is no tornado: no input is uncertain and no event by chance, or there are too few draws")
    shown = table.head(BARS)[::-1]
    ax = new_axes(ax, (7.6, 1.4 + 0.42 * len(shown)))
    middle = float(np.average(table[["low", "high"]], weights=table[["n_low", "n_high"]], axis=None))
    for column, colour, label in (("low", palette().bars, "low, or without"), ("high", palette().median, "high, or with")):
        ends = shown[column].to_numpy() - middle
        ax.barh(range(len(shown)), ends, 0.6, middle, color=colour, edgecolor="white", label=label)
    # the error of the swing, at the end that is farther from the middle
    far = np.where((shown["high"] - middle).abs() >= (shown["low"] - middle).abs(), shown["high"], shown["low"])
    ax.errorbar(far, range(len(shown)), xerr=1.96 * shown["std_error"], fmt="none", ecolor=palette().quiet, lw=1, capsize=2)
    ax.set_yticks(range(len(shown)), [two_lines(text, 46) for text in shown["label"]], fontsize=7.5)
    ax.set_ylim(-0.6, len(shown) + 0.2)
    ax.axvline(middle, color=palette().quiet, linewidth=0.8)
    told = (
        "mean, points: lowest and highest fifth of an input;\nwithout and with an event (line: 95 % interval of the swing)"
    )
    ax.set_xlabel(told, fontsize=8)
    ax.legend(loc="upper center", ncols=2, frameon=False, fontsize=8)
    set_title(ax, "What the mean goes with")
    apply(ax, settings)
    return ax
