"""Ink on paper: the pen's way as an image, prepared as MNIST's images were.

All in float64, though images have 8 bits: rounded to those, results that differ in the last of 53 bits (as they do
between processors and libraries) are the same, so a seed gives the same images everywhere.
"""

import math
from dataclasses import dataclass

import numpy as np

from mnistcore.data.dataset import SIDE

BOX = 20  # MNIST fits its digits in 20 × 20 pixels

_PEN_SPREAD = 0.3  # of half the line's width, in the logarithm
_SHRINKING = 0.6  # a wide digit is shrunk to fit, its line with it: a power of its size
_FILL, _FILL_BASE = 0.11, 0.5  # the thickest pen for a digit's narrow side, lest its loops fill with ink
_NIB = 0.7  # pixels: how near two parts of a line must be to run together


@dataclass(frozen=True)
class Pen:
    """What the line looks like, in pixels of the finished image."""

    width: float  # half the line's width
    one: float  # a bare 1 leaves room for a thicker line: times as wide
    pressure: float  # along the way, against the pen's width
    blur: tuple[float, float]  # from full ink to none


PAPER = Pen(1.28, one=1.1, pressure=0.15, blur=(0.9, 1.5))  # as MNIST was written
# The canvas's round pen of 18 of 280 pixels, in digits that fill 45 to 85 % of its height, then fitted in 20 pixels.
SCREEN = Pen(1.05, one=1.0, pressure=0.05, blur=(0.9, 1.1))


def draw_ink(
    points: np.ndarray, stroke_of_sample: np.ndarray, digits: np.ndarray, rng: np.random.Generator, pen: Pen = PAPER
) -> np.ndarray:
    """Draw digits (n,) whose pens went through points (n, k, 2), stroke by stroke (n, k), as (n, 28, 28) uint8 images.

    As in MNIST, each is fitted in 20 × 20 pixels with the aspect kept, then its centre of mass is put in the middle.
    """
    low, high = points.min(axis=1), points.max(axis=1)
    extent = np.maximum(high - low, 1e-6)  # a line straight down has no width
    radius = _radii(extent, digits == 1, pen, rng)
    room = BOX - 2 * radius
    scale = (room / extent).min(axis=1, keepdims=True)
    spare = np.minimum(room - extent * scale, 1)
    middle = BOX / 2 + rng.uniform(-0.5, 0.5, (len(points), 2)) * spare
    points = (points - (low + high)[:, None] / 2) * scale[:, None] + middle[:, None]
    steps = np.hypot(*np.moveaxis(np.diff(points, axis=1), 2, 0))
    steps *= stroke_of_sample[:, 1:] == stroke_of_sample[:, :-1]
    lengths = np.zeros(points.shape[:2])
    lengths[:, 1:] += steps / 2
    lengths[:, :-1] += steps / 2
    pressed = _pressed(radius, points.shape[1], pen.pressure, rng)
    outside = _distances(points, lengths, pressed, radius) - radius[:, :, None]
    cover = np.clip(0.5 - outside / rng.uniform(*pen.blur, (len(points), 1, 1)), 0, 1)
    return _centred(np.rint(cover * 255).astype(np.uint8))


def _radii(extent: np.ndarray, is_one: np.ndarray, pen: Pen, rng: np.random.Generator) -> np.ndarray:
    """Half the width (n, 1) of each digit's line in pixels, for extents (n, 2) against a height of 1."""
    size = extent.max(axis=1)
    radius = np.clip(pen.width * np.exp(rng.normal(0, _PEN_SPREAD, len(extent))), 0.65, 3.2)
    radius = np.clip(radius * size**-_SHRINKING, 0.65, 3)
    thickest = _FILL * extent.min(axis=1) / size * BOX + _FILL_BASE
    return np.where(is_one, radius * pen.one, np.minimum(radius, thickest))[:, None]


def _pressed(radius: np.ndarray, samples: int, pressure: float, rng: np.random.Generator) -> np.ndarray:
    """Half the width (n, samples) of the line along the way: two slow waves of pressure."""
    n = len(radius)
    along = np.linspace(0, math.tau, samples)
    waves = np.sin(rng.uniform(0.5, 3, (n, 2, 1)) * along + rng.uniform(0, math.tau, (n, 2, 1)))
    share = 1 + (rng.normal(0, pressure, (n, 2, 1)) * waves).sum(axis=1)
    return np.clip(radius * share, 0.5, 3.5)


def _distances(points: np.ndarray, lengths: np.ndarray, radii: np.ndarray, radius: np.ndarray) -> np.ndarray:
    """Distance (n, 20, 20) in pixels of each pixel's middle from the line, as if that had one radius (n, 1).

    Instead of the nearest point it is a soft minimum over all of them, -2s² log Σ exp(-d²/2s²), because a Gaussian of
    x and y is a product: one small matrix product an image instead of a distance from every sample to every pixel.
    """
    middles = np.arange(BOX) + 0.5
    sharpness = 0.5 / _NIB**2
    down = np.exp(-sharpness * (points[:, :, 1, None] - middles) ** 2)
    across = np.exp(-sharpness * (points[:, :, 0, None] - middles) ** 2)
    density = lengths / (_NIB * math.sqrt(math.tau)) * np.exp(sharpness * (radii**2 - radius**2))
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
