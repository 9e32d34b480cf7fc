"""Nine views of an image: it is looked at nine times, moved by up to a pixel, and the nine answers are averaged."""

import numpy as np

from mnistcore.nn.network import Network

REACH = 1  # pixels
SHIFTS = tuple((down, right) for down in range(-REACH, REACH + 1) for right in range(-REACH, REACH + 1))


def predict_views(network: Network, images: np.ndarray) -> np.ndarray:
    """Mean probabilities, (n, 10) float32, over the views of (n, 28, 28) uint8 images; black comes in at the edges.

    The errors of single views differ, and partly cancel out (Krizhevsky et al. 2012, who took ten crops of a photo).
    """
    framed = np.pad(images, ((0, 0), (REACH, REACH), (REACH, REACH)))
    height, width = images.shape[1:]
    total = np.zeros((len(images), 10), np.float32)
    for down, right in SHIFTS:
        top, left = REACH - down, REACH - right
        total += network.predict(np.ascontiguousarray(framed[:, top : top + height, left : left + width]))
    return total / len(SHIFTS)
