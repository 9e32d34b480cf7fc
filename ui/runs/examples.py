"""Images with what a network answers below each, and a link to why."""

from __future__ import annotations

import numpy as np
import streamlit as st

from mnistcore.runs import Run
from ui.frame.page import is_dark
from ui.frame.words import probability_text
from ui.pictures.figures import data_address, digit_grid_png
from ui.runs.evaluation import Answers
from ui.runs.why_link import why_link


def example_captions(answers: Answers, rows: np.ndarray) -> list[str]:
    """Under each image: ✓ or ✗, true digit → prediction, its probability, the image's number in the data set."""
    captions, predictions = [], answers.predictions
    for row in rows:
        true, predicted = int(answers.labels[row]), int(predictions[row])
        mark = "✓" if true == predicted else "✗"
        probability = probability_text(float(answers.probabilities[row, predicted]))
        captions.append(f"{mark} {true} → {predicted}  \n{probability} · #{answers.positions[row]}")
    return captions


def show_examples(
    run: Run, answers: Answers, rows: np.ndarray, width: int = 104, pair: tuple[int, int] | None = None
) -> None:
    """The images of ``rows`` with their captions, in a row that wraps; below each a link to why it was taken so, and
    not for its label or, of a ``pair`` of digits, not for the other one."""
    dark, predictions = is_dark(), answers.predictions
    with st.container(horizontal=True, gap="small"):
        for row, caption in zip(rows, example_captions(answers, rows), strict=True):
            picture = digit_grid_png(answers.images[row][None], columns=1, scale=4, gap=0, dark=dark)
            with st.container(width=width, gap=None):
                st.image(data_address(picture), caption=caption, width=width)
                rival = rival_of(int(answers.labels[row]), int(predictions[row]), pair)
                why_link(run, answers.images[row], answers.step, against=rival, label="Why?")


def rival_of(true: int, predicted: int, pair: tuple[int, int] | None) -> int | None:
    """With which digit an answer is compared; None for the one with the next best score."""
    if pair is not None and predicted in pair:
        return pair[1] if predicted == pair[0] else pair[0]
    return None if true == predicted else true
