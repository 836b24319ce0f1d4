"""Events: when they fire, against closed forms by month; what they do, against numbers worked out by hand."""

from math import log

import numpy as np
import pytest
from worlds import acted

from simulator import read_scenario, simulate
from simulator.engine.streams import BLOCK
from simulator.ensemble.ensemble import Ensemble

N = 60_000
STILL = """
title = "Still"
as_of = 2025-01-20
months = 24
factors.a = {{ label = "A", level = {level}, weight = 1, half_life = {half_life}, volatility = 0, settling = 12, drift = 0 }}
factors.b = {{ label = "B", level = 50, weight = 1, half_life = 1, volatility = 0, settling = 12, drift = 0 }}
"""


def run(
    tmp_path,
    events: str,
    n: int = N,
    level: float = 20,
    half_life: float = 1,
    seed: int = 11,
    n_kept: int = 5_000,
    world: str = STILL,
) -> Ensemble:
    path = tmp_path / "events.toml"
    path.write_text(world.format(level=level, half_life=half_life) + events)
    return simulate(read_scenario(path), n, seed, n_kept=min(n, n_kept))


def run_of_relationship(tmp_path, events: str, months: int, n: int = N, seed: int = 11) -> Ensemble:
    """Return a run in which the events are the relationship's, so that they may reach past the horizon."""
    (tmp_path / "seeds").mkdir(exist_ok=True)
    world = STILL.replace("months = 24\n", "").format(level=20, half_life=1)
    (tmp_path / "seeds" / "world.toml").write_text(world + events)
    path = tmp_path / "short.toml"
    path.write_text(f'title = "Short"\nrelationship = "world"\nmonths = {months}\n')
    return simulate(read_scenario(path), n, seed)


TO_36 = 25 * log(36 / 64 * 80 / 20)  # what takes 20 to 36


def by_month(ensemble: Ensemble, event: str = "e") -> np.ndarray:
    return ensemble.event_times().loc[event].probability.to_numpy()


def assert_probabilities(found: np.ndarray, exact: np.ndarray, n: int) -> None:
    """Every month within 4.5 standard errors; certain months exactly."""
    exact = np.asarray(exact, dtype=float)
    error = np.sqrt(exact * (1 - exact) / n)
    assert (np.abs(found - exact) <= 4.5 * error + 1e-12).all()


# --- when ---


def test_an_event_on_a_date_falls_in_the_step_that_covers_it(tmp_path) -> None:
    # step 3 covers 21 March to 20 April
    found = by_month(run(tmp_path, '[events.e]\nlabel = "E"\non = 2025-04-20\nprobability = 0.3\n'))
    assert_probabilities(found, [0] * 3 + [0.3] * 22, N)
    found = by_month(run(tmp_path, '[events.e]\nlabel = "E"\non = 2025-04-21\nprobability = 1\n', n=100))
    assert found.tolist() == [0] * 4 + [1] * 21


def test_a_window_spreads_its_probability_over_the_steps_it_meets(tmp_path) -> None:
    # 1 June to 15 September 2025 meets steps 5 (to 20 June) to 8 (to 20 September): 4 steps, 60 % in all
    found = by_month(run(tmp_path, '[events.e]\nlabel = "E"\nbetween = [2025-06-01, 2025-09-15]\nprobability = 0.6\n'))
    exact = [0] * 5 + [1 - 0.4 ** (k / 4) for k in range(1, 5)] + [0.6] * 16
    assert_probabilities(found, exact, N)


def test_a_window_past_the_horizon_shows_only_its_part_of_the_probability(tmp_path) -> None:
    # 1 June 2025 to 31 March 2026 meets steps 5 to 15: 11 steps, of which a horizon of 8 months holds the first 4
    window = "between = [2025-06-01, 2026-03-31]"
    event = f'[events.e]\nlabel = "E"\n{window}\nprobability = 0.6\n'
    found = by_month(run_of_relationship(tmp_path, event, months=8))
    assert_probabilities(found, [0] * 5 + [1 - 0.4 ** (k / 11) for k in range(1, 5)], N)
    rated = by_month(run_of_relationship(tmp_path, f'[events.e]\nlabel = "E"\n{window}\nrate = 3\n', months=8))
    assert_probabilities(rated, [0] * 5 + [1 - np.exp(-3 / 12 * k) for k in range(1, 5)], N)


def test_a_longer_horizon_shows_more_of_a_window_and_changes_no_earlier_month(tmp_path) -> None:
    event = (
        '[events.e]\nlabel = "E"\nbetween = [2025-06-01, 2026-03-31]\nprobability = 0.6\nrepeats = true\n'
        'effects.a = { jump = { dist = "uniform", low = 0, high = 10 } }\n'
    )
    short, long = (run_of_relationship(tmp_path, event, months, n=4_000) for months in (8, 17))
    assert np.array_equal(short.paths("a"), long.paths("a")[:9])
    assert by_month(short).tolist() == by_month(long)[:9].tolist()
    assert by_month(long)[14] < by_month(long)[15] == by_month(long)[17]
    assert abs(by_month(long)[15] - 0.6) < 4.5 * np.sqrt(0.6 * 0.4 / 4_000)


def test_what_lies_past_the_horizon_does_not_happen(tmp_path) -> None:
    # the horizon of 8 months ends on 20 September 2025
    events = (
        '[events.on]\nlabel = "O"\non = 2025-09-21\nprobability = 1\n'
        '[events.within]\nlabel = "W"\nbetween = [2025-09-21, 2025-12-01]\nprobability = 1\n'
        '[events.last]\nlabel = "L"\nbetween = [2025-09-20, 2025-12-01]\nprobability = 1\n'
    )
    ensemble = run_of_relationship(tmp_path, events, months=8, n=50)
    assert ensemble.events().probability.to_dict() == {"on": 0, "within": 0, "last": 1}
    assert by_month(ensemble, "last").tolist() == [0] * 8 + [1]


def test_dates_fall_in_their_steps_where_the_start_is_the_last_day_of_a_month(tmp_path) -> None:
    # steps end on 29 February, 31 March, 30 April ... 2024, and step 13 on 28 February 2025
    steps = {"02-29": 1, "03-01": 2, "03-31": 2, "04-01": 3, "04-30": 3, "05-01": 4}
    days = {f"2024-{day}": step for day, step in steps.items()} | {"2025-02-28": 13, "2025-03-01": 14}
    events = "".join(f'[events.e{n}]\nlabel = "E"\non = {day}\nprobability = 1\n' for n, day in enumerate(days))
    asked = '[questions.q]\nask = "e0 and not e1"\non = 2024-02-29\n'
    ensemble = run(tmp_path, events + asked, n=10, world=STILL.replace("2025-01-20", "2024-01-31"))
    assert ensemble.draws()[[f"first.e{n}" for n in range(len(days))]].iloc[0].tolist() == list(days.values())
    assert [f"{ensemble.dates[t]:%Y-%m-%d}" for t in (1, 2, 3, 13)] == [
        "2024-02-29",
        "2024-03-31",
        "2024-04-30",
        "2025-02-28",
    ]
    row = ensemble.questions().loc["q"]
    assert (row.probability, f"{row.date:%Y-%m-%d}") == (1, "2024-02-29")


def test_a_rate_is_exponential_in_time(tmp_path) -> None:
    found = by_month(run(tmp_path, '[events.e]\nlabel = "E"\nrate = 0.8\n'))
    assert_probabilities(found, 1 - np.exp(-0.8 / 12 * np.arange(25)), N)


def test_a_rate_with_a_window_acts_in_the_window_only(tmp_path) -> None:
    found = by_month(run(tmp_path, '[events.e]\nlabel = "E"\nrate = 3\nbetween = [2025-06-01, 2025-09-15]\n'))
    steps = np.clip(np.arange(25) - 4, 0, 4)
    assert_probabilities(found, 1 - np.exp(-3 / 12 * steps), N)


def test_a_condition_alone_gives_one_trial_when_it_first_holds(tmp_path) -> None:
    first = '[events.first]\nlabel = "F"\non = 2025-05-01\nprobability = 1\neffects.a = { jump = 1 }\n'
    found = by_month(run(tmp_path, first + '[events.e]\nlabel = "E"\nwhen = "first"\nprobability = 0.25\n'))
    # 1 May falls in step 4; the condition is read on the state at the end of step 4, so the trial is step 5
    assert_probabilities(found, [0] * 5 + [0.25] * 20, N)


def test_a_condition_gates_a_rate_from_the_month_after_it_holds(tmp_path) -> None:
    first = '[events.first]\nlabel = "F"\non = 2025-05-01\nprobability = 1\n'
    found = by_month(run(tmp_path, first + '[events.e]\nlabel = "E"\nrate = 1.2\nwhen = "first"\n'))
    assert_probabilities(found, 1 - np.exp(-0.1 * np.clip(np.arange(25) - 4, 0, None)), N)


def test_a_condition_on_a_level_reads_the_month_before(tmp_path) -> None:
    # a jumps to 36 at step 4 and halves back towards 20: 28 at 5, 24 at 6
    first = f'[events.first]\nlabel = "F"\non = 2025-05-01\nprobability = 1\neffects.a = {{ jump = {TO_36} }}\n'
    found = by_month(run(tmp_path, first + '[events.e]\nlabel = "E"\nwhen = "27 < a < 30"\nprobability = 1\n', n=50))
    assert found.tolist() == [0] * 6 + [1] * 19


def test_an_event_that_is_switched_off_never_happens_and_conditions_know(tmp_path) -> None:
    off = '[events.off]\nlabel = "O"\non = 2025-05-01\nprobability = 1\nenabled = false\n'
    ensemble = run(tmp_path, off + '[events.e]\nlabel = "E"\nrate = 12\nwhen = "off"\n', n=500)
    assert by_month(ensemble).max() == 0
    assert list(ensemble.events().index) == ["e"]


def test_without_repeats_an_event_happens_once(tmp_path) -> None:
    ensemble = run(tmp_path, '[events.e]\nlabel = "E"\nrate = 60\n', n=2_000)
    assert ensemble.events().loc["e", "count"] == 1


def test_a_repeated_event_happens_as_often_as_its_rate_says(tmp_path) -> None:
    ensemble = run(tmp_path, '[events.e]\nlabel = "E"\nrate = 0.9\nrepeats = true\n')
    h = 1 - np.exp(-0.9 / 12)
    row = ensemble.events().loc["e"]
    exact_error = np.sqrt(24 * h * (1 - h) / N)
    assert abs(row["count"] - 24 * h) < 4.5 * exact_error
    assert row.count_std_error == pytest.approx(exact_error, rel=0.05)


def test_a_cooldown_keeps_the_months_after_a_firing_free(tmp_path) -> None:
    ensemble = run(tmp_path, '[events.e]\nlabel = "E"\nrate = 3\nrepeats = true\ncooldown = 3\n')
    fired = ensemble.tally.kept.fired[:, 0].T
    gaps = np.concatenate([np.diff(np.flatnonzero(path)) for path in fired])
    assert gaps.min() == 4
    # free[t]: chance of being free in step t = 1 - firings in the 3 steps before
    h, fires = 1 - np.exp(-3 / 12), [0.0]
    for t in range(1, 25):
        fires.append(h * (1 - sum(fires[max(t - 3, 0) : t])))
    found = ensemble.tally.counts.events[:, 0] / N
    assert_probabilities(found, np.array(fires), N)


def test_an_event_that_has_happened_stays_so_whatever_comes_after(tmp_path) -> None:
    # e fires in steps 2 and 3 and then no more; f in every step in which e has happened a month before: 3 to 24
    events = (
        '[events.e]\nlabel = "E"\nbetween = [2025-02-21, 2025-04-20]\nprobability = 1\nrepeats = true\n'
        '[events.f]\nlabel = "F"\nbetween = [2025-01-21, 2027-01-20]\nprobability = 1\nrepeats = true\nwhen = "e"\n'
    )
    days = ["2025-02-20", "2025-03-20", "2025-04-20", "2025-05-20", "2027-01-20"]
    asked = "".join(f'[questions.q{n}]\nask = "e"\non = {day}\n' for n, day in enumerate(days))
    ensemble = run(tmp_path, events + asked, n=10)
    assert ensemble.events()["count"].to_dict() == {"e": 2, "f": 22}
    assert ensemble.questions().probability.tolist() == [0, 1, 1, 1, 1]
    assert ensemble.exceedance("e").probability.tolist() == by_month(ensemble).tolist() == [0] * 2 + [1] * 23
    assert ensemble.draws()["first.e"].tolist() == [2] * 10


def test_each_block_of_draws_has_its_own_luck(tmp_path) -> None:
    # a window of step 1 alone: half of the draws, each with a size of its own
    event = (
        '[events.e]\nlabel = "E"\nbetween = [2025-02-01, 2025-02-10]\nprobability = 0.5\nrepeats = true\n'
        'effects.a = { jump = { dist = "uniform", low = 1, high = 10 } }\n'
    )
    world = STILL.replace("months = 24", "months = 1")
    table = run(tmp_path, event, n=2 * BLOCK, n_kept=2 * BLOCK, world=world).draws()
    first, second = table["first.e"].notna().to_numpy().reshape(2, BLOCK)
    # two fair coins agree in half of the draws
    assert abs((first == second).mean() - 0.5) < 4.5 * 0.5 / np.sqrt(BLOCK)
    levels = table["a"].to_numpy(dtype=float).reshape(2, BLOCK)[:, first & second]
    assert (levels[0] == levels[1]).mean() < 0.01
    assert abs(np.corrcoef(levels)[0, 1]) < 4.5 / np.sqrt(levels.shape[1])


def test_an_uncertain_probability_is_drawn_once_for_each_draw(tmp_path) -> None:
    law = '{ dist = "discrete", values = [0, 1], probabilities = [0.7, 0.3] }'
    ensemble = run(tmp_path, f'[events.e]\nlabel = "E"\nbetween = [2025-06-01, 2026-06-01]\nprobability = {law}\n')
    found = by_month(ensemble)
    # where the probability is 1 the event happens in the window's first step, else never
    assert_probabilities(found, [0] * 5 + [0.3] * 20, N)


# --- what ---


def level_of_a(ensemble: Ensemble) -> list[float]:
    return ensemble.tally.moments.mean[:, 0].round(9).tolist()


def test_an_event_moves_its_factor_and_no_other(tmp_path) -> None:
    ensemble = run(tmp_path, '[events.e]\nlabel = "E"\non = 2025-03-01\nprobability = 1\neffects.a = { jump = 5 }\n', n=10)
    assert ensemble.tally.moments.mean[:, 1].tolist() == [50.0] * 25


@pytest.mark.parametrize(
    ("size", "level"), [(10, 20), (-10, 20), (10, 50), (-10, 50), (10, 80), (-10, 100), (10, 100), (-10, 0), (10, 0)]
)
def test_a_jump_raises_the_log_odds_and_dies_away_by_half(tmp_path, size: float, level: float) -> None:
    event = f'[events.e]\nlabel = "E"\non = 2025-03-01\nprobability = 1\neffects.a = {{ jump = {size} }}\n'
    levels = level_of_a(run(tmp_path, event, n=10, level=level))
    assert levels[:2] == [level, level]
    after = acted(level, size)
    expected = [after, level + (after - level) / 2, level + (after - level) / 4]
    assert levels[2:5] == pytest.approx(expected, rel=0, abs=1e-9)
    if level in (0, 100):
        assert set(levels) == {level}


def test_a_shift_moves_the_attraction_from_the_next_month_for_as_long_as_it_lasts(tmp_path) -> None:
    event = '[events.e]\nlabel = "E"\non = 2025-03-01\nprobability = 1\nlasts = 3\neffects.a = { shift = -10 }\n'
    levels = level_of_a(run(tmp_path, event, n=10, half_life=0.01))
    # fires in step 2; the level follows its attraction a month late: there in steps 3, 4, 5, then at 20 again
    low = acted(20, -10)
    assert levels[:8] == pytest.approx([20, 20, 20, low, low, low, 20, 20], rel=0, abs=1e-9)


def test_a_shift_without_lasts_stays(tmp_path) -> None:
    event = '[events.e]\nlabel = "E"\non = 2025-03-01\nprobability = 1\neffects.a = { shift = 10 }\n'
    levels = level_of_a(run(tmp_path, event, n=10, half_life=0.01))
    assert levels == pytest.approx([20] * 3 + [acted(20, 10)] * 22, rel=0, abs=1e-9)


def test_a_second_shift_adds_to_the_first_on_the_log_odds(tmp_path) -> None:
    events = "".join(
        f'[events.{name}]\nlabel = "E"\non = 2025-{month}-01\nprobability = 1\neffects.a = {{ shift = {size} }}\n'
        for name, month, size in (("e", "03", 10), ("f", "06", 14))
    )
    levels = level_of_a(run(tmp_path, events, n=10, half_life=0.01))
    # f fires in step 5, and shows a month later
    assert levels == pytest.approx([20] * 3 + [acted(20, 10)] * 3 + [acted(20, 24)] * 19, rel=0, abs=1e-9)
    assert acted(acted(20, 10), 14) == pytest.approx(acted(20, 24), rel=1e-12)
    # neither the sum of what each would do alone
    assert abs(levels[-1] - (acted(20, 10) + acted(20, 14) - 20)) > 1


def test_a_shift_in_force_acts_on_the_resting_level_of_each_month(tmp_path) -> None:
    event = '[events.e]\nlabel = "E"\non = 2025-03-01\nprobability = 1\neffects.a = { shift = 30 }\n'
    world = STILL.replace("half_life = {half_life}", "target = 70, half_life = {half_life}")
    levels = level_of_a(run(tmp_path, event, n=10, half_life=0.01, world=world))
    # the resting level goes from 20 to 70 with a settling time of 12 months; the level is the attraction a month late
    resting = [70 - 50 * 2 ** (-t / 12) for t in range(24)]
    expected = [20, *(acted(r, 30 if t >= 2 else 0) for t, r in enumerate(resting))]
    assert levels == pytest.approx(expected, rel=0, abs=1e-9)


def test_shifts_of_a_repeated_event_end_each_in_its_own_time(tmp_path) -> None:
    event = (
        '[events.e]\nlabel = "E"\nrate = 4\nrepeats = true\nlasts = { dist = "discrete", values = [2, 5], '
        "probabilities = [0.5, 0.5] }\neffects.a = { shift = -5 }\n"
    )
    ensemble = run(tmp_path, event, n=300, level=50, half_life=0.01)
    fired, values = ensemble.tally.kept.fired[:, 0], ensemble.tally.kept.values[:, 0].astype(float)
    lasts = ensemble.draws()["events.e.lasts"].to_numpy()
    expected = np.empty_like(values)
    most = 0
    for d in range(300):  # the slow twin: one path at a time, each shift with its own end
        ends: list[float] = []
        for t in range(25):
            in_force = sum(t - 1 < end for end in ends)
            most = max(most, in_force)
            expected[t, d] = acted(50, -5 * in_force)
            if fired[t, d]:
                ends.append(t + lasts[d])
    assert most > 2
    assert np.abs(values - expected).max() < 1e-4  # kept paths are single precision


def test_sizes_of_a_repeated_event_are_drawn_anew_and_others_once(tmp_path) -> None:
    law = '{ dist = "uniform", low = 0, high = 10 }'
    repeated = f'[events.e]\nlabel = "E"\nrate = 60\nrepeats = true\ncooldown = 1\neffects.a = {{ jump = {law} }}\n'
    ensemble = run(tmp_path, repeated, n=2_000, level=50, half_life=0.01)
    # with a month between firings the level is back at 50, so the month of a firing shows its size in the log-odds
    levels = ensemble.tally.kept.values[1:, 0].astype(float)[ensemble.tally.kept.fired[1:, 0]]
    sizes = 25 * np.log(levels / (100 - levels))
    assert (sizes.min(), sizes.max()) == (pytest.approx(0, abs=0.01), pytest.approx(10, abs=0.01))
    assert abs(sizes.mean() - 5) < 4.5 * 10 / np.sqrt(12 * sizes.size)
    assert "events.e.effects.a.jump" not in ensemble.draws().columns
    once = run(
        tmp_path, f'[events.e]\nlabel = "E"\non = 2025-03-01\nprobability = 1\neffects.a = {{ jump = {law} }}\n', n=2_000
    )
    drawn = once.draws(2)
    assert np.abs(drawn["a"] - [acted(20, size) for size in drawn["events.e.effects.a.jump"]]).max() < 1e-4


# --- questions ---


def test_a_question_on_a_date_and_by_a_date(tmp_path) -> None:
    text = (
        '[events.e]\nlabel = "E"\nbetween = [2025-06-01, 2025-09-15]\nprobability = 0.6\n'
        f"effects.a = {{ jump = {TO_36} }}\n"
        '[questions.on]\nask = "a > 30"\non = 2025-07-20\n[questions.by]\nask = "a > 30"\nby = 2025-07-20\n'
        '[questions.end]\nask = "e"\n'
    )
    found = run(tmp_path, text).questions().probability
    per_step = 1 - 0.4 ** (1 / 4)
    # a is above 30 only in the month it jumps, from 20 to 36; step 6 ends on 20 July
    assert_probabilities(found.to_numpy(), [(1 - per_step) * per_step, 1 - (1 - per_step) ** 2, 0.6], N)


def test_the_start_counts_for_by_a_date(tmp_path) -> None:
    # a is pushed down to 16 in step 1 and comes back halfway: 20, 16, 18, 19 ...; at 20 at the start only
    size = 25 * log(16 / 84 * 80 / 20)
    push = f'[events.e]\nlabel = "E"\non = 2025-02-01\nprobability = 1\neffects.a = {{ jump = {size} }}\n'
    times = [
        "by = 2025-01-20",
        "on = 2025-01-20",
        "by = 2025-02-20",
        "by = 2025-12-20",
        "on = 2025-02-20",
        "on = 2025-12-20",
    ]
    asked = "".join(f'[questions.q{n}]\nask = "a >= 20"\n{when}\n' for n, when in enumerate(times))
    ensemble = run(tmp_path, push + asked, n=10)
    assert level_of_a(ensemble)[:4] == [20, 16, 18, 19]
    assert ensemble.exceedance("a >= 20").probability.tolist()[:12] == [1] + [0] * 11
    assert ensemble.questions().probability.tolist() == [1, 1, 1, 1, 0, 0]
