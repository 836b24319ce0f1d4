"""What relationship and scenario files may say: one frozen schema for both (docs/scenario-format.md)."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from hashlib import blake2b
from html import escape
from itertools import pairwise
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from simulator.scenario.conditions import Condition, parse
from simulator.scenario.distributions import STRICT, Counted
from simulator.scenario.names import Confidence, Name
from simulator.scenario.numbers import KINDS, Key, Law, Number, as_text, require_within
from simulator.scenario.record import Record

# Fifty years of months: past that a projection of politics says nothing, and counts would fill memory.
MAX_MONTHS = 600
# Bands that have been visited are 16 bits; nobody tells more than a few apart.
MAX_CUTS = 14
# Block numbers are one 32-bit word of a stream's key and draws are counted in 32 bits; this keeps far from both.
MAX_DRAWS = 1_000_000_000
# Changes of a file that are told one by one; of more the rest is a number.
MOST_CHANGES = 4
# What says how a scenario is run, or is told wherever its results are: no change of the scenario that a heading need tell.
TOLD_ELSEWHERE = ("run", "title", "summary", "record", "known_until")
# What no file states, and where it comes from.
SET_BY = {"name": "a scenario's name is its file's", "changes": "--set sets it", "own_events": "reading sets it"}


def _within(number: str) -> Callable[[Any], Any]:
    low, high = KINDS[number].low, KINDS[number].high

    def check(value: Any) -> Any:
        if isinstance(value, int | float):
            if not low <= value <= high:
                raise ValueError(f"must be within {low:g} to {high:g}")
        elif isinstance(value, Counted) and number != "rate":
            raise ValueError("cases counted in years are the distribution of a `rate`")
        else:
            require_within(value, KINDS[number])
        return value

    return check


Level = Annotated[Number, AfterValidator(_within("level"))]
Weight = Annotated[Number, AfterValidator(_within("weight"))]
IndexWeight = Annotated[Number, AfterValidator(_within("index_weight"))]
Months = Annotated[Number, AfterValidator(_within("half_life"))]
Spread = Annotated[Number, AfterValidator(_within("volatility"))]
Rate = Annotated[Number, AfterValidator(_within("rate"))]
Probability = Annotated[Number, AfterValidator(_within("probability"))]
Points = Annotated[Number, AfterValidator(_within("jump"))]


class Table(dict[Any, Any]):
    """A table of a file, which nobody changes: a scenario is shared by all ensembles made from it."""

    def _refuse(self, *_: Any, **__: Any) -> Any:
        raise TypeError("a scenario cannot be changed; read it again with overrides")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> tuple[type["Table"], tuple[dict[Any, Any]]]:
        return Table, (dict(self),)


class Notes(BaseModel):
    """Why a number is what it is, where it comes from, and how sure its author is."""

    model_config = STRICT
    rationale: str | None = None
    source: str | None = None
    confidence: Confidence | None = None


class Factor(BaseModel):
    """One issue area: where it stands, where it is heading, how it moves, and how much it counts."""

    model_config = STRICT
    label: str | None = Field(None, description="Default: the id in words.")
    level: Level = Field(description="Where it stands at the start, 0 to 100, 50 neutral.")
    target: Level | None = Field(None, description="Where its resting level is heading, 0 to 100. Default: level.")
    weight: Weight = Field(description="How much it counts in warmth, 0 or more.")
    half_life: Months = Field(description="Months in which a shock dies away by half.")
    volatility: Spread = Field(description="Standard deviation of a month's innovation, points, quoted at neutral.")
    settling: Months = Field(description="Months in which the resting level goes half of its way to the target.")
    drift: Spread = Field(description="Standard deviation of a month's wandering of the resting level, points.")
    rationale: str | None = None
    source: str | None = None
    confidence: Confidence | None = None


class Effect(BaseModel):
    """What an event does to one factor, in points quoted at neutral."""

    model_config = STRICT
    jump: Points | None = Field(None, description="A push that dies away with the factor's half_life.")
    shift: Points | None = Field(None, description="A lasting change of where the factor returns to.")

    @model_validator(mode="after")
    def _does_something(self) -> "Effect":
        if self.jump is None and self.shift is None:
            raise ValueError("an effect needs a jump, a shift, or both")
        return self


# What an event does to a factor, and the numbers of a factor and of an event, in the order of their keys.
EFFECTS = tuple(Effect.model_fields)
FACTOR_NUMBERS = tuple(name for name in Factor.model_fields if name in KINDS)


# lists of a file become tuples; their items stay strict
Window = Annotated[tuple[date, ...], Field(strict=False, min_length=2, max_length=2)]


class Event(BaseModel):
    """Something that happens at a date, by chance, or on a condition, and moves factors."""

    model_config = STRICT
    label: str | None = Field(None, description="Default: the id in words.")
    enabled: bool = True
    on: date | None = Field(None, description="The day it happens, with `probability`.")
    between: Window | None = Field(None, description="First and last day of its window.")
    rate: Rate | None = Field(None, description="Chance per year, as a rate: exp(-rate) is a year without it.")
    when: str | None = Field(None, description="Condition on the state a month earlier.")
    probability: Probability | None = Field(None, description="With on; of the whole window; or of the one trial.")
    repeats: bool = False
    cooldown: int = Field(
        0, ge=0, le=MAX_MONTHS, description="Months after it has happened in which it cannot happen again."
    )
    lasts: Months | None = Field(None, description="Months for which it, and its shifts, are in force. Default: for good.")
    happened: bool = Field(False, description="It has happened before the start.")
    ends: Annotated[tuple[Name, ...], Field(strict=False)] = Field(
        (), description="Events that are no longer in force once it happens."
    )
    counts_as: Name | None = Field(None, description="The event that has happened, too, when it does.")
    resolution: str | None = Field(None, description="How one would tell that it happened, for a forecaster.")
    effects: Annotated[Mapping[Name, Effect], AfterValidator(Table)] = Field(
        default_factory=Table, description="What it does, by factor."
    )
    rationale: str | None = None
    source: str | None = None
    confidence: Confidence | None = None

    @model_validator(mode="after")
    def _one_timing(self) -> "Event":
        for broken, rule in (
            (self.on is not None and self.between is not None, "give `on` or `between`, not both"),
            (self.rate is not None and self.on is not None, "`rate` does not go with `on`; use `probability`"),
            (self.rate is not None and self.probability is not None, "give `rate` or `probability`, not both"),
            (
                not self.has_chance and not self.happened,
                "needs a chance: `rate` per year, or `probability` (1 if it is certain); or `happened = true`",
            ),
            (
                self.repeats and (self.on is not None or self.timing == "when"),
                "`repeats` needs `rate`, `between` or a `probability` of the whole horizon",
            ),
            (self.cooldown > 0 and not self.repeats, "`cooldown` goes with `repeats = true`"),
            (
                self.between is not None and self.between[0] > self.between[1],
                "`between` must begin before it ends",
            ),
        ):
            if broken:
                raise ValueError(rule)
        return self

    @property
    def has_chance(self) -> bool:
        """Whether it may happen after the start."""
        return self.rate is not None or self.probability is not None

    @property
    def timing(self) -> str:
        """How its chance is spread: "rate", "on" a day, "between" two (or the ends of the horizon), or one trial "when"."""
        if self.rate is not None:
            return "rate"
        if self.on is not None:
            return "on"
        return "between" if self.between is not None or self.when is None else "when"


# Keys of an event's timing that cannot stand beside each other: a layer that states one drops the others' older ones.
EXCLUDES: Mapping[str, frozenset[str]] = {
    "on": frozenset({"between", "rate"}),
    "between": frozenset({"on"}),
    "rate": frozenset({"on", "probability"}),
    "probability": frozenset({"rate"}),
}
EVENT_NUMBERS = tuple(name for name in Event.model_fields if name in KINDS)


class Bands(BaseModel):
    """Cuts of an index into named intervals, half-open below."""

    model_config = STRICT
    cuts: Annotated[tuple[Annotated[float, Field(gt=0, lt=100)], ...], Field(strict=False, max_length=MAX_CUTS)]
    names: Annotated[tuple[str, ...], Field(strict=False)]

    @model_validator(mode="after")
    def _possible(self) -> "Bands":
        if not all(a < b for a, b in pairwise(self.cuts)):
            raise ValueError("cuts must increase")
        if len(self.names) != len(self.cuts) + 1:
            raise ValueError(f"{len(self.cuts)} cuts make {len(self.cuts) + 1} bands, not {len(self.names)}")
        if len(set(self.names)) != len(self.names):
            raise ValueError("names must differ")
        return self


# The six equal bands of the Tsinghua scale of bilateral relations (Yan & Zhou 2004, Social Sciences in China).
TSINGHUA = Bands(
    cuts=tuple(100 * k / 6 for k in range(1, 6)),
    names=("confrontation", "tense", "discordant", "normal", "good", "friendly"),
)


class Index(BaseModel):
    """A weighted mean of factor levels; `warmth` takes its weights from the factors."""

    model_config = STRICT
    label: str | None = None
    weights: Annotated[Mapping[Name, IndexWeight], AfterValidator(Table)] = Field(
        default_factory=Table, description="By factor; negative: a warmer factor cools the index."
    )
    bands: Bands | None = None
    rationale: str | None = None
    source: str | None = None
    confidence: Confidence | None = None


class Links(BaseModel):
    """Plain numbers by factor, with notes: what one factor passes on to, or shares with, others."""

    model_config = STRICT | ConfigDict(extra="allow", json_schema_extra={"additionalProperties": {"type": "number"}})
    __pydantic_extra__: dict[str, float] = Field(init=False)
    notes: Notes | None = None

    @property
    def by_factor(self) -> Mapping[str, float]:
        """The numbers, by factor."""
        return self.__pydantic_extra__


class Question(BaseModel):
    """A condition whose probability is asked for, on a date, or at any time by a date."""

    model_config = STRICT
    label: str | None = None
    ask: str
    on: date | None = None
    by: date | None = None
    resolution: str | None = Field(None, description="What would settle it in the world, for a forecaster.")

    @model_validator(mode="after")
    def _one_date(self) -> "Question":
        if self.on is not None and self.by is not None:
            raise ValueError("give `on` or `by`, not both")
        return self


class Targets(BaseModel):
    """How the judgements of where the factors are heading hang together."""

    model_config = STRICT
    together: float = Field(0.0, ge=0, lt=1, description="Correlation of uncertain targets: a one-factor Gaussian copula.")
    rationale: str | None = None
    source: str | None = None
    confidence: Confidence | None = None


class Run(BaseModel):
    """Defaults of a run; command-line options win."""

    model_config = STRICT
    draws: int = Field(10_000, ge=1, le=MAX_DRAWS)
    seed: int = Field(1, ge=0)


class Scenario(BaseModel):
    """A resolved relationship and scenario: everything a simulation needs.

    Read one with `read_scenario`; build none by hand, for the checks that span tables are made on reading.
    """

    model_config = STRICT
    name: str = Field("", description="The file's name without .toml; set on reading, not written in the file.")
    changes: Annotated[Mapping[str, str], AfterValidator(Table)] = Field(
        default_factory=Table, description="By dotted key, what --set or with_ changed of the file; set on reading."
    )
    own_events: tuple[str, ...] = Field((), description="Events that it states or changes; set on reading.")
    title: str = ""
    relationship: str | None = Field(None, description="Name of a file in seeds/, without .toml.")
    extends: str | None = Field(
        None,
        description="A file of the same kind in the same folder, by its name; or one that ships.",
    )
    as_of: date | None = Field(None, description="The day the relationship's numbers describe.")
    start: date | None = Field(None, description="First day of the projection. Default: as_of.")
    months: int | None = Field(None, ge=1, le=MAX_MONTHS, description="Horizon.")
    summary: str | None = None
    record: Record | None = Field(None, description="Name of a file in seeds/records/, without .toml: what happened since.")
    known_until: date | None = Field(None, description="Forget what the record says of later days. Default: its last day.")
    run: Run = Run()
    bands: Bands = TSINGHUA
    targets: Targets = Targets()
    factors: Annotated[Mapping[Name, Factor], AfterValidator(Table)] = Field(default_factory=Table)
    spillovers: Annotated[Mapping[Name, Links], AfterValidator(Table)] = Field(default_factory=Table)
    correlations: Annotated[Mapping[Name, Links], AfterValidator(Table)] = Field(default_factory=Table)
    indices: Annotated[Mapping[Name, Index], AfterValidator(Table)] = Field(default_factory=Table)
    events: Annotated[Mapping[Name, Event], AfterValidator(Table)] = Field(default_factory=Table)
    questions: Annotated[Mapping[Name, Question], AfterValidator(Table)] = Field(default_factory=Table)

    def with_(self, changes: Mapping[str, Any]) -> "Scenario":
        """Return the scenario with some keys changed, checked as `--set` is.

        Parameters
        ----------
        changes : mapping
            By dotted key; a distribution is a dict.

        Raises
        ------
        InvalidFile
            A key is unknown or a value breaks a rule; every problem is listed, with the nearest known key.

        Examples
        --------
        >>> from simulator import read_scenario
        >>> scenario = read_scenario("baseline")
        >>> scenario.with_({"factors.nato.weight": 2}).factors["nato"].weight
        2.0
        """
        from simulator.files.read import changed  # files know scenarios; a scenario asks them to check it again

        return changed(self, changes)

    @property
    def heading(self) -> str:
        """The title, and what was changed of the file: what every output that rests on it is headed by.

        Examples
        --------
        >>> from simulator import read_scenario
        >>> read_scenario("baseline", ["factors.nato.weight=3"]).heading
        'Baseline, with factors.nato.weight = 3'
        """
        return self.title + self.changed_in_words

    @property
    def changed_in_words(self) -> str:
        """What was changed of the file, to follow a title: empty where nothing was."""
        told = [f"{key} = {value}" for key, value in self.changes.items()]
        if len(told) > MOST_CHANGES:
            told[MOST_CHANGES - 1 :] = [_more(len(told) - MOST_CHANGES + 1)]
        return f", with {' and '.join([*filter(None, [', '.join(told[:-1])]), told[-1]])}" if told else ""

    def numbers(self) -> Iterator[tuple[Key, float | Law]]:
        """Yield every number that matters to draws, with its key: all that is stated but links and what is switched off.

        Examples
        --------
        >>> from simulator import read_scenario
        >>> numbers = dict(read_scenario("baseline").numbers())
        >>> numbers[Key("factors", "sanctions", "level")]
        12.0
        """
        for name, factor in self.factors.items():
            yield from _stated(factor, FACTOR_NUMBERS, "factors", name)
        for name, index in self.indices.items():
            for factor_name, weight in index.weights.items():
                yield Key("indices", name, "index_weight", factor_name), weight
        for name, event in self.events.items():
            if event.enabled:
                yield from _stated(event, EVENT_NUMBERS, "events", name)
                for factor_name, effect in event.effects.items():
                    yield from _stated(effect, EFFECTS, "events", name, factor_name)

    def condition(self, text: str) -> Condition:
        """Return a condition on what the scenario has: factors and indices as numbers, events as happened.

        Raises
        ------
        ValueError
            What is wrong with it, in words for the person who wrote it.
        """
        return parse(text, {"warmth", *self.factors, *self.indices}, self.events)

    def counted_by(self, event: str) -> tuple[str, ...]:
        """Return what else has happened when an event does: what it counts as, and what that counts as in turn."""
        counts_as = {name: one.counts_as for name, one in self.events.items() if one.counts_as in self.events}
        return counted_by(event, counts_as)

    @property
    def begins(self) -> date | None:
        """The first day of the projection: `start`, or else the relationship's `as_of`."""
        return self.start or self.as_of

    @property
    def index_names(self) -> tuple[str, ...]:
        """All indices, `warmth` first."""
        return ("warmth", *(name for name in self.indices if name != "warmth"))

    def bands_of(self, index: str) -> Bands:
        """Return the bands of an index: its own, or the file's."""
        own = self.indices[index].bands if index in self.indices else None
        return own or self.bands

    def label_of(self, name: str) -> str:
        """Return the label of a factor, index, event or question; its name where it has none."""
        for table in (self.factors, self.indices, self.events, self.questions):
            if name in table:
                return table[name].label or name.replace("_", " ")
        return "relationship warmth" if name == "warmth" else name

    def words_of(self, key: str) -> str:
        """Return what a dotted key of a factor, an event or one of their numbers is, in words.

        Examples
        --------
        >>> from simulator import read_scenario
        >>> scenario = read_scenario("baseline")
        >>> scenario.words_of("factors.energy.weight"), scenario.words_of("factors.energy")
        ('weight of Energy and trade', 'months of Energy and trade')
        """
        table, name, *number = key.split(".")
        if table == "targets":
            return "what the judgements of targets have in common"
        if not number:
            return f"months of {self.label_of(name)}" if table == "factors" else self.label_of(name)
        found = Key.parse(key)
        if table == "indices":
            return f"weight of {self.label_of(found.factor)} in {self.label_of(name)}"
        within = f" in {self.label_of(found.factor)}" if found.factor else ""
        return f"{found.number}{within} of {self.label_of(name)}"

    def __repr__(self) -> str:
        horizon = f"{self.months} months from {self.begins}" if self.months else f"as of {self.as_of}"
        return f"Scenario({self.name}: {len(self.factors)} factors, {len(self.events)} events; {horizon})"

    __str__ = __repr__

    def __dir__(self) -> list[str]:
        # what an analyst asks for, without pydantic's own methods
        return [
            *type(self).model_fields,
            "with_",
            "heading",
            "changed_in_words",
            "begins",
            "index_names",
            "bands_of",
            "label_of",
        ]

    def _repr_html_(self) -> str:
        cells = "".join(
            f"<tr><td>{escape(factor.label or name)}</td><td>{as_text(factor.level)}</td>"
            f"<td>{as_text(factor.target)}</td><td>{as_text(factor.weight)}</td></tr>"
            for name, factor in self.factors.items()
        )
        head = "<tr><th>factor</th><th>level</th><th>target</th><th>weight</th></tr>"
        summary = escape(" ".join((self.summary or "").split()))
        return f"<p><b>{escape(self.heading)}</b><br>{summary}<br>{escape(repr(self))}</p><table>{head}{cells}</table>"


def _more(n: int) -> str:
    return f"{n} more change{'s' if n > 1 else ''}"


def _stated(
    entry: Factor | Event | Effect, numbers: Iterable[str], table: str, name: str, factor: str = ""
) -> Iterator[tuple[Key, float | Law]]:
    """Yield the numbers that an entry states."""
    for number in numbers:
        if (value := getattr(entry, number)) is not None:
            yield Key(table, name, number, factor), value


def counted_by(event: str, counts_as: Mapping[str, str | None]) -> tuple[str, ...]:
    """Return what an event counts as, and what that counts as in turn, given what each counts as.

    Examples
    --------
    >>> counted_by("a", {"a": "b", "b": "c"})
    ('b', 'c')
    """
    found: list[str] = []
    named = counts_as.get(event)
    while named is not None and named not in found:
        found.append(named)
        named = counts_as.get(named)
    return tuple(found)


def digest(scenario: Scenario) -> str:
    """Return a short fingerprint of everything a scenario says, 12 hexadecimal digits, however it came to say it.

    Examples
    --------
    >>> from simulator import read_scenario
    >>> digest(read_scenario("baseline")) == digest(read_scenario("baseline", ["factors.nato.weight=2"]))
    False
    """
    text = json.dumps(scenario.model_dump(mode="json", exclude={"run", "changes", "own_events"}), sort_keys=True)
    return blake2b(text.encode(), digest_size=6).hexdigest()
