"""A run on one screen, all of it, several, and in terminals of several widths."""

import os
import pty
import re
import subprocess
import sys

import numpy as np
import pytest

from simulator import Ensemble, read_scenario, simulate
from simulator.analysis.tornado import telling_events
from simulator.report.durations import duration_lines
from simulator.report.layout import filled, width
from simulator.report.run import headline, overview, screen, several, table


@pytest.fixture(scope="module")
def baseline() -> Ensemble:
    return simulate(read_scenario("baseline"), 2_000)


@pytest.fixture(scope="module")
def reset() -> Ensemble:
    return simulate(read_scenario("negotiated_reset"), 2_000)


def test_a_screen_is_short_and_all_of_a_run_is_longer(baseline: Ensemble) -> None:
    assert len(screen(baseline).splitlines()) <= 40
    assert len(table(baseline).splitlines()) > 120


def test_the_headline_has_the_numbers_of_the_ensemble(baseline: Ensemble) -> None:
    low, median, high = baseline.quantiles("warmth", [0.1, 0.5, 0.9]).value.iloc[-3:]
    told = headline(baseline)
    found = re.search(r"median is ([\d.]+), and four futures in five lie between ([\d.]+) and ([\d.]+)\.", told)
    assert found is not None
    assert [float(number) for number in found.groups()] == pytest.approx([median, low, high], abs=0.51)
    shares = baseline.bands("warmth").probability.iloc[-6:]
    assert f'The likeliest band is then "{shares.idxmax()[-1]}", ' in told
    assert "band" not in headline(baseline, "nato")


def test_own_events_come_first_and_are_marked(reset: Ensemble, baseline: Ensemble) -> None:
    lines = screen(reset).splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith("Events: "))
    assert lines[at] == "Events: probability of at least once, * the scenario's own"
    rows = [line for line in lines[at + 1 : lines.index("Questions")] if re.match(r"  .{9}  \S", line) and line[:11].strip()]
    assert len(rows) == 8
    assert all("%  * " in row for row in rows)
    assert "* " not in screen(baseline).split("Events: ")[1]
    every = table(reset).splitlines()
    marks = ["* " in line for line in every if re.match(r" +[<>]? ?[\d.]+ %  ", line)][: len(reset.plan.events)]
    assert marks == sorted(marks, reverse=True)


def test_the_most_telling_events_are_those_whose_groups_lie_farthest_apart(baseline: Ensemble) -> None:
    values = baseline.paths("warmth").iloc[-1].to_numpy(dtype=np.float64)
    spread = {}
    for event in baseline.plan.events:
        met = baseline.draws()[f"first.{event.name}"].notna().to_numpy()
        if min(met.sum(), (~met).sum()) >= 30:
            spread[event.name] = abs(values[met].mean() - values[~met].mean()) * np.sqrt(met.mean() * (1 - met.mean()))
    wanted = sorted(spread, key=lambda name: -spread[name])
    assert telling_events(baseline)[: len(wanted)] == wanted


def test_durations_are_those_of_the_ensemble(baseline: Ensemble) -> None:
    lines = duration_lines(baseline)
    row = next(line for line in lines if line.startswith("  tense "))
    months = baseline.time_in_band("warmth").months["warmth", "tense"]
    assert float(row.split()[1]) == pytest.approx(months, abs=0.051)
    moves = baseline.transitions().probability["tense"]
    told = next(line for line in lines if line.startswith("  tense: "))
    assert float(re.search(r"stays ([\d.]+) %", told)[1]) == pytest.approx(100 * moves["tense"], abs=0.51)  # type: ignore[index]


def test_several_begin_with_an_overview_the_warmest_first(baseline: Ensemble, reset: Ensemble) -> None:
    lines = overview([baseline, reset]).splitlines()
    assert "Negotiated reset" in lines[2]
    assert any("Baseline (baseline)" in line for line in lines[3:])
    assert several([baseline, reset]).startswith("Overview: ")
    assert several([baseline]) == screen(baseline)


@pytest.mark.parametrize("columns", [60, 72, 80, 110])
def test_text_fits_a_terminal_of_any_width_and_breaks_no_word(
    columns: int, baseline: Ensemble, reset: Ensemble, monkeypatch: pytest.MonkeyPatch
) -> None:
    wide = " ".join(table(reset).split())
    monkeypatch.setenv("COLUMNS", str(columns))
    for text in (screen(baseline), table(reset), overview([baseline, reset])):
        assert max(map(len, text.splitlines())) <= columns
    if columns > 75:
        assert sorted(" ".join(table(reset).split()).split()) == sorted(wide.split())


@pytest.mark.parametrize(("columns", "used"), [("20", 60), ("60", 60), ("100", 100), ("400", 110)])
def test_the_width_is_that_of_the_terminal_within_limits(columns: str, used: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert width() == used


def test_a_pipe_is_80_columns_wide_and_a_terminal_as_wide_as_it_is() -> None:
    ask = [sys.executable, "-c", "from simulator.report.layout import width; print(width())"]
    environment = {key: value for key, value in os.environ.items() if key != "COLUMNS"}
    assert subprocess.run(ask, capture_output=True, text=True, check=True, env=environment).stdout == "80\n"
    parent, child = pty.openpty()
    import fcntl
    import struct
    import termios

    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 97, 0, 0))
    subprocess.run(ask, stdout=child, stdin=child, check=True, env=environment)
    os.close(child)
    assert os.read(parent, 100).decode().strip() == "97"
    os.close(parent)


def test_a_number_and_its_sign_stay_on_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    assert filled("x" * 56 + " 12 %") == ["x" * 56, "12 %"]
