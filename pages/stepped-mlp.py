"""Stepped-down network: what it learns in twenty epochs, what it gets wrong, and scikit-learn's twin beside it."""

import streamlit as st

from mnistcore.data import default_dataset_name
from mnistcore.runs import Run
from mnistcore.training import recipe
from ui.frame.router import through_router
from ui.frame.selection import choose_view
from ui.frame.session import get_dataset, get_store, guard
from ui.runs import evaluation
from ui.runs.progress import show_curves
from ui.runs.readers import network_of
from ui.systems.stepped.equations import EQUATIONS
from ui.systems.stepped.export import show_export
from ui.systems.stepped.mistakes import show_mistakes
from ui.systems.stepped.pairs import show_pairs
from ui.systems.stepped.twin import show_twin
from ui.systems.system import open_system, show_equations

NAME = "stepped-mlp"
VIEWS = {
    "mistakes": "What it gets wrong",
    "pairs": "Digits taken for each other",
    "sklearn": "With scikit-learn",
    "pictures": "The images as pictures",
    "equations": "Equations",
}


def show() -> None:
    """The system with its figures, then one of its exhibits."""
    with guard():
        run = open_system(
            NAME,
            "Three hidden layers step down from 100 to 50 to 25 units and learn over 20 epochs.",
            "reproduce it, then see which digits it takes for each other: 3 and 8 first.",
            exhibit=lambda run, history: show_curves(run, history, "epoch"),
        )
        view = choose_view(VIEWS, key="view", label="Look at")
        if view == "equations":
            show_equations(EQUATIONS)
        elif view == "pictures":
            show_export(get_dataset(default_dataset_name() if run is None else run.dataset))
        elif view == "sklearn":
            show_twin(recipe(NAME).config, default_dataset_name() if run is None else run.dataset, run)
        else:
            show_answers(run, view)


def show_answers(run: Run | None, view: str) -> None:
    """How the trained network classifies the test images."""
    if run is None or run.test_accuracy is None:
        st.markdown("Its mistakes appear here once it has been trained: the test images are evaluated only then.")
        return
    store, dataset = get_store(), get_dataset(run.dataset)
    found = evaluation.answers(store, run, dataset, "test")
    if view == "mistakes":
        show_mistakes(found)
    else:
        network, step = network_of(store, run)
        show_pairs(found, network, dataset, key=f"{run.id}-{run.status}-{step}")


if through_router():
    show()
