"""Break-even weights by hand: at which weight of one factor a headline reverses."""

from math import log
from pathlib import Path

import numpy as np
import pytest

from simulator import Refused, read_scenario, simulate
from simulator.analysis.break_even import break_even
from simulator.ensemble.ensemble import Ensemble
from simulator.scenario.schema import Scenario

# Nothing moves by itself; a and b count a half each in warmth.
STILL = """
title = "Still"
as_of = 2025-01-20
months = 6
factors.a = { label = "A", level = 50, weight = 1, half_life = 1, volatility = 0, settling = 12, drift = 0 }
factors.b = { label = "B", level = 50, weight = 1, half_life = 1, volatility = 0, settling = 12, drift = 0 }
"""


def read(folder: Path, text: str, *overrides: str) -> Scenario:
    path = folder / "world.toml"
    path.write_text(text)
    return read_scenario(path, overrides)


def run(folder: Path, text: str, *overrides: str, n: int = 500) -> Ensemble:
    return simulate(read(folder, text, *overrides), n, 3)


def law(low: float, high: float) -> str:
    return f'{{ dist = "uniform", low = {low}, high = {high} }}'


def from_neutral(points: float) -> float:
    """Return the size of an act that moves a level at 50 by so many points: the change of its log-odds times 25."""
    return 25 * log((50 + points) / (50 - points))


WEIGHT_A, WEIGHT_B = "factors.a.weight", "factors.b.weight"


def levels(a: float, b: float) -> tuple[str, str]:
    return f"factors.a.level={a}", f"factors.b.level={b}"


def test_a_weight_at_which_the_median_crosses_is_found(tmp_path) -> None:
    # w * -20 + 1.37 * 20 = 0 at w = 1.37; the other way round, 1.21 * -20 + w * 20 = 0 at 1.21
    table = break_even(run(tmp_path, STILL, *levels(30, 70), "factors.a.weight=1.21", "factors.b.weight=1.37"))
    assert table.weight.tolist() == [1.21, 1.37]
    assert table.break_even.tolist() == pytest.approx([1.37, 1.21], abs=1e-5)
    assert table.headline.tolist() == ["median of warmth against 50"] * 2


def test_another_threshold_has_another_break_even(tmp_path) -> None:
    # (30 w + 70) / (w + 1) = 43 at w = 27 / 13; (30 + 70 w) / (1 + w) = 43 at w = 13 / 27
    table = break_even(run(tmp_path, STILL, *levels(30, 70)), threshold=43)
    assert table.break_even.tolist() == pytest.approx([27 / 13, 13 / 27], abs=1e-5)
    assert table.headline.tolist() == ["median of warmth against 43"] * 2


def test_a_break_even_on_a_round_weight_is_found(tmp_path) -> None:
    # w * -20 + 2 * 20 = 0 at w = 2, and 1 * -20 + w * 20 = 0 at w = 1
    table = break_even(run(tmp_path, STILL, *levels(30, 70), "factors.b.weight=2"))
    assert table.break_even.tolist() == pytest.approx([2, 1], abs=1e-5)


def test_none_within_the_range_is_not_a_number(tmp_path) -> None:
    assert break_even(run(tmp_path, STILL, *levels(30, 40))).break_even.isna().all()
    # -20 + 1.9 w = 0 at w = 10.5, beyond the range; -20 w + 1.9 = 0 at w = 0.095. With 2.1 it is 9.52, within
    table = break_even(run(tmp_path, STILL, *levels(30, 51.9)))
    assert np.isnan(table.break_even[WEIGHT_B])
    assert table.break_even[WEIGHT_A] == pytest.approx(0.095, abs=1e-5)
    assert break_even(run(tmp_path, STILL, *levels(30, 52.1))).break_even[WEIGHT_B] == pytest.approx(20 / 2.1, abs=1e-5)


def test_what_is_all_of_warmth_cannot_reverse_it(tmp_path) -> None:
    # a alone counts, at 60: at weight 0 there is no warmth. b, at 30, turns it at 60 + 30 w = 50 (1 + w)
    table = break_even(run(tmp_path, STILL, *levels(60, 30), "factors.b.weight=0", "factors.a.weight=1.1"))
    assert np.isnan(table.break_even[WEIGHT_A])
    assert table.break_even[WEIGHT_B] == pytest.approx(0.55, abs=1e-5)


def test_the_median_is_over_draws(tmp_path) -> None:
    # a is 20, 30 or 50: the median draw has 30, the mean one would be 36
    three = '{ dist = "discrete", values = [20, 30, 50], probabilities = [0.2, 0.4, 0.4] }'
    ensemble = run(tmp_path, STILL, f"factors.a.level={three}", "factors.b.level=70", "factors.b.weight=1.37", n=501)
    assert np.median(ensemble.draws()["a"]) == 30
    assert break_even(ensemble).break_even[WEIGHT_A] == pytest.approx(1.37, abs=1e-5)


def test_a_weight_that_is_uncertain_stands_at_its_median(tmp_path) -> None:
    ensemble = run(tmp_path, STILL, *levels(30, 70), f"factors.b.weight={law(1, 2)}", n=501)
    draws = ensemble.draws()["factors.b.weight"]
    table = break_even(ensemble)
    assert table.weight[WEIGHT_B] == pytest.approx(draws.median())
    # the draw in the middle: w = its own weight of b
    assert table.break_even[WEIGHT_A] == pytest.approx(draws.median(), abs=1e-5)


def test_it_reads_the_month_it_is_told(tmp_path) -> None:
    # a jumps from 30 to 46.8 in month 2, from odds of 30 to 70 to odds of 468 to 532; b at 70: 3.2 w = 20 * 0.37
    jump = 25 * log(468 / 532 * 70 / 30)
    shock = f'[events.e]\nlabel = "E"\non = 2025-03-01\nprobability = 1\neffects.a = {{ jump = {jump} }}\n'
    ensemble = run(tmp_path, STILL + shock, *levels(30, 70), "factors.b.weight=0.37")
    assert break_even(ensemble, month=2).break_even[WEIGHT_A] == pytest.approx(20 * 0.37 / 3.2, abs=1e-4)
    assert break_even(ensemble, month=1).break_even[WEIGHT_A] == pytest.approx(0.37, abs=1e-5)
    # 16.8 / 16 = 1.05 is left at the horizon
    assert break_even(ensemble).break_even[WEIGHT_A] == pytest.approx(20 * 0.37 / 18.95, abs=1e-5)


def test_a_day_means_the_month_that_covers_it(tmp_path) -> None:
    shock = '[events.e]\nlabel = "E"\non = 2025-03-01\nprobability = 1\neffects.a = { jump = 12 }\n'
    ensemble = run(tmp_path, STILL + shock, *levels(30, 70), "factors.b.weight=0.37")
    assert break_even(ensemble, month="2025-03-01").equals(break_even(ensemble, month=2))
    assert not break_even(ensemble, month=2).equals(break_even(ensemble, month=3))


def test_weights_are_named_by_dotted_key_and_label(tmp_path) -> None:
    table = break_even(run(tmp_path, STILL, *levels(30, 70)))
    assert table.index.name == "key"
    assert table.label.to_dict() == {WEIGHT_A: "weight of A", WEIGHT_B: "weight of B"}
    assert table.columns.tolist() == ["label", "weight", "break_even", "headline"]


def test_the_sign_of_a_difference_reverses_where_its_parts_balance(tmp_path) -> None:
    # in month 2 a has risen by 4 and b has fallen by 1.37: 4 w = 1.37 at w = 0.3425; 4 = 1.37 w at w = 2.92
    effects = f"effects = {{ a.jump = {from_neutral(4)}, b.jump = {from_neutral(-1.37)} }}"
    shock = f'[events.e]\nlabel = "E"\non = 2025-03-01\nprobability = 1\n{effects}\n'
    base, other = run(tmp_path, STILL), run(tmp_path, STILL + shock)
    for one, two in ((other, base), (base, other)):
        table = break_even(one, two, month=2)
        assert table.break_even.tolist() == pytest.approx([1.37 / 4, 4 / 1.37], abs=1e-4)
    assert break_even(other, base).headline.tolist() == ["sign of the difference from world"] * 2


def test_a_difference_of_one_sign_has_no_break_even(tmp_path) -> None:
    shock = '[events.e]\nlabel = "E"\non = 2025-03-01\nprobability = 1\neffects = { a.jump = 4, b.jump = 3 }\n'
    assert break_even(run(tmp_path, STILL + shock), run(tmp_path, STILL), month=2).break_even.isna().all()


@pytest.mark.parametrize(("weight", "place"), [(0.3, 0), (9, 1)])
def test_of_several_break_evens_the_nearest_is_told(tmp_path, weight: float, place: int) -> None:
    # a rises by 1, b falls by 6.8, c, of weight 0.5, rises by 10. b counts 0 in a share p of the worlds, where warmth rises
    # by (w + 5) / (w + 0.5), and 5 in the others, where by (w - 34 + 5) / (w + 5.5). The mean is 0 where
    # p (w + 5) (w + 5.5) + (1 - p) (w - 29) (w + 0.5) is: near w = 1 and near w = 7
    third = 'factors.c = { label = "C", level = 50, weight = 0.5, half_life = 1, volatility = 0, settling = 9, drift = 0 }\n'
    rises = ", ".join(f"{factor}.jump = {from_neutral(points)}" for factor, points in (("a", 1), ("b", -6.8), ("c", 10)))
    shock = f'[events.e]\nlabel = "E"\non = 2025-03-01\nprobability = 1\neffects = {{ {rises} }}\n'
    either = '{ dist = "discrete", values = [0, 5], probabilities = [0.5, 0.5] }'
    overrides = f"factors.a.weight={weight}", f"factors.b.weight={either}"
    base, other = (run(tmp_path, STILL + third + more, *overrides) for more in ("", shock))
    p = (base.draws()["factors.b.weight"] == 0).mean()
    exact = np.sort(np.roots(p * np.array([1, 10.5, 27.5]) + (1 - p) * np.array([1, -28.5, -14.5])))
    assert exact == pytest.approx([1, 7], abs=0.3)
    assert break_even(other, base, month=2).break_even[WEIGHT_A] == pytest.approx(exact[place], abs=1e-4)


def test_a_break_even_of_what_is_not_there_is_refused(tmp_path) -> None:
    ensemble = run(tmp_path, STILL, *levels(30, 70))
    for month in (-1, 7):
        rule = f"month must be within 0 to 6, or a day from 2025-01-20 to 2025-07-20; found {month}"
        with pytest.raises(Refused, match=rule):
            break_even(ensemble, month=month)


def test_a_break_even_between_other_worlds_is_refused(tmp_path) -> None:
    scenario = read(tmp_path, STILL)
    with pytest.raises(Refused, match="different random seeds"):
        break_even(simulate(scenario, 10, 3), simulate(scenario, 10, 4))


def test_a_factor_that_only_one_has_is_no_obstacle(tmp_path) -> None:
    third = 'factors.c = { label = "C", level = 50, weight = 1, half_life = 1, volatility = 0, settling = 12, drift = 0 }\n'
    assert break_even(run(tmp_path, STILL + third), run(tmp_path, STILL)).break_even.isna().all()
