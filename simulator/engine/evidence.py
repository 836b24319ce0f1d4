"""What each draw's own numbers say of a record: the likelihood of what is known, by observation (docs/model.md, The record).

In the steps that are read events fire where the record says so, whatever their uniforms; what the draw's chances made of
that is its weight, over how often its numbers are drawn (sampling.proposed). An event's uniform is independent of all else,
so this is exact importance sampling.
"""

from collections.abc import Iterator

import numpy as np

from simulator.arrays import Booleans, Floats, Integers
from simulator.engine import dynamics
from simulator.engine.plan import Observation, Plan
from simulator.engine.sampling import OFTENER, Inputs, chance

# Bits of a weight that is as large as the largest of the pilot's draws: enough that rounding is far below any error, few
# enough that a billion draws of a hundred times that weight are counted in 63.
BITS = 24

# Draws that tell how large weights are, from the first on, whatever the number of draws: it must not depend on that.
PILOT = 1_024


class Evidence:
    """The log-likelihood of what is known in each draw of a block, by observation; whole once the known steps are over."""

    def __init__(self, plan: Plan, n: int, inputs: Inputs) -> None:
        self.plan, self.oftener = plan, inputs[OFTENER]
        self.log = np.zeros((len(plan.observations), n))
        self.rows = {observation: row for row, observation in enumerate(plan.observations)}
        self.chances = {e: self._logs(chance(event, inputs)) for e, event in enumerate(plan.events) if self._is_told(e)}

    def _is_told(self, e: int) -> bool:
        return self.plan.known > 0 and self.plan.events[e].recorded is not None and self.plan.events[e].last > 0

    @staticmethod
    def _logs(h: Floats) -> tuple[Floats, Floats]:
        with np.errstate(divide="ignore"):
            return np.log(h), np.log1p(-h)

    def of_event(self, e: int, step: int, eligible: Booleans) -> None:
        """Take in that an event fired in a step, or did not, where it was eligible."""
        fired = step in (self.plan.events[e].recorded or ())
        row = self.rows[Observation(e, step if fired else None)]
        if_fired, if_not = self.chances[e]
        self.log[row] += np.where(eligible, if_fired if fired else if_not, -np.inf if fired else 0.0)

    def of_state(self, step: int, level: Floats, weights: list[list[tuple[int, Floats]]]) -> None:
        """Take in the readings of a step's end: their normal density."""
        for n, reading in enumerate(self.plan.readings):
            if reading.step == step:
                place = reading.series - len(self.plan.factors)
                value = level[reading.series] if place < 0 else np.empty(level.shape[1])
                if place >= 0:
                    dynamics.index(level - 50.0, weights[place], out=value)
                density = -0.5 * ((reading.value - value) / reading.sd) ** 2 - np.log(reading.sd * np.sqrt(2 * np.pi))
                self.log[self.rows[Observation(None, n)]] += density

    @property
    def total(self) -> Floats:
        """The logarithm of each draw's weight: of the likelihood of all that is known, over how often its numbers are drawn.

        Minus infinity where the draw calls some of it impossible.
        """
        return np.asarray(self.log.sum(axis=0) - self.oftener)

    def without_each(self) -> Iterator[tuple[Observation, Floats]]:
        """Yield each observation with the logarithms of the weights that all others give."""
        for observation, row in self.rows.items():
            yield observation, np.delete(self.log, row, axis=0).sum(axis=0) - self.oftener


def whole(log_likelihood: Floats, scale: float) -> Floats:
    """Return weights as whole numbers, so that weighted counts are exact and merge in any order.

    Parameters
    ----------
    log_likelihood : (n,) ndarray
        From `Evidence.total`.
    scale : float
        The log-likelihood whose weight is 2 to the power of `BITS`; the same for all draws of an ensemble.
    """
    return np.asarray(np.rint(np.exp(log_likelihood - scale + BITS * np.log(2))))


def over_mean(weights: Floats | Integers) -> Floats:
    """Return weights over their mean: exactly 1 where all are the same.

    Examples
    --------
    >>> over_mean(np.array([3, 1, 2])).tolist()
    [1.5, 0.5, 1.0]
    """
    return np.asarray(weights / weights.mean())


def effective(weights: Floats) -> float:
    """Return the effective number of draws, (sum w)^2 / sum w^2; 0 where all weights are.

    References
    ----------
    Kish (1965), Survey Sampling; Kong, Liu & Wong (1994), JASA 89: 278-288.

    Examples
    --------
    >>> effective(np.array([1.0, 1.0, 0.0])), effective(np.zeros(3))
    (2.0, 0.0)
    """
    top = weights.max(initial=0.0)
    if top == 0:
        return 0.0
    share = weights / top
    return float(share.sum() ** 2 / (share**2).sum())
