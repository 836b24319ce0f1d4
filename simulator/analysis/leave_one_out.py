"""How sensitive results are to one thing left out: an event switched off, an entry of a file as if it were not there."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from simulator.arrays import Floats
from simulator.engine.evidence import over_mean, whole
from simulator.engine.months import evidence_of, outcome, scale_of_weights
from simulator.engine.plan import Plan, make_plan
from simulator.engine.streams import BLOCK
from simulator.engine.worlds import Worlds
from simulator.ensemble.ensemble import Ensemble
from simulator.ensemble.estimates import of_draws
from simulator.ensemble.simulation import Progress, require_whole, told, workers
from simulator.errors import Refused
from simulator.files.read import read_layers, read_scenario
from simulator.review.show import basis, says, stated_numbers
from simulator.scenario.known import with_record
from simulator.scenario.schema import Scenario, Table

# A relationship has no horizon of its own; four years is a term of office.
HORIZON = 48

# Least supported first.
CONFIDENCE = ("none stated", "low", "medium", "high")

# Draws of each pair; paired, so the error of a mean is a few hundredths of a point.
N_DRAWS = 2_000


def event_effects(ensemble: Ensemble, n_draws: int | None = None, progress: Progress | None = None) -> pd.DataFrame:
    """Return by how much each event moves mean warmth at the horizon: the same worlds with it less those without it.

    Parameters
    ----------
    ensemble : Ensemble
        From `simulate` or `read_run`; its scenario and random seed are used.
    n_draws : int, optional
        Draws of each pair. Default: 2,000, or those of the ensemble if it has fewer.
    progress : callable, optional
        Called with the simulations done and those to be done in all.

    Returns
    -------
    DataFrame
        By event that may happen, the largest effect first: `probability`, `effect` in points over all worlds, everything
        that follows from the event included, and its paired `std_error`. With a record, of events from now on: what is
        known has happened in all worlds. The event alone is left out: what counts as it may still happen, and then it has
        happened.

    Examples
    --------
    >>> from simulator import event_effects, read_scenario, simulate
    >>> table = event_effects(simulate(read_scenario("baseline"), 500), n_draws=200)
    >>> bool(table.loc["lasting_break", "effect"] < 0)
    True
    """
    require_whole(ensemble, "event_effects()")
    if n_draws is not None and n_draws < 1:
        raise Refused(f"event_effects() needs 1 draw or more; found {n_draws}")
    plan, n_draws = ensemble.plan, min(N_DRAWS, ensemble.n_draws) if n_draws is None else n_draws
    places = [e for e, event in enumerate(plan.events) if max(event.first, plan.known + 1) <= event.last]
    ratios = _ratios(plan, n_draws, ensemble.seed)
    here, *others = _with_and_without(plan, ensemble.seed, n_draws, places, progress)
    probability = ensemble.events()["probability"]
    rows = {}
    for name, other in zip((plan.events[e].name for e in places), others, strict=True):
        effect, error, _ = of_draws(here - other, ratios, most=100.0)
        rows[name] = {"probability": probability[name], "effect": float(effect), "std_error": float(error)}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["probability", "effect", "std_error"]).rename_axis("event")
    return table.iloc[np.argsort(-table["effect"].abs().to_numpy(), kind="stable")]


def _with_and_without(plan: Plan, seed: int, n_draws: int, events: Sequence[int], progress: Progress | None) -> list[Floats]:
    """Return warmth at the horizon, by draw: as it is, and without each of some events."""
    found, blocks = [], range(-(-n_draws // BLOCK))
    with workers() as pool:
        for block in blocks:
            n = min(BLOCK, n_draws - block * BLOCK)
            worlds = Worlds(plan, seed, block, n, plan.series.index("warmth"), plan.n_steps)
            others = worlds.values(map(worlds.without, events), pool)
            found.append([worlds.value, *told(others, progress, len(blocks) * len(events), block * len(events))])
    return [np.concatenate(parts) for parts in zip(*found, strict=True)]


def _ratios(plan: Plan, n_draws: int, seed: int) -> Floats:
    """Return the draws' weights over their mean."""
    if not plan.observations:
        return np.ones(n_draws)
    blocks = range(-(-n_draws // BLOCK))
    found = [evidence_of(plan, seed, block, min(BLOCK, n_draws - block * BLOCK)).total for block in blocks]
    return over_mean(whole(np.concatenate(found), scale_of_weights(plan, seed)))


def switched_off(scenario: Scenario, event: str) -> Scenario:
    """Return a scenario in which one event never happens."""
    off = scenario.events[event].model_copy(update={"enabled": False})
    return scenario.model_copy(update={"events": Table({**scenario.events, event: off})})


def final_warmth(plan: Plan, n_draws: int, seed: int) -> Floats:
    """Return warmth at the horizon, by draw."""
    return outcome(plan, seed, n_draws, plan.series.index("warmth"), plan.n_steps)


def assumptions(source: str | Path, n_draws: int = N_DRAWS, progress: Progress | None = None) -> pd.DataFrame:
    """Return every entry of a file that states numbers, by how far it moves warmth and what supports it.

    Parameters
    ----------
    source : str or Path
        A relationship or a scenario: a file, or the bare name of a scenario that ships.
    n_draws : int
        Draws of each simulation; there is one for each entry.
    progress : callable, optional
        Called with the entries done and those to be done in all.

    Returns
    -------
    DataFrame
        By entry (a dotted key), least supported first and among equals the one that moves most: `confidence` and `basis`
        ("assumption", "partly" sourced, or "source"), `moves` in points, the root mean square difference of warmth at the
        horizon, draw by draw, between the file as it is and the file without the entry, with its `std_error`; `mean`, the
        mean difference; and what it `says`. Without the entry means: an event switched off, a link removed, a factor
        without weight, an index without the events whose condition reads it; and where a scenario changes what its
        relationship says, as the relationship has it. Entries that do not bear on warmth, such as an index that only
        questions read, move it by 0.

    Examples
    --------
    >>> table = assumptions("baseline", n_draws=200)
    >>> list(table.columns), len(table)       # the baseline states no numbers of its own
    (['confidence', 'basis', 'moves', 'std_error', 'mean', 'says'], 0)
    """
    reading = read_layers(source)
    # what files assume, whatever happened since: a record is left out
    parent = read_scenario(reading.layers[-2].where) if len(reading.layers) > 1 else None
    scenario = with_record(_with_horizon(reading.scenario), None)
    here = final_warmth(make_plan(scenario), n_draws, scenario.run.seed)
    rows = []
    entries = list(stated_numbers(reading.layers[-1]))
    for table, name, stated in entries:
        entry = getattr(scenario, table)[name]
        notes = (entry.notes if table in ("spillovers", "correlations") else entry) or entry
        changed = _without(scenario, parent, table, name)
        difference = here - final_warmth(make_plan(changed), n_draws, scenario.run.seed)
        squares = difference**2
        moves = float(np.sqrt(squares.mean()))
        rows.append(
            {
                "entry": f"{table}.{name}",
                "confidence": getattr(notes, "confidence", None) or "none stated",
                "basis": basis(getattr(notes, "source", None)),
                "moves": moves,
                # of the root of a mean, by its derivative
                "std_error": float(squares.std() / np.sqrt(n_draws) / (2 * moves)) if moves else 0.0,
                "mean": float(difference.mean()),
                "says": says(stated, entry),
            }
        )
        if progress is not None:
            progress(len(rows), len(entries))
    columns = ["entry", "confidence", "basis", "moves", "std_error", "mean", "says"]
    found = pd.DataFrame(rows, columns=columns).set_index("entry")
    doubt = found["confidence"].map({word: place for place, word in enumerate(CONFIDENCE)}).fillna(-1)
    return (
        found.assign(doubt=doubt)
        .sort_values(["doubt", "moves"], ascending=[True, False], kind="stable")
        .drop(columns="doubt")
    )


def _with_horizon(scenario: Scenario) -> Scenario:
    return scenario if scenario.months else scenario.model_copy(update={"months": HORIZON})


def _without(scenario: Scenario, parent: Scenario | None, table: str, name: str) -> Scenario:
    """Return a scenario without what one entry changes."""
    entries = dict(getattr(scenario, table))
    before = getattr(parent, table) if parent is not None else {}
    if name in before:
        entries[name] = before[name]
    elif table == "events":
        return switched_off(scenario, name)
    elif table == "indices":
        return _unread(scenario, name)
    elif table == "factors":
        entries[name] = entries[name].model_copy(update={"weight": 0.0})
    else:
        del entries[name]
    return scenario.model_copy(update={table: type(getattr(scenario, table))(entries)})


def _unread(scenario: Scenario, index: str) -> Scenario:
    """Return a scenario without the events whose condition reads an index: all that an index has to do with warmth."""
    for event in make_plan(scenario).events:
        if event.when is not None and index in event.when.names:
            scenario = switched_off(scenario, event.name)
    return scenario
