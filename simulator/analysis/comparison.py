"""Two scenarios of one relationship, draw by draw in the same worlds (docs/model.md, section 8)."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from simulator.analysis import ledger as ledgers
from simulator.analysis.ledger import Ledger
from simulator.arrays import Booleans, Floats
from simulator.engine.plan import Asked, Plan
from simulator.ensemble import tables
from simulator.ensemble.ensemble import Ensemble
from simulator.ensemble.estimates import proportion
from simulator.errors import Refused, suggestion
from simulator.files.read import digest

QUANTILES = (0.1, 0.5, 0.9)


@dataclass(frozen=True, repr=False)
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
    def unaligned(self) -> tuple[str, ...]:
        """Streams of random numbers that only one of the two draws; all others are the same numbers in both."""
        base, other = (streams_of(ensemble.plan) for ensemble in (self.base, self.other))
        only = [(base - other, "base"), (other - base, "other")]
        return tuple(f"{name} ({word} only)" for names, word in only for name in sorted(names))

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
        parts = {name: self._difference(name) for name in self._names(names)}
        return pd.concat(parts, names=["name"])

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
        apart, n = b - a, self.n_draws
        warmer, error, low, high = proportion(np.count_nonzero(apart > 0, axis=1), n)
        # where nothing can differ the share is certain; where no draw happened to differ it is not
        certain = np.arange(len(apart)) == 0 if not self.is_same else np.ones(len(apart), dtype=np.bool_)
        certain &= (apart == 0).all(axis=1)
        error, low, high = (np.where(certain, 0.0, bound) for bound in (error, low, high))
        spread = apart.std(axis=1, ddof=1) if n > 1 else np.full(len(apart), np.nan)
        independent = a.var(axis=1, ddof=1) + b.var(axis=1, ddof=1) if n > 1 else np.full(len(apart), np.nan)
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio = spread**2 / independent
        columns = {"mean": apart.mean(axis=1), "std_error": spread / np.sqrt(n), "sd": spread}
        columns |= {f"q{100 * p:g}": row for p, row in zip(QUANTILES, np.quantile(apart, QUANTILES, axis=1), strict=True)}
        columns |= {"warmer": warmer, "warmer_std_error": error, "warmer_low": low, "warmer_high": high}
        columns |= {"same": (apart == 0).mean(axis=1), "variance_ratio": ratio}
        return pd.DataFrame(columns, index=self._months())

    def bands(self, name: str = "warmth", month: int | None = None) -> pd.DataFrame:
        """Return the probability of each band in both, of all their draws, and the difference.

        Parameters
        ----------
        name : str
            An index.
        month : int, optional
            Default: the last month that both simulate.

        Returns
        -------
        DataFrame
            By band: `base`, `other`, their errors, and `difference` with its paired `std_error`, of the kept draws.

        Examples
        --------
        See `compare`.
        """
        self._names(name)
        at = self._month(month)
        if name not in self.other.indices:
            raise Refused(f"{name} is a factor: only an index has bands")
        names = self.base.scenario.bands_of(name).names
        if names != self.other.scenario.bands_of(name).names:
            raise Refused(f"{name}: the two name its bands differently")
        both = [one.bands(name).xs(at, level="month").droplevel(["name", "date"]) for one in (self.base, self.other)]
        cuts = [one.scenario.bands_of(name).cuts for one in (self.base, self.other)]
        levels = [self._paths(one, name)[at] for one in (self.base, self.other)]
        inside = [np.digitize(level, own) for level, own in zip(levels, cuts, strict=True)]
        rows = [_shift(inside[0] == b, inside[1] == b) for b in range(len(names))]
        return _side_by_side(both[0], both[1], rows)

    def questions(self) -> pd.DataFrame:
        """Return the probability of yes in both, for every question of either that both can answer.

        Returns
        -------
        DataFrame
            By question: `ask`, `date`, `base` and `other` with their errors, and `difference` with its paired `std_error`,
            of the kept draws.
            A question about an event that only one of the two has is left out of the other: not a number.

        Examples
        --------
        See `compare`.
        """
        rows = {}
        for name, question, home in self._asked():
            answers = [self._answers(one, question) for one in (self.base, self.other)]
            told = {"ask": question.condition.text, "date": home.dates[question.step]}
            shares = [np.nan if answer is None else answer.mean() for answer in answers]
            apart, error = np.nan, np.nan
            if answers[0] is not None and answers[1] is not None:
                apart, error = _shift(answers[0], answers[1])
            errors = [np.nan if a is None else float(proportion(a.sum(), len(a))[1]) for a in answers]
            told |= {"base": shares[0], "base_std_error": errors[0], "other": shares[1], "other_std_error": errors[1]}
            rows[name] = {**told, "difference": apart, "std_error": error}
        columns = ["ask", "date", "base", "base_std_error", "other", "other_std_error", "difference", "std_error"]
        return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("question")

    def ledger(self, index: str = "warmth", month: int | None = None) -> Ledger:
        """Return why the other ends elsewhere than the base: what each source adds to the difference, draw by draw.

        Parameters
        ----------
        index : str
            An index of both.
        month : int, optional
            Default: the last month that both simulate.

        Examples
        --------
        >>> from simulator import compare, read_scenario, simulate
        >>> base, other = (simulate(read_scenario(name), 500) for name in ("baseline", "negotiated_reset"))
        >>> compare(base, other).ledger().closes_to < 1e-9
        True
        """
        at = self._month(month)
        self._names(index)
        if index not in self.other.indices:
            raise Refused(f"{index} is a factor: a ledger is of an index")
        both = [ledgers.ledger(one.plan, one.seed, self.n_draws, index, at) for one in (self.other, self.base)]
        return ledgers.difference(*both)

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

    def _month(self, month: int | None) -> int:
        if month is not None and not 0 <= month <= self.horizon:
            raise Refused(f"month must be within 0 to {self.horizon}; found {month}")
        return self.horizon if month is None else month

    def _months(self) -> pd.MultiIndex:
        steps = range(self.horizon + 1)
        return pd.MultiIndex.from_arrays([steps, self.other.dates[: len(steps)]], names=["month", "date"])

    def _paths(self, ensemble: Ensemble, name: str) -> Floats:
        return np.asarray(ensemble.paths(name), dtype=np.float64)[: self.horizon + 1, : self.n_draws]

    def _asked(self) -> Iterator[tuple[str, Asked, Ensemble]]:
        """Yield the questions of either within the months of both; of two that share a name only, each with its home's."""
        base, other = ({q.name: q for q in one.plan.questions if q.step <= self.horizon} for one in (self.base, self.other))
        for name in dict.fromkeys([*base, *other]):
            if name in base and name in other and _meaning(base[name]) != _meaning(other[name]):
                yield f"{name} (base)", base[name], self.base
                yield f"{name} (other)", other[name], self.other
            else:
                yield (name, base[name], self.base) if name in base else (name, other[name], self.other)

    def _answers(self, ensemble: Ensemble, question: Asked) -> Booleans | None:
        """Return each kept draw's answer; None where the ensemble does not have all that is asked about."""
        known = {*ensemble.plan.series, *ensemble.scenario.events}
        if not question.condition.names <= known:
            return None
        met = tables.kept_truth(ensemble.tally, ensemble.plan, question.condition)[:, : self.n_draws]
        return np.asarray(met[: question.step + 1].any(axis=0) if question.by else met[question.step])


def _meaning(question: Asked) -> tuple[str, int, bool]:
    return question.condition.meaning, question.step, question.by


def streams_of(plan: Plan) -> set[str]:
    """Return the names of the random streams that a plan draws."""
    factors = {f"factor:{name}/{purpose}" for name in plan.factors for purpose in ("innovation", "drift")}
    inputs = {f"input:{key}" for key, value in plan.numbers.items() if not isinstance(value, float)}
    return factors | {f"event:{event.name}/timing" for event in plan.events} | inputs


def _shift(base: Booleans, other: Booleans) -> tuple[float, float]:
    """Return by how much a share is higher in the other, and the standard error of that, draw by draw."""
    apart = other.astype(np.float64) - base
    return float(apart.mean()), float(apart.std(ddof=1) / np.sqrt(len(apart))) if len(apart) > 1 else float("nan")


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
        They are not: their draws would be different worlds.

    Examples
    --------
    >>> from simulator import compare, read_scenario, simulate
    >>> base, other = (simulate(read_scenario(name), 500) for name in ("baseline", "negotiated_reset"))
    >>> bool(compare(base, other).difference("warmth")["mean"].iloc[-1] > 0)
    True
    """
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
    return Comparison(base, other)


def explain(ensemble: Ensemble, against: Ensemble | None = None, index: str = "warmth", month: int | None = None) -> Ledger:
    """Return why an index of an ensemble moved, or why it ends elsewhere than another's.

    Parameters
    ----------
    ensemble : Ensemble
        From `simulate` or `read_run`.
    against : Ensemble, optional
        Of the same worlds; the ledger is then that of the difference.
    index : str
        An index.
    month : int, optional
        Default: the horizon, or the last month that both simulate.

    Examples
    --------
    >>> from simulator import explain, read_scenario, simulate
    >>> ensemble = simulate(read_scenario("baseline"), 500)
    >>> bool((explain(ensemble, ensemble).points == 0).all())
    True
    """
    return ensemble.ledger(index, month) if against is None else compare(against, ensemble).ledger(index, month)
