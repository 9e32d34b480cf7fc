"""The drawing canvas, for mouse and touch: white ink on black, with undo and clear; the only user of its package."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mnistcore.errors import DataError
from mnistcore.photo import read_strokes
from ui.pictures.figures import png_bytes

KEY = "drawing"
KEPT = "drawing_kept"
START = "drawing_start"
TURN = "drawing_turn"
LOADED = "drawing_loaded"

CELL = 15  # the side of a digit's pixel on the canvas: no coarser than a screen, and a stroke is read in no time
SIDE = 28 * CELL
BLOCK = np.ones((CELL, CELL), np.uint8)
PEN = SIDE // 14  # drawn large, strokes come out as broad as MNIST's
COLOR, GROUND = "#ffffff", "#000000"

# The package's own front end, mounted without its Python half: that gives no way to leave the toolbar out, which lies
# unseen over a corner of the canvas, and none to let the canvas shrink with the screen. Fabric, which draws, converts
# from pixels on the screen to its own.
NAME = "streamlit-drawable-canvas.streamlit_drawable_canvas"
HTML = """
<style>
.dc-toolbar { display: none !important; }
.canvas-root .dc-root { width: 100%; }
.dc-scroll { overflow: hidden !important; }
.dc-container { width: 100% !important; height: auto !important; aspect-ratio: 1; }
.canvas-container, canvas { width: 100% !important; height: 100% !important; }
.dc-container::after { content: var(--canvas-guide); position: absolute; inset: 9%; z-index: 15; pointer-events: none;
  display: flex; align-items: center; justify-content: center; text-align: center;
  border: 2px dashed #6e6e6e; border-radius: .5rem; color: #a8a8a8; font: 1.05rem/1.4 var(--st-font, sans-serif); }
</style>
<div class="canvas-root" role="img" aria-label="Drawing canvas, for the mouse or a finger"></div>
"""
GUIDE = "Draw a digit here"
# On a phone, canvas and answer fit on the screen below the head of the page.
STYLE = """
<style>
.st-key-drawing { width: 100%%; max-width: 25.5rem; --canvas-guide: %s; }
@media (max-width: 640px) { .st-key-drawing { max-width: clamp(14rem, 100svh - 37.5rem, 25.5rem); } }
</style>
"""


@dataclass(frozen=True, eq=False)
class Loaded:
    """A digit (28, 28) uint8 that another page laid under the strokes, and where it comes from, in a sentence."""

    image: np.ndarray
    words: str


def load_into_canvas(image: np.ndarray, words: str) -> None:
    """Have a (28, 28) uint8 digit lie on the Draw page's canvas when it is opened next, under a new drawing."""
    st.session_state[LOADED] = Loaded(image, words)
    st.session_state.pop(KEY, None)  # strokes of the page that it comes from
    _kept().pop(True, None)


def loaded_digit() -> Loaded | None:
    """The digit that lies under the strokes on the Draw page."""
    return st.session_state.get(LOADED)


def with_strokes(image: np.ndarray, strokes: np.ndarray) -> np.ndarray:
    """A (28, 28) uint8 digit with the canvas' strokes (SIDE, SIDE) uint8 over it, each pixel the mean of their area."""
    means = strokes.reshape(28, CELL, 28, CELL).mean(axis=(1, 3), dtype=np.float32)
    return np.maximum(image, np.rint(means).astype(np.uint8))


def drawing_canvas(loaded: Loaded | None = None, row: DeltaGenerator | None = None) -> np.ndarray:
    """Show the canvas and return its ink, (SIDE, SIDE) uint8, bright on black; all 0 when empty.

    Its buttons come above it, into ``row`` if there is one: a horizontal container with other choices. What was drawn
    is there again when the visitor comes back. A ``loaded`` digit is seen under the strokes and is no part of what is
    returned; clearing removes it too. Raises DataError when the browser sent something that is not the canvas's own
    picture.
    """
    row = row or st.container(horizontal=True)
    drawing = _mounted(loaded)
    strokes = _strokes(drawing)
    guide = "none" if strokes or loaded else f'"{GUIDE}"'
    st.html(STYLE % guide)
    with row:
        undo = "Take the last stroke back."
        st.button("Undo", on_click=_undo, disabled=not strokes, help=undo)
        st.button("Clear", on_click=_clear, disabled=not strokes and loaded is None)
    picture = drawing.get("data")
    return decode_canvas(picture) if strokes and picture else np.zeros((SIDE, SIDE), np.uint8)


def decode_canvas(address: str) -> np.ndarray:
    """What the canvas sends, a PNG as a data address, as (SIDE, SIDE) uint8 ink; DataError for anything else."""
    try:
        picture = base64.b64decode(address.split(";base64,", 1)[1], validate=True)
    except (AttributeError, IndexError, binascii.Error) as error:
        raise DataError("the canvas sent something that is no picture; clear it and draw again") from error
    return read_strokes(picture, SIDE)


def _mounted(loaded: Loaded | None) -> dict[str, Any]:
    """The canvas's drawing, {"raw": its strokes, "data": its picture}: kept for when the visitor comes back."""
    kept = _kept()
    over = loaded is not None  # strokes over a loaded digit are a drawing of their own
    if KEY not in st.session_state:  # opened, perhaps not for the first time
        _begin_with(_strokes(kept.get(over, {})))
    ground = "" if over else GROUND  # an image behind the canvas needs a clear one
    start = {**st.session_state.get(START, {"objects": []}), "background": ground}
    canvas = st.components.v2.component(NAME, js="index-*.js", css="index-*.css", html=HTML)
    state = canvas(
        key=KEY,
        data={
            "canvasWidth": SIDE,
            "canvasHeight": SIDE,
            "strokeWidth": PEN,
            "strokeColor": COLOR,
            "fillColor": COLOR,
            "backgroundColor": ground,
            "backgroundImageURL": None if loaded is None else _address(png_bytes(np.kron(loaded.image, BLOCK))),
            "backgroundImageFit": "stretch",
            "drawingMode": "freedraw",
            "initialDrawing": start,
            "realtimeUpdateStreamlit": True,
            "returnImageData": True,
            "disabled": False,
            "displayRadius": 3,
            "maxDisplayHeight": None,
            "fontSize": 20,
            "label": "",
        },
        default={"drawing": kept.get(over) or {"raw": start, "data": None}, "backgroundFit": None},
        on_drawing_change=lambda: None,
        on_backgroundFit_change=lambda: None,
    )
    kept[over] = drawing = dict(state["drawing"] or {})
    return drawing


def _kept() -> dict[bool, dict[str, Any]]:
    """The drawings of this session: whether over a loaded digit → what the canvas sent last."""
    return st.session_state.setdefault(KEPT, {})


def _strokes(drawing: dict[str, Any]) -> list[Any]:
    strokes = (drawing.get("raw") or {}).get("objects")
    return strokes if isinstance(strokes, list) else []


def _address(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def _undo() -> None:
    """Without the last stroke of those that have come by now: there may be one more than when the button was shown."""
    _restart(_strokes(st.session_state.get(KEY, {}).get("drawing") or {})[:-1])


def _clear() -> None:
    st.session_state.pop(LOADED, None)
    _kept().clear()
    _restart([])


def _restart(strokes: list[Any]) -> None:
    """Give the canvas these strokes to begin with; the turn makes it take an empty drawing a second time too."""
    st.session_state[TURN] = st.session_state.get(TURN, 0) + 1
    _begin_with(strokes)


def _begin_with(strokes: list[Any]) -> None:
    st.session_state[START] = {"objects": strokes, "turn": st.session_state.get(TURN, 0)}
