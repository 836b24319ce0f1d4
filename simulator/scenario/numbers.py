"""Numbers of a scenario: which kinds there are, what each admits and is called, and quantiles of uncertain ones."""

import math
from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

import numpy as np
from pydantic import Discriminator, Tag

from simulator.arrays import Floats
from simulator.scenario.distributions import (
    LOGARITHM,
    NUMBER,
    Beta,
    Counted,
    Discrete,
    Lognormal,
    Normal,
    Pert,
    Quantiles,
    Scale,
    Triangular,
    Uniform,
    log_odds,
)

INFINITY = math.inf

# Months. About seven hours: a departure with a half-life this short is gone long before the next step, so less says
# nothing new. Eighty million years: no horizon sees any of it end, and from 1e16 on a month's share rounds to nothing.
SHORTEST, LONGEST = 0.01, 1e9

# Only the ratios of weights matter; this keeps their sum far from overflow.
LARGEST_WEIGHT = 1e6


class Kind(NamedTuple):
    """What numbers of one kind have in common.

    The range they may be in, the scale on which a distribution by quantiles is straight, their unit, and what more and less
    of them mean.
    """

    low: float
    high: float
    scale: Scale
    unit: str
    more: str
    less: str


# Every kind of number, by the name of its key. A new number of a factor or an event is a field of it and a row here.
KINDS: Mapping[str, Kind] = {
    "level": Kind(0, 100, log_odds(0, 100), " points", "warmer", "colder"),
    "target": Kind(0, 100, log_odds(0, 100), " points", "warmer", "colder"),
    "weight": Kind(0, LARGEST_WEIGHT, LOGARITHM, "", "counts more", "counts less"),
    "index_weight": Kind(-LARGEST_WEIGHT, LARGEST_WEIGHT, NUMBER, "", "counts more", "counts less"),
    "half_life": Kind(SHORTEST, LONGEST, LOGARITHM, " months", "slower", "faster"),
    "volatility": Kind(0, 100, LOGARITHM, " points", "noisier", "calmer"),
    "settling": Kind(SHORTEST, LONGEST, LOGARITHM, " months", "slower", "faster"),
    "drift": Kind(0, 100, LOGARITHM, " points", "noisier", "calmer"),
    "rate": Kind(0, 365, LOGARITHM, " a year", "likelier", "less likely"),  # once a month at most
    "probability": Kind(0, 1, log_odds(0, 1), "", "likelier", "less likely"),
    "lasts": Kind(SHORTEST, LONGEST, LOGARITHM, " months", "longer", "shorter"),
    "jump": Kind(-100, 100, NUMBER, " points", "stronger", "weaker"),
    "shift": Kind(-100, 100, NUMBER, " points", "stronger", "weaker"),
    "link": Kind(-INFINITY, INFINITY, NUMBER, "", "stronger", "weaker"),
}


class Key(NamedTuple):
    """The dotted key of a number, taken apart; as text it is what `--set` takes.

    Attributes
    ----------
    table, entry : str
        Where it stands: "factors" and a factor, "events" and an event, "indices" and an index, or a table of links.
    number : str
        Which number of the entry it is: a key of `KINDS`.
    factor : str
        Which factor an effect, an index weight or a link is about; else empty.

    Examples
    --------
    >>> str(Key("events", "summit", "jump", "nato")), str(Key("factors", "nato", "weight"))
    ('events.summit.effects.nato.jump', 'factors.nato.weight')
    >>> Key.parse("indices.unease.weights.nato")
    Key(table='indices', entry='unease', number='index_weight', factor='nato')
    """

    table: str
    entry: str
    number: str
    factor: str = ""

    def __str__(self) -> str:
        match self.table:
            case "indices":
                return f"indices.{self.entry}.weights.{self.factor}"
            case "spillovers" | "correlations":
                return f"{self.table}.{self.entry}.{self.factor}"
        within = f"effects.{self.factor}." if self.factor else ""
        return f"{self.table}.{self.entry}.{within}{self.number}"

    @classmethod
    def parse(cls, text: str) -> "Key":
        """Return the key that a dotted text means.

        Raises
        ------
        ValueError
            It is not the key of a number.
        """
        match text.split("."):
            case [("factors" | "events") as table, entry, number] if number in KINDS:
                return cls(table, entry, number)
            case ["events", entry, "effects", factor, ("jump" | "shift") as number]:
                return cls("events", entry, number, factor)
            case ["indices", entry, "weights", factor]:
                return cls("indices", entry, "index_weight", factor)
            case [("spillovers" | "correlations") as table, entry, factor]:
                return cls(table, entry, "link", factor)
        raise ValueError(f"{text!r} is not the key of a number")

    @property
    def kind(self) -> Kind:
        """What the number may be, and is called."""
        return KINDS[self.number]


# A distribution may put this much of its mass outside what its key admits before it is refused; up to that, it is truncated
# to the admissible range: p10 = 3 for a level is meant as a level.
OUTSIDE_TOLERANCE = 0.01

# A law that is cut to less than this of its mass would be drawn from digits that its tail no longer has.
LEAST_MASS = 1e-9

Unbounded = Normal | Lognormal | Beta | Counted | Quantiles
Bounded = Uniform | Triangular | Pert | Discrete
Law = Unbounded | Bounded


def _kind(value: Any) -> str:
    """Return which kind of number a value from a file (or an instance) is: the tag of the union below.

    Tags that no `dist` names begin with a capital, so that no key of a file is taken for a tag.
    """
    if isinstance(value, dict):
        return str(value.get("dist", "Counted" if "counted" in value else "Quantiles"))
    if isinstance(value, Quantiles | Counted):
        return type(value).__name__
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
    | Annotated[Counted, Tag("Counted")]
    | Annotated[Quantiles, Tag("Quantiles")],
    Discriminator(_kind),
]
TAGS = ("number", "normal", "uniform", "triangular", "pert", "lognormal", "beta", "discrete", "Counted", "Quantiles")


def _support(law: Law) -> tuple[float, float]:
    """Return the stated ends of a law, infinite where none is stated."""
    if isinstance(law, Discrete):
        return min(law.values), max(law.values)
    if isinstance(law, Counted):
        return 0.0, math.inf
    return (-math.inf if law.low is None else law.low), (math.inf if law.high is None else law.high)


def _cdf(law: Unbounded, value: float, kind: Kind) -> float:
    return law.cdf(value, kind.scale) if isinstance(law, Quantiles) else law.cdf(value)


def _inverse(law: Law, uniforms: Floats, kind: Kind) -> Floats:
    return law.inverse(uniforms, kind.scale) if isinstance(law, Quantiles) else law.inverse(uniforms)


def require_within(law: Law, kind: Kind) -> None:
    """Raise ValueError where a distribution says what its kind of number does not admit.

    Parameters
    ----------
    law : Law
        Any of the distributions of this room.
    kind : Kind
        What the number is.

    Raises
    ------
    ValueError
        Stated ends leave the range or hold no mass, more than `OUTSIDE_TOLERANCE` of the mass lies outside it, or a quantile
        lies where its scale has no point.
    """
    low, high, ends = kind.low, kind.high, _support(law)
    if (math.isfinite(ends[0]) and not low <= ends[0] <= high) or (math.isfinite(ends[1]) and not low <= ends[1] <= high):
        raise ValueError(f"must stay within {low:g} to {high:g}")
    if not isinstance(law, Unbounded):
        return
    if isinstance(law, Quantiles) and not all(low < value < high and _has_place(value, kind) for value in law.values()):
        raise ValueError(f"quantiles must lie between {low:g} and {high:g}, not at an end")
    if not ends[0] < ends[1]:
        raise ValueError(f"low must be under high; they are {ends[0]:g} and {ends[1]:g}")
    bottom, top = max(low, ends[0]), min(high, ends[1])
    if not _cdf(law, top, kind) - _cdf(law, bottom, kind) >= LEAST_MASS:  # not a number counts as nothing
        raise ValueError(f"has almost no probability between {bottom:g} and {top:g}")
    below = _cdf(law, low, kind) if ends[0] < low else 0.0
    above = 1 - _cdf(law, high, kind) if ends[1] > high else 0.0
    if below + above > OUTSIDE_TOLERANCE:
        raise ValueError(
            f"puts {below + above:.1%} of its probability outside {low:g} to {high:g}; "
            f"choose a narrower distribution{'' if isinstance(law, Counted) else ', or truncate it with low or high'}"
        )


def _has_place(value: float, kind: Kind) -> bool:
    """Tell whether a number has a finite place on its kind's scale: one that is nearly at an end may underflow to it."""
    with np.errstate(divide="ignore"):
        return bool(np.isfinite(kind.scale.to(value)))


def quantiles(value: float | Law, kind: Kind, at: Floats) -> Floats:
    """Return quantiles of a number within its admissible range; a plain number is each of its own.

    Parameters
    ----------
    value : float or Law
        A plain number or any of the distributions of this room.
    kind : Kind
        What it is: the distribution is truncated to its range and to its own low and high.
    at : ndarray
        Probabilities in (0, 1), any shape; 0 and 1 give the ends.

    Returns
    -------
    ndarray
        Values of the same shape.

    Examples
    --------
    >>> from simulator.scenario.distributions import Triangular
    >>> law = Triangular(dist="triangular", low=2, mode=5, high=14)
    >>> quantiles(law, KINDS["weight"], np.array([0.25])).round(6).tolist()
    [5.0]
    """
    if isinstance(value, int | float):
        return np.full(np.shape(at), float(value))
    if not isinstance(value, Unbounded):
        return value.inverse(at)
    ends = _support(value)
    bottom, top = max(kind.low, ends[0]), min(kind.high, ends[1])
    below = _cdf(value, bottom, kind) if math.isfinite(bottom) else 0.0
    above = _cdf(value, top, kind) if math.isfinite(top) else 1.0
    # the clip only removes rounding at the two ends of a truncated distribution
    return np.clip(_inverse(value, below + (above - below) * at, kind), bottom, top)


def median(value: float | Law, kind: Kind) -> float:
    """Return the median of a number within its admissible range.

    Examples
    --------
    >>> from simulator.scenario.distributions import Uniform
    >>> median(2.0, KINDS["weight"]), median(Uniform(dist="uniform", low=2, high=4), KINDS["weight"])
    (2.0, 3.0)
    """
    return float(quantiles(value, kind, np.array([0.5]))[0])


def ends(value: float | Law, kind: Kind) -> tuple[float, float]:
    """Return the least and the greatest value a number can have.

    Examples
    --------
    >>> from simulator.scenario.distributions import Uniform
    >>> ends(Uniform(dist="uniform", low=2, high=4), KINDS["weight"])
    (2.0, 4.0)
    """
    low, high = quantiles(value, kind, np.array([0.0, 1.0])).tolist()
    return low, high


def as_text(value: float | Law | None) -> str:
    """Return a number, or its distribution, in a few characters.

    Examples
    --------
    >>> from simulator.scenario.distributions import Triangular
    >>> as_text(2.5), as_text(Triangular(dist="triangular", low=1, mode=2, high=4))
    ('2.5', 'triangular(1, 2, 4)')
    """
    if value is None or isinstance(value, int | float):
        return "" if value is None else f"{value:g}"
    stated = value.model_dump(exclude_none=True)
    if isinstance(value, Quantiles):
        keys = sorted((key for key in stated if key.startswith("p")), key=lambda key: int(key[1:]))
        cut = "".join(f" {key} {stated[key]:g}" for key in ("low", "high") if key in stated)
        return "/".join(f"{stated[key]:g}" for key in keys) + f" ({'/'.join(keys)}{cut})"
    if isinstance(value, Counted):
        low, high = value.inverse(np.array([0.1, 0.9]))
        return f"{value.counted:g} counted in {value.years:g} years (80 %: {low:.2g} to {high:.2g})"
    name = stated.pop("dist")
    parts = [f"{v:g}" if isinstance(v, float) else "[" + ", ".join(f"{x:g}" for x in v) + "]" for v in stated.values()]
    return f"{name}({', '.join(parts)})"
