"""What would change a network's mind: parts covered, and the smallest strokes that flip its answer."""

from __future__ import annotations

import numpy as np
import streamlit as st

from mnistcore.insight.adversarial import Flip
from mnistcore.insight.flipping_strokes import LONGEST, Stroke
from mnistcore.insight.ledger import Ledger
from mnistcore.insight.occlusion import PATCH
from ui.frame.page import go_to, is_dark
from ui.frame.words import counted, probability_text, signed
from ui.pictures.canvas import load_into_canvas
from ui.pictures.digits import tiles
from ui.pictures.figures import diverging_rgb
from ui.why.account import show_overlay

TITLES = {True: "With an eraser", False: "With a pen"}
Found = tuple[Flip, Stroke] | None


def show_covered(image: np.ndarray, ledger: Ledger, change: np.ndarray) -> None:
    """Where a patch of blank paper takes most from the answer's lead; change (28, 28) of the lead."""
    picture, words = st.columns([2, 3], gap="large")
    with picture:
        what = f"Fall of the lead of {ledger.answer} over {ledger.rival}"
        show_overlay(image, -change, what, "The digit, and what each covered part costs the answer", "why-covered")
    with words:
        st.markdown(covered_words(ledger, change))
        st.caption(
            f"Each pixel shows what happens when the {PATCH} × {PATCH} pixels around it are blank: red where the "
            "answer loses by it, blue where it gains."
        )


def covered_words(ledger: Ledger, change: np.ndarray) -> str:
    """What the most harmful and the most helpful place of the patch do, in a sentence or two."""
    worst, best = float(change.min()), float(change.max())
    row, column = divmod(int(change.argmin()), change.shape[1])
    lead = f"The score of {ledger.answer} exceeds that of {ledger.rival} by {ledger.difference:.2f}."
    if worst < 0:
        after = ledger.difference + worst
        verb = "turns into" if after < 0 else "falls to"
        lead += f" Covered around row {row}, column {column}, that {verb} **{signed(after)}**."
    else:
        lead += " No patch takes anything from that."
    if best > 0:
        lead += f" Covered where it helps most, it rises to {signed(ledger.difference + best)}."
    return lead


def show_strokes(image: np.ndarray, certainty: float, found: dict[bool, Found], aim: str, run_id: str) -> None:
    """Before and after of both strokes, side by side; found by whether the stroke erases."""
    for erases, column in zip(found, st.columns(2, gap="large"), strict=True):
        with column:
            st.markdown(f"**{TITLES[erases]}**")
            result = found[erases]
            if result is None:
                st.markdown(nothing_words(image, erases, aim))
                continue
            flip, stroke = result
            _show_flip(image, certainty, flip)
            st.markdown(stroke_words(flip, stroke, erases))
            if st.button("Open in Draw", key=f"why-open-{erases}", icon=":material/draw:"):
                load_into_canvas(flip.image, f"From Why: one stroke turned {flip.before} into {flip.after}.")
                go_to("draw", run=run_id)
    st.caption(
        "Searched: dots as broad as a pen's stroke, one beside the other, a dozen strokes at a time, always going on "
        "with those that lower the lead most; the network has read each of them. There may be a shorter one."
    )


def nothing_words(image: np.ndarray, erases: bool, aim: str) -> str:
    """That no stroke was found, and of which length."""
    if erases and not image.any():
        return "There is no ink to erase."
    return f"No stroke of up to {LONGEST} dots was found that changes the answer{aim}."


def stroke_words(flip: Flip, stroke: Stroke, erases: bool) -> str:
    """`Erasing along 3 dots, 14 pixels, turns the answer from 7 to 1.`"""
    how = "Erasing" if erases else "Drawing"
    size = f"{counted(len(stroke), 'dot')}, {counted(flip.pixels, 'pixel')},"
    return f"{how} along {size} turns the answer from **{flip.before}** to **{flip.after}**."


def _show_flip(image: np.ndarray, certainty: float, flip: Flip) -> None:
    dark = is_dark()
    before, after = (picture if dark else 255 - picture for picture in (image, flip.image))
    change = diverging_rgb(flip.change_of(image), float(flip.largest), dark)
    tiles(
        [before, change, after],
        [
            f"{flip.before}, {probability_text(certainty)}",
            "the stroke",
            f"{flip.after}, {probability_text(flip.certainty)}",
        ],
        [f"Before: read as {flip.before}", "The stroke", f"After: read as {flip.after}"],
        columns=3,
    )
