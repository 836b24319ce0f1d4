"""Errors of estimates: that intervals cover what they state, and say something where nothing was hit."""

from pathlib import Path

import numpy as np
import pytest

from simulator import compare, event_effects, explain, read_scenario, simulate
from simulator.ensemble.estimates import Z95, grid_quantiles, mean_error, proportion, quantile_errors
from simulator.report.comparison import comparison_table
from simulator.report.wording import signed, signed_percent

# One factor at 50 and an event of one in two thousand years, against one in 667: in 1,000 draws hardly any differ.
RARE = """
title = "Rare"
as_of = 2025-01-20
months = 12
factors.a = { label = "A", level = 50, weight = 1, half_life = 2, volatility = 1, settling = 12, drift = 0 }
[events.shock]
label = "A shock"
rate = RATE
effects.a = { jump = -40 }
[questions.cold]
ask = "warmth < 20"
"""


def rare(folder: Path, rate: float, seed: int = 3, n: int = 1_000):
    path = folder / f"rare_{rate:g}.toml"
    path.write_text(RARE.replace("RATE", str(rate)))
    return simulate(read_scenario(path), n, seed)


def covered(hits: int, n: int) -> float:
    """Return the share covered, less three standard errors of it, so that a bound can be held to it."""
    share = hits / n
    return share - 3 * np.sqrt(share * (1 - share) / n)


def test_intervals_of_quantiles_cover_95_per_cent() -> None:
    rng, n, probabilities = np.random.default_rng(1), 400, np.array([0.1, 0.5, 0.9])
    truth = np.array([-1.2815515655446004, 0.0, 1.2815515655446004])
    inside = np.zeros(3)
    for _ in range(4_000):
        counts = np.bincount(((rng.standard_normal(n) + 6) * 20).astype(int), minlength=240)[None]
        values, errors = grid_quantiles(counts, probabilities, 20), quantile_errors(counts, probabilities, 20)
        inside += np.abs(values[0] - 6 - truth) <= Z95 * errors[0]
    # 4,000 samples: a standard error of 0.35 % on each; ends one standard error apart cover 93.1 % at p10 and p90
    assert (inside / 4_000 > 0.936).all()
    assert (inside / 4_000 < 0.962).all()


@pytest.mark.parametrize(("sizes", "hits", "least"), [("same", 5, 0.96), ("same", 20, 0.94), ("uniform", 10, 0.93)])
def test_a_mean_to_which_few_draws_contribute_has_an_interval_that_holds(sizes: str, hits: int, least: float) -> None:
    rng, n, samples = np.random.default_rng(hits), 1_000, 4_000
    inside = plain = 0
    for _ in range(samples):
        values = np.zeros(n)
        hit = rng.binomial(n, hits / n)
        values[:hit] = 1.0 if sizes == "same" else rng.random(hit)
        wanted = hits / n * (1.0 if sizes == "same" else 0.5)
        error = float(mean_error(values.var(ddof=1), n, hit, most=1.0))
        inside += abs(values.mean() - wanted) <= Z95 * error
        plain += abs(values.mean() - wanted) <= Z95 * values.std(ddof=1) / np.sqrt(n)
    assert covered(inside, samples) > least - 0.01
    assert inside >= plain


def test_where_all_draws_contribute_the_error_is_the_plain_one() -> None:
    assert mean_error(4.0, 400, 400, most=100) == pytest.approx(2 / 20, rel=1e-12)


def test_where_none_was_hit_the_error_is_that_of_a_share_of_0_times_the_most_a_draw_can_have() -> None:
    # Wilson's interval of 0 of 1,000 ends at 0.0038268; half of it over 1.96 is 0.00097625
    assert mean_error(0.0, 1_000, 0, most=100) == pytest.approx(100 * 0.00097625, rel=1e-4)
    assert float(proportion(0, 1_000)[1]) == pytest.approx(0.00097625, rel=1e-4)


def test_a_difference_that_no_draw_shows_is_told_by_its_bound(tmp_path: Path) -> None:
    base, other = rare(tmp_path, 0.0005), rare(tmp_path, 0.0015)
    both = compare(base, other)
    row = both.difference("warmth").xs(6, level="month").iloc[0]
    assert row["mean"] == 0
    assert row["std_error"] == pytest.approx(0.0976, abs=1e-4)
    assert signed(row["mean"], row["std_error"]) == "0 ±<0.4"
    assert "±0.00" not in comparison_table(both)
    assert both.difference("warmth")["std_error"].iloc[0] == 0  # at the start nothing can differ


def test_bands_questions_firings_ledgers_and_effects_have_a_bound_too(tmp_path: Path) -> None:
    base, other = rare(tmp_path, 1e-7), rare(tmp_path, 2e-7)
    both = compare(base, other)
    assert (both.bands("warmth")["std_error"] > 0).all()
    assert (both.questions()["std_error"] > 0).all()
    assert signed_percent(0.0, both.questions()["std_error"].iloc[0]) == "0 ±<0.4"
    assert base.events()["count_std_error"].iloc[0] == pytest.approx(12 * 0.00097625, rel=1e-4)
    assert explain(base).table()["std_error"].loc[("jump", "shock", "a")] == pytest.approx(0.0976, abs=1e-4)
    assert explain(other, base).table()["std_error"].loc[("jump", "shock", "a")] == pytest.approx(0.0976, abs=1e-4)
    assert event_effects(base, 1_000)["std_error"].iloc[0] == pytest.approx(0.0976, abs=1e-4)
    assert base.time_in_band("warmth")["std_error"].iloc[0] == pytest.approx(13 * 0.00097625, rel=1e-4)


def test_a_scenario_against_itself_is_certain(tmp_path: Path) -> None:
    base = rare(tmp_path, 0.0005)
    assert (compare(base, base).difference()["std_error"] == 0).all()
    assert (compare(base, base).bands()["std_error"] == 0).all()
    assert (explain(base, base).table()["std_error"] == 0).all()


def test_transitions_are_shares_of_moves_with_an_error_over_paths(tmp_path: Path) -> None:
    ensemble = simulate(read_scenario("baseline"), 2_000, 7)
    table = ensemble.transitions()
    levels = ensemble.tally.kept.values[:, ensemble.plan.series.index("warmth")]
    band = np.digitize(levels, np.array(ensemble.scenario.bands_of("warmth").cuts, dtype=np.float32))
    moves = begun = 0
    for draw in range(band.shape[1]):  # the slow twin
        for month in range(len(band) - 1):
            begun += band[month, draw] == 1
            moves += band[month, draw] == 1 and band[month + 1, draw] == 0
    row = table.loc[("tense", "confrontation")]
    assert row.probability == moves / begun
    assert row.n_months == begun
    assert row.n_paths == (band[:-1] == 1).any(axis=0).sum()
    assert table.probability["tense"].sum() == pytest.approx(1)


@pytest.mark.slow  # in every run the same is checked on a small world: test_standard_errors_mean_what_they_say
def test_errors_of_transitions_mean_what_they_say() -> None:
    scenario = read_scenario("baseline")
    tables = [simulate(scenario, 400, seed).transitions() for seed in range(60)]
    shares = np.array([table.probability.loc[("tense", "confrontation")] for table in tables])
    errors = np.array([table.std_error.loc[("tense", "confrontation")] for table in tables])
    # of 60 seeds: the spread of an estimate is known to 9 %
    assert 0.75 < shares.std(ddof=1) / errors.mean() < 1.25
