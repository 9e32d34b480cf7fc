"""Thin straight lines that run through a whole picture, as on ruled and squared paper: found, and taken away."""

from dataclasses import dataclass

import numpy as np
from numpy.polynomial import Polynomial
from numpy.typing import NDArray
from scipy import ndimage

from mnistcore.threshold import otsu

Grey = NDArray[np.float32]
Mask = NDArray[np.bool_]

# Rise over run, up to 8 degrees; lines are followed in blocks of columns, within which the steepest rises 2 pixels.
SLOPES = np.linspace(-0.14, 0.14, 57)
BLOCK = 16
# In a smaller picture strokes are as thin as lines.
SMALLEST_SIDE = 64
MOST_LINES = 80
# Fainter lines, as a share of the threshold between paper and ink or of the full range, are no trouble.
PALEST, LEAST_CONTRAST = 0.35, 0.03


@dataclass(frozen=True, eq=False)
class Line:
    """The middle row of a line in each column, and its contrast at each distance from that."""

    rows: NDArray[np.intp]  # (width,)
    profile: Grey  # (2 * reach + 1,)


def without_lines(contrast: Grey) -> tuple[Grey, int]:
    """(height, width) contrast of ink to paper with the lines that cross it at 0, and how many these were.

    Where a pen has crossed a line, ink darker than the line is kept as it is, and ink as dark as the line is kept
    between ink on both its sides.
    """
    if min(contrast.shape) < SMALLEST_SIDE:
        return contrast, 0
    across, upright = find_lines(contrast), find_lines(np.ascontiguousarray(contrast.T))
    return lines_removed(contrast, across, upright), len(across) + len(upright)


def find_lines(contrast: Grey, least_seen: float = 0.75, at_ends: float = 0.4, most_hidden: float = 0.4) -> list[Line]:
    """The lines that cross (height, width) contrast from side to side, at most 8 degrees from level.

    A Hough transform (https://en.wikipedia.org/wiki/Hough_transform) over slope and height, in blocks of columns.
    ``least_seen`` is the share of its columns in which a line must show, those aside where thick ink hides it, which
    may be the share ``most_hidden``; ``at_ends`` is that share in the 32 columns at either end.
    """
    height, width = contrast.shape
    thickest = max(7, max(contrast.shape) // 32)
    thin = contrast - ndimage.grey_opening(contrast, (thickest, 1))
    least = max(4 * _grain(thin), PALEST * otsu(contrast), LEAST_CONTRAST)
    blocks = width // BLOCK
    middles = np.arange(blocks) * BLOCK + (width - (blocks - 1) * BLOCK - 1) / 2
    shifts = np.rint(SLOPES[:, None] * (middles - width / 2)).astype(int)
    ways = np.arange(height)[:, None] + shifts[:, None, :]  # (slopes, height, blocks): the row in each block
    place = ways.clip(0, height - 1), np.arange(blocks)
    inside = (ways >= 0) & (ways < height)
    seen = inside * _per_block(ndimage.maximum_filter(thin > least, (3, 1)), blocks)[place]
    hidden = 1 - inside * (1 - _per_block((contrast > least) & (thin <= least), blocks)[place])
    coverage = seen.sum(-1) / np.maximum((1 - hidden).sum(-1), (1 - most_hidden) * blocks)
    for end in (slice(0, 2), slice(-2, None)):
        coverage[(seen + hidden)[..., end].mean(-1) < at_ends] = 0
    chosen: list[NDArray[np.intp]] = []
    candidates = np.flatnonzero(coverage >= least_seen)
    for index in candidates[np.argsort(-coverage.ravel()[candidates], kind="stable")]:
        way = ways.reshape(-1, blocks)[index]
        if all(min(abs(way[0] - other[0]), abs(way[-1] - other[-1])) > thickest // 2 for other in chosen):
            chosen.append(way)
        if len(chosen) == MOST_LINES:
            break
    return [_measured(contrast, thin, way, middles, thickest // 2 + 2) for way in chosen]


def lines_removed(contrast: Grey, across: list[Line], upright: list[Line]) -> Grey:
    """The contrast without these lines, the upright ones found in its transpose."""
    if not across and not upright:
        return contrast
    expected, broadest = np.zeros_like(contrast), 0
    for lines, view in ((across, expected), (upright, expected.T)):
        for line in lines:
            broadest = max(broadest, _draw(line, view))
    grain = _grain(contrast)
    on_line = expected > max(grain, 0.02)
    left = np.where(on_line & (contrast < 1.25 * expected + 2 * grain + 0.04), 0, contrast).astype(np.float32)
    return _bridged(left, contrast, on_line, broadest)


def _measured(contrast: Grey, thin: Grey, way: NDArray[np.intp], middles: NDArray[np.float64], reach: int) -> Line:
    """The line along ``way``, moved to where it is strongest within 3 pixels, and bent as a parabola at most."""
    columns, near = np.arange(contrast.shape[1]), np.arange(-3, 4)
    straight = np.interp(columns, middles, way)
    strength = np.stack([_per_block(_along(thin, straight, offset)[None], len(way))[0] for offset in near.tolist()])
    smooth = ndimage.median_filter(ndimage.uniform_filter1d(strength, 3, axis=1), (1, 5))
    moved = way + near[ndimage.uniform_filter1d(smooth, 3, axis=0).argmax(axis=0)]
    rows = np.rint(Polynomial.fit(middles, ndimage.median_filter(moved.astype(float), 5), 2)(columns)).astype(np.intp)
    profile = [np.median(_along(contrast, rows, offset)) for offset in range(-reach, reach + 1)]
    return Line(rows, np.array(profile, np.float32))


def _along(levels: Grey, rows: NDArray[np.floating] | NDArray[np.intp], offset: int) -> Grey:
    places = (np.rint(rows).astype(int) + offset).clip(0, levels.shape[0] - 1)
    return np.asarray(levels[places, np.arange(levels.shape[1])])


def _draw(line: Line, expected: Grey) -> int:
    """Put the line's contrast into ``expected`` where that has less; returns how many rows broad the line is."""
    height, width = expected.shape
    spread = ndimage.maximum_filter1d(line.profile, 3)  # a pixel more on both sides: a drawn line is not that straight
    reach = len(spread) // 2
    weak = np.flatnonzero(line.profile < 0.2 * line.profile.max())
    first = weak[weak < reach].max(initial=-1)
    last = weak[weak > reach].min(initial=len(spread))
    columns = np.arange(width)
    for place in range(max(0, first), min(len(spread), last + 1)):
        rows = line.rows + place - reach
        valid = (rows >= 0) & (rows < height)
        at = rows[valid], columns[valid]
        expected[at] = np.maximum(expected[at], spread[place])
    return int(last - first + 1)


def _bridged(left: Grey, contrast: Grey, on_line: Mask, broadest: int) -> Grey:
    """``left`` with the contrast of line pixels given back that have ink on both sides of the line."""
    size = broadest + 2 + broadest % 2
    ink = np.pad(left > otsu(left), size)
    closed = np.zeros_like(ink)
    for way in (np.ones((size, 1)), np.ones((1, size)), np.eye(size), np.eye(size)[::-1]):
        closed |= ndimage.binary_closing(ink, way)
    back = closed[size:-size, size:-size] & on_line & (left < contrast)
    return np.where(back, contrast, left).astype(np.float32)


def _per_block(levels: NDArray[np.generic], blocks: int) -> Grey:
    """Means of (height, width) over ``blocks`` equal blocks of columns about the middle."""
    height, width = levels.shape
    start = (width - blocks * BLOCK) // 2
    cut = levels[:, start : start + blocks * BLOCK].reshape(height, blocks, BLOCK)
    return np.asarray(cut.mean(axis=2), dtype=np.float32)


def _grain(levels: Grey) -> float:
    """Standard deviation of the paper's grain, estimated where most of the levels are."""
    sample = levels.ravel()[::7]
    return 1.4826 * float(np.median(np.abs(sample - np.median(sample))))
