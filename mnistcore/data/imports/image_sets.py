"""What an import has found: sets of images, each from one place, with labels or without."""

import hashlib
from dataclasses import dataclass, replace

import numpy as np

from mnistcore.data.imports.parts import Part
from mnistcore.errors import DataError

MAX_IMAGES = 200_000


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Images that belong together, as they were found: neither scaled, turned nor fitted yet.

    source: the file or folder that they come from. images: (n, height, width) uint8, or float32 where the values are no
    whole numbers 0 to 255; pictures of several sizes are a list of (height, width) uint8. labels: (n,) uint8, 0 to 9,
    None if there are none. names: what each image is called, else they are numbered from 1. part: as its name tells it.
    are_pictures: whether each image is a file of its own.
    """

    source: str
    images: np.ndarray | list[np.ndarray]
    labels: np.ndarray | None
    names: tuple[str, ...] | None = None
    part: Part | None = None
    are_pictures: bool = False

    def __len__(self) -> int:
        return len(self.images)

    @property
    def sides(self) -> tuple[int, int] | None:
        """Height and width in pixels; None for pictures of several sizes."""
        return None if isinstance(self.images, list) else (self.images.shape[1], self.images.shape[2])

    def fingerprint(self) -> str:
        """sha256 (hex) over images and labels: the same content under two names has the same."""
        digest = hashlib.sha256()
        for image in self.images if isinstance(self.images, list) else [self.images]:
            digest.update(f"{image.shape}{image.dtype}".encode())
            digest.update(np.ascontiguousarray(image).data)
        if self.labels is not None:
            digest.update(np.ascontiguousarray(self.labels).data)
        return digest.hexdigest()


def without_repeats(sets: list[ImageSet]) -> tuple[list[ImageSet], list[str]]:
    """The sets without those whose content came before, and a sentence about each one that is left out."""
    if len({(len(one), one.sides) for one in sets}) == len(sets):
        return sets, []  # and nothing to be read twice
    kept: dict[str, ImageSet] = {}
    notes = []
    for one in sets:
        first = kept.setdefault(one.fingerprint(), one)
        if first is not one:
            notes.append(f"{one.source}: the same images as {first.source}.")
            if first.part is None and one.part is not None:  # `name/name`: either of them may say which part it is
                kept[one.fingerprint()] = replace(first, part=one.part)
    return list(kept.values()), notes


def check_count(count: int, name: str) -> None:
    """DataError above 200,000 images."""
    if count > MAX_IMAGES:
        raise DataError(f"{name}: {count:,} images, more than the limit of {MAX_IMAGES:,}; give fewer.")
