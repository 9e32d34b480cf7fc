"""The images chosen on the map, in words and as pictures."""

from __future__ import annotations

import numpy as np
import streamlit as st

from ui.frame.page import is_dark
from ui.frame.words import fraction, probability_text
from ui.map.frames import Frame
from ui.pictures.digits import tiles
from ui.runs.images import Images

MOST_SHOWN = 60


HOW = {"around": "around the one that you pointed at", "lasso": "inside your line", "box": "in your box"}


def show_chosen(images: Images, frame: Frame, chosen: np.ndarray, how: str) -> None:
    """The images chosen on the map, in words and as pictures."""
    if not len(chosen):
        st.markdown("Draw a line around some points, or click one, and you see their images here.")
        return
    st.markdown(chosen_words(images, frame, chosen, how))
    if how != "around" and frame.answers is not None:  # mistakes first
        chosen = chosen[np.argsort(frame.answers[chosen] == images.labels[chosen], kind="stable")]
    shown, dark = chosen[:MOST_SHOWN], is_dark()
    pictures = images.images[shown]
    captions, descriptions = [], []
    for place in shown:
        label, number = int(images.labels[place]), int(images.positions[place])
        if frame.answers is None or frame.certainty is None:
            captions.append(str(label))
            descriptions.append(f"image {number:,}, a {label}")
            continue
        answer = int(frame.answers[place])
        captions.append(f"✓ {label}" if answer == label else f"✗ {label} → {answer}")
        sure = probability_text(float(frame.certainty[place]))
        descriptions.append(f"image {number:,}, a {label}, read as {answer} with probability {sure}")
    tiles(list(pictures if dark else 255 - pictures), captions, descriptions, smallest=52)
    if len(chosen) > MOST_SHOWN:
        st.caption(f"{MOST_SHOWN} of {len(chosen):,}" + (", mistakes first." if frame.answers is not None else "."))


def chosen_words(images: Images, frame: Frame, chosen: np.ndarray, how: str) -> str:
    """`24 images around the one that you pointed at, labelled 4 (20), 9 (4). Read correctly: 22 / 24.`"""
    counts = np.bincount(images.labels[chosen], minlength=10)
    order = [int(digit) for digit in np.argsort(-counts, kind="stable") if counts[digit]]
    words = f"**{len(chosen):,} image{'' if len(chosen) == 1 else 's'}** {HOW.get(how, 'chosen')}, labelled "
    words += ", ".join(f"{digit} ({counts[digit]:,})" for digit in order) + "."
    if frame.answers is not None:
        right = int((frame.answers[chosen] == images.labels[chosen]).sum())
        words += f" Read correctly: {fraction(right, len(chosen))}."
    return words
