"""The panel of sliders, without a browser: what is moved is simulated, drawn, told, reset and saved."""

import logging
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

from simulator import Ensemble, Refused, SimulatorError, explore, read_scenario, simulate
from simulator import notebook as exploring
from simulator.notebook import Explorer

mpl.use("Agg")

N = 200


def fan_line(panel: Explorer) -> Any:
    """Return the median of the fan that the figure shows."""
    (line,) = (line for line in panel.figure.axes[0].lines if line.get_label() == "median")
    return np.asarray(line.get_ydata(), dtype=float)


def median(ensemble: Ensemble) -> Any:
    return ensemble.quantiles("warmth", [0.5]).value.to_numpy()


def picture(panel: Explorer) -> bytes:
    """Return what the reader sees."""
    return bytes(panel.panel.children[0].value)


def message(panel: Explorer) -> str:
    return str(panel.panel.children[2].value)


def told(panel: Explorer) -> str:
    """Return the table of what was changed."""
    return str(panel.panel.children[3].children[2].value)


def click(panel: Explorer, name: str) -> None:
    (button,) = (widget for widget in panel.panel.children[1].children if getattr(widget, "description", "") == name)
    button.click()


@pytest.fixture(autouse=True)
def _no_exception_in_a_callback(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fail a test in which a button's callback raised: ipywidgets catches that, and only logs it."""
    yield
    assert swallowed(caplog) == []


def swallowed(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [
        record.getMessage()
        for record in [*caplog.get_records("setup"), *caplog.get_records("call")]
        if record.levelno >= logging.WARNING
    ]


@pytest.fixture
def worlds(tmp_path: Path, toy: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of worlds, which is the working folder: `toy` has an event that reads warmth, `quiet` has none."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "toy.toml").write_text(toy, encoding="utf-8")
    (tmp_path / "quiet.toml").write_text(toy.replace('when = "warmth < 60"\n', ""), encoding="utf-8")
    return tmp_path


@pytest.fixture
def simulated(monkeypatch: pytest.MonkeyPatch) -> list[Ensemble]:
    """What the panel simulates, in order."""
    made: list[Ensemble] = []

    def spy(*args: Any, **kwargs: Any) -> Ensemble:
        made.append(simulate(*args, **kwargs))
        return made[-1]

    monkeypatch.setattr(exploring, "simulate", spy)
    return made


def test_it_begins_with_the_files_numbers_and_their_simulation(worlds: Path) -> None:
    panel = explore("toy.toml", N)
    assert {key: slider.value for key, slider in panel.sliders.items()} == {
        "factors.trade.weight": 1,
        "factors.trade.target": 40,  # none is stated: where it stands
        "factors.arms.weight": 2,
        "factors.arms.target": 35.0,  # the median of its law, 35.03, on a step of the slider
        "events.summit.probability": 0.5,
        "events.crisis.rate": 0.5,
    }
    assert panel.changes() == {}
    assert told(panel) == "nothing is changed"
    assert panel.ensemble.draws().equals(simulate(read_scenario("toy.toml"), N, n_kept=N).draws())


def test_sliders_reach_as_far_as_the_numbers_may_or_three_times_the_files(worlds: Path) -> None:
    sliders = explore("toy.toml", N).sliders
    reach = {key: (slider.min, slider.max) for key, slider in sliders.items()}
    assert reach == {
        "factors.trade.weight": (0, 3),
        "factors.trade.target": (0, 100),
        "factors.arms.weight": (0, 6),
        "factors.arms.target": (0, 100),
        "events.summit.probability": (0, 1),
        "events.crisis.rate": (0, 1.5),
    }


def test_every_slider_of_what_ships_holds_its_number_and_events_that_are_off_have_none() -> None:
    panel = explore("baseline", N)
    scenario = panel.scenario
    chances = [
        f"events.{name}.{'rate' if event.probability is None else 'probability'}"
        for name, event in scenario.events.items()
        if event.enabled
    ]
    factors = [f"factors.{name}.{key}" for name in scenario.factors for key in ("weight", "target")]
    assert list(panel.sliders) == factors + chances
    assert all(slider.min <= slider.value <= slider.max for slider in panel.sliders.values())


def test_an_event_that_is_off_has_no_slider_and_reads_nothing(worlds: Path, toy: str) -> None:
    (worlds / "off.toml").write_text(toy.replace('when = "warmth < 60"', 'when = "warmth < 60"\nenabled = false'))
    panel = explore("off.toml", N)
    assert "events.crisis.rate" not in panel.sliders
    panel.sliders["factors.trade.weight"].value = 3.0
    assert panel.ensemble.note == "reweighted without simulation"


@pytest.mark.parametrize("world", ["toy", "quiet"])
def test_the_fan_is_that_of_the_ensemble_after_every_move(worlds: Path, world: str) -> None:
    panel = explore(f"{world}.toml", N)
    seen = [picture(panel)]
    lines = [fan_line(panel)]
    assert lines[0] == pytest.approx(median(panel.ensemble))
    for key, value in (
        ("factors.trade.weight", 3.0),
        ("factors.arms.target", 80.0),
        ("events.summit.probability", 1.0),
        ("events.crisis.rate", 0.0),
    ):
        panel.sliders[key].value = value
        assert fan_line(panel) == pytest.approx(median(panel.ensemble))
        assert abs(fan_line(panel) - lines[-1]).max() > 0.05, key
        seen.append(picture(panel))
        lines.append(fan_line(panel))
    assert len(set(seen)) == 5
    assert all(image.startswith(b"\x89PNG") for image in seen)


def test_what_is_drawn_is_the_scenario_with_the_changes(worlds: Path) -> None:
    panel = explore("toy.toml", N)
    changes = {"factors.trade.weight": 3.0, "factors.arms.target": 80.0, "events.summit.probability": 1.0}
    for key, value in changes.items():
        panel.sliders[key].value = value
    assert panel.changes() == changes
    wanted = simulate(read_scenario("toy.toml").with_(changes), N, n_kept=N)
    assert panel.ensemble.draws().equals(wanted.draws())
    assert panel.ensemble.n_draws == panel.ensemble.n_kept == N
    assert "<tr><td>factors.arms.target</td><td>35</td><td>80</td></tr>" in told(panel)
    assert told(panel).count("<tr>") == 4


def test_the_histogram_beside_it_is_of_the_same_ensemble(worlds: Path) -> None:
    panel = explore("toy.toml", N)
    panel.sliders["factors.arms.target"].value = 80.0
    shown = {text.get_text() for text in panel.figure.axes[1].texts}
    assert f"median\n{median(panel.ensemble)[-1]:.1f}" in shown


def test_weights_are_not_simulated_again_where_nothing_reads_warmth(worlds: Path, simulated: list[Ensemble]) -> None:
    panel = explore("quiet.toml", N)
    for value in (3.0, 0.0, 2.0):
        panel.sliders["factors.trade.weight"].value = value
        assert panel.ensemble.note == "reweighted without simulation"
        fresh = simulate(read_scenario("quiet.toml").with_(panel.changes()), N, n_kept=N)
        assert panel.ensemble.paths("warmth").to_numpy() == pytest.approx(fresh.paths("warmth").to_numpy(), rel=2e-6)
    panel.sliders["factors.trade.weight"].value = 1.0
    assert len(simulated) == 1
    assert panel.ensemble is simulated[0]


def test_moved_weights_hold_when_something_else_moves_and_that_is_simulated_once(
    worlds: Path, simulated: list[Ensemble]
) -> None:
    panel = explore("quiet.toml", N)
    panel.sliders["factors.trade.weight"].value = 3.0
    panel.sliders["factors.arms.target"].value = 70.0
    panel.sliders["factors.arms.weight"].value = 0.5
    assert len(simulated) == 2
    assert panel.ensemble.note == "reweighted without simulation"
    changes = {"factors.trade.weight": 3.0, "factors.arms.target": 70.0, "factors.arms.weight": 0.5}
    fresh = simulate(read_scenario("quiet.toml").with_(changes), N, n_kept=N)
    assert panel.ensemble.paths("warmth").to_numpy() == pytest.approx(fresh.paths("warmth").to_numpy(), rel=2e-6)


def test_weights_are_simulated_where_an_event_reads_warmth(worlds: Path, simulated: list[Ensemble]) -> None:
    panel = explore("toy.toml", N)
    panel.sliders["factors.trade.weight"].value = 3.0
    assert len(simulated) == 2
    assert panel.ensemble is simulated[1]
    assert panel.ensemble.note == ""


def test_of_what_ships_one_pair_is_reweighted_and_the_other_simulated(simulated: list[Ensemble]) -> None:
    panel = explore("us_china_baseline", N)
    panel.sliders["factors.trade.weight"].value = 4.0
    assert (len(simulated), panel.ensemble.note) == (1, "reweighted without simulation")
    panel = explore("baseline", N)
    panel.sliders["factors.nato.weight"].value = 3.0
    assert (len(simulated), panel.ensemble.note) == (3, "")


def test_targets_of_what_ships_can_be_moved() -> None:
    panel = explore("us_china_baseline", N)
    panel.sliders["factors.trade.target"].value = 60.0
    assert panel.ensemble.scenario.factors["trade"].target == 60


@pytest.mark.parametrize("world", ["toy", "quiet"])
def test_a_slider_moved_there_and_back_leaves_nothing(worlds: Path, world: str) -> None:
    panel = explore(f"{world}.toml", N)
    first, draws = picture(panel), panel.ensemble.draws()
    for key in ("factors.trade.weight", "factors.arms.target"):
        before = panel.sliders[key].value
        panel.sliders[key].value = before / 2
        assert panel.changes() == {key: before / 2}
        panel.sliders[key].value = before
        assert panel.changes() == {}
    assert picture(panel) == first
    assert panel.ensemble.draws().equals(draws)  # the law of a target is a law again
    assert told(panel) == "nothing is changed"


@pytest.mark.parametrize("world", ["toy", "quiet"])
def test_reset_brings_back_the_first_picture_and_the_files_numbers(
    worlds: Path, simulated: list[Ensemble], world: str
) -> None:
    panel = explore(f"{world}.toml", N)
    first, numbers = picture(panel), {key: slider.value for key, slider in panel.sliders.items()}
    for key in ("factors.trade.weight", "factors.arms.target"):
        panel.sliders[key].value = panel.sliders[key].value / 2
    assert picture(panel) != first
    runs = len(simulated)
    click(panel, "reset")
    assert len(simulated) == runs + 1  # once, not once a slider
    assert {key: slider.value for key, slider in panel.sliders.items()} == numbers
    assert panel.changes() == {}
    assert picture(panel) == first
    panel.sliders["factors.trade.weight"].value = 3.0  # and the sliders still work
    assert picture(panel) != first


def test_an_exception_when_a_slider_is_moved_reaches_the_caller(worlds: Path, toy: str) -> None:
    (worlds / "one.toml").write_text(toy.partition("[spillovers")[0].partition("[factors.arms]")[0])
    panel = explore("one.toml", N)
    with pytest.raises(SimulatorError, match="all its weights would be zero"):
        panel.sliders["factors.trade.weight"].value = 0.0
    panel.sliders["factors.trade.weight"].value = 2.0
    assert panel.changes() == {"factors.trade.weight": 2.0}


def test_whatever_a_redraw_raises_reaches_the_caller(worlds: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    panel = explore("toy.toml", N)
    monkeypatch.setattr(exploring.plots, "fan", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        panel.sliders["factors.trade.weight"].value = 2.0


def test_what_a_button_raises_is_only_logged_which_fails_a_test_here(
    worlds: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    panel = explore("toy.toml", N)
    monkeypatch.setattr(exploring.plots, "fan", lambda *_, **__: 1 / 0)
    click(panel, "reset")
    (logged,) = swallowed(caplog)
    assert logged.endswith("division by zero")
    caplog.clear()  # else the fixture above would fail this test too


def test_the_save_button_writes_the_file_that_the_panel_names(worlds: Path) -> None:
    panel = explore("toy.toml", N)
    assert panel.path.value == "my_toy.toml"
    panel.sliders["factors.trade.weight"].value = 3.0
    click(panel, "save as scenario")
    assert message(panel) == "saved in my_toy.toml"
    saved = simulate(read_scenario("my_toy.toml"), N, n_kept=N)
    assert saved.draws().equals(panel.ensemble.draws())
    assert saved.scenario.factors["trade"].weight == 3


def test_a_reweighted_panel_saves_what_it_shows(worlds: Path) -> None:
    panel = explore("quiet.toml", N)
    panel.sliders["factors.trade.weight"].value = 3.0
    panel.sliders["factors.arms.target"].value = 66.0
    saved = simulate(read_scenario(panel.save("mine.toml")), N, n_kept=N)
    assert saved.draws().drop(columns="warmth").equals(panel.ensemble.draws().drop(columns="warmth"))
    assert saved.draws().warmth.to_numpy() == pytest.approx(panel.ensemble.draws().warmth.to_numpy(), rel=2e-6)
    assert Path("mine.toml").read_text().count("66") == 1


def test_a_panel_moved_there_and_back_saves_its_own_text(worlds: Path, toy: str) -> None:
    panel = explore("toy.toml", N)
    panel.sliders["factors.trade.weight"].value = 3.0
    panel.sliders["factors.trade.weight"].value = 1.0
    assert panel.save("mine.toml").read_text() == toy.replace('"Toy"', '"Toy, changed"')


def test_what_the_save_button_raises_is_told_in_the_panel(worlds: Path) -> None:
    panel = explore("toy.toml", N)
    (worlds / "my_toy.toml").write_text("mine\n")
    click(panel, "save as scenario")
    assert message(panel) == "<b>not saved</b>: my_toy.toml: exists already; nothing was written"
    assert (worlds / "my_toy.toml").read_text() == "mine\n"
    panel.path.value = "other.toml"
    click(panel, "save as scenario")
    assert message(panel) == "saved in other.toml"
    assert (worlds / "other.toml").exists()


def test_labels_and_messages_are_text_not_markup(worlds: Path, toy: str) -> None:
    (worlds / "toy.toml").write_text(toy.replace('"Trade"', '"Trade <script> & co"').replace('"A summit"', '"A <b>summit"'))
    panel = explore("toy.toml", N)
    panel.path.value = "no<i>where/mine.toml"
    click(panel, "save as scenario")
    factors, events, _ = panel.panel.children[3].children
    labels = [box.children[0].value for tab in (factors, events) for box in tab.children]
    assert "<b>Trade &lt;script&gt; &amp; co</b>" in labels
    assert "<small>A &lt;b&gt;summit</small>" in labels
    assert "<i>" not in message(panel)


def test_every_slider_has_a_place_in_the_panel(worlds: Path) -> None:
    panel = explore("toy.toml", N)
    tabs = panel.panel.children[3]
    shown = [slider for tab in tabs.children[:2] for box in tab.children for slider in box.children[1:]]
    assert shown == list(panel.sliders.values())
    assert tabs.titles == ("factors", "events", "changed")


def test_the_figure_is_not_shown_a_second_time(worlds: Path) -> None:
    before = plt.get_fignums()
    panel = explore("toy.toml", N)
    panel.sliders["factors.trade.weight"].value = 3.0
    assert plt.get_fignums() == before


def test_a_notebook_shows_the_panel(worlds: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    panel, shown = explore("toy.toml", N), []
    monkeypatch.setattr("IPython.display.display", shown.append)
    panel._ipython_display_()
    assert shown == [panel.panel]


def test_two_panels_do_not_know_of_each_other(worlds: Path) -> None:
    one, other = explore("toy.toml", N), explore("toy.toml", N)
    seen = picture(other)
    one.sliders["factors.trade.weight"].value = 3.0
    assert (other.changes(), picture(other)) == ({}, seen)


def test_without_ipywidgets_it_says_what_to_install(worlds: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    with pytest.raises(
        Refused, match=r"explore\(\) needs the notebook extra: pip install 'relations-simulator\[notebook\]'"
    ):
        explore("toy.toml")


def test_how_long_a_move_takes_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    panel, took = explore("baseline"), []
    for value in (2.0, 3.0, 2.5):
        begun = time.perf_counter()
        panel.sliders["factors.nato.weight"].value = value
        took.append(time.perf_counter() - begun)
    assert fan_line(panel) == pytest.approx(median(panel.ensemble))
    with capsys.disabled():
        print(f"\n  a move of a slider, {panel.ensemble.n_draws:,} draws of the baseline: {min(took):.2f} s")  # noqa: T201 told, not asserted
