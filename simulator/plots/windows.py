"""Marks at the foot of a fan: when events that are not possible all the time may happen."""

from collections.abc import Iterator
from typing import NamedTuple

from matplotlib import dates as mdates
from matplotlib.axes import Axes

from simulator.engine.plan import TimedEvent
from simulator.ensemble.ensemble import Ensemble
from simulator.plots.style import (
    LETTER,
    folded,
    height_of,
    is_alone,
    is_narrow,
    letters,
    literal,
    page_of,
    palette,
    scaled,
    short,
    width_of,
)
from simulator.scenario.calendar import end_of_step

# Points of a row of marks, and the share of the height of the axes that all rows may take.
ROW = 8.5
MOST = 0.3
# Letters of an event's label, and of one for which there is less room.
LABELS = (44, 26)
TYPE = 6.5
# Inches of a fan that its axis and the names of bands take.
BESIDE = 1.45

# From where to where a mark or a name reaches, in days.
Span = tuple[float, float]


class Spot(NamedTuple):
    """Where an event is marked: its row, what it takes of it, its name, and how that is aligned to the bar."""

    row: int
    span: Span
    name: str
    align: str


def mark_windows(ensemble: Ensemble, ax: Axes) -> float:
    """Mark when events with a date or a window may happen, the scenario's own first; return the share of height it takes.

    The horizontal axis says what the marks are, and how many there is no room for.
    """
    own, plan = set(ensemble.scenario.own_events), ensemble.plan
    dated = [event for event in plan.events if event.first <= event.last and event.last - event.first + 1 < ensemble.horizon]
    if not dated:
        return 0.0
    height = scaled(ROW) / 72 / height_of(ax)
    taken: list[list[Span]] = [[] for _ in range(max(int(MOST / height), 1))]  # by row
    left_out = 0
    for event in sorted(dated, key=lambda event: (event.name not in own, event.first, event.last)):
        bar = _bar(ensemble, event)
        spot = next((spot for spot in _spots(ensemble, event, bar, ax) if _is_free(taken, spot)), None)
        if spot is None:
            left_out += 1
            continue
        taken[spot.row].append(spot.span)
        _draw(ax, bar, spot, height * (spot.row + 0.75), palette().median if event.name in own else palette().quiet)
    is_own = own.intersection(event.name for event in dated)
    if is_narrow(ax):
        told = "bars: when events may happen" + (f"; {left_out} left out" if left_out else "")
    else:
        told = "bars at the foot: when events may happen" + ("; dark: the scenario's own" if is_own else "")
        told += f"; no room for {left_out} more" if left_out else ""
    ax.set_xlabel(folded(told, letters(ax, 7)), fontsize=scaled(7), color=palette().quiet, loc="left")
    return height * (sum(map(bool, taken)) + 0.5)


def _bar(ensemble: Ensemble, event: TimedEvent) -> Span:
    """Return from where to where an event may happen."""
    left, right = (mdates.date2num(end_of_step(ensemble.plan.begins, step)) for step in (event.first - 1, event.last))
    return float(left), float(right)


def _spots(ensemble: Ensemble, event: TimedEvent, bar: Span, ax: Axes) -> Iterator[Spot]:
    """Yield where an event could be marked, the best first: its label whole or short, after its bar, before it, or on it."""
    first, last = (float(mdates.date2num(ensemble.dates[place])) for place in (0, -1))
    is_laid_out = is_alone(ax) and ax.figure.get_layout_engine() is not None
    wide = max(page_of(ax)[0] - BESIDE, 1.0) if is_laid_out else width_of(ax)
    point = (last - first) / (72 * wide)  # days that a point is wide
    n_rows = max(int(MOST * height_of(ax) * 72 / scaled(ROW)), 1)
    if is_narrow(ax):
        yield from (Spot(row, (bar[0], bar[1] + 3 * point), "", "left") for row in range(n_rows))
        return
    label, (left, right) = ensemble.scenario.label_of(event.name), bar
    for name in dict.fromkeys(short(label, length) for length in LABELS):
        room = ((len(name) + 1) * LETTER * scaled(TYPE) + 6) * point
        for row in range(n_rows):
            if right + room <= last:
                yield Spot(row, (left, right + room), name, "left")
            if left - room >= first:
                yield Spot(row, (left - room, right), name, "right")
            if room <= right - left:
                yield Spot(row, bar, name, "center")


def _is_free(taken: list[list[Span]], spot: Spot) -> bool:
    return all(spot.span[1] <= a or b <= spot.span[0] for a, b in taken[spot.row])


def _draw(ax: Axes, bar: Span, spot: Spot, level: float, colour: str) -> None:
    """Draw a bar and its name at a share of the height."""
    ax.plot(bar, [level] * 2, color=colour, linewidth=2.5, transform=ax.get_xaxis_transform(), zorder=4)
    at, shift = {"left": (bar[1], 3), "right": (bar[0], -3), "center": (sum(bar) / 2, 0)}[spot.align]
    ax.annotate(
        literal(spot.name),
        (at, level),
        xycoords=("data", "axes fraction"),
        xytext=(shift, 0),
        textcoords="offset points",
        ha=spot.align,
        va="center",
        fontsize=scaled(TYPE),
        color=colour,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6},  # it may stand on its bar, or on the last known day
        zorder=5,
    )
