"""The oracle of the network tests: forward passes and losses in float64, written without any code of the product."""

import math
from collections.abc import Callable, Iterator
from typing import Any

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
    """A network's twin in float64: the same settings, any flat parameters, dropout by masks that are given to it.

    Maps are (n, channels, height, width) here.
    """

    def __init__(self, network: Network) -> None:
        self.config = network.config
        self.flat = network.parameters.astype(np.float64)
        kept = network.parameters.copy()
        network.parameters[:] = np.arange(network.parameter_count)  # so that each layer shows where its entries lie
        self.places = [
            {name: view.astype(int) for name, view in network.views(index, network.parameters).items()}
            for index in range(len(network.layers))
        ]
        network.parameters[:] = kept

    def outputs(
        self, flat: np.ndarray, x: np.ndarray, masks: list[np.ndarray] | None = None, training: bool = False
    ) -> list[np.ndarray]:
        """Every layer's output for x (n, 784), in float64.

        ``masks``, one a dropout layer, say which inputs are kept; in ``training`` a norm has the batch's statistics.
        """
        cares = [layer.kind for layer in self.config.layers if layer.kind not in ("dropout", "batch_norm")]
        x = x.reshape(-1, 1, 28, 28) if cares and cares[0] != "dense" else x
        found, waiting = [], iter(masks or [])
        for layer, places in zip(self.config.layers, self.places[:-1], strict=True):
            own = {name: flat[place] for name, place in places.items()}
            if layer.kind == "dropout":
                x = x if masks is None else x * next(waiting) / (1 - layer.rate)
            else:
                x = _apply(layer, own, x, training)
            found.append(x)
        output = self.places[-1]
        return [*found, x @ flat[output["W"]] + (flat[output["b"]] if "b" in output else 0)]

    def logits(
        self, flat: np.ndarray, x: np.ndarray, masks: list[np.ndarray] | None = None, training: bool = False
    ) -> np.ndarray:
        """(n, 10) float64 of x (n, 784)."""
        return self.outputs(flat, x, masks, training)[-1]

    def loss(
        self,
        flat: np.ndarray,
        x: np.ndarray,
        labels: np.ndarray,
        masks: list[np.ndarray] | None = None,
        training: bool = False,
    ) -> float:
        return mean_loss(self.config.loss, self.logits(flat, x, masks, training), labels)

    def gradient(self, x: np.ndarray, labels: np.ndarray, masks: list[np.ndarray] | None = None) -> np.ndarray:
        """(p,) float64, of the mean loss, by central differences over every parameter."""
        return central_differences(lambda flat: self.loss(flat, x, labels, masks), self.flat)

    def some_trained(self, rng: np.random.Generator, count: int) -> np.ndarray:
        """Where some parameters of every kind in every layer lie, ``count`` of each; no running statistics."""
        kinds = [place for places in self.places for name, place in places.items() if name not in ("mean", "variance")]
        return np.concatenate([rng.choice(place.ravel(), min(count, place.size), replace=False) for place in kinds])


def _apply(layer: Any, own: dict[str, np.ndarray], x: np.ndarray, training: bool) -> np.ndarray:
    """A layer's output, with its parameters by name."""
    if layer.kind == "flatten":
        return x.reshape(len(x), math.prod(x.shape[1:]))
    if layer.kind == "max_pool2d":
        return max_pool(x, layer.kernel, layer.stride)
    if layer.kind == "average_pool2d":
        return average_pool(x, layer.kernel, layer.stride)
    activate = ACTIVATIONS[layer.activation]
    if layer.kind == "batch_norm":
        statistics = None if training else (own["mean"], own["variance"])
        return activate(batch_norm(x, own["gain"], own["b"], statistics))
    if layer.kind == "conv2d":
        return activate(convolve(x, own["W"], own.get("b"), layer.kernel, layer.stride, layer.padding))
    return activate(x @ own["W"] + own.get("b", 0))


def windows(x: np.ndarray, kernel: int, stride: int) -> Iterator[tuple[int, int, np.ndarray]]:
    """Row and column of each window over maps (n, channels, height, width), and what it sees."""
    for row, top in enumerate(range(0, x.shape[2] - kernel + 1, stride)):
        for column, left in enumerate(range(0, x.shape[3] - kernel + 1, stride)):
            yield row, column, x[:, :, top : top + kernel, left : left + kernel]


def _over_windows(
    x: np.ndarray, kernel: int, stride: int, channels: int, function: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    """Maps whose pixels are what a function makes of each window, (n, channels)."""
    height, width = ((size - kernel) // stride + 1 for size in x.shape[2:])
    y = np.full((len(x), channels, height, width), np.nan)
    for row, column, window in windows(x, kernel, stride):
        y[:, :, row, column] = function(window)
    return y


def convolve(x: np.ndarray, W: np.ndarray, b: np.ndarray | None, kernel: int, stride: int, padding: int) -> np.ndarray:
    """y[n, f, i, j] = b[f] + Σ W[c, row, column, f] · x[n, c, stride · i + row, stride · j + column]."""
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    offset = np.zeros(W.shape[1]) if b is None else b
    return _over_windows(padded, kernel, stride, W.shape[1], lambda window: window.reshape(len(x), len(W)) @ W + offset)


def max_pool(x: np.ndarray, kernel: int, stride: int) -> np.ndarray:
    return _over_windows(x, kernel, stride, x.shape[1], lambda window: window.max(axis=(2, 3)))


def average_pool(x: np.ndarray, kernel: int, stride: int) -> np.ndarray:
    return _over_windows(x, kernel, stride, x.shape[1], lambda window: window.sum(axis=(2, 3)) / kernel**2)


def batch_norm(
    x: np.ndarray, gain: np.ndarray, b: np.ndarray, statistics: tuple[np.ndarray, np.ndarray] | None = None
) -> np.ndarray:
    """Normalised by the mean and variance given, or else the batch's own, over all but axis 1; scaled and shifted."""
    axes = (0, *range(2, x.ndim))
    shape = (1, -1) + (1,) * (x.ndim - 2)
    mean, variance = statistics or (x.mean(axis=axes), x.var(axis=axes))
    normal = (x - mean.reshape(shape)) / np.sqrt(variance.reshape(shape) + 1e-5)
    return normal * gain.reshape(shape) + b.reshape(shape)


def central_differences(
    function: Callable[[np.ndarray], float],
    at: np.ndarray,
    width: float = 1e-5,
    places: np.ndarray | None = None,
) -> np.ndarray:
    """The gradient of a function of a flat float64 array: all of it, or its entries at these places."""
    point = at.copy()
    places = np.arange(len(at)) if places is None else places
    gradient = np.empty(len(places))
    for number, index in enumerate(places):
        point[index] = at[index] + width
        above = function(point)
        point[index] = at[index] - width
        gradient[number] = (above - function(point)) / (2 * width)
        point[index] = at[index]
    return gradient
