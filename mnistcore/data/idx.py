"""IDX, the format of the MNIST files: read with every byte checked, plain or gzip, and written."""

import gzip
import io
import math
import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np

from mnistcore.data.dataset import check_counts, check_images, check_labels
from mnistcore.data.home import atomic_write
from mnistcore.errors import DataError

MAX_BYTES = 200 * 1024**2
UINT8 = 0x08
TYPE_NAMES = {0x08: "uint8", 0x09: "int8", 0x0B: "int16", 0x0C: "int32", 0x0D: "float32", 0x0E: "float64"}
MAX_DIMENSIONS = 4
GZIP_MAGIC = b"\x1f\x8b"
CHUNK = 1 << 20
FETCH_AGAIN = "fetch or save the file again"


def load_idx(path: str | os.PathLike[str], dimensions: int | None = None) -> np.ndarray:
    """The uint8 array in an IDX file, plain or gzip (told by content); read-only.

    `dimensions` demands 1 (labels) or 3 (images). Raises DataError for any defect: see `parse_idx`.
    """
    file_path = Path(path)
    try:
        with file_path.open("rb") as file:
            return _read(file, str(file_path), dimensions)
    except FileNotFoundError:
        raise DataError(f"{file_path}: no such file; check the path.") from None
    except OSError as error:
        raise DataError(f"{file_path}: cannot be read ({error.strerror or error}); check the file.") from error


def parse_idx(data: bytes, name: str, dimensions: int | None = None) -> np.ndarray:
    """The uint8 array in the bytes of an IDX file, plain or gzip; `name` appears in the messages.

    Raises DataError for: gzip promised by the name but not in the content, damaged gzip, wrong magic, a type other
    than uint8, other dimensions, missing or trailing bytes, and content above 200 MB, which is told from the header
    before anything is allocated.
    """
    return _read(io.BytesIO(data), name, dimensions)


def load_idx_pair(
    images_path: str | os.PathLike[str], labels_path: str | os.PathLike[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Images (n, 28, 28) and labels (n,), uint8, from two files; DataError also when their counts differ."""
    images = check_images(load_idx(images_path, 3), str(images_path))
    labels = check_labels(load_idx(labels_path, 1), str(labels_path))
    check_counts(images, labels, str(images_path), str(labels_path))
    return images, labels


def save_idx(path: str | os.PathLike[str], array: np.ndarray) -> None:
    """Write a uint8 array of 1 to 4 dimensions, gzip if the name ends in ``.gz``; equal arrays give equal bytes."""
    if array.dtype != np.uint8 or not 1 <= array.ndim <= MAX_DIMENSIONS:
        raise DataError(
            f"{path}: cannot save {array.dtype} with {array.ndim} dimensions as IDX; "
            f"give uint8 with 1 to {MAX_DIMENSIONS} dimensions."
        )
    header = struct.pack(f">HBB{array.ndim}I", 0, UINT8, array.ndim, *array.shape)
    content = np.ascontiguousarray(array).data
    with atomic_write(path) as file:
        if str(path).endswith(".gz"):
            with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0, compresslevel=6) as packed:
                packed.write(header)
                packed.write(content)
        else:
            file.write(header)
            file.write(content)


@contextmanager
def decompressed(file: BinaryIO, name: str) -> Iterator[BinaryIO]:
    """`file` itself, or its content unpacked while it is read if it is gzip; damage becomes a DataError."""
    start = file.read(2)
    file.seek(0)
    if start != GZIP_MAGIC:
        if name.lower().endswith(".gz"):
            raise DataError(
                f"{name}: not gzip content (begins with {start.hex(' ') or 'nothing'}, expected 1f 8b); "
                f"{FETCH_AGAIN}, or drop .gz from its name if it is not compressed."
            )
        yield file
        return
    try:
        with gzip.GzipFile(fileobj=file) as unpacked:
            yield unpacked  # type: ignore[misc]
    except EOFError:
        raise DataError(f"{name}: the gzip data ends too early, expected its end mark; {FETCH_AGAIN}.") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{name}: damaged gzip data ({error}); {FETCH_AGAIN}.") from error


def read_at_most(stream: BinaryIO, size: int) -> bytearray:
    """Up to `size` bytes, in pieces: a promise of more than there is costs no memory."""
    content = bytearray()
    while len(content) < size and (piece := stream.read(min(CHUNK, size - len(content)))):
        content += piece
    return content


def _read(file: BinaryIO, name: str, dimensions: int | None) -> np.ndarray:
    with decompressed(file, name) as stream:
        shape = _read_header(stream, name, dimensions)
        size = math.prod(shape)
        if size > MAX_BYTES:
            raise DataError(
                f"{name}: the header promises {_described(shape)} = {size:,} bytes, more than the limit of "
                f"{MAX_BYTES:,}; use a smaller file, or {FETCH_AGAIN} if it should be small."
            )
        content = read_at_most(stream, size)
        if len(content) < size:
            raise DataError(
                f"{name}: truncated: found {len(content):,} bytes after the header, expected {size:,} "
                f"({_described(shape)}); {FETCH_AGAIN}."
            )
        if stream.read(1):
            raise DataError(
                f"{name}: trailing bytes after the {size:,} that the header promises ({_described(shape)}); "
                f"{FETCH_AGAIN}."
            )
    array = np.frombuffer(content, dtype=np.uint8).reshape(shape)
    array.setflags(write=False)
    return array


def _read_header(stream: BinaryIO, name: str, dimensions: int | None) -> tuple[int, ...]:
    magic = stream.read(4)
    if magic[:2] == GZIP_MAGIC:
        raise DataError(f"{name}: packed with gzip twice; unpack it once.")
    if len(magic) < 4 or magic[:2] != b"\0\0":
        raise DataError(
            f"{name}: not an IDX file: found {magic.hex(' ') or 'no bytes'} at its start, "
            "expected 00 00 08 and the number of dimensions; give an IDX file such as train-images-idx3-ubyte."
        )
    if magic[2] != UINT8:
        found = TYPE_NAMES.get(magic[2], "unknown")
        raise DataError(f"{name}: type code 0x{magic[2]:02x} ({found}), expected 0x08 (uint8); save it as uint8.")
    if dimensions is not None and magic[3] != dimensions:
        kinds = {1: "labels", 3: "images"}
        found = f" ({kinds[magic[3]]})" if magic[3] in kinds else ""
        expected = f" ({kinds[dimensions]})" if dimensions in kinds else ""
        raise DataError(
            f"{name}: {magic[3]}-dimensional{found}, expected {dimensions}-dimensional{expected}; "
            "check that the files are not swapped."
        )
    if not 1 <= magic[3] <= MAX_DIMENSIONS:
        raise DataError(f"{name}: {magic[3]} dimensions, expected 1 to {MAX_DIMENSIONS}; {FETCH_AGAIN}.")
    sizes = stream.read(4 * magic[3])
    if len(sizes) < 4 * magic[3]:
        raise DataError(
            f"{name}: truncated inside the header: found {len(sizes)} bytes of sizes, "
            f"expected {4 * magic[3]}; {FETCH_AGAIN}."
        )
    return struct.unpack(f">{magic[3]}I", sizes)


def _described(shape: tuple[int, ...]) -> str:
    return " × ".join(f"{size:,}" for size in shape)
