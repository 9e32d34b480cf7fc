"""What a network is asked about to see how useful it is: images that hold no digit, and digits moved or turned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mnistcore.insight.distortions import distort

DIRECTIONS = {"right": (0, 1), "left": (0, -1), "down": (1, 0), "up": (-1, 0)}


@dataclass(frozen=True, eq=False)
class Input:
    """An image (28, 28) uint8, what it is in a few words, and its digit; None where it holds none."""

    words: str
    image: np.ndarray
    label: int | None


def strange_inputs(
    image: np.ndarray, label: int, pixels: int, direction: str, angle: int, noise: np.random.Generator
) -> list[Input]:
    """A blank image, noise, and the digit (28, 28) uint8 as it is, inverted, moved and turned counterclockwise."""
    moved = moved_by(image, pixels, direction)
    turned = distort(image[None], "rotation", angle, noise)[0]
    return [
        Input("as it is", image, label),
        Input(f"moved {direction} by {pixels} px", moved, label),
        Input(f"turned by {angle}°", turned, label),
        Input("inverted", 255 - image, label),
        Input("blank", np.zeros_like(image), None),
        Input("noise", noise.integers(0, 256, image.shape, dtype=np.uint8), None),
    ]


def moved_by(image: np.ndarray, pixels: int, direction: str) -> np.ndarray:
    """The image (28, 28) moved by whole pixels, black moving in; `distort` would draw the direction by lot."""
    rows, columns = DIRECTIONS[direction]
    room = np.pad(image, pixels)
    top, left = pixels - rows * pixels, pixels - columns * pixels
    return room[top : top + image.shape[0], left : left + image.shape[1]]
