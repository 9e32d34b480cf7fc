"""Weights seen as images: the first layer's units, and for any depth what a network looks for in each digit."""

import numpy as np

from mnistcore.errors import ConfigError
from mnistcore.nn import Dense, Network

SIDE, DIGITS = 28, 10


def weight_images(network: Network) -> np.ndarray:
    """The weights of each unit of the first dense layer, laid out as the pixels they multiply: (units, 28, 28) float32.

    A copy: the network may go on training. For a network of one layer there are ten, one per digit. Raises ConfigError
    when no dense layer looks at the pixels themselves.
    """
    first = next((layer for layer in network.layers if isinstance(layer, Dense)), None)
    if first is None or first.W.shape[0] != SIDE * SIDE:
        raise ConfigError(
            "this network has no dense layer over the 784 pixels, so it has no weight images of this kind"
        )
    return np.ascontiguousarray(first.W.T, dtype=np.float32).reshape(-1, SIDE, SIDE)


def digit_templates(network: Network, images: np.ndarray, labels: np.ndarray, per_digit: int = 200) -> np.ndarray:
    """What raises each digit's logit: its gradient by the pixels, averaged over images of that digit, (10, 28, 28).

    images: (n, 28, 28) uint8; labels: (n,); the first ``per_digit`` of each digit count. float32, per unit of pixel
    (0 to 1). A network of one layer gives its weight images. A digit without images gives zeros. (Simonyan et al. 2014,
    https://arxiv.org/abs/1312.6034, with a mean over images in place of one.)
    """
    templates = np.zeros((DIGITS, SIDE, SIDE), np.float32)
    for digit in range(DIGITS):
        chosen = np.flatnonzero(labels == digit)[:per_digit]
        if len(chosen):
            templates[digit] = network.input_gradient(images[chosen], digit).mean(axis=0, dtype=np.float64)
    return templates


def symmetric_limit(images: np.ndarray) -> float:
    """The value at both ends of one colour scale for a gallery of (n, 28, 28) weight images, centred on zero.

    The 99.5th percentile of the magnitudes, so that a single extreme pixel does not make all the others pale; 1.0 where
    everything is zero.
    """
    if images.size == 0:
        return 1.0
    magnitudes = np.abs(images)
    limit = float(np.percentile(magnitudes, 99.5)) or float(magnitudes.max())
    return limit or 1.0
