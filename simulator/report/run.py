"""A run as text for the terminal, and as csv and json for programs."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

from simulator.analysis.tornado import telling_events
from simulator.ensemble.ensemble import Ensemble
from simulator.ensemble.tables import at_month
from simulator.report.durations import duration_lines
from simulator.report.export import as_json, cell
from simulator.report.layout import answered, effective, filled, index_lines, known_lines, likeliest, question_lines
from simulator.report.wording import capital, headed, in_full, percent, points, titled
from simulator.scenario.schema import digest

# Events of the first screen, and how many of them may be the scenario's own.
EVENTS, MOST_OWN = 6, 8
# What marks a scenario's own events.
OWN = "*"
# Columns before a scenario's name in an overview.
OVERVIEW = 36

CSV_COLUMNS = ("kind", "name", "month", "date", "item", "value", "std_error", "low", "high")


def headline(ensemble: Ensemble, index: str = "warmth") -> str:
    """Return what a run says of an index, in a sentence.

    Examples
    --------
    >>> from simulator import read_scenario, simulate
    >>> headline(simulate(read_scenario("baseline"), 2_000)).partition(";")[0]
    'Relationship warmth stands at 21 on 20 January 2025'
    """
    quantiles = ensemble.quantiles(index, [0.1, 0.5, 0.9])
    now = at_month(quantiles, 0).value.iloc[1]
    low, median, high = (points(*row) for row in at_month(quantiles, ensemble.horizon).itertuples(index=False))
    label = ensemble.scenario.label_of(index)
    told = (
        f"{capital(label)} stands at {now:.0f} on {in_full(ensemble.dates[0])}; on "
        f"{in_full(ensemble.dates[-1])} its median is {median}, and four futures in five lie between {low} and {high}."
    )
    if index not in ensemble.indices:
        return told
    top = likeliest(ensemble, index)
    return f'{told} The likeliest band is then "{top.name}", {percent(*top)}.'


def screen(ensemble: Ensemble, index: str = "warmth") -> str:
    """Return the first screen of a run: the headline, one index, its own events and the most telling ones, questions.

    Parameters
    ----------
    ensemble : Ensemble
        From `simulate` or `read_run`.
    index : str
        An index or a factor.

    Examples
    --------
    >>> from simulator import read_scenario, simulate
    >>> text = screen(simulate(read_scenario("baseline"), 1_000))
    >>> max(map(len, text.splitlines())) <= 80, len(text.splitlines()) <= 40
    (True, True)
    """
    lines = [*_head(ensemble, index), "", *index_lines(ensemble, index)]
    more = [f"{len(others)} other indices"] if (others := [name for name in ensemble.indices if name != index]) else []
    if ensemble.plan.events:
        shown = _first_events(ensemble, index)
        if left := len(ensemble.plan.events) - len(shown):
            more.append(f"{left} other events")
        own, most = set(shown) & set(ensemble.scenario.own_events), f"those that {index} goes with most"
        which = "" if own == set(shown) else f", then {most}" if own else f" ({most})"
        which = f" ({OWN} the scenario's own{which})" if own else which
        lines += ["", *filled(_events_head(ensemble, which)), *_event_lines(ensemble, shown)]
    if ensemble.plan.questions:
        lines += ["", "Questions"]
        for _, row in ensemble.questions().iterrows():
            lines += question_lines(row, briefly=True)
    return "\n".join([*lines, "", *filled(f"With --all: {', '.join([*more, 'durations'])}.")])


def _first_events(ensemble: Ensemble, index: str) -> list[str]:
    """Return the events of the first screen: the scenario's own, then those that most of the spread goes with."""
    ranked = [name for name in telling_events(ensemble, index) if name in _possible(ensemble)]
    own = [name for name in ranked if name in ensemble.scenario.own_events][:MOST_OWN]
    return [*own, *(name for name in ranked if name not in ensemble.scenario.own_events)][: max(EVENTS, len(own))]


def _possible(ensemble: Ensemble) -> set[str]:
    return {event.name for event in ensemble.plan.events if event.first <= event.last and not ensemble.is_over(event)}


def _head(ensemble: Ensemble, index: str) -> list[str]:
    made = f"{ensemble.horizon} months from {ensemble.dates[0]:%Y-%m-%d}; {effective(ensemble)}, seed {ensemble.seed}"
    lines = [*filled(titled(ensemble)), *filled(headline(ensemble, index)), ""]
    return [*lines, *filled(f"{made}; 0 to 100 points, 50 neutral"), *known_lines(ensemble)]


def _events_head(ensemble: Ensemble, which: str) -> str:
    after = f" after {ensemble.known_to}, and how often seen by then" if ensemble.is_conditioned else ""
    return f"Events{which}: probability of at least once{after}"


def table(ensemble: Ensemble, index: str = "warmth") -> str:
    """Return all of a run as a table: every index, event and question, and how long bands last.

    Parameters
    ----------
    ensemble : Ensemble
        From `simulate` or `read_run`.
    index : str
        Which index comes first, and whose durations are told; with a factor those are of warmth.

    Examples
    --------
    >>> from simulator import read_scenario, simulate
    >>> text = table(simulate(read_scenario("baseline"), 1_000))
    >>> max(len(line) for line in text.splitlines()) <= 80
    True
    """
    lines = _head(ensemble, index)
    for name in dict.fromkeys([index, *ensemble.indices]):
        lines += ["", *index_lines(ensemble, name)]
    if ensemble.plan.events:
        own = ensemble.scenario.own_events
        names = [event.name for event in ensemble.plan.events]
        mark = f" ({OWN} the scenario's own)" if own else ""
        lines += ["", *filled(_events_head(ensemble, mark))]
        lines += _event_lines(ensemble, sorted(names, key=lambda name: name not in own))
    if ensemble.plan.questions:
        lines += ["", "Questions"]
        for _, row in ensemble.questions().iterrows():
            lines += question_lines(row)
    return "\n".join([*lines, "", *duration_lines(ensemble, index if index in ensemble.indices else "warmth")])


def _event_lines(ensemble: Ensemble, names: Sequence[str]) -> Iterator[str]:
    of, table = {event.name: event for event in ensemble.plan.events}, ensemble.events()
    for name in names:
        event, row = of[name], table.loc[name]
        told = f"{OWN + ' ' if name in ensemble.scenario.own_events else ''}{ensemble.scenario.label_of(name)} ({name})"
        if ensemble.is_conditioned:
            chance = percent(row.still, row.still_std_error, row.still_low, row.still_high)
            chance = "over" if ensemble.is_over(event) else chance
            seen = "" if event.recorded is None else "seen once" if row.seen == 1 else f"seen {row.seen:.0f} times"
            told += f", {seen or 'not in the record'}" if row.seen != 0 else ""
        else:
            chance = percent(row.probability, row.std_error, row.low, row.high)
        yield from answered(chance, told)


def overview(ensembles: Sequence[Ensemble], index: str = "warmth") -> str:
    """Return where several runs end as text, a row for each, the warmest first.

    Examples
    --------
    >>> from simulator import read_scenario, simulate
    >>> print(overview([simulate(read_scenario(name), 400) for name in ("escalation", "negotiated_reset")]).splitlines()[0])
    Overview: Relationship warmth (warmth) at the end of each
    """
    lines = filled(f"Overview: {headed(ensembles[0].scenario, index)} at the end of each")
    lines.append(f"  {'median':>6}  {'80 %':>12}  {'date':<10}  scenario; likeliest band")
    for one in sorted(ensembles, key=lambda one: -at_month(one.quantiles(index, [0.5]), one.horizon).value.iloc[0]):
        low, median, high = (points(*row) for row in at_month(one.quantiles(index, [0.1, 0.5, 0.9]), one.horizon).to_numpy())
        told = titled(one)
        if index in one.indices:
            top = likeliest(one, index)
            told += f"; {top.name} {percent(*top)}"
        words = filled(told, OVERVIEW)
        lines.append(f"  {median:>6}  {f'{low} to {high}':>12}  {one.dates[-1]:%Y-%m-%d}  {words[0]}")
        lines += [f"{'':>{OVERVIEW}}{more}" for more in words[1:]]
    return "\n".join(lines)


def several(ensembles: Sequence[Ensemble], index: str = "warmth", *, whole: bool = False) -> str:
    """Return runs as text, one after the other; several begin with an overview.

    Parameters
    ----------
    ensembles : sequence of Ensemble
        From `simulate` or `read_run`.
    index : str
        An index or a factor of all.
    whole : bool
        All of each, not its first screen.

    Examples
    --------
    See `screen` and `table`.
    """
    told = [(table if whole else screen)(one, index) for one in ensembles]
    return "\n\n\n".join([overview(ensembles, index), *told] if len(told) > 1 else told)


def as_dict(ensemble: Ensemble, index: str = "warmth") -> dict[str, Any]:
    """Return a run as plain data for json: summary, bands at the horizon, questions, events, how it was made.

    Examples
    --------
    >>> from simulator import read_scenario, simulate
    >>> list(as_dict(simulate(read_scenario("baseline"), 1_000)))[:5]
    ['scenario', 'title', 'changes', 'given', 'digest']
    """
    return {
        "scenario": ensemble.scenario.name,
        "title": ensemble.scenario.heading,
        "changes": dict(ensemble.scenario.changes),
        "given": ensemble.condition or None,
        "digest": digest(ensemble.scenario),
        "start": f"{ensemble.dates[0]:%Y-%m-%d}",
        "months": ensemble.horizon,
        "n_draws": ensemble.n_draws,
        "n_effective": ensemble.n_effective,
        "record": None if ensemble.scenario.record is None else ensemble.scenario.record.name,
        "known_to": None if ensemble.known_to is None else f"{ensemble.known_to}",
        "seed": ensemble.seed,
        "indices": {name: _index_dict(ensemble, name) for name in _names(ensemble, index)},
        "questions": {
            name: {**row, "date": f"{row['date']:%Y-%m-%d}"} for name, row in ensemble.questions().to_dict("index").items()
        },
        "events": ensemble.events().to_dict("index"),
        "bounds": ensemble.bounds().to_dict("index"),
    }


def _index_dict(ensemble: Ensemble, name: str) -> dict[str, Any]:
    summary = ensemble.summary(name).loc[name].reset_index()
    summary["date"] = summary["date"].dt.strftime("%Y-%m-%d")
    told = {"label": ensemble.scenario.label_of(name), "months": summary.to_dict("records")}
    if name not in ensemble.indices:  # a factor has no bands
        return told
    return told | {"bands_at_end": at_month(ensemble.bands(name), ensemble.horizon).to_dict("index")}


def _names(ensemble: Ensemble, index: str) -> list[str]:
    """Return what is told of: every index, and a factor that is asked for."""
    return list(dict.fromkeys([*ensemble.indices, index]))


def runs_as_json(ensembles: list[Ensemble], index: str = "warmth") -> str:
    """Return runs as a json list, of every index and perhaps a factor; what is not a number is null.

    The time of an event that never happened is not a number.
    """
    return as_json([as_dict(ensemble, index) for ensemble in ensembles], indent=1)


def runs_as_csv(ensembles: list[Ensemble], index: str = "warmth") -> str:
    """Return runs as one tidy csv table: means, quantiles and bands by month of every index and perhaps a factor, questions.

    Notes
    -----
    A text cell that begins with = + - @ is a formula to a spreadsheet, and gets a quote before it.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["scenario", "digest", "seed", "n_draws", "n_effective", "changes", "given", *CSV_COLUMNS])
    for ensemble in ensembles:
        run = [
            cell(ensemble.scenario.name),
            digest(ensemble.scenario),
            ensemble.seed,
            ensemble.n_draws,
            f"{ensemble.n_effective:.6g}",
            cell("; ".join(f"{key} = {value}" for key, value in ensemble.scenario.changes.items())),
            cell(ensemble.condition),
        ]
        for kind, name, month, item, *numbers in _estimates(ensemble, index):
            cells = [kind, cell(name), month, f"{ensemble.dates[month]:%Y-%m-%d}", cell(item)]
            told = [f"{number:.6g}" for number in numbers]
            writer.writerow([*run, *cells, *told, *[""] * (len(CSV_COLUMNS) - len(cells) - len(told))])
    return out.getvalue().rstrip("\n")


def _estimates(ensemble: Ensemble, index: str) -> Iterator[tuple[Any, ...]]:
    """Yield kind, name, month, item and numbers of every estimate."""
    names = _names(ensemble, index)
    for (name, month, _), row in ensemble.mean(names).iterrows():
        yield "mean", name, month, "", row["mean"], row.std_error
    for (name, month, _, p), row in ensemble.quantiles(names).iterrows():
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
