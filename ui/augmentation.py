"""Augmentation in the builder: how far images may be changed, and a few of them before and after."""

from __future__ import annotations

import numpy as np
import streamlit as st

from mnistcore.data.augmentation import AugmentationConfig, augment
from mnistcore.training import TrainingConfig
from ui import draft
from ui.digits import tiles
from ui.draft import seed
from ui.session import get_dataset
from ui.words import augmentation_words

DIGITS, VERSIONS = 8, 4  # in the preview: images side by side, and what may become of each below it
USUAL = {"shift": 2.0, "rotation": 10.0, "scale": 0.1, "shear": 0.1, "elastic": 1.0}
OFF = dict.fromkeys(USUAL, 0.0)
# Field, label, highest, step, what it does.
FIELDS: tuple[tuple[str, str, float, float, str], ...] = (
    ("shift", "Shift in pixels", 14.0, 0.5, "Moved by up to so many pixels, sideways and up or down."),
    ("rotation", "Rotation in degrees", 180.0, 5.0, "Turned by up to so many degrees, either way; mind 6 and 9."),
    ("scale", "Scale, as a share", 0.9, 0.05, "Wider or narrower, higher or lower by up to this share."),
    ("shear", "Shear", 2.0, 0.05, "Slanted, as handwriting is: up to so many pixels sideways for one down."),
    ("elastic", "Elastic bending in pixels", 8.0, 0.5, "Strokes are bent: points move by about so many pixels."),
)


def build_augmentation(config: TrainingConfig | None, dataset: str) -> None:
    """Five limits, all 0 at first; with a config that augments, images of the data set before and after."""
    is_on = config is not None and config.augmentation.is_on
    opened = st.expander("Augmentation", key="augmentation_open", on_change="rerun")
    with opened:
        st.caption("Every image is changed a little, in another way each time it is learned from: more to learn from.")
        with st.container(horizontal=True):
            st.button("Usual values", on_click=draft.put_setting, args=("augmentation", USUAL))
            st.button("Off", on_click=draft.put_setting, args=("augmentation", OFF))
        for row in (FIELDS[:2], FIELDS[2:4], FIELDS[4:]):  # each its own columns: on a phone they keep their order
            for column, (field, label, high, step, explained) in zip(st.columns(2), row, strict=False):
                begin = seed(f"augmentation.{field}")
                column.number_input(label, 0.0, high, **begin, step=step, format="%g", help=explained)
        if is_on and config is not None and opened.open:
            _preview(config.augmentation, dataset)
    if is_on and config is not None:  # outside: an expander whose label changes would close
        st.caption(f"Augmentation is on: {augmentation_words(config.augmentation)}.")


def _preview(config: AugmentationConfig, dataset: str) -> None:
    """Training images in a row, and below each what training may see in its place."""
    data = get_dataset(dataset)
    rng = np.random.default_rng(st.session_state.get("augmentation_seed", 0))
    chosen = rng.choice(len(data.train_images), min(DIGITS, len(data.train_images)), replace=False)
    originals = data.train_images[chosen]
    rows = [originals, *(augment(originals, config, rng) for _ in range(VERSIONS))]
    names = [f"training image {place + 1:,}, a {data.train_labels[place]}" for place in chosen]
    names += [f"{name}, changed" for _ in range(VERSIONS) for name in names]
    tiles(list(np.concatenate(rows)), [""] * len(names), names, columns=len(chosen))
    st.caption("Above, images as they are; below, what training may see in their place.")
    st.button("Other images", on_click=_others)


def _others() -> None:
    st.session_state["augmentation_seed"] = st.session_state.get("augmentation_seed", 0) + 1
