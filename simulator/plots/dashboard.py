"""A page of all views of one ensemble."""

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simulator.ensemble.ensemble import Ensemble
from simulator.plots.distribution import bands, distribution
from simulator.plots.events import events, listed
from simulator.plots.fan import factors, fan
from simulator.plots.style import LETTER, folded, new_figure, of_ensembles, require, scaled, size_in_force

# Inches of a page: its width, its parts, and what stands between them. Fixed places, for a layout that measures every text
# takes as long as all that is drawn.
WIDTH = 12.0
TOP, BANDS, FACTOR, EVENT = 3.6, 2.3, 0.9, 0.27
GAP, BETWEEN, FOOT = 0.85, 0.58, 0.72


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
    require(ensemble, Ensemble, "dashboard()")
    columns = min(2, len(ensemble.factors))
    rows = -(-len(ensemble.factors) // columns)
    fixed = GAP + BETWEEN * (rows - 1)
    lower = max(fixed + BANDS + FACTOR * rows, EVENT * max(len(listed(ensemble)), 3))
    title = folded(ensemble.heading, int(WIDTH * 72 / (LETTER * 13)))
    page = (WIDTH, 0.5 + 0.24 * (title.count("\n") + 1) + TOP + GAP + lower + FOOT)
    size = size_in_force()
    unit = scaled(1) if size is None else min(size[0] / page[0], size[1] / page[1])
    with plt.rc_context({"font.size": 10 * unit}):  # the page in ordinary type, larger or smaller as a whole
        figure = new_figure((unit * page[0], unit * page[1]), of_ensembles(ensemble), None)
        figure.suptitle(title, x=0.01, y=1 - 0.08 / page[1], ha="left", va="top", fontsize=scaled(13))
        _fill(figure, page, lower, ensemble, name)
    return figure


def _fill(figure: Figure, page: tuple[float, float], lower: float, ensemble: Ensemble, name: str) -> None:
    """Draw all views on a page of some inches, whose lower half has some height."""

    def place(left: float, right: float, bottom: float, height: float) -> Axes:
        return figure.add_axes((left / page[0], bottom / page[1], (right - left) / page[0], height / page[1]))

    number, columns = len(ensemble.factors), min(2, len(ensemble.factors))
    rows, wide = -(-number // columns), 5.6 / columns
    stretch = (lower - GAP - BETWEEN * (rows - 1)) / (BANDS + FACTOR * rows)
    upper = [place(left, right, FOOT + lower + GAP, TOP) for left, right in ((0.6, 5.3), (7.0, 11.8))]
    shares = place(0.85, 4.85, FOOT + lower - stretch * BANDS, stretch * BANDS)
    small = []
    for n in range(number):
        left, bottom = 0.6 + wide * (n % columns), FOOT + (rows - 1 - n // columns) * (stretch * FACTOR + BETWEEN)
        small.append(place(left, left + wide - 0.45, bottom, stretch * FACTOR))
    fan(ensemble, name, upper[0])
    distribution(ensemble, name, ax=upper[1])
    bands(ensemble, name, shares)
    factors(ensemble, small)
    events(ensemble, place(9.0, 11.45, FOOT, lower))
