"""Print the tables of docs/today.md: what the file of 2025 says of October 2026 beside what a judge wrote down.

python docs/today.py
"""

import sys
from collections.abc import Iterator
from functools import cache

from simulator import Ensemble, Learned, learn, read_scenario, simulate

N_DRAWS = 8_000  # a mean of warmth is then known to 0.06 points, below what the tables print
TOLD, WRITTEN = "baseline", "today"
RECORD = 'record="us_russia_2025"'
MONTH = 21  # of the baseline: to 20 October 2026; the record is read to the month before
INDICES = ("warmth", "policy", "mood")
PAIR = "us_china_today"
LINKS = (
    ("us_china_today", "moscow_gain"),
    ("truce_breaks", "moscow_gain"),
    ("taiwan_quarantine", "moscow_gain"),
    ("today", "china_concern"),
    ("tariffs_bite", "china_concern"),
    ("talks_2027", "china_concern"),
)


@cache
def drawn(name: str) -> Ensemble:
    """Return a shipped scenario's draws."""
    return simulate(read_scenario(name), N_DRAWS)


def levels(told: Ensemble, written: Ensemble) -> Iterator[str]:
    """Yield the table of factors and indices: told by the record, and written down."""
    yield "| | 2025 | told the record: mean | 80 % | written down | apart | within the 80 % |"
    yield "|---|--:|--:|---|--:|--:|---|"
    for name in (*told.scenario.factors, *INDICES):
        means, ends = told.mean(name)["mean"].to_numpy(), told.quantiles(name, [0.1, 0.9]).value.xs(MONTH, level="month")
        low, high = ends.to_numpy()
        judged = written.mean(name)["mean"].to_numpy()[0]
        row = (f"{means[0]:.0f}", f"{means[MONTH]:.1f}", f"{low:.0f} to {high:.0f}", f"{judged:.1f}")
        told_apart = f"{round(judged - means[MONTH], 1) + 0.0:+.1f}", "yes" if low <= judged <= high else "no"
        yield f"| {name} | {' | '.join((*row, *told_apart))} |"


def rates(learned: Learned, written: Ensemble) -> Iterator[str]:
    """Yield the table of rates a year, medians: of 2025, told by the record, and written down."""
    yield "| event | 2025 | told the record | written down |"
    yield "|---|--:|--:|--:|"
    draws = written.draws()
    numbers = learned.numbers
    for event in learned.after.scenario.events:
        key = f"events.{event}.rate"
        if key in numbers.index and key in draws:
            before, after = numbers.loc[key, ["before_p50", "after_p50"]]
            yield f"| {event} | {before:.2f} | {after:.2f} | {draws[key].median():.2f} |"


def silenced(name: str) -> Ensemble:
    """Return a shipped scenario's draws without any of its events."""
    off = [f"events.{event}.enabled=false" for event in drawn(name).scenario.events]
    return simulate(read_scenario(name, off), N_DRAWS)


def pressed(written: Ensemble, silent: Ensemble) -> Iterator[str]:
    """Yield the table of means with the events and without any."""
    months = (12, 24, 36)
    yield "| | 10 Oct 2026 | with events: 12 | 24 | 36 months | without: 12 | 24 | 36 months |"
    yield "|---|--:|--:|--:|--:|--:|--:|--:|"
    for name in (*written.scenario.factors, "warmth"):
        both = [one.mean(name)["mean"].to_numpy() for one in (written, silent)]
        yield f"| {name} | {both[0][0]:.1f} | {' | '.join(f'{means[m]:.1f}' for means in both for m in months)} |"


def linked() -> Iterator[str]:
    """Yield the table of the two indices that link the files of autumn 2026."""
    yield "| scenario | index | 10 Oct 2026 | 12 months | 36 months |"
    yield "|---|---|--:|--:|--:|"
    for name, index in LINKS:
        means = drawn(name).mean(index)["mean"].to_numpy()
        yield f"| {name} | {index} | {means[0]:.1f} | {means[12]:.1f} | {means[36]:.1f} |"


def tables() -> Iterator[list[str]]:
    """Yield the lines of each table of the page."""
    learned = learn(read_scenario(TOLD, [RECORD]), N_DRAWS)
    written = drawn(WRITTEN)
    yield list(levels(learned.after, written))
    yield list(rates(learned, written))
    yield list(pressed(written, silenced(WRITTEN)))
    yield list(pressed(drawn(PAIR), silenced(PAIR)))
    yield list(linked())


if __name__ == "__main__":
    sys.stdout.write("\n\n".join("\n".join(table) for table in tables()) + "\n")
