"""Digits that stand side by side, as in 10, told apart by the gaps between their strokes."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Mask = NDArray[np.bool_]

# Patches at least this high, as a share of the highest, may be digits of their own; others belong to the nearest.
LEAST_HEIGHT = 0.55
# Two digits share at least so many of the lower one's rows; parts of one digit lie above each other, or closer.
LEAST_SHARED = 0.6
LEAST_GAP = 0.05
MOST_DIGITS = 12


def side_by_side(mask: Mask) -> list[Mask]:
    """The digits of a (height, width) mask of ink, from left to right, each a mask of that shape; often just one."""
    patches, count = ndimage.label(mask, np.ones((3, 3), int))
    if count < 2:
        return [mask]
    boxes = ndimage.find_objects(patches)
    heights = np.array([rows.stop - rows.start for rows, _ in boxes])
    bodies = [int(i) + 1 for i in np.flatnonzero(heights >= LEAST_HEIGHT * heights.max())]
    groups: list[list[int]] = []
    for body in sorted(bodies, key=lambda i: boxes[i - 1][1].start):
        joined = [group for group in groups if any(not _apart(patches, boxes, other, body) for other in group)]
        groups = [group for group in groups if group not in joined] + [[body, *(i for group in joined for i in group)]]
    if not 2 <= len(groups) <= MOST_DIGITS:
        return [mask]
    groups.sort(key=lambda group: min(boxes[i - 1][1].start for i in group))
    distances = [ndimage.distance_transform_edt(~np.isin(patches, group)) for group in groups]
    nearest = np.argmin(distances, axis=0)
    return [mask & (nearest == place) for place in range(len(groups))]


def _apart(patches: NDArray[np.intp], boxes: list[tuple[slice, slice]], first: int, second: int) -> bool:
    """Whether two patches stand beside each other: with a gap in all of the rows, enough of them, that they share."""
    rows = [boxes[i - 1][0] for i in (first, second)]
    shared = slice(max(side.start for side in rows), min(side.stop for side in rows))
    lower = min(side.stop - side.start for side in rows)
    left, right = (patches[shared] == i for i in (first, second))
    both = left.any(axis=1) & right.any(axis=1)
    if shared.stop <= shared.start or both.sum() < LEAST_SHARED * lower:
        return False
    ends = patches.shape[1] - 1 - left[both][:, ::-1].argmax(axis=1)
    return float((right[both].argmax(axis=1) - ends).min()) >= LEAST_GAP * lower
