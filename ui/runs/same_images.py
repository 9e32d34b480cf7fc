"""Two networks on the same test images: McNemar's test in words, and the images that both, one or neither reads."""

from __future__ import annotations

import numpy as np
import streamlit as st

from mnistcore.data import Dataset
from mnistcore.errors import RunError
from mnistcore.experiments.significance import compare_on_same_images, same_images_words
from mnistcore.insight.two_networks import split_cells
from mnistcore.runs import Run, RunStore
from ui.frame.page import link_to
from ui.frame.words import plain, probability_text
from ui.pictures.digits import tiles
from ui.runs.evaluation import Answers, answers

MOST = 48  # images shown of a cell
CELLS = {
    "only_first": "Only the first reads",
    "only_second": "Only the second reads",
    "neither": "Neither reads",
    "both": "Both read",
}


def both_answers(store: RunStore, first: Run, second: Run, dataset: Dataset) -> tuple[Answers, Answers] | None:
    """What two runs answer for the test images of a data set; None, and a sentence, if one has no weights."""
    try:
        return answers(store, first, dataset, "test"), answers(store, second, dataset, "test")
    except RunError as error:
        st.caption(plain(f"These two cannot be compared on images: {error}"))
        return None


def mcnemar_words(first: Answers, second: Answers) -> str:
    """Who reads how many of the same images, and whether that is chance."""
    return same_images_words(
        compare_on_same_images(first.predictions == first.labels, second.predictions == second.labels)
    )


def show_same_images(store: RunStore, first: Run, second: Run, dataset: Dataset) -> None:
    """How many test images both, none and only one of two runs read, whether that is chance, and which they are."""
    found = both_answers(store, first, second, dataset)
    if found is None:
        return
    st.markdown(mcnemar_words(*found))
    show_cells(*found)
    link_to("compare", "Whose certainty was justified, and how they came to agree", run=first.id, **{"with": second.id})


def show_cells(first: Answers, second: Answers) -> None:
    """One of the four cells of right and wrong, chosen by its name and count, and its images."""
    cells = vars(split_cells(first.probabilities, second.probabilities, first.labels))
    rows = {title: cells[name] for name, title in CELLS.items()}
    chosen = st.segmented_control(
        "Images",
        list(rows),
        format_func=lambda title: f"{title} {len(rows[title]):,}",
        key="same_images",
        label_visibility="collapsed",
    )
    if chosen:
        _show(first, second, rows[chosen])


def _show(first: Answers, second: Answers, rows: np.ndarray) -> None:
    if not len(rows):
        st.caption("There is none.")
        return
    shown = rows[:MOST]
    labels, ones, others = first.labels[shown], first.predictions[shown], second.predictions[shown]
    sure = [
        [probability_text(float(share)) for share in each.probabilities[shown].max(axis=1)] for each in (first, second)
    ]
    tiles(
        list(first.images[shown]),
        [f"{label}: {one} | {other}" for label, one, other in zip(labels, ones, others, strict=True)],
        [
            f"test image {position}, a {label}: the first reads {one} ({surely}), the second {other} ({too})"
            for position, label, one, surely, other, too in zip(
                first.positions[shown], labels, ones, sure[0], others, sure[1], strict=True
            )
        ],
    )
    words = "Below each: its label, then what the first and the second network read; the surest mistakes come first."
    st.caption(words if len(rows) <= MOST else f"The first {MOST} of {len(rows):,}. {words}")
