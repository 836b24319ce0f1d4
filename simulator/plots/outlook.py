"""The fan of an outlook: the mixture, and the median of each scenario."""

from collections.abc import Sequence
from textwrap import fill
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

from simulator.analysis.outlook import Outlook
from simulator.ensemble.ensemble import Ensemble
from simulator.plots.style import (
    COLOURS,
    apply,
    band_edges,
    date_axis,
    intervals,
    is_narrow,
    letters,
    new_axes,
    palette,
    plain,
    set_title,
    title_of,
)

# Okabe & Ito's colours besides the blue of the fan, each with dashes of its own, so that lines differ in grey too.
LINES = (
    ("#404040", "-"),
    ("#d55e00", (0, (5, 1.5))),
    ("#007a59", (0, (1.5, 1.2))),
    ("#8c510a", (0, (5, 1.5, 1, 1.5))),
    ("#b5448d", (0, (9, 2))),
    ("#5e3c99", (0, (3, 1, 1, 1, 1, 1))),
)


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
    ax = new_axes(ax, (7.6, 4.0))
    wide = pooled.quantiles(name).value.unstack("probability")
    handles: list[Any] = [
        ax.fill_between(pooled.dates, wide[low], wide[high], color=colour, linewidth=0, label=coverage, zorder=2)
        for low, high, coverage, colour in intervals()
    ]
    handles += ax.plot(pooled.dates, wide[0.5], color=palette().median, linewidth=2.4, label="median of all", zorder=3)
    low, high = wide.min(axis=None), wide.max(axis=None)
    ax.set_ylim(max(0.0, 5 * np.floor((low - 4) / 5)), min(100.0, 5 * np.ceil((high + 6) / 5)))
    first, narrow = pooled.ensembles[0], is_narrow(ax)
    if name in pooled.indices:
        _paint_bands(first, name, ax)
    lines = _draw_medians(pooled, name, ax)
    date_axis(ax, first)
    ax.set_ylabel("points (50 is neutral)")
    set_title(ax, fill(f"{plain(pooled.title)}: {title_of(first, name)}", letters(ax, 8.5 if narrow else 11)))
    if narrow:
        beneath: dict[str, Any] = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.12), "ncols": 2, "fontsize": 6.5}
        ax.legend(handles=[*handles[::-1], *lines], frameon=False, handlelength=2.4, **beneath)
    else:
        _name_lines(lines, ax)
        ax.legend(handles=handles[::-1], loc="upper left", ncols=4, frameon=False, fontsize=8)
    apply(ax, settings)
    return ax


def _paint_bands(first: Ensemble, name: str, ax: Axes) -> None:
    """Paint the bands of an index behind a fan, with their names at its left edge."""
    bottom, top = ax.get_ylim()
    edges = band_edges(first, name)
    for number, (a, b, label) in enumerate(zip(edges, edges[1:], first.scenario.bands_of(name).names, strict=False)):
        ax.axhspan(a, b, color="#f4f4f4" if number % 2 else "#ffffff", zorder=0, linewidth=0)
        ax.axhline(a, color=palette().quiet, linewidth=0.6, linestyle=":", zorder=2.5)
        if bottom <= a < top - (top - bottom) / 10:
            ax.annotate(plain(label), (0.01, a + 0.3), xycoords=("axes fraction", "data"), fontsize=7, color=palette().quiet)


def _draw_medians(pooled: Outlook, name: str, ax: Axes) -> list[Line2D]:
    """Draw the median of each scenario."""
    halo = [withStroke(linewidth=2.6, foreground="white")]
    lines = []
    for n, (one, probability) in enumerate(zip(pooled.ensembles, pooled.probabilities, strict=True)):
        colour, dashes = LINES[n % len(LINES)]
        colour = colour if palette() is COLOURS else palette().median
        (line,) = ax.plot(pooled.dates, one.quantiles(name, [0.5]).value, color=colour, linestyle=dashes, linewidth=1.1)
        line.set(zorder=4, path_effects=halo)
        line.set_label(f"{plain(one.scenario.title)}  {100 * probability:.4g} %")
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
