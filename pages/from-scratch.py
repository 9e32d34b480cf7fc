"""From scratch: every step of learning as an equation, with its code and its numbers."""

import streamlit as st

from mnistcore.data import default_dataset_name
from mnistcore.errors import ExplorerError
from mnistcore.runs import Run
from ui.frame.router import through_router
from ui.frame.selection import choose_view
from ui.frame.session import get_dataset, get_store, guard
from ui.systems.scratch.numbers import scratch_equations
from ui.systems.scratch.rates import show_rates
from ui.systems.scratch.steps import show_steps
from ui.systems.system import open_system, show_equations

NAME = "from-scratch"
VIEWS = {"equations": "One iteration, in equations", "answers": "Its answers", "rates": "Learning rates"}


def show() -> None:
    """The system with its figures, then its equations or answers at any iteration, or other learning rates."""
    with guard():
        run = open_system(
            NAME,
            "One hidden layer, full batch: every weight is updated once per pass over all images, 2,020 times.",
            "reproduce it, then choose an iteration and follow its numbers through the equations.",
        )
        view = choose_view(VIEWS, key="view", label="Look at")
        if view != "rates":
            show_iteration(run, view)
            return
        st.markdown("The same network, the same images, the same 2,020 iterations: only the learning rate differs.")
        show_rates(NAME, default_dataset_name() if run is None else run.dataset)


def show_iteration(run: Run | None, view: str) -> None:
    """With the numbers of the run's snapshots where there are some."""
    store, dataset = get_store(), None
    if run is None or not store.snapshot_steps(run.id):
        no_numbers_yet(run)
    else:
        try:
            dataset = get_dataset(run.dataset)
        except ExplorerError as error:
            st.info(f"Without its images, there are no numbers to show: {error}")
    if run is not None and dataset is not None:
        show_steps(store, run, dataset, view)
    elif view == "equations":
        show_equations(scratch_equations(None))


def no_numbers_yet(run: Run | None) -> None:
    """What to do for numbers in the equations."""
    if run is None or not run.is_active:
        st.markdown("Reproduce it first; then you can see its numbers and answers at any iteration.")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("It has just begun: its numbers appear after the first iterations.", width="content")
        st.button("Look again", key="scratch_look_again")


if through_router():
    show()
