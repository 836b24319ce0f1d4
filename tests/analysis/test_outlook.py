"""Scenarios pooled as one outlook: mixtures worked out by hand, errors against repeated seeds, every rule of the file."""

from collections.abc import Callable
from math import log
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from scipy.optimize import brentq
from scipy.stats import norm

from simulator import InvalidFile, Refused, read_scenario, shipped_scenarios, simulate
from simulator.analysis.outlook import Outlook, outlook
from simulator.errors import InputOutputError
from simulator.files.outlook import read_outlook
from simulator.plots.fan import pooled_fan as fan
from simulator.report.outlook import outlook_table as as_text

mpl.use("Agg")

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "outlook.toml"

Pool = Callable[..., Outlook]

WORLD = """
title = "World"
as_of = 2025-01-20
months = 2
factors.a = {{ label = "A", level = {level}, weight = 1, half_life = 2, volatility = {volatility}, settling = 12, drift = 0 }}
"""


@pytest.fixture
def pool(tmp_path: Path) -> Pool:
    """Return a function that pools worlds of one factor, given as (probability, level, more text)."""

    def pool(*members: tuple, n: int = 1_000, seed: int = 7, volatility: float = 0) -> Outlook:
        entries = ['title = "Pooled"\n']
        for k, (probability, level, *more) in enumerate(members):
            text = WORLD.format(level=level, volatility=volatility) + "".join(more)
            (tmp_path / f"w{k}.toml").write_text(text, encoding="utf-8")
            entries.append(f'[[scenarios]]\nfile = "w{k}.toml"\nprobability = {probability!r}\n')
        (tmp_path / "outlook.toml").write_text("".join(entries), encoding="utf-8")
        return outlook(read_outlook(tmp_path / "outlook.toml"), n, seed)

    return pool


def normal(mean: float, sd: float) -> str:
    return f'{{ dist = "normal", mean = {mean}, sd = {sd} }}'


def at(table, month: int):
    """Return warmth's row of a table at a month, or its rows by what stands beside the month."""
    rows = table.xs(("warmth", month), level=("name", "month"))
    return rows.iloc[0] if rows.index.nlevels == 1 else rows.droplevel("date")


# --- the mixture ---


def test_two_point_masses_make_two_point_masses(pool: Pool) -> None:
    pooled = pool((0.25, 20), (0.75, 60))
    mean = at(pooled.mean(), 2)
    # mean 0.25 * 20 + 0.75 * 60 = 50; variance all between: 0.25 * 30^2 + 0.75 * 10^2 = 300
    assert mean["mean"] == 50
    assert mean.sd == pytest.approx(np.sqrt(300), abs=1e-12)
    assert mean.std_error == 0
    found = at(pooled.quantiles("warmth", [0.1, 0.24, 0.26, 0.9]), 2).value
    assert found.tolist() == pytest.approx([20, 20, 60, 60], abs=0.05)
    bands = at(pooled.bands(), 2).probability
    assert bands[["tense", "discordant", "normal"]].tolist() == [0.25, 0, 0.75]


def test_the_variance_splits_into_within_and_between(pool: Pool) -> None:
    pooled = pool((0.25, 20), (0.75, 60))
    row = at(pooled.variance("warmth"), 2)
    assert row[["within", "between", "total", "share"]].tolist() == [0, 300, 300, 1]
    assert row[[f"{key}_std_error" for key in ("within", "between", "total", "share")]].tolist() == [0, 0, 0, 0]
    same = at(pool((0.25, 20), (0.75, "20")).variance("warmth"), 2)
    assert same.total == 0
    assert np.isnan(same.share)


def test_variance_within_and_between_add_up_to_that_of_all_draws(pool: Pool) -> None:
    coin = '{{ dist = "discrete", values = [{}, {}], probabilities = [0.5, 0.5] }}'
    n, p = 1_000, (0.3, 0.5, 0.2)
    pooled = pool((p[0], coin.format(20, 30)), (p[1], coin.format(40, 70)), (p[2], 90), n=n)
    draws = [ensemble.paths("warmth").to_numpy(dtype=float)[1] for ensemble in pooled.ensembles]
    mean = sum(weight * own.mean() for weight, own in zip(p, draws, strict=True))
    direct = sum(weight * ((own - mean) ** 2).mean() for weight, own in zip(p, draws, strict=True))
    row = at(pooled.variance("warmth"), 1)
    assert row["between"] == pytest.approx(sum(w * (d.mean() - mean) ** 2 for w, d in zip(p, draws, strict=True)), abs=1e-9)
    # the variance of a sample divides by n - 1
    assert row.within * (n - 1) / n + row["between"] == pytest.approx(direct, abs=1e-9)
    assert row.total == row.within + row["between"]
    assert at(pooled.mean("warmth"), 1).sd == pytest.approx(np.sqrt(row.total), abs=1e-12)


def test_quantiles_of_two_normals_are_those_of_their_mixture(pool: Pool) -> None:
    pooled = pool((0.3, normal(35, 4)), (0.7, normal(45, 6)), n=40_000)
    probabilities = [0.025, 0.1, 0.5, 0.9, 0.975]
    found = at(pooled.quantiles("warmth", probabilities), 2)
    for p in probabilities:
        exact = brentq(lambda x, p=p: 0.3 * norm.cdf(x, 35, 4) + 0.7 * norm.cdf(x, 45, 6) - p, 0, 100)
        assert abs(found.value[p] - exact) < 4.5 * found.std_error[p]
        assert found.std_error[p] < 0.15
    mean = at(pooled.mean(), 2)
    assert abs(mean["mean"] - 42) < 4.5 * mean.std_error
    # 0.3 * 16 + 0.7 * 36 within, 0.3 * 49 + 0.7 * 9 between
    row = at(pooled.variance(), 2)
    for key, exact in (("within", 30), ("between", 21), ("total", 51), ("share", 21 / 51)):
        assert abs(row[key] - exact) < 4.5 * row[f"{key}_std_error"], key
        assert row[f"{key}_std_error"] < 0.02 * exact


def test_a_pooled_quantile_is_not_the_mean_of_quantiles(pool: Pool) -> None:
    pooled = pool((0.5, normal(30, 1)), (0.5, normal(60, 1)), n=20_000)
    found = at(pooled.quantiles("warmth", [0.1]), 2).value.item()
    # the tenth part of the mixture is a fifth of the colder scenario: 30 - 0.8416; the mean of both tenths is 43.7
    assert found == pytest.approx(30 + norm.ppf(0.2), abs=0.05)


def test_identical_scenarios_give_the_scenario_back_to_the_last_bit(tmp_path: Path, write, toy: str) -> None:
    one = simulate(read_scenario(write(tmp_path, toy)))
    pooled = Outlook("Same", (one, one, one), (0.1, 0.3, 0.6))
    names = [*one.indices, *one.factors]
    assert pooled.mean(names).equals(one.mean(names))
    assert pooled.bands().equals(one.bands())
    assert pooled.summary().equals(one.summary())
    assert pooled.summary("trade", [3]).equals(one.summary("trade", [3]))
    quantiles, own = pooled.quantiles(names), one.quantiles(names)
    assert quantiles.index.equals(own.index)
    assert quantiles.value.equals(own.value)
    assert np.abs(quantiles.std_error - own.std_error).max() < 1e-9
    questions = pooled.questions()
    assert questions[one.questions().columns].equals(one.questions())
    assert (questions["in.toy"] == one.questions().probability).all()
    assert (pooled.variance(names)[["between", "between_std_error"]] == 0).all(axis=None)


def test_a_scenario_of_hardly_any_probability_leaves_no_negative_counts(pool: Pool) -> None:
    # sums to 1 + 4e-10, within the tolerance: relative to the first scenario its own count would be negative
    pooled = pool((1e-10, 20), (0.5, 40), (0.5 + 3e-10, 60))
    assert at(pooled.quantiles("warmth", [1e-11, 0.4, 0.6]), 2).value.tolist() == pytest.approx([20, 40, 60], abs=0.06)
    assert at(pooled.bands(), 2).probability["tense"] == 1e-10


def test_only_the_weights_of_the_scenarios_count_not_their_order(pool: Pool) -> None:
    pooled = pool((0.2, normal(30, 4)), (0.5, 40), (0.3, normal(60, 6)))
    swapped = Outlook("Swapped", pooled.ensembles[::-1], pooled.probabilities[::-1])
    for table in ("mean", "variance", "quantiles", "bands", "summary"):
        assert np.allclose(getattr(pooled, table)(), getattr(swapped, table)(), atol=1e-9, equal_nan=True), table


def test_a_day_means_its_month_and_one_probability_is_as_good_as_a_list(pool: Pool) -> None:
    pooled = pool((0.3, normal(35, 4)), (0.7, normal(45, 6)), volatility=2)
    assert pooled.summary(months="2025-02-01").equals(pooled.summary(months=[1]))
    assert pooled.summary("a", 1).index.tolist() == [("a", 1, pd.Timestamp("2025-02-20"))]
    assert pooled.quantiles("warmth", 0.3).equals(pooled.quantiles("warmth", [0.3]))


# --- errors of estimate ---


@pytest.mark.slow  # a sweep over seeds
def test_errors_are_those_of_repeated_seeds_and_the_formula_for_independent_samples_is_too_small(pool: Pool) -> None:
    p, n_seeds = (0.3, 0.3, 0.4), 100
    members = pool((p[0], normal(40, 5)), (p[1], normal(42, 5)), (p[2], normal(48, 3)), n=10, volatility=2).ensembles
    found, independent = [], []
    for seed in range(n_seeds):
        pooled = Outlook("", tuple(simulate(one.scenario, 300, seed) for one in members), p)
        tables = [pooled.mean().add_prefix("mean_"), pooled.variance()]
        row = pd.concat([at(table, 2) for table in tables] + [at(pooled.bands(), 2).loc["discordant"]])
        row = row.rename({"mean_mean": "mean", "std_error": "probability_std_error"})
        row["quantile"], row["quantile_std_error"] = at(pooled.quantiles("warmth", [0.3]), 2).iloc[0]
        found.append(row)
        independent.append(
            np.sqrt(sum((w * one.mean().std_error.iloc[-1]) ** 2 for w, one in zip(p, pooled.ensembles, strict=True)))
        )
    # a spread over 100 seeds is itself known to 1 part in sqrt(2 * 100): 4.5 of that are 0.32
    table = pd.DataFrame(found)
    for key in ("mean", "probability", "quantile", "within", "between", "total", "share"):
        ratio = table[key].std() / table[f"{key}_std_error"].mean()
        assert 0.68 < ratio < 1.32, key  # these scenarios move together, so the bound is near
    assert table["mean"].std() > 1.32 * np.mean(independent)


def test_the_errors_of_the_variances_are_those_of_their_closed_forms(pool: Pool) -> None:
    n = 10_000
    row = at(pool((0.5, normal(30, 2)), (0.5, normal(60, 6)), n=n).variance(), 2)
    # one z moves both: within varies by (4 + 36) / 2 * (z^2 - 1), between by 2 * (-15 * 2 + 15 * 6) / 2 * z, and z^2 by 2
    inside, apart, share = np.sqrt(2) * 20, 60, 225 / 245
    exact = {"within": inside, "between": apart, "total": np.hypot(inside, apart)}
    exact["share"] = np.hypot((1 - share) * apart, share * inside) / 245
    for key, error in exact.items():
        assert row[f"{key}_std_error"] == pytest.approx(error / np.sqrt(n), rel=0.12), key


def test_what_no_scenario_hit_is_not_a_bare_zero(pool: Pool) -> None:
    pooled = pool((0.25, 20), (0.75, 60), n=1_000)
    row = at(pooled.bands(), 2).loc["friendly"]
    # Wilson's upper end for 0 of n is z^2 / (n + z^2), in both
    assert (row.probability, row.low) == (0, 0)
    assert row.high == pytest.approx(3.841459 / 1003.841459, rel=1e-6)
    assert row.std_error > 0


# --- questions ---

ASKED = '[questions.warm]\nlabel = "Is it warm?"\nask = "warmth >= 35"\n'


def test_a_question_of_all_is_pooled_and_told_for_each(pool: Pool) -> None:
    coin = '{ dist = "discrete", values = [30, 40], probabilities = [0.5, 0.5] }'
    pooled = pool((0.25, 20, ASKED), (0.75, coin, ASKED), n=2_000)
    half = (pooled.ensembles[1].paths("warmth").to_numpy()[2] > 35).mean()
    row = pooled.questions().loc["warm"]
    assert (row.label, row["ask"], row.when) == ("Is it warm?", "warmth >= 35", "on")
    assert (row["in.w0"], row["in.w1"]) == (0, half)
    assert row.probability == pytest.approx(0.75 * half, abs=1e-12)
    assert row.std_error == pytest.approx(0.25 * row["std_error.w0"] + 0.75 * row["std_error.w1"], abs=1e-12)
    assert row.low < row.probability < row.high


@pytest.mark.parametrize("labels", [("", ""), ('label = "Is it cold?"\n', "")])
def test_a_question_without_a_label_is_called_by_its_name(pool: Pool, labels: tuple[str, str]) -> None:
    # one label among several, and none at all: pandas makes a missing one None here and not a number there
    asked = f'[questions.is_cold]\n{labels[0]}ask = "warmth < 30"\n[questions.is_hot]\n{labels[1]}ask = "warmth > 90"\n'
    pooled = pool((0.25, 20, asked), (0.75, 60, asked))
    assert pooled.questions().label.to_dict() == {"is_cold": "Is it cold?" if labels[0] else "is cold", "is_hot": "is hot"}
    told = as_text(pooled).split("Questions, all scenarios together and each\n")[1].splitlines()
    assert told[0].split("  ")[-1] == ("Is it cold?" if labels[0] else "is cold")
    assert told[3].split("  ")[-1] == "is hot"


@pytest.mark.parametrize(
    ("ask", "when", "expected"),
    [
        ("warmth >= 60", "on = 2025-02-20", 0.75),  # read off the counts of all draws
        ("warmth >= 60", "by = 2025-03-20", 0.75),
        ("warmth >= 60", "on = 2025-03-20", 0.0),
        ("warmth > 35 and a < 60", "on = 2025-03-20", 0.75),  # from the draws kept whole
        ("warmth > 60", "by = 2025-03-20", 0.75),
        ("warmth > 60", "on = 2025-03-20", 0.0),
        ("not visit", "on = 2025-03-20", 0.25),
    ],
)
def test_a_scenario_answers_what_only_another_asks(pool: Pool, ask: str, when: str, expected: float) -> None:
    # the visit lifts 40 to 64 in the first month; with a half-life of two it is at 57 in the second
    asking = f'[questions.q]\nask = "{ask}"\n{when}\n'
    pooled = pool((0.25, 20, visited(8 / 3, 0), asking), (0.75, 40, visited(8 / 3, 1)), n=7_000)
    row = pooled.questions().loc["q"]
    assert row.probability == expected
    # all 7,000 draws answer where counts can tell, else the 5,000 that are kept: z^2 / (n + z^2) is Wilson's reach
    n = {"w0": 7_000, "w1": 7_000 if ">=" in ask and "on" in when else 5_000}
    for name, draws in n.items():
        assert row[f"std_error.{name}"] == pytest.approx(3.841459 / (draws + 3.841459) / 2 / 1.959964, rel=1e-5), name


def test_a_question_about_an_event_that_another_lacks_is_left_out_and_said_so(pool: Pool) -> None:
    visit = '[events.visit]\nlabel = "V"\non = 2025-02-01\nprobability = 0.5\n[questions.visited]\nask = "visit"\n'
    pooled = pool((0.25, 20, visit, ASKED), (0.75, 60))
    assert list(pooled.questions().index) == ["warm"]
    assert "Left out: 1 about events that not all scenarios have." in as_text(pooled)


def test_an_event_that_a_scenario_switches_off_does_not_happen_there(pool: Pool) -> None:
    visit = '[events.visit]\nlabel = "V"\non = 2025-02-01\nprobability = 1\nenabled = {}\n'
    pooled = pool((0.25, 20, visit.format("true"), '[questions.q]\nask = "visit"\n'), (0.75, 60, visit.format("false")))
    assert pooled.questions().loc["q", "probability"] == 0.25


def test_questions_are_told_apart_by_what_they_ask_and_not_by_name(pool: Pool) -> None:
    other = '[questions.warm]\nask = "warmth >= 50"\n'
    same = '[questions.warmish]\nask = "(warmth  >=  35.0)"\n'
    pooled = pool((0.25, 20, ASKED), (0.25, 40, other), (0.5, 60, same))
    assert pooled.questions().probability.to_dict() == {"warm": 0.75, "warm (w1)": 0.5}


def visited(times: float, probability: float = 1) -> str:
    """Return a visit in the first month that multiplies the odds of a."""
    jump = 25 * log(times)
    return f'[events.visit]\nlabel = "V"\non = 2025-02-01\nprobability = {probability}\neffects.a = {{ jump = {jump} }}\n'


# the visit lifts 40, 2 to 3, to 64, 16 to 9, in the first month; in the second it is at 57
VISIT = visited(8 / 3)
ON, BY = (f'[questions.hot_{word}]\nask = "warmth >= 60"\n{word} = 2025-03-20\n' for word in ("on", "by"))


def test_on_and_by_of_one_day_are_two_questions_of_a_scenario(pool: Pool) -> None:
    pooled = pool((0.25, 20, ON, BY), (0.75, 40, VISIT, BY, ON))
    found = pooled.questions()
    assert found.when.to_dict() == {"hot_on": "on", "hot_by": "by"}
    assert found.probability.to_dict() == {"hot_on": 0, "hot_by": 0.75}
    assert found["in.w1"].to_dict() == {"hot_on": 0, "hot_by": 1}
    assert found.date.nunique() == 1


def test_on_and_by_of_one_day_are_two_questions_where_each_scenario_asks_one(pool: Pool) -> None:
    on, by = ON.replace("hot_on", "hot"), BY.replace("hot_by", "hot")
    found = pool((0.25, 40, VISIT, by), (0.75, 40, VISIT, on)).questions()
    assert found.when.to_dict() == {"hot": "by", "hot (w1)": "on"}
    assert found[["in.w0", "in.w1", "probability"]].to_numpy().tolist() == [[1, 1, 1], [0, 0, 0]]


@pytest.mark.parametrize("asking", [0, 1])  # the scenario that was at 40 at the start, or the other
def test_the_start_counts_for_by_a_date(pool: Pool, asking: int) -> None:
    # the push takes 40, 2 to 3, to 24, 6 to 19, in the first month; in the second it is at 28.7
    push = visited(9 / 19)
    asked = ['[questions.q]\nask = "warmth >= 40"\nby = 2025-03-20\n', ""]
    pooled = pool((0.25, 40, push, asked[asking]), (0.75, 20, asked[1 - asking]))
    assert pooled.questions().loc["q", ["in.w0", "in.w1", "probability"]].tolist() == [1, 0, 0.25]


# --- what is refused of an outlook ---


def test_a_name_that_not_all_scenarios_have_is_refused(pool: Pool) -> None:
    more = "[indices.view]\nweights = { a = -1 }\n"
    pooled = pool((0.5, 20, more), (0.5, 60))
    assert pooled.indices == ("warmth",)
    with pytest.raises(Refused, match=r"no factor or index of w1 is called 'view'; known: a, warmth"):
        pooled.mean("view")
    with pytest.raises(Refused, match=r"no factor or index is called 'wramth' \(did you mean 'warmth'\?\)"):
        pooled.quantiles("wramth")


def test_bands_that_differ_are_refused(pool: Pool) -> None:
    pooled = pool((0.5, 20), (0.5, 60, '[bands]\ncuts = [50]\nnames = ["cold", "warm"]\n'))
    with pytest.raises(Refused, match="warmth: w0 and w1 cut it into different bands"):
        pooled.bands()


def test_months_and_probabilities_beyond_their_range_are_refused(pool: Pool) -> None:
    pooled = pool((0.5, 20), (0.5, 60))
    with pytest.raises(Refused, match="month must be within 0 to 2, or a day from 2025-01-20 to 2025-03-20; found 3"):
        pooled.summary(months=[3])
    with pytest.raises(Refused, match="probabilities must be above 0 and under 1"):
        pooled.quantiles("warmth", [0, 0.5])


# --- the file ---


def problems_of(path: Path) -> list[tuple[str, str, str]]:
    with pytest.raises(InvalidFile) as error:
        read_outlook(path)
    return [(problem.where.removeprefix(f"{path}:"), problem.key, problem.message) for problem in error.value.problems]


@pytest.fixture
def outlook_of(tmp_path: Path, write, toy: str) -> Callable[[str], Path]:
    """Return a function that writes an outlook beside a, b and c.toml, which are alike."""
    for name in "abc":
        write(tmp_path, toy, f"{name}.toml")
    return lambda text: write(tmp_path, text, "outlook.toml")


def entry(file: str, probability: object, more: str = "") -> str:
    return f'[[scenarios]]\nfile = "{file}"\nprobability = {probability}\n{more}'


def test_an_outlook_is_read_with_files_beside_it_and_scenarios_that_ship(tmp_path: Path, write, monkeypatch) -> None:
    local = 'title = "Local"\nrelationship = "us_russia"\nstart = 2025-01-20\nmonths = 48\n'
    write(tmp_path, local, "far/mine/local.toml")
    text = 'title = "T"\nsummary = "S."\n' + entry("mine/local.toml", 0.75, 'rationale = "R"\nsource = "assumption"\n')
    path = write(tmp_path, text + entry("baseline", 0.25), "far/outlook.toml")
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "not TOML", "baseline")  # in the working folder, where nothing is looked for
    file = read_outlook(path)
    assert (file.title, file.summary) == ("T", "S.")
    assert [(member.scenario.name, member.probability) for member in file.members] == [("local", 0.75), ("baseline", 0.25)]


def test_probabilities_that_do_not_sum_to_one_are_refused_with_their_sum(outlook_of) -> None:
    path = outlook_of('title = "T"\n' + entry("a.toml", 0.4) + entry("b.toml", 0.35) + entry("c.toml", 0.24))
    rule = "probabilities must sum to 1, and are never rescaled; their sum is 0.99"
    assert problems_of(path) == [("2", "scenarios", rule)]


@pytest.mark.parametrize(("off", "refused"), [(0.9e-9, False), (1.1e-9, True), (-1.1e-9, True)])
def test_rounding_of_a_probability_is_no_mistake(outlook_of, off: float, refused: bool) -> None:
    path = outlook_of('title = "T"\n' + entry("a.toml", 0.25) + entry("b.toml", 0.75 + off))
    if refused:
        assert "their sum is" in problems_of(path)[0][2]
    else:
        assert [member.probability for member in read_outlook(path).members] == [0.25, 0.75 + off]


def test_ten_tenths_are_one(tmp_path: Path, write, toy: str) -> None:
    for k in range(10):
        write(tmp_path, toy, f"s{k}.toml")
    path = write(tmp_path, 'title = "T"\n' + "".join(entry(f"s{k}.toml", 0.1) for k in range(10)), "outlook.toml")
    assert len(read_outlook(path).members) == 10


RULE = "must be a plain number above 0 and at most 1, not a distribution; found "


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("0", RULE + "0"),
        ("-0.2", RULE + "-0.2"),
        ("1.5", RULE + "1.5"),
        ("nan", RULE + "NaN"),
        ("inf", RULE + "Infinity"),
        ("true", RULE + "true"),
        ('"half"', RULE + '"half"'),
        ("{ p10 = 0.1, p90 = 0.3 }", RULE + '{"p10": 0.1, "p90": 0.3}'),
    ],
)
def test_what_is_no_probability_is_refused(outlook_of, value: str, message: str) -> None:
    path = outlook_of('title = "T"\n' + entry("a.toml", value) + entry("b.toml", 0.5))
    assert problems_of(path) == [("4", "scenarios.0.probability", message)]


@pytest.mark.parametrize("last", ["", "\r\n"])
def test_what_is_wrong_with_the_last_line_is_told_of_a_file_of_windows_too(outlook_of, last: str) -> None:
    text = 'title = "T"\n' + entry("a.toml", 0.5) + entry("b.toml", 2)
    path = outlook_of(text.removesuffix("\n").replace("\n", "\r\n") + last)
    assert problems_of(path) == [("7", "scenarios.1.probability", RULE + "2")]


def test_all_problems_are_listed_at_once_by_line(outlook_of, tmp_path: Path, write, toy: str) -> None:
    write(tmp_path, toy.replace("months = 12", "months = 24").replace("2025-01-20", "2025-02-20"), "later.toml")
    write(tmp_path, toy.replace("weight = 1\n", "wieght = 1\n"), "broken.toml")
    path = outlook_of(
        'titel = "T"\nsummary = 3\n'
        + entry("a.toml", 0.5, 'rationale = ""\nreason = "r"\n')  # lines 3 to 7
        + entry("a.toml", 0.5)  # 8 to 10
        + entry("later.toml", 2)  # 11 to 13
        + "[[scenarios]]\nprobability = 0.1\n"  # 14, 15
        + entry("nowhere.toml", 0.1)  # 16 to 18
        + entry("negotiated_rest", 0.1)  # 19 to 21
        + entry("broken.toml", 0.1)
    )
    share = "scenarios of an outlook share relationship, start and horizon; "
    found = problems_of(path)
    assert found[:11] == [
        ("1", "titel", "unknown key (did you mean 'title'?)"),
        ("1", "title", "missing; it has no default"),
        ("2", "summary", "must be text in quotes, and say something; found 3"),
        ("6", "scenarios.0.rationale", 'must be text in quotes, and say something; found ""'),
        ("7", "scenarios.0.reason", "unknown key; known: file, probability, rationale, source"),
        ("9", "scenarios.1.file", "a scenario called 'a' is already listed above; each counts once, by its name"),
        ("12", "scenarios.2.file", share + "the start of later is 2025-02-20, that of a 2025-01-20"),
        ("12", "scenarios.2.file", share + "the horizon of later is 24, that of a 12"),
        ("13", "scenarios.2.probability", RULE + "2"),
        ("14", "scenarios.3.file", "missing; it has no default"),
        ("17", "scenarios.4.file", found[10][2]),
    ]
    assert f'no such file in {tmp_path}, and no shipped scenario has that name; found "nowhere.toml"' in found[10][2]
    assert found[11][:2] == ("20", "scenarios.5.file")
    assert found[11][2].endswith("found \"negotiated_rest\" (did you mean 'negotiated_reset'?)")
    assert {where for where, _, _ in found[12:]} <= {f"{tmp_path / 'broken.toml'}:{line}" for line in range(10, 20)}
    assert "factors.trade.wieght" in {key for _, key, _ in found[12:]}


def test_scenarios_of_different_relationships_are_refused(tmp_path: Path, write) -> None:
    path = write(tmp_path, 'title = "T"\n' + entry("baseline", 0.5) + entry("us_china_baseline", 0.5), "outlook.toml")
    rule = "scenarios of an outlook share relationship, start and horizon; the relationship of us_china_baseline is us_china, that of baseline us_russia"
    assert problems_of(path) == [("6", "scenarios.1.file", rule)]


def test_a_relationship_is_no_scenario(outlook_of, tmp_path: Path, write, toy: str) -> None:
    for name in ("r", "s"):
        write(tmp_path, toy.replace("months = 12\n", ""), f"{name}.toml")
    found = problems_of(outlook_of('title = "T"\n' + entry("r.toml", 0.5) + entry("s.toml", 0.5)))
    assert [message for *_, message in found] == [
        f"{name} has no horizon; it is a relationship, or lacks `months`" for name in ("r", "s")
    ]


@pytest.mark.parametrize(
    ("scenarios", "message"),
    [
        ("", "missing; it has no default"),
        ("scenarios = []", "an outlook needs at least two scenarios; found 0"),
        ('scenarios = [{ file = "a.toml", probability = 1 }]', "an outlook needs at least two scenarios; found 1"),
        ('scenarios = ["a.toml", "b.toml"]', 'must be tables, each under [[scenarios]]; found ["a.toml", "b.toml"]'),
        ("[scenarios.a]\nprobability = 1", 'must be tables, each under [[scenarios]]; found {"a": {"probability": 1}}'),
    ],
)
def test_an_outlook_has_at_least_two_tables_of_scenarios(outlook_of, scenarios: str, message: str) -> None:
    found = problems_of(outlook_of(f'title = "T"\n{scenarios}\n'))
    assert [(key, told) for _, key, told in found] == [("scenarios", message)]


def test_a_file_that_is_not_toml_or_not_there_is_told_as_everywhere(outlook_of, tmp_path: Path) -> None:
    assert "not TOML" in problems_of(outlook_of("title = T\n"))[0][2]
    with pytest.raises(InputOutputError, match="no such file"):
        read_outlook(tmp_path / "nowhere.toml")


# --- what is shown ---


@pytest.fixture(scope="module")
def shipped_outlook() -> Outlook:
    return outlook(read_outlook(EXAMPLE), 1_000)


def test_all_scenarios_run_with_the_seed_and_draws_asked_for_or_the_first_ones(pool: Pool, tmp_path: Path) -> None:
    pool((0.5, 20, "[run]\ndraws = 300\nseed = 5\n"), (0.5, 60, "[run]\ndraws = 900\nseed = 6\n"))
    for asked, (n, seed) in (({}, (300, 5)), ({"n_draws": 100, "seed": 0}, (100, 0))):
        ensembles = outlook(read_outlook(tmp_path / "outlook.toml"), **asked).ensembles
        assert [(one.n_draws, one.seed) for one in ensembles] == [(n, seed), (n, seed)]


def test_the_example_that_ships_argues_every_probability() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    file = read_outlook(EXAMPLE)
    ready = {path.stem for path in shipped_scenarios()}
    assert {member.scenario.name for member in file.members} <= ready
    assert text.count("[[scenarios]]") == text.count("\nrationale") == text.count("\nsource") == len(file.members) >= 5


def test_the_text_fits_80_columns_and_says_what_the_tables_say(shipped_outlook: Outlook) -> None:
    text = as_text(shipped_outlook)
    assert max(map(len, text.splitlines())) <= 80
    median = shipped_outlook.ensembles[0].quantiles("warmth", [0.5]).value.xs(48, level="month").item()
    (line,) = [line for line in text.splitlines() if "(baseline)" in line]
    assert line.endswith(f"  {median:.0f}")
    assert f"{100 * shipped_outlook.probabilities[0]:g} %" in line
    last = at(shipped_outlook.variance("warmth"), 48)
    row = text.split("Variance of warmth")[1].split("\n\n")[0].splitlines()[-1]
    assert row.split()[0] == "2029-01-20"
    # a decimal where the error is at most 0.2
    told = [(last[key], last[f"{key}_std_error"]) for key in ("within", "between", "total")]
    told.append((100 * last.share, 100 * last.share_std_error))
    assert row.split()[1:] == [*(f"{value:.{1 if error <= 0.2 else 0}f}" for value, error in told), "%"]
    tense = at(shipped_outlook.bands("warmth"), 48).probability["tense"]
    assert f"tense {100 * tense:.0f} %" in text
    meet = shipped_outlook.questions().loc["presidents_meet"]
    told = text.split("meet in person")[1].splitlines()[2]
    assert told.split(": ")[1].split(", ")[0] == f"{100 * meet['in.baseline']:.0f} %"
    assert "An event is known by its name" in text


def test_a_still_outlook_can_be_told(pool: Pool) -> None:
    text = as_text(pool((0.125, 20), (0.875, "20")))
    assert "12.5 %  World (w0)" in text
    assert text.split("Variance of warmth")[1].split("\n\n")[0].splitlines()[-1].split()[1:] == ["0.0", "0.0", "0.0", "-"]
    assert "Questions" not in text


def test_each_scenarios_answer_is_told_with_a_bound_where_none_or_all_were_hit(pool: Pool) -> None:
    text = as_text(pool((0.25, 20, ASKED), (0.75, 60, ASKED), n=1_000))
    assert "     75.0 %  Is it warm?" in text
    assert text.endswith("1 to 2: < 0.4 %, > 99.6 %")  # Wilson: 3.84 / 1003.84


def test_the_fan_shows_the_mixture_and_names_the_median_of_each_scenario(shipped_outlook: Outlook) -> None:
    ax = fan(shipped_outlook)
    wide = shipped_outlook.quantiles("warmth").value.unstack("probability")
    widest = ax.collections[0].get_paths()[0].vertices[:, 1]
    assert (widest.min(), widest.max()) == pytest.approx((wide[0.025].min(), wide[0.975].max()))
    lines = {tuple(np.round(np.asarray(line.get_ydata(), dtype=float), 9)) for line in ax.lines if len(line.get_ydata()) > 2}
    medians = [one.quantiles("warmth", [0.5]).value for one in shipped_outlook.ensembles] + [wide[0.5]]
    assert lines == {tuple(np.round(median, 9)) for median in medians}
    texts = {text.get_text(): text for text in ax.texts}
    for one, p in zip(shipped_outlook.ensembles, shipped_outlook.probabilities, strict=True):
        assert f"{one.scenario.title}  {100 * p:g} %" in texts
    assert "tense" in texts
    heights = sorted(text.xyann[1] for text in ax.texts if text.arrow_patch is not None)
    line = 7.5 / 72 / (ax.bbox.height / ax.figure.dpi) * np.diff(ax.get_ylim())  # type of 7.5 points
    assert np.diff(heights).min() > 1.2 * line
    plt.close("all")


def test_a_fan_draws_on_the_axes_it_is_given_and_has_no_bands_for_a_factor(shipped_outlook: Outlook) -> None:
    given = plt.figure().add_subplot()
    assert fan(shipped_outlook, "nato", given) is given
    assert "tense" not in {text.get_text() for text in given.texts}
    plt.close("all")


def test_in_a_column_of_text_the_scenarios_are_named_beneath_the_fan(shipped_outlook: Outlook) -> None:
    ax = fan(shipped_outlook, ax=plt.figure(figsize=(3.3, 2.8), layout="constrained").add_subplot())
    named = [text.get_text() for text in ax.get_legend().get_texts()]
    assert named[:4] == ["median of all", "50 %", "80 %", "95 %"]
    assert named[4].startswith("Baseline  ")
    assert len(named) == 4 + len(shipped_outlook.names)
    ax.figure.draw_without_rendering()
    assert ax.bbox.width > 0.6 * ax.figure.bbox.width
    plt.close("all")
