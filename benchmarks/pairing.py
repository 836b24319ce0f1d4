"""How many draws comparing in the same worlds saves, for every scenario that ships: `make bench`.

Two runs with independent seeds need `1 / ratio` times the draws for the same error of the mean difference.
"""

from simulator import Ensemble, compare, read_scenario, shipped_scenarios, simulate

DRAWS = 5_000


def main() -> None:
    """Print the ratio of variances for each scenario against the baseline of its relationship."""
    scenarios = [read_scenario(path) for path in shipped_scenarios()]
    bases: dict[str | None, Ensemble] = {
        scenario.relationship: simulate(scenario, DRAWS, seed=7) for scenario in scenarios if "baseline" in scenario.name
    }
    print("comparing in the same worlds: share of the draws that independent seeds need, for the same error of the mean\n")
    for scenario in scenarios:
        base = bases[scenario.relationship]
        if scenario.name == base.scenario.name:
            continue
        ratio = (
            compare(base, simulate(scenario, DRAWS, seed=7))
            .difference("warmth")
            .xs("warmth")
            .droplevel("date")["variance_ratio"]
        )
        print(f"{scenario.name:<28} after 12 months {ratio[12]:.3f}   after 48 months {ratio[48]:.3f}")


if __name__ == "__main__":
    main()
