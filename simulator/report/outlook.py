"""An outlook in words and numbers, for 80 columns."""

from collections.abc import Sequence
from textwrap import wrap

import numpy as np

from simulator.analysis.outlook import Outlook
from simulator.ensemble.ensemble import PROBABILITIES
from simulator.ensemble.estimates import Z95
from simulator.report.run import WIDTH, error_of, percent, points


def outlook_table(pooled: Outlook, index: str = "warmth") -> str:
    """Return an outlook as a table for 80 columns: scenarios, the mixture, variance within and between, questions.

    Examples
    --------
    >>> from simulator import outlook, read_outlook
    >>> max(map(len, outlook_table(outlook(read_outlook("docs/examples/outlook.toml"), 200)).splitlines())) <= 80
    True
    """
    first = pooled.ensembles[0]
    made = f"{pooled.horizon} months from {pooled.dates[0]:%Y-%m-%d}; {first.n_draws:,} draws of each, seed {first.seed}"
    lines = [*wrap(pooled.title, WIDTH), f"{made}; 0 to 100, 50 neutral", "", *_member_lines(pooled)]
    for name in (index, *(other for other in pooled.indices if other != index)):
        lines += ["", *_index_lines(pooled, name)]
        if name == index:
            lines += ["", *_variance_lines(pooled, index)]
    return "\n".join([*lines, *_question_lines(pooled)])


def _member_lines(pooled: Outlook) -> list[str]:
    months = pooled.ensembles[0].reported[1:]
    lines = [
        f"{'Scenarios, and their median warmth by month':<{WIDTH - 6 * len(months)}}" + "".join(f"{m:>6}" for m in months)
    ]
    for number, (one, probability) in enumerate(zip(pooled.ensembles, pooled.probabilities, strict=True), 1):
        at = one.quantiles("warmth", [0.5]).droplevel(["name", "date", "probability"])
        medians = "".join(f"{points(*at.loc[month]):>6}" for month in months)
        told = wrap(f"{one.scenario.title} ({one.scenario.name})", WIDTH - 14 - len(medians))
        lines.append(f"  {number:>2}  {100 * probability:>4.4g} %  {told[0]:<{WIDTH - 14 - len(medians)}}{medians}")
        lines += [f"{'':>12}{more}" for more in told[1:]]
    return lines


def _index_lines(pooled: Outlook, name: str) -> list[str]:
    label = pooled.ensembles[0].scenario.label_of(name)
    lines = wrap(f"{label[:1].upper()}{label[1:]} ({name}), all scenarios together", WIDTH)
    lines.append(f"  {'':<10}  {'mean':>11}  {'median':>6}  {'50 %':>12}  {'80 %':>12}  {'95 %':>12}")
    quantiles, means = (table.droplevel("name") for table in (pooled.quantiles(name), pooled.mean(name)))
    for month in pooled.ensembles[0].reported:
        at = quantiles.xs(month, level="month").droplevel("date")
        told = {p: points(*at.loc[p]) for p in PROBABILITIES}
        ends = [f"{told[a]:>4} to {told[b]:>4}" for a, b in ((0.25, 0.75), (0.1, 0.9), (0.025, 0.975))]
        mean = means.loc[month].iloc[0]
        row = f"{mean['mean']:5.1f}{error_of(mean.std_error):<6}", told[0.5], *ends
        widths = (11, 6, 12, 12, 12)
        cells = "  ".join(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True))
        lines.append(f"  {pooled.dates[month]:%Y-%m-%d}  {cells}")
    at_end = pooled.bands(name).xs(pooled.horizon, level="month").droplevel(["name", "date"])
    return lines + _listed("  bands at the end: ", [f"{band} {percent(*row)}" for band, row in at_end.iterrows()])


def _variance_lines(pooled: Outlook, index: str) -> list[str]:
    lines = [f"Variance of {index}, in points squared, within the scenarios and between them"]
    lines.append(f"  {'':<10}  {'within':>8}  {'between':>8}  {'total':>8}  {'share between':>14}")
    table = pooled.variance(index).droplevel(["name", "date"])
    for month in pooled.ensembles[0].reported[1:]:
        row = table.loc[month]
        cells = "  ".join(f"{points(row[key], row[f'{key}_std_error']):>8}" for key in ("within", "between", "total"))
        share = "-" if np.isnan(row.share) else points(100 * row.share, 100 * row.share_std_error) + " %"
        lines.append(f"  {pooled.dates[month]:%Y-%m-%d}  {cells}  {share:>14}")
    return lines


def _question_lines(pooled: Outlook) -> list[str]:
    table = pooled.questions()
    lines = ["", "Questions, all scenarios together and each"] if len(pooled.asked) else []
    for name, row in table.iterrows():
        answer = percent(row.probability, row.std_error, row.low, row.high)
        label = row.label or str(name).replace("_", " ")
        told = [*wrap(label, WIDTH - 13), *wrap(f"{row['ask']}  ({row.when} {row.date:%Y-%m-%d})", WIDTH - 13)]
        lines += [f"  {answer if not n else '':>9}  {text}" for n, text in enumerate(told)]
        each = []
        for one in pooled.names:
            # where none or all were hit, the interval reaches two half-widths from there
            reach = 2 * Z95 * row[f"std_error.{one}"]
            each.append(percent(row[f"in.{one}"], row[f"std_error.{one}"], 1 - reach, reach))
        lines += _listed(f"{'':>13}1 to {len(each)}: ", each)
    series = pooled.ensembles[0].plan.series
    if any(not question.condition.names <= {*series} for name, question, _ in pooled.asked if name in table.index):
        lines += wrap("An event is known by its name: a scenario that tells it by an event of its own answers lower.", WIDTH)
    if left := len(pooled.asked) - len(table):
        lines += wrap(f"Left out: {left} about events that not all scenarios have.", WIDTH)
    return lines


def _listed(head: str, parts: Sequence[str]) -> list[str]:
    """Return parts joined by commas after a head, on as many lines as they need, none of them broken."""
    joined = ", ".join(part.replace(" ", "\u00a0") for part in parts)
    lines = wrap(joined, WIDTH, initial_indent=head, subsequent_indent=" " * len(head), break_on_hyphens=False)
    return [line.replace("\u00a0", " ") for line in lines]
