"""Numbers in files, plain or laws: which law a table means, what its key admits, and its quantiles within that."""

import math
from typing import Annotated, Any

import numpy as np
from pydantic import Discriminator, Tag

from simulator.arrays import Floats
from simulator.scenario.distributions import Beta, Discrete, Lognormal, Normal, Pert, Quantiles, Triangular, Uniform

# A law may put this much of its mass outside what its key admits before it is refused; up to it, the law is taken as
# given its admissible range, as an expert means it who writes p10 = 3 for a level.
OUTSIDE_TOLERANCE = 0.01

# A law that is cut to less than this of its mass would be drawn from digits that its tail no longer has.
LEAST_MASS = 1e-9

Unbounded = Normal | Lognormal | Beta | Quantiles
Bounded = Uniform | Triangular | Pert | Discrete
Law = Unbounded | Bounded


def _kind(value: Any) -> str:
    """Return which kind of number a value from a file (or an instance) is: the tag of the union below."""
    if isinstance(value, dict):
        return str(value.get("dist", "quantiles"))
    if isinstance(value, Quantiles):
        return "quantiles"
    return str(getattr(value, "dist", "number"))


Number = Annotated[
    Annotated[float, Tag("number")]
    | Annotated[Normal, Tag("normal")]
    | Annotated[Uniform, Tag("uniform")]
    | Annotated[Triangular, Tag("triangular")]
    | Annotated[Pert, Tag("pert")]
    | Annotated[Lognormal, Tag("lognormal")]
    | Annotated[Beta, Tag("beta")]
    | Annotated[Discrete, Tag("discrete")]
    | Annotated[Quantiles, Tag("quantiles")],
    Discriminator(_kind),
]
TAGS = ("number", "normal", "uniform", "triangular", "pert", "lognormal", "beta", "discrete", "quantiles")


def _support(law: Law) -> tuple[float, float]:
    """Return the stated ends of a law, infinite where none is stated."""
    if isinstance(law, Discrete):
        return min(law.values), max(law.values)
    return (-math.inf if law.low is None else law.low), (math.inf if law.high is None else law.high)


def require_within(law: Law, low: float, high: float) -> None:
    """Raise ValueError where a law says what its key does not admit.

    Parameters
    ----------
    law : Law
        Any of the laws of this module.
    low, high : float
        The range the key admits.

    Raises
    ------
    ValueError
        Stated ends leave the range or hold no mass, or more than `OUTSIDE_TOLERANCE` of the mass lies outside it.
    """
    ends = _support(law)
    if (math.isfinite(ends[0]) and not low <= ends[0] <= high) or (math.isfinite(ends[1]) and not low <= ends[1] <= high):
        raise ValueError(f"must stay within {low:g} to {high:g}")
    if not isinstance(law, Unbounded):
        return
    if not ends[0] < ends[1]:
        raise ValueError(f"low must be under high; they are {ends[0]:g} and {ends[1]:g}")
    bottom, top = max(low, ends[0]), min(high, ends[1])
    if law.cdf(top) - law.cdf(bottom) < LEAST_MASS:
        raise ValueError(f"has almost no probability between {bottom:g} and {top:g}")
    below = law.cdf(low) if ends[0] < low else 0.0
    above = 1 - law.cdf(high) if ends[1] > high else 0.0
    if below + above > OUTSIDE_TOLERANCE:
        raise ValueError(
            f"puts {below + above:.1%} of its probability outside {low:g} to {high:g}; "
            f"choose a narrower law, or truncate it with low or high"
        )


def quantile(law: Law, uniforms: Floats, low: float = -math.inf, high: float = math.inf) -> Floats:
    """Return a law's quantiles, given that the number lies in its admissible range.

    Parameters
    ----------
    law : Law
        Any of the laws of this module.
    uniforms : ndarray
        Probabilities in (0, 1), any shape.
    low, high : float
        The range the key admits; the law is truncated to it and to its own low and high.

    Returns
    -------
    ndarray
        Values of the same shape.

    Examples
    --------
    >>> from simulator.scenario.distributions import Triangular
    >>> law = Triangular(dist="triangular", low=2, mode=5, high=14)
    >>> quantile(law, np.array([0.25])).round(6).tolist()
    [5.0]
    """
    if not isinstance(law, Unbounded):
        return law.inverse(uniforms)
    ends = _support(law)
    bottom, top = max(low, ends[0]), min(high, ends[1])
    below = law.cdf(bottom) if math.isfinite(bottom) else 0.0
    above = law.cdf(top) if math.isfinite(top) else 1.0
    # the clip only removes rounding at the two ends of a truncated law
    return np.clip(law.inverse(below + (above - below) * uniforms), bottom, top)
