"""The panel without a browser: what is moved is told, simulated again, streamed, reset and saved."""

import json
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simulator import InvalidFile, Refused, explore, read_scenario, simulate
from simulator import notebook as exploring
from simulator.notebook import STREAMED, Explorer

N = 200


def wait_for(what: Callable[[], Any]) -> Any:
    """Return the first true answer."""
    until = time.monotonic() + 20
    while not (answer := what()):
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.02)
    return answer


def text_of(sent: bytes) -> dict[str, Any]:
    """Return what a sheet says, without its draws."""
    raw = zlib.decompress(sent)
    return dict(json.loads(raw[4 : 4 + int.from_bytes(raw[:4], "little")]))


def moved(panel: Explorer, changes: dict[str, float]) -> str:
    """Move what is simulated again as the browser does; return the name under which it is asked for."""
    key = json.dumps(sorted([name, value] for name, value in changes.items()), separators=(",", ":"))
    panel.widget.state = {**panel.widget.state, "again": changes, "key": key}
    return key


@pytest.fixture
def worlds(tmp_path: Path, toy: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with a world."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "toy.toml").write_text(toy, encoding="utf-8")
    return tmp_path


def test_it_begins_with_the_files_numbers_and_their_simulation(worlds: Path) -> None:
    panel = explore("toy.toml", N)
    assert panel.changes() == {}
    assert panel.ensemble.draws().equals(simulate(read_scenario("toy.toml"), N, n_kept=N).draws())
    assert text_of(panel.widget.first)["n"] == N


def test_every_number_that_moves_has_a_slider_with_its_label(worlds: Path) -> None:
    html = explore("toy.toml", N).widget.html
    for key in ("warmth.trade", "warmth.arms"):
        assert html.count(f'data-weight="{key}"') == 1
    for key in ("factors.trade.target", "factors.arms.target", "events.summit.probability", "events.crisis.rate"):
        assert html.count(f'data-again="{key}"') == 1
        assert f'<label for="again-{key}">' in html


def test_all_weights_of_an_index_reach_equally_far() -> None:
    html = explore("baseline", N).widget.html
    sliders = [
        part.partition(">")[0] for part in html.split("<input ") if part.startswith('type="range" id="weight-warmth.')
    ]
    assert len(sliders) == 8
    assert {part.partition('max="')[2].partition('"')[0] for part in sliders} == {"3.0"}


def test_what_is_set_is_told_and_simulated(worlds: Path) -> None:
    panel = explore("toy.toml", N)
    changes = {"factors.trade.weight": 3.0, "factors.arms.target": 80.0, "events.summit.probability": 1.0}
    panel.set(changes)
    assert panel.changes() == changes
    wanted = simulate(read_scenario("toy.toml").with_(changes), N, n_kept=N)
    assert panel.ensemble.draws().equals(wanted.draws())
    panel.set({"factors.arms.target": 70.0})
    assert panel.changes() == {**changes, "factors.arms.target": 70.0}


def test_what_breaks_a_rule_is_refused_and_moves_nothing(worlds: Path) -> None:
    panel = explore("toy.toml", N)
    with pytest.raises(InvalidFile, match="must be within 0 to 100; found 101"):
        panel.set({"factors.arms.target": 101.0})
    assert panel.changes() == {}


def test_reset_brings_back_the_files_numbers(worlds: Path) -> None:
    panel = explore("toy.toml", N)
    panel.set({"factors.trade.weight": 3.0, "factors.arms.target": 80.0})
    panel.reset()
    assert panel.changes() == {}
    assert panel.ensemble.draws().equals(simulate(read_scenario("toy.toml"), N, n_kept=N).draws())


def test_a_moved_target_is_simulated_again_at_once_and_then_of_more_draws(
    worlds: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel, sent = explore("toy.toml", N), []
    panel.widget.observe(lambda change: sent.append(text_of(change["new"])["n"]), "now")
    key = moved(panel, {"factors.arms.target": 80.0})
    wait_for(lambda: len(sent) == 2)
    assert sent == list(STREAMED)
    assert panel.widget.now_for == key
    medians = simulate(read_scenario("toy.toml").with_({"factors.arms.target": 80.0}), STREAMED[1], n_kept=STREAMED[1])
    assert text_of(panel.widget.now)["sides"][0]["name"] == medians.scenario.name


def test_an_older_request_is_dropped_when_a_newer_one_comes(worlds: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    panel, targets = explore("toy.toml", N), []

    def slow(scenario: Any, *args: Any, **kwargs: Any) -> Any:
        targets.append(scenario.factors["arms"].target)
        if targets == [80.0]:  # while the first is simulated, two more are asked for
            moved(panel, {"factors.arms.target": 60.0})
            moved(panel, {"factors.arms.target": 50.0})
        return simulate(scenario, *args, **kwargs)

    monkeypatch.setattr(exploring, "simulate", slow)
    moved(panel, {"factors.arms.target": 80.0})
    wait_for(lambda: targets.count(50.0) == 2)
    assert targets == [80.0, 50.0, 50.0]


def test_what_cannot_be_simulated_is_told_in_the_panel(worlds: Path) -> None:
    panel = explore("toy.toml", N)
    moved(panel, {"factors.arms.target": 101.0})
    assert "not simulated" in wait_for(lambda: panel.widget.message)
    assert "must be within 0 to 100" in panel.widget.message


def test_the_save_button_writes_the_file_that_the_panel_names(worlds: Path) -> None:
    panel = explore("toy.toml", N)
    panel.set({"factors.trade.weight": 3.0})
    panel._asked(panel.widget, {"save": "my_toy.toml"}, [])
    assert panel.widget.message == "saved in my_toy.toml"
    saved = simulate(read_scenario("my_toy.toml"), N, n_kept=N)
    assert saved.draws().equals(panel.ensemble.draws())
    panel._asked(panel.widget, {"save": "my_toy.toml"}, [])
    assert panel.widget.message == "not done: my_toy.toml: exists already; nothing was written"


def test_compare_with_file_tells_the_paired_difference(worlds: Path) -> None:
    panel = explore("toy.toml", N)
    panel.set({"factors.arms.target": 80.0})
    panel._asked(panel.widget, {"compare": True}, [])
    assert "with factors.arms.target = 80 against Toy (toy)" in " ".join(panel.widget.message.split())
    assert "200 draws of the same worlds" in " ".join(panel.widget.message.split())


def test_labels_are_text_not_markup(worlds: Path, toy: str) -> None:
    (worlds / "toy.toml").write_text(toy.replace('"Trade"', '"Trade <script> & co"').replace('"A summit"', '"A <b>summit"'))
    html = explore("toy.toml", N).widget.html
    assert "Trade &lt;script&gt; &amp; co" in html
    assert "<script" not in html
    assert "<b>summit" not in html


def test_two_panels_do_not_know_of_each_other(worlds: Path) -> None:
    one, other = explore("toy.toml", N), explore("toy.toml", N)
    one.set({"factors.trade.weight": 3.0})
    assert other.changes() == {}


def test_a_notebook_shows_the_panel(worlds: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    panel, shown = explore("toy.toml", N), []
    monkeypatch.setattr("IPython.display.display", shown.append)
    panel._ipython_display_()
    assert shown == [panel.widget]


def test_without_anywidget_it_says_what_to_install(worlds: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    exploring._widget_class.cache_clear()
    monkeypatch.setitem(sys.modules, "anywidget", None)
    with pytest.raises(
        Refused, match=r"explore\(\) needs the notebook extra: pip install 'relations-simulator\[notebook\]'"
    ):
        explore("toy.toml", N)
