"""Numbers and probabilities in words: no digit too many, bounds where nothing was hit, words that reach to their edges."""

import numpy as np
import pytest

from simulator.ensemble.estimates import proportion
from simulator.report.wording import WORDS, in_words, percent, signed, signed_percent

# Intelligence Community Directive 203: where one word ends and the next begins
EDGES = [
    (0.05, "almost no chance", "very unlikely"),
    (0.20, "very unlikely", "unlikely"),
    (0.45, "unlikely", "a roughly even chance"),
    (0.55, "a roughly even chance", "likely"),
    (0.80, "likely", "very likely"),
    (0.95, "very likely", "almost certain"),
]


# --- shares ---


def shares_of(n: int) -> list[str]:
    """Return how a share is told for each number of hits in n draws, from none to all."""
    rows = np.stack(proportion(np.arange(n + 1), n), axis=1)
    return [percent(*row) for row in rows.tolist()]


def number_of(told: str) -> float:
    """Return the number that is printed; a bound counts as what it bounds."""
    return 0.0 if told.startswith("<") else 100.0 if told.startswith(">") else float(told.removesuffix(" %"))


@pytest.mark.parametrize("n", [200, 1_000, 5_000, 20_000, 100_000])
def test_the_larger_of_two_shares_is_never_told_as_less(n: int) -> None:
    told = shares_of(n)
    numbers = [number_of(text) for text in told]
    falls = [(k, told[k], told[k + 1]) for k in range(n) if numbers[k + 1] < numbers[k]]
    assert falls == []
    assert [k for k, text in enumerate(told) if "<" in text] == [0]
    assert [k for k, text in enumerate(told) if ">" in text] == [n]
    # some were hit and some were not: neither 0 nor 100
    assert 0 < numbers[1] <= numbers[-2] < 100


@pytest.mark.parametrize("n", [200, 1_000, 20_000])
def test_a_share_is_told_to_half_of_its_last_digit(n: int) -> None:
    for k, text in enumerate(shares_of(n)[1:-1], 1):
        digits = len(text.removesuffix(" %").partition(".")[2])
        assert number_of(text) == pytest.approx(100 * k / n, abs=0.5 * 10.0**-digits + 1e-9)


def test_a_few_hits_of_a_thousand_are_told_one_by_one() -> None:
    told = ["< 0.4 %", "0.1 %", "0.2 %", "0.3 %", "0.4 %", "0.5 %", "0.6 %"]
    assert shares_of(1_000)[:7] == told
    assert shares_of(1_000)[-4:] == ["99.7 %", "99.8 %", "99.9 %", "> 99.6 %"]


@pytest.mark.parametrize(("share", "told"), [(0.0, "0 %"), (0.25, "25 %"), (1.0, "100 %")])
def test_a_share_that_is_certain_is_told_as_it_is(share: float, told: str) -> None:
    assert percent(share, 0.0, share, share) == told


# --- differences ---


@pytest.mark.parametrize(
    ("value", "std_error", "told"),
    [
        (0.0, 0.0, "0"),
        (-0.0, 0.0, "0"),
        (1.234, 0.004, "+1.23 ±<0.01"),  # an error under the last digit is told as one of it
        (-1.234, 0.05, "-1.23 ±0.05"),
        (1.234, 0.051, "+1.2 ±0.1"),
        (1.26, 0.5, "+1.3 ±0.5"),
        (1.26, 0.51, "+1 ±1"),
        (-12.6, 40.2, "-13 ±40"),
        (1.234, float("nan"), "+1.23"),
    ],
)
def test_a_difference_has_its_sign_its_error_and_no_more_digits(value: float, std_error: float, told: str) -> None:
    assert signed(value, std_error) == told


@pytest.mark.parametrize(
    ("share", "std_error", "told"),
    [(0.0, 0.0, "0"), (-0.123, 0.004, "-12.3 ±0.4"), (0.5, 0.0001, "+50.0 ±0.1"), (-0.02, 0.213, "-2.0 ±21.3")],
)
def test_a_difference_of_probabilities_is_in_percentage_points(share: float, std_error: float, told: str) -> None:
    assert signed_percent(share, std_error) == told


def test_a_certain_difference_of_probabilities_is_in_percentage_points_too() -> None:
    assert signed_percent(-0.5, 0.0).startswith("-50.0")


def test_a_difference_that_is_certain_has_no_error() -> None:
    assert "±" not in signed(3.3333, 0.0)


def test_what_rounds_to_zero_has_no_minus() -> None:
    assert not signed(-0.001, 0.004).startswith("-")


def test_an_unknown_error_of_a_probability_is_not_printed() -> None:
    assert "nan" not in signed_percent(0.5, float("nan"))


# --- words ---


@pytest.mark.parametrize(("edge", "under", "over"), EDGES)
def test_each_word_reaches_to_its_edge(edge: float, under: str, over: str) -> None:
    assert in_words(edge - 0.01, edge - 0.001) == under
    assert in_words(edge, edge) == under
    assert in_words(edge + 0.001, edge + 0.01) == over
    assert in_words(edge - 0.01, edge + 0.01) == f"{under} to {over}"


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [
        (0.0, 0.0, "almost no chance"),
        (0.0, 0.01, "almost no chance"),
        (0.01, 0.01, "almost no chance"),
        (0.5, 0.5, "a roughly even chance"),
        (0.99, 0.99, "almost certain"),
        (0.99, 1.0, "almost certain"),
        (1.0, 1.0, "almost certain"),
        (0.0, 1.0, "almost no chance to almost certain"),
        (0.15, 0.60, "very unlikely to likely"),
    ],
)
def test_a_probability_in_words(low: float, high: float, told: str) -> None:
    assert in_words(low, high) == told


def test_the_words_are_those_of_the_directive() -> None:
    assert [edge for edge, _ in WORDS] == [*(edge for edge, _, _ in EDGES), 1.0]
