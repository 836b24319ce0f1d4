"""Many runs at one setting after another: a line over one key, a grid over two."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from simulator.ensemble.estimates import Z95
from simulator.errors import Refused
from simulator.plots.style import finish, folded, letters, literal, new_axes, palette, require, rests_on, scaled
from simulator.report.sweep import keys_of, when


def sweep(table: pd.DataFrame, ax: Axes | None = None, foot: str | None = None, **settings: Any) -> Axes:
    """Return an index over the values of one key, median and 80 % of draws; or its median over a grid of two.

    Parameters
    ----------
    table : DataFrame
        From `sweep`, of one key or two; a grid of two is of one scenario.
    ax : Axes, optional
        Default: a new figure's.
    foot : str, optional
        What the runs rest on, told at the foot of a new figure. Default: their draws and the version.
    **settings
        For `ax.set`: title, xlabel, ylim and so on.

    Raises
    ------
    Refused
        The table has no key or more than two, or a grid of two is of several scenarios.

    Examples
    --------
    >>> from simulator import plots, read_scenario
    >>> from simulator.analysis import sweep
    >>> table = sweep(read_scenario("baseline"), {"factors.nato.weight": [0, 1, 2]}, n_draws=500)
    >>> plots.sweep(table).get_xlabel().splitlines()[0]
    'factors.nato.weight'
    """
    require(table, pd.DataFrame, "plots.sweep()", "sweep(scenarios, settings)")
    keys = keys_of(table)
    if len(keys) not in (1, 2) or (len(keys) == 2 and table["scenario"].nunique() > 1):
        raise Refused("plots.sweep() draws one key of some scenarios, or two of one scenario")
    ax = new_axes(ax, (6.4, 4.2), foot or f"{table['n_draws'].max():,} draws of each run; {rests_on([])}")
    day = when(table)
    if len(keys) == 1:
        _line(table, keys[0], ax)
        ax.set_ylabel(f"points {day}")
        finish(ax, "Median (bars: 95 % Monte Carlo interval) and 80 % of draws", settings)
    else:
        _grid(table, keys, ax)
        finish(ax, f"Median {day}", settings)
    return ax


def _line(table: pd.DataFrame, key: str, ax: Axes) -> None:
    groups = list(table.groupby("scenario", sort=False))
    colours = [palette().base, palette().other, palette().median, palette().bars]
    for place, (name, rows) in enumerate(groups):
        colour, style = colours[place % len(colours)], ("-", "--", "-.", ":")[place % 4]
        low, high = (rows[q].to_numpy(dtype=np.float64) for q in ("q10", "q90"))
        x = rows[key].to_numpy(dtype=np.float64)
        ax.fill_between(x, low, high, color=colour, alpha=0.18, linewidth=0)
        ax.errorbar(
            x,
            rows["q50"],
            yerr=Z95 * rows["q50_std_error"],
            color=colour,
            ls=style,
            marker="o",
            ms=3.5,
            lw=1.4,
            capsize=2,
            label=folded(str(name), letters(ax, 8)),
        )
    if len(groups) > 1:
        ax.legend(frameon=False, fontsize=scaled(8))
    ax.set_xlabel(f"{literal(key)}\n(line: median with its 95 % interval, shaded: 80 % of draws)")


def _grid(table: pd.DataFrame, keys: list[str], ax: Axes) -> None:
    wide = table.pivot(index=keys[1], columns=keys[0], values="q50")
    image = ax.imshow(wide.to_numpy(), origin="lower", aspect="auto", cmap=palette().bands)
    low, high = float(wide.min(axis=None)), float(wide.max(axis=None))
    for y, row in enumerate(wide.to_numpy()):
        for x, value in enumerate(row):
            is_dark = value < (low + high) / 2
            ax.annotate(
                f"{value:.1f}", (x, y), ha="center", va="center", fontsize=scaled(8), color="white" if is_dark else "black"
            )
    ax.set_xticks(range(wide.shape[1]), [f"{value:g}" for value in wide.columns])
    ax.set_yticks(range(wide.shape[0]), [f"{value:g}" for value in wide.index])
    ax.set_xlabel(keys[0])
    ax.set_ylabel(keys[1])
    ax.figure.colorbar(image, ax=ax, label="median, points")
