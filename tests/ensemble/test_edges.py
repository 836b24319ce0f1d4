"""Values that stand exactly on an edge: on a cut between bands, on a threshold, at the end of the scale."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from simulator import read_scenario, simulate
from simulator.ensemble.ensemble import Ensemble

STILL = """
title = "Still"
as_of = 2025-01-20
months = {months}
factors.a = {{ label = "A", level = {level}, weight = 1, half_life = 1, volatility = 0, settling = 12, drift = 0 }}
factors.b = {{ label = "B", level = 50, weight = 0, half_life = 1, volatility = 0, settling = 12, drift = 0 }}
"""


def run(folder: Path, level: object, more: str = "", months: int = 1, n: int = 10, n_kept: int = 5_000) -> Ensemble:
    """Return the ensemble of a world in which warmth is a, and b stands still at 50."""
    path = folder / "edges.toml"
    path.write_text(STILL.format(level=level, months=months) + more)
    return simulate(read_scenario(path), n, seed=2, n_kept=n_kept)


def either(low: float, high: float) -> str:
    """Return the law of a number that is one or the other."""
    return f'{{ dist = "discrete", values = [{low}, {high}], probabilities = [0.5, 0.5] }}'


# --- cuts ---

CUTS = '[bands]\ncuts = [55, 60]\nnames = ["low", "mid", "high"]\n'
# What an event does is rounded, so nothing is pushed by one: first is at 70 from step 2 on, later from step 3 on, and a is
# pulled to 50 + 20 in step 3 only, halfway: to 60. Then halfway back each month: 55, 52.5, 51.25.
PUSH = """
factors.first = { label = "F", level = 50, target = 70, weight = 0, half_life = 0.01, volatility = 0, settling = 0.01, drift = 0 }
factors.later = { label = "L", level = 50, weight = 0, half_life = 0.01, volatility = 0, settling = 12, drift = 0 }
spillovers.first = { a = 1, later = 1 }
spillovers.later = { a = -1 }
"""


@pytest.fixture(scope="module", params=["simulated", "reweighted"])
def on_the_cuts(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Ensemble:
    """Warmth at 50, 50, 50, 60, 55, 52.5, 51.25; counted by the simulation, and counted anew from kept draws."""
    ensemble = run(tmp_path_factory.mktemp("cuts"), 50, PUSH + CUTS, months=6)
    path = [50, 50, 50, 60, 55, 52.5, 51.25]
    assert ensemble.paths("warmth")[0].tolist() == path
    assert ensemble.tally.moments.mean[:, 0].tolist() == path  # in double precision, which kept paths are not
    return ensemble if request.param == "simulated" else ensemble.reweight({"a": 2})


def test_a_value_on_a_cut_is_in_the_band_above_it(on_the_cuts: Ensemble) -> None:
    table = on_the_cuts.bands("warmth").probability.unstack("band")
    assert table["low"].tolist() == [1, 1, 1, 0, 0, 1, 1]
    assert table["mid"].tolist() == [0, 0, 0, 0, 1, 0, 0]
    assert table["high"].tolist() == [0, 0, 0, 1, 0, 0, 0]


def test_a_value_on_a_cut_has_reached_the_band_above_it_and_not_the_one_below(on_the_cuts: Ensemble) -> None:
    assert on_the_cuts.first_passage("high").probability.tolist() == [0, 0, 0, 1, 1, 1, 1]
    # 60 is on the upper end of mid, which is not of it: mid is first reached on its own lower end, at 55
    assert on_the_cuts.first_passage("mid").probability.tolist() == [0, 0, 0, 0, 1, 1, 1]


def test_a_month_on_a_cut_is_spent_in_the_band_above_it(on_the_cuts: Ensemble) -> None:
    assert on_the_cuts.time_in_band("warmth").loc["warmth", "months"].to_dict() == {"low": 5, "mid": 1, "high": 1}
    moves = on_the_cuts.transitions().probability
    # low to high in step 3, low to low in steps 1, 2 and 6; the other two months begin on a cut
    assert moves[[("low", "high"), ("low", "low"), ("high", "mid"), ("mid", "low")]].tolist() == [0.25, 0.75, 1, 1]


@pytest.mark.parametrize("k", [1, 2, 3, 4, 5])
def test_a_start_on_a_cut_of_the_scale_is_in_the_band_above_it(tmp_path: Path, k: int) -> None:
    ensemble = run(tmp_path, 100 * k / 6)
    name = ("confrontation", "tense", "discordant", "normal", "good", "friendly")[k]
    assert ensemble.bands("warmth").probability.xs(name, level="band").tolist() == [1, 1]
    assert ensemble.first_passage(name).probability.tolist() == [1, 1]
    assert ensemble.time_in_band("warmth").loc[("warmth", name), "months"] == 2


# --- the upper end of the scale ---


@pytest.fixture(scope="module")
def at_the_top(tmp_path_factory: pytest.TempPathFactory) -> Ensemble:
    """Half of the draws stand at 100, the other half at 90."""
    return run(tmp_path_factory.mktemp("top"), either(90, 100), n=1_000)


def test_exactly_100_is_counted_in_the_last_bin_and_in_no_other_series(at_the_top: Ensemble) -> None:
    share = (at_the_top.paths("a").iloc[1] == 100).mean()
    assert 0.4 < share < 0.6
    for name in ("a", "warmth"):
        assert at_the_top.exceedance(f"{name} >= 99.95").probability.tolist() == [share, share]
        assert at_the_top.exceedance(f"{name} >= 90").probability.tolist() == [1, 1]
        assert at_the_top.exceedance(f"{name} < 90").probability.tolist() == [0, 0]
    assert at_the_top.exceedance("b < 50").probability.tolist() == [0, 0]
    assert at_the_top.exceedance("b >= 50.05").probability.tolist() == [0, 0]
    bands = at_the_top.bands("warmth").probability.xs("friendly", level="band")
    assert bands.tolist() == [1, 1]


def test_quantiles_of_draws_at_100_lie_in_the_last_bin(at_the_top: Ensemble) -> None:
    share = (at_the_top.paths("a").iloc[1] == 100).mean()
    found = at_the_top.quantiles("a", [0.25, 0.75, 0.95]).value.xs(1, level="month").tolist()
    # straight within the bins 90 to 90.05 and 99.95 to 100
    exact = [90 + 0.05 * 0.25 / (1 - share), *(99.95 + 0.05 * (p - (1 - share)) / share for p in (0.75, 0.95))]
    assert found == pytest.approx(exact, abs=1e-9)


def test_where_all_draws_are_at_100_every_quantile_is(tmp_path: Path) -> None:
    ensemble = run(tmp_path, 100)
    assert (ensemble.quantiles().value == 100).all()
    assert (ensemble.quantiles().std_error == 0).all()
    assert ensemble.exceedance("warmth >= 99.95").probability.tolist() == [1, 1]


# --- thresholds ---

N, KEPT = 1_000, 600


@pytest.fixture(scope="module")
def thirds(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ensemble, pd.Series]:
    """Draws at 40, 40.02 and 40.05, of which 600 are kept; and where each of all 1,000 stands."""
    law = '{ dist = "discrete", values = [40, 40.02, 40.05], probabilities = [0.4, 0.3, 0.3] }'
    folder = tmp_path_factory.mktemp("thirds")
    few, every = (run(folder, law, n=N, n_kept=n_kept) for n_kept in (KEPT, N))
    return few, every.draws(0)["factors.a.level"]


@pytest.mark.parametrize(
    ("threshold", "above"),
    [(40, [40, 40.02, 40.05]), (40.05, [40.05]), (40.1, []), (39.95, [40, 40.02, 40.05])],
)
def test_a_threshold_on_the_grid_is_counted_over_all_draws_and_met_by_its_equal(
    thirds: tuple[Ensemble, pd.Series], threshold: float, above: list[float]
) -> None:
    ensemble, stand = thirds
    share = np.isin(stand, above).mean()
    reached, below = (ensemble.exceedance(f"a {sign} {threshold}") for sign in (">=", "<"))
    assert reached.probability.tolist() == [share, share]
    assert below.probability.tolist() == pytest.approx([1 - share, 1 - share], abs=1e-12)
    assert {*reached.n_draws, *below.n_draws} == {N}


@pytest.mark.parametrize(
    ("condition", "met"),
    [
        ("a >= 40.01", [40.02, 40.05]),
        ("a < 40.01", [40]),
        ("a >= 40.02", [40.02, 40.05]),
        ("a < 40.02", [40]),
        ("a >= 40.03", [40.05]),
        ("a < 40.03", [40, 40.02]),
        # > and <= part draws that a bin holds together, on the grid too
        ("a > 40", [40.02, 40.05]),
        ("a <= 40", [40]),
        ("a > 40.05", []),
        ("a <= 40.05", [40, 40.02, 40.05]),
    ],
)
def test_a_threshold_off_the_grid_is_asked_of_the_draws_kept_whole(
    thirds: tuple[Ensemble, pd.Series], condition: str, met: list[float]
) -> None:
    ensemble, stand = thirds
    share = np.isin(stand[:KEPT], met).mean()
    table = ensemble.exceedance(condition)
    assert table.probability.tolist() == [share, share]
    assert set(table.n_draws) == {KEPT}
