"""With a class: phones join; they draw for the board, play a quiz against a network, or train one each."""

import streamlit as st

from ui.classroom.board import ask_for_digits, show_board
from ui.classroom.contest import show_contest
from ui.classroom.joining import manage_class, show_how_to_join
from ui.classroom.quiz import show_quiz
from ui.classroom.teach import show_teaching
from ui.frame.page import page_header
from ui.frame.router import through_router
from ui.frame.selection import choose_view
from ui.frame.session import get_store, guard

VIEWS = {"board": "Board", "teach": "Teach it", "quiz": "Quiz", "contest": "Contest"}


def show() -> None:
    """How to join on the left, what the class does on the right."""
    page_header(
        "With a class",
        "Everybody with a phone draws, and the network reads along.",
        "ask for all ten digits in turn, then put the least sure first: what do these drawings have in common?",
    )
    with guard():
        store = get_store()
        joining, stage = st.columns([1, 4], gap="large")
        with joining:
            show_how_to_join(store)
        with stage:
            view = choose_view(VIEWS, "view", "What the class does")
            if view == "board":
                ask_for_digits(store)
                show_board(store)
            elif view == "teach":
                show_teaching(store)
            elif view == "quiz":
                show_quiz(store)
            else:
                show_contest(store)
        manage_class(store)


if through_router():
    show()
