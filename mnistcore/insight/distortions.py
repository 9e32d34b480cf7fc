"""Images made harder to read, a little or a lot: moved, turned, scaled, with another pen, noisy, hidden, pale."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from mnistcore.errors import DataError

SIDE, BOX = 28, 20  # MNIST's digits lie in the box in the middle
DIRECTIONS = ((0, 1), (0, -1), (1, 0), (-1, 0))  # right, left, down, up
AROUND = 16  # points on the rim of the pen's disc
INK = np.float32(255)


@dataclass(frozen=True)
class Distortion:
    """A way to distort images: what its level measures, the level that changes nothing, and the levels for an axis."""

    name: str
    title: str
    unit: str  # of the level, as an axis says it
    words: str  # one sentence for the page
    neutral: float
    levels: tuple[float, ...]
    apply: Callable[[np.ndarray, float, np.random.Generator], np.ndarray]


def distort(images: np.ndarray, name: str, level: float, rng: np.random.Generator) -> np.ndarray:
    """(n, 28, 28) uint8 images, distorted to this level; the originals are not modified.

    The same ``rng`` gives every level the same directions, places and noise. DataError for an unknown name, for images
    of another kind, and for a level that is not a finite number or makes no sense.
    """
    if name not in DISTORTIONS:
        raise DataError(f"there is no distortion {name!r}: choose one of {', '.join(DISTORTIONS)}")
    if images.ndim != 3 or images.shape[1:] != (SIDE, SIDE) or images.dtype != np.uint8:
        raise DataError(f"images must be (n, 28, 28) uint8, got {images.shape} {images.dtype}: prepare them first")
    distortion = DISTORTIONS[name]
    lowest = {"rotation": -360.0, "pen": -28.0, "contrast": -1.0, "scale": 0.1}.get(name, 0.0)
    highest = {"rotation": 360.0, "scale": 10.0, "contrast": 1.0}.get(name, float(SIDE))
    if not lowest <= level <= highest:
        raise DataError(
            f"{distortion.title.lower()} goes from {lowest:g} to {highest:g} {distortion.unit}, got {level}"
        )
    return distortion.apply(images, level, rng)


def shift(images: np.ndarray, level: float, rng: np.random.Generator) -> np.ndarray:
    """Each moved by ``level`` pixels right, left, down or up, at random for each image; black moves in."""
    drawn = rng.integers(len(DIRECTIONS), size=len(images))
    moved = np.empty_like(images)
    for index, (rows, columns) in enumerate(DIRECTIONS):
        chosen = drawn == index
        if chosen.any():  # whole pixels stay exactly what they were
            source = images[chosen].astype(np.float32)
            moved[chosen] = _bytes(ndimage.shift(source, (0, rows * level, columns * level), order=1))
    return moved


def rotation(images: np.ndarray, level: float, _: np.random.Generator) -> np.ndarray:
    """Each turned around the middle by ``level`` degrees, counterclockwise as seen."""
    angle = math.radians(level)
    cos, sin = math.cos(angle), math.sin(angle)
    return _resampled(images, np.array([[cos, -sin], [sin, cos]]))


def scale(images: np.ndarray, level: float, _: np.random.Generator) -> np.ndarray:
    """Each made ``level`` times as large around the middle; what grows over the edge is lost."""
    return _resampled(images, np.eye(2) / level, points=max(1, math.ceil(1 / level - 1e-9)))


def pen(images: np.ndarray, level: float, _: np.random.Generator) -> np.ndarray:
    """Strokes ``level`` pixels wider, or thinner if it is negative: dilated or eroded by a disc of half that radius.

    Grey levels are taken for partly covered pixels: the disc's points between pixels are read by linear interpolation,
    so that fractions of a pixel count.
    """
    radius = abs(level) / 2
    if radius == 0:
        return images.copy()
    margin = math.ceil(radius) + 1
    padded = np.pad(images, ((0, 0), (margin, margin), (margin, margin))).astype(np.float32)
    most = np.maximum if level > 0 else np.minimum
    result = images.astype(np.float32)
    for share in np.linspace(1, 0, math.ceil(radius), endpoint=False):  # rims a pixel apart at most
        for angle in np.arange(AROUND) * (math.tau / AROUND):
            x, y = margin + share * radius * math.cos(angle), margin + share * radius * math.sin(angle)
            most(result, _moved_window(padded, x, y), out=result)
    return _bytes(result)


def noise(images: np.ndarray, level: float, rng: np.random.Generator) -> np.ndarray:
    """Gaussian noise on every pixel, of standard deviation ``level`` (1: as strong as full ink)."""
    return _bytes(images + level * INK * rng.standard_normal(images.shape, np.float32))


def blur(images: np.ndarray, level: float, _: np.random.Generator) -> np.ndarray:
    """Blurred by a Gaussian of standard deviation ``level`` pixels."""
    return _bytes(ndimage.gaussian_filter(images.astype(np.float32), (0, level, level), mode="constant"))


def occlusion(images: np.ndarray, level: float, rng: np.random.Generator) -> np.ndarray:
    """A black square of ``level`` pixels a side over each image, anywhere in the 20×20 box that holds the digit."""
    side = round(level)
    corners = (SIDE - BOX) // 2 + np.floor(rng.random((2, len(images), 1)) * (max(0, BOX - side) + 1))
    places = np.arange(SIDE)
    rows, columns = ((places >= corner) & (places < corner + side) for corner in corners)
    return np.where(rows[:, :, None] & columns[:, None, :], np.uint8(0), images)


def contrast(images: np.ndarray, level: float, _: np.random.Generator) -> np.ndarray:
    """Black and white brought towards the grey between them, to ``level`` of their distance; below 0 inverted."""
    return _bytes(INK / 2 + (images - INK / 2) * np.float32(level))


def _resampled(images: np.ndarray, to_source: np.ndarray, points: int = 1) -> np.ndarray:
    """Each pixel read, by linear interpolation, where the (2, 2) matrix puts it (x, y from the middle).

    points: as many a side in each pixel are averaged, for images that get smaller. Where to read is the same for all
    images, so it is one matrix product.
    """
    middle = (SIDE - 1) / 2
    inside = (np.arange(SIDE * points) + 0.5) / points - 0.5 - middle
    y, x = (grid.reshape(-1) for grid in np.meshgrid(inside, inside, indexing="ij"))
    x, y = to_source @ np.stack([x, y]) + middle
    own = np.arange(SIDE * points) // points
    target = (own[:, None] * SIDE + own).reshape(-1)
    weights = np.zeros((SIDE * SIDE, SIDE * SIDE), np.float32)
    for row, column in ((0, 0), (0, 1), (1, 0), (1, 1)):
        i, j = np.floor(y).astype(np.intp) + row, np.floor(x).astype(np.intp) + column
        share = (1 - np.abs(y - i)) * (1 - np.abs(x - j)) / points**2
        valid = (i >= 0) & (i < SIDE) & (j >= 0) & (j < SIDE)
        np.add.at(weights, (i[valid] * SIDE + j[valid], target[valid]), share[valid].astype(np.float32))
    return _bytes(images.reshape(len(images), SIDE * SIDE).astype(np.float32) @ weights).reshape(images.shape)


def _moved_window(padded: np.ndarray, x: float, y: float) -> np.ndarray:
    """The (n, 28, 28) part of padded images whose corner lies at (y, x), between pixels by linear interpolation."""
    top, left = math.floor(y), math.floor(x)
    down, right = np.float32(y - top), np.float32(x - left)
    rows = padded[:, top : top + SIDE + 1, left : left + SIDE + 1]
    rows = rows[:, :-1] + down * (rows[:, 1:] - rows[:, :-1])
    return rows[:, :, :-1] + right * (rows[:, :, 1:] - rows[:, :, :-1])


def _bytes(pixels: np.ndarray) -> np.ndarray:
    return np.rint(np.clip(pixels, 0, 255)).astype(np.uint8)


_ALL = (
    Distortion(
        "shift",
        "Shift",
        "px",
        "Moved right, left, up or down, at random for each image.",
        0,
        (0, 1, 2, 3, 4, 5, 6, 8),
        shift,
    ),
    Distortion(
        "rotation",
        "Rotation",
        "°",
        "Turned around the middle; positive angles are counterclockwise.",
        0,
        (-60, -45, -30, -15, 0, 15, 30, 45, 60),
        rotation,
    ),
    Distortion(
        "scale",
        "Scale",
        "times the size",
        "Made smaller or larger around the middle.",
        1,
        (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.3, 1.4, 1.5),
        scale,
    ),
    Distortion(
        "pen",
        "Pen width",
        "px",
        "Strokes made wider or, below 0, thinner; MNIST's strokes are 2 to 4 pixels wide.",
        0,
        (-2, -1.5, -1, -0.5, 0, 0.5, 1, 2, 3, 4),
        pen,
    ),
    Distortion(
        "noise",
        "Noise",
        "of full ink",
        "Gaussian noise on every pixel; the level is its standard deviation.",
        0,
        (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1),
        noise,
    ),
    Distortion(
        "blur",
        "Blur",
        "px",
        "Blurred by a Gaussian; the level is its standard deviation.",
        0,
        (0, 0.5, 1, 1.5, 2, 2.5, 3, 4),
        blur,
    ),
    Distortion(
        "occlusion",
        "Occlusion",
        "px",
        "A black square of this size over the digit, at a random place in each image.",
        0,
        (0, 4, 6, 8, 10, 12, 14, 16),
        occlusion,
    ),
    Distortion(
        "contrast",
        "Contrast",
        "of the original",
        "Ink and paper brought closer to the grey between them.",
        1,
        (1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1),
        contrast,
    ),
)
DISTORTIONS: dict[str, Distortion] = {distortion.name: distortion for distortion in _ALL}
