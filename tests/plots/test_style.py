"""Styles of plots: in force inside the context only, and grey leaves no colour anywhere in the picture."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.image import imread
from matplotlib.text import Text

from simulator import (
    Ensemble,
    Refused,
    __version__,
    compare,
    learn,
    outlook,
    plots,
    read_outlook,
    read_record,
    read_scenario,
    score,
    simulate,
    sweep,
    tornado,
)
from simulator.analysis.ledger import explain
from simulator.plots.style import GREYS, palette

mpl.use("Agg")


@pytest.fixture(scope="module")
def ensemble() -> Ensemble:
    return simulate(read_scenario("baseline"), 500, seed=7)


@pytest.fixture(scope="module")
def other() -> Ensemble:
    return simulate(read_scenario("negotiated_reset"), 500, seed=7)


def settings() -> dict[str, Any]:
    """Return all that a style may set."""
    return {**mpl.rcParams, "palette": palette()}


def chroma(figure: Any, path: Path) -> int:
    """Return how far the most colourful point of a saved picture is from grey, of 255."""
    figure.savefig(path, dpi=50)
    rgb = np.round(255 * imread(path)[..., :3]).astype(int)
    assert len(np.unique(rgb.reshape(-1, 3), axis=0)) > 4  # it is a picture
    return int((rgb.max(axis=2) - rgb.min(axis=2)).max())


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [("paper", "font.family", ["serif"]), ("screen", "font.size", 12.0), ("grey", "image.cmap", "gray")],
)
def test_a_style_holds_inside_its_context_only(name: str, key: str, value: Any) -> None:
    before = settings()
    with plots.style(name):
        assert mpl.rcParams[key] == value
        assert before[key] != value
    assert settings() == before


@pytest.mark.parametrize("name", ["paper", "screen", "grey"])
def test_what_was_is_restored_after_an_exception(name: str) -> None:
    before = settings()
    with pytest.raises(ZeroDivisionError), plots.style(name):
        raise ZeroDivisionError
    assert settings() == before


def test_styles_nest_and_each_is_left_for_the_one_outside() -> None:
    with plots.style("grey"):
        outside = settings()
        with plots.style("screen"):
            assert settings() != outside
        assert settings() == outside


def test_an_unknown_style_is_refused_with_the_nearest_name() -> None:
    before = settings()
    with pytest.raises(Refused, match=r"no style is called 'gray' \(did you mean 'grey'\?\)"), plots.style("gray"):
        pass
    with pytest.raises(Refused, match="no style is called 'x'; known: paper, screen, grey"), plots.style("x"):
        pass
    assert settings() == before


def test_paper_and_screen_change_what_is_drawn(ensemble: Ensemble, tmp_path: Path) -> None:
    sizes, pictures = [], []
    for name in ("paper", "screen"):
        with plots.style(name):
            ax = plots.fan(ensemble)
            ax.figure.savefig(tmp_path / f"{name}.png", dpi=60)
            sizes.append(ax.yaxis.label.get_fontsize())
            pictures.append(imread(tmp_path / f"{name}.png").tobytes())
    assert sizes == [9, 12]
    assert pictures[0] != pictures[1]


DRAWN: dict[str, Callable[[Ensemble, Ensemble], Any]] = {
    "dashboard": lambda base, _: plots.dashboard(base),
    "fan": lambda base, _: plots.fan(base).figure,
    "distribution": lambda base, _: plots.distribution(base).figure,
    "bands": lambda base, _: plots.bands(base).figure,
    "events": lambda base, _: plots.events(base).figure,
    "waterfall": lambda base, other: plots.waterfall(explain(base)).figure,
    "compared": lambda base, other: plots.compared(compare(base, other)),
    "dumbbell": lambda base, other: plots.dumbbell(compare(base, other)).figure,
    "ridgeline": lambda base, other: plots.ridgeline([base, other]).figure,
    "tornado_bars": lambda base, _: plots.tornado_bars(tornado(base), ensemble=base).figure,
    "factors": lambda base, _: plots.factors(base)[0].figure,
    "forest": lambda base, other: plots.forest([compare(base, other)]).figure,
    "pooled_fan": lambda *_: plots.pooled_fan(outlook(read_outlook("docs/examples/outlook.toml"), 200)).figure,
}


@pytest.mark.parametrize("name", DRAWN)
def test_grey_leaves_no_colour(ensemble: Ensemble, other: Ensemble, name: str, tmp_path: Path) -> None:
    with plots.style("grey"):
        assert chroma(DRAWN[name](ensemble, other), tmp_path / "grey.png") == 0


@pytest.mark.parametrize("name", ["dashboard", "fan", "waterfall"])
def test_without_it_there_are_colours(ensemble: Ensemble, other: Ensemble, name: str, tmp_path: Path) -> None:
    assert chroma(DRAWN[name](ensemble, other), tmp_path / "colour.png") > 40


def test_what_grey_compares_stays_apart() -> None:
    with plots.style("grey"):
        greys = palette()
    steps = [int(colour[1:3], 16) for colour in (*greys.intervals, greys.median)]
    assert all(left - right > 25 for left, right in pairwise(steps))
    assert int(greys.other[1:3], 16) - int(greys.base[1:3], 16) > 80


# --- what a picture rests on, its size, and that nothing is cut ---


@pytest.mark.parametrize("name", DRAWN)
def test_every_picture_says_what_it_rests_on(ensemble: Ensemble, other: Ensemble, name: str) -> None:
    told = " ".join(DRAWN[name](ensemble, other).get_supxlabel().split())
    draws = "200 draws of each scenario" if name == "pooled_fan" else "500 draws"
    assert told.startswith(draws)
    assert "seed 7; us_russia as of 2025-01-20; " in told
    assert told.endswith(f"; relsim {__version__}")


def test_pictures_of_what_happened_say_what_they_rest_on() -> None:
    knowing = read_scenario("baseline", ['record="us_russia_2025"'])
    assert plots.record(knowing).figure.get_supxlabel() == (
        f"us_russia as of 2025-01-20; known to 2026-09-20; relsim {__version__}"
    )
    taught = learn(knowing, 2_000, 7)
    told = " ".join(plots.learned(taught).get_supxlabel().split())
    assert told.startswith(
        f"2,000 draws worth {taught.after.n_effective:,.0f}, seed 7; us_russia as of 2025-01-20; known to"
    )
    scored = score(simulate(read_scenario("baseline"), 500, 3), read_record("us_russia_2025"))
    assert plots.calibration(scored).figure.get_supxlabel() == (
        f"500 draws, seed 3; us_russia as of 2025-01-20; relsim {__version__}"
    )


def test_a_sweep_says_what_it_rests_on() -> None:
    table = sweep(read_scenario("baseline"), {"factors.nato.weight": [0, 1]}, n_draws=50)
    assert plots.sweep(table).figure.get_supxlabel() == f"50 draws of each run; relsim {__version__}"
    assert plots.sweep(table, foot="mine").figure.get_supxlabel() == "mine"


def test_a_later_start_and_two_seeds_are_told(tmp_path: Path, toy: str) -> None:
    (tmp_path / "toy.toml").write_text(toy.replace("months = 12", "start = 2025-03-01\nmonths = 12"), encoding="utf-8")
    both = [simulate(read_scenario(tmp_path / "toy.toml"), n, seed) for n, seed in ((50, 2), (60, 1))]
    assert plots.ridgeline(both).figure.get_supxlabel() == (
        f"50 draws and 60 draws, seeds 1, 2; numbers as of 2025-01-20, from 2025-03-01; relsim {__version__}"
    )


@pytest.fixture(scope="module")
def long() -> tuple[Ensemble, Ensemble]:
    """Return the baseline, and one whose heading is long."""
    changed = ["factors.nato.weight=3", "events.lasting_break.enabled=false", "factors.energy.target=40"]
    other = read_scenario("negotiated_reset", changed)
    assert len(other.heading) > 100
    return simulate(read_scenario("baseline"), 500, seed=7), simulate(other, 500, seed=7)


@pytest.mark.parametrize("size", [None, (5, 6), (12, 4)])
@pytest.mark.parametrize("name", [name for name in DRAWN if name not in ("dashboard", "pooled_fan")])
def test_no_title_name_or_legend_reaches_over_the_edge(
    long: tuple[Ensemble, Ensemble], name: str, size: tuple[float, float] | None
) -> None:
    base, other = long
    with plots.style(size=size):
        figure = DRAWN[name](other if name not in ("compared", "dumbbell", "ridgeline", "forest") else base, other)
    figure.canvas.draw()
    over = []
    for text in figure.findobj(Text):
        if any(letter.isalpha() for letter in text.get_text()):  # a number may be a tick beyond the axis, which is not drawn
            box = text.get_window_extent()
            if box.x0 < -2 or box.x1 > figure.bbox.x1 + 2 or box.y0 < -2 or box.y1 > figure.bbox.y1 + 2:
                over.append(text.get_text())
    assert over == []


def test_a_long_heading_stands_whole_in_titles_and_legends(long: tuple[Ensemble, Ensemble]) -> None:
    base, other = long
    heading, both = other.scenario.heading, compare(base, other)
    told = {
        "fan": plots.fan(other).get_title(loc="left"),
        "waterfall": plots.waterfall(explain(other, base)).get_title(loc="left"),
        "tornado": plots.tornado_bars(tornado(other), ensemble=other).get_title(loc="left"),
        "dashboard": plots.dashboard(other).get_suptitle(),
        "compared": plots.compared(both).axes[0].get_legend().get_texts()[1].get_text(),
        "questions": plots.dumbbell(both).get_legend().get_texts()[1].get_text(),
        "ridgeline": plots.ridgeline([other]).get_yticklabels()[0].get_text(),
        "forest": plots.forest([both]).get_yticklabels()[0].get_text(),
    }
    assert [name for name, text in told.items() if heading not in " ".join(text.split())] == []


def test_a_size_and_dots_to_the_inch_hold_for_figures_that_plots_make(ensemble: Ensemble, tmp_path: Path) -> None:
    with plots.style(size=(5, 4), dpi=40):
        figure, page = plots.fan(ensemble).figure, plots.dashboard(ensemble)
        figure.savefig(tmp_path / "fan.png")
    assert imread(tmp_path / "fan.png").shape[:2] == (160, 200)
    assert figure.get_size_inches().tolist() == [5, 4]
    assert page.get_size_inches().tolist() == [5, 4]
    assert plots.fan(ensemble).figure.get_size_inches().tolist() == [6.4, 4.3]


def test_a_size_without_a_style_keeps_the_style_outside() -> None:
    with plots.style("grey"), plots.style(size=(5, 4)):
        assert palette() == GREYS


@pytest.mark.parametrize(
    ("draw", "told"),
    [
        (lambda _: plots.ridgeline([]), "ridgeline() draws a list, each one Ensemble; found an empty one"),
        (lambda one: plots.ridgeline(one), "ridgeline() draws a list, each one Ensemble; found Ensemble"),
        (lambda one: plots.ridgeline([one, 3]), "ridgeline() draws the Ensemble that simulate(scenario) returns; found int"),
        (lambda _: plots.ridgeline("baseline"), "ridgeline() draws a list, each one Ensemble; found str"),
        (lambda one: plots.forest(compare(one, one)), "forest() draws a list, each one Comparison; found Comparison"),
        (lambda one: plots.factors(one, []), "factors() needs axes for each of 8 factors; found 0"),
        (
            lambda one: plots.tornado_bars(one),
            "tornado_bars() draws the DataFrame that tornado(ensemble) returns; found Ensemble",
        ),
        (
            lambda one: plots.sweep(one),
            "plots.sweep() draws the DataFrame that sweep(scenarios, settings) returns; found Ensemble",
        ),
        (lambda one: plots.waterfall(one), "waterfall() draws the Ledger that explain(ensemble) returns; found Ensemble"),
    ],
)
def test_what_a_plot_cannot_draw_is_refused_in_words(ensemble: Ensemble, draw: Callable[[Ensemble], Any], told: str) -> None:
    with pytest.raises(Refused) as error:
        draw(ensemble)
    assert str(error.value) == told
