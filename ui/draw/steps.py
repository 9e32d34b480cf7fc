"""The steps from a drawing to the 28×28 image that a network sees, as a row of pictures."""

from __future__ import annotations

import numpy as np
import streamlit as st
from PIL import Image

from mnistcore.drawing import Preparation
from ui.pictures.digits import tiles

TILE = 140


def show_steps(preparation: Preparation) -> None:
    """The five steps of each digit side by side, smaller images drawn to scale."""
    st.subheader("What the network sees", anchor=False)
    st.caption(
        "Drawings are prepared the way MNIST's images were, because networks that learned from those easily misread a "
        "digit that is off centre or of a different size."
    )
    for number, digit in enumerate(preparation.digits, 1):
        if preparation.parts:
            st.markdown(f"**Digit {number} from the left**")
        _show_row(digit, "the ink found in the picture" if digit.inverted else "the ink as drawn")


def _show_row(digit: Preparation, drawn: str) -> None:
    steps = (
        ("Drawn", digit.drawn, drawn),
        ("Cropped", digit.cropped, "the smallest box around the ink"),
        ("Fitted", _on_ground(digit.fitted, 20), "longer side scaled to 20 pixels, smoothed"),
        ("Centred", digit.centred, "centre of mass moved to the middle of 28 × 28"),
        ("28 × 28", digit.image, "brightest pixel scaled to 255"),
    )
    tiles(
        [_tile(image) for _, image, _ in steps],
        [name for name, _, _ in steps],
        [f"{name}: {what}" for name, _, what in steps],
        smallest=104,
    )


def _tile(image: np.ndarray) -> np.ndarray:
    """An image of any shape in a black square; small ones keep their pixels as blocks, large ones are smoothed down."""
    height, width = image.shape
    scale = TILE / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    method = Image.Resampling.NEAREST if scale > 1 else Image.Resampling.BOX
    return _on_ground(np.asarray(Image.fromarray(image).resize(size, method), dtype=np.uint8), TILE)


def _on_ground(image: np.ndarray, side: int) -> np.ndarray:
    """The image in the middle of a black square."""
    square = np.zeros((side, side), np.uint8)
    top, left = (side - image.shape[0]) // 2, (side - image.shape[1]) // 2
    square[top : top + image.shape[0], left : left + image.shape[1]] = image
    return square
