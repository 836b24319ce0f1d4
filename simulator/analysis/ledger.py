"""The ledger: why an index moved, as a sum over sources that closes (docs/model.md, section 8)."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from simulator.analysis.replay import KINDS, attribute
from simulator.arrays import Floats
from simulator.engine.plan import Plan
from simulator.errors import Refused

# Of a difference only: two scenarios may begin at different levels, or weigh them differently.
START = "start"
# Jumps and shifts of one event together.
EVENT = "event"


@dataclass(frozen=True)
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
    """

    index: str
    rows: tuple[tuple[str, str, str], ...]
    points: Floats
    standing: Mapping[str, Floats]
    before: Floats
    after: Floats

    @property
    def n_draws(self) -> int:
        """Number of draws."""
        return int(self.points.shape[1])

    @cached_property
    def closes_to(self) -> float:
        """The largest difference, over draws, between the sum of all sources and the change, in points."""
        return float(np.abs(self.points.sum(axis=0) - (self.after - self.before)).max())

    @property
    def std_error(self) -> float:
        """Standard error of the mean change, points; not a number for a single draw."""
        moved = self.after - self.before
        return float(moved.std(ddof=1) / np.sqrt(self.n_draws)) if self.n_draws > 1 else float("nan")

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
        >>> from simulator import read_scenario, simulate
        >>> ledger = simulate(read_scenario("baseline"), 500).ledger()
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

        Examples
        --------
        >>> from simulator import read_scenario, simulate
        >>> simulate(read_scenario("baseline"), 500).ledger().by_source().index.names
        FrozenList(['kind', 'name'])
        """
        keys = [(EVENT if together and kind in ("jump", "shift") else kind, name) for kind, name, _ in self.rows]
        codes, found = pd.MultiIndex.from_tuples(keys).factorize()
        sums = np.zeros((len(found), self.n_draws))
        np.add.at(sums, codes, self.points)
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
        return int(np.abs(moved - np.quantile(moved, probability)).argmin())

    def _estimates(self, points: Floats, index: pd.MultiIndex, draw: int | None) -> pd.DataFrame:
        if draw is not None:
            if not 0 <= draw < self.n_draws:
                raise Refused(f"draw must be within 0 to {self.n_draws - 1}; found {draw}")
            return pd.DataFrame({"points": points[:, draw]}, index=index)
        with np.errstate(invalid="ignore"):
            std_error = points.std(axis=1, ddof=1) / np.sqrt(self.n_draws) if self.n_draws > 1 else np.nan
        return pd.DataFrame({"points": points.mean(axis=1), "std_error": std_error}, index=index)

    def __repr__(self) -> str:
        return (
            f"Ledger({self.index} {self.before.mean():.2f} -> {self.after.mean():.2f}, {len(self.rows)} rows, "
            f"{self.n_draws:,} draws, closes to {self.closes_to:.0e})"
        )

    def _repr_html_(self) -> str:
        return f"<p>{self!r}</p>{self.by_source().round(2).to_html()}"


def ledger(plan: Plan, seed: int, n_draws: int, index: str, month: int) -> Ledger:
    """Return the ledger of a plan's first draws; see `Ensemble.ledger`."""
    parts = attribute(plan, seed, n_draws, [month] if month else [])
    weights = dict(parts.weights[plan.indices.index(index)])
    standing = {plan.factors[k]: weight * (parts.start[k] - 50) for k, weight in weights.items()}
    of_index = [(row, entry) for row, entry in enumerate(parts.entries) if entry.factor in weights]
    added = np.zeros((len(of_index), n_draws))
    moved = np.zeros(n_draws)
    if month:
        added = np.stack([weights[entry.factor] * parts.parts[0, row] for row, entry in of_index])
        moved = sum((weight * parts.change[0, k] for k, weight in weights.items()), moved)
    before = 50 + sum(standing.values(), np.zeros(n_draws))
    rows = tuple((entry.kind, entry.name, plan.factors[entry.factor]) for _, entry in of_index)
    return Ledger(index, rows, added, standing, before, before + moved)


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
    return Ledger(other.index, tuple(rows), np.stack([apart[row] for row in rows]), {}, base.after, other.after)
