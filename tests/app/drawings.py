"""Drawings as the browser would send them, put into a page under test."""

import base64
import io

import numpy as np
from PIL import Image
from streamlit.testing.v1 import AppTest

from ui.pictures.canvas import CELL, KEY, SIDE

# Enlarges a digit of 28 × 28 to the size of the canvas.
BLOCK = np.ones((CELL, CELL), np.uint8)

STROKES = [{"type": "Path", "path": [["M", 210, 90], ["L", 210, 330]], "stroke": "#ffffff", "strokeWidth": 30}]


def one() -> np.ndarray:
    """A 1 as the canvas would hold it."""
    ink = np.zeros((SIDE, SIDE), np.uint8)
    ink[6 * CELL : 22 * CELL, 13 * CELL : 15 * CELL] = 255
    return ink


def png(pixels: np.ndarray) -> bytes:
    target = io.BytesIO()
    Image.fromarray(pixels).save(target, "PNG")
    return target.getvalue()


def address(picture: bytes) -> str:
    """A PNG as the canvas sends it."""
    return "data:image/png;base64," + base64.b64encode(picture).decode()


def draw(page: AppTest, ink: np.ndarray, over: str = "", cleared: str = "") -> AppTest:
    """Put in what the canvas sends after a stroke, perhaps over a loaded digit, or after clearing one."""
    strokes, picture = (STROKES, address(png(ink))) if ink.any() else ([], None)
    drawing = {"strokes": strokes, "picture": picture, "over": over, "cleared": cleared}
    page.session_state[KEY] = {"drawing": drawing}
    return page.run()
