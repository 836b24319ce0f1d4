"""Saved runs: read where a scenario could stand, listed, made again, and removed."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simulator.cli.options import OUTPUT, Output
from simulator.cli.progress import begun, finish

if TYPE_CHECKING:
    from simulator.ensemble.ensemble import Ensemble

OUT = click.option("--out", default="results", show_default=True, metavar="DIR", help="Folder of run folders.")


def is_saved(source: str) -> bool:
    """Tell whether a source is a folder and thus a saved run, not a scenario; one that ships goes before an empty folder."""
    from simulator.ensemble.store import RECIPE
    from simulator.files.find import shipped_scenarios
    from simulator.files.toml import is_there

    folder = Path(source)
    if not (is_there(folder) and folder.is_dir()):
        return False
    return (folder / RECIPE).is_file() or source not in (path.stem for path in shipped_scenarios())


def read_saved(source: str) -> "Ensemble":
    """Return a saved run; say so on stderr where another version made it."""
    import simulator
    from simulator.ensemble.store import PROGRAM, made_with, read_run

    ensemble, version = read_run(source), made_with(source).get(PROGRAM)
    if version != simulator.__version__:
        told = f"made with version {version}; this is {simulator.__version__} (relsim rerun {source} says what changed)"
        click.echo(f"{source}: {told}", err=True)
    return ensemble


@click.command()
@OUT
@OUTPUT
def runs(out: str, output: Output) -> None:
    """List the saved runs, the newest first, and name what cannot be read.

    \b
    relsim runs
    relsim runs --format csv -o runs.csv
    """
    if output.is_picture:
        raise click.UsageError("a list of runs is text; it is not drawn")
    from simulator.ensemble.store import saved_runs
    from simulator.report.saved import runs_frame, runs_table

    found = saved_runs(out)

    def picture() -> Any:
        raise AssertionError("refused above")

    output.emit(lambda: runs_table(found), lambda: {"runs": runs_frame(found)}, picture)


@click.command()
@click.argument("run", metavar="RUN")
@click.option(
    "--save", metavar="DIR", help="Save it below DIR too; a run of the same name there is replaced, as by relsim run."
)
def rerun(run: str, save: str | None) -> None:
    """Make a saved run again with this version: say what came out otherwise, and why it may have.

    The scenario is that of the run folder, to the letter, with its seed and number of draws. Nothing is written unless
    --save says where; --save with the folder of runs that RUN is in puts the new one in its place.

    \b
    relsim rerun results/baseline-...
    """
    from simulator.ensemble.simulation import simulate
    from simulator.ensemble.store import made_here, made_with, read_run, require_writable, save_run
    from simulator.report.saved import rerun_text

    then, made = read_run(run), made_with(run)
    if save is not None:
        require_writable(save)
    now = simulate(then.scenario, then.n_draws, then.seed, n_kept=then.n_kept, progress=begun().part())
    text = rerun_text(Path(run), then, now, made, made_here())
    finish()
    click.echo(text)
    if save is not None:
        click.echo(f"saved in {save_run(now, save).path}", err=True)


@click.command()
@OUT
@click.option("--keep", type=click.IntRange(min=0), default=0, metavar="N", help="Keep the N newest.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def clean(out: str, keep: int, yes: bool) -> None:
    """Remove saved runs, and nothing that is not one: what would go is listed, and you are asked.

    Damaged runs and those of other versions go, too. A folder that holds anything but a run stays.

    \b
    relsim clean
    relsim clean --keep 5 --yes
    """
    from simulator.ensemble.store import remove_run, saved_runs
    from simulator.report.saved import counted, size

    found = saved_runs(out)
    gone = [one for one in found if one.is_run][keep:]
    for one in found:
        if not one.is_run:
            click.echo(f"{one.path}: is not the folder of a run alone; it stays", err=True)
    if not gone:
        click.echo("nothing to remove", err=True)
        return
    for one in gone:
        click.echo(str(one.path))
    what = f"{counted(len(gone))}, {size(sum(one.size for one in gone))}"
    if not yes and not click.confirm(f"Remove {what}?", err=True):
        click.echo("nothing was removed", err=True)
        return
    for one in gone:
        remove_run(one.path)
    click.echo(f"{what} removed", err=True)


COMMANDS = (runs, rerun, clean)
