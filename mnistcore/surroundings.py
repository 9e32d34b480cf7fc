"""What surrounds a digit in a picture: the table that its sheet lies on, and frames, boxes and circles around it."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from mnistcore.ink_box import box_of
from mnistcore.threshold import otsu

Grey = NDArray[np.float32]
Mask = NDArray[np.bool_]
Corners = NDArray[np.float64]  # (n, 2) row and column of each corner of a polygon

SHEET_SIDE = 160
# A sheet fills its convex hull, and a hexagon in it (a sheet cut off at the picture's edge has up to six corners)
# fills nearly all of that; of an ellipse, such as a thick 0, it fills 83 %.
LEAST_CONVEX, LEAST_HEXAGON = 0.93, 0.93
# What shows of the ground around a sheet is somewhere at least so wide, as a share of the picture; a line is thinner.
THINNEST_GROUND = 0.025
# Inside a rectangle, ink as high as this share of its shorter side is what it encloses; a circle may be a 0 with a dot.
LEAST_IN_BOX, LEAST_IN_CIRCLE = 0.12, 0.35
# What is broader than this share of a sheet's shorter side is a part in shade, and no stroke.
BROADEST_STROKE = 0.3
# What touches the picture's edge is a digit, or else runs along so much of a side, or lies within so much of the edge.
LEAST_ALONG_EDGE, DEEPEST_FRAME = 0.4, 0.15
SPECK = 0.1


def find_sheet(grey: Grey) -> Mask | None:
    """Where in (height, width) grey levels a sheet with writing lies on a darker or lighter ground; None if nowhere.

    The sheet is an evenly bright patch with nearly straight sides, a clear step in brightness all along them, and
    something written inside.
    """
    factor = max(1, max(grey.shape) // SHEET_SIDE)
    small = ndimage.median_filter(np.asarray(Image.fromarray(grey).reduce(factor), dtype=np.float32), 3)
    for levels in (small, 1 - small):
        for threshold in _thresholds(levels):
            sheet = _sheet_above(levels, threshold)
            if sheet is not None:
                large = Image.fromarray(ndimage.binary_erosion(sheet, iterations=2, border_value=1))
                return np.asarray(large.resize(grey.shape[::-1]), dtype=bool)
    return None


def without_ground(grey: Grey, sheet: Mask) -> Grey:
    """The grey levels of the sheet, continued outside it by the nearest of its own, cut to the sheet's box."""
    box = box_of(sheet)
    nearest = ndimage.distance_transform_edt(~sheet[box], return_distances=False, return_indices=True)
    return np.asarray(grey[box][tuple(nearest)], dtype=np.float32)


def find_enclosed(ink: Mask, least_share: float = 0) -> Mask | None:
    """Where (height, width) ink encloses other ink: the inside of frames, boxes and circles; None if it does not.

    An inside is a patch of paper with everything that it surrounds. It must look like a rectangle, or else what it
    surrounds must nearly fill it, so that a speck in a 0 is no digit in a circle. With ``least_share``, it is a
    rectangle that has at least this share of the picture.
    """
    paper, _ = ndimage.label(~ink)
    least = max(8, 0.08 * min(ink.shape))
    boxes = ndimage.find_objects(paper)
    sides = np.array([[side.stop - side.start for side in box] for box in boxes]).reshape(-1, 2)
    found = np.zeros(ink.shape, bool)
    for number in np.argsort(sides.prod(axis=1)):
        shorter = sides[number].min()
        if shorter < least or sides[number].prod() < least_share * ink.size:
            continue
        box = boxes[number]
        patch = paper[box] == number + 1
        inside = ndimage.binary_fill_holes(patch)
        content = _tallest(inside & ~patch) / shorter
        if (found[box] & inside).any():
            continue  # what surrounds an inside is outside
        if (not least_share and content >= LEAST_IN_CIRCLE) or (content >= LEAST_IN_BOX and _is_sheet_shaped(inside)):
            found[box] |= inside
    return found if found.any() and _surrounds(ink & ~found, found) else None


def _surrounds(outside: Mask, inside: Mask) -> bool:
    """Whether the ink outside is no mere speck, and what of it touches the picture's edge runs along it."""
    patches, _ = ndimage.label(outside, np.ones((3, 3), int))
    height, width = outside.shape
    rows, columns = box_of(inside)
    longer = max(rows.stop - rows.start, columns.stop - columns.start)
    depth = np.minimum(*np.ogrid[:height, :width])
    depth = np.minimum(depth, depth[::-1, ::-1])
    longest = 0
    for number, box in enumerate(ndimage.find_objects(patches), 1):
        long = max(side.stop - side.start for side in box)
        longest = max(longest, long)
        deep = depth[box][patches[box] == number]
        along = np.count_nonzero(deep == 0) / min(height, width)
        is_frame = along >= LEAST_ALONG_EDGE or deep.max() <= DEEPEST_FRAME * min(height, width)
        if deep.min() == 0 and long > SPECK * max(height, width) and not is_frame:
            return False
    return longest > longer / 2


def _thresholds(levels: Grey) -> list[float]:
    middle = otsu(levels)
    parts = [levels[levels <= middle], levels[levels > middle]]
    return [middle, *(otsu(part) for part in parts if part.size > 50 and np.ptp(part) > 0.05)]


def _sheet_above(levels: Grey, threshold: float) -> Mask | None:
    bright = ndimage.binary_opening(levels > threshold)
    patches, count = ndimage.label(bright)
    if count == 0:
        return None
    patch = patches == 1 + int(np.bincount(patches.ravel())[1:].argmax())
    sheet = ndimage.binary_fill_holes(patch)
    if not 0.15 < sheet.mean() < 0.97 or not _is_sheet_shaped(sheet) or not _lies_on_ground(levels, sheet):
        return None
    shorter = min(side.stop - side.start for side in box_of(sheet))
    written = sheet & ~bright
    broadest = 2 * ndimage.distance_transform_edt(written).max()
    if _tallest(written) < LEAST_IN_BOX * shorter or broadest > BROADEST_STROKE * shorter:
        return None
    return np.asarray(sheet)


def _is_sheet_shaped(patch: Mask) -> bool:
    """Whether a patch of (height, width) has straight sides, bent nowhere inwards: a rectangle, also turned or cut."""
    hull = _hull(patch)
    area = _area(hull)
    return bool(patch.sum() >= LEAST_CONVEX * area and _area(_hexagon(hull)) > LEAST_HEXAGON * area)


def _hull(patch: Mask) -> Corners:
    """The corners of the convex hull of a patch's pixels, by Andrew's monotone chain along its rows."""
    rows = np.flatnonzero(patch.any(axis=1))
    first, last = patch[rows].argmax(axis=1), patch.shape[1] - patch[rows, ::-1].argmax(axis=1)
    chains = []
    for columns, side in ((first, 1), (last, -1)):
        chain: list[tuple[int, int]] = []
        for point in zip(np.stack([rows, rows + 1], 1).ravel().tolist(), np.repeat(columns, 2).tolist(), strict=True):
            while len(chain) > 1 and side * _turn(chain[-2], chain[-1], point) <= 0:
                chain.pop()
            chain.append(point)
        chains.append(chain)
    return np.array(chains[0] + chains[1][::-1], float)


def _turn(start: tuple[int, int], middle: tuple[int, int], end: tuple[int, int]) -> int:
    return (middle[0] - start[0]) * (end[1] - start[1]) - (middle[1] - start[1]) * (end[0] - start[0])


def _hexagon(corners: Corners) -> Corners:
    """A polygon without all but six of its corners, each time the one that costs least of its area."""
    while len(corners) > 6:
        before, after = np.roll(corners, 1, axis=0) - corners, np.roll(corners, -1, axis=0) - corners
        lost = np.abs(before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0])
        corners = np.delete(corners, int(lost.argmin()), axis=0)
    return corners


def _area(corners: Corners) -> float:
    following = np.roll(corners, -1, axis=0)
    return abs(float((corners[:, 0] * following[:, 1] - corners[:, 1] * following[:, 0]).sum())) / 2


def _lies_on_ground(levels: Grey, sheet: Mask) -> bool:
    """Whether the levels fall off all along the sheet's sides, by a step to a ground that is no mere line."""
    reach = 2
    inner = ndimage.binary_erosion(sheet, iterations=reach, border_value=1)
    rim = inner & ~ndimage.binary_erosion(inner, border_value=1)
    steps = (levels - ndimage.minimum_filter(levels, 4 * reach + 1))[rim]
    if len(steps) <= 20:
        return False
    step = float(np.median(steps))
    if np.percentile(steps, 10) < max(0.06, 0.4 * step):
        return False
    ground = ~sheet & (levels < float(np.median(levels[rim])) - step / 2)
    return bool(
        ndimage.distance_transform_edt(np.pad(ground, 1, mode="edge")).max() >= THINNEST_GROUND * max(sheet.shape)
    )


def _tallest(mask: Mask) -> int:
    """Pixels that the largest patch of a mask has on its longer side."""
    boxes = ndimage.find_objects(ndimage.label(mask, np.ones((3, 3), int))[0])
    return max((max(side.stop - side.start for side in box) for box in boxes), default=0)
