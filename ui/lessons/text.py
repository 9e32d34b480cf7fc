"""The text of a lesson's step: Markdown, with figures of its networks and images that they read, or fail to read."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import streamlit as st

from mnistcore.errors import ExplorerError
from mnistcore.insight.puzzle import puzzle_rows
from mnistcore.lessons.body import FIELD, OF
from mnistcore.lessons.lesson import PICTURES
from mnistcore.runs import Run
from ui.frame.page import is_dark
from ui.frame.session import get_dataset, get_store
from ui.frame.words import counted, fraction, percent, plain, probability_text
from ui.pictures.digits import tiles
from ui.runs.evaluation import Answers, answers

IMAGES = 10
UNKNOWN = "(after training)"


def without_digits(text: str) -> str:
    """The text without its rows of images: once they are shown with their answers."""
    return "\n".join(line for line in text.split("\n") if not line.strip().startswith("{{digits of"))


def show_text(text: str, runs: Mapping[str, Run | None]) -> None:
    """Show the text; a figure or image of a network that is not trained yet says so in its place."""
    waiting: list[str] = []
    for line in [*text.split("\n"), None]:
        found = None if line is None else FIELD.fullmatch(line.strip())
        of = found and OF.fullmatch(found[1])
        is_picture = bool(of and of[1] in PICTURES)
        if line is not None and not is_picture:
            waiting.append(FIELD.sub(lambda field: _figure(field[1], runs), line))
            continue
        if "\n".join(waiting).strip():
            st.markdown("\n".join(waiting))
        waiting = []
        if of and is_picture:
            _show_images(runs.get(of[2]), is_answered=of[1] == "answers")


def _figure(inside: str, runs: Mapping[str, Run | None]) -> str:
    of = OF.fullmatch(inside)
    run = runs.get(of[2]) if of else None
    if of is None or run is None or run.is_active:
        return UNKNOWN
    if of[1] == "mistakes":
        try:
            found = _answers(run)
        except ExplorerError:
            return UNKNOWN
        wrong = int((found.predictions != found.labels).sum())
        return f"{counted(wrong, 'image')} of {len(found.labels):,}"
    measured = {
        "test accuracy": run.test_accuracy,
        "validation accuracy": run.validation_accuracy,
        "training accuracy": run.train_accuracy,
    }
    return percent(measured[of[1]], 2)


def _answers(run: Run) -> Answers:
    return answers(get_store(), run, get_dataset(run.dataset), "test")


def _show_images(run: Run | None, is_answered: bool) -> None:
    """Ten test images, half of which the network reads wrongly; on a second look with its answers."""
    if run is None or run.is_active:
        st.caption("Ten images appear here once the network is trained.")
        return
    try:
        found = _answers(run)
    except ExplorerError as error:
        st.info(plain(str(error)))
        return
    rows = puzzle_rows(found.probabilities, found.labels, IMAGES)
    predictions = found.predictions[rows]
    names = [chr(ord("A") + place) for place in range(len(rows))]
    captions, spoken = names, [f"Image {name}" for name in names]
    if is_answered:
        is_right = predictions == found.labels[rows]
        sure = [probability_text(float(share)) for share in found.probabilities[rows].max(axis=1)]
        captions = [
            f"{name} {'✓' if right else '✗'} {label} → {answer}, {share}"
            for name, right, label, answer, share in zip(
                names, is_right, found.labels[rows], predictions, sure, strict=True
            )
        ]
        spoken = [f"Image {caption}" for caption in captions]
        st.caption(f"Digit → answer, and how sure it was. Read correctly: {fraction(int(is_right.sum()), len(rows))}.")
    images = found.images[rows] if is_dark() else np.asarray(255 - found.images[rows])
    tiles(list(images), captions, spoken, columns=5)
