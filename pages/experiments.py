"""Experiments: let settings vary, and see which of them matter."""

from ui.experiments.choice import choose_experiment
from ui.experiments.results import show_results
from ui.experiments.setup import set_up
from ui.frame.page import page_header
from ui.frame.router import through_router
from ui.frame.session import get_store, guard


def show() -> None:
    """A new experiment, or what came of the one in the address."""
    page_header(
        "Experiments",
        "Say which settings may vary, let the machine try them, and see which of them matter.",
        "start “Learning rate × batch size”, and find out which learning rate is best for which batch.",
    )
    store = get_store()
    with guard():
        chosen = choose_experiment(store)
        if chosen is None:
            set_up(store)
        else:
            show_results(store, chosen.id)


if through_router():
    show()
