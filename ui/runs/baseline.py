"""One run pinned as the baseline: the table shows beside each figure how far it is from that run's."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from mnistcore.runs.listing import Row
from ui.frame.words import percent, plain, shortened

BASELINE = "runs-baseline"  # the id of the run


def offer_pin(row: Row) -> None:
    """The button that pins this run, in the place of another."""
    if st.session_state.get(BASELINE) != row["run"]:
        st.button(
            "Pin as baseline", on_click=_pin, args=(row["run"],), help="The table then shows each difference to it."
        )


def show_baseline(rows: Sequence[Row]) -> Row | None:
    """The run that is pinned, named in a line with a button that unpins it; None without one, or once it is deleted."""
    pinned = st.session_state.get(BASELINE)
    found = next((row for row in rows if row["run"] == pinned), None) if pinned else None
    if found is not None:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            name = plain(shortened(found["name"]))
            accuracy = percent(found["validation_accuracy"], 2)
            st.markdown(f"Baseline: “{name}”, validation accuracy {accuracy}.", width="content")
            st.button("Unpin", on_click=_pin, args=(None,))
    return found


def _pin(run_id: str | None) -> None:
    st.session_state[BASELINE] = run_id
