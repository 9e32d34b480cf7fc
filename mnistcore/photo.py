"""From a picture or photo of a digit to ink on black: decoded within limits, light evened out, background removed."""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError
from scipy import ndimage

from mnistcore.errors import DataError
from mnistcore.ink_box import box_of

MAX_PICTURE_BYTES = 20 * 2**20
MAX_PICTURE_PIXELS = 50_000_000
MAX_DECODED_BYTES = 64 * 2**20
# Looked at no larger than this: a phone's photo shrinks to it while decoding, and fine paper grain averages out.
WORKING_SIDE = 480
GROUND_SIDE = 120
POLARITY_SIDE = 40
# Below this share of the full range, what differs from the ground is paper grain or noise, not ink.
LEAST_CONTRAST = 0.08
# The thinnest pen line kept as it is, as a share of the digit's height; MNIST's strokes are about an eighth of it.
THINNEST_STROKE = 1 / 14

Grey = NDArray[np.float32]
Mask = NDArray[np.bool_]


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


def find_ink(grey: Grey) -> tuple[NDArray[np.uint8], bool]:
    """Separate the ink of (height, width) grey levels in 0..1 from its ground: uint8 ink, and whether it was dark.

    The ground is estimated by closing (dark ink) or opening (light ink) the picture with a window wider than any
    stroke, and taken away, so that shade across the paper vanishes. Otsu's threshold (IEEE Trans. SMC 9, 1979) tells
    ink from paper; grey levels at its rim are kept. Specks, and what runs off the picture's edge while something else
    does not, are dropped.
    """
    dark = _is_dark_on_light(grey)
    if dark:  # ink swallows a share of the light that falls on it, chalk adds its own
        ground = _ground(grey)
        contrast = np.maximum(ground - grey, 0) / np.maximum(ground, 0.1)
    else:
        contrast = np.maximum(grey - (1 - _ground(1 - grey)), 0)
    if contrast.max() < LEAST_CONTRAST:
        return np.zeros(grey.shape, np.uint8), dark
    mask = contrast > _otsu(contrast)
    paper = contrast[~mask][::5]
    grain = 3 * 1.4826 * float(np.median(np.abs(paper - np.median(paper)))) + float(np.median(paper))
    level = float(np.percentile(contrast[mask], 75))
    if level < LEAST_CONTRAST or level < 2 * grain:
        return np.zeros(grey.shape, np.uint8), dark
    mask = _digit_only(mask)
    # Without grain, faint pixels round a stroke are ink, as in MNIST's own; in a photo they are the camera's ringing.
    rim = max(2, max(mask[box_of(mask)].shape) // 14) if grain < 0.01 else 2
    ink = np.clip((contrast - grain) / (level - grain), 0, 1) * ndimage.maximum_filter(mask, 1 + 2 * rim)
    return np.rint(_thickened(ink.astype(np.float32), mask) * 255).astype(np.uint8), dark


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
    layered = np.asarray(picture.convert("LA"), dtype=np.float32) / 255
    grey, alpha = layered[..., 0], layered[..., 1]
    paper = 0.0 if alpha.any() and float((grey * alpha).sum() / alpha.sum()) > 0.5 and alpha.min() < 0.5 else 1.0
    return np.asarray(grey * alpha + paper * (1 - alpha), dtype=np.float32)


def _is_dark_on_light(grey: Grey) -> bool:
    """Whether what stands out from its wide surroundings is mostly darker than they are."""
    small = _small(grey, POLARITY_SIDE)
    window = max(3, max(small.shape) // 2)
    difference = small - ndimage.median_filter(small, window, mode="nearest")
    return float((difference**3).sum()) < 0


def _small(grey: Grey, side: int) -> Grey:
    factor = max(1, max(grey.shape) // side)
    return np.asarray(Image.fromarray(grey).reduce(factor), dtype=np.float32)


def _ground(grey: Grey) -> Grey:
    """The grey levels without the dark ink on them, as smooth as light falls."""
    small = _small(grey, GROUND_SIDE)
    window = max(3, round(0.3 * max(small.shape)))
    ground = ndimage.grey_closing(small, (window, window), mode="nearest")
    ground = ndimage.gaussian_filter(ground, window / 6, mode="nearest")
    return np.asarray(Image.fromarray(ground).resize(grey.shape[::-1], Image.Resampling.BILINEAR), dtype=np.float32)


def _otsu(levels: Grey) -> float:
    counts, edges = np.histogram(levels, bins=256)
    middles = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)
    above = below[-1] - below
    sum_below = np.cumsum(counts * middles)
    with np.errstate(divide="ignore", invalid="ignore"):
        between = below * above * (sum_below / below - (sum_below[-1] - sum_below) / above) ** 2
    return float(edges[1 + int(np.nanargmax(between[:-1]))])


def _digit_only(mask: Mask) -> Mask:
    """The mask without specks, and without what touches the edge if a patch of some size lies inside."""
    patches, count = ndimage.label(mask, np.ones((3, 3), int))
    areas = np.bincount(patches.ravel(), minlength=count + 1)
    areas[0] = 0
    outer = np.concatenate([patches[0], patches[-1], patches[:, 0], patches[:, -1]])
    inside = np.setdiff1d(np.arange(1, count + 1), outer)
    boxes = ndimage.find_objects(patches)
    tall = [i for i in inside if max(s.stop - s.start for s in boxes[i - 1]) >= max(mask.shape) / 8]
    candidates = inside if tall else np.arange(1, count + 1)
    kept = candidates[areas[candidates] >= 0.03 * areas[candidates].max()]
    return np.isin(patches, kept)


def _thickened(ink: Grey, mask: Mask) -> Grey:
    """Ink with hair lines drawn broader: a ballpoint's line would all but vanish at MNIST's resolution."""
    box = box_of(mask)
    extent = max(mask[box].shape)
    depth = ndimage.distance_transform_edt(np.pad(mask[box], 1))
    width = 2 * float(np.percentile(depth[depth > 0], 90))
    if width >= THINNEST_STROKE * extent:
        return ink
    size = 1 + 2 * round((extent / 9 - width) / 2)
    across = np.arange(size) - size // 2
    pen = across[:, None] ** 2 + across**2 <= (size / 2) ** 2
    return ndimage.grey_dilation(np.pad(ink[box], size), footprint=pen)
