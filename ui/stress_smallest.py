"""The smallest changes of one digit that make networks say something else, and the way to draw on with one of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import streamlit as st

from mnistcore.insight.adversarial import LEVELS, Flip, fewest_pixels, smallest_fgsm
from mnistcore.nn import Network
from ui.canvas import load_into_canvas
from ui.digit_source import choose_digit_image
from ui.digits import percent_text, tiles
from ui.figures import data_address, digit_grid_png, diverging_rgb
from ui.page import go_to, is_dark
from ui.stress_runs import Reader

SEARCHED = "stress_searched"  # digests of the images that this visitor has had searched
FEW_PIXELS = 60  # as many as the search for the fewest tries
FEW_LEVELS = 0.1  # of all grey levels: less than this is hard to see


@dataclass(frozen=True)
class Method:
    """A way to search: its name, what it does, and what is said when it finds nothing."""

    title: str
    words: str
    nothing: str


METHODS = (
    Method(
        "A little everywhere",
        "Every pixel moves by the same number of grey levels, towards what the network fears most (FGSM).",
        "No number of grey levels in this direction changes its answer.",
    ),
    Method(
        "Fewest pixels",
        "Single pixels turn black or white, one after the other, until the answer changes.",
        "Sixty pixels are not enough to change its answer.",
    ),
)


@st.fragment
def show_smallest(readers: list[Reader]) -> None:
    """Choose an image; on a click both searches for every run."""
    choice, beside = st.columns([3, 2], gap="large")
    with choice:
        image = choose_digit_image(readers[0].run)
    if image is None:
        return
    with beside:
        st.image(data_address(digit_grid_png(image[None], 1, 5, dark=is_dark())), width=140, alt="The digit")
    searched = st.session_state.setdefault(SEARCHED, set())
    name = hashlib.sha256(image.tobytes()).hexdigest()
    if name not in searched:
        for method in METHODS:
            st.caption(f"**{method.title}.** {method.words}")
        st.button("Find the smallest changes", type="primary", on_click=searched.add, args=(name,))
        return
    for reader in readers:
        with st.spinner(f"{reader.title} is searched …"):
            flips = _flips(reader.network, f"{reader.run.id}-{reader.step}-{reader.run.status}", name, image)
        _show_reader(readers, reader, image, flips)
    st.caption("Change: red is ink added, blue is ink taken away; its strongest colour is the largest change.")


@st.cache_resource(max_entries=256, show_spinner=False)
def _flips(_network: Network, weights: str, name: str, _image: np.ndarray) -> tuple[Flip | None, Flip | None]:
    """Both searches for a network's weights and an image, kept by the names of both."""
    return smallest_fgsm(_network, _image), fewest_pixels(_network, _image)


def _show_reader(readers: list[Reader], reader: Reader, image: np.ndarray, flips: tuple[Flip | None, ...]) -> None:
    probabilities = reader.network.predict(image[None])[0]
    said = int(reader.network.logits(image[None])[0].argmax())
    sure = percent_text(float(probabilities[said]))
    st.subheader(reader.title, anchor=False)
    st.markdown(f"It says **{said}**, {sure} sure.")
    for method, flip, column in zip(METHODS, flips, st.columns(2, gap="large"), strict=True):
        with column:
            st.caption(f"**{method.title}**")
            if flip is None:
                st.markdown(method.nothing)
                continue
            show_flip(image, flip, sure)
            key = f"open_{METHODS.index(method)}_{reader.run.id}"
            if st.button("Open in Draw", key=key, icon=":material/draw:"):
                load_into_canvas(flip.image, f"From the Stress lab: {reader.title} says {flip.after} to this.")
                go_to("draw", **_draw_query(readers, reader))


def show_flip(image: np.ndarray, flip: Flip, sure: str) -> None:
    """Before, change and after side by side, and how large the change is in words."""
    dark = is_dark()
    change = diverging_rgb(flip.image.astype(np.float32) - image, float(flip.largest), dark)
    tiles(
        [image if dark else 255 - image, change, flip.image if dark else 255 - flip.image],
        [f"{flip.before}, {sure}", f"change, ± {flip.largest}", f"{flip.after}, {percent_text(flip.certainty)}"],
        [f"Before: read as {flip.before}", "What was changed", f"After: read as {flip.after}"],
        columns=3,
    )
    st.markdown(flip_words(flip))


def flip_words(flip: Flip) -> str:
    """How large the change is and what it does, in one or two sentences."""
    pixels, make = ("1 pixel", "makes") if flip.pixels == 1 else (f"{flip.pixels} pixels", "make")
    result = f"{make} the **{flip.before}** a **{flip.after}**"
    if flip.pixels <= FEW_PIXELS:
        return f"{pixels} of 784 {result}."
    levels = "1 grey level" if flip.largest == 1 else f"{flip.largest} grey levels"
    seen = "Hard to see." if flip.largest < FEW_LEVELS * LEVELS else "You can see that."
    return f"{pixels}, each by at most {levels} of {LEVELS}, {result}. {seen}"


def _draw_query(readers: list[Reader], reader: Reader) -> dict[str, str]:
    """The Draw page with this run, and the others beside it."""
    others = ",".join(other.run.id for other in readers if other is not reader)
    return {"run": reader.run.id} | ({"with": others} if others else {})
