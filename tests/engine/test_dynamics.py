"""The engine without events, against the exact recursion of its moments."""

import numpy as np
import pytest

from simulator import read_scenario, simulate
from simulator.ensemble.ensemble import Ensemble
from simulator.scenario.links import spillover_matrix
from simulator.scenario.schema import Scenario

N = 120_000
STEPS = (1, 2, 6, 48)

# Far from the ends of the scale, so that no clip binds; the third factor shows the resting level: with a half-life of
# 0.01 months and no volatility, its level is the resting level of the month before.
THREE = """
title = "Three factors"
as_of = 2025-01-20
months = 48
factors.a = { label = "A", level = 40, target = 55, weight = 2, half_life = 2, volatility = 3, settling = 12, drift = 0.6 }
factors.b = { label = "B", level = 60, weight = 1, half_life = 1, volatility = 2, settling = 24, drift = 0.4 }
factors.c = { label = "C", level = 50, target = 40, weight = 1, half_life = 0.01, volatility = 0, settling = 6, drift = 1 }
indices.view = { weights = { a = 1, b = -2 } }
"""
SPILLOVERS = "spillovers.a = { b = 0.4 }\nspillovers.b = { c = -0.2 }\n"


@pytest.fixture(scope="module")
def free(tmp_path_factory: pytest.TempPathFactory) -> Ensemble:
    path = tmp_path_factory.mktemp("free") / "three.toml"
    path.write_text(THREE + SPILLOVERS)
    return simulate(read_scenario(path), N, seed=3, n_kept=N)


def exact_moments(scenario: Scenario, n_steps: int, resting_first: bool = False):
    """Yield mean and covariance of (levels, resting levels) at each step, event-free and uncorrelated."""
    factors = list(scenario.factors.values())
    k = len(factors)
    x0 = np.array([f.level for f in factors])
    target = np.array([f.level if f.target is None else f.target for f in factors])
    phi = 2 ** (-1 / np.array([f.half_life for f in factors]))
    psi = 2 ** (-1 / np.array([f.settling for f in factors]))
    spread = np.array([f.volatility for f in factors] + [f.drift for f in factors])
    spill = spillover_matrix(scenario)
    pull = np.diag(1 - phi)
    step = np.block([[np.diag(phi) + pull @ spill, pull], [np.zeros((k, k)), np.diag(psi)]])
    constant = np.concatenate([-pull @ spill @ x0, (1 - psi) * target])
    if resting_first:  # a wrong order of updates: levels pulled to the resting level of the same month
        step[:k, k:] = pull @ np.diag(psi)
        constant[:k] += pull @ ((1 - psi) * target)
    mean, cov = np.concatenate([x0, x0]), np.zeros((2 * k, 2 * k))
    yield mean, cov
    for _ in range(n_steps):
        room = (100 * mean - mean**2 - np.diag(cov)) / 2500  # E[g(y)^2], g^2 being a quadratic
        mean, cov = step @ mean + constant, step @ cov @ step.T + np.diag(spread**2 * room)
        yield mean, cov


def z_of_means(ensemble: Ensemble, month: int, mean: np.ndarray, cov: np.ndarray, weights: np.ndarray) -> float:
    """Return the largest |z| of the simulated means of factors and index; 0 where both are certain and agree."""
    values = ensemble.tally.moments.mean[month]
    exact = np.concatenate([mean[:3], 50 + weights @ (mean[:3] - 50)])
    variance = np.concatenate([np.diag(cov)[:3], np.einsum("ij,jk,ik->i", weights, cov[:3, :3], weights)])
    apart = np.abs(values - exact)
    certain = variance < 1e-12
    assert (apart[certain] < 1e-9).all()
    return float((apart[~certain] / np.sqrt(variance[~certain] / ensemble.n_draws)).max())


WEIGHTS = np.array([[0.5, 0.25, 0.25], [1 / 3, -2 / 3, 0]])  # warmth and view, absolute values summing to 1


def test_no_clip_binds_in_the_reference_scenario(free: Ensemble) -> None:
    assert free.bounds().to_numpy().max() == 0


@pytest.mark.parametrize("month", STEPS)
def test_means_follow_the_exact_recursion(free: Ensemble, month: int) -> None:
    mean, cov = list(exact_moments(free.scenario, 48))[month]
    assert z_of_means(free, month, mean, cov, WEIGHTS) < 4.5


@pytest.mark.parametrize("month", STEPS)
def test_covariances_of_levels_and_indices_follow_the_exact_recursion(free: Ensemble, month: int) -> None:
    _, cov = list(exact_moments(free.scenario, 48))[month]
    mixing = np.vstack([np.eye(3), WEIGHTS])
    exact = mixing @ cov[:3, :3] @ mixing.T
    sample = np.cov(free.tally.kept.values[month].astype(float))
    sd = np.sqrt(np.outer(np.diag(exact), np.diag(exact)) + exact**2)
    used = sd > 1e-12
    z = np.abs(sample - exact)[used] / (sd[used] / np.sqrt(N))
    assert z.max() < 4.5
    assert np.abs(sample - exact)[~used].max(initial=0) < 1e-9


@pytest.mark.parametrize("month", STEPS)
def test_resting_levels_follow_the_exact_recursion(free: Ensemble, month: int) -> None:
    # factor c is its own resting level a month late, moved by b's spillover of the month before
    scenario = free.scenario.model_copy(update={"spillovers": {}})
    alone = simulate(scenario, 40_000, seed=5, n_kept=40_000)
    mean, cov = list(exact_moments(scenario, 48))[month - 1]
    values = alone.tally.kept.values[month, 2].astype(float)
    if month == 1:
        assert np.abs(values - 50).max() < 1e-5
    else:
        assert abs(values.mean() - mean[5]) < 4.5 * np.sqrt(cov[5, 5] / 40_000)
        assert abs(values.var() - cov[5, 5]) < 4.5 * cov[5, 5] * np.sqrt(2 / 40_000)


def test_a_wrong_order_of_updates_is_found_out_at_the_second_step(free: Ensemble) -> None:
    mean, cov = list(exact_moments(free.scenario, 48, resting_first=True))[1]
    assert abs(free.tally.moments.mean[1, 0] - mean[0]) / np.sqrt(cov[0, 0] / N) > 20


def test_a_wrong_variance_is_found_out(free: Ensemble) -> None:
    _, cov = list(exact_moments(free.scenario, 48))[6]
    wrong = 1.03**2 * cov[0, 0]  # a volatility 3 % too high
    sample = free.tally.kept.values[6, 0].astype(float).var()
    assert abs(sample - wrong) / (wrong * np.sqrt(2 / N)) > 4.5


def test_correlated_innovations_have_the_stated_correlation_and_leave_means_alone(tmp_path) -> None:
    path = tmp_path / "correlated.toml"
    path.write_text(
        THREE.replace('title = "Three factors"', 'title = "Correlated"') + "correlations.a = { b = 0.6, c = -0.3 }\n"
    )
    ensemble = simulate(read_scenario(path), 60_000, seed=8, n_kept=60_000)
    first = ensemble.tally.kept.values[1, :2].astype(float)
    assert abs(np.corrcoef(first)[0, 1] - 0.6) < 4.5 * (1 - 0.6**2) / np.sqrt(60_000)
    mean, cov = list(exact_moments(ensemble.scenario, 48))[6]
    apart = np.abs(ensemble.tally.moments.mean[6, :3] - mean[:3])
    assert (apart < 4.5 * np.sqrt(np.diag(cov)[:3] / 60_000)).all()


def test_without_volatility_drift_events_and_with_target_at_level_nothing_moves(tmp_path) -> None:
    path = tmp_path / "still.toml"
    text = THREE.replace(", target = 55", "").replace(", target = 40", "")
    for word in ("volatility = 3", "volatility = 2", "drift = 0.6", "drift = 0.4", "drift = 1"):
        text = text.replace(word, word.split()[0] + " = 0")
    path.write_text(text + SPILLOVERS)
    ensemble = simulate(read_scenario(path), 1_000, seed=1)
    assert (ensemble.tally.moments.mean == ensemble.tally.moments.mean[0]).all()
    assert (ensemble.tally.moments.squares == 0).all()
    assert ensemble.quantiles("a").value.unique().tolist() == [40.0]


def test_a_lasting_rise_spills_over_by_its_share(tmp_path) -> None:
    # a jumps from 40 to 50 for good at once; b, at 60, is pulled to 60 + 0.4 * 10 = 64, half of the way each month
    path = tmp_path / "spill.toml"
    path.write_text(
        """
title = "Spillover"
as_of = 2025-01-20
months = 3
factors.a = { label = "A", level = 40, target = 50, weight = 1, half_life = 0.01, volatility = 0, settling = 0.01, drift = 0 }
factors.b = { label = "B", level = 60, weight = 1, half_life = 1, volatility = 0, settling = 12, drift = 0 }
spillovers.a = { b = 0.4 }
"""
    )
    ensemble = simulate(read_scenario(path), 10, seed=1)
    # the resting level of a arrives at step 1, its level at step 2, and b feels it at step 3
    assert ensemble.tally.moments.mean[:, 0].round(9).tolist() == [40, 40, 50, 50]
    assert ensemble.tally.moments.mean[:, 1].round(9).tolist() == [60, 60, 60, 62]


def test_the_ends_of_the_scale_stop_a_factor_and_are_counted(tmp_path) -> None:
    path = tmp_path / "edge.toml"
    path.write_text(
        """
title = "Edge"
as_of = 2025-01-20
months = 12
factors.a = { label = "A", level = 3, weight = 1, half_life = 2, volatility = 20, settling = 12, drift = 0 }
"""
    )
    ensemble = simulate(read_scenario(path), 2_000, seed=1, n_kept=2_000)
    values = ensemble.tally.kept.values[1:, 0]
    assert values.min() == 0
    # a level is exactly at an end only where the clip put it there
    assert ensemble.bounds().level["a"] == pytest.approx(np.isin(values, [0, 100]).mean(), abs=1e-12)
