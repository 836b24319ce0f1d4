"""A run in words and numbers: the table a person reads, and csv and json for programs."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from math import ceil, floor, log10
from textwrap import wrap
from typing import Any

import pandas as pd

from simulator.ensemble.ensemble import PROBABILITIES, Ensemble
from simulator.files.read import digest

WIDTH = 80
CSV_COLUMNS = ("kind", "name", "month", "date", "item", "value", "std_error", "low", "high")


def points(value: float, std_error: float) -> str:
    """Return points with no digit that the error does not support: the last one is worth half an error or more.

    Examples
    --------
    >>> points(23.456, 0.06), points(23.456, 0.8)
    ('23.5', '23')
    """
    return f"{value:.1f}" if std_error <= 0.2 else f"{value:.0f}"


def percent(probability: float, std_error: float, low: float, high: float) -> str:
    """Return a probability in per cent, its digits supported by its error; a bound where all or none was hit by chance.

    Examples
    --------
    >>> percent(0.2134, 0.003, 0.207, 0.219), percent(0.0, 0.0001, 0.0, 0.00036), percent(1.0, 0.001, 0.996, 1.0)
    ('21 %', '< 0.04 %', '> 99.6 %')
    """
    if probability in (0, 1) and low == high:
        return f"{100 * probability:.0f} %"
    told = f"{100 * probability:.{_decimals(100 * std_error)}f}"
    if float(told) == 0:
        return f"< {_rounded_up(100 * high)} %"
    if float(told) == 100:
        return f"> {100 - Decimal(_rounded_up(100 * (1 - low)))} %"
    return f"{told} %"


def _decimals(std_error: float) -> int:
    """Return the number of decimals whose last digit is worth half an error or more."""
    return min(max(floor(-log10(std_error / 2) + 1e-9), 0), 4)


def _rounded_up(value: float) -> str:
    """Return a positive number with one digit, no smaller than it is."""
    place = floor(log10(value))
    # rounding first, as 100 times a probability is off by a few last bits
    return f"{ceil(round(value / 10.0**place, 9)) * 10.0**place:.{max(-place, 0)}f}"


def table(ensemble: Ensemble) -> str:
    """Return a run as a table for 80 columns.

    Examples
    --------
    >>> from simulator import read_scenario, simulate
    >>> text = table(simulate(read_scenario("baseline"), 1_000))
    >>> max(len(line) for line in text.splitlines()) <= 80
    True
    """
    scenario = ensemble.scenario
    lines = [
        *wrap(f"{scenario.title} ({scenario.name})", WIDTH),
        f"{ensemble.horizon} months from {ensemble.dates[0]:%Y-%m-%d}; {ensemble.n_draws:,} draws, seed {ensemble.seed}; "
        "0 to 100 points, 50 neutral",
    ]
    for name in ensemble.indices:
        lines += ["", *_index_table(ensemble, name)]
    if ensemble.plan.events:
        lines += ["", *_event_table(ensemble)]
    if ensemble.plan.questions:
        lines += ["", *_question_table(ensemble)]
    return "\n".join(lines)


def _index_table(ensemble: Ensemble, name: str) -> list[str]:
    label = ensemble.scenario.label_of(name)
    head = f"{label[:1].upper()}{label[1:]} ({name})"
    lines = [*wrap(head, WIDTH), f"  {'':<10}  {'mean':>11}  {'median':>6}  {'50 %':>12}  {'80 %':>12}  {'95 %':>12}"]
    quantiles = ensemble.quantiles(name)
    means = ensemble.mean(name).droplevel(["name", "date"])
    for month in ensemble.reported:
        at = quantiles.xs(month, level="month").droplevel(["name", "date"])
        told = {p: points(*at.loc[p]) for p in PROBABILITIES}
        ends = [f"{told[a]:>4} to {told[b]:>4}" for a, b in ((0.25, 0.75), (0.1, 0.9), (0.025, 0.975))]
        mean = means.loc[month]
        error = error_of(mean.std_error)
        lines.append(
            f"  {ensemble.dates[month]:%Y-%m-%d}  {mean['mean']:5.1f}{error:<6}  {told[0.5]:>6}  "
            + "  ".join(f"{e:>12}" for e in ends)
        )
    at_end = ensemble.bands(name).xs(ensemble.horizon, level="month").droplevel(["name", "date"])
    parts = [f"{band} {percent(*row)}" for band, row in at_end.iterrows()]
    return lines + _wrapped("  bands at the end: ", parts)


def error_of(std_error: float) -> str:
    """Return a mean's standard error in six characters; a mean that is certain has none."""
    if pd.isna(std_error):
        return ""
    if std_error == 0:
        return " exact"
    return "±<0.01" if std_error < 0.005 else f" ±{std_error:.2f}"


def _wrapped(head: str, parts: list[str]) -> list[str]:
    """Return parts joined by commas, on as many lines as they need, none of them broken unless it fills a line."""
    joined = ", ".join(part.replace(" ", "\u00a0") for part in parts)
    lines = wrap(joined, WIDTH - len(head), break_on_hyphens=False)
    return [(" " * len(head) if n else head) + line.replace("\u00a0", " ") for n, line in enumerate(lines)]


def _event_table(ensemble: Ensemble) -> list[str]:
    lines = ["Events: probability of at least once"]
    for name, row in ensemble.events().iterrows():
        chance = percent(row.probability, row.std_error, row.low, row.high)
        told = wrap(f"{ensemble.scenario.label_of(str(name))} ({name})", WIDTH - 13)
        lines += [f"  {chance if not n else '':>9}  {text}" for n, text in enumerate(told)]
    return lines


def _question_table(ensemble: Ensemble) -> list[str]:
    lines = ["Questions"]
    for name, row in ensemble.questions().iterrows():
        answer = percent(row.probability, row.std_error, row.low, row.high)
        label = ensemble.scenario.questions[str(name)].label or str(name).replace("_", " ")
        told = [*wrap(label, WIDTH - 13), *wrap(f"{row.ask}  ({row.when} {row.date:%Y-%m-%d})", WIDTH - 13)]
        lines += [f"  {answer if not n else '':>9}  {text}" for n, text in enumerate(told)]
    return lines


def tables(ensembles: list[Ensemble]) -> str:
    """Return several runs as tables, one after the other."""
    return "\n\n\n".join(map(table, ensembles))


def as_dict(ensemble: Ensemble) -> dict[str, Any]:
    """Return a run as plain data for json: summary, bands at the horizon, questions, events, how it was made.

    Examples
    --------
    >>> from simulator import read_scenario, simulate
    >>> sorted(as_dict(simulate(read_scenario("baseline"), 1_000)))
    ['bounds', 'digest', 'events', 'indices', 'months', 'n_draws', 'questions', 'scenario', 'seed', 'start', 'title']
    """
    return {
        "scenario": ensemble.scenario.name,
        "title": ensemble.scenario.title,
        "digest": digest(ensemble.scenario),
        "start": f"{ensemble.dates[0]:%Y-%m-%d}",
        "months": ensemble.horizon,
        "n_draws": ensemble.n_draws,
        "seed": ensemble.seed,
        "indices": {name: _index_dict(ensemble, name) for name in ensemble.indices},
        "questions": {
            name: {**row, "date": f"{row['date']:%Y-%m-%d}"} for name, row in ensemble.questions().to_dict("index").items()
        },
        "events": ensemble.events().to_dict("index"),
        "bounds": ensemble.bounds().to_dict("index"),
    }


def _index_dict(ensemble: Ensemble, name: str) -> dict[str, Any]:
    summary = ensemble.summary().loc[name].reset_index()
    summary["date"] = summary["date"].dt.strftime("%Y-%m-%d")
    at_end = ensemble.bands(name).xs(ensemble.horizon, level="month").droplevel(["name", "date"])
    return {
        "label": ensemble.scenario.label_of(name),
        "months": summary.to_dict("records"),
        "bands_at_end": at_end.to_dict("index"),
    }


def as_json(ensembles: list[Ensemble]) -> str:
    """Return runs as a json list; what is not a number (the time of an event that never happened) is null."""
    return json.dumps([_without_nan(as_dict(ensemble)) for ensemble in ensembles], indent=1, ensure_ascii=False)


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_nan(item) for item in value]
    return None if isinstance(value, float) and value != value else value


def as_csv(ensembles: list[Ensemble]) -> str:
    """Return runs as one tidy csv table: means, quantiles, band probabilities by month, and questions.

    Notes
    -----
    A text cell that begins with = + - @ is a formula to a spreadsheet, and gets a quote before it.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["scenario", "digest", "seed", "n_draws", *CSV_COLUMNS])
    for ensemble in ensembles:
        run = [_text(ensemble.scenario.name), digest(ensemble.scenario), ensemble.seed, ensemble.n_draws]
        for kind, name, month, item, *numbers in _estimates(ensemble):
            cells = [kind, _text(name), month, f"{ensemble.dates[month]:%Y-%m-%d}", _text(item)]
            told = [f"{number:.6g}" for number in numbers]
            writer.writerow([*run, *cells, *told, *[""] * (len(CSV_COLUMNS) - len(cells) - len(told))])
    return out.getvalue().rstrip("\n")


def _estimates(ensemble: Ensemble) -> Iterator[tuple[Any, ...]]:
    """Yield kind, name, month, item and numbers of every estimate."""
    for (name, month, _), row in ensemble.mean().iterrows():
        yield "mean", name, month, "", row["mean"], row.std_error
    for (name, month, _, p), row in ensemble.quantiles().iterrows():
        yield "quantile", name, month, f"{p:g}", row.value, row.std_error
    for (name, month, _, band), row in ensemble.bands().iterrows():
        yield "band", name, month, band, *row
    for (name, month, _), row in ensemble.event_times().iterrows():
        yield "event", name, month, "has happened", *row
    for asked, (name, row) in zip(ensemble.plan.questions, ensemble.questions().iterrows(), strict=True):
        yield "question", name, asked.step, row.ask, row.probability, row.std_error, row.low, row.high


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
            flat[column] = [_text(cell) if isinstance(cell, str) else cell for cell in flat[column]]
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
    plain = {}
    for name, table in tables.items():
        flat = table.reset_index()
        for column in flat.select_dtypes(include="datetime").columns:
            flat[column] = flat[column].dt.strftime("%Y-%m-%d")
        plain[name] = [_without_nan(row) for row in flat.to_dict("records")]
    return json.dumps(plain, ensure_ascii=False)


def _text(cell: str) -> str:
    return "'" + cell if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
