"""The step of the model, one function an equation (docs/model.md, One step).

Arrays have a row for each factor and a column for each draw. Everything is elementwise: a matrix product would be
rounded differently for other numbers of factors or draws, and what must not change would change in its last bit. Results
are built in place, one array an equation: temporaries cost a third of the step (benchmarks/engine.py).
"""

from collections.abc import Iterable

import numpy as np

from simulator.arrays import Floats

# Points of act that raise a level's log-odds by 1. Near neutral a point is a point: d(level) / d(log-odds) is 25 there.
POINTS_PER_LOGIT = 25.0

# Points beyond which acts change no digit of a level: odds of 4e15 to 1. Larger sums are taken as this one, or the powers
# below would overflow.
SATURATED = 36 * POINTS_PER_LOGIT

# A factor's own weight on each other one, as (from, to, value); only those that are not zero.
Links = tuple[tuple[int, int, float], ...]


def retention(half_life: Floats) -> Floats:
    r"""Return the share of a departure that is left after one month, :math:`\phi = 2^{-1/h}`.

    Parameters
    ----------
    half_life : ndarray
        Months in which a departure halves, > 0.

    Examples
    --------
    >>> retention(np.array([1.0, 2.0])).round(4).tolist()
    [0.5, 0.7071]
    """
    return np.asarray(2.0 ** (-1 / half_life))


def within_scale(value: Floats) -> Floats:
    """Return values clipped to the thermometer, 0 to 100.

    Examples
    --------
    >>> within_scale(np.array([-1.0, 50.0, 101.0])).tolist()
    [0.0, 50.0, 100.0]
    """
    return np.asarray(np.clip(value, 0.0, 100.0))


def room(level: Floats) -> Floats:
    r"""Return how far a month can move a level: :math:`\sqrt{y (100 - y)}`, which is 50 at neutral.

    Parameters
    ----------
    level : ndarray
        Points on the 0-100 thermometer.

    References
    ----------
    The diffusion coefficient of the Jacobi (Wright-Fisher) process: Karlin & Taylor (1981), A Second Course in
    Stochastic Processes, chapter 15.

    Examples
    --------
    >>> room(np.array([0.0, 10.0, 50.0])).tolist()
    [0.0, 30.0, 50.0]
    """
    result = 100.0 - level
    result *= level
    return np.sqrt(result, out=result)


def attraction(resting: Floats, act: Floats, level: Floats, start: Floats, spillovers: Links) -> Floats:
    r"""Return what each level is pulled to, before the clip: :math:`acted(r, O) + \sum_j c_{jk} (x_j(t) - x_j(0))`.

    Parameters
    ----------
    resting, level, start : (n_factors, n_draws) ndarray
        Resting levels, levels now and at the start; points.
    act : (n_factors, n_draws) ndarray
        `odds_moved` of the shifts in force.
    spillovers : tuple of (from, to, value)
        Points of attraction per lasting point of change.

    Examples
    --------
    >>> rise = np.array([[20.0], [50.0]]) - np.array([[10.0], [50.0]])
    >>> attraction(np.full((2, 1), 50.0), np.zeros((2, 1)), rise, np.zeros((2, 1)), ((0, 1, 0.5),)).ravel().tolist()
    [50.0, 55.0]
    """
    result = acted(resting, act)
    result += resting
    for source, sink, value in spillovers:
        result[sink] += value * (level[source] - start[source])
    return result


def pulled(value: Floats, towards: Floats, kept: Floats) -> Floats:
    r"""Return a value after one month of return: :math:`y + (1 - \phi)(a - y)`.

    Parameters
    ----------
    value, towards : (n_factors, n_draws) ndarray
        Where it is and what pulls it, points.
    kept : (n_factors, 1) or (n_factors, n_draws) ndarray
        Share of the departure that is left, from `retention`.

    Examples
    --------
    >>> pulled(np.array([10.0]), np.array([20.0]), np.array([0.75])).tolist()
    [12.5]
    """
    result = towards - value
    result *= 1.0 - kept
    result += value
    return result


def moved(value: Floats, spread: Floats, innovation: Floats) -> Floats:
    r"""Return a month's random movement: :math:`\sigma g(y) \varepsilon` with :math:`g(y) = \sqrt{y (100 - y)} / 50`.

    Parameters
    ----------
    value : (n_factors, n_draws) ndarray
        Level or resting level at the start of the month, points.
    spread : (n_factors, 1) or (n_factors, n_draws) ndarray
        Volatility or drift, points at neutral.
    innovation : (n_factors, n_draws) ndarray
        Standard normal.

    Examples
    --------
    >>> moved(np.array([10.0]), np.array([2.0]), np.array([1.0])).tolist()
    [1.2]
    """
    result = room(value)
    result *= spread / 50.0
    result *= innovation
    return result


def odds_moved(size: Floats) -> Floats:
    r"""Return by how much acts of some size multiply the odds of a level, less 1: :math:`e^{m / 25} - 1`.

    Parameters
    ----------
    size : ndarray
        Sum of the acts, points for a factor at neutral.

    Examples
    --------
    >>> odds_moved(np.array([0.0, 25 * np.log(2)])).round(12).tolist()
    [0.0, 1.0]
    """
    return np.expm1(np.clip(size, -SATURATED, SATURATED) / POINTS_PER_LOGIT)


def acted(level: Floats, act: Floats) -> Floats:
    r"""Return by how much acts move a level: :math:`y (100 - y) (E - 1) / (100 + y (E - 1))`.

    Its log-odds :math:`\ln(y / (100 - y))` rise by :math:`m / 25`: 17 points double or halve the odds, which is about 17
    points at neutral and fewer near the ends of the scale. Acts add up in any order, and an act and its opposite undo each
    other.

    Parameters
    ----------
    level : ndarray
        Where the factor stands, points.
    act : ndarray
        `odds_moved` of the sum of the acts.

    Examples
    --------
    >>> double = odds_moved(np.array([25 * np.log(2)]))
    >>> [round(float(y + acted(np.array([y]), double)[0]), 1) for y in (0.0, 12.0, 33.0, 50.0, 80.0, 100.0)]
    [0.0, 21.4, 49.6, 66.7, 88.9, 100.0]
    """
    result = level * act
    below = result + 100.0
    result *= 100.0 - level
    result /= below
    return result


def shares(level: Floats, size: Floats) -> Floats:
    r"""Return how many points each point of act moves a level by, of several that act together.

    Parameters
    ----------
    level, size : ndarray
        Where the factor stands, and the sum of the acts; points.

    Returns
    -------
    ndarray
        :math:`(acted(y, m) - y) / m`, and its limit :math:`y (100 - y) / 2500` where the acts sum to nothing; times the size
        of one act it is that act's share, the Aumann-Shapley value (Aumann & Shapley 1974, Values of Non-Atomic Games).

    Examples
    --------
    >>> shares(np.array([50.0, 20.0]), np.array([25 * np.log(2), 0.0])).round(3).tolist()
    [0.962, 0.64]
    """
    nothing = size == 0
    moved = acted(level, odds_moved(size)) / np.where(nothing, 1.0, size)
    return np.where(nothing, level * (100.0 - level) / (100.0 * POINTS_PER_LOGIT), moved)


def correlate(innovations: Floats, cholesky: Iterable[tuple[int, int, float]]) -> None:
    """Turn independent innovations into correlated ones, in place.

    Parameters
    ----------
    innovations : (n_factors, ..., n_draws) ndarray
        Independent standard normals.
    cholesky : iterable of (row, column, value)
        Entries of the lower Cholesky factor that are not zero, of correlated factors only: rows from the last to the
        first, the diagonal first in each row, so that no row is overwritten before it has been read.

    Examples
    --------
    >>> e = np.array([[1.0], [0.0]])
    >>> correlate(e, ((1, 1, 0.8), (1, 0, 0.6)))
    >>> e.ravel().tolist()
    [1.0, 0.6]
    """
    term = np.empty_like(innovations[0])
    for row, column, value in cholesky:
        if row == column:
            innovations[row] *= value
        else:
            np.multiply(value, innovations[column], out=term)
            innovations[row] += term


def index(departures: Floats, weights: Iterable[tuple[int, Floats]], out: Floats) -> None:
    r"""Put an index into `out`: :math:`50 + \sum_k w_k (x_k - 50)`, with weights whose absolute values sum to 1.

    Parameters
    ----------
    departures : (..., n_factors, n_draws) ndarray
        Levels less 50, points.
    weights : iterable of (factor, weight)
        Normalised weights that are not zero; each of shape (1,) or (n_draws,).
    out : (..., n_draws) ndarray

    Examples
    --------
    >>> y = np.empty(1)
    >>> index(np.array([[10.0], [-10.0]]), ((0, np.array([0.75])), (1, np.array([-0.25]))), y)
    >>> y.tolist()
    [60.0]
    """
    out[...] = 50.0
    term = np.empty(out.shape)
    for factor, weight in weights:
        np.multiply(departures[..., factor, :], weight, out=term)
        out += term
