"""A scenario made ready for arrays: names to rows, dates to steps, text to conditions, numbers to laws."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from simulator.errors import Refused
from simulator.scenario.calendar import step_of
from simulator.scenario.conditions import Condition, parse
from simulator.scenario.numbers import Law
from simulator.scenario.rules import correlation_matrix
from simulator.scenario.schema import RANGES, Event, Scenario


@dataclass(frozen=True)
class TimedEvent:
    """An event with its steps: eligible from `first` to `last`, of a window of `n_steps`."""

    name: str
    first: int
    last: int
    n_steps: int
    chance: str  # "on", "between", "rate" or "when"
    when: Condition | None
    repeats: bool
    cooldown: int
    lasts: bool
    jumps: tuple[int, ...]  # the factors it pushes
    shifts: tuple[int, ...]  # the factors whose attraction it moves

    def key(self, number: str) -> str:
        """Return the dotted key of one of the event's numbers."""
        return f"events.{self.name}.{number}"


@dataclass(frozen=True)
class Asked:
    """A question with the step it is read at; `by`: at any step up to it."""

    name: str
    condition: Condition
    step: int
    by: bool


@dataclass(frozen=True)
class Plan:
    """What one block of draws needs to know; picklable, so that it can be sent to another process."""

    begins: date
    n_steps: int
    factors: tuple[str, ...]
    indices: tuple[str, ...]
    numbers: dict[str, float | Law]
    spillovers: tuple[tuple[int, int, float], ...]
    cholesky: tuple[tuple[int, int, float], ...]
    weights: tuple[tuple[tuple[int, str], ...], ...]  # for each index: (factor, dotted key)
    events: tuple[TimedEvent, ...]
    absent: tuple[str, ...]  # events that are switched off: conditions may read them, and they never happen
    questions: tuple[Asked, ...]
    cuts: tuple[tuple[float, ...], ...]  # for each index

    @property
    def read(self) -> tuple[int, ...]:
        """The indices that events wait for, by place: the only ones that are needed step by step."""
        names = {name for event in self.events if event.when is not None for name in event.when.names}
        return tuple(i for i, name in enumerate(self.indices) if name in names)

    @property
    def series(self) -> tuple[str, ...]:
        """Names of all rows of a state: factors, then indices."""
        return self.factors + self.indices


def make_plan(scenario: Scenario) -> Plan:
    """Return the plan of a scenario.

    Raises
    ------
    Refused
        The scenario states no horizon: it is a relationship.
    """
    begins = scenario.begins
    if begins is None or scenario.months is None:
        raise Refused(f"{scenario.name}: states no horizon (months), so it can be checked but not run; run a scenario")
    factors = tuple(scenario.factors)
    place = {name: k for k, name in enumerate(factors)}
    enabled = {name: event for name, event in scenario.events.items() if event.enabled}
    values = {"warmth", *factors, *scenario.indices}
    events = tuple(_timed(name, event, scenario, begins, place, values) for name, event in enabled.items())
    return Plan(
        begins=begins,
        n_steps=scenario.months,
        factors=factors,
        indices=scenario.index_names,
        numbers=dict(_numbers(scenario)),
        spillovers=tuple(
            (place[source], place[sink], value)
            for source, links in scenario.spillovers.items()
            for sink, value in links.by_factor.items()
            if value != 0
        ),
        cholesky=_cholesky(scenario),
        weights=tuple(tuple(_weight_keys(scenario, name, place)) for name in scenario.index_names),
        events=events,
        absent=tuple(name for name in scenario.events if name not in enabled),
        questions=tuple(
            Asked(name, parse(q.ask, values, scenario.events), _step(scenario, q.on or q.by), q.by is not None)
            for name, q in scenario.questions.items()
        ),
        cuts=tuple(tuple(scenario.bands_of(name).cuts) for name in scenario.index_names),
    )


def _step(scenario: Scenario, day: date | None) -> int:
    if day is None or scenario.begins is None:
        return scenario.months or 0
    return step_of(scenario.begins, day)


def _timed(name: str, event: Event, scenario: Scenario, begins: date, place: dict[str, int], values: set[str]) -> TimedEvent:
    horizon = scenario.months or 0
    window = (event.on, event.on) if event.on else tuple(event.between or ())
    first, last = (step_of(begins, day) for day in window) if window else (1, horizon)
    return TimedEvent(
        name=name,
        first=first,
        last=min(last, horizon),
        n_steps=last - first + 1,
        chance="rate" if event.rate is not None else "on" if event.on else "between" if event.between else "when",
        when=parse(event.when, values, scenario.events) if event.when is not None else None,
        repeats=event.repeats,
        cooldown=event.cooldown,
        lasts=event.lasts is not None,
        jumps=tuple(place[factor] for factor, effect in event.effects.items() if effect.jump is not None),
        shifts=tuple(place[factor] for factor, effect in event.effects.items() if effect.shift is not None),
    )


def _numbers(scenario: Scenario) -> Iterator[tuple[str, float | Law]]:
    """Yield every number of a scenario that matters to its draws, by dotted key."""
    for name, factor in scenario.factors.items():
        for key in ("level", "target", "weight", "half_life", "volatility", "settling", "drift"):
            value = getattr(factor, key)
            if value is not None:
                yield f"factors.{name}.{key}", value
    for name, index in scenario.indices.items():
        for key, weight in index.weights.items():
            yield f"indices.{name}.weights.{key}", weight
    for name, event in scenario.events.items():
        if event.enabled:
            for key in ("rate", "probability", "lasts"):
                if getattr(event, key) is not None:
                    yield f"events.{name}.{key}", getattr(event, key)
            for factor_name, effect in event.effects.items():
                for key in ("jump", "shift"):
                    if getattr(effect, key) is not None:
                        yield f"events.{name}.effects.{factor_name}.{key}", getattr(effect, key)


def range_of(key: str) -> tuple[float, float]:
    """Return the admissible range of a number by its dotted key.

    Examples
    --------
    >>> range_of("factors.nato.level")
    (0, 100)
    """
    parts = key.split(".")
    return RANGES["index_weight" if parts[0] == "indices" else parts[-1]]


def _weight_keys(scenario: Scenario, index: str, place: dict[str, int]) -> Iterator[tuple[int, str]]:
    if index == "warmth":
        for name in scenario.factors:
            yield place[name], f"factors.{name}.weight"
    else:
        for name in scenario.indices[index].weights:
            yield place[name], f"indices.{index}.weights.{name}"


def _cholesky(scenario: Scenario) -> tuple[tuple[int, int, float], ...]:
    """Return the lower factor's entries in the order `dynamics.correlate` needs; rows that stay as they are left out.

    Row by row in plain floats: a factor that is added later, or is correlated with none, changes no bit of the others.
    """
    matrix = correlation_matrix(scenario).tolist()
    lower: list[list[float]] = []
    for i, row in enumerate(matrix):
        lower.append([])
        for j in range(i):
            inner = sum(lower[i][k] * lower[j][k] for k in range(j))
            lower[i].append((row[j] - inner) / lower[j][j])
        lower[i].append((1.0 - sum(value * value for value in lower[i])) ** 0.5)
    return tuple(
        (row, column, lower[row][column])
        for row in range(len(lower) - 1, -1, -1)
        for column in range(row, -1, -1)
        if lower[row][column] not in ((1.0,) if row == column else (0.0,))
    )
