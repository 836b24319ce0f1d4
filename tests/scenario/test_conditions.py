"""`when` and `ask`: the grammar, the kinds, and the truth of what is parsed."""

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.scenario.conditions import MAX_LENGTH, holds, parse

NUMBERS = {"warmth", "trade", "arms"}
EVENTS = {"summit", "crisis"}


def truth(text: str, **values: Any) -> list[bool]:
    return holds(parse(text, NUMBERS, EVENTS), {name: np.array(value) for name, value in values.items()}).tolist()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # false false, false true, true false, true true
        ("summit and crisis", [False, False, False, True]),
        ("summit or crisis", [False, True, True, True]),
        ("not summit", [True, True, False, False]),
        ("summit and not crisis", [False, False, True, False]),
        ("not (summit or crisis)", [True, False, False, False]),
        ("not summit or crisis", [True, True, False, True]),
        ("not not summit", [False, False, True, True]),
        ("summit.in_force and crisis", [False, False, False, False]),
        ("summit.in_force or crisis", [True, True, False, True]),
        ("summit and not summit.in_force", [False, False, True, True]),
    ],
)
def test_events_combine_as_their_truth_table_says(text: str, expected: list[bool]) -> None:
    values = {"summit": [False, False, True, True], "crisis": [False, True, False, True]}
    assert truth(text, **values, **{"summit.in_force": [True, False, False, False]}) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("warmth < 35", [True, False, False]),
        ("warmth <= 35", [True, True, False]),
        ("warmth > 35", [False, False, True]),
        ("warmth >= 35", [False, True, True]),
        ("warmth == 35", [False, True, False]),
        ("warmth != 35", [True, False, True]),
        ("35 > warmth", [True, False, False]),
        ("warmth > -1", [True, True, True]),
        ("warmth < 3.5e1", [True, False, False]),
        ("  warmth < 35  ", [True, False, False]),
    ],
)
def test_a_comparison_is_strict_or_not_as_written(text: str, expected: list[bool]) -> None:
    assert truth(text, warmth=[34.9, 35.0, 35.1]) == expected


def test_a_chained_comparison_holds_where_each_of_its_links_does() -> None:
    assert truth("20 <= warmth < 35", warmth=[19.9, 20.0, 34.9, 35.0]) == [False, True, True, False]
    assert truth("trade < warmth < arms", trade=[1.0, 1.0], warmth=[2.0, 3.0], arms=[3.0, 3.0]) == [True, False]


def test_a_chained_comparison_may_have_a_link_between_numbers_only() -> None:
    assert truth("0 < 1 < warmth", warmth=[0.5, 2.0]) == [False, True]
    assert truth("2 < 1 < warmth", warmth=[0.5, 2.0]) == [False, False]


def test_not_binds_closer_than_and_and_and_closer_than_or() -> None:
    rows = list(itertools.product([False, True], repeat=2))
    summit, crisis = (list(column) for column in zip(*rows, strict=True))
    warmth = [50.0] * 4
    loose = truth("summit or crisis and warmth < 40", summit=summit, crisis=crisis, warmth=warmth)
    bound = truth("(summit or crisis) and warmth < 40", summit=summit, crisis=crisis, warmth=warmth)
    assert loose == [False, False, True, True]
    assert bound == [False] * 4


def test_two_factors_can_be_compared_with_each_other() -> None:
    assert truth("trade > arms", trade=[1.0, 2.0, 3.0], arms=[2.0, 2.0, 2.0]) == [False, False, True]


def test_a_condition_knows_the_names_it_reads() -> None:
    assert parse("warmth < 35 and not summit or arms > 2", NUMBERS, EVENTS).names == {"warmth", "summit", "arms"}


def test_a_condition_knows_whose_being_in_force_it_reads() -> None:
    condition = parse("warmth < 35 and not summit.in_force or crisis", NUMBERS, EVENTS)
    assert condition.names == {"warmth", "summit", "crisis"}
    assert condition.in_force == {"summit"}


def test_a_condition_without_names_is_a_constant() -> None:
    assert holds(parse("1 < 2", NUMBERS, EVENTS), {}).tolist() is True
    assert holds(parse("not 1 < 2", NUMBERS, EVENTS), {}).tolist() is False


# --- against a slow twin: the same text, draw by draw, by Python itself ---

STATES = [*sorted(EVENTS), *(f"{name}.in_force" for name in sorted(EVENTS))]
side = st.sampled_from(["warmth", "trade", "arms", "0", "35", "-5", "50.5", "1e1"])
link = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])
comparison = st.builds(
    lambda first, rest: " ".join([first, *itertools.chain.from_iterable(rest)]),
    st.sampled_from(["warmth", "trade", "arms"]),
    st.lists(st.tuples(link, side), min_size=1, max_size=3),
)
expression = st.recursive(
    comparison | st.sampled_from(STATES),
    lambda inner: st.one_of(
        st.builds("({} and {})".format, inner, inner),
        st.builds("({} or {})".format, inner, inner),
        st.builds("{} and {} or {}".format, inner, inner, inner),
        st.builds("not ({})".format, inner),
    ),
    max_leaves=8,
).filter(lambda text: len(text) <= MAX_LENGTH)


@settings(max_examples=150, deadline=None)
@given(text=expression, seed=st.integers(0, 1000))
def test_conditions_on_arrays_agree_with_python_draw_by_draw(text: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    values: dict[str, Any] = {name: rng.choice([-5.0, 0.0, 10.0, 35.0, 50.5, 70.0], 12) for name in sorted(NUMBERS)}
    values |= {name: rng.random(12) < 0.5 for name in STATES}
    plain = text.replace(".in_force", "_in_force")
    slow = [
        eval(  # noqa: S307 - the twin, on our own text
            plain, {}, {name.replace(".in_force", "_in_force"): array[i].item() for name, array in values.items()}
        )
        for i in range(12)
    ]
    fast = holds(parse(text, NUMBERS, EVENTS), values)
    assert np.broadcast_to(fast, 12).tolist() == slow


# --- what is outside the grammar ---


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        ("", "not a condition"),
        ("warmth <", "not a condition"),
        ("warmth < 35 and", "not a condition"),
        ("warmth = 35", "not a condition"),
        ("warmth < 35 && summit", "not a condition"),
        ("(warmth < 35", "not a condition"),
        ("warmth < 35; summit", "not a condition"),
        ("import os", "not a condition"),
        ("warmth < 0,5 and", "not a condition"),
        ("warmth < 35\x00", "not a condition"),
        ("__import__('os')", "neither a comparison nor an event"),
        ("abs(warmth) < 3", "'abs(warmth)' is neither a number"),
        ("summit()", "neither a comparison nor an event"),
        ("warmth.real < 3", "'warmth.real' is neither a number"),
        ("summit.real", "summit.real: an event has only `in_force`"),
        ("summit.in_forc", "summit.in_forc: an event has only `in_force`"),
        ("warmth.in_force", "warmth.in_force: 'warmth' is no event, and only events are in force"),
        ("sumit.in_force", "sumit.in_force: 'sumit' is no event, and only events are in force"),
        ("summit.in_force()", "neither a comparison nor an event"),
        ("summit.in_force.in_force", "neither a comparison nor an event"),
        ("summit.in_force > 3", "'summit.in_force' is neither a number"),
        ("warmth + 1 < 3", "'warmth + 1' is neither a number"),
        ("warmth * 2 < 3", "neither a number"),
        ("warmth ** 99 < 3", "neither a number"),
        ("-warmth < 3", "neither a number"),
        ("+5 < warmth", "neither a number"),
        ("~5 < warmth", "neither a number"),
        ("--5 < warmth", "neither a number"),
        ("warmth[0] < 3", "neither a number"),
        ("summit[0]", "neither a comparison nor an event"),
        ("lambda: 1", "neither a comparison nor an event"),
        ("warmth < 'a'", "neither a number"),
        ("'summit'", "neither a comparison nor an event"),
        ("f'{summit}'", "neither a comparison nor an event"),
        ("warmth < True", "neither a number"),
        ("True", "neither a comparison nor an event"),
        ("None", "neither a comparison nor an event"),
        ("1", "neither a comparison nor an event"),
        ("warmth < 1j", "neither a number"),
        ("(warmth := 3) < 4", "neither a number"),
        ("(summit := 3)", "neither a comparison nor an event"),
        ("summit if crisis else summit", "neither a comparison nor an event"),
        ("[summit]", "neither a comparison nor an event"),
        ("warmth < 1, summit", "neither a comparison nor an event"),
        ("{summit}", "neither a comparison nor an event"),
        ("[x for x in summit]", "neither a comparison nor an event"),
        ("warmth in arms", "neither a comparison nor an event"),
        ("warmth is arms", "neither a comparison nor an event"),
        ("summit & crisis", "neither a comparison nor an event"),
        ("await summit", "neither a comparison nor an event"),
        ("...", "neither a comparison nor an event"),
    ],
)
def test_what_is_outside_the_grammar_is_refused(text: str, fragment: str) -> None:
    with pytest.raises(ValueError, match=r".") as error:
        parse(text, NUMBERS, EVENTS)
    assert fragment in str(error.value)


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        ("warmth", "'warmth' is a number; compare it with something: 'warmth > 50'"),
        ("summit and arms", "'arms' is a number"),
        ("not trade", "'trade' is a number"),
        ("summit > 3", "'summit' is an event, true once it has happened; it cannot be compared"),
        ("1 < summit < 3", "'summit' is an event"),
        ("summit == crisis", "is an event"),
        ("wramth < 3", "unknown name 'wramth' (did you mean 'warmth'?)"),
        ("sumit", "unknown name 'sumit' (did you mean 'summit'?)"),
        ("zzz < 3", "unknown name 'zzz'; known: arms, crisis, summit, trade, warmth"),
    ],
)
def test_a_name_must_be_known_and_of_the_right_kind(text: str, fragment: str) -> None:
    with pytest.raises(ValueError, match=r".") as error:
        parse(text, NUMBERS, EVENTS)
    assert fragment in str(error.value)


def test_a_condition_has_at_most_500_characters() -> None:
    longest = "warmth < 1" + " or warmth < 1" * 35
    assert len(longest) == 500
    assert truth(longest, warmth=[0.0, 1.0]) == [True, False]
    with pytest.raises(ValueError, match="at most 500 characters; this one has 501"):
        parse(longest + " ", NUMBERS, EVENTS)


@pytest.mark.parametrize("text", ["(" * 240 + "1" + ")" * 240, "not " * 120 + "summit", "- " * 200 + "1 < 2"])
def test_deep_nesting_is_read_or_refused_but_never_crashes(text: str) -> None:
    try:
        condition = parse(text, NUMBERS, EVENTS)
    except ValueError as error:
        assert str(error) != ""
    else:
        assert holds(condition, {"summit": np.array([True])}).tolist() == [True]


@pytest.mark.parametrize("number", ["1e999", "1" + "0" * 400])
def test_a_number_beyond_what_a_float_holds_is_refused(number: str) -> None:
    with pytest.raises(ValueError, match=r"number|finite|large"):
        parse(f"warmth < {number}", NUMBERS, EVENTS)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60) | st.text(alphabet="()<>=!-+ andortwhmsui0123456789._,'[]:\\", max_size=60))
def test_any_text_is_a_condition_or_a_plain_refusal(text: str) -> None:
    try:
        condition = parse(text, NUMBERS, EVENTS)
    except ValueError as error:
        assert str(error) != ""
    else:
        assert condition.names <= NUMBERS | EVENTS
