"""Two digits: how a network tells them apart, which images lie between them, and what turns one into the other."""

import streamlit as st

from mnistcore.insight.digit_pair import sides
from ui.frame.page import page_header
from ui.frame.router import through_router
from ui.frame.selection import dataset_titles
from ui.frame.session import get_store, guard
from ui.pair.axis import side_words
from ui.pair.choice import choose_pair
from ui.pair.closer import look_closer
from ui.pair.found import Pair, axis_at
from ui.runs import evaluation
from ui.runs.film import film, film_clock, filmed_steps
from ui.runs.judged import choose_judged


def show() -> None:
    """Choose a run, its images and two digits; see them along one axis, then look closer."""
    page_header(
        "Two digits",
        "All images of two digits along one axis, from sure of the one to sure of the other.",
        "look at the images in the middle, then let one digit turn into the other until the network changes its mind.",
    )
    store = get_store()
    *columns, digits = st.columns([4, 3, 2, 3], vertical_alignment="bottom")
    judged = choose_judged(store, columns, "Train a network first; then you can see how it tells two digits apart.")
    if judged is None:
        return
    with digits:
        first, second = choose_pair()
    steps = filmed_steps(store, judged.run)
    if steps is None:
        return
    pair = Pair(store, judged.run, judged.dataset, judged.part, first, second)
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
