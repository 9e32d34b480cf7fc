"""Train: build a network, start it, and watch it learn."""

import streamlit as st

from ui.frame.page import page_header
from ui.frame.router import through_router
from ui.frame.session import guard
from ui.live.race import race_view
from ui.live.view import live_view
from ui.runs.race import RACE
from ui.train.builder import build, copy_settings_button, open_draft, show_from_top_after_start


def show() -> None:
    """The run or race that the address names, live, and below it the builder of the next one."""
    race = st.query_params.get(RACE)
    run_id = None if race else st.query_params.get("run")
    if run_id is None and not race:
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
            if race:
                race_view(race)
        if is_shown or race:
            st.divider()
            st.header("The next network", anchor=False)
        if run_id is not None and is_shown:
            copy_settings_button(run_id)
        build()


if through_router():
    show()
