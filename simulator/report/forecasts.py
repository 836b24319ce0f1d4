"""How registered forecasts have fared, as text for the terminal."""

from collections.abc import Iterator

from simulator.analysis.forecasts import Fared
from simulator.report.layout import filled, headed_row

# Entries that are told of what misses are charged to.
ROWS = 12


def fared_table(found: Fared) -> str:
    """Return how registered forecasts have fared, for 80 columns: means, each that is due, what misses are charged to."""
    lines = filled(f"Registered forecasts, held to {found.record.name}, to {found.record.until}")
    if found.forecasts:
        lines.append(f"digest of the last entry: {found.forecasts[-1].entry}")
    due = found.due
    if not len(due):
        waiting = [min(row.by) for forecast in found.forecasts for row in forecast.events]
        when = f"; the first is due on {min(waiting)}" if waiting else ""
        return "\n".join([*lines, "", f"Nothing has come due yet{when}."])
    lines += ["", f"{'Forecast':<46}{'n':>4}  {'Brier':>6}  {'expected':>8}  {'log':>6}"]
    for (made, scenario, begins), row in found.summary.iterrows():
        what = f"{scenario} from {begins}, made {made}"
        means = f"{row.brier:>6.3f}  {row.brier_expected:>8.3f}  {row.log:>6.3f}"
        lines.append(f"  {what:<44}{int(row.n):>4}  {means}")
    if due["hindsight"].any():
        told = (
            f"{int(due['hindsight'].sum())} of {len(due)} had come due when they were registered (marked *): they show what "
        )
        lines += filled(
            told + "the file says of the past, and are no forecasts.", initial_indent="  ", subsequent_indent="  "
        )
    lines += ["", "Come due: probability, and whether it happened, the worst first", *_due(found)]
    if len(found.readings):
        lines += ["", "Readings: the figure, the index's 80 % without its error, mean quantile score", *_readings(found)]
    return "\n".join([*lines, "", *_charged(found)])


def _due(found: Fared) -> Iterator[str]:
    for _, row in found.due.sort_values("brier", ascending=False, kind="stable").iterrows():
        words = filled(f"{row.label.rstrip('.')} ({row['name']}), by {row.by}", 25)
        outcome = "yes" if row.outcome else "no"
        head = f"  {100 * row.probability:>4.0f} %  {outcome:<3}  {row.brier:>6.3f} {_star(row.hindsight)}"
        yield f"{head:<25}{words[0]}"
        yield from (f"{'':>25}{line}" for line in words[1:])


def _star(hindsight: bool) -> str:
    return "*" if hindsight else ""


def _readings(found: Fared) -> Iterator[str]:
    for _, row in found.readings.iterrows():
        figure = f"{row.value:>5.1f} ±{row.sd:g}"
        span = f"{row.p10:>5.1f} to {row.p90:<5.1f}"
        told = f"{figure}  {span} {row.pinball:>5.1f} {_star(row.hindsight)}".rstrip()
        yield from headed_row(f"  {row.on}  {row.of}", 28, told)


def _charged(found: Fared) -> Iterator[str]:
    yield from filled(
        "What misses are charged to: entries of the files, forecasts that rest on them, and by how much their Brier scores "
        "together exceed what a calibrated forecaster would have"
    )
    for key, row in found.charged.head(ROWS).iterrows():
        yield f"  {row.miss:>+6.2f}  {int(row.n):>3}  {key}"
