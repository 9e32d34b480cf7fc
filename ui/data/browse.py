"""A data set's images: a page of them by digit and index, and one of them pixel by pixel."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st

from mnistcore.data import Dataset
from ui.frame.number_choice import step_number
from ui.pictures.digits import tiles

PARTS = {"train": "Training", "test": "Test"}
PER_PAGE = 60


def choose_images(dataset: Dataset) -> tuple[str, int | None]:
    """The part ("train" or "test") and the digit (None for all) to look at."""
    left, right = st.columns(2, vertical_alignment="bottom")
    with left:
        part = st.segmented_control(
            "Part",
            list(PARTS),
            default="train",
            key="browse_part",
            format_func=lambda name: f"{PARTS[name]} · {len(dataset.part(name)[1]):,}",
        )
    with right:
        digits = [None, *range(10)]
        digit = st.selectbox("Digit", digits, key="browse_digit", format_func=lambda d: "All" if d is None else str(d))
    return part or "train", digit


def show_page(images: np.ndarray, labels: np.ndarray, digit: int | None, dark: bool) -> None:
    """A page of the images (n, 28, 28) of one digit, or of all, with label and index below each."""
    found = np.arange(len(labels)) if digit is None else np.flatnonzero(labels == digit)
    if not len(found):
        st.markdown(f"This part has no images of {digit}.")
        return
    pages = -(-len(found) // PER_PAGE)
    page = 1
    if pages > 1:
        page = step_number("Page", "page", 1, pages, f"browse_page_{digit}_{pages}")
    shown = found[(page - 1) * PER_PAGE : page * PER_PAGE]
    tiles(
        [images[i] if dark else 255 - images[i] for i in shown],
        [f"{labels[i]} · #{i:,}" for i in shown],
        [f"Labelled {labels[i]}, image {i:,}" for i in shown],
    )


def show_one(images: np.ndarray, labels: np.ndarray, dark: bool) -> None:
    """One image by its index: large, every pixel with its value on hovering, and the values as a table."""
    last = len(labels) - 1
    picture, beside = st.columns([2, 3], gap="large")
    with beside:
        index = step_number("Index", "image", 0, last, f"browse_index_{last}")
        image = images[index]
        st.markdown(f"Labelled **{labels[index]}**: {np.count_nonzero(image)} of its 784 pixels are inked.")
        st.caption("Point at a pixel to read its value: 0 is paper, 255 is full ink.")
        with st.expander("All values"):
            st.dataframe(pd.DataFrame(image), height=300)
    with picture:
        st.altair_chart(pixel_chart(image, dark), key="one_image", width="content")


def pixel_chart(image: np.ndarray, dark: bool) -> alt.Chart:
    """A (28, 28) uint8 image as 784 squares that tell row, column and value."""
    rows, columns = np.indices(image.shape)
    pixels = pd.DataFrame({"row": rows.ravel(), "column": columns.ravel(), "value": image.ravel()})
    paper, ink = ("#000000", "#ffffff") if dark else ("#ffffff", "#000000")
    side = alt.Step(11)
    return (
        alt.Chart(pixels, width=side, height=side)
        .mark_rect()
        .encode(
            x=alt.X("column:O", axis=None, scale=alt.Scale(paddingInner=0, paddingOuter=0)),
            y=alt.Y("row:O", axis=None, scale=alt.Scale(paddingInner=0, paddingOuter=0)),
            color=alt.Color("value:Q", legend=None, scale=alt.Scale(domain=[0, 255], range=[paper, ink])),
            tooltip=["row:O", "column:O", "value:Q"],
        )
    )
