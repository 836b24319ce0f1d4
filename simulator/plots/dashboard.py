"""A page of all views of one ensemble."""

from typing import Any

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from simulator.ensemble.ensemble import Ensemble
from simulator.plots.distribution import bands, distribution
from simulator.plots.events import events
from simulator.plots.fan import factors, fan
from simulator.plots.style import caption, require


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
