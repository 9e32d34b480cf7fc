"""What the tests hold the fast core against: mnistcore.plain, in float64, and central differences."""

from collections.abc import Callable

import numpy as np
from hypothesis import settings

from mnistcore import plain
from mnistcore.insight.textbook import nn_shape, plain_layers
from mnistcore.nn import Network

examples = settings(max_examples=50)


def central_differences(
    function: Callable[[np.ndarray], float], at: np.ndarray, width: float = 1e-5, places: np.ndarray | None = None
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


class ImagesLast:
    """Random numbers in the order in which the fast layers, whose maps have the images last, draw them."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)

    def random(self, shape: tuple[int, ...], dtype: type) -> np.ndarray:
        if len(shape) == 2:
            return self._rng.random(shape, dtype)
        return np.moveaxis(self._rng.random((*shape[1:], shape[0]), dtype), -1, 0)


class Reference:
    """A network's textbook twin in float64, over any flat parameters (p,).

    With a ``seed`` dropout drops what the fast network drops; in ``training`` a norm has the batch's statistics.
    """

    def __init__(self, network: Network) -> None:
        self.network, self.flat = network, network.parameters.astype(np.float64)

    def passes(
        self, flat: np.ndarray, x: np.ndarray, seed: int | None = None, training: bool = False
    ) -> list[plain.Pass]:
        """What happens in each layer to x (n, 784)."""
        x = x.astype(np.float64).reshape(len(x), *self.network.input_shape)
        rng = None if seed is None else ImagesLast(seed)
        return plain.forward(plain_layers(self.network, flat), x, rng, training)  # type: ignore[arg-type]

    def logits(self, flat: np.ndarray, x: np.ndarray, seed: int | None = None, training: bool = False) -> np.ndarray:
        """(n, 10) of x (n, 784)."""
        return self.passes(flat, x, seed, training)[-1].y

    def loss(
        self, flat: np.ndarray, x: np.ndarray, labels: np.ndarray, seed: int | None = None, training: bool = False
    ) -> float:
        """The mean over the images."""
        logits = self.logits(flat, x, seed, training)
        return float(plain.LOSSES[self.network.config.loss][0](logits, labels).mean())

    def gradients(
        self, x: np.ndarray, labels: np.ndarray, seed: int | None = None, training: bool = False
    ) -> tuple[np.ndarray, np.ndarray]:
        """Of the mean loss: by the parameters (p,), zero for running statistics, and by x (n, 784)."""
        passes = self.passes(self.flat, x, seed, training)
        dlogits = plain.LOSSES[self.network.config.loss][1](passes[-1].y, labels)
        return self.back(passes, dlogits)

    def back(self, passes: list[plain.Pass], dlogits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The same from the gradient of the logits (n, 10)."""
        layers = plain_layers(self.network, self.flat)
        returns = plain.backward(layers, passes, dlogits)
        flat = np.zeros(self.network.parameter_count)
        for index, (layer, back) in enumerate(zip(layers, returns, strict=True)):
            views = self.network.views(index, flat)
            for name, gradient in back.gradients.items():
                views[name][...] = nn_shape(layer, name, gradient)
        return flat, returns[0].dx.reshape(len(dlogits), -1)
