"""Two digits: how a network tells them apart, which images lie between them, and what turns one into the other."""

import streamlit as st

from mnistcore.insight.digit_pair import sides
from ui.frame.page import page_header
from ui.frame.router import through_router
from ui.frame.selection import choose_run, dataset_titles, no_runs_yet
from ui.frame.session import get_dataset, get_store, guard
from ui.pair.axis import side_words
from ui.pair.choice import choose_pair
from ui.pair.closer import look_closer
from ui.pair.found import Pair, axis_at
from ui.runs import evaluation
from ui.runs.film import film, film_clock
from ui.runs.notes import no_weights, progress_note


def show() -> None:
    """Choose a run, its images and two digits; see them along one axis, then look closer."""
    page_header(
        "Two digits",
        "All images of two digits along one axis, from sure of the one to sure of the other.",
        "look at the images in the middle, then let one digit turn into the other until the network changes its mind.",
    )
    store = get_store()
    which, judged_by, part, digits = st.columns([4, 3, 2, 3], vertical_alignment="bottom")
    with which, guard():
        run = choose_run(store)
    if run is None:
        no_runs_yet("Train a network first; then you can see how it tells two digits apart.")
        return
    with judged_by, guard():
        name = evaluation.choose_evaluated(run)
        if name is None:
            return
        dataset = get_dataset(name)
    with part:
        chosen = evaluation.choose_part(run, dataset)
    with digits:
        first, second = choose_pair()
    steps = store.snapshot_steps(run.id)
    if not steps:
        no_weights(run)
        return
    progress_note(run, steps[-1])
    pair = Pair(store, run, dataset, chosen, first, second)
    st.fragment(at_moment, run_every=film_clock())(pair, dataset_titles(), steps)


def at_moment(pair: Pair, titles: dict[str, str], steps: list[int]) -> None:
    """The film, and the axis at that moment; a fragment, so that a click redraws nothing else."""
    with film(pair.store, pair.run, steps, is_brief=True) as step, guard():
        axis = axis_at(pair, step)
        found = axis.answers
        one, other = sides(axis.leads, found.labels, found.predictions, pair.first, pair.second)
        st.markdown(side_words(one, other))
        if not (one.count and other.count):
            return
        note = evaluation.evaluation_note(pair.run, pair.dataset, titles, found)
        st.caption(f"After step {step:,}. {note}")
        look_closer(pair, axis, steps[-1])


if through_router():
    show()
