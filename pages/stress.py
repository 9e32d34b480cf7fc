"""Stress lab: how networks answer digits that get harder to read, digits changed on purpose, and no digits at all."""

import streamlit as st

from ui.frame.page import page_header
from ui.frame.router import through_router
from ui.frame.selection import choose_view, no_runs_yet
from ui.frame.session import get_dataset, get_store, guard
from ui.runs.evaluation import choose_evaluated
from ui.stress.levels import show_levels
from ui.stress.nonsense import show_nonsense
from ui.stress.runs import Reader, choose_readers, trained_runs
from ui.stress.smallest import show_smallest

PARTS = {"levels": "Harder to read", "smallest": "Smallest change", "nonsense": "No digits at all"}


def show() -> None:
    """Choose the runs and whose test images they are shown, then one of three tests."""
    page_header(
        "Stress lab",
        "A network that classifies nearly every test image correctly can still be easy to fool. See how easy.",
        "compare a network with hidden layers to one with convolution, and shift the digits by 3 pixels.",
    )
    store = get_store()
    which, judged_by = st.columns([5, 3], vertical_alignment="bottom")
    with which, guard():
        offered = trained_runs(store)
        if not offered:
            no_runs_yet("Train a network first; then you can put it to the test.")
            return
        readers = choose_readers(store, offered)
    if not readers:
        st.info("Choose at least one run that has weights.")
        return
    part = choose_view(PARTS, "part", "Test")
    with guard():
        if part == "smallest":
            show_smallest(readers)
            return
        with judged_by:
            name = choose_evaluated(readers[0].run, "Test images of")
        if name is not None:
            show_test(part, readers, name)


def show_test(part: str, readers: list[Reader], name: str) -> None:
    """The runs' answers to a data set's test images, made harder to read or no longer digits."""
    if part == "nonsense":
        show_nonsense(readers, get_dataset(name))
    else:
        show_levels(readers, name, get_dataset(name))


if through_router():
    show()
