"""Augmentation in the builder: its limits, and a few images before and after."""

from __future__ import annotations

import numpy as np
import streamlit as st

from mnistcore.data.augmentation import AugmentationConfig, augment
from mnistcore.training import TrainingConfig
from ui.frame.session import get_dataset
from ui.frame.words import augmentation_words
from ui.pictures.digits import tiles
from ui.train import draft
from ui.train.controls import number

DIGITS, VERSIONS = 8, 4  # in the preview: images side by side, and augmented versions below each
USUAL = {"shift": 2.0, "rotation": 10.0, "scale": 0.1, "shear": 0.1, "elastic": 1.0}
OFF = dict.fromkeys(USUAL, 0.0)
EXPLAINED = {
    "shift": "Moved by up to this many pixels, sideways and up or down.",
    "rotation": "Turned by up to this many degrees either way. Too far, and a 6 becomes a 9.",
    "scale": "Wider or narrower, taller or shorter by up to this fraction.",
    "shear": "Slanted, as handwriting is: by up to this many pixels sideways per pixel down.",
    "elastic": "Bent strokes: points move by about this many pixels.",
}
ROWS = (
    ("shift", "rotation"),
    ("scale", "shear"),
    ("elastic",),
)  # each its own columns: on a phone they keep their order


def build_augmentation(config: TrainingConfig | None, dataset: str) -> None:
    """Five limits, all 0 at first; with a config that augments, images of the data set before and after."""
    is_on = config is not None and config.augmentation.is_on
    opened = st.expander("Augmentation", key="augmentation_open", on_change="rerun")
    with opened:
        st.caption("Every image is changed a little, differently in each epoch, so that there is more to learn from.")
        with st.container(horizontal=True):
            st.button("Usual values", on_click=draft.put_setting, args=("augmentation", USUAL))
            st.button("Off", on_click=draft.put_setting, args=("augmentation", OFF))
        for row in ROWS:
            for column, field in zip(st.columns(2), row, strict=False):
                with column:
                    number(f"augmentation.{field}", help=EXPLAINED[field])
        if is_on and config is not None and opened.open:
            _preview(config.augmentation, dataset)
    if is_on and config is not None:  # outside: an expander whose label changes would close
        st.caption(f"Augmentation is on: {augmentation_words(config.augmentation)}.")


def _preview(config: AugmentationConfig, dataset: str) -> None:
    """Training images in a row, and below each what training may see instead."""
    data = get_dataset(dataset)
    rng = np.random.default_rng(st.session_state.get("augmentation_seed", 0))
    chosen = rng.choice(len(data.train_images), min(DIGITS, len(data.train_images)), replace=False)
    originals = data.train_images[chosen]
    rows = [originals, *(augment(originals, config, rng) for _ in range(VERSIONS))]
    names = [f"training image {place + 1:,}, labelled {data.train_labels[place]}" for place in chosen]
    names += [f"{name}, changed" for _ in range(VERSIONS) for name in names]
    tiles(list(np.concatenate(rows)), [""] * len(names), names, columns=len(chosen))
    st.caption("Above: the original images. Below: what training may see instead.")
    st.button("Other images", on_click=_others)


def _others() -> None:
    st.session_state["augmentation_seed"] = st.session_state.get("augmentation_seed", 0) + 1
