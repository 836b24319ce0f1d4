"""Results as pictures: data and `ax` in, `ax` out."""

from simulator.plots.fan import bands, dashboard, distribution, events, factors, fan
from simulator.plots.outlook import pooled_fan
from simulator.plots.style import style
from simulator.plots.why import compared, dumbbell, ridgeline, tornado_bars, waterfall

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
