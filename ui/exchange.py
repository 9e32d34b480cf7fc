"""Bringing one's own digits in, exporting a data set as pictures, and deleting what was brought in."""

from __future__ import annotations

from typing import Literal

import numpy as np
import streamlit as st

from mnistcore.data import Dataset, import_files
from mnistcore.runs import RunStore
from ui.dataset_choice import CHOSEN
from ui.number_field import Number, number_field, say
from ui.picture_zips import Choice, PictureZip, cancel_zip, find_zip, start_zip
from ui.session import guard

LABEL_COLUMNS: dict[Literal["first", "last"] | None, str] = {
    None: "Found by itself",
    "first": "First column",
    "last": "Last column",
}
SPLITS = {"all": "Training and test", "train": "Training", "test": "Test"}
UPLOADS = "import_turn"
POLL_SECONDS = 1.0  # each look is a run of the page's script, which takes its time from the making
HOW_MANY = Number("Number of pictures", is_whole=True, low=1, is_optional=True)


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
    """A ZIP of PNG pictures with labels.csv: what shall be in it, its making, and its download."""
    st.caption("A ZIP of PNG pictures, with a labels.csv that joins file, label, split and index.")
    split = st.segmented_control(
        "Part", list(SPLITS), default="all", required=True, format_func=SPLITS.__getitem__, key="export_split"
    )
    digits = st.multiselect("Digits", list(range(10)), key="export_digits", placeholder="All ten")
    problem = number_field(HOW_MANY, "export_limit", "", placeholder="All of them", width=220)
    say(problem)
    if problem:
        return
    limit = HOW_MANY.parse(st.session_state["export_limit"])
    choice = Choice(split or "all", tuple(sorted(digits)), None if limit is None else int(limit))
    count = _count(dataset, choice)
    if count == 0:
        st.markdown("No image of these digits is in this part.")
        return
    offer_zip(dataset, choice, count)


def offer_zip(dataset: Dataset, choice: Choice, count: int) -> None:
    """The button that has the ZIP made, or how far that is, or its download."""
    pictures = f"{count:,} picture{'' if count == 1 else 's'}"
    made = find_zip(dataset, choice)
    if made is not None and made.is_running:
        st.fragment(_follow, run_every=POLL_SECONDS)(made)
        st.button("Cancel", key="export_cancel", on_click=cancel_zip, args=(dataset, choice))
    elif made is not None and made.problem is None:
        st.download_button(
            f"Download {pictures} ({len(made.content) / 1e6:,.1f} MB)",
            made.content,
            file_name=f"{dataset.name.rsplit('.', 1)[0]}.zip",
            mime="application/zip",
            type="primary",
            on_click="ignore",
        )
    else:
        if made is not None:
            st.error(made.problem, icon=":material/error:")
        st.button(f"Prepare {pictures}", key="export_prepare", on_click=start_zip, args=(dataset, choice, count))


def _follow(made: PictureZip) -> None:
    """How far a ZIP is; the page runs anew at its end, for the button around."""
    if not made.is_running:
        st.rerun()
    st.progress(made.done / made.total, text=f"{made.done:,} of {made.total:,} pictures")


def delete_button(store: RunStore, name: str) -> None:
    """Delete the imported data set `name`, after a second click; its runs stay."""
    with st.popover("Delete this data set"):
        st.markdown("Its images are removed for good. Runs trained on it stay, but it cannot be trained on again.")
        if st.button("Delete it", key="delete_dataset"):
            with guard():
                store.delete_dataset(name)
            _choose(None)


def _count(dataset: Dataset, choice: Choice) -> int:
    parts = ("train", "test") if choice.split == "all" else (choice.split,)
    found = sum(int(np.isin(dataset.part(part)[1], choice.digits or range(10)).sum()) for part in parts)
    return found if choice.limit is None else min(found, choice.limit)


def _choose(name: str | None) -> None:
    """Make `name` the chosen data set (None: the default one) and run the page again."""
    st.query_params.pop("dataset", None)
    st.session_state.pop(CHOSEN, None)
    if name is not None:
        st.query_params["dataset"] = name
    st.rerun()
