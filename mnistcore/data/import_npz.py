"""Digits from an NPZ file in the layout of keras: x_train, y_train, x_test, y_test; never unpickled."""

import io
import math

import numpy as np
from numpy.lib import format as npy

from mnistcore.data.archive import open_archive, read_member
from mnistcore.data.dataset import SIDE, check_images, check_labels
from mnistcore.errors import DataError

Parts = dict[str, tuple[np.ndarray, np.ndarray]]
HEADER_READERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def parse_npz(data: bytes, name: str) -> Parts:
    """Images (n, 28, 28) and labels (n,), uint8, of "train" and, where it is there, "test".

    Raises DataError for missing arrays, and for other shapes or types, pickled objects among them.
    """
    with open_archive(data, name) as archive:
        members = {member.filename.removesuffix(".npy"): member for member in archive.infolist()}
        if not {"x_train", "y_train"} <= members.keys() or ("x_test" in members) != ("y_test" in members):
            found = ", ".join(sorted(members)[:8]) or "nothing"
            raise DataError(
                f"{name}: holds {found}; expected x_train, y_train and, if there is a test part, x_test and y_test; "
                "save it with numpy.savez under these names."
            )
        parts: Parts = {}
        for part in ("train", "test"):
            if f"x_{part}" in members:
                x, y = (
                    _parse_npy(read_member(archive, members[key], name), f"{name}: {key}")
                    for key in (f"x_{part}", f"y_{part}")
                )
                parts[part] = _as_images(x, f"{name}: x_{part}"), _as_labels(y, f"{name}: y_{part}")
    return parts


def _parse_npy(content: bytes, name: str) -> np.ndarray:
    """The array in the bytes of an .npy file, its promised size compared with the bytes that are there.

    numpy.load would allocate what the header promises before it reads.
    """
    file = io.BytesIO(content)
    try:
        version = npy.read_magic(file)
        shape, is_fortran, dtype = HEADER_READERS[version](file)
    except (ValueError, KeyError) as error:
        raise DataError(f"{name}: not a NumPy array ({error}); save it again with numpy.savez.") from error
    if dtype.kind not in "iu":
        raise DataError(
            f"{name}: values of type {dtype}, expected whole numbers (pixels as uint8 0-255, labels 0-9); "
            "convert them and save again."
        )
    promised, found = math.prod(shape) * dtype.itemsize, len(content) - file.tell()
    if promised != found:
        raise DataError(f"{name}: holds {found:,} bytes, its header promises {promised:,}; save it again.")
    flat = np.frombuffer(content, dtype=dtype, offset=file.tell())
    return flat.reshape(shape, order="F" if is_fortran else "C")


def _as_images(array: np.ndarray, name: str) -> np.ndarray:
    if array.ndim == 4 and array.shape[3] == 1:
        array = array[..., 0]
    elif array.ndim == 2 and array.shape[1] == SIDE * SIDE:
        array = array.reshape(-1, SIDE, SIDE)
    if array.size and (array.min() < 0 or array.max() > 255):
        raise DataError(
            f"{name}: pixels from {array.min()} to {array.max()}, expected 0 (paper) to 255 (ink); scale them."
        )
    return check_images(array.astype(np.uint8, copy=False), name)


def _as_labels(array: np.ndarray, name: str) -> np.ndarray:
    return check_labels(array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array, name)
