"""A data set as PNG pictures with a table that joins file, label, split and index: into a ZIP or a folder."""

import csv
import io
import os
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from mnistcore.data.dataset import DIGITS, Dataset
from mnistcore.data.home import atomic_write
from mnistcore.data.png import encode_png
from mnistcore.errors import DataError

SPLITS = {"all": ("train", "test"), "train": ("train",), "test": ("test",)}
TABLE_NAME = "labels.csv"
REPORTED = 500  # pictures, 15 ms, from one report to the next
TABLE_COLUMNS = ("file", "label", "split", "index")


class Picture(NamedTuple):
    """One row of the table: `file` is ``split/label/index.png``, `position` the index within the split."""

    file: str
    label: int
    split: str
    position: int


def export_zip(
    dataset: Dataset,
    target: str | os.PathLike[str] | BinaryIO,
    split: str = "all",
    digits: Sequence[int] | None = None,
    limit: int | None = None,
) -> int:
    """Write the chosen pictures and labels.csv into a ZIP at a path or into an open binary file; return their count.

    `digits` None takes all ten; `limit` ends after that many pictures. Pictures are written one at a time, so memory
    stays small; the same choice gives the same bytes. `import_dataset` reads the ZIP back as the same data set.
    """
    selection = select_pictures(dataset, split, digits, limit)
    opened = atomic_write(target) if isinstance(target, (str, os.PathLike)) else nullcontext(target)
    with opened as file:
        for _ in zip_pictures(dataset, file, selection):
            pass
    return len(selection)


def zip_pictures(dataset: Dataset, file: BinaryIO, selection: list[Picture]) -> Iterator[int]:
    """Write these pictures and labels.csv as a ZIP into an open file, yielding how many are in it so far.

    The ZIP is complete when the iteration has ended; to cancel, stop iterating.
    """
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for done, (picture, image) in enumerate(_with_images(dataset, selection)):
            if done % REPORTED == 0:
                yield done
            archive.writestr(zipfile.ZipInfo(picture.file), encode_png(image))
        table = zipfile.ZipInfo(TABLE_NAME)
        table.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(table, _table(selection))
    yield len(selection)


def export_folder(
    dataset: Dataset,
    folder: str | os.PathLike[str],
    split: str = "all",
    digits: Sequence[int] | None = None,
    limit: int | None = None,
) -> int:
    """The same pictures and table as files in a folder, which is made and must be empty; return their count."""
    selection = select_pictures(dataset, split, digits, limit)
    place = Path(folder)
    try:
        place.mkdir(parents=True, exist_ok=True)
        if any(place.iterdir()):
            raise DataError(f"{place}: the folder is not empty; name a new one.")
        for part in {os.path.dirname(picture.file) for picture in selection}:
            (place / part).mkdir(parents=True)
        for picture, image in _with_images(dataset, selection):
            (place / picture.file).write_bytes(encode_png(image))
        with atomic_write(place / TABLE_NAME) as file:
            file.write(_table(selection))
    except OSError as error:
        raise DataError(f"{place}: cannot be written ({error.strerror}); choose another folder.") from error
    return len(selection)


def select_pictures(
    dataset: Dataset, split: str = "all", digits: Sequence[int] | None = None, limit: int | None = None
) -> list[Picture]:
    """What an export will hold, in the data set's order; DataError for an unknown split, a non-digit, or nothing."""
    if split not in SPLITS:
        raise DataError(f"split must be one of {', '.join(SPLITS)}, got {split!r}.")
    wanted = sorted(set(range(DIGITS) if digits is None else digits))
    if any(digit not in range(DIGITS) for digit in wanted):
        raise DataError(f"digits must be 0 to 9, got {', '.join(map(str, wanted))}.")
    if limit is not None and limit < 1:
        raise DataError(f"limit must be at least 1, got {limit}.")
    selection: list[Picture] = []
    for part in SPLITS[split]:
        labels = dataset.part(part)[1]
        for index in np.flatnonzero(np.isin(labels, wanted))[: None if limit is None else limit - len(selection)]:
            label = int(labels[index])
            selection.append(Picture(f"{part}/{label}/{index:06d}.png", label, part, int(index)))
    if not selection:
        raise DataError(
            f"{dataset.name}: no image of {', '.join(map(str, wanted)) or 'no digit'}; choose other digits."
        )
    return selection


def _with_images(dataset: Dataset, selection: list[Picture]) -> Iterator[tuple[Picture, np.ndarray]]:
    images = {"train": dataset.train_images, "test": dataset.test_images}
    return ((picture, images[picture.split][picture.position]) for picture in selection)


def _table(selection: list[Picture]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(TABLE_COLUMNS)
    writer.writerows(selection)
    return text.getvalue().encode()
