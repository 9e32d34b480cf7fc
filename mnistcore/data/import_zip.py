"""Digits from a ZIP: PNG pictures in folders named by label, or any other file that can be imported, packed."""

import zipfile
from pathlib import PurePosixPath

import numpy as np

from mnistcore.data.archive import open_archive, read_member
from mnistcore.data.dataset import SIDE
from mnistcore.data.png import decode_png
from mnistcore.errors import DataError

SPLIT_NAMES = {"train": "train", "training": "train", "test": "test", "testing": "test"}
COMPANIONS = {".csv", ".txt", ".md", ".json"}
MAX_PNG_BYTES = 1024**2

Parts = dict[str, tuple[np.ndarray, np.ndarray]]


def parse_zip(data: bytes, name: str, max_images: int) -> Parts | list[tuple[str, bytes]]:
    """Images and labels of "train" and "test" from PNGs, or, where there are none, the other files for `import_files`.

    A picture's label is the name of its folder, ``…/7/any.png``; a folder ``test`` above it puts it in the test part.
    Pictures keep the order of their file names. Raises DataError for anything else in the archive, and for any
    picture that is not a 28 × 28 PNG.
    """
    with open_archive(data, name) as archive:
        members = [member for member in archive.infolist() if not _is_clutter(member)]
        pictures = [member for member in members if member.filename.lower().endswith(".png")]
        if not pictures:
            return _other_files(archive, members, name)
        for member in members:
            if not member.filename.lower().endswith((".png", *COMPANIONS)):
                raise DataError(f"{name}: {member.filename} is not a PNG picture; pack PNGs only, in folders 0 to 9.")
        if len(pictures) > max_images:
            raise DataError(f"{name}: {len(pictures):,} images, more than the limit of {max_images:,}; give fewer.")
        return _read_pictures(archive, pictures, name)


def _is_clutter(member: zipfile.ZipInfo) -> bool:
    """Folders, and what file managers add."""
    path = PurePosixPath(member.filename)
    return member.is_dir() or path.name.startswith(".") or path.name == "Thumbs.db" or path.parts[0] == "__MACOSX"


def _other_files(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], name: str) -> list[tuple[str, bytes]]:
    if not 1 <= len(members) <= 4 or any(member.filename.lower().endswith(".zip") for member in members):
        found = ", ".join(member.filename for member in members[:4]) or "nothing"
        raise DataError(
            f"{name}: holds {found}{' and more' if len(members) > 4 else ''}; expected PNG pictures in folders named "
            "0 to 9, or IDX files, or a CSV or NPZ file."
        )
    return [(PurePosixPath(member.filename).name, read_member(archive, member, name)) for member in members]


def _read_pictures(archive: zipfile.ZipFile, pictures: list[zipfile.ZipInfo], name: str) -> Parts:
    paths = {member.filename: PurePosixPath(member.filename) for member in pictures}
    # By file name first: pictures that an export numbered come back in their old order.
    pictures.sort(key=lambda member: (paths[member.filename].name, member.filename))
    found: dict[str, list[zipfile.ZipInfo]] = {"train": [], "test": []}
    for member in pictures:
        found[_split_of(paths[member.filename])].append(member)
    parts: Parts = {}
    for split, members in found.items():
        images = np.empty((len(members), SIDE, SIDE), dtype=np.uint8)
        labels = np.empty(len(members), dtype=np.uint8)
        for index, member in enumerate(members):
            labels[index] = _label_of(paths[member.filename], name)
            images[index] = _read_picture(archive, member, name)
        if members:
            parts[split] = images, labels
    return parts


def _read_picture(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> np.ndarray:
    if member.file_size > MAX_PNG_BYTES:
        raise DataError(
            f"{name}: {member.filename} has {member.file_size:,} bytes, expected a 28 × 28 PNG of at most "
            f"{MAX_PNG_BYTES:,}; save it again."
        )
    return decode_png(read_member(archive, member, name), f"{name}: {member.filename}")


def _split_of(path: PurePosixPath) -> str:
    return next((SPLIT_NAMES[part.lower()] for part in path.parts[:-1] if part.lower() in SPLIT_NAMES), "train")


def _label_of(path: PurePosixPath, name: str) -> int:
    folder = path.parent.name
    if len(folder) == 1 and folder in "0123456789":
        return int(folder)
    raise DataError(
        f"{name}: {path} lies in {f'folder {folder!r}' if folder else 'no folder'}, expected a folder named by its "
        "label, 0 to 9; sort the pictures into such folders."
    )
