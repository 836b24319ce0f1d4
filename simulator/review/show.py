"""A resolved scenario as text: what it says, what it changes, and what it leaves unsourced."""

from collections.abc import Iterator, Mapping
from textwrap import wrap
from typing import Any

from simulator.errors import Problem
from simulator.files.layers import Layer
from simulator.files.read import Reading
from simulator.files.toml import line_of
from simulator.scenario.known import known_day, known_steps
from simulator.scenario.numbers import Law, as_text
from simulator.scenario.schema import FACTOR_NUMBERS, Effect, Event, Factor, digest

# Columns of a page that is not laid out for a terminal.
PAGE = 110


def show(reading: Reading, width: int = PAGE) -> str:
    """Return a resolved scenario as text of some width; `*` marks what the scenario changed of its relationship.

    Examples
    --------
    >>> from simulator.files.read import read_layers
    >>> "* target" in show(read_layers("baseline", ["factors.nato.target=40"]))
    True
    """
    scenario = reading.scenario
    lines = [f"{scenario.title} ({scenario.name}, digest {digest(scenario)}){scenario.changed_in_words}"]
    if scenario.summary:
        lines.append(" ".join(scenario.summary.split()))
    lines.append("from " + ", ".join(layer.where for layer in reading.layers))
    horizon = f"{scenario.months} months" if scenario.months else "no horizon"
    lines += [f"start {scenario.begins}, {horizon}; levels as of {scenario.as_of}; * changed by the scenario"]
    if scenario.record is not None:
        until = f" to {known_day(scenario)}" if scenario.known_until else ""
        lines.append(f"record {scenario.record.name}{until}: {known_steps(scenario)} whole months are known")
    if scenario.targets.together:
        lines.append(f"targets held together by a correlation of {scenario.targets.together:g}")
    lines += ["", "Factors"]
    for name, factor in scenario.factors.items():
        lines += _factor(reading, name, factor)
    lines += ["", "Indices", f"    {'warmth':<20} weights of the factors"]
    for name, index in scenario.indices.items():
        if name != "warmth":
            lines.append(f"  {_mark(reading, ('indices', name))} {name:<20} " + _listed(index.weights))
    for title, table in (("Spillovers", scenario.spillovers), ("Correlations", scenario.correlations)):
        lines += ["", title]
        for name, links in table.items():
            word = "->" if title == "Spillovers" else "with"
            lines.append(f"  {_mark(reading, (title.lower(), name))} {name} {word} {_listed(links.by_factor)}")
    lines += ["", "Events"]
    for name, event in scenario.events.items():
        lines += _event(reading, name, event)
    lines += ["", "Questions"]
    for name, question in scenario.questions.items():
        when = f"on {question.on}" if question.on else f"by {question.by}" if question.by else "at the horizon"
        lines.append(f"    {name}: {question.ask}, {when}")
        lines += [" " * 6 + question.resolution] if question.resolution else []
    return "\n".join(folded for line in lines for folded in _folded(line, width))


def _folded(line: str, width: int) -> list[str]:
    """Return a line on as many as it needs, those after the first two further in."""
    indent = " " * (len(line) - len(line.lstrip()))
    inner = wrap(
        line.strip(), width, initial_indent=indent, subsequent_indent=indent + "  " * bool(indent), break_long_words=False
    )
    return inner or [""]


def _listed(weights: Mapping[str, float | Law]) -> str:
    return ", ".join(f"{name} {as_text(value)}" for name, value in weights.items())


def _is_changed(reading: Reading, path: tuple[str, ...]) -> bool:
    return any(key[: len(path)] == path and layer.kind != "relationship" for key, layer in reading.origin.items())


def _mark(reading: Reading, path: tuple[str, ...]) -> str:
    return "*" if _is_changed(reading, path) else " "


def _factor(reading: Reading, name: str, factor: Factor) -> list[str]:
    parts = [
        f"{_mark(reading, ('factors', name, key))} {key} {as_text(getattr(factor, key))}".strip()
        for key in FACTOR_NUMBERS
        if getattr(factor, key) is not None
    ]
    return [f"  {_mark(reading, ('factors', name))} {name}: {reading.scenario.label_of(name)}", f"      {', '.join(parts)}"]


def _event(reading: Reading, name: str, event: Event) -> list[str]:
    off = "" if event.enabled else " (switched off)"
    lines = [
        f"  {_mark(reading, ('events', name))} {name}: {reading.scenario.label_of(name)}{off}",
        f"      {timing(event)}",
    ]
    for factor, effect in event.effects.items():
        mark = _mark(reading, ("events", name, "effects", factor))
        lines.append(f"      {mark} {factor}: {sizes(effect, ', ')}")
    return lines


def timing(event: Event) -> str:
    """Return when and how an event happens, in a line.

    Examples
    --------
    >>> from simulator import read_scenario
    >>> timing(read_scenario("baseline").events["spy_row"])
    'rate 4 counted in 4 years (80 %: 0.52 to 1.8) per year, repeats, cooldown 0'
    """
    parts = [
        f"on {event.on}" if event.on else "",
        f"{event.between[0]} to {event.between[1]}" if event.between else "",
        f"rate {as_text(event.rate)} per year" if event.rate is not None else "",
        f"probability {as_text(event.probability)}" if event.probability is not None else "",
        f"when {event.when}" if event.when else "",
        f"repeats, cooldown {event.cooldown}" if event.repeats else "",
        f"in force for {as_text(event.lasts)} months" if event.lasts is not None else "",
        f"ends {', '.join(event.ends)}" if event.ends else "",
        f"counts as {event.counts_as}" if event.counts_as else "",
        "has happened before the start" if event.happened else "",
    ]
    return ", ".join(part for part in parts if part)


def sizes(effect: Effect, between: str = " and ") -> str:
    """Return what an event does to a factor, in a few words.

    Examples
    --------
    >>> from simulator import read_scenario
    >>> sizes(read_scenario("baseline").events["spy_row"].effects["rapport"])
    'jump triangular(-10, -5, -2)'
    """
    stated = [kind for kind in ("jump", "shift") if getattr(effect, kind) is not None]
    return between.join(f"{kind} {as_text(getattr(effect, kind))}" for kind in stated)


# Keys of an entry that hold words, not what it does.
WORDS = frozenset({"label", "rationale", "source", "confidence", "resolution", "notes", "bands"})


def says(stated: Mapping[str, Any], entry: Any) -> str:
    """Return the numbers, dates and conditions that a file states in one entry, in one line.

    Parameters
    ----------
    stated : mapping
        The entry as the file has it; only its keys are told.
    entry : Factor, Event, Index or Links
        The entry as it was read.
    """
    parts = []
    for key, value in stated.items():
        if key in WORDS:
            continue
        if key == "effects":
            parts += [f"{factor} {_sizes(effect, entry.effects[factor])}" for factor, effect in value.items()]
        elif key == "weights":
            parts += [f"{factor} {as_text(entry.weights[factor])}" for factor in value]
        elif key == "between":
            parts.append(f"from {value[0]} to {value[1]}")
        elif key == "ends":
            parts.append(f"ends {', '.join(value)}")
        else:
            parts.append(f"{key} {value_text(getattr(entry, key))}")
    return ", ".join(parts)


def _sizes(stated: Mapping[str, Any], effect: Any) -> str:
    return " and ".join(f"{kind} {as_text(getattr(effect, kind))}" for kind in stated)


def value_text(value: Any) -> str:
    """Return a number, a distribution, a date, a condition, or yes or no, in a few characters.

    Examples
    --------
    >>> value_text(2.0), value_text(True), value_text("warmth < 30")
    ('2', 'yes', 'warmth < 30')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    return as_text(value) if isinstance(value, int | float | Law) else str(value)


def basis(source: str | None) -> str:
    """Return what a source rests on: "source", "partly", "assumption", or "none stated".

    Examples
    --------
    >>> basis("Assumption."), basis("A treaty of 2010. Sizes: assumption."), basis("A treaty of 2010.")
    ('assumption', 'partly', 'source')
    """
    words = (source or "").strip().lower()
    if not words:
        return "none stated"
    if words.startswith("assumption"):
        return "assumption"
    return "partly" if "assumption" in words else "source"


def unsourced(reading: Reading) -> list[Problem]:
    """Return every entry of the last file read that states numbers without a rationale and a source.

    Examples
    --------
    >>> from simulator.files.read import read_layers
    >>> unsourced(read_layers("baseline"))
    []
    """
    layer = [layer for layer in reading.layers if layer.kind != "override"][-1]
    return list(_unsourced(layer))


# What an entry may change beside words without a number: a condition says its own reason.
UNCOUNTED = frozenset({"enabled", "ends", "counts_as", "happened", "when", "repeats"})


def _unsourced(layer: Layer) -> Iterator[Problem]:
    for table, name, entry in stated_numbers(layer):
        if not entry.keys() - WORDS - UNCOUNTED:
            continue
        is_link = table in ("spillovers", "correlations")
        notes = entry.get("notes", {}) if is_link else entry
        missing = [key for key in ("rationale", "source") if not str(notes.get(key, "")).strip()]
        if missing:
            key = f"{table}.{name}" + (".notes" if is_link else "")
            where = f"{layer.where}:{line_of(layer.text, (table, name))}"
            yield Problem(where, key, f"states numbers without {' and '.join(missing)}")


def stated_numbers(layer: Layer) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yield table, name and content of every entry of a file that states more than words."""
    words = {*WORDS, "enabled", "ends", "counts_as", "happened"}
    for table in ("factors", "indices", "events", "spillovers", "correlations"):
        for name, entry in layer.data.get(table, {}).items():
            if set(entry) - words:
                yield table, name, entry
