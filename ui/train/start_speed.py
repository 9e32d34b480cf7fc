"""The speed at which the next run begins."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

from ui.frame.selection import chosen_in, labels
from ui.frame.speeds import FASTEST, HELP, SPEEDS, START_TITLES, STEPWISE

WIDGET = "choose_speed"


class Pace(NamedTuple):
    """Steps a second (None: as fast as it can), and the step at which it waits for its user (None: none)."""

    speed: float | None
    hold_at: int | None


def choose_pace() -> Pace:
    """A select box, bound to the query parameter `speed`."""
    asked = st.query_params.get("speed", FASTEST)
    st.session_state[WIDGET] = asked if asked in START_TITLES else FASTEST
    chosen = st.selectbox("Speed", list(START_TITLES), key=WIDGET, format_func=labels(WIDGET, START_TITLES), help=HELP,
                          on_change=_remember)  # fmt: skip
    return Pace(None, 0) if chosen == STEPWISE else Pace(SPEEDS[chosen], None)


def _remember() -> None:
    for chosen in chosen_in(WIDGET):
        if chosen != FASTEST:
            st.query_params["speed"] = chosen
        elif "speed" in st.query_params:
            del st.query_params["speed"]
