"""Plots of ensembles: each takes `ax` and returns it, and computes nothing but quantiles."""

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import dates as mdates
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from simulator.engine.tally import BINS_PER_POINT
from simulator.ensemble.ensemble import Ensemble
from simulator.errors import Refused
from simulator.plots.style import (
    apply,
    band_edges,
    caption,
    date_axis,
    intervals,
    is_narrow,
    letters,
    new_axes,
    palette,
    plain,
    set_title,
    short,
    title_of,
    two_lines,
)
from simulator.report.run import percent
from simulator.scenario.calendar import end_of_step

# Rows of marks at the foot of a fan.
MARK_ROWS = 5


def _draw_fan(ensemble: Ensemble, name: str, ax: Axes) -> list[Any]:
    """Draw median and intervals; return what a legend shows."""
    probabilities = [p for low, high, *_ in intervals() for p in (low, high)] + [0.5]
    wide = ensemble.quantiles(name, sorted(probabilities)).value.unstack("probability")
    shades = []
    for low, high, coverage, colour in intervals():
        shades.append(
            ax.fill_between(ensemble.dates, wide[low], wide[high], color=colour, linewidth=0, label=coverage, zorder=2)
        )
    (median,) = ax.plot(ensemble.dates, wide[0.5], color=palette().median, linewidth=1.6, label="median", zorder=3)
    return [median, *reversed(shades)]


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
    ax = new_axes(ax)
    handles = _draw_fan(ensemble, name, ax)
    low = ensemble.quantiles(name, [0.025]).value.min()
    high = ensemble.quantiles(name, [0.975]).value.max()
    bottom, top = max(0.0, 5 * np.floor((low - 8) / 5)), min(100.0, 5 * np.ceil((high + 4) / 5))
    if name in ensemble.indices:
        edges = band_edges(ensemble, name)
        for number, (a, b, label) in enumerate(zip(edges, edges[1:], ensemble.scenario.bands_of(name).names, strict=False)):
            if b <= bottom or a >= top:
                continue
            ax.axhspan(a, b, color="#f4f4f4" if number % 2 else "#ffffff", zorder=0, linewidth=0)
            ax.axhline(a, color=palette().quiet, linewidth=0.6, linestyle=":", zorder=2.5)
            middle = (max(a, bottom) + min(b, top)) / 2
            if min(b, top) - max(a, bottom) > (top - bottom) / 14:
                ax.annotate(
                    plain(label),
                    (1.01, middle),
                    xycoords=("axes fraction", "data"),
                    fontsize=8,
                    color=palette().quiet,
                    va="center",
                )
    _mark_windows(ensemble, ax)
    ax.set_ylim(bottom, top)
    date_axis(ax, ensemble)
    ax.set_ylabel("points (50 is neutral)")
    set_title(ax, title_of(ensemble, name))
    if is_narrow(ax):
        ax.set_ylim(bottom, min(100.0, top + 0.2 * (top - bottom)))
        ax.legend(handles=handles, loc="upper left", ncols=2, frameon=False, fontsize=6.5, handlelength=1.4)
    else:
        ax.legend(handles=handles, loc="upper left", ncols=4, frameon=False, fontsize=8)
    apply(ax, settings)
    return ax


def _mark_windows(ensemble: Ensemble, ax: Axes) -> None:
    """Mark at the foot of a time axis where events with a date or a short window may happen."""
    begins, horizon = ensemble.plan.begins, ensemble.horizon
    dated = [event for event in ensemble.plan.events if event.first <= event.last and event.n_steps <= horizon / 4]
    taken = [-np.inf] * MARK_ROWS  # by row: the day up to which there is a mark or a name
    letter = (ensemble.dates[-1] - ensemble.dates[0]).days / max(letters(ax, 6.5), 1)  # days that a letter is wide
    for event in sorted(dated, key=lambda event: (event.first, event.last)):
        name = "" if is_narrow(ax) else plain(event.name.replace("_", " "))
        ends = [mdates.date2num(end_of_step(begins, step)) for step in (event.first - 1, event.last)]
        room = (len(name) + 2) * letter
        late = ends[1] + room > mdates.date2num(ensemble.dates[-1])  # its name would run over the edge
        left, right = (ends[0] - room, ends[1]) if late else (ends[0], ends[1] + room)
        row = next((row for row, day in enumerate(taken) if day <= left), None)
        if row is None:
            continue  # no room is left; the plot of events shows all
        taken[row], height = right, 0.025 + 0.03 * row
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


def distribution(
    ensemble: Ensemble, name: str = "warmth", month: int | None = None, ax: Axes | None = None, **settings: Any
) -> Axes:
    """Return a histogram of an index or factor at the end of a month, with its quantiles and band probabilities.

    Parameters
    ----------
    ensemble : Ensemble
        From `simulate` or `read_run`.
    name : str
        A factor or an index.
    month : int, optional
        Default: the horizon.
    ax : Axes, optional
        Default: a new figure's.
    **settings
        For `ax.set`: title, xlabel, ylim and so on.

    Examples
    --------
    >>> from simulator import plots, read_scenario, simulate
    >>> plots.distribution(simulate(read_scenario("baseline"), 1_000), month=12).get_xlabel()
    'points on 2026-01-20'
    """
    ax = new_axes(ax)
    month = ensemble.horizon if month is None else month
    if not 0 <= month <= ensemble.horizon:
        raise Refused(f"month must be within 0 to {ensemble.horizon}; found {month}")
    series = ensemble.plan.series.index(name)
    counts = ensemble.tally.counts.histogram[month, series].reshape(-1, BINS_PER_POINT).sum(axis=1)
    used = np.flatnonzero(counts)
    left, right = max(used[0] - 2, 0), min(used[-1] + 3, 100)
    share = counts / counts.sum()
    bars: dict[str, Any] = {"color": palette().bars, "edgecolor": "white", "lw": 0.4}
    ax.bar(np.arange(100)[left:right], share[left:right], width=1.0, align="edge", **bars)
    top = share.max()
    values = ensemble.quantiles(name, [0.1, 0.5, 0.9]).value.xs(month, level="month")
    for value, label in zip(values, ("10 %", "median", "90 %"), strict=True):
        is_median = label == "median"
        ax.vlines(value, 0, 1.04 * top, color=palette().median, lw=1.4 if is_median else 0.9, ls="-" if is_median else "--")
        size = 6.5 if is_narrow(ax) else 8
        where: dict[str, Any] = {"ha": "center", "va": "bottom"}
        ax.annotate(f"{label}\n{value:.1f}", (value, 1.06 * top), fontsize=size, color=palette().median, **where)
    ax.set_ylim(0, (1.6 if is_narrow(ax) else 1.42) * top)
    if name in ensemble.indices:
        _label_bands(ensemble, name, month, ax, (left, right))
    ax.set_xlim(left, right)
    ax.set_xlabel(f"points on {ensemble.dates[month]:%Y-%m-%d}")
    ax.set_ylabel("share of draws per point")
    set_title(ax, title_of(ensemble, name))
    apply(ax, settings)
    return ax


def _label_bands(ensemble: Ensemble, name: str, month: int, ax: Axes, limits: tuple[float, float]) -> None:
    edges = band_edges(ensemble, name)
    table = ensemble.bands(name).xs(month, level="month")
    labels = ensemble.scenario.bands_of(name).names
    for a, b, label, row in zip(edges, edges[1:], labels, table.to_numpy(), strict=False):
        low, high = max(a, limits[0]), min(b, limits[1])
        if a > limits[0]:
            ax.axvline(a, color="#bbbbbb", linewidth=0.8, zorder=0)
        if high - low > (limits[1] - limits[0]) / 9:
            ax.annotate(
                f"{plain(label)}\n{percent(*row)}",
                ((low + high) / 2, 0.985 * ax.get_ylim()[1]),
                fontsize=6.5 if is_narrow(ax) else 8,
                color=palette().quiet,
                ha="center",
                va="top",
            )


def bands(ensemble: Ensemble, name: str = "warmth", ax: Axes | None = None, **settings: Any) -> Axes:
    """Return the probability of each band over time, stacked from the coldest.

    Parameters
    ----------
    ensemble : Ensemble
        From `simulate` or `read_run`.
    name : str
        An index.
    ax : Axes, optional
        Default: a new figure's.
    **settings
        For `ax.set`: title, xlabel, ylim and so on.

    Examples
    --------
    >>> from simulator import plots, read_scenario, simulate
    >>> plots.bands(simulate(read_scenario("baseline"), 1_000)).get_ylim() == (0, 1)
    True
    """
    ax = new_axes(ax)
    labels = list(ensemble.scenario.bands_of(name).names)
    wide = ensemble.bands(name).probability.unstack("band")[labels]
    # dark and cold to light and warm: the order can be read in grey, and by colour-blind eyes
    colours = list(plt.get_cmap(palette().bands)(np.linspace(0.05, 0.95, len(labels))))
    ax.stackplot(ensemble.dates, wide.to_numpy().T, colors=colours, edgecolor="white", linewidth=0.6)
    ax.set_ylim(0, 1)
    ax.yaxis.set_major_formatter(lambda share, _: f"{100 * share:.0f} %")
    date_axis(ax, ensemble)
    ax.set_ylabel("probability")
    set_title(ax, f"{title_of(ensemble, name)}: bands")
    seen = wide.max() > 0
    handles = [Patch(color=c, label=plain(label)) for label, c in zip(labels, colours, strict=True) if seen[label]]
    size = 6.5 if is_narrow(ax) else 8
    ax.legend(
        handles=handles[::-1], loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, fontsize=size, handlelength=1.2
    )
    apply(ax, settings)
    return ax


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
        handles = _draw_fan(ensemble, name, ax)
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


def events(ensemble: Ensemble, ax: Axes | None = None, **settings: Any) -> Axes:
    """Return when events happen first: a row for each event, with its probability and the middle 80 % of its time.

    Parameters
    ----------
    ensemble : Ensemble
        From `simulate` or `read_run`.
    ax : Axes, optional
        Default: a new figure's.
    **settings
        For `ax.set`: title, xlabel, ylim and so on.

    Examples
    --------
    >>> from simulator import plots, read_scenario, simulate
    >>> ax = plots.events(simulate(read_scenario("baseline"), 1_000))
    >>> len(ax.get_yticks()) == len(ax.get_yticklabels())
    True
    """
    possible = [event.name for event in ensemble.plan.events if event.first <= event.last]
    table = ensemble.events().loc[possible]
    table = table.iloc[np.argsort(table.first_p50.fillna(1e9).to_numpy(), kind="stable")[::-1]]
    ax = new_axes(ax, (6.4, 0.9 + 0.27 * max(len(table), 3)))
    for row, event in enumerate(table.itertuples()):
        if event.probability > 0:
            days = [ensemble.dates[int(month)] for month in (event.first_p10, event.first_p50, event.first_p90)]
            ax.plot(days[::2], [row, row], color=palette().bars, linewidth=5, solid_capstyle="butt")
            ax.plot(days[1], row, "o", color=palette().median, markersize=4)
        ax.annotate(
            percent(event.probability, event.std_error, event.low, event.high),
            (1.01, row),
            xycoords=("axes fraction", "data"),
            fontsize=8,
            color=palette().median,
            va="center",
        )
    ax.set_yticks(range(len(table)), [two_lines(ensemble.scenario.label_of(name)) for name in table.index], fontsize=7)
    ax.set_ylim(-0.7, max(len(table), 1) - 0.3)
    date_axis(ax, ensemble)
    ax.set_xlabel("first time (dot: median, bar: middle 80 %)", fontsize=8)
    ax.set_title("Events: when first, and how likely", loc="left", fontsize=10)
    apply(ax, settings)
    return ax


def dashboard(ensemble: Ensemble, name: str = "warmth") -> Figure:
    """Return a page of all views of one ensemble: fan, distribution, bands, events and factors.

    Parameters
    ----------
    ensemble : Ensemble
        From `simulate` or `read_run`.
    name : str
        An index.

    Examples
    --------
    >>> from simulator import plots, read_scenario, simulate
    >>> len(plots.dashboard(simulate(read_scenario("baseline"), 1_000)).axes) >= 12
    True
    """
    columns = min(2, len(ensemble.factors))
    rows = -(-len(ensemble.factors) // columns)
    possible = [event for event in ensemble.plan.events if event.first <= event.last]
    lower = max(3.0 + 1.35 * rows, 1.0 + 0.27 * len(possible))
    figure = plt.figure(figsize=(12, 4.4 + lower), layout="constrained")
    top, foot = _halves(figure, [4.0, lower])
    fan(ensemble, name, top.add_subplot(1, 2, 1))
    distribution(ensemble, name, ax=top.add_subplot(1, 2, 2))
    left, right = foot.subfigures(1, 2)
    events(ensemble, right.add_subplot())
    shares, multiples = _halves(left, [3.0, 1.35 * rows])
    bands(ensemble, name, shares.add_subplot())
    small = list(multiples.subplots(rows, columns, squeeze=False).flat)
    factors(ensemble, small[: len(ensemble.factors)])
    for spare in small[len(ensemble.factors) :]:
        spare.set_visible(False)
    caption(figure, ensemble, fontsize=13)
    return figure


def _halves(figure: Any, heights: list[float]) -> Any:
    """Return two parts of a figure, one above the other."""
    return figure.subfigures(2, 1, height_ratios=heights)
