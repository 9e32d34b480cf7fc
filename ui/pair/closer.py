"""The axis, and one closer look at it at a time."""

from __future__ import annotations

import streamlit as st

from ui.frame.selection import choose_view
from ui.pair.account import show_accounts
from ui.pair.axis import show_axis
from ui.pair.found import Axis, Pair, edges_of
from ui.pair.images import show_middle, show_part
from ui.pair.means import show_means
from ui.pair.way import show_way
from ui.runs.readers import weights_at

VIEWS = {
    "middle": "In the middle",
    "part": "A part of the axis",
    "means": "Taken wrongly",
    "account": "From one to the other",
    "morph": "Morph",
}


def look_closer(pair: Pair, axis: Axis, last: int) -> None:
    """The axis, and one of the views of it, bound to the query parameter `view`."""
    chart = st.container()
    view = choose_view(VIEWS, "view", "Look closer")
    edges = edges_of(pair, last, axis)
    with chart:
        show_axis(pair, axis, edges, is_choosing=view == "part")
    network, step = weights_at(pair.store, pair.run, axis.answers.step)
    if view == "part":
        show_part(pair, axis, edges)
    elif view == "means":
        show_means(pair, axis)
    elif view == "account":
        show_accounts(pair, step, not network.config.layers)
    elif view == "morph":
        show_way(pair, axis, network)
    else:
        show_middle(pair, axis)
