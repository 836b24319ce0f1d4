"""What answers the reader of a page or a panel: moving figures, sliders, events, questions, as plain data for a template."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from simulator.analysis.tornado import telling_events
from simulator.ensemble.ensemble import Ensemble
from simulator.page.figures import fans, shares
from simulator.page.sheet import shown
from simulator.plots.events import timed
from simulator.report.wording import in_full, in_words, percent
from simulator.scenario.numbers import KINDS, Key, Law, median, quantiles
from simulator.scenario.schema import Scenario

# Events that are not behind a fold.
EVENTS = 12
# Sliders of weights reach at least so far, and so many times the largest weight of their index.
LEAST, REACH = 3.0, 1.5


def moving(ensemble: Ensemble, base: Ensemble | None = None) -> dict[str, Any]:
    """Return what answers the reader: figures, controls, events, questions; of a page, or of a panel."""
    months = shown(ensemble)
    scenario = ensemble.scenario
    return {
        "fan": fans(ensemble, "warmth", months, base).svg,
        "bands": shares(ensemble, "warmth", months).svg,
        "base": "" if base is None else base.heading,
        "indices": [_sliders(ensemble, name) for name in ensemble.indices],
        "months": [(month, day_of(ensemble, month)) for month in months],
        "known_to": "" if ensemble.known_to is None else in_full(ensemble.known_to),
        "events": list(_events(ensemble)),
        "questions": list(_questions(ensemble)),
        "labels": {name: scenario.label_of(name) for name in ensemble.indices},
    }


def day_of(ensemble: Ensemble, month: int) -> str:
    """Return the day on which a month ends."""
    return f"{ensemble.dates[month]:%Y-%m-%d}"


def _sliders(ensemble: Ensemble, name: str) -> dict[str, Any]:
    """Return an index and the sliders of its weights, all on one scale."""
    scenario, plan = ensemble.scenario, ensemble.plan
    rows = [(plan.factors[factor], plan.numbers[key], key.kind) for factor, key in plan.weights[plan.indices.index(name)]]
    middles = [median(number, kind) for _, number, kind in rows]
    top = max(LEAST, float(np.ceil(REACH * max(map(abs, middles)))))
    low = 0.0 if min(middles) >= 0 else -top
    sliders = [
        _slider(f"{name}.{factor}", scenario.label_of(factor), number, kind, (low, top), 0.05)
        for factor, number, kind in rows
    ]
    return {"name": name, "label": scenario.label_of(name), "sliders": sliders}


def _slider(key: str, label: str, number: float | Law, kind: Any, ends: tuple[float, float], step: float) -> dict[str, Any]:
    """Return a slider of one number: its ends, where the file has it, and where the middle 80 % of its law lies."""
    low, high = (float(x) for x in quantiles(number, kind, np.array([0.1, 0.9])))
    way = [100 * (x - ends[0]) / (ends[1] - ends[0]) for x in (low, high)]
    law = f"{median(number, kind):.2f}" + (f", four in five {low:.2f} to {high:.2f}" if low < high else "")
    return {
        "key": key,
        "label": label,
        "low": ends[0],
        "high": ends[1],
        "step": step,
        "own": round(median(number, kind), 4),
        "law": law,
        "from": round(way[0], 1),
        "wide": round(max(way[1] - way[0], 0.8), 1),
    }


def _events(ensemble: Ensemble) -> Iterator[dict[str, Any]]:
    """Yield the events that may still happen: the scenario's own, those that warmth goes with most, then the others."""
    scenario, table = ensemble.scenario, ensemble.events()
    names = ["still", "still_std_error", "still_low", "still_high"]
    if not ensemble.is_conditioned:
        names = ["probability", "std_error", "low", "high"]
    times, of = _times(ensemble), {event.name: event for event in ensemble.plan.events}
    telling = [name for name in telling_events(ensemble) if name in times]
    own = [name for name in telling if name in scenario.own_events]
    rest = [name for name in telling if name not in own]
    for place, name in enumerate([*own, *rest]):
        yield {
            "name": name,
            "label": scenario.label_of(name),
            "is_own": name in own,
            "is_first": place < max(EVENTS, len(own)),
            "chance": percent(*table.loc[name, names]),
            "when": times[name],
            "can_be_supposed": not of[name].seen and not of[name].happened,
        }


def _times(ensemble: Ensemble) -> dict[str, str]:
    """Return when the events that may still happen first do, where they do: the median month, and the middle 80 %."""
    found = {}
    for name, row in timed(ensemble).iterrows():
        early, middle, late = ("" if np.isnan(month) else f"{ensemble.dates[int(month)]:%Y-%m}" for month in row)
        found[str(name)] = f"{middle} ({early} to {late})" if middle else ""
    return found


def _questions(ensemble: Ensemble) -> Iterator[dict[str, str]]:
    for name, row in ensemble.questions().iterrows():
        yield {
            "name": str(name),
            "label": row.label,
            "when": f"{row.when} {row.date:%Y-%m-%d}",
            "chance": percent(row.probability, row.std_error, row.low, row.high),
            "words": in_words(row.low, row.high),
        }


def again(scenario: Scenario) -> list[dict[str, Any]]:
    """Return groups of sliders of what a panel simulates again: targets, and chances of events."""
    factors = [
        (Key("factors", name, "target"), factor.level if factor.target is None else factor.target)
        for name, factor in scenario.factors.items()
    ]
    events = [
        (Key("events", name, number), getattr(event, number))
        for name, event in scenario.events.items()
        for number in ("probability", "rate")
        if event.enabled and getattr(event, number) is not None
    ]
    return [
        {"name": "Where factors are heading (targets)", "sliders": list(_numbers(scenario, factors, 1.0))},
        {
            "name": "How likely events are (probabilities, and rates a year)",
            "sliders": list(_numbers(scenario, events, 0.01)),
        },
    ]


def _numbers(scenario: Scenario, numbers: Iterable[tuple[Key, Any]], step: float) -> Iterator[dict[str, Any]]:
    for key, number in numbers:
        middle = median(number, key.kind)
        top = key.kind.high if key.number in ("target", "probability") else max(1.0, float(np.ceil(3 * middle)))
        ends = key.kind.low, min(top, key.kind.high)
        label = scenario.label_of(key.entry) + (", a year" if key.number == "rate" else "")
        yield _slider(str(key), label, number, KINDS[key.number], ends, step)
