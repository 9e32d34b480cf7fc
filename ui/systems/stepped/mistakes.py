"""The images that a network gets wrong, most certain mistakes first."""

from __future__ import annotations

import streamlit as st

from mnistcore.insight import accuracy_interval, mistakes
from ui.frame.number_choice import step_number
from ui.frame.page import is_dark
from ui.frame.words import percent, probability_text
from ui.pictures.digits import tiles
from ui.runs.evaluation import Answers

PER_PAGE = 60


def show_mistakes(found: Answers) -> None:
    """How many are wrong, and a page of them: true digit → answer, and how certain it was."""
    wrong = mistakes(found.probabilities, found.labels)
    count = len(found.labels)
    low, high = accuracy_interval(count - len(wrong), count)
    st.markdown(
        f"**{len(wrong):,}** of {count:,} {found.part} images are misclassified; "
        f"**{percent(1 - len(wrong) / count, 2)}** are right (95 % interval {100 * low:.2f} to {percent(high, 2)})."
    )
    if not len(wrong):
        return
    digits = sorted({int(digit) for digit in found.labels[wrong]})
    with st.container(horizontal=True, vertical_alignment="bottom"):
        digit = st.selectbox(
            "True digit", [None, *digits], format_func=lambda d: "All" if d is None else str(d), width=120
        )
        shown = wrong if digit is None else wrong[found.labels[wrong] == digit]
        pages = -(-len(shown) // PER_PAGE)
        page = 1
        if pages > 1:
            page = step_number("Page", "page", 1, pages, f"mistakes_page_{digit}", width=140)
    shown = shown[(page - 1) * PER_PAGE : page * PER_PAGE]
    dark = is_dark()
    tiles(
        [found.images[row] if dark else 255 - found.images[row] for row in shown],
        [_caption(found, row) for row in shown],
        [_description(found, row) for row in shown],
        smallest=84,
    )


def _caption(found: Answers, row: int) -> str:
    """`9 → 4 · > 99.9 %`."""
    certainty = probability_text(float(found.probabilities[row].max()))
    return f"{found.labels[row]} → {found.predictions[row]} · {certainty}"


def _description(found: Answers, row: int) -> str:
    return f"{found.labels[row]} taken for {found.predictions[row]}, image {found.positions[row]:,}"
