"""What may be said: a frozen Scenario, its numbers, conditions and dates, and every rule it must keep.

distributions   the eight distributions a number may follow, each by its inverse distribution function
numbers         which kinds of number there are, what each admits, and quantiles of uncertain ones; dotted keys
conditions      `when` and `ask` expressions as predicates on arrays
calendar        months and dates: which day a step ends on, and which step covers a date
names           names as files write them, and how sure an author is
record          what happened: dated facts, readings, and what may be said of them
known           what a record says of a scenario's steps
schema          what relationship and scenario files may say, as frozen models
links           correlations and spillovers as matrices
rules           what must hold between the tables of a file
slips           what was meant by a number, a date or a name that is not written as files write it
issues          what the schema finds wrong, in an analyst's words
validation      all that a file breaks, at once
"""

from simulator.scenario.conditions import Condition
from simulator.scenario.numbers import KINDS, Key
from simulator.scenario.record import Record
from simulator.scenario.schema import Scenario, digest

__all__ = ["KINDS", "Condition", "Key", "Record", "Scenario", "digest"]
