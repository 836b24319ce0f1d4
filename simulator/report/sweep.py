"""Many runs of a scenario at one setting after another, as text."""

from collections.abc import Iterator, Sequence
from string import ascii_uppercase

import pandas as pd

import simulator
from simulator.report.layout import filled, width
from simulator.report.wording import error_of, headed, percent_of, points, title_of
from simulator.scenario.numbers import as_text
from simulator.scenario.schema import Scenario, digest

# Columns of a value, of what the index comes to, and of a question.
VALUE, LEVEL, ANSWER = 9, 35, 9


def sweep_table(table: pd.DataFrame, scenarios: Sequence[Scenario], index: str, made: str) -> str:
    """Return a sweep as text: a block for each scenario, a row for each setting, a column for each question that fits.

    Parameters
    ----------
    table : DataFrame
        From `sweep`, of the keys of a grid.
    scenarios : sequence of Scenario
        As `sweep` was given them.
    index : str
        What was asked of.
    made : str
        How it was drawn.
    """
    n = len(table) // len(scenarios)
    blocks = [_block(table.iloc[k * n : (k + 1) * n], one, index, made) for k, one in enumerate(scenarios)]
    return "\n\n\n".join("\n".join(block) for block in blocks)


def about_sweep(scenarios: Sequence[Scenario], index: str, given: str | None, made: str) -> pd.DataFrame:
    """Return whose the rows of a sweep are: a row for each scenario, with all that was changed of its file.

    Parameters
    ----------
    scenarios : sequence of Scenario
        As `sweep` was given them.
    index, given, made : str
        What was asked of, the condition if there is one, and how the runs were drawn.
    """
    rows = [{"scenario": one.name, "title": one.heading, "given": given or "", "digest": digest(one)} for one in scenarios]
    told = {"index": index, "made": made, "version": simulator.__version__}
    return pd.DataFrame(rows).set_index("scenario").assign(**told)


def when(table: pd.DataFrame) -> str:
    """Return the day that the rows of a sweep are of, in words."""
    return "at the horizon of each" if table["date"].nunique() > 1 else f"on {table['date'].iloc[0]:%Y-%m-%d}"


def keys_of(table: pd.DataFrame) -> list[str]:
    """Return the keys that a sweep sets: its columns between the scenario's and the date's."""
    columns = list(table.columns)
    return columns[1 : columns.index("date")]


def _block(rows: pd.DataFrame, scenario: Scenario, index: str, made: str) -> Iterator[str]:
    keys = keys_of(rows)
    yield from filled(title_of(scenario))
    yield from filled(f"{headed(scenario, index)} {when(rows)}; {made}")
    stated = {str(key): as_text(value) for key, value in scenario.numbers()}
    for letter, key in zip(ascii_uppercase, keys, strict=False):
        own = f" (stated: {stated[key]})" if key in stated else ""
        yield from filled(f"{letter}: {key}{own}", subsequent_indent="   ")
    asked = [name for name in scenario.questions if f"question.{name}" in rows]
    shown = asked[: max((width() - len(keys) * VALUE - LEVEL) // ANSWER, 0)]
    yield ""
    heads = "".join(f"{letter:>{VALUE}}" for letter, _ in zip(ascii_uppercase, keys, strict=False))
    answers = "".join(f"{f'({q})':>{ANSWER}}" for q in range(1, len(shown) + 1))
    yield f"{heads}  {'mean':>11}  {'median':>6}  {'80 %':>12}{answers}"
    for _, row in rows.iterrows():
        low, median, high = (points(row[q], row[f"{q}_std_error"]) for q in ("q10", "q50", "q90"))
        level = f"{row['mean']:5.1f}{error_of(row.mean_std_error):<6}  {median:>6}  {f'{low} to {high}':>12}"
        told = (f"{percent_of(row[f'question.{name}'], row[f'question.{name}_std_error']):>{ANSWER}}" for name in shown)
        yield "".join(f"{_value(row[key]):>{VALUE}}" for key in keys) + f"  {level}" + "".join(told)
    yield ""
    for q, name in enumerate(shown, start=1):
        yield from filled(f"({q}) {scenario.label_of(name)}", subsequent_indent="    ")
    if len(shown) < len(asked):
        yield from filled(f"{len(asked) - len(shown)} more questions with --format csv or json.")


def _value(value: object) -> str:
    return f"{value:g}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)
