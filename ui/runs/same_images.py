"""Two networks on the same test images: McNemar's test in words, and the images that only one of them reads."""

from __future__ import annotations

import numpy as np
import streamlit as st

from mnistcore.data import Dataset
from mnistcore.errors import RunError
from mnistcore.experiments.significance import compare_on_same_images, same_images_words
from mnistcore.runs import Run, RunStore
from ui.frame.words import plain
from ui.pictures.digits import tiles
from ui.runs.evaluation import Answers, answers

MOST = 48  # images shown of a kind


def show_same_images(store: RunStore, first: Run, second: Run, dataset: Dataset) -> None:
    """How many test images both, none and only one of two runs read, whether that is chance, and which they are."""
    try:
        found = [answers(store, run, dataset, "test") for run in (first, second)]
    except RunError as error:
        st.caption(plain(f"These two cannot be compared on images: {error}"))
        return
    correct = [each.predictions == each.labels for each in found]
    st.markdown(same_images_words(compare_on_same_images(correct[0], correct[1])))
    kinds = {
        "Only the first reads": np.flatnonzero(correct[0] & ~correct[1]),
        "Only the second reads": np.flatnonzero(~correct[0] & correct[1]),
        "Neither reads": np.flatnonzero(~correct[0] & ~correct[1]),
    }
    chosen = st.segmented_control(
        "Images",
        list(kinds),
        format_func=lambda kind: f"{kind} {len(kinds[kind]):,}",
        key="same_images",
        label_visibility="collapsed",
    )
    if chosen:
        _show(found[0], found[1], kinds[chosen])


def _show(first: Answers, second: Answers, rows: np.ndarray) -> None:
    if not len(rows):
        st.caption("There is none.")
        return
    shown = rows[:MOST]
    labels, ones, others = first.labels[shown], first.predictions[shown], second.predictions[shown]
    tiles(
        list(first.images[shown]),
        [f"{label}: {one} | {other}" for label, one, other in zip(labels, ones, others, strict=True)],
        [
            f"test image {position}, a {label}, read as {one} by the first and as {other} by the second"
            for position, label, one, other in zip(first.positions[shown], labels, ones, others, strict=True)
        ],
    )
    words = "Below each: its label, then what the first and the second network read."
    st.caption(words if len(rows) <= MOST else f"The first {MOST} of {len(rows):,}. {words}")
