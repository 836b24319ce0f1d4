"""What is shared between a world and the worlds beside it: each against its slow twin, to the last bit."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from simulator import read_scenario, simulate
from simulator.analysis.variance import _results, sources
from simulator.arrays import Floats
from simulator.engine.months import outcome
from simulator.engine.plan import Plan, make_plan
from simulator.engine.streams import BLOCK, Redrawn
from simulator.engine.worlds import World, Worlds
from simulator.ensemble.tables import kept_answers, kept_truth

N, SEED, MONTH = 120, 3, 30


def planned(name: str, *overrides: str) -> Plan:
    return make_plan(read_scenario(name, overrides))


def told(worlds: Worlds, beside: list[World]) -> list[Floats]:
    with ThreadPoolExecutor(2) as pool:
        return list(worlds.values(beside, pool))


def switched_off(plan: Plan, e: int) -> Plan:
    never = replace(plan.events[e], last=min(plan.events[e].last, plan.known))
    return replace(plan, events=(*plan.events[:e], never, *plan.events[e + 1 :]))


@pytest.mark.parametrize(
    ("name", "overrides"),
    [("ukraine_settlement", ()), ("baseline", ('record="us_russia_2025"',)), ("us_china_baseline", ())],
)
def test_a_world_without_an_event_is_that_of_a_plan_in_which_it_cannot_happen(name: str, overrides: tuple[str, ...]) -> None:
    plan = planned(name, *overrides)
    place = plan.series.index("warmth")
    worlds = Worlds(plan, SEED, 0, N, place, MONTH)
    beside = [worlds.without(e) for e in range(len(plan.events))]
    for e, value in enumerate(told(worlds, beside)):
        np.testing.assert_array_equal(value, outcome(switched_off(plan, e), SEED, N, place, MONTH))
    assert any(0 < len(world.draws) < N for world in beside)


@pytest.mark.parametrize(
    ("name", "series", "overrides"),
    [
        ("baseline", "warmth", ()),
        ("baseline", "sanctions", ('events.congress_sanctions.when="warmth < 20"',)),  # so that weights bear on a factor
        ("us_china_baseline", "allied_unease", ()),
    ],
)
def test_a_world_with_streams_drawn_anew_is_that_of_the_second_seed(
    name: str, series: str, overrides: tuple[str, ...]
) -> None:
    plan = planned(name, *overrides)
    place, groups = plan.series.index(series), sources(plan)
    worlds = Worlds(plan, SEED, 0, N, place, MONTH)
    beside = [worlds.redrawn(names) for names in groups.values()]
    for names, value in zip(groups.values(), told(worlds, beside), strict=True):
        np.testing.assert_array_equal(value, outcome(plan, Redrawn(SEED, SEED + 1, names), N, place, MONTH))
    assert any(0 < len(world.draws) < N for world in beside)


def test_an_index_that_no_event_reads_is_worked_out_anew_only_where_it_is_asked_for() -> None:
    plan = planned("baseline")
    weight = next(key for (_, key) in sources(plan) if key.startswith("indices."))
    index, names = weight.split(".")[1], frozenset({f"input:{weight}"})
    drawn = [len(Worlds(plan, SEED, 0, N, plan.series.index(of), 1).redrawn(names).draws) for of in ("warmth", index)]
    assert drawn == [0, N]


def test_how_long_an_event_is_in_force_bears_on_draws_in_which_another_that_counts_as_it_fires() -> None:
    own = 'events.truce_by_others={counts_as="partial_truce",rate=2.0,label="A truce that others broker"}'
    plan = planned("baseline", own)
    names = frozenset({"input:events.partial_truce.lasts"})
    place = plan.series.index("warmth")
    worlds = Worlds(plan, SEED, 0, N, place, plan.n_steps)
    [value] = told(worlds, [worlds.redrawn(names)])
    np.testing.assert_array_equal(value, outcome(plan, Redrawn(SEED, SEED + 1, names), N, place, plan.n_steps))


def test_worlds_of_a_single_draw_keep_their_own_numbers() -> None:
    plan = planned("baseline")
    place, groups = plan.series.index("warmth"), sources(plan)
    worlds = Worlds(plan, SEED, 0, 1, place, 6)
    for names, value in zip(groups.values(), told(worlds, list(map(worlds.redrawn, groups.values()))), strict=True):
        np.testing.assert_array_equal(value, outcome(plan, Redrawn(SEED, SEED + 1, names), 1, place, 6))


def test_draws_of_several_blocks_follow_one_another() -> None:
    plan, n = planned("us_china_baseline"), BLOCK + 5
    place, names = plan.series.index("warmth"), sources(plan)["chance", "events.taiwan_drill"]
    found = _results(plan, SEED, n, place, 3, [frozenset(), names])
    np.testing.assert_array_equal(found[frozenset()], outcome(plan, SEED, n, place, 3))
    np.testing.assert_array_equal(found[names], outcome(plan, Redrawn(SEED, SEED + 1, names), n, place, 3))


def test_a_question_reads_its_months_as_a_condition_reads_all() -> None:
    ensemble = simulate(read_scenario("ukraine_settlement"), 300, SEED)
    for asked in ensemble.plan.questions:
        met = kept_truth(ensemble.tally, ensemble.plan, asked.condition)
        slow = met[: asked.step + 1].any(axis=0) if asked.by else met[asked.step]
        np.testing.assert_array_equal(kept_answers(ensemble.tally, ensemble.plan, asked), slow)


def test_events_have_happened_from_their_first_firing_on() -> None:
    ensemble = simulate(read_scenario("baseline", ["start=2025-06-01", 'record="us_russia_2025"']), 1_000, SEED)
    kept, plan = ensemble.tally.kept, ensemble.plan
    past = np.array([event.happened for event in plan.events])[None, :, None]
    slow = np.logical_or.accumulate(kept.fired, axis=0) | past
    np.testing.assert_array_equal(kept.happened(plan), slow)
    np.testing.assert_array_equal(kept.happened(plan, [4, 1]), slow[:, [4, 1]])
    assert past.any()


def test_the_exact_levels_of_one_month_are_those_of_all() -> None:
    from simulator.analysis.comparison import _exact

    ensemble = simulate(read_scenario("baseline"), 200, SEED)
    for name in ("warmth", "sanctions"):
        np.testing.assert_array_equal(_exact(ensemble, name, 7), ensemble.exact(name)[7])
