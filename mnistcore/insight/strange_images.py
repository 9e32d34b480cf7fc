"""One digit unchanged, moved, turned and inverted, and images without a digit."""

from dataclasses import dataclass

import numpy as np

from mnistcore.errors import DataError
from mnistcore.insight.distortions import distort

DIRECTIONS = {"right": (0, 1), "left": (0, -1), "down": (1, 0), "up": (-1, 0)}


@dataclass(frozen=True, eq=False)
class StrangeImage:
    """An image (28, 28) uint8, its description in a few words, and its digit; None without one."""

    words: str
    image: np.ndarray
    label: int | None


def strange_images(
    image: np.ndarray, label: int, pixels: int, direction: str, angle: int, rng: np.random.Generator
) -> list[StrangeImage]:
    """The digit (28, 28) uint8 unchanged, moved, turned counterclockwise and inverted; a blank image, and noise."""
    moved = moved_by(image, pixels, direction)
    turned = distort(image[None], "rotation", angle, rng)[0]
    return [
        StrangeImage("unchanged", image, label),
        StrangeImage(f"moved {direction} by {pixels} px", moved, label),
        StrangeImage(f"turned by {angle}°", turned, label),
        StrangeImage("inverted", 255 - image, label),
        StrangeImage("blank", np.zeros_like(image), None),
        StrangeImage("noise", rng.integers(0, 256, image.shape, dtype=np.uint8), None),
    ]


def moved_by(image: np.ndarray, pixels: int, direction: str) -> np.ndarray:
    """The image (height, width) moved by whole pixels, black moving in; ``distort`` chooses the direction at random.

    DataError for an unknown direction or a negative number of pixels.
    """
    if direction not in DIRECTIONS or pixels < 0:
        raise DataError(
            f"an image moves {', '.join(DIRECTIONS)} by 0 pixels or more, not {direction!r} by {pixels}: choose one"
        )
    rows, columns = DIRECTIONS[direction]
    padded = np.pad(image, pixels)
    top, left = pixels - rows * pixels, pixels - columns * pixels
    return padded[top : top + image.shape[0], left : left + image.shape[1]]
