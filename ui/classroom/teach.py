"""“Teach it”: a trained network goes on learning from the drawings of the class, and is compared with what it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ui.frame.selection import choose_run, no_runs_yet
from ui.runs.taught import show_taught
from ui.runs.teach import teach

if TYPE_CHECKING:
    from mnistcore.runs import RunStore

KIND = "class"
TITLE = "The class's drawings"


def show_teaching(store: RunStore) -> None:
    """The network that learns, what is mixed in, the button, and what became of it; hidden drawings are left out."""
    from mnistcore.classroom.drawings import drawn_dataset

    run = choose_run(store)
    if run is None:
        no_runs_yet("Train a network first; then it can learn from what the class draws.")
        return
    images, labels = drawn_dataset(store)
    if len(labels):
        teach(store, run, images, labels, KIND, TITLE)
        st.caption(
            "Hidden drawings are left out. What it learns from is kept as a data set without names, and deleted with "
            "the drawings; the network stays."
        )
    else:
        st.markdown("There are no drawings yet: ask for some on the board, of all ten digits.")
    show_taught(store, KIND)
