"""Draws in which a condition holds: picked by hand from the kept draws, and counted as they are."""

from pathlib import Path

import numpy as np
import pytest

from simulator import Comparison, Ensemble, Refused, compare, drivers, explain, read_scenario, save_run, simulate

N = 1_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, toy: str) -> Path:
    path = tmp_path_factory.mktemp("given")
    (path / "toy.toml").write_text(toy, encoding="utf-8")
    (path / "later.toml").write_text(toy.replace("probability = 0.5", "probability = 0.9"), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def whole(folder: Path) -> Ensemble:
    return simulate(read_scenario(folder / "toy.toml"), N, n_kept=N)


def happened(ensemble: Ensemble, event: str, month: int) -> np.ndarray:
    return (ensemble.draws()[f"first.{event}"] <= month).to_numpy()


def test_an_event_by_a_day_picks_the_draws_in_which_it_has_happened(whole: Ensemble) -> None:
    met = happened(whole, "summit", 5)  # on 15 June: in the month that ends on 20 June
    given = whole.given("summit by 2025-06-20")
    assert given.n_draws == given.n_kept == met.sum()
    assert given.note == f"given summit by 2025-06-20: {met.sum()} of 1,000 draws"
    assert np.array_equal(given.paths("trade").to_numpy(), whole.paths("trade").to_numpy()[:, met])
    wanted = whole.paths("warmth").to_numpy(dtype=np.float64)[:, met].mean(axis=1)
    assert given.mean("warmth")["mean"].to_numpy() == pytest.approx(wanted, abs=1e-5)
    assert given.events().probability["summit"] == 1
    assert given.events().probability["crisis"] == pytest.approx(happened(whole, "crisis", 12)[met].mean())


def test_a_level_on_a_day_is_read_on_that_day_and_by_it_at_any_time_before(whole: Ensemble) -> None:
    paths = whole.paths("warmth").to_numpy()
    for word in ("on", "at"):
        assert whole.given(f"warmth >= 33 {word} 2025-07-20").n_draws == (paths[6] >= 33).sum()
    assert whole.given("warmth < 32 by 2025-07-20").n_draws == (paths[:7] < 32).any(axis=0).sum()
    assert whole.given("warmth >= 33").n_draws == (paths[12] >= 33).sum()


def test_the_errors_are_those_of_the_draws_that_are_left(whole: Ensemble) -> None:
    given = whole.given("summit")
    sd = given.paths("warmth").iloc[-1].to_numpy(dtype=np.float64).std(ddof=1)
    assert given.mean("warmth").std_error.iloc[-1] == pytest.approx(sd / np.sqrt(given.n_draws), rel=1e-4)


def test_all_draws_are_the_run_itself(whole: Ensemble) -> None:
    given = whole.given("warmth >= 0")
    assert given.n_draws == N
    assert given.questions().probability.to_numpy() == pytest.approx(whole.questions().probability.to_numpy(), abs=2 / N)
    assert given.bands().probability.to_numpy() == pytest.approx(whole.bands().probability.to_numpy(), abs=2 / N)


def test_a_heading_says_what_is_given(whole: Ensemble) -> None:
    assert whole.given("summit").heading == "Toy, given summit"
    assert "given summit: " in repr(whole.given("summit"))


def test_too_few_draws_are_refused_with_the_number_that_would_do(whole: Ensemble) -> None:
    with pytest.raises(
        Refused, match=r"given 'warmth >= 40' leaves \d+ of 1,000 draws; at least 400 .*; about [\d,]+ draws"
    ):
        whole.given("warmth >= 40")
    with pytest.raises(Refused, match=r"leaves 0 of 1,000 draws; at least 400 are needed to tell anything$"):
        whole.given("warmth > 99")


def test_what_cannot_be_read_is_refused(whole: Ensemble) -> None:
    for text, rule in (
        ("sumit", r"unknown name 'sumit' \(did you mean 'summit'\?\)"),
        ("summit by 2031-01-01", "month must be within 0 to 12, or a day from 2025-01-20 to 2026-01-20"),
        ("summit by 2025-13-01", "2025-13-01"),
    ):
        with pytest.raises(Refused, match=rule):
            whole.given(text)
    with pytest.raises(Refused, match="already the draws given 'summit'"):
        whole.given("summit").given("crisis")


def test_what_needs_all_draws_refuses_some_of_them(whole: Ensemble, tmp_path: Path) -> None:
    given = whole.given("summit")
    for ask in (lambda: explain(given), lambda: save_run(given, tmp_path), lambda: drivers(given, n_draws=50)):
        with pytest.raises(Refused, match=r"needs all draws of a run; this ensemble has those given 'summit'"):
            ask()
    assert list(tmp_path.iterdir()) == []
    # draw by draw they would be different worlds
    for pair in ((given, given), (whole, given), (given, whole.given("warmth >= 33"))):
        with pytest.raises(Refused, match=r"compare\(\) needs all draws .*; compare first, then ask comparison\.given"):
            compare(*pair)


def test_other_weights_keep_in_mind_under_which_the_condition_held(whole: Ensemble) -> None:
    other = whole.given("warmth >= 33").reweight({"trade": 5.0})
    assert other.heading == "Toy, with factors.trade.weight = 5, given warmth >= 33 under the former weights"
    assert other.note.startswith("given warmth >= 33: ")


def test_two_scenarios_are_compared_in_the_worlds_in_which_it_holds_in_both(folder: Path, whole: Ensemble) -> None:
    later = simulate(read_scenario(folder / "later.toml"), N, n_kept=N)
    both = happened(whole, "summit", 12) & happened(later, "summit", 12)
    assert both.sum() < happened(later, "summit", 12).sum()
    given = compare(whole, later).given("summit")
    assert isinstance(given, Comparison)
    assert given.n_draws == both.sum()
    apart = compare(whole, later).apart("warmth").to_numpy()[:, both]
    assert given.difference("warmth")["mean"].to_numpy() == pytest.approx(apart.mean(axis=1), abs=1e-6)


def test_with_weights_the_draws_keep_them(toy: str, tmp_path: Path) -> None:
    from worlds import KNOWING, RECORD

    for name, text in (
        ("seeds/toy.toml", toy.replace("months = 12\n", "")),
        ("seeds/records/r.toml", RECORD),
        ("k.toml", KNOWING),
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    ensemble = simulate(read_scenario(tmp_path / "k.toml"), 4_000, n_kept=4_000)
    assert ensemble.is_conditioned
    met = ensemble.paths("trade").iloc[-1].to_numpy() >= 40
    weights = ensemble.weights.to_numpy()[met]
    wanted = (ensemble.paths("warmth").iloc[-1].to_numpy(dtype=np.float64)[met] * weights).sum() / weights.sum()
    given = ensemble.given("trade >= 40")
    assert given.mean("warmth")["mean"].iloc[-1] == pytest.approx(wanted, abs=1e-5)
    assert given.n_effective == pytest.approx(weights.sum() ** 2 / (weights**2).sum(), rel=1e-6)


def test_the_ends_of_the_scale_are_counted_in_proportion(whole: Ensemble) -> None:
    given = whole.given("summit")
    counts = given.tally.counts.bounds
    wanted = whole.tally.counts.bounds * (given.n_draws / whole.n_draws)
    assert abs(counts - wanted).max() <= 0.5


def test_enough_draws_are_enough(folder: Path, whole: Ensemble) -> None:
    with pytest.raises(Refused) as error:
        whole.given("warmth >= 36 and summit")
    n = int(str(error.value).partition("about ")[2].partition(" draws")[0].replace(",", ""))
    more = simulate(read_scenario(folder / "toy.toml"), n, n_kept=n)
    assert 400 <= more.given("warmth >= 36 and summit").n_draws < 1_000
