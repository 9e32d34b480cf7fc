"""Dropout (Srivastava et al. 2014), inverted: what is kept is scaled up in training, so predictions need no change."""

import numpy as np


def dropout_mask(x: np.ndarray, rate: float, rng: np.random.Generator) -> np.ndarray:
    """A mask like x: 0 with probability ``rate``, else 1 / (1 - rate), so that the mean stays the same."""
    kept = rng.random(x.shape, dtype=np.float32) >= rate
    return kept.astype(x.dtype) / (1 - rate)


def dropout(x: np.ndarray, mask: np.ndarray | float = 1.0) -> np.ndarray:
    """y = x · mask, like x; a prediction has no mask."""
    return x * mask


def dropout_backward(x: np.ndarray, dy: np.ndarray, mask: np.ndarray | float = 1.0) -> np.ndarray:
    """dx = dy · mask, like x: what was dropped gets no gradient."""
    return dy * mask
