"""Months and dates: which day a step ends on, and which step covers a date (docs/model.md, Events)."""

from calendar import monthrange
from datetime import date, datetime
from numbers import Integral

from simulator.errors import Refused

# A point in time: a month from 0, a day, or a day as text.
When = int | date | str


def end_of_step(start: date, step: int) -> date:
    """Return the day on which a step ends: start plus `step` months.

    Parameters
    ----------
    start : date
        First day of the projection; step 0 ends on it.
    step : int
        Number of months after the start; below 0 before it.

    Notes
    -----
    In a shorter month the step ends on that month's last day.

    Examples
    --------
    >>> end_of_step(date(2025, 1, 31), 1)
    datetime.date(2025, 2, 28)
    """
    year, month = divmod(start.month - 1 + step, 12)
    year, month = start.year + year, month + 1
    return date(year, month, min(start.day, monthrange(year, month)[1]))


def step_of(start: date, day: date) -> int:
    """Return the step that covers a day: the first one that ends on it or after it.

    Parameters
    ----------
    start : date
        First day of the projection.
    day : date
        Any day; the start gives 0, and what is before it 0 or less.

    Examples
    --------
    >>> step_of(date(2025, 1, 20), date(2025, 2, 20)), step_of(date(2025, 1, 20), date(2025, 2, 21))
    (1, 2)
    >>> step_of(date(2025, 1, 20), date(2025, 1, 20)), step_of(date(2025, 1, 20), date(2024, 12, 20))
    (0, -1)
    """
    months = 12 * (day.year - start.year) + day.month - start.month
    return months if day <= end_of_step(start, months) else months + 1


def dates(start: date, n_steps: int) -> list[date]:
    """Return the days on which steps 0 to `n_steps` end.

    Examples
    --------
    >>> [str(day) for day in dates(date(2025, 1, 20), 2)]
    ['2025-01-20', '2025-02-20', '2025-03-20']
    """
    return [end_of_step(start, step) for step in range(n_steps + 1)]


def month_of(when: When | None, start: date, horizon: int) -> int:
    """Return the month that is meant by a number, or that covers a day; the horizon for None.

    Parameters
    ----------
    when : int, date, str or None
        A month from 0, a day, or a day as ``"2027-01-20"``.
    start : date
        First day of the projection.
    horizon : int
        Its last month.

    Raises
    ------
    Refused
        It is neither, or not within the projection.

    Examples
    --------
    >>> month_of("2026-01-20", date(2025, 1, 20), 48), month_of(None, date(2025, 1, 20), 48)
    (12, 48)
    """
    if when is None:
        return horizon
    rule = f"within 0 to {horizon}, or a day from {start} to {end_of_step(start, horizon)}"
    if isinstance(when, str):
        try:
            when = date.fromisoformat(when)
        except ValueError:
            raise Refused(
                f"month must be {rule}, such as '{end_of_step(start, min(12, horizon))}'; found {when!r}"
            ) from None
    if isinstance(when, datetime):
        when = when.date()
    month = step_of(start, when) if isinstance(when, date) else when
    is_whole = isinstance(month, Integral) and not isinstance(month, bool)
    if not is_whole or not 0 <= month <= horizon or (isinstance(when, date) and when < start):
        raise Refused(f"month must be {rule}; found {when}")
    return int(month)
