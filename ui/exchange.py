"""Bringing one's own digits in, exporting a data set as pictures, and deleting what was brought in."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from typing import BinaryIO, Literal

import numpy as np
import streamlit as st

from mnistcore.data import Dataset, export_zip, import_files
from mnistcore.runs import RunStore
from ui.session import guard

LABEL_COLUMNS: dict[Literal["first", "last"] | None, str] = {
    None: "Found by itself",
    "first": "First column",
    "last": "Last column",
}
SPLITS = {"all": "Training and test", "train": "Training", "test": "Test"}
UPLOADS = "import_turn"


def import_digits(store: RunStore) -> None:
    """Files chosen by the visitor become a stored data set, which is then the chosen one."""
    st.caption(
        "IDX images and labels together, a CSV (784 pixels and a label a row, with or without a header), an NPZ laid "
        "out like Keras's, or a ZIP of 28 × 28 PNG pictures in folders named 0 to 9. Up to 200 MB and 200,000 images."
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
        column = st.selectbox("Label in the CSV", list(LABEL_COLUMNS), format_func=LABEL_COLUMNS.__getitem__)
    if st.button("Import", type="primary", disabled=not files):
        with guard(), st.spinner("Reading and checking …"):
            dataset = import_files([(file.name, file.getvalue()) for file in files], label_column=column)
            name = store.add_dataset(dataset)
        st.session_state[UPLOADS] = turn + 1  # an empty uploader: the server lets go of the files
        st.toast(
            f"{dataset.name}: {len(dataset.train_labels):,} training and {len(dataset.test_labels):,} test images."
        )
        _choose(name)


def export_digits(dataset: Dataset) -> None:
    """A ZIP of PNG pictures with labels.csv, made when the button is clicked."""
    st.caption("A ZIP of PNG pictures, with a labels.csv that joins file, label, split and index.")
    split = st.segmented_control(
        "Part", list(SPLITS), default="all", format_func=SPLITS.__getitem__, key="export_split"
    )
    digits = st.multiselect("Digits", list(range(10)), key="export_digits", placeholder="all ten")
    limit = st.number_input("At most", 1, None, value=None, placeholder="all of them", key="export_limit", width=180)
    count = _count(dataset, split or "all", digits)
    count = count if limit is None else min(count, int(limit))
    st.download_button(
        f"Download {count:,} picture{'' if count == 1 else 's'}",
        make_zip(dataset, split or "all", digits or None, None if limit is None else int(limit)),
        file_name=f"{dataset.name.rsplit('.', 1)[0]}.zip",
        mime="application/zip",
        disabled=count == 0,
        on_click="ignore",
    )


def make_zip(dataset: Dataset, split: str, digits: list[int] | None, limit: int | None) -> Callable[[], BinaryIO]:
    """What the download button calls on a click: the ZIP, in a temporary file that vanishes when it is closed."""

    def made() -> BinaryIO:
        file = tempfile.TemporaryFile()  # noqa: SIM115 - the server reads it after this function has returned
        export_zip(dataset, file, split, digits, limit)
        file.seek(0)
        return file

    return made


def delete_button(store: RunStore, name: str) -> None:
    """Delete the imported data set `name`, after a second click; its runs stay."""
    with st.popover("Delete this data set"):
        st.markdown("Its images are removed for good. Runs trained on it stay, but it cannot be trained on again.")
        if st.button("Delete it", key="delete_dataset"):
            with guard():
                store.delete_dataset(name)
            _choose(None)


def _count(dataset: Dataset, split: str, digits: list[int]) -> int:
    parts = ("train", "test") if split == "all" else (split,)
    return sum(int(np.isin(dataset.part(part)[1], digits or range(10)).sum()) for part in parts)


def _choose(name: str | None) -> None:
    """Make `name` the chosen data set (None: the default one) and run the page again."""
    st.query_params.pop("dataset", None)
    st.session_state.pop("chosen_dataset", None)
    if name is not None:
        st.query_params["dataset"] = name
    st.rerun()
