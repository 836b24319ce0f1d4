"""Named uniforms: the only randomness there is (docs/model.md, Randomness)."""

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.random import PCG64DXSM, Generator, SeedSequence

from simulator.arrays import Floats

# Draws that share a generator. Part of the format: another size gives other numbers. Smaller blocks spend their time on
# numpy's calls and on waiting for the other thread; larger ones leave too few to share (docs/design.md).
BLOCK = 16_384


# The smallest step of a 53-bit uniform is 2^-53; half of it stands for 0, whose normal deviate would be infinite.
SMALLEST = 2.0**-54


@dataclass(frozen=True)
class Redrawn:
    """A random seed of which some streams are drawn from another: all else is held, to the last bit."""

    seed: int
    other: int
    names: frozenset[str]


Seed = int | Redrawn


def stream(seed: Seed, name: str, block: int, step: int = 0) -> Generator:
    """Return the generator of one named stream in one block of draws, at one of its steps.

    Parameters
    ----------
    seed : int or Redrawn
        The random seed, >= 0; or two of them, and which streams are of the second.
    name : str
        What the numbers are for, such as ``"factor:nato/innovation"``.
    block : int
        Number of the block of draws, from 0.
    step : int
        How many rows of `BLOCK` uniforms to pass over.

    Notes
    -----
    The key is four 32-bit words of BLAKE2b-128 of the name, and the block. All words have one width: numpy would
    otherwise give different keys the same stream.

    References
    ----------
    O'Neill (2014), PCG; numpy's PCG64DXSM and SeedSequence.
    """
    if isinstance(seed, Redrawn):
        seed = seed.other if name in seed.names else seed.seed
    words = np.frombuffer(blake2b(name.encode(), digest_size=16).digest(), dtype="<u4")
    bits = PCG64DXSM(SeedSequence(seed, spawn_key=(*map(int, words), block)))
    return Generator(bits.advance(step * BLOCK)) if step else Generator(bits)


def uniforms(generator: Generator, out: Floats) -> Floats:
    """Fill an array with the next uniforms of a stream, all in (0, 1), and return it.

    Parameters
    ----------
    generator : Generator
        From `stream`; it moves on by a whole row for each row of `out`.
    out : (n_steps, n) ndarray
        Time-major: a row for each step, a column for each of the block's first n draws, n <= BLOCK.

    Examples
    --------
    >>> rows = uniforms(stream(7, "factor:nato/innovation", block=0), np.empty((2, BLOCK)))
    >>> heads = uniforms(stream(7, "factor:nato/innovation", block=0), np.empty((2, 3)))
    >>> bool((rows > 0).all() and (rows < 1).all() and (rows[:, :3] == heads).all())
    True
    """
    n = out.shape[1]
    if n == BLOCK and out.flags.c_contiguous:
        generator.random(out=out)
    else:
        for row in out:
            row[:] = generator.random(n)
            generator.bit_generator.advance(BLOCK - n)  # type: ignore[attr-defined]
    return np.maximum(out, SMALLEST, out=out)
