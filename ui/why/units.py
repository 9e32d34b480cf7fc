"""The account of a hidden layer: the units that speak most for and against the answer, each with its picture."""

from __future__ import annotations

import numpy as np
import streamlit as st

from mnistcore.insight import WeightedLayer, layer_outputs, symmetric_limit, unit_weights
from mnistcore.insight.ledger import Ledger, last_of_block
from mnistcore.nn import Network
from ui.frame.page import is_dark
from ui.frame.selection import choose_view
from ui.frame.words import signed
from ui.pictures.digits import tiles
from ui.pictures.figures import diverging_rgb
from ui.why.account import account_html

SHOWN = 8


def choose_layer(hidden: list[WeightedLayer]) -> WeightedLayer:
    """One of the hidden layers that have weights, the last one at first; bound to the query parameter `layer`."""
    titles = {str(layer.index + 1): layer.name for layer in reversed(hidden)}
    chosen = choose_view(titles, "layer", "Layer")
    return next(layer for layer in hidden if str(layer.index + 1) == chosen)


def show_units(network: Network, image: np.ndarray, layer: WeightedLayer, ledger: Ledger, is_last: bool) -> None:
    """The account of a layer, and its units that count most on both sides."""
    what = "filter" if layer.kind == "conv2d" else "unit"
    table, units = st.columns([2, 3], gap="large")
    with table:
        st.html(account_html(ledger, what))
        st.caption(how_words(what, is_last))
    with units:
        pictures, words = unit_pictures(network, image, layer, ledger)
        for digit, sign in ((ledger.answer, 1), (ledger.rival, -1)):
            order = np.argsort(-sign * ledger.contributions, kind="stable")[:SHOWN]
            chosen = [int(unit) for unit in order if sign * ledger.contributions[unit] > 0]
            st.markdown(f"**{what.capitalize()}s that speak most for the {digit}**")
            if not chosen:
                st.markdown("None.")
                continue
            captions = [f"{unit + 1}: {signed(ledger.contributions[unit])}" for unit in chosen]
            descriptions = [f"{what} {caption}" for caption in captions]
            tiles([pictures[unit] for unit in chosen], captions, descriptions, smallest=60)
        st.caption(words)


def how_words(what: str, is_last: bool) -> str:
    """How a layer's contributions were found."""
    if is_last and what == "unit":
        return (
            "Exact: a unit's contribution is how far the digit moves it from where a blank sheet leaves it, times the "
            "difference of its two weights to the output."
        )
    return (
        f"Conductance: what a {what} does while the digit is faded in, times what that does to the two scores. A "
        "pooling or normalisation that follows is counted with it."
    )


def unit_pictures(network: Network, image: np.ndarray, layer: WeightedLayer, ledger: Ledger) -> tuple[np.ndarray, str]:
    """A picture (h, w, 3) uint8 for each unit, and what the pictures show."""
    dark = is_dark()
    if layer.shape[0] == 1 and len(layer.shape) == 3:
        images = unit_weights(network, layer)[:, 0]
        return diverging_rgb(images, symmetric_limit(images), dark), "The pictures are the weights, red for ink."
    if layer.kind == "conv2d":
        maps = layer_outputs(network, image)[last_of_block(network, layer)].values
        words = "The pictures are the filters' maps: red where the filter found its pattern in this digit."
        return diverging_rgb(maps, symmetric_limit(maps), dark), words
    cells = ledger.contributions.reshape(-1, 1, 1)
    return diverging_rgb(cells, symmetric_limit(cells), dark), "Its weights make no picture: each cell is a unit."
