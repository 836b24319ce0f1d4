"""Many runs in one command: `--vary KEY=LOW:HIGH:STEP`."""

import tomllib
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from simulator.cli.options import Drawn, Output, keep_all
from simulator.cli.progress import begun
from simulator.errors import InvalidFile

if TYPE_CHECKING:
    import pandas as pd

    from simulator.scenario.schema import Scenario

# Values of one key that are run one after the other.
MOST_VALUES = 101
# What says how a scenario is run, or is text.
NO_NUMBERS = ("run", "title", "summary", "record", "known_until", "name")
FORM = "write KEY=LOW:HIGH:STEP, such as factors.nato.weight=0:3:0.5, or KEY=true,false"


def varied(text: str) -> tuple[str, list[Any]]:
    """Return the key and the values that `--vary KEY=LOW:HIGH:STEP`, or `KEY=VALUE,VALUE`, names.

    Examples
    --------
    >>> varied("factors.nato.weight=0:1:0.25")
    ('factors.nato.weight', [0.0, 0.25, 0.5, 0.75, 1.0])
    >>> varied("months=12:36:12")
    ('months', [12, 24, 36])
    >>> varied("events.summit.enabled=true,false")
    ('events.summit.enabled', [True, False])
    """
    key, is_there, told = (part.strip() for part in text.partition("="))
    if not (key and is_there):
        raise _bad(text, FORM)
    if key.split(".")[0] in NO_NUMBERS:
        raise _bad(text, "is no number of a scenario; -n, --seed, --record and --known-until say how one is run")
    return key, _stepped(text, told) if ":" in told else _listed(text, told)


def _listed(text: str, told: str) -> list[Any]:
    """Return values that are stated one by one, as a file would."""
    try:
        values = list(tomllib.loads(f"values = [{told}]")["values"])
    except tomllib.TOMLDecodeError:
        values = []
    if len(values) < 2:
        raise _bad(text, FORM)
    return values


def _stepped(text: str, told: str) -> list[Any]:
    """Return the values from a lowest to a highest one by steps."""
    try:
        low, high, step = (Decimal(part.strip()) for part in told.split(":"))
    except (ValueError, ArithmeticError):
        raise _bad(text, FORM) from None
    if not (low.is_finite() and high.is_finite() and step.is_finite() and low <= high and step > 0):
        raise _bad(text, f"{FORM}; LOW is at most HIGH, and STEP above 0")
    steps = int((high - low) / step)
    if steps >= MOST_VALUES:
        raise _bad(text, f"names {steps + 1:,} values; at most {MOST_VALUES}")
    if low + steps * step != high:
        raise _bad(text, f"steps of {step} from {low} do not reach {high}")
    values = [low + n * step for n in range(steps + 1)]
    is_whole = all(part == part.to_integral_value() and "." not in str(part) for part in (low, high, step))
    return [int(value) if is_whole else float(value) for value in values]


def _bad(text: str, rule: str) -> click.BadParameter:
    return click.BadParameter(f"{text!r}: {rule}", param_hint="'--vary'")


def _made(table: "pd.DataFrame", scenarios: "list[Scenario]", drawn: Drawn, given: str | None) -> str:
    """Return how the rows of a sweep were drawn, as far as it is the same for all."""
    seeds = set(map(drawn.seed_of, scenarios))
    told = [] if given is None else [f"given {given}"]
    if table["n_draws"].nunique() == 1:
        told.append(f"{table['n_draws'].iloc[0]:,} draws each")
    if len(seeds) == 1:
        told.append(f"seed {seeds.pop()}")
    return ", ".join(told) or "each with its own draws and seed"


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
    from simulator.report.sweep import about_sweep, sweep_table

    grid = dict(map(varied, vary))
    if len(vary) > 2 or len(grid) < len(vary):
        raise click.UsageError("--vary goes once, or twice with two keys")
    for scenario in scenarios:
        if set_too := [key for key in grid for own in scenario.changes if f"{own}.".startswith(f"{key}.")]:
            raise click.UsageError(f"{set_too[0]} is set by --set and varied by --vary; state one")
    if given is not None:
        keep_all(max(map(drawn.n_draws, scenarios)))
    told = begun().part(len(scenarios), drawn.n_draws(scenarios[0]))
    try:
        table = sweep(scenarios, grid, drawn.draws, drawn.seed, index=index, month=at, given=given, progress=told)
    except InvalidFile as error:  # say which option it was
        raise InvalidFile([replace(one, where="--vary") for one in error.problems]) from None
    made = _made(table, scenarios, drawn, given)

    def picture() -> Any:
        from simulator import plots
        from simulator.plots.style import rests_on
        from simulator.report.wording import capital

        label = scenarios[0].label_of(index)
        who = scenarios[0].heading if len(scenarios) == 1 else "median and 80 % of draws"
        title = f"{capital(label)}: {who}"
        return plots.sweep(table, foot=f"{made}; {rests_on(scenarios)}", title=title).figure

    def tables() -> "dict[str, pd.DataFrame]":
        return {"about": about_sweep(scenarios, index, given, made), "sweep": table.set_index("scenario")}

    output.emit(lambda: sweep_table(table, scenarios, index, made), tables, picture)
