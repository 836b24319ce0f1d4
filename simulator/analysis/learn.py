"""What a record teaches: each uncertain number before and after it, and how surprising each event was."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from simulator.analysis.score import place
from simulator.arrays import Floats
from simulator.engine.sampling import uncertain
from simulator.ensemble.ensemble import Ensemble
from simulator.ensemble.estimates import of_draws, quantiles_of_draws
from simulator.ensemble.simulation import Progress, one_of, require_scenario, simulate
from simulator.errors import Refused
from simulator.scenario.known import with_record
from simulator.scenario.schema import Scenario

# The distance of two distributions under which nothing worth telling is learned, however many draws see it.
WORTH_TELLING = 0.05

# The critical value of the Kolmogorov-Smirnov distance of two samples at one false alarm in a thousand, in units of
# sqrt(1 / n + 1 / m): sqrt(-ln(0.001 / 2) / 2).
CRITICAL = 1.949


@dataclass(frozen=True, repr=False, eq=False)
class Learned:
    """A scenario before and after its record.

    Attributes
    ----------
    before, after : Ensemble
        Without the record and with it.
    """

    before: Ensemble
    after: Ensemble

    @cached_property
    def events(self) -> pd.DataFrame:
        """Each event that the record tells of: how often it was expected in the known months, and how often it happened.

        By event, the most surprising first: `label`; `expected` with `std_error`, `low` and `high`, the middle 80 % of the
        number of times, all before; `observed`; `pit`, the place of the observed number, the middle of its step; `surprise`,
        the probability of a number at least as far out on its side, doubled, at most 1.
        """
        plan, kept = self.after.plan, self.before.tally.kept
        rows = {}
        for e, event in enumerate(plan.events):
            if event.recorded is None or event.first > plan.known:
                continue
            count, observed = kept.fired[1 : plan.known + 1, e].sum(axis=0), len(event.seen)
            mean, error, _ = of_draws(count.astype(np.float64), kept.ratios, most=plan.known)
            low, high = quantiles_of_draws(count, [0.1, 0.9], kept.ratios)
            tail = min(float((count >= observed).mean()), float((count <= observed).mean()))
            rows[event.name] = {
                "label": self.after.scenario.label_of(event.name),
                "expected": float(mean),
                "std_error": float(error),
                "low": float(low),
                "high": float(high),
                "observed": observed,
                "pit": place(count, kept.ratios, observed),
                "surprise": min(2 * tail, 1.0),
            }
        columns = ["label", "expected", "std_error", "low", "high", "observed", "pit", "surprise"]
        table = pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("event")
        return table.sort_values("surprise", kind="stable")

    @cached_property
    def numbers(self) -> pd.DataFrame:
        """Each uncertain number before and after, the one most was learned of first.

        By dotted key: `label`; `before_p10`, `before_p50`, `before_p90` and the same `after`; `moved`, by how many standard
        deviations of before its mean has moved, with `std_error`; `sd_ratio`, its standard deviation after over before;
        `distance`, the largest distance of the two distributions (Kolmogorov-Smirnov); `learned`, whether that is above
        0.05, and beyond what sampling makes of it once in a thousand.
        """
        kept, told = self.before.tally.kept, self.after.tally.kept
        least = max(CRITICAL * float(np.sqrt(1 / kept.n_effective + 1 / told.n_effective)), WORTH_TELLING)
        rows = {}
        for key, prior, posterior in zip(uncertain(self.after.plan), kept.inputs, told.inputs, strict=True):
            (first, error, spread), (last, other, left) = (
                of_draws(values, ratios, most=np.inf) for values, ratios in ((prior, kept.ratios), (posterior, told.ratios))
            )
            far = _distance(prior, kept.ratios, posterior, told.ratios)
            row: dict[str, object] = {"label": self.after.scenario.words_of(str(key))}
            for word, values, ratios in (("before", prior, kept.ratios), ("after", posterior, told.ratios)):
                ends = quantiles_of_draws(values, [0.1, 0.5, 0.9], ratios)
                row |= {f"{word}_p{p}": float(end) for p, end in zip((10, 50, 90), ends, strict=True)}
            scale = float(spread) or 1.0
            row |= {"moved": float(last - first) / scale, "std_error": float(np.hypot(error, other)) / scale}
            rows[str(key)] = row | {
                "sd_ratio": float(left) / scale,
                "distance": far,
                "learned": far > least,
            }
        names = ["label", *(f"{word}_p{p}" for word in ("before", "after") for p in (10, 50, 90))]
        columns = [*names, "moved", "std_error", "sd_ratio", "distance", "learned"]
        table = pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("key")
        return table.sort_values("distance", ascending=False, kind="stable")

    @cached_property
    def indices(self) -> pd.DataFrame:
        """The indices before and after at the last known month and at the horizon.

        By name, `month` and `date`: `before` and `after`, medians, and the middle 80 % of both.
        """
        months = sorted({self.after.plan.known, self.after.horizon})
        parts = {}
        for word, one in (("before", self.before), ("after", self.after)):
            table = one.summary(months=months)[["q50", "q10", "q90"]]
            parts[word] = table.rename(columns={"q50": word, "q10": f"{word}_p10", "q90": f"{word}_p90"})
        return parts["before"].join(parts["after"])

    def __repr__(self) -> str:
        record, numbers = self.after.scenario.record, self.numbers
        assert record is not None
        return (
            f"Learned({self.after.scenario.name} from {record.name} to {self.after.known_to}: "
            f"{int(numbers.learned.sum())} of {len(numbers)} uncertain numbers; {self.after.n_draws:,} draws worth "
            f"{self.after.n_effective:,.0f})"
        )

    def _repr_html_(self) -> str:
        shown = self.numbers[self.numbers.learned].drop(columns="learned").round(2)
        return f"<p>{self!r}</p>{self.events.round(3).to_html()}{shown.to_html()}"


def _distance(a: Floats, of_a: Floats, b: Floats, of_b: Floats) -> float:
    """Return the largest distance of two distribution functions of draws with weights."""
    points = np.sort(np.concatenate([a, b]))

    def below(values: Floats, ratios: Floats) -> Floats:
        order = np.argsort(values, kind="stable")
        reached = np.concatenate([[0.0], np.cumsum(ratios[order]) / len(values)])
        return np.asarray(reached[np.searchsorted(values[order], points, side="right")])

    return float(np.abs(below(a, of_a) - below(b, of_b)).max())


def learn(
    scenario: Scenario, n_draws: int | None = None, seed: int | None = None, progress: Progress | None = None
) -> Learned:
    """Return what a scenario's record teaches.

    Parameters
    ----------
    scenario : Scenario
        One with a record: ``read_scenario("baseline", ['record="us_russia_2025"'])``.
    n_draws : int, optional
        Number of draws of each of two simulations, without the record and with it. Default: the scenario's `run.draws`.
    seed : int, optional
        The random seed. Default: the scenario's `run.seed`.
    progress : callable, optional
        Called with the draws done and those to be done in all, over both simulations.

    Raises
    ------
    Refused
        The scenario has no record, or no whole month of it is known.

    Examples
    --------
    >>> from simulator import learn, read_scenario
    >>> learned = learn(read_scenario("baseline", ['record="us_russia_2025"']), 4_000)
    >>> learned.events.observed["partial_truce"], bool(learned.numbers.learned["events.partial_truce.rate"])
    (np.int64(7), True)
    """
    require_scenario(scenario, "learn()")
    if scenario.record is None:
        raise Refused(f"{scenario.name}: has no record to learn from; name one: record = NAME, or --record NAME")
    n_draws = scenario.run.draws if n_draws is None else n_draws
    after = simulate(scenario, n_draws, seed, n_kept=n_draws, progress=one_of(2, 0, progress))
    if not after.is_conditioned:
        raise Refused(f"{scenario.name}: nothing of {scenario.record.name} is known within the scenario's whole months")
    plain = with_record(scenario, None)
    return Learned(simulate(plain, n_draws, seed, n_kept=n_draws, progress=one_of(2, 1, progress)), after)
