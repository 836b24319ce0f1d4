"""What a record teaches: closed forms of a rate after its count, and nothing of what no fact bears on."""

from math import exp, sqrt
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom, gamma, ks_2samp
from worlds import fact

from simulator import Learned, Refused, learn, read_scenario, simulate
from simulator.analysis.learn import CRITICAL, _distance

# Nothing moves but by events: the numbers of the record's event are all that facts bear on.
WORLD = """\
title = "World"
as_of = 2025-01-20
[factors.trade]
label = "Trade"
level = 40
weight = 1
half_life = 2
volatility = 0
settling = 12
drift = 0
[events.row]
label = "A row"
rate = { counted = 3, years = 2 }
repeats = true
effects.trade = { jump = -5 }
[events.visit]
label = "A visit"
rate = 3
repeats = true
[events.never]
label = "What nobody expects"
rate = 0.01
[events.late]
label = "A vote after what is known"
on = 2026-06-01
probability = 0.5
[events.unknown]
label = "What the record does not tell"
rate = 2
"""
# A hundred numbers that no fact bears on.
IDLE = '[indices.idle]\nweights = { trade = { dist = "uniform", low = 1, high = 2 } }\n'
MONTHS = (1, 2, 4, 5, 7, 9)
N = 8_192


def day_in(step: int) -> str:
    """Return a day within a month after 20 January 2025."""
    return f"2025-{step + 1:02}-05"


RECORD = 'title = "Since"\nrelationship = "world"\nuntil = 2026-01-20\nsilent = ["unknown"]\n' + "".join(
    [*(fact("row", day_in(step)) for step in MONTHS), *(fact("visit", day_in(step)) for step in (3, 4))]
)


def learned_of(folder: Path, more: str = "", n: int = N, record: str = RECORD) -> Learned:
    (folder / "seeds" / "records").mkdir(parents=True, exist_ok=True)
    idle = "".join(IDLE.replace("idle", f"idle_{i}") for i in range(100))
    (folder / "seeds" / "world.toml").write_text(WORLD + more + idle, encoding="utf-8")
    (folder / "seeds" / "records" / "r.toml").write_text(record, encoding="utf-8")
    (folder / "s.toml").write_text('relationship = "world"\ntitle = "S"\nmonths = 24\nrecord = "r"\n', encoding="utf-8")
    return learn(read_scenario(folder / "s.toml"), n, 3)


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Learned:
    return learned_of(tmp_path_factory.mktemp("learned"))


# prior Gamma(3 + 1/2, 2); likelihood of six months with a row and six without: (1 - exp(-r/12))^6 exp(-r/12)^6
RATES = np.linspace(1e-6, 40, 400_001)
AFTER = RATES**2.5 * np.exp(-2 * RATES) * (1 - np.exp(-RATES / 12)) ** 6 * np.exp(-RATES / 12 * 6)
AFTER = np.cumsum(AFTER) / AFTER.sum()
BEFORE = gamma(3.5, scale=1 / 2)


def quantile_after(p: float) -> float:
    return float(RATES[np.searchsorted(AFTER, p)])


def moments_after() -> tuple[float, float]:
    density = np.diff(AFTER, prepend=0)
    mean = float((RATES * density).sum())
    return mean, sqrt(float(((RATES - mean) ** 2 * density).sum()))


def test_a_counted_rate_is_its_gamma_before_and_what_the_months_make_of_it_after(learned: Learned) -> None:
    row, n = learned.numbers.loc["events.row.rate"], learned.after.n_effective
    for p in (0.1, 0.5, 0.9):
        before, after = row[f"before_p{100 * p:.0f}"], row[f"after_p{100 * p:.0f}"]
        # where the exact distributions have the sample's quantiles: a share's standard error
        assert abs(BEFORE.cdf(before) - p) < 4.5 * sqrt(p * (1 - p) / N)
        assert abs(float(np.interp(after, RATES, AFTER)) - p) < 4.5 * sqrt(p * (1 - p) / n)
        assert after == pytest.approx(quantile_after(p), rel=0.05)
    assert row.label == learned.after.scenario.words_of("events.row.rate")


def test_a_number_has_moved_and_narrowed_in_standard_deviations_of_before(learned: Learned) -> None:
    row = learned.numbers.loc["events.row.rate"]
    mean, spread = moments_after()
    sd = BEFORE.std()
    assert abs(row.moved - (mean - BEFORE.mean()) / sd) < 4.5 * row.std_error
    assert row.std_error == pytest.approx(sqrt(1 / N + (spread / sd) ** 2 / learned.after.n_effective), rel=0.1)
    assert row.sd_ratio == pytest.approx(spread / sd, rel=0.05)
    assert row.moved > 1.5  # six in a year, where 1.75 were expected


def test_how_far_two_distributions_are_apart_is_that_of_the_exact_ones(learned: Learned) -> None:
    row = learned.numbers.loc["events.row.rate"]
    exact = float(np.abs(BEFORE.cdf(RATES) - AFTER).max())
    assert row.distance == pytest.approx(exact, abs=2 * sqrt(1 / N + 1 / learned.after.n_effective))
    assert row.learned
    assert learned.numbers.index[0] == "events.row.rate"
    assert learned.numbers["distance"].is_monotonic_decreasing


def test_of_numbers_that_no_fact_bears_on_nothing_is_learned(learned: Learned) -> None:
    # 100 at one false alarm in a thousand: two or more in 0.5 % of seeds, and fewer where both share their worlds
    plain = learned.after.scenario.with_({"record": None})
    apart = Learned(simulate(plain, N, 11, n_kept=N), learned.after)
    for one in (learned, apart):
        idle = one.numbers[one.numbers.index.str.startswith("indices.idle_")]
        assert len(idle) == 100
        assert idle["learned"].sum() <= 1
        assert (idle["moved"].abs() < 4.5 * idle["std_error"]).all()
        assert one.numbers.loc["events.row.rate", "learned"]


def test_false_alarms_of_the_distance_are_one_in_a_thousand() -> None:
    rng, n, m, critical = np.random.default_rng(7), 150, 100, CRITICAL * sqrt(1 / 150 + 1 / 100)
    alarms = 0
    for _ in range(3_000):
        a, b = rng.standard_normal(n), rng.standard_normal(m)
        alarms += _distance(a, np.ones(n), b, np.ones(m)) > critical
    assert pytest.approx(sqrt(-np.log(0.001 / 2) / 2), abs=5e-4) == CRITICAL
    assert alarms <= 3 + 4.5 * sqrt(3)  # three are expected, or fewer: few draws are on the safe side


@pytest.mark.parametrize("seed", range(5))
def test_the_distance_is_that_of_kolmogorov_and_smirnov(seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.integers(0, 20, 80) / 2, rng.integers(3, 25, 50) / 2  # with ties
    told = _distance(a, np.ones(80), b, np.ones(50))
    assert told == pytest.approx(float(ks_2samp(a, b).statistic))
    # a draw that weighs three is three draws
    weights = rng.integers(0, 4, 50).astype(float)
    heavy = np.repeat(b, weights.astype(int))
    assert _distance(a, np.ones(80), b, weights / weights.mean()) == pytest.approx(float(ks_2samp(a, heavy).statistic))
    assert _distance(a, np.ones(80), a, np.ones(80)) == 0
    assert _distance(a, np.ones(80), a + 100, np.ones(80)) == 1


def test_events_are_told_with_how_often_they_were_expected_and_seen(learned: Learned) -> None:
    row, h = learned.events.loc["visit"], 1 - exp(-3 / 12)
    spread = sqrt(12 * h * (1 - h))
    assert row.observed == 2
    assert abs(row.expected - 12 * h) < 4.5 * spread / sqrt(N)
    assert row.std_error == pytest.approx(spread / sqrt(N), rel=0.05)
    assert [row.low, row.high] == binom.ppf([0.1, 0.9], 12, h).tolist()
    assert abs(row.pit - (binom.cdf(1, 12, h) + 0.5 * binom.pmf(2, 12, h))) < 4.5 * 0.5 / sqrt(N)
    assert abs(row.surprise - 2 * binom.cdf(2, 12, h)) < 4.5 / sqrt(N)
    assert row.label == "A visit"


def test_the_most_surprising_event_comes_first(learned: Learned) -> None:
    table = learned.events
    assert table["surprise"].is_monotonic_increasing
    assert table.index[0] == "row"
    assert table.loc["row", "observed"] == 6
    fired = learned.before.tally.kept.fired[1:13, 0].sum(axis=0)
    assert table.loc["row", "surprise"] == pytest.approx(2 * float((fired >= 6).mean()))
    assert table.loc["never", "surprise"] == 1  # as few as nothing nearly always happens: at most 1
    assert table.loc["never", "observed"] == 0


def test_events_that_the_record_does_not_tell_or_that_could_not_be_are_left_out(learned: Learned) -> None:
    assert sorted(learned.events.index) == ["never", "row", "visit"]


def test_indices_are_told_before_and_after_at_what_is_known_and_at_the_horizon(learned: Learned) -> None:
    table = learned.indices.xs("warmth")
    assert table.index.get_level_values("month").tolist() == [12, 24]
    row = table.iloc[0]
    # the first rows of a year are all that has acted, five points each at neutral: the same in all draws
    assert row.after_p10 == pytest.approx(row.after_p90, abs=0.051)
    assert row.before_p10 < row.after < row.before
    values = learned.before.exact("warmth")[24]
    last = table.iloc[1]
    assert [last.before_p10, last.before, last.before_p90] == pytest.approx(np.quantile(values, [0.1, 0.5, 0.9]), abs=0.06)


def test_both_ensembles_keep_all_their_draws_in_the_same_worlds(learned: Learned) -> None:
    assert learned.before.n_kept == learned.after.n_kept == N
    assert not learned.before.is_conditioned
    assert learned.after.is_conditioned
    assert learned.before.seed == learned.after.seed == 3
    assert repr(learned).startswith("Learned(s from r to 2026-01-20: 1 of 101 uncertain numbers; 8,192 draws worth ")


def test_nothing_is_learned_without_a_record_or_before_its_first_month_is_over(tmp_path: Path) -> None:
    learned_of(tmp_path, n=600)
    scenario = read_scenario(tmp_path / "s.toml")
    with pytest.raises(Refused, match=r"^s: has no record to learn from; name one: record = NAME, or --record NAME$"):
        learn(scenario.with_({"record": None}), 100)
    early = read_scenario(tmp_path / "s.toml", ["known_until=2025-02-19"])
    with pytest.raises(Refused, match=r"^s: nothing of r is known within the scenario's whole months$"):
        learn(early, 100)
    with pytest.raises(Refused, match="takes a Scenario"):
        learn("baseline")  # type: ignore[arg-type]
