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
