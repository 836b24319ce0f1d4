"""What is kept of the draws: counts that merge in any order, moments that merge in order, and the first draws whole."""

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from simulator.arrays import Booleans, Floats, Integers
from simulator.engine import dynamics
from simulator.engine import sampling as inputs_of
from simulator.engine.events import in_force
from simulator.engine.months import Months, months, normalised_weights, state_of
from simulator.engine.plan import Plan
from simulator.engine.streams import BLOCK
from simulator.scenario.conditions import holds

# Bins of a twentieth of a point: tenths, quarters and whole points are edges, so counts above them are exact.
BINS_PER_POINT = 20
BINS = 100 * BINS_PER_POINT


@dataclass(frozen=True)
class Counts:
    """Integers over all draws; T steps, S series (factors, then indices), I indices, B bands, E events, Q questions."""

    histogram: NDArray[np.int32]  # (T+1, S, BINS)
    bands: Integers  # (T+1, I, B): draws in the band
    first_passage: Integers  # (T+1, I, B): draws in the band for the first time
    months_in_band: Integers  # (I, B, T+2): draws with 0, 1, ... T+1 months in the band
    events: Integers  # (T+1, E): firings
    events_first: Integers  # (T+1, E): first firings
    events_squared: Integers  # (E,): a draw's firings, squared, summed over draws
    questions: Integers  # (Q,): draws in which the answer is yes
    bounds: Integers  # (3, K): draw-steps in which a clip stopped the attraction, the level, the resting level


@dataclass(frozen=True)
class Moments:
    """Number of draws, means, and sums of squared deviations, both (T+1, S)."""

    n: int
    mean: Floats
    squares: Floats

    def std_error(self) -> Floats:
        """Return the standard error of each mean; not a number for a single draw."""
        if self.n < 2:
            return np.full_like(self.mean, np.nan)
        return np.sqrt(self.squares / (self.n - 1) / self.n)


@dataclass(frozen=True)
class Kept:
    """The first draws whole; D draws."""

    values: NDArray[np.float32]  # (T+1, S, D)
    fired: Booleans  # (T+1, E, D)
    inputs: Floats  # (sampled inputs, D)

    def numbers(self, plan: Plan) -> inputs_of.Inputs:
        """Return every number of the draws that is the same along a path, by key."""
        sampled = dict(zip(inputs_of.uncertain(plan), self.inputs, strict=True))
        return {key: np.array([value]) for key, value in plan.numbers.items() if isinstance(value, float)} | sampled

    def happened(self, plan: Plan) -> Booleans:
        """Return which events have happened by the end of each month, (T+1, E, D)."""
        past = np.array([event.happened for event in plan.events], dtype=np.bool_).reshape(1, -1, 1)
        return np.asarray(np.logical_or.accumulate(self.fired, axis=0) | past)


@dataclass(frozen=True)
class Part:
    """Consecutive blocks: their counts added up, their moments one by one, what they keep."""

    counts: Counts
    moments: tuple[Moments, ...]
    kept: Kept


@dataclass(frozen=True)
class Tally:
    """All draws so far."""

    counts: Counts
    moments: Moments
    kept: Kept

    @property
    def n_draws(self) -> int:
        """Number of draws."""
        return self.moments.n


def start(plan: Plan) -> Tally:
    """Return the tally of no draws."""
    shape = (plan.n_steps + 1, len(plan.series))
    nothing = np.zeros(shape)
    return Tally(
        _no_counts(plan),
        Moments(0, nothing, nothing),
        Kept(
            np.empty((*shape, 0), dtype=np.float32),
            np.empty((shape[0], len(plan.events), 0), dtype=np.bool_),
            np.empty((len(inputs_of.uncertain(plan)), 0)),
        ),
    )


def add(tally: Tally, part: Part) -> Tally:
    """Return a tally with the blocks that come next."""
    moments = tally.moments
    for block in part.moments:
        moments = _pooled(moments, block)
    return Tally(_sum(tally.counts, part.counts), moments, _joined([tally.kept, part.kept]))


def _sum(a: Counts, b: Counts) -> Counts:
    return Counts(**{field.name: getattr(a, field.name) + getattr(b, field.name) for field in fields(Counts)})


def _joined(parts: list[Kept]) -> Kept:
    """Return kept draws one after the other."""
    return Kept(*(np.concatenate([getattr(part, field.name) for part in parts], axis=-1) for field in fields(Kept)))


def _pooled(a: Moments, b: Moments) -> Moments:
    """Return the moments of two samples together (Chan, Golub & LeVeque 1983, The American Statistician 37: 242-247)."""
    n = a.n + b.n
    apart = b.mean - a.mean
    return Moments(n, a.mean + apart * (b.n / n), a.squares + b.squares + apart**2 * (a.n * b.n / n))


def tally_blocks(plan: Plan, seed: int, blocks: range, n_draws: int, n_kept: int) -> Part:
    """Return what consecutive blocks of draws come to.

    Parameters
    ----------
    plan : Plan
        From `make_plan`.
    seed : int
        The random seed.
    blocks : range
        Which blocks.
    n_draws : int
        Number of draws of the whole ensemble; the last block may be partial.
    n_kept : int
        How many of the ensemble's first draws are kept whole.
    """
    counts = _no_counts(plan)
    moments, kept = [], []
    for block in blocks:
        n = min(BLOCK, n_draws - block * BLOCK)
        of_block, whole = _tally_block(plan, seed, block, n, min(max(n_kept - block * BLOCK, 0), n), counts)
        moments.append(of_block)
        kept.append(whole)
    return Part(counts, tuple(moments), _joined(kept))


def recounted(plan: Plan, kept: Kept, bounds: Integers, series: int) -> Tally:
    """Return the tally of draws that were kept whole, counted anew with one index formed from the levels.

    Parameters
    ----------
    plan : Plan
        Whose series, bands and questions are counted.
    kept : Kept
        The draws.
    bounds : (3, K) ndarray of int
        How often a clip stopped each factor: kept draws do not tell.
    series : int
        Place of the index in the plan's series.
    """
    counts = _no_counts(plan)
    values = exact_values(plan, kept)
    told = kept.values.copy()
    told[:, series] = values[:, series]
    _count_values(values, counts.histogram)
    _count_bands(_band(values[:, len(plan.factors) :], _cuts(plan)), counts)
    _count_events(kept.fired, counts)
    yes = np.zeros((len(plan.questions), values.shape[2]), dtype=np.bool_)
    now = in_force(plan, kept.fired, kept.numbers(plan))
    _answer(plan, Months(0, values, kept.fired, kept.happened(plan), now, bounds), yes)
    counts.questions[...] += np.count_nonzero(yes, axis=1)
    counts.bounds[...] += bounds
    return Tally(counts, Moments(values.shape[2], *_moments(values)), replace(kept, values=told))


def exact_values(plan: Plan, kept: Kept) -> Floats:
    """Return kept draws in double precision, (T+1, S, D): levels as they are kept, indices formed from them anew.

    A level on an edge of a bin is put exactly there (0.35 is kept a little below), and an index that stands on a cut at the
    start stands where the engine has it, which single precision does not tell.
    """
    k = len(plan.factors)
    values = kept.values.astype(np.float64)
    edges = np.rint(values[:, :k] * BINS_PER_POINT) / BINS_PER_POINT
    np.copyto(values[:, :k], edges, where=edges.astype(np.float32) == kept.values[:, :k])
    departures = values[:, :k] - 50.0
    for row, of_index in enumerate(normalised_weights(plan, kept.numbers(plan)), start=k):
        dynamics.index(departures, of_index, out=values[:, row])
    return values


def _no_counts(plan: Plan) -> Counts:
    t, s, i, e = plan.n_steps + 1, len(plan.series), len(plan.indices), len(plan.events)
    b = max(len(cuts) for cuts in plan.cuts) + 1

    def zeros(*shape: int) -> Integers:
        return np.zeros(shape, dtype=np.int64)

    return Counts(
        histogram=np.zeros((t, s, BINS), dtype=np.int32),
        bands=zeros(t, i, b),
        first_passage=zeros(t, i, b),
        months_in_band=zeros(i, b, t + 1),
        events=zeros(t, e),
        events_first=zeros(t, e),
        events_squared=zeros(e),
        questions=zeros(len(plan.questions)),
        bounds=zeros(3, len(plan.factors)),
    )


def _tally_block(plan: Plan, seed: int, block: int, n: int, n_kept: int, counts: Counts) -> tuple[Moments, Kept]:
    """Add one block to `counts`, and return its moments and what it keeps."""
    inputs = inputs_of.sample(plan, seed, block, n)
    shape = (plan.n_steps + 1, len(plan.series))
    mean, squares = np.empty(shape), np.empty(shape)
    kept = np.empty((*shape, n_kept), dtype=np.float32)
    fired = np.empty((shape[0], len(plan.events), n), dtype=np.bool_)
    band = np.empty((shape[0], len(plan.indices), n), dtype=np.int8)
    cuts = _cuts(plan)
    yes = np.zeros((len(plan.questions), n), dtype=np.bool_)
    for stretch in months(plan, seed, block, n, inputs):
        t = slice(stretch.first, stretch.first + len(stretch.values))
        _count_values(stretch.values, counts.histogram[t])
        mean[t], squares[t] = _moments(stretch.values)
        kept[t], fired[t] = stretch.values[:, :, :n_kept], stretch.fired
        band[t] = _band(stretch.values[:, len(plan.factors) :], cuts)
        counts.bounds[...] += stretch.bounds
        _answer(plan, stretch, yes)
    _count_bands(band, counts)
    _count_events(fired, counts)
    counts.questions[...] += np.count_nonzero(yes, axis=1)
    keys = inputs_of.uncertain(plan)
    sampled = np.stack([inputs[key][:n_kept] for key in keys]) if keys else np.empty((0, n_kept))
    return Moments(n, mean, squares), Kept(kept, fired[:, :, :n_kept].copy(), sampled)


def _count_values(values: Floats, histogram: NDArray[np.int32]) -> None:
    """Add the values of each step and series to its row of bins; values is (m, S, n)."""
    bins = np.empty(values.shape[1:], dtype=np.int64)
    rows = np.arange(len(bins))[:, None] * (BINS + 1)
    for month, counted in zip(values, histogram, strict=True):
        np.multiply(month, BINS_PER_POINT, out=bins, casting="unsafe")
        np.add(bins, rows, out=bins)
        counts = np.bincount(bins.reshape(-1), minlength=len(bins) * (BINS + 1)).reshape(-1, BINS + 1)
        counted += counts[:, :BINS]
        counted[:, -1] += counts[:, BINS]  # 100 itself belongs to the last bin


def _moments(values: Floats) -> tuple[Floats, Floats]:
    """Return means and sums of squared deviations; exactly the value and 0 where all draws agree."""
    # relative to the first draw: equal numbers give exactly 0, and little cancels in the difference below
    first = values[..., :1]
    departure = values - first
    shift = departure.mean(axis=-1)
    squares = np.einsum("...d,...d->...", departure, departure) - values.shape[-1] * shift**2
    return first[..., 0] + shift, np.maximum(squares, 0.0)


def _answer(plan: Plan, stretch: Months, yes: Booleans) -> None:
    for q, asked in enumerate(plan.questions):
        for step in stretch.steps:
            if step == asked.step or (asked.by and step < asked.step):
                yes[q] |= holds(asked.condition, state_of(plan, stretch, step))


def _cuts(plan: Plan) -> Floats:
    """Return the cuts of all indices, (n_cuts, n_indices, 1); an index with fewer never reaches the others."""
    cuts = np.full((max(map(len, plan.cuts)), len(plan.cuts), 1), np.inf)
    for i, own in enumerate(plan.cuts):
        cuts[: len(own), i, 0] = own
    return cuts


def _band(indices: Floats, cuts: Floats) -> NDArray[np.int8]:
    """Return the number of the band each index is in, from 0."""
    band = np.zeros(indices.shape, dtype=np.int8)
    for cut in cuts:
        band += indices >= cut
    return band


def _count_bands(band: NDArray[np.int8], counts: Counts) -> None:
    """Count who is in each band, who is there for the first time, and for how many months; band is (T+1, I, n)."""
    n_steps, n_indices, n = band.shape
    n_bands = counts.bands.shape[2]
    for b in range(n_bands):
        here = band == b
        counts.bands[:, :, b] += _true(here)
        n_months = here.sum(axis=0, dtype=np.int16)
        for i in range(n_indices):
            counts.months_in_band[i, b] += np.bincount(n_months[i], minlength=n_steps + 1)
    place = np.flatnonzero(_first_time(np.left_shift(1, band, dtype=np.int16)))
    flat = place // n * n_bands + band.ravel()[place]
    counts.first_passage[...] += np.bincount(flat, minlength=counts.first_passage.size).reshape(counts.first_passage.shape)


def _count_events(fired: Booleans, counts: Counts) -> None:
    """Count firings, first firings and a draw's squared number of firings; fired is (T+1, E, n)."""
    counts.events[...] += _true(fired)
    counts.events_first[...] += _true(_first_time(fired.view(np.int8)))
    counts.events_squared[...] += (fired.sum(axis=0, dtype=np.int16).astype(np.int64) ** 2).sum(axis=1)


def _true(values: Booleans) -> Integers:
    """Return how many are true along the last axis."""
    # row by row: numpy counts a row of booleans thirty times faster than it sums along an axis
    rows = values.reshape(-1, values.shape[-1])
    return np.array([np.count_nonzero(row) for row in rows], dtype=np.int64).reshape(values.shape[:-1])


def _first_time(bits: NDArray[np.signedinteger]) -> Booleans:
    """Return where a bit is set that was never set before along the first axis."""
    # step by step, because ufunc.accumulate along the first axis is thirty times slower
    new = np.empty(bits.shape, dtype=np.bool_)
    been = np.zeros_like(bits[0])
    for step, now in enumerate(bits):
        np.not_equal(now & ~been, 0, out=new[step])
        been |= now
    return new
