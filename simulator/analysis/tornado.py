"""A tornado: how far an index is apart between low and high values of each input, and without and with each event."""

import numpy as np
import pandas as pd

from simulator.analysis.variance import CHANCE, JUDGEMENT
from simulator.arrays import Booleans, Floats
from simulator.engine.evidence import effective, over_mean
from simulator.engine.plan import Plan
from simulator.engine.sampling import uncertain
from simulator.ensemble.ensemble import Ensemble
from simulator.ensemble.estimates import of_draws, quantiles_of_draws
from simulator.ensemble.simulation import require_ensemble
from simulator.ensemble.tables import wanted
from simulator.scenario.calendar import When
from simulator.scenario.numbers import Key

# Draws that each side of a tornado's bar must have: a mean of fewer tells little.
LEAST_GROUP = 30


def tornado(ensemble: Ensemble, index: str = "warmth", month: When | None = None) -> pd.DataFrame:
    """Return how far an index is apart between low and high values of each input, and without and with each event.

    Parameters
    ----------
    ensemble : Ensemble
        From `simulate` or `read_run`; its kept draws are used.
    index : str
        An index or a factor.
    month : int, date or str, optional
        A month or a day. Default: the horizon.

    Returns
    -------
    DataFrame
        By kind ("judgement" for an input, "chance" for an event) and dotted key, the widest first: `label`; `low` and
        `high`, the mean of the index in the lowest and the highest fifth of the input, or without and with the event; their
        errors; `swing`, high less low, with `std_error`; and `n_low`, `n_high`, effective draws. Events that happened, or
        did not, in fewer than 30 draws are left out, and so are weights that the index does not have. With a record events
        are those after the day that is known.

    Notes
    -----
    What goes together need not be cause: an event that waits for a warm relationship is found in warm draws.

    Examples
    --------
    >>> from simulator import read_scenario, simulate
    >>> table = tornado(simulate(read_scenario("baseline"), 1_000))
    >>> bool((table.swing.abs().diff().dropna() <= 0).all())
    True
    """
    require_ensemble(ensemble, "tornado()")
    at = ensemble.month_of(month)
    draws, [index] = ensemble.draws(at), wanted(index, ensemble.plan.series, (), "factor or index")
    values = draws[index].to_numpy(dtype=np.float64)
    ratios, rows, fired = ensemble.tally.kept.ratios, {}, _fired(ensemble, at)
    for key in map(str, _inputs_of(ensemble.plan, index)):
        low, high = quantiles_of_draws(draws[key].to_numpy(), [0.2, 0.8], ratios)
        if not low < high:  # few values: the least and the greatest
            low, high = draws[key].min(), draws[key].max()
        rows[JUDGEMENT, key] = _apart(values, ratios, (draws[key] <= low).to_numpy(), (draws[key] >= high).to_numpy())
    for event in ensemble.plan.events:
        happened = fired[event.name]
        rows[CHANCE, f"events.{event.name}"] = _apart(values, ratios, ~happened, happened)
    index_of = pd.MultiIndex.from_tuples(list(rows), names=["kind", "key"])
    columns = ["low", "low_std_error", "high", "high_std_error", "swing", "std_error", "n_low", "n_high"]
    table = pd.DataFrame(list(rows.values()), index=index_of, columns=columns).dropna()
    table.insert(0, "label", [ensemble.scenario.words_of(key) for _, key in table.index])
    table = table[table[["n_low", "n_high"]].min(axis=1) >= min(LEAST_GROUP, ensemble.tally.kept.n_effective // 5)]
    return table.iloc[np.argsort(-table["swing"].abs().to_numpy(), kind="stable")]


def _inputs_of(plan: Plan, index: str) -> list[Key]:
    """Return the uncertain numbers that can bear on an index: not the weights of others that no event reads."""
    read = {index, *(name for event in plan.events if event.when is not None for name in event.when.names)}

    def bears(key: Key) -> bool:
        if key.number == "index_weight":
            return key.entry in read
        return key.number != "weight" or "warmth" in read

    return [key for key in uncertain(plan) if bears(key)]


def _apart(values: Floats, ratios: Floats, low: Booleans, high: Booleans) -> tuple[float, ...]:
    """Return means and errors of two groups of draws; not numbers where one has less than two."""
    sizes = [effective(ratios[group]) for group in (low, high)]
    if min(sizes) < 2:
        return (*[float("nan")] * 6, *sizes)
    (mean, error, _), (other, other_error, _) = (
        of_draws(values[group], over_mean(ratios[group]), most=100.0) for group in (low, high)
    )
    swing, both = float(other - mean), float(np.hypot(error, other_error))
    return float(mean), float(error), float(other), float(other_error), swing, both, *sizes


def telling_events(ensemble: Ensemble, index: str = "warmth", month: When | None = None) -> list[str]:
    """Return events by how much of the spread of an index goes with them, the most first.

    Parameters
    ----------
    ensemble : Ensemble
        From `simulate` or `read_run`; its kept draws are used.
    index : str
        An index or a factor.
    month : int, date or str, optional
        A month or a day. Default: the horizon.

    Notes
    -----
    By the between-group standard deviation of the index's mean without and with the event, with a record after the day that
    is known. Events that happened, or did not, in too few draws to tell come last, in the order of the file.

    Examples
    --------
    >>> from simulator import read_scenario, simulate
    >>> telling_events(simulate(read_scenario("baseline"), 1_000))[0]
    'lasting_break'
    """
    at, kept, [index] = ensemble.month_of(month), ensemble.tally.kept, wanted(index, ensemble.plan.series, (), "index")
    values = kept.values[at, ensemble.plan.series.index(index)].astype(np.float64)
    spread = {name: _between(values, kept.ratios, happened) for name, happened in _fired(ensemble, at).items()}
    return sorted(spread, key=lambda name: -spread[name])


def _fired(ensemble: Ensemble, at: int) -> dict[str, Booleans]:
    """Return in which kept draws each event happens up to the end of a month; with a record, after what is known."""
    first = ensemble.plan.known + 1 if ensemble.is_conditioned else 0
    happened = np.asarray(ensemble.tally.kept.fired[first : at + 1].any(axis=0))
    return dict(zip((event.name for event in ensemble.plan.events), happened, strict=True))


def _between(values: Floats, ratios: Floats, happened: Booleans) -> float:
    """Return the standard deviation of a two-group mean; 0 where a group is too small to tell."""
    share = float((ratios * happened).mean())
    if min(effective(ratios[happened]), effective(ratios[~happened])) < LEAST_GROUP:
        return 0.0
    means = [float((values[group] * over_mean(ratios[group])).mean()) for group in (happened, ~happened)]
    return abs(means[0] - means[1]) * float(np.sqrt(share * (1 - share)))
