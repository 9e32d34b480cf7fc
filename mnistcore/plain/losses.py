"""Losses of logits (n, classes) against labels (n,): the loss of each image, and the gradient of their mean."""

import numpy as np


def softmax(logits: np.ndarray) -> np.ndarray:
    """p = exp(z_k) / Σ_j exp(z_j), rows that sum to 1. The largest logit is subtracted first, which changes nothing
    but keeps exp from overflowing."""
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def softmax_cross_entropy(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """L = -log p[label] = log Σ_k exp(z_k) - z[label] with p the softmax of the logits, (n,)."""
    largest = logits.max(axis=1, keepdims=True)
    log_sum = largest[:, 0] + np.log(np.exp(logits - largest).sum(axis=1))
    return log_sum - logits[np.arange(len(labels)), labels]


def softmax_cross_entropy_gradient(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """∂L/∂z = (p - one-hot(label)) / n (Bridle 1990), (n, classes)."""
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities = exponentials / exponentials.sum(axis=1, keepdims=True)
    targets = np.eye(logits.shape[1], dtype=logits.dtype)[labels]
    return (probabilities - targets) / len(labels)


def smoothed_labels(labels: np.ndarray, smoothing: float, classes: int = 10) -> np.ndarray:
    """q = (1 - ε) one-hot(label) + ε / classes, rows that sum to 1 (Szegedy et al. 2016), (n, classes)."""
    return (1 - smoothing) * np.eye(classes)[labels] + smoothing / classes


def smoothed_cross_entropy(logits: np.ndarray, labels: np.ndarray, smoothing: float) -> np.ndarray:
    """L = -Σ_k q_k log p_k with p the softmax of the logits and q the smoothed labels, (n,)."""
    targets = (1 - smoothing) * np.eye(logits.shape[1], dtype=logits.dtype)[labels] + smoothing / logits.shape[1]
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_probabilities = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -(targets * log_probabilities).sum(axis=1)


def smoothed_cross_entropy_gradient(logits: np.ndarray, labels: np.ndarray, smoothing: float) -> np.ndarray:
    """∂L/∂z = (p - q) / n with the smoothed labels q = (1 - ε) one-hot(label) + ε / classes, (n, classes)."""
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities = exponentials / exponentials.sum(axis=1, keepdims=True)
    targets = (1 - smoothing) * np.eye(logits.shape[1], dtype=logits.dtype)[labels] + smoothing / logits.shape[1]
    return (probabilities - targets) / len(labels)


def sigmoid_squared_error(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """L = ½ Σ_k (y_k - t_k)² with y = σ(z) and t one-hot, (n,)."""
    y = (1 + np.tanh(logits / 2)) / 2
    targets = np.eye(logits.shape[1], dtype=logits.dtype)[labels]
    return ((y - targets) ** 2).sum(axis=1) / 2


def sigmoid_squared_error_gradient(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """∂L/∂z = (y - t) y (1 - y) / n: the delta rule (Rumelhart, Hinton and Williams 1986), (n, classes)."""
    y = (1 + np.tanh(logits / 2)) / 2
    targets = np.eye(logits.shape[1], dtype=logits.dtype)[labels]
    return (y - targets) * y * (1 - y) / len(labels)


def sigmoid_binary_cross_entropy(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """L = -Σ_k (t_k log y_k + (1 - t_k) log(1 - y_k)) = Σ_k log(1 + exp(z_k)) - z[label] with y = σ(z), (n,)."""
    return np.logaddexp(0, logits).sum(axis=1) - logits[np.arange(len(labels)), labels]


def sigmoid_binary_cross_entropy_gradient(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """∂L/∂z = (y - t) / n, without the y (1 - y) that slows the squared error down, (n, classes)."""
    y = (1 + np.tanh(logits / 2)) / 2
    targets = np.eye(logits.shape[1], dtype=logits.dtype)[labels]
    return (y - targets) / len(labels)


def linear_squared_error(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """L = ½ Σ_k (z_k - t_k)², the sums themselves as outputs, (n,)."""
    targets = np.eye(logits.shape[1], dtype=logits.dtype)[labels]
    return ((logits - targets) ** 2).sum(axis=1) / 2


def linear_squared_error_gradient(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """∂L/∂z = (z - t) / n (Widrow and Hoff 1960), (n, classes)."""
    targets = np.eye(logits.shape[1], dtype=logits.dtype)[labels]
    return (logits - targets) / len(labels)


LOSSES = {
    "softmax_cross_entropy": (softmax_cross_entropy, softmax_cross_entropy_gradient),
    "sigmoid_squared_error": (sigmoid_squared_error, sigmoid_squared_error_gradient),
    "sigmoid_binary_cross_entropy": (sigmoid_binary_cross_entropy, sigmoid_binary_cross_entropy_gradient),
    "linear_squared_error": (linear_squared_error, linear_squared_error_gradient),
}
