"""My drawings: digits that you drew and named, to look through, clean, take along, and have a network learn from."""

import streamlit as st

from mnistcore.runs.drawings import TITLE, drawings, stacked
from ui.drawings.collection import show_collection
from ui.drawings.take_along import take_along
from ui.frame.page import link_to, page_header
from ui.frame.router import through_router
from ui.frame.selection import choose_run, no_runs_yet
from ui.frame.session import get_store, guard
from ui.runs.taught import show_taught
from ui.runs.teach import teach

KIND = "drawings"


def show() -> None:
    """The drawings as a network reads them, and what it learns from them."""
    page_header(
        TITLE,
        "Digits that you drew and named. A trained network can go on learning from them.",
        "correct ten drawings that it misreads, let it learn for some seconds, and see what it has forgotten.",
    )
    store = get_store()
    with guard():
        run = choose_run(store)
        if run is None:
            no_runs_yet("Train a network first; then it can learn from what you draw.")
            return
        kept = drawings(store)
        if not kept:
            st.markdown("There are none yet. Draw a digit, and below the answer choose what it was.")
            link_to("draw", "Draw a digit", run=run.id)
        else:
            teach(store, run, *stacked(kept), KIND, TITLE)
        show_taught(store, KIND)
        show_collection(store, run, kept)
        if kept:
            take_along(store, kept)


if through_router():
    show()
