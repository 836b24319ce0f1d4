"""The JSON Schema of relationship and scenario files, so that editors complete and check them."""

import json
from typing import Any

from simulator.distributions import TAGS
from simulator.scenario import Scenario


def json_schema() -> str:
    """Return the JSON Schema of both kinds of file, as text.

    Notes
    -----
    A scenario states only what differs from its relationship, so no table requires a key; `relsim check` says what is
    missing once all files are merged. Distributions are whole wherever they stand, and require theirs.

    Examples
    --------
    >>> '"half_life"' in json_schema()
    True
    """
    schema = Scenario.model_json_schema()
    laws = {tag.capitalize() for tag in TAGS}
    for name, definition in schema["$defs"].items():
        if name not in laws:
            definition.pop("required", None)
    schema["properties"].pop("name")
    schema = _without_titles(schema)
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Relationship or scenario of the relations simulator",
        "description": "docs/scenario-format.md says what each key means.",
    }
    return json.dumps({**head, **{k: v for k, v in schema.items() if k not in head}}, indent=1, ensure_ascii=False) + "\n"


def _without_titles(node: Any) -> Any:
    """Return a schema without the titles pydantic makes of every key: an editor would show them instead of the key."""
    if isinstance(node, dict):
        return {key: _without_titles(value) for key, value in node.items() if key != "title" or not isinstance(value, str)}
    return [_without_titles(item) for item in node] if isinstance(node, list) else node
