"""When events happen first, and how likely they are."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from simulator.engine.evidence import over_mean
from simulator.ensemble.ensemble import Ensemble
from simulator.ensemble.estimates import quantiles_of_draws
from simulator.plots.style import (
    beside,
    date_axis,
    finish,
    is_alone,
    label_below,
    name_rows,
    new_axes,
    of_ensembles,
    palette,
    require,
    scaled,
)
from simulator.report.wording import percent

# Quantiles of the first time of an event.
TIMES = ["first_p10", "first_p50", "first_p90"]


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
    table = _listed(ensemble)
    ax = new_axes(ax, (6.8, 1.3 + 0.27 * max(len(table), 3)), of_ensembles(ensemble))
    scenario = ensemble.scenario
    own = [row for row, name in enumerate(table.index) if name in scenario.own_events]
    size = name_rows(ax, [scenario.label_of(name) for name in table.index], 7, 44, bold=own)
    seen = np.flatnonzero(table.probability > 0)
    early, median, late = (ensemble.dates[table[time].to_numpy()[seen].astype(int)] for time in TIMES)
    ax.hlines(seen, early, late, color=palette().bars, linewidth=min(5, size))
    ax.plot(median, seen, "o", color=palette().median, markersize=min(4, size))
    for row, event in enumerate(table.itertuples()):
        told = percent(event.probability, event.std_error, event.low, event.high)
        beside(ax, told, row, fontsize=min(scaled(8), 1.15 * size))
    if 0 < len(own) < len(table):
        ax.axhline(own[0] - 0.5, color=palette().quiet, linewidth=0.8, linestyle=":")
    ax.set_ylim(-0.7, max(len(table), 1) - 0.3)
    date_axis(ax, ensemble)
    after = f" after {ensemble.known_to}" if ensemble.is_conditioned else ""
    told = f"first time{after}" + ("\n" if after else " ") + "(dot: median, bar: middle 80 %)"
    told += "\nbold: stated or changed by this scenario" if own else ""
    label_below(ax, told)
    who = f"{ensemble.heading}: events, when first" if is_alone(ax) else "Events: when first"
    finish(ax, f"{who}{after}, and how likely", settings, rows=True)
    return ax


def listed(ensemble: Ensemble) -> list[str]:
    """Return the events that may still happen: those that the scenario's own file states or changes last, at the top."""
    own = ensemble.scenario.own_events
    possible = [event.name for event in ensemble.plan.events if event.first <= event.last and not ensemble.is_over(event)]
    return sorted(possible, key=lambda name: name in own)


def _listed(ensemble: Ensemble) -> pd.DataFrame:
    """Return the table of the events that are listed, the earliest of a kind on top."""
    table = ensemble.events().loc[listed(ensemble)]
    if ensemble.is_conditioned:
        table = _still(ensemble, table)
    is_own = table.index.isin(ensemble.scenario.own_events)
    return table.iloc[np.lexsort((-table.first_p50.fillna(1e9).to_numpy(), is_own))]


def timed(ensemble: Ensemble) -> pd.DataFrame:
    """Return when the events that are listed first happen where they do: months of 10, 50 and 90 per cent of it."""
    return _listed(ensemble)[TIMES]


def _still(ensemble: Ensemble, table: pd.DataFrame) -> pd.DataFrame:
    """Return the table of events for what is still to come: its probability, and its first time after what is known."""
    names = {"still": "probability", "still_std_error": "std_error", "still_low": "low", "still_high": "high"}
    told = table[list(names)].rename(columns=names)
    told[TIMES] = np.nan
    kept, known = ensemble.tally.kept, ensemble.plan.known
    for e, event in enumerate(ensemble.plan.events):
        later = kept.fired[known + 1 :, e]
        came = later.any(axis=0) & (kept.weights > 0)
        if event.name in told.index and came.any():
            months = later.argmax(axis=0)[came] + known + 1
            first = quantiles_of_draws(months, [0.1, 0.5, 0.9], over_mean(kept.weights[came]))
            told.loc[event.name, TIMES] = np.floor(first)
    return told
