"""How plots look: colours that stay apart in grey, type that fits the width, dates on the axis."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from textwrap import fill, wrap
from typing import Any

import matplotlib.pyplot as plt
from matplotlib import dates as mdates
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simulator.ensemble.ensemble import Ensemble
from simulator.errors import Refused, suggestion
from simulator.report.layout import effective


@dataclass(frozen=True)
class Palette:
    """The colours of plots; all of them stay apart in grey."""

    intervals: tuple[str, str, str]  # of 95, 80 and 50 %
    median: str
    quiet: str
    bars: str
    base: str
    other: str
    bands: str  # a colour map from cold to warm


# Okabe & Ito's blue in tints whose lightness falls by steps of about 20 %; vermilion for what is compared with it.
COLOURS = Palette(("#cfe0ee", "#93bcdb", "#4a8fbf"), "#0b2f4a", "#6b6b6b", "#93bcdb", "#0072b2", "#d55e00", "cividis")
GREYS = Palette(("#dedede", "#b4b4b4", "#848484"), "#141414", "#6b6b6b", "#b4b4b4", "#3d3d3d", "#a8a8a8", "gray")

_palette: ContextVar[Palette] = ContextVar("palette", default=COLOURS)

# What each style sets of matplotlib: a page of a paper, a screen or a projector, and a page without colours.
STYLES: dict[str, dict[str, Any]] = {
    "paper": {"font.family": "serif", "font.size": 9, "axes.linewidth": 0.6, "savefig.dpi": 300},
    "screen": {"font.size": 12, "axes.titlesize": 15, "lines.linewidth": 2.0, "figure.dpi": 120},
    "grey": {"savefig.dpi": 300, "image.cmap": "gray"},
}


def palette() -> Palette:
    """Return the colours in force."""
    return _palette.get()


def intervals() -> tuple[tuple[float, float, str, str], ...]:
    """Return the central intervals that a fan shows, widest first: ends, coverage, colour."""
    ends = ((0.025, 0.975, "95 %"), (0.1, 0.9, "80 %"), (0.25, 0.75, "50 %"))
    return tuple((*end, colour) for end, colour in zip(ends, palette().intervals, strict=True))


@contextmanager
def style(name: str) -> Iterator[None]:
    """Return a context in which plots are drawn for a paper, for a screen, or in greys.

    Parameters
    ----------
    name : {"paper", "screen", "grey"}

    Raises
    ------
    Refused
        No style has that name.

    Examples
    --------
    >>> from simulator import plots, read_scenario, simulate
    >>> with plots.style("grey"):
    ...     ax = plots.fan(simulate(read_scenario("baseline"), 500))
    """
    if name not in STYLES:
        raise Refused(f"no style is called {name!r}" + suggestion(name, STYLES))
    token = _palette.set(GREYS if name == "grey" else COLOURS)
    try:
        with plt.rc_context(STYLES[name]):  # type: ignore[arg-type]  # the stubs spell out every key
            yield
    finally:
        _palette.reset(token)


# Inches of axes under which text is set smaller.
NARROW = 3.4


def literal(text: str) -> str:
    """Return text that matplotlib prints as it stands: a dollar sign would start mathematics.

    Examples
    --------
    >>> literal("a $60 cap")
    'a \\\\$60 cap'
    """
    return text.replace("$", r"\$")


def require(value: object, kind: type, who: str) -> None:
    """Raise Refused where something else than a plot shows is given, and say how to get it."""
    if not isinstance(value, kind):
        remedy = {"Ensemble": "simulate(scenario)", "Scenario": "read_scenario(FILE)", "Ledger": "explain(ensemble)"}
        remedy |= {"Comparison": "compare(base, other)", "Score": "score(ensemble, record)", "Learned": "learn(scenario)"}
        told = remedy.get(kind.__name__, "outlook(read_outlook(FILE))")
        raise Refused(f"{who} draws the {kind.__name__} that {told} returns; found {type(value).__name__}")


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


def apply(ax: Axes, settings: Mapping[str, Any]) -> None:
    """Set what a caller wants of axes; a title takes the place of the plot's own."""
    rest = dict(settings)
    if "title" in rest:
        set_title(ax, literal(rest.pop("title")))
    ax.set(**rest)


def title_of(ensemble: Ensemble, name: str) -> str:
    """Return the label of a factor or an index, as a title."""
    label = literal(ensemble.scenario.label_of(name))
    return label[:1].upper() + label[1:]


def beside(ax: Axes, text: str, y: float, **settings: Any) -> None:
    """Write a text beside a row, right of the axes."""
    ax.annotate(
        text,
        (1.01, y),
        xycoords=("axes fraction", "data"),
        va="center",
        annotation_clip=False,
        **{"fontsize": 8, "color": palette().median, **settings},
    )


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
    told = f"{literal(ensemble.scenario.heading)}: {effective(ensemble)}, seed {ensemble.seed}"
    width = int(figure.get_figwidth() * 72 / (0.55 * fontsize))  # a letter is about half as wide as high
    figure.suptitle(fill(told, width), fontsize=fontsize, ha="left", x=0.01)


def two_lines(label: str, width: int = 44) -> str:
    """Return a label on at most two lines, its end cut with a mark where it needs more."""
    lines = wrap(literal(label), width)
    return "\n".join(lines if len(lines) <= 2 else [lines[0], short(lines[1] + " " + lines[2], width)])


def short(label: str, length: int) -> str:
    """Return a label of at most some letters, its end cut with a mark."""
    return label if len(label) <= length else label[: length - 3].rsplit(" ", 1)[0] + " ..."
