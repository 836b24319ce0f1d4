"""Forecasts to be registered, and how registered ones have fared."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

import simulator
from simulator.analysis.ledger import explain
from simulator.analysis.score import FORECAST, is_over, scores_of
from simulator.analysis.tornado import tornado
from simulator.engine.tally import Kept
from simulator.ensemble.ensemble import Ensemble
from simulator.ensemble.estimates import proportion
from simulator.ensemble.tables import at_month
from simulator.files.forecasts import EventForecast, Forecast, QuantileForecast, QuestionForecast
from simulator.scenario.calendar import end_of_step
from simulator.scenario.conditions import parse
from simulator.scenario.known import answer
from simulator.scenario.record import Record
from simulator.scenario.schema import digest

# Months ahead at which events and indices are registered, besides the horizon.
EVENT_MONTHS = (6, 12, 24)
INDEX_MONTHS = (3, 6, 9, 12, 24)

# How many entries of each kind a forecast of an index is charged to.
CHARGED = 3

# Draws that tell which sources move an index most.
FEW = 2_000

# Days from a reading within which a registered quantile forecast is scored by it.
NEAR = 46

PERCENTS = (10, 25, 50, 75, 90)


def forecast_of(ensemble: Ensemble, made: date, changes: tuple[str, ...] = ()) -> Forecast:
    """Return what an ensemble says today, to be registered: probabilities of events and questions, quantiles of indices.

    Parameters
    ----------
    ensemble : Ensemble
        From `simulate`; its kept draws tell of events.
    made : date
        Today.
    changes : tuple of str
        What was changed of the scenario's files, as `--set` takes it.

    Examples
    --------
    >>> from simulator import read_scenario, simulate
    >>> found = forecast_of(simulate(read_scenario("baseline"), 300), date(2026, 11, 24))
    >>> [day.isoformat() for day in found.events[0].by]
    ['2025-07-20', '2026-01-20', '2027-01-20', '2029-01-20']
    """
    scenario, plan = ensemble.scenario, ensemble.plan
    return Forecast(
        made=made,
        scenario=scenario.name,
        title=scenario.title,
        relationship=scenario.relationship or scenario.name,
        digest=digest(scenario),
        version=simulator.__version__,
        seed=ensemble.seed,
        draws=ensemble.n_draws,
        effective=round(float(ensemble.n_effective), 1),
        begins=end_of_step(plan.begins, plan.known),
        record=scenario.record.name if scenario.record is not None and ensemble.is_conditioned else "",
        changes=changes,
        previous="",
        events=tuple(_events(ensemble)),
        questions=tuple(_questions(ensemble)),
        quantiles=tuple(_quantiles(ensemble)),
    )


def _ahead(ensemble: Ensemble, months: Iterable[int]) -> list[int]:
    """Return the steps some months after what is known, and the horizon."""
    known = ensemble.plan.known
    return sorted({*(known + m for m in months if known + m < ensemble.horizon), ensemble.horizon})


def _events(ensemble: Ensemble) -> Iterator[EventForecast]:
    plan, kept = ensemble.plan, ensemble.tally.kept
    for e, event in enumerate(plan.events):
        first = max(event.first, plan.known + 1)
        if first > event.last or is_over(ensemble, e):
            continue
        steps = [step for step in _ahead(ensemble, EVENT_MONTHS) if step >= first]
        yes = np.stack([kept.fired[plan.known + 1 : step + 1, e].any(axis=0) for step in steps])
        p, error, _, _ = proportion((yes * kept.ratios).mean(axis=1) * kept.n_effective, kept.n_effective)
        stated = ensemble.scenario.events[event.name]
        yield EventForecast(
            event=event.name,
            label=ensemble.scenario.label_of(event.name),
            by=tuple(end_of_step(plan.begins, step) for step in steps),
            probability=tuple(map(_rounded, p)),
            std_error=tuple(map(_rounded, error)),
            resolution=stated.resolution or "",
            rests_on=(str(event.chance_key), *([f"events.{event.name}.when"] if stated.when else [])),
        )


def _questions(ensemble: Ensemble) -> Iterator[QuestionForecast]:
    table = ensemble.questions()
    for asked in ensemble.plan.questions:
        if asked.step <= ensemble.plan.known:
            continue
        row, names = table.loc[asked.name], sorted(asked.condition.names)
        keys: list[str] = []
        for name in names:
            event = next((event for event in ensemble.plan.events if event.name == name), None)
            keys += [str(event.chance_key)] if event is not None else _responsible(ensemble, name)
        day = end_of_step(ensemble.plan.begins, asked.step)
        yield QuestionForecast(
            question=asked.name,
            label=ensemble.scenario.label_of(asked.name),
            ask=asked.condition.text,
            on=None if asked.by else day,
            by=day if asked.by else None,
            probability=_rounded(row.probability),
            std_error=_rounded(row.std_error),
            resolution=ensemble.scenario.questions[asked.name].resolution or "",
            rests_on=tuple(dict.fromkeys(keys)),
        )


def _quantiles(ensemble: Ensemble) -> Iterator[QuantileForecast]:
    table = ensemble.quantiles(probabilities=[p / 100 for p in PERCENTS])
    for name in ensemble.indices:
        keys = tuple(_responsible(ensemble, name))
        for step in _ahead(ensemble, INDEX_MONTHS):
            row = at_month(table.xs(name), step).value
            ends: dict[str, Any] = {f"p{p}": round(float(row.loc[p / 100]), 2) for p in PERCENTS}
            day = end_of_step(ensemble.plan.begins, step)
            yield QuantileForecast(of=name, on=day, **ends, rests_on=keys)


def _responsible(ensemble: Ensemble, name: str) -> list[str]:
    """Return the entries of the files that make an index what it is at the end: what moves its mean, what it varies with."""
    keys = []
    if name in ensemble.indices:
        kept = ensemble.tally.kept
        few = Kept(kept.values[..., :FEW], kept.fired[..., :FEW], kept.inputs[..., :FEW], kept.weights[:FEW])
        table = explain(replace(ensemble, tally=replace(ensemble.tally, kept=few)), None, name).by_source(together=True)
        for kind, source in table.index[:CHARGED]:
            keys += {"event": [f"events.{source}"], "spillover": [f"spillovers.{source}"]}.get(kind, [])
    keys += [str(key) for _, key in tornado(ensemble, name).index[:CHARGED]]
    return list(dict.fromkeys(keys))


def _rounded(value: Any) -> float:
    return round(float(value), 5)


@dataclass(frozen=True, repr=False, eq=False)
class Fared:
    """How registered forecasts have fared, up to the last day of a record.

    Attributes
    ----------
    forecasts : tuple of Forecast
        From `read_forecasts`.
    record : Record
        What happened.
    """

    forecasts: tuple[Forecast, ...]
    record: Record

    @cached_property
    def due(self) -> pd.DataFrame:
        """Each forecast of an event or a question that has come due, in the order it was made.

        By number: `made`, `scenario`, `begins`; `kind` ("event" or "question"), `name`, `label` and `by`; `probability`,
        `outcome`, `brier` and `log`; `hindsight`, whether it had come due or was decided when it was made; `rests_on`, the
        entries that made it, and `miss`, what they are charged with: its Brier score beyond that of a forecaster who is
        calibrated.
        """
        rows = [row for forecast in self.forecasts if self._is_ours(forecast) for row in self._rows(forecast)]
        columns = ["made", "scenario", "begins", "kind", "name", "label", "by", *FORECAST, "hindsight", "miss", "rests_on"]
        return pd.DataFrame(rows, columns=columns).rename_axis("forecast")

    @cached_property
    def readings(self) -> pd.DataFrame:
        """Each reading that a registered forecast of its index has foretold, within about six weeks.

        By number: `made`, `scenario`, `of`, `on`, `value`, `sd`; `p10`, `p50`, `p90` of the index, without the reading's
        error; `pinball`, the mean quantile score over the registered quantiles, points; `hindsight`; `rests_on`.
        """
        rows = []
        for forecast in filter(self._is_ours, self.forecasts):
            for reading in self.record.readings:
                near = [row for row in forecast.quantiles if row.of == reading.of and _is_near(row.on, reading.on)]
                if reading.on <= forecast.begins or not near:
                    continue
                row = min(near, key=lambda one: abs((one.on - reading.on).days))
                rows.append(
                    {
                        "made": forecast.made,
                        "scenario": forecast.scenario,
                        "of": reading.of,
                        "on": reading.on,
                        "value": reading.value,
                        "sd": reading.sd,
                        "p10": row.p10,
                        "p50": row.p50,
                        "p90": row.p90,
                        "pinball": pinball({p / 100: getattr(row, f"p{p}") for p in PERCENTS}, reading.value),
                        "hindsight": reading.on <= forecast.made,
                        "rests_on": ", ".join(row.rests_on),
                    }
                )
        columns = ["made", "scenario", "of", "on", "value", "sd", "p10", "p50", "p90", "pinball", "hindsight", "rests_on"]
        return pd.DataFrame(rows, columns=columns).rename_axis("reading")

    @cached_property
    def summary(self) -> pd.DataFrame:
        """Means by forecast: `n`, `brier`, `brier_expected` of a calibrated forecaster, `log`, and `hindsight`, how many."""
        rows = {}
        for (made, scenario, begins), part in self.due.groupby(["made", "scenario", "begins"], sort=False):
            p = part["probability"]
            row = {"n": len(part), "brier": part["brier"].mean(), "brier_expected": (p * (1 - p)).mean()}
            rows[made, scenario, begins] = {**row, "log": part["log"].mean(), "hindsight": int(part["hindsight"].sum())}
        columns = ["n", "brier", "brier_expected", "log", "hindsight"]
        index = pd.MultiIndex.from_tuples(list(rows), names=["made", "scenario", "begins"]) if rows else None
        return pd.DataFrame(list(rows.values()), index=index, columns=columns)

    @cached_property
    def charged(self) -> pd.DataFrame:
        """What each entry of the files is charged with.

        By dotted key, the largest first: `n`, how many forecasts rest on it; their mean `brier`; and `miss`, the sum of what
        their Brier scores exceed those expected of a calibrated forecaster by.
        """
        table = self.due.assign(key=self.due["rests_on"].str.split(", ")).explode("key")
        table = table[table["key"].astype(str) != ""]
        grouped = table.groupby("key", sort=False)
        found = pd.DataFrame({"n": grouped.size(), "brier": grouped["brier"].mean(), "miss": grouped["miss"].sum()})
        return found.sort_values("miss", ascending=False, kind="stable")

    def __repr__(self) -> str:
        return f"Fared({len(self.forecasts)} forecasts, {len(self.due)} of their probabilities due by {self.record.until})"

    def _is_ours(self, forecast: Forecast) -> bool:
        return forecast.relationship == self.record.relationship

    def _rows(self, forecast: Forecast) -> Iterator[dict[str, Any]]:
        for event in forecast.events:
            days = [fact.on for fact in self.record.facts if fact.event == event.event and fact.on > forecast.begins]
            for by, p, error in zip(event.by, event.probability, event.std_error, strict=True):
                if event.event in self.record.tells and by <= self.record.until:
                    came = [day for day in days if day <= by]
                    told = by, p, error, bool(came), min([*came, by])
                    yield self._row(forecast, "event", event.event, event, *told)
        for question in forecast.questions:
            day = question.by or question.on
            answered = None if day is None else self._answer(question, day)
            if day is not None and answered is not None:
                told = day, question.probability, question.std_error, answered, self._decided(question, day, answered)
                yield self._row(forecast, "question", question.question, question, *told)

    def _answer(self, question: QuestionForecast, day: date) -> bool | None:
        try:
            condition = parse(question.ask, set(), self.record.tells)
        except ValueError:  # it asks about levels, or about events that the record does not tell of
            return None
        return answer(self.record, condition, day, question.by is not None, self.record.until)

    def _decided(self, question: QuestionForecast, day: date, answered: bool) -> date:
        """Return the day on which a question was answered: that of the fact that made it true, or else its own."""
        if question.by is None or not answered:
            return day
        days = sorted({fact.on for fact in self.record.facts if fact.on <= day})
        return next((one for one in days if self._answer(question.model_copy(update={"by": one}), one)), day)

    def _row(
        self,
        forecast: Forecast,
        kind: str,
        name: str,
        of: Any,
        by: date,
        p: float,
        std_error: float,
        outcome: bool,
        decided: date,
    ) -> dict[str, Any]:
        brier, log = scores_of(p, forecast.effective, outcome)
        return {
            "made": forecast.made,
            "scenario": forecast.scenario,
            "begins": forecast.begins,
            "kind": kind,
            "name": name,
            "label": of.label,
            "by": by,
            "probability": p,
            "std_error": std_error,
            "outcome": outcome,
            "brier": brier,
            "log": log,
            "hindsight": decided <= forecast.made,
            "miss": brier - p * (1 - p),
            "rests_on": ", ".join(of.rests_on),
        }


def _is_near(a: date, b: date) -> bool:
    return abs(a - b) <= timedelta(days=NEAR)


def pinball(quantiles: dict[float, float], value: float) -> float:
    r"""Return the mean quantile score, :math:`2 (1\{y < q_p\} - p)(q_p - y)` over the quantiles; points, lower is better.

    References
    ----------
    Gneiting & Raftery (2007), JASA 102: 359-378, section 6: over all quantiles it is the CRPS.

    Examples
    --------
    >>> pinball({0.5: 20.0}, 23.0)
    3.0
    """
    return float(np.mean([2 * ((value < q) - p) * (q - value) for p, q in quantiles.items()]))


def fared(forecasts: tuple[Forecast, ...], record: Record) -> Fared:
    """Return how registered forecasts have fared: what has come due, its scores, and what a miss is charged to.

    Parameters
    ----------
    forecasts : tuple of Forecast
        From `read_forecasts`.
    record : Record
        From `read_record`; forecasts of other relationships are left out.

    Examples
    --------
    >>> from simulator import fared, read_forecasts, read_record, shipped_records
    >>> found = fared(read_forecasts(), read_record(shipped_records()[0]))
    >>> bool((found.due.by <= found.record.until).all())
    True
    """
    return Fared(forecasts, record)
