"""What each event does: the same worlds with it and without it."""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd

from simulator.arrays import Floats
from simulator.ensemble.ensemble import Ensemble
from simulator.ensemble.simulation import simulate
from simulator.scenario.schema import Scenario, Table

# Draws of each pair; paired, so the error of a mean is a few hundredths of a point.
N_DRAWS = 2_000


def event_effects(ensemble: Ensemble, n_draws: int = N_DRAWS) -> pd.DataFrame:
    """Return by how much each event moves mean warmth at the horizon: the same worlds with it less those without it.

    Parameters
    ----------
    ensemble : Ensemble
        From `simulate` or `read_run`; its scenario and random seed are used.
    n_draws : int
        Draws of each pair.

    Returns
    -------
    DataFrame
        By event that may happen, the largest effect first: `probability`, `effect` in points over all worlds, everything
        that follows from the event included, and its paired `std_error`.

    Examples
    --------
    >>> from simulator import event_effects, read_scenario, simulate
    >>> table = event_effects(simulate(read_scenario("baseline"), 500), n_draws=200)
    >>> bool(table.loc["lasting_break", "effect"] < 0)
    True
    """
    here = final_warmth(ensemble.scenario, n_draws, ensemble.seed)
    names = [event.name for event in ensemble.plan.events if event.first <= event.last]

    def without(name: str) -> Floats:
        return final_warmth(switched_off(ensemble.scenario, name), n_draws, ensemble.seed)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        others = list(pool.map(without, names))
    probability = ensemble.events()["probability"]
    rows = {}
    for name, other in zip(names, others, strict=True):
        apart = here - other
        error = apart.std(ddof=1) / np.sqrt(n_draws) if n_draws > 1 else np.nan
        rows[name] = {"probability": probability[name], "effect": apart.mean(), "std_error": error}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["probability", "effect", "std_error"]).rename_axis("event")
    return table.iloc[np.argsort(-table["effect"].abs().to_numpy(), kind="stable")]


def switched_off(scenario: Scenario, event: str) -> Scenario:
    """Return a scenario in which one event never happens."""
    off = scenario.events[event].model_copy(update={"enabled": False})
    return scenario.model_copy(update={"events": Table({**scenario.events, event: off})})


def final_warmth(scenario: Scenario, n_draws: int, seed: int | None = None) -> Floats:
    """Return warmth at the horizon, by draw."""
    paths = simulate(scenario, n_draws, seed, n_kept=n_draws).paths("warmth")
    return np.asarray(paths.to_numpy(dtype=np.float64)[-1])
