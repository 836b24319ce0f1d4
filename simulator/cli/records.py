"""The commands of what happened: a record as a calendar, what it teaches, and how a forecast has fared."""

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simulator.cli.options import INDEX, OUTPUT, SIMULATION, Drawn, Output, day
from simulator.cli.progress import begun

if TYPE_CHECKING:
    from simulator.scenario.schema import Scenario


@click.command()
@click.argument("file", metavar="RECORD")
@click.option("--sources", is_flag=True, help="Tell sources and confidence, too.")
@OUTPUT
def record(file: str, sources: bool, output: Output) -> None:
    """Print what happened as a calendar. RECORD is a file, or the bare name of one that ships.

    \b
    relsim record us_russia_2025
    relsim record us_russia_2025 -o timeline.png
    """
    from simulator.files.read import read_recorded
    from simulator.report.record import calendar, entries

    scenario = read_recorded(file).scenario
    told = scenario.record
    assert told is not None

    def picture() -> Any:
        from simulator import plots

        return plots.record(scenario).figure

    output.emit(lambda: calendar(scenario, sources), lambda: {"record": entries(told)}, picture)


@click.command()
@click.argument("scenario")
@INDEX
@SIMULATION
@OUTPUT
def learn(scenario: str, index: str, drawn: Drawn, output: Output) -> None:
    """Say what a record teaches: how surprising each event was, and each uncertain number before and after.

    \b
    relsim learn baseline --record us_russia_2025
    relsim learn baseline --record us_russia_2025 -o learned.png
    """
    from simulator.analysis.learn import learn as taught
    from simulator.files.read import read_scenario
    from simulator.report.export import about
    from simulator.report.record import learned_table

    found = taught(read_scenario(scenario, drawn.keys), drawn.draws, drawn.seed, begun().part(2))

    def picture() -> Any:
        from simulator import plots

        return plots.learned(found, index)

    tables = {"about": about(found.after), "events": found.events, "numbers": found.numbers, "indices": found.indices}
    output.emit(lambda: learned_table(found), lambda: tables, picture)


@click.command()
@click.argument("scenario", metavar="SCENARIO|FORECASTS")
@click.option("--until", type=day, metavar="DATE", help="Last day that counts.")
@SIMULATION
@OUTPUT
def score(scenario: str, until: date | None, drawn: Drawn, output: Output) -> None:
    """Hold a forecast to what happened: Brier and logarithmic scores, counts and readings in their distributions.

    SCENARIO is forecast as it stands; --record names what happened (default: the one that ships for its relationship).
    With --known-until the forecast knows the record up to that day, and is scored on what came after. FORECASTS is a file
    that `relsim register` wrote, or a folder of some: all that has come due is scored, and a miss charged to the entries of
    the files that made it.

    \b
    relsim score baseline
    relsim score baseline --until 2026-01-20 -o calibration.png
    relsim score baseline --known-until 2026-01-20
    relsim score forecasts/
    """
    from simulator.files.forecasts import is_forecasts

    if is_forecasts(scenario):
        _score_registered(scenario, until, drawn, output)
        return
    from simulator.analysis.score import score as scored
    from simulator.ensemble.simulation import simulate
    from simulator.report.export import about
    from simulator.report.score import score_table

    told, forecast = _record_and_forecast(scenario, drawn)
    n_draws = drawn.n_draws(forecast)
    ensemble = simulate(forecast, n_draws, drawn.seed, n_kept=n_draws, progress=begun().part())
    found = scored(ensemble, told, until)

    def tables() -> dict[str, Any]:
        parts = {
            "about": about(found.ensemble),
            "summary": found.summary,
            "by_horizon": found.by_horizon,
            "events": found.events,
        }
        return parts | {"questions": found.questions, "readings": found.readings}

    def picture() -> Any:
        from simulator import plots

        return plots.calibration(found).figure

    output.emit(lambda: score_table(found), tables, picture)


def _score_registered(path: str, until: date | None, drawn: Drawn, output: Output) -> None:
    from simulator.analysis.forecasts import fared
    from simulator.files.forecasts import read_forecasts
    from simulator.files.records import record_of_relationship
    from simulator.report.forecasts import fared_table

    changed = [key for key in drawn.keys if not key.startswith("record=")]
    if until or output.is_picture or drawn.draws is not None or drawn.seed is not None or changed:
        raise click.UsageError("registered forecasts are scored as they are: only --record and --format go with them")
    forecasts = read_forecasts(path)
    found = fared(forecasts, record_of_relationship(forecasts[0].relationship, _named(drawn)))
    tables = {"summary": found.summary, "due": found.due, "readings": found.readings, "charged": found.charged}

    def picture() -> Any:
        raise AssertionError("refused above")

    output.emit(lambda: fared_table(found), lambda: tables, picture)


def _named(drawn: Drawn) -> str | None:
    """Return the record that --record names."""
    named = [key.partition("=")[2] for key in drawn.known if key.startswith("record=")]
    return str(json.loads(named[0])) if named else None


@click.command()
@click.argument("scenarios", nargs=-1, required=True, metavar="SCENARIO...")
@click.option("-o", "--output", required=True, metavar="FILE", help="File of forecasts, new or to be appended to.")
@SIMULATION
def register(scenarios: tuple[str, ...], output: str, drawn: Drawn) -> None:
    """Freeze what scenarios say today: probabilities and quantiles, to be scored when they come due.

    FILE is only appended to. Each entry carries the scenario's digest, the version, the random seed, the day, what would
    settle each forecast, and the digest of the entry before, so that a changed entry is found out; keep the last digest
    elsewhere, for the whole file could be made anew.

    \b
    relsim register baseline --record us_russia_2025 -o forecasts/mine.toml
    relsim score forecasts/mine.toml
    """
    from simulator.analysis.forecasts import forecast_of
    from simulator.ensemble.simulation import simulate
    from simulator.files.forecasts import read_forecasts
    from simulator.files.forecasts import register as append
    from simulator.files.read import read_scenario
    from simulator.files.toml import is_there

    resolved = [read_scenario(name, drawn.keys) for name in scenarios]
    if is_there(Path(output)):  # a file that was changed is found out before any time is spent
        read_forecasts(output)
    found, today, progress = [], date.today(), begun()
    for scenario, report in [(one, progress.part()) for one in resolved]:
        n_draws = drawn.n_draws(scenario)
        ensemble = simulate(scenario, n_draws, drawn.seed, n_kept=n_draws, progress=report)
        found.append(forecast_of(ensemble, today, drawn.overrides))
    progress.finish()
    added = append(found, output)
    for one in added:
        told = f"{len(one.events)} events, {len(one.questions)} questions, {len(one.quantiles)} quantiles"
        click.echo(f"{one.scenario}: registered in {output}: {told}; digest {one.entry}", err=True)
    if len(added) < len(found):
        click.echo(f"{len(found) - len(added)} registered already, and left out", err=True)


def _record_and_forecast(name: str, drawn: Drawn) -> "tuple[Any, Scenario]":
    """Return what happened, and the scenario that is held to it: without it, or knowing it up to a day."""
    from simulator.files.find import find_scenario
    from simulator.files.read import read_scenario
    from simulator.files.records import record_of_relationship
    from simulator.scenario.known import with_record

    plain, named = read_scenario(name, drawn.overrides), _named(drawn)
    own, beside = plain.relationship or plain.name, find_scenario(name).parent
    told = plain.record if named is None and plain.record else record_of_relationship(own, named, beside)
    until = [key for key in drawn.known if key.startswith("known_until=")]
    if not until:
        return told, with_record(plain, None)
    which = () if named is None and plain.record else (f"record={json.dumps(named or told.name)}",)
    return told, read_scenario(name, (*which, *until, *drawn.overrides))


COMMANDS = (record, learn, score, register)
