"""What is kept of the draws: counts that merge in any order, moments that merge in order, and the first draws whole."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property, reduce
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.arrays import Booleans, Floats, Integers
from simulator.engine import sampling as inputs_of
from simulator.engine.evidence import effective, over_mean
from simulator.engine.plan import Plan

# Bins of a twentieth of a point: tenths, quarters and whole points are edges, so counts above them are exact.
BINS_PER_POINT = 20
BINS = 100 * BINS_PER_POINT


@dataclass(frozen=True)
class Counts:
    """Integers over all draws; T steps, S series (factors, then indices), I indices, B bands, E events, Q questions.

    Where a record gives draws weights they are sums of weights, whole numbers too, but for `bounds`.
    """

    histogram: NDArray[np.int32] | Integers  # (T+1, S, BINS)
    bands: Integers  # (T+1, I, B): draws in the band
    first_passage: Integers  # (T+1, I, B): draws in the band for the first time
    months_in_band: Integers  # (I, B, T+2): draws with 0, 1, ... T+1 months in the band
    events: Integers  # (T+1, E): firings
    events_first: Integers  # (T+1, E): first firings
    events_still: Integers  # (E,): draws with a firing after the known steps; 0 without a record
    events_squared: Integers  # (E,): a draw's firings, squared, summed over draws
    questions: Integers  # (Q,): draws in which the answer is yes
    bounds: Integers  # (3, K): draw-steps in which a clip stopped the attraction, the level, the resting level


@dataclass(frozen=True)
class Moments:
    """Sum of weights (the number of draws where they have none), means, and sums of squared deviations, both (T+1, S)."""

    weight: float
    mean: Floats
    squares: Floats


@dataclass(frozen=True)
class Kept:
    """The first draws whole; D draws."""

    values: NDArray[np.float32]  # (T+1, S, D)
    fired: Booleans  # (T+1, E, D)
    inputs: Floats  # (sampled inputs, D)
    weights: Integers  # (D,): 1 where no record gives draws weights

    @property
    def n_effective(self) -> float:
        """The effective number of these draws; of draws without weights all."""
        return len(self.weights) if np.all(self.weights == 1) else effective(self.weights.astype(np.float64))

    @property
    def ratios(self) -> Floats:
        """The weights of these draws over their mean: exactly 1 where none have weights."""
        return over_mean(self.weights)

    def numbers(self, plan: Plan) -> inputs_of.Inputs:
        """Return every number of the draws that is the same along a path, by key."""
        sampled = dict(zip(inputs_of.uncertain(plan), self.inputs, strict=True))
        return {key: np.array([value]) for key, value in plan.numbers.items() if isinstance(value, float)} | sampled

    def happened(self, plan: Plan, events: Sequence[int] | None = None) -> Booleans:
        """Return which events have happened by the end of each month, (T+1, E, D); all, or some of them."""
        which = list(range(len(plan.events)) if events is None else events)
        found = self.fired[:, which]
        found[0] |= np.array([plan.events[e].happened for e in which], dtype=np.bool_)[:, None]
        # month by month, because ufunc.accumulate along the first axis is thirty times slower
        for before, now in pairwise(found):
            now |= before
        return found


@dataclass(frozen=True)
class Part:
    """Consecutive blocks: their counts added up, their moments one by one, what they keep."""

    n_draws: int
    counts: Counts
    moments: tuple[Moments, ...]
    of_squares: tuple[Moments, ...]
    kept: Kept


@dataclass(frozen=True)
class Tally:
    """All draws so far; `moments` with their weights, `of_squares` with the squares of their weights."""

    n_draws: int
    counts: Counts
    moments: Moments
    of_squares: Moments
    kept: Kept

    @property
    def weight(self) -> float:
        """Sum of all weights; the number of draws where they have none."""
        return self.moments.weight

    @property
    def is_weighted(self) -> bool:
        """Whether a record gives the draws weights."""
        return not self.of_squares.weight == self.weight == self.n_draws

    @property
    def n_effective(self) -> float:
        """The effective number of draws, (sum w)^2 / sum w^2 (Kish 1965, Survey Sampling); of draws without weights all."""
        if not self.is_weighted:
            return self.n_draws
        return self.weight**2 / self.of_squares.weight if self.weight else 0.0

    def in_effective(self, counts: Integers) -> Any:
        """Return counts in effective draws; sum them before: a sum of scaled counts may be off in its last bits."""
        # a count of all draws is exactly the effective number: the quotient first
        return counts / self.weight * self.n_effective if self.is_weighted else counts

    @cached_property
    def effective(self) -> Counts:
        """The counts in effective draws: as many as draws without weights would have to be for the same errors."""
        if not self.is_weighted:
            return self.counts
        parts = {field.name: getattr(self.counts, field.name) for field in fields(Counts)}
        scaled = {name: self.in_effective(part) for name, part in parts.items() if name != "bounds"}
        return Counts(**scaled, bounds=self.counts.bounds)

    def std_error(self) -> Floats:
        r"""Return the standard error of each mean; not a number for a single draw.

        Of weighted draws that of a ratio, :math:`\sqrt{\sum w^2 (x - m)^2} / \sum w`, with the correction of a sample of
        the effective number.

        References
        ----------
        Owen (2013), Monte Carlo theory, methods and examples, section 9.2: self-normalised importance sampling.
        """
        n, apart = self.n_effective, self.of_squares.mean - self.moments.mean
        if n <= 1:
            return np.full_like(self.moments.mean, np.nan)
        squares = self.of_squares.squares + self.of_squares.weight * apart**2
        return np.asarray(np.sqrt(squares / self.of_squares.weight / (n - 1)))

    def sd(self) -> Floats:
        """Return the standard deviation of the draws; not a number for a single draw."""
        n = self.n_effective
        if n <= 1:
            return np.full_like(self.moments.mean, np.nan)
        return np.asarray(np.sqrt(self.moments.squares / self.weight * (n / (n - 1))))


def start(plan: Plan) -> Tally:
    """Return the tally of no draws."""
    shape = (plan.n_steps + 1, len(plan.series))
    nothing = np.zeros(shape)
    return Tally(
        0,
        no_counts(plan),
        Moments(0, nothing, nothing),
        Moments(0, nothing, nothing),
        Kept(
            np.empty((*shape, 0), dtype=np.float32),
            np.empty((shape[0], len(plan.events), 0), dtype=np.bool_),
            np.empty((len(inputs_of.uncertain(plan)), 0)),
            np.empty(0, dtype=np.int64),
        ),
    )


def add(tally: Tally, part: Part) -> Tally:
    """Return a tally with the blocks that come next."""
    moments, of_squares = reduce(_pooled, part.moments, tally.moments), reduce(_pooled, part.of_squares, tally.of_squares)
    counts, kept = _sum(tally.counts, part.counts), joined([tally.kept, part.kept])
    return Tally(tally.n_draws + part.n_draws, counts, moments, of_squares, kept)


def _sum(a: Counts, b: Counts) -> Counts:
    return Counts(**{field.name: getattr(a, field.name) + getattr(b, field.name) for field in fields(Counts)})


def joined(parts: list[Kept]) -> Kept:
    """Return kept draws one after the other."""
    parts = [part for part in parts if len(part.weights)] or parts[:1]
    if len(parts) == 1:  # without a copy
        return parts[0]
    return Kept(*(np.concatenate([getattr(part, field.name) for part in parts], axis=-1) for field in fields(Kept)))


def _pooled(a: Moments, b: Moments) -> Moments:
    """Return the moments of two samples together (Chan, Golub & LeVeque 1983, The American Statistician 37: 242-247)."""
    n, apart = a.weight + b.weight, b.mean - a.mean
    if b.weight == 0:  # no draw of the block can have what is known
        return a
    mean = a.mean + apart * (b.weight / n)
    return Moments(n, mean, a.squares + b.squares + apart**2 * (a.weight * b.weight / n))


def no_counts(plan: Plan) -> Counts:
    """Return counts of no draws."""
    t, s, i, e = plan.n_steps + 1, len(plan.series), len(plan.indices), len(plan.events)
    b = max(len(cuts) for cuts in plan.cuts) + 1

    def zeros(*shape: int) -> Integers:
        return np.zeros(shape, dtype=np.int64)

    return Counts(
        histogram=zeros(t, s, BINS) if plan.observations else np.zeros((t, s, BINS), dtype=np.int32),
        bands=zeros(t, i, b),
        first_passage=zeros(t, i, b),
        months_in_band=zeros(i, b, t + 1),
        events=zeros(t, e),
        events_first=zeros(t, e),
        events_still=zeros(e),
        events_squared=zeros(e),
        questions=zeros(len(plan.questions)),
        bounds=zeros(3, len(plan.factors)),
    )
