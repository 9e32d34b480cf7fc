"""Many weight matrices of networks without hidden layers, judged at once: how accuracy moves while one learns."""

import numpy as np

from mnistcore.nn import Network
from mnistcore.nn.bound_network import SCALE
from mnistcore.nn.network import DIGITS, as_rows

IMAGES = 500  # at a time, so that their ten outputs for each matrix stay in the cache


def correct_by_digit(network: Network, parameters: np.ndarray, images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """How many (n, 28, 28) uint8 images of each digit are read right, (m, 10) int64, with each of (m, p) parameters.

    ``network`` has no hidden layers and says how the parameters lie. All matrices side by side are one product.
    """
    kinds = [network.views(0, flat) for flat in parameters]
    W = np.concatenate([views["W"] for views in kinds], axis=1)
    b = np.concatenate([views["b"] for views in kinds]) if "b" in kinds[0] else np.float32(0)
    rows = as_rows(images)
    found = np.zeros((len(parameters), DIGITS), np.int64)
    for start in range(0, len(rows), IMAGES):
        part = slice(start, start + IMAGES)
        outputs = (rows[part] * SCALE) @ W + b
        is_right = outputs.reshape(-1, len(parameters), DIGITS).argmax(axis=2) == labels[part, None]
        for digit in range(DIGITS):
            found[:, digit] += is_right[labels[part] == digit].sum(axis=0)
    return found
