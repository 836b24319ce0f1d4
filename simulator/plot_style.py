"""How plots look: colours that stay apart in grey, type that fits the width, dates on the axis."""

from textwrap import fill, wrap

import matplotlib.pyplot as plt
from matplotlib import dates as mdates
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simulator.ensemble import Ensemble

# Okabe & Ito's blue, in tints that stay apart in grey: their lightness falls by steps of about 20 %.
INTERVALS = ((0.025, 0.975, "95 %", "#cfe0ee"), (0.1, 0.9, "80 %", "#93bcdb"), (0.25, 0.75, "50 %", "#4a8fbf"))
MEDIAN = "#0b2f4a"
QUIET = "#6b6b6b"
# Inches of axes under which text is set smaller.
NARROW = 3.4


def plain(text: str) -> str:
    """Return text that matplotlib prints as it stands: a dollar sign would start mathematics.

    Examples
    --------
    >>> plain("a $60 cap")
    'a \\\\$60 cap'
    """
    return text.replace("$", r"\$")


def new_axes(ax: Axes | None, size: tuple[float, float] = (6.4, 3.8)) -> Axes:
    """Return the axes given, or those of a new figure."""
    if ax is not None:
        return ax
    return plt.figure(figsize=size, layout="constrained").add_subplot()


def width_of(ax: Axes) -> float:
    """Return the width of axes in inches."""
    return float(ax.bbox.width / ax.figure.dpi)


def is_narrow(ax: Axes) -> bool:
    """Tell whether axes are about as wide as a column of text, so that type must be smaller."""
    return width_of(ax) < NARROW


def letters(ax: Axes, fontsize: float) -> int:
    """Return about how many letters fit over axes: one is half its size wide."""
    return int(width_of(ax) * 72 / (0.5 * fontsize))


def set_title(ax: Axes, text: str) -> None:
    """Set a title, and smaller type throughout where the axes are narrow."""
    narrow = is_narrow(ax)
    ax.set_title(text, loc="left", fontsize=8.5 if narrow else 11)
    if narrow:
        ax.tick_params(labelsize=7)
        ax.xaxis.label.set_fontsize(7.5)
        ax.yaxis.label.set_fontsize(7.5)


def title_of(ensemble: Ensemble, name: str) -> str:
    """Return the label of a factor or an index, as a title."""
    label = plain(ensemble.scenario.label_of(name))
    return label[:1].upper() + label[1:]


def date_axis(ax: Axes, ensemble: Ensemble) -> None:
    """Make the horizontal axis one of dates, from the start to the horizon."""
    locator = mdates.AutoDateLocator(minticks=3, maxticks=4 if is_narrow(ax) else 6)
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(mdates.ConciseDateFormatter(locator))
    ax.set_xlim(ensemble.dates[0], ensemble.dates[-1])


def band_edges(ensemble: Ensemble, name: str) -> list[float]:
    """Return the ends of an index's bands, from 0 to 100."""
    return [0.0, *ensemble.scenario.bands_of(name).cuts, 100.0]


def caption(figure: Figure, ensemble: Ensemble, fontsize: float) -> None:
    """Say above a figure which run it shows."""
    told = f"{plain(ensemble.scenario.title)}: {ensemble.n_draws:,} draws, seed {ensemble.seed}"
    width = int(figure.get_figwidth() * 72 / (0.55 * fontsize))  # a letter is about half as wide as high
    figure.suptitle(fill(told, width), fontsize=fontsize, ha="left", x=0.01)


def two_lines(label: str, width: int = 44) -> str:
    """Return a label on at most two lines, its end cut with a mark where it needs more."""
    lines = wrap(plain(label), width)
    return "\n".join(lines if len(lines) <= 2 else [lines[0], short(lines[1] + " " + lines[2], width)])


def short(label: str, length: int) -> str:
    """Return a label of at most some letters, its end cut with a mark."""
    return label if len(label) <= length else label[: length - 3].rsplit(" ", 1)[0] + " ..."
