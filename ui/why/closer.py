"""The account of a digit looked at more closely, from one side at a time."""

from __future__ import annotations

import numpy as np
import streamlit as st

from mnistcore.data import Dataset
from mnistcore.insight import weighted_layers
from mnistcore.insight.ledger import Ledger
from mnistcore.nn import Network
from mnistcore.runs import Run
from ui.frame.selection import choose_view
from ui.why import found
from ui.why.account import show_pixels
from ui.why.by_hand import change_by_hand
from ui.why.mind import show_covered, show_strokes
from ui.why.neighbours import SHOWN, show_neighbours
from ui.why.units import choose_layer, show_units

VIEWS = {
    "units": "Units",
    "covered": "Covered",
    "strokes": "What would change its mind",
    "hand": "Change it by hand",
    "neighbours": "Seen before",
    "pixels": "Pixel by pixel",
}


def look_closer(
    network: Network, run: Run, step: int, image: np.ndarray, ledger: Ledger, dataset: Dataset | None
) -> None:
    """One of the views, bound to the query parameter `view`; those that this network or machine has nothing for are not
    offered."""
    hidden = weighted_layers(network.config)[:-1]
    left_out = [*([] if hidden else ["units"]), *([] if dataset else ["neighbours"])]
    view = choose_view({name: title for name, title in VIEWS.items() if name not in left_out}, "view", "Look closer")
    digits = ledger.answer, ledger.rival
    if view == "units":
        layer = choose_layer(hidden)
        units = found.units_of(network, run, step, image, *digits, layer)
        show_units(network, image, layer, units, layer is hidden[-1])
    elif view == "covered":
        show_covered(image, ledger, found.covered(network, run, step, image, *digits))
    elif view == "strokes":
        target = ledger.rival if st.query_params.get("against") == str(ledger.rival) else None
        aim = "" if target is None else f" to {target}"
        certainty = float(network.predict(image[None])[0, ledger.answer])
        show_strokes(image, certainty, found.strokes_of(network, run, step, image, target), aim, run.id)
    elif view == "hand":
        change_by_hand(network, run, step, image, ledger)
    elif view == "neighbours" and dataset is not None:
        alike = found.neighbours_of(network, run, step, image, dataset, SHOWN)
        show_neighbours(alike, ledger.answer, not network.config.layers)
    else:
        show_pixels(image, ledger)
