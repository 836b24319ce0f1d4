"""Analyses of a conditioned ensemble: each is the plain arithmetic of its draws with their weights."""

import csv
import io
import json
from dataclasses import fields
from datetime import date
from math import sqrt
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from commands import relsim
from numpy.typing import NDArray
from worlds import RECORD, fact

from simulator import (
    Refused,
    break_even,
    compare,
    drivers,
    event_effects,
    explain,
    outlook,
    plots,
    read_outlook,
    read_run,
    read_scenario,
    save_run,
    simulate,
    tornado,
)
from simulator.analysis.tornado import telling_events
from simulator.engine.tally import Counts, Kept, Moments
from simulator.ensemble.ensemble import Ensemble
from simulator.report.comparison import comparison_table
from simulator.report.outlook import outlook_table
from simulator.report.run import as_dict, runs_as_csv, table
from simulator.report.why import ledger_table

mpl.use("Agg")

Floats = NDArray[np.float64]
N = 2_000
KNOWN = 8  # months, to 20 September
SCENARIO = """\
relationship = "toy"
title = "Known"
months = 12
record = "r"
[factors.trade]
level = { dist = "uniform", low = 30, high = 50 }
[factors.arms]
weight = { dist = "uniform", low = 1, high = 3 }
[events.crisis]
rate = { dist = "uniform", low = 0.2, high = 4 }
[events.boost]
label = "A boost"
on = 2025-12-01
probability = PROBABILITY
effects.trade = { jump = 10 }
effects.arms = { jump = -6 }
"""
OUTLOOK = 'title = "Both"\n[[scenarios]]\nfile = "s.toml"\nprobability = 0.7\n[[scenarios]]\nfile = "mixed.toml"\nprobability = 0.3\n'


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory, toy: str) -> Path:
    """A folder with two scenarios that differ in the future only, and one that differs in the past."""
    folder = tmp_path_factory.mktemp("conditioned")
    texts = {
        "seeds/toy.toml": toy.replace("months = 12\n", ""),
        "seeds/records/r.toml": RECORD.replace("sd = 4", "sd = 2.5").replace("value = 42", "value = 44")
        + fact("crisis", "2025-09-10"),
        "s.toml": SCENARIO.replace("PROBABILITY", "0.3"),
        "other.toml": SCENARIO.replace("PROBABILITY", "0.9").replace("Known", "Other"),
        "past.toml": SCENARIO.replace("PROBABILITY", "0.3").replace("high = 4", "high = 3"),
        "mixed.toml": SCENARIO.replace("PROBABILITY", "0.9").replace("low = 30", "low = 44"),
        "outlook.toml": OUTLOOK,
    }
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def ensemble(here: Path) -> Ensemble:
    return simulate(read_scenario(here / "s.toml"), N, 3)


@pytest.fixture(scope="module")
def other(here: Path) -> Ensemble:
    return simulate(read_scenario(here / "other.toml"), N, 3)


@pytest.fixture(scope="module")
def mixed(here: Path) -> Ensemble:
    return simulate(read_scenario(here / "mixed.toml"), N, 3)


@pytest.fixture(scope="module")
def w(ensemble: Ensemble) -> Floats:
    """The draws' weights, which sum to 1."""
    return ensemble.weights.to_numpy()


@pytest.fixture(scope="module")
def told(ensemble: Ensemble) -> str:
    """How many draws there are and how many they are worth, as every head says it."""
    return f"{N:,} draws worth {ensemble.n_effective:,.0f}"


def last(ensemble: Ensemble, name: str = "warmth") -> Floats:
    return np.asarray(ensemble.exact(name)[-1])


def quantile(values: Floats, w: Floats, p: float) -> float:
    """Return the least value that has a share of the weights at or below it."""
    order = np.argsort(values)
    return float(values[order][np.searchsorted(np.cumsum(w[order]), p)])


def error(values: Floats, w: Floats) -> float:
    """Return the standard error of a ratio of sums (Owen 2013, equation 9.8), with the correction of a sample."""
    n = 1 / float((w**2).sum())
    return sqrt(float((w**2 * (values - (w * values).sum()) ** 2).sum()) * n / (n - 1))


# --- the ensemble itself ---


def test_weights_differ_and_the_effective_number_is_kishs(ensemble: Ensemble, w: Floats) -> None:
    assert w.sum() == pytest.approx(1)
    assert ensemble.n_effective == pytest.approx(1 / float((w**2).sum()))
    assert 400 < ensemble.n_effective < 0.7 * N
    assert f"{ensemble.known_to}" == "2025-09-20"
    draws = ensemble.draws()
    assert draws["weight"].tolist() == w.tolist()
    assert f"({ensemble.n_effective:,.0f} effective, known to 2025-09-20)" in repr(ensemble)


def test_means_spreads_and_errors_are_those_of_weighted_draws(ensemble: Ensemble, w: Floats) -> None:
    for name in ("warmth", "unease", "trade"):
        row, values = ensemble.mean(name).iloc[-1], last(ensemble, name)
        mean = float((w * values).sum())
        assert row["mean"] == pytest.approx(mean, abs=1e-5)
        n = ensemble.n_effective
        assert row.sd == pytest.approx(sqrt(float((w * (values - mean) ** 2).sum()) * n / (n - 1)), rel=1e-5)
        assert row.std_error == pytest.approx(error(values, w), rel=1e-4)
        assert abs(mean - values.mean()) > 3 * row.std_error or name == "unease"


def test_quantiles_and_bands_are_those_of_weighted_draws(ensemble: Ensemble, w: Floats) -> None:
    values = last(ensemble)
    for p in (0.1, 0.5, 0.9):
        assert ensemble.quantiles("warmth", p).value.iloc[-1] == pytest.approx(quantile(values, w, p), abs=0.1)
    above = float(w[values >= 35].sum())
    exceeded = ensemble.exceedance("warmth >= 35").iloc[-1]
    assert exceeded.probability == pytest.approx(above, abs=1e-9)
    assert exceeded.n_draws == pytest.approx(ensemble.n_effective)
    assert ensemble.questions().loc["warmer", "probability"] == pytest.approx(above, abs=1e-9)
    assert ensemble.histogram().sum() == pytest.approx(ensemble.n_effective)
    assert ensemble.transitions().n_paths.max() <= N


def test_events_are_certain_where_they_are_known_and_weighted_after(ensemble: Ensemble, w: Floats) -> None:
    events, kept = ensemble.events(), ensemble.tally.kept
    assert events.loc["crisis", ["probability", "std_error", "low", "high"]].tolist() == [1, 0, 1, 1]
    assert events.loc["summit", "probability"] == 0
    assert events.loc["boost", "probability"] == pytest.approx(float(w[kept.fired[:, 2].any(axis=0)].sum()))
    assert events.loc["crisis", "count"] == pytest.approx(float((w * kept.fired[:, 1].sum(axis=0)).sum()))
    assert kept.fired[1 : KNOWN + 1, 1].all(axis=1).tolist() == [step in (2, 8) for step in range(1, KNOWN + 1)]


# --- why ---


def test_the_ledger_closes_and_its_means_are_weighted(ensemble: Ensemble, w: Floats) -> None:
    for index in ("warmth", "unease"):
        ledger = explain(ensemble, index=index)
        assert ledger.closes_to < 1e-9
        assert ledger.points.sum(axis=0) == pytest.approx(ledger.after - ledger.before, abs=1e-9)
        assert ledger.n_effective == pytest.approx(ensemble.n_effective)
        assert ledger.ends() == pytest.approx(((w * ledger.before).sum(), (w * ledger.after).sum()), abs=1e-9)
        assert ledger.ends()[1] == pytest.approx(ensemble.mean(index)["mean"].iloc[-1], abs=1e-4)
        assert ledger.std_error == pytest.approx(error(ledger.after - ledger.before, w), rel=1e-6)
        for row, points, std_error in zip(ledger.rows, ledger.points, ledger.table()["std_error"], strict=True):
            assert ledger.table().loc[row, "points"] == pytest.approx(float((w * points).sum()), abs=1e-9)
            if (points != 0).all():
                assert std_error == pytest.approx(error(points, w), rel=1e-6)
        sources = ledger.by_source()["points"]
        assert sources.sum() == pytest.approx(ledger.ends()[1] - ledger.ends()[0], abs=1e-9)
        shift = sum(points for row, points in zip(ledger.rows, ledger.points, strict=True) if row[:2] == ("shift", "crisis"))
        assert sources["shift", "crisis"] == pytest.approx(float((w * shift).sum()), abs=1e-9)


def test_the_ledger_of_a_difference_closes_and_is_weighted(ensemble: Ensemble, other: Ensemble, w: Floats) -> None:
    ledger = explain(other, ensemble)
    assert ledger.closes_to < 1e-9
    assert ledger.ends()[1] - ledger.ends()[0] == pytest.approx(float((w * (last(other) - last(ensemble))).sum()), abs=1e-5)
    for row, points in zip(ledger.rows, ledger.points, strict=True):
        assert ledger.table().loc[row, "points"] == pytest.approx(float((w * points).sum()), abs=1e-9)
    # of the boost that comes more often, and of the spillover from what it moves
    assert set(ledger.by_source().index[:2]) == {("jump", "boost"), ("spillover", "trade")}


def test_the_draw_nearest_to_a_quantile_is_that_of_weighted_draws(ensemble: Ensemble, w: Floats) -> None:
    ledger = explain(ensemble)
    found = ledger.after[ledger.nearest(0.9)]
    assert found == quantile(ledger.after, w, 0.9)
    assert abs(found - np.quantile(ledger.after, 0.9)) > 0.1


# --- compare ---


def test_scenarios_that_differ_in_the_future_only_are_compared_with_weights(
    ensemble: Ensemble, other: Ensemble, w: Floats
) -> None:
    comparison = compare(ensemble, other)
    row, apart = comparison.difference("warmth").iloc[-1], last(other) - last(ensemble)
    assert row["mean"] == pytest.approx(float((w * apart).sum()), abs=1e-5)
    assert row.std_error >= error(apart, w) * 0.999  # more where few draws differ
    assert row.warmer == pytest.approx(float(w[apart > 0].sum()))
    assert row.same == pytest.approx(float(w[apart == 0].sum()))
    assert row["q90"] == pytest.approx(quantile(apart, w, 0.9), abs=1e-4)
    assert comparison.n_effective == pytest.approx(ensemble.n_effective)
    assert comparison.difference("warmth")["mean"].iloc[: KNOWN + 1].tolist() == [0] * (KNOWN + 1)
    question = comparison.questions().xs("warmer").iloc[0]
    assert question.base == pytest.approx(float(w[last(ensemble) >= 35].sum()))
    difference = (last(other) >= 35).astype(float) - (last(ensemble) >= 35)
    assert question.difference == pytest.approx(float((w * difference).sum()))


def test_scenarios_that_do_not_agree_on_the_past_are_refused(here: Path, ensemble: Ensemble) -> None:
    past = simulate(read_scenario(here / "past.toml"), N, 3)
    plain = simulate(read_scenario(here / "s.toml").with_({"record": None}), N, 3)
    less = simulate(read_scenario(here / "s.toml", ["known_until=2025-05-20"]), N, 3)
    for unlike in (past, plain, less):
        for pair in ((ensemble, unlike), (unlike, ensemble)):
            with pytest.raises(
                Refused, match=r"do not agree on the past: what is known gives their draws different weights"
            ):
                compare(*pair)
    result = relsim("compare", str(here / "s.toml"), str(here / "past.toml"), "-n", f"{N}", "--seed", "3")
    assert result.exit_code == 4
    assert result.stderr.startswith("s and past do not agree on the past")


# --- what drives it ---


def test_the_tornado_is_of_weighted_groups(ensemble: Ensemble, w: Floats) -> None:
    found, draws, values = tornado(ensemble), ensemble.draws(), last(ensemble)
    for key in ("factors.trade.level", "events.crisis.rate", "factors.arms.weight"):
        inputs = draws[key].to_numpy()
        low, high = (inputs <= quantile(inputs, w, 0.2)), (inputs >= quantile(inputs, w, 0.8))
        row = found.loc[("judgement", key)]
        for group, mean, std_error, n in (
            (low, row.low, row.low_std_error, row.n_low),
            (high, row.high, row.high_std_error, row.n_high),
        ):
            own = w[group] / w[group].sum()
            assert mean == pytest.approx(float((own * values[group]).sum()), abs=1e-4), key
            assert std_error == pytest.approx(error(values[group], own), rel=1e-3)
            assert n == pytest.approx(1 / float((own**2).sum()))
        assert row.swing == pytest.approx(row.high - row.low)
    # of what has happened up to the known day there is nothing to tell: events are those after it
    names = [event.name for event in ensemble.plan.events]
    for name in ("boost", "crisis"):
        happened = ensemble.tally.kept.fired[ensemble.plan.known + 1 :, names.index(name)].any(axis=0)
        row = found.loc[("chance", f"events.{name}")]
        for group, mean in ((~happened, row.low), (happened, row.high)):
            assert mean == pytest.approx(float((w[group] * values[group]).sum() / w[group].sum()), abs=1e-4)
    apart = {}
    for e, name in enumerate(names):
        met = ensemble.tally.kept.fired[ensemble.plan.known + 1 :, e].any(axis=0)
        share = w[met].sum()
        if 0 < share < 1:
            low, high = (float((w[group] * values[group]).sum() / w[group].sum()) for group in (~met, met))
            apart[name] = abs(high - low) * (share * (1 - share)) ** 0.5
    assert telling_events(ensemble)[0] == max(apart, key=lambda name: apart[name])


def test_the_weight_that_reverses_the_headline_does_so_in_weighted_draws(
    ensemble: Ensemble, other: Ensemble, w: Floats
) -> None:
    draws = ensemble.draws()
    trade, arms, weight = (last(ensemble, "trade"), last(ensemble, "arms"), draws["factors.arms.weight"].to_numpy())
    threshold = quantile((trade + weight * arms) / (1 + weight), w, 0.5) + 1
    row = break_even(ensemble, threshold=threshold).loc["factors.trade.weight"]
    root = row.break_even
    assert quantile((root * trade + weight * arms) / (root + weight), w, 0.5) == pytest.approx(threshold, abs=0.02)
    assert row.weight == 1
    assert break_even(ensemble).loc["factors.arms.weight", "weight"] == pytest.approx(quantile(weight, w, 0.5))
    # against another: the sign of the weighted mean difference; the boost warms trade and cools arms
    row = break_even(other, ensemble).loc["factors.trade.weight"]
    assert row.headline == "sign of the difference from s"
    apart = (last(other, name) - last(ensemble, name) for name in ("trade", "arms"))
    of_trade, of_arms = apart
    difference = (row.break_even * of_trade + weight * of_arms) / (row.break_even + weight)
    assert float((w * difference).sum()) == pytest.approx(0, abs=1e-5)
    assert abs(difference.mean()) > 1e-3


def test_other_weights_of_factors_are_read_off_the_weighted_draws(ensemble: Ensemble, w: Floats) -> None:
    other = ensemble.reweight({"arms": 0.5})
    values = (last(ensemble, "trade") + 0.5 * last(ensemble, "arms")) / 1.5
    row = other.mean("warmth").iloc[-1]
    assert row["mean"] == pytest.approx(float((w * values).sum()), abs=1e-4)
    assert row.std_error == pytest.approx(error(values, w), rel=1e-3)
    assert other.quantiles("warmth", 0.9).value.iloc[-1] == pytest.approx(quantile(values, w, 0.9), abs=0.1)
    assert other.n_effective == pytest.approx(ensemble.n_effective)
    assert other.weights.equals(ensemble.weights)
    assert other.questions().loc["warmer", "probability"] == pytest.approx(float(w[values >= 35].sum()), abs=1e-3)


def test_effects_of_events_are_of_those_from_now_on(ensemble: Ensemble, w: Floats) -> None:
    effects = event_effects(ensemble, N)
    assert sorted(effects.index) == ["boost", "crisis"]  # the summit's day is over
    # no boost at all; and crises within the known months only, whose chance a month stays as it is
    others = {
        "boost": {"events.boost.enabled": False},
        "crisis": {"events.crisis.between": [date(2025, 1, 21), date(2025, 9, 20)]},
    }
    for name, changes in others.items():
        without = simulate(ensemble.scenario.with_(changes), N, 3)
        assert np.array_equal(without.tally.kept.weights, ensemble.tally.kept.weights)
        apart = last(ensemble) - last(without)
        assert effects.loc[name, "effect"] == pytest.approx(float((w * apart).sum()), abs=1e-5)
        assert effects.loc[name, "effect"] != pytest.approx(apart.mean(), rel=1e-3)
        assert effects.loc[name, "probability"] == ensemble.events().loc[name, "probability"]


def test_shares_of_the_variance_are_refused(ensemble: Ensemble) -> None:
    for asked in (ensemble, ensemble.scenario):
        with pytest.raises(Refused, match=r"^s: what is known ties the sources together, .* ask without the record"):
            drivers(asked, n_draws=64)


# --- outlook ---


@pytest.fixture(scope="module")
def pooled(here: Path) -> Any:
    return outlook(read_outlook(here / "outlook.toml"), N, 3)


def test_an_outlook_is_the_mixture_of_weighted_draws(pooled: Any, ensemble: Ensemble, mixed: Ensemble) -> None:
    assert mixed.n_effective != ensemble.n_effective  # they need not agree on the past
    both = [(0.7, ensemble), (0.3, mixed)]
    values = np.concatenate([last(one) for _, one in both])
    w = np.concatenate([p * one.weights.to_numpy() for p, one in both])
    mean = float((w * values).sum())
    row = pooled.mean("warmth").iloc[-1]
    assert row["mean"] == pytest.approx(mean, abs=1e-4)
    assert row.std_error == pytest.approx(sum(p * error(last(one), one.weights.to_numpy()) for p, one in both), rel=1e-3)
    for p in (0.1, 0.5, 0.9):
        assert pooled.quantiles("warmth", p).value.iloc[-1] == pytest.approx(quantile(values, w, p), abs=0.1)
    assert pooled.questions().loc["warmer", "probability"] == pytest.approx(float(w[values >= 35].sum()), abs=1e-9)


def test_an_outlooks_variance_is_within_and_between_weighted_draws(pooled: Any, ensemble: Ensemble, mixed: Ensemble) -> None:
    parts = []
    for p, one in ((0.7, ensemble), (0.3, mixed)):
        own, values, n = one.weights.to_numpy(), last(one), one.n_effective
        mean = float((own * values).sum())
        parts.append((p, mean, float((own * (values - mean) ** 2).sum()) * n / (n - 1)))
    centre = sum(p * mean for p, mean, _ in parts)
    row = pooled.variance("warmth").iloc[-1]
    assert row.within == pytest.approx(sum(p * variance for p, _, variance in parts), rel=1e-4)
    assert row["between"] == pytest.approx(sum(p * (mean - centre) ** 2 for p, mean, _ in parts), rel=1e-3)
    assert row.total == pytest.approx(row.within + row["between"])


# --- kept, and how many draws ---


def same(a: Any, b: Any) -> bool:
    return all(np.array_equal(getattr(a, field.name), getattr(b, field.name)) for field in fields(a))


def test_a_run_folder_is_read_back_to_the_last_bit(ensemble: Ensemble, tmp_path: Path) -> None:
    saved = save_run(ensemble, tmp_path)
    found = read_run(saved.path)
    for kind, one in ((Counts, "counts"), (Moments, "moments"), (Moments, "of_squares"), (Kept, "kept")):
        assert isinstance(getattr(found.tally, one), kind)
        assert same(getattr(found.tally, one), getattr(ensemble.tally, one)), one
    assert found.scenario == ensemble.scenario
    assert found.scenario.record == ensemble.scenario.record
    assert found.plan == ensemble.plan
    assert (found.n_effective, found.known_to) == (ensemble.n_effective, ensemble.known_to)
    for name in ("summary", "events", "questions", "bands", "time_in_band", "transitions"):
        pd.testing.assert_frame_equal(getattr(found, name)(), getattr(ensemble, name)(), check_exact=True)
    assert explain(found).by_source().equals(explain(ensemble).by_source())
    assert (saved.path / "run.json").stat().st_size > 0
    assert json.loads((saved.path / "run.json").read_text(encoding="utf-8"))["scenario"]["record"]["name"] == "r"


def test_precision_counts_effective_draws(here: Path) -> None:
    scenario = read_scenario(here / "s.toml")
    aim = 0.032
    known = simulate(scenario, precision=aim, seed=3, n_kept=10**6)
    plain = simulate(scenario.with_({"record": None}), precision=aim, seed=3, n_kept=1)
    w, values = known.weights.to_numpy(), last(known)
    row = known.mean("warmth").iloc[-1]
    assert row.std_error <= aim
    assert row.std_error == pytest.approx(error(values, w), rel=1e-4)
    # as many draws without weights would have been enough where these are not
    assert known.n_draws > 16_384
    assert row.sd / sqrt(known.n_draws) < aim * 0.9
    assert plain.mean("warmth").iloc[-1].std_error <= aim


# --- said ---


def test_every_head_tells_how_many_draws_these_are_worth(
    here: Path, ensemble: Ensemble, other: Ensemble, mixed: Ensemble, pooled: Any, told: str
) -> None:
    known = "known to 2025-09-20 from r: 2 facts, 1 readings"
    assert f"{told}, seed 3" in table(ensemble)
    comparison = compare(ensemble, other)
    assert f"{told} of the same worlds, seed 3" in comparison_table(comparison)
    assert f"mean of {told}" in ledger_table(explain(ensemble))
    text = outlook_table(pooled)
    assert f"the scenarios' draws are worth {ensemble.n_effective:,.0f}, {mixed.n_effective:,.0f}" in text
    for page in (table(ensemble), comparison_table(comparison), text):
        assert known in page
    for page in (table(ensemble), comparison_table(comparison), text, ledger_table(explain(ensemble))):
        assert max(map(len, page.splitlines())) <= 80
    result = relsim("drivers", str(here / "s.toml"), "-n", f"{N}", "--seed", "3")
    assert result.exit_code == 0
    assert f"{told}, seed 3" in " ".join(result.stdout.split())
    assert "No shares of the variance: what is known ties the sources together." in result.stdout


def test_programs_are_told_how_many_draws_these_are_worth(ensemble: Ensemble) -> None:
    as_json = as_dict(ensemble)
    assert as_json["n_effective"] == ensemble.n_effective
    assert (as_json["n_draws"], as_json["record"], as_json["known_to"]) == (N, "r", "2025-09-20")
    for row in csv.DictReader(io.StringIO(runs_as_csv([ensemble]))):
        assert float(row["n_effective"]) == pytest.approx(ensemble.n_effective, rel=1e-5)
        assert row["n_draws"] == f"{N}"


def test_pictures_tell_how_many_draws_these_are_worth(ensemble: Ensemble, other: Ensemble, told: str) -> None:
    figure = plots.dashboard(ensemble)
    assert figure.get_supxlabel().startswith(f"{told}, seed 3; ")
    comparison = plots.compared(compare(ensemble, other))
    assert any(told.replace("draws", "worlds") in axes.get_title(loc="left") for axes in comparison.axes)
    plt.close("all")


def test_without_a_record_all_draws_are_effective(here: Path) -> None:
    plain = simulate(read_scenario(here / "s.toml").with_({"record": None}), 500, 3)
    assert plain.n_effective == 500
    assert set(plain.weights) == {1 / 500}
    assert "500 draws, seed 3" in table(plain)
    assert "worth" not in table(plain)
    assert as_dict(plain)["known_to"] is None
