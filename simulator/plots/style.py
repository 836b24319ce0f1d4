"""How plots look: colours that stay apart in grey, type that fits, dates on the axis, and what a picture rests on."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from textwrap import wrap
from typing import Any, Literal

import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib import dates as mdates
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import ScaledTranslation, blended_transform_factory

from simulator import __version__
from simulator.analysis.comparison import Comparison
from simulator.ensemble.ensemble import Ensemble
from simulator.errors import Refused, suggestion
from simulator.report.layout import effective
from simulator.report.wording import capital
from simulator.scenario.calendar import end_of_step
from simulator.scenario.known import known_steps
from simulator.scenario.schema import Scenario


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
_size: ContextVar[tuple[float, float] | None] = ContextVar("size", default=None)

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
def style(name: str | None = None, *, size: tuple[float, float] | None = None, dpi: float | None = None) -> Iterator[None]:
    """Return a context in which plots are drawn for a paper, for a screen, or in greys, and figures have a size.

    Parameters
    ----------
    name : {"paper", "screen", "grey"}, optional
        Default: the style that is in force.
    size : (width, height), optional
        Inches of the figures that plots make. Default: what suits the plot.
    dpi : float, optional
        Points to the inch of a picture that is saved.

    Raises
    ------
    Refused
        No style has that name.

    Examples
    --------
    >>> from simulator import plots, read_scenario, simulate
    >>> with plots.style("grey", size=(8, 5)):
    ...     ax = plots.fan(simulate(read_scenario("baseline"), 500))
    >>> ax.figure.get_size_inches().tolist()
    [8.0, 5.0]
    """
    if name is not None and name not in STYLES:
        raise Refused(f"no style is called {name!r}" + suggestion(name, STYLES))
    colours = _palette.get() if name is None else GREYS if name == "grey" else COLOURS
    tokens = _palette.set(colours), _size.set(size or _size.get())
    settings = {**STYLES.get(name or "", {}), **({} if dpi is None else {"savefig.dpi": dpi})}
    try:
        with plt.rc_context(settings):  # type: ignore[arg-type]  # the stubs spell out every key
            yield
    finally:
        _palette.reset(tokens[0])
        _size.reset(tokens[1])


# --- figures, and what they rest on ---


def size_in_force() -> tuple[float, float] | None:
    """Return the size that figures have by the style in force, inches; None where each plot has its own."""
    return _size.get()


def new_figure(size: tuple[float, float], told: str, layout: Literal["constrained"] | None = "constrained") -> Figure:
    """Return a new figure of the size in force, or else of its own, that says at its foot what it rests on."""
    figure = plt.figure(figsize=size_in_force() or size, layout=layout)
    width = letters_in(figure.get_figwidth(), 6.5)
    figure.supxlabel(folded(told, width), x=0.01, ha="left", fontsize=scaled(6.5), color=palette().quiet)
    return figure


def new_axes(ax: Axes | None, size: tuple[float, float], told: str) -> Axes:
    """Return the axes given, or those of a new figure that says at its foot what it rests on."""
    return new_figure(size, told).add_subplot() if ax is None else ax


def rests_on(scenarios: Sequence[Scenario], draws: str = "", seeds: Iterable[int] = ()) -> str:
    """Return what a picture rests on: its draws and seed, whose numbers of which day, what is known, the version."""
    seeds = sorted(set(seeds))
    parts = [f"{draws}, seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))}"] if draws else []
    parts += dict.fromkeys(_numbers_of(scenario) for scenario in scenarios)
    parts += dict.fromkeys(known for scenario in scenarios if (known := _known_of(scenario)))
    return "; ".join([*parts, f"relsim {__version__}"])


def of_ensembles(*ensembles: Ensemble) -> str:
    """Return what a picture of ensembles rests on."""
    draws = " and ".join(dict.fromkeys(effective(one) for one in ensembles))
    return rests_on([one.scenario for one in ensembles], draws, (one.seed for one in ensembles))


def of_comparisons(*comparisons: Comparison) -> str:
    """Return what a picture of comparisons rests on."""
    draws = " and ".join(dict.fromkeys(f"{effective(one)} of the same worlds" for one in comparisons))
    scenarios = [one.scenario for pair in comparisons for one in (pair.base, pair.other)]
    return rests_on(scenarios, draws, (one.base.seed for one in comparisons))


def _numbers_of(scenario: Scenario) -> str:
    start = "" if scenario.begins == scenario.as_of else f", from {scenario.begins}"
    return f"{scenario.relationship or 'numbers'} as of {scenario.as_of}{start}"


def _known_of(scenario: Scenario) -> str:
    known = known_steps(scenario)
    return f"known to {end_of_step(scenario.begins, known)}" if scenario.begins is not None and known else ""


# --- type ---

# Inches of axes under which ordinary type is set smaller.
NARROW = 3.4
# Width of a letter, and height of a line, as shares of the size of type.
LETTER, LINE = 0.54, 1.2
# Of a figure of rows: the share of its width that their names may take, and inches of its height that are no rows.
NAMES, AROUND = 0.46, 1.3


def scaled(size: float) -> float:
    """Return a size of type in the style in force: sizes are quoted for matplotlib's ordinary 10 points."""
    return size * float(mpl.rcParams["font.size"]) / 10


def letters_in(inches: float, fontsize: float) -> int:
    """Return about how many letters of a size of type fit into a width."""
    return max(int(inches * 72 / (LETTER * scaled(fontsize))), 8)


def letters(ax: Axes, fontsize: float) -> int:
    """Return about how many letters fit over axes."""
    return letters_in(width_of(ax), fontsize)


def literal(text: str) -> str:
    """Return text that matplotlib prints as it stands: a dollar sign would start mathematics.

    Examples
    --------
    >>> literal("a $60 cap")
    'a \\\\$60 cap'
    """
    return text.replace("$", r"\$")


def folded(text: str, width: int, most: int | None = None) -> str:
    """Return text on lines of at most some letters, to be printed as it stands; of more than `most` lines the end is cut.

    Examples
    --------
    >>> folded("The two presidents meet in person", 14), folded("The two presidents meet in person", 14, 2)
    ('The two\\npresidents\\nmeet in person', 'The two\\npresidents ...')
    """
    lines = [line.replace("\u00a0", " ") for line in wrap(text.replace(" %", "\u00a0%"), width, break_on_hyphens=False)]
    if most is not None and len(lines) > most:
        lines = [*lines[: most - 1], short(" ".join(lines[most - 1 :]), width)]
    return literal("\n".join(lines))


def short(label: str, length: int) -> str:
    """Return a label of at most some letters, its end cut with a mark."""
    return label if len(label) <= length else label[: length - 3].rsplit(" ", 1)[0] + " ..."


# --- axes ---


def require(value: object, kind: type, who: str, remedy: str = "") -> None:
    """Raise Refused where something else than a plot shows is given, and say how to get it."""
    if not isinstance(value, kind):
        remedies = {"Ensemble": "simulate(scenario)", "Scenario": "read_scenario(FILE)", "Ledger": "explain(ensemble)"}
        remedies |= {"Comparison": "compare(base, other)", "Score": "score(ensemble, record)", "Learned": "learn(scenario)"}
        told = remedy or remedies.get(kind.__name__, "outlook(read_outlook(FILE))")
        raise Refused(f"{who} draws the {kind.__name__} that {told} returns; found {type(value).__name__}")


def require_several(values: object, kind: type, who: str) -> None:
    """Raise Refused where a plot of several things is given none, or something else."""
    wanted = f"{who} draws a list, each one {kind.__name__}; found"
    if not isinstance(values, Sequence) or isinstance(values, str):
        raise Refused(f"{wanted} {type(values).__name__}")
    if not values:
        raise Refused(f"{wanted} an empty one")
    for one in values:
        require(one, kind, who)


def width_of(ax: Axes) -> float:
    """Return the width of axes in inches."""
    return float(ax.bbox.width / ax.figure.dpi)


def height_of(ax: Axes) -> float:
    """Return the height of axes in inches."""
    return float(ax.bbox.height / ax.figure.dpi)


def is_narrow(ax: Axes) -> bool:
    """Tell whether axes are about as wide as a column of text, so that type must be smaller."""
    return width_of(ax) < NARROW * scaled(1)


def page_of(ax: Axes) -> tuple[float, float]:
    """Return the width and height of the figure, or the part of one, that axes stand in, inches."""
    box, dpi = ax.figure.bbox, ax.figure.dpi
    return float(box.width / dpi), float(box.height / dpi)


def is_alone(ax: Axes) -> bool:
    """Tell whether axes are all that their figure, or their part of one, shows, so that it has no other title."""
    return len(ax.figure.axes) == 1


def finish(ax: Axes, title: str, settings: Mapping[str, Any], *, rows: bool = False) -> None:
    """Set the title of axes, on as many lines as it needs, and what a caller wants set; a title of his takes its place.

    Parameters
    ----------
    ax : Axes
    title : str
    settings : mapping
        For `ax.set`.
    rows : bool
        Whether names of rows stand at the left: the title of axes that are alone then begins above them.
    """
    rest = dict(settings)
    set_title(ax, str(rest.pop("title", title)), rows=rows)
    ax.set(**rest)


def set_title(ax: Axes, text: str, *, rows: bool = False) -> None:
    """Set a title on as many lines as it needs, and smaller type throughout where the axes are narrow."""
    narrow, alone, over = is_narrow(ax), is_alone(ax), rows and is_alone(ax)
    inches = page_of(ax)[0] * (0.98 if over else 0.88) if alone else width_of(ax)
    if rows and not alone and ax.figure.get_layout_engine() is not None:
        inches *= 1 - NAMES  # names will take their room
    size = 8.5 if narrow and not over else 11
    if len(text) > letters_in(inches, size):
        size = min(size, 9.5)
    # where it stands is said, for to look for a free place takes a fifth of the time of a page
    title = ax.set_title(folded(text, letters_in(inches, size)), loc="left", y=1.0, fontsize=scaled(size))
    if over:
        pad = ScaledTranslation(0, float(mpl.rcParams["axes.titlepad"]) / 72, ax.figure.dpi_scale_trans)
        title.set_transform(blended_transform_factory(ax.figure.transSubfigure, ax.transAxes) + pad)
        title.set_x(0.01)
    if narrow:
        ax.tick_params(labelsize=scaled(7))
        ax.xaxis.label.set_fontsize(scaled(7))
        ax.yaxis.label.set_fontsize(scaled(7.5))


def title_of(ensemble: Ensemble, name: str, ax: Axes) -> str:
    """Return the label of a factor or an index as the title of axes, after the scenario's heading where they are alone."""
    label = ensemble.scenario.label_of(name)
    return f"{ensemble.heading}: {label}" if is_alone(ax) else capital(label)


def inches_of_rows(labels: Sequence[str], least: float, fontsize: float, width: int, most: int) -> float:
    """Return the height of rows that are named by labels on as many lines as they need, in inches, each at least so high."""
    lines = max((folded(label, width, most).count("\n") + 1 for label in labels), default=1)
    return max(least, (lines * LINE * fontsize + 5) / 72) * len(labels)


def name_rows(
    ax: Axes, labels: Sequence[str], fontsize: float = 7.5, width: int = 52, most: int = 2, bold: Iterable[int] = ()
) -> float:
    """Name the rows 0, 1, ... of axes at their left; return the size of type that fits a row, in the style in force.

    Parameters
    ----------
    ax : Axes
    labels : sequence of str
    fontsize : float
        Points, where a row is high enough.
    width, most : int
        Letters of a line, and lines; less where there is no room.
    bold : iterable of int
        Rows that are marked by bold type.
    """
    # a layout will give axes more than they have at first
    height = height_of(ax) * (1.0 if ax.figure.get_layout_engine() is None else 1.2)
    if is_alone(ax):
        height = max(page_of(ax)[1] - AROUND, height / 2)
    row = 72 * height / max(len(labels), 1)
    size = min(scaled(fontsize), max(row / LINE, 3.0))
    if is_alone(ax):
        width = min(width, int(NAMES * page_of(ax)[0] * 72 / (LETTER * size)))
    lines = min(max(int(row / (LINE * size)), 1), most)
    ax.set_yticks(range(len(labels)), [folded(label, width, lines) for label in labels], fontsize=size)
    for place in bold:
        ax.get_yticklabels()[place].set_fontweight("bold")
    return size


def label_below(ax: Axes, text: str, fontsize: float = 8) -> None:
    """Label the horizontal axis of rows, on as many lines as it needs beside their names."""
    # beneath the names there is room, too
    inches = (1 - NAMES) * page_of(ax)[0] if is_alone(ax) else 1.4 * width_of(ax)
    lines = [folded(line, letters_in(inches, fontsize)) for line in text.split("\n")]
    ax.set_xlabel("\n".join(lines), fontsize=scaled(fontsize))


def legend_below(ax: Axes, **settings: Any) -> None:
    """Draw the legend of axes below their label, where nothing that is drawn crosses it; its right end is theirs."""
    label = ax.get_xlabel()
    lines = label.count("\n") + 1 if label else 0
    points = scaled(21 + lines * LINE * 8)
    below = ax.transAxes + ScaledTranslation(0, -points / 72, ax.figure.dpi_scale_trans)
    where: dict[str, Any] = {"bbox_to_anchor": (1.0, 0.0), "bbox_transform": below, "borderaxespad": 0}
    ax.legend(loc="upper right", frameon=False, fontsize=scaled(8), **where, **settings)


def beside(ax: Axes, text: str, y: float, **settings: Any) -> None:
    """Write a text beside a row, right of the axes."""
    ax.annotate(
        text,
        (1.01, y),
        xycoords=("axes fraction", "data"),
        va="center",
        annotation_clip=False,
        **{"fontsize": scaled(8), "color": palette().median, **settings},
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
