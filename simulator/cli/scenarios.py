"""The commands that read, check, compare and write files."""

from pathlib import Path
from typing import Any

import click

from simulator.cli.options import SET, TABLE, Output, count, print_or_write, require_text
from simulator.cli.progress import begun
from simulator.errors import InputOutputError, InvalidFile, Problem

# Columns that a list names before their values.
KEYED = ("level", "target", "weight")
# About as many entries as the relationships that ship have: a guess until a file is read.
ENTRIES = 100


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--strict", is_flag=True, help="Also ask for a rationale and a source wherever a file states numbers.")
def check(paths: tuple[str, ...], strict: bool) -> None:
    """Check files or folders of files; print every problem, and warn of what is valid but can hardly be meant.

    PATH is a scenario, a relationship, a record, an outlook or a file of forecasts, or the bare name of one that ships.
    Exit code 3 if there is a problem; warnings do not change it.
    """
    problems: list[Problem] = []
    unread: list[str] = []
    files = [file for path in paths for file in (sorted(Path(path).glob("*.toml")) if Path(path).is_dir() else [path])]
    if not files:
        raise InputOutputError(f"{', '.join(paths)}: no .toml file there")
    for file in files:
        try:
            told, doubts, found = _checked(file, strict)
        except InvalidFile as error:
            problems += error.problems
            continue
        except InputOutputError as error:
            unread.append(str(error))
            continue
        problems += found
        if not found:
            click.echo(f"{file}: ok{told}" + (f", {len(doubts)} warning{'s' if len(doubts) > 1 else ''}" if doubts else ""))
            for doubt in doubts:
                click.echo(f"warning: {doubt}", err=True)
    if problems:
        raise InvalidFile([*dict.fromkeys(problems), *(Problem("", "", text) for text in unread)])
    if unread:
        raise InputOutputError("\n".join(unread))


def _checked(file: str | Path, strict: bool) -> tuple[str, list[Problem], list[Problem]]:
    """Return what to say of a sound file, what its author can hardly mean, and what the strict check asks for."""
    from simulator.files.find import find_file
    from simulator.files.forecasts import read_forecasts
    from simulator.files.kinds import kind_of
    from simulator.files.layers import read_layer
    from simulator.files.outlook import read_outlook
    from simulator.files.read import read_layers, read_recorded
    from simulator.review.lint import unread, warnings
    from simulator.review.show import unsourced

    path = find_file(file)
    match kind_of(read_layer(path, "scenario").data):
        case "forecasts":
            return f", {len(read_forecasts(path))} registered forecasts, as they were made", [], []
        case "outlook":
            return f", an outlook of {len(read_outlook(path).members)} scenarios", [], []
        case "record":
            return "", unread(read_recorded(path)), []
    reading = read_layers(path)
    return "", warnings(reading), unsourced(reading) if strict else []


@click.command()
@click.argument("scenario")
@click.argument("key", required=False)
@SET
def show(scenario: str, key: str | None, overrides: tuple[str, ...]) -> None:
    """Print a resolved scenario, with what it changed of its relationship marked; or a record with its sources.

    With KEY: what that key is, its value, who states it, why, and from which source.

    \b
    relsim show negotiated_reset
    relsim show negotiated_reset events.summit
    relsim show baseline factors.nato.weight
    """
    from simulator.files.read import read_layers, read_recorded
    from simulator.files.records import is_record
    from simulator.report.layout import width
    from simulator.report.record import calendar
    from simulator.review.entries import show_key
    from simulator.review.show import show as described

    if is_record(scenario) and key is None:
        click.echo(calendar(read_recorded(scenario).scenario, sources=True))
        return
    reading = read_layers(scenario, overrides)
    click.echo(described(reading, width()) if key is None else show_key(reading, key, width()))


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("-n", "--draws", type=count, metavar="COUNT", help="Draws of each simulation. Default: 2000.")
@TABLE
def assumptions(files: tuple[str, ...], draws: int | None, output: Output) -> None:
    """List what files assume: every entry with numbers, how far it moves warmth, and what supports it.

    FILE is a relationship or a scenario. The page is Markdown; least supported entries come first.

    \b
    relsim assumptions my.toml
    relsim assumptions seeds/*.toml scenarios/*.toml -o assumptions.md
    """
    import pandas as pd

    from simulator.analysis.leave_one_out import N_DRAWS
    from simulator.report.assumptions import assumptions_of, assumptions_page

    n_draws = draws or N_DRAWS
    found = assumptions_of(files, n_draws, begun().part(ENTRIES, n_draws))
    output.emit(lambda: assumptions_page(found), lambda: {"assumptions": pd.concat(found, names=["file"])})


@click.command()
@click.argument("path")
@click.option(
    "--from", "source", metavar="SCENARIO", help="The scenario to start from: one that ships, or a file beside PATH."
)
@click.option("--relationship", metavar="NAME", help="The relationship to build on. Default: that of the shipped baseline.")
def new(path: str, source: str | None, relationship: str | None) -> None:
    """Write a commented scenario to start from.

    \b
    relsim new my.toml
    relsim new my.toml --from negotiated_reset     changes nothing yet; its comments show what can be changed
    """
    from simulator.errors import suggestion
    from simulator.files.edit import new_from, new_scenario, write_new
    from simulator.files.find import default_relationship
    from simulator.files.layers import shipped
    from simulator.files.read import read_scenario

    if source is not None:
        if relationship is not None:
            raise click.UsageError("give --from or --relationship, not both: a scenario brings its relationship")
        text = new_from(Path(path), source)
    else:
        relationship = relationship or default_relationship()
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
    require_text(output)
    from simulator.files.json_schema import json_schema, record_schema

    print_or_write(record_schema() if record else json_schema(), output)


@click.command("scenarios")
@TABLE
def list_scenarios(output: Output) -> None:
    """List the scenarios that ship, by relationship, the newest first, each with its summary."""
    import pandas as pd

    from simulator.files.find import shipped_scenarios
    from simulator.files.read import read_scenario
    from simulator.report.library import by_relationship, library_text

    found = {path.stem: read_scenario(path) for path in shipped_scenarios()}
    rows = {
        name: {"title": found[name].title, "relationship": group, "summary": " ".join((found[name].summary or "").split())}
        for group, names in by_relationship(found).items()
        for name in names
    }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("name")
    output.emit(lambda: library_text(found), {"scenarios": table})


@click.command("list")
@click.argument("table", type=click.Choice(["factors", "events", "indices", "questions"]))
@click.argument("scenario", default="baseline")
@SET
@TABLE
def list_entries(table: str, scenario: str, overrides: tuple[str, ...], output: Output) -> None:
    """List what a scenario has, with ids, labels and sizes. SCENARIO is baseline if none is named.

    Own events of the scenario are marked by *. The ids are what --set, --index, conditions and `show` take.

    \b
    relsim list factors
    relsim list events negotiated_reset
    """
    from simulator.files.read import read_scenario
    from simulator.report.layout import listing
    from simulator.review.entries import entries

    found = entries(read_scenario(scenario, overrides), table)

    def line(name: str, row: "dict[str, Any]") -> tuple[str, str, list[str]]:
        parts = [f"{key} {row[key]}" if key in KEYED else row[key] for key in row if key not in ("label", "own")]
        return name, ("* " if row.get("own") else "") + row["label"], list(filter(None, parts))

    output.emit(lambda: listing([line(name, row) for name, row in found.to_dict("index").items()]), {table: found})


@click.command()
@click.argument("a")
@click.argument("b")
@SET
@TABLE
def diff(a: str, b: str, overrides: tuple[str, ...], output: Output) -> None:
    """Say what changed from scenario A to scenario B, by meaning and in words. --set changes B.

    \b
    relsim diff baseline negotiated_reset
    relsim diff baseline baseline --set factors.nato.weight=3
    """
    from simulator.files.read import read_scenario
    from simulator.report.layout import width
    from simulator.review.diff import as_text, differences, table

    one, other = read_scenario(a), read_scenario(b, overrides)
    changes = differences(one, other)
    output.emit(lambda: as_text(one, other, changes, width()), {"changes": table(changes)})


COMMANDS = (list_scenarios, list_entries, show, new, check, diff, assumptions, schema)
