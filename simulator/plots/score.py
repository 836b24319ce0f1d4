"""A forecast held to what happened, and what a record teaches, as pictures."""

from textwrap import fill
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simulator.analysis.learn import Learned
from simulator.analysis.score import Score
from simulator.plots.fan import two_fans
from simulator.plots.known import mark_known
from simulator.plots.style import apply, date_axis, literal, new_axes, palette, require, set_title, two_lines


def calibration(score: Score, ax: Axes | None = None, **settings: Any) -> Axes:
    """Return a calibration diagram: how often what was given some probability came true, with the number of forecasts.

    Parameters
    ----------
    score : Score
        From `score`.
    ax : Axes, optional
        Default: a new figure's.
    **settings
        For `ax.set`: title, xlabel, ylim and so on.

    Raises
    ------
    Refused
        There are fewer than ten forecasts.

    Examples
    --------
    >>> from simulator import plots, read_record, read_scenario, score, simulate
    >>> ax = plots.calibration(score(simulate(read_scenario("baseline"), 1_000), read_record("us_russia_2025")))
    >>> ax.get_ylabel()
    'share that came true'
    """
    require(score, Score, "calibration()")
    table = score.calibration()
    ax = new_axes(ax, (5.2, 4.8))
    ax.plot([0, 1], [0, 1], color=palette().quiet, linewidth=0.8, linestyle=":", zorder=1)
    forecast = table["forecast"]
    label = "95 % of the forecaster's own draws"
    ax.vlines(forecast, table["low"], table["high"], color=palette().bars, linewidth=7, zorder=2, label=label)
    ax.plot(forecast, table["share"], "o", color=palette().median, markersize=6, zorder=4, label="what happened")
    for x, (_, row) in zip(forecast, table.iterrows(), strict=True):
        ax.annotate(f"n = {int(row.n)}", (x, row.share), xytext=(7, -3), textcoords="offset points", fontsize=8, zorder=5)
    rug: dict[str, Any] = {"transform": ax.get_xaxis_transform(), "color": palette().quiet, "linewidth": 0.8}
    for p in (*score.events["probability"], *score.questions["probability"]):
        ax.plot([p, p], [0, 0.025], **rug)
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.05, 1.08), xlabel="probability that was given", ylabel="share that came true")
    ax.legend(loc="lower right", frameon=False, fontsize=8)
    row = score.summary.loc["all"]
    scenario = literal(score.ensemble.scenario.heading)
    told = f"{scenario}: Brier {row.brier:.3f} of {int(row.n)} forecasts by {score.day}, expected {row.brier_expected:.3f}"
    set_title(ax, fill(told, 58))
    ax.set_title(ax.get_title(loc="left"), loc="left", fontsize=9.5)
    apply(ax, settings)
    return ax


def learned(what: Learned, name: str = "warmth", figure: Figure | None = None) -> Figure:
    """Return what a record teaches: an index before and after it, and how often events were expected and seen.

    Parameters
    ----------
    what : Learned
        From `learn`.
    name : str
        An index or a factor.
    figure : Figure, optional
        Default: a new one.

    Examples
    --------
    >>> from simulator import learn, plots, read_scenario
    >>> len(plots.learned(learn(read_scenario("baseline", ['record="us_russia_2025"']), 4_000)).axes)
    2
    """
    require(what, Learned, "learned()")
    figure = figure or plt.figure(figsize=(8.2, 3.4 + 0.28 * len(what.events)), layout="constrained")
    fans, counts = figure.subplots(2, 1, height_ratios=[3.2, 0.28 * len(what.events) + 0.4])
    two_fans(fans, name, (what.before, "before"), (what.after, "with the record"))
    mark_known(what.after, fans, name, veiled=False)
    date_axis(fans, what.after)
    fans.set_ylabel("points (50 is neutral)")
    label = what.after.scenario.label_of(name)
    set_title(fans, literal(f"{what.after.scenario.heading}: {label}, median and 80 %"))
    fans.set_ylim(top=fans.get_ylim()[1] + 0.14 * np.ptp(fans.get_ylim()))
    fans.legend(loc="upper left", ncols=2, frameon=False, fontsize=8)
    table = what.events[::-1]
    rows = range(len(table))
    counts.hlines(rows, table["low"], table["high"], color=palette().bars, linewidth=5, label="expected, middle 80 %")
    counts.plot(table["expected"], rows, "|", color=palette().median, markersize=9, label="expected, mean")
    counts.plot(table["observed"], rows, "D", color="black", markersize=4, label="seen")
    counts.set_yticks(rows, [two_lines(text, 58) for text in table["label"]], fontsize=7)
    counts.set_ylim(-0.7, len(table) - 0.3)
    counts.set_xlabel(f"number of times by {what.after.known_to}", fontsize=8)
    counts.legend(loc="lower right", frameon=False, fontsize=8)
    set_title(counts, "Events, the most surprising first")
    return figure
