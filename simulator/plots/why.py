"""Plots of comparisons, ledgers and drivers: each takes `ax` or makes a figure, and computes nothing but quantiles."""

from collections.abc import Sequence
from textwrap import wrap
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simulator.analysis.comparison import Comparison
from simulator.analysis.ledger import Ledger
from simulator.engine.tally import BINS_PER_POINT
from simulator.ensemble.ensemble import Ensemble
from simulator.errors import Refused
from simulator.plots.style import apply, date_axis, intervals, new_axes, palette, plain, set_title, title_of, two_lines
from simulator.report.comparison import asked, cause, plus
from simulator.scenario.schema import Scenario

# Rows of a waterfall and of a list of drivers; the rest is told together.
BARS = 11


def compared(comparison: Comparison, name: str = "warmth", figure: Figure | None = None) -> Figure:
    """Return both fans on one axes, and the difference in the same worlds below.

    Parameters
    ----------
    comparison : Comparison
        From `compare`.
    name : str
        An index or a factor of both.
    figure : Figure, optional
        Default: a new one.

    Examples
    --------
    >>> from simulator import compare, plots, read_scenario, simulate
    >>> base, other = (simulate(read_scenario(name), 500) for name in ("baseline", "negotiated_reset"))
    >>> len(plots.compared(compare(base, other)).axes)
    2
    """
    figure = figure or plt.figure(figsize=(6.8, 6.4), layout="constrained")
    levels, apart = figure.subplots(2, 1, sharex=True, height_ratios=[3, 2])
    for ensemble, colour, style in ((comparison.base, palette().base, "--"), (comparison.other, palette().other, "-")):
        wide = ensemble.quantiles(name, [0.1, 0.5, 0.9]).value.unstack("probability")
        levels.fill_between(ensemble.dates, wide[0.1], wide[0.9], color=colour, alpha=0.18, linewidth=0)
        levels.plot(ensemble.dates, wide[[0.1, 0.9]], color=colour, linewidth=0.7, linestyle=style)
        levels.plot(
            ensemble.dates, wide[0.5], color=colour, linewidth=1.8, linestyle=style, label=plain(ensemble.scenario.title)
        )
    levels.set_ylabel("points (50 is neutral)")
    levels.legend(
        loc="upper left", frameon=False, fontsize=8, title="median and 80 % of draws", title_fontsize=8, alignment="left"
    )
    levels.set_ylim(top=levels.get_ylim()[1] + 0.22 * np.ptp(levels.get_ylim()))
    set_title(levels, title_of(comparison.other, name))
    table = comparison.apart(name).droplevel("month")
    wide = table.quantile([p for low, high, *_ in intervals() for p in (low, high)], axis=1).T
    for low, high, coverage, colour in intervals():
        apart.fill_between(table.index, wide[low], wide[high], color=colour, linewidth=0, label=coverage)
    apart.plot(table.index, table.mean(axis=1), color=palette().median, linewidth=1.6, label="mean")
    apart.axhline(0, color=palette().quiet, linewidth=0.8)
    apart.set_ylabel("points of difference")
    span = np.ptp(apart.get_ylim())
    apart.set_ylim(top=apart.get_ylim()[1] + 0.2 * span)
    apart.legend(loc="upper left", ncols=4, frameon=False, fontsize=8)
    set_title(apart, f"Difference in the same {comparison.n_draws:,} worlds")
    date_axis(apart, comparison.base if comparison.base.horizon <= comparison.other.horizon else comparison.other)
    return figure


def ridgeline(
    ensembles: Sequence[Ensemble], name: str = "warmth", month: int | None = None, ax: Axes | None = None, **settings: Any
) -> Axes:
    """Return the distributions of many scenarios at one date, one above the other, the warmest median on top.

    Parameters
    ----------
    ensembles : sequence of Ensemble
        From `simulate` or `read_run`.
    name : str
        An index or a factor of all.
    month : int, optional
        Default: the last month that all simulate.
    ax : Axes, optional
        Default: a new figure's.
    **settings
        For `ax.set`: title, xlabel, ylim and so on.

    Examples
    --------
    >>> from simulator import plots, read_scenario, simulate
    >>> both = [simulate(read_scenario(name), 500) for name in ("baseline", "escalation")]
    >>> len(plots.ridgeline(both).get_yticks())
    2
    """
    at = min(one.horizon for one in ensembles) if month is None else month
    tables = [one.quantiles(name, [0.1, 0.5, 0.9]).value.xs(at, level="month") for one in ensembles]
    order = np.argsort([table.iloc[1] for table in tables], kind="stable")
    ax = new_axes(ax, (6.8, 1.2 + 0.52 * len(ensembles)))
    # one bin a point, smoothed over three: what is left is the shape, not the sampling
    shares = [_by_point(ensembles[place], name, at) for place in order]
    top = max(share.max() for share in shares)
    for row, (place, share) in enumerate(zip(order, shares, strict=True)):
        heights = row + 0.95 * share / top
        ax.fill_between(np.arange(100) + 0.5, row, heights, color=palette().bars, linewidth=0, zorder=2 * (len(order) - row))
        ax.plot(np.arange(100) + 0.5, heights, color="white", linewidth=1.2, zorder=2 * (len(order) - row))
        low, median, high = tables[place]
        ax.plot([low, high], [row, row], color=palette().median, linewidth=1.2, zorder=99)
        ax.plot(median, row, "o", color=palette().median, markersize=4, zorder=100)
        ax.annotate(
            f"{median:.0f}", (1.01, row), xycoords=("axes fraction", "data"), fontsize=8, color=palette().median, va="center"
        )
    titles = ["\n".join(wrap(plain(ensembles[place].scenario.title), 26)) for place in order]
    ax.set_yticks(range(len(order)), titles, fontsize=8)
    ax.set_ylim(-0.35, len(order) + 0.1)
    used = np.flatnonzero(np.sum(shares, axis=0) > 1e-3)
    ax.set_xlim(max(used[0] - 2, 0), min(used[-1] + 3, 100))
    ax.set_xlabel(f"points on {ensembles[0].dates[at]:%Y-%m-%d} (dot: median, line: 80 % of draws)", fontsize=9)
    set_title(ax, title_of(ensembles[0], name))
    apply(ax, settings)
    return ax


def _beside(ax: Axes, text: str, y: float) -> None:
    """Write a number beside a row, right of the axes."""
    ax.annotate(text, (1.01, y), xycoords=("axes fraction", "data"), fontsize=8, color=palette().median, va="center")


def _by_point(ensemble: Ensemble, name: str, month: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    counts = ensemble.tally.counts.histogram[month, ensemble.plan.series.index(name)]
    share = counts.reshape(-1, BINS_PER_POINT).sum(axis=1) / ensemble.n_draws
    return np.asarray(np.convolve(share, [0.25, 0.5, 0.25], mode="same"))


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
    table = comparison.questions().dropna(subset=["difference"])
    if not len(table):
        raise Refused("there is no question that both scenarios can answer")
    table = table.iloc[np.argsort(table["difference"].to_numpy(), kind="stable")]
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
            label="_" if row else plain(_title(comparison.base)),
        )
        ax.plot(
            other,
            row,
            "o",
            color=palette().other,
            markersize=7,
            zorder=3,
            label="_" if row else plain(_title(comparison.other)),
        )
    ax.set_yticks(
        range(len(table)), ["\n".join(wrap(plain(asked(comparison, str(name))), 44)) for name in table.index], fontsize=8
    )
    ax.set_ylim(-0.6, len(table) + 0.1)
    ax.set_xlim(-0.02, 1.02)
    ax.xaxis.set_major_formatter(lambda share, _: f"{100 * share:.0f} %")
    ax.grid(axis="x", color="#e6e6e6", zorder=0)
    ax.set_xlabel("probability of yes", fontsize=9)
    set_title(ax, "Questions")
    ax.legend(loc="upper right", ncols=2, frameon=False, fontsize=8)
    apply(ax, settings)
    return ax


def _title(ensemble: Ensemble) -> str:
    return ensemble.scenario.title


def waterfall(
    ledger: Ledger,
    scenarios: tuple[Scenario, ...],
    draw: int | None = None,
    ax: Axes | None = None,
    *,
    ends: tuple[str, str] | None = None,
    title: str = "",
    **settings: Any,
) -> Axes:
    """Return how sources add up from one level to the other, the largest first.

    Parameters
    ----------
    ledger : Ledger
        Of one scenario, or the difference of two.
    scenarios : tuple of Scenario
        Where labels are found.
    draw : int, optional
        One draw. Default: the mean of all.
    ax : Axes, optional
        Default: a new figure's.
    ends : (str, str), optional
        What the first and the last mark are. Default: the start and the end.
    title : str
        What it explains.
    **settings
        For `ax.set`: title, xlabel, ylim and so on.

    Examples
    --------
    >>> from simulator import plots, read_scenario, simulate
    >>> ensemble = simulate(read_scenario("baseline"), 500)
    >>> ax = plots.waterfall(ensemble.ledger(), (ensemble.scenario,))
    >>> len(ax.patches) == len(ax.get_yticks())
    True
    """
    shown = _steps(ledger, scenarios, draw)
    before, after = (float(values.mean() if draw is None else values[draw]) for values in (ledger.before, ledger.after))
    reached = np.array([before, *before + np.cumsum([value for _, value in shown])])
    span = float(np.ptp(reached)) or 1.0
    ax = new_axes(ax, (7.6, 1.3 + 0.38 * (len(shown) + 2)))
    height = len(shown) + 1
    for y, value, left in zip(range(height - 1, 0, -1), (value for _, value in shown), reached[:-1], strict=True):
        colour, hatch = (palette().other, "") if value > 0 else (palette().base, "///")
        ax.barh(y, value, 0.62, left, color=colour, hatch=hatch, edgecolor="white")
        _beside(ax, plus(value, 2), y)
    for y, value in zip(range(height, 0, -1), reached, strict=True):
        ax.plot([value, value], [y - 0.69, y - 0.31], color=palette().quiet, linewidth=0.7)
    # marks, not bars: a bar from a cut edge would show a ratio that is none
    for y, value in ((height, before), (0, after)):
        ax.barh(y, 0.012 * span, 0.62, value - 0.006 * span, color=palette().median)
        ax.annotate(f"{value:.1f}", (1.01, y), xycoords=("axes fraction", "data"), fontsize=8, va="center", weight="bold")
    first, last = ends or ("the start", "the end")
    labels = [last, *(text for text, _ in reversed(shown)), first]
    ax.set_yticks(range(height + 1), [two_lines(text, 46) for text in labels], fontsize=7.5)
    ax.set_xlim(reached.min() - 0.06 * span, reached.max() + 0.06 * span)
    ax.set_ylim(-0.6, height + 0.6)
    what = "warmth" if ledger.index == "warmth" else plain(scenarios[0].label_of(ledger.index))
    ax.set_xlabel(f"points of {what}; hatched: {'colder' if ledger.index == 'warmth' else 'lower'}", fontsize=9)
    set_title(ax, plain(title))
    apply(ax, settings)
    return ax


def _steps(ledger: Ledger, scenarios: tuple[Scenario, ...], draw: int | None) -> list[tuple[str, float]]:
    """Return the largest sources in words with their points, and the rest of them together."""
    table = ledger.by_source(draw, together=True)["points"]
    rows = [(cause(scenarios, str(kind), str(name)), float(value)) for (kind, name), value in table.items()]
    shown, rest = [(text.split(" (", maxsplit=1)[0], value) for text, value in rows[: BARS - 1]], rows[BARS - 1 :]
    for word, moved in (("that add", [v for _, v in rest if v > 0]), ("that take away", [v for _, v in rest if v < 0])):
        if moved:
            shown.append((f"{len(moved)} others {word}", sum(moved)))
    return shown


def tornado_bars(
    table: pd.DataFrame, scenario: Scenario, ax: Axes | None = None, *, title: str = "", **settings: Any
) -> Axes:
    """Return a tornado: the mean of an index at low and high values of each input, and without and with each event.

    Parameters
    ----------
    table : DataFrame
        From `tornado`.
    scenario : Scenario
        Where labels are found.
    ax : Axes, optional
        Default: a new figure's.
    title : str
        What it is the tornado of.
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
    labels = [_input(scenario, str(kind), str(name)) for kind, name in shown.index]
    ax.set_yticks(range(len(shown)), [two_lines(text, 46) for text in labels], fontsize=7.5)
    ax.set_ylim(-0.6, len(shown) + 0.2)
    ax.axvline(middle, color=palette().quiet, linewidth=0.8)
    told = (
        "mean, points: lowest and highest fifth of an input;\nwithout and with an event (line: 95 % interval of the swing)"
    )
    ax.set_xlabel(told, fontsize=8)
    ax.legend(loc="upper center", ncols=2, frameon=False, fontsize=8)
    set_title(ax, plain(title))
    apply(ax, settings)
    return ax


def _input(scenario: Scenario, kind: str, name: str) -> str:
    if kind == "event":
        return scenario.label_of(name)
    _, entry, *number = name.split(".")
    return f"{' '.join(number)}: {scenario.label_of(entry)}"
