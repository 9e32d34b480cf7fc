"""Exporting a data set as pictures: the choice, the ZIP written in the background, and its download."""

from __future__ import annotations

import numpy as np
import streamlit as st

from mnistcore.data import Dataset
from ui.frame.follow import follow
from ui.frame.number_field import Number, number_field, say
from ui.frame.picture_zips import Choice, PictureZip, cancel_zip, find_zip, start_zip

SPLITS = {"all": "Training and test", "train": "Training", "test": "Test"}
POLL_SECONDS = 1.0  # each look is a run of the page's script, which takes its time from the making
HOW_MANY = Number("Number of pictures", is_whole=True, low=1, is_optional=True)


def export_digits(dataset: Dataset) -> None:
    """A ZIP of PNG pictures with labels.csv: the choice, its progress, and its download."""
    st.caption("A ZIP of PNG pictures, with a labels.csv that gives each picture's file, label, split and index.")
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
        st.markdown("This part has no images of these digits.")
        return
    offer_zip(dataset, choice, count)


def offer_zip(dataset: Dataset, choice: Choice, count: int) -> None:
    """The button that prepares the ZIP, or its progress, or its download."""
    pictures = f"{count:,} picture{'' if count == 1 else 's'}"
    made = find_zip(dataset, choice)
    if made is not None and made.is_running:
        follow(lambda: made, _show_progress, every=lambda made: POLL_SECONDS if made.is_running else None)
        st.button("Cancel", key="export_cancel", on_click=cancel_zip, args=(dataset, choice))
        if not made.is_running:  # whole since it was asked above: nothing would follow it any more
            st.rerun()
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


def _show_progress(made: PictureZip) -> None:
    st.progress(made.done / made.total, text=f"{made.done:,} of {made.total:,} pictures")


def _count(dataset: Dataset, choice: Choice) -> int:
    parts = ("train", "test") if choice.split == "all" else (choice.split,)
    found = sum(int(np.isin(dataset.part(part)[1], choice.digits or range(10)).sum()) for part in parts)
    return found if choice.limit is None else min(found, choice.limit)
