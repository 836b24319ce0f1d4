"""The result of a simulation: all draws of one scenario, as pandas tables in which every estimate has its error."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import cached_property
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from simulator.arrays import Booleans, Floats
from simulator.engine.count import exact_values
from simulator.engine.plan import Plan, TimedEvent
from simulator.engine.sampling import uncertain
from simulator.engine.tally import BINS_PER_POINT, Tally
from simulator.ensemble import tables
from simulator.ensemble.given import meets, require_text, restricted
from simulator.ensemble.reweight import reweighted
from simulator.errors import Refused, suggestion
from simulator.scenario.calendar import When, dates, end_of_step, month_of
from simulator.scenario.known import answer
from simulator.scenario.schema import Scenario

# Median, and central intervals of 50, 80 and 95 %.
PROBABILITIES = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)

# Months a summary reports, besides the start and the horizon.
REPORTED = (6, 12, 24)


@dataclass(frozen=True, repr=False, eq=False)
class Ensemble:
    """All draws of one scenario with its random seed.

    Tables are indexed by `name` (a factor or an index), `month` (0 is the start) and `date` (the day a month ends on).
    A probability comes with its standard error and its 95 % Wilson interval (`low`, `high`).

    Attributes
    ----------
    scenario : Scenario
        What was simulated.
    seed : int
        The random seed.
    plan : Plan
        The scenario as the engine sees it.
    tally : Tally
        The counts everything is computed from.
    note : str
        What a reader must know of how it was made; empty for a simulation.
    condition : str
        What holds in all its draws, where they are some of a run's; see `given`.
    """

    scenario: Scenario
    seed: int
    plan: Plan
    tally: Tally
    note: str = ""
    condition: str = ""

    def __post_init__(self) -> None:
        for part in (self.tally.counts, self.tally.moments, self.tally.kept):
            for field in fields(part):
                value = getattr(part, field.name)
                if isinstance(value, np.ndarray):
                    value.flags.writeable = False

    @property
    def n_draws(self) -> int:
        """Number of draws."""
        return self.tally.n_draws

    @property
    def n_effective(self) -> float:
        """The effective number of draws: as many draws without weights would have the same errors; all without a record."""
        return self.tally.n_effective

    @property
    def is_conditioned(self) -> bool:
        """Whether a record gives the draws weights."""
        return bool(self.plan.observations)

    @property
    def known_to(self) -> date | None:
        """The day up to which a record is read; None without one."""
        return end_of_step(self.plan.begins, self.plan.known) if self.plan.known else None

    @property
    def weights(self) -> pd.Series:
        """The weights of the kept draws, which sum to 1; all the same without a record."""
        kept = self.tally.kept.weights
        index = pd.RangeIndex(self.n_kept, name="draw")
        return pd.Series(kept / max(int(kept.sum()), 1), index=index, name="weight")

    @property
    def n_kept(self) -> int:
        """Number of draws that are kept whole."""
        return int(self.tally.kept.values.shape[2])

    @property
    def factors(self) -> tuple[str, ...]:
        """Names of the factors."""
        return self.plan.factors

    @property
    def indices(self) -> tuple[str, ...]:
        """Names of the indices, `warmth` first."""
        return self.plan.indices

    @property
    def horizon(self) -> int:
        """Number of months simulated."""
        return self.plan.n_steps

    @cached_property
    def dates(self) -> pd.DatetimeIndex:
        """The day each month ends on, from the start."""
        return pd.DatetimeIndex(dates(self.plan.begins, self.horizon), name="date")

    @property
    def heading(self) -> str:
        """What its outputs are headed by: the scenario's title, what was changed of its file, and what is given."""
        return self.scenario.heading + (f", given {self.condition}" if self.condition else "")

    def given(self, condition: str) -> "Ensemble":
        """Return the draws that are kept whole and in which a condition holds, as an ensemble of their own.

        Parameters
        ----------
        condition : str
            As in `exceedance`, perhaps followed by "on DATE" or "by DATE": ``"leaders_meeting by 2026-01-20"``. Without a
            date it is asked at the horizon.

        Returns
        -------
        Ensemble
            Counted from those draws alone; its `note` says how many of how many they are. Conditioning is on what the model
            draws: it says what goes with the condition, and not what bringing it about would do.

        Raises
        ------
        Refused
            The condition cannot be read, or fewer than 400 effective draws meet it.

        Examples
        --------
        >>> from simulator import read_scenario, simulate
        >>> met = simulate(read_scenario("baseline"), 1_000).given("leaders_meeting by 2026-01-20")
        >>> met.n_draws < 1_000, float(met.questions().probability["presidents_meet"])
        (True, 1.0)
        """
        require_text(condition, "given()")
        if self.condition:
            raise Refused(f"these are already the draws given {self.condition!r}; join conditions by `and`")
        return self.restricted(meets(self.scenario, self.plan, self.tally, condition), condition)

    def restricted(self, met: Booleans, condition: str, n_draws: int | None = None) -> "Ensemble":
        """Return some of the draws that are kept whole, of which a condition is told.

        Parameters
        ----------
        met : (n_kept,) ndarray of bool
            Which.
        condition : str
            What holds in them.
        n_draws : int, optional
            Of how many they are. Default: all that are kept.

        Examples
        --------
        See `given`.
        """
        tally = restricted(self.scenario.name, self.plan, self.tally, met, condition)
        note = f"given {condition}: {tally.n_draws:,} of {n_draws or self.n_kept:,} draws"
        return replace(self, tally=tally, note=note, condition=condition)

    def mean(self, names: str | Iterable[str] | None = None) -> pd.DataFrame:
        """Return means, their standard errors and the standard deviation of the draws, by name and month.

        Parameters
        ----------
        names : str or iterable of str, optional
            Factors and indices. Default: the indices.

        Examples
        --------
        >>> from simulator import read_scenario, simulate
        >>> table = simulate(read_scenario("baseline"), 1_000).mean("warmth")
        >>> list(table.columns), list(table.index.names)
        (['mean', 'std_error', 'sd'], ['name', 'month', 'date'])
        """
        moments, std_error, sd = self.tally.moments, self.tally.std_error(), self.tally.sd()
        return self._by_month(
            names, lambda s: pd.DataFrame({"mean": moments.mean[:, s], "std_error": std_error[:, s], "sd": sd[:, s]})
        )

    def quantiles(
        self, names: str | Iterable[str] | None = None, probabilities: float | Sequence[float] = PROBABILITIES
    ) -> pd.DataFrame:
        """Return quantiles and their standard errors, by name, month and probability.

        Parameters
        ----------
        names : str or iterable of str, optional
            Factors and indices. Default: the indices.
        probabilities : float or sequence of float
            Each above 0 and under 1.

        Notes
        -----
        From counts of all draws in bins of a twentieth of a point. ``.value.unstack("probability")`` makes a wide table.

        Examples
        --------
        >>> from simulator import read_scenario, simulate
        >>> table = simulate(read_scenario("baseline"), 1_000).quantiles("warmth", [0.1, 0.9])
        >>> table.xs(48, level="month").value.round().tolist() == sorted(table.xs(48, level="month").value.round())
        True
        """
        asked = tables.probabilities_of(probabilities)

        def table(s: int) -> pd.DataFrame:
            values, errors = tables.quantiles(self.tally, s, asked)
            columns = pd.Index(asked, name="probability")
            wide = {"value": pd.DataFrame(values, columns=columns), "std_error": pd.DataFrame(errors, columns=columns)}
            return pd.concat({key: frame.stack() for key, frame in wide.items()}, axis=1)

        return self._by_month(names, table)

    def summary(self, names: str | Iterable[str] | None = None, months: When | Iterable[When] | None = None) -> pd.DataFrame:
        """Return mean, standard error, standard deviation and quantiles at a few months.

        Parameters
        ----------
        names : str or iterable of str, optional
            Factors and indices. Default: the indices.
        months : int, date or str, or iterable of them, optional
            Months or days. Default: the start, 6, 12 and 24 months, and the horizon.

        Examples
        --------
        >>> from simulator import read_scenario, simulate
        >>> ensemble = simulate(read_scenario("baseline"), 1_000)
        >>> ensemble.summary("warmth").index.get_level_values("month").tolist()
        [0, 6, 12, 24, 48]
        >>> ensemble.summary("warmth", "2026-01-20").index.get_level_values("month").tolist()
        [12]
        """
        several = months if isinstance(months, Iterable) and not isinstance(months, str) else [months]
        at = self.reported if months is None else [self.month_of(month) for month in several]
        table = self.mean(names).join(tables.wide(self.quantiles(names)))
        return table[table.index.get_level_values("month").isin(at)]

    def month_of(self, when: When | None = None) -> int:
        """Return the month that is meant by a number, or that covers a day; by default the horizon.

        Raises
        ------
        Refused
            It is neither, or not within the projection.

        Examples
        --------
        >>> from simulator import read_scenario, simulate
        >>> simulate(read_scenario("baseline"), 100).month_of("2026-01-01")
        12
        """
        return month_of(when, self.plan.begins, self.horizon)

    def histogram(self, name: str = "warmth", month: When | None = None) -> pd.Series:
        """Return how many draws lie in each point of the scale at the end of a month.

        Parameters
        ----------
        name : str
            A factor or an index.
        month : int, date or str, optional
            Default: the horizon.

        Returns
        -------
        Series
            Counts of draws, with a record of effective draws, by the lower end of each interval of one point, 0 to 99; 100
            belongs to the last.

        Examples
        --------
        >>> from simulator import read_scenario, simulate
        >>> int(simulate(read_scenario("baseline"), 1_000).histogram("warmth").sum())
        1000
        """
        counts = (
            self.tally.effective.histogram[self.month_of(month), self._place(name)].reshape(-1, BINS_PER_POINT).sum(axis=1)
        )
        return pd.Series(counts, index=pd.RangeIndex(len(counts), name="points"), name="draws")

    @property
    def reported(self) -> list[int]:
        """The months a summary reports."""
        return sorted({0, *(month for month in REPORTED if month < self.horizon), self.horizon})

    def bands(self, names: str | Iterable[str] | None = None) -> pd.DataFrame:
        """Return the probability of each band, by index, month and band.

        Parameters
        ----------
        names : str or iterable of str, optional
            Indices. Default: all.

        Examples
        --------
        >>> from simulator import read_scenario, simulate
        >>> table = simulate(read_scenario("baseline"), 1_000).bands("warmth").probability.unstack("band")
        >>> bool((table.sum(axis=1).round(12) == 1).all())
        True
        """
        parts = {}
        for name in self._indices(names):
            labels = self.scenario.bands_of(name).names
            counts = self.tally.effective.bands[:, self.indices.index(name), : len(labels)]
            parts[name] = tables.proportions(counts.ravel(), self.n_effective, self._months_by(labels, "band"))
        return pd.concat(parts, names=["name"])

    def time_in_band(self, names: str | Iterable[str] | None = None) -> pd.DataFrame:
        """Return the mean number of months spent in each band and the probability of ever being there.

        Parameters
        ----------
        names : str or iterable of str, optional
            Indices. Default: all.

        Returns
        -------
        DataFrame
            By index and band: `months` of the horizon's month ends after the start and the start itself, `std_error`,
            and the `ever` probability with its Wilson interval.

        Examples
        --------
        >>> from simulator import read_scenario, simulate
        >>> table = simulate(read_scenario("baseline"), 1_000).time_in_band("warmth")
        >>> round(float(table.months.sum()), 9)
        49.0
        """
        parts = {}
        for name in self._indices(names):
            labels = self.scenario.bands_of(name).names
            counts = self.tally.effective.months_in_band[self.indices.index(name), : len(labels)]
            parts[name] = tables.time_in_band(counts, self.n_effective, labels)
        return pd.concat(parts, names=["name"])

    def transitions(self, name: str = "warmth") -> pd.DataFrame:
        """Return how likely an index that begins a month in one band is to end it in another, over all months.

        Parameters
        ----------
        name : str
            An index.

        Returns
        -------
        DataFrame
            By `from` and `to` band: `probability`, `std_error`, `n_months` that began in the band, and `n_paths` that were
            ever there. Not a number where no month began there.

        Notes
        -----
        Counted in the draws that are kept whole. The months of one path depend on each other, so the error is that of a
        ratio of sums over paths (Cochran 1977, Sampling Techniques, section 6.3), not of independent trials.

        Examples
        --------
        >>> from simulator import read_scenario, simulate
        >>> table = simulate(read_scenario("baseline"), 1_000).transitions()
        >>> round(float(table.probability["tense"].sum()), 9)
        1.0
        """
        [name] = self._indices(name)
        bands = self.scenario.bands_of(name)
        return tables.transitions(self.exact(name), self.tally.kept, bands.cuts, bands.names)

    def first_passage(self, band: str, name: str = "warmth") -> pd.DataFrame:
        """Return the probability that an index has been in a band, by month.

        Parameters
        ----------
        band : str
            Name of one of the index's bands.
        name : str
            An index.

        Examples
        --------
        >>> from simulator import read_scenario, simulate
        >>> table = simulate(read_scenario("baseline"), 1_000).first_passage("confrontation")
        >>> bool(table.probability.is_monotonic_increasing)
        True
        """
        i = self.indices.index(self._indices(name)[0])
        labels = self.scenario.bands_of(name).names
        if band not in labels:
            raise Refused(f"no band of {name} is called {band!r}" + suggestion(band, labels))
        reached = self.tally.in_effective(self.tally.counts.first_passage[:, i, labels.index(band)].cumsum())
        return tables.proportions(reached, self.n_effective, self._months())

    def events(self) -> pd.DataFrame:
        """Return how likely each event is within the horizon, how often it happens, and when first.

        Returns
        -------
        DataFrame
            By event: `probability` of at least once with its Wilson interval; `count`, the mean number of times, with
            `count_std_error`; `first_p10`, `first_p50`, `first_p90`, quantiles of the month of the first time, given that
            it happens. With a record also `seen`, how often it is known to have happened (not a number where the record is
            silent), and `still`, the probability of at least once after the day that is known, with its errors.

        Examples
        --------
        >>> from simulator import read_scenario, simulate
        >>> table = simulate(read_scenario("baseline"), 1_000).events()
        >>> bool((table["count"] >= table.probability - 1e-12).all())
        True
        """
        table = tables.events(self.tally.effective, self.n_effective, [event.name for event in self.plan.events])
        told = [event for event in self.plan.events if event.recorded is not None]
        over = [event.name for event in told if event.last <= self.plan.known]
        table.loc[[event.name for event in told if event.seen], ["std_error", "low", "high"]] = [0.0, 1.0, 1.0]
        table.loc[[event.name for event in told if event.name in over and not event.seen], ["std_error", "high"]] = 0.0
        table.loc[over, "count_std_error"] = 0.0
        return table.join(self._still()) if self.is_conditioned else table

    def _still(self) -> pd.DataFrame:
        """Return how often each event is known to have happened, and how likely it still happens."""
        index = pd.Index([event.name for event in self.plan.events], name="event", dtype=object)
        table = tables.proportions(self.tally.effective.events_still, self.n_effective, index)
        table.loc[[event.name for event in self.plan.events if self.is_over(event)]] = 0.0
        table.columns = pd.Index(["still", "still_std_error", "still_low", "still_high"])
        table.insert(0, "seen", [np.nan if event.recorded is None else len(event.seen) for event in self.plan.events])
        return table

    def is_over(self, event: TimedEvent) -> bool:
        """Tell whether an event can no longer happen after what is known: its time is past, or it does not repeat.

        Examples
        --------
        >>> from simulator import read_scenario, simulate
        >>> ensemble = simulate(read_scenario("baseline"), 100)
        >>> any(map(ensemble.is_over, ensemble.plan.events))
        False
        """
        return event.last <= self.plan.known or bool(event.seen and not event.repeats)

    def event_times(self) -> pd.DataFrame:
        """Return the probability that each event has happened, by event and month.

        Examples
        --------
        >>> from simulator import read_scenario, simulate
        >>> list(simulate(read_scenario("baseline"), 1_000).event_times().index.names)
        ['event', 'month', 'date']
        """
        reached = self.tally.in_effective(self.tally.counts.events_first.cumsum(axis=0))
        parts = {}
        for e, event in enumerate(self.plan.events):
            table = tables.proportions(reached[:, e], self.n_effective, self._months())
            if event.recorded is not None:  # up to the day that is known it is certain, and what has happened stays so
                known = np.arange(len(table)) <= self.plan.known
                known |= np.arange(len(table)) >= min(event.seen, default=len(table))
                table.loc[known, "std_error"] = 0.0
                table.loc[known, "low"] = table.loc[known, "high"] = table.loc[known, "probability"]
            parts[event.name] = table
        return (
            pd.concat(parts, names=["event"]) if parts else pd.DataFrame(columns=["probability", "std_error", "low", "high"])
        )

    def questions(self) -> pd.DataFrame:
        """Return the probability that each question's answer is yes.

        Returns
        -------
        DataFrame
            By question: `label`, `ask`, `when` ("on" a date or "by" one), `date` of the month end it is read at, and the
            `probability` with its Wilson interval.

        Examples
        --------
        >>> from simulator import read_scenario, simulate
        >>> bool(simulate(read_scenario("baseline"), 1_000).questions().probability.between(0, 1).all())
        True
        """
        asked = self.plan.questions
        index = pd.Index([question.name for question in asked], name="question", dtype=object)
        told = pd.DataFrame(
            {
                "label": [self.scenario.label_of(question.name) for question in asked],
                "ask": [question.condition.text for question in asked],
                "when": ["by" if question.by else "on" for question in asked],
                "date": [self.dates[question.step] for question in asked],
            },
            index=index,
        )
        table = told.join(tables.proportions(self.tally.effective.questions, self.n_effective, index))
        if self.known_to is not None and self.scenario.record is not None:
            past = [event.name for event in self.plan.events if event.happened]
            for question in asked:  # what is known is certain
                day = end_of_step(self.plan.begins, question.step)
                if answer(self.scenario.record, question.condition, day, question.by, self.known_to, past) is not None:
                    table.loc[question.name, "std_error"] = 0.0
                    table.loc[question.name, ["low", "high"]] = table.loc[question.name, "probability"]
        return table

    def exceedance(self, condition: str) -> pd.DataFrame:
        """Return the probability that a condition holds, by month.

        Parameters
        ----------
        condition : str
            Such as ``"warmth >= 50"`` or ``"sanctions > 30 and not summit"``.

        Returns
        -------
        DataFrame
            `probability` with its Wilson interval, and `n_draws`: all draws where one name is compared by >= or < with a
            multiple of a twentieth of a point, which the counts answer; else the draws that are kept whole.

        Examples
        --------
        >>> from simulator import read_scenario, simulate
        >>> ensemble = simulate(read_scenario("baseline"), 1_000)
        >>> int(ensemble.exceedance("warmth >= 25").n_draws.iloc[0])
        1000
        """
        require_text(condition, "exceedance()")
        try:
            parsed = self.scenario.condition(condition)
        except ValueError as error:
            raise Refused(f"{condition!r}: {error}") from None
        hits, n = tables.counted(self.tally, self.plan, parsed), self.n_effective
        if hits is None:
            hits, n = tables.kept_hits(self.tally, self.plan, parsed), self.tally.kept.n_effective
        table = tables.proportions(hits, n, self._months())
        table["n_draws"] = n
        return table

    def paths(self, name: str) -> pd.DataFrame:
        """Return the paths of a factor or an index in the kept draws: a row for each month, a column for each draw.

        Examples
        --------
        >>> from simulator import read_scenario, simulate
        >>> simulate(read_scenario("baseline"), 1_000).paths("nato").shape
        (49, 1000)
        """
        columns = pd.RangeIndex(self.n_kept, name="draw")
        return pd.DataFrame(self.tally.kept.values[:, self._place(name)], index=self._months(), columns=columns)

    def draws(self, month: When | None = None) -> pd.DataFrame:
        """Return the kept draws, one row each: factors and indices at a month, every sampled input, first firings.

        Parameters
        ----------
        month : int, date or str, optional
            A month or a day. Default: the horizon.

        Returns
        -------
        DataFrame
            Factors and indices by name, sampled inputs by dotted key (``factors.nato.weight``), and ``first.EVENT``, the
            month an event first happened, not a number where it did not; with a record `weight`, all of which sum to 1.

        Examples
        --------
        >>> from simulator import read_scenario, simulate
        >>> table = simulate(read_scenario("baseline"), 1_000).draws()
        >>> bool(table.warmth.between(0, 100).all()), len(table)
        (True, 1000)
        """
        kept = self.tally.kept
        at = self.month_of(month)
        columns: dict[str, Any] = dict(zip(self.plan.series, kept.values[at], strict=True))
        columns |= dict(zip(map(str, uncertain(self.plan)), kept.inputs, strict=True))
        if self.is_conditioned:
            columns["weight"] = self.weights.to_numpy()
        for e, event in enumerate(self.plan.events):
            fired = kept.fired[:, e]
            columns[f"first.{event.name}"] = np.where(fired.any(axis=0), fired.argmax(axis=0), np.nan)
        return pd.DataFrame(columns, index=pd.RangeIndex(self.n_kept, name="draw"))

    def to_xarray(self) -> Any:
        """Return the kept draws as an xarray Dataset: factors and indices by month and draw, dates beside the months.

        Raises
        ------
        Refused
            The package xarray is not installed.

        Examples
        --------
        >>> from simulator import read_scenario, simulate
        >>> dict(simulate(read_scenario("baseline"), 100).to_xarray().warmth.sizes)
        {'month': 49, 'draw': 100}
        """
        try:
            from xarray import Dataset
        except ImportError:
            raise Refused("to_xarray() needs the package xarray: pip install xarray") from None
        values = self.tally.kept.values
        coordinates: dict[str, Any] = {
            "month": range(self.horizon + 1),
            "draw": range(self.n_kept),
            "date": ("month", self.dates),
        }
        if self.is_conditioned:
            coordinates["weight"] = ("draw", self.weights.to_numpy())
        series = {name: (("month", "draw"), values[:, s]) for s, name in enumerate(self.plan.series)}
        about = {
            "scenario": self.scenario.name,
            "title": self.heading,
            "seed": self.seed,
            "n_draws": self.n_draws,
            "unit": "points, 0 to 100",
        }
        return Dataset(series, coords=coordinates, attrs=about)

    def reweight(self, weights: Mapping[str, float], index: str = "warmth") -> "Ensemble":
        """Return the ensemble that other weights give, without simulating: an index is linear in the kept levels.

        Parameters
        ----------
        weights : mapping
            By factor; the others keep theirs. At least 0 for warmth.
        index : str
            Whose weights.

        Returns
        -------
        Ensemble
            Of the draws that are kept whole; how often bounds stopped a factor is that of all draws, in proportion. Its
            `note` says when it is only approximate: an event that reads the index would have come at other times.

        Raises
        ------
        Refused
            A weight is for a factor that the index does not have, is out of range, or all weights would be zero.

        Examples
        --------
        >>> from simulator import read_scenario, simulate
        >>> ensemble = simulate(read_scenario("baseline"), 500)
        >>> round(float(ensemble.reweight({"nato": 3.0}).mean("warmth")["mean"].iloc[0]))
        20
        """
        scenario, plan, tally = reweighted(self.scenario, self.plan, self.tally, dict(weights), self._indices(index)[0])
        readers = [e.name for e in self.plan.events if e.when is not None and index in e.when.names]
        note = "reweighted without simulation"
        if readers:
            note += f"; approximate, for {index} is read by {', '.join(readers)}, which would have come at other times"
        if self.condition:
            note = f"{self.note}, under the former weights; {note}"
        return Ensemble(
            scenario, self.seed, plan, tally, note, self.condition and f"{self.condition} under the former weights"
        )

    def bounds(self) -> pd.DataFrame:
        """Return how often the ends of the scale stopped a factor: the share of draws and months, by factor.

        Examples
        --------
        >>> from simulator import read_scenario, simulate
        >>> bool((simulate(read_scenario("baseline"), 1_000).bounds().level < 0.02).all())
        True
        """
        shares = self.tally.counts.bounds.T / (self.n_draws * self.horizon)
        return pd.DataFrame(
            shares, index=pd.Index(self.factors, name="factor"), columns=["attraction", "level", "resting_level"]
        )

    def __repr__(self) -> str:
        quantiles, _ = tables.quantiles(self.tally, self._place("warmth"), (0.1, 0.5, 0.9))
        now, (low, median, high) = quantiles[0, 1], quantiles[-1]
        told = f" ({self.n_effective:,.0f} effective, known to {self.known_to})" if self.is_conditioned else ""
        return (
            f"Ensemble({self.scenario.name}: {self.n_draws:,} draws{told}, seed {self.seed}; warmth {now:.1f} on "
            f"{self.dates[0]:%Y-%m-%d}, {median:.1f} (80 %: {low:.1f} to {high:.1f}) on {self.dates[-1]:%Y-%m-%d})"
            + (f"; {self.note}" if self.note else "")
        )

    def _repr_html_(self) -> str:
        table = self.summary().xs("warmth").round(1)
        return f"<p><b>{escape(self.heading)}</b><br>{escape(repr(self))}</p>{table.to_html()}"

    # --- places and indexes ---

    def exact(self, name: str) -> Floats:
        """Return a factor or an index in the kept draws in double precision, (months, draws), as bands are told by.

        Examples
        --------
        >>> from simulator import read_scenario, simulate
        >>> simulate(read_scenario("baseline"), 100).exact("warmth").shape
        (49, 100)
        """
        return self._exact[:, self._place(name)]

    @cached_property
    def _exact(self) -> Floats:
        return exact_values(self.plan, self.tally.kept)

    def _place(self, name: str) -> int:
        [known] = tables.wanted(name, self.plan.series, (), "factor or index")
        return self.plan.series.index(known)

    def _indices(self, names: str | Iterable[str] | None) -> list[str]:
        return tables.wanted(names, self.indices, self.indices, "index")

    def _months(self) -> pd.MultiIndex:
        return pd.MultiIndex.from_arrays([range(self.horizon + 1), self.dates], names=["month", "date"])

    def _months_by(self, labels: Sequence[Any], name: str) -> pd.MultiIndex:
        months = np.repeat(np.arange(self.horizon + 1), len(labels))
        return pd.MultiIndex.from_arrays(
            [months, self.dates[months], list(labels) * (self.horizon + 1)], names=["month", "date", name]
        )

    def _by_month(self, names: str | Iterable[str] | None, table: Any) -> pd.DataFrame:
        """Return one table over all names; each part has a row for each month, or for each month and one more level."""
        parts = {}
        for name in tables.wanted(names, self.plan.series, self.indices, "factor or index"):
            part = table(self._place(name))
            if isinstance(part.index, pd.MultiIndex):
                level = part.index.levels[1]
                part.index = self._months_by(list(level), str(level.name))
            else:
                part.index = self._months()
            parts[name] = part
        return pd.concat(parts, names=["name"])
