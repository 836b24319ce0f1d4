"""The command line: read, call, print. Data goes to stdout, messages to stderr."""

import errno
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simulator import __version__
from simulator.cli.analysis import COMMANDS
from simulator.cli.options import SET, SIMULATION, count, is_picture, print_or_write, save_figure
from simulator.errors import InputOutputError, InvalidFile, Problem, SimulatorError

if TYPE_CHECKING:
    from simulator.ensemble.ensemble import Ensemble

# A run is over before anybody wonders about it; past that a bar says how far it is.
SECONDS_WITHOUT_PROGRESS = 1.0

KINDS = ("fan", "distribution", "bands", "factors", "events", "dashboard")


class Program(click.Group):
    """The program: what a user can mend becomes one message and an exit code, all else keeps its traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
            return result
        except SimulatorError as error:
            click.echo(str(error), err=True)
            ctx.exit(error.exit_code)
        except KeyboardInterrupt:
            click.echo("interrupted; a run is saved only if it is named above", err=True)
            ctx.exit(130)
        except OSError as error:
            if error.errno == errno.EPIPE:  # the reader has seen enough; click ends quietly
                raise
            click.echo(f"output cannot be written: {error.strerror}", err=True)
            ctx.exit(InputOutputError.exit_code)


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="relsim")
def main() -> None:
    """Project how warm a relationship between two states may become.

    A scenario file says what one possible future changes of a relationship; relsim draws many futures and prints the
    distribution of relationship warmth, from 0 to 100 with 50 neutral.

    Exit codes: 0 done, 2 wrong use, 3 invalid file, 4 refused, 5 input or output, 6 damaged run, 130 interrupted.
    """


@main.command()
@click.argument("scenarios", nargs=-1, required=True, metavar="SCENARIO...")
@SIMULATION
@click.option("--workers", type=click.IntRange(min=1), help="Threads. Default: one for each core. The result is the same.")
@click.option(
    "--precision",
    type=float,
    metavar="POINTS",
    help="Draw until mean warmth at the horizon has this standard error; at most 10,000,000 draws.",
)
@click.option("--format", "form", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True)
@click.option("--out", default="results", show_default=True, metavar="DIR", help="Folder of run folders.")
@click.option("--no-save", is_flag=True, help="Print only; write no run folder.")
def run(
    scenarios: tuple[str, ...],
    draws: int | None,
    seed: int | None,
    overrides: tuple[str, ...],
    workers: int | None,
    precision: float | None,
    form: str,
    out: str,
    no_save: bool,
) -> None:
    """Run scenarios, print what comes out, and save each run.

    SCENARIO is a file, or the bare name of one that ships (relsim scenarios lists them).

    \b
    relsim run baseline
    relsim run my.toml -n 100k --set factors.nato.weight=2
    relsim run baseline --precision 0.02 --format json
    """
    if draws is not None and precision is not None:
        raise click.UsageError("give --draws or --precision, not both")
    from simulator.engine.plan import make_plan
    from simulator.files.read import read_scenario
    from simulator.report import run as report

    resolved = [read_scenario(name, overrides) for name in scenarios]
    for scenario in resolved:  # all problems before the first draw
        make_plan(scenario)
    ensembles = [_ensemble(scenario, draws, seed, workers, precision, out, no_save) for scenario in resolved]
    printer = {"csv": report.as_csv, "json": report.as_json, "table": report.tables}[form]
    click.echo(printer(ensembles))


def _ensemble(
    scenario: Any, draws: int | None, seed: int | None, workers: int | None, precision: float | None, out: str, no_save: bool
) -> "Ensemble":
    """Return a scenario's ensemble: read if this very run is saved already, else simulated and saved."""
    from concurrent.futures import ThreadPoolExecutor
    from contextlib import nullcontext

    from simulator.ensemble.simulation import KEPT_DRAWS, simulate
    from simulator.ensemble.store import find_saved, read_run, require_writable, save_run

    seed = scenario.run.seed if seed is None else seed
    n_draws = scenario.run.draws if draws is None else draws
    if not no_save:
        require_writable(out)
    there = None if no_save or precision is not None else find_saved(scenario, seed, n_draws, KEPT_DRAWS, out)
    if there is not None:
        click.echo(f"{scenario.name}: the same run is saved already; read from {there}", err=True)
        return read_run(there)
    with ThreadPoolExecutor(workers) if workers else nullcontext() as pool, _Progress(scenario.name) as progress:
        ensemble = simulate(scenario, n_draws, seed, executor=pool, precision=precision, progress=progress)
    if precision is not None:
        click.echo(f"{scenario.name}: {ensemble.n_draws:,} draws for a standard error of {precision:g} points", err=True)
    if not no_save:
        saved = save_run(ensemble, out)
        click.echo(f"{scenario.name}: {'was saved already' if saved.was_there else 'saved'} in {saved.path}", err=True)
    return ensemble


class _Progress:
    """A bar on stderr, once a run takes long and somebody is there to see it."""

    def __init__(self, name: str) -> None:
        self.name, self.begun, self.drawn = name, time.monotonic(), False

    def __enter__(self) -> "_Progress":
        return self

    def __call__(self, done: int, total: int) -> None:
        """Show how far the run is."""
        if sys.stderr.isatty() and time.monotonic() - self.begun > SECONDS_WITHOUT_PROGRESS:
            filled = "#" * round(30 * done / total)
            click.echo(f"\r{self.name} [{filled:<30}] {done:,} of {total:,} draws", err=True, nl=False)
            self.drawn = True

    def __exit__(self, *_: object) -> None:
        if self.drawn:
            click.echo("\r" + " " * 79 + "\r", err=True, nl=False)


@main.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--strict", is_flag=True, help="Also ask for a rationale and a source wherever a file states numbers.")
def check(paths: tuple[str, ...], strict: bool) -> None:
    """Check files or folders of files; print every problem, and warn of what is valid but can hardly be meant.

    Exit code 3 if there is a problem; warnings do not change it.
    """
    from simulator.files.read import read_layers
    from simulator.review.lint import warnings
    from simulator.review.show import unsourced

    problems: list[Problem] = []
    unread: list[str] = []
    files = [file for path in paths for file in (sorted(Path(path).glob("*.toml")) if Path(path).is_dir() else [path])]
    if not files:
        raise InputOutputError(f"{', '.join(paths)}: no .toml file there")
    for file in files:
        try:
            reading = read_layers(file)
            found = unsourced(reading) if strict else []
        except InvalidFile as error:
            found = list(error.problems)
        except InputOutputError as error:
            unread.append(str(error))
            continue
        problems += found
        if not found:
            doubts = warnings(reading)
            told = f", {len(doubts)} warning{'s' if len(doubts) > 1 else ''}" if doubts else ""
            click.echo(f"{file}: ok{told}")
            for doubt in doubts:
                click.echo(f"warning: {doubt}", err=True)
    if problems:
        raise InvalidFile([*dict.fromkeys(problems), *(Problem("", "", text) for text in unread)])
    if unread:
        raise InputOutputError("\n".join(unread))


@main.command()
@click.argument("scenario")
@SET
def show(scenario: str, overrides: tuple[str, ...]) -> None:
    """Print a resolved scenario, with what it changed of its relationship marked."""
    from simulator.files.read import read_layers
    from simulator.review.show import show as described

    click.echo(described(read_layers(scenario, overrides)))


@main.command()
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
    from simulator.analysis.support import N_DRAWS, as_markdown

    print_or_write(as_markdown(files, draws or N_DRAWS), output)


@main.command()
@click.argument("source", metavar="RUN|SCENARIO")
@click.option("--kind", type=click.Choice(KINDS), default="dashboard", show_default=True)
@click.option("--index", "name", metavar="NAME", help="Index, or for a fan or distribution any factor. Default: warmth.")
@click.option("--month", type=int, help="Month of a distribution. Default: the horizon.")
@SIMULATION
@click.option("-o", "--output", metavar="FILE", help="Picture: .png, .svg or .pdf. Default: SCENARIO-KIND.png.")
def plot(
    source: str,
    kind: str,
    name: str | None,
    month: int | None,
    draws: int | None,
    seed: int | None,
    overrides: tuple[str, ...],
    output: str | None,
) -> None:
    """Draw a run folder, or a scenario run for the purpose.

    \b
    relsim plot results/baseline-... --kind fan
    relsim plot negotiated_reset --index european_unease -o unease.svg
    """
    if output is not None and not is_picture(output):
        raise click.BadParameter(f"{output!r} must end in .png, .svg or .pdf", param_hint="'-o'")
    if month is not None and kind != "distribution":
        raise click.UsageError("--month goes with --kind distribution")
    if name is not None and kind in ("factors", "events"):
        raise click.UsageError(f"--kind {kind} shows all; --index does not go with it")
    import matplotlib

    matplotlib.use("Agg")  # no display is needed to write a file
    from simulator.ensemble.simulation import simulate
    from simulator.ensemble.store import read_run
    from simulator.files.read import read_scenario

    if Path(source).is_dir():
        if draws is not None or seed is not None or overrides:
            raise click.UsageError("a saved run is drawn as it is; -n, --seed and --set go with a scenario")
        ensemble = read_run(source)
    else:
        ensemble = simulate(read_scenario(source, overrides), draws, seed)
    path = Path(output or f"{ensemble.scenario.name}-{kind}.png")
    _save_picture(ensemble, kind, name or "warmth", month, path)
    click.echo(str(path))


def _save_picture(ensemble: "Ensemble", kind: str, name: str, month: int | None, path: Path) -> None:
    from simulator import plots
    from simulator.plots.style import caption

    figure: Any
    match kind:
        case "distribution":
            figure = plots.distribution(ensemble, name, month).figure
        case "factors":
            figure = plots.factors(ensemble)[0].figure
        case "events":
            figure = plots.events(ensemble).figure
        case "dashboard":
            figure = plots.dashboard(ensemble, name)
        case _:
            figure = getattr(plots, kind)(ensemble, name).figure
    if kind != "dashboard":
        caption(figure, ensemble, fontsize=8)
    save_figure(figure, path)


@main.command()
@click.argument("path")
@click.option("--relationship", metavar="NAME", help="The relationship to build on. Default: that of the shipped baseline.")
def new(path: str, relationship: str | None) -> None:
    """Write a commented scenario to start from."""
    from simulator.errors import suggestion
    from simulator.files.edit import write_new
    from simulator.files.read import read_scenario, shipped
    from simulator.files.template import new_scenario

    relationship = relationship or str(read_scenario("baseline").relationship)
    known = {file.stem: file for file in sorted(shipped("seeds").glob("*.toml"))}
    if relationship not in known:
        raise InputOutputError(f"no relationship is called {relationship!r}" + suggestion(relationship, known))
    text = new_scenario(path, relationship, read_scenario(known[relationship]))
    write_new(Path(path), text)
    click.echo(f"{path}: written; next: relsim run {path}", err=True)


@main.command()
@click.option("-o", "--output", metavar="FILE", help="Write it there instead of printing it.")
def schema(output: str | None) -> None:
    """Print the JSON Schema of relationship and scenario files, for editors."""
    from simulator.files.json_schema import json_schema

    print_or_write(json_schema(), output)


@main.command("scenarios")
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


for command in COMMANDS:
    main.add_command(command)
