"""Distributions: of one index at one month, of its bands over time, of many scenarios at one date."""

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from simulator.arrays import Floats
from simulator.ensemble.ensemble import Ensemble
from simulator.ensemble.tables import at_month
from simulator.plots.style import (
    NAMES,
    band_edges,
    beside,
    date_axis,
    finish,
    inches_of_rows,
    is_narrow,
    label_below,
    letters_in,
    literal,
    name_rows,
    new_axes,
    of_ensembles,
    page_of,
    palette,
    require,
    require_several,
    scaled,
    title_of,
)
from simulator.report.wording import capital, percent
from simulator.scenario.calendar import When, month_of


def distribution(
    ensemble: Ensemble, name: str = "warmth", month: When | None = None, ax: Axes | None = None, **settings: Any
) -> Axes:
    """Return a histogram of an index or factor at the end of a month, with its quantiles and band probabilities.

    Parameters
    ----------
    ensemble : Ensemble
        From `simulate` or `read_run`.
    name : str
        A factor or an index.
    month : int, date or str, optional
        A month or a day. Default: the horizon.
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
    require(ensemble, Ensemble, "distribution()")
    month = ensemble.month_of(month)
    ax = new_axes(ax, (6.4, 4.0), of_ensembles(ensemble))
    counts = ensemble.histogram(name, month).to_numpy()
    used = np.flatnonzero(counts)
    left, right = max(used[0] - 2, 0), min(used[-1] + 3, 100)
    share = counts / counts.sum()
    bars: dict[str, Any] = {"color": palette().bars, "edgecolor": "white", "lw": 0.4}
    ax.bar(np.arange(100)[left:right], share[left:right], width=1.0, align="edge", **bars)
    top = share.max()
    values = at_month(ensemble.quantiles(name, [0.1, 0.5, 0.9]), month).value
    for value, label in zip(values, ("10 %", "median", "90 %"), strict=True):
        is_median = label == "median"
        ax.vlines(value, 0, 1.04 * top, color=palette().median, lw=1.4 if is_median else 0.9, ls="-" if is_median else "--")
        size = scaled(6.5 if is_narrow(ax) else 8)
        where: dict[str, Any] = {"ha": "center", "va": "bottom"}
        ax.annotate(f"{label}\n{value:.1f}", (value, 1.06 * top), fontsize=size, color=palette().median, **where)
    ax.set_ylim(0, (1.6 if is_narrow(ax) else 1.42) * top)
    if name in ensemble.indices:
        _label_bands(ensemble, name, month, ax, (left, right))
    ax.set_xlim(left, right)
    ax.set_xlabel(f"points on {ensemble.dates[month]:%Y-%m-%d}")
    ax.set_ylabel("share of draws per point")
    finish(ax, title_of(ensemble, name, ax), settings)
    return ax


def _label_bands(ensemble: Ensemble, name: str, month: int, ax: Axes, limits: tuple[float, float]) -> None:
    edges = band_edges(ensemble, name)
    table = at_month(ensemble.bands(name), month)
    labels = ensemble.scenario.bands_of(name).names
    for a, b, label, row in zip(edges, edges[1:], labels, table.to_numpy(), strict=False):
        low, high = max(a, limits[0]), min(b, limits[1])
        if a > limits[0]:
            ax.axvline(a, color="#bbbbbb", linewidth=0.8, zorder=0)
        if high - low > (limits[1] - limits[0]) / 9:
            ax.annotate(
                f"{literal(label)}\n{percent(*row)}",
                ((low + high) / 2, 0.985 * ax.get_ylim()[1]),
                fontsize=scaled(6.5 if is_narrow(ax) else 8),
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
    require(ensemble, Ensemble, "bands()")
    ax = new_axes(ax, (6.4, 4.0), of_ensembles(ensemble))
    labels = list(ensemble.scenario.bands_of(name).names)
    wide = ensemble.bands(name).probability.unstack("band")[labels]
    # dark and cold to light and warm: the order can be read in grey, and by colour-blind eyes
    colours = list(plt.get_cmap(palette().bands)(np.linspace(0.05, 0.95, len(labels))))
    areas = ax.stackplot(ensemble.dates, wide.to_numpy().T, colors=colours, edgecolor="white", linewidth=0.6)
    for number, area in enumerate(areas):
        area.set_gid(f"band-{number}")
    ax.set_ylim(0, 1)
    ax.yaxis.set_major_formatter(lambda share, _: f"{100 * share:.0f} %")
    date_axis(ax, ensemble)
    ax.set_ylabel("probability")
    handles = [Patch(color=c, label=literal(label)) for label, c in zip(labels, colours, strict=True)]
    size = scaled(6.5 if is_narrow(ax) else 8)
    ax.legend(
        handles=handles[::-1], loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, fontsize=size, handlelength=1.2
    )
    finish(ax, f"{title_of(ensemble, name, ax)}, by band", settings)
    return ax


def ridgeline(
    ensembles: Sequence[Ensemble], name: str = "warmth", month: When | None = None, ax: Axes | None = None, **settings: Any
) -> Axes:
    """Return the distributions of many scenarios at one date, one above the other, the warmest median on top.

    Parameters
    ----------
    ensembles : sequence of Ensemble
        From `simulate` or `read_run`.
    name : str
        An index or a factor of all.
    month : int, date or str, optional
        A month or a day. Default: the last month that all simulate.
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
    require_several(ensembles, Ensemble, "ridgeline()")
    at = month_of(month, ensembles[0].plan.begins, min(one.horizon for one in ensembles))
    tables = [at_month(one.quantiles(name, [0.1, 0.5, 0.9]), at).value for one in ensembles]
    order = np.argsort([table.iloc[1] for table in tables], kind="stable")
    labels = [ensembles[place].heading for place in order]
    ax = new_axes(ax, (7.2, 1.5 + inches_of_rows(labels, 0.55, 8, 40, 5)), of_ensembles(*ensembles))
    # one bin a point, smoothed over three: what is left is the shape, not the sampling
    shares = [_by_point(ensembles[place], name, at) for place in order]
    top = max(share.max() for share in shares)
    size = name_rows(ax, labels, 8, 40, 5)
    for row, (place, share) in enumerate(zip(order, shares, strict=True)):
        heights = row + 0.95 * share / top
        ax.fill_between(np.arange(100) + 0.5, row, heights, color=palette().bars, linewidth=0, zorder=2 * (len(order) - row))
        ax.plot(np.arange(100) + 0.5, heights, color="white", linewidth=1.2, zorder=2 * (len(order) - row))
        low, median, high = tables[place]
        ax.plot([low, high], [row, row], color=palette().median, linewidth=1.2, zorder=99)
        ax.plot(median, row, "o", color=palette().median, markersize=4, zorder=100)
        beside(ax, f"{median:.0f}", row, fontsize=size)
    ax.set_ylim(-0.35, len(order) + 0.4)
    used = np.flatnonzero(np.sum(shares, axis=0) > 1e-3)
    ax.set_xlim(max(used[0] - 2, 0), min(used[-1] + 3, 100))
    if all(name in one.indices for one in ensembles):
        _name_bands(ensembles, name, ax)
    told = f"points on {ensembles[0].dates[at]:%Y-%m-%d} (dot and number: median, line: 80 % of draws)"
    label_below(ax, told)
    label = ensembles[0].scenario.label_of(name)
    finish(ax, capital(label), settings, rows=True)
    return ax


def _name_bands(ensembles: Sequence[Ensemble], name: str, ax: Axes) -> None:
    """Draw the edges of the bands of an index with their names at the top, where all scenarios have the same."""
    if len({ensemble.scenario.bands_of(name).model_dump_json() for ensemble in ensembles}) > 1:
        return
    low, high = ax.get_xlim()
    edges = band_edges(ensembles[0], name)
    for a, b, label in zip(edges, edges[1:], ensembles[0].scenario.bands_of(name).names, strict=False):
        if low < a < high:
            ax.axvline(a, color=palette().quiet, linewidth=0.6, linestyle=":", zorder=98)
        left, right = max(a, low), min(b, high)
        if len(label) < (right - left) / (high - low) * letters_in((1 - NAMES) * page_of(ax)[0], 7):
            middle = ((left + right) / 2, 0.985)
            where: dict[str, Any] = {"xycoords": ("data", "axes fraction"), "ha": "center", "va": "top"}
            ax.annotate(literal(label), middle, fontsize=scaled(7), color=palette().quiet, **where)


def _by_point(ensemble: Ensemble, name: str, month: int) -> Floats:
    share = ensemble.histogram(name, month).to_numpy() / ensemble.n_effective
    return np.asarray(np.convolve(share, [0.25, 0.5, 0.25], mode="same"))
