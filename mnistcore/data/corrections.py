"""A data set with some of its labels corrected and some of its images left out: one of its own, the original stays."""

from collections.abc import Mapping

import numpy as np

from mnistcore.data.dataset import DIGITS, Dataset
from mnistcore.errors import DataError

Corrections = Mapping[int, int | None]  # index of an image: its label from now on; None leaves the image out


def corrected(dataset: Dataset, train: Corrections, test: Corrections, name: str) -> Dataset:
    """The data set ``name``: ``dataset`` with these corrections of its training and of its test part.

    Images keep their order. DataError for an image or digit that there is not, without any correction, and where a
    part would be empty.
    """
    if not train and not test:
        raise DataError(f"{dataset.name}: nothing to correct; choose at least 1 image")
    return Dataset.build(name, *_corrected_part(dataset, "train", train), *_corrected_part(dataset, "test", test))


def correction_words(*corrections: Corrections) -> str:
    """What they change: `12 labels corrected, 1 image left out`."""
    digits = [digit for part in corrections for digit in part.values()]
    left_out = digits.count(None)
    counts = (("label", "corrected", len(digits) - left_out), ("image", "left out", left_out))
    return ", ".join(f"{n:,} {what}{'' if n == 1 else 's'} {done}" for what, done, n in counts if n)


def _corrected_part(dataset: Dataset, part: str, corrections: Corrections) -> tuple[np.ndarray, np.ndarray]:
    images, labels = dataset.part(part)
    if not corrections:
        return images, labels
    labels, is_kept = labels.copy(), np.ones(len(labels), bool)
    for index, digit in corrections.items():
        if not 0 <= index < len(labels):
            raise DataError(f"{dataset.name}: no {part} image {index:,}; choose 0 to {len(labels) - 1:,}")
        if digit is None:
            is_kept[index] = False
        elif 0 <= digit < DIGITS:
            labels[index] = digit
        else:
            raise DataError(f"{dataset.name}: label {digit} for {part} image {index:,}; choose a digit, 0 to 9")
    return (images, labels) if is_kept.all() else (images[is_kept], labels[is_kept])
