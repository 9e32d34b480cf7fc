"""Weight images as crisp pictures on one diverging scale, its colour bar, and a histogram of the weights."""

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st

from ui.figures import DIVERGING, DIVERGING_DARK, data_address, weight_grid_png

# Five images a row at every width, so that on a telephone too all ten stand under the slider that moves them.
GRID = """
<style>
.st-key-digit-gallery { display: grid !important; grid-template-columns: repeat(5, minmax(0, 1fr)); gap: 0.75rem; }
.st-key-digit-gallery > * { width: auto !important; min-width: 0 !important; }
</style>
"""


def digit_gallery(images: np.ndarray, limit: float, dark: bool) -> None:
    """Ten images (10, 28, 28), one a digit, with the digit below each."""
    st.html(GRID)
    with st.container(horizontal=True, key="digit-gallery"):
        for digit, image in enumerate(images):
            picture = weight_grid_png(image[None], columns=1, scale=2, limit=limit, gap=0, dark=dark)
            st.image(data_address(picture), caption=str(digit), width="stretch")


def units_gallery(images: np.ndarray, limit: float, dark: bool, columns: int = 8) -> None:
    """Images (n, 28, 28) on one sheet, in reading order; it shrinks with the screen."""
    sheet = weight_grid_png(images, columns=columns, scale=2, limit=limit, gap=3, dark=dark)
    st.image(data_address(sheet), width=760)


def color_bar(limit: float, dark: bool, what: str) -> None:
    """The one scale of a gallery: its ends, its zero and what it measures."""
    stops = ", ".join(DIVERGING_DARK if dark else DIVERGING)
    st.html(
        f'<div role="img" aria-label="Colour scale from {-limit:.2g} to {limit:.2g}, zero in the middle" '
        'style="max-width:340px;font-size:0.8rem;font-variant-numeric:tabular-nums">'
        f'<div style="height:10px;border-radius:2px;background:linear-gradient(to right, {stops})"></div>'
        '<div style="display:flex;justify-content:space-between;opacity:0.8">'
        f"<span>−{limit:.2g}</span><span>0</span><span>+{limit:.2g}</span></div>"
        f'<div style="opacity:0.8">{what}</div></div>'
    )


def weight_histogram(counts: np.ndarray, edges: np.ndarray) -> alt.Chart:
    """How many weights have which size: counts (k,) of the bins between edges (k + 1,)."""
    limit = float(edges[-1])
    bins = pd.DataFrame({"low": edges[:-1], "high": edges[1:], "count": counts})
    title = "Weight; the outermost bars hold all beyond"
    x_axis = alt.Axis(tickCount=8, grid=False)
    return (
        alt.Chart(bins)
        .mark_bar(binSpacing=1)
        .encode(
            x=alt.X("low:Q", bin="binned", title=title, axis=x_axis, scale=alt.Scale(domain=[-limit, limit])),
            x2="high:Q",
            y=alt.Y("count:Q", title="How many", axis=alt.Axis(tickCount=4, format="~s")),
            color=alt.condition("datum.low + datum.high < 0", alt.value("#4a90cf"), alt.value("#d9634a")),
            tooltip=[
                alt.Tooltip("low:Q", title="From", format=".3f"),
                alt.Tooltip("high:Q", title="To", format=".3f"),
                alt.Tooltip("count:Q", title="Weights", format=","),
            ],
        )
        .properties(height=200)
    )
