"""Activation functions, in place: each forward pass is followed by its derivative, taken from the output."""

from collections.abc import Callable

import numpy as np

LEAKY_SLOPE = 0.01  # as in PyTorch; Maas et al. 2013, "Rectifier nonlinearities improve neural network acoustic models"


def sigmoid(z: np.ndarray, scratch: np.ndarray) -> None:
    """Overwrite z with 1 / (1 + exp(-z)), as (1 + tanh(z / 2)) / 2, which cannot overflow."""
    np.multiply(z, 0.5, out=z)
    np.tanh(z, out=z)
    np.add(z, 1.0, out=z)
    np.multiply(z, 0.5, out=z)


def sigmoid_backward(y: np.ndarray, dy: np.ndarray, scratch: np.ndarray) -> None:
    """Overwrite dy with dy · y (1 - y)."""
    np.subtract(1.0, y, out=scratch)
    np.multiply(scratch, y, out=scratch)
    np.multiply(dy, scratch, out=dy)


def tanh(z: np.ndarray, scratch: np.ndarray) -> None:
    """Overwrite z with tanh(z)."""
    np.tanh(z, out=z)


def tanh_backward(y: np.ndarray, dy: np.ndarray, scratch: np.ndarray) -> None:
    """Overwrite dy with dy · (1 - y²)."""
    np.multiply(y, y, out=scratch)
    np.subtract(1.0, scratch, out=scratch)
    np.multiply(dy, scratch, out=dy)


def relu(z: np.ndarray, scratch: np.ndarray) -> None:
    """Overwrite z with max(z, 0)."""
    np.maximum(z, 0.0, out=z)


def relu_backward(y: np.ndarray, dy: np.ndarray, scratch: np.ndarray) -> None:
    """Overwrite dy with dy where y > 0, else 0."""
    np.sign(y, out=scratch)  # 0 or 1, for y is never negative
    np.multiply(dy, scratch, out=dy)


def leaky_relu(z: np.ndarray, scratch: np.ndarray) -> None:
    """Overwrite z with z where z > 0, else LEAKY_SLOPE · z."""
    np.multiply(z, LEAKY_SLOPE, out=scratch)
    np.maximum(z, scratch, out=z)


def leaky_relu_backward(y: np.ndarray, dy: np.ndarray, scratch: np.ndarray) -> None:
    """Overwrite dy with dy where y > 0, else LEAKY_SLOPE · dy."""
    np.sign(y, out=scratch)
    np.maximum(scratch, LEAKY_SLOPE, out=scratch)
    np.multiply(dy, scratch, out=dy)


def identity(z: np.ndarray, scratch: np.ndarray) -> None:
    """Leave z as it is."""


def identity_backward(y: np.ndarray, dy: np.ndarray, scratch: np.ndarray) -> None:
    """Leave dy as it is."""


Forward = Callable[[np.ndarray, np.ndarray], None]
Backward = Callable[[np.ndarray, np.ndarray, np.ndarray], None]

ACTIVATIONS: dict[str, tuple[Forward, Backward]] = {
    "sigmoid": (sigmoid, sigmoid_backward),
    "tanh": (tanh, tanh_backward),
    "relu": (relu, relu_backward),
    "leaky_relu": (leaky_relu, leaky_relu_backward),
    "identity": (identity, identity_backward),
}
