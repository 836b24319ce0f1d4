"""The front end's script against Python: the same draws, the same counts, the same words."""

import json
import random
import shlex
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import relsim
from pages import called, conditions, moved, sent, state

from simulator import compare, read_scenario, simulate
from simulator.analysis.comparison import Comparison
from simulator.ensemble.ensemble import PROBABILITIES, Ensemble
from simulator.ensemble.estimates import grid_quantiles, of_draws, proportion, quantile_errors
from simulator.report.wording import WORDS, in_words, percent, plus, points, signed
from simulator.scenario.schema import Scenario

# Levels are sent in steps of a 65,535th of the scale: a quantile may be off by its own step, and by the draws that it moves
# into the next bin; a share by a few draws that stand so near an edge.
STEP, DRAWS_NEAR = 0.01, 3

# --- numbers and words ---


def shares(rng: random.Random) -> list[tuple[float, float]]:
    """Hits and draws: all small counts of 2,000, then any, whole and effective."""
    some = [(k, 2000) for k in (*range(60), *range(1940, 2001))]
    for _ in range(400):
        n = rng.choice([100, 400, 1000, 2000, 10_000])
        some.append((rng.randint(0, n), n))
        worth = rng.uniform(100, 2000)
        some.append((rng.uniform(0, worth), worth))
    return some


def test_shares_are_those_of_python_and_told_in_its_words() -> None:
    asked = shares(random.Random(1))
    ours = [dict(zip(("share", "error", "low", "high"), map(float, proportion(k, n)), strict=True)) for k, n in asked]
    found = called(
        [
            *(["proportion", k, n] for k, n in asked),
            *(["percent", one, n] for one, (_, n) in zip(ours, asked, strict=True)),
            *(["inWords", one, WORDS] for one in ours),
        ]
    )
    for mine, theirs in zip(ours, found, strict=False):
        assert theirs == pytest.approx(mine, rel=1e-12, abs=1e-15)
    assert found[len(asked) : 2 * len(asked)] == [percent(*one.values()) for one in ours]
    assert found[2 * len(asked) :] == [in_words(one["low"], one["high"]) for one in ours]


def test_points_and_differences_are_told_as_python_tells_them() -> None:
    rng = random.Random(2)
    # what ends in a half of the last digit, and is exact, is rounded to even by Python and upwards by JavaScript
    values = [*(k / 8 for k in range(-40, 41)), *(rng.uniform(-100, 100) for _ in range(300)), 0.0, -0.001]
    errors = [0.0, 0.001, 0.02, 0.05, 0.19, 0.2, 0.21, 0.5, 0.51, 3.0]
    pairs = [(value, error) for value in values for error in errors]
    found = called([[name, *pair] for name in ("points", "signed") for pair in pairs])
    # no level is below 0, and Python tells -0.4 as "-0"
    ours = [points(*pair) for pair in pairs]
    assert [one.replace("-0", "0") for one in found[: len(pairs)]] == [one.replace("-0", "0") for one in ours]
    assert found[len(pairs) :] == [signed(*pair) for pair in pairs]
    assert called([["plus", value, digits] for value in values for digits in (0, 1, 2)]) == [
        plus(value, digits) for value in values for digits in (0, 1, 2)
    ]


def test_quantiles_and_their_errors_are_those_of_python() -> None:
    rng = np.random.default_rng(3)
    rows = [
        np.bincount(np.clip(rng.normal(centre, width, n) * 20, 0, 1999).astype(int), minlength=2000)
        for centre, width, n in ((20, 5, 2000), (50, 30, 137), (3, 0.01, 500), (97, 10, 100))
    ]
    rows += [row * 0.37 for row in rows]
    found = called([["quantiles", row.tolist(), float(row.sum())] for row in rows])
    for row, theirs in zip(rows, found, strict=True):
        assert theirs["values"] == pytest.approx(grid_quantiles(row[None], PROBABILITIES, 20)[0], abs=1e-9)
        assert theirs["errors"] == pytest.approx(quantile_errors(row[None], PROBABILITIES, 20)[0], abs=1e-9)


def test_means_of_differences_have_the_errors_of_python() -> None:
    rng = np.random.default_rng(4)
    for hits in (0, 3, 200):
        values = np.where(np.arange(200) < hits, rng.normal(1, 2, 200), 0.0)
        weights = rng.exponential(1, 200)
        for ratios in (np.ones(200), weights / weights.mean()):
            effective = float(ratios.sum() ** 2 / (ratios**2).sum())
            [found] = called([["meanOf", values.tolist(), ratios.tolist(), effective]])
            mean, error, _ = of_draws(values[None], ratios, most=100.0)
            assert found == pytest.approx({"mean": float(mean[0]), "error": float(error[0])}, rel=1e-9, abs=1e-12)


# --- what becomes of a state ---


@cache
def drawn(name: str, *keys: str, n: int = 2000) -> Ensemble:
    return simulate(read_scenario(name, list(keys)), n, n_kept=n)


def whole(scenario: Scenario, n: int = 2000) -> Ensemble:
    return simulate(scenario, n, n_kept=n)


@pytest.fixture
def small(toy: str, write: Callable[..., Path], tmp_path: Path) -> Ensemble:
    return whole(read_scenario(write(tmp_path, toy)))


def agree(found: dict[str, Any], ensemble: Ensemble, changed: dict[str, Any]) -> None:
    """Hold what the script made of a state against what Python makes of it."""
    ours, n = moved(ensemble, changed), found["counted"]["effective"]
    near = DRAWS_NEAR / n
    assert found["counted"]["n"] == ours.n_draws
    assert n == pytest.approx(ours.n_effective, rel=1e-9)
    index, told = changed["index"], []
    quantiles, bands = ours.quantiles(index), ours.bands(index)
    for month, at in zip(months_of(ensemble), found["course"], strict=True):
        rows = quantiles.xs(month, level="month")
        assert at["values"] == pytest.approx(rows.value.tolist(), abs=0.051)  # a draw beside an edge may move by a bin
        assert at["errors"] == pytest.approx(rows.std_error.tolist(), abs=0.05)
        told += list(zip(map(points, at["values"], at["errors"]), map(points, rows.value, rows.std_error), strict=True))
        in_bands = bands.xs(month, level="month")
        if month == 0:
            continue  # a start may stand on a cut to the last bit
        assert [one["share"] for one in at["bands"]] == pytest.approx(in_bands.probability.tolist(), abs=near)
    events = ours.events()
    column = "still" if ours.is_conditioned else "probability"
    for event, one in zip(ours.plan.events, found["events"], strict=True):
        if one is not None:
            assert one["share"] == pytest.approx(events[column][event.name], abs=1e-9)
    for (name, row), one in zip(ours.questions().iterrows(), found["questions"], strict=True):
        assert one["share"] == pytest.approx(row.probability, abs=near), name
        assert (one["low"] == one["high"]) == (row.low == row.high), f"{name}: what is known is certain"
    assert sum(a != b for a, b in told) <= max(1, 0.03 * len(told)), "printed digits"


def months_of(ensemble: Ensemble) -> list[int]:
    from simulator.page.sheet import shown

    return shown(ensemble)


def states(ensemble: Ensemble, rng: random.Random, n: int) -> list[dict[str, Any]]:
    """Random states of which at least 400 effective draws are left: one thing moved, or several."""
    found = [state()]
    open_events = [e.name for e in ensemble.plan.events if e.last > ensemble.plan.known and not ensemble.is_over(e)]
    while len(found) < n:
        index = rng.choice(ensemble.indices)
        factors = [ensemble.factors[k] for k, _ in ensemble.plan.weights[ensemble.indices.index(index)]]
        low = 0.0 if index == "warmth" else -3.0
        weights = {rng.choice(factors): round(rng.uniform(low, 3), 2) for _ in range(rng.randint(0, 3))}
        some = rng.sample(open_events, rng.randint(0, min(2, len(open_events))))
        suppose = {e: (rng.choice(["by", "not"]), rng.randint(ensemble.plan.known + 1, ensemble.horizon)) for e in some}
        one = state(rng.choice([index, "warmth"]), {index: weights} if weights else {}, suppose)
        try:
            moved(ensemble, one)
        except Exception:
            continue
        found.append(one)
    return found


def test_a_small_world_answers_as_python_does(small: Ensemble) -> None:
    asked = states(small, random.Random(5), 15)
    found = called([["result", {"sheet": "one"}, one] for one in asked], one=sent(small))
    for one, theirs in zip(asked, found, strict=True):
        agree(theirs, small, one)


@pytest.mark.parametrize(("name", "keys"), [("today", ()), ("baseline", ('record="us_russia_2025"',))])
def test_what_ships_answers_as_python_does(name: str, keys: tuple[str, ...]) -> None:
    ensemble = drawn(name, *keys, n=2000 if name == "today" else 6000)
    asked = states(ensemble, random.Random(6), 6)
    found = called([["result", {"sheet": "one"}, one] for one in asked], one=sent(ensemble))
    for one, theirs in zip(asked, found, strict=True):
        agree(theirs, ensemble, one)


def test_a_pair_is_compared_in_the_same_worlds() -> None:
    ensemble, base = drawn("negotiated_reset"), drawn("baseline")
    asked = [
        one for one in states(ensemble, random.Random(7), 8) if not {*one["suppose"]} - {e.name for e in base.plan.events}
    ]
    found = called([["result", {"sheet": "pair"}, one] for one in asked], pair=sent(ensemble, base))
    assert len(asked) >= 4
    for one, theirs in zip(asked, found, strict=True):
        agree(theirs, ensemble, one)
        bare = {**one, "suppose": {}}
        pair: Comparison = compare(moved(base, bare), moved(ensemble, bare))
        if one["suppose"]:
            pair = pair.given("; ".join(conditions(ensemble, one)))
        row = pair.difference(one["index"]).iloc[-1]
        apart = theirs["apart"]
        assert (apart["mean"], apart["error"]) == pytest.approx((row["mean"], row.std_error), abs=2e-3)
        assert apart["warmer"]["share"] == pytest.approx(row.warmer, abs=DRAWS_NEAR / pair.n_draws)


@pytest.mark.parametrize("level", [35, 55, 75])
def test_a_level_on_a_cut_stands_in_the_band_above(toy: str, write: Callable[..., Path], tmp_path: Path, level: int) -> None:
    text = toy.replace("level = 40", f"level = {level}").replace("level = 30", f"level = {level}")
    text += f'\n[bands]\ncuts = [{level}]\nnames = ["under", "over"]\n'
    ensemble = whole(read_scenario(write(tmp_path, text)), 500)
    [found] = called([["result", {"sheet": "one"}, state()]], one=sent(ensemble))
    assert ensemble.bands("warmth").probability.iloc[:2].tolist() == [0, 1]
    assert [one["share"] for one in found["course"][0]["bands"]] == [0, 1]


def test_where_all_draws_agree_the_value_is_told_and_no_error(small: Ensemble) -> None:
    [found] = called([["result", {"sheet": "one"}, state("unease")]], one=sent(small))
    row = small.quantiles("unease").xs(0, level="month")
    assert found["course"][0]["values"] == pytest.approx(row.value.tolist(), abs=1e-3)
    assert found["course"][0]["errors"] == [0.0] * len(PROBABILITIES)


def test_few_draws_and_weights_of_nothing_tell_nothing(small: Ensemble) -> None:
    n = int(small.draws()["first.summit"].le(5).sum())
    few = whole(small.scenario, 150)
    asked = [
        state(weights={"warmth": {"trade": 0, "arms": 0}}),
        state(suppose={"summit": ("not", 12), "crisis": ("not", 12)}),
        state("unease", {"warmth": {"trade": 0, "arms": 0}}),
    ]
    found = called([["result", {"sheet": "few"}, one] for one in asked], few=sent(few))
    assert n > 100
    assert found[0]["few"] == 'All weights of "relationship warmth" are 0: there is nothing to weigh.'
    assert found[1]["few"].startswith("Only ")
    assert found[2]["few"] == found[0]["few"]


def test_a_law_around_zero_can_weigh_alone(toy: str, write: Callable[..., Path], tmp_path: Path) -> None:
    text = toy.replace(
        "weights = { trade = -1, arms = 0.5 }",
        'weights = { trade = -1, arms = { dist = "triangular", low = -1, mode = 0, high = 1 } }',
    )
    ensemble = whole(read_scenario(write(tmp_path, text)), 500)
    one = state("unease", {"unease": {"trade": 0}})
    [found] = called([["result", {"sheet": "one"}, one]], one=sent(ensemble))
    agree(found, ensemble, one)


def test_a_factor_may_have_any_name(toy: str, write: Callable[..., Path], tmp_path: Path) -> None:
    text = toy.replace("arms", "constructor").replace("summit", "constructor_")
    ensemble = whole(read_scenario(write(tmp_path, text)), 500)
    asked = [state(), state(weights={"warmth": {"trade": 2}})]
    found = called([["result", {"sheet": "one"}, one] for one in asked], one=sent(ensemble))
    for one, theirs in zip(asked, found, strict=True):
        agree(theirs, ensemble, one)


@pytest.mark.parametrize("how", ["by", "not"])
def test_what_an_event_reads_is_counted_in_the_draws_that_are_told_of(
    toy: str, write: Callable[..., Path], tmp_path: Path, how: str
) -> None:
    """How many draws cross the limit of 44 is another number where the summit comes, which warms trade, than where not."""
    ensemble = whole(
        read_scenario(write(tmp_path, toy.replace("warmth < 60", "warmth < 44").replace("jump = 5", "jump = 15")))
    )
    one = state(weights={"warmth": {"trade": 1.5}}, suppose={"summit": (how, 12)})
    [found] = called([["result", {"sheet": "one"}, one]], one=sent(ensemble))
    met = ensemble.draws()["first.summit"].le(12).to_numpy() == (how == "by")
    before, after = ensemble.exact("warmth"), ensemble.reweight({"trade": 1.5}).exact("warmth")
    crossed = ((before < 44) != (after < 44))[months_of(ensemble)].any(axis=0)
    assert abs(crossed[met].mean() - crossed.mean()) > 0.01
    assert found["off"][0]["share"] == pytest.approx(crossed[met].mean(), abs=0.002)


def test_weights_that_are_zero_in_some_draws_tell_nothing(toy: str, write: Callable[..., Path], tmp_path: Path) -> None:
    law = '{ dist = "discrete", values = [0, 1], probabilities = [0.5, 0.5] }'
    text = toy.replace("weights = { trade = -1, arms = 0.5 }", f"weights = {{ trade = -1, arms = {law} }}")
    ensemble = whole(read_scenario(write(tmp_path, text)), 500)
    [found] = called([["result", {"sheet": "one"}, state("unease", {"unease": {"trade": 0}})]], one=sent(ensemble))
    assert found == {"few": 'All weights of "Unease" are 0 in some draws: there is nothing to weigh.'}


# --- links ---

HOSTILE = [
    "",
    "#",
    "%",
    "#%E0%A4%A",
    "w=__proto__.polluted:1",
    "w=constructor.prototype:1&s=__proto__:by:2025-06-20",
    "w=warmth.trade:1e999,warmth.trade:99999999999,warmth.trade:-1,warmth.trade:1.2.3,warmth.nobody:1",
    "s=summit:by:2025-01-20,summit:perhaps:2025-06-20,summit:by:2099-01-01,summit,crisis:by",
    "index=__proto__&q=warmth:>=:NaN:2025-12-20:has:",
    "q=warmth:>=::2025-12-20:has:&q=2",
    "q=warmth:==:25:2025-12-20:has:",
    "index=<script>alert(1)</script>",
    "q=unease:>=:1e400:2025-12-20:has:",
    "w=" + "warmth.trade:1," * 5000,
]


def test_a_link_carries_a_state_there_and_back(small: Ensemble) -> None:
    rng = random.Random(8)
    asked = states(small, rng, 20)
    month = months_of(small)[-2]
    for one in asked[::2]:
        one["ask"] = {"index": "unease", "op": rng.choice([">=", "<"]), "value": rng.uniform(0, 100), "month": month}
        one["ask"] |= {"how": rng.choice(["has", "not"]), "event": rng.choice(["summit", ""])}
    hashes = called([["toHash", one, {"sheet": "one"}] for one in asked], one=sent(small))
    assert called([["fromHash", "#" + one, {"sheet": "one"}] for one in hashes], one=sent(small)) == asked


def test_a_link_that_anybody_wrote_does_no_harm(small: Ensemble) -> None:
    found = called([["fromHash", one, {"sheet": "one"}] for one in HOSTILE], one=sent(small))
    untouched = state()
    assert found[-1] == {**untouched, "weights": {"warmth": {"trade": 1}}}
    assert found[:-1] == [untouched] * (len(HOSTILE) - 1)


# --- what a reader takes away ---


def results(arguments: list[str]) -> dict[str, Any]:
    done = relsim(*arguments, *(["--no-save"] if "--no-save" not in arguments else []), "--format", "json")
    assert done.exit_code == 0, done.output
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found[0]


def test_the_command_and_the_file_give_the_same_numbers(
    small: Ensemble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    one = state("unease", {"unease": {"trade": -2.5}, "warmth": {"arms": 0.123456789}}, {"summit": ("by", 12)})
    one["ask"] = {"index": "warmth", "op": ">=", "value": 35, "month": 12, "how": "not", "event": "crisis"}
    [found, command, text] = called(
        [
            [name, *args]
            for name, *args in (
                ("result", {"sheet": "one"}, one),
                ("command", one, {"sheet": "one"}),
                ("scenarioFile", one, {"sheet": "one"}),
            )
        ],
        one=sent(small),
    )
    program, *arguments = shlex.split(command)
    assert program == "relsim"
    told = results(arguments)
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    given = next(iter(conditions(small, one)))
    file = results(["run", "mine.toml", "--index", "unease", "--given", given])
    assert file["indices"] == told["indices"]
    assert found["own"]["share"] == pytest.approx(file["questions"]["my_question"]["probability"], abs=2e-3)


HOSTILE_TITLE = (
    r'title = "A \"quoted\" \\ title,\nof two lines \u0007 \u007f \u0085 \u2028 of 北京 \u202e </script> {{ it }}"'
)
CHANGES = [
    'factors.trade.label="it\'s; rm -rf $HOME `x`"',
    "factors.arms.level={ p10 = 20, p50 = 30, p90 = 41 }",
    "events.summit.on=2025-08-15",
    "factors.trade.weight=1.5",
    "factors.arms.rationale='''set by \"hand\"'''",
]


def test_a_changed_scenario_of_a_hostile_title_is_taken_away_whole(
    toy: str, write: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = write(tmp_path, toy.replace('title = "Toy"', HOSTILE_TITLE))
    ensemble = whole(read_scenario(path, CHANGES), 500)
    one = state(weights={"warmth": {"trade": 2.5, "arms": 0.5}, "unease": {"arms": -1}})
    found, command, text = called(
        [
            ["result", {"sheet": "one"}, one],
            ["command", one, {"sheet": "one"}],
            ["scenarioFile", one, {"sheet": "one"}],
        ],
        one=sent(ensemble),
    )
    (tmp_path / "mine.toml").write_bytes(text.encode())
    mine = read_scenario("mine.toml")
    assert mine.title == f"{ensemble.scenario.title}, changed by a reader"
    assert mine.factors["trade"].label == "it's; rm -rf $HOME `x`"
    assert mine.factors["arms"].rationale == 'set by "hand"'
    file, told = results(["run", "mine.toml"]), results(shlex.split(command)[1:])
    assert file["indices"] == told["indices"]
    again = simulate(mine, n_kept=500)
    assert found["course"][-1]["values"] == pytest.approx(again.quantiles("warmth").value.iloc[-7:].tolist(), abs=0.05)


def test_what_ships_is_taken_away_with_its_record() -> None:
    ensemble = drawn("baseline", 'record="us_russia_2025"', "known_until=2026-06-20", n=2000)
    one = state(weights={"warmth": {"nato": 3}})
    command, text = called([["command", one, {"sheet": "one"}], ["scenarioFile", one, {"sheet": "one"}]], one=sent(ensemble))
    assert command == (
        f"relsim run baseline -n 2000 --seed {ensemble.seed} --record us_russia_2025 --known-until 2026-06-20 "
        "--set factors.nato.weight=3"
    )
    assert 'record = "us_russia_2025"\nknown_until = 2026-06-20\n' in text


@pytest.mark.parametrize(
    "key",
    [
        "indices.unease.weights={ trade = -1, arms = 0.25 }",
        "indices.unease={ label = 'U, {x}', weights = { trade = -1, arms = 0.25 } }",
        "factors.trade={ weight = { p10 = 1, p50 = 2, p90 = 3 }, volatility = 3 }",
    ],
)
def test_a_weight_is_moved_in_a_table_that_was_set_whole(
    toy: str, write: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.chdir(tmp_path)
    ensemble = whole(read_scenario(write(tmp_path, toy), [key]), 500)
    one = state(weights={"unease": {"arms": -1}, "warmth": {"trade": 2.5}})
    command, text = called([["command", one, {"sheet": "one"}], ["scenarioFile", one, {"sheet": "one"}]], one=sent(ensemble))
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    mine = read_scenario("mine.toml")
    assert (mine.factors["trade"].weight, mine.indices["unease"].weights["arms"]) == (2.5, -1)
    assert mine.factors["trade"].volatility == ensemble.scenario.factors["trade"].volatility
    assert results(["run", "mine.toml"])["indices"] == results(shlex.split(command)[1:])["indices"]


@pytest.mark.parametrize("name", ["today.toml", "sub/other.toml"])
def test_the_command_names_the_file_that_the_page_is_of(
    toy: str, write: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A file may be called as one that ships, and lie in another folder."""
    monkeypatch.chdir(tmp_path)
    ensemble = whole(read_scenario(write(tmp_path, toy, name)), 500)
    [command] = called([["command", state(), {"sheet": "one"}]], one=sent(ensemble, source=name))
    assert shlex.split(command)[:3] == ["relsim", "run", name]
