"""What is known: the past of a fan, and a record as a timeline."""

from typing import Any

from matplotlib import dates as mdates
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from simulator.ensemble.ensemble import Ensemble
from simulator.errors import Refused
from simulator.plots.style import finish, label_below, name_rows, new_axes, palette, require, rests_on, scaled
from simulator.scenario.calendar import end_of_step
from simulator.scenario.known import firings, known_steps
from simulator.scenario.schema import Scenario

# The share of the height of a time axis that is free of its legend.
UNDER_LEGEND = 0.88


def mark_known(ensemble: Ensemble, ax: Axes, name: str, *, veiled: bool = True, under: float = UNDER_LEGEND) -> list[Any]:
    """Mark on a time axis what a record says: its days in another tone, a line at its last, readings with their error.

    Parameters
    ----------
    ensemble : Ensemble
    ax : Axes
    name : str
        The factor or index that is shown.
    veiled : bool
        Whether its days are paler.
    under : float
        The share of the height up to which the line goes: the legend is above.

    Returns
    -------
    list
        What a legend shows of it.
    """
    if ensemble.known_to is None or not ensemble.is_conditioned:
        return []
    day: Any = mdates.date2num(ensemble.known_to)
    if veiled:
        start = float(mdates.date2num(ensemble.plan.begins))
        ax.axvspan(start, day, color="white", alpha=0.45, linewidth=0, zorder=2.2)
    ax.axvline(day, ymax=under, color=palette().quiet, linewidth=1.0, zorder=3.5)
    ax.annotate(
        f"known to {ensemble.known_to:%d %b %Y}".replace("to 0", "to "),
        (day, under - 0.02),
        xycoords=("data", "axes fraction"),
        xytext=(-3, 0),
        textcoords="offset points",
        rotation=90,
        ha="right",
        va="top",
        fontsize=scaled(6.5),
        color=palette().quiet,
        path_effects=[withStroke(linewidth=2.0, foreground="white")],  # its letters cross the edges of bands
        zorder=4,
    )
    record = ensemble.scenario.record
    readings = [reading for reading in record.readings if reading.of == name] if record is not None else []
    read = [one for one in readings if ensemble.plan.begins <= one.on <= ensemble.known_to]
    if not read:
        return []
    days: Any = [mdates.date2num(reading.on) for reading in read]
    values, errors = [reading.value for reading in read], [reading.sd for reading in read]
    marks: dict[str, Any] = {"fmt": "D", "color": "black", "markersize": 3.5, "capsize": 2, "linewidth": 1, "zorder": 5}
    return [ax.errorbar(days, values, yerr=errors, label="reading (±1 sd)", **marks)]


def record(scenario: Scenario, ax: Axes | None = None, **settings: Any) -> Axes:
    """Return a record as a timeline: a row for each event that happened, then readings, then what is outside.

    Parameters
    ----------
    scenario : Scenario
        One that has a record: ``read_scenario("baseline", ['record="us_russia_2025"'])``.
    ax : Axes, optional
        Default: a new figure's.
    **settings
        For `ax.set`: title, xlabel, ylim and so on.

    Notes
    -----
    Filled marks are facts that a run reads; hollow ones are not read: two of one event in a month, days after the last
    whole month that is known, and what no event of the relationship covers.

    Examples
    --------
    >>> from simulator import plots, read_scenario
    >>> ax = plots.record(read_scenario("baseline", ['record="us_russia_2025"']))
    >>> "The two presidents meet in person" in [label.get_text() for label in ax.get_yticklabels()]
    True
    """
    require(scenario, Scenario, "record()")
    told = scenario.record
    if told is None:
        raise Refused(f"{scenario.name}: has no record; name one: record = NAME, or --record NAME")
    used = {firing.place for firing in firings(scenario)}
    begins, known = scenario.begins, known_steps(scenario)
    last: Any = end_of_step(begins, known) if begins is not None and known else None
    rows: dict[str, list[tuple[Any, bool]]] = {}
    for place, fact in sorted(enumerate(told.happened), key=lambda one: one[1].on):
        rows.setdefault(scenario.label_of(fact.event), []).append((mdates.date2num(fact.on), place in used))
    for reading in told.readings:
        label = f"Reading: {scenario.label_of(reading.of)}"
        is_read = last is not None and begins is not None and begins <= reading.on <= last
        rows.setdefault(label, []).append((mdates.date2num(reading.on), is_read))
    if told.outside:
        rows["Outside the events of the relationship"] = [(mdates.date2num(one.on), False) for one in told.outside]
    ax = new_axes(ax, (7.6, 1.4 + 0.3 * max(len(rows), 3)), rests_on([scenario]))
    for row, marks in enumerate(reversed(rows.values())):
        ax.axhline(row, color="#e4e4e4", linewidth=0.8, zorder=1)
        for day, is_read in marks:
            face = palette().median if is_read else "white"
            ax.plot(day, row, "o", color=palette().median, markerfacecolor=face, markersize=5.5, zorder=3)
    name_rows(ax, list(reversed(rows)), 7)
    ax.set_ylim(-0.7, max(len(rows), 1) - 0.3)
    first = begins or min((fact.on for fact in told.happened), default=told.until)
    days = [one.on for one in told.happened] + [one.on for one in told.readings] + [one.on for one in told.outside]
    earliest = min([first, *days])
    ax.set_xlim(float(mdates.date2num(earliest)) - 12, float(mdates.date2num(told.until)) + 12)
    if last is not None:
        ax.axvline(mdates.date2num(last), color=palette().quiet, linewidth=1.0, zorder=2)
    locator = mdates.AutoDateLocator(minticks=4, maxticks=8)
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(mdates.ConciseDateFormatter(locator))
    ax.tick_params(axis="x", labelsize=scaled(8))
    told_by = "filled: read by a run; hollow: shown only; line: end of the last whole month that is known"
    label_below(ax, told_by)
    finish(ax, f"{told.title} (to {told.until})", settings, rows=True)
    return ax
