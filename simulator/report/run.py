"""A run as text for the terminal, and as csv and json for programs."""

import csv
import io
from collections.abc import Iterator
from textwrap import wrap
from typing import Any

from simulator.ensemble.ensemble import Ensemble
from simulator.ensemble.tables import at_month
from simulator.report.export import as_json, cell
from simulator.report.layout import WIDTH, answered, effective, index_lines, known_lines, question_lines
from simulator.report.wording import percent, title_of
from simulator.scenario.schema import digest

CSV_COLUMNS = ("kind", "name", "month", "date", "item", "value", "std_error", "low", "high")


def table(ensemble: Ensemble) -> str:
    """Return a run as a table for 80 columns.

    Examples
    --------
    >>> from simulator import read_scenario, simulate
    >>> text = table(simulate(read_scenario("baseline"), 1_000))
    >>> max(len(line) for line in text.splitlines()) <= 80
    True
    """
    lines = [
        *wrap(title_of(ensemble.scenario), WIDTH),
        *wrap(
            f"{ensemble.horizon} months from {ensemble.dates[0]:%Y-%m-%d}; {effective(ensemble)}, seed {ensemble.seed}; "
            "0 to 100 points, 50 neutral",
            WIDTH,
        ),
        *known_lines(ensemble),
    ]
    for name in ensemble.indices:
        lines += ["", *index_lines(ensemble, name)]
    if ensemble.plan.events:
        after = f" after {ensemble.known_to}, and how often seen by then" if ensemble.is_conditioned else ""
        lines += ["", *wrap(f"Events: probability of at least once{after}", WIDTH), *_event_lines(ensemble)]
    if ensemble.plan.questions:
        lines += ["", "Questions"]
        for _, row in ensemble.questions().iterrows():
            lines += question_lines(row)
    return "\n".join(lines)


def _event_lines(ensemble: Ensemble) -> Iterator[str]:
    for event, (name, row) in zip(ensemble.plan.events, ensemble.events().iterrows(), strict=True):
        told = f"{ensemble.scenario.label_of(str(name))} ({name})"
        if ensemble.is_conditioned:
            chance = percent(row.still, row.still_std_error, row.still_low, row.still_high)
            chance = "over" if ensemble.is_over(event) else chance
            seen = "" if event.recorded is None else "seen once" if row.seen == 1 else f"seen {row.seen:.0f} times"
            told += f", {seen or 'not in the record'}" if row.seen != 0 else ""
        else:
            chance = percent(row.probability, row.std_error, row.low, row.high)
        yield from answered(chance, told)


def tables(ensembles: list[Ensemble]) -> str:
    """Return several runs as tables, one after the other."""
    return "\n\n\n".join(map(table, ensembles))


def as_dict(ensemble: Ensemble) -> dict[str, Any]:
    """Return a run as plain data for json: summary, bands at the horizon, questions, events, how it was made.

    Examples
    --------
    >>> from simulator import read_scenario, simulate
    >>> sorted(as_dict(simulate(read_scenario("baseline"), 1_000)))
    ['bounds', 'digest', 'events', 'indices', 'known_to', 'months', 'n_draws', 'n_effective', 'questions', 'record', \
'scenario', 'seed', 'start', 'title']
    """
    return {
        "scenario": ensemble.scenario.name,
        "title": ensemble.scenario.title,
        "digest": digest(ensemble.scenario),
        "start": f"{ensemble.dates[0]:%Y-%m-%d}",
        "months": ensemble.horizon,
        "n_draws": ensemble.n_draws,
        "n_effective": ensemble.n_effective,
        "record": None if ensemble.scenario.record is None else ensemble.scenario.record.name,
        "known_to": None if ensemble.known_to is None else f"{ensemble.known_to}",
        "seed": ensemble.seed,
        "indices": {name: _index_dict(ensemble, name) for name in ensemble.indices},
        "questions": {
            name: {**row, "date": f"{row['date']:%Y-%m-%d}"} for name, row in ensemble.questions().to_dict("index").items()
        },
        "events": ensemble.events().to_dict("index"),
        "bounds": ensemble.bounds().to_dict("index"),
    }


def _index_dict(ensemble: Ensemble, name: str) -> dict[str, Any]:
    summary = ensemble.summary(name).loc[name].reset_index()
    summary["date"] = summary["date"].dt.strftime("%Y-%m-%d")
    at_end = at_month(ensemble.bands(name), ensemble.horizon)
    return {
        "label": ensemble.scenario.label_of(name),
        "months": summary.to_dict("records"),
        "bands_at_end": at_end.to_dict("index"),
    }


def runs_as_json(ensembles: list[Ensemble]) -> str:
    """Return runs as a json list; what is not a number (the time of an event that never happened) is null."""
    return as_json([as_dict(ensemble) for ensemble in ensembles], indent=1)


def runs_as_csv(ensembles: list[Ensemble]) -> str:
    """Return runs as one tidy csv table: means, quantiles, band probabilities by month, and questions.

    Notes
    -----
    A text cell that begins with = + - @ is a formula to a spreadsheet, and gets a quote before it.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["scenario", "digest", "seed", "n_draws", "n_effective", *CSV_COLUMNS])
    for ensemble in ensembles:
        run = [
            cell(ensemble.scenario.name),
            digest(ensemble.scenario),
            ensemble.seed,
            ensemble.n_draws,
            f"{ensemble.n_effective:.6g}",
        ]
        for kind, name, month, item, *numbers in _estimates(ensemble):
            cells = [kind, cell(name), month, f"{ensemble.dates[month]:%Y-%m-%d}", cell(item)]
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
    if ensemble.is_conditioned:
        for name, row in ensemble.events().iterrows():
            numbers = row[["still", "still_std_error", "still_low", "still_high"]]
            yield "event", name, ensemble.horizon, f"at least once after {ensemble.known_to}", *numbers
    for asked, (name, row) in zip(ensemble.plan.questions, ensemble.questions().iterrows(), strict=True):
        yield "question", name, asked.step, row.ask, row.probability, row.std_error, row.low, row.high
