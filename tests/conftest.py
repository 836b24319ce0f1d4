"""A small world of two factors, complete in one file, and a place to write it."""

from collections.abc import Callable
from pathlib import Path

import pytest

# Relationship and scenario in one: factors, and a horizon.
TOY = """\
title = "Toy"
as_of = 2025-01-20
months = 12
summary = "Two factors and two events."

[run]
draws = 500
seed = 3

[factors.trade]
label = "Trade"
level = 40
weight = 1
half_life = 2
volatility = 2
settling = 12
drift = 1

[factors.arms]
label = "Arms control"
level = 30
target = { p10 = 20, p50 = 35, p90 = 55 }
weight = 2
half_life = 3
volatility = 3
settling = 24
drift = 1

[spillovers.trade]
arms = 0.2

[correlations.trade]
arms = 0.3

[indices.unease]
label = "Unease"
weights = { trade = -1, arms = 0.5 }

[events.summit]
label = "A summit"
on = 2025-06-15
probability = 0.5
effects.trade = { jump = 5 }

[events.crisis]
label = "A crisis"
when = "warmth < 60"
rate = 0.5
repeats = true
cooldown = 2
effects.arms = { jump = -4, shift = -2 }

[questions.warmer]
label = "Is it warmer?"
ask = "warmth >= 35"
"""


@pytest.fixture(scope="session")
def toy() -> str:
    """Text of a complete small scenario."""
    return TOY


@pytest.fixture
def write() -> Callable[..., Path]:
    """Return a function that writes a text into a folder, making the folders on the way."""

    def write(folder: Path, text: str, name: str = "toy.toml") -> Path:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8"))
        return path

    return write
