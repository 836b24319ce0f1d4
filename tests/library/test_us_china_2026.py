"""Washington and Beijing in October 2026: what 2025 held is kept, the page says what comes out, the link to Russia is an index."""

from datetime import date
from functools import cache
from pathlib import Path

import pytest

from simulator import Ensemble, read_scenario, simulate
from simulator.files.read import read_layers
from simulator.review.lint import warnings
from simulator.review.show import unsourced

ROOT = Path(__file__).resolve().parents[2]
SEED = ROOT / "seeds" / "us_china_2026.toml"
OWN = ("us_china_today", "truce_breaks", "taiwan_quarantine")
# Points of mean warmth by which it must be colder than at its start to be said to be.
COLDER = 1.5
# Points of warmth against us_china_today where a scenario states a direction.
MARGIN = 0.8
# What ended before the day: marked as happened, or told apart under other names.
PAST = {"early_tariffs", "tiktok_sale", "summits_2025"}


@cache
def now(*overrides: str) -> Ensemble:
    return simulate(read_scenario("us_china_today", overrides), 2_000, seed=7)


@pytest.mark.parametrize("path", [SEED, *(ROOT / "scenarios" / f"{name}.toml" for name in OWN)], ids=lambda path: path.stem)
def test_each_file_passes_the_strict_check_without_a_warning(path: Path) -> None:
    reading = read_layers(path)
    assert unsourced(reading) == []
    assert warnings(reading) == []


def test_it_has_the_factors_indices_and_weights_of_2025_and_adds_what_moscow_gains() -> None:
    today, then = read_scenario(SEED), read_scenario(ROOT / "seeds" / "us_china.toml")
    assert list(today.factors) == list(then.factors)
    assert [factor.weight for factor in today.factors.values()] == [factor.weight for factor in then.factors.values()]
    for name, index in then.indices.items():
        assert today.indices[name].weights == index.weights, name
    assert set(today.indices) - set(then.indices) == {"moscow_gain"}
    assert set(then.events) < set(today.events)


def test_every_level_is_stated_anew_with_its_reasons() -> None:
    own = read_layers(SEED).layers[-1].data["factors"]
    assert list(own) == list(read_scenario(SEED).factors)
    for name, factor in own.items():
        assert {"level", "target", "rationale", "source", "confidence"} <= factor.keys(), name


def test_every_event_says_how_one_would_tell_that_it_happened() -> None:
    for name in OWN:
        for event, stated in read_scenario(name).events.items():
            assert len(stated.resolution or "") > 60, (name, event)


def test_nothing_of_its_calendar_is_past_but_what_it_marks_as_past() -> None:
    scenario = read_scenario("us_china_today")
    assert scenario.begins == scenario.as_of == read_scenario("today").as_of == date(2026, 10, 10)
    over = {
        name
        for name, event in scenario.events.items()
        if (last := event.on or (event.between[1] if event.between else None)) and last <= scenario.begins
    }
    assert over == PAST
    assert all(scenario.events[name].happened for name in PAST)
    assert not scenario.events["summits_2026"].enabled


def test_the_two_files_of_autumn_2026_know_each_other_by_indices_only() -> None:
    china, russia = read_scenario("us_china_today"), read_scenario("today")
    assert {"moscow_gain", "china_concern"} & set(china.indices) == {"moscow_gain"}
    assert {"moscow_gain", "china_concern"} & set(russia.indices) == {"china_concern"}
    assert set(china.events) & set(russia.events) == {
        "apec_meeting",
        "close_call",
        "g20_meeting",
        "house_changes_hands",
        "lasting_break",
        "leader_unable",
        "us_president_2029",
    }
    for shared in ("apec_meeting", "g20_meeting", "us_president_2029"):
        assert china.events[shared].on == russia.events[shared].on, shared


def test_moscow_gains_as_washington_and_beijing_cool() -> None:
    colder = [f"factors.{name}.level={now().scenario.factors[name].level - 5}" for name in ("taiwan", "rapport")]
    gained = [one.mean("moscow_gain")["mean"].to_numpy()[0] for one in (now(), now(*colder))]
    # 5 (1.5 + 1.3) points over weights of 4.8 and about 0.5, the mean of the range of trade
    assert gained[1] - gained[0] == pytest.approx(14 / 5.3, abs=0.15)


def test_the_summary_states_the_direction_that_comes_out() -> None:
    summary = " ".join((read_scenario("us_china_today").summary or "").split())
    assert summary.endswith("Against its start: colder after 12 months, colder after 36.")
    warmth = now().paths("warmth").to_numpy()
    for month in (12, 36):
        assert warmth[month].mean() < warmth[0].mean() - COLDER


def test_what_is_known_of_warmth_spreads_as_in_the_file_of_2025() -> None:
    low, high = now().quantiles("warmth", [0.1, 0.9]).value.xs(12, level="month")
    assert 12 < high - low < 16


@pytest.mark.parametrize("name", ["truce_breaks", "taiwan_quarantine"])
def test_each_scenario_is_colder_by_more_than_can_be_doubted(name: str) -> None:
    apart = simulate(read_scenario(name), 2_000, seed=7).paths("warmth").to_numpy() - now().paths("warmth").to_numpy()
    for month in (12, 36):
        assert apart[month].mean() < -MARGIN, month


@pytest.mark.parametrize(
    ("event", "factor", "sign", "month"),
    [
        ("arms_package", "taiwan", -1, 36),
        ("taiwan_words", "taiwan", 1, 36),
        ("taiwan_quarantine", "military", -1, 36),
        ("chips_let_go", "technology", 1, 36),
        ("rare_earth_squeeze", "technology", -1, 36),
        ("russian_oil_tariff", "trade", -1, 36),
        ("bank_blocked", "trade", -1, 36),
        ("leader_unable", "rapport", -1, 36),
        ("apec_meeting", "rapport", 1, 2),
        ("g20_meeting", "rapport", 1, 3),
        ("capacity_tariff", "trade", -1, 12),
        ("chip_law", "technology", -1, 12),
        ("truce_lapses", "trade", -1, 6),
        ("us_president_2029", "rapport", -1, 36),
    ],
)
def test_each_event_of_the_new_situation_moves_its_factor_the_way_it_is_argued(
    event: str, factor: str, sign: int, month: int
) -> None:
    apart = now().paths(factor).to_numpy()[month] - now(f"events.{event}.enabled=false").paths(factor).to_numpy()[month]
    assert sign * apart.mean() > 4.5 * apart.std(ddof=1) / len(apart) ** 0.5
