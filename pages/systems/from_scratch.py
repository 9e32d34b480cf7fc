"""From scratch: every step of learning as an equation, with its code and its numbers."""

import streamlit as st

from mnistcore.data import default_dataset_name
from mnistcore.errors import ExplorerError
from mnistcore.runs import Run
from ui.scratch_numbers import scratch_equations
from ui.scratch_rates import show_rates
from ui.scratch_steps import show_steps
from ui.session import get_dataset, get_store, guard
from ui.system import open_system, show_equations

NAME = "from-scratch"


def show() -> None:
    """The system with its figures; its equations at any step; and other learning rates."""
    with guard():
        run = open_system(
            NAME,
            "One hidden layer, full batch: every weight is updated once per pass over all images, 2,020 times.",
            "reproduce it, then choose an iteration and follow its numbers through the equations.",
        )
        st.header("One iteration, in equations", anchor=False)
        show_iteration(run)
        st.header("What the learning rate does", anchor=False)
        st.markdown("The same network, the same images, the same 2,020 iterations: only the learning rate differs.")
        show_rates(NAME, default_dataset_name() if run is None else run.dataset)


def show_iteration(run: Run | None) -> None:
    """With the numbers of the run's snapshots where there are some."""
    store = get_store()
    if run is None or not store.snapshot_steps(run.id):
        no_numbers_yet(run)
        show_equations(scratch_equations(None))
        return
    try:
        dataset = get_dataset(run.dataset)
    except ExplorerError as error:
        st.info(f"No numbers without its images: {error}")
        show_equations(scratch_equations(None))
    else:
        show_steps(store, run, dataset)


def no_numbers_yet(run: Run | None) -> None:
    """What to do for numbers in the equations."""
    if run is None or not run.is_active:
        st.markdown("Reproduce it first: then each equation shows the numbers of the iteration that you choose.")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("It has just begun: its numbers appear after the first iterations.", width="content")
        st.button("Look again", key="scratch_look_again")


show()
