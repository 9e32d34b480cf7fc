"""The image that drives a unit most of all, by gradient ascent on the pixels.

Activation maximisation (Erhan et al. 2009), regularised by decay and blur as by Yosinski et al. 2015
(https://arxiv.org/abs/1506.06579).
"""

from dataclasses import dataclass

import numpy as np

from mnistcore.insight.units import end_of_block, place_of
from mnistcore.insight.weight_images import WeightedLayer
from mnistcore.nn import BoundNetwork, Network, NetworkConfig
from mnistcore.nn.network import PIXELS, as_rows

STEPS = 60
SIGN_STEP = 1 / 24  # of a pixel's range, without regularisation
STEP = 1 / 4  # of the pixel with the steepest slope, with it
DECAY = 0.05  # of every pixel's ink, at each step
BLUR = 0.05  # of a pixel's ink, to each of its four neighbours, at each step


@dataclass(frozen=True, eq=False)
class Maximum:
    """An image (28, 28) uint8 that drives a unit, and the unit's output for it; of a filter, the largest in its map."""

    image: np.ndarray
    value: float


def maximal_image(
    network: Network, layer: WeightedLayer, unit: int, starts: np.ndarray, is_regularised: bool = True
) -> Maximum:
    """The best image that gradient ascent finds from any of ``starts`` (k, 28, 28) uint8.

    Pixels always stay between blank and full ink. Regularised, each of STEPS steps goes along the gradient, its largest
    pixel by STEP; every pixel loses DECAY of its ink, and gives some to its neighbours. Without, each pixel goes by
    SIGN_STEP in the direction of its slope's sign, and the best image on the way counts. What is climbed is the unit's
    output without its activation function, which rises with it but has no slope where the unit is silent; of a filter,
    the output at one place: the strongest of the start or, from a blank sheet, the middle.
    """
    climb = _Climb(network, layer, unit, len(starts))
    x = as_rows(starts).astype(np.float32) / 255
    places = climb.places(x)
    best, best_values = x, np.full(len(x), -np.inf)
    for step in range(STEPS + 1):
        values, slope = climb.slope(x, places)
        better = np.ones(len(x), bool) if is_regularised else values > best_values
        best, best_values = np.where(better[:, None], x, best), np.where(better, values, best_values)
        if step < STEPS:
            x = regularised_step(x, slope) if is_regularised else sign_step(x, slope)
    images = np.rint(best * 255).astype(np.uint8).reshape(-1, 28, 28)
    reached = strengths_of(network, images, layer, unit)
    return Maximum(images[int(reached.argmax())], float(reached.max()))


def sign_step(x: np.ndarray, slope: np.ndarray) -> np.ndarray:
    """Pixels (n, 784) float32 from 0 to 1 after one step of projected ascent in the direction of the slope's signs."""
    return np.clip(x + np.float32(SIGN_STEP) * np.sign(slope), 0, 1)


def regularised_step(x: np.ndarray, slope: np.ndarray) -> np.ndarray:
    """Pixels (n, 784) float32 from 0 to 1 after one step along the slope, like them, with decay and blur."""
    largest = np.abs(slope).max(axis=1, keepdims=True)
    x = (1 - DECAY) * x + STEP * slope / np.maximum(largest, np.float32(1e-30))
    padded = np.pad(x.reshape(-1, 28, 28), ((0, 0), (1, 1), (1, 1)))
    around = padded[:, :-2, 1:-1] + padded[:, 2:, 1:-1] + padded[:, 1:-1, :-2] + padded[:, 1:-1, 2:]
    blurred = (1 - 4 * BLUR) * padded[:, 1:-1, 1:-1] + BLUR * around
    return np.clip(blurred, 0, 1).reshape(x.shape).astype(np.float32)


def strengths_of(network: Network, images: np.ndarray, layer: WeightedLayer, unit: int) -> np.ndarray:
    """One unit's output for (n, 28, 28) uint8 images, or the largest in a filter's map: (n,) float32."""
    number, found = end_of_block(network, layer), []
    for _, bound in network.chunks(images):
        y = bound.layers[place_of(bound, number)][1].y
        found.append(y[:, unit].copy() if y.ndim == 2 else y[unit].max(axis=(0, 1)))
    return np.concatenate(found)


class _Climb:
    """A network without the activation functions of one layer's block, bound to n images, and a unit of that layer."""

    def __init__(self, network: Network, layer: WeightedLayer, unit: int, n: int) -> None:
        number = end_of_block(network, layer)
        steep = Network.over(_without_activations(network.config, layer.index, number), PIXELS, network.parameters)
        self._bound: BoundNetwork = steep.bind(n)
        self._place, self._unit = place_of(self._bound, number), unit
        self._last = self._bound.layers[self._place][1]

    def places(self, x: np.ndarray) -> np.ndarray:
        """Where in its map a filter is climbed for each of x (n, 784), (n,) int64; zeros for a dense layer's unit."""
        self._forward(x)
        if self._last.y.ndim == 2:
            return np.zeros(len(x), np.int64)
        _, height, width, n = self._last.y.shape
        strongest = self._last.y[self._unit].reshape(-1, n).argmax(axis=0)
        return np.where(x.any(axis=1), strongest, height // 2 * width + width // 2)

    def slope(self, x: np.ndarray, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The unit's outputs (n,) for x (n, 784), and their gradients by the pixels, (n, 784)."""
        self._forward(x)
        y, dy, rows = self._last.y, self._last.dy, np.arange(len(x))
        dy.fill(0)
        if y.ndim == 2:
            values = y[:, self._unit].copy()
            dy[:, self._unit] = 1
        else:
            down, right = np.divmod(places, y.shape[2])
            values = y[self._unit, down, right, rows]
            dy[self._unit, down, right, rows] = 1
        for _, layer in reversed(self._bound.layers[: self._place + 1]):
            layer.backward(True, False)
        return values, self._bound.input_gradient()

    def _forward(self, x: np.ndarray) -> None:
        self._bound.input.put(x)
        for _, layer in self._bound.layers[: self._place + 1]:
            layer.forward(None)


def _without_activations(config: NetworkConfig, first: int, last: int) -> NetworkConfig:
    """The same network with the activation functions of layers ``first`` to ``last`` left out."""
    layers = [
        layer.model_copy(update={"activation": "identity"})
        if first <= index <= last and hasattr(layer, "activation")
        else layer
        for index, layer in enumerate(config.layers)
    ]
    return config.model_copy(update={"layers": tuple(layers)})
