"""“No, it was a …”: below an answer, ten digits that keep the drawing under its right name among My drawings."""

from __future__ import annotations

from hashlib import sha256

import numpy as np
import streamlit as st

from mnistcore.errors import ExplorerError
from mnistcore.runs import Run, RunStore
from mnistcore.runs.drawings import count_drawings, keep_drawing, parse_strokes, relabel, remove_drawings
from ui.frame.page import link_to
from ui.frame.words import plain
from ui.pictures.canvas import SIDE, SOURCE, drawn_strokes, loaded_digit
from ui.runs.readers import network_of

KEPT = "draw_kept"  # by a drawing's name: its id among My drawings, and the digit
PROBLEM = "draw_keep_problem"
DIGITS = list(range(10))


def offer_correction(store: RunStore, reader: Run, image: np.ndarray) -> None:
    """Ten digits below the answer to a (28, 28) digit; another choice relabels the drawing, none takes it back."""
    name = sha256(image.tobytes()).hexdigest()[:16]
    key = f"draw_was_{name}"
    kept = st.session_state.setdefault(KEPT, {}).get(name)
    if kept is not None:
        st.session_state.setdefault(key, kept[1])
    st.pills("No, it was a …", DIGITS, key=key, on_change=_take, args=(store, reader, image, name))
    if problem := st.session_state.pop(PROBLEM, None):
        st.error(plain(problem), icon=":material/error:")
    if kept is None:
        st.caption("A digit that you choose keeps the drawing: networks can learn from it.")
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f":material/check: Kept as a **{kept[1]}**.", width="content")
        link_to("drawings", f"Learn from my drawings ({count_drawings(store):,})", run=reader.id)


def _take(store: RunStore, reader: Run, image: np.ndarray, name: str) -> None:
    kept, digit = st.session_state.setdefault(KEPT, {}), st.session_state.get(f"draw_was_{name}")
    try:
        if digit is None:
            if name in kept:
                remove_drawings(store, [kept.pop(name)[0]])
        elif name in kept:
            relabel(store, [kept[name][0]], digit)
            kept[name] = (kept[name][0], digit)
        else:
            kept[name] = (keep_drawing(store, image, digit, _strokes(), _answer(store, reader, image)), digit)
    except ExplorerError as error:
        st.session_state[PROBLEM] = str(error)


def _strokes() -> list[list[list[float]]]:
    """Those on the canvas; none of a digit that was in a picture."""
    return [] if st.session_state.get(SOURCE) == "Picture" else parse_strokes(drawn_strokes(loaded_digit()), SIDE)


def _answer(store: RunStore, reader: Run, image: np.ndarray) -> int | None:
    try:
        return int(network_of(store, reader).network.predict(image[None])[0].argmax())
    except ExplorerError:  # it has no weights yet
        return None
