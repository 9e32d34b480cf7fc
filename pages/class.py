"""With a class: phones join, and what they draw appears here as it comes."""

import streamlit as st

from ui.classroom.board import ask_for_digits, show_board
from ui.classroom.joining import manage_class, show_how_to_join
from ui.frame.page import page_header
from ui.frame.router import through_router
from ui.frame.session import get_store, guard


def show() -> None:
    """How to join on the left, what is asked and what has come on the right."""
    page_header(
        "With a class",
        "Everybody with a phone draws, and the network reads along.",
        "ask for all ten digits in turn, then put the least sure first: what do these drawings have in common?",
    )
    with guard():
        store = get_store()
        joining, board = st.columns([1, 4], gap="large")
        with joining:
            show_how_to_join(store)
        with board:
            ask_for_digits(store)
            show_board(store)
        manage_class(store)


if through_router():
    show()
