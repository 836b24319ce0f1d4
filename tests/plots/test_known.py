"""Pictures of what is known: asserted on the artists, not on pixels."""

from datetime import date
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib import dates as mdates
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from worlds import KNOWING, RECORD, fact

from simulator import Refused, learn, plots, read_record, read_scenario, score, simulate
from simulator.analysis.learn import Learned
from simulator.analysis.score import Score
from simulator.ensemble.ensemble import Ensemble
from simulator.scenario.schema import Scenario

mpl.use("Agg")

EVENTS = "".join(
    f'[events.e{n}]\nlabel = "E{n}"\non = 2025-{3 + n // 3:02}-0{1 + n % 3}\nprobability = {p}\n'
    for n, p in enumerate([0.15] * 4 + [0.5] * 3 + [0.85] * 3)
)
TOLD = (
    RECORD.replace("2025-09-20", "2025-09-25")
    + fact("crisis", "2025-03-10")  # in one month with the first
    + fact("crisis", "2025-09-22")  # its month is not over
    + "".join(fact(f"e{n}", f"2025-{3 + n // 3:02}-0{1 + n % 3}") for n in (0, 4, 5, 7, 8))
)
LAST = date(2025, 9, 20)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory, toy: str) -> Path:
    folder = tmp_path_factory.mktemp("known")
    texts = {"seeds/toy.toml": toy.replace("months = 12\n", "") + EVENTS, "seeds/records/r.toml": TOLD, "s.toml": KNOWING}
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def scenario(here: Path) -> Scenario:
    return read_scenario(here / "s.toml")


@pytest.fixture(scope="module")
def ensemble(scenario: Scenario) -> Ensemble:
    return simulate(scenario, 1_000, 3)


@pytest.fixture(scope="module")
def learned(scenario: Scenario) -> Learned:
    return learn(scenario, 1_000, 3)


@pytest.fixture(scope="module")
def scored(here: Path, scenario: Scenario) -> Score:
    plain = simulate(scenario.with_({"record": None}), 1_000, 3)
    return score(plain, read_record(here / "seeds" / "records" / "r.toml"))


def number(day: date) -> float:
    return float(mdates.date2num(day))  # type: ignore[no-untyped-call]


def lines_at(ax: Axes, day: date) -> list[Any]:
    """Return the lines that stand at one day only."""
    return [
        line
        for line in ax.lines
        if set(np.asarray(line.get_xdata(), dtype=float)) == {number(day)} and line.get_marker() == "None"
    ]


def legend_of(ax: Axes) -> list[str]:
    legend = ax.get_legend()
    assert legend
    return [text.get_text() for text in legend.get_texts()]


# --- the past of a fan ---


def test_a_fan_with_a_record_marks_its_last_day_with_a_line_and_words(ensemble: Ensemble) -> None:
    ax = plots.fan(ensemble)
    assert len(lines_at(ax, LAST)) == 1
    assert "known to 20 Sep 2025" in [text.get_text() for text in ax.texts]
    assert "reading (±1 sd)" not in legend_of(ax)
    assert ax.containers == []


def test_a_fan_of_what_was_measured_shows_the_readings_with_their_errors(ensemble: Ensemble) -> None:
    ax = plots.fan(ensemble, "trade")
    [bars] = ax.containers
    point, caps, [line] = bars.lines  # type: ignore[attr-defined]
    assert [float(x) for x in point.get_xdata()] == [number(date(2025, 5, 1))]
    assert point.get_ydata().tolist() == [42]
    assert line.get_segments()[0].tolist() == [[number(date(2025, 5, 1)), 38], [number(date(2025, 5, 1)), 46]]
    assert len(caps) == 2
    assert "reading (±1 sd)" in legend_of(ax)


def test_a_fan_without_a_record_marks_nothing(scenario: Scenario, ensemble: Ensemble) -> None:
    plain = simulate(scenario.with_({"record": None}), 500, 3)
    early = simulate(scenario.with_({"known_until": date(2025, 2, 19)}), 500, 3)
    for one in (plain, early):
        ax = plots.fan(one, "trade")
        assert ax.containers == []
        assert not [text for text in ax.texts if "known" in text.get_text()]
    assert len(plots.fan(ensemble, "trade").patches) == len(plots.fan(plain, "trade").patches) + 1  # the days that are known


# --- a record as a timeline ---


def marks(ax: Axes) -> dict[str, list[tuple[float, bool]]]:
    """Return the marks of each row of a timeline: their days, and whether they are filled."""
    labels = {tick: label.get_text() for tick, label in zip(ax.get_yticks(), ax.get_yticklabels(), strict=True)}
    found: dict[str, list[tuple[float, bool]]] = {}
    for line in ax.lines:
        if line.get_marker() == "o":
            [x], [y] = line.get_xdata(), line.get_ydata()
            is_filled = line.get_markerfacecolor() != "white"
            found.setdefault(labels[y], []).append((float(x), is_filled))
    return found


def test_a_timeline_fills_what_a_run_reads_and_leaves_the_rest_hollow(scenario: Scenario) -> None:
    ax = plots.record(scenario)
    found = marks(ax)
    assert found["A crisis"] == [
        (number(date(2025, 3, 1)), True),
        (number(date(2025, 3, 10)), False),
        (number(date(2025, 9, 22)), False),
    ]
    assert found["E4"] == [(number(date(2025, 4, 2)), True)]
    assert found["Reading: Trade"] == [(number(date(2025, 5, 1)), True)]
    assert found["Outside the events of the relationship"] == [(number(date(2025, 4, 2)), False)]
    assert len(found) == len(ax.get_yticks()) == 8  # five votes, the crisis, the reading, what is outside
    assert "A summit" not in found
    assert len(lines_at(ax, LAST)) == 1
    assert ax.get_title(loc="left") == "Toy since (to 2025-09-25)"
    assert ax.get_xlabel().startswith("filled: read by a run; hollow: shown only")
    low, high = ax.get_xlim()
    assert low < number(date(2025, 1, 20)) < number(date(2025, 9, 25)) < high


def test_a_timeline_of_less_that_is_known_fills_less(scenario: Scenario) -> None:
    found = marks(plots.record(scenario.with_({"known_until": date(2025, 3, 20)})))
    assert [is_filled for _, is_filled in found["A crisis"]] == [True, False, False]
    assert found["E4"] == [(number(date(2025, 4, 2)), False)]


def test_a_reading_that_a_run_does_not_read_is_hollow(scenario: Scenario) -> None:
    found = marks(plots.record(scenario.with_({"known_until": date(2025, 4, 20)})))
    assert found["Reading: Trade"] == [(number(date(2025, 5, 1)), False)]


def test_a_timeline_takes_axes_and_settings_and_needs_a_record(scenario: Scenario, ensemble: Ensemble) -> None:
    _, ax = plt.subplots()
    assert plots.record(scenario, ax, title="Mine") is ax
    assert "Mine" in (ax.get_title(loc="left"), ax.get_title())
    with pytest.raises(Refused, match=r"^s: has no record; name one: record = NAME, or --record NAME$"):
        plots.record(scenario.with_({"record": None}))
    with pytest.raises(Refused, match=r"^record\(\) draws the Scenario that read_scenario"):
        plots.record(ensemble)  # type: ignore[arg-type]


# --- calibration ---


def test_a_calibration_shows_shares_bars_and_a_rug_of_all_forecasts(scored: Score) -> None:
    ax = plots.calibration(scored)
    table = scored.calibration()
    points = next(line for line in ax.lines if line.get_label() == "what happened")
    assert points.get_xdata() == pytest.approx(table["forecast"])
    assert points.get_ydata() == pytest.approx(table["share"])
    [bars] = [one for one in ax.collections if isinstance(one, LineCollection)]
    ends = np.array([segment[:, 1] for segment in bars.get_segments()])
    assert ends[:, 0] == pytest.approx(table["low"])
    assert ends[:, 1] == pytest.approx(table["high"])
    assert [text.get_text() for text in ax.texts] == [f"n = {n}" for n in table["n"]]
    rug = [line for line in ax.lines if len(line.get_xdata()) == 2 and line.get_xdata()[0] == line.get_xdata()[1]]
    given = [*scored.events["probability"], *scored.questions["probability"]]
    assert sorted(float(line.get_xdata()[0]) for line in rug) == pytest.approx(sorted(given))
    diagonal = [line for line in ax.lines if list(line.get_xdata()) == [0, 1] and list(line.get_ydata()) == [0, 1]]
    assert len(diagonal) == 1
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("probability that was given", "share that came true")
    row = scored.summary.loc["all"]
    assert f"Brier {row.brier:.3f} of 12 forecasts" in " ".join(ax.get_title(loc="left").split())


def test_a_calibration_of_few_forecasts_is_not_drawn(here: Path, scored: Score) -> None:
    few = score(scored.ensemble, scored.record, "2025-04-20")
    with pytest.raises(Refused, match="a calibration needs at least 10"):
        plots.calibration(few)
    with pytest.raises(Refused, match=r"^calibration\(\) draws the Score that score"):
        plots.calibration(scored.ensemble)  # type: ignore[arg-type]


# --- what is learned ---


def test_what_is_learned_is_shown_before_and_after(learned: Learned) -> None:
    figure = plots.learned(learned, "trade")
    fans, counts = figure.axes
    for ensemble, word in ((learned.before, "before"), (learned.after, "with the record")):
        line = next(one for one in fans.lines if one.get_label() == word)
        assert np.asarray(line.get_ydata(), dtype=float) == pytest.approx(ensemble.quantiles("trade", 0.5).value.to_numpy())
    assert legend_of(fans) == ["before", "with the record", "reading (±1 sd)"]
    assert len(lines_at(fans, LAST)) == 1
    [bars] = fans.containers
    assert bars.lines[0].get_ydata().tolist() == [42]  # type: ignore[attr-defined]
    assert fans.get_ylabel() == "points (50 is neutral)"
    assert fans.get_title(loc="left") == "Knowing: Trade, median and 80 %"
    assert counts.get_xlabel() == "number of times by 2025-09-20"


def test_events_are_shown_as_expected_and_seen_the_most_surprising_on_top(learned: Learned) -> None:
    counts = plots.learned(learned).axes[1]
    table = learned.events[::-1]
    labels = [label.get_text() for label in counts.get_yticklabels()]
    assert labels == table["label"].tolist()
    seen = next(line for line in counts.lines if line.get_label() == "seen")
    mean = next(line for line in counts.lines if line.get_label() == "expected, mean")
    assert seen.get_xdata() == pytest.approx(table["observed"])
    assert mean.get_xdata() == pytest.approx(table["expected"])
    [bars] = counts.collections
    ends = np.array([segment[:, 0] for segment in bars.get_segments()])  # type: ignore[attr-defined]
    assert ends[:, 0] == pytest.approx(table["low"])
    assert ends[:, 1] == pytest.approx(table["high"])


def test_what_is_learned_is_drawn_into_a_figure_that_is_given(learned: Learned) -> None:
    figure = plt.figure()
    assert plots.learned(learned, figure=figure) is figure
    with pytest.raises(Refused, match=r"^learned\(\) draws the Learned that learn"):
        plots.learned(learned.after)  # type: ignore[arg-type]
