"""The exponential mean of a parameter along a run."""

import numpy as np


def average_weights(mean: np.ndarray, p: np.ndarray, decay: float, step: int) -> np.ndarray:
    """d mean + (1 - d) p, like p, the parameter after update ``step`` = t = 1, 2, … (Polyak and Juditsky 1992).

    d = min(decay, (1 + t) / (10 + t)): at first the mean forgets faster, as the initial weights are worth nothing.
    """
    d = min(decay, (1 + step) / (10 + step))
    return d * mean + (1 - d) * p
