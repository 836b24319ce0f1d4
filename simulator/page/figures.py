"""Figures for a page: matplotlib draws each once, as SVG whose marks have names, for a script to move on fixed axes."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import StringIO
from typing import NamedTuple

import matplotlib.pyplot as plt
from matplotlib import dates as mdates
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from simulator import plots
from simulator.ensemble.ensemble import Ensemble
from simulator.scenario.numbers import median

# Inches of a figure that moves, and points of its type: legible on a phone, whose page is as wide as the figure in points.
SIZE, TYPE = (5.4, 3.7), 8.5
# What an SVG may leave out: matplotlib writes each number with six decimals, and names ten fonts for each text.
DECIMALS = re.compile(r"(\d\.\d)\d+")
FONTS = re.compile(r"font-family: [^;\"]*;? ?")
HEAD = re.compile(r"^.*?(?=<svg)", re.DOTALL)
METADATA = re.compile(r" *<metadata>.*?</metadata>\n", re.DOTALL)
SPACES = re.compile(r" *\n *")
REFERENCES = re.compile(r'(id="|href="#|url\(#)')
# The size in points is the figure's own; on a page its column decides.
FIXED = re.compile(r' width="[^"]*pt" height="[^"]*pt"')


class Drawn(NamedTuple):
    """A figure as SVG, and where its marks stand: what a script needs to move them."""

    svg: str
    prefix: str  # before the name of each mark
    x: list[float]  # of each shown month, in units of the SVG
    y: list[float]  # of the ends of `limits`
    limits: list[float]


@contextmanager
def page_style(size: float = TYPE) -> Iterator[None]:
    """Return a context in which figures are drawn for a page: text as text, always the same names."""
    settings = {"svg.fonttype": "none", "svg.hashsalt": "relsim", "font.size": size, "axes.facecolor": "none"}
    with plt.rc_context(settings):  # type: ignore[arg-type]  # the stubs spell out every key
        yield


def fans(ensemble: Ensemble, name: str, months: Sequence[int], behind: Ensemble | None = None) -> Drawn:
    """Return the fan of an index with another's behind it, on axes that hold it under any weights.

    Parameters
    ----------
    ensemble : Ensemble
    name : str
        An index.
    months : sequence of int
        The months at which its marks can be moved.
    behind : Ensemble, optional
        Default: its own, which shows once the fan has moved.
    """
    with page_style(), plots.style(size=SIZE):
        ax = plots.fan(ensemble, name, behind=behind or ensemble, ylim=_limits(ensemble, name), windows=False, title="")
        return _drawn(ax, f"fan-{name}", ensemble, months)


def shares(ensemble: Ensemble, name: str, months: Sequence[int]) -> Drawn:
    """Return the probability of each band of an index over time."""
    with page_style(), plots.style(size=(SIZE[0], 3.1)):
        ax = plots.bands(ensemble, name, title="")
        return _drawn(ax, f"bands-{name}", ensemble, months)


def still(ax: Axes, prefix: str) -> str:
    """Return a figure that does not move as SVG."""
    return _svg(_closed(ax), prefix)


def _limits(ensemble: Ensemble, name: str) -> tuple[float, float]:
    """Return ends of the scale that hold the fan, and half the draws of each factor that its index is made of."""
    plan = ensemble.plan
    rows = plan.weights[plan.indices.index(name)]
    middles = {plan.factors[factor]: median(plan.numbers[key], key.kind) for factor, key in rows}
    weights = {factor: weight for factor, weight in middles.items() if weight != 0}
    own = ensemble.quantiles(name, [0.025, 0.975]).value
    quartiles = ensemble.quantiles(list(weights), [0.25, 0.75]).value
    ends = [quartiles[factor] if weight >= 0 else 100 - quartiles[factor] for factor, weight in weights.items()]
    low, high = min(own.min(), *(end.min() for end in ends)), max(own.max(), *(end.max() for end in ends))
    return max(0.0, 5.0 * (low // 5) - 5), min(100.0, 5.0 * (high // 5) + 10)


def _closed(ax: Axes) -> Figure:
    """Return the figure of axes without what stands at its foot; halos are drawn by the page's style, letters as letters."""
    figure = ax.figure
    assert isinstance(figure, Figure)  # plots make them
    figure.set_layout_engine("constrained")
    figure.supxlabel("")  # the page says for all figures what they rest on
    for text in figure.findobj(Text):
        if text.get_path_effects():
            text.set_path_effects([])
            text.set_gid("halo")
    plt.close(figure)
    return figure


def _drawn(ax: Axes, prefix: str, ensemble: Ensemble, months: Sequence[int]) -> Drawn:
    figure = _closed(ax)
    svg, height, scale = _svg(figure, prefix), figure.get_figheight() * 72, 72 / figure.dpi
    low, high = ax.get_ylim()
    days = [float(mdates.date2num(ensemble.dates[month])) for month in months]
    at = ax.transData.transform([*((day, low) for day in days), (days[0], high)]) * scale
    x, y = at[:-1, 0].round(2).tolist(), (height - at[[0, -1], 1]).round(2).tolist()
    return Drawn(svg, prefix, x, y, [float(low), float(high)])


def _svg(figure: Figure, prefix: str) -> str:
    """Return a figure as SVG for a page: ids begin with a prefix, for a page has several figures."""
    figure.savefig(out := StringIO(), format="svg", transparent=True, metadata={"Date": None})
    text = METADATA.sub("", HEAD.sub("", out.getvalue()))
    text = SPACES.sub("\n", text)
    text = FIXED.sub("", DECIMALS.sub(r"\1", FONTS.sub("", text)), count=1)
    return REFERENCES.sub(rf"\g<1>{prefix}-", text.replace('id="halo"', 'class="halo"'))
