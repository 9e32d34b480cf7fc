"""Having the labels of a data set judged: the list that a worker makes, or the one that ships for MNIST."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from mnistcore.data import Dataset
from mnistcore.pretrained.labels import shipped_labels
from ui.frame.analysis import show_analysis
from ui.frame.session import get_store
from ui.frame.words import duration
from ui.labels.review import review

SECONDS_PER_IMAGE = 20 / 60_000  # on two cores that have nothing else to do
FEWEST_SECONDS = 5


def show_judged(name: str, dataset: Dataset, title: str, part: str) -> None:
    """The button, the progress or the list; MNIST has its list from the start."""
    arguments = {"dataset": name, "fingerprint": dataset.fingerprint}
    found = get_store().analysis("label_errors", arguments)
    shipped = shipped_labels(dataset.fingerprint)
    draw = partial(_draw, dataset, title, part)
    start = "Find labels that are probably wrong"
    if found is None or found.status != "finished":
        if shipped is None:
            st.markdown(how_words(len(dataset.train_labels)))
        else:
            draw(shipped["result"])
            start = "Judge them again"
            st.caption(f"This list ships with the program. It was made on {shipped['date']}; a worker makes it again.")
    show_analysis("label_errors", arguments, draw, start=start, key="labels", again="Judge them again")


def how_words(count: int) -> str:
    """What the button does, and how long it takes."""
    seconds = max(FEWEST_SECONDS, count * SECONDS_PER_IMAGE)
    return (
        f"Three small networks are trained, each on two thirds of the {count:,} training images, and each judges the "
        "labels of the third that it has not seen; all three judge the test images. On two idle cores this takes about "
        f"{duration(seconds)}."
    )


def _draw(dataset: Dataset, title: str, part: str, result: dict[str, Any]) -> None:
    # No fragment: a click right behind one that leaves the page would draw it into the page that comes.
    review(dataset, title, part, result)
