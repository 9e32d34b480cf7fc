"""Train: build a network, start it, and watch it learn."""

import streamlit as st

from ui.frame.page import page_header
from ui.frame.router import through_router
from ui.frame.session import guard
from ui.live.view import live_view
from ui.train.builder import build, copy_settings_button, open_draft, show_from_top_after_start


def show() -> None:
    """The run that the address names, live, and below it the builder of the next one."""
    run_id = st.query_params.get("run")
    if run_id is None:
        page_header(
            "Train",
            "Put a network together, and watch it learn to read digits.",
            "take the hidden layer out, then train again: ten weight images appear, one for each digit.",
        )
    else:
        st.title("Train", anchor=False)  # the run says what is seen: its charts are on the first screen
    with guard():
        open_draft()
        with st.container():
            show_from_top_after_start()
            is_shown = run_id is not None and live_view(run_id)
        if run_id is not None and is_shown:
            st.divider()
            st.header("The next network", anchor=False)
            copy_settings_button(run_id)
        build()


if through_router():
    show()
