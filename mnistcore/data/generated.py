"""Generated digits: drawn from pen strokes, so that everything works without a network, from the first second."""

import itertools
import math
import zipfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from mnistcore.data.dataset import DIGITS, SIDE, Dataset
from mnistcore.data.home import atomic_write, data_home
from mnistcore.data.strokes import ALLOGRAPHS, WIDTH_TO_HEIGHT, Stroke
from mnistcore.errors import DataError

VERSION = 1  # of what is drawn; a cache of another version is not read
MAX_COUNT = 1_000_000
TRAIN_SIZE, TEST_SIZE = 20_000, 4_000  # of the set that is there from the start: drawn in a few seconds
CHUNK = 1000  # images drawn at a time, within 50 MB
THREADS = 2  # NumPy lets go of the interpreter while it calculates; what is drawn does not depend on them

_SAMPLES = 96  # points along a whole digit: less than half a pixel apart
_FINE = 2 * SIDE
_BOX = 20  # MNIST fits its digits in 20 × 20 pixels

# How much hands differ, in parts of the digit's height unless said otherwise; found by what networks trained on these
# digits make of the training part of MNIST.
_JITTER = 0.07  # of each point that the pen aims at
_WARP = 0.06  # of the whole, smoothly
_STRETCH = 0.1  # of the upper half against the lower
_ASPECT = 0.23  # of width against height, in the logarithm
_SLANT, _SLANT_SPREAD = 0.18, 0.27  # to the right, width for height
_ROTATION = 0.12  # radians
_PEN, _PEN_SPREAD = 1.08, 0.28  # half the line's width in pixels, its spread in the logarithm


def generate_digits(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """``count`` images (n, 28, 28) uint8 with their labels (n,) uint8, all digits equally often, in random order.

    The same count and seed give the same images. Raises DataError for a count outside 1 to MAX_COUNT.
    """
    if not 1 <= count <= MAX_COUNT:
        raise DataError(f"count is {count:,}; generate 1 to {MAX_COUNT:,} digits.")
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(count, dtype=np.int64) % DIGITS).astype(np.uint8)
    images = np.empty((count, SIDE, SIDE), np.uint8)

    def draw(digit: int, places: np.ndarray, strokes: tuple[Stroke, ...], own_rng: np.random.Generator) -> None:
        images[places] = _ink(*_move_pen(strokes, digit, len(places), own_rng), own_rng)

    with ThreadPoolExecutor(THREADS) as threads:
        tasks = []
        for digit, allographs in enumerate(ALLOGRAPHS):
            places = np.flatnonzero(labels == digit)
            weights = np.array([weight for weight, _ in allographs])
            forms = rng.choice(len(allographs), size=len(places), p=weights / weights.sum())
            for form, (_, strokes) in enumerate(allographs):
                chosen = places[forms == form]
                for start in range(0, len(chosen), CHUNK):
                    part = chosen[start : start + CHUNK]
                    tasks.append(threads.submit(draw, digit, part, strokes, rng.spawn(1)[0]))
        for task in tasks:
            task.result()
    return images, labels


def generated_dataset(train_size: int = TRAIN_SIZE, test_size: int = TEST_SIZE, seed: int = 0) -> Dataset:
    """A data set of generated digits, kept in the user's data folder: drawn once, read from then on.

    A cache that is damaged, or of another version, is drawn anew. Raises DataError for sizes out of range.
    """
    path = data_home() / "generated" / f"v{VERSION}-{train_size}-{test_size}-{seed}.npz"
    name = "generated" if (train_size, test_size) == (TRAIN_SIZE, TEST_SIZE) else f"generated-{train_size}"
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            images, labels = stored["images"], stored["labels"]
        if len(images) == train_size + test_size:
            return _split(name, images, labels, train_size)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        pass  # not there, or damaged
    images, labels = generate_digits(train_size + test_size, seed)
    with atomic_write(path) as cache:
        np.savez(cache, images=images, labels=labels)
    return _split(name, images, labels, train_size)


def _split(name: str, images: np.ndarray, labels: np.ndarray, train_size: int) -> Dataset:
    return Dataset.build(name, images[:train_size], labels[:train_size], images[train_size:], labels[train_size:])


def _move_pen(
    strokes: tuple[Stroke, ...], digit: int, n: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """n ways of a pen through the strokes: points (n, k, 2) float32, and the length of line (n, k) at each."""
    curves = [curve for stroke in strokes for curve in _curves(stroke)]
    points = list(dict.fromkeys(point for curve in curves for point in curve))
    aims = np.array(points, np.float32) - np.float32(0.5)
    aims = aims + _normal(rng, _JITTER, (n, len(points), 2))
    x, y = aims[..., 0], aims[..., 1]
    x *= WIDTH_TO_HEIGHT[digit] * np.exp(_normal(rng, _ASPECT, (n, 1)))
    x -= y * (_SLANT + _normal(rng, _SLANT_SPREAD, (n, 1)))
    angle = _normal(rng, _ROTATION, (n, 1))
    x, y = x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)
    y += _normal(rng, _STRETCH, (n, 1)) * (np.float32(0.25) - y * y)
    aims = np.stack([x, y], axis=2)
    total = sum(_length(curve) for curve in curves)
    lines, lengths = [], []
    for curve in curves:
        count = max(6, round(_SAMPLES * _length(curve) / total))
        places = [points.index(point) for point in curve]
        line = np.matmul(_spline(len(curve), count), aims[:, places])
        gaps = np.hypot(*np.moveaxis(np.diff(line, axis=1), 2, 0)) / 2
        length = np.zeros(line.shape[:2], np.float32)
        length[:, :-1] += gaps
        length[:, 1:] += gaps
        lines.append(line)
        lengths.append(length)
    return _warped(np.concatenate(lines, axis=1), rng), np.concatenate(lengths, axis=1)


def _curves(stroke: Stroke) -> list[list[tuple[float, float]]]:
    """A stroke in smooth pieces: it has a corner where a point is given twice."""
    curves = [[stroke[0]]]
    for before, point in itertools.pairwise(stroke):
        if point == before:
            curves.append([point])
        else:
            curves[-1].append(point)
    return curves


def _length(curve: list[tuple[float, float]]) -> float:
    return sum(math.dist(before, point) for before, point in itertools.pairwise(curve))


def _spline(points: int, count: int) -> np.ndarray:
    """Weights (count, points) float32 of a Catmull-Rom curve through the points (Catmull and Rom 1974).

    Beyond an end, the curve sees the last two points' straight continuation.
    """
    position = np.linspace(0, points - 1, count)
    first = np.minimum(position.astype(np.int64), points - 2)
    u = position - first
    basis = (-u + 2 * u**2 - u**3, 2 - 5 * u**2 + 3 * u**3, u + 4 * u**2 - 3 * u**3, u**3 - u**2)
    padded = np.zeros((count, points + 2))
    for offset, weight in enumerate(basis):
        padded[np.arange(count), first + offset] += weight / 2
    weights = padded[:, 1:-1]
    for end, beyond, inner in ((0, 0, 1), (-1, -1, -2)):
        weights[:, end] += 2 * padded[:, beyond]
        weights[:, inner] -= padded[:, beyond]
    return weights.astype(np.float32)


def _warped(lines: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Points (n, k, 2) moved by two smooth waves across the digit."""
    n = len(lines)
    for _ in range(2):
        frequency = _uniform(rng, 3, 8, (n, 1))
        direction, phase = _uniform(rng, 0, math.tau, (n, 1)), _uniform(rng, 0, math.tau, (n, 1))
        along = np.cos(direction) * lines[..., 0] + np.sin(direction) * lines[..., 1]
        wave = np.sin(frequency * along + phase)
        lines = lines + wave[..., None] * _normal(rng, _WARP, (n, 1, 2))
    return lines


def _ink(lines: np.ndarray, lengths: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw points (n, k, 2), with the length of line at each, as (n, 28, 28) uint8 images the way MNIST was prepared:
    fitted in 20 × 20 pixels with the aspect kept, the centre of mass in the middle."""
    n = len(lines)
    pen = np.clip(_PEN * np.exp(_normal(rng, _PEN_SPREAD, (n,))), 0.6, 2.2)
    pen.sort()  # so that images drawn together have about the same; which one gets which is chance all the same
    low = lines.min(axis=1, keepdims=True)
    extent = (lines.max(axis=1, keepdims=True) - low).max(axis=2)
    scale = (_BOX - 2 * pen[:, None]) / extent
    lines, lengths = (lines - low) * scale[..., None], lengths * scale
    middle = (lines.max(axis=1, keepdims=True) + lines.min(axis=1, keepdims=True)) / 2
    lines = lines - middle + SIDE / 2 + _uniform(rng, -0.5, 0.5, (n, 1, 2))
    images = np.empty((n, SIDE, SIDE), np.uint8)
    for start in range(0, n, 100):
        part = slice(start, start + 100)
        images[part] = _rasterised(2 * lines[part], 2 * lengths[part], 2 * pen[part])
    return _centred(images)


def _centred(images: np.ndarray) -> np.ndarray:
    """Images (n, 28, 28) uint8 moved by whole pixels, as MNIST's were, until their centre of mass is in the middle."""
    mass = images.sum(axis=(1, 2), dtype=np.float32)
    places = np.arange(SIDE, dtype=np.float32)
    down = images.sum(axis=2, dtype=np.float32) @ places / mass
    right = images.sum(axis=1, dtype=np.float32) @ places / mass
    shifts = np.rint(np.stack([SIDE / 2 - down, SIDE / 2 - right], axis=1)).astype(np.int64)
    shifts = shifts.clip(-3, 3)  # the most that the margin allows; hardly a digit needs more
    for index in np.flatnonzero(shifts.any(axis=1)):
        images[index] = np.roll(images[index], shifts[index], axis=(0, 1))
    return images


def _rasterised(lines: np.ndarray, lengths: np.ndarray, pen: np.ndarray) -> np.ndarray:
    """Lines in a grid of twice the size, for pens of nearly the same half width, as (n, 28, 28) uint8 images.

    The line's density is blurred, cut off at what it is half a pen's width from the line's middle, and averaged.
    """
    n = len(lines)
    place = np.clip(lines - np.float32(0.5), 0, _FINE - 1.01)
    corner = place.astype(np.int64)
    right, down = np.moveaxis(place - corner, 2, 0)
    index = (np.arange(n)[:, None] * _FINE + corner[..., 1]) * _FINE + corner[..., 0]
    density = np.zeros(n * _FINE * _FINE, np.float32)
    for offset, share in ((0, (1 - right) * (1 - down)), (1, right * (1 - down))):
        density += np.bincount((index + offset).ravel(), (share * lengths).ravel(), minlength=len(density))
    for offset, share in ((_FINE, (1 - right) * down), (_FINE + 1, right * down)):
        density += np.bincount((index + offset).ravel(), (share * lengths).ravel(), minlength=len(density))
    from scipy.ndimage import gaussian_filter1d  # here, because it takes longer to import than all the rest

    spread = 0.62 * float(pen.mean())
    fine = density.reshape(n, _FINE, _FINE)
    for axis in (1, 2):
        fine = gaussian_filter1d(fine, spread, axis=axis, truncate=2.5)
    edge = np.exp(-(pen**2) / (2 * spread**2)) / (math.sqrt(math.tau) * spread)
    fine = np.minimum(fine * (0.5 / edge)[:, None, None], 1)
    ink = fine.reshape(n, SIDE, 2, SIDE, 2).mean(axis=(2, 4))
    return np.rint(np.clip((ink - np.float32(0.08)) * np.float32(1.25), 0, 1) * 255).astype(np.uint8)


def _normal(rng: np.random.Generator, spread: float, shape: tuple[int, ...]) -> np.ndarray:
    return rng.standard_normal(shape, dtype=np.float32) * np.float32(spread)


def _uniform(rng: np.random.Generator, low: float, high: float, shape: tuple[int, ...]) -> np.ndarray:
    return rng.random(shape, dtype=np.float32) * np.float32(high - low) + np.float32(low)
