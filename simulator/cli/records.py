"""The commands of what happened: a record as a calendar, what it teaches, and how a forecast has fared."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from simulator.cli.options import INDEX, OUTPUT, SIMULATION, Drawn, Output

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
    from simulator.report.record import learned_table

    found = taught(read_scenario(scenario, drawn.keys), drawn.draws, drawn.seed)

    def picture() -> Any:
        from simulator import plots

        return plots.learned(found, index)

    tables = {"events": found.events, "numbers": found.numbers, "indices": found.indices}
    output.emit(lambda: learned_table(found), lambda: tables, picture)


@click.command()
@click.argument("scenario", metavar="SCENARIO")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="Last day that counts.")
@SIMULATION
@OUTPUT
def score(scenario: str, until: datetime | None, drawn: Drawn, output: Output) -> None:
    """Hold a forecast to what happened: Brier and logarithmic scores, counts and readings in their distributions.

    SCENARIO is forecast as it stands; --record names what happened (default: the one that ships for its relationship).
    With --known-until the forecast knows the record up to that day, and is scored on what came after.

    \b
    relsim score baseline
    relsim score baseline --until 2026-01-20 -o calibration.png
    relsim score baseline --known-until 2026-01-20
    """
    from simulator.analysis.score import score as scored
    from simulator.ensemble.simulation import simulate
    from simulator.report.score import score_table

    told, forecast = _record_and_forecast(scenario, drawn)
    n_draws = forecast.run.draws if drawn.draws is None else drawn.draws
    found = scored(simulate(forecast, n_draws, drawn.seed, n_kept=n_draws), told, until.date() if until else None)

    def tables() -> dict[str, Any]:
        parts = {"summary": found.summary, "by_horizon": found.by_horizon, "events": found.events}
        return parts | {"questions": found.questions, "readings": found.readings}

    def picture() -> Any:
        from simulator import plots

        return plots.calibration(found).figure

    output.emit(lambda: score_table(found), tables, picture)


def _record_and_forecast(name: str, drawn: Drawn) -> "tuple[Any, Scenario]":
    """Return what happened, and the scenario that is held to it: without it, or knowing it up to a day."""
    from simulator.files.read import read_scenario, record_of

    plain = read_scenario(name, drawn.overrides)
    named = [key.partition("=")[2].strip('"') for key in drawn.known if key.startswith("record=")]
    told = record_of(plain, named[0] if named else None)
    until = [key for key in drawn.known if key.startswith("known_until=")]
    if not until:
        return told, plain.model_copy(update={"record": None, "known_until": None})
    source = named[0] if named else told.name
    return told, read_scenario(name, (f'record="{source}"', *until, *drawn.overrides))


COMMANDS = (record, learn, score)
