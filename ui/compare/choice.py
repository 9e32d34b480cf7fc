"""The second of two runs, chosen beside the first one."""

from __future__ import annotations

import streamlit as st

from mnistcore.runs import Run, RunStore
from ui.frame.selection import chosen_in, labels, offered_runs, run_titles, why_missing

KEY, WIDGET = "with", "choose_with"


def choose_second(store: RunStore, first: Run) -> Run | None:
    """A select box over the other runs, newest first, bound to the query parameter `with`; None if there is none."""
    asked, before = st.query_params.get(KEY), st.session_state.get("compared_with")
    offered = {i: run for i, run in offered_runs(store, asked, before)[0].items() if i != first.id}
    if not offered:
        return None
    if asked is not None and asked not in offered and asked != first.id:
        st.warning(f"{why_missing(store, asked)} This page shows another run.", icon=":material/info:")
    chosen = next((i for i in (asked, before) if i in offered), next(iter(offered)))
    st.session_state[WIDGET] = chosen
    st.selectbox(
        "Second run",
        list(offered),
        key=WIDGET,
        format_func=labels(WIDGET, run_titles(offered.values())),
        on_change=_remember,
    )
    st.query_params[KEY] = st.session_state["compared_with"] = chosen
    return offered[chosen]


def _remember() -> None:
    """Put the choice just made into the address, before the page runs again."""
    for chosen in chosen_in(WIDGET):
        st.query_params[KEY] = chosen
