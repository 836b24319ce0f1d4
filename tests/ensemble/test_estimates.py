"""Errors of estimate against certified coverages and numbers worked out by hand."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom

from simulator.ensemble.estimates import grid_quantiles, mean_error, of_draws, proportion, quantile_errors
from simulator.report.wording import percent, points

CASES = Path(__file__).parents[1] / "reference" / "certified.json"


def wilson_coverages() -> list[tuple[int, float, float]]:
    """Return (n, p, exact coverage) of the Wilson interval from the reference numbers."""
    (case,) = [case for case in json.loads(CASES.read_text())["cases"] if case["id"] == "mc-error-coverage"]
    found = []
    for quantity in case["quantities"]:
        name = re.match(r"n=(\d+) p=([\d.]+) exact coverage of nominal 95%: Wilson", quantity["name"])
        if name:
            found.append((int(name[1]), float(name[2]), float(quantity["value"])))
    return found


def test_the_wilson_interval_has_its_exact_coverage() -> None:
    cases = wilson_coverages()
    assert len(cases) >= 4
    for n, p, coverage in cases:
        hits = np.arange(n + 1)
        _, _, low, high = proportion(hits, n)
        covered = binom.pmf(hits, n, p)[(low <= p) & (p <= high)].sum()
        assert covered == pytest.approx(coverage, abs=1e-9), (n, p)


def test_no_hit_is_not_a_bare_zero() -> None:
    # Wilson's upper end for 0 of n is z^2 / (n + z^2)
    share, error, low, high = proportion(0, 1000)
    assert (share, low) == (0, 0)
    assert high == pytest.approx(3.841459 / 1003.841459, rel=1e-6)
    assert error > 0


def test_all_hits_mirror_none() -> None:
    none, all_hits = proportion(0, 50), proportion(50, 50)
    assert all_hits[2] == pytest.approx(1 - none[3], abs=1e-15)
    assert all_hits[3] == 1


def test_a_quantile_is_straight_within_its_bin() -> None:
    # 4 values in [1, 2), 6 in [3, 4): 40 % of them are below 2, and the median is a sixth into the last bin
    counts = np.array([[0, 4, 0, 6]])
    assert grid_quantiles(counts, [0.2, 0.4, 0.5], 1)[0].tolist() == [1.5, 2.0, pytest.approx(3 + 1 / 6)]


def test_a_quantiles_error_is_that_of_its_rank() -> None:
    # uniform on 0 to 100: a median of n = 10,000 has standard error 100 sqrt(.25 / 10,000) = 0.5
    assert quantile_errors(np.full((1, 2000), 5), [0.5], 20)[0, 0] == pytest.approx(0.5, abs=1e-9)


@pytest.mark.parametrize(
    ("hits", "n", "text"),
    [
        (0, 20_000, "< 0.02 %"),
        (20_000, 20_000, "> 99.98 %"),
        (6_650, 20_000, "33 %"),
        (436, 20_000, "2.2 %"),
        (2, 20_000, "0.01 %"),
    ],
)
def test_probabilities_print_the_digits_their_error_supports(hits: int, n: int, text: str) -> None:
    assert percent(*(float(value) for value in proportion(hits, n))) == text


@pytest.mark.parametrize(("value", "error", "text"), [(23.46, 0.05, "23.5"), (23.46, 0.3, "23"), (23.46, 0.0, "23.5")])
def test_points_print_the_digits_their_error_supports(value: float, error: float, text: str) -> None:
    assert points(value, error) == text


def test_draws_without_weights_are_told_to_the_last_bit_as_draws_of_weight_1() -> None:
    values, ones = np.random.default_rng(5).normal(size=(3, 777)), np.ones(777)
    values[1, ::3] = 0.0
    n, mean = 777.0, (values * ones).mean(axis=-1)
    away = (values - mean[:, None]) ** 2
    sd = np.sqrt((away * ones).mean(axis=-1) * (n / (n - 1)))
    spread = (away * ones**2).sum(axis=-1) / (ones**2).sum() * (n / (n - 1))
    error = mean_error(spread, n, ((values != 0) * ones).mean(axis=-1) * n, 100.0)
    for found, slow in zip(of_draws(values, ones, 100.0), (mean, error, sd), strict=True):
        np.testing.assert_array_equal(found, slow)
