"""Certainty: whether a network that says 90 % is right 90 times in 100, and what it gains by declining to answer."""

import streamlit as st

from mnistcore.errors import RunError
from ui.certainty.temperature import temperature_of
from ui.certainty.view import show_certainty
from ui.frame.page import page_header
from ui.frame.router import through_router
from ui.frame.selection import choose_run, dataset_titles, no_runs_yet
from ui.frame.session import get_dataset, get_store, guard
from ui.runs import evaluation
from ui.runs.notes import no_weights, progress_note


def show() -> None:
    """Choose a run and the images to judge it by; see what its certainty is worth."""
    page_header(
        "Certainty",
        "A network gives every answer with a probability. Here you see whether it may be so sure.",
        "apply the temperature and watch the points move; or let it decline the images that it is least sure of.",
    )
    store = get_store()
    which, judged_by, part = st.columns([5, 4, 2], vertical_alignment="bottom")
    with which, guard():
        run = choose_run(store)
    if run is None:
        no_runs_yet("Train a network first; then you can see how sure it may be.")
        return
    with judged_by, guard():
        name = evaluation.choose_evaluated(run)
        if name is None:
            return
        dataset = get_dataset(name)
    with part:
        chosen = evaluation.choose_part(run, dataset)
    with guard():
        try:
            found = evaluation.answers(store, run, dataset, chosen)
            temperature = temperature_of(store, run, name, dataset)
        except RunError:
            no_weights(run)
            return
        progress_note(run, found.step)
        st.caption(evaluation.evaluation_note(run, dataset, dataset_titles(), found))
        st.fragment(show_certainty)(found, temperature)


if through_router():
    show()
