"""A fully connected layer, and flattening, which leads from maps to it."""

import numpy as np


def dense(x: np.ndarray, W: np.ndarray, b: np.ndarray | float = 0.0) -> np.ndarray:
    """Each unit's weighted sum, z = x W + b: x (n, inputs), W (inputs, units), b (units,) → (n, units)."""
    return x @ W + b


def dense_backward(x: np.ndarray, dz: np.ndarray, W: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """dx = dz Wᵀ (n, inputs), dW = xᵀ dz (inputs, units) and db = Σ dz (units,), from the loss's gradient dz (n, units)
    by the sums (Rumelhart, Hinton and Williams 1986)."""
    dx = dz @ W.T
    dW = x.T @ dz
    db = dz.sum(axis=0)
    return dx, dW, db


def flatten(x: np.ndarray) -> np.ndarray:
    """Maps (n, channels, height, width) as rows (n, channels · height · width)."""
    return x.reshape(len(x), int(np.prod(x.shape[1:])))


def flatten_backward(x: np.ndarray, dy: np.ndarray) -> np.ndarray:
    """The gradient dy of the rows, in the shape of the maps x."""
    return dy.reshape(x.shape)
