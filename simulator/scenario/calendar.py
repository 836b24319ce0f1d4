"""Months and dates: which day a step ends on, and which step covers a date (model.md, section 4)."""

from calendar import monthrange
from datetime import date


def end_of_step(start: date, step: int) -> date:
    """Return the day on which a step ends: start plus `step` months.

    Parameters
    ----------
    start : date
        First day of the projection; step 0 ends on it.
    step : int
        Number of months after the start, >= 0.

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
        Any day; a day up to and including the start gives 0.

    Examples
    --------
    >>> step_of(date(2025, 1, 20), date(2025, 2, 20)), step_of(date(2025, 1, 20), date(2025, 2, 21))
    (1, 2)
    """
    if day <= start:
        return 0
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
