"""A part of a data set as a whole: how many of each digit, their mean images, how much ink."""

from __future__ import annotations

from dataclasses import dataclass

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st

from mnistcore.data import Dataset, PixelStatistics, class_counts, ink_shares, mean_images, pixel_statistics
from mnistcore.palette import DIGIT_COLORS
from ui.frame.words import percent
from ui.pictures.digits import tiles

BIN = 15  # the 255 grey levels of ink in 17 bars


@dataclass(frozen=True, eq=False)
class Overview:
    """Counts (10,), mean images (10, 28, 28) uint8 and pixel statistics of one part of a data set."""

    counts: np.ndarray
    means: np.ndarray
    pixels: PixelStatistics


def overview_of(dataset: Dataset, part: str) -> Overview:
    """Computed once per content and part, shared by all sessions."""
    return _overview(dataset, dataset.fingerprint, part)


@st.cache_resource(max_entries=8, show_spinner="Counting pixels …")
def _overview(_dataset: Dataset, fingerprint: str, part: str) -> Overview:
    images, labels = _dataset.part(part)
    means = np.rint(mean_images(images, labels)).astype(np.uint8)
    return Overview(class_counts(labels), means, pixel_statistics(images))


def show_overview(overview: Overview, dark: bool) -> None:
    """Balance, mean images and pixel statistics."""
    balance, mean = st.columns(2, gap="large")
    with balance:
        st.subheader("Images per digit", anchor=False)
        st.altair_chart(balance_chart(overview.counts), key="balance")
    with mean:
        st.subheader("Mean image of each digit", anchor=False)
        st.caption("Where a digit's images agree, the mean is sharp; where people write differently, it blurs.")
        tiles(
            list(overview.means if dark else 255 - overview.means),
            [str(digit) for digit in range(10)],
            [f"Mean image of the digit {digit}" for digit in range(10)],
            columns=5,
        )
    st.subheader("Pixels", anchor=False)
    numbers, histogram = st.columns(2, gap="large")
    with numbers:
        pixels = overview.pixels
        st.markdown(
            f"**{percent(pixels.paper_share)}** of all pixels are paper (0). Over all pixels, the mean is "
            f"**{pixels.mean:.1f}** and the standard deviation **{pixels.standard_deviation:.1f}**: on the scale "
            f"from 0 to 1, {pixels.mean / 255:.4f} and {pixels.standard_deviation / 255:.4f}."
        )
    with histogram:
        st.altair_chart(ink_chart(overview.pixels.histogram), key="ink")


def balance_chart(counts: np.ndarray) -> alt.Chart | alt.LayerChart | alt.FacetChart:
    """Counts (10,) as bars in the digits' colours, each with its number."""
    table = pd.DataFrame({"digit": np.arange(10), "count": counts, "share": counts / max(1, counts.sum())})
    base = alt.Chart(table, height=240).encode(
        x=alt.X("digit:O", axis=alt.Axis(labelAngle=0, title=None, ticks=False, domain=False)),
        y=alt.Y("count:Q", axis=None),
        tooltip=["digit:O", alt.Tooltip("count:Q", format=","), alt.Tooltip("share:Q", format=".1%")],
    )
    scale = alt.Scale(domain=list(range(10)), range=list(DIGIT_COLORS))
    bars = base.mark_bar(cornerRadius=2).encode(color=alt.Color("digit:O", legend=None, scale=scale))
    numbers = base.mark_text(dy=-7, fontSize=11, color="#8a8a8a").encode(text=alt.Text("count:Q", format=","))
    return alt.layer(bars, numbers)


def ink_chart(histogram: np.ndarray) -> alt.Chart:
    """How the inked pixels (1 to 255) of a (256,) histogram spread over the grey levels."""
    first = np.arange(1, 256, BIN)
    table = pd.DataFrame({"from": first, "to": first + BIN - 1, "share": ink_shares(histogram, BIN)})
    levels = alt.Axis(values=[1, 61, 121, 181, 241], labelAngle=0, ticks=False)
    return (
        alt.Chart(table, height=150)
        .mark_bar(color="#8a8a8a", cornerRadius=1)
        .encode(
            x=alt.X("from:O", title="value of the inked pixels", axis=levels, scale=alt.Scale(paddingInner=0.1)),
            y=alt.Y("share:Q", title=None, axis=alt.Axis(format=".0%", tickCount=3)),
            tooltip=["from:Q", "to:Q", alt.Tooltip("share:Q", format=".1%")],
        )
    )
