"""What is otherwise about a source of a difference, in words that are true of it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from simulator import Ledger, explain, read_scenario, simulate
from simulator.report.causes import cause
from simulator.report.why import ledger_table

N = 600


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory, toy: str) -> Path:
    path = tmp_path_factory.mktemp("causes") / "toy.toml"
    path.write_text(toy, encoding="utf-8")
    return path


def between(path: Path, *changes: str, base: tuple[str, ...] = ()) -> Ledger:
    other, first = (simulate(read_scenario(path, keys), N, n_kept=N) for keys in (changes, base))
    return explain(other, first)


def test_an_event_is_rarer_or_more_frequent_from_its_share_to_its_share(path: Path) -> None:
    rarer = between(path, "events.summit.probability=0.1")
    shares = [(times["summit"] > 0).mean() for times in reversed(rarer.times)]
    assert cause(rarer, "event", "summit") == f"A summit is rarer, {100 * shares[0]:.0f} % to {100 * shares[1]:.0f} %"
    assert "colder" not in cause(rarer, "event", "summit")
    assert cause(between(path, "events.summit.probability=0.9"), "event", "summit").startswith("A summit is more frequent, ")


def test_an_event_that_repeats_is_told_by_its_number(path: Path) -> None:
    often = between(path, "events.crisis.rate=6")
    means = [times["crisis"].mean() for times in reversed(often.times)]
    assert means[1] > 1 > means[0]
    assert cause(often, "event", "crisis") == f"A crisis is more frequent, {means[0]:.1f} to {means[1]:.1f} times"


def test_an_event_that_only_one_of_the_two_has(path: Path) -> None:
    gone = between(path, "events.summit.enabled=false")
    assert cause(gone, "event", "summit", named=True).startswith("A summit (summit) no longer happens, ")
    new = between(path, base=("events.summit.enabled=false",))
    assert cause(new, "event", "summit").startswith("A summit is new, ")


def test_an_event_as_frequent_as_before_has_other_effects_or_counts_otherwise(path: Path) -> None:
    stronger = between(path, "events.summit.effects.trade.jump=10")
    assert cause(stronger, "event", "summit").endswith(" %, but has other effects")
    elsewhere = between(path, "factors.trade.level=80")
    assert cause(elsewhere, "event", "summit").endswith(" %, but counts otherwise")


def test_of_one_draw_it_is_told_how_often_it_happens(path: Path) -> None:
    rarer = between(path, "events.summit.probability=0.1")
    base, other = (rarer.times[place]["summit"] for place in (1, 0))
    lost, kept = ((base > other).argmax(), ((base == 1) & (other == 1)).argmax())
    assert cause(rarer, "event", "summit", int(lost)) == "A summit: once in the base, never here"
    assert cause(rarer, "event", "summit", int(kept)) == "A summit: as in the base, but it counts otherwise"


def test_a_factor_heads_higher_or_lower_by_itself_whatever_the_sign_of_its_weight(path: Path) -> None:
    one = simulate(read_scenario(path, ["factors.trade.target=10"]), N, n_kept=N)
    assert cause(explain(one), "way to target", "trade") == "Trade heads lower"
    assert cause(explain(one, index="unease"), "way to target", "trade") == "Trade heads lower"
    assert explain(one, index="unease").by_source().points["way to target", "trade"] > 0
    higher = between(path, "factors.trade.target=70")
    assert cause(higher, "way to target", "trade") == "Trade heads higher"
    for changes, told in (
        (("factors.trade.level=55", "factors.trade.target=60"), "to the same target, from elsewhere"),
        (("factors.trade.settling=60", "factors.trade.target=60"), "to the same target, at another speed"),
        (("factors.trade.target=50", "factors.trade.weight=6"), "lower"),
        (("factors.trade.target=90", "factors.trade.weight=0"), "higher"),
    ):
        ledger = between(path, *changes, base=("factors.trade.target=60",))
        assert cause(ledger, "way to target", "trade") == f"Trade heads {told}"
    heavier = between(path, "factors.arms.weight=9")
    assert cause(heavier, "way to target", "arms") == "Arms control heads to the same target, but counts otherwise"


def test_of_one_scenario_an_event_keeps_its_own_words(path: Path) -> None:
    assert cause(explain(simulate(read_scenario(path), N)), "event", "summit", named=True) == "A summit (summit)"


def test_the_table_says_when_the_difference_is_largest(path: Path) -> None:
    ledger = between(path, "events.summit.probability=1", "events.summit.effects.trade.jump=30")
    assert ledger.largest is not None
    assert f"{ledger.largest.day}" == "2025-06-20"  # the jump dies away with a half-life of two months
    assert f"The difference is largest on 2025-06-20: +{ledger.largest.mean:.2f}" in ledger_table(ledger)
    same = between(path)
    assert "There is no difference in any month." in ledger_table(same)


def test_an_event_that_merely_did_not_fire_is_not_new(path: Path) -> None:
    rare = between(path, "events.summit.probability=0.9", base=("events.summit.probability=0.00001",))
    assert cause(rare, "event", "summit").startswith("A summit is more frequent, < 0.7 % to ")


def test_the_share_decides_where_shares_are_told(path: Path) -> None:
    # a burst of many firings in a tenth of the draws has a larger mean than half of the draws with one
    ledger = between(path)
    one, burst = np.zeros(N, dtype=np.int64), np.zeros(N, dtype=np.int64)
    one[: N // 2], burst[: N // 10] = 1, 9
    both = {**ledger.times[0], "summit": one}, {**ledger.times[1], "summit": burst}
    assert cause(replace(ledger, times=both), "event", "summit").startswith("A summit is more frequent, 10 % to 50 %")


def test_no_difference_in_the_draws_is_not_no_difference(path: Path) -> None:
    rare = between(path, "events.summit.probability=0.0", base=("events.summit.probability=0.00001",))
    assert "No draw differs in any month." in ledger_table(rare)
