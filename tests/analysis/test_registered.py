"""How registered forecasts have fared: what has come due, its scores, and what a miss is charged to, by hand."""

from datetime import date
from math import log

import numpy as np
import pandas as pd
import pytest
import scoringrules

from simulator import Record, fared
from simulator.analysis.forecasts import Fared, pinball
from simulator.files.forecasts import EventForecast, Forecast, QuantileForecast, QuestionForecast
from simulator.report.forecasts import fared_table
from simulator.scenario.record import Fact, Measured

SOON, LATER, LATEST = date(2025, 7, 20), date(2026, 1, 20), date(2027, 1, 20)


def happened(event: str, day: date) -> Fact:
    return Fact(event=event, on=day, what="It did.", source="A page.")


RECORD = Record(
    name="r",
    tells=("summit", "crisis", "deal"),
    title="Since",
    relationship="toy",
    until=date(2026, 3, 1),
    silent=("spy_row",),
    happened=(
        happened("crisis", date(2025, 1, 5)),  # before the forecast begins
        happened("summit", date(2025, 6, 15)),
        happened("crisis", date(2025, 11, 2)),
    ),
    readings=(
        Measured(of="warmth", on=date(2025, 7, 1), value=30.0, sd=2.0, what="w", source="s"),
        Measured(
            of="warmth", on=date(2025, 11, 15), value=30.0, sd=2.0, what="w", source="s"
        ),  # far from all that is foretold
    ),
)


def event(name: str, *chances: tuple[date, float], rests_on: tuple[str, ...] = ()) -> EventForecast:
    days, p = zip(*chances, strict=True)
    return EventForecast(
        event=name, label=name.title(), by=days, probability=p, std_error=(0.01,) * len(p), rests_on=rests_on
    )


FORECAST = Forecast(
    made=date(2025, 8, 1),
    scenario="s",
    title="S",
    relationship="toy",
    digest="d",
    version="1",
    seed=1,
    draws=1_000,
    effective=99.0,
    begins=date(2025, 2, 20),
    previous="",
    events=(
        event("summit", (SOON, 0.3), (LATER, 0.4), (LATEST, 0.6), rests_on=("events.summit.probability",)),
        event("crisis", (SOON, 0.5), (LATER, 0.8), rests_on=("events.crisis.rate", "events.crisis.when")),
        event("spy_row", (SOON, 0.9)),
        event("deal", (SOON, 0.0)),
    ),
    questions=(
        QuestionForecast(question="q", label="Q", ask="summit and crisis", by=LATER, probability=0.2, std_error=0.01),
        QuestionForecast(question="on", label="On", ask="not deal", on=SOON, probability=0.9, std_error=0.01),
        QuestionForecast(question="level", label="L", ask="warmth > 3", by=SOON, probability=0.2, std_error=0.01),
        QuestionForecast(question="late", label="Late", ask="deal", by=LATEST, probability=0.2, std_error=0.01),
        QuestionForecast(question="done", label="Done", ask="summit", by=LATEST, probability=0.5, std_error=0.01),
    ),
    quantiles=(
        QuantileForecast(of="warmth", on=SOON, p10=20.0, p25=24.0, p50=28.0, p75=32.0, p90=36.0),
        QuantileForecast(of="warmth", on=LATEST, p10=10.0, p25=14.0, p50=18.0, p75=22.0, p90=26.0),
        QuantileForecast(of="mood", on=SOON, p10=10.0, p25=14.0, p50=18.0, p75=22.0, p90=26.0),
    ),
)


@pytest.fixture
def found() -> Fared:
    return fared((FORECAST, FORECAST.model_copy(update={"relationship": "other"})), RECORD)


def row(found: Fared, name: str, by: date) -> pd.Series:
    table = found.due
    [one] = [line for _, line in table.iterrows() if line["name"] == name and line.by == by]
    return one


def test_what_is_due_and_told_of_is_scored(found: Fared) -> None:
    due = [(line["name"], line.by, line.outcome) for _, line in found.due.iterrows()]
    assert due == [
        ("summit", SOON, True),
        ("summit", LATER, True),
        ("crisis", SOON, False),  # the one in January was before the forecast begins
        ("crisis", LATER, True),
        ("deal", SOON, False),
        ("q", LATER, True),
        ("on", SOON, True),
        ("done", LATEST, True),  # settled before its day
    ]
    assert set(found.due["scenario"]) == {"s"}


def test_a_score_by_hand(found: Fared) -> None:
    summit, crisis, deal = row(found, "summit", SOON), row(found, "crisis", SOON), row(found, "deal", SOON)
    assert summit.brier == pytest.approx(0.49)
    assert summit.log == pytest.approx(-log((0.3 * 99 + 0.5) / 100))
    assert summit.miss == pytest.approx(0.49 - 0.21)
    assert crisis.brier == pytest.approx(0.25)
    assert crisis.log == pytest.approx(log(2))
    assert crisis.miss == pytest.approx(0)
    assert deal.brier == 0
    assert deal.log == pytest.approx(-log(1 - 0.5 / 100))


def test_what_had_come_due_when_it_was_registered_is_hindsight(found: Fared) -> None:
    assert {(line["name"], line.by): line.hindsight for _, line in found.due.iterrows()} == {
        ("summit", SOON): True,
        ("summit", LATER): True,  # it came before, so the later day was decided as well
        ("crisis", SOON): True,
        ("crisis", LATER): False,
        ("deal", SOON): True,
        ("q", LATER): True,
        ("on", SOON): True,
        ("done", LATEST): True,
    }
    assert found.summary["hindsight"].tolist() == [7]
    assert "7 of 8 had come due when they were registered (marked *)" in " ".join(fared_table(found).split())


def test_means_are_of_each_registered_forecast(found: Fared) -> None:
    [means] = [line for _, line in found.summary.iterrows()]
    p = np.array([0.3, 0.4, 0.5, 0.8, 0.0, 0.2, 0.9, 0.5])
    outcome = np.array([1, 1, 0, 1, 0, 1, 1, 1])
    assert means.n == 8
    assert means.brier == pytest.approx(((p - outcome) ** 2).mean())
    assert means.brier_expected == pytest.approx((p * (1 - p)).mean())
    assert found.summary.index.tolist() == [(date(2025, 8, 1), "s", date(2025, 2, 20))]


def test_a_miss_is_charged_to_each_entry_that_made_it(found: Fared) -> None:
    charged = found.charged
    summit = (0.49 - 0.21) + (0.36 - 0.24)
    crisis = (0.25 - 0.25) + (0.04 - 0.16)
    assert charged["miss"].to_dict() == pytest.approx(
        {"events.summit.probability": summit, "events.crisis.rate": crisis, "events.crisis.when": crisis}
    )
    assert charged.index[0] == "events.summit.probability"
    assert charged["n"].tolist() == [2, 2, 2]
    assert charged.loc["events.summit.probability", "brier"] == pytest.approx((0.49 + 0.36) / 2)


def test_a_reading_is_held_to_the_nearest_registered_day_within_six_weeks(found: Fared) -> None:
    [told] = [line for _, line in found.readings.iterrows()]
    assert (told.on, told.p10, told.p50, told.p90) == (date(2025, 7, 1), 20, 28, 36)
    # 2 (1{y < q} - p) (q - y): 0.1 * 10, 0.25 * 6, 0.5 * 2, 0.25 * 2, 0.1 * 6, all twice
    assert told.pinball == pytest.approx(2 * (1.0 + 1.5 + 1.0 + 0.5 + 0.6) / 5)
    assert told.hindsight


@pytest.mark.parametrize("value", [3.0, 19.0, 20.0, 33.0])
def test_the_quantile_score_is_twice_the_pinball_loss(value: float) -> None:
    quantiles = {0.1: 12.0, 0.5: 20.0, 0.9: 31.0}
    told = [2 * float(scoringrules.quantile_score(value, q, p)) for p, q in quantiles.items()]
    assert pinball(quantiles, value) == pytest.approx(float(np.mean(told)))


def test_the_quantile_score_over_all_quantiles_is_the_crps() -> None:
    from scipy.stats import norm

    levels = (np.arange(2_000) + 0.5) / 2_000
    quantiles = dict(zip(levels.tolist(), norm(20, 4).ppf(levels).tolist(), strict=True))
    assert pinball(quantiles, 26.0) == pytest.approx(float(scoringrules.crps_normal(26.0, 20.0, 4.0)), abs=2e-3)


def test_before_anything_is_due_the_first_day_is_told() -> None:
    early = fared((FORECAST,), RECORD.model_copy(update={"until": date(2025, 7, 19), "happened": RECORD.happened[:2]}))
    # the questions that the summit in June settled; the crisis of January has happened, too
    assert [(line["name"], line.by) for _, line in early.due.iterrows()] == [("q", LATER), ("done", LATEST)]
    nothing = fared((FORECAST.model_copy(update={"questions": ()}),), RECORD.model_copy(update={"until": date(2025, 7, 19)}))
    assert len(nothing.due) == len(nothing.summary) == 0
    assert fared_table(nothing).endswith("Nothing has come due yet; the first is due on 2025-07-20.")
