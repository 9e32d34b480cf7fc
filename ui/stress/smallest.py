"""The smallest changes to a digit that change a network's answer, and a button to open each in Draw."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from mnistcore.analyses.smallest_change import image_text, read_flip
from mnistcore.insight.adversarial import LEVELS, Flip
from ui.frame.analysis import show_analysis
from ui.frame.page import go_to, is_dark
from ui.frame.words import plain, probability_text
from ui.pictures.canvas import load_into_canvas
from ui.pictures.digits import tiles
from ui.pictures.figures import data_address, digit_grid_png, diverging_rgb
from ui.runs.digit_source import choose_digit_image
from ui.runs.why_link import why_link
from ui.stress.runs import Reader

FEW_PIXELS = 60  # as many as the search for the fewest tries
FEW_LEVELS = 0.1  # of all grey levels: less than this is hard to see


@dataclass(frozen=True)
class Method:
    """A search method: its name in the result, its title, what it does, and the message when it finds nothing."""

    name: str
    title: str
    words: str
    nothing: str


METHODS = (
    Method(
        "everywhere",
        "A little everywhere",
        "Every pixel changes by the same number of grey levels, in the direction that raises the loss (FGSM).",
        "No change in this direction, however large, changes its answer.",
    ),
    Method(
        "pixels",
        "Fewest pixels",
        "Single pixels turn black or white, one after the other, until the answer changes.",
        "Sixty pixels are not enough to change its answer.",
    ),
)


@st.fragment
def show_smallest(readers: list[Reader]) -> None:
    """Choose an image; on a click, a worker runs both searches for every run."""
    choice, beside = st.columns([3, 2], gap="large")
    with choice:
        image = choose_digit_image(readers[0].run)
    if image is None:
        return
    with beside:
        st.image(data_address(digit_grid_png(image[None], 1, 5, dark=is_dark())), width=140, alt="The digit")
    for method in METHODS:
        st.caption(f"**{method.title}.** {method.words}")
    runs = [{"id": reader.run.id, "step": reader.step} for reader in readers]
    arguments = {"image": image_text(image), "runs": runs}
    draw = partial(_draw, readers, image)
    start = "Find the smallest changes"
    show_analysis("smallest_change", arguments, draw, start=start, key="smallest", again="Search again")


def _draw(readers: list[Reader], image: np.ndarray, result: dict[str, Any]) -> None:
    """What has been found so far."""
    for reader in readers:
        if found := result["flips"].get(reader.run.id):
            _show_reader(readers, reader, image, [read_flip(found[method.name]) for method in METHODS])
    if result["flips"]:
        st.caption("Change: red is ink added, blue is ink removed; the strongest colour is the largest change.")


def _show_reader(readers: list[Reader], reader: Reader, image: np.ndarray, flips: list[Flip | None]) -> None:
    probabilities = reader.network.predict(image[None])[0]
    said = int(reader.network.logits(image[None])[0].argmax())
    sure = probability_text(float(probabilities[said]))
    st.subheader(plain(reader.title), anchor=False)
    st.markdown(f"It says **{said}**, {sure} sure.")
    for method, flip, column in zip(METHODS, flips, st.columns(2, gap="large"), strict=True):
        with column:
            st.caption(f"**{method.title}**")
            if flip is None:
                st.markdown(method.nothing)
                continue
            show_flip(image, flip, sure)
            why_link(reader.run, flip.image, reader.step, against=flip.before)
            key = f"open_{method.name}_{reader.run.id}"
            if st.button("Open in Draw", key=key, icon=":material/draw:"):
                load_into_canvas(flip.image, f"From the Stress lab: {plain(reader.title)} takes this for {flip.after}.")
                go_to("draw", **_draw_query(readers, reader))


def show_flip(image: np.ndarray, flip: Flip, sure: str) -> None:
    """Before, change and after side by side, and how large the change is in words."""
    dark = is_dark()
    change = diverging_rgb(flip.change_of(image), float(flip.largest), dark)
    tiles(
        [image if dark else 255 - image, change, flip.image if dark else 255 - flip.image],
        [f"{flip.before}, {sure}", f"change, ± {flip.largest}", f"{flip.after}, {probability_text(flip.certainty)}"],
        [f"Before: read as {flip.before}", "What was changed", f"After: read as {flip.after}"],
        columns=3,
    )
    st.markdown(flip_words(flip))


def flip_words(flip: Flip) -> str:
    """How large the change is and what it does, in one or two sentences."""
    pixels, change = ("1 pixel", "changes") if flip.pixels == 1 else (f"{flip.pixels} pixels", "change")
    result = f"{change} the answer from **{flip.before}** to **{flip.after}**"
    if flip.pixels <= FEW_PIXELS:
        return f"{pixels} of 784 {result}."
    levels = "1 grey level" if flip.largest == 1 else f"{flip.largest} grey levels"
    seen = "Hard to see." if flip.largest < FEW_LEVELS * LEVELS else "Easy to see."
    return f"{pixels}, each by at most {levels} of {LEVELS}, {result}. {seen}"


def _draw_query(readers: list[Reader], reader: Reader) -> dict[str, str]:
    """The Draw page with this run, and the others beside it."""
    others = ",".join(other.run.id for other in readers if other is not reader)
    return {"run": reader.run.id} | ({"with": others} if others else {})
