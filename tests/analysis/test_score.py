"""A forecast held to what happened: scores by hand, and against the formulas of those who define them."""

from collections.abc import Callable
from math import erf, exp, log, pi, sqrt
from pathlib import Path

import numpy as np
import pytest
import scoringrules
from scipy.stats import binom
from worlds import fact

from simulator import Refused, read_record, read_scenario, score, simulate
from simulator.analysis.score import Score, crps, place, smoothed
from simulator.ensemble.ensemble import Ensemble

WORLD = """\
title = "World"
as_of = 2025-01-20
[factors.trade]
label = "Trade"
level = 40
weight = 1
half_life = 2
volatility = 3
settling = 12
drift = 1
[factors.still]
label = "Still"
level = 60.025
weight = 1
half_life = 2
volatility = 0
settling = 12
drift = 0
"""
HEAD = 'title = "Since"\nrelationship = "world"\nuntil = 2025-11-20\n'
N = 1_000
Scored = Callable[..., Score]


def on(name: str, day: str, probability: float, more: str = "") -> str:
    return f'[events.{name}]\nlabel = "{name}"\non = {day}\nprobability = {probability}\n{more}'


def rate(name: str, rate: float, more: str = "repeats = true\n") -> str:
    return f'[events.{name}]\nlabel = "{name}"\nrate = {rate}\n{more}'


def reading(of: str, day: str, value: float, sd: float) -> str:
    return f'\n[[readings]]\nof = "{of}"\non = {day}\nvalue = {value}\nsd = {sd}\nwhat = "A poll."\nsource = "A pollster."\n'


@pytest.fixture
def scored(tmp_path: Path) -> Scored:
    """Return a function that scores a world of some events, given what happened in it."""

    def scored(events: str, record: str, scenario: str = "", until: str | None = None, known: str = "", n: int = N) -> Score:
        (tmp_path / "seeds" / "records").mkdir(parents=True, exist_ok=True)
        (tmp_path / "seeds" / "world.toml").write_text(WORLD + events, encoding="utf-8")
        (tmp_path / "seeds" / "records" / "r.toml").write_text(HEAD + record, encoding="utf-8")
        head = 'relationship = "world"\ntitle = "S"\nmonths = 12\n'
        more = f'record = "r"\nknown_until = {known}\n' if known else ""
        (tmp_path / "s.toml").write_text(head + more + scenario, encoding="utf-8")
        ensemble = simulate(read_scenario(tmp_path / "s.toml"), n, 5)
        return score(ensemble, read_record(tmp_path / "seeds" / "records" / "r.toml"), until)

    return scored


def share(ensemble: Ensemble, event: str, first: int = 1, last: int = 10) -> float:
    """Return the weighted share of draws in which an event fires from one month to another."""
    e = [one.name for one in ensemble.plan.events].index(event)
    fired = ensemble.tally.kept.fired[first : last + 1, e].any(axis=0)
    return float((fired * ensemble.weights.to_numpy()).sum())


# --- one forecast ---


def test_brier_and_logarithmic_score_of_what_happened_and_of_what_did_not(scored: Scored) -> None:
    found = scored(on("vote", "2025-03-01", 0.3) + on("deal", "2025-04-01", 0.8), fact("vote", "2025-03-05"))
    table = found.events
    p, q = share(found.ensemble, "vote"), share(found.ensemble, "deal")
    assert abs(p - 0.3) < 4.5 * sqrt(0.21 / N)
    assert abs(q - 0.8) < 4.5 * sqrt(0.16 / N)
    assert table["outcome"].tolist() == [True, False]
    assert table["probability"].tolist() == pytest.approx([p, q])
    assert table["brier"].tolist() == pytest.approx([(1 - p) ** 2, q**2])
    # half a draw more of each answer
    assert table["log"].tolist() == pytest.approx([-log((N * p + 0.5) / (N + 1)), -log((N * (1 - q) + 0.5) / (N + 1))])
    assert table["observed"].tolist() == [1, 0]
    assert table["expected"].tolist() == pytest.approx([p, q])
    # below the one: 1 - p and half of p; of none: half of 1 - q
    assert table["pit"].tolist() == pytest.approx([1 - p / 2, (1 - q) / 2])
    assert table["label"].tolist() == ["vote", "deal"]


def test_what_was_never_drawn_and_happened_has_a_finite_score(scored: Scored) -> None:
    found = scored(on("rare", "2025-03-01", 1e-9), fact("rare", "2025-03-05"))
    assert found.events.loc["rare", "probability"] == 0
    assert found.events.loc["rare", "brier"] == 1
    assert found.events.loc["rare", "log"] == pytest.approx(log(2 * (N + 1)))


def test_a_count_has_its_place_in_the_poisson_like_distribution_of_the_months(scored: Scored) -> None:
    # each of ten months with chance h: binomial
    happened = "".join(fact("talks", f"2025-{month:02}-10") for month in (3, 5, 6))
    found = scored(rate("talks", 3.0), happened).events.loc["talks"]
    h = 1 - exp(-3 / 12)
    assert found.observed == 3
    assert abs(found.expected - 10 * h) < 4.5 * sqrt(10 * h * (1 - h) / N)
    middle = binom.cdf(2, 10, h) + 0.5 * binom.pmf(3, 10, h)
    assert abs(found.pit - middle) < 4.5 * 0.5 / sqrt(N)


def test_a_place_is_what_lies_below_and_half_of_what_is_level_by_weight() -> None:
    count, ratios = np.array([0, 1, 1, 2, 5]), np.array([2.0, 1.0, 1.0, 0.5, 0.5])
    assert place(count, ratios, 0) == pytest.approx(0.5 * 2 / 5)
    assert place(count, ratios, 1) == pytest.approx((2 + 0.5 * 2) / 5)
    assert place(count, ratios, 3) == pytest.approx(4.5 / 5)
    assert place(count, ratios, 9) == 1


# --- means, and what they are held against ---


def test_means_are_held_against_the_forecasters_own_expectation_a_coin_and_the_base_rate(scored: Scored) -> None:
    events = on("vote", "2025-03-01", 0.3) + on("deal", "2025-04-01", 0.8) + on("row", "2025-05-01", 0.1)
    found = scored(events, fact("vote", "2025-03-05"))
    p = found.events["probability"].to_numpy()
    row = found.summary.loc["all"]
    assert row.n == 3
    assert row.brier == pytest.approx(((1 - p[0]) ** 2 + p[1] ** 2 + p[2] ** 2) / 3)
    assert row.log == pytest.approx(found.events["log"].mean())
    assert row.brier_expected == pytest.approx((p * (1 - p)).mean())
    assert row.log_expected == pytest.approx(float(scipy_entropy(p).mean()))
    assert (row.brier_coin, row.log_coin) == (0.25, pytest.approx(log(2)))
    assert row.brier_base == pytest.approx(1 / 3 * 2 / 3)
    assert row.log_base == pytest.approx(log(3) - 2 / 3 * log(2))
    assert repr(found).startswith("Score(s by 2025-11-20: Brier 0.")


def scipy_entropy(p: np.ndarray) -> np.ndarray:
    from scipy.stats import bernoulli

    return np.asarray([bernoulli(x).entropy() for x in p])


def test_the_expected_score_is_what_a_calibrated_forecaster_has_on_average(scored: Scored) -> None:
    # the mean, over its own draws, of the score it would have had: p (1 - p), to the last bit of the sample's shares
    found = scored(on("vote", "2025-03-01", 0.3) + rate("talks", 1.0), fact("vote", "2025-03-05"))
    p = found.events["probability"].to_numpy()[:, None]
    drawn = np.array([found.ensemble.tally.kept.fired[1:11, e].any(axis=0) for e in range(2)])
    assert found.summary.loc["all", "brier_expected"] == pytest.approx(float(((p - drawn) ** 2).mean()))


def test_a_forecast_that_came_true_as_it_would_least_has_no_worse_draws(scored: Scored) -> None:
    unlucky = scored(on("vote", "2025-03-01", 0.3), fact("vote", "2025-03-05"))
    lucky = scored(on("vote", "2025-03-01", 0.3), "")
    assert unlucky.summary.loc["all", "worse"] == 0
    assert lucky.summary.loc["all", "worse"] == pytest.approx(share(lucky.ensemble, "vote"))


def test_forecasts_that_go_together_count_as_one(scored: Scored) -> None:
    # the echo follows a month after the vote and never else: the variance of the sum is 4 p (1 - p), not 2
    echo = '[events.echo]\nlabel = "E"\nwhen = "vote"\nprobability = 1\n'
    together = scored(on("vote", "2025-03-01", 0.3) + echo, "").summary.loc["all"]
    assert together.n == 2
    assert together.independent == pytest.approx(1, abs=1e-9)
    apart = scored(on("vote", "2025-03-01", 0.3) + on("deal", "2025-03-01", 0.3), "").summary.loc["all"]
    assert 1.8 < apart.independent <= 2  # a correlation of 1,000 independent draws is within 0.1 of none


def test_forecasts_that_exclude_each_other_do_not_count_as_more_than_they_are(scored: Scored) -> None:
    other = '[events.other]\nlabel = "O"\non = 2025-05-01\nwhen = "not vote"\nprobability = 1\n'
    row = scored(on("vote", "2025-03-01", 0.3) + other, "").summary.loc["all"]
    assert row.independent == 2


def test_what_a_fact_of_low_confidence_decides_is_left_out_of_the_surer_ones(scored: Scored) -> None:
    events = on("vote", "2025-03-01", 0.3) + on("deal", "2025-04-01", 0.8) + rate("talks", 1.0)
    happened = fact("vote", "2025-03-05", 'confidence = "low"')
    happened += fact("talks", "2025-05-05", 'confidence = "low"') + fact("talks", "2025-07-05", 'confidence = "medium"')
    found = scored(events, happened)
    assert found.events["confidence"].to_dict() == {"vote": "low", "deal": "", "talks": "medium"}
    assert found.summary["n"].to_dict() == {"all": 3, "surer": 2}
    assert found.summary.loc["surer", "brier"] == pytest.approx(found.events["brier"][["deal", "talks"]].mean())
    early = found.by_horizon
    assert early.index.tolist() == [6, 10]
    assert scored(events, happened, until="2025-06-20").events["confidence"]["talks"] == "low"


def test_scores_by_horizon_are_those_up_to_each(scored: Scored) -> None:
    events, happened = (
        on("vote", "2025-03-01", 0.3) + on("late", "2025-09-01", 0.5) + rate("talks", 1.0),
        fact("vote", "2025-03-05"),
    )
    found, early = scored(events, happened), scored(events, happened, until="2025-07-20")
    table = found.by_horizon
    assert table.loc[6, "n"] == 2  # the late one cannot have happened
    assert table.loc[10, "n"] == 3
    assert table.loc[6, "brier"] == pytest.approx(early.events["brier"].mean())
    assert table.loc[10, "brier_expected"] == pytest.approx(found.summary.loc["all", "brier_expected"])
    assert f"{table.loc[10, 'date']:%Y-%m-%d}" == "2025-11-20"


# --- what is scored ---


def test_until_forgets_what_came_later_and_whole_months_count(scored: Scored) -> None:
    events, happened = rate("talks", 1.0) + on("late", "2025-09-01", 0.5), fact("talks", "2025-06-21")
    for until, day, outcome in (("2025-06-30", "2025-06-20", False), ("2025-07-20", "2025-07-20", True)):
        found = scored(events, happened, until=until)
        assert f"{found.day}" == day
        assert found.events["outcome"].to_dict() == {"talks": outcome}


def test_what_the_record_is_silent_on_is_not_scored(scored: Scored) -> None:
    found = scored(rate("talks", 1.0) + rate("deal", 1.0), 'silent = ["deal"]\n')
    assert found.events.index.tolist() == ["talks"]


def test_questions_are_resolved_by_events_and_by_nothing_else(scored: Scored) -> None:
    events = on("vote", "2025-03-01", 0.3) + rate("talks", 1.0, "repeats = true\nlasts = 2\n") + rate("deal", 1.0)
    asked = {
        "voted": 'ask = "vote"\nby = 2025-06-01',
        "not_voted": 'ask = "not vote"\non = 2025-06-01',
        "early": 'ask = "not vote"\nby = 2025-06-01',  # before it happened it had not
        "yet": 'ask = "vote"\non = 2025-02-20',
        "both": 'ask = "vote and talks"\non = 2025-06-01',
        "already": 'ask = "vote"\nby = 2026-01-20',  # due after the record, and settled before
        "perhaps": 'ask = "talks"\nby = 2026-01-20',  # may still come
        "at_end": 'ask = "vote"\non = 2026-01-20',
        "level": 'ask = "vote and trade > 10"\non = 2025-06-01',
        "force": 'ask = "talks.in_force"\non = 2025-06-01',
        "silence": 'ask = "deal"\nby = 2025-06-01',
    }
    scenario = "".join(f'[questions.{name}]\nlabel = "{name}?"\n{text}\n' for name, text in asked.items())
    found = scored(events, 'silent = ["deal"]\n' + fact("vote", "2025-03-05"), scenario)
    table = found.questions
    assert table["outcome"].to_dict() == {
        "voted": True,
        "not_voted": False,
        "early": True,
        "yet": False,
        "both": False,
        "already": True,
    }
    p = share(found.ensemble, "vote")
    told = found.ensemble.questions()["probability"]
    assert table["probability"].to_dict() == pytest.approx({name: told[name] for name in table.index})
    assert table.loc["not_voted", "brier"] == pytest.approx((1 - p) ** 2)
    assert table.loc["early", "brier"] == 0
    assert table.loc["voted", "ask"] == "vote"
    assert found.summary.loc["all", "n"] == len(found.events) + 6


def test_from_a_known_day_only_what_came_after_is_scored(scored: Scored) -> None:
    events = on("vote", "2025-03-01", 0.5) + rate("talks", 2.0) + rate("once", 2.0, "") + rate("deal", 0.5, "")
    happened = (
        fact("vote", "2025-03-05") + fact("talks", "2025-04-05") + fact("talks", "2025-08-05") + fact("once", "2025-02-05")
    )
    asked = '[questions.voted]\nlabel = "V"\nask = "vote"\nby = 2025-10-01\n[questions.dealt]\nlabel = "D"\nask = "deal"\nby = 2025-10-01\n'
    questions = asked + '[questions.none]\nlabel = "N"\nask = "vote and deal"\non = 2025-10-01\n'
    found = scored(events, happened, questions, known="2025-05-20", n=2_000)
    assert found.events.index.tolist() == ["talks", "deal"]  # the vote's day is over, and `once` does not repeat
    row = found.events.loc["talks"]
    assert (row.observed, row.outcome) == (1, True)
    assert row.probability == pytest.approx(share(found.ensemble, "talks", 5, 10))
    assert abs(row.expected - 6 * (1 - exp(-2 / 12))) < 4.5 * sqrt(6 * 0.154 * 0.846 / found.ensemble.n_effective)
    assert found.questions.index.tolist() == ["dealt", "none"]  # whether there was a vote was known
    assert found.by_horizon.index.tolist() == [6]
    assert f"{found.by_horizon.loc[6, 'date']:%Y-%m-%d}" == "2025-11-20"


def test_what_has_happened_before_the_start_and_does_not_repeat_is_no_forecast(scored: Scored) -> None:
    asked = '[questions.q]\nlabel = "Q"\nask = "once and not talks"\non = 2025-02-20\n'
    found = scored(rate("talks", 2.0) + rate("once", 2.0, ""), "", "[events.once]\nhappened = true\n" + asked)
    assert found.events.index.tolist() == ["talks"]
    assert found.questions["outcome"].tolist() == [True]
    assert found.questions["probability"].iloc[0] == pytest.approx(1 - share(found.ensemble, "talks", 1, 1))


def test_nothing_is_scored_of_what_is_known(scored: Scored) -> None:
    events = rate("talks", 1.0)
    with pytest.raises(
        Refused, match=r"^nothing has come due by 2025-11-20: the first month that can be scored ends on 2025-12-20$"
    ):
        scored(events, "", known="2025-11-20")
    with pytest.raises(
        Refused, match=r"^nothing has come due by 2025-02-19: the first month that can be scored ends on 2025-02-20$"
    ):
        scored(events, "", until="2025-02-19")
    with pytest.raises(Refused, match="nothing has come due by 2024-12-01"):
        scored(events, "", until="2024-12-01")


def test_a_record_is_held_to_its_own_relationship_and_to_its_last_day(scored: Scored) -> None:
    found = scored(rate("talks", 1.0), "")
    with pytest.raises(Refused, match=r"^us_russia_2025 is a record of us_russia, and s is of world$"):
        score(found.ensemble, read_record("us_russia_2025"))
    with pytest.raises(Refused, match=r"^r ends on 2025-11-20; nothing can be scored until 2025-11-21$"):
        score(found.ensemble, found.record, "2025-11-21")
    with pytest.raises(Refused, match=r"^until must be a day such as '2025-11-20'; found 'soon'$"):
        score(found.ensemble, found.record, "soon")


def test_a_world_without_events_has_no_means(scored: Scored) -> None:
    found = scored("", reading("trade", "2025-05-01", 42, 4))
    assert found.summary["n"].tolist() == [0, 0]
    assert np.isnan(found.summary.loc["all", "brier"])
    assert len(found.readings) == 1


# --- readings ---


def normal_crps(mu: float, sd: float, y: float) -> float:
    """Return the closed form of Gneiting & Raftery (2007), section 4.2."""
    z = (y - mu) / sd
    cdf, pdf = 0.5 * (1 + erf(z / sqrt(2))), exp(-(z**2) / 2) / sqrt(2 * pi)
    return sd * (z * (2 * cdf - 1) + 2 * pdf - 1 / sqrt(pi))


@pytest.mark.parametrize(
    ("mu", "sd", "y"), [(50.0, 4.0, 50.0), (50.0, 4.0, 61.0), (3.0, 2.0, 0.0), (98.0, 6.0, 90.0), (20.0, 1.0, 28.0)]
)
def test_crps_of_a_normal_is_its_closed_form(mu: float, sd: float, y: float) -> None:
    grid, below = smoothed(np.array([mu]), np.array([1.0]), sd)
    # the indicator's jump lies between two points of the grid, 0.05 apart
    assert crps(grid, below, y) == pytest.approx(normal_crps(mu, sd, y), abs=0.03)
    assert normal_crps(mu, sd, y) == pytest.approx(float(scoringrules.crps_normal(y, mu, sd)))


def test_a_reading_of_what_does_not_move_is_scored_as_its_error_alone(scored: Scored) -> None:
    row = scored("", reading("still", "2025-05-01", 63.0, 2.0)).readings.iloc[0]
    assert row["crps"] == pytest.approx(normal_crps(60.025, 2.0, 63.0), abs=0.03)
    z = 1.4875
    assert row.pit == pytest.approx(0.5 * (1 + erf(z / sqrt(2))), abs=0.002)
    ends = [60.025 - 1.2816 * 2, 60.025, 60.025 + 1.2816 * 2]
    assert [row.low, row["median"], row.high] == pytest.approx(ends, abs=0.01)
    assert (row["of"], f"{row.on:%Y-%m-%d}", row.value, row.sd) == ("still", "2025-05-01", 63.0, 2.0)


def test_a_reading_is_scored_as_a_sample_with_its_noise_would_be(scored: Scored) -> None:
    found = scored("", reading("trade", "2025-08-01", 47.5, 3.0) + reading("trade", "2025-03-01", 40.0, 1.0), n=4_000)
    noise = np.random.default_rng(1).standard_normal((25, 4_000))
    for (_, row), month in zip(found.readings.iterrows(), (2, 7), strict=True):
        drawn = found.ensemble.paths("trade").to_numpy(dtype=np.float64)[month]
        sample = (drawn + row.sd * noise).ravel()
        told = float(scoringrules.crps_ensemble(row.value, sample, estimator="pwm", backend="numpy"))
        assert row["crps"] == pytest.approx(told, abs=0.03)
        assert row.pit == pytest.approx(float((sample < row.value).mean()), abs=4.5 * 0.5 / sqrt(sample.size) + 0.005)
        ends = np.quantile(sample, [0.1, 0.5, 0.9])
        assert [row.low, row["median"], row.high] == pytest.approx(ends, abs=0.1)


def test_a_reading_with_a_record_is_held_to_weighted_draws(scored: Scored) -> None:
    record = reading("trade", "2025-03-15", 46.0, 2.0) + reading("trade", "2025-05-01", 45.0, 3.0)
    found = scored("", record, known="2025-03-20", n=4_000)
    [row] = [row for _, row in found.readings.iterrows()]  # the first is known
    z = (45.0 - found.ensemble.paths("trade").to_numpy(dtype=np.float64)[4]) / 3.0
    weighted = float((found.ensemble.weights.to_numpy() * 0.5 * (1 + np.vectorize(erf)(z / sqrt(2)))).sum())
    assert row.pit == pytest.approx(weighted, abs=0.005)
    assert abs(row.pit - float((0.5 * (1 + np.vectorize(erf)(z / sqrt(2)))).mean())) > 0.05


# --- calibration ---

DAYS = [f"2025-{month:02}-{day:02}" for month in (3, 4, 5, 6, 7) for day in (1, 2)]


def test_a_calibration_of_fewer_than_ten_is_refused(scored: Scored) -> None:
    nine = "".join(on(f"e{n}", day, 0.5) for n, day in enumerate(DAYS[:9]))
    with pytest.raises(Refused, match=r"^9 forecasts have come due; a calibration needs at least 10$"):
        scored(nine, "").calibration()
    asked = '[questions.q]\nlabel = "Q"\nask = "e1"\nby = 2025-06-01\n'
    assert int(scored(nine, "", asked).calibration()["n"].sum()) == 10


def test_a_calibration_says_how_often_near_probabilities_came_true(scored: Scored) -> None:
    chances = [0.15] * 3 + [0.35] * 3 + [0.85] * 4
    events = "".join(on(f"e{n}", day, p) for n, (day, p) in enumerate(zip(DAYS, chances, strict=True)))
    happened = "".join(fact(f"e{n}", DAYS[n]) for n in (0, 3, 4, 6, 7, 8))
    found = scored(events, happened, n=2_000)
    table = found.calibration()
    assert table.index.tolist() == ["0 to 0.2", "0.2 to 0.4", "0.8 to 1"]
    assert table["n"].tolist() == [3, 3, 4]
    assert table["share"].tolist() == pytest.approx([1 / 3, 2 / 3, 3 / 4])
    p = found.events["probability"]
    assert table["forecast"].tolist() == pytest.approx([p.iloc[:3].mean(), p.iloc[3:6].mean(), p.iloc[6:].mean()])
    # binomial quantiles: of 3 with 0.15 up to 2, of 3 with 0.35 anything, of 4 with 0.85 two at least
    assert table["low"].tolist() == [0, 0, 0.5]
    assert table["high"].tolist() == pytest.approx([2 / 3, 1, 1])
    told = [binom.ppf([0.025, 0.975], n, p).tolist() for n, p in ((3, 0.15), (3, 0.35), (4, 0.85))]
    assert told == [[0, 2], [0, 3], [2, 4]]
    assert found.calibration(1)["n"].tolist() == [10]


# --- what a scenario does not let happen, and what counts as something else ---


def test_what_a_scenario_switches_off_is_forecast_not_to_come(scored: Scored) -> None:
    events = rate("talks", 1.0) + rate("row", 1.0)
    off = "[events.talks]\nenabled = false\n\n[events.row]\nenabled = false\n"
    table = scored(events, fact("talks", "2025-03-10"), off).events
    assert table.loc["talks", ["probability", "outcome", "brier"]].tolist() == [0.0, True, 1.0]
    assert table.loc["row", ["probability", "outcome", "brier"]].tolist() == [0.0, False, 0.0]


def test_what_happened_outside_its_window_was_forecast_not_to_come(scored: Scored) -> None:
    events = on("vote", "2025-12-10", 0.5) + on("other", "2025-12-11", 0.5)
    table = scored(events, fact("vote", "2025-03-10")).events  # in the record's months neither was possible
    assert table.index.tolist() == ["vote"]
    assert table.loc["vote", ["probability", "outcome", "brier"]].tolist() == [0.0, True, 1.0]


def test_what_counts_as_an_event_has_happened_as_that_event(scored: Scored) -> None:
    events = rate("meeting", 1.0) + rate("summit", 1.0, 'repeats = true\ncounts_as = "meeting"\n')
    asked = '[questions.met]\nask = "meeting"\nby = 2025-06-20\n'
    found = scored(events, fact("summit", "2025-03-10"), asked)
    assert found.events.loc["meeting", ["outcome", "observed"]].tolist() == [True, 1]
    assert found.questions.loc["met", "outcome"]


def test_a_question_is_as_sure_as_the_least_sure_fact_it_rests_on(scored: Scored) -> None:
    events = rate("talks", 1.0) + rate("row", 1.0)
    asked = '[questions.both]\nask = "talks and row"\nby = 2025-06-20\n\n[questions.one]\nask = "talks"\nby = 2025-06-20\n'
    record = fact("talks", "2025-03-10", 'confidence = "high"') + fact("row", "2025-04-10", 'confidence = "low"')
    found = scored(events, record, asked)
    assert found.questions["confidence"].to_dict() == {"both": "low", "one": "high"}
    assert (found.summary.loc["all", "n"], found.summary.loc["surer", "n"]) == (4, 2)
