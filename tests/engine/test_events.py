"""Events: when they fire, against closed forms by month; what they do, against numbers worked out by hand."""

import numpy as np
import pytest

from simulator import read_scenario, simulate
from simulator.ensemble.ensemble import Ensemble

N = 60_000
STILL = """
title = "Still"
as_of = 2025-01-20
months = 24
factors.a = {{ label = "A", level = {level}, weight = 1, half_life = {half_life}, volatility = 0, settling = 12, drift = 0 }}
factors.b = {{ label = "B", level = 50, weight = 1, half_life = 1, volatility = 0, settling = 12, drift = 0 }}
"""


def run(tmp_path, events: str, n: int = N, level: float = 20, half_life: float = 1, seed: int = 11) -> Ensemble:
    path = tmp_path / "events.toml"
    path.write_text(STILL.format(level=level, half_life=half_life) + events)
    return simulate(read_scenario(path), n, seed, n_kept=min(n, 5_000))


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
    # a jumps by effective 16 to 36 at step 4 and halves back towards 20: 28 at 5, 24 at 6
    first = '[events.first]\nlabel = "F"\non = 2025-05-01\nprobability = 1\neffects.a = { jump = 10 }\n'
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
    ("size", "level", "after"), [(10, 20, 36), (-10, 20, 16), (10, 50, 60), (-10, 50, 40), (10, 100, 100)]
)
def test_a_jump_saturates_and_dies_away_by_half(tmp_path, size: float, level: float, after: float) -> None:
    # at 20 a warming 10 counts 10 * 80 / 50 = 16, a cooling 10 counts 10 * 20 / 50 = 4
    event = f'[events.e]\nlabel = "E"\non = 2025-03-01\nprobability = 1\neffects.a = {{ jump = {size} }}\n'
    levels = level_of_a(run(tmp_path, event, n=10, level=level))
    assert levels[:2] == [level, level]
    assert levels[2:5] == [after, level + (after - level) / 2, level + (after - level) / 4]


def test_a_shift_moves_the_attraction_from_the_next_month_for_as_long_as_it_lasts(tmp_path) -> None:
    event = '[events.e]\nlabel = "E"\non = 2025-03-01\nprobability = 1\nlasts = 3\neffects.a = { shift = -10 }\n'
    levels = level_of_a(run(tmp_path, event, n=10, half_life=0.01))
    # fires in step 2; the level follows its attraction a month late: 16 in steps 3, 4, 5, then 20 again
    assert levels[:8] == [20, 20, 20, 16, 16, 16, 20, 20]


def test_a_shift_without_lasts_stays(tmp_path) -> None:
    event = '[events.e]\nlabel = "E"\non = 2025-03-01\nprobability = 1\neffects.a = { shift = 10 }\n'
    levels = level_of_a(run(tmp_path, event, n=10, half_life=0.01))
    assert levels == [20] * 3 + [36] * 22


def test_a_second_shift_is_sized_where_the_first_one_left_the_attraction(tmp_path) -> None:
    events = "".join(
        f'[events.{name}]\nlabel = "E"\non = 2025-{month}-01\nprobability = 1\neffects.a = {{ shift = 10 }}\n'
        for name, month in (("e", "03"), ("f", "06"))
    )
    # 20 + 10 * 80/50 = 36; then 36 + 10 * 64/50 = 48.8
    assert level_of_a(run(tmp_path, events, n=10, half_life=0.01))[-1] == 48.8


def test_shifts_of_a_repeated_event_end_each_in_its_own_time(tmp_path) -> None:
    event = (
        '[events.e]\nlabel = "E"\nrate = 4\nrepeats = true\nlasts = { dist = "discrete", values = [2, 5], '
        "probabilities = [0.5, 0.5] }\neffects.a = { shift = -5 }\n"
    )
    ensemble = run(tmp_path, event, n=300, level=50, half_life=0.01)
    fired, values = ensemble.tally.kept.fired[:, 0], ensemble.tally.kept.values[:, 0].astype(float)
    lasts = ensemble.draws()["events.e.lasts"].to_numpy()
    expected = np.empty_like(values)
    for d in range(300):  # the slow twin: one path at a time, each shift with its own end
        shifts: list[tuple[float, float]] = []
        for t in range(25):
            in_force = [amount for end, amount in shifts if t - 1 < end]
            attraction = 50 + sum(in_force)
            expected[t, d] = attraction if t else 50
            if fired[t, d]:
                shifts.append((t + lasts[d], -5 * attraction / 50))
    assert np.abs(values - expected).max() < 1e-4  # kept paths are single precision


def test_sizes_of_a_repeated_event_are_drawn_anew_and_others_once(tmp_path) -> None:
    law = '{ dist = "uniform", low = 0, high = 10 }'
    repeated = f'[events.e]\nlabel = "E"\nrate = 60\nrepeats = true\ncooldown = 1\neffects.a = {{ jump = {law} }}\n'
    ensemble = run(tmp_path, repeated, n=2_000, level=50, half_life=0.01)
    # with a month between firings the level is back at 50, so the month of a firing shows its size: 50 + size
    sizes = ensemble.tally.kept.values[1:, 0].astype(float)[ensemble.tally.kept.fired[1:, 0]] - 50
    assert abs(sizes.mean() - 5) < 4.5 * 10 / np.sqrt(12 * sizes.size)
    assert "events.e.effects.a.jump" not in ensemble.draws().columns
    once = run(
        tmp_path, f'[events.e]\nlabel = "E"\non = 2025-03-01\nprobability = 1\neffects.a = {{ jump = {law} }}\n', n=2_000
    )
    drawn = once.draws(2)
    assert np.abs(drawn["a"] - 20 - 1.6 * drawn["events.e.effects.a.jump"]).max() < 1e-4


# --- questions ---


def test_a_question_on_a_date_and_by_a_date(tmp_path) -> None:
    text = (
        '[events.e]\nlabel = "E"\nbetween = [2025-06-01, 2025-09-15]\nprobability = 0.6\neffects.a = { jump = 10 }\n'
        '[questions.on]\nask = "a > 30"\non = 2025-07-20\n[questions.by]\nask = "a > 30"\nby = 2025-07-20\n'
        '[questions.end]\nask = "e"\n'
    )
    found = run(tmp_path, text).questions().probability
    per_step = 1 - 0.4 ** (1 / 4)
    # a is above 30 only in the month it jumps, from 20 to 36; step 6 ends on 20 July
    assert_probabilities(found.to_numpy(), [(1 - per_step) * per_step, 1 - (1 - per_step) ** 2, 0.6], N)
