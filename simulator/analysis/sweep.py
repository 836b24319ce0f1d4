"""Many runs as one table: scenarios, each with keys set to one value after another, in the same draws of chance."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any

import pandas as pd

from simulator.ensemble.ensemble import Ensemble
from simulator.ensemble.simulation import require_scenario, simulate
from simulator.ensemble.tables import at_month
from simulator.errors import Refused
from simulator.scenario.calendar import When
from simulator.scenario.schema import Scenario

Settings = Mapping[str, Sequence[Any]] | Iterable[Mapping[str, Any]]

QUANTILES = (0.1, 0.5, 0.9)


def sweep(
    scenarios: Scenario | Iterable[Scenario],
    settings: Settings,
    n_draws: int | None = None,
    seed: int | None = None,
    *,
    index: str = "warmth",
    month: When | None = None,
    given: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """Return what an index and the questions come to in each scenario at each setting, a row for each run.

    Parameters
    ----------
    scenarios : Scenario or iterable of Scenario
        From `read_scenario`.
    settings : mapping or iterable of mapping
        A mapping of dotted keys to values is a grid: every combination is run. An iterable of mappings is run one by one,
        each as `Scenario.with_` takes it; a key that one does not set is empty there.
    n_draws, seed : int, optional
        Of each run. Default: the scenario's. With one seed all runs of a scenario are the same draws of chance.
    index : str
        An index or a factor.
    month : int, date or str, optional
        A month or a day. Default: the horizon of each.
    given : str, optional
        Only the draws in which a condition holds; see `Ensemble.given`.
    progress : callable, optional
        Called with the runs done and the runs to do.

    Returns
    -------
    DataFrame
        `scenario`, a column for each key, `date`, `n_draws` that the row rests on and `n_effective`, what they are worth;
        `mean`, `q10`, `q50` and `q90` of the index, each with its standard error (`mean_std_error` and so on), and for each
        question `question.NAME` and `question.NAME_std_error`, the probability of yes.

    Raises
    ------
    InvalidFile
        A key is unknown or a value breaks a rule; nothing is run.
    Refused
        There is no setting, or as in `simulate`.

    Examples
    --------
    >>> from simulator import read_scenario
    >>> grid = {"factors.nato.weight": [1, 2], "events.lasting_break.enabled": [True, False]}
    >>> table = sweep(read_scenario("baseline"), grid, n_draws=500)
    >>> len(table), list(table.columns[:4])
    (4, ['scenario', 'factors.nato.weight', 'events.lasting_break.enabled', 'date'])
    """
    each = [scenarios] if isinstance(scenarios, Scenario | str) else list(scenarios)
    for scenario in each:
        require_scenario(scenario, "sweep()")
    changes = list(_settings(settings))
    if not each or not changes:
        raise Refused("sweep() needs a scenario and a setting")
    keys = list(dict.fromkeys(key for one in changes for key in one))
    runs = [(scenario, one, scenario.with_(one)) for scenario in each for one in changes]  # all problems before any run
    rows = []
    for done, (scenario, one, changed) in enumerate(runs, start=1):
        row = {"scenario": scenario.name, **{key: one.get(key) for key in keys}}
        rows.append(row | _row(_run(changed, n_draws, seed, given), index, month))
        if progress is not None:
            progress(done, len(runs))
    return pd.DataFrame(rows)


def _settings(settings: Settings) -> Iterator[Mapping[str, Any]]:
    if isinstance(settings, Mapping):
        for key, values in settings.items():
            if isinstance(values, str) or not isinstance(values, Iterable):
                raise Refused(f"sweep() takes a list of values of {key}; found {values!r}")
        for values in product(*settings.values()):
            yield dict(zip(settings, values, strict=True))
    else:
        yield from settings


def _run(scenario: Scenario, n_draws: int | None, seed: int | None, given: str | None) -> Ensemble:
    if given is None:
        return simulate(scenario, n_draws, seed, n_kept=0)
    n_kept = scenario.run.draws if n_draws is None else n_draws
    return simulate(scenario, n_draws, seed, n_kept=n_kept).given(given)


def _row(ensemble: Ensemble, index: str, month: When | None) -> dict[str, Any]:
    at = ensemble.month_of(month)
    mean = at_month(ensemble.mean(index), at).iloc[0]
    row = {"date": ensemble.dates[at], "n_draws": ensemble.n_draws, "n_effective": ensemble.n_effective}
    row |= {"mean": mean["mean"], "mean_std_error": mean.std_error}
    for p, told in zip(QUANTILES, at_month(ensemble.quantiles(index, QUANTILES), at).itertuples(), strict=True):
        row |= {f"q{100 * p:.0f}": told.value, f"q{100 * p:.0f}_std_error": told.std_error}
    for name, asked in ensemble.questions().iterrows():
        row |= {f"question.{name}": asked.probability, f"question.{name}_std_error": asked.std_error}
    return row
