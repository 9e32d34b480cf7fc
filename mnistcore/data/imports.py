"""The user's own digits: IDX files, CSV, NPZ or ZIP become a checked data set, or are refused with the reason."""

import io
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mnistcore.data.dataset import Dataset, check_counts, check_images, check_labels, split_indices
from mnistcore.data.idx import GZIP_MAGIC, MAX_BYTES, decompressed, parse_idx, read_at_most
from mnistcore.data.import_csv import LabelColumn, parse_csv
from mnistcore.data.import_npz import parse_npz
from mnistcore.data.import_zip import parse_zip
from mnistcore.errors import DataError

MAX_IMAGES = 200_000
TEST_DIVISOR = 6  # one of six images becomes a test image, MNIST's own share of 10,000 in 70,000 or nearly so
SPLIT_SEED = 0

Source = bytes | str | os.PathLike[str]
Parts = dict[str, tuple[np.ndarray, np.ndarray]]


def import_dataset(
    filename: str, data: Source, *, name: str | None = None, label_column: LabelColumn | None = None
) -> Dataset:
    """The data set in one file, its content or its path given: .csv, .csv.gz, .npz or .zip. See `import_files`."""
    return import_files([(filename, data)], name=name, label_column=label_column)


def import_files(
    files: Sequence[tuple[str, Source]], *, name: str | None = None, label_column: LabelColumn | None = None
) -> Dataset:
    """The data set in uploaded files, each given as its name with its bytes or its path.

    One CSV, NPZ or ZIP; or IDX images and labels, or both pairs of a train and a test part ("test" or "t10k" in the
    name); or two CSV files, one of them with "test" in its name. Without a test part, a stratified sixth becomes it.
    Raises DataError with the remedy: above 200 MB (also unpacked) or 200,000 images, and for every defect.
    """
    if not files:
        raise DataError("No file to import; choose IDX images and labels, or a CSV, NPZ or ZIP file.")
    contents = _read_sources(files)
    parts = _parse_files(contents, label_column)
    title = name or os.path.basename(contents[0][0])
    images = sum(len(part) for part, _ in parts.values())
    if images > MAX_IMAGES:
        raise DataError(f"{title}: {images:,} images, more than the limit of {MAX_IMAGES:,}; give fewer.")
    if len(parts) == 2:
        return Dataset.build(title, *parts["train"], *parts["test"])
    return _split_off_test(title, *next(iter(parts.values())))


def _read_sources(files: Sequence[tuple[str, Source]]) -> list[tuple[str, bytes]]:
    """All contents, after their sizes were added up."""
    sizes = [len(data) if isinstance(data, bytes) else _size(Path(data)) for _, data in files]
    if sum(sizes) > MAX_BYTES:
        named = ", ".join(filename for filename, _ in files)
        raise DataError(
            f"{named}: {sum(sizes):,} bytes, more than the limit of {MAX_BYTES:,}; give a smaller selection."
        )
    return [(filename, data if isinstance(data, bytes) else Path(data).read_bytes()) for filename, data in files]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); check the path.") from error


def _parse_files(files: list[tuple[str, bytes]], label_column: LabelColumn | None) -> Parts:
    kinds = {_kind(filename, data) for filename, data in files}
    named = ", ".join(filename for filename, _ in files)
    if kinds == {"idx"}:
        return _parse_idx_files(files)
    if kinds == {"csv"} and len(files) <= 2:
        return _parse_csv_files(files, label_column)
    if len(files) > 1:
        raise DataError(
            f"{named}: these do not go together; give one CSV, NPZ or ZIP, or IDX images with their labels."
        )
    filename, data = files[0]
    if kinds == {"npz"}:
        return parse_npz(data, filename)
    if kinds == {"zip"}:
        found = parse_zip(data, filename, MAX_IMAGES)
        return found if isinstance(found, dict) else _parse_files(found, label_column)
    raise DataError(
        f"{filename}: not a kind of file that can be imported; give IDX images and labels (…-idx3-ubyte and "
        "…-idx1-ubyte, also .gz), a .csv, an .npz, or a .zip of PNG pictures in folders named 0 to 9."
    )


def _kind(filename: str, data: bytes) -> str:
    lower = filename.lower().removesuffix(".gz")
    for kind in ("csv", "npz", "zip"):
        if lower.endswith(f".{kind}"):
            return kind
    return "idx" if "ubyte" in lower or "idx" in lower or data.startswith((b"\0\0", GZIP_MAGIC)) else "unknown"


def _is_test(filename: str) -> bool:
    return any(word in filename.lower() for word in ("test", "t10k"))


def _parse_csv_files(files: list[tuple[str, bytes]], label_column: LabelColumn | None) -> Parts:
    parts: Parts = {}
    for filename, data in files:
        part = "test" if len(files) == 2 and _is_test(filename) else "train"
        if part in parts:
            raise DataError(
                f"{files[0][0]} and {filename}: which is the test part? Put the word test into one of the names."
            )
        parts[part] = parse_csv(_unpacked(data, filename), filename, MAX_IMAGES, label_column)
    return parts


def _unpacked(data: bytes, filename: str) -> bytes:
    if not (filename.lower().endswith(".gz") or data.startswith(GZIP_MAGIC)):
        return data
    with decompressed(io.BytesIO(data), filename) as stream:
        content = read_at_most(stream, MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise DataError(f"{filename}: more than the limit of {MAX_BYTES:,} bytes when unpacked; give fewer rows.")
    return bytes(content)


def _parse_idx_files(files: list[tuple[str, bytes]]) -> Parts:
    """Images and labels told apart by their dimensions, train and test by their names."""
    found: dict[tuple[str, int], tuple[str, np.ndarray]] = {}
    for filename, data in files:
        array = parse_idx(data, filename)
        if array.ndim not in (1, 3):
            raise DataError(
                f"{filename}: {array.ndim}-dimensional, expected 3 (images) or 1 (labels); give such a file."
            )
        key = ("test" if len(files) > 2 and _is_test(filename) else "train", array.ndim)
        if key in found:
            kind = "images" if array.ndim == 3 else "labels"
            raise DataError(
                f"{found[key][0]} and {filename}: both hold {kind}; give images with their labels, and for a test "
                'part another such pair with "test" or "t10k" in the names.'
            )
        found[key] = filename, array
    parts: Parts = {}
    for part in sorted({part for part, _ in found}, reverse=True):
        if len([key for key in found if key[0] == part]) < 2:
            (filename, array) = next(value for key, value in found.items() if key[0] == part)
            other = "labels (…-idx1-ubyte)" if array.ndim == 3 else "images (…-idx3-ubyte)"
            raise DataError(f"{filename}: the {other} that belong to it are missing; give both files together.")
        (images_name, images), (labels_name, labels) = found[part, 3], found[part, 1]
        check_images(images, images_name)
        check_counts(images, check_labels(labels, labels_name), images_name, labels_name)
        parts[part] = images, labels
    return parts


def _split_off_test(name: str, images: np.ndarray, labels: np.ndarray) -> Dataset:
    """A data set whose test part is a stratified, seeded sixth."""
    check_counts(images, labels, f"{name}: images", f"{name}: labels")
    if len(images) < 2:
        raise DataError(f"{name}: {len(images)} images, at least 2 are needed: one to train on and one to test with.")
    split = split_indices(labels, max(len(labels) // TEST_DIVISOR, 1), None, SPLIT_SEED)
    test = split.validation
    return Dataset.build(name, images[split.train], labels[split.train], images[test], labels[test])
