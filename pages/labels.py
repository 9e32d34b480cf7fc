"""Labels: images whose label is probably wrong, to be corrected or left out in a data set of its own."""

import streamlit as st

from ui.frame.dataset_choice import choose_dataset
from ui.frame.page import page_header
from ui.frame.router import through_router
from ui.frame.selection import choose_view, dataset_titles
from ui.frame.session import get_dataset, guard
from ui.labels.judge import show_judged

PARTS = {"train": "Training images", "test": "Test images"}


def show() -> None:
    """Choose a data set and a part of it; see which labels networks doubt, and decide."""
    page_header(
        "Labels",
        "Is the label right? Networks that have not learned from an image say whether they believe its label.",
        "go through the first twenty. Which of them would you have labelled otherwise?",
    )
    which, beside = st.columns(2, vertical_alignment="bottom")
    with guard():
        with which:
            name = choose_dataset()
        if name is None:
            return
        with beside:
            part = choose_view(PARTS, "part", "Part")
        with st.spinner("Opening the data set …"):
            dataset = get_dataset(name)
        show_judged(name, dataset, dataset_titles().get(name, name), part)


if through_router():
    show()
