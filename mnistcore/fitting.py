"""MNIST's own preparation of an image: cropped to its ink, fitted in 20×20, centred by mass on 28×28.

See `mnistcore.drawing` for where these steps come from, and for what is done to a drawing before them.
"""

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mnistcore.ink_box import box_of

SIZE, BOX, CENTRE = 28, 20, 14.0


def crop(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The smallest rectangle of a (height, width) array that holds every pixel above 0."""
    return np.ascontiguousarray(ink[box_of(ink)])


def fit(ink: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Scale a (height, width) array so that its longer side has 20 pixels, proportions kept; float32 in 0..255.

    Made smaller, a pixel is the average of the area under it; made larger, it is interpolated linearly, so that a small
    drawing does not turn into blocks.
    """
    height, width = ink.shape
    longest = max(height, width)
    rows, columns = max(1, round(height * BOX / longest)), max(1, round(width * BOX / longest))
    levels = ink.astype(np.float32)
    if longest < BOX:
        enlarged = Image.fromarray(levels).resize((columns, rows), Image.Resampling.BILINEAR)
        return np.asarray(enlarged, dtype=np.float32)
    averaged = _shares(height, rows) @ levels @ _shares(width, columns).T
    return np.asarray(averaged, dtype=np.float32)


def centre(fitted: NDArray[np.float32]) -> NDArray[np.float32]:
    """Place a fitted digit on 28×28, centre of mass within half a pixel of index (14, 14), as far as all of it fits."""
    image = np.zeros((SIZE, SIZE), np.float32)
    mass = float(fitted.sum(dtype=np.float64))
    corner = []
    for axis, length in enumerate(fitted.shape):
        along = fitted.sum(axis=1 - axis, dtype=np.float64)
        middle = float(along @ np.arange(length)) / mass
        corner.append(min(max(math.floor(CENTRE - middle + 0.5), 0), SIZE - length))
    top, left = corner
    image[top : top + fitted.shape[0], left : left + fitted.shape[1]] = fitted
    return image


def _shares(length: int, cells: int) -> NDArray[np.float32]:
    """(cells, length) share of each pixel in each of ``cells`` equal stretches: exact where a box filter rounds."""
    edges = np.linspace(0.0, length, cells + 1)
    start, end = edges[:-1, None], edges[1:, None]
    pixel = np.arange(length)
    overlap = np.minimum(end, pixel + 1) - np.maximum(start, pixel)
    return (np.maximum(overlap, 0.0) / (end - start)).astype(np.float32)
