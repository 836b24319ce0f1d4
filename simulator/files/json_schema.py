"""The JSON Schemas of files, so that editors complete and check them."""

import json
from typing import Any

from simulator.scenario.numbers import TAGS
from simulator.scenario.record import SET_ON_READING, Record
from simulator.scenario.schema import SET_BY, Scenario


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
    for key in SET_BY:
        schema["properties"].pop(key)
    # in a file the record is its name
    about = schema["properties"]["record"]["description"]
    schema["properties"]["record"] = {"type": "string", "description": about}
    for name in ("Record", "Fact", "Measured", "Outside"):
        del schema["$defs"][name]
    title = "Relationship or scenario of the relations simulator"
    return _headed(schema, title, "docs/scenario-format.md says what each key means.")


def record_schema() -> str:
    """Return the JSON Schema of records, as text.

    Examples
    --------
    >>> '"happened"' in record_schema()
    True
    """
    schema = Record.model_json_schema()
    for key in SET_ON_READING:
        schema["properties"].pop(key)
    about = "docs/scenario-format.md, A record, says what each key means."
    return _headed(schema, "Record of the relations simulator", about)


def _headed(schema: dict[str, Any], title: str, about: str) -> str:
    """Return a schema as text, under its own title."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, "description": about}
    plain = {key: value for key, value in _plain(schema).items() if key not in head}
    return json.dumps({**head, **plain}, indent=1, ensure_ascii=False) + "\n"


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
