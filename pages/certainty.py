"""Certainty: whether a network that says 90 % is right 90 times in 100, and what it gains by declining to answer."""

import streamlit as st

from mnistcore.errors import RunError
from ui.certainty.temperature import temperature_of
from ui.certainty.view import show_certainty
from ui.frame.page import page_header
from ui.frame.router import through_router
from ui.frame.selection import dataset_titles
from ui.frame.session import get_store, guard
from ui.runs import evaluation
from ui.runs.judged import choose_judged
from ui.runs.notes import no_weights, progress_note


def show() -> None:
    """Choose a run and the images to judge it by; see what its certainty is worth."""
    page_header(
        "Certainty",
        "A network gives every answer with a probability. Here you see whether it may be so sure.",
        "apply the temperature and watch the points move; or let it decline the images that it is least sure of.",
    )
    store = get_store()
    columns = st.columns([5, 4, 2], vertical_alignment="bottom")
    judged = choose_judged(store, columns, "Train a network first; then you can see how sure it may be.")
    if judged is None:
        return
    run, name, dataset, part = judged
    with guard():
        try:
            found = evaluation.answers(store, run, dataset, part)
            temperature = temperature_of(store, run, name, dataset)
        except RunError:
            no_weights(run)
            return
        progress_note(run, found.step)
        st.caption(evaluation.evaluation_note(run, dataset, dataset_titles(), found))
        st.fragment(show_certainty)(found, temperature)


if through_router():
    show()
