"""Scenarios with probabilities as one outlook: the mixture of their distributions, never a mean of draws or quantiles."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simulator.arrays import Floats
from simulator.engine.plan import Asked
from simulator.engine.tally import BINS, BINS_PER_POINT
from simulator.ensemble import tables
from simulator.ensemble.ensemble import PROBABILITIES, Ensemble
from simulator.ensemble.estimates import grid_quantiles, proportion, woodruff
from simulator.ensemble.simulation import Progress, one_of, simulate
from simulator.errors import Refused
from simulator.files.outlook import OutlookFile
from simulator.scenario.calendar import When


@dataclass(frozen=True, repr=False, eq=False)
class Outlook:
    r"""Scenarios pooled by their probabilities: in every table the mixture, whose distribution is :math:`\sum_i p_i F_i`.

    Methods return tables in the style of `Ensemble`, of the indices and factors that all scenarios have.

    Attributes
    ----------
    title : str
        Of the outlook.
    ensembles : tuple of Ensemble
        One for each scenario: of one relationship, start, horizon, random seed and number of draws.
    probabilities : tuple of float
        Of each scenario; they sum to 1.

    Notes
    -----
    The scenarios are drawn in the same worlds, so their errors of estimate go together, and the formula for independent
    samples, :math:`\sqrt{\sum p_i^2 s_i^2}`, would be too small: by half, in the example that ships. Every `std_error`
    here is :math:`\sum p_i s_i`, with :math:`s_i` that of scenario i. A standard deviation is a norm, so by its triangle
    inequality no correlation makes the error larger, and where the scenarios move together it is exact: in the example it
    is 3 to 5 % too large for means and 11 to 26 % for probabilities. Unlike an error from the draws that are kept whole,
    world by world, it uses all draws and is not 0 where nothing was hit. Intervals (`low`, `high`) are pooled alike.
    """

    title: str
    ensembles: tuple[Ensemble, ...]
    probabilities: tuple[float, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the scenarios."""
        return tuple(ensemble.scenario.name for ensemble in self.ensembles)

    @property
    def dates(self) -> pd.DatetimeIndex:
        """The day each month ends on, from the start."""
        return self.ensembles[0].dates

    @property
    def horizon(self) -> int:
        """Number of months simulated."""
        return self.ensembles[0].horizon

    @cached_property
    def indices(self) -> tuple[str, ...]:
        """Names of the indices that all scenarios have, `warmth` first."""
        return tuple(name for name in self.ensembles[0].indices if all(name in one.indices for one in self.ensembles))

    def mean(self, names: str | Iterable[str] | None = None) -> pd.DataFrame:
        """Return means, their standard errors and the standard deviation of the mixture, by name and month.

        Parameters
        ----------
        names : str or iterable of str, optional
            Factors and indices. Default: the indices.

        Examples
        --------
        >>> from simulator import outlook, read_outlook
        >>> pooled = outlook(read_outlook("docs/examples/outlook.toml"), 200)
        >>> list(pooled.mean("warmth").columns)
        ['mean', 'std_error', 'sd']
        """
        wanted = self._known(names)
        table = self._pooled([ensemble.mean(wanted) for ensemble in self.ensembles])
        table["sd"] = np.sqrt(self.variance(wanted)["total"])
        return table

    def variance(self, names: str | Iterable[str] | None = None) -> pd.DataFrame:
        r"""Return the variance within and between the scenarios, by name and month.

        Parameters
        ----------
        names : str or iterable of str, optional
            Factors and indices. Default: the indices.

        Returns
        -------
        DataFrame
            In points squared: `within`, :math:`\sum p_i v_i`; `between`, :math:`\sum p_i (m_i - m)^2`; `total`, their sum;
            and `share`, the part of the total that is between, not a number where nothing varies. Each with its standard
            error, from the draws kept whole, world by world.

        Examples
        --------
        >>> from simulator import outlook, read_outlook
        >>> table = outlook(read_outlook("docs/examples/outlook.toml"), 200).variance("warmth")
        >>> bool((table.share.dropna() < 0.5).all())
        True
        """
        return pd.concat({name: self._variance(name) for name in self._known(names)}, names=["name"])

    def _variance(self, name: str) -> pd.DataFrame:
        told = [ensemble.mean(name).droplevel("name") for ensemble in self.ensembles]
        centre = self._pooled([table["mean"] for table in told])
        within = self._pooled([table["sd"] ** 2 for table in told])
        between = self._pooled([(table["mean"] - centre) ** 2 for table in told])
        total = within + between
        # influence functions: what each world adds to an estimate, a row for each month
        far = [np.asarray(table["mean"] - centre)[:, None] for table in told]
        near = [np.asarray(ensemble.paths(name), dtype=np.float64) for ensemble in self.ensembles]
        ratios = [ensemble.tally.kept.ratios for ensemble in self.ensembles]
        near = [paths - (w * paths).mean(axis=1, keepdims=True) for w, paths in zip(ratios, near, strict=True)]
        squares = [paths**2 for paths in near]
        parts = zip(ratios, squares, strict=True)
        inside = self._pooled([w * (square - (w * square).mean(axis=1, keepdims=True)) for w, square in parts])
        apart = self._pooled([2 * away * w * paths for w, away, paths in zip(ratios, far, near, strict=True)])
        scale = np.where(total > 0, total, np.nan)
        ratio = (apart - np.asarray(between / scale)[:, None] * (inside + apart)) / scale[:, None]
        estimates = {"within": within, "between": between, "total": total, "share": between / scale}
        worlds = {"within": inside, "between": apart, "total": inside + apart, "share": ratio}
        columns = {}
        for key, values in estimates.items():
            columns[key] = values
            columns[f"{key}_std_error"] = np.sqrt((worlds[key] ** 2).mean(axis=1) / self.ensembles[0].n_draws)
        return pd.DataFrame(columns)

    def quantiles(
        self, names: str | Iterable[str] | None = None, probabilities: float | Sequence[float] = PROBABILITIES
    ) -> pd.DataFrame:
        """Return quantiles of the mixture and their standard errors, by name, month and probability.

        Parameters
        ----------
        names : str or iterable of str, optional
            Factors and indices. Default: the indices.
        probabilities : float or sequence of float
            Each above 0 and under 1.

        Notes
        -----
        From the scenarios' counts in bins of a twentieth of a point, weighted. The error is that of `estimates.woodruff`,
        with the pooled error of the share below them.

        Examples
        --------
        >>> from simulator import outlook, read_outlook
        >>> table = outlook(read_outlook("docs/examples/outlook.toml"), 200).quantiles("warmth", [0.1, 0.9])
        >>> table.xs(48, level="month").value.is_monotonic_increasing
        True
        """
        asked = tables.probabilities_of(probabilities)
        months = np.repeat(np.arange(self.horizon + 1), len(asked))
        index = pd.MultiIndex.from_arrays(
            [months, self.dates[months], asked * (self.horizon + 1)], names=["month", "date", "probability"]
        )
        parts = {}
        for name in self._known(names):
            values, errors = self._quantiles(name, np.array(asked))
            parts[name] = pd.DataFrame({"value": values.ravel(), "std_error": errors.ravel()}, index=index)
        return pd.concat(parts, names=["name"])

    def _quantiles(self, name: str, probabilities: Floats) -> tuple[Floats, Floats]:
        """Return the quantiles of one series and their standard errors, (T+1, n_probabilities)."""
        places = [ensemble.plan.series.index(name) for ensemble in self.ensembles]
        counts = [_shares(one, s) for one, s in zip(self.ensembles, places, strict=True)]
        together = self._pooled(counts)
        values = grid_quantiles(together, probabilities, BINS_PER_POINT)
        sizes = [one.n_effective for one in self.ensembles]
        apart = self._pooled([_share_error(own, values, n) for own, n in zip(counts, sizes, strict=True)])
        errors = woodruff(together, probabilities, apart, BINS_PER_POINT)
        moments = [(one.tally.moments, s) for one, s in zip(self.ensembles, places, strict=True)]
        first, place = moments[0]
        agree = [(own.squares[:, s] == 0) & (own.mean[:, s] == first.mean[:, place]) for own, s in moments]
        certain = np.logical_and.reduce(agree)  # all draws of all scenarios: the value itself, not its place in a bin
        values[certain], errors[certain] = first.mean[certain, place][:, None], 0.0
        return values, errors

    def summary(self, names: str | Iterable[str] | None = None, months: When | Iterable[When] | None = None) -> pd.DataFrame:
        """Return mean, standard error, standard deviation and quantiles of the mixture at a few months.

        Parameters
        ----------
        names : str or iterable of str, optional
            Factors and indices. Default: the indices.
        months : int, date or str, or iterable of them, optional
            Months or days. Default: the start, 6, 12 and 24 months, and the horizon.

        Examples
        --------
        >>> from simulator import outlook, read_outlook
        >>> table = outlook(read_outlook("docs/examples/outlook.toml"), 200).summary("warmth", 12)
        >>> list(table.columns)[:5], len(table)
        (['mean', 'std_error', 'sd', 'q2.5', 'q10'], 1)
        """
        wanted = self._known(names)
        rows = self.ensembles[0].summary(wanted, months).index
        return self.mean(wanted).join(tables.wide(self.quantiles(wanted))).loc[rows]

    def bands(self, names: str | Iterable[str] | None = None) -> pd.DataFrame:
        """Return the probability of each band, by index, month and band.

        Parameters
        ----------
        names : str or iterable of str, optional
            Indices. Default: all.

        Raises
        ------
        Refused
            The scenarios cut or name the bands of an index differently.

        Examples
        --------
        >>> from simulator import outlook, read_outlook
        >>> table = outlook(read_outlook("docs/examples/outlook.toml"), 200).bands("warmth").probability.unstack("band")
        >>> bool((table.sum(axis=1).round(12) == 1).all())
        True
        """
        wanted = self._known(names)
        for name in wanted:
            for one in self.ensembles[1:]:
                if one.scenario.bands_of(name) != self.ensembles[0].scenario.bands_of(name):
                    raise Refused(f"{name}: {self.names[0]} and {one.scenario.name} cut it into different bands")
        return self._pooled([ensemble.bands(wanted) for ensemble in self.ensembles])

    @cached_property
    def asked(self) -> tuple[tuple[str, Asked, Ensemble], ...]:
        """The different questions of all scenarios: a name, the question, and the first ensemble that asks it."""
        found: dict[tuple[str, int, bool], tuple[str, Asked, Ensemble]] = {}
        for ensemble in self.ensembles:
            for question in ensemble.plan.questions:
                taken = {name for name, _, _ in found.values()}
                name = f"{question.name} ({ensemble.scenario.name})" if question.name in taken else question.name
                found.setdefault(question.meaning, (name, question, ensemble))
        return tuple(found.values())

    def questions(self) -> pd.DataFrame:
        """Return the probability that each question's answer is yes, pooled and in each scenario.

        Returns
        -------
        DataFrame
            By question, of those that all scenarios ask or know all names of: `label`, `ask`, `when` ("on" a date or
            "by" one), `date`, the pooled `probability` with `std_error`, `low` and `high`, and for each scenario
            ``in.NAME`` with ``std_error.NAME``.

        Notes
        -----
        A scenario that asks a question answers with all its draws. One that does not answers with all where its counts
        can tell, else with the draws kept whole. A question about an event that a scenario does not have is left out:
        that it has no such event is not a forecast that it will not happen.

        Examples
        --------
        >>> from simulator import outlook, read_outlook
        >>> table = outlook(read_outlook("docs/examples/outlook.toml"), 200).questions()
        >>> bool(table.loc["presidents_meet", ["in.baseline", "in.negotiated_reset"]].between(0, 1).all())
        True
        """
        rows = {}
        for name, question, home in self.asked:
            answers = [_answer(ensemble, question) for ensemble in self.ensembles]
            known = [answer for answer in answers if answer is not None]
            if len(known) < len(answers):
                continue
            rows[name] = {
                "label": home.scenario.label_of(question.name),
                "ask": question.condition.text,
                "when": "by" if question.by else "on",
                "date": self.dates[question.step],
                **dict(zip(("probability", "std_error", "low", "high"), self._pooled(known), strict=True)),
                **{f"in.{one}": float(answer[0]) for one, answer in zip(self.names, known, strict=True)},
                **{f"std_error.{one}": float(answer[1]) for one, answer in zip(self.names, known, strict=True)},
            }
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("question")

    def __repr__(self) -> str:
        low, median, high = self.quantiles("warmth", [0.1, 0.5, 0.9]).value.iloc[-3:]
        return (
            f"Outlook({self.title}: {len(self.ensembles)} scenarios, {self.ensembles[0].n_draws:,} draws each, seed "
            f"{self.ensembles[0].seed}; warmth {median:.1f} (80 %: {low:.1f} to {high:.1f}) on {self.dates[-1]:%Y-%m-%d})"
        )

    def _pooled(self, parts: Sequence[Any]) -> Any:
        """Return the sum of the scenarios' parts, each times its probability.

        It is taken relative to the likeliest scenario, so that equal parts give themselves to the last bit; as that one
        has at least its share of the probability, the counts of a mixture stay positive.
        """
        likeliest = int(np.argmax(self.probabilities))
        base = parts[likeliest]
        others = [n for n in range(len(parts)) if n != likeliest]
        return base + sum(self.probabilities[n] * (parts[n] - base) for n in others)

    def _known(self, names: str | Iterable[str] | None) -> list[str]:
        wanted = tables.wanted(names, self.ensembles[0].plan.series, self.indices, "factor or index")
        for one in self.ensembles[1:]:
            tables.wanted(wanted, one.plan.series, (), f"factor or index of {one.scenario.name}")
        return wanted


def _shares(ensemble: Ensemble, series: int) -> NDArray[Any]:
    """Return one series' counts, (T+1, BINS); of draws with weights the shares of the weights, times the number of draws."""
    tally = ensemble.tally
    counts = tally.counts.histogram[:, series]
    return counts / tally.weight * tally.n_draws if tally.is_weighted else counts


def _share_error(counts: NDArray[Any], values: Floats, n_effective: float) -> Floats:
    """Return the standard error of the share of draws below values; counts (T+1, BINS), values (T+1, n_values)."""
    place = values * BINS_PER_POINT
    bins = np.minimum(place.astype(np.int64), BINS - 1)
    below = counts.cumsum(axis=1) - counts
    reached = np.take_along_axis(below, bins, axis=1) + (place - bins) * np.take_along_axis(counts, bins, axis=1)
    n = counts[0].sum()
    share = np.clip(reached / n, 0, 1)  # rounding may pass 1 by a last bit
    return np.asarray(np.sqrt(share * (1 - share) / n_effective))


def _answer(ensemble: Ensemble, question: Asked) -> Floats | None:
    """Return a scenario's probability, standard error and interval; None where it lacks a name that is asked about."""
    tally, plan = ensemble.tally, ensemble.plan
    for own, hits in zip(plan.questions, tally.effective.questions, strict=True):
        if own.meaning == question.meaning:
            return np.stack(proportion(hits, tally.n_effective))
    if not question.condition.names <= {*plan.series, *ensemble.scenario.events}:
        return None
    counted = None if question.by else tables.counted(tally, plan, question.condition)
    if counted is not None:
        return np.stack(proportion(counted[question.step], tally.n_effective))
    yes = tables.kept_answers(tally, plan, question)
    return np.stack(proportion((yes * tally.kept.ratios).mean() * tally.kept.n_effective, tally.kept.n_effective))


def outlook(
    file: OutlookFile, n_draws: int | None = None, seed: int | None = None, progress: Progress | None = None
) -> Outlook:
    """Return the outlook of a file: each of its scenarios simulated with one seed.

    Parameters
    ----------
    file : OutlookFile
        From `read_outlook`.
    n_draws : int, optional
        Number of draws of each scenario. Default: the first scenario's `run.draws`.
    seed : int, optional
        The random seed, >= 0. Default: the first scenario's `run.seed`.
    progress : callable, optional
        Called with the draws done and those to be done in all, over all scenarios.

    Examples
    --------
    >>> from simulator import outlook, read_outlook
    >>> outlook(read_outlook("docs/examples/outlook.toml"), 200).names[:2]
    ('baseline', 'honeymoon_then_hangover')
    """
    if not isinstance(file, OutlookFile):
        raise Refused(f"outlook() takes what read_outlook(FILE) returns; found {type(file).__name__}")
    run = file.members[0].scenario.run
    n_draws = run.draws if n_draws is None else n_draws
    seed = run.seed if seed is None else seed
    ensembles = tuple(
        simulate(member.scenario, n_draws, seed, progress=one_of(len(file.members), place, progress))
        for place, member in enumerate(file.members)
    )
    return Outlook(file.title, ensembles, tuple(member.probability for member in file.members))
