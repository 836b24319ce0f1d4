"""The laws a number may follow, each by its inverse distribution function.

Nothing else turns chance into numbers: a law that is widened or shifted keeps its draws in the same order, so scenarios
stay comparable draw by draw.
"""

import math
import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator
from scipy.special import betainc, betaincinv, expit, gammainc, gammaincinv, ndtr, ndtri

from simulator.arrays import Floats

STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, frozen=True)

# Stated probabilities are decimal fractions, so their sum is 1 only up to rounding.
SUM_TOLERANCE = 1e-9

# The sd of a lognormal law, in means: under the first its square underflows, past the second the law is flat over anything
# a scenario could mean.
SMALLEST_SPREAD, LARGEST_SPREAD = 1e-150, 1e3

# A slope that underflows leaves no law between two quantiles; one steeper than this overflows in the tail beyond them.
STEEPEST = 1e300

# The least variance of a beta law, in variances of a coin of the same mean, which no beta law reaches. Down to this scipy's
# inverse is right to 2e-9 in probability; from 1e-11 on its quantiles are wrong, and then nan, or it does not end.
NARROWEST = 1e-8


class Normal(BaseModel):
    """Normal law with a mean and a standard deviation, optionally truncated to [low, high]."""

    model_config = STRICT
    dist: Literal["normal"]
    mean: float
    sd: float = Field(gt=0)
    low: float | None = None
    high: float | None = None

    def inverse(self, uniforms: Floats) -> Floats:
        """Return the quantiles of the untruncated law."""
        return np.asarray(self.mean + self.sd * ndtri(uniforms))

    def cdf(self, value: float) -> float:
        """Return the untruncated law's probability of at most `value`."""
        return float(ndtr((value - self.mean) / self.sd))


class Lognormal(BaseModel):
    """Lognormal law by the mean and standard deviation of the number itself, not of its logarithm."""

    model_config = STRICT
    dist: Literal["lognormal"]
    mean: float = Field(gt=0)
    sd: float = Field(gt=0)
    low: float | None = None
    high: float | None = None

    @model_validator(mode="after")
    def _possible(self) -> "Lognormal":
        if not SMALLEST_SPREAD * self.mean <= self.sd <= LARGEST_SPREAD * self.mean:
            raise ValueError(f"sd must be {SMALLEST_SPREAD:g} to {LARGEST_SPREAD:,.0f} times the mean of a lognormal law")
        return self

    def _log(self) -> tuple[float, float]:
        variance = math.log1p((self.sd / self.mean) ** 2)
        return math.log(self.mean) - variance / 2, math.sqrt(variance)

    def inverse(self, uniforms: Floats) -> Floats:
        """Return the quantiles of the untruncated law."""
        mu, sigma = self._log()
        return np.asarray(np.exp(mu + sigma * ndtri(uniforms)))

    def cdf(self, value: float) -> float:
        """Return the untruncated law's probability of at most `value`."""
        mu, sigma = self._log()
        return float(ndtr((math.log(value) - mu) / sigma)) if value > 0 else 0.0


class Beta(BaseModel):
    """Beta law on (0, 1) by its mean and standard deviation."""

    model_config = STRICT
    dist: Literal["beta"]
    mean: float = Field(gt=0, lt=1)
    sd: float = Field(gt=0)
    low: float | None = None
    high: float | None = None

    @model_validator(mode="after")
    def _possible(self) -> "Beta":
        coin = self.mean * (1 - self.mean)
        # an sd of 1 or more is refused before its square overflows; one whose square underflows, by strictness
        if self.sd >= 1 or not NARROWEST * coin < self.sd**2 < coin:
            least, most = math.sqrt(NARROWEST * coin), math.sqrt(coin)
            raise ValueError(f"a beta law with mean {self.mean:g} needs {least:.4g} < sd < {most:.4g}")
        return self

    def _shapes(self) -> tuple[float, float]:
        total = self.mean * (1 - self.mean) / self.sd**2 - 1
        return self.mean * total, (1 - self.mean) * total

    def inverse(self, uniforms: Floats) -> Floats:
        """Return the quantiles of the untruncated law."""
        return np.asarray(betaincinv(*self._shapes(), uniforms))

    def cdf(self, value: float) -> float:
        """Return the untruncated law's probability of at most `value`."""
        return float(betainc(*self._shapes(), min(max(value, 0.0), 1.0)))


class Scale(NamedTuple):
    """A scale on which distributions by quantiles are straight, and the way back from it."""

    to: Callable[[Any], Any]
    back: Callable[[Any], Any]


NUMBER = Scale(lambda value: value, lambda value: value)
LOGARITHM = Scale(np.log, np.exp)


def log_odds(low: float, high: float) -> Scale:
    """Return the log-odds of where a number stands between two ends, which it never reaches.

    Examples
    --------
    >>> scale = log_odds(0, 100)
    >>> round(float(scale.to(50.0)), 6), round(float(scale.back(scale.to(12.0))), 6)
    (0.0, 12.0)
    """
    return Scale(
        lambda value: np.log((value - low) / (high - np.asarray(value, dtype=np.float64))),
        lambda logit: low + (high - low) * expit(logit),
    )


class Quantiles(BaseModel):
    """Law through two or three stated quantiles, such as p10, p50 and p90.

    The quantile function is straight in the normal deviate between and beyond the stated points, on the scale of the number:
    two points give the normal law through them, three a normal law whose lower and upper parts have their own spread. It
    meets every stated quantile exactly and exists for all increasing ones, which a three-term metalog does not.
    """

    model_config = STRICT | ConfigDict(
        extra="allow",
        json_schema_extra={"additionalProperties": False, "patternProperties": {r"^p\d{1,2}$": {"type": "number"}}},
    )
    __pydantic_extra__: dict[str, float] = Field(init=False)
    low: float | None = None
    high: float | None = None

    @model_validator(mode="after")
    def _increasing(self) -> "Quantiles":
        keys = self.__pydantic_extra__
        strange = [key for key in keys if not re.fullmatch(r"p0?[1-9]|p[1-9]\d", key)]
        if strange:
            raise ValueError(f"a law has `dist`, or quantiles written p1 to p99; not {', '.join(map(repr, strange))}")
        if not 2 <= len(keys) <= 3:
            raise ValueError(f"two or three quantiles make a law, such as p10, p50 and p90; found {len(keys)}")
        levels, values = self._points()
        if not (_increases(levels) and _increases(values)):
            raise ValueError("quantiles must increase with their percentage")
        if not all(0 < slope < STEEPEST for *_, slope in self._lines(NUMBER)):
            raise ValueError("quantiles lie too close together, or too far apart, for a law through them")
        return self

    def _points(self) -> tuple[list[float], list[float]]:
        points = sorted((int(key[1:]) / 100, value) for key, value in self.__pydantic_extra__.items())
        return [level for level, _ in points], [value for _, value in points]

    def values(self) -> list[float]:
        """Return the stated quantiles."""
        return self._points()[1]

    def _lines(self, scale: Scale) -> list[tuple[float, float, float]]:
        """Return (deviate, value on the scale, slope) of each straight part."""
        levels, stated = self._points()
        values = [float(scale.to(value)) for value in stated]
        deviates = [float(ndtri(level)) for level in levels]
        return [
            (deviates[i], values[i], (values[i + 1] - values[i]) / (deviates[i + 1] - deviates[i]))
            for i in range(len(values) - 1)
        ]

    def inverse(self, uniforms: Floats, scale: Scale = NUMBER) -> Floats:
        """Return the quantiles of the untruncated law."""
        deviate = ndtri(uniforms)
        (z, value, slope), *upper = self._lines(scale)
        result = value + slope * (deviate - z)
        for z, value, slope in upper:
            result = np.where(deviate > z, value + slope * (deviate - z), result)
        return np.asarray(scale.back(result))

    def cdf(self, value: float, scale: Scale = NUMBER) -> float:
        """Return the untruncated law's probability of at most `value`."""
        lines = self._lines(scale)
        with np.errstate(divide="ignore"):  # the ends of a scale lie at infinity
            at = float(scale.to(value))
        z, start, slope = lines[-1] if at > lines[-1][1] else lines[0]
        return float(ndtr(z + (at - start) / slope))


class Counted(BaseModel):
    """Distribution of a yearly rate of which some cases were counted in some years: Gamma(counted + 1/2, years).

    The posterior of a Poisson rate under Jeffreys' prior (Jeffreys 1946, Proceedings of the Royal Society A 186: 453-461).
    """

    model_config = STRICT
    counted: float = Field(ge=0)
    years: float = Field(gt=0)

    def inverse(self, uniforms: Floats) -> Floats:
        """Return the quantiles of the distribution."""
        return np.asarray(gammaincinv(self.counted + 0.5, uniforms) / self.years)

    def cdf(self, value: float) -> float:
        """Return the probability of at most a value."""
        return float(gammainc(self.counted + 0.5, max(value, 0.0) * self.years))


class Uniform(BaseModel):
    """Uniform law on [low, high]."""

    model_config = STRICT
    dist: Literal["uniform"]
    low: float
    high: float

    @model_validator(mode="after")
    def _possible(self) -> "Uniform":
        if not self.low < self.high:
            raise ValueError(f"low must be under high; they are {self.low:g} and {self.high:g}")
        return self

    def inverse(self, uniforms: Floats) -> Floats:
        """Return the quantiles of the law."""
        return self.low + (self.high - self.low) * uniforms


class Triangular(BaseModel):
    """Triangular law on [low, high] with its peak at mode."""

    model_config = STRICT
    dist: Literal["triangular"]
    low: float
    mode: float
    high: float

    @model_validator(mode="after")
    def _possible(self) -> "Triangular":
        _require_order(self.low, self.mode, self.high)
        return self

    def inverse(self, uniforms: Floats) -> Floats:
        """Return the quantiles of the law."""
        span, left, right = self.high - self.low, self.mode - self.low, self.high - self.mode
        return np.where(
            uniforms * span < left,
            self.low + np.sqrt(uniforms * span * left),
            self.high - np.sqrt((1 - uniforms) * span * right),
        )


class Pert(BaseModel):
    """PERT law: a beta law on [low, high] whose mean is (low + 4 mode + high) / 6 (Malcolm et al. 1959)."""

    model_config = STRICT
    dist: Literal["pert"]
    low: float
    mode: float
    high: float

    @model_validator(mode="after")
    def _possible(self) -> "Pert":
        _require_order(self.low, self.mode, self.high)
        return self

    def inverse(self, uniforms: Floats) -> Floats:
        """Return the quantiles of the law."""
        span = self.high - self.low
        shapes = 1 + 4 * (self.mode - self.low) / span, 1 + 4 * (self.high - self.mode) / span
        return np.asarray(self.low + span * betaincinv(*shapes, uniforms))


class Discrete(BaseModel):
    """Law on a few increasing values with stated probabilities that sum to 1."""

    model_config = STRICT
    dist: Literal["discrete"]
    values: Annotated[tuple[float, ...], Field(strict=False, min_length=1)]
    probabilities: Annotated[tuple[Annotated[float, Field(ge=0, le=1)], ...], Field(strict=False)]

    @model_validator(mode="after")
    def _possible(self) -> "Discrete":
        if len(self.values) != len(self.probabilities):
            raise ValueError(f"{len(self.values)} values need as many probabilities, not {len(self.probabilities)}")
        if not _increases(self.values):
            raise ValueError("values must increase")
        if abs(math.fsum(self.probabilities) - 1) > SUM_TOLERANCE:
            raise ValueError(f"probabilities must sum to 1; they sum to {math.fsum(self.probabilities):.10g}")
        return self

    def inverse(self, uniforms: Floats) -> Floats:
        """Return the quantiles of the law."""
        steps = np.cumsum(self.probabilities)[:-1]
        return np.asarray(self.values)[np.searchsorted(steps, uniforms, side="right")]


def _increases(values: Sequence[float]) -> bool:
    return all(a < b for a, b in pairwise(values))


def _require_order(low: float, mode: float, high: float) -> None:
    if not (low <= mode <= high and low < high):
        raise ValueError(f"low <= mode <= high with low < high is needed; they are {low:g}, {mode:g}, {high:g}")
