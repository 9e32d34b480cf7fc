"""A few of many images, always the same ones."""

import numpy as np


def sample(available: int, count: int) -> np.ndarray:
    """Indices (count,) int64, ascending, at random and the same every time; all of them if there are no more."""
    return np.sort(np.random.default_rng(0).permutation(available)[:count])
