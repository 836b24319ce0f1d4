"""A tornado: an index between low and high values of each input, and without and with each event, by hand."""

from math import log
from pathlib import Path

import numpy as np
import pytest

from simulator import Refused, read_scenario, simulate
from simulator.analysis.tornado import tornado
from simulator.analysis.variance import drivers, sources
from simulator.ensemble.ensemble import Ensemble

# Nothing moves by itself; a and b count a half each in warmth.
STILL = """
title = "Still"
as_of = 2025-01-20
months = 6
factors.a = { label = "A", level = 50, weight = 1, half_life = 1, volatility = 0, settling = 12, drift = 0 }
factors.b = { label = "B", level = 50, weight = 1, half_life = 1, volatility = 0, settling = 12, drift = 0 }
"""


def run(folder: Path, text: str, *overrides: str, n: int = 500) -> Ensemble:
    path = folder / "world.toml"
    path.write_text(text)
    return simulate(read_scenario(path, overrides), n, 3)


def law(low: float, high: float) -> str:
    return f'{{ dist = "uniform", low = {low}, high = {high} }}'


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory, busy_world: str) -> Ensemble:
    return run(tmp_path_factory.mktemp("tornado"), busy_world, n=1_000)


def test_an_input_swings_between_the_means_of_its_fifths(busy: Ensemble) -> None:
    draws = busy.draws(5)
    for index in ("warmth", "view", "b"):
        table = tornado(busy, index, 5)
        for key in ("factors.a.level", "factors.b.target", "events.shock.rate"):
            order = np.argsort(draws[key].to_numpy())
            low, high = (draws[index].to_numpy(dtype=float)[order[part]] for part in (slice(200), slice(800, None)))
            errors = [part.std(ddof=1) / np.sqrt(200) for part in (low, high)]
            expected = [low.mean(), errors[0], high.mean(), errors[1], high.mean() - low.mean(), np.hypot(*errors), 200, 200]
            assert table.loc[("judgement", key)].drop("label").tolist() == pytest.approx(expected)


def test_an_event_swings_between_worlds_without_and_with_it(busy: Ensemble) -> None:
    draws, table = busy.draws(5), tornado(busy, month=5)
    happened = (draws["first.shock"] <= 5).to_numpy()
    without, with_it = (draws.warmth.to_numpy(dtype=float)[these] for these in (~happened, happened))
    errors = [part.std(ddof=1) / np.sqrt(part.size) for part in (without, with_it)]
    swing = with_it.mean() - without.mean()
    expected = [without.mean(), errors[0], with_it.mean(), errors[1], swing, np.hypot(*errors), without.size, with_it.size]
    assert table.loc[("chance", "events.shock")].drop("label").tolist() == pytest.approx(expected)
    assert swing < 0
    # what happens later has not happened yet
    assert happened.sum() < draws["first.shock"].notna().sum()


def test_a_swing_by_hand(tmp_path) -> None:
    # 25 ln 1.5 takes even odds to 3 to 2: 10 points, 5 in warmth, in the month it happens; level b adds half its width
    jump = 25 * log(1.5)
    shock = f'[events.e]\nlabel = "E"\non = 2025-07-01\nprobability = 0.5\neffects.a = {{ jump = {jump} }}\n'
    ensemble = run(tmp_path, STILL + shock, f"factors.b.target={law(50, 50.01)}")
    row = tornado(ensemble).loc[("chance", "events.e")]
    assert row[["low", "high", "swing"]].tolist() == pytest.approx([50, 55, 5], abs=0.01)
    assert row.n_high == ensemble.tally.kept.fired[:, 0].any(axis=0).sum()
    assert row.n_low + row.n_high == 500


def test_swings_are_listed_from_the_widest_of_either_sign(busy: Ensemble) -> None:
    table = tornado(busy)
    assert (table.swing.abs().diff().dropna() <= 0).all()
    assert table.swing.min() < 0 < table.swing.max()
    bearing = {name for kind, name in sources(busy.plan) if kind == "judgement"} - {"all", "indices.view.weights.b"}
    assert set(table.loc["judgement"].index) == bearing  # the weight of another index cannot bear on warmth
    assert table.equals(tornado(busy, "warmth", 8))


def test_events_that_happened_in_all_or_no_draw_are_left_out(tmp_path) -> None:
    sure, never, once = (
        f'[events.{name}]\nlabel = "E"\non = 2025-03-01\nprobability = {p}\n'
        for name, p in (("sure", 1), ("never", 0), ("once", 0.5))
    )
    table = tornado(run(tmp_path, STILL + sure + never + once))
    assert table.index.tolist() == [("chance", "events.once")]
    # in month 1 none of them has happened
    assert len(tornado(run(tmp_path, STILL + sure + never + once), month=1)) == 0


def test_a_tornado_and_drivers_share_one_vocabulary(busy: Ensemble) -> None:
    table, shares = tornado(busy), drivers(busy, n_draws=20)
    assert table.index.names == shares.index.names == ["kind", "key"]
    assert {kind for kind, _ in table.index} == {"judgement", "chance"}
    assert table.label.to_dict() == shares.label[table.index].to_dict()


def test_a_day_means_the_month_that_covers_it(busy: Ensemble) -> None:
    assert tornado(busy, month="2025-06-01").equals(tornado(busy, month=5))
    assert not tornado(busy, month=5).equals(tornado(busy, month=4))


def test_a_tornado_beyond_the_horizon_is_refused(busy: Ensemble) -> None:
    with pytest.raises(Refused, match="month must be within 0 to 8, or a day from 2025-01-20 to 2025-09-20; found 9"):
        tornado(busy, month=9)


def test_a_tornado_of_what_is_not_there_is_refused(busy: Ensemble) -> None:
    with pytest.raises(Refused, match="no factor or index is called 'wramth'"):
        tornado(busy, "wramth")


def test_low_and_high_draws_of_an_input_do_not_overlap(tmp_path) -> None:
    # 5 % at 40 and 95 % at 60: both quantiles are 60, so "low" takes all draws
    few = '{ dist = "discrete", values = [40, 60], probabilities = [0.05, 0.95] }'
    table = tornado(run(tmp_path, STILL, f"factors.a.level={few}"))
    assert (table.n_low + table.n_high <= 500).all()
