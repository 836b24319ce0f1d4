"""Other weights without simulating: the same numbers as a fresh run, where no event reads the index."""

from pathlib import Path

import numpy as np
import pytest

from simulator import Ensemble, Refused, read_scenario, simulate

N = 1_000
APPROXIMATE = "approximate, for warmth is read by crisis, which would have come at other times"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, toy: str) -> Path:
    path = tmp_path_factory.mktemp("worlds")
    (path / "toy.toml").write_text(toy, encoding="utf-8")
    quiet = toy.replace('when = "warmth < 60"\n', "").replace("unease]", "unease]\nrationale = 'x'")
    (path / "quiet.toml").write_text(quiet, encoding="utf-8")
    doubted = quiet.replace("weight = 2\n", "weight = { p10 = 1, p50 = 2, p90 = 4 }\n")
    (path / "doubted.toml").write_text(doubted, encoding="utf-8")
    return path


def run(folder: Path, name: str, *overrides: str, n_draws: int = N, n_kept: int = N) -> Ensemble:
    return simulate(read_scenario(folder / f"{name}.toml", overrides), n_draws, n_kept=n_kept)


def assert_the_same(one: Ensemble, other: Ensemble) -> None:
    """Kept levels are single precision: a draw may cross the edge of a bin, a band or a question."""
    assert one.n_draws == other.n_draws
    for name in one.plan.series:
        assert one.paths(name).to_numpy() == pytest.approx(other.paths(name).to_numpy(), rel=2e-6), name
    everything = one.plan.series
    assert one.mean(everything).to_numpy() == pytest.approx(other.mean(everything).to_numpy(), abs=1e-4)
    told, wanted = (ensemble.quantiles(everything).value.to_numpy() for ensemble in (one, other))
    assert told == pytest.approx(wanted, abs=0.0501)  # a bin
    assert np.mean(abs(told - wanted) > 1e-3) < 0.05
    few = 2 / one.n_draws
    assert one.bands().probability.to_numpy() == pytest.approx(other.bands().probability.to_numpy(), abs=few)
    assert one.questions().probability.to_numpy() == pytest.approx(other.questions().probability.to_numpy(), abs=few)
    assert one.events().equals(other.events())
    assert one.event_times().equals(other.event_times())
    for band in one.scenario.bands_of("warmth").names:
        reached, wanted = (ensemble.first_passage(band).probability.to_numpy() for ensemble in (one, other))
        assert reached == pytest.approx(wanted, abs=few), band


@pytest.mark.parametrize("weights", [{"trade": 3.0}, {"trade": 0.0}, {"trade": 0.5, "arms": 4}])
def test_reweighting_is_a_fresh_simulation_where_nothing_reads_the_index(folder: Path, weights: dict[str, float]) -> None:
    ensemble = run(folder, "quiet")
    fresh = run(folder, "quiet", *(f"factors.{name}.weight={weight}" for name, weight in weights.items()))
    reweighted = ensemble.reweight(weights)
    assert_the_same(reweighted, fresh)
    assert reweighted.scenario.factors == fresh.scenario.factors
    assert reweighted.seed == fresh.seed
    # and the weights matter: the same assertions fail without them
    assert abs(reweighted.mean("warmth")["mean"] - ensemble.mean("warmth")["mean"]).max() > 0.5


def test_the_start_is_the_weighted_mean_of_the_levels(folder: Path) -> None:
    # levels 40 and 30, weights 3 and 2
    assert run(folder, "quiet").reweight({"trade": 3.0}).mean("warmth")["mean"].iloc[0] == pytest.approx(180 / 5, abs=1e-5)


def test_where_an_event_reads_the_index_reweighting_is_not_a_simulation(folder: Path) -> None:
    changed = ["events.crisis.when='warmth < 36'"]
    reweighted = run(folder, "toy", *changed).reweight({"trade": 5.0})
    fresh = run(folder, "toy", *changed, "factors.trade.weight=5")
    assert abs(reweighted.events().probability["crisis"] - fresh.events().probability["crisis"]) > 0.05


def test_the_note_names_the_events_that_read_the_index(folder: Path) -> None:
    note = run(folder, "toy", n_draws=50, n_kept=50).reweight({"trade": 3}).note
    assert note == f"reweighted without simulation; {APPROXIMATE}"
    assert run(folder, "quiet", n_draws=50, n_kept=50).reweight({"trade": 3}).note == "reweighted without simulation"
    both = run(folder, "toy", "events.summit.when='warmth > 10 and trade > 20'", n_draws=50, n_kept=50)
    assert "warmth is read by summit, crisis, which" in both.reweight({"trade": 3}).note
    assert both.note == ""
    assert APPROXIMATE in repr(run(folder, "toy", n_draws=50, n_kept=50).reweight({"trade": 3}))


def test_only_readers_of_the_index_that_changes_are_named(folder: Path) -> None:
    ensemble = run(folder, "toy", n_draws=50, n_kept=50)
    assert ensemble.reweight({"trade": -2}, "unease").note == "reweighted without simulation"


def test_other_indices_may_be_reweighted_and_have_negative_weights(folder: Path) -> None:
    ensemble = run(folder, "quiet")
    reweighted = ensemble.reweight({"trade": -4.0}, "unease")
    assert_the_same(reweighted, run(folder, "quiet", "indices.unease.weights.trade=-4"))
    # 50 + (-4 * (40 - 50) + 0.5 * (30 - 50)) / 4.5
    assert reweighted.mean("unease")["mean"].iloc[0] == pytest.approx(50 + 30 / 4.5, abs=1e-5)
    assert reweighted.mean("warmth")["mean"].to_numpy() == pytest.approx(
        ensemble.mean("warmth")["mean"].to_numpy(), abs=1e-5
    )


@pytest.mark.parametrize(
    ("weights", "index", "told"),
    [
        ({"trad": 1.0}, "warmth", r"warmth has no weight for 'trad' \(did you mean 'trade'\?\)"),
        ({"warmth": 1.0}, "warmth", "warmth has no weight for 'warmth'"),
        ({"trade": -1.0}, "warmth", "the weight of trade must be within 0 to .*; found -1"),
        ({"trade": float("nan")}, "warmth", "the weight of trade must be within 0 to .*; found nan"),
        ({"trade": float("inf")}, "warmth", "the weight of trade must be within 0 to .*; found inf"),
        ({"trade": 0.0, "arms": 0.0}, "warmth", "warmth: all its weights would be zero"),
        ({"trade": 0.0, "arms": 0.0}, "unease", "unease: all its weights would be zero"),
        ({"trade": 1.0}, "uneas", r"no index is called 'uneas' \(did you mean 'unease'\?\)"),
    ],
)
def test_weights_that_cannot_be_are_refused(folder: Path, weights: dict[str, float], index: str, told: str) -> None:
    with pytest.raises(Refused, match=told):
        run(folder, "quiet", n_draws=20, n_kept=20).reweight(weights, index)


def test_uncertain_weights_of_the_other_factors_keep_their_draws(folder: Path) -> None:
    ensemble = run(folder, "doubted")
    reweighted = ensemble.reweight({"trade": 3.0})
    assert_the_same(reweighted, run(folder, "doubted", "factors.trade.weight=3"))
    for key in ("factors.arms.weight", "factors.arms.target"):
        assert reweighted.draws()[key].equals(ensemble.draws()[key])


def test_an_uncertain_weight_becomes_certain_and_is_no_input_any_more(folder: Path) -> None:
    ensemble = run(folder, "doubted")
    reweighted = ensemble.reweight({"arms": 3.0})
    assert_the_same(reweighted, run(folder, "doubted", "factors.arms.weight=3"))
    assert set(ensemble.draws().columns) - set(reweighted.draws().columns) == {"factors.arms.weight"}
    assert reweighted.draws()["factors.arms.target"].equals(ensemble.draws()["factors.arms.target"])


def test_the_same_weight_changes_nothing(folder: Path) -> None:
    ensemble = run(folder, "toy")
    assert_the_same(ensemble.reweight({"trade": 1.0}), ensemble)
    assert_the_same(ensemble.reweight({}), ensemble)
    assert_the_same(ensemble.reweight({"trade": 7.0}).reweight({"trade": 1.0}), ensemble)


def test_bounds_are_carried(folder: Path) -> None:
    low = ("factors.arms.level=1", "factors.arms.target=1")
    ensemble = run(folder, "quiet", *low)
    assert ensemble.bounds().level["arms"] > 0.05
    assert ensemble.reweight({"trade": 3.0}).bounds().equals(ensemble.bounds())
    # of fewer draws, in proportion
    part = run(folder, "quiet", *low, n_kept=400)
    carried = part.reweight({"trade": 3.0})
    assert carried.n_draws == carried.n_kept == 400
    assert carried.bounds().to_numpy() == pytest.approx(part.bounds().to_numpy(), abs=1 / (400 * 12))


def test_the_ensemble_it_came_from_is_as_it_was(folder: Path) -> None:
    ensemble = run(folder, "quiet", n_draws=100, n_kept=100)
    before = ensemble.quantiles().copy()
    reweighted = ensemble.reweight({"trade": 9.0})
    assert ensemble.quantiles().equals(before)
    assert ensemble.scenario.factors["trade"].weight == 1
    assert not np.shares_memory(reweighted.tally.kept.values, ensemble.tally.kept.values)
