"""What was meant by a number, a date or a name that is written as files do not write it."""

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime
from typing import Any

from simulator.scenario.numbers import KINDS

NUMBER = re.compile(r"([-+\u2212]?)(\d+(?:[.,]\d+)?)\s*(%|[a-zA-Z]*)")
THOUSANDS = re.compile(r"\d{1,3}(?:[,.' ]\d{3})+")
# What stands behind a number and leaves it as it is, or is understood.
UNITS = {"": 1.0, "%": 1.0, "k": 1e3, "month": 1.0, "months": 1.0, "point": 1.0, "points": 1.0, "year": 12.0, "years": 12.0}
IN_MONTHS = {"months", "cooldown", *(key for key, kind in KINDS.items() if kind.unit.strip() == "months")}


def number_meant(text: str, key: str = "") -> float | None:
    """Return the number that a text means as the value of a key; None where it means none, or one of two.

    Parameters
    ----------
    text : str
        Such as ``"60%"``, ``"0,5"``, ``"20k"`` or ``"4 years"``.
    key : str
        The last part of the dotted key: a percentage of a probability is a share, and a year of what is in months is
        twelve.

    Examples
    --------
    >>> number_meant("60%", "probability"), number_meant("60%", "level"), number_meant("4 years", "months")
    (0.6, 60.0, 48.0)
    >>> number_meant("20k"), number_meant("0,5"), number_meant("large"), number_meant("1,000", "weight")
    (20000.0, 0.5, None, None)
    """
    text = text.strip()
    if THOUSANDS.fullmatch(text):  # 1,000 is a thousand draws; what it is of a weight, only its author knows
        return float(re.sub(r"\D", "", text)) if key in ("draws", "seed") else None
    found = NUMBER.fullmatch(text)
    if not found:
        return None
    number, unit = float(found[2].replace(",", ".")), found[3].lower()
    if unit not in UNITS or (unit[:4] in ("year", "mont") and key not in IN_MONTHS):
        return None
    number *= UNITS[unit]
    if unit == "%" and key in KINDS and KINDS[key].high == 1:
        number /= 100
    return number if found[1] in ("", "+") else -number


def share_meant(value: Any) -> float | None:
    """Return the probability that a value means: a number that can only be a percentage, or a text; else None.

    Examples
    --------
    >>> share_meant(60), share_meant("60%"), share_meant(1.01), share_meant(600)
    (0.6, 0.6, None, None)
    """
    if isinstance(value, str):
        return number_meant(value, "probability")
    return value / 100 if isinstance(value, int | float) and 2 < value <= 100 else None


DAY = re.compile(r"(\d{1,4})([-/.])(\d{1,2})\2(\d{1,4})")
IN_WORDS = re.compile(r"(\d{1,2})\.? ([A-Za-z]{3,9}),? (\d{4})|([A-Za-z]{3,9}) (\d{1,2}),? (\d{4})")


def days_meant(text: str) -> tuple[date, ...]:
    """Return the days that a text may mean: one, two where day and month can be exchanged, or none.

    Examples
    --------
    >>> [str(day) for day in days_meant("06/01/2025")], [str(day) for day in days_meant("20-01-2025")]
    (['2025-01-06', '2025-06-01'], ['2025-01-20'])
    >>> [str(day) for day in days_meant("June 1, 2025")], days_meant("soon")
    (['2025-06-01'], ())
    """
    return tuple(sorted({*_numbered(text), *_in_words(text)}))


def _numbered(text: str) -> Iterator[date]:
    if not (found := DAY.search(text)):
        return
    a, b, c = int(found[1]), int(found[3]), int(found[4])
    orders = ((a, b, c),) if len(found[1]) == 4 else ((c, a, b), (c, b, a)) if len(found[4]) == 4 else ()
    for year, month, day in orders:
        with suppress(ValueError):
            yield date(year, month, day)


def _in_words(text: str) -> Iterator[date]:
    if found := IN_WORDS.search(text):
        day, month, year = found.group(1, 2, 3) if found[1] else found.group(5, 4, 6)
        with suppress(ValueError):
            yield datetime.strptime(f"{day} {month[:3]} {year}", "%d %b %Y").date()


def either_day(text: str) -> str:
    """Return the days that a text may mean, as files write them, each in words where there are two; empty if none.

    Examples
    --------
    >>> either_day("06/01/2025"), either_day("2025-6-1")
    ('2025-01-06 (6 January) or 2025-06-01 (1 June)', '2025-06-01')
    """
    days = days_meant(text)
    if len(days) < 2:
        return "".join(map(str, days))
    return " or ".join(f"{day} ({day.day} {day:%B})" for day in days)


def name_meant(text: str) -> str:
    """Return a name as files write it.

    Examples
    --------
    >>> name_meant("SecondaryTariffs"), name_meant("Secondary Tariffs"), name_meant("un-ease"), name_meant("2nd round")
    ('secondary_tariffs', 'secondary_tariffs', 'un_ease', 'nd_round')
    """
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text).lower()
    return re.sub(r"[^a-z0-9]+", "_", words).strip("_0123456789")[:40]
