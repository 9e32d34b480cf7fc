"""Images to guess at: which of these does a network read wrongly?"""

import numpy as np


def puzzle_rows(probabilities: np.ndarray, labels: np.ndarray, count: int = 10) -> np.ndarray:
    """Rows of ``count`` images in a mixed order: half of them read wrongly, as surely as any; half of them rightly, as
    unsurely as any, so that neither half gives itself away.

    probabilities: (n, 10), labels: (n,). Where there are too few of one kind, more of the other; fewer than ``count``
    rows only where n is smaller. The same answers give the same images in the same order.
    """
    sure = probabilities.max(axis=1)
    is_wrong = probabilities.argmax(axis=1) != labels
    wrong = np.flatnonzero(is_wrong)[np.argsort(-sure[is_wrong], kind="stable")]
    right = np.flatnonzero(~is_wrong)[np.argsort(sure[~is_wrong], kind="stable")]
    half = max(min(count // 2, len(wrong)), count - len(right))
    rows = np.concatenate([wrong[:half], right[: count - min(half, len(wrong))]])
    return np.random.default_rng(0).permutation(rows)
