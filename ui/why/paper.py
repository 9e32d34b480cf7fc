"""A digit on paper that is changed by hand with a pen and an eraser; paper.js is its other half."""

from __future__ import annotations

import base64
import binascii
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from mnistcore.errors import DataError
from ui.frame.page import is_dark

KEY = "why-paper"
HTML = """
<div class="paper">
  <canvas width="28" height="28" tabindex="0" role="img"
    aria-label="The digit, to be changed: arrow keys move the tip, the space bar puts it down"></canvas>
  <div class="buttons" role="toolbar" aria-label="Paper">
    <button type="button">Pen</button>
    <button type="button">Eraser</button>
    <button type="button">Undo</button>
    <button type="button">As it was</button>
  </div>
</div>
"""
_show = st.components.v2.component(
    "changed_digit",
    html=HTML,
    css=Path(__file__).with_suffix(".css").read_text(encoding="utf-8"),
    js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8"),
)


def paper(image: np.ndarray) -> np.ndarray:
    """Show a (28, 28) uint8 digit on paper and return it as the visitor has changed it, (28, 28) uint8.

    Raises DataError when the browser sent something else than such an image.
    """
    name = sha256(image.tobytes()).hexdigest()[:16]
    sent: dict[str, Any] = (st.session_state.get(KEY) or {}).get("edit") or {}
    changed = parse_paper(sent["pixels"]) if sent.get("name") == name and "pixels" in sent else image
    _show(
        key=KEY,
        data={"name": name, "original": _text(image), "pixels": _text(changed), "dark": is_dark()},
        default={"edit": None},
        on_edit_change=lambda: None,
    )
    return changed


def parse_paper(text: Any) -> np.ndarray:
    """What the paper sends, 784 bytes in base64; DataError for anything else."""
    try:
        found = base64.b64decode(text[:2_000], validate=True)
    except (TypeError, ValueError, binascii.Error) as error:
        raise DataError("The paper sent something that is not a digit: reload the page.") from error
    if len(found) != 784:
        raise DataError("The paper sent something that is not a digit: reload the page.")
    return np.frombuffer(found, np.uint8).reshape(28, 28)


def _text(image: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(image).tobytes()).decode()
