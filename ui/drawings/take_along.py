"""My drawings as files, and as a data set to train a network of one's own on."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import partial

import streamlit as st

from mnistcore.data import Dataset, export_zip
from mnistcore.data.teaching_set import held_back
from mnistcore.runs import RunStore
from mnistcore.runs.drawings import TITLE, Drawing, stacked, strokes_file
from mnistcore.training import recipe
from ui.frame.page import go_to
from ui.frame.selection import FIRST_RECIPE, config_address
from ui.frame.words import counted


def take_along(store: RunStore, kept: Sequence[Drawing]) -> None:
    """Two downloads, and the way to Train with the drawings alone."""
    with st.container(horizontal=True):
        st.download_button(
            "Download pictures",
            partial(pictures_file, kept),
            file_name="my-drawings.zip",
            mime="application/zip",
            on_click="ignore",
            help="28 × 28 PNG pictures with a table of their labels; *Data* can import them, here or elsewhere.",
        )
        st.download_button(
            "Download strokes",
            partial(strokes_file, kept),
            file_name="my-drawings.jsonl",
            mime="application/jsonl",
            on_click="ignore",
            help="A line of JSON for each drawing: its label and its strokes, as points on a square of side 1.",
        )
        if st.button("Train a network on them alone", key="drawings_train", help="Opens *Train* with the data set."):
            small = {"validation_size": 0, "batch_size": 16, "epochs": 60}
            dataset = store.add_dataset(as_dataset(kept))
            go_to("train", config=config_address(recipe(FIRST_RECIPE).config.overridden(small), dataset))


def as_dataset(kept: Sequence[Drawing]) -> Dataset:
    """All drawings; those held back are the test part, or all of them where none is."""
    images, labels = stacked(kept)
    aside = held_back(labels)
    judged = aside if aside.any() else ~aside
    name = f"{TITLE}, {counted(len(kept), 'drawing')}"
    return Dataset.build(name, images[~aside], labels[~aside], images[judged], labels[judged])


def pictures_file(kept: Sequence[Drawing]) -> bytes:
    """A ZIP of the pictures, as *Data* exports and imports them."""
    is_any_held_back = bool(held_back(stacked(kept)[1]).any())
    target = io.BytesIO()
    export_zip(as_dataset(kept), target, split="all" if is_any_held_back else "train")
    return target.getvalue()
