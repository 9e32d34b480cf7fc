"""Some of the images of a part of a data set, as pages that look at samples keep them."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Images:
    """Images (n, 28, 28) uint8, their labels (n,) and their positions in that part or data set (n,)."""

    images: np.ndarray
    labels: np.ndarray
    positions: np.ndarray
