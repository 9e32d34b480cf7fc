"""The smoothing of training curves, on every page that draws them."""

from __future__ import annotations

import streamlit as st

USUAL = 2  # percent of the images so far: enough that the short stretch at the end of an epoch is no dip


def choose_smoothing() -> int:
    """Percent of the images so far; the same on every page of a session."""
    return st.slider(
        "Smoothing",
        0,
        20,
        USUAL,
        format="%d %%",
        key="curve_smoothing",
        persist_state="session",
        width=140,
        help="Each point of a training curve is the mean over the latest images: this percentage of all images so far. "
        "0 %: as measured.",
    )
