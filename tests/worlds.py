"""What tests of several rooms share: a scenario on the toy, and the rule of acts by its definition."""

from math import exp

# A scenario of the toy relationship: one level of its own, one event and one question more.
OTHER = """\
relationship = "toy"
title = "Other"

[factors.trade]
level = 50

[events.boost]
label = "A boost to trade"
rate = 1.0
effects.trade = { jump = 3 }

[questions.boosted]
label = "Is there a boost?"
ask = "boost"
by = 2025-12-20
"""


def acted(y: float, m: float) -> float:
    """Return where an act of size m takes a level y, by the definition (docs/model.md, What an event does)."""
    return 100 * y * exp(m / 25) / (100 - y + y * exp(m / 25))


# What happened in the toy relationship: one fact, one reading, and something that no event covers.
RECORD = """\
title = "Toy since"
relationship = "toy"
until = 2025-09-20
silent = []

[[happened]]
event = "crisis"
on = 2025-03-01
what = "It came."
source = "A page."
confidence = "high"

[[readings]]
of = "trade"
on = 2025-05-01
value = 42
sd = 4
what = "A poll."
source = "A pollster."

[[outside]]
on = 2025-04-02
what = "Something else."
source = "A page."
"""
# A scenario of the toy relationship that knows it.
KNOWING = """\
relationship = "toy"
title = "Knowing"
months = 12
record = "r"
"""


def fact(event: str, day: str, *more: str) -> str:
    """Return an entry of a record: an event that happened."""
    return "\n".join(
        ["\n[[happened]]", f'event = "{event}"', f"on = {day}", 'what = "It came."', 'source = "A page."', *more, ""]
    )
