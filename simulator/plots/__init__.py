"""Results as pictures: data and `ax` in, `ax` out.

style           colours that stay apart in grey, type that fits the width, dates on the axis
fan             median and intervals over time: of a run, of its factors, of an outlook, of two compared
distribution    one date: a histogram, bands over time, many scenarios one above the other
events          when events happen first, and how likely they are
known           what a record says: marks on a fan, a timeline
score           calibration of a forecast; what a record teaches
sweep           an index over the values of one key, or a grid of two
why             waterfall, tornado, questions of two scenarios, differences of many from one base
windows         marks at the foot of a fan: when events may happen
dashboard       a page of all views of one run
"""

from simulator.plots.dashboard import dashboard
from simulator.plots.distribution import bands, distribution, ridgeline
from simulator.plots.events import events
from simulator.plots.fan import compared, factors, fan, pooled_fan
from simulator.plots.known import record
from simulator.plots.score import calibration, learned
from simulator.plots.style import style
from simulator.plots.sweep import sweep
from simulator.plots.why import dumbbell, forest, tornado_bars, waterfall

__all__ = [
    "bands",
    "calibration",
    "compared",
    "dashboard",
    "distribution",
    "dumbbell",
    "events",
    "factors",
    "fan",
    "forest",
    "learned",
    "pooled_fan",
    "record",
    "ridgeline",
    "style",
    "sweep",
    "tornado_bars",
    "waterfall",
]


def __dir__() -> list[str]:
    return __all__
