"""Back-propagation compared with central differences: does the loss change as the gradient says?

The gradient is the fast core's, as in training; the loss is computed by the textbook core, in float64.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from mnistcore import plain
from mnistcore.insight.textbook import plain_inputs, plain_layers
from mnistcore.nn import Network
from mnistcore.nn.network import STATISTICS, as_rows

WIDTH = 1e-6  # of a step to either side, in float64
SAMPLE = 12  # parameters of each array; a quarter of them with zero gradient, if there are any
TOLERANCE = 1e-3
CORNER = 1e-3  # left and right slope further apart than this share of the scale: a kink lies in between
SMALL_DELTA = (
    1e-3  # below it float32 has few digits left of prediction - label: deviations count as if it were so large
)
TOO_SMALL = 1e-6
NOISE = 4e-15 / WIDTH / CORNER  # slopes are not known better than within this share of the loss, times CORNER

Verdict = Literal["agrees", "differs", "too small"]


@dataclass(frozen=True)
class GradientCheck:
    """``deviation`` is the largest between back-propagation (float32) and central differences (float64), relative to
    the largest gradient in the same array; ``compared`` parameters were tried. ``corners`` more lie where the loss has
    no slope (a ReLU exactly at its corner, two equal values in a pooling window) and do not count.
    """

    verdict: Verdict
    deviation: float
    compared: int
    corners: int


def check_gradients(network: Network, image: np.ndarray, label: int, rng: np.random.Generator) -> GradientCheck:
    """Compare the gradient of a (28, 28) uint8 image's loss with central differences, for a sample of every array.

    The verdict is "too small" where the network is so sure that float32 leaves nothing to compare. Dropout is off.
    """
    gradients = np.zeros(network.parameter_count, np.float32)
    bound = network.bind(1, gradients)
    labels = np.array([label])
    with np.errstate(all="ignore"):
        bound.input.load(as_rows(image[None]), np.zeros(1, np.intp))
        network.loss.gradient(bound.forward(), labels, 1.0, bound.dlogits)
        largest_delta = float(np.abs(bound.dlogits).max())
        bound.backward()
        lack = max(1.0, SMALL_DELTA / max(largest_delta, TOO_SMALL))
        deviations = _deviations(network, gradients, _Slopes(network, image, labels), lack, rng)
    counted = deviations[~np.isnan(deviations)]
    deviation = float(counted.max()) if counted.size else 0.0
    verdict: Verdict = "agrees" if deviation <= TOLERANCE else "differs"
    if largest_delta < TOO_SMALL or not counted.size:
        verdict = "too small"
    return GradientCheck(verdict, deviation, len(counted), len(deviations) - len(counted))


def _deviations(
    network: Network, gradients: np.ndarray, slopes: "_Slopes", lack: float, rng: np.random.Generator
) -> np.ndarray:
    """Of a sample of every array, (k,): as shares of its largest gradient times ``lack``, NaN at a corner."""
    found = []
    for index, layer in enumerate(network.layers):
        for name in layer.shapes:
            if name not in STATISTICS:
                place = network.place(index, name)
                sample = place.start + choose_sample(gradients[place], rng)
                scale = max(lack * float(np.abs(gradients[place]).max()), slopes.resolution)
                found.append(_compare(gradients[sample], slopes.at(sample, index), scale))
    return np.concatenate(found)


def choose_sample(gradient: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Which entries of a gradient (k,) to try: mostly some that are not zero, where most inputs are black."""
    moving, still = np.flatnonzero(gradient), np.flatnonzero(gradient == 0)
    zeros = min(len(still), max(SAMPLE // 4, SAMPLE - len(moving)))
    others = min(len(moving), SAMPLE - zeros)
    return np.concatenate([rng.choice(moving, others, replace=False), rng.choice(still, zeros, replace=False)])


class _Slopes:
    """The loss's slopes to the left and to the right of the network's parameters, in float64."""

    def __init__(self, network: Network, image: np.ndarray, labels: np.ndarray) -> None:
        self._loss, self._labels = plain.LOSSES[network.config.loss][0], labels
        self._parameters = network.parameters.astype(np.float64)
        self._layers = plain_layers(network, self._parameters)  # views: what is changed there changes here
        self._inputs = [done.x for done in plain.forward(self._layers, plain_inputs(network, image[None]))]
        self._at = self._measured(0)
        self.resolution = NOISE * max(1.0, self._at)

    def _measured(self, layer: int) -> float:
        """The loss with the parameters of now, which differ from those at first in this layer alone."""
        logits = plain.forward(self._layers[layer:], self._inputs[layer])[-1].y
        return float(self._loss(logits, self._labels)[0])

    def at(self, places: np.ndarray, layer: int) -> np.ndarray:
        """(k, 2), left and right, by the parameters at these places, which belong to this layer."""
        slopes = np.empty((len(places), 2))
        for row, place in zip(slopes, places, strict=True):
            middle = self._parameters[place]
            for side, sign in enumerate((-1, 1)):
                self._parameters[place] = middle + sign * WIDTH
                row[side] = (self._measured(layer) - self._at) * sign / WIDTH
            self._parameters[place] = middle
        return slopes


def _compare(found: np.ndarray, slopes: np.ndarray, scale: float) -> np.ndarray:
    """Deviations (k,) of ``found`` from the mean of both slopes (k, 2), as shares of ``scale``; NaN at a corner."""
    is_corner = np.abs(slopes[:, 1] - slopes[:, 0]) > CORNER * scale
    return np.where(is_corner, np.nan, np.abs(found - slopes.mean(axis=1)) / scale)
