"""Styles of plots: in force inside the context only, and grey leaves no colour anywhere in the picture."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.image import imread

from simulator import Ensemble, Refused, compare, outlook, plots, read_outlook, read_scenario, simulate, tornado
from simulator.analysis.ledger import explain
from simulator.plots.style import palette

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
    "tornado_bars": lambda base, _: plots.tornado_bars(tornado(base)).figure,
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
