"""Pixels that are not as MNIST's: how that is seen, and the changes that make them so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from mnistcore.data.dataset import DIGITS, SIDE
from mnistcore.data.imports.image_sets import ImageSet
from mnistcore.data.statistics import mean_images
from mnistcore.errors import DataError
from mnistcore.fitting import centre, crop, fit

AT_ONCE = 4096
SAMPLE = 600  # images looked at for what holds for all of them
BRIGHT = 100  # a set whose brightest pixel is no brighter has another scale: MNIST's images all reach 254 or 255
FAINT = 0.1  # of the brightest pixel: what a digit's own box does not have to hold
# The mean image of each of ten digits, side by side, of the 60,000 generated training images.
MEAN_DIGITS = Path(__file__).with_name("mean_digits.png")
CLEARLY = 0.08  # by so much the turned mean images must resemble a digit's more than they do as they are


class Example(NamedTuple):
    """An image (h, w) and its label."""

    image: np.ndarray
    label: int | None


@dataclass(frozen=True)
class PixelChanges:
    """What is done to the images of an import, in this order."""

    transpose: bool = False  # rows become columns
    scale: bool = False  # the darkest and brightest value of all images become 0 and 255
    invert: bool = False  # dark ink on light paper becomes bright ink on black
    prepare: bool = False  # as MNIST was made: fitted in 20 × 20 pixels, centred by mass on 28 × 28

    def __or__(self, other: PixelChanges) -> PixelChanges:
        return PixelChanges(**{one.name: getattr(self, one.name) or getattr(other, one.name) for one in fields(self)})


@dataclass(frozen=True)
class Finding:
    """Something about the pixels that differs from MNIST: in a sentence, and the change that mends it.

    Without a change that is needed, the images cannot become a data set.
    """

    change: str
    sentence: str
    is_needed: bool


def value_range(sets: Iterable[ImageSet]) -> tuple[float, float]:
    """The darkest and the brightest value of all images; 0 and 255 if there are none."""
    found = [(float(image.min()), float(image.max())) for one in sets for image in _arrays(one) if image.size]
    return (min(low for low, _ in found), max(high for _, high in found)) if found else (0.0, 255.0)


def findings(sets: Sequence[ImageSet]) -> list[Finding]:
    """What differs from MNIST in these sets, which are taken as one."""
    found = []
    low, high = value_range(sets)
    whole = all(image.dtype == np.uint8 for one in sets for image in _arrays(one)[:1])
    if not whole or 0 < high <= BRIGHT:
        sentence = f"The pixels go from {low:.4g} to {high:.4g}, MNIST's from 0 (paper) to 255 (ink)."
        found.append(Finding("scale", sentence, not whole))
    scale = PixelChanges(scale=bool(found))
    sample = _sample(sets)
    is_dark = bool(np.median([np.median(image) for image, _ in sample]) > (low + high) / 2) if sample else False
    if is_dark:
        sentence = "More than half of the pixels are bright: the ink is darker than the paper, in MNIST it is brighter."
        found.append(Finding("invert", sentence, False))
    sides = {one.sides for one in sets}
    if sides != {(SIDE, SIDE)}:
        found.append(Finding("prepare", f"The images {_sizes(sides)}, MNIST's have {SIDE} × {SIDE}.", True))
    changes = scale | PixelChanges(invert=is_dark, prepare=sides != {(SIDE, SIDE)})
    if sample and _is_transposed(sample, changes, (low, high)):
        sentence = "The digits lie on their side, mirrored: they look like MNIST's when rows and columns are swapped."
        found.append(Finding("transpose", sentence, False))
    return found


def changed(
    images: np.ndarray | Sequence[np.ndarray], changes: PixelChanges, limits: tuple[float, float], name: str
) -> np.ndarray:
    """The images as (n, 28, 28) uint8 after the changes; `limits` are the values that scaling makes 0 and 255.

    Raises DataError, beginning with `name`, for what is then still no such image, with the change that would mend it.
    """
    if isinstance(images, np.ndarray) and changes == PixelChanges():
        _check(images, name)
        return images
    result = np.empty((len(images), SIDE, SIDE), dtype=np.uint8)
    for start in range(0, len(images), AT_ONCE):
        piece = images[start : start + AT_ONCE]
        one_by_one = piece if isinstance(piece, np.ndarray) and not changes.prepare else None
        if one_by_one is not None:
            done = _levels(one_by_one, changes, limits)
            _check(done, name)
            result[start : start + len(piece)] = done
        else:
            for index, image in enumerate(piece, start):
                levels = _levels(image[np.newaxis], changes, limits)
                if levels.dtype != np.uint8 or not changes.prepare:
                    _check(levels, name)
                result[index] = prepared(levels[0]) if changes.prepare else levels[0]
    return result


def preview_image(image: np.ndarray, changes: PixelChanges, limits: tuple[float, float]) -> np.ndarray:
    """One image (h, w) after the changes as far as they go, (h, w) uint8: what lies outside 0 to 255 is cut off."""
    levels = _levels(image[np.newaxis], changes, limits)[0]
    levels = np.rint(levels).clip(0, 255).astype(np.uint8)
    return prepared(levels) if changes.prepare else levels


def prepared(image: np.ndarray) -> np.ndarray:
    """One (h, w) uint8 image with bright ink as MNIST's were made, (28, 28) uint8; black stays black.

    It is fitted in 20 × 20 pixels, its centre of mass moved to the middle, and its brightest pixel made 255.
    """
    peak = int(image.max())
    if peak == 0:
        return np.zeros((SIDE, SIDE), np.uint8)
    strong = np.where(image >= FAINT * peak, image, 0)
    levels = centre(fit(crop(strong)))
    return np.rint(levels * (255 / levels.max())).astype(np.uint8)


def examples(sets: Sequence[ImageSet]) -> list[Example]:
    """Ten images (h, w) with their labels: one of each digit as far as there are labels, else the first ten."""
    for one in sets:
        if one.labels is not None:
            first = [np.flatnonzero(one.labels == digit)[:1] for digit in range(DIGITS)]
            return [Example(one.images[int(index[0])], digit) for digit, index in enumerate(first) if len(index)]
    return [Example(image, None) for one in sets for image in one.images[:DIGITS]][:DIGITS]


def _arrays(one: ImageSet) -> list[np.ndarray]:
    return one.images if isinstance(one.images, list) else [one.images]


def _sizes(sides: set[tuple[int, int] | None]) -> str:
    if None in sides or len(sides) > 1:
        return "have several sizes"
    height, width = next(side for side in sides if side is not None)
    return f"have {height} × {width} pixels"


def _sample(sets: Sequence[ImageSet]) -> list[Example]:
    """Images spread evenly over all sets, each with its label."""
    total = sum(map(len, sets))
    return [
        Example(one.images[index], None if one.labels is None else int(one.labels[index]))
        for one in sets
        for index in range(0, len(one), max(1, total // SAMPLE))
    ]


def _levels(images: np.ndarray, changes: PixelChanges, limits: tuple[float, float]) -> np.ndarray:
    if changes.transpose:
        images = images.transpose(0, 2, 1)
    if changes.scale:
        low, high = min(limits[0], 0.0), max(limits[1], 1e-9)
        images = np.rint((images.astype(np.float32) - low) * (255 / (high - low))).clip(0, 255).astype(np.uint8)
    if changes.invert and images.dtype == np.uint8:
        images = 255 - images
    return images


def _check(images: np.ndarray, name: str) -> None:
    if images.dtype != np.uint8:
        raise DataError(
            f"{name}: pixels from {images.min():.4g} to {images.max():.4g}, expected whole numbers from 0 (paper) to "
            "255 (ink); scale them (scale=yes)."
        )
    if images.shape[1:] != (SIDE, SIDE):
        height, width = images.shape[1:]
        raise DataError(
            f"{name}: images of {height:,} × {width:,} pixels, expected {SIDE} × {SIDE}; have them prepared as MNIST's "
            "were (prepare=yes)."
        )


def _is_transposed(sample: list[Example], changes: PixelChanges, limits: tuple[float, float]) -> bool:
    """Whether the images resemble the mean images of digits clearly more with rows and columns swapped."""
    try:
        images = changed([image for image, _ in sample], changes, limits, "")
    except DataError:
        return False
    labels = [label for _, label in sample]
    upright = _likeness(images, labels)
    return _likeness(images.transpose(0, 2, 1), labels) > upright + CLEARLY


def _likeness(images: np.ndarray, labels: list[int | None]) -> float:
    """Mean correlation of the mean images with those of generated digits; without labels, of each with its nearest."""
    if None in labels:
        return float((_standardised(images) @ _reference().T).max(axis=1).mean())
    numbers = np.array(labels)
    means = _standardised(mean_images(images, numbers))
    return float((means * _reference()).sum(axis=1)[np.unique(numbers)].mean())


@lru_cache(maxsize=1)
def _reference() -> np.ndarray:
    with Image.open(MEAN_DIGITS, formats=["PNG"]) as picture:
        side_by_side = np.array(picture)
    return _standardised(np.stack(np.split(side_by_side, DIGITS, axis=1)))


def _standardised(images: np.ndarray) -> np.ndarray:
    """Each image as a row (784,) of mean 0 and length 1."""
    rows = images.reshape(len(images), -1).astype(np.float32)
    rows = rows - rows.mean(axis=1, keepdims=True)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)
