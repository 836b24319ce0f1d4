"""Other weights for an index, without simulating: indices are linear in the levels that are kept."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from simulator.engine.count import recounted
from simulator.engine.plan import Plan, make_plan
from simulator.engine.sampling import uncertain
from simulator.engine.tally import Tally
from simulator.errors import Refused, suggestion
from simulator.scenario.numbers import KINDS
from simulator.scenario.schema import Scenario, Table


def reweighted(
    scenario: Scenario, plan: Plan, tally: Tally, weights: Mapping[str, float], index: str
) -> tuple[Scenario, Plan, Tally]:
    """Return a scenario with other weights for an index, its plan, and the tally of its kept draws."""
    changed = _with_weights(scenario, weights, index)
    plan_of_changed = make_plan(changed)
    sampled = dict(zip(uncertain(plan), tally.kept.inputs, strict=True))
    kept_keys, n = uncertain(plan_of_changed), tally.kept.values.shape[2]
    inputs = np.stack([sampled[key] for key in kept_keys]) if kept_keys else np.empty((0, n))
    bounds = np.round(tally.counts.bounds * (n / tally.n_draws)).astype(np.int64)
    kept = replace(tally.kept, inputs=inputs)
    numbers, keys = kept.numbers(plan_of_changed), plan_of_changed.weights[plan.indices.index(index)]
    if not np.all(sum(np.abs(numbers[key]) for _, key in keys)):
        raise Refused(f"{index}: all its weights would be zero")
    return changed, plan_of_changed, recounted(plan_of_changed, kept, bounds, plan.series.index(index))


def _with_weights(scenario: Scenario, weights: Mapping[str, float], index: str) -> Scenario:
    """Return a scenario whose index has other weights."""
    known = tuple(scenario.factors) if index == "warmth" else tuple(scenario.indices[index].weights)
    kind = KINDS["weight" if index == "warmth" else "index_weight"]
    for name, weight in weights.items():
        if name not in known:
            raise Refused(f"{index} has no weight for {name!r}" + suggestion(name, known))
        if not kind.low <= weight <= kind.high:
            raise Refused(f"the weight of {name} must be within {kind.low:g} to {kind.high:g}; found {weight:g}")
    if index == "warmth":
        factors = {
            name: factor.model_copy(update={"weight": float(weights[name])}) if name in weights else factor
            for name, factor in scenario.factors.items()
        }
        return scenario.model_copy(
            update={"factors": Table(factors), "changes": _told(scenario, "factors.{}.weight", weights)}
        )
    own = scenario.indices[index]
    other = own.model_copy(update={"weights": Table({**own.weights, **{k: float(w) for k, w in weights.items()}})})
    changes = _told(scenario, f"indices.{index}.weights.{{}}", weights)
    return scenario.model_copy(update={"indices": Table({**scenario.indices, index: other}), "changes": changes})


def _told(scenario: Scenario, key: str, weights: Mapping[str, float]) -> Table:
    """Return what was changed of a scenario's file, the weights with it."""
    return Table({**scenario.changes, **{key.format(name): f"{weight:g}" for name, weight in weights.items()}})
