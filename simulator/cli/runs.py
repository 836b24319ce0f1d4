"""The commands that run and draw scenarios."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simulator.cli.options import (
    AT,
    GIVEN,
    INDEX,
    OUTPUT,
    PICTURE,
    SIMULATION,
    Drawn,
    Look,
    Output,
    is_picture,
    keep_all,
    print_or_write,
    save_figure,
    without_display,
)
from simulator.cli.progress import Progress, Report, begun, finish
from simulator.cli.saved import OUT, is_saved, read_saved
from simulator.cli.vary import swept

if TYPE_CHECKING:
    from simulator.ensemble.ensemble import Ensemble
    from simulator.scenario.schema import Scenario

KINDS = ("fan", "distribution", "bands", "factors", "events", "record", "dashboard")


@click.command()
@click.argument("scenarios", nargs=-1, required=True, metavar="SCENARIO|RUN...")
@SIMULATION
@click.option("--workers", type=click.IntRange(min=1), help="Threads. Default: one for each core. The result is the same.")
@click.option(
    "--precision",
    type=float,
    metavar="POINTS",
    help="Draw until mean warmth at the horizon has this standard error; at most 10,000,000 draws.",
)
@INDEX
@GIVEN
@click.option(
    "--vary",
    multiple=True,
    metavar="KEY=LOW:HIGH:STEP",
    help="Run once for each value of a key, and print or draw one table; twice for a grid. Nothing is saved.",
)
@AT
@OUTPUT
@click.option("--all", "whole", is_flag=True, help="Print every index, event and question, and how long bands last.")
@click.option("--quiet", is_flag=True, help="Print the headline only.")
@OUT
@click.option("--no-save", is_flag=True, help="Print only; write no run folder.")
def run(
    scenarios: tuple[str, ...],
    drawn: Drawn,
    workers: int | None,
    precision: float | None,
    index: str,
    given: str | None,
    vary: tuple[str, ...],
    at: int | date | None,
    output: Output,
    whole: bool,
    quiet: bool,
    out: str,
    no_save: bool,
) -> None:
    """Run scenarios, print what comes out on one screen each, and save each run.

    SCENARIO is a file, or the bare name of one that ships (relsim scenarios lists them). RUN is a run folder (relsim runs
    lists them), which is printed again as it was saved.

    \b
    relsim run baseline
    relsim run my.toml -n 100k --set factors.nato.weight=2
    relsim run baseline --record us_russia_2025
    relsim run baseline --precision 0.02 --format json
    relsim run results/baseline-...
    """
    saved = [is_saved(name) for name in scenarios]
    if vary:
        _require_only(saved, precision=precision, quiet=quiet, whole=whole, workers=workers)
    else:
        _require_sense(saved, drawn, precision, output, at)
    if quiet and (whole or output.kind != "table"):
        raise click.UsageError("--quiet prints the headline only: neither --all nor --format goes with it")
    from simulator.files.read import read_scenario

    sources = [name if there else read_scenario(name, drawn.keys) for name, there in zip(scenarios, saved, strict=True)]
    own = [one for one in sources if not isinstance(one, str)]
    _require_ready(own, index)
    if vary:
        swept(own, drawn, vary, index, at, given, output)
        return
    progress = begun()
    parts = [progress.part() for _ in sources]
    if given is not None:
        ensembles = [_given(one, drawn, given, precision, part) for one, part in zip(sources, parts, strict=True)]
    else:
        ensembles = [
            read_saved(source)
            if isinstance(source, str)
            else _ensemble(source, drawn, workers, precision, None if no_save else out, progress, part)
            for source, part in zip(sources, parts, strict=True)
        ]
    text = _text(ensembles, index, output, whole=whole, quiet=quiet)
    finish()
    print_or_write(text + "\n", output.path)


def _require_only(saved: list[bool], **others: Any) -> None:
    """Raise a usage error where an option stands beside --vary that does not go with it."""
    if any(saved):
        raise click.UsageError("a saved run is printed as it is; --vary goes with a scenario")
    if any(others.values()):
        raise click.UsageError("--precision, --quiet, --all and --workers do not go with --vary")


def _require_sense(saved: list[bool], drawn: Drawn, precision: float | None, output: Output, at: int | date | None) -> None:
    """Raise a usage error where options contradict each other."""
    if drawn.draws is not None and precision is not None:
        raise click.UsageError("give --draws or --precision, not both")
    if at is not None or output.is_picture:
        raise click.UsageError("--month, --date and pictures go with --vary; `relsim plot` draws a run")
    if any(saved) and (drawn != Drawn(None, None) or precision is not None):
        raise click.UsageError(
            "a saved run is printed as it is; -n, --seed, --set, --record and --precision go with a scenario"
        )


def _require_ready(scenarios: "list[Scenario]", index: str) -> None:
    """Raise what is wrong with any scenario before the first draw, and say which of its events are over."""
    from simulator.engine.plan import require_horizon, require_series
    from simulator.review import past

    for scenario in scenarios:
        require_horizon(scenario)
        require_series(scenario, index)
        if told := past.words(scenario):
            click.echo(f"{scenario.name}: {told}", err=True)


def _text(ensembles: "list[Ensemble]", index: str, output: Output, *, whole: bool, quiet: bool) -> str:
    from simulator.report import run as report
    from simulator.report.wording import titled

    if quiet:
        return "\n".join(f"{titled(one)}: {report.headline(one, index)}" for one in ensembles)
    if output.kind == "table":
        return report.several(ensembles, index, whole=whole)
    return (report.runs_as_csv if output.kind == "csv" else report.runs_as_json)(ensembles, index)


def _given(source: "Scenario | str", drawn: Drawn, given: str, precision: float | None, told: Report) -> "Ensemble":
    """Return a source's draws in which a condition holds; they are some of a run, and are not saved."""
    from simulator.ensemble.simulation import simulate

    if isinstance(source, str):
        return read_saved(source).given(given)
    if precision is not None:
        raise click.UsageError("--precision is of all draws; with --given state --draws")
    n_draws = keep_all(drawn.n_draws(source))
    return simulate(source, n_draws, drawn.seed, n_kept=n_draws, progress=told).given(given)


def _ensemble(
    scenario: "Scenario",
    drawn: Drawn,
    n_workers: int | None,
    precision: float | None,
    out: str | None,
    progress: Progress,
    report: Report,
) -> "Ensemble":
    """Return a scenario's ensemble: read if this very run is saved already, else simulated and saved."""
    from simulator.ensemble.simulation import KEPT_DRAWS, simulate, workers
    from simulator.ensemble.store import find_saved, read_run, require_writable, save_run

    seed = drawn.seed_of(scenario)
    n_draws = drawn.n_draws(scenario)
    if out is not None:
        require_writable(out)
    there = None if out is None or precision is not None else find_saved(scenario, seed, n_draws, KEPT_DRAWS, out)
    if there is not None:
        report(1, 1)
        progress.say(f"{scenario.name}: the same run is saved already; read from {there}")
        return read_run(there)
    with workers(n_workers) as pool:
        ensemble = simulate(scenario, n_draws, seed, executor=pool, precision=precision, progress=report)
    if precision is not None:
        progress.say(f"{scenario.name}: {ensemble.n_draws:,} draws for a standard error of {precision:g} points")
    if out is not None:
        saved = save_run(ensemble, out)
        progress.say(f"{scenario.name}: {'was saved already' if saved.was_there else 'saved'} in {saved.path}")
    return ensemble


@click.command()
@click.argument("source", metavar="RUN|SCENARIO")
@click.option("--kind", type=click.Choice(KINDS), default="dashboard", show_default=True)
@click.option("--index", "name", metavar="NAME", help="Index, or for a fan or distribution any factor. Default: warmth.")
@AT
@GIVEN
@SIMULATION
@click.option("-o", "--output", metavar="FILE", help="Picture: .png, .svg or .pdf. Default: SCENARIO-KIND.png.")
@PICTURE
def plot(
    source: str,
    kind: str,
    name: str | None,
    at: int | date | None,
    given: str | None,
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
    if at is not None and kind != "distribution":
        raise click.UsageError("--month and --date go with --kind distribution")
    if given is not None and kind == "record":
        raise click.UsageError("--given picks draws; --kind record draws none")
    if name is not None and kind in ("factors", "events", "record"):
        raise click.UsageError(f"--kind {kind} shows all; --index does not go with it")
    without_display()
    from simulator.ensemble.simulation import KEPT_DRAWS, simulate
    from simulator.files.read import read_scenario

    if kind == "record":
        with look.in_force():
            _draw_record(source, drawn, output)
        return
    if is_saved(source):
        if drawn != Drawn(None, None):
            raise click.UsageError("a saved run is drawn as it is; -n, --seed, --set and --record go with a scenario")
        ensemble = read_saved(source)
    else:
        scenario = read_scenario(source, drawn.keys)
        n_draws = drawn.n_draws(scenario)
        n_kept = KEPT_DRAWS if given is None else keep_all(n_draws)
        ensemble = simulate(scenario, n_draws, drawn.seed, n_kept=n_kept, progress=begun().part())
    if given is not None:
        ensemble = ensemble.given(given)
    path = Path(output or f"{ensemble.scenario.name}-{kind}.png")
    with look.in_force():
        _save_picture(ensemble, kind, name or "warmth", at, path)
    finish()
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


def _save_picture(ensemble: "Ensemble", kind: str, name: str, at: int | date | None, path: Path) -> None:
    from simulator import plots

    figure: Any
    match kind:
        case "distribution":
            figure = plots.distribution(ensemble, name, at).figure
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
