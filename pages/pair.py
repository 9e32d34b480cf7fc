"""Two digits: how a network tells them apart, which images lie between them, and what turns one into the other."""

import streamlit as st

from mnistcore.insight.digit_pair import sides
from ui.frame.page import page_header
from ui.frame.router import through_router
from ui.frame.selection import choose_run, choose_view, dataset_titles, no_runs_yet
from ui.frame.session import get_dataset, get_store, guard
from ui.pair.account import show_accounts
from ui.pair.axis import show_axis, side_words
from ui.pair.choice import choose_pair
from ui.pair.found import Axis, Pair, axis_at, edges_of
from ui.pair.images import show_middle, show_part
from ui.pair.means import show_means
from ui.pair.way import show_way
from ui.runs import evaluation
from ui.runs.film import film, film_clock
from ui.runs.notes import no_weights, progress_note
from ui.runs.readers import weights_at

VIEWS = {
    "middle": "In the middle",
    "part": "A part of the axis",
    "means": "Taken wrongly",
    "account": "From one to the other",
    "morph": "Morph",
}


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
        show_closer(pair, axis, steps[-1])


def show_closer(pair: Pair, axis: Axis, last: int) -> None:
    """The axis, and one of the views of it, bound to the query parameter `view`."""
    chart = st.container()
    view = choose_view(VIEWS, "view", "Look closer")
    edges = edges_of(pair, last, axis)
    with chart:
        show_axis(pair, axis, edges, is_choosing=view == "part")
    network, step = weights_at(pair.store, pair.run, axis.answers.step)
    if view == "part":
        show_part(pair, axis, edges)
    elif view == "means":
        show_means(pair, axis)
    elif view == "account":
        show_accounts(pair, step, not network.config.layers)
    elif view == "morph":
        show_way(pair, axis, network)
    else:
        show_middle(pair, axis)


if through_router():
    show()
