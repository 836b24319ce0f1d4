"""The ledger: closes in every draw, and gives each source what the equations of docs/model.md give it."""

from collections import defaultdict
from math import log
from pathlib import Path

import numpy as np
import pytest
from scipy.special import ndtri
from worlds import acted

from simulator import Refused, read_scenario, simulate
from simulator.analysis.comparison import compare
from simulator.analysis.ledger import Ledger, difference, explain
from simulator.engine.streams import BLOCK, stream, uniforms
from simulator.ensemble.ensemble import Ensemble
from simulator.ensemble.estimates import mean_error

Row = tuple[str, str, str]
Parts = defaultdict[Row, float]

# Nothing moves by itself. Weights 3 and 1: a counts 0.75 in warmth. Half-lives of a month: phi = 0.5.
STILL = """
title = "Still"
as_of = 2025-01-20
months = 12
factors.a = { label = "A", level = 20, weight = 3, half_life = 1, volatility = 0, settling = 0.5, drift = 0 }
factors.b = { label = "B", level = 50, weight = 1, half_life = 1, volatility = 0, settling = 0.5, drift = 0 }
"""
# Jumps that take a from 20 to 36 and b from 50 to 54: odds of 1 to 4 to 9 to 16, and of 1 to 1 to 54 to 46.
A_TO_36, B_TO_54 = f"a.jump = {25 * log(9 / 4)}", f"b.jump = {25 * log(54 / 46)}"
NOISY = STILL.replace("volatility = 0", "volatility = 4").replace("drift = 0", "drift = 2")

# Everything at once: uncertain numbers of all kinds, links both ways, repeats, shifts that end, acts of two events together,
# shifts that sum to nothing, and one factor that the ends of the scale stop all the time.
CROWDED = """
title = "Crowded"
as_of = 2025-01-20
months = 18
[factors.a]
label = "A"
level = { dist = "uniform", low = 20, high = 40 }
target = { dist = "uniform", low = 20, high = 60 }
weight = { dist = "uniform", low = 0.5, high = 2 }
half_life = { dist = "uniform", low = 1, high = 4 }
volatility = 4
settling = 12
drift = 1.5
[factors.b]
label = "B"
level = 60
weight = 1
half_life = 2
volatility = 3
settling = 24
drift = 1
[factors.c]
label = "C"
level = 3
weight = 0.5
half_life = 1
volatility = 40
settling = 6
drift = 30
[spillovers.a]
b = 0.3
[spillovers.b]
a = -0.2
c = 0.2
[correlations.a]
b = 0.4
c = -0.2
[indices.view]
weights = { a = -1, b = { dist = "uniform", low = 0.5, high = 1.5 }, c = -0.5 }
[events.shock]
label = "S"
rate = 2
repeats = true
cooldown = 1
lasts = { dist = "uniform", low = 1.5, high = 5 }
effects.a = { jump = { dist = "uniform", low = -20, high = -2 }, shift = -3 }
effects.c = { shift = -60 }
[events.answer]
label = "T"
when = "shock and warmth < 45"
rate = 2
effects.a = { jump = 6, shift = 3 }
effects.b = { shift = { dist = "uniform", low = 2, high = 8 }, jump = 3 }
[events.never]
label = "N"
when = "a > 99"
probability = 1
effects.a = { jump = 50 }
"""
NAMES = ("a", "b", "c")


def run(folder: Path, text: str, *overrides: str, n: int = 4, name: str = "world", n_kept: int = 5_000) -> Ensemble:
    path = folder / f"{name}.toml"
    path.write_text(text)
    return simulate(read_scenario(path, overrides), n, 11, n_kept=n_kept)


def event(name: str, effects: str, day: str = "2025-03-01", more: str = "") -> str:
    """Return an event that is certain on a day, by default in step 2 (21 February to 20 March)."""
    return f'[events.{name}]\nlabel = "E"\non = {day}\nprobability = 1\n{more}\neffects = {{ {effects} }}\n'


def sources(ledger: Ledger, draw: int = 0) -> dict[Row, float]:
    """Return what is not exactly zero in a draw, by row."""
    return {row: round(float(added[draw]), 9) for row, added in zip(ledger.rows, ledger.points, strict=True) if added[draw]}


def made(points: np.ndarray, before: np.ndarray, after: np.ndarray, *, rows: tuple[Row, ...], ends: int) -> Ledger:
    """Return a ledger that is written down: of one scenario, or of the difference of two."""
    scenario = read_scenario("baseline")
    standing = {"a": np.zeros(points.shape[1])} if ends == 1 else {}
    ratios, times = np.ones(points.shape[1]), ({"e": np.ones(points.shape[1], dtype=np.int64)},) * ends
    return Ledger("warmth", rows, points, standing, before, after, (scenario,) * ends, scenario.begins, 11, ratios, times)


def by_month(ensemble: Ensemble, row: Row, months: range) -> list[float]:
    """Return one row of the first draw, month by month."""
    return [sources(explain(ensemble, month=month)).get(row, 0.0) for month in months]


# --- it closes ---


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Ensemble:
    return run(tmp_path_factory.mktemp("crowded"), CROWDED, n=300)


@pytest.fixture(scope="module")
def shipped() -> dict[str, Ensemble]:
    return {name: simulate(read_scenario(name), 500) for name in ("baseline", "negotiated_reset")}


def assert_closes(ensemble: Ensemble, index: str, month: int) -> None:
    """The rows sum to the change in every draw, and the change is that of the ensemble's own paths."""
    ledger, paths = explain(ensemble, index=index, month=month), ensemble.paths(index).to_numpy().astype(float)
    assert np.abs(ledger.points.sum(axis=0) - (ledger.after - ledger.before)).max() < 1e-9
    assert ledger.closes_to < 1e-9
    # kept paths are single precision: steps of 8e-6 between 64 and 128
    assert np.abs(ledger.before - paths[0]).max() < 1e-5
    assert np.abs(ledger.after - paths[month]).max() < 1e-5
    assert ledger.n_draws == ensemble.n_kept


@pytest.mark.parametrize("index", ["warmth", "view"])
@pytest.mark.parametrize("month", [0, 1, 2, 12, 18])
def test_it_closes_in_every_draw_of_a_crowded_world(crowded: Ensemble, index: str, month: int) -> None:
    assert_closes(crowded, index, month)


@pytest.mark.parametrize("index", ["warmth", "unease"])
def test_it_closes_in_every_draw_of_the_toy(tmp_path, toy: str, index: str) -> None:
    ensemble = run(tmp_path, toy, n=500)
    for month in (0, 1, 2, 12):
        assert_closes(ensemble, index, month)


@pytest.mark.parametrize("index", ["warmth", "european_unease"])
@pytest.mark.parametrize("name", ["baseline", "negotiated_reset"])
def test_it_closes_in_every_draw_of_what_ships(shipped: dict[str, Ensemble], name: str, index: str) -> None:
    for month in (0, 1, 2, 12, 48):
        assert_closes(shipped[name], index, month)


def test_the_horizon_is_the_month_it_tells_of_unless_told(crowded: Ensemble) -> None:
    assert explain(crowded).after.tolist() == explain(crowded, month=18).after.tolist()
    assert explain(crowded).after.tolist() != explain(crowded, month=17).after.tolist()


def test_at_the_start_nothing_has_moved(crowded: Ensemble) -> None:
    ledger = explain(crowded, index="view", month=0)
    assert not ledger.points.any()
    assert ledger.rows == explain(crowded, index="view", month=1).rows


def test_a_day_means_the_month_that_covers_it(crowded: Ensemble) -> None:
    day = explain(crowded, month="2025-06-21")
    assert day.after.tolist() == explain(crowded, month=6).after.tolist() != explain(crowded, month=5).after.tolist()
    assert f"{day.day}" == "2025-07-20"
    assert explain(crowded, crowded, month="2025-06-21").day == day.day


def test_a_ledger_knows_whose_it_is_and_of_which_worlds(tmp_path) -> None:
    base, other = run(tmp_path, STILL, name="base"), run(tmp_path, STILL, name="other")
    one, two = explain(other, index="warmth", month=2), explain(other, base, month=2)
    assert [scenario.name for scenario in one.scenarios] == ["other"]
    assert [scenario.name for scenario in two.scenarios] == ["other", "base"]
    assert (one.seed, f"{one.day}", one.index) == (two.seed, f"{two.day}", two.index) == (11, "2025-03-20", "warmth")


def test_what_does_not_close_is_told_by_its_worst_draw() -> None:
    # sums 3 and 1 against changes of 3 and 1.5
    points = np.array([[1.0, 2.0], [2.0, -1.0]])
    rows = (("jump", "e", "a"), ("bounds", "", "a"))
    for ends in (1, 2):
        assert made(points, np.array([10.0, 10.0]), np.array([13.0, 11.5]), rows=rows, ends=ends).closes_to == 0.5


def test_what_each_factor_adds_at_the_start_is_the_index_less_50(crowded: Ensemble) -> None:
    ledger, draws = explain(crowded, index="view"), crowded.draws(0)
    total = 1 + 0.5 + draws["indices.view.weights.b"]
    assert sorted(ledger.standing) == ["a", "b", "c"]
    assert ledger.standing["a"] == pytest.approx((-(draws.a - 50) / total).to_numpy(), abs=1e-5)
    assert ledger.before == pytest.approx(50 + sum(ledger.standing.values()), abs=1e-12)


def test_draws_of_several_blocks_are_those_of_the_first_and_more(tmp_path) -> None:
    few, many = (run(tmp_path, CROWDED, "months=2", n=n, n_kept=n) for n in (50, BLOCK + 3))
    assert np.array_equal(explain(few).points, explain(many).points[:, :50])
    assert_closes(many, "view", 2)


def test_a_weight_that_is_zero_in_all_draws_of_a_block_is_told_apart(tmp_path) -> None:
    law = '{ dist = "discrete", values = [0, 3], probabilities = [0.5, 0.5] }'
    text = NOISY.replace("weight = 3", f"weight = {law}").replace("months = 12", "months = 1")
    ensemble = run(tmp_path, text, n=BLOCK + 1, n_kept=BLOCK + 1)
    assert ensemble.draws()["factors.a.weight"].iloc[-1] == 0  # the only draw of the second block
    assert_closes(ensemble, "warmth", 1)


# --- each source by hand ---


def test_the_way_to_target_is_what_the_two_speeds_give(tmp_path) -> None:
    # settling 0.5: psi = 1/4. r: 20, 20 + 3/4 * 40 = 50, 57.5. x: 20, 20, 35 (half way to 50), 46.25 (half way to 57.5)
    still = run(tmp_path, STILL, "factors.a.target=60")
    assert [sources(explain(still, month=month)) for month in range(4)] == [
        {},
        {},
        {("way to target", "", "a"): 0.75 * 15},
        {("way to target", "", "a"): 0.75 * 26.25},
    ]


def test_a_negative_weight_turns_the_sign(tmp_path) -> None:
    # a rises by 15 in two months; unease takes it with -1 of 4
    still = run(tmp_path, STILL + "indices.unease = { weights = { a = -1, b = 3 } }\n", "factors.a.target=60")
    assert sources(explain(still, index="unease", month=2)) == {("way to target", "", "a"): -3.75}
    assert explain(still, index="unease", month=2).before.tolist() == [50 + 7.5] * 4


def test_an_index_has_no_rows_of_factors_that_it_does_not_weigh(tmp_path) -> None:
    text = STILL + "indices.of_b = { weights = { b = 2 } }\n" + event("e", f"a.jump = 10, b.jump = {25 * log(55 / 45)}")
    ledger = explain(run(tmp_path, text), index="of_b", month=2)
    assert {factor for _, _, factor in ledger.rows} == {"b"}
    assert sources(ledger) == {("jump", "e", "b"): 5.0}


def test_a_jump_counts_where_the_factor_stands_and_dies_away_by_half_life(tmp_path) -> None:
    # fourfold odds: from 1 to 4 to 1 to 1, in step 2 from 20 to 50
    still = run(tmp_path, STILL + event("e", f"a.jump = {25 * log(4)}"), "factors.a.half_life=2")
    for month in (2, 3, 7, 12):
        assert sources(explain(still, month=month)) == {("jump", "e", "a"): round(0.75 * 30 * 2 ** (-(month - 2) / 2), 9)}
    assert sources(explain(still, month=1)) == {}


# A shift that takes the attraction of a from 20 to 16, odds of 1 to 4 to 4 to 21.
A_TO_16 = f"a.shift = {25 * log(16 / 21)}"


def test_a_shift_builds_up_while_it_is_in_force_and_then_dies_away(tmp_path) -> None:
    # -4 on the attraction of steps 3, 4 and 5; the level goes half of the way each month
    still = run(tmp_path, STILL + event("e", A_TO_16, more="lasts = 3"))
    added = [0, 0, 0, -2, -3, -3.5, -1.75, -0.875]
    assert by_month(still, ("shift", "e", "a"), range(8)) == [0.75 * points for points in added]
    assert set(sources(explain(still, month=7))) == {("shift", "e", "a")}


def test_a_shift_is_read_off_the_resting_level_of_each_month(tmp_path) -> None:
    # r of a: 20, 50, 57.5, 59.375 by its target of 60; on the states 2 and 3 the doubled odds, 2 r / (100 + r), add:
    still = run(tmp_path, STILL + event("e", f"a.shift = {25 * log(2)}"), "factors.a.target=60")
    second, third = (200 * r / (100 + r) - r for r in (57.5, 59.375))
    expected = [0, 0, 0, 0.75 * second / 2, 0.75 * (second / 4 + third / 2)]
    assert by_month(still, ("shift", "e", "a"), range(5)) == pytest.approx(expected, abs=1e-9)


def test_months_in_force_are_rounded_up_and_for_good_is_for_good(tmp_path) -> None:
    rounded = run(tmp_path, STILL + event("e", A_TO_16, more="lasts = 2.1"))
    assert by_month(rounded, ("shift", "e", "a"), range(5, 7)) == [0.75 * -3.5, 0.75 * -1.75]
    forever = run(tmp_path, STILL + event("e", A_TO_16))
    # -4 * (1 - 0.5 ** 10) after ten months in force
    assert by_month(forever, ("shift", "e", "a"), range(12, 13)) == pytest.approx([-3 * (1 - 0.5**10)], abs=1e-9)


def test_two_events_at_once_share_what_they_do_together_by_their_sizes(tmp_path) -> None:
    # jumps: odds times 8 and halved, in all times 4: from 20 to 50, of which 3/2 and -1/2. Shifts: doubled and times 8, in
    # all times 16: the attraction from 20 to 80, of which 1/4 and 3/4. b: odds of 3 to 2, from 50 to 60
    e = f"a.jump = {25 * log(8)}, a.shift = {25 * log(2)}"
    f = f"a.jump = {-25 * log(2)}, b.jump = {25 * log(1.5)}, a.shift = {25 * log(8)}"
    # a month after, half of each jump is left, and half of each shift is seen
    assert sources(explain(run(tmp_path, STILL + event("e", e) + event("f", f)), month=3)) == {
        ("jump", "e", "a"): 0.75 * 22.5,
        ("jump", "f", "a"): 0.75 * -7.5,
        ("jump", "f", "b"): 0.25 * 5,
        ("shift", "e", "a"): 0.75 * 7.5,
        ("shift", "f", "a"): 0.75 * 22.5,
    }


def test_events_that_undo_each_other_have_what_each_would_move_at_the_margin(tmp_path) -> None:
    # a point of act at 20 is 20 * 80 / 2500 = 0.64 points: 6.4 and -6.4 for jumps of 10, 3.2 and -3.2 for shifts of 5
    events = event("e", "a.jump = 10, a.shift = 5") + event("f", "a.jump = -10, a.shift = -5")
    still = run(tmp_path, STILL + events)
    expected = {
        ("jump", "e", "a"): 0.75 * 3.2,
        ("jump", "f", "a"): 0.75 * -3.2,
        ("shift", "e", "a"): 0.75 * 1.6,
        ("shift", "f", "a"): 0.75 * -1.6,
    }
    assert sources(explain(still, month=3)) == pytest.approx(expected, abs=1e-9)
    assert set(still.paths("a").iloc[:, 0]) == {20}


def test_a_later_shift_and_the_first_share_what_they_do_together_by_their_sizes(tmp_path) -> None:
    # e doubles the odds: attraction 33 1/3 on the states 2 and 3. f in step 4: times 8, in all times 16: 80 on state 4, of
    # which e has 1/4 of 60, 15, and f 45. The level of month 5 has seen 1/8, 1/4 and 1/2 of each
    shifts = [f"a.shift = {25 * log(times)}" for times in (2, 8)]
    still = run(tmp_path, STILL + event("e", shifts[0]) + event("f", shifts[1], "2025-05-01"))
    assert sources(explain(still, month=5)) == pytest.approx(
        {("shift", "e", "a"): 0.75 * ((1 / 8 + 1 / 4) * 40 / 3 + 15 / 2), ("shift", "f", "a"): 0.75 * 45 / 2}
    )


def test_a_repeated_event_adds_up_its_firings(tmp_path) -> None:
    # 365 a year is certain in a month; with a month between, steps 1, 3, 5. Odds times 2/3: b: 50 -> 40 -> 45; there 9 to 11
    # become 6 to 11, 35.29, so 47.5 - 9.71
    jump = f"effects.b = {{ jump = {25 * log(2 / 3)} }}\n"
    text = STILL + f'[events.e]\nlabel = "E"\nrate = 365\nrepeats = true\ncooldown = 1\n{jump}'
    expected = [0.0, 0.25 * -10, 0.25 * -5, 0.25 * (-2.5 + 600 / 17 - 45)]
    assert by_month(run(tmp_path, text), ("jump", "e", "b"), range(4)) == pytest.approx(expected, abs=1e-9)


def test_a_spillover_belongs_to_the_factor_it_comes_from(tmp_path) -> None:
    # a rises by 15 and 26.25 (as above); b is pulled by 0.4 of that, half of it in a month:
    # month 3: 0.5 * 0.4 * 15 = 3; month 4: 1.5 + 0.5 * 0.4 * 26.25 = 6.75
    still = run(tmp_path, STILL + "spillovers.a = { b = 0.4 }\n", "factors.a.target=60")
    assert by_month(still, ("spillover", "a", "b"), range(5)) == [0, 0, 0, 0.25 * 3, 0.25 * 6.75]
    assert set(sources(explain(still, month=4))) == {("way to target", "", "a"), ("spillover", "a", "b")}


def test_in_a_chain_the_last_step_belongs_to_the_factor_in_the_middle(tmp_path) -> None:
    third = 'factors.c = { label = "C", level = 50, weight = 4, half_life = 1, volatility = 0, settling = 1, drift = 0 }\n'
    links = "spillovers.a = { b = 0.4 }\nspillovers.b = { c = 0.5 }\n"
    still = run(tmp_path, STILL + third + links + event("e", A_TO_36))
    # month 2: a +16. month 3: a +8, b 0.5 * 0.4 * 16 = 3.2. month 4: a +4, b 1.6 + 1.6 = 3.2, c 0.5 * 0.5 * 3.2 = 0.8
    assert sources(explain(still, month=4)) == {
        ("jump", "e", "a"): 3 / 8 * 4,
        ("spillover", "a", "b"): 1 / 8 * 3.2,
        ("spillover", "b", "c"): 4 / 8 * 0.8,
    }


def test_innovations_alone_are_the_whole_change(tmp_path) -> None:
    noisy = run(tmp_path, NOISY, n=50)
    for month in (1, 12):
        ledger, change = explain(noisy, month=month), noisy.paths("a").to_numpy().astype(float)
        assert set(sources(ledger)) == {("innovations", "", "a"), ("innovations", "", "b")}
        added = ledger.points[ledger.rows.index(("innovations", "", "a"))]
        assert added == pytest.approx(0.75 * (change[month] - change[0]), abs=1e-5)


# --- the ends of the scale ---


def test_bounds_give_back_what_spillovers_pull_beyond_the_scale(tmp_path) -> None:
    # b falls from 50 to 25, a third of the odds, and is at 37.5 a month later. Spillovers of -10 and -5 on an attraction of 2:
    # -8 and -3, stopped at 0. Half of the 8 comes back in a month, then half of that and half of the 3
    text = STILL + "spillovers.b = { a = 0.4 }\n" + event("e", f"b.jump = {-25 * log(3)}")
    still = run(tmp_path, text, "factors.a.level=2")
    assert by_month(still, ("bounds", "", "a"), range(5)) == [0, 0, 0, 0.75 * 4, 0.75 * 3.5]
    assert by_month(still, ("spillover", "b", "a"), range(5)) == [0, 0, 0, 0.75 * -5, 0.75 * -5]
    assert explain(still, month=12).closes_to < 1e-9


def test_bounds_give_back_what_a_jump_and_the_way_back_take_beyond_the_scale(tmp_path) -> None:
    # from 2 to 50, odds times 49; then half of the way back, -24, and from 50 to 10, a ninth of the odds: -14, stopped at 0.
    # A month later 1: 12 of the first jump, -20 of the other, bounds of 7
    text = STILL + event("e", f"a.jump = {25 * log(49)}") + event("f", f"a.jump = {-25 * log(9)}", "2025-04-01")
    still = run(tmp_path, text, "factors.a.level=2")
    assert by_month(still, ("bounds", "", "a"), range(5)) == [0, 0, 0, 0.75 * 14, 0.75 * 7]
    assert by_month(still, ("jump", "f", "a"), range(5)) == [0, 0, 0, 0.75 * -40, 0.75 * -20]
    assert explain(still, month=4).closes_to < 1e-9


def test_acts_alone_leave_nothing_to_the_bounds(tmp_path) -> None:
    text = STILL + event("e", "a.jump = -100, a.shift = -100") + event("f", "a.jump = -100, a.shift = -100")
    still = run(tmp_path, text, "factors.a.level=2")
    for month in range(2, 13):
        assert {kind for kind, _, _ in sources(explain(still, month=month))} == (
            {"jump", "shift"} if month > 2 else {"jump"}
        )
    assert explain(still, month=12).closes_to < 1e-9


def test_all_three_clips_bind_in_the_crowded_world(crowded: Ensemble) -> None:
    assert (crowded.bounds().loc["c"] > 0.01).all()
    ledger = explain(crowded)
    assert np.abs(ledger.points[ledger.rows.index(("bounds", "", "c"))]).max() > 1


# --- the slow twin: one draw at a time, a dictionary of what each source has added ---


def shared(sizes: list[tuple[Row, float]], y: float) -> Parts:
    """Return what acts of these sizes do together to a level y, each with its Aumann-Shapley share."""
    total = sum(size for _, size in sizes)
    each = (acted(y, total) - y) / total if total else y * (100 - y) / 2500
    parts: Parts = defaultdict(float)
    for row, size in sizes:
        parts[row] += size * each
    return parts


def normals(ensemble: Ensemble, purpose: str) -> np.ndarray:
    """Return correlated innovations, (n_factors, n_steps, n_draws)."""
    shape = (ensemble.horizon, ensemble.n_kept)
    rows = [ndtri(uniforms(stream(ensemble.seed, f"factor:{name}/{purpose}", 0), np.empty(shape))) for name in NAMES]
    lower = np.linalg.cholesky([[1, 0.4, -0.2], [0.4, 1, 0], [-0.2, 0, 1]])
    return np.einsum("ij,jtd->itd", lower, np.array(rows))


class Twin:
    """One draw of the crowded world, month by month."""

    def __init__(self, ensemble: Ensemble, draw: int) -> None:
        told = ensemble.draws(0).iloc[draw].astype(float)
        self.told, self.fired = told, ensemble.tally.kept.fired[:, :, draw]
        self.noise, self.wander = (normals(ensemble, word)[:, :, draw] for word in ("innovation", "drift"))
        self.size = uniforms(stream(11, "input:events.shock.effects.a.jump", 0), np.empty((18, 300)))[:, draw]
        self.start = {"a": told["factors.a.level"], "b": 60.0, "c": 3.0}
        self.x, self.r = dict(self.start), dict(self.start)
        self.phi = {"a": 2 ** (-1 / told["factors.a.half_life"]), "b": 2 ** (-1 / 2), "c": 0.5}
        self.psi = {"a": 2 ** (-1 / 12), "b": 2 ** (-1 / 24), "c": 2 ** (-1 / 6)}
        self.target = {**self.start, "a": told["factors.a.target"]}
        self.of_levels: Parts = defaultdict(float)
        self.of_resting: Parts = defaultdict(float)
        self.shifts: list[tuple[Row, float, float]] = []  # row, size, last step on whose state it is in force

    def pulls(self, step: int, factor: str) -> Parts:
        """Return what shifts in force and spillovers pull on one factor, by source."""
        in_force = [(row, size) for row, size, last in self.shifts if row[2] == factor and step - 1 <= last]
        pulls = shared(in_force, self.r[factor])
        for source, value in {"a": [("b", -0.2)], "b": [("a", 0.3)], "c": [("b", 0.2)]}[factor]:
            pulls["spillover", source, factor] += value * (self.x[source] - self.start[source])
        return pulls

    def stop(self, parts: Parts, factor: str, beyond: float) -> float:
        """Return a value within the scale, and give what the ends took from it to `parts`."""
        inside = min(max(beyond, 0.0), 100.0)
        parts["bounds", "", factor] += inside - beyond
        return inside

    def step(self, step: int) -> None:
        """Go on by the three equations of docs/model.md, One step, and take each source along by itself."""
        new, jumped, x, r = defaultdict(float), self.jumps(step), {}, {}
        for k, factor in enumerate(NAMES):
            phi, psi, start = self.phi[factor], self.psi[factor], self.start[factor]
            pulls = self.pulls(step, factor)
            a = self.stop(pulls, factor, self.r[factor] + sum(pulls.values()))
            for kind in ("way to target", "innovations", "bounds"):
                pulls[kind, "", factor] += self.of_resting[kind, "", factor]
                self.of_resting[kind, "", factor] *= psi
            for row in {*pulls, *jumped, *self.of_levels}:
                if row[2] == factor:
                    new[row] = phi * self.of_levels[row] + (1 - phi) * pulls[row] + jumped[row]
            room, wide = (np.sqrt(y[factor] * (100 - y[factor])) / 50 for y in (self.x, self.r))
            noise = (4, 3, 40)[k] * room * self.noise[k, step - 1]
            wander = (1.5, 1, 30)[k] * wide * self.wander[k, step - 1]
            new["innovations", "", factor] += noise
            self.of_resting["innovations", "", factor] += wander
            self.of_resting["way to target", "", factor] += (1 - psi) * (self.target[factor] - start)
            push = sum(points for row, points in jumped.items() if row[2] == factor)
            x[factor] = self.stop(new, factor, self.x[factor] + (1 - phi) * (a - self.x[factor]) + noise + push)
            heading = self.r[factor] + (1 - psi) * (self.target[factor] - self.r[factor]) + wander
            r[factor] = self.stop(self.of_resting, factor, heading)
        self.put_in_force(step)
        self.x, self.r, self.of_levels = x, r, new

    def jumps(self, step: int) -> Parts:
        shock, answer, _ = self.fired[step]
        sizes: list[tuple[Row, float]] = []
        if shock:  # drawn anew in each step
            sizes.append((("jump", "shock", "a"), -20 + 18 * self.size[step - 1]))
        if answer:
            sizes += [(("jump", "answer", "a"), 6.0), (("jump", "answer", "b"), 3.0)]
        added: Parts = defaultdict(float)
        for factor in NAMES:
            added.update(shared([(row, size) for row, size in sizes if row[2] == factor], self.x[factor]))
        return added

    def put_in_force(self, step: int) -> None:
        shock, answer, _ = self.fired[step]
        if shock:
            last = step + np.ceil(self.told["events.shock.lasts"]) - 1
            self.shifts += [(("shift", "shock", factor), size, last) for factor, size in (("a", -3.0), ("c", -60.0))]
        if answer:
            sizes = {"a": 3.0, "b": self.told["events.answer.effects.b.shift"]}
            self.shifts += [(("shift", "answer", factor), size, np.inf) for factor, size in sizes.items()]


def assert_is_that_of_the_twin(crowded: Ensemble, draw: int) -> list[float]:
    """Every source is that of the slow twin; returns the sums of shifts of a in force, where there are any."""
    twin, sums = Twin(crowded, draw), []
    weights = {"a": twin.told["factors.a.weight"], "b": 1.0, "c": 0.5}
    total = sum(weights.values())
    for step in range(1, 19):
        force = [size for (_, _, factor), size, last in twin.shifts if factor == "a" and step - 1 <= last]
        sums += [sum(force)] if force else []
        twin.step(step)
        if step in (1, 2, 7, 18):
            found = sources(explain(crowded, month=step), draw)
            for row in {*found, *twin.of_levels}:
                assert found.get(row, 0) == pytest.approx(weights[row[2]] / total * twin.of_levels[row], abs=1e-8), (
                    step,
                    row,
                )
    return sums


@pytest.mark.parametrize("draw", range(12))
def test_every_source_of_a_crowded_world_is_that_of_a_slow_twin(crowded: Ensemble, draw: int) -> None:
    assert_is_that_of_the_twin(crowded, draw)


def test_so_is_it_where_two_events_jump_in_one_month_and_where_shifts_sum_to_nothing(crowded: Ensemble) -> None:
    shock, answer = crowded.tally.kept.fired[:, 0], crowded.tally.kept.fired[:, 1]
    both = np.flatnonzero((shock & answer).any(axis=0))
    assert len(both) >= 3
    # the answer's 3 and the shock's -3 in the months after, for a while; then the answer's alone
    sums = {each for draw in both[:3] for each in assert_is_that_of_the_twin(crowded, int(draw))}
    assert {-3.0, 0.0, 3.0} <= sums


# --- the difference of two ---


def between(base: Ensemble, other: Ensemble, month: int) -> Ledger:
    return explain(other, base, month=month)


def test_a_difference_closes_in_every_draw(shipped: dict[str, Ensemble]) -> None:
    comparison = compare(shipped["baseline"], shipped["negotiated_reset"])
    for index in ("warmth", "european_unease"):
        for month in (0, 1, 12, 48):
            ledger = explain(comparison.other, comparison.base, index=index, month=month)
            ends = [one.paths(index).to_numpy()[month].astype(float) for one in shipped.values()]
            assert np.abs(ledger.points.sum(axis=0) - (ledger.after - ledger.before)).max() < 1e-9
            assert np.abs(ledger.before - ends[0]).max() < 1e-5
            assert np.abs(ledger.after - ends[1]).max() < 1e-5


def test_identical_scenarios_give_exactly_zero_in_every_row(tmp_path) -> None:
    one, two = (run(tmp_path, CROWDED, n=100) for _ in range(2))
    ledger = between(one, two, 18)
    assert len(ledger.rows) > 15
    assert not ledger.points.any()


def test_levels_that_differ_at_the_start_have_a_row_of_their_own(tmp_path) -> None:
    base, other = (run(tmp_path, STILL, f"factors.a.level={level}") for level in (20, 24))
    ledger = between(base, other, 5)
    assert sources(ledger) == {("start", "", "a"): 3.0}
    assert (ledger.before.tolist(), ledger.after.tolist()) == ([27.5] * 4, [30.5] * 4)


def test_weights_that_differ_count_from_the_start(tmp_path) -> None:
    # 50 + 0.75 * -30 = 27.5 against 50 + 0.5 * -30 = 35: what a takes from 50 is 7.5 less
    base, other = (run(tmp_path, STILL, f"factors.a.weight={weight}") for weight in (3, 1))
    assert sources(between(base, other, 5)) == {("start", "", "a"): 7.5}


def test_the_sign_is_that_of_the_other_less_the_base(tmp_path) -> None:
    base, other = run(tmp_path, STILL), run(tmp_path, STILL + event("e", A_TO_36))
    assert sources(between(base, other, 2)) == {("jump", "e", "a"): 12.0}
    assert sources(between(other, base, 2)) == {("jump", "e", "a"): -12.0}


def test_to_explain_is_the_ledger_of_one_or_of_the_difference(tmp_path) -> None:
    base, other = run(tmp_path, STILL), run(tmp_path, STILL + event("e", f"{A_TO_36}, {B_TO_54}"))
    assert sources(explain(other, month=2)) == {("jump", "e", "a"): 12.0, ("jump", "e", "b"): 1.0}
    assert sources(explain(other, month=3)) == {("jump", "e", "a"): 6.0, ("jump", "e", "b"): 0.5}
    assert sources(explain(base, other, month=2)) == {("jump", "e", "a"): -12.0, ("jump", "e", "b"): -1.0}
    weighed = run(tmp_path, STILL + "indices.of_b = { weights = { b = 2 } }\n" + event("e", f"{A_TO_36}, {B_TO_54}"))
    assert sources(explain(weighed, index="of_b", month=2)) == {("jump", "e", "b"): 4.0}


def test_sources_that_both_have_are_set_off_against_each_other(tmp_path) -> None:
    # e: to 36 in the other, in the base to 28, odds of 7 to 18; f is the base's alone
    base = run(tmp_path, STILL + event("e", f"a.jump = {25 * log(4 * 7 / 18)}") + event("f", B_TO_54), name="base")
    other = run(tmp_path, STILL + event("e", A_TO_36), name="other")
    ledger = difference(explain(other, month=2), explain(base, month=2))
    assert sources(ledger) == {("jump", "e", "a"): 0.75 * (16 - 8), ("jump", "f", "b"): -0.25 * 4}


def test_a_difference_lists_the_start_first_and_bounds_last(tmp_path) -> None:
    base, other = run(tmp_path, STILL), run(tmp_path, STILL + event("e", "a.jump = 10, a.shift = 1"))
    kinds = [kind for kind, _, _ in between(base, other, 2).rows]
    assert list(dict.fromkeys(kinds)) == ["start", "way to target", "jump", "shift", "innovations", "bounds"]


def test_a_planted_cause_is_found_as_the_cause(tmp_path) -> None:
    linked = STILL + "spillovers.a = { b = 0.4 }\n"
    base, other = run(tmp_path, linked), run(tmp_path, linked + event("planted", A_TO_36))
    table = between(base, other, 4).by_source()
    assert table.index[0] == ("jump", "planted")
    # month 4: a is 16 / 4 = 4 up; b, by spillover, 0.5 * (0.5 * 0.4 * 16) + 0.5 * 0.4 * 8 = 3.2
    assert table.points.to_dict()["jump", "planted"] == pytest.approx(3)
    assert table.points.to_dict()["spillover", "a"] == pytest.approx(0.8)
    apart = (
        other.paths("warmth").to_numpy().astype(float)[4].mean() - base.paths("warmth").to_numpy().astype(float)[4].mean()
    )
    assert apart == pytest.approx(3.8, abs=1e-5)


def test_a_planted_cause_is_found_among_noise(tmp_path) -> None:
    linked = NOISY + "spillovers.a = { b = 0.4 }\n"
    base = run(tmp_path, linked, n=400)
    other = run(tmp_path, linked + event("planted", "a.jump = -8"), n=400)
    ledger = between(base, other, 3)
    table = ledger.by_source()
    assert table.index[0] == ("jump", "planted")
    # sized in the base's own world a month before, as the two are one until then
    before = base.paths("a").to_numpy().astype(float)[1]
    pushed = np.array([acted(y, -8) - y for y in before.tolist()])
    assert table.points.iloc[0] == pytest.approx((0.75 * pushed / 2).mean(), abs=1e-5)
    # what is left: spillover to b, and a scale on which the same innovation moves less
    rest = table.points.drop(("jump", "planted"))
    apart = (ledger.after - ledger.before).mean()
    assert table.points.iloc[0] == pytest.approx(apart - rest.sum(), abs=1e-9)
    assert set(rest.index[rest.abs() > 0]) == {("spillover", "a"), ("innovations", "")}


# --- tables ---


def test_tables_sum_to_the_change(crowded: Ensemble) -> None:
    ledger = explain(crowded)
    for draw in (None, 7):
        moved = ledger.after - ledger.before
        change = moved.mean() if draw is None else moved[draw]
        table, wide, by_source = ledger.table(draw), ledger.wide(draw), ledger.by_source(draw)
        assert [t.points.sum() for t in (table, by_source)] == pytest.approx([change] * 2, abs=1e-9)
        assert wide["sum"].sum() == pytest.approx(change, abs=1e-9)
        assert wide.drop(columns="sum").sum(axis=1).to_numpy() == pytest.approx(wide["sum"].to_numpy())
        of_targets = by_source.points[by_source.index.get_level_values("kind") == "way to target"]
        assert sorted(name for _, name in of_targets.index) == ["a", "b", "c"]
        assert wide["sum"][("way to target", "")] == pytest.approx(of_targets.sum())
        rest = by_source.points.drop(of_targets.index)
        assert wide["sum"].drop(("way to target", "")).to_dict() == pytest.approx(rest.to_dict())
        for (kind, name, factor), points in table.points.items():
            assert wide.loc[(kind, name), factor] == points


def test_tables_are_means_over_draws_or_one_draw(crowded: Ensemble) -> None:
    ledger = explain(crowded)
    place = ledger.rows.index(("jump", "shock", "a"))
    row = ledger.points[place]
    assert ledger.table().loc[("jump", "shock", "a")].tolist() == pytest.approx(
        [row.mean(), float(mean_error(row.var(ddof=1), 300, np.count_nonzero(row), 100))]
    )
    assert ledger.table(3).loc[("jump", "shock", "a")].tolist() == [row[3]]
    assert ledger.table(3).columns.tolist() == ledger.by_source(3).columns.tolist() == ["points"]


def test_the_error_of_a_source_is_that_of_its_sum_over_factors(crowded: Ensemble) -> None:
    # innovations of a and b go together: neither a sum of errors nor a root of squares would do
    ledger = explain(crowded)
    own = sum(ledger.points[ledger.rows.index(("innovations", "", factor))] for factor in NAMES)
    assert ledger.by_source().loc[("innovations", "")].tolist() == pytest.approx(
        [own.mean(), own.std(ddof=1) / np.sqrt(300)]
    )


def test_sources_are_listed_from_the_largest_of_either_sign(crowded: Ensemble) -> None:
    for draw in (None, 2):
        sizes = explain(crowded).by_source(draw).points
        assert sizes.abs().is_monotonic_decreasing
        assert sizes.min() < 0 < sizes.max()


def test_one_draw_has_no_error(tmp_path) -> None:
    table = explain(run(tmp_path, NOISY, n=1)).table()
    assert table.std_error.isna().all()
    assert table.points.notna().all()


def test_nearest_is_the_draw_at_a_quantile_of_where_the_index_ended() -> None:
    rows, points = (("jump", "e", "a"),), np.zeros((1, 5))
    before, after = np.array([0.0, 40, 0, 0, 0]), np.array([10.0, 50, 30, 20, 41])
    one = made(points, before, after, rows=rows, ends=1)
    assert [one.nearest(p) for p in (0, 0.25, 0.5, 0.75, 1)] == [0, 3, 2, 4, 1]
    # of a difference: 10, 10, 30, 20, 41
    two = made(points, before, after, rows=rows, ends=2)
    assert [two.nearest(p) for p in (0, 0.5, 0.75, 1)] == [0, 3, 2, 4]


def test_nearest_picks_from_the_ensemble_and_from_a_difference(crowded: Ensemble, shipped: dict[str, Ensemble]) -> None:
    end = crowded.paths("warmth").iloc[-1].to_numpy()
    assert explain(crowded).nearest(0) == end.argmin()
    assert explain(crowded).nearest(1) == end.argmax()
    comparison = compare(shipped["baseline"], shipped["negotiated_reset"])
    assert explain(comparison.other, comparison.base).nearest(1) == comparison.apart().iloc[-1].to_numpy().argmax()


def test_what_is_not_there_is_refused_by_name(crowded: Ensemble) -> None:
    with pytest.raises(Refused, match=r"no index or factor is called 'views' \(did you mean 'view'\?\)"):
        explain(crowded, index="views")
    for month in (-1, 19):
        rule = f"month must be within 0 to 18, or a day from 2025-01-20 to 2026-07-20; found {month}"
        with pytest.raises(Refused, match=rule):
            explain(crowded, month=month)
    for draw in (-1, 300):
        with pytest.raises(Refused, match=f"draw must be within 0 to 299; found {draw}"):
            explain(crowded).table(draw)
    for probability in (-0.1, 1.1):
        with pytest.raises(Refused, match=f"a quantile must be within 0 to 1; found {probability}"):
            explain(crowded).nearest(probability)
