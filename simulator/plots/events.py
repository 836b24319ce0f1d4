"""When events happen first, and how likely they are."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from simulator.engine.evidence import over_mean
from simulator.ensemble.ensemble import Ensemble
from simulator.ensemble.estimates import quantiles_of_draws
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
    possible = [event.name for event in ensemble.plan.events if event.first <= event.last and not ensemble.is_over(event)]
    table = ensemble.events().loc[possible]
    if ensemble.is_conditioned:
        table = _still(ensemble, table)
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
    after = f" after {ensemble.known_to}" if ensemble.is_conditioned else ""
    ax.set_xlabel(f"first time{after} (dot: median, bar: middle 80 %)", fontsize=8)
    ax.set_title(f"Events: when first{after}, and how likely", loc="left", fontsize=10)
    apply(ax, settings)
    return ax


def _still(ensemble: Ensemble, table: pd.DataFrame) -> pd.DataFrame:
    """Return the table of events for what is still to come: its probability, and its first time after what is known."""
    names = {"still": "probability", "still_std_error": "std_error", "still_low": "low", "still_high": "high"}
    times = ["first_p10", "first_p50", "first_p90"]
    told = table[list(names)].rename(columns=names)
    told[times] = np.nan
    kept, known = ensemble.tally.kept, ensemble.plan.known
    for e, event in enumerate(ensemble.plan.events):
        later = kept.fired[known + 1 :, e]
        came = later.any(axis=0) & (kept.weights > 0)
        if event.name in told.index and came.any():
            months = later.argmax(axis=0)[came] + known + 1
            first = quantiles_of_draws(months, [0.1, 0.5, 0.9], over_mean(kept.weights[came]))
            told.loc[event.name, times] = np.floor(first)
    return told
