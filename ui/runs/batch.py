"""The pictures of the live view: the classified batch, and the weight images as they form."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import streamlit as st

from mnistcore.errors import ExplorerError, RunError
from ui.frame.page import is_dark
from ui.frame.session import get_dataset
from ui.pictures.figures import color_bar_html, data_address, digit_grid_png, weight_grid_png

if TYPE_CHECKING:
    from mnistcore.runs import Run, RunStore

HALF = 16  # images in each half of the strip; the halves stand side by side, or below each other on a phone
ROW, DIGITS = 10, 5  # weight images in a row of each half; of those of the ten digits
UNITS = 20  # weight images shown of a first layer that has more
SIDE = 28  # the least that a weight image is drawn with, in pixels
REFRESH_SECONDS = 2.0


def show_batch(store: RunStore, run: Run) -> None:
    """The newest batch, classified before the network learned from it, with ✓ and ✗."""
    batch = store.latest_batch(run.id)
    if batch is None:
        return
    try:
        images = get_dataset(run.dataset).train_images
    except ExplorerError as error:
        st.caption(f"The batch cannot be shown: {error}")
        return
    indices = batch.indices[: 2 * HALF]
    right = (batch.predictions == batch.labels)[: 2 * HALF]
    st.caption(
        f"The batch of step {batch.step:,}, classified before the network learned from it: "
        f"{int(right.sum())} of {len(right)} right."
    )
    for start, column in zip(range(0, 2 * HALF, HALF), st.columns(2, gap="small"), strict=True):
        part = slice(start, start + HALF)
        if len(indices[part]):
            with column:
                picture = digit_grid_png(images[indices[part]], HALF, 1, right[part], 4, is_dark(), fill=True)
                st.image(
                    data_address(picture), width="stretch", alt=_spoken(batch.labels[part], batch.predictions[part])
                )


def _spoken(labels: Any, predictions: Any) -> str:
    return "; ".join(f"{label} read as {said}" for label, said in zip(labels, predictions, strict=True))


def show_weights(store: RunStore, run: Run, dark: bool) -> None:
    """The first layer's weight images on one scale: ten digits' for a single layer, else its first units or filters."""
    picture = _weights_picture(store, run, dark)
    if picture is None:
        return
    is_single = picture["is_single"]
    st.caption(
        f"{_weights_words(picture)}, after step {picture['step']:,}: "
        "how strongly ink at each pixel counts for or against it."
    )
    for png, first, column in zip(picture["pngs"], (0, DIGITS), st.columns(2, gap="small"), strict=False):
        with column, st.container(gap="xsmall"):
            st.image(data_address(png), width="stretch", alt="Weight images of the first layer")
            if is_single:
                st.html(_digits_html(first))
    st.html(color_bar_html(picture["limit"], dark))


def _weights_words(picture: dict[str, Any]) -> str:
    """`Weight images of the first layer, the first 20 of 128 units`."""
    shown, units = picture["shown"], picture["units"]
    if picture["is_single"]:
        return "Weight images of the first layer, one for each digit, 0 to 9"
    if picture["kind"] == "conv2d":
        which = f"all {units}" if shown == units else f"the first {shown} of {units}"
        return f"The first layer's filters, {which}, which slide over the image"
    return f"Weight images of the first layer, the first {shown} of {units:,} units"


def _weights_picture(store: RunStore, run: Run, dark: bool) -> dict[str, Any] | None:
    """The gallery as PNGs; during training redrawn at most once per REFRESH_SECONDS, or at every step to be seen."""
    kept: dict[str, Any] | None = st.session_state.get("live_weights")
    is_by_time = run.status == "running" and not run.is_stepwise
    key = (run.id, run.status, None if is_by_time else run.step, dark)
    if (
        kept is not None
        and kept["key"] == key
        and (not is_by_time or time.monotonic() - kept["time"] < REFRESH_SECONDS)
    ):
        return kept
    try:
        drawn = _draw_weights(store, run, dark)
    except RunError:
        return None  # no weights yet
    kept = st.session_state["live_weights"] = drawn | {"key": key, "time": time.monotonic()}
    return kept


def _draw_weights(store: RunStore, run: Run, dark: bool) -> dict[str, Any]:
    from mnistcore.insight import symmetric_limit, weight_images, weighted_layers

    layers = weighted_layers(run.config)
    network, step = store.load_weights(run.id)
    images = weight_images(network)
    shown = images[:UNITS]
    limit = symmetric_limit(shown)
    is_single = len(layers) == 1
    row = DIGITS if is_single else ROW
    per_half = -(-len(shown) // (2 * row)) * row
    halves = [shown[:per_half], shown[per_half:]]
    scale = max(1, SIDE // images.shape[2])  # filters as large as the images, so that the gaps are the same
    pngs = [weight_grid_png(half, row, scale, limit, 2, dark, fill=True) for half in halves if len(half)]
    facts = {
        "step": step,
        "kind": layers[0].kind,
        "is_single": is_single,
        "units": len(images),
        "shown": len(shown),
    }
    return {"pngs": pngs, "limit": limit, **facts}


def _digits_html(first: int) -> str:
    """The digits below a row of weight images."""
    cells = "".join(f"<span>{digit}</span>" for digit in range(first, first + DIGITS))
    style = f"display:grid;grid-template-columns:repeat({DIGITS},1fr);text-align:center;font-size:.9rem;opacity:.75"
    return f'<div style="{style}">{cells}</div>'
