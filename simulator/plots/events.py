"""When events happen first, and how likely they are."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from simulator.ensemble.ensemble import Ensemble
from simulator.plots.style import apply, beside, date_axis, new_axes, palette, require, two_lines
from simulator.report.wording import percent


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
    require(ensemble, Ensemble, "events()")
    possible = [event.name for event in ensemble.plan.events if event.first <= event.last]
    table = ensemble.events().loc[possible]
    table = table.iloc[np.argsort(table.first_p50.fillna(1e9).to_numpy(), kind="stable")[::-1]]
    ax = new_axes(ax, (6.4, 0.9 + 0.27 * max(len(table), 3)))
    for row, event in enumerate(table.itertuples()):
        if event.probability > 0:
            days = [ensemble.dates[int(month)] for month in (event.first_p10, event.first_p50, event.first_p90)]
            ax.plot(days[::2], [row, row], color=palette().bars, linewidth=5, solid_capstyle="butt")
            ax.plot(days[1], row, "o", color=palette().median, markersize=4)
        beside(ax, percent(event.probability, event.std_error, event.low, event.high), row)
    ax.set_yticks(range(len(table)), [two_lines(ensemble.scenario.label_of(name)) for name in table.index], fontsize=7)
    ax.set_ylim(-0.7, max(len(table), 1) - 0.3)
    date_axis(ax, ensemble)
    ax.set_xlabel("first time (dot: median, bar: middle 80 %)", fontsize=8)
    ax.set_title("Events: when first, and how likely", loc="left", fontsize=10)
    apply(ax, settings)
    return ax
