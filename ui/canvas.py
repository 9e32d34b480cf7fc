"""The drawing canvas, for mouse and touch: white ink on black, with undo and clear; the only user of its package."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st
from PIL import Image

from mnistcore.errors import DataError
from ui.figures import png_bytes

KEY = "drawing"
SIDE = 280
BLOCK = np.ones((10, 10), np.uint8)  # a pixel of a digit, on the canvas
PEN = 20  # a fourteenth of the canvas: drawn large, strokes come out as broad as MNIST's
START = "drawing_start"
TURN = "drawing_turn"
LOADED = "drawing_loaded"


@dataclass(frozen=True, eq=False)
class Loaded:
    """A digit (28, 28) uint8 that another page laid under the strokes, and where it comes from, in a sentence."""

    image: np.ndarray
    words: str


def load_into_canvas(image: np.ndarray, words: str) -> None:
    """Have a (28, 28) uint8 digit lie on the Draw page's canvas when it is opened next, under a new drawing."""
    st.session_state[LOADED] = Loaded(image, words)
    st.session_state.pop(KEY, None)  # strokes of the page that it comes from


def loaded_digit() -> Loaded | None:
    """The digit that lies under the strokes on the Draw page."""
    return st.session_state.get(LOADED)


def with_strokes(image: np.ndarray, strokes: np.ndarray) -> np.ndarray:
    """A (28, 28) uint8 digit with the canvas' strokes (280, 280) uint8 over it, each pixel the mean of their area."""
    means = strokes.reshape(28, SIDE // 28, 28, SIDE // 28).mean(axis=(1, 3), dtype=np.float32)
    return np.maximum(image, np.rint(means).astype(np.uint8))


def drawing_canvas(loaded: Loaded | None = None) -> np.ndarray:
    """Show the canvas with its buttons and return its ink, (280, 280) uint8, bright on black; all 0 when empty.

    A ``loaded`` digit is seen under the strokes and is no part of what is returned; clearing removes it too. Raises
    DataError when the browser sent something that is not the canvas's own picture.
    """
    from streamlit_drawable_canvas import st_canvas  # its import fails where no Streamlit server runs

    if KEY not in st.session_state:  # a page left and opened again begins with an empty canvas
        st.session_state.pop(START, None)
    result = st_canvas(
        stroke_width=PEN,
        stroke_color="#ffffff",
        background_color="#000000",
        background_image=None if loaded is None else png_bytes(np.kron(loaded.image, BLOCK)),
        width=SIDE,
        height=SIDE,
        initial_drawing=st.session_state.get(START),
        return_image_data=True,
        key=KEY,
    )
    strokes = _strokes(result.json_data)
    with st.container(horizontal=True):
        st.button(
            "Undo", on_click=_restart, args=(strokes[:-1],), disabled=not strokes, help="Take the last stroke back."
        )
        st.button("Clear", on_click=_clear, disabled=not strokes and loaded is None)
    picture = result.image_bytes
    return decode_canvas(picture) if strokes and picture else np.zeros((SIDE, SIDE), np.uint8)


def decode_canvas(picture: bytes) -> np.ndarray:
    """The PNG that the canvas sends, white on black, as (height, width) uint8 ink; DataError for anything else."""
    try:
        image = Image.open(io.BytesIO(picture), formats=("PNG",))
        if max(image.size) > 4 * SIDE:
            raise DataError(f"the canvas sent {image.size[0]}×{image.size[1]} pixels; clear it and draw again")
        light = Image.new("RGBA", image.size, "black")  # strokes over a loaded digit come on a clear ground
        light.alpha_composite(image.convert("RGBA"))
        return np.asarray(light.convert("L"), dtype=np.uint8)
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise DataError("the canvas sent a picture that cannot be read; clear it and draw again") from error


def _strokes(drawing: dict[str, Any] | None) -> list[Any]:
    strokes = (drawing or {}).get("objects")
    return strokes if isinstance(strokes, list) else []


def _clear() -> None:
    st.session_state.pop(LOADED, None)
    _restart([])


def _restart(strokes: list[Any]) -> None:
    """Give the canvas these strokes to begin with; the turn makes it take an empty drawing a second time too."""
    st.session_state[TURN] = st.session_state.get(TURN, 0) + 1
    st.session_state[START] = {"objects": strokes, "turn": st.session_state[TURN]}
