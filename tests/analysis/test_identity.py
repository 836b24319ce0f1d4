"""Results hold arrays, so each is equal to itself alone; and it can be asked for equality and kept in a set."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from simulator import Ensemble, compare, explain, read_scenario, simulate
from simulator.analysis.outlook import Outlook

# Each makes a new result of the same parts.
MADE: dict[str, Callable[[Ensemble], object]] = {
    "Ensemble": replace,
    "Comparison": lambda one: compare(one, one),
    "Outlook": lambda one: Outlook("Same", (one, one), (0.25, 0.75)),
    "Ledger": explain,
}


@pytest.fixture(scope="module")
def ensemble() -> Ensemble:
    return simulate(read_scenario("baseline"), 20, seed=7)


@pytest.mark.parametrize("name", MADE)
def test_a_result_is_equal_to_itself_alone(ensemble: Ensemble, name: str) -> None:
    one, alike = MADE[name](ensemble), MADE[name](ensemble)
    assert type(one).__name__ == name
    assert one == one
    assert one != alike
    assert hash(one) == hash(one)
    assert {one, one, alike} == {alike, one}
    assert len({one: 1, alike: 2}) == 2
