"""What a layer says of many images: a row of numbers each, small enough to compare them."""

from dataclasses import dataclass

import numpy as np

from mnistcore.insight.weight_images import output_places
from mnistcore.nn import Network, NetworkConfig, summarize

MOST_VALUES = 784  # numbers of an image that maps may give: as many as it has pixels
CHUNK = 250  # images at a time: every layer keeps its outputs meanwhile


@dataclass(frozen=True)
class ValuedLayer:
    """A layer to compare images by: ``network.layers[index]``, its outputs' ``shape``, and the number of ``values``.

    Maps that have more than MOST_VALUES numbers are averaged over squares of ``block`` × ``block``.
    """

    index: int
    name: str
    shape: tuple[int, ...]
    block: int
    values: int


def valued_layers(config: NetworkConfig) -> list[ValuedLayer]:
    """The layers of a network whose outputs say something new: all but dropout and flatten, output layer last."""
    found = []
    for index, (row, place) in enumerate(zip(summarize(config), output_places(config), strict=True)):
        if row.kind in ("dropout", "flatten"):
            continue
        shape = place if len(row.output_shape) == 3 else row.output_shape
        block = block_size(shape)
        values = shape[0] if len(shape) == 1 else shape[0] * -(-shape[1] // block) * -(-shape[2] // block)
        found.append(ValuedLayer(index, row.name, shape, block, values))
    return found


def block_size(shape: tuple[int, ...], most: int = MOST_VALUES) -> int:
    """The side of the squares to average maps (channels, height, width) over, so that at most so many numbers stay.

    1 for a row of units, which stays whole. Maps of one number each can become no fewer.
    """
    if len(shape) == 1:
        return 1
    channels, height, width = shape
    sides = range(1, max(height, width) + 1)
    fitting = (side for side in sides if channels * -(-height // side) * -(-width // side) <= most)
    return next(fitting, max(height, width))


def averaged(maps: np.ndarray, block: int) -> np.ndarray:
    """Maps (n, channels, height, width) as means over squares of ``block`` × ``block``, smaller at the far edges."""
    if block == 1:
        return maps
    for axis in (2, 3):
        starts = np.arange(0, maps.shape[axis], block)
        sizes = np.diff([*starts, maps.shape[axis]]).astype(np.float32)
        maps = np.add.reduceat(maps, starts, axis=axis) / sizes.reshape([-1 if i == axis else 1 for i in range(4)])
    return maps


def layer_values(network: Network, images: np.ndarray, layer: ValuedLayer) -> tuple[np.ndarray, np.ndarray]:
    """A layer's outputs for (n, 28, 28) uint8 images, (n, values) float32, and the probabilities (n, 10) float32."""
    values = np.empty((len(images), layer.values), np.float32)
    probabilities = np.empty((len(images), 10), np.float32)
    for start in range(0, len(images), CHUNK):
        part = slice(start, start + CHUNK)
        outputs = network.activations(images[part])
        count = len(outputs[-1])
        y = outputs[layer.index]
        if len(layer.shape) == 3:
            y = averaged(y.reshape(count, *layer.shape), layer.block)
        values[part] = y.reshape(count, -1)
        probabilities[part] = network.loss.probabilities(outputs[-1])
    return values, probabilities


def pixel_values(images: np.ndarray) -> np.ndarray:
    """The pixels of (n, 28, 28) uint8 images as rows (n, 784) float32 from 0 to 1."""
    return np.multiply(images.reshape(len(images), -1), np.float32(1 / 255), dtype=np.float32)
