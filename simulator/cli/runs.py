"""The commands that run and draw scenarios."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simulator.cli.options import PICTURE, SIMULATION, Drawn, Look, is_picture, save_figure, without_display

if TYPE_CHECKING:
    from simulator.ensemble.ensemble import Ensemble
    from simulator.scenario.schema import Scenario

# Most runs finish within a second; past that a bar says how far one is.
SECONDS_WITHOUT_PROGRESS = 1.0

KINDS = ("fan", "distribution", "bands", "factors", "events", "record", "dashboard")


@click.command()
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
    drawn: Drawn,
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
    relsim run baseline --record us_russia_2025
    relsim run baseline --precision 0.02 --format json
    """
    if drawn.draws is not None and precision is not None:
        raise click.UsageError("give --draws or --precision, not both")
    from simulator.engine.plan import require_horizon
    from simulator.files.read import read_scenario
    from simulator.report import run as report

    resolved = [read_scenario(name, drawn.keys) for name in scenarios]
    for scenario in resolved:  # all problems before the first draw
        require_horizon(scenario)
    ensembles = [_ensemble(scenario, drawn, workers, precision, None if no_save else out) for scenario in resolved]
    printer = {"csv": report.runs_as_csv, "json": report.runs_as_json, "table": report.tables}[form]
    click.echo(printer(ensembles))


def _ensemble(
    scenario: "Scenario", drawn: Drawn, workers: int | None, precision: float | None, out: str | None
) -> "Ensemble":
    """Return a scenario's ensemble: read if this very run is saved already, else simulated and saved."""
    from concurrent.futures import ThreadPoolExecutor
    from contextlib import nullcontext

    from simulator.ensemble.simulation import KEPT_DRAWS, simulate
    from simulator.ensemble.store import find_saved, read_run, require_writable, save_run

    seed = scenario.run.seed if drawn.seed is None else drawn.seed
    n_draws = scenario.run.draws if drawn.draws is None else drawn.draws
    if out is not None:
        require_writable(out)
    there = None if out is None or precision is not None else find_saved(scenario, seed, n_draws, KEPT_DRAWS, out)
    if there is not None:
        click.echo(f"{scenario.name}: the same run is saved already; read from {there}", err=True)
        return read_run(there)
    with ThreadPoolExecutor(workers) if workers else nullcontext() as pool, _Progress(scenario.name) as progress:
        ensemble = simulate(scenario, n_draws, seed, executor=pool, precision=precision, progress=progress)
    if precision is not None:
        click.echo(f"{scenario.name}: {ensemble.n_draws:,} draws for a standard error of {precision:g} points", err=True)
    if out is not None:
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


@click.command()
@click.argument("source", metavar="RUN|SCENARIO")
@click.option("--kind", type=click.Choice(KINDS), default="dashboard", show_default=True)
@click.option("--index", "name", metavar="NAME", help="Index, or for a fan or distribution any factor. Default: warmth.")
@click.option("--month", type=int, help="Month of a distribution. Default: the horizon.")
@SIMULATION
@click.option("-o", "--output", metavar="FILE", help="Picture: .png, .svg or .pdf. Default: SCENARIO-KIND.png.")
@PICTURE
def plot(
    source: str,
    kind: str,
    name: str | None,
    month: int | None,
    drawn: Drawn,
    output: str | None,
    look: Look,
) -> None:
    """Draw a run folder, or a scenario run for the purpose.

    \b
    relsim plot results/baseline-... --kind fan
    relsim plot negotiated_reset --index european_unease -o unease.svg
    relsim plot baseline --record us_russia_2025 --kind record
    """
    if output is not None and not is_picture(output):
        raise click.BadParameter(f"{output!r} must end in .png, .svg or .pdf", param_hint="'-o'")
    if month is not None and kind != "distribution":
        raise click.UsageError("--month goes with --kind distribution")
    if name is not None and kind in ("factors", "events", "record"):
        raise click.UsageError(f"--kind {kind} shows all; --index does not go with it")
    without_display()
    from simulator.ensemble.simulation import simulate
    from simulator.ensemble.store import read_run
    from simulator.files.read import read_scenario

    if kind == "record":
        with look.in_force():
            _draw_record(source, drawn, output)
        return
    if Path(source).is_dir():
        if drawn != Drawn(None, None):
            raise click.UsageError("a saved run is drawn as it is; -n, --seed, --set and --record go with a scenario")
        ensemble = read_run(source)
    else:
        ensemble = simulate(read_scenario(source, drawn.keys), drawn.draws, drawn.seed)
    path = Path(output or f"{ensemble.scenario.name}-{kind}.png")
    with look.in_force():
        _save_picture(ensemble, kind, name or "warmth", month, path)
    click.echo(str(path))


def _draw_record(source: str, drawn: Drawn, output: str | None) -> None:
    """Draw the record of a scenario, or a file that is one, as a timeline."""
    from simulator import plots
    from simulator.files.read import read_recorded, read_scenario
    from simulator.files.records import is_record, shipped_records

    is_told = is_record(source) or source in (path.stem for path in shipped_records())
    scenario = read_recorded(source).scenario if is_told else read_scenario(source, drawn.keys)
    path = Path(output or f"{scenario.record.name if scenario.record else scenario.name}.png")
    figure: Any = plots.record(scenario).figure
    save_figure(figure, path)
    click.echo(str(path))


def _save_picture(ensemble: "Ensemble", kind: str, name: str, month: int | None, path: Path) -> None:
    from simulator import plots

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
    save_figure(figure, path)


COMMANDS = (run, plot)
