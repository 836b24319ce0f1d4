"""What is easily got wrong in Python is refused in words that say what is wanted, and what was found."""

from collections.abc import Callable
from typing import Any

import pytest

from simulator import (
    Ensemble,
    Refused,
    break_even,
    brief,
    compare,
    drivers,
    event_effects,
    explain,
    outlook,
    plots,
    read_scenario,
    save_run,
    score,
    simulate,
    sweep,
    tornado,
)

WANTED = "an Ensemble, such as simulate(scenario)"
MONTHS = "month must be within 0 to 48, or a day from 2025-01-20 to 2029-01-20"


@pytest.fixture(scope="module")
def ensemble() -> Ensemble:
    return simulate(read_scenario("baseline"), 50, seed=7)


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        (lambda _: simulate("baseline"), "simulate() takes a Scenario, such as read_scenario('baseline'); found str"),
        (lambda one: simulate(one), "simulate() takes a Scenario, such as read_scenario(FILE); found Ensemble"),
        (lambda one: simulate(one.scenario, "1k"), "draws must be a whole number, 1 to 1,000,000,000; found '1k'"),
        (lambda one: simulate(one.scenario, 10.5), "draws must be a whole number, 1 to 1,000,000,000; found 10.5"),
        (lambda one: simulate(one.scenario, 10, "x"), "seed must be a whole number, 0 or more; found 'x'"),
        (lambda one: plots.fan(one.scenario), "fan() draws the Ensemble that simulate(scenario) returns; found Scenario"),
        (lambda _: drivers("baseline"), "drivers() takes a Scenario, such as read_scenario('baseline'); found str"),
        (lambda one: drivers(one, n_draws=0), "drivers() needs 1 draw or more; found 0"),
        (lambda one: event_effects(one, 0), "event_effects() needs 1 draw or more; found 0"),
        *(
            (lambda one, ask=ask: ask(one.scenario), f"{ask.__name__}() takes {WANTED}; found Scenario")
            for ask in (brief, break_even, event_effects, explain, save_run, tornado)
        ),
        (lambda one: compare(one, one.scenario), f"compare() takes {WANTED}; found Scenario"),
        (lambda one: explain("x"), f"explain() takes {WANTED}; found str"),
        (lambda one: score(one, "us_russia_2025"), "score() takes a Record, such as read_record(NAME); found str"),
        (lambda one: outlook("x.toml"), "outlook() takes what read_outlook(FILE) returns; found str"),
        (lambda one: sweep("baseline", {}), "sweep() takes a Scenario, such as read_scenario('baseline'); found str"),
        (lambda one: sweep(one.scenario, {"months": 3}), "sweep() takes a list of values of months; found 3"),
        (lambda one: one.given(3), "given() takes a condition in quotes, such as 'warmth >= 25'; found 3"),
        (lambda one: one.exceedance(None), "exceedance() takes a condition in quotes, such as 'warmth >= 25'; found None"),
        (lambda one: one.draws("not a date"), f"{MONTHS}, such as '2026-01-20'; found 'not a date'"),
        (lambda one: one.draws(49), f"{MONTHS}; found 49"),
        (lambda one: one.draws("2029-01-21"), f"{MONTHS}; found 2029-01-21"),
        (lambda one: one.draws("2025-01-19"), f"{MONTHS}; found 2025-01-19"),
        (lambda one: one.draws(1.5), f"{MONTHS}; found 1.5"),
    ],
)
def test_wrong_use_is_refused_in_words(ensemble: Ensemble, ask: Callable[[Ensemble], Any], told: str) -> None:
    with pytest.raises(Refused) as error:
        ask(ensemble)
    assert str(error.value) == told


def test_a_summary_takes_the_names_first(ensemble: Ensemble) -> None:
    table = ensemble.summary("warmth")
    assert set(table.index.get_level_values("name")) == {"warmth"}
    assert table.index.get_level_values("month").tolist() == [0, 6, 12, 24, 48]
    assert ensemble.summary(["nato", "warmth"], 12).index.tolist() == [
        (name, 12, ensemble.dates[12]) for name in ("nato", "warmth")
    ]


def test_a_month_may_be_a_day_in_words(ensemble: Ensemble) -> None:
    assert ensemble.draws("2027-01-20").equals(ensemble.draws(24))
    assert ensemble.draws("2027-01-21").equals(ensemble.draws(25))  # the month that covers it
    assert not ensemble.draws("2027-01-20").equals(ensemble.draws())


def test_a_single_quantile_needs_no_list(ensemble: Ensemble) -> None:
    assert ensemble.quantiles("warmth", 0.5).equals(ensemble.quantiles("warmth", [0.5]))
    assert len(ensemble.quantiles("warmth", 0.5)) == 49
