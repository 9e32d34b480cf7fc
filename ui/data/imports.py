"""Importing your own digits, and deleting imported data sets."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from mnistcore.data import import_files
from mnistcore.data.imports import ImportSettings
from mnistcore.runs import RunStore
from ui.frame.dataset_choice import CHOSEN
from ui.frame.session import guard

LABEL_COLUMNS: dict[Literal["first", "last"] | None, str] = {
    None: "Detect automatically",
    "first": "First column",
    "last": "Last column",
}
UPLOADS = "import_turn"


def import_digits(store: RunStore) -> None:
    """Files chosen by the visitor become a stored data set, which is then the chosen one."""
    st.caption(
        "IDX images with their labels, a CSV (784 pixels and a label per row, with or without a header), an NPZ in "
        "Keras's layout, or a ZIP of 28 × 28 PNG pictures in folders named 0 to 9. Up to 200 MB and 200,000 images."
    )
    turn = st.session_state.setdefault(UPLOADS, 0)
    files = st.file_uploader(
        "Files",
        accept_multiple_files=True,
        max_upload_size=200,
        key=f"import_files_{turn}",
        label_visibility="collapsed",
    )
    column: Literal["first", "last"] | None = None
    if any(".csv" in file.name.lower() for file in files):
        column = st.selectbox("Label column", list(LABEL_COLUMNS), format_func=LABEL_COLUMNS.__getitem__)
    if st.button("Import", type="primary", disabled=not files):
        with guard(), st.spinner("Reading and checking …"):
            dataset = import_files(
                [(file.name, file.getvalue()) for file in files], settings=ImportSettings(label_column=column)
            )
            name = store.add_dataset(dataset)
        st.session_state[UPLOADS] = turn + 1  # an empty uploader: the server frees the files
        st.toast(
            f"{dataset.name}: {len(dataset.train_labels):,} training and {len(dataset.test_labels):,} test images."
        )
        _choose(name)


def delete_button(store: RunStore, name: str) -> None:
    """Delete the imported data set `name`, after a second click; its runs stay."""
    with st.popover("Delete this data set"):
        st.markdown(
            "Its images are deleted for good. Runs trained on it are kept, but nothing can be trained on it again."
        )
        if st.button("Delete it", key="delete_dataset"):
            with guard():
                store.delete_dataset(name)
            _choose(None)


def _choose(name: str | None) -> None:
    """Make `name` the chosen data set (None: the default one) and run the page again."""
    st.query_params.pop("dataset", None)
    st.session_state.pop(CHOSEN, None)
    if name is not None:
        st.query_params["dataset"] = name
    st.rerun()
