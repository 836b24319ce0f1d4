"""What each source adds to each factor, draw by draw: the arithmetic behind the ledger (docs/model.md, section 8).

Given what fires, the recursion is linear, so each source is carried as its own component of the level and of the resting
level. The months are replayed from their named streams: the same bits as in the ensemble.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from simulator.arrays import Floats, Integers
from simulator.engine import dynamics
from simulator.engine.events import Acting, Events
from simulator.engine.months import STRETCH, innovations, normalised_weights, of_factors, read, targets
from simulator.engine.plan import Plan
from simulator.engine.sampling import sample
from simulator.engine.streams import BLOCK

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
    parts: Floats  # (n_months, n_entries, D), points of the factor's level
    start: Floats  # (n_factors, D): the level at the start
    change: Floats  # (n_months, n_factors, D): the level less that of the start, as the engine has it
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


def attribute(plan: Plan, seed: int, n_draws: int, months: Sequence[int]) -> Parts:
    """Return what each source has added to each factor by some months, in the first draws.

    Parameters
    ----------
    plan : Plan
        From `make_plan`.
    seed : int
        The random seed of the ensemble.
    n_draws : int
        How many draws, from the first.
    months : sequence of int
        Within 0 to the horizon, increasing.
    """
    blocks = [
        _block(plan, seed, block, min(BLOCK, n_draws - block * BLOCK), months) for block in range(-(-n_draws // BLOCK))
    ]
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


def _block(plan: Plan, seed: int, block: int, n: int, months: Sequence[int]) -> Parts:
    """Return the parts of one block of draws."""
    inputs = sample(plan, seed, block, n)
    entries = entries_of(plan)
    replay = _Replay(plan, entries, n)
    start = np.array(np.broadcast_to(of_factors(plan, inputs, "level"), (len(plan.factors), n)))
    x = r = start
    target, volatility, drift = (
        targets(plan, inputs),
        of_factors(plan, inputs, "volatility"),
        of_factors(plan, inputs, "drift"),
    )
    phi, psi = (dynamics.retention(of_factors(plan, inputs, key)) for key in ("half_life", "settling"))
    weights, events = normalised_weights(plan, inputs), Events(plan, seed, block, n, inputs)
    parts = np.zeros((len(months), len(entries), n))
    change = np.zeros((len(months), *start.shape))
    for step, e, wander in _noises(plan, seed, block, n, max(months, default=0)):
        # as in `paths.months`, with every term kept apart
        events.expire(step - 1)
        replay.expire(step - 1)
        unclipped = dynamics.attraction(r, events.offset, x, start, plan.spillovers)
        a = dynamics.within_scale(unclipped)
        fired = events.fire(step, read(plan, x, events.happened, weights))
        innovation = dynamics.moved(x, volatility, e)
        level = dynamics.pulled(x, a, phi) + innovation
        replay.step(phi, x - start, a - unclipped, innovation)
        replay.act(step, events.acting(step, fired), x, a)
        events.act(step, fired, x, a, level)
        wandered = dynamics.moved(r, drift, wander)
        resting = dynamics.pulled(r, target, psi) + wandered
        x, r = dynamics.within_scale(level), dynamics.within_scale(resting)
        replay.stopped(x - level)
        replay.rest(psi, target - start, wandered, r - resting)
        if step in months:
            parts[months.index(step)], change[months.index(step)] = replay.parts, x - start
    return Parts(entries, parts, start, change, tuple(map(tuple, weights)))


def _noises(plan: Plan, seed: int, block: int, n: int, last: int) -> Iterator[tuple[int, Floats, Floats]]:
    """Yield each step with its innovations of levels and of resting levels."""
    drawn = innovations(plan, seed, block, n)
    for first in range(1, last + 1, STRETCH):
        of_levels, of_resting = next(drawn)
        for i, step in enumerate(range(first, min(first + STRETCH, last + 1))):
            yield step, of_levels[:, i], of_resting[:, i]


class _Replay:
    """The components of one block: of levels, of resting levels, and of the offsets in force."""

    def __init__(self, plan: Plan, entries: Sequence[Entry], n: int) -> None:
        self.factor = np.array([entry.factor for entry in entries])
        self.rows = {(entry.kind, entry.name, entry.factor): row for row, entry in enumerate(entries)}
        self.plan = plan
        self.parts = np.zeros((len(entries), n))
        self.offsets = np.zeros((len(entries), n))
        self.ending: dict[int, list[tuple[int, Integers, Floats]]] = {}
        # by kind: what has moved the resting level since the start
        self.rested = {kind: np.zeros((len(plan.factors), n)) for kind in ("way to target", "innovations", "bounds")}

    def _of(self, kind: str) -> Integers:
        """Return the rows of a kind that every factor has, in the order of the factors."""
        return np.array([self.rows[kind, "", k] for k in range(len(self.plan.factors))])

    def step(self, phi: Floats, risen: Floats, stopped: Floats, innovation: Floats) -> None:
        """Take every component one month on: what is left of it, and what its source pulls."""
        kept = phi[self.factor]
        pull = self.offsets.copy()
        for kind, rested in self.rested.items():
            pull[self._of(kind)] += rested
        pull[self._of("bounds")] += stopped
        for source, sink, value in self.plan.spillovers:
            pull[self.rows["spillover", self.plan.factors[source], sink]] += value * risen[source]
        self.parts *= kept
        self.parts += (1 - kept) * pull
        self.parts[self._of("innovations")] += innovation

    def act(self, step: int, acting: Iterable[Acting], level: Floats, attraction: Floats) -> None:
        """Add the jumps of this step, and put its shifts in force from the next."""
        for act in acting:
            name, draws = self.plan.events[act.event].name, act.draws
            for factor, size in act.jumps:
                self.parts[self.rows["jump", name, factor], draws] += dynamics.effective(size, level[factor, draws])
            for factor, size in act.shifts:
                row, amounts = self.rows["shift", name, factor], dynamics.effective(size, attraction[factor, draws])
                self.offsets[row, draws] += amounts
                for months in np.unique(act.lasts[act.lasts > 0]):
                    these = act.lasts == months
                    self.ending.setdefault(step + int(months), []).append((row, draws[these], amounts[these]))

    def expire(self, step: int) -> None:
        """End the shifts that are no longer in force."""
        for row, draws, amounts in self.ending.pop(step, ()):
            self.offsets[row, draws] -= amounts

    def stopped(self, clipped: Floats) -> None:
        """Add what the ends of the scale took from the levels."""
        self.parts[self._of("bounds")] += clipped

    def rest(self, psi: Floats, way: Floats, wandered: Floats, clipped: Floats) -> None:
        """Take the components of the resting level one month on."""
        for kind, pull, push in (("way to target", way, 0.0), ("innovations", 0.0, wandered), ("bounds", 0.0, clipped)):
            self.rested[kind] = psi * self.rested[kind] + (1 - psi) * pull + push
