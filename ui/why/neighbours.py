"""The training images that are most like a digit to the network, with their labels."""

from __future__ import annotations

import streamlit as st

from ui.frame.page import is_dark
from ui.pictures.digits import tiles
from ui.why.found import Neighbours

SHOWN = 16


def show_neighbours(found: Neighbours, answer: int, is_single_layer: bool) -> None:
    """The images in a grid, the nearest first, and how many have the answer's label."""
    dark = is_dark()
    alike = int((found.labels == answer).sum())
    st.markdown(f"Of the {len(found.labels)} training images most like it, **{alike}** are labelled {answer}.")
    tiles(
        [image if dark else 255 - image for image in found.images],
        [f"{label} · {cosine:.3f}" for label, cosine in zip(found.labels, found.cosines, strict=True)],
        [
            f"training image {position:,}, labelled {label}, cosine {cosine:.3f}"
            for position, label, cosine in zip(found.positions, found.labels, found.cosines, strict=True)
        ],
        smallest=84,
    )
    where = "their pixels" if is_single_layer else "the outputs of the last hidden layer"
    st.caption(
        f"Below each: its label, and the cosine between {where} for it and for the digit, 1 for the same direction. "
        f"Searched: {found.among:,} training images."
    )
