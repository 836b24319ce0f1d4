"""Whether two numbers of a scenario are one, and what became of one, in an analyst's words."""

from typing import Any

import numpy as np

from simulator.review.show import value_text
from simulator.scenario.numbers import Kind, Law, median, quantiles

Value = float | Law

# Laws that agree on this grid are one law: what they may disagree on happens less than once in ten thousand draws.
GRID = (np.arange(10_000) + 0.5) / 10_000


def is_same(kind: Kind, before: Value | None, after: Value | None) -> bool:
    """Tell whether two numbers are the same by value, however they are written.

    Examples
    --------
    >>> from simulator.scenario.distributions import Discrete
    >>> from simulator.scenario.numbers import KINDS
    >>> is_same(KINDS["level"], 5, Discrete(dist="discrete", values=[5], probabilities=[1]))
    True
    """
    if before is None or after is None or before == after:
        return before == after
    old, new = (quantiles(value, kind, GRID) for value in (before, after))
    return np.allclose(old, new, rtol=1e-9, atol=1e-12)


def told(value: Any) -> str:
    """Return a value in a few characters.

    Examples
    --------
    >>> from simulator.scenario.distributions import Quantiles
    >>> told(2.0), told(Quantiles(p10=9, p50=16, p90=34)), told(None)
    ('2', '9/16/34', 'none')
    """
    # the three quantiles that shipped files state need no names
    return "none" if value is None else value_text(value).removesuffix(" (p10/p50/p90)")


def in_words(subject: str, kind: Kind, before: Value | None, after: Value | None, remark: str | None = None) -> str:
    """Return what became of a number, as a sentence; None where nothing is stated.

    A remark stands in place of which way the median went, where more is known than that.

    Examples
    --------
    >>> from simulator.scenario.numbers import KINDS
    >>> in_words("nato: target", KINDS["target"], 18, 30), in_words("nato: weight", KINDS["weight"], 1.3, 2)
    ('nato: target 18 -> 30 (warmer by 12)', 'nato: counts more: 1.3 -> 2 (+54 %)')
    """
    if before is None:
        return f"{subject} added: {told(after)}"
    if after is None:
        return f"{subject} removed (was {told(before)})"
    way, size = _moved(kind, before, after)
    if way.startswith("counts"):
        subject, way = f"{subject.removesuffix('weight')}{way}:", ""
    remark = f"{way} {size}".strip() if remark is None else remark
    return f"{subject} {told(before)} -> {told(after)}" + (f" ({remark})" if remark else "")


def _moved(kind: Kind, before: Value, after: Value) -> tuple[str, str]:
    """Return which way a number's median went, and how far."""
    old, new = (_middle(value, kind) for value in (before, after))
    if old == new:
        return "", ""
    if old * new < 0:
        return "reversed", ""
    unit, way = kind.unit, kind.more if abs(new) > abs(old) else kind.less
    if not way.startswith("counts"):
        size = f"{abs(new - old):g}"
        return way, f"by {size}" + ("" if unit == " points" else unit.removesuffix("s") if size == "1" else unit)
    percent = 100 * (new / old - 1) if old else 0.0
    return way, f"{percent:+.{0 if abs(percent) >= 1 else 2}f} %" if old else "from nothing"


def _middle(value: Value, kind: Kind) -> float:
    """Return a number, or its median to three digits: a law that is judged, and cut to its range, supports no more."""
    return float(value) if isinstance(value, int | float) else float(f"{median(value, kind):.3g}")
