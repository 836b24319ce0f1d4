"""What changed between two scenarios: by meaning and not by text, in words, with numbers worked out by hand."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from simulator import Scenario, read_scenario, shipped_scenarios
from simulator.report.export import frames_as_json
from simulator.review.diff import Change, as_text, differences, table
from simulator.scenario.conditions import parse

# Of 40, 30 and 50 points; nothing uncertain, no condition, no links.
PLAIN = """\
title = "Plain"
as_of = 2025-01-20
months = 12
factors.trade = { label = "Trade", level = 40, weight = 1, half_life = 2, volatility = 2, settling = 12, drift = 1 }
factors.arms = { label = "Arms", level = 30, weight = 2, half_life = 3, volatility = 3, settling = 24, drift = 1 }
factors.war = { label = "War", level = 50, weight = 1, half_life = 3, volatility = 3, settling = 24, drift = 1 }
"""
SUMMIT = """\
[events.summit]
label = "A summit"
{timing}
effects.trade = {{ jump = 5 }}
"""
RATE, DATE, WINDOW = (
    "rate = 0.5",
    "on = 2025-06-15\nprobability = 0.5",
    "between = [2025-03-01, 2025-09-01]\nprobability = 0.5",
)

Write = Callable[..., Path]


@pytest.fixture
def read(tmp_path: Path, write: Write) -> Callable[..., Scenario]:
    """Return a function that reads a text, with overrides, under a name."""

    def read(text: str, *overrides: str, name: str = "toy") -> Scenario:
        return read_scenario(write(tmp_path, text, f"{name}.toml"), overrides)

    return read


@cache
def shipped(name: str) -> Scenario:
    return read_scenario(name)


def told(a: Scenario, b: Scenario) -> list[tuple[str, str]]:
    return [(change.key, change.words) for change in differences(a, b)]


def only(a: Scenario, b: Scenario) -> Change:
    [change] = differences(a, b)
    return change


# --- numbers ---


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("factors.trade.level=42.5", "trade: level 40 -> 42.5 (warmer by 2.5)"),
        ("factors.arms.target=30.25", "arms: target 50 -> 30.25 (colder by 19.75)"),
        ("factors.arms.target=70", "arms: target 50 -> 70 (warmer by 20)"),
        ("factors.trade.weight=1.5", "trade: counts more: 1 -> 1.5 (+50 %)"),
        ("factors.arms.weight=0.5", "arms: counts less: 2 -> 0.5 (-75 %)"),
        ("factors.arms.weight=2.005", "arms: counts more: 2 -> 2.005 (+0.25 %)"),
        ("factors.arms.weight=0", "arms: counts less: 2 -> 0 (-100 %)"),
        ("factors.trade.half_life=4", "trade: half_life 2 -> 4 (slower by 2 months)"),
        ("factors.trade.half_life=1", "trade: half_life 2 -> 1 (faster by 1 month)"),
        ("factors.trade.settling=18", "trade: settling 12 -> 18 (slower by 6 months)"),
        ("factors.trade.settling=10", "trade: settling 12 -> 10 (faster by 2 months)"),
        ("factors.trade.volatility=3.5", "trade: volatility 2 -> 3.5 (noisier by 1.5)"),
        ("factors.trade.volatility=0.5", "trade: volatility 2 -> 0.5 (calmer by 1.5)"),
        ("factors.trade.drift=2", "trade: drift 1 -> 2 (noisier by 1)"),
        ("factors.trade.drift=0", "trade: drift 1 -> 0 (calmer by 1)"),
    ],
)
def test_a_number_of_a_factor_is_told_by_what_it_means(read, override: str, words: str) -> None:
    key = override.split("=", maxsplit=1)[0]
    aimed = "factors.arms.target=50"
    assert (key, words) in told(read(PLAIN, aimed), read(PLAIN, aimed, override))


def test_a_number_that_changes_is_one_change_with_plain_values(read) -> None:
    change = only(read(PLAIN), read(PLAIN, "factors.war.volatility=5"))
    assert change == Change("factors.war.volatility", "changed", 3.0, 5.0, "war: volatility 3 -> 5 (noisier by 2)")


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        # quantiles of a normal law: what is stated; 0.2 % of it lie outside 0 to 100, which moves no digit
        ("{ p10 = 20, p50 = 30, p90 = 40 }", "34", "20/30/40 -> 34 (warmer by 4)"),
        ("{ p10 = 20, p50 = 30, p90 = 40 }", "30", "20/30/40 -> 30"),
        ("34", "{ p10 = 20, p50 = 30, p90 = 40 }", "34 -> 20/30/40 (colder by 4)"),
        ("{ p10 = 30, p50 = 40, p90 = 50 }", "{ p10 = 28, p50 = 40, p90 = 52 }", "30/40/50 -> 28/40/52"),
        ("{ p10 = 30, p50 = 40, p90 = 50 }", "{ p10 = 37, p50 = 45, p90 = 55 }", "30/40/50 -> 37/45/55 (warmer by 5)"),
        ("{ p10 = 20, p50 = 30, p90 = 40 }", '{ dist = "uniform", low = 20, high = 40 }', "20/30/40 -> uniform(20, 40)"),
        # normal(0, 10), given that it is a level: the half of it above 0, whose median is 10 * 0.6745
        ("5", '{ dist = "normal", mean = 0, sd = 10, low = 0 }', "5 -> normal(0, 10, 0) (warmer by 1.74)"),
        # two masses of a tenth and more at both ends have the same tenth, half and nine tenths
        (
            '{ dist = "discrete", values = [20, 30, 40], probabilities = [0.2, 0.6, 0.2] }',
            '{ dist = "discrete", values = [20, 30, 40], probabilities = [0.3, 0.4, 0.3] }',
            "discrete([20, 30, 40], [0.2, 0.6, 0.2]) -> discrete([20, 30, 40], [0.3, 0.4, 0.3])",
        ),
    ],
)
def test_laws_are_compared_by_their_medians_to_three_digits(read, before: str, after: str, words: str) -> None:
    a, b = (read(PLAIN, f"factors.arms.target={value}") for value in (before, after))
    assert told(a, b) == [("factors.arms.target", f"arms: target {words}")]


def test_a_law_that_weighs_more_is_told_by_its_median(read) -> None:
    # medians 1 and 1.5
    a, b = (read(PLAIN, f'factors.war.weight={{ dist = "uniform", low = 0.5, high = {high} }}') for high in (1.5, 2.5))
    assert only(a, b).words == "war: counts more: uniform(0.5, 1.5) -> uniform(0.5, 2.5) (+50 %)"


def test_a_weight_that_was_nothing_has_no_percentage(read) -> None:
    words = "war: counts more: 0 -> 1 (from nothing)"
    assert only(read(PLAIN, "factors.war.weight=0"), read(PLAIN)).words == words


# --- what is no difference ---


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("factors.arms.level=30", "factors.arms.level=30.0"),
        ("title='A'", "title='B'"),
        ("summary='A'", "summary='B'"),
        ("factors.arms.rationale='A'", "factors.arms.source='B'"),
        ("factors.arms.confidence='low'", "factors.arms.label='B'"),
        ("title='target is missing'", "factors.arms.target=30"),
        ("start=2025-01-20", "title='start is missing'"),
        ("title='no link'", "spillovers.arms.war=0"),
        ("correlations.arms.war=0.2", "correlations.war.arms=0.2"),
        ("factors.arms.target={ p10 = 10, p50 = 20, p90 = 30 }", "factors.arms.target={ p10 = 10, p50 = 20, p90 = 30.0 }"),
        ("factors.arms.target={ p5 = 10, p50 = 20 }", "factors.arms.target={ p05 = 10, p50 = 20 }"),
        ("factors.arms.target={ p10 = 10, p50 = 20 }", "factors.arms.target={ p10 = 10, p50 = 20, low = 0 }"),
        ("factors.arms.target=22", "factors.arms.target={ dist = 'discrete', values = [22], probabilities = [1] }"),
        ("indices.view.weights={ arms = 1 }", "indices.view.weights={ arms = 1, war = 0 }"),
        ("indices.view.weights={ arms = 1, war = -2 }", "indices.view.weights={ war = -4, arms = 2 }"),
        ("bands={ cuts = [50], names = ['low', 'high'] }", "bands={ cuts = [50.0], names = ['low', 'high'] }"),
    ],
)
def test_what_means_the_same_is_no_difference(read, before: str, after: str) -> None:
    assert differences(read(PLAIN, before), read(PLAIN, after)) == ()


def test_weights_that_all_grow_by_one_factor_are_no_difference_and_others_are(read) -> None:
    law = '{{ dist = "uniform", low = {}, high = {} }}'
    a, b, c = (
        read(
            PLAIN,
            f"factors.trade.weight={1 * k}",
            f"factors.arms.weight={2 * k}",
            f"factors.war.weight={law.format(k, high)}",
        )
        for k, high in ((1, 2), (3, 6), (3, 7))
    )
    assert differences(a, b) == ()
    assert [change.key for change in differences(a, c)] == [f"factors.{name}.weight" for name in ("trade", "arms", "war")]


def test_the_order_of_entries_is_no_difference(read) -> None:
    lines = PLAIN.splitlines(keepends=True)
    assert differences(read(PLAIN), read("".join([*lines[:3], lines[5], lines[3], lines[4]]))) == ()


def test_a_law_that_one_draw_in_a_thousand_can_tell_is_a_difference(read) -> None:
    law = "factors.arms.target={{ dist = 'discrete', values = [10, 20, 30], probabilities = [{}, {}, 0.5] }}"
    assert len(differences(read(PLAIN, law.format(0.001, 0.499)), read(PLAIN, law.format(0.002, 0.498)))) == 1


def test_a_missing_target_moves_with_the_level(read) -> None:
    assert told(read(PLAIN), read(PLAIN, "factors.war.level=45")) == [
        ("factors.war.level", "war: level 50 -> 45 (colder by 5)"),
        ("factors.war.target", "war: target 50 -> 45 (colder by 5)"),
    ]


def test_a_target_that_only_one_states_is_told_where_it_is_another_number(read) -> None:
    stated = read(PLAIN, "factors.arms.target=34")
    change = only(read(PLAIN), stated)
    assert change == Change("factors.arms.target", "added", None, 34.0, "arms: target none -> 34")
    assert only(stated, read(PLAIN)).words == "arms: target 34 -> none"
    # a level that moves away from what it was heading for leaves that where it was
    a, b = read(PLAIN), read(PLAIN, "factors.arms.target=30", "factors.arms.level=40")
    assert told(a, b) == [("factors.arms.level", "arms: level 30 -> 40 (warmer by 10)")]


def test_an_uncertain_level_as_target_is_not_the_same_law_drawn_once_more(read) -> None:
    law = "{ p10 = 20, p50 = 30, p90 = 40 }"
    tied = read(PLAIN, f"factors.war.level={law}")
    apart = read(PLAIN, f"factors.war.level={law}", f"factors.war.target={law}")
    assert only(tied, apart).words == "war: target none -> 20/30/40"
    assert only(apart, tied).words == "war: target 20/30/40 -> none"
    assert differences(tied, tied) == differences(apart, apart) == ()
    # where the target is another number as well, that is the one change
    other = read(PLAIN, f"factors.war.level={law}", "factors.war.target=34")
    assert only(tied, other).words == "war: target none -> 34"


# --- start, horizon and run ---


def test_start_horizon_and_run_are_told_first_and_last(read) -> None:
    b = read(PLAIN, "start=2025-03-20", "months=18", "run.seed=4", "run.draws=500", "factors.war.drift=2")
    assert told(read(PLAIN), b) == [
        ("start", "start 2025-01-20 -> 2025-03-20"),
        ("months", "horizon 12 -> 18 (longer by 6 months)"),
        ("factors.war.drift", "war: drift 1 -> 2 (noisier by 1)"),
        ("run.draws", "draws 10000 -> 500"),
        ("run.seed", "seed 1 -> 4"),
    ]
    assert told(b, read(PLAIN))[:2] == [
        ("start", "start 2025-03-20 -> 2025-01-20"),
        ("months", "horizon 18 -> 12 (shorter by 6 months)"),
    ]
    start, months = differences(read(PLAIN), b)[:2]
    assert (start.before, start.after, months.before, months.after) == ("2025-01-20", "2025-03-20", 12, 18)


def test_a_relationship_has_no_horizon(read) -> None:
    change = only(read(PLAIN.replace("months = 12\n", "")), read(PLAIN))
    assert (change.key, change.kind, change.before, change.after) == ("months", "added", None, 12)
    assert change.words == "horizon none -> 12"


# --- factors, links and indices ---


def test_a_factor_that_only_one_has_is_told_whole(read) -> None:
    a, b = read(PLAIN), read("\n".join(line for line in PLAIN.splitlines() if "War" not in line) + "\n")
    numbers = "level 50, weight 1, half_life 3, volatility 3, settling 24, drift 1"
    assert told(a, b)[-1] == ("factors.war", f"war removed (was {numbers})")
    added = differences(b, a)[-1]
    assert added.words == f"war added: {numbers}"
    assert (added.kind, added.before) == ("added", None)
    assert added.after == {"level": 50, "weight": 1, "half_life": 3, "volatility": 3, "settling": 24, "drift": 1}


@pytest.mark.parametrize(("table", "joint"), [("spillovers", "to"), ("correlations", "with")])
def test_links_are_told_with_their_numbers(read, table: str, joint: str) -> None:
    a = read(PLAIN, f"{table}.trade.arms=0.25", f"{table}.trade.war=0.5", f"{table}.arms.war=0.125")
    b = read(PLAIN, f"{table}.trade.arms=0.375", f"{table}.trade.war=-0.25")
    changes = differences(a, b)
    assert [(change.key, change.kind, change.before, change.after) for change in changes] == [
        (f"{table}.trade.arms", "changed", 0.25, 0.375),
        (f"{table}.trade.war", "changed", 0.5, -0.25),
        (f"{table}.arms.war", "removed", 0.125, None),
    ]
    assert [change.words for change in changes] == [
        f"trade {joint} arms 0.25 -> 0.375 (stronger by 0.125)",
        f"trade {joint} war 0.5 -> -0.25 (reversed)",
        f"arms {joint} war removed (was 0.125)",
    ]
    assert differences(b, a)[0].words == f"trade {joint} arms 0.375 -> 0.25 (weaker by 0.125)"
    assert differences(b, a)[2].words == f"arms {joint} war added: 0.125"


def test_a_negative_link_is_stronger_the_lower_it_is(read) -> None:
    a, b = (read(PLAIN, f"spillovers.trade.arms={value}") for value in (-0.25, -0.5))
    assert only(a, b).words == "trade to arms -0.25 -> -0.5 (stronger by 0.25)"


def test_a_spillover_has_a_direction(read) -> None:
    a, b = read(PLAIN, "spillovers.trade.arms=0.25"), read(PLAIN, "spillovers.arms.trade=0.25")
    assert told(a, b) == [
        ("spillovers.trade.arms", "trade to arms removed (was 0.25)"),
        ("spillovers.arms.trade", "arms to trade added: 0.25"),
    ]


def test_weights_of_an_index_count_by_their_size(read) -> None:
    a = read(PLAIN, "indices.view.weights={ trade = -1, arms = 1, war = 2 }", "indices.old.weights={ arms = 1 }")
    law = '{ dist = "uniform", low = 1, high = 2 }'
    b = read(PLAIN, f"indices.view.weights={{ trade = -2, arms = -1, war = {law} }}", "indices.new.weights={ arms = 1 }")
    assert told(a, b) == [
        ("indices.view.weights.trade", "view: trade counts more: -1 -> -2 (+100 %)"),
        ("indices.view.weights.arms", "view: arms weight 1 -> -1 (reversed)"),
        ("indices.view.weights.war", "view: war counts less: 2 -> uniform(1, 2) (-25 %)"),
        ("indices.old", "old removed (was arms 1)"),
        ("indices.new", "new added: arms 1"),
    ]
    c = read(PLAIN, "indices.view.weights={ trade = -1, arms = 1 }", "indices.old.weights={ arms = 1 }")
    assert only(a, c).words == "view: war weight removed (was 2)"
    assert only(c, a).words == "view: war weight added: 2"


def test_weights_that_all_change_sign_are_reversed(read) -> None:
    a, b = (read(PLAIN, f"indices.view.weights={{ trade = {w}, arms = {-2 * w} }}") for w in (1, -1))
    assert [change.words for change in differences(a, b)] == [
        "view: trade weight 1 -> -1 (reversed)",
        "view: arms weight -2 -> 2 (reversed)",
    ]


def test_bands_of_the_file_are_told_once_and_an_index_with_its_own_apart(read) -> None:
    view = "indices.view.weights={ arms = 1 }"
    low, middle = (f"{{ cuts = [{cut}], names = ['low', 'high'] }}" for cut in (40, 50))
    a, b = read(PLAIN, view, f"bands={low}"), read(PLAIN, view, f"bands={middle}")
    assert told(a, b) == [("bands", "bands low | 40 | high -> low | 50 | high")]
    own = read(PLAIN, view, f"bands={low}", f"indices.view.bands={middle}")
    assert told(a, own) == [("indices.view.bands", "view: bands low | 40 | high -> low | 50 | high")]
    assert differences(own, own) == ()
    warmth = read(PLAIN, view, f"bands={low}", f"indices.warmth.bands={middle}")
    assert told(a, warmth) == [("indices.warmth.bands", "warmth: bands low | 40 | high -> low | 50 | high")]
    assert only(a, b).after == {"cuts": [50], "names": ["low", "high"]}


# --- events ---


def summit(read, timing: str, *overrides: str) -> Scenario:
    return read(PLAIN + SUMMIT.format(timing=timing), *overrides)


def test_an_event_that_only_one_has_is_told_in_one_line(read) -> None:
    a, b = (
        read(PLAIN),
        summit(read, "rate = 0.5\nrepeats = true\nlasts = 6", "events.summit.effects.arms={jump=-2, shift=3}"),
    )
    added = only(a, b)
    assert added.words == "summit added: rate 0.5, repeats yes, lasts 6, trade jump 5, arms jump -2 and shift 3"
    assert (added.key, added.kind, added.before) == ("events.summit", "added", None)
    assert added.after == {
        "rate": 0.5,
        "repeats": True,
        "lasts": 6,
        "effects": {"trade": {"jump": 5}, "arms": {"jump": -2, "shift": 3}},
    }
    assert only(b, a).words == "summit removed (was rate 0.5, repeats yes, lasts 6, trade jump 5, arms jump -2 and shift 3)"


def test_an_event_is_switched_off_and_on(read) -> None:
    on, off = summit(read, DATE), summit(read, DATE, "events.summit.enabled=false", "events.summit.probability=0.9")
    change = only(on, off)
    assert change.words == "summit switched off (was on 2025-06-15, probability 0.5, trade jump 5)"
    assert (change.key, change.kind, change.before, change.after) == ("events.summit.enabled", "changed", True, False)
    assert only(off, on).words == "summit switched on: on 2025-06-15, probability 0.5, trade jump 5"


def test_an_event_that_is_switched_off_is_as_one_that_is_not_there(read) -> None:
    off = "events.summit.enabled=false"
    assert differences(summit(read, DATE, off), read(PLAIN)) == differences(read(PLAIN), summit(read, DATE, off)) == ()
    assert differences(summit(read, DATE, off), summit(read, RATE, off)) == ()


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        # 1 - exp(-0.5) and 1 - exp(-1) over twelve months
        ("rate = 0.5", "rate = 1", "rate 0.5 -> 1 (39.3 % -> 63.2 % within 12 months)"),
        ("rate = 1", "rate = 0.5", "rate 1 -> 0.5 (63.2 % -> 39.3 % within 12 months)"),
        # 1 - exp(-0.005), 1 - exp(-5)
        ("rate = 0.005", "rate = 5", "rate 0.005 -> 5 (0.499 % -> 99.3 % within 12 months)"),
        ("rate = 0.5", "rate = 0.51", "rate 0.5 -> 0.51 (39.3 % -> 40 % within 12 months)"),
        # a window of the six steps 2 to 7
        (
            "rate = 1\nbetween = [2025-03-01, 2025-08-01]",
            "rate = 2\nbetween = [2025-03-01, 2025-08-01]",
            "rate 1 -> 2 (39.3 % -> 63.2 % within 12 months)",
        ),
        (DATE, DATE.replace("0.5", "0.75"), "probability 0.5 -> 0.75 (50 % -> 75 % within 12 months)"),
        (WINDOW, WINDOW.replace("0.5", "0.25"), "probability 0.5 -> 0.25 (50 % -> 25 % within 12 months)"),
        # the mean of a triangular law is (0.4 + 0.8 + 0.9) / 3
        (
            DATE,
            DATE.replace("0.5", '{ dist = "triangular", low = 0.4, mode = 0.8, high = 0.9 }'),
            "probability 0.5 -> triangular(0.4, 0.8, 0.9) (50 % -> 70 % within 12 months)",
        ),
        # one trial: only the mean of the probability bears on the chance, 0.5 for both
        (DATE, DATE.replace("0.5", '{ dist = "uniform", low = 0.4, high = 0.6 }'), "probability 0.5 -> uniform(0.4, 0.6)"),
    ],
)
def test_a_chance_is_told_over_the_horizon(read, before: str, after: str, words: str) -> None:
    assert only(summit(read, before), summit(read, after)).words == f"summit: {words}"


def test_chances_of_different_horizons_are_compared_over_the_months_of_both(read) -> None:
    # three months: 1 - exp(-0.5) and 1 - exp(-1)
    a, b = summit(read, "rate = 2"), summit(read, "rate = 4", "months=3")
    assert ("events.summit.rate", "summit: rate 2 -> 4 (39.3 % -> 63.2 % within 3 months)") in told(a, b)


@pytest.mark.parametrize(
    ("days", "words"),
    [
        # steps 11 to 14 of 12: half of the window; 1 - 0.25 ** 0.5 and 1 - 0.36 ** 0.5
        ("2025-12-01, 2026-03-15", " (50 % -> 40 % within 12 months)"),
        ("2026-03-01, 2026-05-15", ""),
    ],
)
def test_of_a_window_past_the_horizon_only_its_part_counts(tmp_path: Path, write: Write, days: str, words: str) -> None:
    base = PLAIN.replace("months = 12\n", "") + SUMMIT.format(timing=f"between = [{days}]\nprobability = 0.75")
    write(tmp_path / "seeds", base, "base.toml")
    path = write(tmp_path / "scenarios", 'title = "A"\nrelationship = "base"\nmonths = 12\n', "a.toml")
    change = only(read_scenario(path), read_scenario(path, ["events.summit.probability=0.64"]))
    assert change.words == f"summit: probability 0.75 -> 0.64{words}"


def test_a_rate_and_a_probability_are_compared_by_what_comes_of_them(read) -> None:
    # two steps of a rate: 1 - exp(-6 * 2 / 12)
    window = "between = [2025-05-21, 2025-07-20]"
    change = only(summit(read, f"rate = 6\n{window}"), summit(read, f"probability = 0.75\n{window}"))
    assert change.words == "summit: rate 6 -> probability 0.75 (63.2 % -> 75 % within 12 months)"
    assert (change.key, change.before, change.after) == ("events.summit.chance", {"rate": 6}, {"probability": 0.75})


def test_a_condition_leaves_the_chance_over_the_horizon_open(read) -> None:
    gated = "when = 'arms > 20'"
    a, b, c = (summit(read, f"{odds}\n{gated}") for odds in ("rate = 0.5", "rate = 0.75", "probability = 0.5"))
    assert only(a, b).words == "summit: rate while its condition holds: 0.5 -> 0.75 (likelier by 0.25 a year)"
    assert only(a, c).words == "summit: rate 0.5 -> probability 0.5"
    free = summit(read, "rate = 0.25")
    assert told(b, free) == [
        ("events.summit.rate", "summit: rate while its condition holds: 0.75 -> 0.25 (less likely by 0.5 a year)"),
        ("events.summit.when", "summit: when arms > 20 -> no condition"),
    ]


def test_without_a_horizon_a_rate_is_told_as_it_is(read) -> None:
    a, b = (read(PLAIN.replace("months = 12\n", "") + SUMMIT.format(timing=f"rate = {rate}")) for rate in (0.5, 1.5))
    assert only(a, b).words == "summit: rate 0.5 -> 1.5 (likelier by 1 a year)"


@pytest.mark.parametrize(
    ("before", "after", "key", "words"),
    [
        (DATE, DATE.replace("06", "08"), "on", "2025-06-15 -> 2025-08-15"),
        (
            WINDOW,
            WINDOW.replace("03-01", "05-01").replace("09-01", "10-01"),
            "between",
            "2025-03-01 to 2025-09-01 -> 2025-05-01 to 2025-10-01",
        ),
        (
            DATE,
            "between = [2025-01-21, 2026-01-20]\nprobability = 0.5",  # the whole horizon
            "timing",
            "2025-06-15 -> 2025-01-21 to 2026-01-20",
        ),
        (DATE, WINDOW, "timing", "2025-06-15 -> 2025-03-01 to 2025-09-01"),
        (DATE, "when = 'arms > 20'\nprobability = 0.5", "on", "2025-06-15 -> once its condition holds"),
        # six of twelve steps: 1 - exp(-1) and 1 - exp(-0.5)
        (
            "rate = 1",
            "rate = 1\nbetween = [2025-03-01, 2025-08-01]",
            "between",
            "any time -> 2025-03-01 to 2025-08-01 (63.2 % -> 39.3 % within 12 months)",
        ),
    ],
)
def test_another_timing_shows_both_and_what_it_does_to_the_chance(
    read, before: str, after: str, key: str, words: str
) -> None:
    change = differences(summit(read, before), summit(read, after))[0]
    assert (change.key, change.words) == (f"events.summit.{key}", f"summit: {words}")


def test_dates_are_iso_text(read) -> None:
    change = only(summit(read, DATE), summit(read, WINDOW))
    assert (change.before, change.after) == ({"on": "2025-06-15"}, {"between": ["2025-03-01", "2025-09-01"]})
    change = only(summit(read, DATE), summit(read, DATE.replace("06", "08")))
    assert (change.before, change.after) == ("2025-06-15", "2025-08-15")


def test_the_same_day_from_another_start_is_no_other_timing(read) -> None:
    assert [change.key for change in differences(summit(read, DATE), summit(read, DATE, "start=2025-02-20"))] == ["start"]
    a, b = summit(read, DATE), summit(read, DATE.replace("06", "07"), "start=2025-02-20")  # step 5 of both
    assert differences(a, b)[-1].words == "summit: 2025-06-15 -> 2025-07-15"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (DATE, "between = [2025-06-15, 2025-06-15]\nprobability = 0.5"),
        (RATE, f"{RATE}\nbetween = [2025-01-21, 2026-01-20]"),  # the whole horizon
        (RATE, f"{RATE}\nbetween = [2025-02-20, 2025-12-21]"),  # all of its steps
        (f"{RATE}\nwhen = 'arms > 20'", f"{RATE}\nwhen = '(arms>20.0)'"),
        (RATE, f"{RATE}\neffects.arms = {{ jump = 0 }}"),
        (RATE, f"{RATE}\nrepeats = false\ncooldown = 0"),
    ],
)
def test_events_that_mean_the_same_are_no_difference(read, before: str, after: str) -> None:
    assert differences(summit(read, before), summit(read, after)) == ()
    assert differences(summit(read, after), summit(read, before)) == ()


def test_a_window_a_step_short_of_the_horizon_is_a_difference(read) -> None:
    for days in ("2025-02-21, 2026-01-20", "2025-01-21, 2025-12-20"):
        change = only(summit(read, RATE), summit(read, f"{RATE}\nbetween = [{days}]"))
        assert change.words.endswith("(39.3 % -> 36.8 % within 12 months)")  # 1 - exp(-0.5 * 11 / 12)


def test_a_chance_is_told_once_where_rate_and_window_change(read) -> None:
    a, b = summit(read, "rate = 1"), summit(read, "rate = 4\nbetween = [2025-02-21, 2025-05-20]")
    assert told(a, b) == [
        ("events.summit.rate", "summit: rate 1 -> 4"),
        ("events.summit.between", "summit: any time -> 2025-02-21 to 2025-05-20"),
    ]
    b = summit(read, "rate = 2\nbetween = [2025-02-21, 2025-05-20]")
    assert told(a, b) == [
        ("events.summit.rate", "summit: rate 1 -> 2 (63.2 % -> 39.3 % within 12 months)"),
        ("events.summit.between", "summit: any time -> 2025-02-21 to 2025-05-20"),
    ]


def test_another_condition_shows_both(read) -> None:
    a, b = (summit(read, f"{RATE}\nwhen = '{when}'") for when in ("warmth < 35", "warmth < 30 and not summit"))
    change = only(a, b)
    assert change.words == "summit: when warmth < 35 -> warmth < 30 and not summit"
    assert (change.key, change.before, change.after) == ("events.summit.when", "warmth < 35", "warmth < 30 and not summit")
    assert only(summit(read, RATE), a).words == "summit: when no condition -> warmth < 35"


def test_an_event_may_come_to_repeat_and_to_rest(read) -> None:
    once, often, rarely = (
        summit(read, f"{RATE}\n{more}") for more in ("", "repeats = true", "repeats = true\ncooldown = 3")
    )
    assert told(once, often) == [("events.summit.repeats", "summit: repeats no -> yes")]
    assert told(rarely, once) == [
        ("events.summit.repeats", "summit: repeats yes -> no"),
        ("events.summit.cooldown", "summit: cooldown 3 -> 0 (shorter by 3 months)"),
    ]
    assert told(often, rarely) == [("events.summit.cooldown", "summit: cooldown 0 -> 3 (longer by 3 months)")]


def test_shifts_last_longer_shorter_or_for_good(read) -> None:
    shift = f"{RATE}\neffects.arms = {{ shift = 2 }}"
    good, year, half = summit(read, shift), summit(read, f"{shift}\nlasts = 12"), summit(read, f"{shift}\nlasts = 6")
    assert only(good, year).words == "summit: duration of shifts for good -> 12 months (shorter)"
    assert only(half, good).words == "summit: duration of shifts 6 months -> for good (longer)"
    assert only(half, year).words == "summit: duration of shifts 6 -> 12 (longer by 6 months)"
    assert only(year, half).words == "summit: duration of shifts 12 -> 6 (shorter by 6 months)"
    none = summit(read, RATE)
    assert told(none, year) == [
        ("events.summit.lasts", "summit: duration of shifts added: 12"),
        ("events.summit.effects.arms.shift", "summit: arms shift added: 2"),
    ]
    assert told(year, none) == [("events.summit.effects.arms.shift", "summit: arms shift removed (was 2)")]


def test_effects_are_stronger_weaker_or_reversed_by_factor(read) -> None:
    effects = "effects.arms = {{ jump = {}, shift = {} }}\neffects.war = {{ jump = {} }}"
    a, b, c = (summit(read, f"{RATE}\n{effects.format(*sizes)}") for sizes in ((-4, 2, 1), (-6, 1.5, -1), (-6, 0, 0)))
    assert told(a, b) == [
        ("events.summit.effects.arms.jump", "summit: arms jump -4 -> -6 (stronger by 2)"),
        ("events.summit.effects.arms.shift", "summit: arms shift 2 -> 1.5 (weaker by 0.5)"),
        ("events.summit.effects.war.jump", "summit: war jump 1 -> -1 (reversed)"),
    ]
    assert told(b, c) == [
        ("events.summit.effects.arms.shift", "summit: arms shift removed (was 1.5)"),
        ("events.summit.effects.war.jump", "summit: war jump removed (was -1)"),
    ]
    assert only(summit(read, RATE), summit(read, RATE, "events.summit.effects.trade.shift=1")).words == (
        "summit: trade shift added: 1"
    )


def test_an_uncertain_effect_is_reversed_where_its_median_is(read) -> None:
    a, b = (
        summit(read, RATE, f"events.summit.effects.trade.jump={value}") for value in (4, "{ p10 = -6, p50 = -4, p90 = 4 }")
    )
    assert only(a, b).words == "summit: trade jump 4 -> -6/-4/4 (reversed)"


# --- questions ---


def test_questions_come_go_and_change(read) -> None:
    a = read(PLAIN, "questions.cold={ ask = 'warmth < 30', on = 2025-06-01 }", "questions.same.ask='warmth > 50'")
    b = read(PLAIN, "questions.cold={ ask = 'warmth < 25', on = 2025-09-01 }", "questions.same.ask='warmth > 50.0'")
    assert told(a, b) == [
        ("questions.cold.ask", "cold: asks warmth < 30 -> warmth < 25"),
        ("questions.cold.on", "cold: on 2025-06-01 -> on 2025-09-01"),
    ]
    c = read(PLAIN, "questions.new={ ask = 'warmth < 30', by = 2025-06-01 }", "questions.same.ask='warmth > 50'")
    assert told(a, c) == [
        ("questions.cold", "cold removed (was warmth < 30, on 2025-06-01)"),
        ("questions.new", "new added: warmth < 30, by 2025-06-01"),
    ]
    assert differences(a, c)[1].after == {"ask": "warmth < 30", "by": "2025-06-01"}


def test_by_a_day_is_not_on_a_day(read) -> None:
    a, b, c = (
        read(PLAIN, f"questions.cold={{ ask = 'warmth < 30', {day} }}")
        for day in ("on = 2025-06-01", "by = 2025-06-01", "by = 2025-05-25")
    )
    change = only(a, b)
    assert change.words == "cold: on 2025-06-01 -> by 2025-06-01"
    assert (change.key, change.before, change.after) == ("questions.cold.date", {"on": "2025-06-01"}, {"by": "2025-06-01"})
    assert only(b, c).words == "cold: by 2025-06-01 -> by 2025-05-25"


def test_a_question_without_a_day_is_asked_at_the_horizon(read) -> None:
    ask = "questions.cold.ask='warmth < 30'"
    a = read(PLAIN, ask)
    assert differences(a, read(PLAIN, ask, "questions.cold.on=2026-01-20")) == ()
    assert told(a, read(PLAIN, ask, "months=6"))[1] == ("questions.cold.on", "cold: on 2026-01-20 -> on 2025-07-20")


def test_a_condition_means_what_it_says_and_not_how() -> None:
    def meaning(text: str) -> str:
        return parse(text, {"warmth"}, {"summit"}).meaning

    assert meaning("not summit and(warmth<30)") == meaning(" not summit and warmth < 30.0 ")
    assert meaning("warmth < 30") != meaning("warmth <= 30")
    assert meaning("warmth < 30") != meaning("warmth < 31")


# --- page and JSON ---


def test_a_page_is_grouped_by_table_in_reading_order(read) -> None:
    a = read(PLAIN, "correlations.trade.arms=0.25", name="before")
    b = read(
        PLAIN + SUMMIT.format(timing=DATE),
        "months=18",
        "factors.war.drift=2",
        "spillovers.trade.arms=0.25",
        "indices.view.weights={ arms = 1 }",
        "questions.cold={ ask = 'warmth < 30', on = 2025-06-01 }",
        "run.seed=7",
        "title='Other'",
        "factors.war.source='Other'",
        name="after",
    )
    assert (
        as_text(a, b, differences(a, b))
        == """\
before -> after: 8 differences

Start and horizon
  horizon 12 -> 18 (longer by 6 months)

Factors
  war: drift 1 -> 2 (noisier by 1)

Spillovers
  trade to arms added: 0.25

Correlations
  trade with arms removed (was 0.25)

Indices
  view added: arms 1

Events
  summit added: on 2025-06-15, probability 0.5, trade jump 5

Questions
  cold added: warmth < 30, on 2025-06-01

Run settings
  seed 1 -> 7

texts differ: 2"""
    )


def test_a_page_without_differences_says_so(read) -> None:
    a = read(PLAIN)
    assert as_text(a, a, ()) == "toy -> toy: no difference"
    b = read(PLAIN, "title='B'", "factors.war.rationale='A reason.'", name="b")
    assert as_text(a, b, differences(a, b)) == "toy -> b: no difference\n\ntexts differ: 2"


def test_a_page_has_at_most_96_columns_and_all_words() -> None:
    for path in shipped_scenarios():
        a, b = shipped("baseline"), shipped(path.stem)
        changes = differences(a, b)
        lines = as_text(a, b, changes).splitlines()
        assert max(map(len, lines)) <= 96
        page = " ".join(" ".join(lines).split())
        assert all(" ".join(change.words.split()) in page for change in changes)


def test_scenarios_of_different_relationships_are_compared_and_said_to_be() -> None:
    a, b = shipped("baseline"), shipped("us_china_baseline")
    changes = differences(a, b)
    page = as_text(a, b, changes).splitlines()
    assert page[0] == "Different relationships, us_russia and us_china: compared table by table."
    assert page[1] == f"baseline -> us_china_baseline: {len(changes)} differences"
    assert {"factors.nato", "factors.taiwan", "factors.rapport.level"} <= {change.key for change in changes}


def test_a_relationship_and_a_scenario_of_it_are_one_relationship() -> None:
    a, b = read_scenario(shipped_scenarios()[0].parents[1] / "seeds" / "us_russia.toml"), shipped("baseline")
    assert as_text(a, b, differences(a, b)).splitlines()[0].startswith("us_russia -> baseline: ")


def rows_of(changes: tuple[Change, ...]) -> list[dict[str, object]]:
    """Return differences as json tells them."""
    rows: list[dict[str, object]] = json.loads(frames_as_json({"changes": table(changes)}))["changes"]
    return rows


def test_json_holds_all_that_changes_hold(read) -> None:
    law = '{ dist = "normal", mean = 30, sd = 5 }'
    a, b = read(PLAIN), summit(read, DATE, f"factors.arms.target={law}", "start=2025-02-20")
    changes = differences(a, b)
    found = rows_of(changes)
    assert [Change(**entry) for entry in found] == list(changes)
    assert found[0] == {
        "key": "start",
        "kind": "changed",
        "before": "2025-01-20",
        "after": "2025-02-20",
        "words": "start 2025-01-20 -> 2025-02-20",
    }
    assert found[1]["after"] == {"dist": "normal", "mean": 30, "sd": 5}
    assert (found[2]["kind"], found[2]["before"]) == ("added", None)


# --- shipped scenarios ---


@pytest.mark.parametrize("path", shipped_scenarios(), ids=lambda path: path.stem)
def test_a_shipped_scenario_differs_from_itself_in_nothing(path: Path) -> None:
    a, b = shipped(path.stem), read_scenario(path)
    assert differences(a, b) == ()
    assert as_text(a, b, ()) == f"{path.stem} -> {path.stem}: no difference"


@pytest.mark.parametrize("path", shipped_scenarios(), ids=lambda path: path.stem)
def test_every_shipped_scenario_is_told_against_the_baseline_and_back(path: Path) -> None:
    base, other = shipped("baseline"), shipped(path.stem)
    there, back = differences(base, other), differences(other, base)
    assert there == differences(base, other)
    assert [Change(**entry) for entry in rows_of(there)] == list(there)
    mirrored = {"added": "removed", "removed": "added", "changed": "changed"}
    assert {(change.key, mirrored[change.kind]) for change in there if "correlations" not in change.key} == {
        (change.key, change.kind) for change in back if "correlations" not in change.key
    }
    assert {repr((change.key, change.before, change.after)) for change in there} == {
        repr((change.key, change.after, change.before)) for change in back
    }


def test_what_the_reset_changes_of_the_baseline() -> None:
    changes = {change.key: change for change in differences(shipped("baseline"), shipped("negotiated_reset"))}
    # p50 stated as 45 and 50
    assert changes["factors.rapport.target"].words == "rapport: target 25/45/65 -> 36/50/67 (warmer by 5)"
    assert (
        changes["events.new_start_ends.when"].words
        == "new_start_ends: when no condition -> not limits_pledge and not new_start_follow_on"
    )
    assert changes["events.summit_missed"].words == "summit_missed added: on 2025-08-21, when not summit, probability 1"
    assert [key for key in changes if key.startswith(("spillovers", "indices", "run", "start"))] == []
    added = [key.split(".")[1] for key in changes if key.startswith("events.") and changes[key].words.split()[1] == "added:"]
    assert added == [
        *("summit", "summit_missed", "arms_talks", "limits_pledge", "relief_first", "congress_blocks_relief"),
        *("new_start_follow_on", "relief_second", "relief_withdrawn", "late_ceasefire", "late_meeting"),
    ]
