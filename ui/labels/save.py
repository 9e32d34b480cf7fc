"""Keeping what was decided as a data set of its own, and the way on to train with it."""

from __future__ import annotations

import streamlit as st

from mnistcore.data import Dataset
from mnistcore.data.corrections import corrected, correction_words
from mnistcore.training import recipe
from ui.frame.page import link_to
from ui.frame.selection import FIRST_RECIPE, config_address, dataset_titles
from ui.frame.session import get_store, guard
from ui.frame.words import plain
from ui.labels.marks import marks_of

SAVED = "labels_saved"  # by the original's fingerprint: what was decided, and the name of the data set made of it


def show_save(dataset: Dataset, title: str) -> None:
    """What has been decided so far; the button that keeps it, or the data set that it was kept as."""
    train, test = marks_of(dataset, "train"), marks_of(dataset, "test")
    words = correction_words(train, test)
    if not words:
        st.caption("Choose below each image what becomes of it, or correct many at once. The original always stays.")
        return
    decided, saved = (dict(train), dict(test)), st.session_state.setdefault(SAVED, {})
    kept, name = saved.get(dataset.fingerprint, (None, ""))
    titles = dataset_titles()
    if kept == decided and name in titles:
        st.markdown(f"Kept as **{plain(titles[name])}**. {plain(title)} has stayed as it was.")
        with st.container(horizontal=True):
            link_to("train", "Train with it", config=config_address(recipe(FIRST_RECIPE).config, name))
            link_to("data", "Look at it", dataset=name)
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"So far: {words}.", width="content")
        if st.button("Save as a new data set", type="primary", key="labels_save"):
            with guard(), st.spinner("Keeping the images …"):
                name = get_store().add_dataset(corrected(dataset, train, test, f"{title}, {words}"))
            saved[dataset.fingerprint] = decided, name
            st.rerun()  # the whole page: its choice of data sets has one more
