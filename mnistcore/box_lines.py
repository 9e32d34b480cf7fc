"""A form's box whose lines the digit touches: its straight sides are taken away, and the digit stays."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from mnistcore.ruled_lines import SMALLEST_SIDE, Line, find_lines, lines_removed
from mnistcore.threshold import otsu

Grey = NDArray[np.float32]
EIGHT = np.ones((3, 3), int)

# A box is at least so large, as a share of the picture, and what it holds as high as this share of its shorter side.
LEAST_BOX, LEAST_INSIDE = 0.15, 0.25


def without_box(contrast: Grey) -> Grey | None:
    """(height, width) contrast of what a box of straight lines holds, when that touches the lines; None without one."""
    threshold = otsu(contrast)
    patches, _ = ndimage.label(contrast > threshold / 2, EIGHT)
    for number, place in enumerate(ndimage.find_objects(patches), 1):
        height, width = (side.stop - side.start for side in place)
        shorter = min(height, width)
        if shorter < max(SMALLEST_SIDE, LEAST_BOX * max(contrast.shape)):
            continue
        near = ndimage.binary_dilation(patches[place] == number, iterations=3)
        box = np.where(near, contrast[place], 0).astype(np.float32)
        across, upright = (find_lines(np.ascontiguousarray(view), 0.7, 0, 0) for view in (box, box.T))
        if _sides(across, height) + _sides(upright, width) < 3:
            continue
        inner = lines_removed(box, across, upright)
        held = _high_patches(inner > threshold, LEAST_INSIDE * shorter)
        if held.any():
            kept = np.zeros_like(contrast)
            kept[place] = np.where(ndimage.binary_dilation(held, iterations=3), inner, 0)
            return kept
    return None


def _sides(lines: list[Line], length: int) -> int:
    """How many of the two sides of a box that are so far apart are among the lines."""
    places = [float(np.median(line.rows)) / length for line in lines]
    return int(any(place < 0.15 for place in places)) + int(any(place > 0.85 for place in places))


def _high_patches(mask: NDArray[np.bool_], least: float) -> NDArray[np.bool_]:
    patches, _ = ndimage.label(mask, EIGHT)
    boxes = ndimage.find_objects(patches)
    high = [i for i, box in enumerate(boxes, 1) if max(side.stop - side.start for side in box) > least]
    return np.isin(patches, high)
