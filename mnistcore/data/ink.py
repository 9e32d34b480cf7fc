"""Ink on paper: the pen's way as an image, prepared as MNIST's images were.

All in float64, though images have 8 bits: rounded to those, results that differ in the last of 53 bits (as they do
between processors and libraries) are the same, so a seed gives the same images everywhere.
"""

import math

import numpy as np

from mnistcore.data.dataset import SIDE

BOX = 20  # MNIST fits its digits in 20 × 20 pixels

_PEN, _PEN_SPREAD = 1.28, 0.3  # half the line's width in pixels, its spread in the logarithm
_SHRINKING = 0.6  # a wide digit is shrunk to fit, its line with it: a power of its size
_ONE_PEN = 1.1  # a bare 1 leaves room for a thicker line
_FILL, _FILL_BASE = 0.11, 0.5  # the thickest pen for a digit's narrow side, lest its loops fill with ink
_PRESSURE = 0.15  # along the way, against the pen's width
_BLUR = 0.9, 1.5  # pixels from full ink to none
_NIB = 0.7  # pixels: how near two parts of a line must be to run together


def draw_ink(
    points: np.ndarray, stroke_of_sample: np.ndarray, digits: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Draw digits (n,) whose pens went through points (n, k, 2), stroke by stroke (n, k), as (n, 28, 28) uint8 images.

    As in MNIST, each is fitted in 20 × 20 pixels with the aspect kept, then its centre of mass is put in the middle.
    """
    low, high = points.min(axis=1), points.max(axis=1)
    extent = np.maximum(high - low, 1e-6)  # a line straight down has no width
    pen = _pens(extent, digits == 1, rng)
    room = BOX - 2 * pen
    scale = (room / extent).min(axis=1, keepdims=True)
    spare = np.minimum(room - extent * scale, 1)
    middle = BOX / 2 + rng.uniform(-0.5, 0.5, (len(points), 2)) * spare
    points = (points - (low + high)[:, None] / 2) * scale[:, None] + middle[:, None]
    steps = np.hypot(*np.moveaxis(np.diff(points, axis=1), 2, 0))
    steps *= stroke_of_sample[:, 1:] == stroke_of_sample[:, :-1]
    lengths = np.zeros(points.shape[:2])
    lengths[:, 1:] += steps / 2
    lengths[:, :-1] += steps / 2
    outside = _distances(points, lengths, _pressed(pen, points.shape[1], rng), pen) - pen[:, :, None]
    cover = np.clip(0.5 - outside / rng.uniform(*_BLUR, (len(points), 1, 1)), 0, 1)
    return _centred(np.rint(cover * 255).astype(np.uint8))


def _pens(extent: np.ndarray, is_one: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Half the width (n, 1) of each digit's line in pixels, for extents (n, 2) against a height of 1."""
    size = extent.max(axis=1)
    pen = np.clip(_PEN * np.exp(rng.normal(0, _PEN_SPREAD, len(extent))), 0.65, 3.2)
    pen = np.clip(pen * size**-_SHRINKING, 0.65, 3)
    thickest = _FILL * extent.min(axis=1) / size * BOX + _FILL_BASE
    return np.where(is_one, pen * _ONE_PEN, np.minimum(pen, thickest))[:, None]


def _pressed(pen: np.ndarray, samples: int, rng: np.random.Generator) -> np.ndarray:
    """Half the width (n, samples) of the line along the way: two slow waves of pressure."""
    n = len(pen)
    along = np.linspace(0, math.tau, samples)
    waves = np.sin(rng.uniform(0.5, 3, (n, 2, 1)) * along + rng.uniform(0, math.tau, (n, 2, 1)))
    pressure = 1 + (rng.normal(0, _PRESSURE, (n, 2, 1)) * waves).sum(axis=1)
    return np.clip(pen * pressure, 0.5, 3.5)


def _distances(points: np.ndarray, lengths: np.ndarray, radii: np.ndarray, pen: np.ndarray) -> np.ndarray:
    """Distance (n, 20, 20) in pixels of each pixel's middle from the line, as if that had the width of the pen (n, 1).

    Instead of the nearest point it is a soft minimum over all of them, -2s² log Σ exp(-d²/2s²), because a Gaussian of
    x and y is a product: one small matrix product an image instead of a distance from every sample to every pixel.
    """
    middles = np.arange(BOX) + 0.5
    sharpness = 0.5 / _NIB**2
    down = np.exp(-sharpness * (points[:, :, 1, None] - middles) ** 2)
    across = np.exp(-sharpness * (points[:, :, 0, None] - middles) ** 2)
    density = lengths / (_NIB * math.sqrt(math.tau)) * np.exp(sharpness * (radii**2 - pen**2))
    total = np.matmul(down.transpose(0, 2, 1), across * density[:, :, None])
    squared = np.log(np.maximum(total, 1e-300)) / -sharpness
    return np.sqrt(np.maximum(squared, 0))


def _centred(boxes: np.ndarray) -> np.ndarray:
    """Images (n, 28, 28) of boxes (n, 20, 20), moved by whole pixels, as MNIST's were: the mass is in the middle."""
    n = len(boxes)
    middles = np.arange(BOX) + 0.5
    mass = np.maximum(boxes.sum(axis=(1, 2)), 1)
    corners = (np.rint(SIDE / 2 - boxes.sum(axis=axis) @ middles / mass) for axis in (2, 1))
    top, left = (np.clip(corner, 0, SIDE - BOX).astype(np.int64)[:, None, None] for corner in corners)
    images = np.zeros((n, SIDE, SIDE), np.uint8)
    places = np.arange(BOX)
    images[np.arange(n)[:, None, None], top + places[:, None], left + places] = boxes
    return images
