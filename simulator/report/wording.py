"""Numbers in words: how a share, a difference and an error are told, once for all pages."""

from datetime import date
from decimal import Decimal
from math import ceil, floor, log10, sqrt

import numpy as np

from simulator.analysis.comparison import Largest
from simulator.ensemble.ensemble import Ensemble
from simulator.ensemble.estimates import Z95, proportion
from simulator.scenario.schema import Scenario

# Errors under this are those of the last bits: all draws agree.
ROUNDING = 1e-9

# Estimative words and the probability up to which each is used.
WORDS = (
    (0.05, "almost no chance"),
    (0.20, "very unlikely"),
    (0.45, "unlikely"),
    (0.55, "a roughly even chance"),
    (0.80, "likely"),
    (0.95, "very likely"),
    (1.00, "almost certain"),
)


def points(value: float, std_error: float) -> str:
    """Return points with no digit that the error does not support: the last one is worth half an error or more.

    Examples
    --------
    >>> points(23.456, 0.06), points(23.456, 0.8)
    ('23.5', '23')
    """
    return f"{value:.1f}" if std_error <= 0.2 else f"{value:.0f}"


def percent(probability: float, std_error: float, low: float, high: float) -> str:
    """Return a probability in per cent with no digit beyond its error; a bound where all or none was hit by chance.

    Of shares of one number of draws the larger is never told as less: how many decimals there are depends on the number of
    draws and on steps of 1, 2 and 5 per cent or powers of ten of them, not on the share itself.

    Parameters
    ----------
    probability, std_error, low, high : float
        As `estimates.proportion` gives them.

    Examples
    --------
    >>> percent(0.2134, 0.003, 0.207, 0.219), percent(0.0, 0.0001, 0.0, 0.00036), percent(1.0, 0.001, 0.996, 1.0)
    ('21 %', '< 0.04 %', '> 99.6 %')
    >>> [percent(*map(float, proportion(hits, 1_000))) for hits in (0, 3, 4, 5, 6)]
    ['< 0.4 %', '0.3 %', '0.4 %', '0.5 %', '0.6 %']
    """
    if low == high:
        return f"{100 * probability:.6g} %"
    if probability in (0, 1):
        return _bound(probability, low, high)
    n, rare = _sample_size(probability, std_error), 100 * min(probability, 1 - probability)
    if rare * n < 50:  # less than half a draw: the pooled share of scenarios of which only a light one was hit
        return (
            f"< {_rounded_up(100 * high)} %" if probability < 0.5 else f"> {100 - Decimal(_rounded_up(100 * (1 - low)))} %"
        )
    decade = floor(log10(rare) + 1e-9)
    step = next(step for step in (2, 5, 10) if rare < step * 10.0**decade * (1 - 1e-9))
    top = min(step * 10.0**decade / 100, 0.5)
    error = float(proportion(top * n, n)[1])
    return f"{100 * probability:.{max(_decimals(100 * error), -decade)}f} %"


def percent_of(share: float, std_error: float) -> str:
    """Return a probability in per cent where only its error is known; one without an error is certain.

    Examples
    --------
    >>> percent_of(0.2134, 0.003), percent_of(1.0, 0.0)
    ('21 %', '100 %')
    """
    # where none or all were hit, the interval reaches two half-widths from there
    reach = 2 * Z95 * std_error
    return percent(share, std_error, 1 - reach, reach) if std_error else percent(share, 0.0, share, share)


def _bound(probability: float, low: float, high: float) -> str:
    if probability > 0.5:
        return f"> {100 - Decimal(_rounded_up(100 * (1 - low)))} %"
    return f"< {_rounded_up(100 * high)} %"


def _sample_size(probability: float, std_error: float) -> float:
    """Return the number of draws at which the Wilson interval has a standard error: a root of its quadratic in z^2 / n."""
    half, spread = (Z95 * std_error) ** 2, probability * (1 - probability)
    a, b = half - 0.25, 2 * half - spread
    return Z95**2 * 2 * a / (-b - sqrt(b * b - 4 * a * half))


def _decimals(std_error: float) -> int:
    """Return the number of decimals whose last digit is worth half an error or more."""
    return min(max(floor(-log10(std_error / 2) + 1e-9), 0), 4)


def _rounded_up(value: float) -> str:
    """Return a positive number with one digit, no smaller than it is."""
    place = floor(log10(value))
    # rounding first, as 100 times a probability is off by a few last bits
    return f"{ceil(round(value / 10.0**place, 9)) * 10.0**place:.{max(-place, 0)}f}"


def error_of(std_error: float) -> str:
    """Return a mean's standard error in six characters; a mean that is certain has none."""
    if np.isnan(std_error):
        return ""
    if std_error == 0:
        return " exact"
    return "±<0.01" if std_error < 0.005 else f" ±{std_error:.2f}"


def signed(value: float, std_error: float) -> str:
    """Return a difference with its sign and its error, no digit beyond what the error supports.

    Parameters
    ----------
    value, std_error : float
        An error of 0 is that of a certain difference; not a number where there is none, as in a single draw. A value of
        exactly 0 with an error is one to which no draw contributed: its bound is told.

    Examples
    --------
    >>> signed(1.234, 0.02), signed(-12.6, 0.8), signed(0.0, 0.0), signed(3.33, 0.0), signed(-0.001, 0.03)
    ('+1.23 ±0.02', '-13 ±1', '0', '+3.33', '0.00 ±0.03')
    >>> signed(0.0, 0.098)
    '0 ±<0.4'
    """
    if std_error < ROUNDING:
        return plus(value, 2) if abs(value) > ROUNDING else "0"
    if value == 0 and std_error > 0:
        return _within(std_error)
    digits = 2 if not std_error > 0.05 else 1 if std_error <= 0.5 else 0
    if np.isnan(std_error):
        return plus(value, digits)
    error = f"±{std_error:.{digits}f}" if round(std_error, digits) > 0 else f"±<{10.0**-digits:.{digits}f}"
    return f"{plus(value, digits)} {error}"


def _within(std_error: float) -> str:
    """Return how far from 0 a mean may be to which no draw contributed: its interval reaches two half-widths from there."""
    return f"0 ±<{_rounded_up(2 * Z95 * std_error)}"


def plus(value: float, digits: int = 1) -> str:
    """Return a number with its sign, and without one where it rounds to 0.

    Examples
    --------
    >>> plus(0.04), plus(-0.06), plus(1.0)
    ('0.0', '-0.1', '+1.0')
    """
    told = f"{value:+.{digits}f}"
    return told if float(told) else told[1:]


def largest_in_words(largest: Largest, day: date) -> str:
    """Return when a difference is largest, in a sentence; of one that is largest on the day that is told, that it is.

    Examples
    --------
    >>> largest_in_words(Largest(12, date(2026, 1, 20), 1.3, 0.01), date(2029, 1, 20))
    'The difference is largest on 2026-01-20: +1.30 ±0.01 points.'
    """
    if largest.mean == 0:
        return "There is no difference in any month." if largest.std_error == 0 else "No draw differs in any month."
    if largest.day == day:
        return "The difference is at no earlier time larger."
    return f"The difference is largest on {largest.day}: {signed(largest.mean, largest.std_error)} points."


def signed_percent(share: float, std_error: float) -> str:
    """Return a difference of probabilities in percentage points.

    Examples
    --------
    >>> signed_percent(-0.123, 0.004), signed_percent(0.0, 0.0), signed_percent(0.0, 0.00098)
    ('-12.3 ±0.4', '0', '0 ±<0.4')
    """
    if np.isnan(std_error) or 0 in (std_error, share):
        return signed(100 * share, 100 * std_error)
    return f"{plus(100 * share)} ±{max(100 * std_error, 0.1):.1f}"


def in_words(low: float, high: float) -> str:
    """Return a probability in estimative words; both where its interval straddles the edge between two.

    Parameters
    ----------
    low, high : float
        The 95 % interval of its Monte Carlo error.

    References
    ----------
    Intelligence Community Directive 203 (2015), Analytic Standards, section D.6.e.2.a.

    Examples
    --------
    >>> in_words(0.21, 0.24), in_words(0.42, 0.47), in_words(0.0, 0.0002)
    ('unlikely', 'unlikely to a roughly even chance', 'almost no chance')
    """
    least, most = (next(word for edge, word in WORDS if value <= edge) for value in (low, high))
    return least if least == most else f"{least} to {most}"


def in_full(day: date) -> str:
    """Return a day in words: 20 January 2025."""
    return f"{day.day} {day:%B %Y}"


def title_of(scenario: Scenario) -> str:
    """Return a scenario's title and name, and what was changed of its file."""
    return f"{scenario.title} ({scenario.name}){scenario.changed_in_words}"


def titled(ensemble: Ensemble) -> str:
    """Return the title and name of an ensemble's scenario, what was changed of its file, and what is given."""
    return title_of(ensemble.scenario) + (f", given {ensemble.condition}" if ensemble.condition else "")


def capital(label: str) -> str:
    """Return a label as the beginning of a sentence or a title."""
    return label[:1].upper() + label[1:]


def headed(scenario: Scenario, name: str) -> str:
    """Return the label of a factor or an index as the head of a table."""
    label = scenario.label_of(name)
    return f"{capital(label)} ({name})"
