"""Fans: median and central intervals over time, of one ensemble, of an outlook, and of two ensembles compared."""

from collections.abc import Sequence
from textwrap import fill
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib import dates as mdates
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

from simulator.analysis.comparison import Comparison
from simulator.analysis.outlook import Outlook
from simulator.ensemble.ensemble import Ensemble
from simulator.ensemble.estimates import quantiles_of_draws
from simulator.plots.known import mark_known
from simulator.plots.style import (
    COLOURS,
    apply,
    band_edges,
    beside,
    date_axis,
    intervals,
    is_narrow,
    letters,
    literal,
    new_axes,
    palette,
    require,
    set_title,
    short,
    title_of,
)
from simulator.report.layout import effective
from simulator.scenario.calendar import end_of_step

# Rows of marks at the foot of a fan.
MARK_HEIGHT = 0.03  # of the height of the axis, for a row of marks
MARK_ROWS = 5


# Okabe & Ito's colours besides the blue of the fan, each with dashes of its own, so that lines differ in grey too.
LINES = (
    ("#404040", "-"),
    ("#d55e00", (0, (5, 1.5))),
    ("#007a59", (0, (1.5, 1.2))),
    ("#8c510a", (0, (5, 1.5, 1, 1.5))),
    ("#b5448d", (0, (9, 2))),
    ("#5e3c99", (0, (3, 1, 1, 1, 1, 1))),
)


def _draw_fan(ax: Axes, days: Sequence[Any] | pd.Index, wide: pd.DataFrame, middle: pd.Series, label: str) -> list[Any]:
    """Draw central intervals and a middle line over time; return what a legend shows, the line first.

    Parameters
    ----------
    ax : Axes
    days : sequence of dates
    wide : DataFrame
        Quantiles, a column for each probability.
    middle : Series
        What the line shows, its label being `label`.
    """
    shades = [
        ax.fill_between(days, wide[low], wide[high], color=colour, linewidth=0, label=coverage, zorder=2)
        for low, high, coverage, colour in intervals()
    ]
    (line,) = ax.plot(days, middle, color=palette().median, linewidth=1.6, label=label, zorder=3)
    return [line, *reversed(shades)]


def _quantiles(source: Ensemble | Outlook, name: str) -> pd.DataFrame:
    """Return the quantiles that a fan shows, a column for each probability."""
    probabilities = [p for low, high, *_ in intervals() for p in (low, high)] + [0.5]
    return source.quantiles(name, sorted(probabilities)).value.unstack("probability")


def _paint_bands(first: Ensemble, name: str, ax: Axes, *, inside: bool) -> None:
    """Paint the bands of an index behind a fan within the limits of its axes, with their names at the left or beside it."""
    bottom, top = ax.get_ylim()
    edges = band_edges(first, name)
    for number, (a, b, label) in enumerate(zip(edges, edges[1:], first.scenario.bands_of(name).names, strict=False)):
        if b <= bottom or a >= top:
            continue
        ax.axhspan(a, b, color="#f4f4f4" if number % 2 else "#ffffff", zorder=0, linewidth=0)
        ax.axhline(a, color=palette().quiet, linewidth=0.6, linestyle=":", zorder=2.5)
        low, high = max(a, bottom), min(b, top)
        if inside and bottom <= a < top - (top - bottom) / 10:
            where: dict[str, Any] = {"xycoords": ("axes fraction", "data"), "fontsize": 7, "color": palette().quiet}
            ax.annotate(literal(label), (0.01, a + 0.3), **where)
        elif not inside and high - low > (top - bottom) / 14:
            beside(ax, literal(label), (low + high) / 2, color=palette().quiet)
    ax.set_ylim(bottom, top)


def fan(ensemble: Ensemble, name: str = "warmth", ax: Axes | None = None, **settings: Any) -> Axes:
    """Return a fan chart: median and central 50, 80 and 95 % intervals over time, on the bands of the index.

    Parameters
    ----------
    ensemble : Ensemble
        From `simulate` or `read_run`.
    name : str
        A factor or an index.
    ax : Axes, optional
        Default: a new figure's.
    **settings
        For `ax.set`: title, xlabel, ylim and so on.

    Notes
    -----
    Marks at the foot show the dates and windows of events that are not possible all the time.

    Examples
    --------
    >>> from simulator import plots, read_scenario, simulate
    >>> plots.fan(simulate(read_scenario("baseline"), 1_000)).get_ylabel()
    'points (50 is neutral)'
    """
    require(ensemble, Ensemble, "fan()")
    ax, wide = new_axes(ax), _quantiles(ensemble, name)
    handles = _draw_fan(ax, ensemble.dates, wide, wide[0.5], "median")
    low, high = wide.min(axis=None), wide.max(axis=None)
    bottom, top = max(0.0, 5 * np.floor((low - 8) / 5)), min(100.0, 5 * np.ceil((high + 4) / 5))
    ax.set_ylim(bottom, top)
    if name in ensemble.indices:
        _paint_bands(ensemble, name, ax, inside=False)
    handles += mark_known(ensemble, ax, name)
    rows = _mark_windows(ensemble, ax)
    date_axis(ax, ensemble)
    ax.set_ylabel("points (50 is neutral)")
    set_title(ax, title_of(ensemble, name))
    foot = MARK_HEIGHT * rows + MARK_HEIGHT / 2  # the share of the axis that the marks take
    if rows and low < bottom + foot * (top - bottom):
        ax.set_yticks([tick for tick in ax.get_yticks() if 0 <= tick <= top])
        bottom = (low - foot * top) / (1 - foot)
        ax.set_ylim(bottom, top)
    if is_narrow(ax):
        ax.set_ylim(bottom, min(100.0, top + 0.2 * (top - bottom)))
        ax.legend(handles=handles, loc="upper left", ncols=2, frameon=False, fontsize=6.5, handlelength=1.4)
    else:
        ax.legend(handles=handles, loc="upper left", ncols=len(handles), frameon=False, fontsize=8)
    apply(ax, settings)
    return ax


def _mark_windows(ensemble: Ensemble, ax: Axes) -> int:
    """Mark at the foot of a time axis where events with a date or a short window may happen; return how many rows."""
    begins, horizon = ensemble.plan.begins, ensemble.horizon
    dated = [event for event in ensemble.plan.events if event.first <= event.last and event.n_steps <= horizon / 4]
    taken = [-np.inf] * MARK_ROWS  # by row: the day up to which there is a mark or a name
    letter = (ensemble.dates[-1] - ensemble.dates[0]).days / max(letters(ax, 6.5), 1)  # days that a letter is wide
    for event in sorted(dated, key=lambda event: (event.first, event.last)):
        name = "" if is_narrow(ax) else literal(event.name.replace("_", " "))
        ends = [mdates.date2num(end_of_step(begins, step)) for step in (event.first - 1, event.last)]
        room = (len(name) + 2) * letter
        late = ends[1] + room > mdates.date2num(ensemble.dates[-1])  # its name would run over the edge
        left, right = (ends[0] - room, ends[1]) if late else (ends[0], ends[1] + room)
        row = next((row for row, day in enumerate(taken) if day <= left), None)
        if row is None:
            continue  # no room is left; the plot of events shows all
        taken[row], height = right, MARK_HEIGHT * (row + 0.8)
        ax.plot(ends, [height] * 2, color=palette().quiet, linewidth=2.5, transform=ax.get_xaxis_transform(), zorder=4)
        if name:
            ax.annotate(
                name,
                (ends[0 if late else 1], height),
                xycoords=("data", "axes fraction"),
                xytext=(-3 if late else 3, 0),
                textcoords="offset points",
                ha="right" if late else "left",
                fontsize=6.5,
                color=palette().quiet,
                va="center",
                zorder=4,
            )
    return sum(np.isfinite(taken))


def factors(ensemble: Ensemble, axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
    """Return small multiples: a fan of each factor on one scale.

    Parameters
    ----------
    ensemble : Ensemble
        From `simulate` or `read_run`.
    axes : sequence of Axes, optional
        One for each factor. Default: a new figure's.

    Examples
    --------
    >>> from simulator import plots, read_scenario, simulate
    >>> len(plots.factors(simulate(read_scenario("baseline"), 1_000)))
    8
    """
    require(ensemble, Ensemble, "factors()")
    names = ensemble.factors
    if axes is None:
        columns = min(4, len(names))
        rows = -(-len(names) // columns)
        figure = plt.figure(figsize=(2.6 * columns, 2.0 * rows + 0.3), layout="constrained")
        axes = list(figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).flat)
        for spare in axes[len(names) :]:
            spare.set_visible(False)
        axes = axes[: len(names)]
    top = max(ensemble.quantiles(names, [0.975]).value.max() + 5, 55)
    handles: list[Any] = []
    for place, (ax, name) in enumerate(zip(axes, names, strict=True)):
        wide = _quantiles(ensemble, name)
        handles = _draw_fan(ax, ensemble.dates, wide, wide[0.5], "median")
        ax.axhline(50, color="#bbbbbb", linewidth=0.8, zorder=1)
        date_axis(ax, ensemble)
        ax.xaxis.set_major_locator(mdates.YearLocator(max(1, ensemble.horizon // 24)))
        ax.xaxis.set_major_formatter(mdates.DateFormatter("%Y"))
        ax.tick_params(labelsize=8)
        ax.set_ylim(0, min(top, 100))
        ax.set_title(short(title_of(ensemble, name), letters(ax, 8)), loc="left", fontsize=8)
        if place == 0:
            ax.set_ylabel("points", fontsize=8)
    coldest = ensemble.quantiles(names, [0.975]).value.groupby(level="name", sort=False).max().argmin()
    axes[coldest].legend(
        handles=handles, loc="upper right", ncols=2, frameon=False, fontsize=6, handlelength=1.2, columnspacing=0.8
    )
    return axes


def pooled_fan(pooled: Outlook, name: str = "warmth", ax: Axes | None = None, **settings: Any) -> Axes:
    """Return a fan chart of the mixture with the median of each scenario as a thin labelled line.

    Parameters
    ----------
    pooled : Outlook
        From `outlook`.
    name : str
        A factor or an index that all scenarios have.
    ax : Axes, optional
        Default: a new figure's.
    **settings
        For `ax.set`: title, xlabel, ylim and so on.

    Examples
    --------
    >>> from simulator import outlook, plots, read_outlook
    >>> plots.pooled_fan(outlook(read_outlook("docs/examples/outlook.toml"), 200)).get_ylabel()
    'points (50 is neutral)'
    """
    require(pooled, Outlook, "pooled_fan()")
    ax, wide = new_axes(ax, (7.6, 4.0)), _quantiles(pooled, name)
    handles = _draw_fan(ax, pooled.dates, wide, wide[0.5], "median of all")
    low, high = wide.min(axis=None), wide.max(axis=None)
    ax.set_ylim(max(0.0, 5 * np.floor((low - 4) / 5)), min(100.0, 5 * np.ceil((high + 6) / 5)))
    first, narrow = pooled.ensembles[0], is_narrow(ax)
    if name in pooled.indices:
        _paint_bands(first, name, ax, inside=True)
    lines = _draw_medians(pooled, name, ax)
    mark_known(first, ax, name)
    date_axis(ax, first)
    ax.set_ylabel("points (50 is neutral)")
    set_title(ax, fill(f"{literal(pooled.title)}: {title_of(first, name)}", letters(ax, 8.5 if narrow else 11)))
    if narrow:
        beneath: dict[str, Any] = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.12), "ncols": 2, "fontsize": 6.5}
        ax.legend(handles=[*handles, *lines], frameon=False, handlelength=2.4, **beneath)
    else:
        _name_lines(lines, ax)
        ax.legend(handles=handles, loc="upper left", ncols=4, frameon=False, fontsize=8)
    apply(ax, settings)
    return ax


def _draw_medians(pooled: Outlook, name: str, ax: Axes) -> list[Line2D]:
    """Draw the median of each scenario."""
    halo = [withStroke(linewidth=2.6, foreground="white")]
    lines = []
    for n, (one, probability) in enumerate(zip(pooled.ensembles, pooled.probabilities, strict=True)):
        colour, dashes = LINES[n % len(LINES)]
        colour = colour if palette() is COLOURS else palette().median
        (line,) = ax.plot(pooled.dates, one.quantiles(name, [0.5]).value, color=colour, linestyle=dashes, linewidth=1.1)
        line.set(zorder=4, path_effects=halo)
        line.set_label(f"{literal(one.scenario.heading)}  {100 * probability:.4g} %")
        lines.append(line)
    return lines


def _name_lines(lines: Sequence[Line2D], ax: Axes) -> None:
    """Name lines at their ends; names keep a distance from each other."""
    gap = float(np.diff(ax.get_ylim()).item()) / 18  # a line of type
    ordered = sorted(lines, key=_end)
    ends, steps = np.array([_end(line) for line in ordered]), gap * np.arange(len(ordered))
    places = np.maximum.accumulate(ends - steps) + steps
    places -= (places - ends).mean()
    lead = {"arrowstyle": "-", "linewidth": 0.6, "shrinkA": 0, "shrinkB": 0, "relpos": (0, 0.5)}
    for line, end, place in zip(ordered, ends, places, strict=True):
        ax.annotate(
            str(line.get_label()),
            (ax.get_xlim()[1], end),
            xytext=(1.04, place),
            textcoords=("axes fraction", "data"),
            fontsize=7.5,
            color=line.get_color(),
            va="center",
            arrowprops={**lead, "color": line.get_color()},
            annotation_clip=False,
        )


def _end(line: Line2D) -> float:
    return float(np.asarray(line.get_ydata())[-1])


def two_fans(ax: Axes, name: str, base: tuple[Ensemble, str], other: tuple[Ensemble, str]) -> None:
    """Draw median and 80 % of two ensembles, each with its label, the first dashed."""
    for (ensemble, label), colour, dashes in ((base, palette().base, "--"), (other, palette().other, "-")):
        wide = ensemble.quantiles(name, [0.1, 0.5, 0.9]).value.unstack("probability")
        ax.fill_between(ensemble.dates, wide[0.1], wide[0.9], color=colour, alpha=0.18, linewidth=0)
        ax.plot(ensemble.dates, wide[[0.1, 0.9]], color=colour, linewidth=0.7, linestyle=dashes)
        ax.plot(ensemble.dates, wide[0.5], color=colour, linewidth=1.8, linestyle=dashes, label=label)


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
    require(comparison, Comparison, "compared()")
    figure = figure or plt.figure(figsize=(6.8, 6.4), layout="constrained")
    levels, apart = figure.subplots(2, 1, sharex=True, height_ratios=[3, 2])
    both = (comparison.base, comparison.other)
    two_fans(levels, name, *((ensemble, literal(ensemble.scenario.heading)) for ensemble in both))
    levels.set_ylabel("points (50 is neutral)")
    levels.legend(
        loc="upper left", frameon=False, fontsize=8, title="median and 80 % of draws", title_fontsize=8, alignment="left"
    )
    levels.set_ylim(top=levels.get_ylim()[1] + 0.22 * np.ptp(levels.get_ylim()))
    set_title(levels, title_of(comparison.other, name))
    table = comparison.apart(name).droplevel("month")
    ends = [p for low, high, *_ in intervals() for p in (low, high)]
    wide = pd.DataFrame(quantiles_of_draws(table.to_numpy(), ends, comparison.ratios).T, table.index, ends)
    handles = _draw_fan(apart, table.index, wide, (table * comparison.ratios).mean(axis=1), "mean")
    mark_known(comparison.base, levels, name, veiled=False)
    apart.axhline(0, color=palette().quiet, linewidth=0.8)
    apart.set_ylabel("points of difference")
    span = np.ptp(apart.get_ylim())
    apart.set_ylim(top=apart.get_ylim()[1] + 0.2 * span)
    apart.legend(handles=handles, loc="upper left", ncols=4, frameon=False, fontsize=8)
    set_title(apart, f"Difference in the same {effective(comparison).replace('draws', 'worlds')}")
    date_axis(apart, comparison.base if comparison.base.horizon <= comparison.other.horizon else comparison.other)
    return figure
