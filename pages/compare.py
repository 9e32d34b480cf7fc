"""Two networks: where they disagree, whose certainty was justified, and how they came to agree while they trained."""

import streamlit as st

from ui.compare.cells import show_right_and_wrong
from ui.compare.choice import choose_second
from ui.compare.training import show_agreement_over_training
from ui.frame.page import page_header
from ui.frame.router import through_router
from ui.frame.selection import choose_run, dataset_titles, no_runs_yet, train_first_button
from ui.frame.session import get_dataset, get_store, guard
from ui.runs.evaluation import choose_evaluated
from ui.runs.same_images import both_answers


def show() -> None:
    """Choose two runs and whose test images they read; see where they differ."""
    page_header(
        "Two networks",
        "Two networks can be equally accurate and wrong about different images. See where they disagree.",
        "compare a network with hidden layers to one with convolution, and look at what only one of them reads.",
    )
    store = get_store()
    one, other, judged_by = st.columns(3, vertical_alignment="bottom")
    with one, guard():
        first = choose_run(store)
    if first is None:
        no_runs_yet("Train two networks first; then you can compare them.")
        return
    with other, guard():
        second = choose_second(store, first)
    if second is None:
        st.markdown("There is only this network so far. Train another one to compare it with.")
        train_first_button()
        return
    with judged_by, guard():
        name = choose_evaluated(first, "Test images of")
        if name is None:
            return
        dataset = get_dataset(name)
    with guard():
        found = both_answers(store, first, second, dataset)
        if found is None:
            return
        st.caption(
            f"{len(found[0].labels):,} test images of {dataset_titles().get(name, name)}. The first network after step "
            f"{found[0].step:,}, the second after step {found[1].step:,}."
        )
        show_right_and_wrong(*found)
        show_agreement_over_training(store, first, second, name, dataset)


if through_router():
    show()
