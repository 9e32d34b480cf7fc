"""Training curves from a history: means over equal numbers of images, however long each measured stretch was.

A run stores the mean over the images since its last report, and reports at snapshots and at the end of every epoch too:
some stretches are only one batch long, and a curve drawn through them directly jumps.
"""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

TRAINING = ("train_loss", "train_accuracy")


def training_curves(history: "pd.DataFrame", percent: float, is_finished: bool = False) -> "pd.DataFrame":
    """A history whose training figures are means over the images before each step, over ``percent`` of the images so
    far, and over no fewer than most reports are about; as measured with ``percent`` 0.

    The last figures of a run that ``is_finished`` are over the whole training part, and so no part of the curve.
    """
    curves = history.copy()
    for name in TRAINING:
        values = history[name].to_numpy(np.float64, copy=True)
        measured = np.flatnonzero(np.isfinite(values))
        if is_finished and len(measured) > 1 and measured[-1] == len(values) - 1:
            values[-1] = np.nan
        if percent > 0:
            counts = image_counts(history["epoch"].to_numpy(np.float64), values)
            values = trailing_means(values, counts, max(percent / 100 * counts.sum(), usual_count(counts)))
        curves[name] = values
    return curves


def with_images(history: "pd.DataFrame", train_count: int) -> "pd.DataFrame":
    """A history with a column ``images``: how many training images were seen up to each step, repeats counted.

    ``train_count``: images in an epoch.
    """
    return history.assign(images=(history["epoch"] * train_count).round())


def image_counts(epochs: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Over how many images, in epochs, each of ``values`` (n,) at ``epochs`` (n,) is a mean; 0 where it is nan."""
    return np.where(np.isfinite(values), np.diff(epochs, prepend=0.0), 0.0)


def usual_count(counts: np.ndarray) -> float:
    """The count that half of all images are in stretches of, or in longer ones; short stretches hardly matter."""
    ascending = np.sort(counts)
    upto = np.cumsum(ascending)
    return float(ascending[np.searchsorted(upto, upto[-1] / 2)]) if len(counts) else 0.0


def trailing_means(values: np.ndarray, counts: np.ndarray, width: float) -> np.ndarray:
    """For each of ``values`` (n,), means over ``counts`` (n,) images each: the mean over the last ``width`` images.

    Near the start it is over the newer half of those that there are, so that a steep beginning stays steep. Of a
    stretch that is covered in part, that part counts.
    """
    ends = np.cumsum(counts)
    sums = np.cumsum(np.where(counts > 0, values, 0.0) * counts)
    starts = np.maximum(ends - width, ends / 2)
    before = np.interp(starts, np.r_[0.0, ends], np.r_[0.0, sums])
    covered = ends - starts
    means = np.divide(sums - before, covered, out=values.copy(), where=(counts > 0) & (covered > 0))
    return np.where(np.isfinite(values), means, np.nan)
