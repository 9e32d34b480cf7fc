"""The drawing canvas for mouse, pen and touch, white ink on black, with undo and clear; canvas.js is its other half.

The package streamlit-drawable-canvas draws. Its front end is mounted without its Python half, which gives no way to
leave out the toolbar, to fit the canvas to the screen, or to undo and clear without a rerun in between.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from importlib.metadata import distribution
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import streamlit as st

from mnistcore.errors import DataError
from mnistcore.photo import read_strokes
from ui.pictures.figures import data_address, png_bytes

KEY = "drawing"
KEPT = "drawing_kept"
LOADED = "drawing_loaded"
SOURCE = "draw_source"  # whether the Draw page shows the canvas: "Draw", or "Picture"

CELL = 15  # the side of a digit's pixel on the canvas: no coarser than a screen, and a stroke is read in no time
SIDE = 28 * CELL
PEN = SIDE // 14  # drawn large, strokes come out as broad as MNIST's

# What the canvas sends: the "strokes", as the package describes them; their "picture"; the name of the digit that they
# lie "over", and of the one that was "cleared", each "" if there is none.
Drawing = dict[str, Any]

HTML = """
<div class="drawing">
  <div class="frame">
    <div class="canvas-root" role="img" aria-label="Drawing canvas, for the mouse or a finger"></div>
    <div class="guide">Draw a digit here</div>
  </div>
  <div class="buttons">
    <button type="button" disabled title="Undo the last stroke.">Undo</button>
    <button type="button" disabled>Clear</button>
  </div>
</div>
"""
PACKAGE, COMPONENT = "streamlit-drawable-canvas", "streamlit-drawable-canvas.streamlit_drawable_canvas"


def _front_end(pattern: str) -> Path:
    """A file of the package's front end. Importing the package is no way to it: outside a server that fails."""
    files = distribution(PACKAGE).files or []
    return Path(str(next(file for file in files if file.match(pattern)).locate()))


CODE = _front_end("frontend/build/index-*.js").name  # Streamlit serves it under the component's name
_show = st.components.v2.component(
    "drawing_canvas",
    html=HTML,
    css="".join(
        style.read_text(encoding="utf-8")
        for style in (_front_end("frontend/build/index-*.css"), Path(__file__).with_suffix(".css"))
    ),
    js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True, eq=False)
class Loaded:
    """A digit (28, 28) uint8 that another page laid under the strokes, and where it comes from, in a sentence."""

    image: np.ndarray
    words: str
    name: str = field(default_factory=lambda: uuid4().hex)


def load_into_canvas(image: np.ndarray, words: str) -> None:
    """Load a (28, 28) uint8 digit onto the Draw page's canvas, under a new drawing, for its next visit."""
    st.session_state[LOADED] = Loaded(image, words)
    st.session_state[SOURCE] = "Draw"


def loaded_digit() -> Loaded | None:
    """The digit that lies under the strokes on the Draw page, until the canvas is cleared."""
    loaded = st.session_state.get(LOADED)
    if loaded is not None and _sent().get("cleared") == loaded.name:
        del st.session_state[LOADED]
        return None
    return loaded


def drawing_canvas(loaded: Loaded | None = None, width: int = 280) -> np.ndarray:
    """Show the canvas and return its ink, (SIDE, SIDE) uint8, bright on black; all 0 when empty.

    It is ``width`` pixels wide, or as wide as there is room. What was drawn is there again when the visitor comes
    back. A ``loaded`` digit shows under the strokes but is not part of the result; clearing removes it too.
    Raises DataError when the browser sent something that is not the canvas's own picture.
    """
    drawing = _newest("" if loaded is None else loaded.name)
    _show(
        key=KEY,
        data={
            "frontEnd": _address_of_code(),
            "side": SIDE,
            "pen": PEN,
            "width": width,
            "strokes": drawing.get("strokes") or [],
            "over": "" if loaded is None else loaded.name,
            "under": None if loaded is None else data_address(png_bytes(loaded.image)),
        },
        default={"drawing": drawing or None},
        on_drawing_change=lambda: None,
    )
    picture = drawing.get("picture")
    return np.zeros((SIDE, SIDE), np.uint8) if picture is None else decode_canvas(picture)


def drawn_strokes(loaded: Loaded | None = None) -> list[Any]:
    """The strokes of ``drawing_canvas``, as the package describes them; they are what a browser sent, unchecked."""
    return _newest("" if loaded is None else loaded.name).get("strokes") or []


def kept_ink() -> np.ndarray | None:
    """What was last drawn on black on the Draw page, (SIDE, SIDE) uint8 ink, for other pages; None if nothing."""
    picture = st.session_state.get(KEPT, {}).get("", {}).get("picture")
    return None if picture is None else decode_canvas(picture)


def decode_canvas(address: str) -> np.ndarray:
    """What the canvas sends, a PNG as a data address, as (SIDE, SIDE) uint8 ink; DataError for anything else."""
    try:
        picture = base64.b64decode(address.split(";base64,", 1)[1], validate=True)
    except (AttributeError, IndexError, binascii.Error) as error:
        raise DataError("the canvas sent something that is not a picture; clear it and draw again") from error
    return read_strokes(picture, SIDE)


def _address_of_code() -> str:
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return (f"/{base}" if base else "") + f"/_stcore/bidi-components/{COMPONENT}/{CODE}"


def _sent() -> Drawing:
    """What the canvas on the page sent last; {} before the first stroke."""
    return (st.session_state.get(KEY) or {}).get("drawing") or {}


def _newest(over: str) -> Drawing:
    """The drawing on black, or the one over a loaded digit: sent on this page, or kept from another."""
    kept: dict[str, Drawing] = st.session_state.setdefault(KEPT, {})
    sent = _sent()
    if sent.get("over") == over:
        kept[over] = sent
    return kept.get(over, {})
