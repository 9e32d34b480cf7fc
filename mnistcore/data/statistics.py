"""What a set of images looks like as a whole: counts, mean images, ink."""

import math
from dataclasses import dataclass

import numpy as np

from mnistcore.data.dataset import DIGITS

IMAGES_AT_ONCE = 2048


@dataclass(frozen=True, eq=False)
class PixelStatistics:
    """Over all pixels: `mean` and `standard_deviation` in 0-255, `paper_share` (pixels that are 0) and the counts."""

    mean: float
    standard_deviation: float
    paper_share: float
    histogram: np.ndarray  # (256,) int64: how many pixels have each value


def class_counts(labels: np.ndarray) -> np.ndarray:
    """How many labels each digit has: (10,) int64."""
    return np.bincount(labels, minlength=DIGITS).astype(np.int64)


def mean_images(images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The mean image of each digit, (10, 28, 28) float32 in 0-255; zeros for a digit without images."""
    sums = np.zeros((DIGITS, *images.shape[1:]), dtype=np.float32)
    for digit in range(DIGITS):
        chosen = images[labels == digit]
        if len(chosen):
            sums[digit] = chosen.sum(axis=0, dtype=np.uint32) / np.float32(len(chosen))
    return sums


def ink_shares(histogram: np.ndarray, width: int) -> np.ndarray:
    """How inked pixels (values 1 to 255) spread over bins of ``width`` values, (255 / width,) shares that sum to 1.

    ``histogram`` (256,): how many pixels have each value. ``width`` divides 255. All 0 where nothing is inked.
    """
    counts = histogram[1:].reshape(-1, width).sum(axis=1)
    return counts / max(1, int(counts.sum()))


def pixel_statistics(images: np.ndarray) -> PixelStatistics:
    """Statistics of (n, 28, 28) uint8 images, n at least 1, all from one histogram."""
    histogram = np.zeros(256, dtype=np.int64)
    # bincount makes int64 of its input, eight times the images: so a few at a time.
    for start in range(0, len(images), IMAGES_AT_ONCE):
        histogram += np.bincount(images[start : start + IMAGES_AT_ONCE].ravel(), minlength=256)
    values, count = np.arange(256), int(histogram.sum())
    mean = float(histogram @ values) / count
    square = float(histogram @ values**2) / count
    return PixelStatistics(mean, math.sqrt(max(square - mean**2, 0.0)), float(histogram[0]) / count, histogram)
