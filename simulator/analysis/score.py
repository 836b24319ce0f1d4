"""A forecast held to what happened: Brier and logarithmic scores, places of counts and readings in their distributions."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr

from simulator.arrays import Booleans, Floats, Integers
from simulator.engine.plan import Asked
from simulator.engine.tally import BINS_PER_POINT
from simulator.ensemble.ensemble import Ensemble
from simulator.ensemble.estimates import proportion
from simulator.ensemble.simulation import require_whole
from simulator.ensemble.tables import kept_answers
from simulator.errors import Refused
from simulator.scenario.calendar import end_of_step, step_of
from simulator.scenario.known import answer, firings, known_steps, with_record
from simulator.scenario.record import Record

# Forecasts below which a calibration is noise.
LEAST_CALIBRATED = 10

# Months after the start, or after what was known, at which scores are told.
HORIZONS = (6, 12, 18, 24, 36, 48)

FORECAST = ["probability", "std_error", "outcome", "brier", "log"]


@dataclass(frozen=True, repr=False, eq=False)
class Score:
    """What a record says of an ensemble's forecasts, up to a day.

    Attributes
    ----------
    ensemble : Ensemble
        The forecast.
    record : Record
        What happened.
    step : int
        The last step that is scored.
    """

    ensemble: Ensemble
    record: Record
    step: int

    @property
    def day(self) -> date:
        """The day up to which it is scored: the end of the last whole month that is known."""
        return end_of_step(self.ensemble.plan.begins, self.step)

    @cached_property
    def events(self) -> pd.DataFrame:
        """Each event that could have happened by the day: its forecast, and what happened.

        By event: `label`; `probability` of at least once after the start (or what was known) and by the day, with its
        `std_error`; `outcome`, whether it did; `brier`, (probability - outcome) squared; `log`, minus the natural logarithm
        of the probability of what happened; `expected` and `observed` number of times, and `pit`, the place of the observed
        number in its distribution, the middle of its step; `confidence`, of the fact that decided.
        """
        return self._events(self.step)

    @cached_property
    def questions(self) -> pd.DataFrame:
        """Each question of the scenario that the record answers by the day, with the scores of `events`.

        By question: `label`, `ask`, `date`, and what `events` has but for counts. A record answers a question about events
        that it tells of; one about levels, or about being in force, it does not.
        """
        plan, rows = self.ensemble.plan, {}
        before, past = end_of_step(plan.begins, plan.known), [event.name for event in plan.events if event.happened]
        for asked in plan.questions:
            day = end_of_step(plan.begins, asked.step)
            outcome = answer(self.record, asked.condition, day, asked.by, self.day, past)
            if outcome is None:
                continue
            if plan.known and answer(self.record, asked.condition, day, asked.by, before, past) is not None:
                continue
            yes = kept_answers(self.ensemble.tally, plan, asked)
            row = {"label": self.ensemble.scenario.label_of(asked.name), "ask": asked.condition.text}
            row |= {"date": self.ensemble.dates[asked.step], **self._scores(yes, outcome)}
            rows[asked.name] = row | {"confidence": self._least_sure(asked)}
        columns = ["label", "ask", "date", *FORECAST, "confidence"]
        return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("question")

    @cached_property
    def readings(self) -> pd.DataFrame:
        """Each reading by the day: the forecast of such a figure, its error included, and the figure.

        By number: `of`, `on` (the forecast is of the end of that month), `value`, `sd`; `median`, `low` and `high`, the
        forecast's middle 80 %; `crps`, the continuous ranked probability score, in points; and `pit`, the place of the
        figure in the forecast.
        """
        rows = []
        plan = self.ensemble.plan
        for reading in sorted(self.record.readings, key=lambda one: one.on):
            step = step_of(plan.begins, reading.on)
            if plan.known < step <= self.step:
                centres, shares = self._predicted(plan.series.index(reading.of), step)
                grid, below = smoothed(centres, shares, reading.sd)
                low, median, high = np.interp([0.1, 0.5, 0.9], below, grid)
                rows.append(
                    {
                        "of": reading.of,
                        "on": reading.on,
                        "value": reading.value,
                        "sd": reading.sd,
                        "median": median,
                        "low": low,
                        "high": high,
                        "crps": crps(grid, below, reading.value),
                        "pit": float(np.interp(reading.value, grid, below)),
                    }
                )
        columns = ["of", "on", "value", "sd", "median", "low", "high", "crps", "pit"]
        return pd.DataFrame(rows, columns=columns).rename_axis("reading")

    @cached_property
    def summary(self) -> pd.DataFrame:
        """Means over all events and questions, and what they are to be held against.

        By `forecasts` ("all", or "surer", those that no fact of low confidence decides): `n`; `brier` and `log`, means;
        `brier_expected` and `log_expected`, what the forecaster would have on average if the world were one of its draws,
        and `worse`, the share of its draws in which its Brier score would be worse than it is; `brier_coin` and `log_coin`,
        of a half for everything; `brier_base` and `log_base`, of one probability for all, the share that came true; and
        `independent`, as how many independent forecasts they count.
        """
        surer = self._forecasts["confidence"] != "low"
        return pd.DataFrame(
            {"all": self._means(np.ones(len(surer), dtype=np.bool_)), "surer": self._means(surer.to_numpy())}
        ).T.rename_axis("forecasts")

    @cached_property
    def by_horizon(self) -> pd.DataFrame:
        """The mean scores of events by some months ahead: by `months`, the `date`, `n`, `brier`, `brier_expected`, `log`."""
        first = self.ensemble.plan.known
        rows = {}
        for ahead in sorted({*(m for m in HORIZONS if first + m < self.step), self.step - first}):
            table = self._events(first + ahead)
            p = table["probability"]
            row = {"date": self.ensemble.dates[first + ahead], "n": len(table), "brier": table["brier"].mean()}
            rows[ahead] = {**row, "brier_expected": float((p * (1 - p)).mean()), "log": table["log"].mean()}
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("months")

    def calibration(self, n_groups: int = 5) -> pd.DataFrame:
        """Return how often what was given some probability came true, in groups of near probabilities.

        Parameters
        ----------
        n_groups : int
            Groups of equal width from 0 to 1.

        Returns
        -------
        DataFrame
            By `group`: `n`; `forecast`, the mean probability; `share` that came true; `low` and `high`, within which the
            share would be in 95 % of the forecaster's own draws.

        Raises
        ------
        Refused
            There are fewer than ten forecasts.

        References
        ----------
        Bröcker & Smith (2007), Weather and Forecasting 22: 651-661: consistency bars.

        Examples
        --------
        >>> from simulator import read_record, read_scenario, score, simulate
        >>> scored = score(simulate(read_scenario("baseline"), 1_000), read_record("us_russia_2025"))
        >>> int(scored.calibration().n.sum()) == len(scored.events) + len(scored.questions)
        True
        """
        told = self._forecasts
        if len(told) < LEAST_CALIBRATED:
            raise Refused(f"{len(told)} forecasts have come due; a calibration needs at least {LEAST_CALIBRATED}")
        group = np.minimum((told["probability"] * n_groups).astype(int), n_groups - 1).to_numpy()
        rows = {}
        for g in np.unique(group):
            here = group == g
            mean = self._drawn[here].mean(axis=0)
            order = np.argsort(mean, kind="stable")
            reached = np.cumsum(self.ensemble.tally.kept.ratios[order]) / len(mean)
            low, high = (float(mean[order][np.searchsorted(reached, p)]) for p in (0.025, 0.975))
            row = {"n": int(here.sum()), "forecast": told["probability"][here].mean(), "share": told["outcome"][here].mean()}
            rows[f"{g / n_groups:g} to {(g + 1) / n_groups:g}"] = {**row, "low": low, "high": high}
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("group")

    def __repr__(self) -> str:
        row = self.summary.loc["all"]
        return (
            f"Score({self.ensemble.scenario.name} by {self.day}: Brier {row.brier:.3f} of {int(row.n)} forecasts, expected "
            f"{row.brier_expected:.3f}, a coin {row.brier_coin:.3f})"
        )

    def _repr_html_(self) -> str:
        return f"<p>{self!r}</p>{self.summary.round(3).to_html()}{self.events.round(3).to_html()}"

    # --- what happened, and what was drawn ---

    def _scored(self, step: int) -> Iterator[tuple[str, Integers, int]]:
        """Yield each event that is forecast from what was known to a step: its times in each kept draw, and its times.

        What a scenario switches off is forecast not to come; and what happened though the scenario did not have it
        possible was forecast so, too.
        """
        plan, fired, span = self.ensemble.plan, self.ensemble.tally.kept.fired, range(self.ensemble.plan.known + 1, step + 1)
        times: dict[str, int] = {}
        for firing in firings(with_record(self.ensemble.scenario, self.record, self.day), counted=True):
            times[firing.event] = times.get(firing.event, 0) + (firing.step in span)
        never = np.zeros(self.ensemble.n_kept, dtype=np.int64)
        for e, event in enumerate(plan.events):
            if event.name in self.record.tells and not is_over(self.ensemble, e):
                possible = max(event.first, span.start) <= min(event.last, step)
                if possible or times.get(event.name):
                    count = fired[span.start : span.stop, e].sum(axis=0) if possible else never
                    yield event.name, count, times.get(event.name, 0)
        for name in plan.absent:
            if name in self.record.tells:
                yield name, never, times.get(name, 0)

    def _events(self, step: int) -> pd.DataFrame:
        ratios, rows = self.ensemble.tally.kept.ratios, {}
        for name, count, observed in self._scored(step):
            row: dict[str, Any] = {"label": self.ensemble.scenario.label_of(name)}
            row |= self._scores(count > 0, observed > 0)
            row |= {"expected": float((count * ratios).mean()), "observed": observed}
            rows[name] = row | {"pit": place(count, ratios, observed), "confidence": self._confidence(name, step)}
        columns = ["label", *FORECAST, "expected", "observed", "pit", "confidence"]
        return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("event")

    def _confidence(self, event: str, step: int) -> str:
        """Return how sure the surest fact is that an event happened; nothing where it did not, or nobody said."""
        first, last = (
            end_of_step(self.ensemble.plan.begins, self.ensemble.plan.known),
            end_of_step(self.ensemble.plan.begins, step),
        )
        words = [fact.confidence for fact in self.record.facts if fact.event == event and first < fact.on <= last]
        return next((word for word in ("high", "medium", "low") if word in words), "")

    def _least_sure(self, asked: Asked) -> str:
        """Return how sure the facts are on which the answer to a question rests: the least sure of its events."""
        words = [self._confidence(name, min(asked.step, self.step)) for name in asked.condition.names]
        return next((word for word in ("low", "medium", "high") if word in words), "")

    def _scores(self, yes: Booleans, outcome: bool) -> dict[str, Any]:
        """Return a probability, from the draws that are kept whole, and its scores."""
        kept = self.ensemble.tally.kept
        n = kept.n_effective
        p, error, _, _ = proportion(float((yes * kept.ratios).mean()) * n, n)
        brier, log = scores_of(float(p), n, outcome)
        return dict(zip(FORECAST, (float(p), float(error), bool(outcome), brier, log), strict=True))

    @cached_property
    def _forecasts(self) -> pd.DataFrame:
        """Events and questions together."""
        asked = self.questions
        columns = [*FORECAST, "confidence"]
        both = [table[columns] for table in (self.events, asked) if len(table)]
        return pd.concat(both) if both else pd.DataFrame(columns=columns)

    @cached_property
    def _drawn(self) -> Booleans:
        """What each draw would have answered, (n_forecasts, D)."""
        rows = [count > 0 for _, count, _ in self._scored(self.step)]
        for name in self.questions.index:
            asked = next(question for question in self.ensemble.plan.questions if question.name == name)
            rows.append(kept_answers(self.ensemble.tally, self.ensemble.plan, asked))
        return np.array(rows, dtype=np.bool_).reshape(len(rows), self.ensemble.n_kept)

    def _means(self, which: Booleans) -> dict[str, float]:
        told, drawn, ratios = self._forecasts[which], self._drawn[which].astype(np.float64), self.ensemble.tally.kept.ratios
        names = ["n", "brier", "log", "brier_expected", "log_expected", "worse"]
        names += ["brier_coin", "log_coin", "brier_base", "log_base", "independent"]
        if not len(told):
            return dict.fromkeys(names, float("nan")) | {"n": 0.0}
        p, share = told["probability"].to_numpy(dtype=np.float64), float(told["outcome"].mean())
        in_draws = ((p[:, None] - drawn) ** 2).mean(axis=0)
        brier = float(told["brier"].mean())
        # of a sum of forecasts: its variance if they were independent over what it is
        total = drawn.sum(axis=0)
        spread = float((ratios * (total - (ratios * total).mean()) ** 2).mean())
        apart = float((p * (1 - p)).sum())
        numbers = [
            len(told),
            brier,
            float(told["log"].mean()),
            float((p * (1 - p)).mean()),
            float(_entropy(p).mean()),
            float((ratios * (in_draws > brier)).mean()),
            0.25,
            float(np.log(2)),
            share * (1 - share),
            float(_entropy(np.array([share]))[0]),
            min(len(told) * apart / spread, len(told)) if spread > 0 else float(len(told)),
        ]
        return dict(zip(names, map(float, numbers), strict=True))

    def _predicted(self, series: int, step: int) -> tuple[Floats, Floats]:
        """Return the middles of the grid's bins and the share of draws in each."""
        shares = self.ensemble.tally.effective.histogram[step, series] / self.ensemble.n_effective
        return (np.arange(len(shares)) + 0.5) / BINS_PER_POINT, np.asarray(shares)


def _entropy(p: Floats) -> Floats:
    inside = np.clip(p, 1e-300, 1 - 1e-16)
    return np.asarray(np.where((p > 0) & (p < 1), -p * np.log(inside) - (1 - p) * np.log1p(-inside), 0.0))


def scores_of(probability: float, n: float, outcome: bool) -> tuple[float, float]:
    """Return the Brier and the logarithmic score of a probability that n draws gave.

    Notes
    -----
    No finite sample shows a chance of 0: the logarithmic score takes half a draw more of each answer (Jeffreys).
    """
    chance = (probability * n + 0.5) / (n + 1)
    return (probability - outcome) ** 2, -float(np.log(chance if outcome else 1 - chance))


def is_over(ensemble: Ensemble, e: int) -> bool:
    """Tell whether an event, by its place, does not repeat and has happened in all draws before what comes is forecast."""
    event, known = ensemble.plan.events[e], ensemble.plan.known
    has_happened = event.happened or bool(ensemble.tally.kept.fired[: known + 1, e].any(axis=0).all())
    return has_happened and not event.repeats


def place(count: Integers, ratios: Floats, observed: int) -> float:
    """Return the place of an observed number in the distribution of draws: below it, and half of the draws with it.

    References
    ----------
    Czado, Gneiting & Held (2009), Biometrics 65: 1254-1261: the PIT of counts; its middle is the mid-P value.

    Examples
    --------
    >>> place(np.array([0, 1, 1, 2]), np.ones(4), 1)
    0.5
    """
    return float((ratios * ((count < observed) + 0.5 * (count == observed))).mean())


def smoothed(centres: Floats, shares: Floats, sd: float) -> tuple[Floats, Floats]:
    """Return a grid of points, and the share of figures below each: what is drawn, and a normal error."""
    grid = np.arange(-6 * sd, 100 + 6 * sd + 0.05, 0.05)
    used = shares > 0
    return grid, np.asarray(ndtr((grid[:, None] - centres[used]) / sd) @ shares[used])


def crps(grid: Floats, below: Floats, value: float) -> float:
    r"""Return the continuous ranked probability score, :math:`\int (F(z) - 1\{z \ge y\})^2 dz`, in points.

    Parameters
    ----------
    grid, below : (n,) ndarray
        Points, and the share of the forecast below each.
    value : float
        What was measured.

    References
    ----------
    Gneiting & Raftery (2007), JASA 102: 359-378.

    Examples
    --------
    >>> grid = np.linspace(-10, 10, 4001)
    >>> round(crps(grid, ndtr(grid), 0.0), 4)       # (sqrt(2) - 1) / sqrt(pi)
    0.2337
    """
    # in two parts, for the indicator jumps between two points of the grid
    at, left = np.interp(value, grid, below), grid < value
    before, after = np.append(grid[left], value), np.append(value, grid[~left])
    lower, upper = np.append(below[left], at), np.append(at, below[~left])
    return float(np.trapezoid(lower**2, before) + np.trapezoid((1 - upper) ** 2, after))


def score(ensemble: Ensemble, record: Record, until: date | str | None = None) -> Score:
    """Return how a forecast has fared: its probabilities against what a record says of them.

    Parameters
    ----------
    ensemble : Ensemble
        From `simulate` or `read_run`; what it knows already is not scored. Probabilities are those of its kept draws.
    record : Record
        From `read_record`, of the same relationship.
    until : date or str, optional
        The last day that counts; whole months do. Default: the record's last day.

    Returns
    -------
    Score
        With tables `events`, `questions`, `readings`, `summary`, `by_horizon` and `calibration()`.

    Raises
    ------
    Refused
        The record is of another relationship, or no whole month after what is known is covered by it.

    References
    ----------
    Brier (1950), Monthly Weather Review 78: 1-3; Gneiting & Raftery (2007), JASA 102: 359-378.

    Examples
    --------
    >>> from simulator import read_record, read_scenario, score, simulate
    >>> scored = score(simulate(read_scenario("baseline"), 1_000), read_record("us_russia_2025"), "2026-01-20")
    >>> scored.events.loc["leaders_meeting", "outcome"]
    np.True_
    """
    require_whole(ensemble, "score()")
    if not isinstance(record, Record):
        raise Refused(f"score() takes a Record, such as read_record(NAME); found {type(record).__name__}")
    scenario = ensemble.scenario
    own = scenario.relationship or scenario.name
    if record.relationship != own:
        raise Refused(f"{record.name} is a record of {record.relationship}, and {scenario.name} is of {own}")
    day = _day(until, record)
    step = known_steps(with_record(scenario, record, day))
    if step <= ensemble.plan.known:
        least = end_of_step(ensemble.plan.begins, ensemble.plan.known + 1)
        raise Refused(f"nothing has come due by {day}: the first month that can be scored ends on {least}")
    return Score(ensemble, record, step)


def _day(until: date | str | None, record: Record) -> date:
    if isinstance(until, str):
        try:
            until = date.fromisoformat(until)
        except ValueError:
            raise Refused(f"until must be a day such as '{record.until}'; found {until!r}") from None
    if until is not None and until > record.until:
        raise Refused(f"{record.name} ends on {record.until}; nothing can be scored until {until}")
    return until or record.until
