"""The images behind one cell of a confusion matrix, and the two select boxes that choose the cell."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from mnistcore.exports.submission import submission_csv
from mnistcore.runs import Run
from ui.confusions.matrix import clicked_cell
from ui.frame.page import is_dark
from ui.frame.words import probability_text
from ui.pictures.figures import data_address, digit_grid_png
from ui.runs.evaluation import Answers
from ui.runs.why_link import why_link

TRUE, PREDICTED = "confused-true", "confused-predicted"
CHART, PAIRS = "confusion-chart", "confusion-pairs"
FEW, MANY = 12, 120


def chosen_cell(default: tuple[int, int]) -> tuple[int, int]:
    """The (true, predicted) in the select boxes; ``default`` until one is chosen."""
    return st.session_state.setdefault(TRUE, default[0]), st.session_state.setdefault(PREDICTED, default[1])


def choose_cell() -> tuple[int, int]:
    """Choosing a cell from the keyboard: one select box for each axis."""
    left, right = st.columns(2)
    true = left.selectbox("True digit", range(10), key=TRUE)
    predicted = right.selectbox("Predicted as", range(10), key=PREDICTED)
    return true, predicted


def offer_answers(found: Answers) -> None:
    """The network's answer for every image, as a CSV with the image's number from 1, as competitions ask for it."""
    st.download_button(
        "Download the answers (CSV)",
        partial(answers_csv, found),  # made on a click: a file for each frame of the film would soon be gone again
        file_name=f"answers-{found.part}.csv",
        mime="text/csv",
        on_click="ignore",
        help="ImageId, counted from 1 in the data set, and Label.",
    )


def answers_csv(found: Answers) -> bytes:
    """The file of `offer_answers`."""
    return submission_csv([str(position + 1) for position in found.positions], found.predictions)


def choose_many(available: int) -> int:
    """How many images to show at once; asked only when there are more than a few."""
    if available > FEW and st.toggle("Show more", key="confusion-more"):
        return MANY
    return FEW


def take_click() -> None:
    """A click on the chart moves both select boxes; a click that clears the selection leaves them."""
    cell = clicked_cell(st.session_state.get(CHART))
    if cell is not None:
        st.session_state[TRUE], st.session_state[PREDICTED] = cell


def take_pair(pairs: pd.DataFrame) -> Callable[[], None]:
    """What a click on a row of the ranked pairs does: both select boxes move to that pair."""

    def take() -> None:
        selection: Any = st.session_state.get(PAIRS) or {}
        rows = selection.get("selection", {}).get("rows", [])
        if rows and rows[0] < len(pairs):
            pair = pairs.iloc[rows[0]]
            st.session_state[TRUE], st.session_state[PREDICTED] = int(pair["true"]), int(pair["predicted"])

    return take


def example_captions(answers: Answers, rows: np.ndarray) -> list[str]:
    """Under each image: ✓ or ✗, true digit → prediction, its probability, the image's number in the data set."""
    captions = []
    for row in rows:
        true, predicted = int(answers.labels[row]), int(answers.predictions[row])
        mark = "✓" if true == predicted else "✗"
        probability = probability_text(float(answers.probabilities[row, predicted]))
        captions.append(f"{mark} {true} → {predicted}  \n{probability} · #{answers.positions[row]}")
    return captions


def show_examples(run: Run, answers: Answers, rows: np.ndarray, width: int = 104) -> None:
    """The images of ``rows`` with their captions, in a row that wraps; below each a link to why it was taken so, and
    not for its label."""
    dark = is_dark()
    with st.container(horizontal=True, gap="small"):
        for row, caption in zip(rows, example_captions(answers, rows), strict=True):
            picture = digit_grid_png(answers.images[row][None], columns=1, scale=4, gap=0, dark=dark)
            true, predicted = int(answers.labels[row]), int(answers.predictions[row])
            with st.container(width=width, gap=None):
                st.image(data_address(picture), caption=caption, width=width)
                rival = None if true == predicted else true
                why_link(run, answers.images[row], answers.step, against=rival, label="Why?")
