"""A world with every kind of uncertain number, for the tests of what drives the spread."""

import pytest

BUSY = """
title = "Busy"
as_of = 2025-01-20
months = 8
[factors.a]
label = "A"
level = { dist = "uniform", low = 20, high = 40 }
weight = { dist = "uniform", low = 0.5, high = 2 }
half_life = 2
volatility = 4
settling = 12
drift = 1.5
[factors.b]
label = "B"
level = 60
target = { dist = "uniform", low = 40, high = 80 }
weight = 1
half_life = 2
volatility = 3
settling = 24
drift = 1
[indices.view]
weights = { a = -1, b = { dist = "uniform", low = 0.5, high = 1.5 } }
[events.shock]
label = "S"
rate = { dist = "uniform", low = 1, high = 3 }
repeats = true
lasts = { dist = "uniform", low = 2, high = 5 }
effects.a = { jump = { dist = "uniform", low = -20, high = -2 }, shift = { dist = "uniform", low = -4, high = 0 } }
[events.shock_two]
label = "T"
on = 2025-03-01
probability = 0.5
effects.b = { shift = { dist = "uniform", low = 2, high = 8 }, jump = 3 }
[events.shocking]
label = "H"
rate = 1
repeats = true
effects.b = { jump = { dist = "uniform", low = -2, high = 2 } }
[events.off]
label = "O"
on = 2025-03-01
probability = { dist = "uniform", low = 0.2, high = 0.4 }
enabled = false
"""


@pytest.fixture(scope="session")
def busy_world() -> str:
    """Text of a small scenario with uncertain numbers of every kind."""
    return BUSY
