"""A picture or photo decoded within limits, upright and grey; and the strokes that a canvas sends."""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from mnistcore.errors import DataError

MAX_PICTURE_BYTES = 20 * 2**20
MAX_PICTURE_PIXELS = 50_000_000
MAX_DECODED_BYTES = 64 * 2**20
# Looked at no larger than this: a phone's photo shrinks to it while decoding, and fine paper grain averages out.
WORKING_SIDE = 480
# No more opaque than this is clear. The rim of the ink kept its grey where that goes with its opacity so closely.
CLEAR, LEAST_ALIKE = 0.05, 0.9

Grey = NDArray[np.float32]


def read_picture(picture: bytes | Image.Image) -> Grey:
    """Decode a PNG, JPEG or WebP (bytes, or an opened Pillow image) to (height, width) float32 grey levels in 0..1.

    Turned upright as its EXIF data says, transparent parts laid on white (or on black under light ink), and made
    smaller to at most 480 pixels a side. Raises DataError for other formats, broken files, more than 20 MB or more
    than 50 million pixels; the size is read from the header, before anything is decoded.
    """
    if isinstance(picture, bytes) and len(picture) > MAX_PICTURE_BYTES:
        raise DataError(f"the picture has {len(picture) / 2**20:.0f} MB; at most 20 MB can be read, save it smaller")
    with _decoding("the picture", "save it again as PNG or JPEG and try that one"):
        opened = _opened(picture, ("PNG", "JPEG", "WEBP")) if isinstance(picture, bytes) else picture
        _check_size(opened)
        opened.draft("L", (WORKING_SIDE, WORKING_SIDE))
        upright = ImageOps.exif_transpose(opened)
        upright.thumbnail((WORKING_SIDE, WORKING_SIDE), Image.Resampling.BOX)
        return _grey(upright)


def read_strokes(picture: bytes, side: int) -> NDArray[np.uint8]:
    """White strokes of a PNG, on black or on a clear ground, as (side, side) uint8 ink; DataError for anything else."""
    remedy = "clear it and draw again"
    with _decoding("what the canvas sent", remedy):
        opened = _opened(picture, ("PNG",))
        if opened.size != (side, side):
            width, height = opened.size
            raise DataError(f"the canvas sent {width}×{height} pixels where it has {side}×{side}; {remedy}")
        ink = Image.new("RGBA", opened.size, "black")
        ink.alpha_composite(opened.convert("RGBA"))
        return np.asarray(ink.convert("L"), dtype=np.uint8)


@contextmanager
def _decoding(what: str, remedy: str) -> Iterator[None]:
    """Around everything that Pillow does with bytes from outside: whatever it raises becomes a DataError in our words.

    Its decoders raise more than OSError (ValueError, TypeError, struct.error, zlib.error, ... by format and damage),
    and their words are for programmers.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a large picture, which is refused here, or of damaged EXIF data
            yield
    except (DataError, MemoryError):
        raise
    except UnidentifiedImageError as error:
        raise DataError(f"{what} is not a PNG, JPEG or WebP picture; {remedy}") from error
    except Image.DecompressionBombError as error:  # far beyond our own limit, and raised before we see its size
        raise DataError(f"{what} has more than 50 million pixels; save it smaller") from error
    except Exception as error:
        raise DataError(f"{what} cannot be decoded; {remedy}") from error


def _opened(data: bytes, formats: tuple[str, ...]) -> Image.Image:
    return Image.open(io.BytesIO(data), formats=formats)


def _check_size(picture: Image.Image) -> None:
    width, height = picture.size
    if width * height > MAX_PICTURE_PIXELS:
        raise DataError(f"the picture has {width}×{height} pixels; at most 50 million can be read, save it smaller")
    if picture.format != "JPEG":  # which shrinks while it is decoded; others are in memory at full size
        size = width * height * (4 if picture.format == "WEBP" else len(picture.getbands()))
        if size > MAX_DECODED_BYTES:
            raise DataError(
                f"the picture has {width}×{height} pixels, which take {size / 2**20:.0f} MB when decoded, at most "
                f"{MAX_DECODED_BYTES / 2**20:.0f} MB can be read; save it smaller, or as JPEG"
            )
    if width == 0 or height == 0:
        raise DataError(f"the picture has {width}×{height} pixels; choose one that shows a digit")


def _grey(picture: Image.Image) -> Grey:
    if picture.mode.startswith("I") or picture.mode == "F":
        levels = np.asarray(picture, dtype=np.float32)
        return np.asarray(levels / (65535 if levels.max() > 255 else 255), dtype=np.float32)
    if "A" not in picture.getbands() and "transparency" not in picture.info:
        return np.asarray(np.asarray(picture.convert("L")) / 255, dtype=np.float32)
    grey, alpha = np.moveaxis(np.asarray(picture.convert("LA"), dtype=np.float32) / np.float32(255), -1, 0)
    return _on_ground(grey, alpha)


def _on_ground(grey: Grey, alpha: Grey) -> Grey:
    """Partly transparent grey levels laid on white, or on black under light ink.

    Where white was made transparent and the rim of the ink kept its own grey, that grey alone says how much ink there
    is: laid on white as well, the rim would be lightened twice and the strokes too thin.
    """
    opaque = alpha >= 0.9 * alpha.max()
    paper = 0.0 if alpha.max() > 0 and alpha.min() < 0.5 and float(np.median(grey[opaque])) > 0.5 else 1.0
    rim = (alpha > CLEAR) & ~opaque
    if alpha.min() < CLEAR and rim.any():
        strength, share = np.abs(paper - grey[rim]), alpha[rim]
        if np.ptp(strength) > 0 and np.ptp(share) > 0 and np.corrcoef(strength, share)[0, 1] > LEAST_ALIKE:
            return np.where(alpha > CLEAR, grey, paper).astype(np.float32)
    return np.asarray(grey * alpha + paper * (1 - alpha), dtype=np.float32)
