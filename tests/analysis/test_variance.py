"""Shares of variance: the estimator against known ones, groups of streams, and drivers of worlds worked out by hand."""

from collections.abc import Callable
from math import log
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from simulator import Refused, read_scenario, simulate
from simulator.analysis.comparison import streams_of
from simulator.analysis.variance import drivers, pick_and_freeze, shares, sources
from simulator.engine.months import months
from simulator.engine.plan import Plan, make_plan
from simulator.engine.sampling import sample
from simulator.engine.streams import BLOCK, Redrawn, Seed, stream, uniforms
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


def numbers(table: pd.DataFrame | pd.Series) -> pd.DataFrame | pd.Series:
    """Return a table of drivers, or a row of it, without the labels."""
    return table.drop(columns="label") if isinstance(table, pd.DataFrame) else table.drop("label")


def law(low: float, high: float) -> str:
    return f'{{ dist = "uniform", low = {low}, high = {high} }}'


def assert_share(table: pd.DataFrame, row: tuple[str, str], first: float, total: float) -> None:
    """Both shares within 4.5 of their own standard errors, which must be small enough to tell."""
    found = table.loc[row]
    assert 0 < found.first_std_error < 0.06
    assert 0 < found.total_std_error < 0.06
    assert abs(found["first"] - first) < 4.5 * found.first_std_error
    assert abs(found.total - total) < 4.5 * found.total_std_error


# --- the estimator, on functions of named uniforms whose shares are known ---


def of_uniforms(
    function: Callable[..., np.ndarray], names: tuple[str, ...], n: int, seed: int = 5
) -> Callable[[frozenset[str] | None], np.ndarray]:
    """Return the evaluation of a function of named uniforms, as `pick_and_freeze` asks for it."""

    def evaluate(redrawn: frozenset[str] | None) -> np.ndarray:
        chosen = Redrawn(seed, seed + 1, frozenset(names) if redrawn is None else redrawn)
        return function(*(uniforms(stream(chosen, name, 0), np.empty((1, n)))[0] for name in names))

    return evaluate


def ishigami(u: np.ndarray, v: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Ishigami & Homma (1990) with a = 7 and b = 0.1, on (-pi, pi)."""
    x, y, z = (np.pi * (2 * one - 1) for one in (u, v, w))
    return np.sin(x) + 7 * np.sin(y) ** 2 + 0.1 * z**4 * np.sin(x)


GROUPS = {("input", name): frozenset({name}) for name in ("u", "v", "w")}


def test_a_linear_function_has_the_shares_of_its_squared_slopes() -> None:
    # 1^2, 2^2 and 3^2 of 14; u and w together 10; nothing but sums, so first and total are one
    together = {("group", "u and w"): frozenset({"u", "w"}), ("group", "none"): frozenset({"other"})}
    table = pick_and_freeze(of_uniforms(lambda u, v, w: 7 + u + 2 * v - 3 * w, ("u", "v", "w"), BLOCK), GROUPS | together)
    for row, share in ((("input", "u"), 1), (("input", "v"), 4), (("input", "w"), 9), (("group", "u and w"), 10)):
        assert_share(table, row, share / 14, share / 14)
    assert table.loc[("group", "none")].tolist() == [0, 0, 0, 0]
    assert table.columns.tolist() == ["first", "first_std_error", "total", "total_std_error"]
    assert table.index.names == ["kind", "key"]


def test_ishigami_has_its_published_shares() -> None:
    # Saltelli et al. (2008), Global Sensitivity Analysis: V1 = (1 + pi^4/50)^2 / 2, V2 = 49/8, V13 = 8 pi^8 / 225 / 100
    one, two, both = (1 + np.pi**4 / 50) ** 2 / 2, 49 / 8, 8 * np.pi**8 / 225 / 100
    variance = one + two + both
    table = pick_and_freeze(of_uniforms(ishigami, ("u", "v", "w"), BLOCK), GROUPS)
    published = {"u": (0.3139, 0.5576), "v": (0.4424, 0.4424), "w": (0, 0.2437)}
    exact = {"u": (one, one + both), "v": (two, two), "w": (0, both)}
    for name, numbers in exact.items():
        assert np.array(numbers) / variance == pytest.approx(published[name], abs=5e-5)
        assert_share(table, ("input", name), *np.array(numbers) / variance)


def test_a_product_of_two_is_all_interaction() -> None:
    # centred: neither moves the mean by itself, each together with the other makes all
    table = pick_and_freeze(
        of_uniforms(lambda u, v: (u - 0.5) * (v - 0.5), ("u", "v"), BLOCK), GROUPS | {("all", "both"): frozenset("uv")}
    )
    assert_share(table, ("input", "u"), 0, 1)
    assert_share(table, ("input", "v"), 0, 1)
    assert_share(table, ("all", "both"), 1, 1)
    assert table.loc[("input", "w")].tolist() == [0, 0, 0, 0]


def test_the_reported_errors_mean_what_they_say() -> None:
    """Over 300 seeds, shares of Ishigami spread as their standard errors say, around the exact ones."""
    tables = [pick_and_freeze(of_uniforms(ishigami, ("u", "v", "w"), 1_024, seed=2 * k), GROUPS) for k in range(300)]
    for column, exact in (("first", [0.3139, 0.4424, 0]), ("total", [0.5576, 0.4424, 0.2437])):
        found = np.array([table[column] for table in tables])
        reported = np.sqrt(np.mean([table[f"{column}_std_error"] ** 2 for table in tables], axis=0))
        # the spread of 300 estimates is known to 1 / sqrt(600) = 4 %; 4.5 of those are 18 %
        assert found.std(axis=0, ddof=1) / reported == pytest.approx([1, 1, 1], abs=0.18)
        assert (np.abs(found.mean(axis=0) - exact) < 4.5 * reported / np.sqrt(300) + 5e-5).all()


def test_shares_by_hand() -> None:
    # centre 0; variance (1 + 1 + 1 + 1 + 9 + 9 + 1 + 1) / 8 = 3
    base, other, mixed = np.array([1.0, -1, 3, -3]), np.array([1.0, 1, -1, -1]), np.array([1.0, -1, -1, 1])
    # first: b (m - a) = 0, 0, 4, -4: mean 0. total: (a - m)^2 / 2 = 0, 0, 8, 8: mean 4
    first, first_error, total, total_error = shares(base, other, mixed)
    assert (first, total) == (0, pytest.approx(4 / 3))
    # of a ratio by its derivative: squares 1, 1, 5, 5; total's terms less 4/3 of them: -4/3, -4/3, 4/3, 4/3
    assert first_error == pytest.approx(np.sqrt(8) / 3 / 2)
    assert total_error == pytest.approx(4 / 3 / 3 / 2)


def test_what_does_not_vary_has_no_drivers() -> None:
    assert shares(np.full(5, 3.0), np.full(5, 3.0), np.full(5, 3.0)) == (0, 0, 0, 0)


# --- groups of streams, and drawing them anew ---


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory, busy_world: str) -> Plan:
    return make_plan(read(tmp_path_factory.mktemp("busy"), busy_world))


def test_groups_are_these(plan: Plan) -> None:
    judged = ["factors.a.level", "factors.a.weight", "factors.b.target", "indices.view.weights.b", "events.shock.rate"]
    judged += ["events.shock.lasts", "events.shock_two.effects.b.shift"]
    found = sources(plan)
    assert [name for kind, name in found if kind == "judgement"] == [*judged, "all"]
    assert [name for kind, name in found if kind == "chance"] == [
        *("events.shock", "events.shock_two", "events.shocking", "factors.a", "factors.b", "all")
    ]
    for key in judged:
        assert found["judgement", key] == {f"input:{key}"}
    # sizes drawn at each occurrence are chance, those drawn once are judgement
    sizes = {f"input:events.shock.effects.a.{kind}" for kind in ("jump", "shift")}
    assert found["chance", "events.shock"] == {"event:shock/timing"} | sizes
    assert found["chance", "events.shock_two"] == {"event:shock_two/timing"}
    assert found["chance", "factors.a"] == {"factor:a/innovation", "factor:a/drift"}


@pytest.mark.parametrize("name", ["busy", "baseline", "negotiated_reset"])
def test_groups_cover_every_stream_once(plan: Plan, name: str) -> None:
    plan = plan if name == "busy" else make_plan(read_scenario(name))
    found = sources(plan)
    single = [stream_name for (_, group), names in found.items() if group != "all" for stream_name in names]
    assert len(single) == len(set(single))
    assert set(single) == streams_of(plan)
    for kind in ("judgement", "chance"):
        assert found[kind, "all"] == {
            s for (k, group), names in found.items() if k == kind and group != "all" for s in names
        }
    assert not found["judgement", "all"] & found["chance", "all"]


def state(plan: Plan, seed: Seed, n: int = 300) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    """Return inputs, values (n_steps, n_series, n) and firings of a block."""
    inputs = sample(plan, seed, 0, n)
    # copied as they come: the first stretch shows the events' own memory, which goes on changing
    stretches = [(stretch.values, stretch.fired.copy()) for stretch in months(plan, seed, 0, n, inputs)]
    values, fired = (np.concatenate(parts) for parts in zip(*stretches, strict=True))
    return {str(key): value for key, value in inputs.items()}, values, fired


def test_drawing_nothing_anew_changes_no_bit(plan: Plan) -> None:
    for one, two in zip(state(plan, 3)[1:], state(plan, Redrawn(3, 4, frozenset()))[1:], strict=True):
        assert np.array_equal(one, two)


def test_drawing_all_anew_is_the_other_seed(plan: Plan) -> None:
    for one, two in zip(state(plan, 4)[1:], state(plan, Redrawn(3, 4, frozenset(streams_of(plan))))[1:], strict=True):
        assert np.array_equal(one, two)


def test_drawing_one_input_anew_changes_no_other(plan: Plan) -> None:
    before, values, fired = state(plan, 3)
    after, redrawn, refired = state(plan, Redrawn(3, 4, frozenset({"input:factors.a.level"})))
    changed = [key for key in before if not np.array_equal(before[key], after[key])]
    assert changed == ["factors.a.level"]
    assert (before["factors.a.level"] != after["factors.a.level"]).all()
    assert np.array_equal(fired, refired)
    assert (values[:, 0] != redrawn[:, 0]).mean() > 0.99
    assert np.array_equal(values[:, 1], redrawn[:, 1])


def test_drawing_a_factors_innovations_anew_moves_that_factor_alone(plan: Plan) -> None:
    before, values, _ = state(plan, 3)
    after, redrawn, _ = state(plan, Redrawn(3, 4, sources(plan)["chance", "factors.b"]))
    assert all(np.array_equal(before[key], after[key]) for key in before)
    assert np.array_equal(values[:, 0], redrawn[:, 0])
    assert np.array_equal(values[0], redrawn[0])
    assert (values[1:, 1] != redrawn[1:, 1]).all()


def test_drawing_an_event_anew_leaves_the_worlds_in_which_it_does_not_happen(plan: Plan) -> None:
    _, values, fired = state(plan, 3)
    _, redrawn, refired = state(plan, Redrawn(3, 4, sources(plan)["chance", "events.shock"]))
    assert np.array_equal(fired[:, 1], refired[:, 1])
    assert (fired[:, 0] != refired[:, 0]).any()
    never = ~(fired[:, 0].any(axis=0) | refired[:, 0].any(axis=0))
    assert 0 < never.sum() < 300
    assert np.array_equal(values[:, :, never], redrawn[:, :, never])


def test_sizes_of_each_occurrence_are_drawn_anew_with_their_event(plan: Plan) -> None:
    _, values, fired = state(plan, 3)
    _, redrawn, refired = state(plan, Redrawn(3, 4, frozenset({"input:events.shock.effects.a.jump"})))
    assert np.array_equal(fired, refired)
    first = fired[:, 0].argmax(axis=0)
    shocked = fired[:, 0].any(axis=0)
    assert (values[first, 0, np.arange(300)] != redrawn[first, 0, np.arange(300)])[shocked].all()


# --- drivers of worlds whose shares are known ---


def test_one_uncertain_input_makes_all_the_variance(tmp_path) -> None:
    table = drivers(read(tmp_path, STILL, f"factors.a.level={law(40, 60)}"))
    assert_share(table, ("judgement", "factors.a.level"), 1, 1)
    assert_share(table, ("judgement", "all"), 1, 1)
    rest = table.drop([("judgement", "factors.a.level"), ("judgement", "all")])
    assert sorted(rest.index) == [("chance", "all"), ("chance", "factors.a"), ("chance", "factors.b")]
    assert (numbers(rest) == 0).all(axis=None)
    assert rest.label["chance"].to_dict() == {"all": "all chance", "factors.a": "months of A", "factors.b": "months of B"}


def test_one_factors_innovations_make_all_the_variance(tmp_path) -> None:
    noisy = STILL.replace(
        '"A", level = 50, weight = 1, half_life = 1, volatility = 0',
        '"A", level = 50, weight = 1, half_life = 1, volatility = 4',
    )
    table = drivers(read(tmp_path, noisy), n_draws=2_000)
    assert_share(table, ("chance", "factors.a"), 1, 1)
    assert_share(table, ("chance", "all"), 1, 1)
    assert (numbers(table).loc[("chance", "factors.b")] == 0).all()
    assert (numbers(table).loc[("judgement", "all")] == 0).all()


def test_two_levels_share_as_the_squares_of_their_widths(tmp_path) -> None:
    # 10 and 20 wide: 100 and 400 of 500
    table = drivers(read(tmp_path, STILL, f"factors.a.level={law(45, 55)}", f"factors.b.level={law(40, 60)}"))
    assert_share(table, ("judgement", "factors.a.level"), 0.2, 0.2)
    assert_share(table, ("judgement", "factors.b.level"), 0.8, 0.8)
    assert table.index[0] == ("judgement", "all")
    assert table.total.is_monotonic_decreasing


def test_judgement_and_chance_share_a_first_month(tmp_path) -> None:
    # at neutral a month's innovation has sd 3; a target is first felt in month 2. A jump by 6, to odds of 56 to
    # 44, with probability 1/2 has sd 3 too; a level of b that is uniform over 12 points has variance 12. All of weight 1/2: 9, 9 and 12 of 30
    jump = 25 * log(56 / 44)
    shock = f'[events.e]\nlabel = "E"\non = 2025-02-01\nprobability = 0.5\neffects.a = {{ jump = {jump} }}\n'
    noisy = STILL.replace("volatility = 0", "volatility = 3", 1)
    overrides = f"factors.b.level={law(44, 56)}", f"factors.a.target={law(0, 100)}"
    table = drivers(read(tmp_path, noisy + shock, *overrides), month=1)
    assert_share(table, ("chance", "factors.a"), 0.3, 0.3)
    assert_share(table, ("chance", "events.e"), 0.3, 0.3)
    assert_share(table, ("chance", "all"), 0.6, 0.6)
    assert_share(table, ("judgement", "factors.b.level"), 0.4, 0.4)
    assert (numbers(table).loc[("judgement", "factors.a.target")] == 0).all()


def test_correlated_innovations_belong_to_the_factor_they_come_first_in(tmp_path) -> None:
    # 3 e_a + 4 (0.6 e_a + 0.8 e_b) = 5.4 e_a + 3.2 e_b: 29.16 and 10.24 of 39.4
    noisy = STILL.replace("volatility = 0", "volatility = 3", 1).replace("volatility = 0", "volatility = 4", 1)
    table = drivers(read(tmp_path, noisy + "correlations.a = { b = 0.6 }\n"), month=1)
    assert_share(table, ("chance", "factors.a"), 29.16 / 39.4, 29.16 / 39.4)
    assert_share(table, ("chance", "factors.b"), 10.24 / 39.4, 10.24 / 39.4)


def test_drivers_of_another_index_a_factor_and_a_month(tmp_path) -> None:
    # of b alone, 400 and nothing of a; of view, -a and 3 b: 100 and 9 * 400
    scenario = read(
        tmp_path,
        STILL + "indices.view = { weights = { a = -1, b = 3 } }\n",
        f"factors.a.level={law(45, 55)}",
        f"factors.b.level={law(40, 60)}",
    )
    table = drivers(scenario, "b", 0, n_draws=500)
    assert_share(table, ("judgement", "factors.b.level"), 1, 1)
    assert (numbers(table).loc[("judgement", "factors.a.level")] == 0).all()
    assert_share(drivers(scenario, "view"), ("judgement", "factors.b.level"), 36 / 37, 36 / 37)


def test_drivers_start_from_the_scenarios_own_draws(tmp_path, busy_world: str) -> None:
    scenario = read(tmp_path, busy_world, "run.seed=9", "months=3")
    own = drivers(scenario, n_draws=200)
    assert own.equals(drivers(scenario, n_draws=200, seed=9))
    assert not own.equals(drivers(scenario, n_draws=200, seed=10))
    plan = make_plan(scenario)
    group = sources(plan)["chance", "factors.a"]
    ends = [state(plan, Redrawn(9, 10, names), 200)[1][-1, 2] for names in (frozenset(), streams_of(plan), group)]
    assert numbers(own).loc[("chance", "factors.a")].tolist() == list(shares(*ends))
    assert np.array_equal(ends[0].astype(np.float32), simulate(scenario, 200, 9).paths("warmth").iloc[-1])


def test_drivers_of_an_ensemble_are_those_of_its_scenario_and_seed(tmp_path, busy_world: str) -> None:
    scenario = read(tmp_path, busy_world, "months=3")
    assert drivers(simulate(scenario, 10, seed=9), n_draws=200).equals(drivers(scenario, n_draws=200, seed=9))


def test_a_day_means_the_month_that_covers_it(tmp_path, busy_world: str) -> None:
    scenario = read(tmp_path, busy_world, "months=3")
    second, third = (drivers(scenario, month=month, n_draws=200) for month in (2, 3))
    assert drivers(scenario, month="2025-03-01", n_draws=200).equals(second)
    assert not second.equals(third)


def test_drivers_are_named_by_dotted_key_and_label(plan: Plan, tmp_path, busy_world: str) -> None:
    table = drivers(read(tmp_path, busy_world, "months=3"), n_draws=20)
    assert table.index.names == ["kind", "key"]
    assert set(table.index) == set(sources(plan))
    told = {
        ("judgement", "factors.a.weight"): "weight of A",
        ("judgement", "events.shock_two.effects.b.shift"): "shift in B of T",
        ("judgement", "indices.view.weights.b"): "weight of B in view",
        ("chance", "events.shock"): "S",
        ("chance", "factors.b"): "months of B",
        ("judgement", "all"): "all judgement",
    }
    assert table.label[list(told)].to_dict() == told


def test_drivers_of_several_blocks_go_on_where_the_first_ends(tmp_path) -> None:
    scenario = read(tmp_path, STILL, f"factors.a.level={law(45, 55)}", f"factors.b.level={law(40, 60)}", "months=1")

    def drawn(seed: int, factor: str) -> np.ndarray:
        name = f"input:factors.{factor}.level"
        return np.concatenate([uniforms(stream(seed, name, block), np.empty((1, BLOCK)))[0] for block in (0, 1)])

    a, b = [10 * drawn(seed, "a") for seed in (3, 4)], [20 * drawn(seed, "b") for seed in (3, 4)]
    exact = shares((a[0] + b[0]) / 2, (a[1] + b[1]) / 2, (a[1] + b[0]) / 2)
    table = drivers(scenario, n_draws=2 * BLOCK, seed=3)
    assert numbers(table).loc[("judgement", "factors.a.level")].tolist() == pytest.approx(exact)
    assert_share(table, ("judgement", "factors.a.level"), 0.2, 0.2)


def test_what_is_not_there_is_refused_by_name(tmp_path) -> None:
    scenario = read(tmp_path, STILL)
    with pytest.raises(Refused, match="no factor or index is called 'wramth'"):
        drivers(scenario, "wramth")
    for month in (-1, 7):
        rule = f"month must be within 0 to 6, or a day from 2025-01-20 to 2025-07-20; found {month}"
        with pytest.raises(Refused, match=rule):
            drivers(scenario, month=month)
