"""The kept draws as an xarray Dataset: the same numbers as `paths`, with named axes."""

import sys

import numpy as np
import pytest

from simulator import Ensemble, Refused, read_scenario, simulate

N, KEPT = 300, 120


@pytest.fixture(scope="module")
def ensemble() -> Ensemble:
    return simulate(read_scenario("baseline"), N, seed=7, n_kept=KEPT)


def test_it_holds_the_paths_of_every_factor_and_index(ensemble: Ensemble) -> None:
    dataset = ensemble.to_xarray()
    assert list(dataset.data_vars) == [*ensemble.plan.series]
    assert set(dataset.data_vars) == {*ensemble.factors, *ensemble.indices}
    for name in dataset.data_vars:
        assert dataset[name].dims == ("month", "draw")
        assert (dataset[name].to_numpy() == ensemble.paths(name).to_numpy()).all(), name


def test_axes_are_months_and_draws_with_the_dates_beside(ensemble: Ensemble) -> None:
    dataset = ensemble.to_xarray()
    assert dict(dataset.sizes) == {"month": ensemble.horizon + 1, "draw": KEPT}
    assert dataset.month.to_numpy().tolist() == list(range(ensemble.horizon + 1))
    assert dataset.draw.to_numpy().tolist() == list(range(KEPT))
    assert (dataset.date.to_numpy() == ensemble.dates.to_numpy()).all()
    assert dataset.date.dims == ("month",)
    at = dataset.swap_dims(month="date").sel(date="2026-01-20").warmth
    assert np.asarray(at).tolist() == ensemble.paths("warmth").xs(12, level="month").iloc[0].tolist()


def test_it_says_where_it_comes_from(ensemble: Ensemble) -> None:
    about = {"scenario": "baseline", "title": "Baseline", "seed": 7, "n_draws": N, "unit": "points, 0 to 100"}
    assert ensemble.to_xarray().attrs == about


def test_the_dataset_cannot_change_the_ensemble(ensemble: Ensemble) -> None:
    with pytest.raises(ValueError, match="read-only"):
        ensemble.to_xarray().warmth.to_numpy()[:] = 0


def test_without_xarray_it_says_what_to_install(ensemble: Ensemble, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xarray", None)
    with pytest.raises(Refused, match=r"to_xarray\(\) needs the package xarray: pip install xarray"):
        ensemble.to_xarray()
