"""A forecast held to what happened, and what a record teaches, as pictures."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simulator.analysis.learn import Learned
from simulator.analysis.score import Score
from simulator.plots.fan import legend_above, two_fans
from simulator.plots.known import mark_known
from simulator.plots.style import (
    date_axis,
    finish,
    label_below,
    name_rows,
    new_axes,
    new_figure,
    of_ensembles,
    palette,
    require,
    scaled,
    set_title,
)


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
    ax = new_axes(ax, (5.6, 5.2), of_ensembles(score.ensemble))
    ax.plot([0, 1], [0, 1], color=palette().quiet, linewidth=0.8, linestyle=":", zorder=1)
    forecast = table["forecast"]
    label = "95 % of the forecaster's own draws"
    ax.vlines(forecast, table["low"], table["high"], color=palette().bars, linewidth=7, zorder=2, label=label)
    ax.plot(forecast, table["share"], "o", color=palette().median, markersize=6, zorder=4, label="what happened")
    for x, (_, row) in zip(forecast, table.iterrows(), strict=True):
        ax.annotate(
            f"n = {int(row.n)}", (x, row.share), xytext=(7, -3), textcoords="offset points", fontsize=scaled(8), zorder=5
        )
    rug: dict[str, Any] = {"transform": ax.get_xaxis_transform(), "color": palette().quiet, "linewidth": 0.8}
    for p in (*score.events["probability"], *score.questions["probability"]):
        ax.plot([p, p], [0, 0.025], **rug)
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.05, 1.08), xlabel="probability that was given", ylabel="share that came true")
    ax.legend(loc="lower right", frameon=False, fontsize=scaled(8))
    row = score.summary.loc["all"]
    told = f"Brier {row.brier:.3f} of {int(row.n)} forecasts by {score.day}, expected {row.brier_expected:.3f}"
    finish(ax, f"{score.ensemble.heading}: {told}", settings, rows=True)
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
    rows = len(what.events)
    figure = figure or new_figure((8.2, 3.8 + 0.28 * rows), of_ensembles(what.after))
    # parts of their own: names of rows need room at the left, and the fan none
    parts: Any = figure.subfigures(2, 1, height_ratios=[3.2, 0.28 * rows + 0.6])
    fans, counts = (part.add_subplot() for part in parts)
    two_fans(fans, name, (what.before, "before"), (what.after, "with the record"))
    date_axis(fans, what.after)
    fans.set_ylabel("points (50 is neutral)")
    mark_known(what.after, fans, name, veiled=False)
    label = what.after.scenario.label_of(name)
    set_title(fans, f"{what.after.heading}: {label}, median and 80 %")
    legend_above(fans, ncols=3)
    table = what.events[::-1]
    counts.hlines(range(rows), table["low"], table["high"], color=palette().bars, linewidth=5, label="expected, middle 80 %")
    counts.plot(table["expected"], range(rows), "|", color=palette().median, markersize=9, label="expected, mean")
    counts.plot(table["observed"], range(rows), "D", color="black", markersize=4, label="seen")
    name_rows(counts, list(table["label"]), 7, 58)
    counts.set_ylim(-0.7, len(table) - 0.3)
    label_below(counts, f"number of times by {what.after.known_to}")
    counts.legend(loc="lower right", frameon=False, fontsize=scaled(8))
    set_title(counts, "Events, the most surprising first", rows=True)
    return figure
