"""A score as text for the terminal."""

from collections.abc import Iterator

import pandas as pd

from simulator.analysis.score import LEAST_CALIBRATED, Score
from simulator.report.layout import effective, filled, headed_row, known_lines, width
from simulator.report.wording import title_of


def score_table(score: Score) -> str:
    """Return a score as text for 80 columns: means and what they are held against, each forecast, readings.

    Examples
    --------
    >>> from simulator import read_record, read_scenario, score, simulate
    >>> text = score_table(score(simulate(read_scenario("baseline"), 1_000), read_record("us_russia_2025")))
    >>> max(len(line) for line in text.splitlines()) <= 80
    True
    """
    ensemble = score.ensemble
    lines = filled(f"Score: {title_of(ensemble.scenario)}")
    lines += filled(
        f"forecast from {ensemble.dates[ensemble.plan.known]:%Y-%m-%d}, {effective(ensemble)}, seed {ensemble.seed}; "
        f"{score.record.name} to {score.day}"
    )
    lines += [*known_lines(ensemble), "", *_means(score), "", *_horizons(score)]
    for title, table in (("Events", score.events), ("Questions", score.questions)):
        if len(table):
            lines += ["", *_forecasts(title, table)]
    if len(score.readings):
        lines += ["", *_readings(score)]
    return "\n".join([*lines, "", *_calibration(score)])


def _means(score: Score) -> Iterator[str]:
    table = score.summary
    yield f"{'Mean of all forecasts':<34}{'n':>4}  {'Brier':>7}  {'log':>7}"
    row = table.loc["all"]
    for name, brier, log in (
        ("this forecast", row.brier, row.log),
        ("expected, if it is calibrated", row.brier_expected, row.log_expected),
        ("a coin", row.brier_coin, row.log_coin),
        ("the share that came true, for all", row.brier_base, row.log_base),
    ):
        yield f"  {name:<34}{int(row.n):>2}  {brier:>7.3f}  {log:>7.3f}"
    surer = table.loc["surer"]
    if surer.n < row.n:
        yield f"  {'without facts of low confidence':<34}{int(surer.n):>2}  {surer.brier:>7.3f}  {surer.log:>7.3f}"
    yield from filled(
        f"Lower is better. In {100 * row.worse:.0f} % of its own draws the forecast would have had a worse Brier score. "
        f"The {int(row.n)} forecasts hang together and count as {row.independent:.0f} independent ones.",
        initial_indent="  ",
        subsequent_indent="  ",
    )


def _horizons(score: Score) -> Iterator[str]:
    room = min(34, width() - 32)
    yield f"{'Events by months ahead':<{room}}{'n':>4}  {'Brier':>7}  {'expected':>8}  {'log':>7}"
    for months, row in score.by_horizon.iterrows():
        what = f"{months} months, by {row.date:%Y-%m-%d}"
        yield f"  {what:<{room}}{row.n:>2}  {row.brier:>7.3f}  {row.brier_expected:>8.3f}  {row.log:>7.3f}"


def _forecasts(title: str, table: pd.DataFrame) -> Iterator[str]:
    counted = "observed" in table
    yield f"{title}: probability, and whether it happened" + (" (times: seen, expected, PIT)" if counted else "")
    for name, row in table.sort_values("brier", ascending=False, kind="stable").iterrows():
        told = f"{row.observed:>2} of {row.expected:<4.1f} {row.pit:>5.2f}" if counted else ""
        words = filled(f"{row.label} ({name})", 26 + len(told))
        head = f"  {100 * row.probability:>4.0f} %  {'yes' if row.outcome else 'no':<3}  {row.brier:>6.3f}  {told}"
        yield f"{head}  {words[0]}"
        yield from (f"{'':>{len(head) + 2}}{line}" for line in words[1:])


def _readings(score: Score) -> Iterator[str]:
    yield "Readings: the figure, the forecast's middle 80 % with the reading's error"
    for _, row in score.readings.iterrows():
        told = f"{row.value:>5.1f}  {row.low:>5.1f} to {row.high:<5.1f}  CRPS {row.crps:.1f}  PIT {row.pit:.2f}"
        yield from headed_row(f"  {row.on}  {row.of}", 28, told)


def _calibration(score: Score) -> Iterator[str]:
    if score.summary.loc["all", "n"] < LEAST_CALIBRATED:
        yield f"Calibration: not told of fewer than {LEAST_CALIBRATED} forecasts."
        return
    yield "Calibration: what was given some probability, and the share that came true"
    for group, row in score.calibration().iterrows():
        yield (
            f"  {group:<10} n {int(row.n):>2}  forecast {100 * row.forecast:>3.0f} %  came true {100 * row.share:>3.0f} %  "
            f"(95 % of draws: {100 * row.low:.0f} to {100 * row.high:.0f})"
        )
