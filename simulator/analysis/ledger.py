"""The ledger: why an index moved, as a sum over sources that closes (docs/model.md, The ledger)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd

from simulator.analysis.comparison import Largest, compare
from simulator.analysis.replay import KINDS, attribute
from simulator.arrays import Floats, Integers
from simulator.engine.evidence import effective, over_mean
from simulator.ensemble.ensemble import Ensemble
from simulator.ensemble.estimates import of_draws, quantiles_of_draws
from simulator.ensemble.simulation import Progress, one_of, require_whole
from simulator.ensemble.tables import wanted
from simulator.errors import Refused
from simulator.scenario.calendar import When
from simulator.scenario.schema import Scenario, digest

# Of a difference only: two scenarios may begin at different levels, or weigh them differently.
START = "start"
# Jumps and shifts of one event together.
EVENT = "event"

# Its rows are told by factor.
TO_TARGET = "way to target"

# Points by which a replay may differ from the kept paths, which are stored in 32 bits.
REPLAYED = 1e-4


@dataclass(frozen=True, repr=False, eq=False)
class Ledger:
    """The change of an index from the start to the end of a month, by source and factor, in every draw.

    Attributes
    ----------
    index : str
        Which index.
    rows : tuple of (kind, name, factor)
        The sources: `kind` is one of "start", "way to target", "jump", "shift", "spillover", "innovations" and "bounds";
        `name` the event that acts, or the factor that spills over.
    points : (n_rows, n_draws) ndarray
        What each has added, points of the index.
    standing : mapping
        What each factor adds at the start to the index's departure from 50, (n_draws,) points; none in a difference.
    before, after : (n_draws,) ndarray
        The index at the start and at the end of the month; in a difference, that of the base and that of the other.
    scenarios : tuple of Scenario
        Whose it is: one, or the other and the base of a difference. They hold the labels of the sources.
    day : date
        The day on which the month ends.
    seed : int
        The random seed.
    ratios : (n_draws,) ndarray
        The draws' weights over their mean; all 1 without a record.
    times : tuple of mapping
        For each of `scenarios`, by event: how often it happens in each draw up to that day, (n_draws,).
    largest : Largest, optional
        Of a difference: the month at whose end its mean is farthest from 0.
    """

    index: str
    rows: tuple[tuple[str, str, str], ...]
    points: Floats
    standing: Mapping[str, Floats]
    before: Floats
    after: Floats
    scenarios: tuple[Scenario, ...]
    day: date
    seed: int
    ratios: Floats
    times: tuple[Mapping[str, Integers], ...]
    largest: Largest | None = None

    @property
    def n_draws(self) -> int:
        """Number of draws."""
        return int(self.points.shape[1])

    @property
    def n_effective(self) -> float:
        """The effective number of draws; all without a record."""
        return effective(self.ratios)

    @cached_property
    def closes_to(self) -> float:
        """The largest difference, over draws, between the sum of all sources and the change, in points."""
        return float(np.abs(self.points.sum(axis=0) - (self.after - self.before)).max())

    @property
    def std_error(self) -> float:
        """Standard error of the mean change, points; not a number for a single draw."""
        return float(of_draws(self.after - self.before, self.ratios, most=100.0)[1])

    def ends(self, draw: int | None = None) -> tuple[float, float]:
        """Return the index at the start and at the end of the month: its means, or those of one draw.

        Examples
        --------
        >>> from simulator import explain, read_scenario, simulate
        >>> round(explain(simulate(read_scenario("baseline"), 500)).ends()[0])
        21
        """
        if draw is not None:
            return float(self.before[draw]), float(self.after[draw])
        return float((self.before * self.ratios).mean()), float((self.after * self.ratios).mean())

    def table(self, draw: int | None = None) -> pd.DataFrame:
        """Return what each source added through each factor, in points of the index.

        Parameters
        ----------
        draw : int, optional
            One draw. Default: the mean of all.

        Returns
        -------
        DataFrame
            By kind, name and factor: `points`, and `std_error` of a mean. They sum to the change.

        Examples
        --------
        >>> from simulator import explain, read_scenario, simulate
        >>> ledger = explain(simulate(read_scenario("baseline"), 500))
        >>> bool(abs(ledger.table().points.sum() - (ledger.after - ledger.before).mean()) < 1e-9)
        True
        """
        index = pd.MultiIndex.from_tuples(self.rows, names=["kind", "name", "factor"])
        return self._estimates(self.points, index, draw)

    def by_source(self, draw: int | None = None, *, together: bool = False) -> pd.DataFrame:
        """Return what each source added through all factors, the largest first.

        Parameters
        ----------
        draw : int, optional
            One draw. Default: the mean of all.
        together : bool
            Jumps and shifts of an event in one row, of the kind "event".

        Notes
        -----
        The way to the targets has a row for each factor, whose name it bears: each heads somewhere else.

        Examples
        --------
        >>> from simulator import explain, read_scenario, simulate
        >>> explain(simulate(read_scenario("baseline"), 500)).by_source().index.names
        FrozenList(['kind', 'name'])
        """
        keys = [
            (EVENT if together and kind in ("jump", "shift") else kind, factor if kind == TO_TARGET else name)
            for kind, name, factor in self.rows
        ]
        codes, found = pd.MultiIndex.from_tuples(keys).factorize()
        sums = np.zeros((len(found), self.n_draws))
        for code, points in zip(codes, self.points, strict=True):  # ufunc.at is slow on rows
            sums[code] += points
        table = self._estimates(sums, pd.MultiIndex.from_tuples(list(found), names=["kind", "name"]), draw)
        return table.iloc[np.argsort(-table["points"].abs().to_numpy(), kind="stable")]

    def wide(self, draw: int | None = None) -> pd.DataFrame:
        """Return the table with a column for each factor, and their sum.

        Parameters
        ----------
        draw : int, optional
            One draw. Default: the mean of all.

        Examples
        --------
        See `explain`.
        """
        table = self.table(draw)["points"].unstack("factor", fill_value=0.0, sort=False)
        return table.assign(sum=table.sum(axis=1))

    def nearest(self, probability: float) -> int:
        """Return the draw whose index at the end is nearest to a quantile: one that ended so, to ask why.

        Parameters
        ----------
        probability : float
            0 to 1; of a difference, the quantile of the difference.

        Examples
        --------
        See `explain`.
        """
        if not 0 <= probability <= 1:
            raise Refused(f"a quantile must be within 0 to 1; found {probability}")
        moved = self.after if self.standing else self.after - self.before
        return int(np.abs(moved - quantiles_of_draws(moved, probability, self.ratios)).argmin())

    def _estimates(self, points: Floats, index: pd.MultiIndex, draw: int | None) -> pd.DataFrame:
        if draw is not None:
            if not 0 <= draw < self.n_draws:
                raise Refused(f"draw must be within 0 to {self.n_draws - 1}; found {draw}")
            return pd.DataFrame({"points": points[:, draw]}, index=index)
        mean, error, _ = of_draws(points, self.ratios, most=100.0)
        if len({digest(scenario) for scenario in self.scenarios}) < len(self.scenarios):
            error[:] = 0.0  # a scenario against itself: no draw can differ
        return pd.DataFrame({"points": mean, "std_error": error}, index=index)

    def __repr__(self) -> str:
        return (
            f"Ledger({self.index} {self.ends()[0]:.2f} -> {self.ends()[1]:.2f}, {len(self.rows)} rows, "
            f"{self.n_draws:,} draws{_worth(self.n_draws, self.n_effective)}, closes to {self.closes_to:.0e})"
        )

    def _repr_html_(self) -> str:
        return f"<p>{self!r}</p>{self.by_source().round(2).to_html()}"


def _worth(n_draws: int, n_effective: float) -> str:
    return "" if n_effective == n_draws else f" worth {n_effective:,.0f}"


def explain(
    ensemble: Ensemble,
    against: Ensemble | None = None,
    index: str = "warmth",
    month: When | None = None,
    *,
    progress: Progress | None = None,
) -> Ledger:
    """Return why an index of an ensemble moved, or why it ends elsewhere than another's.

    Parameters
    ----------
    ensemble : Ensemble
        From `simulate` or `read_run`; its kept draws are explained.
    against : Ensemble, optional
        Of the same worlds; the ledger is then that of the difference.
    index : str
        An index or a factor.
    month : int, date or str, optional
        A month or a day. Default: the horizon, or the last month that both simulate.
    progress : callable, optional
        Called with the draws done and those to be done in all, over both ensembles.

    Returns
    -------
    Ledger
        Of a difference it also knows when that is largest.

    Notes
    -----
    The months are replayed from their named streams with every term kept apart; the sum closes to 1e-9 in each draw.

    Raises
    ------
    Refused
        The two are not the same worlds, or the draws are not those of the scenario: it was reweighted where that is only
        approximate.

    Examples
    --------
    >>> from simulator import explain, read_scenario, simulate
    >>> ensemble = simulate(read_scenario("baseline"), 500)
    >>> explain(ensemble).closes_to < 1e-9, bool((explain(ensemble, ensemble).points == 0).all())
    (True, True)
    """
    require_whole(ensemble, "explain()")
    if against is None:
        return _ledger(ensemble, ensemble.n_kept, index, ensemble.month_of(month), progress)
    both = compare(against, ensemble)
    at = both.month_of(month)
    both.require(index)
    other, base = (
        _ledger(one, both.n_draws, index, at, one_of(2, place, progress)) for place, one in enumerate((ensemble, against))
    )
    return replace(difference(other, base), largest=both.largest(index))


def _ledger(ensemble: Ensemble, n_draws: int, index: str, month: int, progress: Progress | None) -> Ledger:
    """Return the ledger of an ensemble's first draws."""
    require_whole(ensemble, "explain()")
    [index] = wanted(index, ensemble.plan.series, (), "index or factor")
    plan = ensemble.plan
    parts = attribute(plan, ensemble.seed, n_draws, month, progress)
    # a factor is an index of itself alone
    weights = dict(parts.weights[plan.indices.index(index)]) if index in plan.indices else {plan.factors.index(index): 1.0}
    standing = {plan.factors[k]: weight * (parts.start[k] - 50) for k, weight in weights.items()}
    of_index = [(row, entry) for row, entry in enumerate(parts.entries) if entry.factor in weights]
    added = np.stack([weights[entry.factor] * parts.parts[row] for row, entry in of_index])
    moved = sum((weight * parts.change[k] for k, weight in weights.items()), np.zeros(n_draws))
    before = 50 + sum(standing.values(), np.zeros(n_draws))
    kept = ensemble.tally.kept.values[month, plan.series.index(index), :n_draws]
    if n_draws and float(np.abs(before + moved - kept).max()) > REPLAYED:
        raise Refused(f"the ledger replays the scenario, and these draws are not its: {ensemble.note}")
    rows = tuple((entry.kind, entry.name, plan.factors[entry.factor]) for _, entry in of_index)
    day = ensemble.dates[month].date()
    ratios = over_mean(ensemble.tally.kept.weights[:n_draws])
    fired = ensemble.tally.kept.fired[1 : month + 1, :, :n_draws].sum(axis=0)
    times = {event.name: fired[e] for e, event in enumerate(plan.events)}
    who, ends = (ensemble.scenario,), (before, before + moved)
    return Ledger(index, rows, added, standing, *ends, who, day, ensemble.seed, ratios, (times,))


def difference(other: Ledger, base: Ledger) -> Ledger:
    """Return why one ledger's index ends elsewhere than another's, draw by draw in the same worlds.

    Parameters
    ----------
    other, base : Ledger
        Of one index and month, of scenarios with the same worlds.
    """
    apart: dict[tuple[str, str, str], Floats] = {}
    for sign, one in ((1.0, other), (-1.0, base)):
        for factor, standing in one.standing.items():
            key = (START, "", factor)
            apart[key] = apart.get(key, 0.0) + sign * standing
        for key, points in zip(one.rows, one.points, strict=True):
            apart[key] = apart.get(key, 0.0) + sign * points
    rows = sorted(apart, key=lambda row: [START, *KINDS].index(row[0]))
    points = np.stack([apart[row] for row in rows])
    scenarios = (*other.scenarios, *base.scenarios)
    ends = base.after, other.after
    times = (*other.times, *base.times)
    return Ledger(other.index, tuple(rows), points, {}, *ends, scenarios, other.day, other.seed, other.ratios, times)
