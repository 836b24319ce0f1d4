"""What a start after the relationship's day leaves out."""

from collections.abc import Callable
from pathlib import Path

import pytest

from simulator import Scenario, read_scenario
from simulator.review.past import dropped, words

Write = Callable[..., Path]

EVENTS = """
[events.visit]
label = "A visit"
between = [2025-02-01, 2025-05-20]
probability = 0.5
[events.talks]
label = "Talks"
between = [2025-02-01, 2025-05-21]
probability = 0.5
"""


@pytest.fixture
def late(tmp_path: Path, write: Write, toy: str) -> Callable[..., Scenario]:
    """Return a function that reads a scenario which starts on a day, over a toy with two windows more."""
    write(tmp_path, toy.replace("months = 12\n", "") + EVENTS, "seeds/toy.toml")

    def read(start: str, text: str = "") -> Scenario:
        head = f'title = "S"\nrelationship = "toy"\nmonths = 6\nstart = {start}\n'
        return read_scenario(write(tmp_path, head + text, "s.toml"))

    return read


def test_a_day_is_over_on_the_start_and_a_window_when_its_last_day_is(late: Callable[..., Scenario]) -> None:
    # the summit is on 2025-06-15; the windows end on 2025-05-20 and a day later; crisis has a rate and no day
    assert dropped(late("2025-05-19")) == ()
    assert dropped(late("2025-05-20")) == ("visit",)
    assert dropped(late("2025-06-14")) == ("visit", "talks")
    assert dropped(late("2025-06-15")) == ("summit", "visit", "talks")


def test_what_is_switched_off_or_has_happened_is_not_left_out(late: Callable[..., Scenario]) -> None:
    text = "[events.visit]\nenabled = false\n[events.talks]\nhappened = true\n"
    assert dropped(late("2025-06-20", text)) == ("summit",)


def test_what_a_record_tells_of_is_not_left_out(tmp_path: Path, write: Write, late: Callable[..., Scenario]) -> None:
    fact = '[[happened]]\nevent = "talks"\non = 2025-03-03\nwhat = "They talk."\nsource = "A page."\n'
    record = f'title = "R"\nrelationship = "toy"\nuntil = 2025-07-20\n{fact}'
    write(tmp_path, record, "seeds/records/facts.toml")
    assert dropped(late("2025-06-14", 'record = "facts"\n')) == ("visit",)


def test_nothing_is_said_where_nothing_is_left_out(late: Callable[..., Scenario]) -> None:
    assert words(late("2025-05-19")) == ""
    assert words(late("2025-05-20")) == (
        "left out, being over by the start, 2025-05-20: visit; events.NAME.happened = true says that one has happened"
    )
