"""What became of one entry or number between two scenarios, in an analyst's words."""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

import numpy as np
from pydantic import BaseModel

from simulator.arrays import Floats
from simulator.review.show import says
from simulator.scenario.numbers import KINDS, Key, Kind, Law, as_text, quantiles

Value = float | Law
K = TypeVar("K", bound=Hashable)
T = TypeVar("T")

# What is said of an entry, and does not bear on a simulation.
TEXTS = {"label", "title", "summary", "rationale", "source", "confidence", "resolution"}

ENDS = np.array([0.1, 0.5, 0.9])
# Laws that agree on this grid are one law: what they may disagree on happens less than once in ten thousand draws.
GRID = (np.arange(10_000) + 0.5) / 10_000
# Medians and spreads of judgement that differ by less than this share of them are the same to a reader.
ALIKE = 0.002
# Nor does judgement support more digits of a difference of theirs.
DIGITS = 2


@dataclass(frozen=True)
class Change:
    """One difference between two scenarios.

    Attributes
    ----------
    key : str
        Dotted, as in `--set`. What may be stated under one of several keys, and is under different ones, has a key of its
        own: `chance` (rate or probability) and `timing` (on or between) of an event, `date` (on or by) of a question.
    kind : {"added", "removed", "changed"}
    before, after : object
        Plain data: numbers, texts, dates as ISO text, laws and whole entries as tables; None where nothing is stated.
    words : str
        The difference as a sentence.
    """

    key: str
    kind: str
    before: Any
    after: Any
    words: str


def change(key: str, before: Any, after: Any, words: str) -> Change:
    """Return a change of what two scenarios state under one key.

    Examples
    --------
    >>> change("start", date(2025, 1, 20), None, "no start")
    Change(key='start', kind='removed', before='2025-01-20', after=None, words='no start')
    """
    kind = "added" if before is None else "removed" if after is None else "changed"
    return Change(key, kind, plain(before), plain(after), words)


def restated(path: str, key: str, before: Mapping[str, Any], after: Mapping[str, Any], words: str) -> Change:
    """Return a change of what is stated under one of several keys, or under `key` if they are different ones.

    Examples
    --------
    >>> restated("events.summit", "chance", {"rate": 2.0}, {"rate": 3.0}, "").key
    'events.summit.rate'
    >>> restated("events.summit", "chance", {"rate": 2.0}, {"probability": 0.5}, "").key
    'events.summit.chance'
    """
    stated = {*before, *after}
    if len(stated) > 1:
        return change(f"{path}.{key}", before, after, words)
    [same] = stated
    return change(f"{path}.{same}", before.get(same), after.get(same), words)


def whole(path: str, before: Any, after: Any, verbs: tuple[str, str] = ("added", "removed")) -> Change:
    """Return the change of an entry that only one scenario has; the other has None.

    Examples
    --------
    >>> from simulator.scenario.schema import Question
    >>> whole("questions.cold", Question(ask="warmth < 30", on=date(2026, 1, 20)), None).words
    'cold removed (was warmth < 30, on 2026-01-20)'
    """
    name, entry = path.split(".")[1], after if before is None else before
    said = says(plain(entry), entry).removeprefix("ask ")
    return change(path, before, after, f"{name} {verbs[0]}: {said}" if before is None else f"{name} {verbs[1]} (was {said})")


def paired(a: Mapping[K, T], b: Mapping[K, T]) -> Iterator[tuple[K, T | None, T | None]]:
    """Yield what two tables have under each key, those of the first table first.

    Examples
    --------
    >>> list(paired({"a": 1, "b": 2}, {"c": 3, "a": 4}))
    [('a', 1, 4), ('b', 2, None), ('c', None, 3)]
    """
    for key in dict.fromkeys((*a, *b)):
        yield key, a.get(key), b.get(key)


def plain(value: Any) -> Any:
    """Return a value as JSON has it, without the texts of an entry.

    Examples
    --------
    >>> plain({"between": (date(2025, 6, 1), date(2025, 9, 1))})
    {'between': ['2025-06-01', '2025-09-01']}
    """
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_defaults=True, exclude=TEXTS)
    if isinstance(value, Mapping):
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, tuple):
        return [plain(part) for part in value]
    return value.isoformat() if isinstance(value, date) else value


def told(value: Any) -> str:
    """Return a value in a few characters.

    Examples
    --------
    >>> from simulator.scenario.distributions import Quantiles
    >>> told(2.0), told(Quantiles(p10=9, p50=16, p90=34)), told(None)
    ('2', '9/16/34', 'none')
    """
    if value is None:
        return "none"
    return as_text(value).removesuffix(" (p10/p50/p90)") if isinstance(value, int | float | Law) else str(value)


def bracketed(*parts: str) -> str:
    """Return what there is to remark, in brackets.

    Examples
    --------
    >>> bracketed("later", "", "likelier"), bracketed("")
    (' (later; likelier)', '')
    """
    said = "; ".join(part for part in parts if part)
    return f" ({said})" if said else ""


def number_changes(key: str, subject: str, before: Value | None, after: Value | None, instead: str = "") -> Iterator[Change]:
    """Yield the change of a number, if it is one.

    Parameters
    ----------
    key : str
        Dotted; it says what kind of number it is.
    subject : str
        What the sentence begins with.
    before, after : float or Law or None
        None where nothing is stated.
    instead : str
        Which way it went, where more is known than its median.

    Examples
    --------
    >>> [found] = number_changes("factors.nato.weight", "nato: weight", 1.3, 2)
    >>> found.words
    'nato: counts more: 1.3 -> 2 (+54 %)'
    >>> list(number_changes("factors.nato.weight", "nato: weight", 2, 2.0))
    []
    """
    if is_same(key, before, after):
        return
    if before is None:
        words = f"{subject} added: {told(after)}"
    elif after is None:
        words = f"{subject} removed (was {told(before)})"
    else:
        way, size, spread = _became(key, before, after)
        if way.startswith("counts"):
            subject, way = f"{subject.removesuffix('weight')}{way}:", ""
        words = f"{subject} {told(before)} -> {told(after)}" + bracketed(instead or f"{way} {size}".strip(), spread)
    yield change(key, before, after, words)


def is_same(key: str, before: Value | None, after: Value | None) -> bool:
    """Tell whether two numbers are the same by value, however they are written.

    Examples
    --------
    >>> from simulator.scenario.distributions import Discrete
    >>> is_same("factors.nato.level", 5, Discrete(dist="discrete", values=[5], probabilities=[1]))
    True
    """
    if before is None or after is None:
        return before is after
    if plain(before) == plain(after):
        return True
    old, new = (quantiles(value, kind_of(key), GRID) for value in (before, after))
    return np.allclose(old, new, rtol=1e-9, atol=1e-12)


def kind_of(key: str) -> Kind:
    """Return what kind of number a dotted key names; months and cooldowns are durations like `lasts`."""
    return KINDS["lasts"] if key.endswith(("months", "cooldown")) else Key.parse(key).kind


def _became(key: str, before: Value, after: Value) -> tuple[str, str, str]:
    """Return which way a number's median went, how far, and what became of its spread."""
    kind = kind_of(key)
    old, new = (quantiles(value, kind, ENDS) for value in (before, after))
    if isinstance(before, int | float) and isinstance(after, int | float):
        return *moved(kind, before, after), ""
    slack = ALIKE * float(np.abs([old, new]).max())
    spread = _spread(before, after, old, new, slack, kind.unit)
    if abs(new[1] - old[1]) <= slack:
        return "same median", "", spread or "another shape"
    return *moved(kind, float(old[1]), float(new[1]), DIGITS), spread


def moved(kind: Kind, old: float, new: float, digits: int = 6) -> tuple[str, str]:
    """Return which way a number went, and how far.

    Examples
    --------
    >>> moved(KINDS["target"], 18, 30), moved(KINDS["half_life"], 3, 1)
    (('warmer', 'by 12'), ('faster', 'by 2 months'))
    >>> moved(KINDS["jump"], 4, -2), moved(KINDS["weight"], 2, 1)
    (('reversed', ''), ('counts less', '-50 %'))
    """
    if old * new < 0:
        return "reversed", ""
    unit, way = kind.unit, kind.more if abs(new) > abs(old) else kind.less
    if not way.startswith("counts"):
        size = _rounded(abs(new - old), digits)
        return way, f"by {size}" + ("" if unit == " points" else unit.removesuffix("s") if size == "1" else unit)
    percent = 100 * (new / old - 1) if old else 0.0
    return way, f"{percent:+.{0 if abs(percent) >= 1 else 2}f} %" if old else "from nothing"


def _rounded(value: float, digits: int) -> str:
    return f"{float(f'{value:.{digits}g}'):g}"


def _spread(before: Value, after: Value, old: Floats, new: Floats, slack: float, unit: str) -> str:
    if isinstance(after, int | float):
        return "certain"
    if isinstance(before, int | float):
        return f"uncertain: 80 % within {new[0]:.3g} to {new[2]:.3g}{unit}"
    was, now = float(old[2] - old[0]), float(new[2] - new[0])
    if abs(now - was) <= slack:
        return ""
    return f"{'wider' if now > was else 'narrower'}: 80 % {_rounded(was, DIGITS)} -> {_rounded(now, DIGITS)}{unit}"
