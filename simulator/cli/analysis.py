"""The commands that ask of runs: compared with what, why, what drives it, and what would change it."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simulator.cli.options import (
    SET,
    SIMULATION,
    count,
    is_picture,
    print_or_write,
    require_output,
    require_text,
    save_figure,
    shared,
)
from simulator.errors import Refused

if TYPE_CHECKING:
    import pandas as pd

    from simulator.ensemble.ensemble import Ensemble

# Draws that are compared are kept whole: 60 MB a scenario for 20,000 draws of four years.
MOST_KEPT = 100_000

OUTPUT = shared(
    click.option("--format", "form", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True),
    click.option("-o", "--output", metavar="FILE", help="Write it there; a name in .png, .svg or .pdf draws it instead."),
)
INDEX = click.option("--index", default="warmth", show_default=True, metavar="NAME", help="Index.")
MONTH = click.option("--month", type=int, help="Month. Default: the horizon.")
DRAWS = shared(
    click.option("-n", "--draws", type=count, metavar="COUNT", help="Number of draws, up to 100k. Default: the base's."),
    click.option("--seed", type=int, help="Random seed, 0 or more. Default: the base's."),
)


def _kept_whole(name: str, draws: int | None, seed: int | None, overrides: tuple[str, ...] = ()) -> "Ensemble":
    """Return a scenario's ensemble with all its draws kept."""
    from simulator.ensemble.simulation import simulate
    from simulator.files.read import read_scenario

    if Path(name).is_dir():
        return _saved(name, draws, seed, overrides)
    scenario = read_scenario(name, overrides)
    n_draws = scenario.run.draws if draws is None else draws
    if n_draws > MOST_KEPT:
        raise Refused(f"draws that are compared are kept whole: at most {MOST_KEPT:,}; found {n_draws:,}")
    return simulate(scenario, n_draws, seed, n_kept=n_draws)


def _saved(run: str, draws: int | None, seed: int | None, overrides: tuple[str, ...]) -> "Ensemble":
    """Return a saved run, which is read as it is."""
    from simulator.ensemble.store import read_run

    ensemble = read_run(run)
    if overrides or draws not in (None, ensemble.n_draws) or seed not in (None, ensemble.seed):
        raise click.UsageError("a saved run is read as it is; -n, --seed and --set go with a scenario")
    return ensemble


def _emit(text: str, tables: dict[str, "pd.DataFrame"], form: str, output: str | None) -> None:
    """Print or write a text, or the tables behind it as csv or json."""
    from simulator.report.run import frames_as_csv, frames_as_json

    printer: Any = {"table": lambda _: text, "csv": frames_as_csv, "json": frames_as_json}[form]
    print_or_write(printer(tables).rstrip("\n") + "\n", output)


def _date(month: int | None, ensemble: "Ensemble", base: "Ensemble | None") -> "pd.Timestamp":
    """Return the day a month ends on; by default the last month of all."""
    last = ensemble.horizon if base is None else min(ensemble.horizon, base.horizon)
    return ensemble.dates[last if month is None else month]


def _about(ensemble: "Ensemble", base: "Ensemble | None", index: str, day: str, draw: int | None) -> "pd.DataFrame":
    """Return what a ledger is of, as a table beside it."""
    import pandas as pd

    against = "" if base is None else base.scenario.name
    row = {"scenario": ensemble.scenario.name, "against": against, "index": index, "date": day, "seed": ensemble.seed}
    return pd.DataFrame([{**row, "draw": "mean of all" if draw is None else draw}]).set_index("scenario")


def _draw(figure: Any, output: str) -> None:
    save_figure(figure, Path(output))
    click.echo(output)


def _without_display() -> None:
    import matplotlib

    matplotlib.use("Agg")


@click.command()
@click.argument("base")
@click.argument("others", nargs=-1, required=True, metavar="OTHER...")
@INDEX
@click.option(
    "--kind",
    type=click.Choice(["fans", "ridgeline", "questions"]),
    help="Which picture -o draws. Default: fans for one OTHER, else the ridgeline.",
)
@DRAWS
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Change a key of each OTHER; repeatable.")
@OUTPUT
def compare(
    base: str,
    others: tuple[str, ...],
    index: str,
    kind: str | None,
    draws: int | None,
    seed: int | None,
    overrides: tuple[str, ...],
    form: str,
    output: str | None,
) -> None:
    """Compare scenarios with a base, draw by draw in the same worlds.

    Differences come first, levels second. BASE and OTHER are files or names of shipped scenarios, of one relationship.

    \b
    relsim compare baseline negotiated_reset
    relsim compare baseline baseline --set factors.nato.weight=3
    relsim compare baseline escalation negotiated_reset -o ridgeline.png
    """
    require_output(output, form)
    if kind is not None and not is_picture(output):
        raise click.UsageError("--kind goes with -o and the name of a picture")
    kind = kind or ("fans" if len(others) == 1 else "ridgeline")
    if kind != "ridgeline" and len(others) > 1:
        raise click.UsageError(f"--kind {kind} shows one OTHER; for several there is the ridgeline")
    from simulator.analysis.comparison import compare as compared
    from simulator.report.comparison import comparison_table

    first = _kept_whole(base, draws, seed)
    found = [_kept_whole(name, draws or first.n_draws, first.seed, overrides) for name in others]
    comparisons = [compared(first, one) for one in found]
    if not is_picture(output):
        tables: dict[str, pd.DataFrame] = {}
        for n, one in enumerate(comparisons, start=1):
            name = one.other.scenario.name
            name += f" ({n})" if f"{name}.differences" in tables else ""
            tables[f"{name}.differences"], tables[f"{name}.bands"] = one.difference(), one.bands(index)
            tables[f"{name}.questions"] = one.questions()
        _emit("\n\n\n".join(comparison_table(one, index) for one in comparisons), tables, form, output)
        return
    assert output is not None
    _without_display()
    from simulator import plots

    match kind:
        case "fans":
            _draw(plots.compared(comparisons[0], index), output)
        case "questions":
            _draw(plots.dumbbell(comparisons[0]).figure, output)
        case _:
            _draw(plots.ridgeline([first, *found], index).figure, output)


@click.command()
@click.argument("scenario")
@click.option("--against", metavar="BASE", help="Explain the difference from this scenario, in the same worlds.")
@INDEX
@MONTH
@click.option("--draw", type=click.IntRange(min=0), help="Explain one draw by its number.")
@click.option("--quantile", type=click.FloatRange(0, 1), help="Explain the draw that ends nearest to this quantile: 0.05.")
@SIMULATION
@OUTPUT
def explain(
    scenario: str,
    against: str | None,
    index: str,
    month: int | None,
    draw: int | None,
    quantile: float | None,
    draws: int | None,
    seed: int | None,
    overrides: tuple[str, ...],
    form: str,
    output: str | None,
) -> None:
    """Say why an index moves, or differs from another scenario's: a sum over sources that closes.

    \b
    relsim explain baseline
    relsim explain negotiated_reset --against baseline -o waterfall.png
    relsim explain baseline --quantile 0.05        why did this one end so cold?
    """
    if draw is not None and quantile is not None:
        raise click.UsageError("give --draw or --quantile, not both")
    require_output(output, form)
    from simulator.analysis.comparison import explain as explained
    from simulator.report.comparison import ledger_table

    ensemble = _kept_whole(scenario, draws, seed, overrides)
    base = _kept_whole(against, ensemble.n_draws, ensemble.seed) if against else None
    ledger = explained(ensemble, base, index, month)
    draw = ledger.nearest(quantile) if quantile is not None else draw
    scenarios = (ensemble.scenario,) if base is None else (ensemble.scenario, base.scenario)
    at = _date(month, ensemble, base)
    if is_picture(output):
        assert output is not None
        _without_display()
        from simulator.plots import waterfall

        ends = None if base is None else (base.scenario.title, ensemble.scenario.title)
        which = f"mean of {ledger.n_draws:,} draws" if draw is None else f"draw {draw:,}"
        title = f"{ensemble.scenario.title}: {ensemble.scenario.label_of(index)} on {at:%Y-%m-%d}, {which}"
        _draw(waterfall(ledger, scenarios, draw, ends=ends, title=title).figure, output)
        return
    title = f"{ensemble.scenario.title} ({ensemble.scenario.name})"
    title += "" if base is None else f" against {base.scenario.title} ({base.scenario.name})"
    text = ledger_table(ledger, f"Why: {title}, {ensemble.scenario.label_of(index)} on {at:%Y-%m-%d}", scenarios, draw)
    about = _about(ensemble, base, index, f"{at:%Y-%m-%d}", draw)
    _emit(text, {"about": about, "ledger": ledger.table(draw), "wide": ledger.wide(draw)}, form, output)


@click.command()
@click.argument("source", metavar="SCENARIO|RUN")
@click.option("--against", metavar="BASE", help="Headline of the break-even weights: the sign of the difference from BASE.")
@INDEX
@MONTH
@SIMULATION
@OUTPUT
def drivers(
    source: str,
    against: str | None,
    index: str,
    month: int | None,
    draws: int | None,
    seed: int | None,
    overrides: tuple[str, ...],
    form: str,
    output: str | None,
) -> None:
    """Say what drives the spread: variance by source, a tornado, and weights that would reverse the headline.

    The variance is split by re-drawing one source at a time while all else is held: judgement (each uncertain number) and
    chance (each event, each factor's months). It takes some seconds.

    \b
    relsim drivers baseline
    relsim drivers negotiated_reset --against baseline
    relsim drivers baseline -o tornado.png
    """
    require_output(output, form)
    from simulator.analysis import sensitivity
    from simulator.report.comparison import drivers_table

    ensemble = _kept_whole(source, draws, seed, overrides)
    base = _kept_whole(against, ensemble.n_kept, ensemble.seed) if against else None
    if base is not None and month is None:
        month = min(ensemble.horizon, base.horizon)
    tornado = sensitivity.tornado(ensemble, index, month)
    if is_picture(output):
        assert output is not None
        _without_display()
        from simulator.plots import tornado_bars

        title = f"{ensemble.scenario.title}: {ensemble.scenario.label_of(index)} on {_date(month, ensemble, None):%Y-%m-%d}"
        _draw(tornado_bars(tornado, ensemble.scenario, title=title).figure, output)
        return
    reverse = sensitivity.break_even(ensemble, base, month)
    n = draws or sensitivity.N_DRAWS
    shares = sensitivity.drivers(ensemble.scenario, index, month, n_draws=n, seed=ensemble.seed)
    at = _date(month, ensemble, base)
    label = ensemble.scenario.label_of(index)
    title = f"What drives {label} on {at:%Y-%m-%d}: {ensemble.scenario.title} ({ensemble.scenario.name}); "
    title += f"{n:,} draws a source, seed {ensemble.seed}"
    tables = {"variance": shares, "tornado": tornado, "break_even": reverse}
    _emit(drivers_table(shares, tornado, reverse, ensemble, title), tables, form, output)


@click.command()
@click.argument("source", metavar="SCENARIO|RUN")
@click.option("--against", metavar="BASE", help="Say what the scenario changes of BASE, in the same worlds.")
@SIMULATION
@click.option("-o", "--output", metavar="FILE", help="Write the page there instead of printing it.")
def brief(
    source: str, against: str | None, draws: int | None, seed: int | None, overrides: tuple[str, ...], output: str | None
) -> None:
    """Write one page of plain prose and one table for a principal, in Markdown.

    Likelihoods are told in estimative words (ICD 203) with their numbers.

    \b
    relsim brief negotiated_reset --against baseline
    """
    require_text(output)
    from simulator.report.brief import brief as page

    ensemble = _kept_whole(source, draws, seed, overrides)
    base = _kept_whole(against, ensemble.n_kept, ensemble.seed) if against else None
    print_or_write(page(ensemble, base) + "\n", output)


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


@click.command()
@click.argument("file")
@INDEX
@click.option("-n", "--draws", type=count, metavar="COUNT", help="Draws of each scenario. Default: the first one's.")
@click.option("--seed", type=int, help="Random seed, 0 or more. Default: that of the first scenario.")
@OUTPUT
def outlook(file: str, index: str, draws: int | None, seed: int | None, form: str, output: str | None) -> None:
    """Pool scenarios with probabilities into one outlook: a mixture of their distributions.

    FILE is TOML with [[scenarios]] tables, each with file and probability; probabilities sum to 1.

    \b
    relsim outlook outlook.toml
    relsim outlook outlook.toml -o outlook.png
    """
    require_output(output, form)
    from simulator.analysis.outlook import outlook as pool
    from simulator.files.outlook import read_outlook
    from simulator.report.outlook import outlook_table

    pooled = pool(read_outlook(file), draws, seed)
    if is_picture(output):
        assert output is not None
        _without_display()
        from simulator.plots import pooled_fan

        _draw(pooled_fan(pooled, index).figure, output)
        return
    tables = {"summary": pooled.summary(), "variance": pooled.variance(index), "bands": pooled.bands(index)}
    _emit(outlook_table(pooled, index), {**tables, "questions": pooled.questions()}, form, output)


COMMANDS = (compare, explain, drivers, outlook, diff, brief)
