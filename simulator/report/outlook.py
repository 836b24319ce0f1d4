"""An outlook as text for the terminal."""

import numpy as np

from simulator.analysis.outlook import Outlook
from simulator.ensemble.tables import at_month
from simulator.report.layout import MARGIN, filled, index_lines, known_lines, listed, question_lines, width
from simulator.report.wording import percent_of, points, title_of


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
    lines = [*filled(pooled.title), *filled(f"{made}; 0 to 100, 50 neutral")]
    if known := known_lines(first):
        worth = ", ".join(f"{one.n_effective:,.0f}" for one in pooled.ensembles)
        told = f"the scenarios' draws are worth {worth}; their probabilities are those of the file"
        lines += [*known, *filled(told)]
    lines += ["", *_member_lines(pooled)]
    for name in (index, *(other for other in pooled.indices if other != index)):
        lines += ["", *index_lines(pooled, name, ", all scenarios together")]
        if name == index:
            lines += ["", *_variance_lines(pooled, index)]
    return "\n".join([*lines, *_question_lines(pooled)])


def _member_lines(pooled: Outlook) -> list[str]:
    months = pooled.ensembles[0].reported[1:]
    lines = [f"{'Scenarios, median warmth by month':<{width() - 6 * len(months)}}" + "".join(f"{m:>6}" for m in months)]
    for number, (one, probability) in enumerate(zip(pooled.ensembles, pooled.probabilities, strict=True), 1):
        at = one.quantiles("warmth", [0.5]).droplevel(["name", "date", "probability"])
        medians = "".join(f"{points(*at.loc[month]):>6}" for month in months)
        told = filled(title_of(one.scenario), 14 + len(medians))
        lines.append(f"  {number:>2}  {100 * probability:>4.4g} %  {told[0]:<{width() - 14 - len(medians)}}{medians}")
        lines += [f"{'':>12}{more}" for more in told[1:]]
    return lines


def _variance_lines(pooled: Outlook, index: str) -> list[str]:
    lines = filled(f"Variance of {index}, in points squared, within the scenarios and between them")
    lines.append(f"  {'':<10}  {'within':>8}  {'between':>8}  {'total':>8}  {'share between':>14}")
    table = pooled.variance(index)
    for month in pooled.ensembles[0].reported[1:]:
        row = at_month(table, month).iloc[0]
        cells = "  ".join(f"{points(row[key], row[f'{key}_std_error']):>8}" for key in ("within", "between", "total"))
        share = "-" if np.isnan(row.share) else points(100 * row.share, 100 * row.share_std_error) + " %"
        lines.append(f"  {pooled.dates[month]:%Y-%m-%d}  {cells}  {share:>14}")
    return lines


def _question_lines(pooled: Outlook) -> list[str]:
    table = pooled.questions()
    lines = ["", "Questions, all scenarios together and each"] if len(pooled.asked) else []
    for _, row in table.iterrows():
        lines += question_lines(row)
        each = [percent_of(row[f"in.{one}"], row[f"std_error.{one}"]) for one in pooled.names]
        lines += listed(f"{'':>{MARGIN}}1 to {len(each)}: ", each)
    series = pooled.ensembles[0].plan.series
    if any(not question.condition.names <= {*series} for name, question, _ in pooled.asked if name in table.index):
        lines += filled("An event is known by its name: a scenario that tells it by an event of its own answers lower.")
    if left := len(pooled.asked) - len(table):
        lines += filled(f"Left out: {left} about events that not all scenarios have.")
    return lines
