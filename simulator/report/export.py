"""Tables for programs: csv and json, of any results."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd

import simulator
from simulator.ensemble.ensemble import Ensemble
from simulator.scenario.schema import digest


def frames_as_csv(tables: Mapping[str, pd.DataFrame]) -> str:
    """Return tables as one csv table; the first column names them where there are several, and what one lacks is empty.

    Examples
    --------
    >>> one, two = (pd.DataFrame({x: [0.5]}, index=pd.Index(["=y"], name="name")) for x in "xz")
    >>> print(frames_as_csv({"a": one, "b": two}))
    table,name,x,z
    a,'=y,0.5,
    b,'=y,,0.5
    <BLANKLINE>
    """
    parts = {}
    for name, table in tables.items():
        flat = table.reset_index()
        for column in flat.select_dtypes(include=["object", "string"]).columns:
            flat[column] = [cell(value) if isinstance(value, str) else value for value in flat[column]]
        # as text, lest whole numbers beside empty cells come out as fractions
        parts[name] = flat.map(_text)
    one = pd.concat(parts, names=["table"]).reset_index("table") if len(parts) > 1 else next(iter(parts.values()))
    return str(one.to_csv(index=False, lineterminator="\n"))


def _text(value: Any) -> str:
    """Return a cell of a csv table."""
    if value is None or value != value:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    return value.isoformat()[:10] if isinstance(value, date) else str(value)


def about(*ensembles: Ensemble) -> pd.DataFrame:
    """Return whose the tables of a command are: a row for each ensemble, with all that was changed of its file.

    Examples
    --------
    >>> from simulator import read_scenario, simulate
    >>> about(simulate(read_scenario("baseline", ["factors.nato.weight=3"]), 100)).title.tolist()
    ['Baseline, with factors.nato.weight = 3']
    """
    rows = [
        {
            "scenario": one.scenario.name,
            "title": one.scenario.heading,
            "given": one.condition,
            "digest": digest(one.scenario),
            "seed": one.seed,
            "n_draws": one.n_draws,
            "n_effective": one.n_effective,
            "version": simulator.__version__,
        }
        for one in ensembles
    ]
    return pd.DataFrame(rows).set_index("scenario")


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
