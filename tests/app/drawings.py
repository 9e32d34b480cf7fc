"""Drawings as the browser would send them, put into a page under test."""

import base64
import io

import numpy as np
from PIL import Image
from streamlit.testing.v1 import AppTest

from ui.canvas import KEY


def one() -> np.ndarray:
    """A 1 as the canvas would hold it."""
    ink = np.zeros((280, 280), np.uint8)
    ink[60:220, 130:150] = 255
    return ink


def png(pixels: np.ndarray) -> bytes:
    target = io.BytesIO()
    Image.fromarray(pixels).save(target, "PNG")
    return target.getvalue()


def draw(page: AppTest, ink: np.ndarray) -> AppTest:
    """Put in what the canvas sends after a stroke."""
    data = "data:image/png;base64," + base64.b64encode(png(ink)).decode()
    raw = {"objects": [{"type": "Path"}] if ink.any() else []}
    page.session_state[KEY] = {"drawing": {"raw": raw, "data": data}, "backgroundFit": None}
    return page.run()
