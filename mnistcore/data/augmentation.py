"""Augmentation: images a little shifted, turned, scaled, sheared and bent, differently in each epoch."""

import math

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from mnistcore.data.dataset import SIDE

PADDED = SIDE + 2  # a black edge, for what is read from outside
KNOT_DISTANCE = 4.0  # pixels between the points that elastic bending moves; as smooth as σ = 4 in Simard et al. 2003


class AugmentationConfig(BaseModel):
    """How far an image may be changed, at most: each change is drawn evenly from minus to plus these values.

    ``shift`` in pixels each way; ``rotation`` in degrees; ``scale`` as a fraction, of width and height independently;
    ``shear`` as pixels sideways for a pixel down. ``elastic`` is the standard deviation, in pixels, by which points
    are moved at random, their neighbourhoods with them (Simard, Steinkraus and Platt 2003). All 0: no augmentation.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    shift: float = Field(0.0, ge=0, le=14)
    rotation: float = Field(0.0, ge=0, le=180)
    scale: float = Field(0.0, ge=0, le=0.9)
    shear: float = Field(0.0, ge=0, le=2)
    elastic: float = Field(0.0, ge=0, le=8)

    @property
    def is_on(self) -> bool:
        """Whether it changes anything."""
        return self != AugmentationConfig()


def augment(images: np.ndarray, config: AugmentationConfig, rng: np.random.Generator) -> np.ndarray:
    """(n, 28, 28) uint8 images, each changed differently; the originals are not modified."""
    pixels = images.reshape(len(images), SIDE * SIDE).copy()
    Augmenter(config, len(pixels)).change(pixels, rng)
    return pixels.reshape(images.shape)


class Augmenter:
    """Augments ``n`` images at a time, in its own buffers.

    Where each pixel of the result comes from is a linear function of a few random numbers: six of the affine map, and
    two for each knot of the elastic bending. So one matrix product finds it for all pixels of all images.
    """

    def __init__(self, config: AugmentationConfig, n: int) -> None:
        self.config, self.n = config, n
        self._basis = _basis(config.elastic)
        size = n, SIDE * SIDE
        self._padded = np.zeros((n, PADDED, PADDED), np.float32)
        self._first = (np.arange(n, dtype=np.float32) * PADDED**2)[:, None]
        self._coefficients = np.empty((2, n, len(self._basis)), np.float32)
        self._sources = np.empty((2, *size), np.float32)
        self._whole, self._places = np.empty(size, np.float32), np.empty(size, np.intp)
        self._corners = np.empty((4, *size), np.float32)

    def change(self, pixels: np.ndarray, rng: np.random.Generator) -> None:
        """Replace (n, 784) uint8 pixels by those of the augmented images."""
        self._padded[:, 1:-1, 1:-1] = pixels.reshape(-1, SIDE, SIDE)
        self._draw_coefficients(rng)
        np.matmul(self._coefficients, self._basis, out=self._sources)
        x, y = self._sources
        np.clip(self._sources, 0, PADDED - 1.01, out=self._sources)
        np.floor(y, out=self._whole)
        np.subtract(y, self._whole, out=y)
        np.multiply(self._whole, PADDED, out=self._whole)
        self._whole += self._first
        self._read(x, y)
        np.copyto(pixels, self._corners[0], casting="unsafe")

    def _draw_coefficients(self, rng: np.random.Generator) -> None:
        """Of x and y, 1, and the knots: the place in the padded image that a pixel is read from."""
        config, n = self.config, self.n
        angle, shear, *scales = rng.uniform(-1, 1, (4, n)).astype(np.float32)
        angle *= math.radians(config.rotation)
        shear *= config.shear
        width, height = (1 / (1 + config.scale * scale) for scale in scales)
        to_x, to_y = self._coefficients
        to_x[:, 0], to_x[:, 1] = width * np.cos(angle), width * (shear - np.sin(angle))
        to_y[:, 0], to_y[:, 1] = height * np.sin(angle), height * np.cos(angle)
        shift = rng.uniform(-config.shift, config.shift, (2, n)).astype(np.float32)
        np.add(shift, (PADDED - 1) / 2, out=self._coefficients[:, :, 2])
        if config.elastic:
            rng.standard_normal(dtype=np.float32, out=(knots := np.empty((2, n, len(self._basis) - 3), np.float32)))
            self._coefficients[:, :, 3:] = knots

    def _read(self, x: np.ndarray, y: np.ndarray) -> None:
        """Bilinear interpolation between the four pixels around each place; ``y`` is what is left of it by now."""
        top_left, top_right, low_left, low_right = self._corners
        row, flat = self._whole, self._padded.reshape(-1)
        np.floor(x, out=top_left)
        np.subtract(x, top_left, out=x)
        np.add(row, top_left, out=row)
        np.copyto(self._places, row, casting="unsafe")
        for corner, offset in zip(self._corners, (0, 1, PADDED, PADDED + 1), strict=True):
            np.take(flat[offset:], self._places, out=corner, mode="clip")  # "raise" would buffer it
        for left, right in ((top_left, top_right), (low_left, low_right)):
            right -= left
            right *= x
            left += right
        low_left -= top_left
        low_left *= y
        top_left += low_left
        top_left += 0.5


def _basis(elastic: float) -> np.ndarray:
    """Rows (3 or 3 + knots, 784): x, y and 1 at each pixel, centred, and how far each knot moves it."""
    side = np.arange(SIDE, dtype=np.float64) - (SIDE - 1) / 2
    y, x = (grid.reshape(-1) for grid in np.meshgrid(side, side, indexing="ij"))
    rows = [x, y, np.ones_like(x)]
    if elastic:
        count = math.ceil(SIDE / KNOT_DISTANCE) + 1
        knots = (np.arange(count) - (count - 1) / 2) * KNOT_DISTANCE
        bumps = np.exp(-0.5 * ((side - knots[:, None]) / KNOT_DISTANCE) ** 2)
        fields = (bumps[:, None, :, None] * bumps[None, :, None, :]).reshape(-1, SIDE * SIDE)
        rows.extend(fields * elastic / np.sqrt((fields**2).sum(axis=0)))
    return np.array(rows, np.float32)
