"""Choosing one digit to look at closely: an image of the run's data set, by number or at random, or one drawn here."""

from __future__ import annotations

import numpy as np
import streamlit as st

from mnistcore.data import Dataset
from mnistcore.drawing import prepare
from mnistcore.errors import ExplorerError
from mnistcore.runs import Run
from ui.frame.number_choice import put_number, step_number
from ui.frame.selection import choose_view
from ui.frame.session import get_dataset, guard
from ui.pictures.canvas import drawing_canvas

ANY = -1  # in place of a digit: None would let the visitor clear the choice
SOURCES = {"test": "Test image", "train": "Training image", "draw": "Draw"}


def choose_digit_image(run: Run) -> np.ndarray | None:
    """A (28, 28) uint8 image as the visitor chooses it; None while nothing is drawn."""
    try:
        dataset: Dataset | None = get_dataset(run.dataset)
    except ExplorerError as error:
        dataset = None
        st.info(f"Only drawn digits are available: {error}")
    source = "draw"
    if dataset is not None:
        source = choose_view(SOURCES, "digit", "Digit from")
    if dataset is None or source == "draw":
        return draw_digit()
    images, labels = dataset.part(source)
    index = choose_index(labels, f"{source}-{len(labels)}")
    return images[index]


def draw_digit() -> np.ndarray | None:
    """A digit drawn on the canvas, prepared as on the Draw page; None while there is none."""
    with guard():
        preparation = prepare(drawing_canvas(), alone=True)
    if preparation.hint:
        st.caption(preparation.hint)
    return None if preparation.is_empty else preparation.image


def choose_index(labels: np.ndarray, name: str) -> int:
    """The number of an image: typed, or drawn at random among all images or those of one digit."""
    number, digit = f"image-{name}", f"digit-{name}"
    last = len(labels) - 1
    index = step_number("Number", "image", 0, last, number)
    st.caption(f"It is labelled {labels[index]}.")
    present = [ANY, *(int(d) for d in np.unique(labels))]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "At random",
            present,
            key=digit,
            format_func=lambda d: "Any digit" if d == ANY else f"Only {d}",
            on_change=_draw_lot,
            args=(labels, number, digit),
            width=140,
        )
        st.button("Another", on_click=_draw_lot, args=(labels, number, digit))
    return index


def _draw_lot(labels: np.ndarray, number: str, digit: str) -> None:
    wanted = st.session_state[digit]
    candidates = np.arange(len(labels)) if wanted == ANY else np.flatnonzero(labels == wanted)
    put_number(number, int(np.random.default_rng().choice(candidates)))
