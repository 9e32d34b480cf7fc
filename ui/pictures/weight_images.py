"""Weight images as crisp pictures on one diverging scale, its colour bar, and a histogram of the weights."""

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st

from ui.pictures.figures import color_bar_html, data_address, weight_grid_png

SHEET = 760  # the width of a sheet in CSS pixels, on screens that have them
PAGE = 64
ROW, MANY = 8, 32  # small images in a row; twice as many where there are more than this
# Five images a row at every width, so that on a phone too all ten fit below their slider.
GRID = """
<style>
[class*="st-key-digit-gallery"] {
  display: grid !important; grid-template-columns: repeat(5, minmax(0, 1fr)); gap: 0.75rem; }
[class*="st-key-digit-gallery"] > * { width: auto !important; min-width: 0 !important; }
</style>
"""


def digit_gallery(images: np.ndarray, limit: float, dark: bool, key: str = "digit-gallery") -> None:
    """Ten images (10, height, width), one a digit, with the digit below each."""
    st.html(GRID)
    with st.container(horizontal=True, key=key):
        for digit, image in enumerate(images):
            picture = weight_grid_png(image[None], columns=1, scale=2, limit=limit, gap=0, dark=dark)
            st.image(data_address(picture), caption=str(digit), width="stretch")


def units_gallery(images: np.ndarray, limit: float, dark: bool, columns: int = 8) -> None:
    """Images (n, height, width) on one sheet, in reading order; it shrinks with the screen."""
    scale = max(2, SHEET // (columns * images.shape[2]))
    sheet = weight_grid_png(images, columns=columns, scale=scale, limit=limit, gap=3, dark=dark)
    st.image(data_address(sheet), width=SHEET)


def numbered_gallery(
    images: np.ndarray, limit: float, dark: bool, what: str, before: int = 0, columns: int | None = None
) -> None:
    """Small images (n, height, width) in rows, each with its number below, counted from 1 after those ``before``."""
    columns = columns or (ROW if len(images) <= MANY else 2 * ROW)
    side = images.shape[2]
    scale = max(1, 2 * SHEET // (columns * side))
    gap = side * scale // 8
    with st.container():  # all rows together are one gallery to save
        for start in range(0, len(images), columns):
            part = images[start : start + columns]
            numbers = range(before + start + 1, before + start + len(part) + 1)
            picture = weight_grid_png(part, columns=columns, scale=scale, limit=limit, gap=gap, dark=dark, fill=True)
            with st.container(width=SHEET, gap=None):  # a picture a row: its numbers stay where they are in a replay
                st.image(data_address(picture), width="stretch", alt=f"{what} {numbers[0]} to {numbers[-1]}")
                st.html(_numbers_html(numbers, columns, 100 * gap / (columns * (side * scale + gap) - gap)))


def _numbers_html(numbers: range, columns: int, gap: float) -> str:
    """Numbers in as many columns as the pictures above them, ``gap`` percent of the row between two."""
    cells = "".join(f"<span>{number}</span>" for number in numbers)
    grid = f"display:grid;grid-template-columns:repeat({columns},minmax(0,1fr));column-gap:{gap:.3f}%"
    style = "text-align:center;font-size:.8rem;opacity:.75;font-variant-numeric:tabular-nums"
    return f'<div style="{grid};{style}">{cells}</div>'


def matrix_picture(weights: np.ndarray, limit: float, dark: bool) -> None:
    """Weights (units, inputs) as one picture, a row a unit."""
    scale = max(1, SHEET // weights.shape[1])
    picture = weight_grid_png(weights[None], columns=1, scale=scale, limit=limit, gap=0, dark=dark)
    st.image(data_address(picture), width=SHEET)


def choose_page(label: str, count: int, key: str) -> range:
    """Which of ``count`` things to show, counted from 0: all, or those chosen in a select box, PAGE at a time."""
    first = 0
    if count > PAGE:
        first = st.selectbox(
            label,
            range(0, count, PAGE),
            key=key,
            format_func=lambda first: f"{first + 1} to {min(first + PAGE, count)} of {count:,}",
            width=220,
        )
    return range(first, min(first + PAGE, count))


def color_bar(limit: float, dark: bool, what: str) -> None:
    """The colour scale of a gallery: its ends, its zero and what it measures."""
    st.html(color_bar_html(limit, dark, what))


def weight_histogram(counts: np.ndarray, edges: np.ndarray) -> alt.Chart:
    """The distribution of the weights: counts (k,) of the bins between edges (k + 1,)."""
    limit = float(edges[-1])
    bins = pd.DataFrame({"low": edges[:-1], "high": edges[1:], "count": counts})
    title = "Value; the outermost bars hold everything beyond"
    x_axis = alt.Axis(tickCount=8, grid=False)
    return (
        alt.Chart(bins)
        .mark_bar(binSpacing=1)
        .encode(
            x=alt.X("low:Q", bin="binned", title=title, axis=x_axis, scale=alt.Scale(domain=[-limit, limit])),
            x2="high:Q",
            y=alt.Y("count:Q", title="Weights", axis=alt.Axis(tickCount=4, format="~s")),
            color=alt.condition("datum.low + datum.high < 0", alt.value("#4a90cf"), alt.value("#d9634a")),
            tooltip=[
                alt.Tooltip("low:Q", title="From", format=".3f"),
                alt.Tooltip("high:Q", title="To", format=".3f"),
                alt.Tooltip("count:Q", title="Weights", format=","),
            ],
        )
        .properties(height=200)
    )
