"""Names of the types that all rooms share: arrays, and paths of keys in a file."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

# The keys, and the positions in lists, that lead from the root of a file to a value.
KeyPath = tuple[str | int, ...]
