"""A patch of blank paper slid over a digit: how far the lead of one digit over another falls where it lies."""

import numpy as np

from mnistcore.nn import Network
from mnistcore.nn.network import as_rows

PATCH = 5  # pixels a side, about two strokes of the pen


def occlusion_map(network: Network, image: np.ndarray, answer: int, rival: int, patch: int = PATCH) -> np.ndarray:
    """The change of the answer's score minus the rival's when ``patch`` × ``patch`` pixels around each pixel are blank,
    (28, 28) float64 of a (28, 28) uint8 image (Zeiler and Fergus 2014, https://arxiv.org/abs/1311.2901).

    Negative: what lies under the patch spoke for the answer. 0 where nothing does.
    """
    as_rows(image[None])
    before, after = patch // 2, patch - patch // 2
    rows, columns = np.arange(28)[:, None], np.arange(28)
    covered = np.stack(
        [
            (rows >= row - before) & (rows < row + after) & (columns >= column - before) & (columns < column + after)
            for row in range(28)
            for column in range(28)
        ]
    )
    changed = np.where(covered, np.uint8(0), image)
    places = np.flatnonzero((changed != image).any(axis=(1, 2)))
    scores = network.logits(np.concatenate([image[None], changed[places]])).astype(np.float64)
    leads = scores[:, answer] - scores[:, rival]
    found = np.zeros(28 * 28)
    found[places] = leads[1:] - leads[0]
    return found.reshape(28, 28)
