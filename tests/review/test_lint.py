"""The warnings of `relsim check`: each flaw alone in a small world, its sound twin, and that none is ever wrong."""

import random
from collections.abc import Iterator

import numpy as np
import pytest

from simulator.engine.months import months, state_of
from simulator.engine.plan import Plan, make_plan
from simulator.engine.sampling import sample
from simulator.files.find import shipped_scenarios
from simulator.files.layers import shipped
from simulator.files.read import read_layers
from simulator.review.lint import warnings
from simulator.review.reachability import narrowed, reachability
from simulator.scenario.conditions import Condition, holds, parse

WORLD = """\
title = "World"
as_of = 2025-01-20
months = 24
[factors.a]
label = "A"
level = 20
target = { p10 = 10, p50 = 20, p90 = 30 }
weight = { dist = "uniform", low = 0.5, high = 1.5 }
half_life = 2
volatility = 3
settling = 12
drift = 1
[factors.b]
label = "B"
level = 60
weight = { dist = "uniform", low = 0.5, high = 1.5 }
half_life = 2
volatility = 3
settling = 12
drift = 1
[indices.view]
weights = { a = -1, b = 1 }
[events.off]
label = "Switched off"
enabled = false
on = 2025-06-15
probability = 0.5
[events.late]
label = "Late"
between = [2026-06-21, 2026-09-20]
probability = 0.5
[events.may]
label = "May happen"
rate = 0.5
[events.sure]
label = "Sure"
on = 2025-03-15
probability = 1
source = "The calendar."
"""


def found(tmp_path, text: str, *overrides: str, world: str = WORLD) -> list[str]:
    """Return the warnings of the world with a text added, as `key: message`."""
    path = tmp_path / "world.toml"
    path.write_text(world + text)
    return [f"{problem.key}: {problem.message}" for problem in warnings(read_layers(path, overrides))]


def event(tmp_path, condition: str, timing: str = "rate = 1") -> list[str]:
    return found(tmp_path, f'[events.e]\nlabel = "E"\n{timing}\nwhen = "{condition}"\n')


def question(tmp_path, ask: str, day: str = "") -> list[str]:
    return found(tmp_path, f'[questions.q]\nask = "{ask}"\n{day}\n')


def scenario_of(tmp_path, relationship: str, text: str) -> list[str]:
    """Return the warnings of a scenario of 12 months on a relationship."""
    (tmp_path / "seeds").mkdir(exist_ok=True)
    (tmp_path / "seeds" / "world.toml").write_text(WORLD.replace("months = 24\n", "") + relationship)
    path = tmp_path / "scenario.toml"
    path.write_text('title = "S"\nrelationship = "world"\nmonths = 12\n' + text)
    return [f"{problem.key}: {problem.message}" for problem in warnings(read_layers(path))]


def test_a_sound_world_gives_no_warning(tmp_path) -> None:
    assert found(tmp_path, "") == []


@pytest.mark.parametrize(
    "path", [*shipped_scenarios(), *sorted(shipped("seeds").glob("*.toml"))], ids=lambda path: path.stem
)
def test_what_ships_gives_no_warning(path) -> None:
    assert [str(problem) for problem in warnings(read_layers(path))] == []


def test_a_warning_names_the_file_and_the_line_of_its_key(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "w.toml").write_text(WORLD + '[events.e]\nlabel = "E"\nwhen = "off"\nrate = 1\n')
    (problem,) = warnings(read_layers("w.toml"))
    assert (problem.where, problem.key) == (f"w.toml:{WORLD.count(chr(10)) + 3}", "events.e.when")
    (problem,) = warnings(read_layers("w.toml", ["events.e.when='b < 0'"]))
    assert problem.where == "--set events.e.when='b < 0'"


# --- targets ---


def targets(tmp_path, a: str, b: str, links: str) -> list[str]:
    world = WORLD.replace("{ p10 = 10, p50 = 20, p90 = 30 }", a).replace("level = 60\n", f"level = 20\ntarget = {b}\n")
    sourced = world.replace("drift = 1\n", 'drift = 1\nsource = "A count."\n')
    return found(tmp_path, links, world=sourced)


def test_a_target_that_spillovers_contradict_is_told_with_where_they_lead(tmp_path) -> None:
    # a settles at 50, 30 above its start; 0.3 of that lifts b from its target 18 to 27
    (only,) = targets(tmp_path, "50", "18", "[spillovers.a]\nb = 0.3\n")
    assert only == (
        "factors.b.target: is pulled to 27 by the spillovers of a (+9), though its target is 18 "
        "(in the long run and at medians; events and the ends of the scale left out)"
    )


def test_spillovers_that_come_back_are_followed_to_the_end(tmp_path) -> None:
    # a - 20 = 20 + 0.5 (b - 20) and b - 20 = 0.5 (a - 20): a is 46.7 and b 33.3; a's own 6.7 is under half of its move
    (only,) = targets(tmp_path, "40", "20", "[spillovers.a]\nb = 0.5\n[spillovers.b]\na = 0.5\n")
    assert only.startswith("factors.b.target: is pulled to 33 by the spillovers of a (+13), though its target is 20 ")


def test_uncertain_targets_are_taken_at_their_medians(tmp_path) -> None:
    law = "{ p10 = 40, p50 = 50, p90 = 70 }"
    (only,) = targets(tmp_path, law, "18", "[spillovers.a]\nb = 0.3\n")
    assert "pulled to 27" in only


@pytest.mark.parametrize(
    ("b", "link", "warns"),
    [
        (18, 0.16, False),  # off by 4.8 points: under 5
        (18, 0.17, True),  # 5.1
        (18, -0.17, True),
        (60, 0.6, False),  # moves 40 and is off by 18
        (60, 0.7, True),  # by 21, more than half of 40
        (60, -0.7, True),
    ],
)
def test_a_pull_counts_from_5_points_and_half_of_the_move(tmp_path, b: int, link: float, warns: bool) -> None:
    assert bool(targets(tmp_path, "50", str(b), f"[spillovers.a]\nb = {link}\n")) == warns


def test_a_factor_without_a_target_of_its_own_is_pulled_in_peace(tmp_path) -> None:
    changed = "factors.a.target={ p10 = 70, p50 = 80, p90 = 90 }"
    assert found(tmp_path, "[spillovers.a]\nb = 0.3\n", changed) == []


def test_a_scenario_may_pull_away_what_its_relationship_aims_at_but_not_what_it_aims_at_itself(tmp_path) -> None:
    links = "[spillovers.b]\na = 0.3\n"
    moved = "factors.b.target = { p10 = 85, p50 = 90, p90 = 95 }\n"
    assert scenario_of(tmp_path, links, moved) == []
    (only,) = scenario_of(tmp_path, links, moved + "factors.a.target = { p10 = 10, p50 = 20, p90 = 30 }\n")
    assert only.startswith("factors.a.target: is pulled to 29 by the spillovers of b (+9), though its target is 20 ")


# --- events that can never happen ---

IN_2025 = "between = [2025-06-01, 2025-12-20]\nprobability = 0.5"


@pytest.mark.parametrize(
    ("condition", "timing", "part"),
    [
        ("off", "rate = 1", "off"),
        ("off", 'rate = { dist = "uniform", low = 0, high = 1 }', "off"),  # its chance may be 0, but need not
        ("a > 10 and (may and off)", "rate = 1", "off"),
        ("a > 100", "rate = 1", "a > 100"),
        ("warmth < 0", "rate = 1", "warmth < 0"),
        ("view > -5 > a", "rate = 1", "view > -5 > a"),
        ("30 < a < 20", "rate = 1", "30 < a < 20"),
        ("20 < a < 20", "rate = 1", "20 < a < 20"),
        ("a == 101 or off", "rate = 1", "a == 101 or off"),
        ("not a >= 0", "rate = 1", "not a >= 0"),
        ("not (a < 101 or may)", "rate = 1", "not (a < 101 or may)"),
        ("late", IN_2025, "late"),
        ("not sure", IN_2025, "not sure"),
        ("e", "rate = 1", "e"),  # it waits for itself
        ("a > 21", "on = 2025-02-01\nprobability = 0.5", "a > 21"),  # read at the start, where a is 20
        ("view < 49", "on = 2025-02-01\nprobability = 0.5", "view < 49"),  # 50 + (60 - 20) / 2 = 70
    ],
)
def test_an_event_that_can_never_happen_is_told_with_the_part_that_cannot_hold(
    tmp_path, condition: str, timing: str, part: str
) -> None:
    assert event(tmp_path, condition, timing) == [f"events.e.when: the event can never happen: {part!r} cannot hold"]


@pytest.mark.parametrize(
    "condition",
    ["a < 20 and a > 30", "a < 20 and b > 3 and not a < 20", "may and not may", "a > 100 and off"],
)
def test_no_part_is_blamed_where_parts_exclude_each_other_or_several_cannot_hold(tmp_path, condition: str) -> None:
    assert event(tmp_path, condition) == ["events.e.when: the event can never happen"]


@pytest.mark.parametrize(
    ("condition", "timing"),
    [
        ("not off and a < 30", "rate = 1"),
        ("off or may", "rate = 1"),
        ("a >= 100", "rate = 1"),
        ("warmth <= 0", "rate = 1"),
        ("a < 30 and a > 20", "rate = 1"),
        ("a <= 20 and a >= 20", "rate = 1"),
        ("a < 20 or a > 30", "rate = 1"),
        ("a < 20 and b > 30", "rate = 1"),
        ("a < b and b < a", "rate = 1"),  # never, but what two names have to do with each other is not known
        ("late", "between = [2026-06-21, 2026-09-20]\nprobability = 0.5"),
        ("not sure", "between = [2025-02-01, 2025-12-20]\nprobability = 0.5"),  # open in the first two steps
        ("not may", IN_2025),
        ("a > 21", "between = [2025-02-01, 2025-03-20]\nprobability = 0.5"),
        ("view > 69", "between = [2025-02-01, 2025-03-20]\nprobability = 0.5"),
    ],
)
def test_an_event_that_may_happen_is_not_told(tmp_path, condition: str, timing: str) -> None:
    assert event(tmp_path, condition, timing) == []


def test_an_event_may_happen_in_the_month_after_what_it_waits_for_and_not_before(tmp_path) -> None:
    # late happens in steps 18 to 20: from 21 June 2026; it can be read at the end of step 18, and answered in step 19
    assert event(tmp_path, "late", "on = 2026-07-20\nprobability = 0.5") == [
        "events.e.when: the event can never happen: 'late' cannot hold"
    ]
    assert event(tmp_path, "late", "on = 2026-07-21\nprobability = 0.5") == []


@pytest.mark.parametrize(
    "chance", ["rate = 0", IN_2025.replace("0.5", "0"), 'rate = { dist = "discrete", values = [0], probabilities = [1] }']
)
def test_an_event_without_a_chance_can_never_happen(tmp_path, chance: str) -> None:
    key = "probability" if "probability =" in chance else "rate"
    text = f'[events.e]\nlabel = "E"\n{chance}\n'
    assert found(tmp_path, text) == [f"events.e.{key}: the event can never happen: its {key} is 0"]
    assert found(tmp_path, text, f"events.e.{key}=0.1") == []


def test_a_trial_without_a_chance_is_told_once(tmp_path) -> None:
    assert event(tmp_path, "a < 30", "probability = 0") == [
        "events.e.probability: the event can never happen: its probability is 0"
    ]


def test_events_that_wait_for_each_other_or_for_one_that_can_never_happen_are_all_told(tmp_path) -> None:
    names = ["x", "y", "z", "w"]
    text = "".join(
        f'[events.{name}]\nlabel = "E"\nrate = 1\nwhen = "a > 5 and {after}"\n'
        for name, after in zip(names, ["y", "z", "x", "x"], strict=True)
    )
    assert found(tmp_path, text) == [
        f"events.{name}.when: the event can never happen: {after!r} cannot hold"
        for name, after in zip(names, ["y", "z", "x", "x"], strict=True)
    ]
    assert found(tmp_path, text, "events.z.when='x or may'") == []


def test_a_calendar_past_the_horizon_is_no_mistake_of_the_relationship_but_of_a_scenario_that_waits_for_it(tmp_path) -> None:
    # late lies beyond a scenario of 12 months
    waits = '[events.e]\nlabel = "E"\nrate = 1\nwhen = "late"\n'
    assert scenario_of(tmp_path, waits, "") == []
    assert scenario_of(tmp_path, "", waits) == [
        "events.e.when: the event cannot happen before the horizon: 'late' cannot hold"
    ]


# --- conditions that say nothing ---


@pytest.mark.parametrize(
    "condition", ["warmth < 101", "not off", "a >= 0 and not off", "a < 50 or a >= 50", "may or not may", "not 20 < a < 20"]
)
def test_a_condition_that_always_holds_is_told(tmp_path, condition: str) -> None:
    told = f"events.e.when: the condition always holds, so it says nothing; found '{condition}'"
    assert event(tmp_path, condition) == [told]


@pytest.mark.parametrize(
    ("condition", "timing"),
    [
        ("warmth < 100", "rate = 1"),
        ("not may", "rate = 1"),
        ("a < 50 or a > 50", "rate = 1"),
        ("sure", IN_2025),  # certain by then, but a premise that another scenario may change
        ("not late", "rate = 1"),
        ("a < 50", "rate = 1"),  # true at the start only
    ],
)
def test_a_condition_that_may_fail_is_not_told(tmp_path, condition: str, timing: str) -> None:
    assert event(tmp_path, condition, timing) == []


def test_a_condition_that_a_switch_of_the_scenario_makes_idle_is_not_told(tmp_path) -> None:
    waits = '[events.e]\nlabel = "E"\nrate = 1\nwhen = "not may"\n'
    assert scenario_of(tmp_path, waits, "events.may.enabled = false\n") == []
    (only,) = scenario_of(tmp_path, "", "events.may.enabled = false\n" + waits)
    assert only.startswith("events.e.when: the condition always holds")


def test_a_condition_that_is_set_on_the_command_line_is_looked_at(tmp_path) -> None:
    (only,) = found(tmp_path, "", "events.may.when='not off'")
    assert only.startswith("events.may.when: the condition always holds")


def test_a_condition_that_is_never_read_within_the_horizon_is_not_told(tmp_path) -> None:
    assert scenario_of(tmp_path, "", "events.late.when = 'may'\n") == []


def test_a_comparison_that_the_scale_decides_is_told_where_the_condition_is_open(tmp_path) -> None:
    scale = "on a scale of 0 to 100, "
    assert event(tmp_path, "warmth < 350 and may") == [f"events.e.when: {scale}'warmth < 350' always holds"]
    assert event(tmp_path, "may or not 0 <= a <= 100 or b > 350") == [
        f"events.e.when: {scale}'b > 350' never holds and '0 <= a <= 100' always holds"
    ]
    assert event(tmp_path, "warmth < 35 and may and 0 <= a < 30") == []
    assert scenario_of(tmp_path, '[events.e]\nlabel = "E"\nrate = 1\nwhen = "a < 350 and may"\n', "") == []
    assert question(tmp_path, "a < 350 and may") == [f"questions.q.ask: {scale}'a < 350' always holds"]


# --- one trial ---


@pytest.mark.parametrize("condition", ["not may", "not off", "a < 30", "warmth > 20", "69 < view < 71"])
def test_a_trial_whose_condition_holds_at_the_start_is_over_in_the_first_month(tmp_path, condition: str) -> None:
    # warmth is between (1.5 * 20 + 0.5 * 60) / 2 = 30 and 50
    assert event(tmp_path, condition, "probability = 0.3") == [
        "events.e.when: the condition holds at the start, so the one trial, with probability 0.3, is over by 2025-02-20; "
        "for a chance in later months state `rate`, or `between`"
    ]


@pytest.mark.parametrize(
    ("condition", "timing"),
    [
        ("may", "probability = 0.3"),
        ("a < 20", "probability = 0.3"),
        ("warmth > 31", "probability = 0.3"),  # in some draws only
        ("not may", "rate = 0.3"),
        ("not may", IN_2025),
    ],
)
def test_a_trial_that_waits_and_a_chance_in_every_month_are_not_told(tmp_path, condition: str, timing: str) -> None:
    assert event(tmp_path, condition, timing) == []


# --- questions ---


@pytest.mark.parametrize(
    ("ask", "day", "answer"),
    [
        ("off", "", "no in every draw: 'off' cannot hold"),
        ("late and a > 5", "by = 2026-06-20", "no in every draw: 'late' cannot hold"),
        ("late", "on = 2025-06-20", "no in every draw: 'late' cannot hold"),
        ("a > 30 and a < 20", "", "no in every draw"),
        ("warmth > 100", "by = 2026-01-20", "no in every draw: 'warmth > 100' cannot hold"),
        ("a > 20", "on = 2025-01-20", "no in every draw: 'a > 20' cannot hold"),
        ("not late", "on = 2026-06-20", "yes in every draw: it holds on 2026-06-20"),
        ("a < 30", "by = 2026-01-20", "yes in every draw: it holds on 2025-01-20"),
        ("warmth < 51", "by = 2026-01-20", "yes in every draw: it holds on 2025-01-20"),
        ("sure", "by = 2026-01-20", "yes in every draw: it holds on 2025-03-20"),
        ("a >= 0", "", "yes in every draw: it holds on 2027-01-20"),
    ],
)
def test_a_question_whose_answer_is_known_is_told(tmp_path, ask: str, day: str, answer: str) -> None:
    assert question(tmp_path, ask, day) == [f"questions.q.ask: the answer is {answer}"]


@pytest.mark.parametrize(
    ("ask", "day"),
    [
        ("late", "by = 2026-06-21"),
        ("late", ""),
        ("a < 30", "on = 2026-01-20"),
        ("a < 20", "by = 2026-01-20"),
        ("warmth < 49", "by = 2026-01-20"),
        ("not late", "on = 2026-06-21"),
        ("sure and may", "by = 2026-01-20"),
        ("a < 30 and not off", "on = 2026-01-20"),
    ],
)
def test_a_question_that_is_open_is_not_told(tmp_path, ask: str, day: str) -> None:
    assert question(tmp_path, ask, day) == []


def test_a_question_that_names_only_events_to_come_is_told_though_its_numbers_are_open(tmp_path) -> None:
    message = "it is asked before any event that it names can have happened; found 'a > 30 or late'"
    assert question(tmp_path, "a > 30 or late", "by = 2026-06-20") == [f"questions.q.ask: {message}"]
    assert question(tmp_path, "a > 30 or late", "by = 2026-06-21") == []
    assert question(tmp_path, "a > 30 or late or may", "by = 2026-06-20") == []


# --- certainty without a source ---


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("on = 2025-06-15\nprobability = 1", "certain and names no source; found 1"),
        ("on = 2025-06-15\nprobability = 0.98", "almost certain and names no source; found 0.98"),
        ('on = 2025-06-15\nprobability = 0.02\nsource = "Assumption."', "almost impossible and names no source; found 0.02"),
        ('when = "may"\nprobability = 0.99\nsource = " "', "almost certain and names no source; found 0.99"),
    ],
)
def test_a_probability_near_0_or_1_asks_for_a_source(tmp_path, text: str, word: str) -> None:
    assert found(tmp_path, f'[events.e]\nlabel = "E"\n{text}\n') == [f"events.e.probability: makes the event {word}"]


@pytest.mark.parametrize(
    "text",
    [
        "on = 2025-06-15\nprobability = 0.97",
        "on = 2025-06-15\nprobability = 0.03",
        'on = 2025-06-15\nprobability = 1\nsource = "The calendar. Sizes: assumption."',
        'on = 2025-06-15\nprobability = 1\nwhen = "not may"',
        'on = 2025-06-15\nprobability = { dist = "uniform", low = 0.98, high = 1 }',
        "on = 2025-06-15\nprobability = 0.99\nenabled = false",
    ],
)
def test_other_probabilities_do_not(tmp_path, text: str) -> None:
    assert found(tmp_path, f'[events.e]\nlabel = "E"\n{text}\n') == []


def test_a_plain_target_or_weight_without_a_source_knows_no_doubt(tmp_path) -> None:
    told = "is a plain number and names no source, so no result knows a doubt about it; found"
    plain = "factors.a = { target = 25, weight = 2 }\n"
    assert scenario_of(tmp_path, "", plain) == [f"factors.a.target: {told} 25", f"factors.a.weight: {told} 2"]
    assert scenario_of(tmp_path, "", plain.replace(" }", ', source = "A count." }')) == []
    assert len(scenario_of(tmp_path, "", plain.replace(" }", ', source = "assumption" }'))) == 2
    assert scenario_of(tmp_path, "", "factors.a = { weight = 0 }\n") == []  # left out, which is no claim
    assert scenario_of(tmp_path, "", "factors.a = { level = 25, volatility = 2 }\n") == []


def test_what_a_relationship_states_plainly_is_for_its_own_check(tmp_path) -> None:
    plain = '[factors.c]\nlabel = "C"\nlevel = 50\nweight = 1\nhalf_life = 2\nvolatility = 1\nsettling = 12\ndrift = 1\n'
    assert scenario_of(tmp_path, plain, "") == []
    assert [line.split(":")[0] for line in found(tmp_path, plain)] == ["factors.c.weight"]


# --- never wrong ---

N_WORLDS, N_DRAWS, MONTHS = 200, 500, 8
NUMBERS, EVENTS = ("a", "b", "warmth", "view"), ("e0", "e1", "e2", "e3", "e4")


def random_condition(rng: random.Random, depth: int = 0) -> str:
    kind = rng.choice(["compare", "compare", "chain", "pair", "event", "event", "event", "and", "and", "or", "not"])
    if kind in ("and", "or") and depth < 3:
        joined = f" {kind} ".join(random_condition(rng, depth + 1) for _ in range(rng.choice([2, 2, 3])))
        return f"({joined})"
    if kind == "not":
        return f"not ({random_condition(rng, depth + 1)})" if depth < 3 else f"not {rng.choice(EVENTS)}"
    if kind in ("compare", "chain", "pair"):
        name, value = rng.choice(NUMBERS), rng.choice([-3, 5, 20, 20, 45, 50, 55, 80, 95, 100.5])
        if name in "ab":  # the sum that makes an index may pass 0 and 100 in its last bit
            value = rng.choice([0, value, 100])
        op = rng.choice(["<", "<=", ">", ">=", "==", "!="])
        if kind == "pair":
            return f"a {op} b"
        return f"{name} {op} {value}" if kind == "compare" else f"{value} <= {name} {op} {rng.choice([20, 45, 80])}"
    return rng.choice(EVENTS)


def random_number(rng: random.Random, *plain: float) -> str:
    low, high = min(plain), max(plain)
    laws = [
        f'{{ dist = "uniform", low = {low}, high = {high} }}',
        f'{{ dist = "triangular", low = {low}, mode = {high}, high = {high} }}',
        f'{{ dist = "normal", mean = {high}, sd = 1, low = {low}, high = {high} }}',
        f'{{ dist = "discrete", values = [{low}, {high}], probabilities = [0.3, 0.7] }}',
    ]
    return rng.choice(laws) if rng.random() < 0.3 else str(rng.choice(plain))


def random_timing(rng: random.Random) -> Iterator[str]:
    first, last = sorted(rng.choices(range(2, 2 + MONTHS), k=2))
    chance = "probability = " + random_number(rng, 0, 0.5, 1)
    kind = rng.choice(["on", "between", "between", "rate", "window", "when"])
    yield {
        "on": f"on = 2025-{first:02}-15\n{chance}",
        "between": f"between = [2025-{first:02}-01, 2025-{last:02}-20]\n{chance}",
        "rate": "rate = " + random_number(rng, 0, 3, 300),
        "window": f"rate = 4\nbetween = [2025-{first:02}-01, 2025-{last:02}-20]",
        "when": chance,
    }[kind]
    if kind == "when" or rng.random() < 0.7:
        yield f'when = "{random_condition(rng)}"'
    if kind in ("rate", "between") and rng.random() < 0.3:
        yield "repeats = true"
    if rng.random() < 0.15:
        yield "enabled = false"
    yield f"effects.{rng.choice('ab')} = {{ jump = {rng.choice([-60, -20, 20, 60])} }}"


def random_world(rng: random.Random) -> str:
    """Return a scenario that is moved far about its scale, with conditions that often cannot hold or fail."""
    lines = [f'title = "Random"\nas_of = 2025-01-20\nmonths = {MONTHS}']
    for name in "ab":
        lines += [f"[factors.{name}]", f'label = "{name}"', f"level = {random_number(rng, 5, 20, 50, 95)}", "half_life = 2"]
        lines += [
            f"weight = {random_number(rng, 0.5, 1, 2)}",
            f"volatility = {rng.choice([0, 3, 20])}",
            "settling = 12",
            "drift = 1",
        ]
    lines += [f"[indices.view]\nweights = {{ a = {random_number(rng, -1, 1)}, b = {random_number(rng, 0.5, 2)} }}"]
    for name in EVENTS:
        lines += [f'[events.{name}]\nlabel = "E"', *random_timing(rng)]
    for q in range(4):
        day = rng.choice(
            ["", f"on = 2025-{rng.randint(2, 9):02}-20", f"by = 2025-{rng.randint(2, 9):02}-20", "on = 2025-01-20"]
        )
        lines.append(f'[questions.q{q}]\nask = "{random_condition(rng)}"\n{day}')
    return "\n".join(lines) + "\n"


def simulated(plan: Plan, seed: int) -> list[dict[str, np.ndarray]]:
    """Return the state of all draws at the end of each step, by name."""
    inputs, states = sample(plan, seed, 0, N_DRAWS), []
    for stretch in months(plan, seed, 0, N_DRAWS, inputs):
        for step in stretch.steps:
            # copied, because the arrays of the start live on
            states.append({name: values.copy() for name, values in state_of(plan, stretch, step).items()})
    return states


@pytest.fixture(scope="module")
def worlds(tmp_path_factory) -> list:
    """Random worlds with their 500 draws: reading, plan, the states it can reach, states by step."""
    folder, rng, made = tmp_path_factory.mktemp("worlds"), random.Random(4), []
    for k in range(N_WORLDS):
        path = folder / f"w{k}.toml"
        path.write_text(random_world(rng))
        reading = read_layers(path)
        plan = make_plan(reading.scenario)
        made.append((reading, plan, reachability(reading.scenario), simulated(plan, k)))
    return made


def conditions(plan: Plan) -> list[Condition]:
    return [*(e.when for e in plan.events if e.when is not None), *(asked.condition for asked in plan.questions)]


def test_what_is_called_impossible_or_certain_is_so_in_every_draw_and_month(worlds) -> None:
    verdicts = {True: 0, False: 0}
    for reading, plan, reach, states in worlds:
        bounds = reach.bounds
        for step, state in enumerate(states):
            for name, values in state.items():
                low, high = bounds[step][name]
                assert low - 1e-9 <= values.min(), (reading.layers[0].text, step, name)
                assert values.max() <= high + 1e-9, (reading.layers[0].text, step, name)
            for condition in conditions(plan):
                for wanted in (True, False):
                    if narrowed(condition.tree, wanted, bounds[step]) is None:
                        verdicts[wanted] += 1
                        assert (holds(condition, state) != wanted).all(), (reading.layers[0].text, step, condition.text)
    assert verdicts[True] > 1_000  # else the worlds would try nothing
    assert verdicts[False] > 1_000


def test_no_event_that_fires_is_called_impossible_and_no_condition_that_fails_is_said_to_hold(worlds) -> None:
    told = {"never": 0, "always": 0, "no": 0, "yes": 0}
    for reading, plan, _, states in worlds[:60]:  # finding the lines of what is told takes its time
        events = {event.name: event for event in plan.events}
        asked = {question.name: question for question in plan.questions}
        for problem in warnings(reading):
            name = problem.key.split(".")[1]
            text = reading.layers[0].text, str(problem)
            if "can never happen" in problem.message:
                told["never"] += 1
                assert not states[-1][name].any(), text
            elif "always holds, so" in problem.message:
                told["always"] += 1
                steps = range(events[name].first - 1, events[name].last)
                assert all(holds(events[name].when, states[step]).all() for step in steps), text
            elif "in every draw" in problem.message:
                answer = problem.message.split()[3]
                told[answer] += 1
                question = asked[name]
                steps = range(0 if question.by else question.step, question.step + 1)
                found = np.any([np.broadcast_to(holds(question.condition, states[step]), N_DRAWS) for step in steps], axis=0)
                assert (found == (answer == "yes")).all(), text
    assert min(told.values()) > 5, told


def test_most_of_what_never_fires_in_these_worlds_is_told(worlds) -> None:
    """Silence is sound too; this keeps the rules from going silent."""
    silent = fired = told = 0
    for _, _, reach, states in worlds:
        for event in reach.plan.events:
            happened = states[-1][event.name].any()
            first = reach.first_step(event.name)
            fired += happened
            told += first is None or first > MONTHS
            silent += not happened and first is not None and first <= MONTHS
    assert fired > 300
    assert told > silent


def test_the_bounds_of_an_index_at_the_start_are_those_of_its_weights(tmp_path) -> None:
    # a is 20 and b 60; weights of a 1 to 3 and of b 2: the mean is between (60 + 120) / 5 = 36 and (20 + 120) / 3 = 46.67
    path = tmp_path / "w.toml"
    path.write_text(WORLD)
    low, high = 'factors.a.weight={ dist = "uniform", low = 1, high = 3 }', "factors.b.weight=2"
    signed = "indices.view.weights={ a = { dist = 'uniform', low = -3, high = -1 }, b = 2 }"
    bounds = reachability(read_layers(path, [low, high, signed]).scenario).bounds[0]
    assert bounds["warmth"] == pytest.approx((36, 140 / 3), abs=1e-5)
    # 100 - a is 80: between (80 + 120) / 3 = 66.67 and (240 + 120) / 5 = 72
    assert bounds["view"] == pytest.approx((200 / 3, 72), abs=1e-5)
    assert bounds["a"] == (20, 20)


def test_the_bounds_of_an_uncertain_level_leave_room_for_rounding(tmp_path) -> None:
    level = 'level = { dist = "uniform", low = 20, high = 30 }'
    at_start = '[questions.q]\nask = "{}"\non = 2025-01-20\n'
    world = WORLD.replace("level = 20", level)
    assert found(tmp_path, at_start.format("a >= 20"), world=world) == []
    assert len(found(tmp_path, at_start.format("a >= 19.99"), world=world)) == 1


def test_narrowing_goes_to_the_next_number_and_no_further() -> None:
    def ends(text: str, wanted: bool = True) -> tuple[float, float] | None:
        inside = narrowed(parse(text, {"x", "y"}).tree, wanted, {"x": (0, 100), "y": (30, 40)})
        return inside and inside["x"]

    assert ends("x < 20") == (0, np.nextafter(20, 0))
    assert ends("x <= 20") == (0, 20)
    assert ends("x < 20", wanted=False) == (20, 100)
    assert ends("x <= 20", wanted=False) == (np.nextafter(20, 100), 100)
    assert ends("x == 20") == (20, 20)
    assert ends("x >= y") == (30, 100)
    assert ends("y > x") == (0, np.nextafter(40, 0))
    assert ends("x < 10 or 50 < x <= 70") == (0, 70)
    assert ends("20 <= x < 50 and x != 30") == (20, np.nextafter(50, 0))
    assert ends("x == 20 and x != 20") is None
