"""What a map shows: which images, and by which numbers."""

from __future__ import annotations

import hashlib

import streamlit as st

from mnistcore.data import Dataset
from mnistcore.insight.layer_values import valued_layers
from mnistcore.runs import Run
from ui.frame.selection import chosen_in, labels
from ui.map.frames import PIXELS

PARTS = {"test": "Test", "train": "Training"}
COUNTS = (1000, 2000, 5000, 10_000)
USUAL = 2000
BY = "by"


def choose_images(dataset: Dataset) -> tuple[str, int]:
    """The part, "test" or "train", and how many of its images, up to 10,000."""
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    with left:
        part = st.segmented_control(
            "Images", list(PARTS), default="test", required=True, format_func=PARTS.__getitem__, key="map_part"
        )
    most = len(dataset.part(part or "test")[1])
    offered = [*(count for count in COUNTS if count < most), min(most, COUNTS[-1])]
    offered = list(dict.fromkeys(offered))
    with right:
        count = st.selectbox(
            "How many",
            offered,
            index=offered.index(USUAL) if USUAL in offered else 0,
            format_func=lambda count: f"all {count:,}" if count == most else f"{count:,}",
            key=f"map_count_{min(most, COUNTS[-1])}",
        )
    return part or "test", int(count)


def choose_layer(run: Run | None) -> int:
    """By which numbers: PIXELS, or a place in ``valued_layers``, the last before the output at first; in the address.

    Without a run there are the pixels only.
    """
    if run is None:
        return PIXELS
    layers = valued_layers(run.config)
    titles = {"pixels": "Pixels"} | {str(layer.index): layer.name for layer in layers}
    usual = str(layers[-2].index) if len(layers) > 1 else str(layers[-1].index)
    widget = f"choose_{BY}"
    asked = st.query_params.get(BY, usual)
    st.session_state[widget] = asked if asked in titles else usual
    chosen = st.selectbox("By", list(titles), key=widget, format_func=labels(widget, titles), on_change=_remember)
    if chosen != usual or BY in st.query_params:
        st.query_params[BY] = chosen
    return PIXELS if chosen == "pixels" else [str(layer.index) for layer in layers].index(chosen)


def set_name(dataset: Dataset, part: str, count: int) -> str:
    """What names these images on the page: letters and digits."""
    return hashlib.sha256(f"{dataset.fingerprint} {part} {count}".encode()).hexdigest()[:12]


def _remember() -> None:
    for chosen in chosen_in(f"choose_{BY}"):
        st.query_params[BY] = chosen
