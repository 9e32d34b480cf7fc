"""What each unit or filter of a layer does: its output for many images, when it is active, which are dead or twins."""

import math
from dataclasses import dataclass

import numpy as np

from mnistcore.errors import DataError
from mnistcore.insight.ledger import last_of_block
from mnistcore.insight.weight_images import WeightedLayer, unit_weights, weighted_layers
from mnistcore.nn import BoundNetwork, Network
from mnistcore.nn.network import DIGITS

MOST_NUMBERS = 2_000_000  # 8 MB: of a layer that gives many numbers, the outputs for fewer images are kept
TWIN = 0.95  # the least correlation of twins
STILL = 1e-6  # of a unit's largest output: less than that is rounding
TOO_LARGE = "the outputs of this layer are too large for a number: choose weights of an earlier step"


@dataclass(frozen=True, eq=False)
class UnitOutputs:
    """What a layer gives for n images: ``values`` float32, rows (n, units) or maps (filters, height, width, n), and the
    network's ``logits`` (n, 10) float32.

    A normalisation, pooling or dropout that follows the layer belongs to its units: these are the numbers that the
    next layer with weights reads.
    """

    values: np.ndarray
    logits: np.ndarray

    @property
    def strengths(self) -> np.ndarray:
        """One number for each image and unit, (n, units) float32: its output, or the largest in a filter's map."""
        return self.values if self.values.ndim == 2 else self.values.max(axis=(1, 2)).T

    @property
    def rows(self) -> np.ndarray:
        """All outputs of each unit, a row a unit: (units, n) or (filters, height · width · n)."""
        return self.values.T if self.values.ndim == 2 else self.values.reshape(len(self.values), -1)


def end_of_block(network: Network, layer: WeightedLayer) -> int:
    """The number of the layer whose outputs a layer's units have in the end; of the output layer its own."""
    return layer.index if layer.name == "output" else last_of_block(network, layer)


def place_of(bound: BoundNetwork, number: int) -> int:
    """Where among the layers that run the outputs of layer ``number`` lie.

    A convolution and the pooling after it run as one, which has the number of the first.
    """
    return max(place for place, (found, _) in enumerate(bound.layers) if found <= number)


def images_to_look_at(network: Network, count: int) -> int:
    """How many of ``count`` images are looked at, the same for every layer, so that no layer's outputs take more than
    MOST_NUMBERS."""
    ends = (end_of_block(network, layer) for layer in weighted_layers(network.config))
    return min(count, MOST_NUMBERS // max(math.prod(network.layers[end].output_shape) for end in ends))


@np.errstate(all="ignore")
def unit_outputs(network: Network, images: np.ndarray, layer: WeightedLayer) -> UnitOutputs:
    """A layer's outputs and the logits for (n, 28, 28) uint8 images.

    DataError where one is no finite number, as after a divergence.
    """
    number, values = end_of_block(network, layer), None
    logits = np.empty((len(images), DIGITS), np.float32)
    for part, bound in network.chunks(images):
        y = bound.layers[place_of(bound, number)][1].y
        if values is None:
            values = np.empty((len(images), *y.shape[1:]) if y.ndim == 2 else (*y.shape[:-1], len(images)), np.float32)
        (values if y.ndim == 2 else np.moveaxis(values, -1, 0))[part] = y if y.ndim == 2 else np.moveaxis(y, -1, 0)
        logits[part] = bound.logits
    if values is None:
        raise DataError("units are looked at with images, got none")
    if not (np.isfinite(values).all() and np.isfinite(logits).all()):
        raise DataError(TOO_LARGE)
    return UnitOutputs(values, logits)


def active_above(network: Network, layer: WeightedLayer) -> float:
    """The output above which a unit counts as active: where what its activation function is given is above 0."""
    block = network.layers[layer.index : end_of_block(network, layer) + 1]
    last = [found.activation for found in block if hasattr(found, "activation")][-1]
    return 0.5 if last == "sigmoid" else 0.0


def digit_means(strengths: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The mean of strengths (n, units) over the images of each digit, (10, units) float64; NaN without any."""
    means = np.full((DIGITS, strengths.shape[1]), np.nan)
    for digit in range(DIGITS):
        of_digit = strengths[labels == digit]
        if len(of_digit):
            means[digit] = of_digit.mean(axis=0, dtype=np.float64)
    return means


def dead_units(outputs: UnitOutputs) -> np.ndarray:
    """The units (k,) int64 that give the same for every image, at every place: nothing after them can tell by them."""
    low, high = outputs.rows.min(axis=1), outputs.rows.max(axis=1)
    return np.flatnonzero(high - low <= STILL * np.maximum(np.abs(low), np.abs(high)))


def twin_units(outputs: UnitOutputs, least: float = TWIN) -> list[tuple[int, int, float]]:
    """Pairs of units (first, second, correlation) whose outputs go up and down together: Pearson's correlation over all
    images and, of filters, places is at least ``least``; the most alike first. Dead units have no twin."""
    rows = outputs.rows - outputs.rows.mean(axis=1, keepdims=True)
    lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows))
    alive = np.ones(len(rows), bool)
    alive[dead_units(outputs)] = False
    rows *= (alive / np.maximum(lengths, np.float32(1e-30))).astype(np.float32)[:, None]
    first, second = np.triu_indices(len(rows), 1)
    correlations = (rows @ rows.T)[first, second]
    found = np.flatnonzero(correlations >= least)
    found = found[np.argsort(-correlations[found], kind="stable")]
    return [(int(first[pair]), int(second[pair]), min(1.0, float(correlations[pair]))) for pair in found]


def response_pictures(strengths: np.ndarray, images: np.ndarray) -> np.ndarray:
    """What ink has to do with each unit's output: (units, 28, 28) float32.

    The mean of (n, 28, 28) uint8 images, each weighted by how far the unit's strength (n, units) for it lies above its
    mean, in standard deviations: positive where ink goes along with a strong output. (Reverse correlation, de Boer and
    Kuyper 1968; here with images in place of noise.) A unit that never changes gives zeros.
    """
    above = strengths - strengths.mean(axis=0)
    deviations = np.sqrt(np.einsum("ij,ij->j", above, above) / len(above))
    above /= np.maximum(deviations, np.float32(1e-30)) * (255 * len(images))
    pixels = images.reshape(len(images), -1).astype(np.float32)
    return (above.T @ pixels).reshape(-1, *images.shape[1:])


def outgoing_weights(network: Network, layer: WeightedLayer, unit: int) -> np.ndarray | None:
    """What the units of the next layer with weights make of a unit: (units,), or a kernel or a map of weights for each,
    (units, height, width), float32; None for the output layer."""
    following = next((later for later in weighted_layers(network.config) if later.index > layer.index), None)
    return None if following is None else unit_weights(network, following)[:, unit]
