"""Which images a network sees as alike: those that its last hidden layer gives nearly the same numbers."""

import numpy as np

from mnistcore.nn import Network

MOST_NUMBERS = 4_000_000  # 16 MB: of a wide layer, the numbers of fewer images are kept
MOST_IMAGES = 10_000


def last_features(network: Network, images: np.ndarray) -> np.ndarray:
    """What the output layer reads of each of (n, 28, 28) uint8 images, scaled to length 1: (n, units) float32.

    The outputs of the last hidden layer; of a network without one, the pixels. A row of zeros stays one.
    """
    rows = []
    for _, bound in network.chunks(images):
        values = bound.layers[-2][1].y if len(bound.layers) > 1 else bound.input.y
        lengths = np.sqrt(np.einsum("ij,ij->i", values, values))
        rows.append(values / np.maximum(lengths, np.float32(1e-30))[:, None])
    return np.concatenate(rows)


def images_to_compare(network: Network, count: int) -> int:
    """How many of ``count`` images' features are kept, so that they take no more than MOST_NUMBERS."""
    inputs = network.views(len(network.layers) - 1, network.parameters)["W"].shape[0]
    return min(count, MOST_IMAGES, MOST_NUMBERS // inputs)


def nearest(features: np.ndarray, feature: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The rows of (n, units) features most alike to one (units,) of length 1, and their cosines, the nearest first."""
    cosines = features @ feature
    order = np.argsort(-cosines, kind="stable")[:count]
    return order, cosines[order]


def least_distant(values: np.ndarray, value: np.ndarray, count: int) -> np.ndarray:
    """The rows of (n, d) values at the least Euclidean distance from one (d,), the nearest first: (count,) int64."""
    distances = np.einsum("ij,ij->i", values, values) - 2 * values @ value
    return np.argsort(distances, kind="stable")[:count]
