"""Labels that are probably wrong, by confident learning (Northcutt et al. 2021, https://arxiv.org/abs/1911.00068).

Every function takes out-of-fold probabilities (n, 10), which a network gave to images that it has not learned from,
and the labels (n,) of these images, 0-9. DataError for anything else.
"""

from dataclasses import dataclass

import numpy as np

from mnistcore.data import DIGITS
from mnistcore.errors import DataError


@dataclass(frozen=True, eq=False)
class Suspects:
    """Images that are read as another digit than their label says, the least credible label first.

    indices (k,) int64; the digits (k,) uint8 that they are read as; the probabilities (k,) float64 of these digits,
    and those of the labels.
    """

    indices: np.ndarray
    digits: np.ndarray
    certainty: np.ndarray
    label_probability: np.ndarray


def class_thresholds(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """How sure networks are on average of each digit where the label says so too, (10,) float64.

    Infinite for a digit that no image is labelled with.
    """
    own = _own(probabilities, labels)
    counts = np.bincount(labels, minlength=DIGITS)
    sums = np.bincount(labels, own, DIGITS)
    return np.asarray(np.where(counts > 0, sums / np.maximum(counts, 1), np.inf))


def confident_joint(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """C (10, 10) int64: images labelled i (row) that are confidently a j (column).

    Confidently: the probability of j is at least j's threshold, and the largest of those that are. An image that
    reaches no threshold is not counted.
    """
    reached = np.where(probabilities >= class_thresholds(probabilities, labels), probabilities, -1.0)
    digits, is_counted = reached.argmax(axis=1), reached.max(axis=1) >= 0
    joint = np.zeros((DIGITS, DIGITS), np.int64)
    np.add.at(joint, (labels[is_counted], digits[is_counted]), 1)
    return joint


def estimated_joint(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """How many images are labelled i (row) and truly a j (column), (10, 10) float64: the counts of ``confident_joint``,
    each row scaled to all images that are labelled so. Equation 3 of the paper, times n.
    """
    joint = confident_joint(probabilities, labels).astype(np.float64)
    sums = joint.sum(axis=1)
    joint[np.diag_indices(DIGITS)] += sums == 0  # of a digit without a confident image, every label is believed
    counts = np.bincount(labels, minlength=DIGITS)
    return np.asarray(joint * (counts / joint.sum(axis=1))[:, None])


def estimated_errors(probabilities: np.ndarray, labels: np.ndarray) -> int:
    """How many labels are wrong, as far as the networks can tell: all that lies off the estimated joint's diagonal."""
    joint = estimated_joint(probabilities, labels)
    return round(float(joint.sum() - np.trace(joint)))


def suspects(probabilities: np.ndarray, labels: np.ndarray) -> Suspects:
    """The images whose most probable digit is not their label, ranked by self-confidence, the label's probability."""
    own, digits = _own(probabilities, labels), probabilities.argmax(axis=1)
    differing = np.flatnonzero(digits != labels)
    indices = differing[np.argsort(own[differing], kind="stable")]
    certainty = probabilities[indices, digits[indices]].astype(np.float64)
    return Suspects(indices, digits[indices].astype(np.uint8), certainty, own[indices])


def _own(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The probability (n,) float64 of each image's label, once both arrays are checked."""
    if len(labels) == 0 or probabilities.shape != (len(labels), DIGITS):
        raise DataError(
            f"probabilities {probabilities.shape} must be {DIGITS} for each of {len(labels):,} labels, at least 1"
        )
    if labels.min() < 0 or labels.max() >= DIGITS:
        raise DataError(f"labels must be digits 0-9, got {labels.min()} to {labels.max()}")
    if not np.isfinite(probabilities).all():
        raise DataError("probabilities must be finite, got nan or infinity: train again with a lower learning rate")
    return np.asarray(probabilities[np.arange(len(labels)), labels].astype(np.float64))
