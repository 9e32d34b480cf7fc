"""Have a trained network go on learning from drawings: what is mixed in, and one click that starts it."""

from __future__ import annotations

import numpy as np
import streamlit as st

from mnistcore.data.teaching_set import held_back
from mnistcore.runs import Run, RunStore
from mnistcore.runs.teaching import MIXES, STEPS, USUAL_MIX, note_teaching, prepare_lesson
from ui.frame.clicks import start_run
from ui.frame.dataset_choice import training_images
from ui.frame.selection import DATASET_TITLES
from ui.frame.words import counted, shortened


def teach(store: RunStore, source: Run, images: np.ndarray, labels: np.ndarray, kind: str, title: str) -> None:
    """The choice and the button; drawings (n, 28, 28) uint8 with labels (n,), called ``title``, of this ``kind``.

    ``source`` is the network that goes on. What it learns is a new run: the old one stays as it is.
    """
    from mnistcore.data import default_dataset_name

    name = default_dataset_name()
    usual, available = DATASET_TITLES[name], training_images(name)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        mixed = st.segmented_control(
            f"Images of {usual} to mix in, so that it forgets less",
            [count for count in MIXES if count <= available],
            default=USUAL_MIX,
            required=True,
            format_func=lambda count: f"{count:,}" if count else "None",
            key=f"teach_mix_{kind}",
        )
        is_clicked = st.button(f"Learn from {title[0].lower()}{title[1:]}", type="primary", key=f"teach_{kind}")
    aside = int(held_back(labels).sum())
    kept_apart = f", {aside:,} {'is' if aside == 1 else 'are'} held back to judge by" if aside else ""
    st.caption(
        f"{counted(len(labels) - aside, 'drawing')} to learn from{kept_apart}; {STEPS:,} steps from the weights of "
        "the network above. It becomes a new run, the old one stays as it is."
    )
    if is_clicked:
        mixed = USUAL_MIX if mixed is None else mixed
        lesson = prepare_lesson(store, source, images, labels, title, mixed)
        name = shortened(f"{source.name} after {title[0].lower()}{title[1:]}", 180)
        note_teaching(store, start_run(lesson.config, lesson.dataset, name=name), kind, lesson)
        st.rerun()
