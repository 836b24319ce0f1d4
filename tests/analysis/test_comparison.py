"""Two scenarios draw by draw: differences, bands, questions by hand, and what may not be compared."""

from math import log
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from simulator import Refused, read_scenario, simulate
from simulator.analysis.comparison import Comparison, compare
from simulator.analysis.ledger import Ledger, explain
from simulator.ensemble.ensemble import Ensemble
from simulator.ensemble.estimates import Z95, mean_error, proportion

# Weights 3 and 1: a counts 0.75 in warmth, which starts at 50 + 0.75 * -10 + 0.25 * 10 = 45.
STILL = """
title = "Still"
as_of = 2025-01-20
months = 6
factors.a = { label = "A", level = 40, weight = 3, half_life = 1, volatility = 0, settling = 0.5, drift = 0 }
factors.b = { label = "B", level = 60, weight = 1, half_life = 1, volatility = 0, settling = 0.5, drift = 0 }
indices.unease = { weights = { a = -1, b = 1 } }
questions.cool = { ask = "warmth < 47" }
"""
NOISY = STILL.replace("volatility = 0", "volatility = 4").replace("drift = 0", "drift = 2")
N = 300
# A jump that multiplies the odds of a by 13/8 and takes it from 40 to 52, from 2 to 3 to 13 to 12; and one to 32, 8 to 17.
RISE, FALL = f"a.jump = {25 * log(13 / 8)}", f"a.jump = {25 * log(12 / 17)}"


def run(folder: Path, text: str, *overrides: str, n: int = N, seed: int = 3, name: str = "world") -> Ensemble:
    path = folder / f"{name}.toml"
    path.write_text(text)
    return simulate(read_scenario(path, overrides), n, seed)


def event(name: str, effects: str, probability: float = 1) -> str:
    """Return an event on a day of step 2 (21 February to 20 March)."""
    return f'[events.{name}]\nlabel = "E"\non = 2025-03-01\nprobability = {probability}\neffects = {{ {effects} }}\n'


def values(ensemble: Ensemble, name: str = "warmth") -> np.ndarray:
    """Return the kept paths in double precision, (T+1, D)."""
    return ensemble.paths(name).to_numpy().astype(float)


def column(table: pd.DataFrame, name: str, which: str = "warmth") -> np.ndarray:
    return np.asarray(table.loc[which][name])


@pytest.fixture(scope="module")
def halfway(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    """A still world, and the same with an even chance of a jump in step 2."""
    folder = tmp_path_factory.mktemp("halfway")
    return compare(run(folder, STILL, name="base"), run(folder, STILL + event("e", RISE, 0.5), name="other"))


@pytest.fixture(scope="module")
def noisy(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    """A noisy world, and the same with a chance of a jump in step 2; the other has more draws."""
    folder = tmp_path_factory.mktemp("noisy")
    other = run(folder, NOISY + event("e", RISE, 0.7), n=400, name="other")
    return compare(run(folder, NOISY, name="base"), other)


# --- one world and the same ---


def test_identical_scenarios_do_not_differ_at_all(tmp_path, toy: str) -> None:
    comparison = compare(*(run(tmp_path, toy, n=200) for _ in range(2)))
    table = comparison.difference(comparison.names)
    assert (table.same == 1).all()
    assert (table.drop(columns=["same", "variance_ratio"]) == 0).all(axis=None)
    # 0 over 0 at the certain level of trade at the start; 0 everywhere else
    assert table.variance_ratio.dropna().eq(0).all()
    assert table.variance_ratio.notna().loc["warmth"].iloc[1:].all()
    assert (comparison.apart() == 0).all(axis=None)
    assert (comparison.bands()[["difference", "std_error"]] == 0).all(axis=None)
    assert (comparison.questions()[["difference", "std_error"]] == 0).all(axis=None)
    assert comparison.unaligned == (frozenset(), frozenset())
    assert not explain(comparison.other, comparison.base).points.any()


def test_paths_are_the_same_bits_until_the_first_difference(noisy: Comparison) -> None:
    fired = noisy.other.tally.kept.fired[:, 0, :N].any(axis=0)
    for name, moves in (("a", True), ("warmth", True), ("b", False)):
        apart = noisy.apart(name).to_numpy()
        assert (apart[:2] == 0).all()
        assert (apart[:, ~fired] == 0).all()
        assert ((apart[2, fired] != 0) == moves).all()
    assert noisy.difference("b").same.eq(1).all()
    assert column(noisy.difference(), "same").tolist() == [1, 1] + [1 - fired.mean()] * 5


# --- differences by hand ---


def test_a_known_difference_is_found_in_every_number(tmp_path) -> None:
    # a stands 4 higher: 0.75 * 4 = 3 points of warmth, 4 / 2 = 2 less unease
    base, other = (run(tmp_path, STILL, f"factors.a.level={level}", n=100) for level in (40, 44))
    table = compare(base, other).difference()
    assert table.columns.tolist() == [
        *("mean", "std_error", "sd", "q10", "q50", "q90"),
        *("warmer", "warmer_std_error", "warmer_low", "warmer_high", "same", "variance_ratio"),
    ]
    assert table.index.names == ["name", "month", "date"]
    for name, apart, warmer in (("warmth", 3, 1), ("unease", -2, 0)):
        rows = table.loc[name]
        assert (rows[["mean", "q10", "q50", "q90"]] == apart).all(axis=None)
        assert (rows[["std_error", "sd", "same"]] == 0).all(axis=None)
        assert (rows.warmer == warmer).all()
    # Wilson, of 100 in 100: from 1 / (1 + 1.96^2 / 100) to 1
    assert column(table, "warmer_low") == pytest.approx(1 / (1 + Z95**2 / 100))
    assert (column(table, "warmer_high") == 1).all()
    assert column(table, "warmer_std_error") == pytest.approx((1 - 1 / (1 + Z95**2 / 100)) / 2 / Z95)


def test_a_difference_in_some_worlds_is_that_of_its_share(halfway: Comparison) -> None:
    # a rises by 12, of which warmth takes 9 in month 2 and half as much in each month after
    share = halfway.other.tally.kept.fired[2, 0].mean()
    assert 0.4 < share < 0.6
    sd = np.sqrt(share * (1 - share) * N / (N - 1))
    table = halfway.difference("warmth")
    for month, size in ((1, 0), (2, 9), (3, 4.5), (5, 1.125)):
        row = table.loc["warmth"].iloc[month]
        error = float(mean_error((size * sd) ** 2, N, round(share * N) if size else 0, most=100))
        expected = [size * share, error, size * sd, 0, size * (share > 0.5), size]
        assert row[["mean", "std_error", "sd", "q10", "q50", "q90"]].tolist() == pytest.approx(expected, abs=1e-5)
        assert [row.warmer, row.same] == pytest.approx([share, 1 - share] if size else [0, 1])


def test_the_probability_of_warmer_has_its_wilson_interval(halfway: Comparison) -> None:
    row = halfway.difference("warmth").iloc[2]
    p, z = row.warmer, Z95
    centre = (p + z**2 / (2 * N)) / (1 + z**2 / N)
    half = z / (1 + z**2 / N) * np.sqrt(p * (1 - p) / N + z**2 / (4 * N**2))
    found = row[["warmer_low", "warmer_high", "warmer_std_error"]].tolist()
    assert found == pytest.approx([centre - half, centre + half, half / z])


def test_numbers_are_those_of_the_paths_draw_by_draw(noisy: Comparison) -> None:
    for name in ("warmth", "unease", "a"):
        a, b = values(noisy.base, name), values(noisy.other, name)[:, :N]
        rows = noisy.difference(name).loc[name]
        assert rows["mean"].to_numpy() == pytest.approx((b - a).mean(axis=1))
        assert rows["sd"].to_numpy() == pytest.approx((b - a).std(axis=1, ddof=1))
        hits = np.count_nonzero(b - a, axis=1)
        error = mean_error((b - a).var(axis=1, ddof=1), N, hits, most=100)
        assert rows["std_error"].to_numpy() == pytest.approx(np.where(np.arange(len(a)) + hits == 0, 0.0, error))
        for column, p in (("q10", 0.1), ("q50", 0.5), ("q90", 0.9)):
            assert rows[column].to_numpy() == pytest.approx(np.quantile(b - a, p, axis=1))
        assert rows["warmer"].to_numpy() == pytest.approx((b > a).mean(axis=1))
        assert noisy.apart(name).to_numpy() == pytest.approx(b - a)


def test_the_variance_ratio_is_that_against_independent_worlds(noisy: Comparison) -> None:
    a, b = values(noisy.base), values(noisy.other)[:, :N]
    exact = (b - a).var(axis=1, ddof=1)[1:] / (a.var(axis=1, ddof=1) + b.var(axis=1, ddof=1))[1:]
    found = column(noisy.difference(), "variance_ratio")
    assert found[1:] == pytest.approx(exact)
    assert np.isnan(found[0])  # all stand where they start: 0 over 0
    assert 0 < found[6] < 0.1


def test_a_paired_error_is_smaller_than_that_of_independent_worlds(noisy: Comparison, tmp_path) -> None:
    paired = column(noisy.difference(), "std_error")[-1]
    errors = [values(one)[-1, :N].std(ddof=1) / np.sqrt(N) for one in (noisy.base, noisy.other)]
    assert paired < np.hypot(*errors) / 3
    # what really comes of another seed: a difference many paired errors away from the paired one
    alone = run(tmp_path, NOISY + event("e", RISE, 0.7), seed=4)
    apart = values(alone)[-1].mean() - values(noisy.base)[-1].mean()
    assert abs(apart - column(noisy.difference(), "mean")[-1]) < 4.5 * np.hypot(*errors)


def test_the_paired_error_means_what_it_says(tmp_path) -> None:
    """Over 200 seeds, mean differences spread as their standard errors say."""
    rows = []
    for seed in range(200):
        base, other = (run(tmp_path, NOISY + more, "months=3", n=100, seed=seed) for more in ("", event("e", RISE, 0.5)))
        rows.append(compare(base, other).difference("warmth").iloc[-1])
    # known to 1 / sqrt(400) = 5 %; 4.5 of those are 22 %
    ratio = np.std([row["mean"] for row in rows], ddof=1) / np.sqrt(np.mean([row["std_error"] ** 2 for row in rows]))
    assert ratio == pytest.approx(1, abs=0.22)


def test_one_draw_has_no_error(tmp_path) -> None:
    comparison = compare(*(run(tmp_path, NOISY + more, n=1) for more in ("", event("e", RISE))))
    row = comparison.difference("warmth").iloc[-1]
    assert row[["std_error", "sd", "variance_ratio"]].isna().all()
    assert row["mean"] == comparison.apart().iloc[-1, 0] > 0
    assert comparison.bands()["std_error"].isna().all()


# --- what is compared ---


def test_it_compares_the_draws_and_months_that_both_have(tmp_path) -> None:
    base = run(tmp_path, NOISY, n=80)
    other = run(tmp_path, NOISY, "months=9", "factors.a.target=60", n=50)
    for comparison, sign in ((compare(base, other), 1), (compare(other, base), -1)):
        assert (comparison.n_draws, comparison.horizon) == (50, 6)
        assert comparison.apart().shape == (7, 50)
        table = comparison.difference("warmth")
        assert table.index.get_level_values("month").tolist() == list(range(7))
        assert f"{table.index[-1][2]:%Y-%m-%d}" == "2025-07-20"
        exact = (values(other)[6] - values(base)[6, :50]).mean()
        assert table["mean"].iloc[-1] == pytest.approx(sign * exact)
        ledger, ends = explain(comparison.other, comparison.base), (comparison.base, comparison.other)
        for end, one in zip((ledger.before, ledger.after), ends, strict=True):
            assert end == pytest.approx(values(one)[6, :50], abs=1e-5)


def test_names_are_those_of_both_with_warmth_first(tmp_path) -> None:
    more = 'factors.c = { label = "C", level = 40, weight = 0, half_life = 1, volatility = 0, settling = 1, drift = 0 }\n'
    base, other = run(tmp_path, STILL), run(tmp_path, STILL + more + "indices.of_c = { weights = { c = 1 } }\n")
    for comparison in (compare(base, other), compare(other, base)):
        assert comparison.names == ("warmth", "unease", "a", "b")
        # indices unless told
        assert comparison.difference().index.get_level_values("name").unique().tolist() == ["warmth", "unease"]
        assert comparison.difference(("b", "warmth")).index.get_level_values("name").unique().tolist() == ["b", "warmth"]
        with pytest.raises(Refused, match=r"no factor or index of both is called 'of_c'"):
            comparison.difference("of_c")


def test_what_is_not_there_is_refused_by_name(halfway: Comparison) -> None:
    def ledger(index: str, month: int | None = None) -> Ledger:
        return explain(halfway.other, halfway.base, index, month)

    for ask in (halfway.difference, halfway.apart, halfway.bands, ledger):
        with pytest.raises(Refused, match=r"no factor or index of both is called 'wramth' \(did you mean 'warmth'\?\)"):
            ask("wramth")
    for ask in (halfway.bands, ledger):
        for month in (-1, 7, "2025-07-21", "2025-01-19"):
            rule = f"month must be within 0 to 6, or a day from 2025-01-20 to 2025-07-20; found {month}"
            with pytest.raises(Refused, match=rule):
                ask("warmth", month)


def test_a_factor_has_a_ledger_of_its_own_level(halfway: Comparison) -> None:
    ledger = explain(halfway.other, halfway.base, index="a")
    assert ledger.closes_to < 1e-9
    apart = halfway.apart("a").iloc[-1].to_numpy()
    assert ledger.points.sum(axis=0) == pytest.approx(apart, abs=1e-4)


def test_bands_of_a_factor_are_refused(halfway: Comparison) -> None:
    with pytest.raises(Refused, match="a is a factor: only an index has bands"):
        halfway.bands("a")


def test_other_worlds_are_refused_by_both_names(tmp_path) -> None:
    plain = run(tmp_path, STILL, name="plain")
    with pytest.raises(Refused, match=r"plain and late have different random seeds \(3 and 4\)"):
        compare(plain, run(tmp_path, STILL, seed=4, name="late"))
    with pytest.raises(Refused, match=r"plain and late have different starts \(2025-01-20 and 2025-02-20\)"):
        compare(plain, run(tmp_path, STILL, "start=2025-02-20", name="late"))
    with pytest.raises(Refused, match=r"late and plain have different random seeds \(4 and 3\)"):
        compare(run(tmp_path, STILL, seed=4, name="late"), plain)


def test_other_relationships_are_refused_by_both_names(tmp_path) -> None:
    for name in ("north", "south"):
        folder = tmp_path / "seeds"
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.toml").write_text(STILL.replace("months = 6\n", "").split("questions")[0])
    ensembles = []
    for name in ("north", "south"):
        path = tmp_path / "scenarios" / f"of_{name}.toml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f'title = "T"\nrelationship = "{name}"\nmonths = 6\n')
        ensembles.append(simulate(read_scenario(path), 10, 3))
    with pytest.raises(Refused, match=r"of_north and of_south have different relationships \(north and south\)"):
        compare(*ensembles)


def test_streams_that_only_one_draws_are_listed_by_name(tmp_path) -> None:
    law = '{ dist = "uniform", low = 1, high = 2 }'
    repeated = f'[events.r]\nlabel = "R"\nrate = 1\nrepeats = true\neffects.a = {{ jump = {law} }}\n'
    third = 'factors.c = { label = "C", level = 50, weight = 1, half_life = 1, volatility = 0, settling = 1, drift = 0 }\n'
    base = run(tmp_path, STILL + event("z", "a.jump = 1") + event("both", "a.jump = 1"), f"factors.a.level={law}")
    other = run(tmp_path, STILL + third + event("both", "b.jump = 1") + repeated, f"factors.a.level={law}")
    only_base = {"event:z/timing"}
    only_other = {"event:r/timing", "factor:c/drift", "factor:c/innovation", "input:events.r.effects.a.jump"}
    assert compare(base, other).unaligned == (only_base, only_other)
    assert compare(other, base).unaligned == (only_other, only_base)


def test_a_number_that_is_uncertain_in_one_only_is_not_aligned(tmp_path) -> None:
    law = '{ dist = "uniform", low = 35, high = 45 }'
    base, other = run(tmp_path, STILL), run(tmp_path, STILL, f"factors.b.target={law}")
    assert compare(base, other).unaligned == (frozenset(), {"input:factors.b.target"})


def test_an_event_that_is_switched_off_draws_nothing(tmp_path) -> None:
    text = STILL + event("e", "a.jump = 1")
    base, other = run(tmp_path, text), run(tmp_path, text, "events.e.enabled=false")
    assert compare(base, other).unaligned == ({"event:e/timing"}, frozenset())


# --- bands and questions side by side ---


def test_bands_stand_side_by_side_as_each_ensemble_has_them(noisy: Comparison) -> None:
    for month in (2, None):
        table = noisy.bands("warmth", month)
        at = 6 if month is None else month
        for word, one in (("base", noisy.base), ("other", noisy.other)):
            own = one.bands("warmth").xs(at, level="month")
            assert table[word].tolist() == own.probability.tolist()  # of all its draws: 300 and 400
            assert table[f"{word}_std_error"].tolist() == own.std_error.tolist()
        assert table.index.tolist() == list(noisy.base.scenario.bands.names)
        assert table[["base", "other"]].sum().tolist() == pytest.approx([1, 1])


def test_a_day_means_the_month_that_covers_it(noisy: Comparison) -> None:
    assert noisy.bands("warmth", "2025-03-01").equals(noisy.bands("warmth", 2))
    assert not noisy.bands("warmth", 2).equals(noisy.bands("warmth", 3))


def shift_error(apart) -> float:
    """Return the standard error of the mean of differences of yes and no."""
    return float(mean_error(apart.var(ddof=1), len(apart), np.count_nonzero(apart), most=1))


def test_the_difference_of_bands_is_paired(noisy: Comparison) -> None:
    table, cuts = noisy.bands("warmth", 2), np.array(noisy.base.scenario.bands.cuts)
    a, b = (np.searchsorted(cuts, values(one)[2, :N], side="right") for one in (noisy.base, noisy.other))
    for place, name in enumerate(table.index):
        apart = (b == place).astype(int) - (a == place)
        assert table.loc[name, "difference"] == pytest.approx(apart.mean())
        assert table.loc[name, "std_error"] == pytest.approx(shift_error(apart))
    assert table.difference.sum() == pytest.approx(0, abs=1e-12)
    assert table.difference["normal"] > 0.3


def test_bands_by_hand(halfway: Comparison) -> None:
    # warmth 45 is discordant; with the event it is 54 in month 2, normal, and 49.5 in month 3, discordant again
    share = halfway.other.tally.kept.fired[2, 0].mean()
    table = halfway.bands("warmth", 2)
    assert table.base.to_dict() == {**dict.fromkeys(table.index, 0.0), "discordant": 1.0}
    assert table.other[["discordant", "normal"]].tolist() == pytest.approx([1 - share, share])
    assert table.difference[["discordant", "normal", "tense"]].tolist() == pytest.approx([-share, share, 0])
    assert (halfway.bands("warmth", 3).difference == 0).all()


BANDS = "indices.unease.bands"


def test_bands_of_other_names_are_refused(tmp_path) -> None:
    base = run(tmp_path, STILL)
    other = run(tmp_path, STILL, BANDS + '={ cuts = [50], names = ["calm", "uneasy"] }')
    with pytest.raises(Refused, match="unease: the two name its bands differently"):
        compare(base, other).bands("unease")


def test_bands_of_the_same_names_are_each_cut_by_their_own(tmp_path) -> None:
    # unease stands at 60 in both: calm under 65, uneasy over 55
    base, other = (run(tmp_path, STILL, BANDS + f'={{ cuts = [{cut}], names = ["calm", "uneasy"] }}') for cut in (65, 55))
    table = compare(base, other).bands("unease")
    assert (table.base.tolist(), table.other.tolist()) == ([1, 0], [0, 1])
    assert table.difference.tolist() == [-1, 1]


def test_a_value_on_a_cut_is_in_the_band_above_it_as_in_each_ensemble(tmp_path) -> None:
    # warmth starts at 45 in the base and at 48 in the other, both on a cut; with e it is at 54 in month 2, on none
    bands = 'bands={ cuts = [45, 48], names = ["low", "mid", "high"] }'
    base = run(tmp_path, STILL, bands, name="base")
    other = run(tmp_path, STILL + event("e", RISE, 0.5), bands, "factors.a.level=44", name="other")
    for first, second, sign in ((base, other, 1), (other, base, -1)):
        for month in (0, 1, 2):
            table = compare(first, second).bands("warmth", month)
            assert table.difference.to_dict() == {"low": 0, "mid": -sign, "high": sign}
            assert table.difference.tolist() == (table.other - table.base).tolist()
            # what differs differs in all worlds; what does not, in none of 100
            assert table.std_error.tolist() == pytest.approx([float(proportion(0, N)[1]), 0, 0])


DATED = """
[questions.cool_on]
ask = "warmth < 47"
on = 2025-03-20
[questions.warm_by]
ask = "warmth > 47"
by = 2025-05-20
"""
HAPPENED = '[questions.happened]\nask = "e"\n'
LATE = '[questions.late]\nask = "warmth > 47"\non = 2025-09-20\n'


def test_questions_by_hand(tmp_path) -> None:
    # 54 in month 2, 49.5 in 3, 47.25 in 4, 46.1 in 5 where e has happened; 45 where not
    base = run(tmp_path, STILL + DATED, name="base")
    other = run(tmp_path, STILL + DATED + HAPPENED + LATE + event("e", RISE, 0.5), "months=9", name="other")
    fired = other.tally.kept.fired[:, 0].any(axis=0)
    share, error = fired.mean(), shift_error(fired.astype(int))
    table = compare(base, other).questions()
    expected = {"cool_on": (1, 1 - share, -share, error), "warm_by": (0, share, share, error)}
    assert table.index.names == ["question", "whose"]
    # of cool, the base's own at its horizon; the other asks it after the last month that both simulate, as happened and late
    assert table.index.tolist() == [("cool", "base"), *((name, "both") for name in expected)]
    table = table.xs("both", level="whose")
    for name, numbers in expected.items():
        assert table.loc[name, ["base", "other", "difference", "std_error"]].tolist() == pytest.approx(list(numbers))
    assert table.loc[list(expected), "ask"].tolist() == ["warmth < 47", "warmth > 47"]
    assert [f"{day:%Y-%m-%d}" for day in table.loc[list(expected), "date"]] == ["2025-03-20", "2025-05-20"]


def test_on_and_by_of_one_day_are_two_questions_and_the_start_counts_for_by(tmp_path) -> None:
    # pushed down in step 1 by 8, of which warmth takes 6: 45, 39, 42 ...; at 45 at the start only
    push = event("e", FALL).replace("2025-03-01", "2025-02-01")
    on, by = (f'[questions.q]\nask = "warmth >= 45"\n{word} = 2025-03-20\n' for word in ("on", "by"))
    base, other = run(tmp_path, STILL + push + on, name="base"), run(tmp_path, STILL + push + by, name="other")
    table = compare(base, other).questions().loc["q", ["base", "other", "difference"]]
    assert table.loc[["base", "other"]].to_numpy().tolist() == [[0, 0, 0], [1, 1, 0]]


def test_a_question_of_the_base_stays_where_the_other_asks_it_later(tmp_path) -> None:
    base, other = run(tmp_path, STILL), run(tmp_path, STILL, "months=9")
    for comparison, whose in ((compare(other, base), "other"), (compare(base, other), "base")):
        # either can answer for month 6
        assert comparison.questions().loc[("cool", whose), ["base", "other"]].tolist() == [1, 1]


def test_questions_agree_with_each_ensemble_where_all_draws_are_kept(tmp_path) -> None:
    text = NOISY + DATED + HAPPENED
    base, other = (run(tmp_path, text + event("e", RISE, p), name=name) for name, p in (("base", 0.3), ("other", 0.8)))
    table = compare(base, other).questions()
    assert table.base.tolist() == pytest.approx(base.questions().probability.tolist())
    assert table.other.tolist() == pytest.approx(other.questions().probability.tolist())
    assert table.difference.tolist() == pytest.approx((table.other - table.base).tolist())
    happened = [one.tally.kept.fired[:, 0].any(axis=0) for one in (base, other)]
    apart = happened[1].astype(int) - happened[0]
    assert table.loc[("happened", "both"), "std_error"] == pytest.approx(shift_error(apart))


def test_questions_are_answered_by_the_draws_that_both_keep(noisy: Comparison) -> None:
    row = noisy.questions().loc[("cool", "both")]
    a, b = (values(one)[6, :N] < 47 for one in (noisy.base, noisy.other))  # of 300 and of 400
    assert [row.base, row.other, row.difference] == pytest.approx([a.mean(), b.mean(), b.mean() - a.mean()])
    assert row.std_error == pytest.approx(shift_error(b.astype(int) - a))


def test_a_question_that_both_ask_in_other_digits_is_one(tmp_path) -> None:
    base, other = run(tmp_path, STILL), run(tmp_path, STILL.replace("warmth < 47", "(warmth<47.0)"))
    table = compare(base, other).questions()
    assert table.index.tolist() == [("cool", "both")]
    assert table[["base", "other"]].to_numpy().tolist() == [[1, 1]]


def test_questions_that_only_share_a_name_are_two_and_say_whose_they_are(tmp_path) -> None:
    asked = 'questions.cool = { label = "Cool?", ask = "warmth < 47" }'
    texts = [STILL.replace('questions.cool = { ask = "warmth < 47" }', more) for more in (asked, asked.replace("47", "44"))]
    table = compare(*(run(tmp_path, text) for text in texts)).questions()
    assert table.index.tolist() == [("cool", "base"), ("cool", "other")]
    assert table.label.tolist() == ["Cool?", "Cool?"]
    assert table["ask"].tolist() == ["warmth < 47", "warmth < 44"]
    assert table[["base", "other"]].to_numpy().tolist() == [[1, 1], [0, 0]]


def test_without_questions_the_table_is_empty_and_has_its_columns(tmp_path) -> None:
    silent = run(tmp_path, STILL.split("questions.cool", maxsplit=1)[0])
    table, full = (compare(one, one).questions() for one in (silent, run(tmp_path, STILL)))
    assert len(table) == 0
    assert table.index.names == full.index.names == ["question", "whose"]
    assert table.columns.tolist() == full.columns.tolist()


def test_a_question_about_an_event_that_one_does_not_have_is_left_out_of_it(tmp_path) -> None:
    asked = HAPPENED.replace('"e"', '"e and warmth > 0"')
    base, other = run(tmp_path, STILL), run(tmp_path, STILL + event("e", RISE, 0.5) + asked)
    share = other.tally.kept.fired[:, 0].any(axis=0).mean()
    for comparison, word, lacking in ((compare(base, other), "other", "base"), (compare(other, base), "base", "other")):
        row = comparison.questions().loc[("happened", word)]
        assert row[word] == pytest.approx(share)
        assert row[[lacking, "difference", "std_error"]].isna().all()


def test_an_event_that_is_switched_off_in_one_has_not_happened_there(tmp_path) -> None:
    text = STILL + event("e", RISE, 0.5) + HAPPENED
    base, other = run(tmp_path, text, "events.e.enabled=false"), run(tmp_path, text)
    row = compare(base, other).questions().loc[("happened", "both")]
    assert [row.base, row.other] == [0, other.tally.kept.fired[:, 0].any(axis=0).mean()]
    assert row.difference == row.other


def test_its_line_tells_the_mean_difference_and_its_error(tmp_path) -> None:
    base, other = (
        run(tmp_path, STILL, f"factors.a.level={level}", name=name) for name, level in (("base", 40), ("warm", 44))
    )
    assert repr(compare(base, other)) == "Comparison(warm less base: 300 draws, seed 3; warmth +3.00 ±0.00 after 6 months)"


def test_what_ships_needs_under_a_tenth_of_the_draws_that_other_seeds_would() -> None:
    base, other = (simulate(read_scenario(name), 500) for name in ("baseline", "nato_burden_shift"))
    assert column(compare(base, other).difference("warmth"), "variance_ratio").max() < 0.1


def test_the_largest_difference_may_be_a_colder_one(toy: str, tmp_path: Path) -> None:
    (tmp_path / "toy.toml").write_text(toy, encoding="utf-8")
    base, colder = (
        simulate(read_scenario(tmp_path / "toy.toml", keys), 200) for keys in ((), ("events.summit.effects.trade.jump=-40",))
    )
    found = compare(base, colder).largest()
    means = compare(base, colder).difference("warmth")["mean"]
    assert found.mean == means.min() < -1
    assert (found.month, f"{found.day}") == (5, "2025-06-20")
