"""Analyses on a page: the button that starts one, how far it is, and its result as soon as there is some."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import streamlit as st

from mnistcore.errors import ExplorerError
from ui.frame.clicks import once
from ui.frame.session import get_engine, get_store
from ui.frame.words import percent

if TYPE_CHECKING:
    from mnistcore.runs import Analysis

POLL_SECONDS = 0.5
Result = dict[str, Any]


def show_analysis(
    kind: str,
    arguments: dict[str, Any],
    draw: Callable[[Result], None],
    *,
    start: str,
    key: str,
    again: str = "Measure again",
) -> Result | None:
    """An analysis with these arguments: a button labelled `start`, then progress, then what `draw` makes of the result.

    `draw` is called with the result so far while it grows. `again` labels the button that makes it anew; `key` sets
    this place's widgets apart from others on the page. Returns the result once it is whole. All of it is kept by the
    store: leaving the page stops nothing.
    """
    found = get_store().analysis(kind, arguments)
    if found is not None and found.is_active:
        st.fragment(_follow, run_every=POLL_SECONDS)(kind, arguments, draw, key)
        return None
    if found is None or found.status in ("failed", "cancelled"):
        if found is not None and found.message:
            st.error(found.message, icon=":material/error:")
        label = start if found is None or found.status == "cancelled" else "Try again"
        st.button(label, key=f"analysis_{key}", on_click=_start, args=(kind, arguments, key))
        if problem := st.session_state.pop(f"analysis_problem_{key}", None):
            st.error(problem, icon=":material/error:")
        return None
    assert found.result is not None
    draw(found.result)
    st.button(
        again,
        key=f"analysis_{key}",
        type="tertiary",
        icon=":material/refresh:",
        on_click=_start_again,
        args=(found, arguments, key),
    )
    return found.result


def _follow(kind: str, arguments: dict[str, Any], draw: Callable[[Result], None], key: str) -> None:
    """One look at the store; the page runs anew when the analysis is over."""
    found = get_store().analysis(kind, arguments)
    if found is None or not found.is_active:
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(min(1.0, found.progress), text=_words(found), width="stretch")
        st.button("Cancel", key=f"cancel_{key}", on_click=get_engine().cancel_analysis, args=(found.key,))
    if found.result:
        draw(found.result)


def _words(found: Analysis) -> str:
    if found.status == "running":
        return f"{percent(found.progress, 0)} done"
    engine = get_engine()
    if engine.error:
        return f"It waits: {engine.error}"
    return "It begins as soon as a worker is free" if engine.ready else "The workers are still starting"


def _start(kind: str, arguments: dict[str, Any], key: str) -> None:
    try:
        get_engine().analyse(kind, arguments)
    except ExplorerError as error:
        st.session_state[f"analysis_problem_{key}"] = str(error)


def _start_again(found: Analysis, arguments: dict[str, Any], key: str) -> None:
    def start() -> None:
        get_store().forget_analysis(found.key)
        _start(found.kind, arguments, key)

    once(("analysis", found.key), start)
