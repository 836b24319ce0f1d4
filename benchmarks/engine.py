"""How fast the engine is, as ratios measured side by side in one run: `make bench`.

The yardstick is the time to fill the inverse-normal draws the engine needs, two for each draw, step and factor, with
``scipy.special.ndtri(rng.random())``, by the same threads.
"""

import os
import resource
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from math import ceil

import numpy as np
from scipy.special import ndtri

from simulator import read_scenario, simulate
from simulator.engine.plan import make_plan
from simulator.engine.streams import BLOCK
from simulator.scenario.schema import Scenario

ROUNDS = 3


def best(task: Callable[[], object]) -> float:
    """Return the shortest of a few times, in seconds: the others were disturbed."""
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        task()
        times.append(time.perf_counter() - begun)
    return min(times)


def yardstick(scenario: Scenario, n_draws: int, workers: int) -> Callable[[], object]:
    """Return a task that only fills the inverse-normal draws of a simulation."""
    plan = make_plan(scenario)

    def fill(block: int) -> None:
        rng = np.random.Generator(np.random.PCG64DXSM(block))
        for _ in range(plan.n_steps):
            ndtri(rng.random((2 * len(plan.factors), BLOCK)))

    def task() -> None:
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(fill, range(ceil(n_draws / BLOCK))))

    return task


def engine(scenario: Scenario, n_draws: int, workers: int) -> Callable[[], object]:
    """Return a task that simulates."""

    def task() -> None:
        with ThreadPoolExecutor(workers) as pool:
            simulate(scenario, n_draws, 7, executor=pool)

    return task


def main() -> None:
    """Measure and print."""
    scenario = read_scenario("baseline")
    plan, cores = make_plan(scenario), os.cpu_count() or 1
    print(f"baseline: {len(plan.factors)} factors, {len(plan.indices)} indices, {len(plan.events)} events; {cores} cores")
    n = 16 * BLOCK
    seconds = {}
    for workers in sorted({1, min(2, cores), cores}):
        seconds[workers] = best(engine(scenario, n, workers))
        normals = best(yardstick(scenario, n, workers))
        units = n * plan.n_steps * len(plan.factors)
        print(
            f"{workers} workers: {1e9 * seconds[workers] / units:5.1f} ns a draw, step and factor; "
            f"{seconds[workers] / normals:.2f} times the inverse-normal draws alone"
        )
    if 2 in seconds:
        print(f"two workers against one: {seconds[1] / seconds[2]:.2f} times as fast")
    print(f"100,000 draws x {plan.n_steps} months: {best(lambda: simulate(scenario, 100_000, 7)):.2f} s on all cores")
    print(f"2,000 draws, for a slider: {best(lambda: simulate(scenario, 2_000, 7)):.3f} s")
    known = read_scenario("baseline", ['record="us_russia_2025"'])
    plain, with_record = (best(engine(one, 4 * BLOCK, cores)) for one in (scenario, known))
    drawn = simulate(known, 4 * BLOCK, 7)
    print(
        f"with a record of {make_plan(known).known} months: {with_record / plain:.2f} times the time; "
        f"{drawn.n_effective / drawn.n_draws:.0%} of the draws effective"
    )
    few, many = (best(engine(scenario, n, cores)) for n in (20 * BLOCK, 80 * BLOCK))
    print(f"four times the draws: {many / few:.2f} times the time")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"peak memory of all of this: {peak:.2f} GB")


if __name__ == "__main__":
    main()
