"""Steps and dates where months differ in length: starts on the 29th to 31st, leap years, by hand and all the way round."""

from datetime import date, timedelta

import pytest

from simulator.scenario.calendar import dates, end_of_step, step_of


@pytest.mark.parametrize(
    ("start", "ends"),
    [
        ("2025-01-31", ["2025-02-28", "2025-03-31", "2025-04-30", "2025-05-31", "2025-06-30"]),
        ("2024-01-31", ["2024-02-29", "2024-03-31", "2024-04-30", "2024-05-31", "2024-06-30"]),
        ("2025-01-30", ["2025-02-28", "2025-03-30", "2025-04-30", "2025-05-30", "2025-06-30"]),
        ("2025-01-29", ["2025-02-28", "2025-03-29", "2025-04-29", "2025-05-29", "2025-06-29"]),
        ("2024-01-29", ["2024-02-29", "2024-03-29", "2024-04-29", "2024-05-29", "2024-06-29"]),
        ("2024-11-30", ["2024-12-30", "2025-01-30", "2025-02-28", "2025-03-30", "2025-04-30"]),
        ("2025-12-31", ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"]),
    ],
)
def test_a_step_ends_on_the_last_day_of_a_shorter_month_and_on_its_own_day_after_it(start: str, ends: list[str]) -> None:
    assert [f"{day}" for day in dates(date.fromisoformat(start), 5)] == [start, *ends]


def test_a_start_on_a_leap_day_returns_to_it_in_the_next_leap_year() -> None:
    start = date(2024, 2, 29)
    assert [end_of_step(start, step) for step in (1, 12, 24, 36, 48)] == [
        date(2024, 3, 29),
        *(date(year, 2, 28) for year in (2025, 2026, 2027)),
        date(2028, 2, 29),
    ]
    # 2096 is a leap year, 2100 is none
    assert end_of_step(date(2096, 2, 29), 48) == date(2100, 2, 28)


@pytest.mark.parametrize(
    ("start", "day", "step"),
    [
        ("2025-01-31", "2025-02-01", 1),
        ("2025-01-31", "2025-02-28", 1),
        ("2025-01-31", "2025-03-01", 2),
        ("2025-01-31", "2025-03-31", 2),
        ("2025-01-31", "2025-04-01", 3),
        ("2025-01-31", "2025-04-30", 3),
        ("2025-01-31", "2025-05-01", 4),
        ("2024-01-31", "2024-02-28", 1),
        ("2024-01-31", "2024-02-29", 1),
        ("2024-01-31", "2024-03-01", 2),
        ("2025-01-30", "2025-02-28", 1),
        ("2025-01-30", "2025-03-30", 2),
        ("2025-01-30", "2025-03-31", 3),  # step 2 ends on 30 March, though step 1 ended on the last day of its month
        ("2025-01-29", "2025-03-01", 2),
        ("2025-01-29", "2025-03-30", 3),
        ("2024-02-29", "2025-02-28", 12),
        ("2024-02-29", "2025-03-01", 13),
        ("2024-02-29", "2028-02-28", 48),
        ("2024-02-29", "2028-02-29", 48),
        ("2024-02-29", "2028-03-01", 49),
        ("2025-01-31", "2025-01-31", 0),
    ],
)
def test_a_date_belongs_to_the_step_that_covers_it_where_months_are_short(start: str, day: str, step: int) -> None:
    assert step_of(date.fromisoformat(start), date.fromisoformat(day)) == step


@pytest.mark.parametrize("year", [2023, 2024, 2099])  # before a leap year, in one, and before a year 100 that is none
def test_a_step_holds_its_own_end_and_the_day_after_it_is_of_the_next_one(year: int) -> None:
    first = date(year, 1, 1)
    for start in (first + timedelta(days) for days in range(365)):
        for step in range(27):
            end = end_of_step(start, step)
            assert (step_of(start, end), step_of(start, end + timedelta(1))) == (step, step + 1), (start, end)
