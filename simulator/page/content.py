"""What a page says, as plain data for its template: sentences, tables and figures, all from `report` and `plots`."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

import simulator
from simulator import plots
from simulator.analysis.break_even import break_even
from simulator.analysis.comparison import compare
from simulator.analysis.leave_one_out import event_effects
from simulator.analysis.ledger import EVENT, Ledger, explain
from simulator.analysis.tornado import tornado
from simulator.ensemble.ensemble import Ensemble
from simulator.ensemble.simulation import Progress
from simulator.ensemble.tables import at_month
from simulator.page.controls import day_of
from simulator.page.figures import page_style, still
from simulator.page.sheet import shown
from simulator.report.brief import opening, reversals, telling
from simulator.report.causes import cause
from simulator.report.layout import effective
from simulator.report.wording import capital, in_full, percent, points, signed
from simulator.review.diff import differences
from simulator.scenario.numbers import Key
from simulator.scenario.schema import Scenario, digest

# Rows of tables of which only the first are of use.
SOURCES, TOLD = 14, 10
# Inches, and points of type, of figures of rows.
TALL, ROWS_TYPE = (5.8, 6.6), 10.0


def content(ensemble: Ensemble, base: Ensemble | None, progress: Progress | None) -> dict[str, Any]:
    """Return all that a page says."""
    comparison = None if base is None else compare(base, ensemble)
    effects = event_effects(ensemble, progress=progress)
    ledger, swings = explain(ensemble, base), tornado(ensemble)
    with page_style(ROWS_TYPE), plots.style(size=TALL):
        figures = {
            "waterfall": still(plots.waterfall(ledger, title=""), "waterfall"),
            "tornado": still(plots.tornado_bars(swings, ensemble=ensemble, title=""), "tornado") if len(swings) else "",
        }
    return {
        **_beginning(ensemble, base, ledger),
        **figures,
        "opening": list(opening(ensemble, comparison)),
        "sources": list(_sources(ledger)),
        "ends": [f"{value:.1f}" for value in ledger.ends()],
        "ledger_day": in_full(ledger.day),
        "swings": list(_swings(swings)),
        "fan_table": list(_fan_table(ensemble)),
        "band_table": list(_band_table(ensemble)),
        "band_names": ensemble.scenario.bands_of("warmth").names,
        "reversals": list(reversals(ensemble, base, effects)),
        "break_even": list(_break_even(break_even(ensemble, base))),
        "assumptions": list(_assumptions(ensemble, effects)),
    }


def _beginning(ensemble: Ensemble, base: Ensemble | None, ledger: Ledger) -> dict[str, Any]:
    """Return what a page is of and from, and what its scenario changes."""
    scenario = ensemble.scenario
    return {
        "title": ensemble.heading,
        "summary": " ".join((scenario.summary or "").split()),
        "base": "" if base is None else base.heading,
        "changes": _changes(ensemble, base, ledger),
        "all_changes": [] if base is None else _all_changes(scenario, base.scenario),
        "day": "" if scenario.as_of is None else in_full(scenario.as_of),
        "start": in_full(ensemble.dates[0]),
        "end": in_full(ensemble.dates[-1]),
        "relationship": scenario.relationship or scenario.name,
        "name": scenario.name,
        "draws": effective(ensemble),
        "seed": ensemble.seed,
        "digest": digest(scenario),
        "version": simulator.__version__,
        "note": ensemble.note,
        "known_to": "" if ensemble.known_to is None else in_full(ensemble.known_to),
        "record": "" if scenario.record is None else scenario.record.name,
    }


def _changes(ensemble: Ensemble, base: Ensemble | None, ledger: Ledger | None) -> list[str]:
    """Return what a scenario states or changes, in words: of its base, how often each event that differs happens now."""
    scenario = ensemble.scenario
    if base is None or ledger is None:
        return [capital(scenario.label_of(name)) for name in scenario.own_events if scenario.events[name].enabled]
    keys = [change.key.split(".") for change in differences(base.scenario, scenario)]
    events = dict.fromkeys(key[1] for key in keys if key[0] == "events")
    told = [capital(cause(ledger, EVENT, name)) for name in events]
    numbers = (change for change in differences(base.scenario, scenario) if change.key.startswith("factors."))
    return [*told, *(change.words for change in numbers)]


def _all_changes(scenario: Scenario, base: Scenario) -> list[str]:
    """Return all that is otherwise than in the base, as `relsim diff` words it."""
    return [change.words for change in differences(base, scenario)]


def _sources(ledger: Ledger) -> Iterator[tuple[str, str]]:
    """Yield the largest sources of a ledger in words, with their points, and the rest in one row."""
    table = ledger.by_source(together=True)
    for (kind, name), row in table.head(SOURCES).iterrows():
        yield cause(ledger, str(kind), str(name)), signed(row.points, row.std_error)
    if len(table) > SOURCES:
        rest = table["points"].iloc[SOURCES:].sum()
        yield f"{len(table) - SOURCES} others together", f"{rest:+.2f}"


def _swings(table: pd.DataFrame) -> Iterator[tuple[str, str, str, str]]:
    for _, row in table.head(TOLD).iterrows():
        yield row.label, f"{row.low:.1f}", f"{row.high:.1f}", signed(row.swing, row.std_error)


def _fan_table(ensemble: Ensemble) -> Iterator[tuple[int, str, list[tuple[float, str]]]]:
    """Yield the quantiles of warmth at each shown month."""
    table = ensemble.quantiles("warmth")
    for month in shown(ensemble):
        rows = at_month(table, month)
        yield (
            month,
            day_of(ensemble, month),
            [(float(str(p)), points(row.value, row.std_error)) for p, row in rows.iterrows()],
        )


def _band_table(ensemble: Ensemble) -> Iterator[tuple[int, str, list[str]]]:
    """Yield the probabilities of the bands of warmth at each shown month."""
    table = ensemble.bands("warmth")
    for month in shown(ensemble):
        yield month, day_of(ensemble, month), [percent(*row) for _, row in at_month(table, month).iterrows()]


def _break_even(table: pd.DataFrame) -> Iterator[tuple[str, str, str]]:
    for _, row in table.iterrows():
        yield row.label, f"{row.weight:.2f}", "none" if np.isnan(row.break_even) else f"{row.break_even:.2f}"


def _assumptions(ensemble: Ensemble, effects: pd.DataFrame) -> Iterator[dict[str, str]]:
    """Yield the entries on whose numbers the result hangs most, with what their file says for them."""
    found: dict[str, dict[str, str]] = {}
    for moved, key, text in sorted(telling(ensemble, effects), key=lambda one: -abs(one[0])):
        parsed = Key.parse(key)
        entry = getattr(ensemble.scenario, parsed.table)[parsed.entry]
        told = {"what": text, "moves": f"{moved:+.1f}", "confidence": entry.confidence or "none stated"}
        told |= {"rationale": entry.rationale or "none stated", "source": entry.source or "none stated"}
        found.setdefault(f"{parsed.table}.{parsed.entry}", told)
    yield from list(found.values())[:TOLD]
