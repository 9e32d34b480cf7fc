"""Which digits are confused: the 10×10 matrix, figures per digit, the images of a cell, the accuracy's interval."""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd

from mnistcore.errors import DataError

DIGITS = 10


@dataclass(frozen=True)
class DigitPair:
    """Two digits, and how many images of each were taken for the other."""

    first: int
    second: int
    first_as_second: int
    second_as_first: int

    @property
    def count(self) -> int:
        """How many images were mixed up."""
        return self.first_as_second + self.second_as_first


def confusion_matrix(labels: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    """Count images by true and predicted digit: (10, 10) int64, row the label, column the prediction.

    labels, predictions: (n,) integers 0-9. Raises DataError when they differ in length or hold other numbers.
    """
    if labels.ndim != 1 or labels.shape != predictions.shape:
        raise DataError(
            f"labels {labels.shape} and predictions {predictions.shape} must be two equally long rows of digits; "
            "for probabilities (n, 10) pass probabilities.argmax(axis=1)"
        )
    for name, digits in (("labels", labels), ("predictions", predictions)):
        if len(digits) and not (digits.min() >= 0 and digits.max() < DIGITS):
            raise DataError(f"{name} must be digits 0-9, found {digits.min()} to {digits.max()}; map them to digits")
    cells = labels.astype(np.int64) * DIGITS + predictions.astype(np.int64)
    return np.bincount(cells, minlength=DIGITS * DIGITS).reshape(DIGITS, DIGITS)


def accuracy_counts(matrix: np.ndarray) -> tuple[int, int]:
    """How many images of a (10, 10) confusion matrix are classified correctly, and of how many."""
    return int(matrix.trace()), int(matrix.sum())


def row_shares(matrix: np.ndarray) -> np.ndarray:
    """Each cell of a (10, 10) confusion matrix as the share of its digit's images, float64; 0 for a digit without."""
    return np.asarray(matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1))


def per_digit_metrics(matrix: np.ndarray) -> pd.DataFrame:
    """Precision, recall and F1 of each digit from a (10, 10) confusion matrix: digit, precision, recall, f1, count.

    Count is the number of images with that label. What is undefined (no image, or never predicted) is NaN, not 0.
    """
    correct, counts, predicted = matrix.diagonal().astype(np.float64), matrix.sum(axis=1), matrix.sum(axis=0)
    with np.errstate(invalid="ignore"):  # 0 / 0
        figures = {
            "precision": correct / predicted,
            "recall": correct / counts,
            "f1": 2 * correct / (counts + predicted),
        }
    return pd.DataFrame({"digit": np.arange(DIGITS), **figures, "count": counts})


def most_confused_pairs(matrix: np.ndarray, limit: int = 10) -> pd.DataFrame:
    """The cells off the diagonal of a (10, 10) confusion matrix, fullest first: true, predicted, count, share.

    Share is that of the true digit's images. Equal counts are ranked by share; empty cells are left out.
    """
    true, predicted = np.nonzero(matrix * (1 - np.eye(DIGITS, dtype=np.int64)))
    counts = matrix[true, predicted]
    pairs = pd.DataFrame(
        {"true": true, "predicted": predicted, "count": counts, "share": counts / matrix.sum(axis=1)[true]}
    )
    return pairs.sort_values(["count", "share"], ascending=False, kind="stable").head(limit).reset_index(drop=True)


def confused_both_ways(matrix: np.ndarray, first: tuple[int, int] = (3, 8), limit: int = 6) -> list[DigitPair]:
    """Pairs of digits by a (10, 10) confusion matrix: ``first``, then the most confused ones, both ways together."""
    pairs = [DigitPair(i, j, int(matrix[i, j]), int(matrix[j, i])) for i in range(DIGITS) for j in range(i + 1, DIGITS)]
    mixed_up = [pair for pair in pairs if pair.count or (pair.first, pair.second) == first]
    ranked = sorted(mixed_up, key=lambda pair: ((pair.first, pair.second) != first, -pair.count))
    return ranked[:limit]


def mistakes(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Indices (k,) int64 of the images taken for something else, the most certain mistake first.

    probabilities: (n, 10); the classification is their largest. labels: (n,).
    """
    wrong = np.flatnonzero(probabilities.argmax(axis=1) != labels)
    return wrong[np.argsort(-probabilities[wrong].max(axis=1), kind="stable")]


def cell_examples(
    probabilities: np.ndarray, labels: np.ndarray, true: int, predicted: int, limit: int | None = None
) -> np.ndarray:
    """Indices (int64) of the images labelled ``true`` and classified as ``predicted``, most confident first.

    probabilities: (n, 10), classified by the largest. labels: (n,). limit: the maximum number of images, None for all.
    """
    inside = np.flatnonzero((labels == true) & (probabilities.argmax(axis=1) == predicted))
    by_confidence = np.argsort(-probabilities[inside, predicted], kind="stable")
    return inside[by_confidence][:limit]


def accuracy_interval(correct: int, count: int, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval for a share of ``correct`` in ``count`` (E. B. Wilson, JASA 22, 1927).

    Raises DataError when nothing was counted.
    """
    if not 0 <= correct <= count or count == 0:
        raise DataError(f"an accuracy needs 0 ≤ correct ≤ count and count ≥ 1, got {correct} of {count}")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share, scale = correct / count, 1 + z**2 / count
    middle = (share + z**2 / (2 * count)) / scale
    width = z / scale * math.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    return max(0.0, middle - width) if correct else 0.0, min(1.0, middle + width) if correct < count else 1.0
