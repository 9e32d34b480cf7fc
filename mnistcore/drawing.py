"""A drawing becomes an image as MNIST would have made it: cropped, fitted in 20×20, centred by mass on 28×28.

The steps are those of the data set itself (https://yann.lecun.com/exdb/mnist: "the images were centered in a 28x28
image by computing the center of mass of the pixels"). Measured on its 60,000 training images: the longer side is 20
pixels in all but 13, the brightest pixel is 254 or 255, and the centre of mass lies within half a pixel of index
(14, 14) on both axes, evenly spread, so the shift was in whole pixels.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from mnistcore.errors import DataError
from mnistcore.fitting import BOX, SIZE, centre, crop, fit
from mnistcore.ink import find_ink
from mnistcore.ink_box import box_of
from mnistcore.photo import read_picture
from mnistcore.side_by_side import side_by_side

MAX_DRAWING_PIXELS = 16_000_000
# Analysed at most this large: far above what 20×20 can show, and a picture of any size takes a fraction of a second.
WORKING_SIDE = 640
# Strong ink says where the digit is; fainter pixels count only right beside it, so that noise elsewhere is not ink.
STRONG_INK = 0.25
FAINTEST_INK = 6
# A stroke is at least this many times as long as it is wide; the stubbiest of MNIST's 60,000 digits is 1.53 times.
SHORTEST_STROKE = 1.4
# A separate patch is a stray mark if it holds less than these shares of all ink and of the largest patch.
STRAY_SHARE, STRAY_TO_LARGEST = 0.08, 0.15
# Of MNIST's 70,000 digits 58 are wider for their height.
WIDEST = 1.8

EMPTY_HINT = "Draw a digit from 0 to 9, large, in one or a few strokes."
DOT_HINT = "That is a dot so far: draw a whole digit from 0 to 9, large."
FULL_HINT = "Nearly everything is ink: clear it and draw one digit with room around its strokes."
WIDE_HINT = "It is very wide for one digit: where digits touch, they cannot be told apart."
NO_INK_HINT = "No digit found in this picture: it needs one digit, well lit, on a plain background."
EDGE_HINT = "The ink touches the edge of the picture: make sure that the whole digit is in it."
# What is said of a drawing, as it is said of a picture.
OF_PICTURE = {
    EMPTY_HINT: NO_INK_HINT,
    DOT_HINT: "Only a dot found in this picture: it needs one whole digit, well lit, on a plain background.",
    FULL_HINT: "Nearly all of this picture is ink: it needs one digit with some of its background around it.",
}

UInt8Image = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Preparation:
    """The steps from a drawing to a 28×28 image, each a (height, width) uint8 array with bright ink on black.

    ``is_empty`` says that there is no digit to recognise (nothing, one dot, all ink): the later steps are then black
    and ``hint`` says what to do. ``hint`` may also tell that stray marks were left out of a good drawing.
    """

    drawn: UInt8Image  # as given
    cropped: UInt8Image  # the ink's own box
    fitted: UInt8Image  # its longer side brought to 20 pixels, each pixel the average of the area under it
    centred: UInt8Image  # (28, 28): centre of mass moved to the middle
    image: UInt8Image  # (28, 28): the brightest pixel scaled to 255; what a network sees
    is_empty: bool = False
    hint: str | None = None
    inverted: bool = False  # the ink was darker than its ground
    picture: UInt8Image | None = None  # of a picture: as it was read, upright and grey, at most 480 pixels a side
    has_steps: bool = True  # whether anything was done to it
    parts: tuple["Preparation", ...] = ()  # of digits side by side: each by itself, from left to right

    @property
    def digits(self) -> tuple["Preparation", ...]:
        """What is to be read: this digit, or each of several."""
        return self.parts or (self,)

    @classmethod
    def as_is(cls, image: UInt8Image) -> "Preparation":
        """A (28, 28) uint8 image for a network to see as it is, neither fitted nor centred."""
        return cls(image, image, image, image, image, has_steps=False)


def prepare(
    ink: UInt8Image, *, inverted: bool = False, left_out: tuple[str, ...] = (), alone: bool = False
) -> Preparation:
    """Prepare a drawing of one digit, or of several side by side, as MNIST's images were prepared.

    ``ink`` is a (height, width) uint8 array, bright where there is ink, of any size up to 16 million pixels.
    Raises DataError for another type or shape. ``inverted`` and ``left_out`` are only noted in the result.
    ``alone`` refuses several digits, for those who read a single image.
    """
    _check(ink)
    working = _reduced(ink)
    digits, strays, hint = _find_digits(working)
    if alone and len(digits) > 1:
        digits, hint = [], f"There are {len(digits)} digits here: draw just one."
    if not digits:
        nothing = np.zeros((SIZE, SIZE), np.uint8)
        return Preparation(ink, working, np.zeros((BOX, BOX), np.uint8), nothing, nothing.copy(), True, hint, inverted)
    if strays:
        left_out = (*left_out, f"{strays} stray mark{'s' if strays > 1 else ''} beside the digit")
    whole = _framed(np.maximum.reduce(digits), ink, inverted)
    parts = tuple(_framed(digit, digit, inverted) for digit in digits) if len(digits) > 1 else ()
    notes = []
    if parts:
        notes.append(f"There are {len(parts)} digits here, told apart by the gaps between them.")
    elif whole.cropped.shape[1] > WIDEST * whole.cropped.shape[0]:
        notes.append(WIDE_HINT)
    if left_out:
        notes.append(f"Left out {_listed(left_out)}.")
    return replace(whole, hint=" ".join(notes) or None, parts=parts)


def prepare_picture(picture: bytes | Image.Image) -> Preparation:
    """Prepare the picture or photo of a digit, or of several: light or dark paper, uneven light, any size.

    A table around the sheet, frames, boxes and the lines of ruled paper are left out; the hint says so.
    ``picture`` is the content of a PNG, JPEG or WebP file, or an opened Pillow image. ``drawn`` is the ink found in it.
    Raises DataError for anything that is not such a picture, or that is too large.
    """
    grey = read_picture(picture)
    found = find_ink(grey)
    preparation = prepare(found.ink, inverted=found.dark, left_out=found.left_out)
    hint = OF_PICTURE.get(preparation.hint or "", preparation.hint)
    if found.at_edge and not preparation.is_empty:
        hint = " ".join(filter(None, (hint, EDGE_HINT)))
    return replace(preparation, hint=hint, picture=_rounded(grey * 255))


def _framed(digit: UInt8Image, drawn: UInt8Image, inverted: bool) -> Preparation:
    """The steps of the ink of one digit, without anything beside it."""
    cropped = crop(digit)
    fitted = fit(cropped)
    centred = centre(fitted)
    image = centred * (255.0 / centred.max())
    return Preparation(drawn, cropped, _rounded(fitted), _rounded(centred), _rounded(image), False, None, inverted)


def _listed(items: tuple[str, ...]) -> str:
    return " and ".join(filter(None, (", ".join(items[:-1]), items[-1])))


def shrunk(ink: UInt8Image) -> UInt8Image:
    """A (height, width) drawing as (28, 28), each pixel the mean of the area under it: neither fitted nor centred."""
    return np.asarray(Image.fromarray(ink).resize((SIZE, SIZE), Image.Resampling.BOX), dtype=np.uint8)


def with_strokes(image: UInt8Image, ink: UInt8Image) -> UInt8Image:
    """A (28, 28) digit with a (height, width) drawing over it, shrunk to its pixels: the brighter of both at each."""
    return np.maximum(image, shrunk(ink))


def stroke_width(mask: NDArray[np.bool_]) -> float:
    """Width in pixels of the thickest stroke of a (height, width) mask: twice its largest distance to the ground."""
    depth = ndimage.distance_transform_edt(np.pad(mask, 1))
    return max(1.0, 2.0 * float(depth.max()) - 1.0)


def _check(ink: UInt8Image) -> None:
    if not isinstance(ink, np.ndarray) or ink.dtype != np.uint8:
        found = f"dtype {ink.dtype}" if isinstance(ink, np.ndarray) else type(ink).__name__
        raise DataError(f"ink must be a NumPy array of uint8 with bright ink, got {found}; use ink.astype(numpy.uint8)")
    if ink.ndim != 2 or 0 in ink.shape:
        raise DataError(f"ink must have the shape (height, width), got {ink.shape}; pass one image with one channel")
    if ink.size > MAX_DRAWING_PIXELS:
        raise DataError(
            f"ink of {ink.shape[0]}×{ink.shape[1]} pixels is too large; "
            f"scale it below {MAX_DRAWING_PIXELS:,} pixels first"
        )


def _reduced(ink: UInt8Image) -> UInt8Image:
    factor = math.ceil(max(ink.shape) / WORKING_SIDE)
    if factor == 1:
        return ink
    return np.asarray(Image.fromarray(ink).reduce(factor), dtype=np.uint8)


def _find_digits(ink: UInt8Image) -> tuple[list[UInt8Image], int, str | None]:
    """The ink of each digit without stray marks, and how many of these there were; none and a hint if there is none."""
    peak = int(ink.max())
    if peak < 16:
        return [], 0, EMPTY_HINT
    strong = ink > STRONG_INK * peak
    if strong.mean() > 0.8:
        return [], 0, FULL_HINT
    strong, strays = _without_strays(strong)
    box = box_of(strong)
    extent = max(side.stop - side.start for side in box)
    if extent < max(5.0, SHORTEST_STROKE * stroke_width(strong[box])):
        return [], 0, DOT_HINT
    digits = side_by_side(strong)
    return [_with_rim(digit, strong & ~digit, ink) for digit in digits], strays, None


def _with_rim(digit: NDArray[np.bool_], others: NDArray[np.bool_], ink: UInt8Image) -> UInt8Image:
    """The ink of a digit's strong pixels, and the fainter ink right beside them that is not nearer to another digit."""
    box = box_of(digit)
    extent = max(side.stop - side.start for side in box)
    reach = 1.5 * max(1.0, extent / BOX)  # the eight neighbours of a pixel of the fitted image
    margin = math.ceil(reach)
    room = tuple(slice(max(0, side.start - margin), side.stop + margin) for side in box)
    distance = ndimage.distance_transform_edt(~digit[room])
    near = distance <= reach
    if others[room].any():
        near &= distance < ndimage.distance_transform_edt(~others[room])
    around = ink[room]
    kept = np.zeros_like(ink)
    kept[room] = np.where(near & (around >= FAINTEST_INK), around, 0)
    return kept


def _without_strays(mask: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], int]:
    """The mask without small patches that lie further than a stroke's width from its largest one, and their count."""
    patches, count = ndimage.label(mask, structure=np.ones((3, 3), int))
    if count == 1:
        return mask, 0
    areas = np.bincount(patches.ravel())[1:]
    largest = patches == areas.argmax() + 1
    distances = ndimage.distance_transform_edt(~largest)
    nearest = np.asarray(ndimage.minimum(distances, patches, np.arange(1, count + 1)))
    small = (areas < STRAY_SHARE * areas.sum()) & (areas < STRAY_TO_LARGEST * areas.max())
    stray = small & (nearest > stroke_width(largest))
    if not stray.any():
        return mask, 0
    return mask & ~np.isin(patches, np.flatnonzero(stray) + 1), int(stray.sum())


def _rounded(image: NDArray[np.float32]) -> UInt8Image:
    return np.rint(image).clip(0, 255).astype(np.uint8)
