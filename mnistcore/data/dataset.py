"""A data set of handwritten digits, checked and frozen once, and its split into training and validation."""

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mnistcore.errors import DataError

SIDE = 28
DIGITS = 10
DEFAULT_VALIDATION_SIZE = 5000


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images (n, 28, 28) uint8, 0 paper to 255 ink, and labels (n,) uint8, 0-9; all four arrays are read-only."""

    name: str
    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray
    notes: tuple[str, ...] = ()  # what its import has to say: sentences

    @classmethod
    def build(
        cls,
        name: str,
        train_images: np.ndarray,
        train_labels: np.ndarray,
        test_images: np.ndarray,
        test_labels: np.ndarray,
        notes: tuple[str, ...] = (),
    ) -> "Dataset":
        """Check and freeze the arrays; a contiguous uint8 array is kept, not copied, so do not write to it afterwards.

        Raises DataError for another shape or dtype, labels outside 0-9, counts that differ, an empty part.
        """
        parts: list[np.ndarray] = []
        for part, images, labels in (("train", train_images, train_labels), ("test", test_images, test_labels)):
            checked = check_images(images, f"{name}: {part}_images"), check_labels(labels, f"{name}: {part}_labels")
            check_counts(*checked, f"{name}: {part}_images", f"{name}: {part}_labels")
            if not len(images):
                raise DataError(f"{name}: the {part} part is empty; give it at least 1 image.")
            parts.extend(checked)
        frozen = [_frozen(array) for array in parts]
        return cls(name, frozen[0], frozen[1], frozen[2], frozen[3], notes)

    @cached_property
    def fingerprint(self) -> str:
        """sha256 (hex) over shapes and bytes of the four arrays: equal content, equal fingerprint, any name."""
        digest = hashlib.sha256()
        for array in (self.train_images, self.train_labels, self.test_images, self.test_labels):
            digest.update(f"{array.shape}".encode())
            digest.update(array.data)
        return digest.hexdigest()

    def share_training_images(self, longer: "Dataset") -> None:
        """Keep no copy of one's own: the training images are the first ones of ``longer``, which must be equal."""
        object.__setattr__(self, "train_images", longer.train_images[: len(self.train_images)])

    def part(self, split: str) -> tuple[np.ndarray, np.ndarray]:
        """Images and labels of ``"train"`` or ``"test"``."""
        if split == "train":
            return self.train_images, self.train_labels
        if split == "test":
            return self.test_images, self.test_labels
        raise DataError(f"split must be 'train' or 'test', got {split!r}.")

    def __repr__(self) -> str:
        return f"Dataset({self.name!r}, {len(self.train_labels):,} train, {len(self.test_labels):,} test)"


def check_images(images: np.ndarray, name: str) -> np.ndarray:
    """`images` if it is (n, 28, 28) uint8, else DataError beginning with `name`."""
    if images.dtype != np.uint8:
        raise DataError(f"{name}: pixels are {images.dtype}, expected uint8 (0-255); convert them first.")
    if images.ndim != 3 or images.shape[1:] != (SIDE, SIDE):
        found = " × ".join(f"{size:,}" for size in images.shape) or "a single number"
        raise DataError(f"{name}: found {found}, expected count × 28 × 28; scale the pictures to 28 × 28 pixels first.")
    return images


def check_labels(labels: np.ndarray, name: str) -> np.ndarray:
    """`labels` as (n,) uint8 if they are whole numbers 0-9, else DataError beginning with `name`."""
    if not np.issubdtype(labels.dtype, np.integer):
        raise DataError(f"{name}: labels are {labels.dtype}, expected whole numbers 0-9; convert them first.")
    if labels.ndim != 1:
        found = " × ".join(f"{size:,}" for size in labels.shape) or "a single number"
        raise DataError(f"{name}: found labels of {found}, expected one number per image (not one-hot).")
    wrong = np.flatnonzero((labels < 0) | (labels >= DIGITS))
    if len(wrong):
        first = wrong[0]
        raise DataError(
            f"{name}: label {labels[first]} at index {first:,} ({len(wrong):,} such), expected digits 0-9; "
            "remove or relabel those images."
        )
    return labels.astype(np.uint8, copy=False)


def check_counts(images: np.ndarray, labels: np.ndarray, images_name: str, labels_name: str) -> None:
    """DataError unless there is one label for each image."""
    if len(images) != len(labels):
        raise DataError(
            f"{images_name} holds {len(images):,} images but {labels_name} holds {len(labels):,} labels; "
            "give the two that belong together."
        )


def _frozen(array: np.ndarray) -> np.ndarray:
    view = np.ascontiguousarray(array).view()
    view.setflags(write=False)
    return view


@dataclass(frozen=True, eq=False)
class Split:
    """Sorted int64 indices into ``dataset.train_images``; the two are disjoint."""

    train: np.ndarray
    validation: np.ndarray


def split_indices(labels: np.ndarray, validation_size: int, train_size: int | None, seed: int) -> Split:
    """A stratified split of the training part: both parts have each digit in the same proportion, within one image.

    The validation half depends on `seed` and `validation_size` only, so runs on fewer training images stay comparable.
    `train_size` None takes all that is left. Raises DataError when more is asked for than there is.
    """
    total = len(labels)
    if not 0 <= validation_size < total:
        raise DataError(
            f"validation_size is {validation_size:,}, but there are {total:,} training images; "
            f"choose 0 to {max(total - 1, 0):,}."
        )
    left = total - validation_size
    if train_size is not None and not 1 <= train_size <= left:
        raise DataError(
            f"train_size is {train_size:,}, but {left:,} images are left after {validation_size:,} for validation; "
            f"choose 1 to {left:,}."
        )
    rng = np.random.default_rng(seed)
    classes = [rng.permutation(np.flatnonzero(labels == digit)) for digit in range(DIGITS)]
    validation, rest = _take(classes, validation_size)
    train, _ = _take(rest, left if train_size is None else train_size)
    return Split(_joined(train), _joined(validation))


def _take(classes: list[np.ndarray], size: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Split each class so that `size` are taken in all, in proportion, by the largest remainder."""
    counts = np.array([len(indices) for indices in classes])
    wanted = counts * size
    total = max(int(counts.sum()), 1)
    shares = wanted // total
    by_remainder = np.argsort(-(wanted % total), kind="stable")
    shares[by_remainder[: size - int(shares.sum())]] += 1
    taken = [indices[:share] for indices, share in zip(classes, shares, strict=True)]
    left = [indices[share:] for indices, share in zip(classes, shares, strict=True)]
    return taken, left


def _joined(parts: list[np.ndarray]) -> np.ndarray:
    return np.sort(np.concatenate(parts)).astype(np.int64, copy=False)
