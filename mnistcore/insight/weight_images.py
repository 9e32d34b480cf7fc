"""Weights as images: what each unit or filter looks for, and what a whole network looks for in each digit."""

from dataclasses import dataclass

import numpy as np

from mnistcore.nn import Network, NetworkConfig, summarize
from mnistcore.nn.build import build_layers
from mnistcore.nn.convolution import Conv2d
from mnistcore.nn.layers import Dense
from mnistcore.nn.pooling import AveragePool2d, MaxPool2d

SIDE, DIGITS = 28, 10
IMAGE: tuple[int, ...] = (1, SIDE, SIDE)


@dataclass(frozen=True)
class WeightedLayer:
    """A layer that has weights: ``network.layers[index]``, with its number of ``units`` (a convolution's filters).

    ``shape`` is what one unit weighs, (channels, height, width): the kernels of a filter, or for a dense layer the maps
    before it, or the 28×28 pixels. Where the inputs lie in a row, as the outputs of a dense layer do, it is (inputs,).
    """

    index: int
    name: str
    kind: str
    units: int
    shape: tuple[int, ...]


def weighted_layers(config: NetworkConfig) -> list[WeightedLayer]:
    """The layers with weights, output layer last; at least that one."""
    found = []
    before = [IMAGE, *output_places(config)]
    for index, (layer, row) in enumerate(zip(build_layers(config), summarize(config), strict=True)):
        if isinstance(layer, Dense):
            found.append(WeightedLayer(index, row.name, layer.kind, layer.units, before[index]))
        elif isinstance(layer, Conv2d):
            kernels = (layer.input_shape[0], layer.kernel, layer.kernel)
            found.append(WeightedLayer(index, row.name, layer.kind, layer.filters, kernels))
    return found


def output_places(config: NetworkConfig) -> list[tuple[int, ...]]:
    """How each layer's outputs lie: (channels, height, width) also where a row of numbers still stands for maps or for
    the pixels, as after a flatten layer; (units,) after a dense one."""
    places = [IMAGE]
    for layer in build_layers(config):
        moves = isinstance(layer, Dense | Conv2d | MaxPool2d | AveragePool2d)
        places.append(layer.output_shape if moves else places[-1])
    return places[1:]


def unit_weights(network: Network, layer: WeightedLayer) -> np.ndarray:
    """The weights of each unit of a layer, laid out like its inputs: (units, *layer.shape) float32, a copy."""
    W = network.views(layer.index, network.parameters)["W"]
    return np.array(W.T, dtype=np.float32, order="C").reshape(layer.units, *layer.shape)


def weight_images(network: Network) -> np.ndarray:
    """The weights of each unit or filter of the first layer that has some, (units, height, width) float32; a copy.

    A dense layer's are as large as the image, a filter's as its kernel. A network of one layer has ten, one per digit.
    """
    return unit_weights(network, weighted_layers(network.config)[0])[:, 0]  # nothing before it makes more maps of one


def weight_histogram(weights: np.ndarray, limit: float, bins: int) -> tuple[np.ndarray, np.ndarray]:
    """Weights of any shape in equal bins from -limit to limit: counts (bins,) int64 and edges (bins + 1,).

    The outermost bins hold everything beyond.
    """
    return np.histogram(np.clip(weights, -limit, limit), bins=bins, range=(-limit, limit))


def digit_templates(network: Network, images: np.ndarray, labels: np.ndarray, per_digit: int = 200) -> np.ndarray:
    """What raises each digit's logit: its gradient by the pixels, averaged over images of that digit, (10, 28, 28).

    images: (n, 28, 28) uint8; labels: (n,); the first ``per_digit`` of each digit count. float32, per unit of pixel
    (0 to 1). A network of one layer gives its weight images. A digit without images gives zeros. (Simonyan et al. 2014,
    https://arxiv.org/abs/1312.6034, with a mean over images instead of one.)
    """
    chosen = np.concatenate([np.flatnonzero(labels == digit)[:per_digit] for digit in range(DIGITS)])
    # All digits in one pass: for a convolution, buffers for ten passes took longer than the passes.
    gradients = network.input_gradient(images[chosen], labels[chosen])
    templates = np.zeros((DIGITS, SIDE, SIDE), np.float32)
    for digit in range(DIGITS):
        of_digit = labels[chosen] == digit
        if of_digit.any():
            templates[digit] = gradients[of_digit].mean(axis=0, dtype=np.float64)
    return templates


def difference(images: np.ndarray, first: int, second: int) -> np.ndarray:
    """Image ``second`` of (n, height, width) minus image ``first``: (height, width) float32."""
    return images[second].astype(np.float32) - images[first]


def strongest_unit(images: np.ndarray) -> int:
    """Which of (units, ...) images has the largest sum of magnitudes: of changes, the unit that a step moves most."""
    return int(np.abs(images).reshape(len(images), -1).sum(axis=1).argmax())


def symmetric_limit(images: np.ndarray) -> float:
    """The value at both ends of one colour scale for a gallery of weight images, centred on zero.

    The 99.5th percentile of the magnitudes, so that a single extreme pixel does not make all the others pale; 1.0 where
    everything is zero.
    """
    if images.size == 0:
        return 1.0
    magnitudes = np.abs(images)
    limit = float(np.percentile(magnitudes, 99.5)) or float(magnitudes.max())
    return limit or 1.0
