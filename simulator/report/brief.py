"""A page for a principal: the headline, likelihoods in words with their numbers, what drives it, what was assumed."""

from collections.abc import Iterator
from datetime import date
from textwrap import fill

import pandas as pd

import simulator
from simulator.analysis.break_even import break_even
from simulator.analysis.comparison import Comparison, Largest, compare
from simulator.analysis.leave_one_out import event_effects
from simulator.analysis.ledger import explain
from simulator.analysis.tornado import tornado
from simulator.analysis.variance import JUDGEMENT
from simulator.ensemble.ensemble import Ensemble
from simulator.ensemble.simulation import Progress, require_whole
from simulator.ensemble.tables import at_month
from simulator.errors import Refused
from simulator.report.causes import CLEAR, cause
from simulator.report.layout import effective, likeliest
from simulator.report.wording import in_full, in_words, percent, points, signed
from simulator.scenario.numbers import Key
from simulator.scenario.schema import Bands

# How many causes, swings and weak inputs are told: what fits a page.
TOLD = 3
# Columns of a page that is not laid out for a terminal.
PAGE = 100


def brief(ensemble: Ensemble, base: Ensemble | None = None, line: int = PAGE, progress: Progress | None = None) -> str:
    """Return one page of plain prose and one table, in Markdown.

    Parameters
    ----------
    ensemble : Ensemble
        From `simulate` or `read_run`.
    base : Ensemble, optional
        Of the same worlds; the page then says what the scenario changes.
    line : int
        Columns of the prose.
    progress : callable, optional
        Called with the simulations done and those to be done in all, one without each event.

    Examples
    --------
    >>> from simulator import read_scenario, simulate
    >>> text = brief(simulate(read_scenario("baseline"), 1_000))
    >>> [line for line in text.splitlines() if line.startswith("## ")]
    ['## How likely', '## What drives it', '## What would change it', '## What was assumed']
    """
    require_whole(ensemble, "brief()")
    comparison = None if base is None else compare(base, ensemble)
    if base is not None and base.horizon != ensemble.horizon:
        raise Refused(f"a brief needs a base of the same horizon; {base.scenario.name} has {base.horizon} months")
    scenario = ensemble.scenario

    def _paragraph(sentences: Iterator[str]) -> list[str]:
        text = " ".join(sentences).replace(" %", "\u00a0%")  # a number and its sign stay on one line
        return [fill(text, line, break_long_words=False, break_on_hyphens=False).replace("\u00a0", " ")]

    lines = [f"# {scenario.heading}", "", *_paragraph(opening(ensemble, comparison))]
    lines += ["", "## How likely", "", *_likelihoods(ensemble)]
    lines += ["", "## What drives it", "", *_paragraph(causes(ensemble, comparison))]
    effects = event_effects(ensemble, progress=progress)
    lines += ["", "## What would change it", "", *_paragraph(reversals(ensemble, base, effects))]
    lines += ["", "## What was assumed", "", *_paragraph(_assumed(ensemble, effects))]
    return "\n".join([*lines, "", *_paragraph(_made(ensemble))])


def _made(ensemble: Ensemble) -> Iterator[str]:
    """Yield by what and from what the page was made."""
    scenario = ensemble.scenario
    about = f"the relationship {scenario.relationship}" if scenario.relationship else f"the file {scenario.name}"
    since = "" if scenario.as_of is None else f", as of {in_full(scenario.as_of)}"
    yield f"Made by relations-simulator {simulator.__version__} from {about}{since};"
    yield f"{effective(ensemble)}, seed {ensemble.seed}. The scale's bands: {_bands(scenario.bands)}."


def _bands(bands: Bands) -> str:
    """Return bands with their edges, from the coldest."""
    first, *rest = bands.names
    above = [f"{name} from {cut:.0f}" for name, cut in zip(rest, bands.cuts, strict=True)]
    return ", ".join([f"{first} to {bands.cuts[0]:.0f}", *above])


def opening(ensemble: Ensemble, comparison: Comparison | None) -> Iterator[str]:
    """Yield the sentences of a headline: where warmth stands and ends, and how it differs from a base."""
    scenario, at = ensemble.scenario, ensemble.horizon
    start, end = in_full(ensemble.dates[0]), in_full(ensemble.dates[-1])
    quantiles = ensemble.quantiles("warmth", [0.1, 0.5, 0.9])
    now = at_month(quantiles, 0).value.iloc[1]
    low, median, high = (points(*row) for row in at_month(quantiles, at).itertuples(index=False))
    top = likeliest(ensemble, "warmth")
    yield (
        f"On a scale from 0 to 100 with 50 neutral, {scenario.label_of('warmth')} stands at {now:.0f} on {start}. "
        f"On {end} its median is {median}, and four futures in five lie between {low} and {high}. "
        f'Likelihood that it is then in the band "{top.name}": {_word(top)}.'
    )
    if ensemble.known_to is not None and ensemble.is_conditioned and scenario.record is not None:
        day = in_full(ensemble.known_to)
        low, median, high = (points(*row) for row in at_month(quantiles, ensemble.plan.known).itertuples(index=False))
        yield (
            f"What happened to {day} is known (record {scenario.record.name}); by then the median is {median}, four in five "
            f"lying between {low} and {high}. {ensemble.n_draws:,} draws are worth {ensemble.n_effective:,.0f} given that."
        )
    if comparison is not None:
        row = comparison.difference("warmth").iloc[-1]
        told = in_words(row.warmer_low, row.warmer_high)
        share = percent(row.warmer, row.warmer_std_error, row.warmer_low, row.warmer_high)
        yield (
            f"Against {comparison.base.scenario.heading} the mean differs by {signed(row['mean'], row.std_error)} points"
            f"{_at_most(comparison.largest(), ensemble.dates[-1].date())}. "
            f"Likelihood that the same world is warmer under this scenario: {told} ({share})."
        )


def _at_most(largest: Largest, end: date) -> str:
    """Return when a difference is largest, to follow how large it is at the end."""
    if largest.mean == 0 or largest.day == end:
        return ""
    return f" then, and by most, {signed(largest.mean, largest.std_error)}, in {largest.day:%B %Y}"


def _word(row: pd.Series) -> str:
    return f"{in_words(row.low, row.high)} ({percent(row.probability, row.std_error, row.low, row.high)})"


def _likelihoods(ensemble: Ensemble) -> Iterator[str]:
    yield "| | in words | probability |"
    yield "|---|---|--:|"
    shares = at_month(ensemble.bands("warmth"), ensemble.horizon)
    for band, row in shares[shares["probability"] > 0.001].iterrows():
        yield _row(f'Warmth ends in the band "{band}"', row)
    for asked, (_, row) in zip(ensemble.plan.questions, ensemble.questions().iterrows(), strict=True):
        if ensemble.is_conditioned and asked.step <= ensemble.plan.known:
            continue  # its day is past
        when = "" if row.when == "on" else f" (by {row.date:%Y-%m-%d})"
        yield _row(row.label.rstrip(".") + when, row)


def _row(text: str, row: pd.Series) -> str:
    told = percent(row.probability, row.std_error, row.low, row.high)
    return f"| {text.replace('|', chr(92) + '|')} | {in_words(row.low, row.high)} | {told} |"


def causes(ensemble: Ensemble, comparison: Comparison | None) -> Iterator[str]:
    """Yield why the mean moves, or differs from a base, in sentences."""
    ledger = explain(ensemble, None if comparison is None else comparison.base)
    table = ledger.by_source(together=True)
    what = "the mean moves" if comparison is None else f"the mean differs from {comparison.base.scenario.title}"
    before, after = ledger.ends()
    yield f"Over {ensemble.horizon} months {what} by {signed(after - before, ledger.std_error)} points."
    for word, sign in (("warmer", 1), ("colder", -1)):
        found = table[sign * table["points"] > 0.05].head(TOLD)
        if len(found):
            told = [f"{cause(ledger, str(k), str(n))} ({row.points:+.1f})" for (k, n), row in found.iterrows()]
            yield f"What makes it {word}, on average: {'; '.join(told)}."


def reversals(ensemble: Ensemble, base: Ensemble | None, effects: pd.DataFrame) -> Iterator[str]:
    """Yield what the same worlds would be without the events that matter most, and which weight reverses the headline."""
    label = ensemble.scenario.label_of
    clear = effects[effects["effect"].abs() > CLEAR * effects["std_error"]].head(TOLD)
    if len(clear):
        yield "If it could not happen, mean warmth would end otherwise by:"
        told = [f"{label(str(n))}, {signed(-row.effect, row.std_error)} points" for n, row in clear.iterrows()]
        yield f"{'; '.join(told)}."
    reverse = break_even(ensemble, base).dropna(subset="break_even")
    headline = "the median on its side of neutral"
    if base is not None:
        headline = f"the sign of the difference from {base.scenario.title}"
    if len(reverse):
        told = [f"{row.label} from {row.weight:.2g} to {row.break_even:.2g}" for _, row in reverse.iterrows()]
        yield f"A single weight would reverse {headline}: {'; '.join(told)}."
    else:
        yield f"No single weight between 0 and 10 would reverse {headline}."


def _assumed(ensemble: Ensemble, effects: pd.DataFrame) -> Iterator[str]:
    """Yield how much is stated with low confidence, and what of it the result hangs most on."""
    scenario = ensemble.scenario
    tables = (scenario.factors, scenario.events, scenario.indices)
    entries = [entry for table in tables for entry in table.values() if getattr(entry, "enabled", True)]
    low = sum(entry.confidence == "low" for entry in entries)
    yield f"Of {len(entries)} factors, events and indices {low} are stated with low confidence."
    if told := [text for _, text in sorted(weakest(ensemble, effects), reverse=True)][:TOLD]:
        yield f"Of these the result hangs most on: {'; '.join(told)}."
        yield "In brackets: points of mean warmth between its lowest and highest fifth, or without and with the event."
    yield "Weights and effects are judgements, with the sources that the files name; what nobody wrote down does not"
    yield "happen here; the errors printed are those of sampling only."


def weakest(ensemble: Ensemble, effects: pd.DataFrame) -> Iterator[tuple[float, str]]:
    """Yield each input and event of low confidence that clearly moves warmth, with how far."""
    for moved, key, text in telling(ensemble, effects):
        entry = Key.parse(key)
        if getattr(ensemble.scenario, entry.table)[entry.entry].confidence == "low":
            yield abs(moved), f"{text} ({moved:+.1f})"


def telling(ensemble: Ensemble, effects: pd.DataFrame) -> Iterator[tuple[float, str, str]]:
    """Yield each input and event that clearly moves warmth: by how many points, its key, and what it is in words.

    Of an input they are the points between its lowest and highest fifth, of an event those without and with it.
    """
    for (kind, key), row in tornado(ensemble).iterrows():
        if kind == JUDGEMENT and abs(row.swing) > CLEAR * row.std_error:
            yield row.swing, str(key), row.label
    for name, row in effects.iterrows():
        if abs(row.effect) > CLEAR * row.std_error:
            yield row.effect, f"events.{name}.probability", ensemble.scenario.label_of(str(name))
