"""Importing your own digits: the files, what was found in them, and the import itself; deleting imported data sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from mnistcore.data.imports import (
    ImportSettings,
    PixelChanges,
    Reading,
    build_dataset,
    read_images,
)
from mnistcore.errors import ExplorerError
from mnistcore.runs import RunStore
from ui.data.classify import classify
from ui.data.preview import choose_changes, choose_parts, needs_more
from ui.frame.dataset_choice import CHOSEN
from ui.frame.session import guard

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

LABEL_COLUMNS = {
    None: "As the header or the values tell",
    "first": "First column",
    "last": "Last column",
    "none": "There are no labels",
}
TABLES = (".csv", ".tsv", ".txt", ".data", ".parquet")
UPLOADS, READ = "import_turn", "import_read"


class Read(NamedTuple):
    """What files gave, so that they are read once: which files these were, the reading, and what was wrong."""

    files: tuple[str, ...]
    reading: Reading | None
    problem: str


def import_digits(store: RunStore) -> None:
    """Files chosen by the visitor become a stored data set, which is then the chosen one, or are classified."""
    st.caption(
        "IDX images with their labels, a CSV or Parquet file (784 pixels and a label per row), NPZ or NPY arrays, or "
        "pictures in folders named 0 to 9, also in a ZIP. Images without labels can be classified. Up to 200 MB and "
        "200,000 images."
    )
    turn = st.session_state.setdefault(UPLOADS, 0)
    files = st.file_uploader(
        "Files",
        accept_multiple_files=True,
        max_upload_size=200,
        key=f"import_files_{turn}",
        label_visibility="collapsed",
    )
    if not files:
        st.session_state.pop(READ, None)
        return
    column = None
    if any(ending in file.name.lower() for file in files for ending in TABLES):
        column = st.selectbox("Label column", list(LABEL_COLUMNS), format_func=LABEL_COLUMNS.__getitem__)
    found = _read(files, column)
    if found.reading is None:
        st.error(found.problem, icon=":material/error:")
    else:
        _show(store, found.reading, files[0].name, turn)


def _read(files: Sequence[UploadedFile], column: str | None) -> Read:
    """The reading of these files; kept in the session until others are chosen."""
    key = (*(file.file_id for file in files), str(column))
    kept: Read | None = st.session_state.get(READ)
    if kept is not None and kept.files == key:
        return kept
    with st.spinner("Reading and checking …"):
        try:
            given = [(file.name, file.getvalue()) for file in files]
            found = Read(key, read_images(given, ImportSettings(label_column=column)), "")
        except ExplorerError as error:
            found = Read(key, None, str(error))
    st.session_state[READ] = found
    return found


def _show(store: RunStore, reading: Reading, name: str, turn: int) -> None:
    """What was found: which part each set is, how its pixels look, and what can be done with it."""
    labelled = [one for one in reading.sets if one.labels is not None]
    parts = choose_parts(reading, turn)
    changes = choose_changes(labelled or reading.sets, turn)
    if labelled:
        missing = needs_more(labelled, changes)
        if missing:
            st.caption(f":material/info: {missing}")
        if st.button("Import", type="primary", disabled=bool(missing) or not parts):
            _import(store, reading, name, changes, parts)
    if len(labelled) < len(reading.sets):
        classify(store, reading, changes, turn)


def _import(store: RunStore, reading: Reading, name: str, changes: PixelChanges, parts: Mapping[int, str]) -> None:
    with guard(), st.spinner("Keeping the images …"):
        dataset = build_dataset(reading, name, ImportSettings(changes), parts)
        stored = store.add_dataset(dataset)
    st.session_state[UPLOADS] += 1  # an empty uploader: the server frees the files
    st.session_state.pop(READ, None)
    st.toast(f"{dataset.name}: {len(dataset.train_labels):,} training and {len(dataset.test_labels):,} test images.")
    _choose(stored)


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
