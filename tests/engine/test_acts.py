"""Acts on the log-odds scale, what ends and counts as what: against a twin in plain loops, and numbers worked out by hand."""

from math import ceil, expm1, log, sqrt
from pathlib import Path

import numpy as np
import pytest
from scipy.special import ndtri
from worlds import acted as acted_slowly

from simulator import Ensemble, InvalidFile, explain, read_scenario, simulate
from simulator.engine.dynamics import acted, odds_moved, shares
from simulator.engine.plan import make_plan
from simulator.engine.sampling import sample
from simulator.engine.streams import stream, uniforms
from simulator.scenario.numbers import Key

SEED, N = 5, 60

WORLD = """
title = "Acts"
as_of = 2025-01-20
months = 18
[factors.a]
label = "A"
level = { dist = "uniform", low = 5, high = 40 }
target = 30
weight = 2
half_life = 2
volatility = 3
settling = 12
drift = 2
[factors.b]
label = "B"
level = 85
weight = 1
half_life = 1
volatility = 2
settling = 24
drift = 1
[spillovers.a]
b = 0.2
[events.shock]
label = "Again and again"
rate = 4
repeats = true
lasts = { dist = "uniform", low = 1, high = 6 }
effects.a = { jump = -30, shift = { dist = "uniform", low = -20, high = 5 } }
effects.b = { jump = 8 }
[events.truce]
label = "A truce"
rate = 2
repeats = true
cooldown = 1
lasts = 5
effects.a = { shift = 25, jump = 6 }
[events.collapse]
label = "It collapses"
when = "truce.in_force"
rate = 5
repeats = true
ends = ["truce"]
effects.b = { jump = -10 }
[events.meeting]
label = "A meeting"
rate = 1
repeats = true
cooldown = 2
effects.b = { shift = 3 }
[events.summit]
label = "A summit is a meeting"
probability = 0.9
counts_as = "meeting"
effects.a = { jump = 12 }
[events.after]
label = "After a meeting, while the truce holds"
when = "meeting and truce.in_force"
rate = 3
effects.b = { shift = -40 }
[questions.held]
ask = "truce.in_force"
on = 2025-12-20
[questions.ever]
ask = "truce.in_force and meeting"
by = 2026-07-20
"""


def run(folder: Path, text: str = WORLD, n: int = N, seed: int = SEED) -> Ensemble:
    path = folder / "world.toml"
    path.write_text(text)
    return simulate(read_scenario(path), n, seed, n_kept=n)


class Twin:
    """One draw of the world above, in plain loops: shifts are kept one by one, and summed anew each month."""

    def __init__(self, ensemble: Ensemble, draw: int) -> None:
        plan = ensemble.plan
        inputs = sample(plan, SEED, 0, N)
        self.number = {str(key): float(np.broadcast_to(value, N)[draw]) for key, value in inputs.items()}
        rows = plan.n_steps

        def drawn(name: str) -> list[float]:
            return uniforms(stream(SEED, name, 0), np.empty((rows, N)))[:, draw].tolist()

        self.luck = {event.name: drawn(f"event:{event.name}/timing") for event in plan.events}
        self.size = drawn("input:events.shock.effects.a.shift")
        self.noise = {(k, p): ndtri(drawn(f"factor:{k}/{p}")) for k in "ab" for p in ("innovation", "drift")}
        self.x = {k: self.number[f"factors.{k}.level"] for k in "ab"}
        self.start = dict(self.x)
        self.r = dict(self.x)
        self.shifts: list[tuple[str, str, float, int]] = []  # event, factor, size, last month in force
        self.until = 0  # the truce is in force on states before this month
        self.free = dict.fromkeys(self.luck, 1)
        self.happened: set[str] = set()
        self.fired: list[tuple[int, str]] = []

    def chance(self, name: str) -> float:
        if name == "summit":
            return 1 - (1 - 0.9) ** (1 / 18)
        return -expm1(-self.number[f"events.{name}.rate"] / 12)

    def month(self, t: int) -> None:
        held = t - 1 < self.until
        gates = {"collapse": held, "after": held and "meeting" in self.happened}
        own = [
            name
            for name, luck in self.luck.items()
            if luck[t - 1] < self.chance(name) and self.free[name] <= t and gates.get(name, True)
        ]
        x, r = dict(self.x), dict(self.r)
        for k in "ab":
            force = sum(size for _, factor, size, last in self.shifts if factor == k and t <= last)
            pull = acted_slowly(r[k], force)
            if k == "b":
                pull += 0.2 * (x["a"] - self.start["a"])
            pull = min(max(pull, 0.0), 100.0)
            jumps = {("shock", "a"): -30, ("shock", "b"): 8, ("truce", "a"): 6, ("collapse", "b"): -10, ("summit", "a"): 12}
            push = sum(jumps.get((name, k), 0) for name in own)
            phi, psi = (2 ** (-1 / self.number[f"factors.{k}.{key}"]) for key in ("half_life", "settling"))
            spread = sqrt(x[k] * (100 - x[k])) / 50 * self.number[f"factors.{k}.volatility"]
            level = x[k] + (1 - phi) * (pull - x[k]) + spread * self.noise[k, "innovation"][t - 1]
            self.x[k] = min(max(level + acted_slowly(x[k], push) - x[k], 0.0), 100.0)
            wander = sqrt(r[k] * (100 - r[k])) / 50 * self.number[f"factors.{k}.drift"] * self.noise[k, "drift"][t - 1]
            target = self.number.get(f"factors.{k}.target", self.start[k])
            self.r[k] = min(max(r[k] + (1 - psi) * (target - r[k]) + wander, 0.0), 100.0)
        self.happen(t, own)

    def happen(self, t: int, own: list[str]) -> None:
        """Put shifts in force, end what is ended, and remember what has happened."""
        lasts = {"shock": ceil(self.number["events.shock.lasts"]), "truce": 5}
        for name in own:
            size = self.number.get("events.shock.effects.a.shift")
            if size is None:  # drawn anew at each occurrence
                size = -20 + 25 * self.size[t - 1]
            put = {"shock": ("a", size), "truce": ("a", 25.0), "meeting": ("b", 3.0), "after": ("b", -40.0)}
            if name in put:
                self.shifts.append((name, *put[name], t + lasts.get(name, 10_000)))
        if "truce" in own:
            self.until = max(self.until, t + 5)
        if "collapse" in own:
            self.until = t
            self.shifts = [shift for shift in self.shifts if shift[0] != "truce"]
        fired = {*own, *(["meeting"] if "summit" in own else [])}
        waits = {"shock": 1, "truce": 2, "collapse": 1, "meeting": 3}
        for name in fired:
            self.free[name] = t + waits.get(name, 10_000)
        self.happened |= fired
        self.fired += [(t, name) for name in sorted(fired)]


def test_the_engine_agrees_with_a_twin_in_plain_loops(tmp_path: Path) -> None:
    ensemble = run(tmp_path)
    names = [event.name for event in ensemble.plan.events]
    held = ensemble.exceedance("truce.in_force").probability.to_numpy() * N
    found, seen = np.zeros(19), set()
    for draw in range(N):
        twin = Twin(ensemble, draw)
        for t in range(1, 19):
            twin.month(t)
            found[t] += t < twin.until
            for k, factor in enumerate("ab"):
                assert twin.x[factor] == pytest.approx(float(ensemble.tally.kept.values[t, k, draw]), abs=2e-5), (draw, t)
        fired = ensemble.tally.kept.fired[:, :, draw]
        assert twin.fired == sorted((int(t), names[e]) for t, e in zip(*np.nonzero(fired), strict=True)), draw
        seen |= {name for _, name in twin.fired}
    assert seen == set(names)
    assert np.rint(held).tolist() == found.tolist()


def test_questions_about_what_is_in_force_agree_with_the_kept_draws(tmp_path: Path) -> None:
    ensemble = run(tmp_path, n=500)
    asked = ensemble.questions().probability
    assert asked["held"] == ensemble.exceedance("truce.in_force").probability.xs(11, level="month").iloc[0]
    assert ensemble.reweight({"a": 2.0}).questions().probability.tolist() == asked.tolist()


def test_the_ledger_closes_and_gives_each_act_its_aumann_shapley_share(tmp_path: Path) -> None:
    ensemble = run(tmp_path, n=300)
    for month in (1, 6, 18):
        assert explain(ensemble, month=month).closes_to < 1e-9


STILL = """
title = "Still"
as_of = 2025-01-20
months = 8
factors.a = { label = "A", level = 20, weight = 1, half_life = 1, volatility = 0, settling = 1, drift = 0 }
"""


def act(name: str, effects: str, day: str = "2025-03-01", more: str = "") -> str:
    return f'[events.{name}]\nlabel = "{name}"\non = {day}\nprobability = 1\n{more}\neffects.a = {{ {effects} }}\n'


def path_of(ensemble: Ensemble) -> list[float]:
    return [round(float(value), 4) for value in ensemble.paths("a")[0]]


def test_17_points_double_the_odds(tmp_path: Path) -> None:
    # 1 to 4 becomes 1 to 2: from 20 to 33.33; the push then halves each month
    path = path_of(run(tmp_path, STILL + act("e", f"jump = {25 * log(2)}"), n=1))
    assert path[:4] == [20, 20, 33.3333, 26.6667]


def test_two_acts_of_one_month_are_one_act_of_their_sum(tmp_path: Path) -> None:
    both = path_of(run(tmp_path, STILL + act("e", "jump = 30") + act("f", "jump = -12"), n=1))
    assert both == path_of(run(tmp_path, STILL + act("e", "jump = 18"), n=1))


def test_an_act_and_its_opposite_in_force_undo_each_other(tmp_path: Path) -> None:
    opposed = act("e", "shift = 40") + act("f", "shift = -40", "2025-04-01")
    path = path_of(run(tmp_path, STILL + opposed, n=1))
    assert path[3] > 30
    assert path[8] - 20 == pytest.approx((path[4] - 20) / 16, abs=1e-3)
    assert explain(run(tmp_path, STILL + opposed, n=1)).closes_to < 1e-9


def test_no_act_leaves_the_scale(tmp_path: Path) -> None:
    text = STILL + "".join(act(f"e{n}", "jump = -100, shift = -100") for n in range(30))
    assert 0 <= min(path_of(run(tmp_path, text, n=1))) < 1e-6
    ensemble = run(tmp_path, text.replace("-100", "100").replace("level = 20", "level = 99.9"), n=1)
    assert max(path_of(ensemble)) <= 100
    assert not ensemble.bounds().any(axis=None)


def test_a_level_at_an_end_answers_to_no_act() -> None:
    for m in (-1e6, -50.0, 0.0, 50.0, 1e6):
        assert acted(np.array([0.0, 100.0]), odds_moved(np.array([m, m]))).tolist() == [0, 0]


def test_acts_that_nearly_cancel_keep_their_digits() -> None:
    tiny = acted(np.array([20.0]), odds_moved(np.array([1e-12])))
    assert tiny[0] == pytest.approx(20 * 80 / 2500 * 1e-12, rel=1e-9)


def test_a_share_is_that_of_the_size_and_has_its_limit_where_the_acts_cancel() -> None:
    y = np.array([12.0, 33.0, 80.0])
    each = shares(y, np.array([10.0, -30.0, 0.0]))
    whole = [acted_slowly(12, 10) - 12, acted_slowly(33, -30) - 33]
    assert each[:2] * [10, -30] == pytest.approx(whole, rel=1e-12)
    assert each[2] == pytest.approx(80 * 20 / 2500)
    assert shares(y, np.full(3, 1e-9)) == pytest.approx(shares(y, np.zeros(3)), rel=1e-7)


def test_what_is_ended_takes_its_shift_with_it_and_a_later_one_starts_anew(tmp_path: Path) -> None:
    truce = act("truce", "shift = 25", "2025-03-01", "lasts = 5")
    end = '[events.stop]\nlabel = "S"\non = 2025-04-01\nprobability = 1\nends = ["truce"]\n'
    path = path_of(run(tmp_path, STILL + truce + end, n=1))
    # in force in step 3 only: the truce is of step 2, its end of step 3
    up = acted_slowly(20, 25)
    assert path[3] == pytest.approx(20 + (up - 20) / 2, abs=1e-3)
    assert path[4] == pytest.approx(20 + (up - 20) / 4, abs=1e-3)


def test_what_begins_in_the_month_of_its_end_is_not_in_force(tmp_path: Path) -> None:
    truce = act("truce", "shift = 25", "2025-03-01", "lasts = 5")
    end = '[events.stop]\nlabel = "S"\non = 2025-03-01\nprobability = 1\nends = ["truce"]\n'
    ensemble = run(tmp_path, STILL + truce + end, n=1)
    assert set(path_of(ensemble)) == {20}
    assert not ensemble.exceedance("truce.in_force").probability.any()


def test_an_event_without_a_shift_is_in_force_for_its_months(tmp_path: Path) -> None:
    text = STILL + '[events.talks]\nlabel = "T"\non = 2025-03-01\nprobability = 1\nlasts = 2.5\n'
    assert run(tmp_path, text, n=1).exceedance("talks.in_force").probability.tolist() == [0, 0, 1, 1, 1, 0, 0, 0, 0]


def test_what_counts_as_another_has_let_it_happen_without_its_effects(tmp_path: Path) -> None:
    text = STILL + act("meeting", "jump = 20", "2025-09-15") + act("summit", "jump = 0.001", more='counts_as = "meeting"')
    ensemble = run(tmp_path, text, n=1)
    assert ensemble.event_times().probability["meeting"].tolist() == [0, 0, 1, 1, 1, 1, 1, 1, 1]
    assert max(path_of(ensemble)) < 20.01  # once it has happened it does not come again, and so not with its effects
    assert ensemble.events()["count"].tolist() == [1, 1]


def test_both_in_one_step_are_one_firing_with_the_named_events_own_effects(tmp_path: Path) -> None:
    text = STILL + act("meeting", "jump = 20") + act("summit", "jump = 5", more='counts_as = "meeting"')
    ensemble = run(tmp_path, text, n=1)
    assert ensemble.events()["count"].tolist() == [1, 1]
    assert path_of(ensemble)[2] == pytest.approx(acted_slowly(20, 25), abs=1e-3)


def test_a_chain_of_what_counts_as_what_is_followed_and_a_circle_refused(tmp_path: Path) -> None:
    chain = act("c", "jump = 1", "2025-09-15") + act("b", "jump = 1", "2025-09-15", 'counts_as = "c"')
    ensemble = run(tmp_path, STILL + chain + act("a1", "jump = 1", more='counts_as = "b"'), n=1)
    assert ensemble.event_times().probability.xs(2, level="month").tolist() == [1, 1, 1]
    with pytest.raises(InvalidFile, match=r"counts_as: goes in a circle: c -> b -> c"):
        run(tmp_path, STILL + act("c", "jump = 1", more='counts_as = "b"') + act("b", "jump = 1", more='counts_as = "c"'))


def test_an_event_that_is_switched_off_can_still_be_counted(tmp_path: Path) -> None:
    text = (
        STILL + act("meeting", "jump = 20", more="enabled = false") + act("summit", "jump = 5", more='counts_as = "meeting"')
    )
    ensemble = run(tmp_path, text, n=1)
    assert ensemble.events().probability["meeting"] == 1
    assert path_of(ensemble)[2] == pytest.approx(acted_slowly(20, 5), abs=1e-3)


def test_what_is_past_has_happened_only_if_the_file_says_so(tmp_path: Path) -> None:
    after = '[events.after]\nlabel = "A"\nwhen = "treaty"\nprobability = 1\n'
    said = '[events.treaty]\nlabel = "T"\nhappened = true\n'
    ensemble = run(tmp_path, STILL + said + after, n=1)
    assert ensemble.event_times().probability["after"].tolist() == [0, 1, 1, 1, 1, 1, 1, 1, 1]
    assert ensemble.exceedance("treaty and treaty.in_force").probability.tolist() == [1] * 9
    assert ensemble.events()["count"]["treaty"] == 0  # in no step of the projection


def test_a_probability_alone_is_that_of_the_whole_horizon(tmp_path: Path) -> None:
    text = STILL + '[events.once]\nlabel = "O"\nprobability = 0.4\n'
    times = run(tmp_path, text, n=20_000).event_times().probability["once"].to_numpy()
    # exact: 1 - 0.6 ** (t / 8); z < 4.5 at n = 20,000
    exact = 1 - 0.6 ** (np.arange(9) / 8)
    assert (np.abs(times - exact) <= 4.5 * np.sqrt(exact * (1 - exact) / 20_000)).all()


def test_exact_chances_of_what_ends_and_what_asks_for_it(tmp_path: Path) -> None:
    # Each month the truce, if it has not come, comes with p; while in force it is ended with q: three states
    text = STILL + '[events.truce]\nlabel = "T"\nrate = 3\n[events.stop]\nlabel = "S"\nwhen = "truce.in_force"\nrate = 4\n'
    n, p, q = 40_000, -expm1(-3 / 12), -expm1(-4 / 12)
    held = run(tmp_path, text + 'ends = ["truce"]\n', n=n).exceedance("truce.in_force").probability.to_numpy()
    state = np.array([1.0, 0.0, 0.0])
    exact = [0.0]
    for _ in range(8):
        state = state @ np.array([[1 - p, p, 0], [0, 1 - q, q], [0, 0, 1]])
        exact.append(state[1])
    errors = np.sqrt(np.maximum(np.array(exact) * (1 - np.array(exact)), 1e-12) / n)
    assert (np.abs(held - exact) <= 4.5 * errors).all()
    # the negative control: without the end the truce would hold for good
    free = run(tmp_path, text, n=n).exceedance("truce.in_force").probability.to_numpy()
    assert abs(free[8] - exact[8]) > 20 * errors[8]


def test_targets_held_together_keep_their_marginal_laws(tmp_path: Path) -> None:
    def text(together: str) -> str:
        factors = "".join(
            f'[factors.f{k}]\nlabel = "F"\nlevel = 40\ntarget = {{ p10 = 20, p50 = 35, p90 = 60 }}\nweight = 1\nhalf_life = 2\n'
            "volatility = 1\nsettling = 12\ndrift = 1\n"
            for k in range(3)
        )
        return f'title = "T"\nas_of = 2025-01-20\nmonths = 2\n{together}{factors}'

    n = 40_000
    tied = run(tmp_path, text("[targets]\ntogether = 0.6\n"), n=n).draws()
    alone = run(tmp_path, text(""), n=n).draws()
    columns = [f"factors.f{k}.target" for k in range(3)]
    for column in columns:
        for p, value in ((0.1, 20), (0.5, 35), (0.9, 60)):
            share = float((tied[column] < value).mean())
            assert abs(share - p) < 4.5 * sqrt(p * (1 - p) / n)
    deviates = ndtri(tied[columns].rank() / (n + 1)).corr().to_numpy()
    assert deviates[np.triu_indices(3, 1)] == pytest.approx(0.6, abs=0.02)
    assert abs(alone[columns].corr().to_numpy()[0, 1]) < 4.5 / sqrt(n)


def test_at_no_correlation_no_bit_changes(tmp_path: Path) -> None:
    path = tmp_path / "world.toml"
    path.write_text(WORLD)
    plain = simulate(read_scenario(path), 50, 1).draws()
    assert plain.equals(simulate(read_scenario(path, ["targets.together=0"]), 50, 1).draws())


def test_a_counted_rate_is_gamma_with_jeffreys_prior(tmp_path: Path) -> None:
    text = STILL + '[events.e]\nlabel = "E"\nrate = { counted = 14, years = 9 }\nrepeats = true\n'
    rates = run(tmp_path, text, n=20_000).draws()["events.e.rate"]
    # Gamma(14.5, 9): mean 1.6111, sd 0.4231; quantiles by scipy
    assert rates.mean() == pytest.approx(14.5 / 9, abs=4.5 * 0.4231 / sqrt(20_000))
    assert rates.quantile([0.1, 0.9]).tolist() == pytest.approx([1.0951, 2.1741], abs=0.03)
    key = Key("events", "e", "rate")
    assert make_plan(read_scenario(tmp_path / "world.toml")).numbers[key].model_dump() == {"counted": 14.0, "years": 9.0}
