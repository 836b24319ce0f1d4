"""What a file is, by the keys that only files of one kind have; and which command reads it."""

from collections.abc import Mapping
from typing import Any

from simulator.errors import InvalidFile, Problem
from simulator.files.layers import Layer
from simulator.scenario.schema import SET_BY, Factor, Scenario

# The keys of the root that no other kind has. Relationship and scenario share one schema.
OWN: Mapping[str, frozenset[str]] = {
    "scenario": frozenset({*Scenario.model_fields} - {*SET_BY, "title", "summary", "relationship"}),
    "record": frozenset(("until", "silent", "happened", "readings", "outside")),
    "outlook": frozenset(("scenarios",)),
    "forecasts": frozenset(("forecasts",)),
}
# What only the whole description of a factor states.
NEEDED = {name for name, field in Factor.model_fields.items() if field.is_required()}
NOUNS = {
    "scenario": "a scenario",
    "relationship": "a relationship",
    "record": "a record",
    "outlook": "an outlook",
    "forecasts": "a file of registered forecasts",
}
COMMANDS = {
    "scenario": "relsim run",
    "relationship": "relsim show",
    "record": "relsim record, or relsim plot --kind record",
    "outlook": "relsim outlook",
    "forecasts": "relsim score",
}


def kind_of(data: Mapping[str, Any]) -> str:
    """Return what a file is: "scenario", "relationship", "record", "outlook" or "forecasts".

    Parameters
    ----------
    data : mapping
        The file's tables. One that names no relationship is a relationship if it says of which day it is; and one that
        builds on nothing, if it describes a factor whole.

    Examples
    --------
    >>> kind_of({"title": "O", "scenarios": []}), kind_of({"until": "2026-01-01"}), kind_of({"as_of": "2025-01-20"})
    ('outlook', 'record', 'relationship')
    >>> kind_of({"relationship": "two_states", "months": 12}), kind_of({"extends": "baseline"}), kind_of({})
    ('scenario', 'scenario', 'scenario')
    >>> kind_of({"extends": "two_states", "as_of": "2026-10-10"})
    'relationship'
    """
    kind = max(OWN, key=lambda one: len(OWN[one] & data.keys()))
    if kind != "scenario" or "relationship" in data or ("extends" in data and "as_of" not in data):
        return kind
    factors = data.get("factors")
    described = isinstance(factors, dict) and any(one.keys() >= NEEDED for one in factors.values() if isinstance(one, dict))
    return "relationship" if described or "as_of" in data else "scenario"


def require_kind(layer: Layer, *wanted: str) -> None:
    """Refuse a file of another kind than what is wanted, with the command that reads it; one without keys may be any."""
    found = kind_of(layer.data)
    if found not in wanted and any(keys & layer.data.keys() for keys in OWN.values()):
        rule = f"is {NOUNS[found]}, not {NOUNS[wanted[0]]}; use {COMMANDS[found]}"
        raise InvalidFile([Problem(layer.where, "", rule)])
