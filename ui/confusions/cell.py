"""Which cell of a confusion matrix is looked at, by select boxes or a click; and all answers as a file."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from mnistcore.exports.submission import submission_csv
from ui.confusions.matrix import clicked_cell
from ui.runs.evaluation import Answers

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
