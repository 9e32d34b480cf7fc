"""Digits from pictures: each in a folder named by its label, 0 to 9, or without labels."""

import io
import warnings
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from PIL import Image

from mnistcore.data.idx import MAX_BYTES
from mnistcore.data.imports.image_sets import ImageSet, check_count
from mnistcore.data.imports.parts import part_in_path
from mnistcore.errors import DataError

FORMATS = ["PNG", "JPEG", "BMP"]
EIGHT_BIT_MODES = {"L", "1", "P", "RGB", "RGBA", "LA"}
MAX_PICTURE_BYTES = 1024**2
LARGEST = 1024  # pixels a side
SMALLEST = 4
LABELS = tuple("0123456789")


class PictureFile(NamedTuple):
    """A picture that has not been read yet."""

    path: str
    size: int
    read: Callable[[], bytes]

    @property
    def folder(self) -> str:
        return self.path.rpartition("/")[0]

    @property
    def label(self) -> int | None:
        """The digit that its folder is called."""
        name = self.folder.rpartition("/")[2]
        return int(name) if name in LABELS else None

    @property
    def place(self) -> str:
        """The folder whose pictures belong together: that of the labels' folders, or its own."""
        return self.folder.rpartition("/")[0] if self.label is not None else self.folder


def read_pictures(files: list[PictureFile], root: str) -> list[ImageSet]:
    """A set for each folder that holds folders 0 to 9, and for each that holds pictures without labels.

    They are in the order of the file names. `root` names a place without a path. Raises DataError for a picture beside
    folders of labels but in none of them, for what is no 8-bit picture of 4 to 1,024 pixels a side, and above 200,000.
    """
    check_count(len(files), root)
    labelled = {file.place for file in files if file.label is not None}
    for file in files:
        if file.label is None and (file.folder in labelled or file.folder.rpartition("/")[0] in labelled):
            folder = file.folder.rpartition("/")[2]
            where = f"folder {folder!r}" if file.folder not in labelled and folder else "no folder"
            raise DataError(
                f"{file.path} lies in {where}, expected a folder named by its label, 0 to 9, as the pictures beside it "
                "have; sort the pictures into such folders."
            )
    # By file name first: pictures that an export numbered come back in their old order.
    files = sorted(files, key=lambda file: (file.path.rpartition("/")[2], file.path))
    places: dict[str, list[PictureFile]] = {}
    for file in files:
        places.setdefault(file.place, []).append(file)
    left = MAX_BYTES
    sets = []
    for place, members in sorted(places.items()):
        images = []
        for member in members:
            images.append(_read_picture(member))
            left -= images[-1].size
            if left < 0:
                raise DataError(f"{root}: the pictures have more than {MAX_BYTES:,} pixels; make them smaller.")
        labels = None if members[0].label is None else np.array([member.label for member in members], np.uint8)
        names = tuple(member.path.removeprefix(f"{place}/") for member in members)
        same = len({image.shape for image in images}) == 1
        sets.append(
            ImageSet(place or root, np.stack(images) if same else images, labels, names, part_in_path(place), True)
        )
    return sets


def _read_picture(file: PictureFile) -> np.ndarray:
    if file.size > MAX_PICTURE_BYTES:
        raise DataError(
            f"{file.path} has {file.size:,} bytes, expected a picture of a digit with at most {MAX_PICTURE_BYTES:,}; "
            "save it again, smaller."
        )
    return decode_picture(file.read(), file.path)


def decode_picture(data: bytes, name: str) -> np.ndarray:
    """The (h, w) uint8 image in a PNG, JPEG or BMP; colours become grey. DataError for other sizes, depths, or damage.

    The size is read before anything is decoded, so a picture that unpacks to gigabytes is refused at once.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a large picture, which is refused here, or of damaged metadata
            with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
                width, height = picture.size
                if not (SMALLEST <= width <= LARGEST and SMALLEST <= height <= LARGEST):
                    raise DataError(
                        f"{name}: {width:,} × {height:,} pixels, expected {SMALLEST} to {LARGEST:,} a side; "
                        "scale the pictures first (a single one can be tried on the Draw page at any size)."
                    )
                picture.load()
                _check_mode(picture, name)
                return np.array(picture.convert("L"))
    except (DataError, MemoryError):
        raise
    except Image.DecompressionBombError as error:  # raised before its size can be asked
        raise DataError(f"{name}: far more than {LARGEST:,} pixels a side; scale the pictures first.") from error
    except Image.UnidentifiedImageError as error:
        raise DataError(f"{name}: not a PNG, JPEG or BMP picture; save it as PNG.") from error
    except Exception as error:  # Pillow raises what its decoders do, and its words are for programmers
        raise DataError(f"{name}: a damaged picture; save it again.") from error


def _check_mode(picture: Image.Image, name: str) -> None:
    if picture.mode not in EIGHT_BIT_MODES:
        raise DataError(f"{name}: a picture of mode {picture.mode}, expected 8-bit grey; convert it.")
    if "transparency" in picture.info or (
        picture.mode in ("RGBA", "LA") and picture.getchannel("A").getextrema() != (255, 255)
    ):
        raise DataError(f"{name}: a picture with transparency; save it without, bright ink on black.")
