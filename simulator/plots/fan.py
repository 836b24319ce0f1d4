"""Fans: median and central intervals over time, of one ensemble, of an outlook, and of two ensembles compared."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import dates as mdates
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from matplotlib.transforms import ScaledTranslation

from simulator.analysis.comparison import Comparison
from simulator.analysis.outlook import Outlook
from simulator.ensemble.ensemble import Ensemble
from simulator.ensemble.estimates import quantiles_of_draws
from simulator.errors import Refused
from simulator.plots.known import mark_known
from simulator.plots.style import (
    COLOURS,
    LETTER,
    NARROW,
    band_edges,
    beside,
    date_axis,
    finish,
    folded,
    height_of,
    intervals,
    is_narrow,
    legend_below,
    letters,
    letters_in,
    literal,
    new_axes,
    new_figure,
    of_comparisons,
    of_ensembles,
    page_of,
    palette,
    require,
    rests_on,
    scaled,
    set_title,
    short,
    size_in_force,
    title_of,
    width_of,
)
from simulator.plots.windows import mark_windows
from simulator.report.layout import effective
from simulator.report.wording import capital

# Okabe & Ito's colours besides the blue of the fan, each with dashes of its own, so that lines differ in grey too.
LINES = (
    ("#404040", "-"),
    ("#d55e00", (0, (5, 1.5))),
    ("#007a59", (0, (1.5, 1.2))),
    ("#8c510a", (0, (5, 1.5, 1, 1.5))),
    ("#b5448d", (0, (9, 2))),
    ("#5e3c99", (0, (3, 1, 1, 1, 1, 1))),
)


HALO = withStroke(linewidth=2.6, foreground="white")


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
        ax.fill_between(days, wide[low], wide[high], color=colour, linewidth=0, label=told, zorder=2, gid=_mark(told))
        for low, high, told, colour in intervals()
    ]
    (line,) = ax.plot(days, middle, color=palette().median, linewidth=1.6, label=label, zorder=3, gid="median")
    return [line, *reversed(shades)]


def _mark(coverage: str) -> str:
    """Return what a central interval is called in a picture whose marks have names."""
    return f"interval-{coverage.removesuffix(' %')}"


def _draw_behind(ax: Axes, behind: Ensemble, name: str, label: str) -> list[Any]:
    """Draw median and 80 % of another ensemble as lines; return what a legend shows."""
    wide = behind.quantiles(name, [0.1, 0.5, 0.9]).value.unstack("probability")
    line: dict[str, Any] = {"color": palette().other, "zorder": 3.5}
    for end, gid in ((0.1, "behind-low"), (0.9, "behind-high")):
        ax.plot(behind.dates, wide[end], linewidth=0.8, linestyle=":", gid=gid, **line)
    return ax.plot(behind.dates, wide[0.5], linewidth=1.4, linestyle="--", label=label, gid="behind-median", **line)


def _quantiles(source: Ensemble | Outlook, name: str) -> pd.DataFrame:
    """Return the quantiles that a fan shows, a column for each probability."""
    probabilities = [p for low, high, *_ in intervals() for p in (low, high)] + [0.5]
    return source.quantiles(name, sorted(probabilities)).value.unstack("probability")


def _paint_bands(first: Ensemble, name: str, ax: Axes) -> list[str]:
    """Paint the bands of an index behind a fan within the limits of its axes; return the names that stand beside it."""
    bottom, top = ax.get_ylim()
    edges, named = band_edges(first, name), []
    for number, (a, b, label) in enumerate(zip(edges, edges[1:], first.scenario.bands_of(name).names, strict=False)):
        if b <= bottom or a >= top:
            continue
        ax.axhspan(a, b, color="#f4f4f4" if number % 2 else "#ffffff", zorder=0, linewidth=0)
        ax.axhline(a, color=palette().quiet, linewidth=0.6, linestyle=":", zorder=2.5)
        low, high = max(a, bottom), min(b, top)
        if high - low > (top - bottom) / 14:
            beside(ax, literal(label), (low + high) / 2, color=palette().quiet, zorder=6, path_effects=[HALO])
            named.append(label)
    ax.set_ylim(bottom, top)
    return named


def fan(
    ensemble: Ensemble,
    name: str = "warmth",
    ax: Axes | None = None,
    *,
    behind: Ensemble | None = None,
    ylim: tuple[float, float] | None = None,
    windows: bool = True,
    **settings: Any,
) -> Axes:
    """Return a fan chart: median and central 50, 80 and 95 % intervals over time, on the bands of the index.

    Parameters
    ----------
    ensemble : Ensemble
        From `simulate` or `read_run`.
    name : str
        A factor or an index.
    ax : Axes, optional
        Default: a new figure's.
    behind : Ensemble, optional
        Another one, whose median and 80 % are shown as lines.
    ylim : (bottom, top), optional
        Points. Default: what holds the widest interval.
    windows : bool
        Whether events with a date or a window are marked at the foot.
    **settings
        For `ax.set`: title, xlabel and so on.

    Notes
    -----
    Marks at the foot show the dates and windows of events that are not possible all the time, those that the scenario's own
    file states or changes first and dark. The axis says how many there is no room for.

    Examples
    --------
    >>> from simulator import plots, read_scenario, simulate
    >>> plots.fan(simulate(read_scenario("baseline"), 1_000)).get_ylabel()
    'points (50 is neutral)'
    """
    require(ensemble, Ensemble, "fan()")
    ax, wide = new_axes(ax, (6.4, 4.3), of_ensembles(ensemble)), _quantiles(ensemble, name)
    handles = _draw_fan(ax, ensemble.dates, wide, wide[0.5], "median")
    low, high = wide.min(axis=None), wide.max(axis=None)
    bottom, top = ylim or (max(0.0, 5 * np.floor((low - 8) / 5)), min(100.0, 5 * np.ceil((high + 4) / 5)))
    ax.set_ylim(bottom, top)
    if name in ensemble.indices:
        _paint_bands(ensemble, name, ax)
    if behind is not None:
        is_own = behind.scenario is ensemble.scenario
        handles += _draw_behind(ax, behind, name, "as the file has it" if is_own else short(behind.heading, 20))
    handles += mark_known(ensemble, ax, name)
    foot = mark_windows(ensemble, ax) if windows else 0.0
    date_axis(ax, ensemble)
    ax.set_ylabel("points (50 is neutral)")
    if ylim is None and foot and low < bottom + foot * (top - bottom):
        ax.set_yticks([tick for tick in ax.get_yticks() if 0 <= tick <= top])
        bottom = (low - foot * top) / (1 - foot)
        ax.set_ylim(bottom, top)
    if is_narrow(ax):
        if ylim is None:
            ax.set_ylim(bottom, min(100.0, top + 0.2 * (top - bottom)))
        ax.legend(handles=handles, loc="upper left", ncols=2, frameon=False, fontsize=scaled(6.5), handlelength=1.4)
    else:
        fits = sum(len(str(handle.get_label())) + 8 for handle in handles) <= letters(ax, 8)
        columns = len(handles) if fits else -(-len(handles) // 2)
        ax.legend(handles=handles, loc="upper left", ncols=columns, frameon=False, fontsize=scaled(8))
    finish(ax, title_of(ensemble, name, ax), settings)
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
    require(ensemble, Ensemble, "factors()")
    names = ensemble.factors
    given, handles = axes is not None, []
    axes = _panels(ensemble) if axes is None else axes
    if len(axes) != len(names):
        raise Refused(f"factors() needs axes for each of {len(names)} factors; found {len(axes)}")
    wides = [_quantiles(ensemble, name) for name in names]
    top = max(*(wide.max(axis=None) + 5 for wide in wides), 55)
    for place, (ax, name, wide) in enumerate(zip(axes, names, wides, strict=True)):
        handles = _draw_fan(ax, ensemble.dates, wide, wide[0.5], "median")
        ax.axhline(50, color="#bbbbbb", linewidth=0.8, zorder=1)
        ax.set_xlim(ensemble.dates[0], ensemble.dates[-1])
        ax.xaxis.set_major_locator(mdates.YearLocator(max(1, ensemble.horizon // 24)))
        ax.xaxis.set_major_formatter(mdates.DateFormatter("%Y"))
        ax.tick_params(labelsize=scaled(8))
        ax.set_ylim(0, min(top, 100))
        label, room = ensemble.scenario.label_of(name), letters(ax, 8) * (1 if given else 1.2)  # panels will be wider
        ax.set_title(folded(capital(label), int(room), 2), loc="left", y=1.0, fontsize=scaled(8))
        if place == 0:
            ax.set_ylabel("points", fontsize=scaled(8))
    if not given:
        told = f"{ensemble.heading}: factors (line at 50: neutral)"
        width = letters_in(page_of(axes[0])[0], 11)
        axes[0].figure.suptitle(folded(told, width), x=0.01, ha="left", fontsize=scaled(11))
        legend_below(axes[-1], handles=handles, ncols=2)
    return axes


def _panels(ensemble: Ensemble) -> list[Axes]:
    """Return axes for each factor in a new figure."""
    size = size_in_force()
    columns = min(4, len(ensemble.factors)) if size is None else min(max(int(size[0] / 2.2), 1), 4, len(ensemble.factors))
    rows = -(-len(ensemble.factors) // columns)
    figure = new_figure((2.6 * columns, 2.0 * rows + 0.8), of_ensembles(ensemble))
    axes = list(figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).flat)
    for spare in axes[len(ensemble.factors) :]:
        spare.set_visible(False)
    return axes[: len(ensemble.factors)]


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
    first = pooled.ensembles[0]
    told = rests_on([one.scenario for one in pooled.ensembles], f"{effective(first)} of each scenario", [first.seed])
    ax, wide = new_axes(ax, (8.4, 4.3), told), _quantiles(pooled, name)
    handles = _draw_fan(ax, pooled.dates, wide, wide[0.5], "median of all")
    low, high = wide.min(axis=None), wide.max(axis=None)
    ax.set_ylim(max(0.0, 5 * np.floor((low - 4) / 5)), min(100.0, 5 * np.ceil((high + 6) / 5)))
    named = _paint_bands(first, name, ax) if name in pooled.indices else []
    lines = _draw_medians(pooled, name, ax)
    mark_known(first, ax, name)
    date_axis(ax, first)
    ax.set_ylabel("points (50 is neutral)")
    if width_of(ax) < 1.5 * NARROW:  # names at the right would leave little of the axes
        beneath: dict[str, Any] = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.12), "ncols": 1}
        ax.legend(handles=[*handles, *lines], frameon=False, handlelength=2.4, fontsize=scaled(6.5), **beneath)
    else:
        _name_lines(lines, ax, max(map(len, named), default=0))
        ax.legend(handles=handles, loc="upper left", ncols=4, frameon=False, fontsize=scaled(8))
    finish(ax, f"{pooled.title}: {first.scenario.label_of(name)}", settings)
    return ax


def _draw_medians(pooled: Outlook, name: str, ax: Axes) -> list[Line2D]:
    """Draw the median of each scenario."""
    lines = []
    for n, (one, probability) in enumerate(zip(pooled.ensembles, pooled.probabilities, strict=True)):
        colour, dashes = LINES[n % len(LINES)]
        colour = colour if palette() is COLOURS else palette().median
        (line,) = ax.plot(pooled.dates, one.quantiles(name, [0.5]).value, color=colour, linestyle=dashes, linewidth=1.1)
        line.set(zorder=4, path_effects=[HALO])
        line.set_label(folded(f"{one.heading}  {100 * probability:.4g} %", 34, 2))
        lines.append(line)
    return lines


def _name_lines(lines: Sequence[Line2D], ax: Axes, n_letters: int) -> None:
    """Name lines at their ends, beyond names of bands of some letters; names keep a distance from each other."""
    folds = max(str(line.get_label()).count("\n") + 1 for line in lines)
    gap = float(np.diff(ax.get_ylim()).item()) * folds * scaled(7.5) * 1.35 / 72 / height_of(ax)
    right = ScaledTranslation(scaled(18 + 8 * LETTER * n_letters) / 72, 0, ax.figure.dpi_scale_trans)
    ordered = sorted(lines, key=_end)
    ends, steps = np.array([_end(line) for line in ordered]), gap * np.arange(len(ordered))
    places = np.maximum.accumulate(ends - steps) + steps
    places -= (places - ends).mean()
    lead = {"arrowstyle": "-", "linewidth": 0.6, "shrinkA": 0, "shrinkB": 0, "relpos": (0, 0.5)}
    for line, end, place in zip(ordered, ends, places, strict=True):
        ax.annotate(
            str(line.get_label()),
            (ax.get_xlim()[1], end),
            xytext=(1.0, place),
            textcoords=(ax.transAxes + right, "data"),
            fontsize=scaled(7.5),
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
    figure = figure or new_figure((6.8, 6.6), of_comparisons(comparison))
    levels, apart = figure.subplots(2, 1, sharex=True, height_ratios=[3, 2])
    both = (comparison.base, comparison.other)
    labels = [folded(ensemble.heading, letters(levels, 8) - 8) for ensemble in both]
    two_fans(levels, name, *zip(both, labels, strict=True))
    levels.set_ylabel("points (50 is neutral)")
    under = legend_above(levels, title="median and 80 % of draws", title_fontsize=scaled(8), alignment="left")
    set_title(levels, title_of(comparison.other, name, levels))
    table = comparison.apart(name).droplevel("month")
    ends = [p for low, high, *_ in intervals() for p in (low, high)]
    wide = pd.DataFrame(quantiles_of_draws(table.to_numpy(), ends, comparison.ratios).T, table.index, ends)
    handles = _draw_fan(apart, table.index, wide, (table * comparison.ratios).mean(axis=1), "mean")
    mark_known(comparison.base, levels, name, veiled=False, under=under)
    apart.axhline(0, color=palette().quiet, linewidth=0.8)
    apart.set_ylabel("points of difference")
    legend_above(apart, handles=handles, ncols=1 if is_narrow(apart) else 4)
    set_title(apart, f"Difference in the same {effective(comparison).replace('draws', 'worlds')}")
    date_axis(apart, comparison.base if comparison.base.horizon <= comparison.other.horizon else comparison.other)
    return figure


def legend_above(ax: Axes, **settings: Any) -> float:
    """Draw a legend above all that axes show, for which they are made higher; return the share of the height below it."""
    legend = ax.legend(loc="upper left", frameon=False, fontsize=scaled(8), **settings)
    columns = settings.get("ncols", 1)
    lines = -(-sum(text.get_text().count("\n") + 1 for text in legend.get_texts()) // columns)
    lines += bool(legend.get_title().get_text())
    share = float(min((1.35 * lines + 0.8) * scaled(8) / 72 / height_of(ax), 0.6))
    bottom, top = ax.get_ylim()
    ax.set_ylim(bottom, bottom + (top - bottom) / (1 - share))
    return 1.0 - share
