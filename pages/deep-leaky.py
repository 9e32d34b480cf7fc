"""Six hidden layers: when a deep network begins to overfit, what helps, what batches cost, where gradients vanish."""

from mnistcore.data import default_dataset_name
from mnistcore.training import recipe
from ui.frame.router import through_router
from ui.frame.selection import choose_view
from ui.frame.session import guard
from ui.systems.deep.batches import show_batch_sizes
from ui.systems.deep.equations import EQUATIONS
from ui.systems.deep.overfitting import show_overfitting
from ui.systems.deep.scales import show_layer_scales
from ui.systems.deep.variations import show_variations
from ui.systems.system import open_system, show_equations

NAME = "deep-leaky"
VIEWS = {
    "remedies": "Against overfitting",
    "batches": "Batch size",
    "gradients": "Vanishing gradients",
    "equations": "Equations",
}


def show() -> None:
    """The system with its figures, then one of its exhibits."""
    with guard():
        run = open_system(
            NAME,
            "Six hidden layers of 100 units learn the training images almost by heart in ten epochs.",
            "train it three times as long, with dropout and without, and see which one overfits.",
            exhibit=show_overfitting,
        )
        dataset = default_dataset_name() if run is None else run.dataset
        view = choose_view(VIEWS, key="view", label="Look at")
        if view == "remedies":
            show_variations(dataset)
        elif view == "batches":
            show_batch_sizes(recipe(NAME).config, dataset)
        elif view == "gradients":
            show_layer_scales(recipe(NAME).config, dataset)
        else:
            show_equations(EQUATIONS)


if through_router():
    show()
