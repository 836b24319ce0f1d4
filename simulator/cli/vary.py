"""Many runs in one command: `--vary KEY=LOW:HIGH:STEP`."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from simulator.cli.options import Drawn, Output, keep_all
from simulator.cli.progress import begun
from simulator.errors import InvalidFile

if TYPE_CHECKING:
    from simulator.scenario.schema import Scenario

# Values of one key that are run one after the other.
MOST_VALUES = 101


def varied(text: str) -> tuple[str, list[float]]:
    """Return the key and the values that `--vary KEY=LOW:HIGH:STEP` names.

    Examples
    --------
    >>> varied("factors.nato.weight=0:1:0.25")
    ('factors.nato.weight', [0.0, 0.25, 0.5, 0.75, 1.0])
    >>> varied("months=12:36:12")
    ('months', [12, 24, 36])
    """
    key, is_there, told = (part.strip() for part in text.partition("="))
    try:
        low, high, step = (Decimal(part.strip()) for part in told.split(":"))
        is_range = all(part.is_finite() for part in (low, high, step)) and step > 0 and high >= low
        steps = int((high - low) / step) if is_range and is_there and key else -1
    except (ValueError, ArithmeticError):
        steps = -1
    if steps < 0:
        raise click.BadParameter(
            f"{text!r}: write KEY=LOW:HIGH:STEP, such as factors.nato.weight=0:3:0.5", param_hint="'--vary'"
        )
    if steps >= MOST_VALUES:
        raise click.BadParameter(f"{text!r} names {steps + 1:,} values; at most {MOST_VALUES}", param_hint="'--vary'")
    if low + steps * step != high:
        raise click.BadParameter(f"{text!r}: steps of {step} from {low} do not reach {high}", param_hint="'--vary'")
    values = [low + n * step for n in range(steps + 1)]
    is_whole = all(part == part.to_integral_value() and "." not in str(part) for part in (low, high, step))
    return key, [int(value) if is_whole else float(value) for value in values]


def swept(
    scenarios: "list[Scenario]",
    drawn: Drawn,
    vary: tuple[str, ...],
    index: str,
    at: int | date | None,
    given: str | None,
    output: Output,
) -> None:
    """Run scenarios at one value of a key after another, and print or draw one table."""
    from simulator.analysis.sweep import sweep
    from simulator.report.sweep import sweep_table

    grid = dict(map(varied, vary))
    if len(vary) > 2 or len(grid) < len(vary):
        raise click.UsageError("--vary goes once, or twice with two keys")
    if given is not None:
        keep_all(max(scenario.run.draws if drawn.draws is None else drawn.draws for scenario in scenarios))
    told = begun().part(len(scenarios), scenarios[0].run.draws if drawn.draws is None else drawn.draws)
    try:
        table = sweep(scenarios, grid, drawn.draws, drawn.seed, index=index, month=at, given=given, progress=told)
    except InvalidFile as error:  # say which option it was
        raise InvalidFile([replace(one, where="--vary") for one in error.problems]) from None
    n_draws, seed = table["n_draws"].max(), scenarios[0].run.seed if drawn.seed is None else drawn.seed
    made = (
        f"{n_draws:,} draws each, seed {seed}"
        if given is None
        else f"given {given}, in {n_draws:,} draws or less, seed {seed}"
    )

    def picture() -> Any:
        from simulator import plots
        from simulator.plots.style import rests_on

        label = scenarios[0].label_of(index)
        who = scenarios[0].heading if len(scenarios) == 1 else "median and 80 % of draws"
        title = f"{label[:1].upper()}{label[1:]}: {who}"
        return plots.sweep(table, foot=f"{made}; {rests_on(scenarios)}", title=title).figure

    output.emit(lambda: sweep_table(table, scenarios, index, made), lambda: {"sweep": table.set_index("scenario")}, picture)
