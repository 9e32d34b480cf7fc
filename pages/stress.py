"""Stress lab: what networks make of digits that get harder to read, are changed on purpose, or are none at all."""

import streamlit as st

from ui.frame.page import page_header
from ui.frame.router import through_router
from ui.frame.selection import choose_view, no_runs_yet
from ui.frame.session import get_store, guard
from ui.stress.levels import show_levels
from ui.stress.nonsense import show_nonsense
from ui.stress.runs import choose_readers, test_images_of, trained_runs
from ui.stress.smallest import show_smallest

PARTS = {"levels": "Harder to read", "smallest": "Smallest change", "nonsense": "No digits at all"}


def show() -> None:
    """Choose the runs, then one of three tests."""
    page_header(
        "Stress lab",
        "A network that reads nearly every test image can still be easy to fool. Here you see how easy.",
        "compare a network with hidden layers to one with convolution, and shift the digits by 3 pixels.",
    )
    store = get_store()
    with guard():
        offered = trained_runs(store)
        if not offered:
            no_runs_yet("A trained network is needed to put to the test.")
            return
        readers = choose_readers(store, offered)
    if not readers:
        st.info("Choose at least one run that has weights.")
        return
    part = choose_view(PARTS, "part", "Test")
    with guard():
        found = test_images_of(readers[0].run)
        if part == "smallest":
            show_smallest(readers)
        elif found is not None and part == "nonsense":
            show_nonsense(readers, found[1])
        elif found is not None:
            show_levels(readers, *found)


if through_router():
    show()
