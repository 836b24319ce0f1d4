"""Results as pictures: data and `ax` in, `ax` out."""

from simulator.plots.dashboard import dashboard
from simulator.plots.distribution import bands, distribution, ridgeline
from simulator.plots.events import events
from simulator.plots.fan import compared, factors, fan, pooled_fan
from simulator.plots.style import style
from simulator.plots.why import dumbbell, tornado_bars, waterfall

__all__ = [
    "bands",
    "compared",
    "dashboard",
    "distribution",
    "dumbbell",
    "events",
    "factors",
    "fan",
    "pooled_fan",
    "ridgeline",
    "style",
    "tornado_bars",
    "waterfall",
]


def __dir__() -> list[str]:
    return __all__
