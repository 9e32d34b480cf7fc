"""Arrays of images and labels, from IDX, NPY and NPZ files, and which labels belong to which images."""

import hashlib
import io
import math
import re
from dataclasses import dataclass

import numpy as np
from numpy.lib import format as npy

from mnistcore.data.dataset import SIDE, check_counts, check_labels
from mnistcore.data.imports.image_sets import ImageSet
from mnistcore.data.imports.parts import part_in_path
from mnistcore.errors import DataError

HEADER_READERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
SMALLEST, LARGEST = 4, 64  # pixels a side
LARGEST_VALUE = 2**32  # of a pixel, far above the 16 bits of some cameras
# What in a name tells images from labels, or the format, but not which pair a file belongs to.
_KINDS = re.compile(
    r"images?|labels?|pixels?|pictures?|targets?|classes|idx\d?|ubyte|npy|gz|(?<![a-z])(?:x|y|data)(?![a-z])"
)


@dataclass(frozen=True, eq=False)
class FoundArray:
    """An array and the file or member of a file that it comes from."""

    source: str
    values: np.ndarray

    @property
    def is_labels(self) -> bool:
        """One number for each image, in a row or in a column."""
        return self.values.ndim == 1 or (self.values.ndim == 2 and self.values.shape[1] == 1)

    @property
    def pair(self) -> str:
        """What is left of its name without what tells images from labels: the same for those that belong together."""
        name = self.source.rpartition("/")[2].lower()
        return re.sub(r"[^a-z0-9]+", " ", _KINDS.sub(" ", re.sub(r"[._-]+", " ", name))).strip()


def parse_npy(content: bytes, name: str) -> np.ndarray:
    """The array in the bytes of an .npy file, its promised size compared with the bytes that are there.

    numpy.load would allocate what the header promises before it reads. DataError for anything but numbers.
    """
    file = io.BytesIO(content)
    try:
        version = npy.read_magic(file)
        shape, is_fortran, dtype = HEADER_READERS[version](file)
    except Exception as error:  # its header is a Python literal, and damaged ones raise what the parser does
        reason = " ".join(str(error).split())[:100]
        raise DataError(f"{name}: not a NumPy array ({reason}); save it again with numpy.save.") from error
    if dtype.kind not in "iufb":
        raise DataError(
            f"{name}: values of type {dtype}, expected numbers (pixels 0-255, labels 0-9); convert them and save again."
        )
    promised, found = math.prod(shape) * dtype.itemsize, len(content) - file.tell()
    if promised != found or min(shape, default=0) < 0:
        raise DataError(f"{name}: holds {found:,} bytes, its header promises {promised:,}; save it again.")
    flat = np.frombuffer(content, dtype=dtype, offset=file.tell())
    return flat.reshape(shape, order="F" if is_fortran else "C")


def pair_arrays(arrays: list[FoundArray]) -> tuple[list[ImageSet], list[str]]:
    """Sets of images with the labels that belong to them by their names, and a sentence about each array left out.

    The only labels of the same part belong to its only images, whatever their names. Images without labels are a set
    too. Raises DataError where two arrays could both be meant, and for labels alone.
    """
    arrays, notes = _without_repeats(arrays)
    images = [array for array in arrays if not array.is_labels]
    labels = [array for array in arrays if array.is_labels]
    sets = []
    for array in images:
        name = "pair" if any(other.pair == array.pair for other in labels) else "part"
        matching = [other for other in labels if _alike(other, array, name)]
        rivals = [other for other in images if _alike(other, array, name)]
        if len(rivals) > 1 and matching:
            raise DataError(
                f"{rivals[0].source} and {rivals[1].source}: both hold images; give images with their labels, and name "
                "those that belong together alike, as in train-images and train-labels."
            )
        if len(matching) > 1:
            raise DataError(f"{matching[0].source} and {matching[1].source}: both hold labels; give one of them.")
        sets.append(_image_set(array, matching[0] if matching else None))
        labels = [other for other in labels if other not in matching]
    if labels and not sets:
        raise DataError(f"{labels[0].source}: labels only; give the images that belong to them as well.")
    notes += [f"{array.source}: labels to which no images belong." for array in labels]
    return sets, notes


def _alike(one: FoundArray, other: FoundArray, by: str) -> bool:
    """Whether two arrays have the same pair's name, or are of the same part."""
    if by == "pair":
        return one.pair == other.pair
    return part_in_path(one.source) == part_in_path(other.source)


def _without_repeats(arrays: list[FoundArray]) -> tuple[list[FoundArray], list[str]]:
    kept: dict[str, FoundArray] = {}
    notes = []
    shapes = [array.values.shape for array in arrays]
    for array in arrays:
        if shapes.count(array.values.shape) == 1:
            kept[array.source] = array
            continue
        content = np.ascontiguousarray(array.values)
        key = hashlib.sha256(content.data if content.size else b"").hexdigest() + f"{content.shape}{content.dtype}"
        # Equal labels may stand for different images: only the same name makes them a repetition.
        key += array.pair if array.is_labels else ""
        if (first := kept.setdefault(key, array)) is not array:
            notes.append(f"{array.source}: the same as {first.source}.")
    return list(kept.values()), notes


def _image_set(found: FoundArray, labels: FoundArray | None) -> ImageSet:
    images = as_images(found.values, found.source)
    if labels is None:
        return ImageSet(found.source, images, None, None, part_in_path(found.source))
    numbers = as_labels(labels.values, labels.source)
    check_counts(images, numbers, found.source, labels.source)
    return ImageSet(found.source, images, numbers, None, part_in_path(found.source))


def as_images(array: np.ndarray, name: str) -> np.ndarray:
    """An array of images in any usual layout as (n, height, width): uint8, or float32 for other values than 0 to 255.

    (n, h, w), (n, 1, h, w), (n, h, w, 1), and (n, pixels) of square images; colours, (n, h, w, 3) or (n, 3, h, w), as
    grey. Raises DataError for other shapes, and for values that are not finite.
    """
    shape = " × ".join(f"{size:,}" for size in array.shape) or "a single number"
    array = array.astype(np.uint8) if array.dtype.kind == "b" else array
    if array.ndim == 4 and 1 in (array.shape[1], array.shape[3]):
        array = array[:, 0] if array.shape[1] == 1 else array[..., 0]
    elif array.ndim == 4 and 3 in (array.shape[1], array.shape[3]):
        array = _grey(array if array.shape[3] == 3 else np.moveaxis(array, 1, 3))
    elif array.ndim == 2 and math.isqrt(array.shape[1]) ** 2 == array.shape[1]:
        array = array.reshape(len(array), math.isqrt(array.shape[1]), -1)
    if array.ndim == 2 and math.isqrt(array.shape[0]) ** 2 == array.shape[0] and array.shape[0] > 100:
        raise DataError(f"{name}: found {shape}: an image a column; transpose the array, so that each row is an image.")
    if array.ndim == 2 and array.shape[1] == 10:
        raise DataError(
            f"{name}: found {shape}, ten values a row, which are neither pixels nor one label per image; turn one-hot "
            "labels into numbers with labels.argmax(axis=1)."
        )
    if array.ndim != 3 or not all(SMALLEST <= side <= LARGEST for side in array.shape[1:]):
        raise DataError(
            f"{name}: found {shape}, expected count × 28 × 28, or another size up to {LARGEST}; reshape it."
        )
    if array.shape[:2] == (SIDE, SIDE) != array.shape[1:]:
        raise DataError(f"{name}: found {shape}, expected count × 28 × 28; move the last axis to the front.")
    return _as_pixels(array, name)


def _grey(colours: np.ndarray) -> np.ndarray:
    """(n, h, w, 3) as (n, h, w), with the weights of ITU-R BT.601, as Pillow makes grey of a colour picture."""
    if colours.dtype == np.uint8 and (colours == colours[..., :1]).all():
        return colours[..., 0]
    grey = sum(colours[..., i] * np.float32(weight) for i, weight in enumerate((0.299, 0.587, 0.114)))
    return np.rint(grey).astype(np.uint8) if colours.dtype == np.uint8 else np.asarray(grey)


def _as_pixels(array: np.ndarray, name: str) -> np.ndarray:
    if array.dtype == np.uint8 or not array.size:
        return array.astype(np.uint8, copy=False)
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise DataError(f"{name}: some pixels are not finite numbers; replace them, by 0 for paper.")
    if max(-float(array.min()), float(array.max())) > LARGEST_VALUE:
        raise DataError(
            f"{name}: pixels from {array.min():.4g} to {array.max():.4g}, which no image has; check the array."
        )
    whole = array.dtype.kind != "f" or bool((array == np.floor(array)).all())
    if whole and array.min() >= 0 and array.max() <= 255:
        return array.astype(np.uint8)
    return array.astype(np.float32)


def as_labels(array: np.ndarray, name: str) -> np.ndarray:
    """Labels (n,) or (n, 1) of whole numbers of any type as (n,) uint8; DataError unless they are digits 0-9."""
    array = array[:, 0] if array.ndim == 2 else array
    if array.dtype.kind == "f" and np.isfinite(array).all() and (array == np.floor(array)).all():
        array = np.clip(array, -1, 1e9).astype(np.int64)
    return check_labels(array, name)
