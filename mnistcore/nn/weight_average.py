"""The exponential mean of the weights along a run, kept beside them: steadier than the weights of any one step."""

import numpy as np


def average_decay(decay: float, step: int) -> float:
    """What remains of the mean in update ``step``, from 1: ``decay``, but at first only as much as there is to forget.

    min(decay, (1 + t) / (10 + t)): the mean soon forgets the initial weights (TensorFlow's ExponentialMovingAverage).
    """
    return min(decay, (1 + step) / (10 + step))


class WeightAverage:
    """Moves a mean of parameters (p,) towards them after every update (Polyak and Juditsky 1992, with a decay).

    ``mean`` (p,) float32 is overwritten. Instances that share it may each do some of the blocks at the same time.
    """

    def __init__(self, decay: float, mean: np.ndarray) -> None:
        self.decay, self.mean = decay, mean
        self._scratch = np.empty(0, np.float32)

    def update_block(self, parameters: np.ndarray, step: int, block: slice) -> None:
        """One block's part after update ``step``: mean += (1 - d) (p - mean), with d the ``average_decay``."""
        p, mean = parameters[block], self.mean[block]
        if len(self._scratch) < len(p):
            self._scratch = np.empty(len(p), np.float32)
        change = np.subtract(p, mean, out=self._scratch[: len(p)])
        change *= 1 - average_decay(self.decay, step)
        mean += change
