"""What must hold bit for bit (docs/model.md, Randomness), and what the tallies say against a slow twin."""

import time
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import fields
from multiprocessing import get_context

import numpy as np
import pytest

from simulator import Refused, read_scenario, simulate
from simulator.engine.months import outcome
from simulator.engine.streams import BLOCK, stream, uniforms
from simulator.ensemble.ensemble import Ensemble
from simulator.ensemble.estimates import Z95, mean_error

BUSY = """
title = "Busy"
as_of = 2025-01-20
months = 24
[factors.a]
label = "A"
level = { p10 = 20, p50 = 30, p90 = 45 }
target = { dist = "pert", low = 20, mode = 40, high = 60 }
weight = { dist = "triangular", low = 0.5, mode = 1, high = 2 }
half_life = 2
volatility = 4
settling = 12
drift = 1.5
[factors.b]
label = "B"
level = 60
weight = 1
half_life = { dist = "lognormal", mean = 2, sd = 0.5 }
volatility = 3
settling = 24
drift = 1
[spillovers.a]
b = 0.3
[correlations.a]
b = 0.4
[indices.view]
weights = { a = -1, b = { dist = "uniform", low = 0.5, high = 1.5 } }
bands = { cuts = [30, 45, 55], names = ["low", "mid", "high", "top"] }
[events.shock]
label = "S"
rate = 1.2
repeats = true
cooldown = 1
lasts = { dist = "uniform", low = 2, high = 9 }
effects.a = { jump = { dist = "triangular", low = -20, mode = -8, high = -2 }, shift = -3 }
[events.answer]
label = "T"
when = "shock and warmth < 45"
rate = 0.8
effects.b = { shift = { dist = "normal", mean = 5, sd = 2 } }
[events.trial]
label = "U"
when = "a < 20"
probability = 0.5
effects.b = { jump = -10 }
[questions.cold]
ask = "warmth < 35"
by = 2026-06-01
[questions.end]
ask = "warmth >= 45 and not answer"
"""


def busy(tmp_path, text: str = BUSY, *overrides: str):
    path = tmp_path / "busy.toml"
    path.write_text(text)
    return read_scenario(path, overrides)


def assert_same_bits(first: Ensemble, second: Ensemble) -> None:
    for part in ("counts", "moments", "kept"):
        a, b = getattr(first.tally, part), getattr(second.tally, part)
        for field in fields(a):
            assert np.array_equal(getattr(a, field.name), getattr(b, field.name)), (part, field.name)


class Straggling(Executor):
    """Threads of which the first to start are the last to finish."""

    def __init__(self) -> None:
        self.pool, self.begun = ThreadPoolExecutor(4), 0

    def submit(self, task, /, *args, **kwargs) -> Future:
        self.begun += 1
        return self.pool.submit(self._late, 0.3 / self.begun, task, *args)

    @staticmethod
    def _late(seconds: float, task, *args):
        time.sleep(seconds)
        return task(*args)


@pytest.fixture(scope="module")
def several_blocks(tmp_path_factory: pytest.TempPathFactory) -> Ensemble:
    return simulate(busy(tmp_path_factory.mktemp("busy")), 3 * BLOCK + 1_000, seed=5, n_kept=2 * BLOCK)


def test_the_result_is_the_same_for_any_number_of_workers(tmp_path, several_blocks: Ensemble) -> None:
    for workers in (1, 3):
        with ThreadPoolExecutor(workers) as pool:
            ensemble = simulate(busy(tmp_path), 3 * BLOCK + 1_000, seed=5, executor=pool, n_kept=2 * BLOCK)
        assert_same_bits(ensemble, several_blocks)


def test_the_result_is_the_same_whatever_order_blocks_finish_in(tmp_path, several_blocks: Ensemble) -> None:
    ensemble = simulate(busy(tmp_path), 3 * BLOCK + 1_000, seed=5, executor=Straggling(), n_kept=2 * BLOCK)
    assert_same_bits(ensemble, several_blocks)


def test_the_result_is_the_same_in_other_processes(tmp_path, several_blocks: Ensemble) -> None:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        ensemble = simulate(busy(tmp_path), 3 * BLOCK + 1_000, seed=5, executor=pool, n_kept=2 * BLOCK)
    assert_same_bits(ensemble, several_blocks)


def test_more_draws_only_append(tmp_path, several_blocks: Ensemble) -> None:
    for n in (1, 700, BLOCK + 3):
        fewer = simulate(busy(tmp_path), n, seed=5, n_kept=n).tally.kept
        kept = several_blocks.tally.kept
        assert np.array_equal(fewer.values, kept.values[:, :, :n])
        assert np.array_equal(fewer.fired, kept.fired[:, :, :n])
        assert np.array_equal(fewer.inputs, kept.inputs[:, :n])


SHORT = """
title = "Short"
as_of = 2025-01-20
months = 1
[factors.a]
label = "A"
level = { dist = "uniform", low = 20, high = 80 }
weight = 1
half_life = 2
volatility = 4
settling = 12
drift = 0
[events.e]
label = "E"
on = 2025-02-01
probability = 0.5
effects.a = { jump = 5 }
"""


def test_the_kept_draws_are_the_first_ones_in_order_however_many_are_kept(tmp_path) -> None:
    n = 17 * BLOCK + 5  # enough that one task holds several blocks
    scenario = busy(tmp_path, SHORT)
    most = simulate(scenario, n, seed=5, n_kept=3 * BLOCK)
    draws, paths = most.draws(), most.paths("a")
    assert len(draws) == 3 * BLOCK
    assert draws["factors.a.level"].nunique() == 3 * BLOCK  # no block comes twice
    for n_kept in (100, BLOCK, BLOCK + 100):
        fewer = simulate(scenario, n, seed=5, n_kept=n_kept)
        assert fewer.n_kept == n_kept
        assert fewer.draws().equals(draws[:n_kept])
        assert np.array_equal(fewer.paths("a"), paths.iloc[:, :n_kept])
        # and nothing else depends on it
        assert fewer.mean().equals(most.mean())
        assert fewer.events().equals(most.events())
    every = simulate(scenario, BLOCK + 100, seed=5, n_kept=n)
    assert every.draws().equals(draws[: BLOCK + 100])


def test_a_longer_horizon_only_appends(tmp_path) -> None:
    # the questions' dates lie within both horizons
    short, long = (simulate(busy(tmp_path, BUSY, f"months={months}"), 3_000, seed=5) for months in (18, 40))
    assert np.array_equal(short.tally.kept.values, long.tally.kept.values[:19])
    assert np.array_equal(short.tally.kept.fired, long.tally.kept.fired[:19])
    assert np.array_equal(short.tally.moments.mean, long.tally.moments.mean[:19])


def test_what_is_added_changes_no_other_stream(tmp_path) -> None:
    plain = simulate(busy(tmp_path), 3_000, seed=5)
    extra = """
[factors.c]
label = "C"
level = 50
weight = 0
half_life = 2
volatility = 5
settling = 12
drift = 1
[indices.third]
weights = { c = 1 }
[events.aside]
label = "V"
rate = 2
repeats = true
effects.c = { jump = { dist = "uniform", low = -5, high = 5 } }
[questions.aside]
ask = "c > 55"
"""
    more = simulate(busy(tmp_path, BUSY + extra), 3_000, seed=5)
    for name in ("a", "b", "warmth", "view"):
        assert np.array_equal(plain.paths(name), more.paths(name)), name
    assert more.questions().loc["cold", "probability"] == plain.questions().loc["cold", "probability"]


def test_the_order_of_events_does_not_matter(tmp_path) -> None:
    start, end = BUSY.index("[events.shock]"), BUSY.index("[events.answer]")
    reordered = (
        BUSY[:start] + BUSY[end : BUSY.index("[questions.cold]")] + BUSY[start:end] + BUSY[BUSY.index("[questions.cold]") :]
    )
    first, second = simulate(busy(tmp_path), 3_000, seed=5), simulate(busy(tmp_path, reordered), 3_000, seed=5)
    assert np.array_equal(first.paths("a"), second.paths("a"))


TWINS = [
    """
[events.zeal]
label = "Z"
rate = 6
repeats = true
lasts = 3
effects.a = { jump = { dist = "uniform", low = -7, high = 9 }, shift = 1.7 }
""",
    """
[events.alarm]
label = "A"
rate = 6
repeats = true
lasts = 3
effects.a = { jump = { dist = "uniform", low = -9, high = 7 }, shift = -1.3 }
""",
]


def test_the_order_of_events_that_jump_together_changes_no_bit(tmp_path) -> None:
    # sums of floats depend on their order in the last bit, so the engine's must not be that of the file
    first, second = (
        busy(tmp_path, BUSY.replace("[questions.cold]", "".join(t) + "[questions.cold]")) for t in (TWINS, TWINS[::-1])
    )
    assert list(first.events) != list(second.events)
    one, other = (simulate(scenario, 3_000, seed=5) for scenario in (first, second))
    draws = one.draws()
    assert draws.equals(other.draws()[draws.columns])
    assert one.events().equals(other.events().loc[one.events().index])
    assert one.questions().equals(other.questions())
    for part, name in (("moments", "mean"), ("moments", "squares"), ("counts", "histogram"), ("counts", "bounds")):
        a, b = (getattr(getattr(ensemble.tally, part), name) for ensemble in (one, other))
        assert np.array_equal(a, b), name
    for place in range(len(one.plan.series)):  # in double precision, which kept paths are not
        a, b = (outcome(ensemble.plan, 5, 3_000, place, 24) for ensemble in (one, other))
        assert np.array_equal(a, b), one.plan.series[place]
    zeal, alarm = (one.tally.kept.fired[:, [event.name for event in one.plan.events].index(n)] for n in ("zeal", "alarm"))
    assert (zeal & alarm).any(axis=0).mean() > 0.9  # nearly every draw has months with both


def test_two_scenarios_are_the_same_worlds_until_they_differ(tmp_path) -> None:
    plain = simulate(busy(tmp_path), 3_000, seed=5).tally.kept.values
    late = '[events.late]\nlabel = "L"\non = 2026-01-01\nprobability = 0.5\neffects.a = { jump = 20 }\n'
    other = simulate(busy(tmp_path, BUSY + late), 3_000, seed=5)
    fired = other.tally.kept.fired[:, list(other.events().index).index("late")].any(axis=0)
    changed = other.tally.kept.values
    assert np.array_equal(plain[:12], changed[:12])  # 1 January 2026 falls in step 12
    assert np.array_equal(plain[:, :, ~fired], changed[:, :, ~fired])
    assert (plain[12, 0, fired] != changed[12, 0, fired]).all()


def test_the_seed_reaches_every_source(tmp_path) -> None:
    one, two = (simulate(busy(tmp_path), 2_000, seed=seed).tally.kept for seed in (0, 1))
    assert (one.inputs != two.inputs).all(axis=1).all()
    assert (one.values[1:] != two.values[1:]).mean() > 0.999
    assert (one.fired.sum(axis=(0, 2)) != two.fired.sum(axis=(0, 2))).all()


def test_factors_innovations_and_drifts_do_not_share_noise() -> None:
    names = [f"factor:{factor}/{purpose}" for factor in ("a", "b") for purpose in ("innovation", "drift")]
    rows = np.array([uniforms(stream(1, name, block), np.empty((1, BLOCK)))[0] for name in names for block in (0, 1)])
    apart = np.corrcoef(rows)[np.triu_indices(len(rows), 1)]
    assert np.abs(apart).max() < 4.5 / np.sqrt(BLOCK)


def test_a_stream_is_what_its_definition_says() -> None:
    # BLAKE2b-128 of the name as four little-endian words, then the block, into PCG64DXSM
    from hashlib import blake2b

    digest = blake2b(b"event:summit/timing", digest_size=16).digest()
    words = [int.from_bytes(digest[4 * k : 4 * k + 4], "little") for k in range(4)]
    seeded = np.random.SeedSequence(42, spawn_key=(*words, 3))
    expected = np.random.Generator(np.random.PCG64DXSM(seeded)).random((6, BLOCK))[5, :4]
    assert uniforms(stream(42, "event:summit/timing", 3, step=5), np.empty((1, 4)))[0].tolist() == expected.tolist()


def test_precision_gives_the_run_with_that_many_draws(tmp_path) -> None:
    precise = simulate(busy(tmp_path), seed=5, precision=0.03)
    assert precise.mean("warmth").std_error.iloc[-1] <= 0.03
    assert precise.n_draws > 2 * BLOCK
    assert_same_bits(precise, simulate(busy(tmp_path), precise.n_draws, seed=5))


# Warmth is a; b moves more than a and counts for nothing, c does not move at all.
THREE = """
title = "Three"
as_of = 2025-01-20
months = 2
factors.b = {{ label = "B", level = 50, weight = 0, half_life = 2, volatility = 15, settling = 12, drift = 0 }}
factors.a = {{ label = "A", weight = 1, settling = 0.5, drift = 0, {a} }}
factors.c = {{ label = "C", level = 50, weight = 0, half_life = 2, volatility = 0, settling = 12, drift = 0 }}
indices.view = {{ weights = {{ b = 1 }} }}
"""


@pytest.mark.parametrize(
    "a",
    [
        "level = 50, half_life = 12, volatility = 2",  # its error grows from month to month, from none
        'level = { dist = "uniform", low = 20, high = 80 }, target = 50, half_life = 1, volatility = 1',  # it shrinks
    ],
)
def test_precision_is_that_of_warmth_at_the_horizon(tmp_path, a: str) -> None:
    scenario = busy(tmp_path, THREE.format(a=a))
    first = simulate(scenario, 2 * BLOCK, seed=5)
    errors = first.mean((*first.factors, *first.indices)).std_error.droplevel("date").unstack("month")
    at_horizon = errors.loc["warmth", 2]
    # every other error is a quarter larger or smaller at least, and would ask for another number of draws
    others = errors.drop(index=["a", "warmth"]).to_numpy().ravel().tolist() + errors.loc["warmth"].tolist()[:2]
    assert min(abs(np.log(max(error, 1e-9) / at_horizon)) for error in others) > np.log(1.25)
    assert simulate(scenario, seed=5, precision=at_horizon).n_draws == 2 * BLOCK
    # 0.9 of the error takes 1 / 0.81 of the draws: 2.5 blocks, and with a tenth more 2.7
    precise = simulate(scenario, seed=5, precision=0.9 * at_horizon)
    assert precise.n_draws == 3 * BLOCK
    assert precise.mean("warmth").std_error.iloc[-1] <= 0.9 * at_horizon


def test_limits_are_refused_by_name(tmp_path) -> None:
    with pytest.raises(Refused, match=r"draws must be a whole number, 1 to 1,000,000,000; found 0"):
        simulate(busy(tmp_path), 0)
    with pytest.raises(Refused, match=r"seed must be a whole number, 0 or more; found -1"):
        simulate(busy(tmp_path), 10, seed=-1)
    with pytest.raises(
        Refused, match=r"a standard error of 1e-05 points needs about [\d,]+ draws; the ceiling is 10,000,000"
    ):
        simulate(busy(tmp_path), precision=1e-5)
    with pytest.raises(Refused, match=r"states no horizon"):
        simulate(busy(tmp_path, BUSY.replace("months = 24\n", "").split("[questions")[0]))


def test_weights_that_cancel_in_a_draw_fail_the_run(tmp_path) -> None:
    law = '{ dist = "discrete", values = [0, 1], probabilities = [0.5, 0.5] }'
    text = BUSY.replace(
        'weights = { a = -1, b = { dist = "uniform", low = 0.5, high = 1.5 } }', f"weights = {{ b = {law} }}"
    )
    with pytest.raises(Refused, match=r"indices\.view: its sampled weights are all zero in some draw"):
        simulate(busy(tmp_path, text), 100)


# --- tallies against a slow twin on the kept draws ---


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Ensemble:
    """All draws kept, in two blocks, the second one partial."""
    return simulate(busy(tmp_path_factory.mktemp("whole")), BLOCK + 900, seed=9, n_kept=BLOCK + 900)


def band_numbers(ensemble: Ensemble, index: str) -> np.ndarray:
    """Return each kept draw's band by month, (T+1, D)."""
    return np.digitize(ensemble.paths(index).to_numpy().astype(float), ensemble.scenario.bands_of(index).cuts)


@pytest.mark.parametrize("index", ["warmth", "view"])
def test_bands_first_passage_and_time_in_band_count_the_paths(whole: Ensemble, index: str) -> None:
    numbers = band_numbers(whole, index)
    names = whole.scenario.bands_of(index).names
    months = whole.time_in_band(index)
    for b, name in enumerate(names):
        inside = numbers == b
        found = whole.bands(index).xs(name, level="band").probability.to_numpy()
        assert found == pytest.approx(inside.mean(axis=1), abs=1e-12)
        passed = whole.first_passage(name, index).probability.to_numpy()
        assert passed == pytest.approx(np.logical_or.accumulate(inside, axis=0).mean(axis=1), abs=1e-12)
        row = months.loc[(index, name)]
        spent = inside.sum(axis=0)
        assert row.months == pytest.approx(spent.mean(), abs=1e-9)
        hits, n = min((spent > 0).sum(), (spent < len(inside)).sum()), spent.size
        few = np.sqrt(1 + Z95**2 * (1 - hits / n) / hits) if hits else np.nan
        if hits:
            assert row.std_error == pytest.approx(spent.std(ddof=1) / np.sqrt(n) * few, abs=1e-9)
        assert row.ever == pytest.approx(inside.any(axis=0).mean(), abs=1e-12)


@pytest.mark.parametrize("index", ["warmth", "view"])
def test_transitions_count_the_moves_and_their_error_comes_from_paths(whole: Ensemble, index: str) -> None:
    numbers = band_numbers(whole, index)
    names = whole.scenario.bands_of(index).names
    table, n = whole.transitions(index), numbers.shape[1]
    for i, source in enumerate(names):
        begun = (numbers[:-1] == i).sum(axis=0)
        for j, sink in enumerate(names):
            moved = ((numbers[:-1] == i) & (numbers[1:] == j)).sum(axis=0)
            row = table.loc[(source, sink)]
            assert row.n_months == begun.sum()
            assert row.n_paths == (begun > 0).sum()
            if begun.sum() == 0:
                assert np.isnan(row.probability)
                continue
            share = moved.sum() / begun.sum()
            assert row.probability == pytest.approx(share, abs=1e-12)
            hits = min((moved > 0).sum(), (moved < begun).sum())
            if hits:
                residual = moved - share * begun
                few = 1 + Z95**2 * (1 - hits / n) / hits
                error = np.sqrt((residual**2).sum() * n / (n - 1) * few) / begun.sum()
                assert row.std_error == pytest.approx(error, rel=1e-9)


def test_quantiles_are_within_a_bin_of_the_sample_quantiles(whole: Ensemble) -> None:
    for name in ("a", "warmth", "view"):
        wide = whole.quantiles(name).value.unstack("probability")
        exact = np.quantile(whole.paths(name).to_numpy().astype(float), wide.columns, axis=1).T
        assert np.abs(wide.to_numpy() - exact).max() < 0.06


def test_means_and_their_errors_are_those_of_the_sample(whole: Ensemble) -> None:
    table, values = whole.mean("view"), whole.paths("view").to_numpy().astype(float)
    assert table["mean"].to_numpy() == pytest.approx(values.mean(axis=1), abs=1e-5)
    assert table.std_error.to_numpy() == pytest.approx(values.std(axis=1, ddof=1) / np.sqrt(values.shape[1]), abs=1e-6)


def test_events_and_questions_count_the_draws(whole: Ensemble) -> None:
    kept, table = whole.tally.kept, whole.events()
    for e, name in enumerate(table.index):
        fired = kept.fired[:, e]
        assert table.loc[name, "probability"] == pytest.approx(fired.any(axis=0).mean(), abs=1e-12)
        assert table.loc[name, "count"] == pytest.approx(fired.sum(axis=0).mean(), abs=1e-12)
        hits, variance = fired.any(axis=0).sum(), fired.sum(axis=0).var(ddof=1)
        error = mean_error(variance, whole.n_draws, hits, most=whole.horizon)
        assert table.loc[name, "count_std_error"] == pytest.approx(float(error), rel=1e-9)
        first = fired.argmax(axis=0)[fired.any(axis=0)]
        assert table.loc[name, "first_p50"] == np.quantile(first, 0.5, method="inverted_cdf")
    warmth = whole.paths("warmth").to_numpy().astype(float)
    answered = kept.fired[:, list(table.index).index("answer")].any(axis=0)
    # 1 June 2026 falls in step 17, which ends on 20 June
    assert whole.questions().loc["cold", "probability"] == pytest.approx((warmth[:18] < 35).any(axis=0).mean(), abs=1e-12)
    assert whole.questions().loc["end", "probability"] == pytest.approx(((warmth[-1] >= 45) & ~answered).mean(), abs=1e-12)


def test_exceedance_from_counts_and_from_kept_draws_agree(whole: Ensemble) -> None:
    counted, kept = whole.exceedance("warmth >= 40"), whole.exceedance("warmth >= 40 and a >= 0")
    assert counted.probability.to_numpy() == pytest.approx(kept.probability.to_numpy(), abs=1e-12)
    with pytest.raises(Refused, match=r"unknown name 'warmht' \(did you mean 'warmth'\?\)"):
        whole.exceedance("warmht > 3")


def test_indices_are_weighted_means_of_the_levels_of_the_same_draw(whole: Ensemble) -> None:
    for month in (0, 12, 24):
        table = whole.draws(month)
        weight = table["factors.a.weight"]
        assert (50 + (weight * (table.a - 50) + (table.b - 50)) / (weight + 1) - table.warmth).abs().max() < 1e-4
        b = table["indices.view.weights.b"]
        assert (50 + (-(table.a - 50) + b * (table.b - 50)) / (1 + b) - table.view).abs().max() < 1e-4


@pytest.mark.slow  # a sweep over seeds
def test_standard_errors_mean_what_they_say(tmp_path) -> None:
    """Over 300 seeds, the estimates spread as their standard errors say."""
    scenario = busy(tmp_path, BUSY, "months=18")
    runs = [simulate(scenario, 512, seed=seed) for seed in range(300)]

    def ratio(estimates: list[float], errors: list[float]) -> float:
        return float(np.std(estimates, ddof=1) / np.sqrt(np.mean(np.square(errors))))

    # the spread of 300 estimates is itself known to 1/sqrt(600) = 4 %; 4.5 of those are 18 %
    means = [run.mean("warmth").iloc[-1] for run in runs]
    assert ratio([m["mean"] for m in means], [m.std_error for m in means]) == pytest.approx(1, abs=0.18)
    quantiles = [run.quantiles("warmth", [0.1]).iloc[-1] for run in runs]
    assert ratio([q.value for q in quantiles], [q.std_error for q in quantiles]) == pytest.approx(1, abs=0.22)
    moves = [run.transitions("warmth").loc[("discordant", "normal")] for run in runs]
    assert ratio([m.probability for m in moves], [m.std_error for m in moves]) == pytest.approx(1, abs=0.22)
    shares = [run.questions().loc["cold"] for run in runs]
    assert ratio([s.probability for s in shares], [s.std_error for s in shares]) == pytest.approx(1, abs=0.18)
    exact = np.mean([s.probability for s in shares])
    covered = np.mean([s.low <= exact <= s.high for s in shares])
    assert covered == pytest.approx(0.95, abs=4.5 * np.sqrt(0.95 * 0.05 / 300))


def test_neither_an_ensemble_nor_its_scenario_can_be_changed(whole: Ensemble) -> None:
    with pytest.raises(ValueError, match="read-only"):
        whole.tally.kept.values[0, 0, 0] = 99
    with pytest.raises(TypeError, match="a scenario cannot be changed"):
        whole.scenario.factors["a"] = whole.scenario.factors["b"]
    with pytest.raises(AttributeError, match="cannot assign"):
        whole.seed = 3
    assert isinstance(whole.scenario.bands.cuts, tuple)
