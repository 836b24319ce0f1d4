"""The JSON Schema of relationship and scenario files, so that editors complete and check them."""

import json
from typing import Any

from simulator.scenario.numbers import TAGS
from simulator.scenario.schema import Scenario


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
    schema = _plain(schema)
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Relationship or scenario of the relations simulator",
        "description": "docs/scenario-format.md says what each key means.",
    }
    return json.dumps({**head, **{k: v for k, v in schema.items() if k not in head}}, indent=1, ensure_ascii=False) + "\n"


def _plain(node: Any) -> Any:
    """Return a schema without the titles pydantic makes of every key, and with whole numbers written whole.

    An editor would show the titles instead of the keys, and releases of pydantic differ in how they write 100, or a
    single choice.
    """
    if isinstance(node, dict):
        surplus = {"title"} if isinstance(node.get("title"), str) else set()
        surplus |= {"enum"} if "const" in node else set()
        return {key: _plain(value) for key, value in node.items() if key not in surplus}
    if isinstance(node, list):
        return [_plain(item) for item in node]
    return int(node) if isinstance(node, float) and node.is_integer() else node
