"""Tables for programs: csv and json, of any results."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd


def frames_as_csv(tables: Mapping[str, pd.DataFrame]) -> str:
    """Return tables as csv, one after the other, each after a line with its name.

    Examples
    --------
    >>> print(frames_as_csv({"a": pd.DataFrame({"x": [0.5]}, index=pd.Index(["=y"], name="name"))}))
    # a
    name,x
    '=y,0.5
    <BLANKLINE>
    """
    parts = []
    for name, table in tables.items():
        flat = table.reset_index()
        for column in flat.select_dtypes(include=["object", "string"]).columns:
            flat[column] = [cell(value) if isinstance(value, str) else value for value in flat[column]]
        told = flat.to_csv(index=False, float_format="%.6g", date_format="%Y-%m-%d", lineterminator="\n")
        parts.append(f"# {name}\n{told}")
    return "\n".join(parts)


def frames_as_json(tables: Mapping[str, pd.DataFrame]) -> str:
    """Return tables as a json object of lists of rows; what is not a number is null.

    Examples
    --------
    >>> frames_as_json({"a": pd.DataFrame({"x": [0.5, float("nan")]}, index=pd.Index(["b", "c"], name="name"))})
    '{"a": [{"name": "b", "x": 0.5}, {"name": "c", "x": null}]}'
    """
    plain: dict[str, Any] = {}
    for name, table in tables.items():
        flat = table.reset_index()
        for column in flat.select_dtypes(include="datetime").columns:
            flat[column] = flat[column].dt.strftime("%Y-%m-%d")
        rows = flat.to_dict("records")
        plain[name] = [{k: v.isoformat() if isinstance(v, date) else v for k, v in row.items()} for row in rows]
    return as_json(plain)


def as_json(value: Any, indent: int | None = None) -> str:
    """Return plain data as json; what is not a number (the time of an event that never happened) is null."""
    return json.dumps(_plain(value), indent=indent, ensure_ascii=False)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    return None if isinstance(value, float) and value != value else value


def cell(text: str) -> str:
    """Return a text for a spreadsheet: one that begins with = + - @ would be a formula, and gets a quote before it.

    Examples
    --------
    >>> cell("=1+1"), cell("warmth")
    ("'=1+1", 'warmth')
    """
    return "'" + text if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
