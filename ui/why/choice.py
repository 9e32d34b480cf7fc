"""What the page Why looks at: an image and a rival, both in the address."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from mnistcore.data import Dataset
from mnistcore.errors import ExplorerError
from mnistcore.runs import Run
from ui.frame.dataset_choice import missing_words
from ui.frame.number_choice import put_number
from ui.frame.selection import choose_view, dataset_titles
from ui.frame.session import get_dataset
from ui.frame.words import plain, shortened
from ui.runs.digit_source import SOURCES, choose_index, draw_digit
from ui.runs.why_link import parse_pixels

GIVEN = {"given": "From the link"}
TAKEN = "why-image-taken"  # the image in the address that the number field already shows


@dataclass(frozen=True, eq=False)
class Subject:
    """An image (28, 28) uint8, and what it is in words, such as "test image 8, labelled 5"."""

    image: np.ndarray
    words: str


def open_images(run: Run) -> Dataset | None:
    """The run's data set; generated digits for MNIST where that is missing, None where another one is."""
    name = "mnist" if run.dataset == "mnist-drawn" else run.dataset  # of MNIST with drawn digits, the part to look at
    if name == "mnist" and name not in dataset_titles():
        st.caption(f":material/info: {missing_words(name)} These are generated digits.")
        name = "generated"
    try:
        return get_dataset(name)
    except ExplorerError as error:
        st.info(f"Only drawn digits are available: {error}")
        return None


def choose_subject(dataset: Dataset | None) -> Subject | None:
    """A test or training image by number, a drawing, or the image that a link holds; None while nothing is there."""
    sources = dict(SOURCES) if dataset is not None else {"draw": SOURCES["draw"]}
    given = st.query_params.get("pixels")
    source = choose_view(sources if given is None else sources | GIVEN, "digit", "Digit from")
    if source == "given" and given is not None:
        return Subject(parse_pixels(given), "the image from the link")
    if source == "draw" or dataset is None:
        image = draw_digit()
        return None if image is None else Subject(image, "the drawing")
    images, labels = dataset.part(source)
    index = _choose_index(labels, source)
    return Subject(images[index], f"{SOURCES[source].lower()} {index:,}, labelled {labels[index]},")


def choose_rival(ranked: np.ndarray) -> int:
    """A digit other than the answer, bound to the query parameter `against`; at first the one with the next best score.

    ranked: (10,) digits by their scores, the answer first.
    """
    answer, runner_up = int(ranked[0]), int(ranked[1])
    others = [digit for digit in range(len(ranked)) if digit != answer]
    asked = st.query_params.get("against", "")
    first = int(asked) if asked in map(str, others) else runner_up
    # Another answer or another first choice has a widget of its own: while the film plays, what the browser still says
    # of the one before must not count as a choice.
    widget = f"why-against-{answer}-{first}"
    return st.selectbox(
        "Rival",
        others,
        index=others.index(first),
        key=widget,
        on_change=_remember,
        args=(widget, first),
        help="The digit that the answer is compared with: at first the one with the next best score.",
        width=140,
    )


def _choose_index(labels: np.ndarray, source: str) -> int:
    """The number of an image, bound to the query parameter `image`: a link puts it into the field once."""
    name = f"why-{source}-{len(labels)}"
    asked = st.query_params.get("image")
    if asked is not None and f"{source} {asked}" != st.session_state.get(TAKEN):
        if asked.isdecimal() and int(asked) < len(labels):
            put_number(f"image-{name}", int(asked))
        else:
            words = f"There is no {SOURCES[source].lower()} {plain(shortened(asked))}: they go from 0 to"
            st.warning(f"{words} {len(labels) - 1:,}.", icon=":material/info:")
    index = choose_index(labels, name)
    if asked != str(index):
        st.query_params["image"] = str(index)
    st.session_state[TAKEN] = f"{source} {index}"
    return index


def _remember(widget: str, first: int) -> None:
    """Put the rival just chosen into the address, before the page runs again. What the widget showed at first is no
    choice: the browser reports it, too, where the widget comes back."""
    rival = st.session_state.get(widget)
    if rival is not None and rival != first:
        st.query_params["against"] = str(rival)
