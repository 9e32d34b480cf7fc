"""What the tests hold the fast core against: mnistcore.plain in float64, over the same parameters."""

import numpy as np
from hypothesis import settings

from mnistcore import plain
from mnistcore.insight.textbook import nn_shape, plain_layers
from mnistcore.nn import Network

examples = settings(max_examples=50)


class ImagesLast:
    """Random numbers in the order in which the fast layers, whose maps have the images last, draw them."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)

    def random(self, shape: tuple[int, ...], dtype: type) -> np.ndarray:
        if len(shape) == 2:
            return self._rng.random(shape, dtype)
        return np.moveaxis(self._rng.random((*shape[1:], shape[0]), dtype), -1, 0)


class Reference:
    """A network's textbook twin in float64, with the parameters that the network has when it is made.

    With a ``seed`` dropout drops what the fast network drops; in ``training`` a norm has the batch's statistics.
    """

    def __init__(self, network: Network) -> None:
        self.network, self.layers = network, plain_layers(network)
        self._loss, self._loss_gradient = plain.LOSSES[network.config.loss]

    def passes(self, x: np.ndarray, seed: int | None = None, training: bool = False) -> list[plain.Pass]:
        """What happens in each layer to x (n, 784)."""
        x = x.astype(np.float64).reshape(len(x), *self.network.input_shape)
        return plain.forward(self.layers, x, None if seed is None else ImagesLast(seed), training)

    def logits(self, x: np.ndarray, seed: int | None = None, training: bool = False) -> np.ndarray:
        """(n, 10) of x (n, 784)."""
        return self.passes(x, seed, training)[-1].y

    def loss(self, x: np.ndarray, labels: np.ndarray) -> float:
        """The mean over the images."""
        return float(self._loss(self.logits(x), labels).mean())

    def gradients(
        self, x: np.ndarray, labels: np.ndarray, seed: int | None = None, training: bool = False
    ) -> tuple[np.ndarray, np.ndarray]:
        """Of the mean loss: by the trained parameters, (trained_count,), and by x (n, 784)."""
        passes = self.passes(x, seed, training)
        return self.backward(passes, self._loss_gradient(passes[-1].y, labels))

    def backward(self, passes: list[plain.Pass], dlogits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The same from a gradient by the logits (n, 10)."""
        returns = plain.backward(self.layers, passes, dlogits)
        flat = np.zeros(self.network.parameter_count)
        for index, (layer, back) in enumerate(zip(self.layers, returns, strict=True)):
            views = self.network.views(index, flat)
            for name, gradient in back.gradients.items():
                views[name][...] = nn_shape(layer, name, gradient)
        return flat[: self.network.trained_count], returns[0].dx.reshape(len(dlogits), -1)
