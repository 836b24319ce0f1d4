"""What happened since a relationship's day: dated facts with sources, and readings with their error."""

from collections.abc import Collection, Iterator
from datetime import date
from typing import Annotated

from pydantic import BaseModel, Field

from simulator.errors import Issue, suggestion
from simulator.scenario.distributions import STRICT
from simulator.scenario.names import Confidence, Name

Words = Annotated[str, Field(min_length=1)]


class Fact(BaseModel):
    """An event that happened, as its `resolution` has it."""

    model_config = STRICT
    event: Name = Field(description="An event of the relationship.")
    on: date
    what: Words = Field(description="What happened, in a line.")
    source: Words
    confidence: Confidence | None = None


class Measured(BaseModel):
    """A measurement of a factor or an index, with its error."""

    model_config = STRICT
    of: Name = Field(description="A factor or an index.")
    on: date
    value: float = Field(ge=0, le=100, description="Points, 0 to 100.")
    sd: float = Field(gt=0, le=100, description="How far such a figure may lie from what it is taken to measure, points.")
    what: Words
    source: Words
    confidence: Confidence | None = None


class Outside(BaseModel):
    """What happened beside the events of the relationship: shown, never used."""

    model_config = STRICT
    on: date
    what: Words
    source: Words
    confidence: Confidence | None = None


class Record(BaseModel):
    """What happened between two states, up to a day; every event that is not listed, and not silent, did not happen."""

    model_config = STRICT
    name: str = Field("", description="The file's name without .toml; set on reading, not written in the file.")
    tells: Annotated[tuple[Name, ...], Field(strict=False)] = Field(
        (), description="The events it tells of: its relationship's, less the silent ones; set on reading."
    )
    implied: Annotated[tuple[Fact, ...], Field(strict=False)] = Field(
        (), description="What else has happened, by `counts_as`, when what is listed has; set on reading."
    )
    title: Words
    relationship: Name = Field(description="Name of a file in seeds/, without .toml.")
    until: date = Field(description="The last day the record covers.")
    summary: str | None = None
    silent: Annotated[tuple[Name, ...], Field(strict=False)] = Field(
        (), description="Events on which nothing could be established: left to chance."
    )
    happened: Annotated[tuple[Fact, ...], Field(strict=False)] = ()
    readings: Annotated[tuple[Measured, ...], Field(strict=False)] = ()
    outside: Annotated[tuple[Outside, ...], Field(strict=False)] = ()

    @property
    def facts(self) -> tuple[Fact, ...]:
        """All that has happened in order of days: what is listed, and what that counts as."""
        return tuple(sorted((*self.happened, *self.implied), key=lambda fact: fact.on))

    def __repr__(self) -> str:
        return f"Record({self.name}: {len(self.happened)} facts, {len(self.readings)} readings, until {self.until})"

    __str__ = __repr__


# Fields of a record that reading sets.
SET_ON_READING = ("name", "tells", "implied")


def inconsistencies(record: Record, events: Collection[str], series: Collection[str]) -> Iterator[Issue]:
    """Yield where a record names what its relationship does not have, contradicts itself, or goes past its last day.

    Parameters
    ----------
    record : Record
    events, series : collection of str
        The relationship's events, and its factors and indices.
    """
    for n, name in enumerate(record.silent):
        if name not in events:
            yield Issue(("silent", n), f"no event is called {name!r}" + suggestion(name, events))
        elif name in record.silent[:n]:
            yield Issue(("silent", n), f"{name} is already listed")
    for n, fact in enumerate(record.happened):
        if fact.event not in events:
            yield Issue(("happened", n, "event"), f"no event is called {fact.event!r}" + suggestion(fact.event, events))
        elif fact.event in record.silent:
            yield Issue(
                ("happened", n, "event"), f"{fact.event} is listed as silent; a record cannot tell it and not tell it"
            )
    for n, reading in enumerate(record.readings):
        if reading.of not in series:
            rule = f"no factor or index is called {reading.of!r}"
            yield Issue(("readings", n, "of"), rule + suggestion(reading.of, series))
    for table in ("happened", "readings", "outside"):
        for n, entry in enumerate(getattr(record, table)):
            if entry.on > record.until:
                yield Issue((table, n, "on"), f"is after the record's last day, until = {record.until}; found {entry.on}")
