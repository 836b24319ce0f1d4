"""What each source adds to each factor, draw by draw: the arithmetic behind the ledger (docs/model.md, The ledger).

Given what fires, the recursion is linear but for the acts, and what several acts do together is shared by the Aumann-Shapley
value; so each source is carried as its own component of the level and of the resting level. The engine's own months are
replayed from their named streams: the same bits as in the ensemble.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from simulator.arrays import Floats, Integers
from simulator.engine import dynamics
from simulator.engine.events import jumps_of
from simulator.engine.months import Factors, Step, draw, factors_of, normalised_weights, steps
from simulator.engine.plan import Plan
from simulator.engine.streams import BLOCK
from simulator.engine.trials import shift_pairs
from simulator.ensemble.simulation import Progress

# Kinds of source, in the order of a ledger's rows.
KINDS = ("way to target", "jump", "shift", "spillover", "innovations", "bounds")


@dataclass(frozen=True)
class Entry:
    """One source of one factor's change; `name` is the event that acts or the factor that spills over, else empty."""

    kind: str
    name: str
    factor: int


@dataclass(frozen=True)
class Parts:
    """What each source has added to each factor's level since the start; D draws."""

    entries: tuple[Entry, ...]
    parts: Floats  # (n_entries, D), points of the factor's level
    start: Floats  # (n_factors, D): the level at the start
    change: Floats  # (n_factors, D): the level less that of the start, as the engine has it
    weights: tuple[tuple[tuple[int, Floats], ...], ...]  # by index: (factor, normalised weight)


def entries_of(plan: Plan) -> tuple[Entry, ...]:
    """Return every source that can move a factor of a plan."""
    factors = range(len(plan.factors))
    own = [(kind, "", k) for kind in ("way to target", "innovations", "bounds") for k in factors]
    jumps = [("jump", event.name, k) for event in plan.events for k in event.jumps]
    shifts = [("shift", event.name, k) for event in plan.events for k in event.shifts]
    spilled = [("spillover", plan.factors[source], sink) for source, sink, _ in plan.spillovers]
    rows = sorted((*own, *jumps, *shifts, *spilled), key=lambda row: KINDS.index(row[0]))  # stable: the files' order
    return tuple(Entry(*row) for row in rows)


def attribute(plan: Plan, seed: int, n_draws: int, month: int, progress: Progress | None = None) -> Parts:
    """Return what each source has added to each factor by the end of a month, in the first draws.

    Parameters
    ----------
    plan : Plan
        From `make_plan`.
    seed : int
        The random seed of the ensemble.
    n_draws : int
        How many draws, from the first.
    month : int
        Within 0 to the horizon.
    progress : callable, optional
        Called with the draws done and those to be done in all.
    """
    blocks = []
    for first in range(0, n_draws, BLOCK):
        n = min(BLOCK, n_draws - first)
        blocks.append(_block(plan, seed, first // BLOCK, n, month))
        if progress is not None:
            progress(first + n, n_draws)
    weights = tuple(_joined([dict(one.weights[i]) for one in blocks], blocks) for i in range(len(plan.indices)))
    parts, start, change = (
        np.concatenate([getattr(b, key) for b in blocks], axis=-1) for key in ("parts", "start", "change")
    )
    return Parts(blocks[0].entries, parts, start, change, weights)


def _joined(of_blocks: Sequence[Mapping[int, Floats]], blocks: Sequence[Parts]) -> tuple[tuple[int, Floats], ...]:
    """Return an index's weights over all blocks; one that is zero throughout a block is not among that block's."""
    sizes = [block.start.shape[1] for block in blocks]
    return tuple(
        (k, np.concatenate([np.broadcast_to(own.get(k, np.zeros(1)), n) for own, n in zip(of_blocks, sizes, strict=True)]))
        for k in sorted({factor for own in of_blocks for factor in own})
    )


def _block(plan: Plan, seed: int, block: int, n: int, month: int) -> Parts:
    """Return the parts of one block of draws: the engine's own steps, every term added to its source."""
    drawn, entries = draw(plan, seed, block, n), entries_of(plan)
    factors, weights = factors_of(plan, drawn.inputs, n), normalised_weights(plan, drawn.inputs)
    replay, level = _Replay(plan, entries, factors), factors.start
    for now in islice(steps(plan, drawn, factors, weights), month):
        replay.take(now)
        level = now.level
    return Parts(entries, replay.parts, factors.start, level - factors.start, tuple(map(tuple, weights)))


class _Replay:
    """The components of one block: of levels, of resting levels, and of the offsets in force."""

    def __init__(self, plan: Plan, entries: Sequence[Entry], factors: Factors) -> None:
        n = factors.start.shape[1]
        self.factor = np.array([entry.factor for entry in entries])
        self.rows = {(entry.kind, entry.name, entry.factor): row for row, entry in enumerate(entries)}
        self.plan, self.factors = plan, factors
        pairs = [self.rows["shift", plan.events[e].name, k] for e, k in shift_pairs(plan)]
        self.shifted = np.array(pairs, dtype=np.int64)
        self.parts = np.zeros((len(entries), n))
        self.offsets = np.zeros((len(entries), n))
        # by kind: what has moved the resting level since the start
        self.rested = {kind: np.zeros((len(plan.factors), n)) for kind in ("way to target", "innovations", "bounds")}

    def take(self, now: Step) -> None:
        """Take every component one month on."""
        for shift in now.shifts:
            self.offsets[self.shifted[shift.pairs], shift.draws] += shift.sizes  # no draw comes twice in one
        self._pull(now)
        self._jump(now)
        for k, taken in now.clipped[1]:
            self.parts[self.rows["bounds", "", k]] += taken
        self._rest(now)

    def _of(self, kind: str) -> Integers:
        """Return the rows of a kind that every factor has, in the order of the factors."""
        return np.array([self.rows[kind, "", k] for k in range(len(self.plan.factors))])

    def _pull(self, now: Step) -> None:
        """Keep what is left of each component, and add what its source pulls."""
        pulls = self._pulls(now)
        # row by row: what is worked on stays in the processor's cache
        for row, (part, k) in enumerate(zip(self.parts, self.factor, strict=True)):
            kept = self.factors.phi[k]
            part *= kept
            if row in pulls:
                part += (1 - kept) * pulls[row]
        self.parts[self._of("innovations")] += now.innovation

    def _pulls(self, now: Step) -> dict[int, Floats]:
        """Return what each source pulls its factor's level to, less where it stood; by row, of those that pull at all."""
        together = np.zeros_like(now.resting)
        for row in sorted(self.shifted):
            together[self.factor[row]] += self.offsets[row]
        each = dynamics.shares(now.resting, together)
        pulls = {row: self.offsets[row] * each[self.factor[row]] for row in self.shifted}
        for kind, rested in self.rested.items():
            pulls |= dict(zip(self._of(kind), rested, strict=True))
        for k, taken in now.clipped[0]:
            row = self.rows["bounds", "", k]
            pulls[row] = pulls[row] + taken
        risen = now.before - self.factors.start
        for source, sink, value in self.plan.spillovers:
            pulls[self.rows["spillover", self.plan.factors[source], sink]] = value * risen[source]
        return pulls

    def _jump(self, now: Step) -> None:
        """Add to each event its share of what the jumps of this step do together."""
        n = now.before.shape[1]
        cells, sizes = jumps_of(now.acting, n)
        each = np.zeros(now.before.size)
        each[cells] = dynamics.shares(now.before.reshape(-1)[cells], sizes)
        for act in now.acting:
            name = self.plan.events[act.event].name
            for factor, size in act.jumps:
                self.parts[self.rows["jump", name, factor], act.draws] += size * each[factor * n + act.draws]

    def _rest(self, now: Step) -> None:
        """Take the components of the resting level one month on."""
        psi, way = self.factors.psi, self.factors.target - self.factors.start
        for kind, pull, push in (("way to target", way, 0.0), ("innovations", 0.0, now.wander), ("bounds", 0.0, 0.0)):
            self.rested[kind] = psi * self.rested[kind] + (1 - psi) * pull + push
        for k, taken in now.clipped[2]:
            self.rested["bounds"][k] += taken
