"""Which states a scenario can reach: bounds of all that conditions read, month by month, whatever is drawn.

Nothing is simulated: interval arithmetic over-approximates. A state outside the bounds is impossible in every draw, up to
rounding in the last bit of an index at the very ends of the scale; one within them may be impossible all the same.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import inf, nextafter

import numpy as np

from simulator.engine.plan import Plan, TimedEvent, make_plan
from simulator.scenario.numbers import Key, ends
from simulator.scenario.schema import MAX_MONTHS, Scenario

# Least and greatest value: points of a factor or an index; of an event 0, not happened, and 1, happened.
Interval = tuple[float, float]
Bounds = Mapping[str, Interval]

SCALE: Interval = (0.0, 100.0)
NOT_YET: Interval = (0.0, 0.0)

# Points. Sampled numbers and weighted means are rounded; their bounds are widened by far more than that.
SLACK = 1e-6

OPPOSITE: Mapping[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE,
    ast.LtE: ast.Gt,
    ast.Gt: ast.LtE,
    ast.GtE: ast.Lt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
}


@dataclass(frozen=True)
class Reachability:
    """Bounds of the states at the end of each step from the start; past the horizon too, for a calendar may reach there."""

    plan: Plan
    horizon: int
    bounds: tuple[Bounds, ...]

    def may_be(self, tree: ast.expr, wanted: bool, steps: Iterable[int]) -> bool:
        """Tell whether a condition may be true, or false, at the end of some of these steps."""
        return any(narrowed(tree, wanted, self.bounds[step]) is not None for step in steps)

    def first_step(self, event: str) -> int | None:
        """Return the first step in which an event may happen; None if it never can."""
        return next((step for step, bounds in enumerate(self.bounds) if bounds[event][1] == 1), None)

    def steps_read(self, event: TimedEvent) -> range:
        """Return the steps after which an event's condition is read, within the horizon."""
        return range(event.first - 1, min(event.last, self.horizon))


def reachability(scenario: Scenario) -> Reachability:
    """Return which states a scenario can reach; a relationship, which has no horizon, is followed to the longest.

    Examples
    --------
    >>> from simulator.files.read import read_scenario
    >>> reach = reachability(read_scenario("baseline", ["events.leaders_meeting.when='new_start_ends'"]))
    >>> reach.first_step("new_start_ends"), reach.first_step("leaders_meeting")
    (13, 14)
    """
    plan = make_plan(scenario.model_copy(update={"months": MAX_MONTHS}))
    bounds = [_start(plan)]
    chances = {event.name: _chance(plan, event) for event in plan.events if event.first <= event.last}
    for step in range(1, MAX_MONTHS + 1):
        before = bounds[-1]
        happened: dict[str, Interval] = {}
        for event in plan.events:
            if event.first <= step <= event.last:
                happened[event.name] = _joined(
                    happened.get(event.name, before[event.name]), _happened(event, chances, before)
                )
                for named in (plan.events[e].name for e in event.counts_as):
                    happened[named] = _joined(happened.get(named, before[named]), happened[event.name])
        # what has happened may be in force, or no longer
        in_force = {f"{name}.in_force": (0.0, most) for name, (_, most) in happened.items()}
        bounds.append({**before, **dict.fromkeys(plan.series, SCALE), **happened, **in_force})
    return Reachability(plan, scenario.months or MAX_MONTHS, tuple(bounds))


def _joined(a: Interval, b: Interval) -> Interval:
    """Return whether an event has happened by one of two ways."""
    return max(a[0], b[0]), max(a[1], b[1])


def _happened(event: TimedEvent, chances: Mapping[str, Interval], before: Bounds) -> Interval:
    """Return whether an event has happened, at least and at most, after a step in which it is eligible."""
    chance, (least, most) = chances[event.name], before[event.name]
    if chance[0] == 1 and not least:
        least = float(event.when is None or narrowed(event.when.tree, False, before) is None)
    if chance[1] > 0 and not most:
        most = float(event.when is None or narrowed(event.when.tree, True, before) is not None)
    return least, most


def _chance(plan: Plan, event: TimedEvent) -> Interval:
    """Return the range of an event's chance in an eligible step; a rate, however high, makes no month certain."""
    low, high = event.chance_per_step(np.array(interval_of(plan, event.chance_key))).tolist()
    return low, high


def interval_of(plan: Plan, key: Key) -> Interval:
    """Return the least and the greatest value of a number."""
    return ends(plan.numbers[key], key.kind)


def _start(plan: Plan) -> Bounds:
    """Return the bounds at the start: levels and weights are within their laws, and only what is past has happened."""
    levels = {name: interval_of(plan, Key("factors", name, "level")) for name in plan.factors}
    indices = {}
    for name, keys in zip(plan.indices, plan.weights, strict=True):
        parts = [part for factor, key in keys for part in _parts(levels[plan.factors[factor]], interval_of(plan, key))]
        indices[name] = 100 - _highest([(_mirrored(level), weight) for level, weight in parts]), _highest(parts)
    widened = {
        name: (low - SLACK, high + SLACK)
        for name, (low, high) in {**levels, **indices}.items()
        if name in indices or low < high
    }
    events = dict.fromkeys([*(event.name for event in plan.events), *plan.absent], NOT_YET)
    events |= {event.name: (1.0, 1.0) for event in plan.events if event.happened}
    in_force = {f"{name}.in_force": (0.0, most) for name, (_, most) in events.items()}
    return {**levels, **widened, **events, **in_force}


def _parts(level: Interval, weight: Interval) -> Iterator[tuple[Interval, Interval]]:
    """Yield what a factor brings to an index, with weights of 0 or more: a negative one is a positive one of 100 - level."""
    if weight[1] > 0:
        yield level, (max(weight[0], 0.0), weight[1])
    if weight[0] < 0:
        yield _mirrored(level), (max(-weight[1], 0.0), -weight[0])


def _mirrored(level: Interval) -> Interval:
    return 100 - level[1], 100 - level[0]


def _highest(parts: list[tuple[Interval, Interval]]) -> float:
    """Return the upper end of a weighted mean of intervals.

    It is where some of the highest levels have their full weights and the others their least; which, is tried.
    """
    best = -inf
    for (_, threshold), _ in parts:
        weights = [weight[level[1] >= threshold] for level, weight in parts]
        if sum(weights) > 0:
            best = max(best, sum(w * level[1] for w, (level, _) in zip(weights, parts, strict=True)) / sum(weights))
    return best


def narrowed(tree: ast.expr, wanted: bool, bounds: Bounds) -> Bounds | None:
    """Return bounds that hold every state within `bounds` in which a condition is `wanted`; None if there is no such state.

    Parameters
    ----------
    tree : ast.expr
        Of a parsed condition.
    wanted : bool
        Whether it is to be true or false.
    bounds : mapping of str to (float, float)
        By name; events 0 to 1.

    Notes
    -----
    Interval constraint propagation, in one pass. Parts of a conjunction narrow one after the other, so that comparisons of
    one name with numbers may exclude each other; of a disjunction the bounds are those of the interval hull. How several
    names depend on each other is not known.

    Examples
    --------
    >>> from simulator.scenario.conditions import parse
    >>> tree = parse("warmth < 20 and warmth > 30", {"warmth"}).tree
    >>> narrowed(tree, True, {"warmth": (0, 100)}), narrowed(tree, False, {"warmth": (0, 100)})
    (None, {'warmth': (0, 100)})
    """
    match tree:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return narrowed(operand, not wanted, bounds)
        case ast.BoolOp(op=op, values=parts):
            return (_all if isinstance(op, ast.And) == wanted else _any)(parts, wanted, bounds)
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return _compared(left, type(op) if wanted else OPPOSITE[type(op)], right, bounds)
        case ast.Compare(left=left, ops=ops, comparators=sides):
            pairs = [ast.Compare(a, [op], [b]) for a, op, b in zip([left, *sides[:-1]], ops, sides, strict=True)]
            return (_all if wanted else _any)(pairs, wanted, bounds)
        case ast.Name() | ast.Attribute():
            name = ast.unparse(tree)
            low, high = bounds[name]
            return {**bounds, name: (float(wanted), float(wanted))} if low <= wanted <= high else None
    raise AssertionError(f"parse() lets no {type(tree).__name__} through")


def _all(parts: Iterable[ast.expr], wanted: bool, bounds: Bounds) -> Bounds | None:
    for part in parts:
        inside = narrowed(part, wanted, bounds)
        if inside is None:
            return None
        bounds = inside
    return bounds


def _any(parts: Iterable[ast.expr], wanted: bool, bounds: Bounds) -> Bounds | None:
    found = [inside for part in parts if (inside := narrowed(part, wanted, bounds)) is not None]
    if not found:
        return None
    return {name: (min(inside[name][0] for inside in found), max(inside[name][1] for inside in found)) for name in bounds}


def _compared(left: ast.expr, op: type[ast.cmpop], right: ast.expr, bounds: Bounds) -> Bounds | None:
    """Return bounds narrowed by one comparison; below and above a number mean the next one that a computer knows."""
    if op in (ast.Gt, ast.GtE):
        return _compared(right, ast.Lt if op is ast.Gt else ast.LtE, left, bounds)
    (a, b), (c, d) = _side(left, bounds), _side(right, bounds)
    if op is ast.NotEq:
        return None if a == b == c == d else bounds
    if op is ast.Eq:
        a, b = c, d = max(a, c), min(b, d)
    elif op is ast.LtE:
        b, c = min(b, d), max(a, c)
    else:
        b, c = min(b, nextafter(d, -inf)), max(c, nextafter(a, inf))
    if a > b or c > d:
        return None
    return {**bounds, **{s.id: ends for s, ends in ((left, (a, b)), (right, (c, d))) if isinstance(s, ast.Name)}}


def _side(side: ast.expr, bounds: Bounds) -> Interval:
    if isinstance(side, ast.Name):
        return bounds[side.id]
    value = float(ast.literal_eval(side))
    return value, value
