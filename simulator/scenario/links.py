"""Links between factors as matrices: correlations of their innovations, spillovers of their levels."""

import numpy as np

from simulator.arrays import Floats
from simulator.scenario.numbers import KINDS, median
from simulator.scenario.schema import Scenario


def correlation_matrix(scenario: Scenario) -> Floats:
    """Return the (n_factors, n_factors) correlation matrix of the innovations, factors in order of first appearance."""
    place = {name: k for k, name in enumerate(scenario.factors)}
    matrix = np.eye(len(place))
    for name, links in scenario.correlations.items():
        for other, value in links.by_factor.items():
            matrix[place[name], place[other]] = matrix[place[other], place[name]] = value
    return matrix


def spillover_matrix(scenario: Scenario) -> Floats:
    """Return the (n_factors, n_factors) matrix C with C[k, j] = c[j->k], in order of first appearance."""
    place = {name: k for k, name in enumerate(scenario.factors)}
    matrix = np.zeros((len(place), len(place)))
    for name, links in scenario.spillovers.items():
        for other, value in links.by_factor.items():
            matrix[place[other], place[name]] = value
    return matrix


def step_matrix(scenario: Scenario) -> Floats:
    """Return diag(phi) + diag(1 - phi) C, uncertain half-lives at their medians."""
    half_lives = [median(factor.half_life, KINDS["half_life"]) for factor in scenario.factors.values()]
    phi = 2.0 ** (-1 / np.array(half_lives))
    return np.asarray(np.diag(phi) + (1 - phi)[:, None] * spillover_matrix(scenario))
