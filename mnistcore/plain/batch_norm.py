"""Batch normalisation (Ioffe and Szegedy 2015) of rows (n, units) or maps (n, channels, height, width).

Each unit or map is normalised over the batch, and over its pixels: gain, b, mean and variance are (channels,).
"""

import numpy as np


def batch_norm(
    x: np.ndarray,
    gain: np.ndarray,
    b: np.ndarray,
    mean: np.ndarray | None = None,
    variance: np.ndarray | None = None,
    epsilon: float = 1e-5,
) -> np.ndarray:
    """z = gain · (x - mean) / sqrt(variance + epsilon) + b, like x.

    Training leaves mean and variance out, and has the batch's own; predictions give the running ones.
    """
    axes, shape = (0, *range(2, x.ndim)), (-1,) + (1,) * (x.ndim - 2)
    if mean is None or variance is None:
        mean, variance = x.mean(axis=axes), x.var(axis=axes)
    normal = (x - mean.reshape(shape)) / np.sqrt(variance.reshape(shape) + epsilon)
    return gain.reshape(shape) * normal + b.reshape(shape)


def batch_norm_backward(
    x: np.ndarray,
    dz: np.ndarray,
    gain: np.ndarray,
    mean: np.ndarray | None = None,
    variance: np.ndarray | None = None,
    epsilon: float = 1e-5,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """dx like x, and the gradients of gain and b, from the loss's gradient dz like x.

    The batch's own statistics move with every x: so dx loses its mean, and what points along the normalised x.
    """
    axes, shape = (0, *range(2, x.ndim)), (-1,) + (1,) * (x.ndim - 2)
    is_own = mean is None or variance is None
    if mean is None or variance is None:
        mean, variance = x.mean(axis=axes), x.var(axis=axes)
    scale = 1 / np.sqrt(variance.reshape(shape) + epsilon)
    normal = (x - mean.reshape(shape)) * scale
    dgain, db = (dz * normal).sum(axis=axes), dz.sum(axis=axes)
    if is_own:
        count = x.size // x.shape[1]
        dz = dz - (db.reshape(shape) + normal * dgain.reshape(shape)) / count
    return dz * gain.reshape(shape) * scale, dgain, db


def running_statistics(
    x: np.ndarray, mean: np.ndarray, variance: np.ndarray, momentum: float = 0.1
) -> tuple[np.ndarray, np.ndarray]:
    """Running mean and variance, moved a tenth of the way to those of a batch x.

    A single number has no variance: for one, they stay as they are.
    """
    axes = (0, *range(2, x.ndim))
    if x.size == x.shape[1]:
        return mean, variance
    return (1 - momentum) * mean + momentum * x.mean(axis=axes), (1 - momentum) * variance + momentum * x.var(axis=axes)
