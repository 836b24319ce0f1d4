"""What is known, on pictures: the line at its last day stays clear of the legend, and readings are where they were read."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest
from matplotlib import dates as mdates
from matplotlib.axes import Axes

from simulator import compare, learn, plots, read_scenario, simulate
from simulator.ensemble.ensemble import Ensemble

mpl.use("Agg")


@pytest.fixture(scope="module")
def ensemble() -> Ensemble:
    return simulate(read_scenario("baseline", ['record="us_russia_2025"']), 2_000, seed=7)


def line_of(ax: Axes, ensemble: Ensemble) -> tuple[float, float]:
    """Return from where to where the line at the last known day goes, as shares of the height of the axes."""
    assert ensemble.known_to is not None
    day = mdates.date2num(ensemble.known_to)
    found = [line for line in ax.lines if list(line.get_xdata()) == [day, day]]
    assert len(found) == 1
    low, high = found[0].get_ydata()
    return float(low), float(high)


def test_the_line_of_what_is_known_ends_under_the_legend_of_every_fan(ensemble: Ensemble) -> None:
    legends = {}
    for name, ax in {
        "fan": plots.fan(ensemble),
        "compared": plots.compared(compare(ensemble, ensemble)).axes[0],
        "learned": plots.learned(learn(ensemble.scenario, 2_000, seed=7)).axes[0],
    }.items():
        low, high = line_of(ax, ensemble)
        assert low == 0
        ax.figure.canvas.draw()
        box = ax.get_legend().get_window_extent().transformed(ax.transAxes.inverted())
        day = ax.transLimits.transform((mdates.date2num(ensemble.known_to), 0))[0]
        legends[name] = high <= box.y0 or day > box.x1
    assert legends == {"fan": True, "compared": True, "learned": True}


def test_the_last_known_day_is_named_on_a_fan_and_readings_are_marked(ensemble: Ensemble) -> None:
    assert "known to 20 Sep 2026" in {text.get_text() for text in plots.fan(ensemble).texts}
    ax = plots.fan(ensemble, "mood")
    assert "reading (±1 sd)" in {text.get_text() for text in ax.get_legend().get_texts()}
    plt.close("all")
    assert "reading (±1 sd)" not in {text.get_text() for text in plots.fan(ensemble).get_legend().get_texts()}
