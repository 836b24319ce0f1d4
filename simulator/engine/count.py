"""Blocks of draws counted: values, bands, events and questions, each draw with its weight where a record gives it one."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from simulator.arrays import Booleans, Floats, Integers
from simulator.engine import dynamics
from simulator.engine import sampling as inputs_of
from simulator.engine.events import in_force
from simulator.engine.evidence import whole
from simulator.engine.months import Months, months, normalised_weights, state_of
from simulator.engine.plan import Plan
from simulator.engine.streams import BLOCK
from simulator.engine.tally import BINS, BINS_PER_POINT, Counts, Kept, Moments, Part, Tally, joined, no_counts
from simulator.scenario.conditions import holds


def tally_blocks(plan: Plan, seed: int, blocks: range, n_draws: int, n_kept: int, scale: float) -> Part:
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
    scale : float
        From `months.scale_of_weights`.
    """
    counts = no_counts(plan)
    found = []
    for block in blocks:
        n = min(BLOCK, n_draws - block * BLOCK)
        found.append(_tally_block(plan, seed, block, n, min(max(n_kept - block * BLOCK, 0), n), counts, scale))
    moments, of_squares, kept = zip(*found, strict=True)
    drawn = min(blocks.stop * BLOCK, n_draws) - blocks.start * BLOCK
    return Part(drawn, counts, moments, of_squares, joined(list(kept)))


def recounted(plan: Plan, kept: Kept, bounds: Integers, series: int | None = None) -> Tally:
    """Return the tally of draws that were kept whole, counted anew, perhaps with one index formed from the levels.

    Parameters
    ----------
    plan : Plan
        Whose series, bands and questions are counted.
    kept : Kept
        The draws.
    bounds : (3, K) ndarray of int
        How often a clip stopped each factor: kept draws do not tell.
    series : int, optional
        Place of an index that is formed anew in the plan's series.
    """
    counts, values = no_counts(plan), exact_values(plan, kept)
    told = kept.values
    if series is not None:
        told = told.copy()
        told[:, series] = values[:, series]
    w = kept.weights.astype(np.float64) if plan.observations else None
    _count_values(values, w, counts.histogram)
    _count_bands(_band(values[:, len(plan.factors) :], _cuts(plan)), w, counts)
    _count_events(kept.fired, plan.known, w, counts)
    yes = np.zeros((len(plan.questions), values.shape[2]), dtype=np.bool_)
    now = in_force(plan, kept.fired, kept.numbers(plan))
    _answer(plan, Months(0, values, kept.fired, kept.happened(plan), now, bounds, None), yes)
    counts.questions[...] += _true(yes, w)
    counts.bounds[...] += bounds
    moments, of_squares = _moments(values, w)
    return Tally(values.shape[2], counts, moments, of_squares, replace(kept, values=told))


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


def _tally_block(
    plan: Plan, seed: int, block: int, n: int, n_kept: int, counts: Counts, scale: float
) -> tuple[Moments, Moments, Kept]:
    """Add one block to `counts`, and return its moments and what it keeps."""
    inputs = inputs_of.sample(plan, seed, block, n)
    shape = (plan.n_steps + 1, len(plan.series))
    found: list[tuple[Moments, Moments]] = []
    kept = np.empty((*shape, n_kept), dtype=np.float32)
    fired = np.empty((shape[0], len(plan.events), n), dtype=np.bool_)
    band = np.empty((shape[0], len(plan.indices), n), dtype=np.int8)
    cuts = _cuts(plan)
    yes = np.zeros((len(plan.questions), n), dtype=np.bool_)
    for w, stretch in _weighed(plan, months(plan, seed, block, n, inputs), scale):
        t = slice(stretch.first, stretch.first + len(stretch.values))
        _count_values(stretch.values, w, counts.histogram[t])
        found.append(_moments(stretch.values, w))
        kept[t], fired[t] = stretch.values[:, :, :n_kept], stretch.fired
        band[t] = _band(stretch.values[:, len(plan.factors) :], cuts)
        counts.bounds[...] += stretch.bounds
        _answer(plan, stretch, yes)
    _count_bands(band, w, counts)
    _count_events(fired, plan.known, w, counts)
    counts.questions[...] += _true(yes, w)
    keys = inputs_of.uncertain(plan)
    sampled = np.stack([inputs[key][:n_kept] for key in keys]) if keys else np.empty((0, n_kept))
    weights = np.ones(n_kept, dtype=np.int64) if w is None else w[:n_kept].astype(np.int64)
    moments, of_squares = (_in_time([both[i] for both in found]) for i in range(2))
    return moments, of_squares, Kept(kept, fired if n_kept == n else fired[:, :, :n_kept].copy(), sampled, weights)


def _weighed(plan: Plan, stretches: Iterable[Months], scale: float) -> Iterator[tuple[Floats | None, Months]]:
    """Yield the stretches of a block with its draws' weights; None where a record gives them none.

    The stretches that a record covers wait until all of it has been read: before that no draw has its weight.
    """
    w: Floats | None = None
    waiting: list[Months] = []
    for stretch in stretches:
        waiting.append(stretch)
        if plan.observations and (stretch.evidence is None or stretch.steps.stop <= plan.known):
            continue
        if plan.observations and w is None and stretch.evidence is not None:
            w = whole(stretch.evidence.total, scale)
        for one in waiting:
            yield w, one
        waiting.clear()


def _count_values(values: Floats, w: Floats | None, histogram: NDArray[np.int32] | Integers) -> None:
    """Add the values of each step and series to its row of bins; values is (m, S, n)."""
    bins = np.empty(values.shape[1:], dtype=np.int64)
    rows = np.arange(len(bins))[:, None] * (BINS + 1)
    each = None if w is None else np.tile(w, len(bins))
    for month, counted in zip(values, histogram, strict=True):
        np.multiply(month, BINS_PER_POINT, out=bins, casting="unsafe")
        np.add(bins, rows, out=bins)
        counts = np.bincount(bins.reshape(-1), each, minlength=len(bins) * (BINS + 1)).reshape(-1, BINS + 1)
        counts = counts.astype(histogram.dtype, copy=False)  # sums of whole numbers: exact in any order
        counted += counts[:, :BINS]
        counted[:, -1] += counts[:, BINS]  # 100 itself belongs to the last bin


def _moments(values: Floats, w: Floats | None) -> tuple[Moments, Moments]:
    """Return moments with weights, and with their squares; exactly the value and 0 where all draws agree."""
    # relative to a draw that counts: equal numbers give exactly 0, and little cancels in the differences below
    first = values[..., :1] if w is None else values[..., int(w.argmax()), None]
    departure = values - first
    if w is not None:
        return _weighted_moments(first, departure, w), _weighted_moments(first, departure, w**2)
    shift = departure.mean(axis=-1)
    squares = np.einsum("...d,...d->...", departure, departure) - values.shape[-1] * shift**2
    found = Moments(values.shape[-1], first[..., 0] + shift, np.maximum(squares, 0.0))
    return found, found


def _weighted_moments(first: Floats, departure: Floats, w: Floats) -> Moments:
    total = float(w.sum())
    shift = np.einsum("...d,d->...", departure, w) / total if total else np.zeros(departure.shape[:-1])
    squares = np.einsum("...d,...d,d->...", departure, departure, w) - total * shift**2
    return Moments(total, first[..., 0] + shift, np.maximum(squares, 0.0))


def _in_time(stretches: list[Moments]) -> Moments:
    """Return the moments of one block's stretches, one after the other."""
    mean, squares = (np.concatenate([getattr(one, key) for one in stretches]) for key in ("mean", "squares"))
    return Moments(stretches[0].weight, mean, squares)


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


def _count_bands(band: NDArray[np.int8], w: Floats | None, counts: Counts) -> None:
    """Count who is in each band, who is there for the first time, and for how many months; band is (T+1, I, n)."""
    n_steps, n_indices, n = band.shape
    n_bands = counts.bands.shape[2]
    for b in range(n_bands):
        here = band == b
        counts.bands[:, :, b] += _true(here, w)
        n_months = here.sum(axis=0, dtype=np.int16)
        for i in range(n_indices):
            counts.months_in_band[i, b] += np.bincount(n_months[i], w, minlength=n_steps + 1).astype(np.int64)
    place = np.flatnonzero(_first_time(np.left_shift(1, band, dtype=np.int16)))
    flat = place // n * n_bands + band.ravel()[place]
    each = None if w is None else w[place % n]
    reached = np.bincount(flat, each, minlength=counts.first_passage.size).astype(np.int64)
    counts.first_passage[...] += reached.reshape(counts.first_passage.shape)


def _count_events(fired: Booleans, known: int, w: Floats | None, counts: Counts) -> None:
    """Count firings, first firings, those after what is known, and a draw's squared number; fired is (T+1, E, n)."""
    if known:
        counts.events_still[...] += _true(np.asarray(fired[known + 1 :].any(axis=0)), w)
    counts.events[...] += _true(fired, w)
    counts.events_first[...] += _true(_first_time(fired.view(np.int8)), w)
    squared = fired.sum(axis=0, dtype=np.int16).astype(np.int64) ** 2
    counts.events_squared[...] += squared.sum(axis=1) if w is None else (squared * w).sum(axis=1).astype(np.int64)


def _true(values: Booleans, w: Floats | None) -> Integers:
    """Return how many are true along the last axis, or the sum of their weights."""
    # row by row: numpy counts a row of booleans thirty times faster than it sums along an axis
    rows = values.reshape(-1, values.shape[-1])
    found = [np.count_nonzero(row) if w is None else int(w[row].sum()) for row in rows]
    return np.array(found, dtype=np.int64).reshape(values.shape[:-1])


def _first_time(bits: NDArray[np.signedinteger]) -> Booleans:
    """Return where a bit is set that was never set before along the first axis."""
    # step by step, because ufunc.accumulate along the first axis is thirty times slower
    new = np.empty(bits.shape, dtype=np.bool_)
    been = np.zeros_like(bits[0])
    for step, now in enumerate(bits):
        np.not_equal(now & ~been, 0, out=new[step])
        been |= now
    return new
