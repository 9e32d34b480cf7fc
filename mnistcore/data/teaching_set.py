"""A data set to teach a trained network with: drawings, and images of another data set so that it forgets less."""

import numpy as np

from mnistcore.data.dataset import DIGITS, Dataset
from mnistcore.errors import DataError

HELD_BACK_EVERY = 5  # of each digit: with fewer drawings of one, it has none held back
DRAWN_SHARE = 0.1  # of all that is learned from, at least: each drawing is repeated until they make up so much


def held_back(labels: np.ndarray) -> np.ndarray:
    """Which of (n,) labelled drawings are kept to judge by, (n,) bool: every fifth of each digit, in their order."""
    mask = np.zeros(len(labels), bool)
    for digit in range(DIGITS):
        mask[np.flatnonzero(labels == digit)[HELD_BACK_EVERY - 1 :: HELD_BACK_EVERY]] = True
    return mask


def repeats(drawn: int, mixed: int) -> int:
    """How often each of ``drawn`` drawings is there among ``mixed`` other images."""
    return max(1, round(DRAWN_SHARE / (1 - DRAWN_SHARE) * mixed / drawn))


def teaching_set(name: str, images: np.ndarray, labels: np.ndarray, rest: Dataset, mixed: int) -> tuple[Dataset, int]:
    """The data set ``name`` and how many drawings it teaches: they are its first training images, each once.

    ``images`` (n, 28, 28) uint8, ``labels`` (n,). Behind them the training part has their repeats, and ``mixed``
    training images of ``rest``, the same ones each time. Its test part are the drawings held back, or all where none
    is. DataError without drawings, or for more images than ``rest`` has.
    """
    if not len(labels):
        raise DataError(f"{name}: there are no drawings to learn from; draw at least 1")
    if not 0 <= mixed <= len(rest.train_labels):
        raise DataError(f"{name}: {mixed:,} images of {rest.name} to mix in; choose 0 to {len(rest.train_labels):,}")
    aside = held_back(labels)
    taught = np.flatnonzero(~aside)
    judged = np.flatnonzero(aside) if aside.any() else taught
    order = np.tile(taught, repeats(len(taught), mixed))
    chosen = np.sort(np.random.default_rng(0).permutation(len(rest.train_labels))[:mixed])
    train = np.concatenate([images[order], rest.train_images[chosen]])
    train_labels = np.concatenate([labels[order], rest.train_labels[chosen]])
    return Dataset.build(name, train, train_labels, images[judged], labels[judged]), len(taught)
