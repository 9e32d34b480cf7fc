"""Images without a digit, and what networks take them for: a table of images and runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
import streamlit as st

from mnistcore.data import Dataset
from mnistcore.insight.nonsense import count_sure, nonsense_images, two_digits
from ui.frame.page import is_dark
from ui.frame.words import percent, plain, probability_text
from ui.pictures.digits import data_uri
from ui.stress.runs import Reader

SURE = 0.9
STYLE = """
<style>
.nonsense { overflow-x: auto; }
.nonsense table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; }
.nonsense th { font-weight: 600; text-align: right; vertical-align: bottom; padding: .2rem 0 .4rem 1.6rem;
  max-width: 9rem; overflow-wrap: anywhere; }
.nonsense th:first-child, .nonsense td:first-child { text-align: left; padding-left: 0; font-weight: 400; }
.nonsense td { padding: .3rem 0 .3rem 1.6rem; text-align: right; white-space: nowrap;
  border-top: 1px solid rgba(128,128,128,.2); }
.nonsense td:first-child div { display: flex; align-items: center; gap: .7rem; white-space: normal; }
.nonsense img { width: 44px; height: 44px; image-rendering: pixelated; border-radius: 2px; flex: none; }
.nonsense b { display: inline-block; font-size: 1.15rem; font-weight: 600; margin-right: .6rem; }
.nonsense .share { display: inline-block; min-width: 4.2rem; }
.nonsense .unsure { opacity: .6; }
@media (max-width: 640px) {
  .nonsense td, .nonsense th { padding-left: .6rem; }
  .nonsense td:first-child div { flex-direction: column; align-items: flex-start; gap: .2rem; max-width: 6.5rem; }
  .nonsense b { margin-right: .2rem; }
}
</style>
"""


@st.fragment
def show_nonsense(readers: list[Reader], dataset: Dataset) -> None:
    """What each run claims to see in images without a digit, and how sure it is."""
    turn = st.session_state.setdefault("stress_nonsense", 0)
    st.markdown(
        "A network with ten possible answers must give one of them to any image. Look for high percentages: there it "
        "is sure of a digit that is not there."
    )
    if st.button("New noise and digits", key="stress_nonsense_again", icon=":material/refresh:"):
        turn = st.session_state["stress_nonsense"] = turn + 1
    named = nonsense_images(two_digits(dataset.test_images, dataset.test_labels, turn), np.random.default_rng(turn))
    images = np.stack([image for _, image in named])
    answers = {reader.title: reader.network.predict(images) for reader in readers}
    st.markdown(sure_words(answers))
    st.html(claims_html([title for title, _ in named], images, answers, is_dark()))


def sure_words(answers: Mapping[str, np.ndarray]) -> str:
    """How many of the images each network (title → probabilities (n, 10)) is sure of."""
    counts = {title: count_sure(found, SURE) for title, found in answers.items()}
    total = len(next(iter(answers.values())))
    (first, count), *others = counts.items()
    said = f"**{plain(first)}** is at least {percent(SURE, 0)} sure about {count} of the {total} images"
    return ", ".join([said, *(f"**{plain(title)}** about {count}" for title, count in others)]) + "."


def claims_html(
    titles: Sequence[str], images: np.ndarray, answers: Mapping[str, np.ndarray], dark: bool = False
) -> str:
    """A table: a row for each of n images (n, 28, 28), a column for each network (title → probabilities (n, 10))."""
    heads = "".join(f'<th scope="col">{escape(title)}</th>' for title in answers)
    rows = "".join(
        f'<tr><td><div><img alt="" src="{data_uri(image if dark else 255 - image)}">{escape(title)}</div></td>'
        + "".join(_claim(found[row]) for found in answers.values())
        + "</tr>"
        for row, (title, image) in enumerate(zip(titles, images, strict=True))
    )
    head = f'<thead><tr><th scope="col">Image</th>{heads}</tr></thead>'
    return f'{STYLE}<div class="nonsense" tabindex="0"><table>{head}<tbody>{rows}</tbody></table></div>'


def _claim(probabilities: np.ndarray) -> str:
    """A cell: the digit, and how sure; pale where it is not sure."""
    digit = int(probabilities.argmax())
    share = float(probabilities[digit])
    pale = "" if share >= SURE else " unsure"
    return f'<td><b>{digit}</b><span class="share{pale}">{probability_text(share)}</span></td>'
