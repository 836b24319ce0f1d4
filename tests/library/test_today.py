"""The relationship of October 2026: it holds what 2025 held, its page shows what the code gives, and it goes where it says."""

import runpy
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from simulator import Ensemble, read_scenario, simulate
from simulator.files.read import read_layers
from simulator.review.lint import warnings
from simulator.review.show import unsourced
from simulator.scenario.calendar import step_of

ROOT = Path(__file__).resolve().parents[2]
SEED = ROOT / "seeds" / "us_russia_2026.toml"
# Points of mean warmth within which it is said to be as cold as at its start.
ALIKE = 1.5
# What 2025 does not have.
NEW_INDICES = {
    "trade_energy",
    "trade_technology",
    "trade_defense",
    "oil_price_pressure",
    "eastern_europe_unease",
    "asia_concern",
}
# What ended before the day, switched off or marked as happened.
PAST = {"new_start_ends", "nato_summit_2025", "nato_summit_2026"}


@cache
def today(*overrides: str) -> Ensemble:
    return simulate(read_scenario("today", overrides), 5_000, seed=7)


def test_the_relationship_and_its_scenario_pass_the_strict_check_without_a_warning() -> None:
    for path in (SEED, ROOT / "scenarios" / "today.toml"):
        reading = read_layers(path)
        assert unsourced(reading) == []
        assert warnings(reading) == []


def test_it_has_the_factors_indices_and_weights_of_2025_and_adds_what_warmth_does_not_see() -> None:
    now, then = read_scenario(SEED), read_scenario(ROOT / "seeds" / "us_russia.toml")
    assert list(now.factors) == [*then.factors, "oil_price"]
    assert [factor.weight for factor in now.factors.values()] == [*(factor.weight for factor in then.factors.values()), 0]
    for name, index in then.indices.items():
        assert now.indices[name].weights == index.weights, name
    assert set(now.indices) - set(then.indices) == NEW_INDICES
    assert set(then.events) < set(now.events)


def dollars(points: float) -> float:
    """Return the price of Brent at a level of factors.oil_price, by the rule in its comment."""
    return 70 * (points / (100 - points)) ** 0.5


def test_the_price_of_oil_is_on_the_scale_that_its_label_says() -> None:
    for points, price in ((50, 70), (29.24, 45), (69, 104)):
        assert abs(dollars(points) - price) < 0.5


def test_the_price_of_oil_a_year_ahead_lies_as_widely_as_is_argued() -> None:
    low, middle, high = today().quantiles("oil_price", [0.25, 0.5, 0.75]).value.xs(12, level="month")
    assert 0.74 < dollars(low) / dollars(middle) < 0.9
    assert 1.1 < dollars(high) / dollars(middle) < 1.3


def test_oil_at_45_dollars_can_be_said_and_cools_trade_in_energy() -> None:
    cheap = today("factors.oil_price.level=29", "factors.oil_price.target=29")
    assert cheap.events().probability["cheap_oil"] > 0.95
    index = cheap.scenario.indices["oil_price_pressure"]
    assert index.bands.names[0].startswith("Moscow hard pressed")
    assert cheap.mean("energy")["mean"].to_numpy()[12] < today().mean("energy")["mean"].to_numpy()[12] - 0.3


def test_every_level_is_stated_anew_with_its_reasons() -> None:
    own = read_layers(SEED).layers[-1].data["factors"]
    assert list(own) == list(read_scenario(SEED).factors)
    for name, factor in own.items():
        assert {"level", "target", "rationale", "source", "confidence"} <= factor.keys(), name


def test_every_event_says_how_one_would_tell_that_it_happened() -> None:
    for name, event in read_scenario(SEED).events.items():
        assert event.resolution, name
        assert len(event.resolution) > 60, name


def test_nothing_of_its_calendar_is_past_but_what_it_marks_as_past() -> None:
    scenario = read_scenario("today")
    assert scenario.begins == scenario.as_of == date(2026, 10, 10)
    over = {
        name
        for name, event in scenario.events.items()
        if (last := event.on or (event.between[1] if event.between else None)) and last <= scenario.begins
    }
    assert over == PAST
    assert scenario.events["new_start_ends"].happened


def test_the_page_shows_what_the_code_gives() -> None:
    page = (ROOT / "docs" / "today.md").read_text(encoding="utf-8")
    for table in runpy.run_path(str(ROOT / "docs" / "today.py"))["tables"]():
        assert len(table) >= 8
        assert "\n".join(table) in page, "python docs/today.py"


def test_the_summary_states_the_direction_that_comes_out() -> None:
    summary = " ".join((read_scenario("today").summary or "").split())
    assert summary.endswith("Against its start: about as cold after 12 months, about as cold after 36.")
    warmth = today().paths("warmth").to_numpy()
    for month in (12, 36):
        assert abs(warmth[month].mean() - warmth[0].mean()) < ALIKE


def test_what_is_known_of_warmth_spreads_as_in_the_baseline() -> None:
    low, high = today().quantiles("warmth", [0.1, 0.9]).value.xs(12, level="month")
    assert 10 < high - low < 14  # docs/calibration.md
    low, high = today().quantiles("warmth", [0.1, 0.9]).value.xs(36, level="month")
    assert 18 < high - low < 24


@pytest.mark.parametrize(
    ("event", "factor", "sign", "month"),
    [
        ("buyers_tariffed", "sanctions", -1, 36),
        ("tariffs_waived", "sanctions", 1, 12),
        ("diesel_license_lapses", "energy", -1, 36),
        ("iran_settlement", "middle_east", 1, 36),
        ("iran_strikes_resume", "middle_east", -1, 12),
        ("nato_russia_fire", "nato", -1, 36),
        ("deadly_strike_on_nato", "nato", -1, 36),
        ("assets_taken", "sanctions", -1, 36),
        ("talks_break_off", "rapport", -1, 36),
        ("us_president_2029", "rapport", -1, 36),
        ("iran_settlement", "oil_price", -1, 36),
        ("iran_strikes_resume", "oil_price", 1, 6),
        ("oil_glut", "oil_price", -1, 36),
        ("cheap_oil", "energy", -1, 36),
        ("summit_document", "arms_control", 1, 12),
    ],
)
def test_each_event_of_the_new_situation_moves_its_factor_the_way_it_is_argued(
    event: str, factor: str, sign: int, month: int
) -> None:
    apart = today().paths(factor).to_numpy()[month] - today(f"events.{event}.enabled=false").paths(factor).to_numpy()[month]
    assert sign * apart.mean() > 4.5 * apart.std(ddof=1) / len(apart) ** 0.5


@pytest.mark.parametrize(
    ("dated", "rated"),
    [
        ("apec_meeting", "leaders_meeting"),
        ("g20_meeting", "leaders_meeting"),
        ("iran_strikes_resume", "middle_east_clash"),
    ],
)
def test_what_has_a_date_of_its_own_is_not_counted_by_the_rate_too(dated: str, rated: str) -> None:
    scenario = read_scenario("today")
    first, second = scenario.events[dated], scenario.events[rated]
    assert first.counts_as == rated
    assert scenario.begins
    assert second.between
    last = first.on or (first.between or (date.max, date.max))[1]
    assert step_of(scenario.begins, last) < step_of(scenario.begins, second.between[0])


@pytest.mark.parametrize("meeting", ["apec_meeting", "g20_meeting"])
def test_a_meeting_of_the_calendar_counts_as_a_meeting_and_has_its_effects(meeting: str) -> None:
    events = read_scenario("today").events
    assert events[meeting].counts_as == "leaders_meeting"
    assert events[meeting].effects == events["leaders_meeting"].effects
