"""Images without labels: a network's answer for each, as a CSV to take away."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import streamlit as st

from mnistcore.data.imports import ImportSettings, PixelChanges, Reading, images_to_classify
from mnistcore.errors import ExplorerError, RunError
from mnistcore.exports.submission import submission_csv
from mnistcore.runs import RunStore
from ui.data.preview import needs_more
from ui.frame.page import is_dark
from ui.frame.selection import choose_run, no_runs_yet
from ui.pictures.digits import tiles
from ui.runs.notes import no_weights

ANSWERS = "import_answers"
SHOWN = 20


class Answers(NamedTuple):
    """The first images (n, 28, 28) and the digits predicted for them, and the CSV of all."""

    asked: tuple[object, ...]
    images: np.ndarray
    predictions: np.ndarray
    content: bytes


def classify(store: RunStore, reading: Reading, changes: PixelChanges, turn: int) -> None:
    """Choose a run, let it classify the sets without labels, look at the first answers, and download all."""
    unlabelled = Reading(tuple(one for one in reading.sets if one.labels is None), ())
    count = sum(map(len, unlabelled.sets))
    st.markdown("Without labels, images cannot be learned from, but a network can classify them.")
    run = choose_run(store)
    if run is None:
        no_runs_yet("Train a network first.")
        return
    if missing := needs_more(unlabelled.sets, changes):
        st.caption(f":material/info: {missing}")
    asked = (turn, tuple(id(one) for one in unlabelled.sets), run.id, store.newest_step(run.id), changes)
    if st.button(f"Classify {count:,} image{'' if count == 1 else 's'}", disabled=bool(missing), key="classify"):
        try:
            with st.spinner("Classifying every image …"):
                found = images_to_classify(unlabelled, ImportSettings(changes))
                network, _ = store.load_weights(run.id)
                predictions = network.predict(found.images).argmax(axis=1)
        except RunError:
            no_weights(run)
            return
        except ExplorerError as error:
            st.error(str(error), icon=":material/error:")
            return
        content = submission_csv(found.names, predictions)
        st.session_state[ANSWERS] = Answers(asked, found.images[:SHOWN].copy(), predictions[:SHOWN], content)
    answers: Answers | None = st.session_state.get(ANSWERS)
    if answers is not None and answers.asked == asked:
        _show(answers, count)


def _show(answers: Answers, count: int) -> None:
    dark = is_dark()
    tiles(
        [image if dark else 255 - image for image in answers.images],
        [str(digit) for digit in answers.predictions],
        [f"Classified as {digit}" for digit in answers.predictions],
        smallest=36,
    )
    st.download_button(
        f"Download {count:,} answers (CSV)",
        answers.content,
        file_name="submission.csv",
        mime="text/csv",
        type="primary",
        on_click="ignore",
        help="ImageId and Label, as competitions ask for it.",
    )
