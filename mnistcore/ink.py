"""From the grey levels of a picture to ink on black: light evened out, and what surrounds the digit left out."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from mnistcore.box_lines import without_box
from mnistcore.ink_box import box_of
from mnistcore.ruled_lines import without_lines
from mnistcore.side_by_side import side_by_side
from mnistcore.surroundings import find_enclosed, find_sheet, without_ground
from mnistcore.threshold import otsu

GROUND_SIDE = 120
POLARITY_SIDE = 40
# Below this share of the full range, what differs from the ground is paper grain or noise, not ink.
LEAST_CONTRAST = 0.08
# The thinnest pen line kept as it is, as a share of the digit's height; MNIST's strokes are about an eighth of it.
THINNEST_STROKE = 1 / 14
# A frame near the edge of a picture leaves at least this share of it inside; there may be frames within frames.
LEAST_IN_FRAME, MOST_FRAMES = 0.6, 4
# So many pixels beside a frame's line are its blurred rim.
LINE_RIM = 3

Grey = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class FoundInk:
    """The ink of a picture, and what was found in it that is not part of a digit."""

    ink: NDArray[np.uint8]  # (height, width), bright on black; smaller than the picture where only a sheet was kept
    dark: bool  # whether it was darker than its ground
    left_out: tuple[str, ...] = ()  # such as "a frame"
    at_edge: bool = False  # it touches the edge of the picture


def find_ink(grey: Grey) -> FoundInk:
    """Separate the ink of (height, width) grey levels in 0..1 from its ground and from what surrounds the digit.

    The ground is estimated by closing (dark ink) or opening (light ink) the picture with a window wider than any
    stroke, and taken away, so that shade across the paper vanishes. Otsu's threshold (IEEE Trans. SMC 9, 1979) tells
    ink from paper; grey levels at its rim are kept. Specks, and what runs off the picture's edge while most of the ink
    does not, are dropped.
    """
    left_out = []
    sheet = find_sheet(grey)
    if sheet is not None:
        grey = without_ground(grey, sheet)
        left_out.append("what lies around the sheet")
    contrast, dark = _contrast(grey)
    nothing = FoundInk(np.zeros(grey.shape, np.uint8), dark)
    if contrast.max() < LEAST_CONTRAST:
        return nothing
    contrast, has_rim = _without_frames(contrast, LEAST_IN_FRAME)
    contrast, lines = without_lines(contrast)
    contrast, has_frame = _without_frames(contrast)
    if has_rim or has_frame:
        left_out.append("a frame")
    if lines:
        left_out.append(f"{lines} line{'s' if lines > 1 else ''} of the paper")
    mask = contrast > otsu(contrast)
    if not mask.any():  # there was nothing else in the picture
        return nothing
    paper = contrast[~mask][::5]
    grain = 3 * 1.4826 * float(np.median(np.abs(paper - np.median(paper)))) + float(np.median(paper))
    level = float(np.percentile(contrast[mask], 75))
    if level < LEAST_CONTRAST or level < 2 * grain:
        return nothing
    mask, cut_off = _digit_only(mask)
    if cut_off:
        left_out.append("ink at the edge of the picture")
    # Without grain, faint pixels round a stroke are ink, as in MNIST's own; in a photo they are the camera's ringing.
    extent = max(max(mask[box_of(digit)].shape) for digit in side_by_side(mask))
    rim = max(2, extent // 14) if grain < 0.01 else 2
    ink = np.clip((contrast - grain) / (level - grain), 0, 1) * ndimage.maximum_filter(mask, 1 + 2 * rim)
    whole = np.rint(_thickened(ink.astype(np.float32), mask, extent) * 255).astype(np.uint8)
    return FoundInk(whole, dark, tuple(left_out), bool(len(_at_edge(mask))))


def _contrast(grey: Grey) -> tuple[Grey, bool]:
    """How far each pixel stands out from its ground, 0..1, and whether ink is dark."""
    if _is_dark_on_light(grey):  # ink swallows a share of the light that falls on it, chalk adds its own
        ground = _ground(grey)
        return np.maximum(ground - grey, 0) / np.maximum(ground, 0.1), True
    return np.maximum(grey - (1 - _ground(1 - grey)), 0), False


def _without_frames(contrast: Grey, least: float = 0) -> tuple[Grey, bool]:
    """The contrast of what lies inside frames, boxes and circles, also within each other, and whether there are any.

    ``least`` is the share of the picture that the inside of a frame must have. Without it, boxes are also taken away
    whose lines the digit touches.
    """
    for turn in range(MOST_FRAMES):
        inside = _enclosed(contrast, least)
        if inside is None:
            unboxed = None if least else without_box(contrast)
            return (contrast, turn > 0) if unboxed is None else (unboxed, True)
        contrast = np.where(ndimage.binary_erosion(inside, iterations=LINE_RIM), contrast, 0).astype(np.float32)
    return contrast, True


def _enclosed(contrast: Grey, least: float) -> Mask | None:
    """What ink encloses; fainter ink may do so too, for a printed line is often paler than the pen's."""
    threshold = max(otsu(contrast), LEAST_CONTRAST)
    for share in (1, 0.7, 0.45):
        inside = find_enclosed(contrast > share * threshold, least)
        if inside is not None:
            return inside
    return None


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


def _digit_only(mask: Mask) -> tuple[Mask, bool]:
    """The mask without specks, and without smaller patches at the edge if one of some size lies inside.

    Also whether anything at the edge was left out. The patch that holds most of the ink always stays.
    """
    patches, count = ndimage.label(mask, np.ones((3, 3), int))
    areas = np.bincount(patches.ravel(), minlength=count + 1)
    areas[0] = 0
    largest = int(areas.argmax())
    outer = np.setdiff1d(_at_edge(patches), [0, largest])
    inside = np.setdiff1d(np.arange(1, count + 1), outer)
    boxes = ndimage.find_objects(patches)
    tall = [i for i in inside if max(s.stop - s.start for s in boxes[i - 1]) >= max(mask.shape) / 8]
    candidates = inside if tall else np.arange(1, count + 1)
    least = 0.03 * areas[candidates].max()
    kept = candidates[areas[candidates] >= least]
    return np.isin(patches, kept), bool(tall) and bool((areas[outer] >= least).any())


def _at_edge(patches: NDArray[np.generic]) -> NDArray[np.generic]:
    """The values other than 0 at the edge of a (height, width) array."""
    found = np.unique(np.concatenate([patches[0], patches[-1], patches[:, 0], patches[:, -1]]))
    return found[found != 0]


def _thickened(ink: Grey, mask: Mask, extent: int) -> Grey:
    """Ink with hair lines drawn broader: a ballpoint's line would all but vanish at MNIST's resolution.

    ``extent`` is the longer side of the largest digit, in pixels.
    """
    box = box_of(mask)
    depth = ndimage.distance_transform_edt(np.pad(mask[box], 1))
    width = 2 * float(np.percentile(depth[depth > 0], 90))
    if width >= THINNEST_STROKE * extent:
        return ink
    size = 1 + 2 * round((extent / 9 - width) / 2)
    across = np.arange(size) - size // 2
    pen = across[:, None] ** 2 + across**2 <= (size / 2) ** 2
    return ndimage.grey_dilation(np.pad(ink[box], size), footprint=pen)
