"""The oracle of the network tests: forward passes and losses in float64, written without any code of the product."""

from collections.abc import Callable

import numpy as np
from hypothesis import settings
from scipy.special import expit

from mnistcore.nn import Network

examples = settings(max_examples=50)

ACTIVATIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "sigmoid": expit,
    "tanh": np.tanh,
    "relu": lambda z: np.where(z > 0, z, 0.0),
    "leaky_relu": lambda z: np.where(z > 0, z, 0.01 * z),
    "identity": lambda z: z,
}


def one_hot(labels: np.ndarray) -> np.ndarray:
    return np.eye(10)[labels]


def mean_loss(name: str, logits: np.ndarray, labels: np.ndarray) -> float:
    """The mean over the images of one of the four losses."""
    targets = one_hot(labels)
    if name == "softmax_cross_entropy":
        return float(np.log(np.exp(logits).sum(axis=1)).mean() - (targets * logits).sum(axis=1).mean())
    if name == "sigmoid_binary_cross_entropy":
        log_likelihood = targets * np.log(expit(logits)) + (1 - targets) * np.log(expit(-logits))
        return float(-log_likelihood.sum(axis=1).mean())
    outputs = expit(logits) if name == "sigmoid_squared_error" else logits
    return float(0.5 * ((outputs - targets) ** 2).sum(axis=1).mean())


class Reference:
    """A network's twin in float64: the same settings, any flat parameters, dropout by masks that are given to it."""

    def __init__(self, network: Network) -> None:
        self.config = network.config
        self.flat = network.parameters.astype(np.float64)
        kept = network.parameters.copy()
        network.parameters[:] = np.arange(network.parameter_count)  # so that each layer shows where its entries lie
        self._dense = [
            (layer.W.astype(int), None if layer.b is None else layer.b.astype(int))
            for layer in network.layers
            if layer.kind == "dense"
        ]
        network.parameters[:] = kept

    def logits(self, flat: np.ndarray, x: np.ndarray, masks: list[np.ndarray] | None = None) -> np.ndarray:
        """(n, 10) float64 of x (n, 784); ``masks``, one (n, units) a dropout layer, say which inputs are kept."""
        dense, waiting = iter(self._dense), iter(masks or [])
        for layer in self.config.layers:
            if layer.kind == "dense":
                x = ACTIVATIONS[layer.activation](self._affine(flat, x, *next(dense)))
            elif masks is not None:
                x = x * next(waiting) / (1 - layer.rate)
        return self._affine(flat, x, *next(dense))

    @staticmethod
    def _affine(flat: np.ndarray, x: np.ndarray, W: np.ndarray, b: np.ndarray | None) -> np.ndarray:
        z = x @ flat[W]
        return z if b is None else z + flat[b]

    def loss(self, flat: np.ndarray, x: np.ndarray, labels: np.ndarray, masks: list[np.ndarray] | None = None) -> float:
        return mean_loss(self.config.loss, self.logits(flat, x, masks), labels)

    def gradient(self, x: np.ndarray, labels: np.ndarray, masks: list[np.ndarray] | None = None) -> np.ndarray:
        """(p,) float64, of the mean loss, by central differences over every parameter."""
        return central_differences(lambda flat: self.loss(flat, x, labels, masks), self.flat)


def central_differences(function: Callable[[np.ndarray], float], at: np.ndarray, width: float = 1e-5) -> np.ndarray:
    """The gradient of a function of a flat float64 array."""
    gradient, point = np.empty_like(at), at.copy()
    for index, value in enumerate(at):
        point[index] = value + width
        above = function(point)
        point[index] = value - width
        gradient[index] = (above - function(point)) / (2 * width)
        point[index] = value
    return gradient
