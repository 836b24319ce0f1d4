"""A record: draws with weights are the draws that a plain sample has of that history (docs/model.md, The record)."""

from datetime import date, timedelta
from math import erf, exp, log, sqrt
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from simulator import Refused, Scenario, simulate
from simulator.engine.evidence import effective
from simulator.engine.months import evidence_of, months
from simulator.engine.plan import Plan, make_plan
from simulator.engine.sampling import sample
from simulator.engine.streams import BLOCK
from simulator.scenario.calendar import end_of_step
from simulator.scenario.validation import validate, validate_record

START = date(2025, 1, 20)
STEADY = {"half_life": 3.0, "volatility": 4.0, "settling": 12.0, "drift": 2.0, "weight": 1.0}
Floats = NDArray[np.float64]


def world(events: dict[str, Any], months: int = 8, **tables: Any) -> dict[str, Any]:
    """Return the tables of a small world: two factors and some events."""
    factors = {
        "talks": {"label": "Talks", "level": {"dist": "uniform", "low": 30.0, "high": 50.0}, "target": 45.0, **STEADY},
        "trade": {"label": "Trade", "level": 40.0, "target": {"dist": "normal", "mean": 40.0, "sd": 10.0}, **STEADY},
    }
    told = {name: {"label": name, **event} for name, event in events.items()}
    data = {"title": "World", "name": "world", "as_of": START, "months": months, "factors": factors, "events": told}
    return data | tables


def known(data: dict[str, Any], until: date, happened: list[tuple[str, date]], **more: Any) -> Scenario:
    """Return a world with what happened in it."""
    facts = [{"event": event, "on": day, "what": "It did.", "source": "A page."} for event, day in happened]
    own = more.pop("own", ())
    readings = [{"what": "It was.", "source": "A poll.", **reading} for reading in more.pop("readings", [])]
    told = {"name": "r", "title": "R", "relationship": "world", "until": until, "happened": facts, "readings": readings}
    of_world = [name for name in data["events"] if name not in own]
    counts_as = {name: event["counts_as"] for name, event in data["events"].items() if "counts_as" in event}
    record, issues = validate_record(told | more, of_world, ["warmth", "talks", "trade"], counts_as)
    assert not issues, issues
    scenario, issues = validate(data | {"record": record})
    assert scenario is not None, issues
    assert not issues, issues
    return scenario


def plain(data: dict[str, Any]) -> Scenario:
    """Return a world of which nothing is known."""
    scenario, issues = validate(data)
    assert scenario is not None, issues
    return scenario


def drawn(plan: Plan, seed: int, n: int) -> tuple[Floats, NDArray[np.bool_], Floats]:
    """Return values (T+1, S, n), firings (T+1, E, n) and weights over their mean of an ensemble's draws."""
    parts = []
    for block in range(-(-n // BLOCK)):
        size = min(BLOCK, n - block * BLOCK)
        stretches = list(months(plan, seed, block, size, sample(plan, seed, block, size)))
        values, fired = (np.concatenate([getattr(s, key) for s in stretches]) for key in ("values", "fired"))
        evidence = stretches[-1].evidence
        assert evidence is not None
        parts.append((values, fired, evidence.total))
    values, fired = (np.concatenate([part[i] for part in parts], axis=-1) for i in range(2))
    likelihood = np.concatenate([part[2] for part in parts])
    weights = np.exp(likelihood - likelihood.max())
    return values, fired, weights / weights.mean()


def day_in(step: int) -> date:
    """Return a day within a step."""
    return end_of_step(START, step) - timedelta(days=5)


def estimates(values: Floats, fired: NDArray[np.bool_], ratios: Floats) -> tuple[Floats, Floats]:
    """Return means of everything that may differ, and their standard errors: levels, their squares, firings."""
    rows = np.concatenate([values.reshape(-1, values.shape[-1]), fired.reshape(-1, fired.shape[-1]).astype(float)])
    rows = np.concatenate([rows, values[-1] ** 2, values[-1, :1] * values[-1, 1:2]])
    n = effective(ratios)
    mean = (rows * ratios).mean(axis=1)
    spread = ((rows - mean[:, None]) ** 2 * ratios**2).sum(axis=1) / (ratios**2).sum()
    return mean, np.sqrt(spread / n)


EFFECT = {"talks": {"jump": {"dist": "uniform", "low": -15.0, "high": -5.0}, "shift": 4.0}}
JUMP = {"trade": {"jump": 8.0}}
WORLDS: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "rates": (
        {
            "row": {"rate": {"dist": "uniform", "low": 0.5, "high": 3.0}, "repeats": True, "effects": EFFECT},
            "deal": {"rate": 1.0, "effects": JUMP},
        },
        (),
    ),
    "counted, with a cooldown": (
        {"row": {"rate": {"counted": 6, "years": 3}, "repeats": True, "cooldown": 1, "effects": EFFECT}},
        (),
    ),
    "windows cut by the day, and a date": (
        {
            "vote": {
                "between": [date(2025, 2, 1), date(2025, 9, 1)],
                "probability": {"p10": 0.3, "p90": 0.8},
                "effects": EFFECT,
            },
            "summit": {"on": date(2025, 3, 1), "probability": {"dist": "beta", "mean": 0.5, "sd": 0.2}, "effects": JUMP},
        },
        (),
    ),
    "the whole horizon": ({"law": {"probability": 0.7, "repeats": True, "effects": EFFECT}}, ()),
    "gates on levels and events": (
        {
            "row": {"rate": 3.0, "when": "talks < 42", "repeats": True, "effects": EFFECT},
            "deal": {"rate": 4.0, "when": "row and trade > 38", "effects": JUMP},
        },
        (),
    ),
    "one trial": (
        {"trial": {"when": "talks > 43", "probability": {"dist": "uniform", "low": 0.2, "high": 0.9}, "effects": JUMP}},
        (),
    ),
    "events that end others, in force for a while": (
        {
            "truce": {
                "rate": 3.0,
                "repeats": True,
                "lasts": {"dist": "uniform", "low": 1.0, "high": 4.0},
                "effects": EFFECT,
            },
            "broken": {"rate": 4.0, "when": "truce.in_force", "repeats": True, "ends": ["truce"], "effects": JUMP},
        },
        (),
    ),
    "silence on one of two": (
        {
            "row": {"rate": 3.0, "when": "talks < 45", "repeats": True, "effects": EFFECT},
            "quiet": {"rate": 3.0, "repeats": True, "effects": {"talks": {"jump": -10.0}}},
        },
        ("quiet",),
    ),
}


@pytest.mark.parametrize("name", WORLDS)
def test_weighted_draws_are_those_that_rejection_keeps(name: str) -> None:
    events, silent = WORLDS[name]
    data, steps = world(events), 4
    plan = make_plan(plain(data))
    values, fired, _ = drawn(plan, 5, 6 * BLOCK)
    told = [e for e, event in enumerate(plan.events) if event.name not in silent]
    past = fired[1 : steps + 1, told]
    # the history of some draws, so that it can be had: what is frequent and what is rare
    for draw in (3, 8, 21):
        same = (past == past[:, :, draw, None]).all(axis=(0, 1))
        if same.sum() < 300:
            continue
        happened = [(plan.events[told[e]].name, day_in(int(t) + 1)) for t, e in np.argwhere(past[:, :, draw])]
        scenario = known(data, end_of_step(START, steps), happened, silent=silent)
        wanted, error = estimates(values[..., same], fired[..., same], np.ones(same.sum()))
        found, other = estimates(*drawn(make_plan(scenario), 11, 4 * BLOCK))
        apart, both = np.abs(found - wanted), np.hypot(error, other)
        assert (apart <= 4.5 * both + 1e-12).all(), (name, draw, np.argmax(apart / (both + 1e-12)))


def test_the_rejection_test_sees_weights_that_are_wrong() -> None:
    data, steps = world(WORLDS["gates on levels and events"][0]), 2
    plan = make_plan(plain(data))
    values, fired, _ = drawn(plan, 5, 6 * BLOCK)
    same = (fired[1 : steps + 1] == np.array([[True, False], [True, False]])[:, :, None]).all(axis=(0, 1))
    wanted, error = estimates(values[..., same], fired[..., same], np.ones(same.sum()))
    scenario = known(data, end_of_step(START, steps), [("row", day_in(1)), ("row", day_in(2))])
    values, fired, ratios = drawn(make_plan(scenario), 11, 4 * BLOCK)
    for weights, is_right in ((ratios, True), (np.ones_like(ratios), False)):
        found, other = estimates(values, fired, weights / weights.mean())
        assert (np.abs(found - wanted) <= 4.5 * np.hypot(error, other) + 1e-12).all() == is_right


def test_own_event_that_counts_as_one_of_the_record_does_not_fire_while_it_is_read() -> None:
    events = {
        "row": {"rate": 1.0, "repeats": True, "effects": EFFECT},
        "own": {"rate": 6.0, "repeats": True, "counts_as": "row", "effects": JUMP},
        "free": {"rate": 6.0, "repeats": True, "effects": JUMP},
    }
    scenario = known(world(events), date(2025, 4, 20), [("row", day_in(2))], own=("own", "free"))
    _, fired, ratios = drawn(make_plan(scenario), 3, BLOCK)
    assert fired[1:4, 0].any(axis=-1).tolist() == [False, True, False]
    assert not fired[1:4, 1].any()
    assert fired[4:, 1].any(axis=-1).all()
    assert (fired[1:4, 2] * ratios).mean(axis=-1) == pytest.approx([1 - exp(-0.5)] * 3, abs=0.02)


def test_a_rate_is_learned_as_gamma_poisson_has_it_on_the_monthly_grid() -> None:
    # likelihood of k months with and n - k without: (1 - exp(-r/12))^k exp(-r/12)^(n - k); prior Gamma(a, b)
    data = world({"row": {"rate": {"counted": 3, "years": 2}, "repeats": True}}, months=24)
    scenario = known(data, date(2026, 1, 20), [("row", day_in(step)) for step in (1, 2, 4, 5, 7, 9)])
    rates = np.linspace(1e-6, 30, 300_001)
    density = rates**2.5 * np.exp(-2 * rates) * (1 - np.exp(-rates / 12)) ** 6 * np.exp(-rates / 12 * 6)
    mean = float((rates * density).sum() / density.sum())
    spread = sqrt(float(((rates - mean) ** 2 * density).sum() / density.sum()))
    ensemble = simulate(scenario, 4 * BLOCK, 3, n_kept=4 * BLOCK)
    values, ratios = ensemble.draws()["events.row.rate"].to_numpy(), ensemble.tally.kept.ratios
    found = float((values * ratios).mean())
    assert abs(found - mean) < 4.5 * spread / sqrt(ensemble.n_effective)
    conjugate = (3.5 + 6) / (2 + 1)  # Gamma(a + k, b + t), which counts in continuous time; 1.75 before
    assert mean == pytest.approx(conjugate, rel=0.12)
    assert abs(found - conjugate) > 4.5 * spread / sqrt(ensemble.n_effective)


def test_a_reading_is_the_kalman_filters_update() -> None:
    # one factor far from both ends, without drift: linear and Gaussian up to the room, which volatility is quoted at
    factor = {"label": "Talks", "level": 50.0, "half_life": 4.0, "volatility": 0.5, "settling": 12.0, "drift": 0.0}
    data = world({}) | {"factors": {"talks": factor | {"weight": 1.0}}, "events": {}, "months": 6}
    facts: dict[str, Any] = {"name": "r", "title": "R", "relationship": "world", "until": date(2025, 4, 20)}
    facts["readings"] = [
        {"of": "talks", "on": date(2025, 3, 1), "value": 51.0, "sd": 0.6, "what": "w", "source": "s"},
        {"of": "talks", "on": date(2025, 4, 20), "value": 49.5, "sd": 0.4, "what": "w", "source": "s"},
    ]
    record, issues = validate_record(facts, [], ["warmth", "talks"])
    scenario, problems = validate(data | {"record": record})
    assert scenario is not None
    assert not [*issues, *problems]
    phi, mean, variance, path = 2 ** (-1 / 4), 0.0, 0.0, []
    for step in range(1, 7):
        mean, variance = phi * mean, phi**2 * variance + 0.25
        reading = {2: (1.0, 0.36), 3: (-0.5, 0.16)}.get(step)
        if reading is not None:
            gain = variance / (variance + reading[1])
            mean, variance = mean + gain * (reading[0] - mean), (1 - gain) * variance
        path.append((mean, variance))
    ensemble = simulate(scenario, 8 * BLOCK, 9)
    told = ensemble.mean("talks").iloc[3:]
    for (wanted, spread), (_, row) in zip(path[2:], told.iterrows(), strict=True):
        assert abs(row["mean"] - 50 - wanted) < 4.5 * row.std_error
        assert row.sd**2 == pytest.approx(spread, rel=4.5 * sqrt(2 / ensemble.n_effective))


def test_log_likelihood_is_the_sum_of_what_each_month_says() -> None:
    data = world({"row": {"rate": 2.0, "repeats": True}, "deal": {"on": date(2025, 3, 1), "probability": 0.3}})
    reading = {"of": "trade", "on": START, "value": 43.0, "sd": 2.0}
    scenario = known(data, date(2025, 5, 25), [("row", day_in(2))], readings=[reading])
    h = 1 - exp(-2 / 12)
    density = -0.5 * 1.5**2 - log(2 * sqrt(2 * np.pi))
    expected = log(h) + 3 * log(1 - h) + log(0.7) + density
    assert evidence_of(make_plan(scenario), 1, 0, 5).total == pytest.approx([expected] * 5)


def test_a_fact_that_a_draw_calls_impossible_leaves_it_no_weight() -> None:
    data = world({"row": {"rate": 2.0, "when": "talks > 40", "repeats": True}})
    scenario = known(data, date(2025, 2, 20), [("row", day_in(1))])
    values, _, ratios = drawn(make_plan(scenario), 1, 1_000)
    assert ((values[0, 0] > 40) == (ratios > 0)).all()


def test_what_is_known_is_the_same_for_any_number_of_workers_and_more_draws_only_append() -> None:
    from concurrent.futures import ThreadPoolExecutor

    events, silent = WORLDS["rates"]
    scenario = known(world(events), date(2025, 5, 20), [("row", day_in(2))], silent=silent)
    few, many = simulate(scenario, BLOCK + 500, 3), simulate(scenario, 3 * BLOCK, 3, n_kept=20_000)
    with ThreadPoolExecutor(1) as one:
        again = simulate(scenario, 3 * BLOCK, 3, n_kept=20_000, executor=one)
    for name in ("histogram", "bands", "events", "months_in_band", "first_passage"):
        assert np.array_equal(getattr(many.tally.counts, name), getattr(again.tally.counts, name))
    assert np.array_equal(many.tally.moments.mean, again.tally.moments.mean)
    kept = few.tally.kept
    assert np.array_equal(kept.weights, many.tally.kept.weights[: few.n_kept])
    assert np.array_equal(kept.values, many.tally.kept.values[..., : few.n_kept])


def test_worlds_are_the_same_until_the_first_difference_after_what_is_known() -> None:
    events, _ = WORLDS["rates"]
    data = world(events | {"late": {"on": date(2025, 8, 1), "probability": 0.5, "effects": EFFECT}})
    other = world(events | {"late": {"on": date(2025, 8, 1), "probability": 0.9, "effects": EFFECT}})
    one, two = (simulate(known(d, date(2025, 5, 20), [("row", day_in(2))]), 2_000, 3) for d in (data, other))
    assert np.array_equal(one.tally.kept.weights, two.tally.kept.weights)
    assert np.array_equal(one.tally.kept.values[:7], two.tally.kept.values[:7])
    assert not np.array_equal(one.tally.kept.values[7], two.tally.kept.values[7])


def test_an_empty_record_changes_no_bit() -> None:
    events, _ = WORLDS["rates"]
    data = world(events)
    before, silent = (
        simulate(plain(data), 2_000, 3),
        simulate(known(data, date(2025, 5, 20), [], silent=tuple(events)), 2_000, 3),
    )
    early = simulate(known(data, date(2025, 2, 19), []), 2_000, 3)
    for other in (silent, early):
        assert not other.is_conditioned
        assert np.array_equal(before.tally.kept.values, other.tally.kept.values)
        assert np.array_equal(before.tally.counts.histogram, other.tally.counts.histogram)
        assert before.quantiles().equals(other.quantiles())


def test_facts_before_the_start_have_happened() -> None:
    data = world({"row": {"rate": 1.0}, "next": {"rate": 9.0, "when": "row"}})
    scenario = known(data, date(2025, 1, 20), [("row", date(2024, 12, 1))])
    ensemble = simulate(scenario, 500, 3)
    assert ensemble.exceedance("row").probability.tolist() == [1.0] * 9
    assert ensemble.events().loc["row", "count"] == 0
    assert ensemble.events().loc["next", "probability"] > 0.9


def test_a_cooldown_runs_on_over_the_start() -> None:
    data = world({"row": {"rate": 60.0, "repeats": True, "cooldown": 3}})
    # in the step that ended on 20 December: free again in the third after it, and 3 months after each time
    scenario = known(data, date(2025, 1, 20), [("row", date(2024, 12, 10))])
    _, fired, _ = drawn(make_plan(scenario), 1, 500)
    assert not fired[:3, 0].any()
    assert fired[3, 0].mean() > 0.98
    never = known(data, date(2025, 1, 20), [("row", date(2024, 6, 10))])
    assert drawn(make_plan(never), 1, 500)[1][1, 0].mean() > 0.98


def test_what_counts_as_an_event_is_seen_as_that_event_and_its_silence_says_less() -> None:
    events = {
        "meeting": {"rate": {"dist": "uniform", "low": 0.5, "high": 6.0}, "repeats": True, "cooldown": 1},
        "summit": {"rate": 2.0, "repeats": True, "counts_as": "meeting"},
    }
    scenario = known(world(events), date(2025, 5, 20), [("summit", day_in(2))])
    ensemble = simulate(scenario, 4_000, 1)
    table = ensemble.events()
    assert table.loc[["meeting", "summit"], "seen"].tolist() == [1, 1]
    assert table.loc["meeting", ["probability", "low", "high"]].tolist() == [1, 1, 1]
    # of four months the one after the summit is in its cooldown, so three of silence: (1 - h)^3
    rates = ensemble.draws()["events.meeting.rate"].to_numpy()
    expected = np.linspace(0.5, 6.0, 100_001)
    density = np.exp(-expected / 12 * 3)
    mean = float((expected * density).sum() / density.sum())
    found = float((rates * ensemble.tally.kept.ratios).mean())
    assert abs(found - mean) < 4.5 * 1.6 / sqrt(ensemble.n_effective)


def test_a_law_that_cannot_have_what_is_known_leaves_the_draws_that_can() -> None:
    law = {"dist": "discrete", "values": [0.0, 1.0], "probabilities": [0.5, 0.5]}
    window = {"between": [date(2025, 2, 1), date(2025, 6, 1)], "probability": law, "when": "talks > 40"}
    scenario = known(world({"vote": window}), date(2025, 4, 20), [("vote", day_in(3))])
    _, fired, ratios = drawn(make_plan(scenario), 1, 4_000)
    assert (ratios > 0).any()
    assert np.isfinite(ratios).all()
    assert fired[3, 0].all()


def test_facts_that_no_draw_can_have_are_named() -> None:
    data = world({"row": {"rate": 2.0, "when": "talks > 101", "repeats": True}})
    with pytest.raises(Refused, match=r"No draw can have row in the month to 2025-03-20: the scenario makes it impossible$"):
        simulate(known(data, date(2025, 5, 20), [("row", day_in(2))]), 1_000, 1)


def test_the_costliest_observation_is_named_where_too_few_draws_are_left() -> None:
    events = {"row": {"rate": {"dist": "uniform", "low": 0.01, "high": 3.0}, "repeats": True}}
    data = world(events)
    sharp = {"of": "trade", "on": date(2025, 5, 1), "value": 75.0, "sd": 1.0}
    scenario = known(data, date(2025, 5, 20), [("row", day_in(1))], readings=[sharp])
    with pytest.raises(Refused, match=r"^world: 20,000 draws are worth 1 \(0.005 %\) .* the reading of trade in the month to 2025-05-20 "
        r"\(75 ±1\): 100 % in place of 0.006 %"):  # fmt: skip
        simulate(scenario, 20_000, 1)
    with pytest.raises(Refused, match="draw 500, or know less"):
        simulate(known(data, date(2025, 5, 20), [("row", day_in(1))]), 300, 1)


@pytest.mark.slow  # a sweep over seeds
def test_coverage_of_intervals_of_weighted_draws() -> None:
    data = world({"row": {"rate": {"counted": 3, "years": 2}, "repeats": True, "effects": EFFECT}}, months=6)
    reading = {"of": "trade", "on": date(2025, 3, 1), "value": 44.0, "sd": 4.0}
    scenario = known(data, date(2025, 4, 20), [("row", day_in(1)), ("row", day_in(2))], readings=[reading])
    truth = simulate(scenario, 40 * BLOCK, 99_991)
    mean, share = float(truth.mean("warmth")["mean"].iloc[-1]), float(truth.exceedance("warmth >= 42").probability.iloc[-1])
    middle = float(truth.quantiles("warmth", 0.9).value.iloc[-1])
    count = float(truth.events().loc["row", "count"])
    hits = np.zeros(4)
    for seed in range(300):
        ensemble = simulate(scenario, 2_000, seed)
        row, told = ensemble.mean("warmth").iloc[-1], ensemble.exceedance("warmth >= 42").iloc[-1]
        quantile, events = ensemble.quantiles("warmth", 0.9).iloc[-1], ensemble.events().loc["row"]
        hits += [
            abs(row["mean"] - mean) < 1.96 * row.std_error,
            told.low < share < told.high,
            abs(quantile.value - middle) < 1.96 * quantile.std_error,
            abs(events["count"] - count) < 1.96 * events.count_std_error,
        ]
    # 95 % of 300 is 285; 4.5 standard deviations are 17
    assert (hits > 268).all(), hits
    assert stats.binom.cdf(268, 300, 0.95) < 1e-4
    assert erf(1.96 / sqrt(2)) == pytest.approx(0.95, abs=1e-4)
