"""Two scenarios of one relationship, paired by common random numbers (docs/model.md, Results and their errors)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from simulator.arrays import Booleans, Floats
from simulator.engine.count import exact_values
from simulator.engine.evidence import effective, over_mean
from simulator.engine.plan import Asked, Plan
from simulator.engine.sampling import COMMON
from simulator.ensemble import tables
from simulator.ensemble.ensemble import Ensemble
from simulator.ensemble.estimates import of_draws, proportion, quantiles_of_draws
from simulator.ensemble.given import meets
from simulator.ensemble.simulation import require_whole
from simulator.errors import Refused, suggestion
from simulator.scenario.calendar import When, month_of
from simulator.scenario.schema import digest

QUANTILES = (0.1, 0.5, 0.9)

_NO_QUESTION = pd.MultiIndex.from_arrays([[], []], names=["question", "whose"])


class Largest(NamedTuple):
    """The largest mean difference over time: the month, the day it ends on, and its points with their standard error."""

    month: int
    day: date
    mean: float
    std_error: float


@dataclass(frozen=True, repr=False, eq=False)
class Comparison:
    """A scenario against a base, in the draws that both keep whole: draw by draw the same worlds.

    Attributes
    ----------
    base, other : Ensemble
        Of one relationship, start and random seed.
    """

    base: Ensemble
    other: Ensemble

    @property
    def n_draws(self) -> int:
        """Number of draws that are compared."""
        return min(self.base.n_kept, self.other.n_kept)

    @property
    def n_effective(self) -> float:
        """The effective number of draws that are compared; all without a record."""
        return effective(self.ratios)

    @cached_property
    def ratios(self) -> Floats:
        """The weights of the draws that are compared over their mean, the same in both; all 1 without a record."""
        return over_mean(self.base.tally.kept.weights[: self.n_draws])

    @property
    def horizon(self) -> int:
        """Number of months that both simulate."""
        return min(self.base.horizon, self.other.horizon)

    @cached_property
    def is_same(self) -> bool:
        """Whether the two say the same, so that no draw can differ."""
        return digest(self.base.scenario) == digest(self.other.scenario)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Indices and factors that both have, `warmth` first."""
        return tuple(name for name in (*self.other.indices, *self.other.factors) if name in self.base.plan.series)

    @cached_property
    def unaligned(self) -> tuple[frozenset[str], frozenset[str]]:
        """Streams of random numbers that only the base, and only the other, draws; all others are the same in both."""
        base, other = (streams_of(ensemble.plan) for ensemble in (self.base, self.other))
        return frozenset(base - other), frozenset(other - base)

    def given(self, condition: str) -> "Comparison":
        """Return the comparison in the worlds in which a condition holds in both.

        Parameters
        ----------
        condition : str
            See `Ensemble.given`.

        Raises
        ------
        Refused
            The condition cannot be read in one of the two, or fewer than 400 effective draws meet it in both.

        Examples
        --------
        >>> from simulator import compare, read_scenario, simulate
        >>> base, other = (simulate(read_scenario(name), 1_000) for name in ("baseline", "negotiated_reset"))
        >>> compare(base, other).given("leaders_meeting").n_draws < 1_000
        True
        """
        both = self.base, self.other
        met = [meets(one.scenario, one.plan, one.tally, condition)[: self.n_draws] for one in both]  # refused by name
        which = np.zeros((2, max(one.n_kept for one in both)), dtype=np.bool_)
        which[:, : self.n_draws] = met[0] & met[1]
        told, n = f"{condition}, in both", self.n_draws
        return Comparison(*(one.restricted(row[: one.n_kept], told, n) for one, row in zip(both, which, strict=True)))

    @cached_property
    def _found(self) -> dict[str, pd.DataFrame]:
        """The differences that were asked for so far, each worked out once."""
        return {}

    def difference(self, names: str | tuple[str, ...] | None = None) -> pd.DataFrame:
        """Return other less base, by name and month.

        Parameters
        ----------
        names : str or tuple of str, optional
            Indices and factors. Default: the indices of both.

        Returns
        -------
        DataFrame
            `mean` with its paired `std_error` and the `sd` over draws; the quantiles `q10`, `q50` and `q90` of the
            difference; `warmer`, the probability that the other is higher in the same world, with `warmer_std_error`,
            `warmer_low` and `warmer_high` (Wilson); `same`, the share of worlds without any difference; and
            `variance_ratio`, the variance of the difference over that of independent seeds: draws that are needed here over
            those that independent seeds would need for the same error.

        Examples
        --------
        >>> from simulator import compare, read_scenario, simulate
        >>> base = simulate(read_scenario("baseline"), 500)
        >>> bool((compare(base, base).difference()[["mean", "std_error", "warmer", "q90"]] == 0).all(axis=None))
        True
        """
        wanted = self._names(names)
        for name in wanted:
            if name not in self._found:
                self._found[name] = self._difference(name)
        return pd.concat({name: self._found[name] for name in wanted}, names=["name"])

    def largest(self, name: str = "warmth") -> "Largest":
        """Return the month at whose end the mean difference of an index or factor is farthest from 0.

        Examples
        --------
        >>> from simulator import compare, read_scenario, simulate
        >>> base = simulate(read_scenario("baseline"), 500)
        >>> compare(base, base).largest().mean
        0.0
        """
        table = self.difference(name)
        # where no draw differs, a month in which some could have
        place = max(range(len(table)), key=lambda n: (abs(table["mean"].iloc[n]), table["std_error"].iloc[n]))
        return Largest(place, self.other.dates[place].date(), *map(float, table[["mean", "std_error"]].iloc[place]))

    def apart(self, name: str = "warmth") -> pd.DataFrame:
        """Return other less base of one index or factor, a row for each month, a column for each draw.

        Examples
        --------
        See `compare`.
        """
        self._names(name)
        a, b = (self._paths(ensemble, name) for ensemble in (self.base, self.other))
        return pd.DataFrame(b - a, index=self._months(), columns=pd.RangeIndex(self.n_draws, name="draw"))

    def _difference(self, name: str) -> pd.DataFrame:
        a, b = (self._paths(ensemble, name) for ensemble in (self.base, self.other))
        apart = b - a
        warmer, error, low, high = self._share(apart > 0)
        # where nothing can differ the share is certain; where no draw happened to differ it is not
        certain = np.arange(len(apart)) == 0 if not self.is_same else np.ones(len(apart), dtype=np.bool_)
        certain &= (apart == 0).all(axis=1)
        error, low, high = (np.where(certain, 0.0, bound) for bound in (error, low, high))
        mean, std_error, spread = self._means(apart, certain, most=100.0)
        independent = sum(of_draws(one, self.ratios, most=100.0)[2] ** 2 for one in (a, b))
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio = spread**2 / independent
        columns = {"mean": mean, "std_error": std_error, "sd": spread}
        at = quantiles_of_draws(apart, QUANTILES, self.ratios)
        columns |= {f"q{100 * p:g}": row for p, row in zip(QUANTILES, at, strict=True)}
        columns |= {"warmer": warmer, "warmer_std_error": error, "warmer_low": low, "warmer_high": high}
        columns |= {"same": self._share(apart == 0)[0], "variance_ratio": ratio}
        return pd.DataFrame(columns, index=self._months())

    def bands(self, name: str = "warmth", month: When | None = None) -> pd.DataFrame:
        """Return the probability of each band in both, of all their draws, and the difference.

        Parameters
        ----------
        name : str
            An index.
        month : int, date or str, optional
            A month or a day. Default: the last month that both simulate.

        Returns
        -------
        DataFrame
            By band: `base`, `other`, their errors, and `difference` with its paired `std_error`, of the kept draws.

        Examples
        --------
        See `compare`.
        """
        at = self.month_of(month)
        self.require_index(name)
        names = self.base.scenario.bands_of(name).names
        if names != self.other.scenario.bands_of(name).names:
            raise Refused(f"{name}: the two name its bands differently")
        both = [tables.at_month(one.bands(name), at) for one in (self.base, self.other)]
        cuts = [one.scenario.bands_of(name).cuts for one in (self.base, self.other)]
        levels = [_exact(one, name, at)[: self.n_draws] for one in (self.base, self.other)]
        inside = [np.digitize(level, own) for level, own in zip(levels, cuts, strict=True)]
        rows = [self._shift(inside[0] == b, inside[1] == b) for b in range(len(names))]
        return _side_by_side(both[0], both[1], rows)

    def questions(self) -> pd.DataFrame:
        """Return the probability of yes in both, for every question of either that both can answer.

        Returns
        -------
        DataFrame
            By question and `whose` it is ("both", "base" or "other"): `label`, `ask`, `date`, `base` and `other` with their
            errors, and `difference` with its paired `std_error`, of the kept draws.
            A question about an event that only one of the two has is left out of the other: not a number.

        Examples
        --------
        See `compare`.
        """
        rows = {(question.name, whose): self._question(question, home) for question, whose, home in self._asked()}
        columns = ["label", "ask", "date", "base", "base_std_error", "other", "other_std_error", "difference", "std_error"]
        index = pd.MultiIndex.from_tuples(list(rows), names=["question", "whose"]) if rows else _NO_QUESTION
        return pd.DataFrame(list(rows.values()), columns=columns, index=index)

    def _question(self, question: Asked, home: Ensemble) -> dict[str, Any]:
        answers = [self._answers(one, question) for one in (self.base, self.other)]
        told: dict[str, Any] = {"label": home.scenario.label_of(question.name), "ask": question.condition.text}
        told["date"] = home.dates[question.step]
        for word, answer in zip(("base", "other"), answers, strict=True):
            share, error = (np.nan, np.nan) if answer is None else self._share(answer)[:2]
            told |= {word: float(share), f"{word}_std_error": float(error)}
        base, other = answers
        apart, error = (np.nan, np.nan) if base is None or other is None else self._shift(base, other)
        return told | {"difference": apart, "std_error": error}

    def _shift(self, base: Booleans, other: Booleans) -> tuple[float, float]:
        """Return by how much a share is higher in the other, and the standard error of that, draw by draw."""
        apart = other.astype(np.float64) - base
        mean, error, _ = self._means(apart[None], certain=np.array([self.is_same]))
        return float(mean[0]), float(error[0])

    def _means(self, apart: Floats, certain: Booleans, most: float = 1.0) -> tuple[Floats, Floats, Floats]:
        """Return means of differences, (n_rows, n_draws), their standard errors, and standard deviations."""
        mean, error, spread = of_draws(apart, self.ratios, most)
        return mean, np.where(certain, 0.0, error), spread

    def _share(self, met: Booleans) -> tuple[Floats, Floats, Floats, Floats]:
        """Return the share of draws that meet something, its standard error and its interval; met is (..., n_draws)."""
        return proportion((met * self.ratios).mean(axis=-1) * self.n_effective, self.n_effective)

    def __repr__(self) -> str:
        last = self.difference("warmth").iloc[-1]
        return (
            f"Comparison({self.other.scenario.name} less {self.base.scenario.name}: {self.n_draws:,} draws, seed "
            f"{self.base.seed}; warmth {last['mean']:+.2f} ±{last['std_error']:.2f} after {self.horizon} months)"
        )

    def _repr_html_(self) -> str:
        table = self.difference("warmth").xs("warmth")
        table = table[table.index.get_level_values("month").isin(self.other.reported)]
        return f"<p>{self!r}</p>{table.round(2).to_html()}"

    # --- places ---

    def _names(self, names: str | tuple[str, ...] | None) -> tuple[str, ...]:
        wanted = self.names if names is None else (names,) if isinstance(names, str) else tuple(names)
        for name in wanted:
            if name not in self.names:
                raise Refused(f"no factor or index of both is called {name!r}" + suggestion(name, self.names))
        return wanted if names is not None else tuple(name for name in wanted if name in self.other.indices)

    def month_of(self, when: When | None = None) -> int:
        """Return the month that is meant by a number, or that covers a day; by default the last that both simulate.

        Raises
        ------
        Refused
            It is neither, or one of the two does not simulate it.

        Examples
        --------
        See `compare`.
        """
        return month_of(when, self.base.plan.begins, self.horizon)

    def require(self, name: str) -> None:
        """Raise Refused where a name is not that of an index or a factor of both.

        Examples
        --------
        See `compare`.
        """
        self._names(name)

    def require_index(self, name: str) -> None:
        """Raise Refused where a name is not that of an index of both.

        Examples
        --------
        See `compare`.
        """
        self._names(name)
        if name not in self.other.indices:
            raise Refused(f"{name} is a factor: only an index has bands")

    def _months(self) -> pd.MultiIndex:
        steps = range(self.horizon + 1)
        return pd.MultiIndex.from_arrays([steps, self.other.dates[: len(steps)]], names=["month", "date"])

    def _paths(self, ensemble: Ensemble, name: str) -> Floats:
        return np.asarray(ensemble.paths(name), dtype=np.float64)[: self.horizon + 1, : self.n_draws]

    def _asked(self) -> Iterator[tuple[Asked, str, Ensemble]]:
        """Yield the questions of either within the months of both; two that only share a name, each with its home's."""
        base, other = ({q.name: q for q in one.plan.questions if q.step <= self.horizon} for one in (self.base, self.other))
        for name in dict.fromkeys([*base, *other]):
            if name in base and name in other and base[name].meaning == other[name].meaning:
                yield base[name], "both", self.base
                continue
            if name in base:
                yield base[name], "base", self.base
            if name in other:
                yield other[name], "other", self.other

    def _answers(self, ensemble: Ensemble, question: Asked) -> Booleans | None:
        """Return each kept draw's answer; None where the ensemble does not have all that is asked about."""
        known = {*ensemble.plan.series, *ensemble.scenario.events}
        if not question.condition.names <= known:
            return None
        return tables.kept_answers(ensemble.tally, ensemble.plan, question)[: self.n_draws]


def streams_of(plan: Plan) -> set[str]:
    """Return the names of the random streams that a plan draws."""
    factors = {f"factor:{name}/{purpose}" for name in plan.factors for purpose in ("innovation", "drift")}
    inputs = {f"input:{key}" for key, value in plan.numbers.items() if not isinstance(value, float)}
    if plan.together:
        inputs.add(COMMON)
    return factors | {f"event:{event.name}/timing" for event in plan.events} | inputs


def _exact(ensemble: Ensemble, name: str, month: int) -> Floats:
    """Return one series of the kept draws at the end of a month, in double precision; (n_draws,)."""
    kept = ensemble.tally.kept
    one = replace(kept, values=kept.values[month : month + 1])
    return np.asarray(exact_values(ensemble.plan, one)[0, ensemble.plan.series.index(name)])


def _side_by_side(base: pd.DataFrame, other: pd.DataFrame, shifts: list[tuple[float, float]]) -> pd.DataFrame:
    table = pd.DataFrame({"base": base["probability"], "base_std_error": base["std_error"]})
    table["other"], table["other_std_error"] = other["probability"], other["std_error"]
    table["difference"], table["std_error"] = zip(*shifts, strict=True)
    return table


def _relationships(base: Ensemble, other: Ensemble) -> tuple[str, str]:
    """Return what two scenarios build on; those that name nothing are the same if one has all factors of the other."""
    named = [one.scenario.relationship for one in (base, other)]
    if named == [None, None] and (set(base.factors) <= set(other.factors) or set(other.factors) <= set(base.factors)):
        return "", ""
    first, second = (name or f"factors {', '.join(one.factors)}" for name, one in zip(named, (base, other), strict=True))
    return first, second


def compare(base: Ensemble, other: Ensemble) -> Comparison:
    """Return the comparison of two ensembles draw by draw: with one seed they are the same worlds.

    Parameters
    ----------
    base, other : Ensemble
        From `simulate` or `read_run`; of one relationship, start and random seed.

    Raises
    ------
    Refused
        They are not: their draws would be different worlds. Or a record gives their draws different weights.

    Examples
    --------
    >>> from simulator import compare, read_scenario, simulate
    >>> base, other = (simulate(read_scenario(name), 500) for name in ("baseline", "negotiated_reset"))
    >>> bool(compare(base, other).difference("warmth")["mean"].iloc[-1] > 0)
    True
    """
    for one in (base, other):
        require_whole(one, "compare()", "compare first, then ask comparison.given(...)")
    for word, a, b in (
        ("relationships", *_relationships(base, other)),
        ("random seeds", base.seed, other.seed),
        ("starts", f"{base.plan.begins}", f"{other.plan.begins}"),
    ):
        if a != b:
            raise Refused(
                f"{base.scenario.name} and {other.scenario.name} have different {word} ({a} and {b}), so their draws are "
                "different worlds and cannot be compared one by one"
            )
    found = Comparison(base, other)
    weights = [one.tally.kept.weights[: found.n_draws] for one in (base, other)]
    if not np.array_equal(weights[0], weights[1]):
        raise Refused(
            f"{base.scenario.name} and {other.scenario.name} do not agree on the past: what is known gives their draws "
            "different weights, so they cannot be compared one by one. Let them differ only after the day that is known, "
            "say by an event of their own, with its effects, that `counts_as` one of the record; or leave the record out"
        )
    return found
