"""The commands that read, check, compare and write files."""

from pathlib import Path

import click

from simulator.cli.options import SET, count, print_or_write
from simulator.cli.progress import begun
from simulator.errors import InputOutputError, InvalidFile, Problem

# About as many entries as the relationships that ship have: a guess until a file is read.
ENTRIES = 100


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--strict", is_flag=True, help="Also ask for a rationale and a source wherever a file states numbers.")
def check(paths: tuple[str, ...], strict: bool) -> None:
    """Check files or folders of files, records too; print every problem, and warn of what is valid but can hardly be meant.

    Exit code 3 if there is a problem; warnings do not change it.
    """
    from simulator.files.forecasts import is_forecasts, read_forecasts
    from simulator.files.read import read_layers, read_recorded
    from simulator.files.records import is_record
    from simulator.review.lint import unread as not_read
    from simulator.review.lint import warnings
    from simulator.review.show import unsourced

    problems: list[Problem] = []
    unread: list[str] = []
    files = [file for path in paths for file in (sorted(Path(path).glob("*.toml")) if Path(path).is_dir() else [path])]
    if not files:
        raise InputOutputError(f"{', '.join(paths)}: no .toml file there")
    for file in files:
        try:
            if is_forecasts(file):
                click.echo(f"{file}: ok, {len(read_forecasts(file))} registered forecasts, as they were made")
                continue
            told_record = is_record(file)
            reading = read_recorded(file) if told_record else read_layers(file)
            found = unsourced(reading) if strict and not told_record else []
        except InvalidFile as error:
            found = list(error.problems)
        except InputOutputError as error:
            unread.append(str(error))
            continue
        problems += found
        if not found:
            doubts = not_read(reading) if told_record else warnings(reading)
            told = f", {len(doubts)} warning{'s' if len(doubts) > 1 else ''}" if doubts else ""
            click.echo(f"{file}: ok{told}")
            for doubt in doubts:
                click.echo(f"warning: {doubt}", err=True)
    if problems:
        raise InvalidFile([*dict.fromkeys(problems), *(Problem("", "", text) for text in unread)])
    if unread:
        raise InputOutputError("\n".join(unread))


@click.command()
@click.argument("scenario")
@SET
def show(scenario: str, overrides: tuple[str, ...]) -> None:
    """Print a resolved scenario, with what it changed of its relationship marked; or a record with its sources."""
    from simulator.files.read import read_layers, read_recorded
    from simulator.files.records import is_record
    from simulator.report.record import calendar
    from simulator.review.show import show as described

    if is_record(scenario):
        click.echo(calendar(read_recorded(scenario).scenario, sources=True))
        return
    click.echo(described(read_layers(scenario, overrides)))


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("-n", "--draws", type=count, metavar="COUNT", help="Draws of each simulation. Default: 2000.")
@click.option("-o", "--output", metavar="FILE", help="Write the page there instead of printing it.")
def assumptions(files: tuple[str, ...], draws: int | None, output: str | None) -> None:
    """List what files assume: every entry with numbers, how far it moves warmth, and what supports it.

    FILE is a relationship or a scenario. The page is Markdown; least supported entries come first.

    \b
    relsim assumptions my.toml
    relsim assumptions seeds/*.toml scenarios/*.toml -o assumptions.md
    """
    from simulator.analysis.leave_one_out import N_DRAWS
    from simulator.report.assumptions import assumptions_page

    n_draws = draws or N_DRAWS
    print_or_write(assumptions_page(files, n_draws, begun().part(ENTRIES, n_draws)), output)


@click.command()
@click.argument("path")
@click.option("--relationship", metavar="NAME", help="The relationship to build on. Default: that of the shipped baseline.")
def new(path: str, relationship: str | None) -> None:
    """Write a commented scenario to start from."""
    from simulator.errors import suggestion
    from simulator.files.edit import new_scenario, write_new
    from simulator.files.layers import shipped
    from simulator.files.read import read_scenario

    relationship = relationship or str(read_scenario("baseline").relationship)
    known = {file.stem: file for file in sorted(shipped("seeds").glob("*.toml"))}
    if relationship not in known:
        raise InputOutputError(f"no relationship is called {relationship!r}" + suggestion(relationship, known))
    text = new_scenario(path, relationship, read_scenario(known[relationship]))
    write_new(Path(path), text)
    click.echo(f"{path}: written; next: relsim run {path}", err=True)


@click.command()
@click.option("--record", is_flag=True, help="That of records.")
@click.option("-o", "--output", metavar="FILE", help="Write it there instead of printing it.")
def schema(record: bool, output: str | None) -> None:
    """Print the JSON Schema of relationship and scenario files, for editors; or that of records."""
    from simulator.files.json_schema import json_schema, record_schema

    print_or_write(record_schema() if record else json_schema(), output)


@click.command("scenarios")
def list_scenarios() -> None:
    """List the scenarios that ship, one line each."""
    from simulator.files.read import read_scenario, shipped_scenarios

    paths = shipped_scenarios()
    width = max(len(path.stem) for path in paths)
    for path in paths:
        scenario = read_scenario(path)
        summary = " ".join((scenario.summary or "").split())
        line = f"{path.stem:<{width}}  {scenario.title}" + (f": {summary}" if summary else "")
        click.echo(line if len(line) <= 110 else line[:107].rsplit(" ", 1)[0] + " ...")


@click.command()
@click.argument("a")
@click.argument("b")
@SET
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
def diff(a: str, b: str, overrides: tuple[str, ...], form: str) -> None:
    """Say what changed from scenario A to scenario B, by meaning and in words. --set changes B.

    \b
    relsim diff baseline negotiated_reset
    relsim diff baseline baseline --set factors.nato.weight=3
    """
    from simulator.files.read import read_scenario
    from simulator.review.diff import as_json, as_text, differences

    one, other = read_scenario(a), read_scenario(b, overrides)
    changes = differences(one, other)
    click.echo(as_json(changes) if form == "json" else as_text(one, other, changes))


COMMANDS = (check, show, assumptions, new, schema, list_scenarios, diff)
