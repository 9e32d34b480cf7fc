"""Activation functions, each with its derivative beside it; all take sums z of any shape."""

import numpy as np


def sigmoid(z: np.ndarray) -> np.ndarray:
    """σ(z) = 1 / (1 + exp(-z)), between 0 and 1, for z of any shape. Written as (1 + tanh(z / 2)) / 2, which is equal
    and cannot overflow."""
    return (1 + np.tanh(z / 2)) / 2


def sigmoid_derivative(z: np.ndarray) -> np.ndarray:
    """σ'(z) = σ(z) (1 - σ(z)), like z: at most 1/4."""
    y = (1 + np.tanh(z / 2)) / 2
    return y * (1 - y)


def tanh(z: np.ndarray) -> np.ndarray:
    """tanh(z), between -1 and 1, for z of any shape."""
    return np.tanh(z)


def tanh_derivative(z: np.ndarray) -> np.ndarray:
    """1 - tanh(z)², like z: at most 1."""
    return 1 - np.tanh(z) ** 2


def relu(z: np.ndarray) -> np.ndarray:
    """max(z, 0), the rectified linear unit (Nair and Hinton 2010), for z of any shape."""
    return np.maximum(z, 0)


def relu_derivative(z: np.ndarray) -> np.ndarray:
    """1 where z > 0, else 0, like z; also 0 at the kink, z = 0."""
    return (z > 0).astype(z.dtype)


def leaky_relu(z: np.ndarray, slope: float = 0.01) -> np.ndarray:
    """z where z > 0, else slope · z (Maas et al. 2013), for z of any shape."""
    return np.where(z > 0, z, slope * z)


def leaky_relu_derivative(z: np.ndarray, slope: float = 0.01) -> np.ndarray:
    """1 where z > 0, else the slope, like z."""
    return np.where(z > 0, np.ones_like(z), slope * np.ones_like(z))


def identity(z: np.ndarray) -> np.ndarray:
    """z itself: the layer stays linear."""
    return z


def identity_derivative(z: np.ndarray) -> np.ndarray:
    """1 everywhere, like z."""
    return np.ones_like(z)


ACTIVATIONS = {
    "sigmoid": (sigmoid, sigmoid_derivative),
    "tanh": (tanh, tanh_derivative),
    "relu": (relu, relu_derivative),
    "leaky_relu": (leaky_relu, leaky_relu_derivative),
    "identity": (identity, identity_derivative),
}
