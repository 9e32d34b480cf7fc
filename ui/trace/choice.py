"""The choices of the step-by-step trace: an image, the label to teach, and the learning rate."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

from mnistcore.errors import ExplorerError
from mnistcore.nn import Network
from mnistcore.runs import Run
from ui.frame.number_field import number_field, number_text, say
from ui.frame.selection import choose_view
from ui.frame.session import get_dataset
from ui.frame.setting_numbers import number_of
from ui.frame.words import DISPLAY_NAMES
from ui.runs.digit_source import SOURCES, choose_index, draw_digit


@dataclass(frozen=True, eq=False)
class Lesson:
    """An image (28, 28) uint8, the label to be taught, and the settings of the step."""

    image: np.ndarray
    label: int
    learning_rate: float
    drops: bool


def choose_lesson(run: Run, network: Network) -> Lesson | None:
    """The image, its label and the settings of the step; None while nothing is drawn, or its learning rate is none."""
    found = _choose_image(run, network)
    if found is None:
        return None
    image, truth, name = found
    with st.container(horizontal=True):
        label = st.selectbox(
            "Label to learn",
            range(10),
            index=truth,
            key=f"trace-label-{run.id}-{name}",
            help="At first the true label, or for a drawing the network's answer. Choose another to teach it that.",
            width=160,
        )
        rate, problem = _choose_rate(run)
    say(problem)
    drops = False
    if any(layer.kind == "dropout" for layer in run.config.layers):
        drops = st.toggle("Apply dropout, as in training", key=f"trace-drops-{run.id}")
    return None if rate is None else Lesson(image, label, rate, drops)


def _choose_rate(run: Run) -> tuple[float | None, str | None]:
    """The learning rate of the step, first that of the run; None and a sentence for what cannot be one."""
    number = number_of("learning_rate")
    assert number is not None, "a setting that is a number"
    number = replace(number, label=f"Learning rate ({DISPLAY_NAMES[run.config.optimizer.kind]})")
    key = f"trace-rate-{run.id}"
    problem = number_field(number, key, number_text(run.config.learning_rate), width=220)
    return (number.parse(st.session_state[key]) if problem is None else None), problem


def _choose_image(run: Run, network: Network) -> tuple[np.ndarray, int, str] | None:
    """An image, its label (of a drawing, what the network takes it for) and a name for it."""
    try:
        dataset = get_dataset(run.dataset)
    except ExplorerError as error:
        st.info(f"Only drawn digits are available: {error}")
        dataset = None
    source = "draw" if dataset is None else choose_view(SOURCES, "digit", "Digit from")
    if dataset is None or source == "draw":
        image = draw_digit()
        if image is None:
            return None
        answer = int(network.logits(image[None])[0].argmax())
        return image, answer, f"drawn-{answer}"
    images, labels = dataset.part(source)
    index = choose_index(labels, f"{source}-{len(labels)}")
    return images[index], int(labels[index]), f"{source}-{index}"
