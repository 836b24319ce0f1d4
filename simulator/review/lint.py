"""What `relsim check` warns of without blocking: a valid scenario that says what its author can hardly mean."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from simulator.arrays import KeyPath
from simulator.engine.plan import Asked, TimedEvent
from simulator.errors import Problem
from simulator.files.layers import Layer
from simulator.files.read import Reading
from simulator.files.toml import line_of
from simulator.review.past import words
from simulator.review.reachability import NOT_YET, SCALE, Bounds, Reachability, interval_of, narrowed, reachability
from simulator.review.show import basis, stated_numbers
from simulator.scenario.calendar import end_of_step
from simulator.scenario.known import remarks
from simulator.scenario.links import spillover_matrix
from simulator.scenario.numbers import Key, as_text, median

# What `basis` calls a source that names nothing.
UNSOURCED = ("none stated", "assumption")

# Points. Nobody knows a target better than this: from p10 to p90 the shipped ones span 13 and more.
FAR = 5

# Once in fifty, or all but once in fifty: no count of political events is long enough to tell it from 0 or 1.
EXTREME = 0.02


@dataclass(frozen=True)
class View:
    """A scenario as it was read, with the states it can reach."""

    reading: Reading
    reach: Reachability

    def problem(self, path: KeyPath, message: str) -> Problem:
        """Return a warning at the line that states a key."""
        layer = self.reading.origin[path]
        where = layer.where if layer.kind == "override" else f"{layer.where}:{line_of(layer.text, path)}"
        return Problem(where, ".".join(map(str, path)), message)

    def day(self, step: int) -> str:
        """Return the day on which a step ends."""
        return end_of_step(self.reach.plan.begins, step).isoformat()

    def last_file(self) -> Layer:
        """Return the file that was asked for."""
        return [layer for layer in self.reading.layers if layer.kind != "override"][-1]

    def is_own(self, path: KeyPath) -> bool:
        """Tell whether that file, or an override, states a key; what it builds on is for a check of its own."""
        layer = self.reading.origin[path]
        return layer.kind == "override" or layer is self.last_file()


def warnings(reading: Reading) -> list[Problem]:
    """Return what a scenario says that its author can hardly mean; none of it keeps it from running.

    Parameters
    ----------
    reading : Reading
        From `read_layers`.

    Returns
    -------
    list of Problem
        Targets that spillovers contradict, events that are past or can never happen, conditions that say nothing, trials
        that are over in the first month, questions whose answer is known, certainty without a source, and what of a record
        is not read as it stands.

    Examples
    --------
    >>> from simulator.files.read import read_layers
    >>> found = warnings(read_layers("baseline", ["events.leaders_meeting.when='warmth > 100'"]))
    >>> [(problem.key, problem.message) for problem in found]  # doctest: +NORMALIZE_WHITESPACE
    [('events.leaders_meeting.when', "the event can never happen: 'warmth > 100' cannot hold"),
     ('questions.presidents_meet.ask', "the answer is no in every draw: 'leaders_meeting' cannot hold")]
    """
    view = View(reading, reachability(reading.scenario))
    rules = (_pulled_away, _past, _never, _always, _early_trials, _known, _premature, _idle_parts, _extreme, _without_doubt)
    found: dict[str, Problem] = {}
    for problem in (problem for rule in rules for problem in rule(view)):
        found.setdefault(problem.key, problem)  # one for each key: what a rule says of a whole condition comes first
    return [*found.values(), *unread(reading)]


def unread(reading: Reading) -> list[Problem]:
    """Return what of a scenario's record is not read as it stands: facts of one month, and days that are not read yet."""
    told = remarks(reading.scenario)
    return [Problem(reading.place(issue.path), ".".join(map(str, issue.path[1:])), issue.message) for issue in told]


def _pulled_away(view: View) -> Iterator[Problem]:
    """Yield targets that spillovers contradict: long-run levels solve L = target + C (L - level), numbers at medians."""
    factors, numbers = view.reading.scenario.factors, view.reach.plan.numbers
    stated = [Key("factors", name, "level") for name in factors]
    level = np.array([median(numbers[key], key.kind) for key in stated])
    target = np.array([median(numbers.get(key._replace(number="target"), numbers[key]), key.kind) for key in stated])
    matrix = spillover_matrix(view.reading.scenario)
    lasting = np.linalg.solve(np.eye(len(level)) - matrix, target - matrix @ level)
    for k, (name, factor) in enumerate(factors.items()):
        path = ("factors", name, "target")
        # that a scenario's change reaches factors whose targets it leaves alone is what spillovers are for
        if factor.target is None or not view.is_own(path):
            continue
        if abs(lasting[k] - target[k]) > max(FAR, abs(target[k] - level[k]) / 2):
            pulls = zip(factors, matrix[k] * (lasting - level), strict=True)
            sources = " and ".join(f"{other} ({pull:+.0f})" for other, pull in pulls if round(pull))
            yield view.problem(
                path,
                f"is pulled to {lasting[k]:.0f} by the spillovers of {sources}, though its target is {target[k]:.0f} "
                "(in the long run and at medians; events and the ends of the scale left out)",
            )


def _past(view: View) -> Iterator[Problem]:
    """Yield that events of the relationship are over by the start."""
    scenario = view.reading.scenario
    if told := words(scenario):
        key = "start" if scenario.start else "as_of"
        yield Problem(view.reading.place((key,)), key, told)


def _never(view: View) -> Iterator[Problem]:
    """Yield events that cannot happen though their dates allow it."""
    plan = view.reach.plan
    for event in plan.events:
        if not _is_barred(view, event):
            continue
        word = "can never happen" if view.reach.first_step(event.name) is None else "cannot happen before the horizon"
        if interval_of(plan, event.chance_key)[1] == 0:
            key, why = event.chance_key.number, f": its {event.chance_key.number} is 0"
        else:
            assert event.when is not None  # else a chance above 0 comes true
            key, why = "when", _why_not(view, event.when.tree, view.reach.steps_read(event))
        yield view.problem(("events", event.name, key), f"the event {word}{why}")


def _is_barred(view: View, event: TimedEvent) -> bool:
    """Tell whether an event cannot happen although its window, or all time, lies within the horizon."""
    first = view.reach.first_step(event.name)
    if not view.reach.steps_read(event):
        return False
    if first is None or first <= view.reach.horizon:
        return first is None
    # that a relationship's own calendar reaches past a scenario's horizon is no mistake
    layer = view.reading.origin["events", event.name, "when"]
    return layer.kind != "relationship" or "months" in layer.data


def _why_not(view: View, tree: ast.expr, steps: range) -> str:
    """Return which part of a condition cannot hold at any of these steps, after a colon; nothing where none is alone."""
    barred = [part for part in _conjuncts(tree) if not view.reach.may_be(part, True, steps)]
    return f": {ast.unparse(barred[0])!r} cannot hold" if len(barred) == 1 else ""


def _conjuncts(tree: ast.expr) -> list[ast.expr]:
    if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And):
        return [part for value in tree.values for part in _conjuncts(value)]
    return [tree]


def _always(view: View) -> Iterator[Problem]:
    """Yield conditions that hold whenever they are read."""
    for event in view.reach.plan.events:
        path, steps = ("events", event.name, "when"), view.reach.steps_read(event)
        if event.when is None or event.chance == "when" or not steps or not view.is_own(path):
            continue
        if not any(narrowed(event.when.tree, False, _doubted(view.reach, step)) for step in steps):
            yield view.problem(path, f"the condition always holds, so it says nothing; found {event.when.text!r}")


def _doubted(reach: Reachability, step: int) -> Bounds:
    """Return the bounds of a step with no event certain: that one is, is a premise that may change, and no slip."""
    bounds = reach.bounds[step]
    return {**bounds, **{event.name: (0.0, bounds[event.name][1]) for event in reach.plan.events}}


def _early_trials(view: View) -> Iterator[Problem]:
    """Yield events whose one trial is in the first month, because their condition holds at the start."""
    plan = view.reach.plan
    for event in plan.events:
        if event.chance != "when" or event.when is None or view.reach.first_step(event.name) != 1:
            continue
        if not view.reach.may_be(event.when.tree, False, [0]):
            chance = as_text(plan.numbers[event.key("probability")])
            yield view.problem(
                ("events", event.name, "when"),
                f"the condition holds at the start, so the one trial, with probability {chance}, is over by {view.day(1)}; "
                "for a chance in later months state `rate`, or `between`",
            )


def _known(view: View) -> Iterator[Problem]:
    """Yield questions whose answer no draw can change."""
    for asked in view.reach.plan.questions:
        path, tree, steps = ("questions", asked.name, "ask"), asked.condition.tree, _steps_asked(view, asked)
        sure = next((step for step in steps if not view.reach.may_be(tree, False, [step])), None)
        if not view.reach.may_be(tree, True, steps):
            yield view.problem(path, f"the answer is no in every draw{_why_not(view, tree, steps)}")
        elif sure is not None:
            yield view.problem(path, f"the answer is yes in every draw: it holds on {view.day(sure)}")


def _steps_asked(view: View, asked: Asked) -> range:
    last = min(asked.step, view.reach.horizon)
    return range(0 if asked.by else last, last + 1)


def _premature(view: View) -> Iterator[Problem]:
    """Yield questions that are read before any event they name can have happened."""
    reach = view.reach
    for asked in reach.plan.questions:
        events = sorted(asked.condition.names - set(reach.plan.series))
        at_last = reach.bounds[_steps_asked(view, asked)[-1]]
        # one that never can happen is another warning's, or switched off on purpose
        if events and all(at_last[name] == NOT_YET and reach.first_step(name) is not None for name in events):
            message = f"it is asked before any event that it names can have happened; found {asked.condition.text!r}"
            yield view.problem(("questions", asked.name, "ask"), message)


def _idle_parts(view: View) -> Iterator[Problem]:
    """Yield conditions with comparisons that the scale decides."""
    plan = view.reach.plan
    anything = {**dict.fromkeys(view.reach.bounds[0], (0.0, 1.0)), **dict.fromkeys(plan.series, SCALE)}
    events = [(("events", event.name, "when"), event.when) for event in plan.events if event.when is not None]
    questions = [(("questions", asked.name, "ask"), asked.condition) for asked in plan.questions]
    for path, condition in [*events, *questions]:
        idle = [
            f"{ast.unparse(part)!r} {word} holds"
            for part in ast.walk(condition.tree)
            for wanted, word in ((True, "never"), (False, "always"))
            if isinstance(part, ast.Compare) and narrowed(part, wanted, anything) is None
        ]
        if idle and view.is_own(path):
            yield view.problem(path, f"on a scale of 0 to 100, {' and '.join(idle)}")


def _is_bare(entry: Mapping[str, Any]) -> bool:
    """Tell whether numbers rest on nothing, and their author does not say that he doubts them."""
    return basis(entry.get("source")) in UNSOURCED and entry.get("confidence") != "low"


def _extreme(view: View) -> Iterator[Problem]:
    """Yield probabilities near 0 or 1 that rest on nothing; 0 is another warning's, and 1 with a condition means "else"."""
    for table, name, entry in stated_numbers(view.last_file()):
        value = entry.get("probability") if table == "events" and _is_bare(entry) else None
        if not isinstance(value, int | float) or value == 0 or EXTREME < value < 1 - EXTREME:
            continue
        event = view.reading.scenario.events[name]
        if event.enabled and (value < 1 or event.when is None):
            word = "certain" if value == 1 else "almost certain" if value > EXTREME else "almost impossible"
            yield view.problem((table, name, "probability"), f"makes the event {word} and names no source; found {value:g}")


def _without_doubt(view: View) -> Iterator[Problem]:
    """Yield targets and weights that are plain numbers and rest on nothing; a weight of 0 leaves a factor out."""
    for table, name, entry in stated_numbers(view.last_file()):
        for key in ("target", "weight") if table == "factors" and _is_bare(entry) else ():
            value = entry.get(key)
            if isinstance(value, int | float) and (key, value) != ("weight", 0):
                message = f"is a plain number and names no source, so no result knows a doubt about it; found {value:g}"
                yield view.problem((table, name, key), message)
