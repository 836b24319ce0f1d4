"""The commands that ask of runs: compared with what, why, what drives it, and what would change it."""

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from simulator.cli.options import (
    AT,
    GIVEN,
    INDEX,
    KNOWN,
    OUTPUT,
    SIMULATION,
    Drawn,
    Output,
    count,
    drawn_with,
    gathered,
    keep_all,
    known_keys,
    shared,
)
from simulator.cli.progress import Progress, Report, begun
from simulator.cli.saved import is_saved, read_saved

if TYPE_CHECKING:
    import pandas as pd

    from simulator.analysis.comparison import Comparison
    from simulator.ensemble.ensemble import Ensemble

# About as many sources of spread and events as the relationships that ship have: a guess until a plan tells.
SOURCES, EVENTS = 120, 35

DRAWS = shared(
    click.option("-n", "--draws", type=count, metavar="COUNT", help="Number of draws, up to 100k. Default: the base's."),
    click.option("--seed", type=int, help="Random seed, 0 or more. Default: the base's."),
    click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Change a key of each OTHER; repeatable."),
    KNOWN,
    gathered("drawn", drawn_with, "draws", "seed", "overrides", "record", "known_until"),
)


def _kept_whole(name: str, drawn: Drawn, report: Report) -> "Ensemble":
    """Return a scenario's ensemble with all its draws kept; a saved run is read as it is."""
    from simulator.ensemble.simulation import simulate
    from simulator.files.read import read_scenario

    if is_saved(name):
        ensemble = read_saved(name)
        report(1, 1)
        if drawn.keys or drawn.draws not in (None, ensemble.n_draws) or drawn.seed not in (None, ensemble.seed):
            raise click.UsageError("a saved run is read as it is; -n, --seed, --set and --record go with a scenario")
        return ensemble
    scenario = read_scenario(name, drawn.keys)
    n_draws = keep_all(drawn.n_draws(scenario))
    return simulate(scenario, n_draws, drawn.seed, n_kept=n_draws, progress=report)


def both(
    name: str, against: str | None, drawn: Drawn, progress: Progress, *later: tuple[int, int | None]
) -> tuple["Ensemble", "Ensemble | None", list[Report]]:
    """Return a scenario's ensemble, that of its base in the same worlds if there is one, and whom later work tells.

    Later work is stated as `Progress.part` takes it, so that the time that is left counts it from the first.
    """
    parts = [progress.part() for _ in range(2 if against else 1)]
    more = [progress.part(*work) for work in later]
    ensemble = _kept_whole(name, drawn, parts[0])
    if not against:
        return ensemble, None, more
    known = Drawn(ensemble.n_kept, ensemble.seed, known=drawn.known)
    return ensemble, _kept_whole(against, known, parts[1]), more


@click.command()
@click.argument("base")
@click.argument("others", nargs=-1, required=True, metavar="OTHER...")
@INDEX
@click.option(
    "--kind",
    type=click.Choice(["fans", "ridgeline", "questions", "forest"]),
    help="Which picture -o draws. Default: fans for one OTHER, else the forest of differences.",
)
@AT
@GIVEN
@DRAWS
@OUTPUT
def compare(
    base: str,
    others: tuple[str, ...],
    index: str,
    kind: str | None,
    at: int | date | None,
    given: str | None,
    drawn: Drawn,
    output: Output,
) -> None:
    """Compare scenarios with a base, draw by draw in the same worlds (common random numbers).

    Differences come first, levels second. BASE and OTHER are files or names of shipped scenarios, of one relationship.

    \b
    relsim compare baseline negotiated_reset
    relsim compare baseline baseline --set factors.nato.weight=3
    relsim compare baseline escalation negotiated_reset -o forest.png
    relsim compare baseline escalation negotiated_reset --kind ridgeline -o ridgeline.png --style grey
    """
    if kind is not None and not output.is_picture:
        raise click.UsageError("--kind goes with -o and the name of a picture")
    kind = kind or ("fans" if len(others) == 1 else "forest")
    if kind in ("fans", "questions") and len(others) > 1:
        raise click.UsageError(f"--kind {kind} shows one OTHER; for several there are forest and ridgeline")
    from simulator.analysis.comparison import compare as compared
    from simulator.report.comparison import comparison_table, overview

    progress = begun()
    told, *parts = [progress.part() for _ in (base, *others)]
    first = _kept_whole(base, replace(drawn, overrides=()), told)
    rest = replace(drawn, draws=drawn.draws or first.n_draws, seed=first.seed)
    found = [compared(first, _kept_whole(name, rest, part)) for name, part in zip(others, parts, strict=True)]
    if given is not None:
        found = [one.given(given) for one in found]

    def picture() -> Any:
        from simulator import plots

        if kind == "fans":
            return plots.compared(found[0], index)
        if kind == "questions":
            return plots.dumbbell(found[0]).figure
        if kind == "forest":
            return plots.forest(found, index, at).figure
        return plots.ridgeline([found[0].base, *(one.other for one in found)], index, at).figure

    def text() -> str:
        parts = [overview(found, index, at)] if len(found) > 1 else []
        return "\n\n\n".join([*parts, *(comparison_table(one, index, at) for one in found)])

    output.emit(text, lambda: _compared(found, index, at), picture)


def _compared(found: "list[Comparison]", index: str, at: int | date | None) -> dict[str, "pd.DataFrame"]:
    """Return the tables of comparisons, all scenarios in one; a second one of a name is numbered."""
    from collections import Counter

    import pandas as pd

    from simulator.report.export import about

    seen = Counter[str]()
    names: list[str] = []
    for one in found:
        name = one.other.scenario.name
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    named = list(zip(names, found, strict=True))
    tables = {"differences": {name: one.difference() for name, one in named}}
    if index in found[0].other.indices:
        tables["bands"] = {name: one.bands(index, at) for name, one in named}
    else:
        tables["differences"] = {name: one.difference((index, *one.other.indices)) for name, one in named}
    tables["questions"] = {name: one.questions() for name, one in named}
    told = {key: pd.concat(parts, names=["scenario"]) for key, parts in tables.items()}
    return {"about": about(found[0].base, *(one.other for one in found)), **told}


@click.command()
@click.argument("scenario")
@click.option("--against", metavar="BASE", help="Explain the difference from this scenario, in the same worlds.")
@INDEX
@AT
@click.option("--draw", type=click.IntRange(min=0), help="Explain one draw by its number.")
@click.option("--quantile", type=click.FloatRange(0, 1), help="Explain the draw that ends nearest to this quantile: 0.05.")
@SIMULATION
@OUTPUT
def explain(
    scenario: str,
    against: str | None,
    index: str,
    at: int | date | None,
    draw: int | None,
    quantile: float | None,
    drawn: Drawn,
    output: Output,
) -> None:
    """Say why an index moves, or differs from another scenario's: a sum over sources that closes.

    \b
    relsim explain baseline
    relsim explain negotiated_reset --against baseline -o waterfall.png
    relsim explain baseline --quantile 0.05        why did this one end so cold?
    """
    if draw is not None and quantile is not None:
        raise click.UsageError("give --draw or --quantile, not both")
    from simulator.analysis.ledger import explain as explained
    from simulator.report.why import about, ledger_table

    ensemble, base, [told] = both(scenario, against, drawn, begun(), (2 if against else 1, None))
    ledger = explained(ensemble, base, index, at, progress=told)
    which = ledger.nearest(quantile) if quantile is not None else draw

    def picture() -> Any:
        from simulator.plots import waterfall

        return waterfall(ledger, which).figure

    output.emit(
        lambda: ledger_table(ledger, which),
        lambda: {"about": about(ledger, which), "ledger": ledger.table(which), "wide": ledger.wide(which)},
        picture,
    )


@click.command()
@click.argument("source", metavar="SCENARIO|RUN")
@click.option("--against", metavar="BASE", help="Headline of the break-even weights: the sign of the difference from BASE.")
@INDEX
@AT
@SIMULATION
@OUTPUT
def drivers(source: str, against: str | None, index: str, at: int | date | None, drawn: Drawn, output: Output) -> None:
    """Say what drives the spread: Sobol indices by source, a tornado, and weights that would reverse the headline.

    The variance is split by re-drawing one source at a time while all else is held: judgement (each uncertain number) and
    chance (each event, each factor's months). It takes some seconds. With a record there are no such shares: what is known
    ties the sources together.

    \b
    relsim drivers baseline
    relsim drivers negotiated_reset --against baseline
    relsim drivers baseline -o tornado.png
    """
    from simulator.analysis import variance
    from simulator.analysis.break_even import break_even
    from simulator.analysis.comparison import compare as compared
    from simulator.analysis.tornado import tornado
    from simulator.report.export import about
    from simulator.report.layout import effective
    from simulator.report.why import drivers_table
    from simulator.report.wording import title_of

    n = drawn.draws or variance.N_DRAWS
    ensemble, base, [told] = both(source, against, drawn, begun(), (SOURCES, n))
    month = ensemble.month_of(at) if base is None else compared(base, ensemble).month_of(at)
    swings = tornado(ensemble, index, month)
    what = f"{ensemble.scenario.label_of(index)} on {ensemble.dates[month]:%Y-%m-%d}"

    def picture() -> Any:
        from simulator.plots import tornado_bars

        return tornado_bars(swings, ensemble=ensemble, title=f"{ensemble.heading}: {what}").figure

    def tables() -> dict[str, "pd.DataFrame"]:
        shares = {}
        if not ensemble.is_conditioned:
            shares["variance"] = variance.drivers(ensemble, index, month, n_draws=n, progress=told)
        return {"about": about(ensemble), **shares, "tornado": swings, "break_even": break_even(ensemble, base, month)}

    title = f"What drives {what}: {title_of(ensemble.scenario)}; "
    drawn_as = effective(ensemble) if ensemble.is_conditioned else f"{n:,} draws a source"
    output.emit(lambda: drivers_table(tables(), f"{title}{drawn_as}, seed {ensemble.seed}"), tables, picture)


@click.command()
@click.argument("file")
@INDEX
@click.option("-n", "--draws", type=count, metavar="COUNT", help="Draws of each scenario. Default: the first one's.")
@click.option("--seed", type=int, help="Random seed, 0 or more. Default: that of the first scenario.")
@KNOWN
@OUTPUT
def outlook(
    file: str,
    index: str,
    draws: int | None,
    seed: int | None,
    record: str | None,
    known_until: date | None,
    output: Output,
) -> None:
    """Pool scenarios with probabilities into one outlook: a linear opinion pool, the mixture of their distributions.

    FILE is TOML with [[scenarios]] tables, each with file and probability; probabilities sum to 1.

    \b
    relsim outlook outlook.toml
    relsim outlook outlook.toml -o outlook.png
    """
    from simulator.analysis.outlook import outlook as pool
    from simulator.files.outlook import read_outlook
    from simulator.report.outlook import outlook_table

    read = read_outlook(file, known_keys(record, known_until))
    pooled = pool(read, draws, seed, begun().part(len(read.members)))

    def picture() -> Any:
        from simulator.plots import pooled_fan

        return pooled_fan(pooled, index).figure

    def tables() -> dict[str, "pd.DataFrame"]:
        found = {"summary": pooled.summary(), "variance": pooled.variance(index), "bands": pooled.bands(index)}
        return found | {"questions": pooled.questions()}

    output.emit(lambda: outlook_table(pooled, index), tables, picture)


COMMANDS = (compare, explain, drivers, outlook)
