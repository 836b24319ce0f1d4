"""Long work: how far it is, on stderr alone; and an interrupt that is answered at once."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from commands import relsim

import simulator.cli.progress as module
from simulator import (
    assumptions,
    brief,
    drivers,
    event_effects,
    explain,
    learn,
    read_scenario,
    simulate,
)
from simulator.analysis.variance import sources
from simulator.cli.progress import Progress
from simulator.engine.plan import make_plan
from simulator.files.layers import shipped

RELSIM = [sys.executable, "-m", "simulator"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(module.__file__).parents[2])}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, toy: str) -> Path:
    """A working folder with the toy in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "toy.toml").write_text(toy, encoding="utf-8")
    return tmp_path


# --- what functions tell ---


def reports_of(call: Callable[[Callable[[int, int], None]], object]) -> list[tuple[int, int]]:
    told: list[tuple[int, int]] = []
    call(lambda done, total: told.append((done, total)))
    return told


def test_a_simulation_tells_its_draws_from_none_to_all() -> None:
    toy = read_scenario("toy.toml")
    told = reports_of(lambda progress: simulate(toy, 40_000, progress=progress))
    # three blocks, the last one partial
    assert told == [(0, 40_000), (16_384, 40_000), (32_768, 40_000), (40_000, 40_000)]


def test_analysis_tells_the_simulations_that_are_done() -> None:
    toy = read_scenario("toy.toml")
    ensemble = simulate(toy, 100)
    # two samples of all sources, and one for each row that is not the same streams as another
    told = reports_of(lambda progress: drivers(toy, n_draws=100, progress=progress))
    assert told == [(n, len(told)) for n in range(1, len(told) + 1)]
    assert len(told) == len(
        {frozenset(), *sources(make_plan(toy)).values(), frozenset().union(*sources(make_plan(toy)).values())}
    )
    assert reports_of(lambda progress: event_effects(ensemble, progress=progress)) == [(1, 2), (2, 2)]
    assert reports_of(lambda progress: brief(ensemble, progress=progress)) == [(1, 2), (2, 2)]
    entries = len(assumptions("toy.toml", 100))
    told = reports_of(lambda progress: assumptions("toy.toml", 100, progress))
    assert told == [(n, entries) for n in range(1, entries + 1)]


def test_several_simulations_tell_the_draws_of_all() -> None:
    toy = read_scenario("toy.toml")
    ensemble = simulate(toy, 100)
    assert reports_of(lambda progress: explain(ensemble, progress=progress)) == [(100, 100)]
    assert reports_of(lambda progress: explain(ensemble, ensemble, progress=progress)) == [(100, 200), (200, 200)]
    baseline = read_scenario("baseline", ['record="us_russia_2025"'])
    told = reports_of(lambda progress: learn(baseline, 2_000, progress=progress))
    assert told == [(0, 4_000), (2_000, 4_000), (2_000, 4_000), (4_000, 4_000)]


# --- what is shown ---


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Progress]]:
    """Progress that is shown after a tenth of a second."""
    monkeypatch.setattr(module, "SECONDS_BETWEEN_LINES", 0.1)
    begun: list[Progress] = []

    def begin() -> Progress:
        begun.append(Progress("drivers").__enter__())
        return begun[-1]

    yield begin
    for one in begun:
        one.finish()


def test_a_line_counts_simulations_over_all_parts(quick: Callable[[], Progress], capsys: pytest.CaptureFixture[str]) -> None:
    progress = quick()
    run, sources = progress.part(), progress.part(50, 2_000)
    run(20_000, 20_000)
    sources(17, 70)  # there are seventy, not fifty: 20,000 + 17 * 2,000 of 160,000 draws
    time.sleep(0.25)
    progress.finish()
    first, second = capsys.readouterr().err.splitlines()[:2]
    assert re.fullmatch(r"drivers: 18 of 71 simulations, about 0 s left", first)
    assert second == first


def test_a_line_of_one_simulation_counts_draws_and_tells_minutes(
    quick: Callable[[], Progress], capsys: pytest.CaptureFixture[str]
) -> None:
    progress = quick()
    progress.part()(10_000, 3_000_000)
    progress._since -= 2.0  # two seconds for a third of a hundredth: ten minutes
    time.sleep(0.15)
    progress.finish()
    assert capsys.readouterr().err.splitlines()[0] == "drivers: 10,000 of 3,000,000 draws, about 10 min left"


def test_nothing_is_said_of_the_time_left_before_anything_is_done(
    quick: Callable[[], Progress], capsys: pytest.CaptureFixture[str]
) -> None:
    progress = quick()
    progress.part()(0, 500)
    time.sleep(0.15)
    progress.finish()
    assert capsys.readouterr().err.splitlines()[0] == "drivers: 0 of 500 draws"


def test_quick_commands_show_nothing() -> None:
    for command in (["run", "toy.toml"], ["drivers", "toy.toml", "-n", "200"], ["brief", "toy.toml"]):
        result = relsim(*command)
        assert result.exit_code == 0
        assert re.sub(r"toy: saved in \S+\n", "", result.stderr) == ""


def on_a_terminal(*arguments: str) -> tuple[str, int]:
    """Return what a command writes to a terminal that is its stderr, and its exit code."""
    import pty  # not on Windows

    ours, theirs = pty.openpty()
    process = subprocess.Popen([*RELSIM, *arguments], stdout=subprocess.DEVNULL, stderr=theirs, env=ENVIRONMENT)
    os.close(theirs)
    written = b""
    while True:
        try:
            read = os.read(ours, 4096)
        except OSError:  # the other side is closed
            break
        written += read
        if not read:
            break
    os.close(ours)
    return written.decode(), process.wait()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no pseudo-terminal")
def test_a_bar_on_a_terminal_has_the_time_left_and_is_cleared() -> None:
    written, code = on_a_terminal("drivers", "baseline", "-n", "2000")
    assert code == 0
    bars = written.split("\r")
    shares = [int(found[1]) for bar in bars if (found := re.search(r"drivers  \[.*\] +(\d+)%", bar))]
    assert len(shares) >= 5
    assert shares == sorted(shares)
    assert any(re.search(r"%  00:0\d:\d\d", bar) for bar in bars)
    # blanks over the bar, and the cursor back
    assert re.search(r"\r +\r\x1b\[\?25h$", written)


@pytest.mark.slow
def test_without_a_terminal_there_is_a_line_every_ten_seconds_and_stdout_is_clean() -> None:
    begun = time.monotonic()
    command = [*RELSIM, "drivers", "baseline", "-n", "4000"]
    done = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, check=True)
    lines = done.stderr.splitlines()
    assert 1 <= len(lines) <= (time.monotonic() - begun) / 10
    assert all(re.fullmatch(r"drivers: \d+ of 1\d\d simulations(, about \d+ (s|min) left)?", line) for line in lines)
    assert "simulations" not in done.stdout


# --- interrupts ---

LONG = {
    "run": ["run", "baseline", "-n", "3000000"],
    "drivers": ["drivers", "baseline", "-n", "50000"],
    "brief": ["brief", "baseline", "-n", "100000"],
    "compare": ["compare", "baseline", "escalation", "-n", "100000"],
    "explain": ["explain", "baseline", "-n", "100000"],
    "assumptions": ["assumptions", str(shipped("seeds") / "us_russia.toml"), "-n", "30000"],
    "plot": ["plot", "baseline", "-n", "1000000"],
    "score": ["score", "baseline", "-n", "500000"],
    "learn": ["learn", "baseline", "--record", "us_russia_2025", "-n", "500000"],
}


def interrupted(arguments: list[str], seconds: float) -> tuple[int, str, str, float]:
    """Return exit code, stdout, stderr and seconds to the end of a command that is interrupted after some time."""
    process = subprocess.Popen(
        [*RELSIM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT
    )
    time.sleep(seconds)
    sent = time.monotonic()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    return process.returncode, out, err, time.monotonic() - sent


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send")
@pytest.mark.parametrize("command", LONG)
def test_an_interrupt_is_answered_within_a_second(folder: Path, command: str) -> None:
    code, out, err, seconds = interrupted(LONG[command], 4.0)
    assert (code, out) == (130, "")
    assert err == ("interrupted; a run is saved only if it is named above\n" if command == "run" else "interrupted\n")
    assert seconds < 1.0
    assert sorted(path.name for path in folder.rglob("*")) == ["toy.toml"]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send")
@pytest.mark.parametrize("after", [0.4, 0.6, 0.8, 1.0, 1.3, 1.6, 2.0])
def test_an_interrupt_is_answered_while_modules_are_read(folder: Path, after: float) -> None:
    # where numpy or pandas is read Python may swallow it: one in forty went on for minutes
    code, out, err, seconds = interrupted(LONG["run"], after)
    assert (code, out) == (130, "")
    assert err.startswith("interrupted")
    assert err.count("\n") == 1
    assert seconds < 1.0
