"""The smallest rectangle that holds all ink of an image."""

import numpy as np
from numpy.typing import NDArray


def box_of(ink: NDArray[np.generic]) -> tuple[slice, slice]:
    """The rows and columns of a (height, width) array, with at least one non-zero pixel, that hold all such pixels."""
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
