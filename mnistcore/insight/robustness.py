"""What a network loses when images get harder to read, from its accuracies at the levels of a distortion."""

import numpy as np

from mnistcore.errors import DataError


def plain_and_changed(levels: np.ndarray, accuracy: np.ndarray, neutral: float) -> tuple[float, float]:
    """The accuracy at the level that changes nothing, and the mean over all others; levels, accuracy: (n,).

    DataError unless both are there.
    """
    is_plain = levels == neutral
    if is_plain.all() or not is_plain.any():
        raise DataError(
            f"accuracies at {neutral:g} and at other levels are needed, got {levels.tolist()}: measure both"
        )
    return float(accuracy[is_plain][0]), float(accuracy[~is_plain].mean())
