"""Images on the axis: those nearest to the decision, and those of a part of it."""

from __future__ import annotations

import numpy as np
import streamlit as st

from mnistcore.insight.digit_pair import BINS, bin_of, nearest_to_decision
from ui.frame.words import counted
from ui.pair.axis import choose_part_of_axis, place_words
from ui.pair.found import Axis, Pair
from ui.runs.examples import show_examples

MIDDLE, FEW, MANY = 20, 20, 120


def show_middle(pair: Pair, axis: Axis) -> None:
    """The images that the network can hardly decide on."""
    rows = nearest_to_decision(axis.leads, MIDDLE)
    st.caption(
        f"The {counted(len(rows), 'image')} nearest to the decision, in their order along the axis: label → answer, "
        "its probability, the image's number in the data set."
    )
    _show(pair, axis, rows)


def show_part(pair: Pair, axis: Axis, edges: np.ndarray) -> None:
    """The images between two places of the axis, those nearest to the decision first."""
    low, high = choose_part_of_axis(edges)
    places = bin_of(axis.leads, edges)
    rows = np.flatnonzero((places >= low) & (places < high))
    rows = rows[np.argsort(np.abs(axis.leads[rows]), kind="stable")]
    labels = axis.answers.labels[rows]
    words = f"{counted(len(rows), 'image')} from {place_words(edges[low])} to {place_words(edges[high])}"
    words += ", and beyond the end of the axis" if low == 0 or high == BINS else ""
    words += f": {(labels == pair.first).sum():,} labelled {pair.first}, {(labels == pair.second).sum():,} labelled "
    st.markdown(f"{words}{pair.second}.")
    if not len(rows):
        st.caption("Move an end of the slider, or click a bar.")
        return
    shown = rows[:MANY] if len(rows) > FEW and st.toggle("Show more", key="pair-more") else rows[:FEW]
    if len(shown) < len(rows):
        st.caption(f"The {len(shown)} nearest to the decision.")
    _show(pair, axis, shown)


def _show(pair: Pair, axis: Axis, rows: np.ndarray) -> None:
    show_examples(pair.run, axis.answers, rows, pair=(pair.first, pair.second))
