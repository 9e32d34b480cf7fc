"""What files, folders and archives hold: all sets of images in them, and what was left out, with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from mnistcore.data.idx import MAX_BYTES, parse_idx
from mnistcore.data.imports.arrays import FoundArray, pair_arrays, parse_npy
from mnistcore.data.imports.csv_text import column_count, parse_csv
from mnistcore.data.imports.image_sets import ImageSet, check_count, without_repeats
from mnistcore.data.imports.kinds import (
    FEWEST_PIXELS,
    PICTURES,
    document_in,
    foreign_content,
    kind_of,
    suffix_of,
)
from mnistcore.data.imports.parquet import parse_parquet
from mnistcore.data.imports.pictures import PictureFile, read_pictures
from mnistcore.data.imports.settings import ImportSettings, is_named
from mnistcore.data.imports.sources import Source, SourceFile, source_files, unpacked, zip_members
from mnistcore.errors import DataError

WANTED = (
    "IDX images and labels (…-idx3-ubyte and …-idx1-ubyte, also .gz), a .csv, .parquet, .npz or two .npy, "
    "or pictures in folders named 0 to 9, in a folder or a .zip"
)
MAX_NOTES = 50


@dataclass(frozen=True, eq=False)
class Reading:
    """The sets of images that were found, in the order of the files, and sentences about what was left out."""

    sets: tuple[ImageSet, ...]
    left_out: tuple[str, ...]


@dataclass(eq=False)
class _Found:
    """What the files have given so far."""

    settings: ImportSettings
    is_alone: bool
    sets: list[ImageSet] = field(default_factory=list)
    arrays: list[FoundArray] = field(default_factory=list)
    pictures: list[PictureFile] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    size: int = 0


def read_images(given: Sequence[tuple[str, Source]], settings: ImportSettings | None = None) -> Reading:
    """All images in files, folders and archives, each given as its name with its bytes or its path.

    The same content twice counts once; other files are left out, each with the reason. Raises DataError with the
    remedy where nothing is left, above 200 MB (also unpacked) and 200,000 images, and for every defect.
    """
    if not given:
        raise DataError(f"No file to import; choose {WANTED}.")
    files = source_files(given)
    found = _Found(settings or ImportSettings(), is_alone=len(files) == 1)
    for file in files:
        _take(file, found, depth=0)
    sets, notes = pair_arrays(found.arrays) if found.arrays else ([], [])
    sets += found.sets
    if found.pictures:
        sets += read_pictures(found.pictures, given[0][0])
    sets, repeated = without_repeats(sets)
    left_out = [*found.left_out, *notes, *repeated]
    if not sets:
        reason = " ".join(left_out[:4]) or f"{given[0][0]}: holds nothing."
        raise DataError(f"{reason} Give {WANTED}.")
    check_count(sum(map(len, sets)), given[0][0])
    return Reading(tuple(sets), tuple(left_out[:MAX_NOTES]))


def _take(file: SourceFile, found: _Found, depth: int) -> None:
    """Read one file into `found`, and what is in it if it is an archive."""
    if is_named(file.path, found.settings.leave_out):
        found.left_out.append(f"{file.path}: left out, as set.")
        return
    if suffix_of(file.path) in PICTURES:
        found.pictures.append(PictureFile(file.path, file.size, file.read))
        return
    data = unpacked(file.read(), file.path)
    found.size += len(data)
    if found.size > MAX_BYTES:
        raise DataError(f"{file.path}: with it, more than the limit of {MAX_BYTES:,} bytes when unpacked; give less.")
    kind = kind_of(data, file.path)
    if kind == "zip":
        _take_zip(data, file, found, depth)
    elif kind == "idx":
        found.arrays.append(FoundArray(file.path, parse_idx(data, file.path.removesuffix(".gz"))))
    elif kind == "npy":
        found.arrays.append(FoundArray(file.path, parse_npy(data, file.path)))
    elif kind == "parquet":
        found.sets.append(parse_parquet(data, file.path, found.settings.label_column))
    elif kind == "picture":
        found.pictures.append(PictureFile(file.path, len(data), lambda: data))
    elif kind == "csv" and (found.is_alone or column_count(data) > FEWEST_PIXELS):
        found.sets.append(parse_csv(data, file.path, found.settings.label_column))
    else:
        what = "a table without pixels" if kind == "csv" else foreign_content(data) or "no digits in a known format"
        found.left_out.append(f"{file.path}: {what}.")


def _take_zip(data: bytes, file: SourceFile, found: _Found, depth: int) -> None:
    members, nameless = zip_members(data, file.path)
    inside = [member.path.removeprefix(f"{file.path}/") for member in members]
    if what := document_in(inside):
        found.left_out.append(f"{file.path}: {what}.")
        return
    is_npz = all(name.endswith(".npy") for name in inside)
    if depth > 0 and not is_npz:
        found.left_out.append(f"{file.path}: a ZIP inside a ZIP; unpack the outer one.")
        return
    if nameless:
        found.left_out.append(f"{file.path}: {nameless} member{'' if nameless == 1 else 's'} without a name.")
    found.size -= len(data)  # what counts is what is in it
    found.is_alone = found.is_alone and len(members) == 1
    for member in members:
        _take(member, found, depth + 1)
