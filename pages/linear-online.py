"""Linear, one image at a time: every step of a run of 60,000 images, and why its accuracy jumps."""

import streamlit as st

from mnistcore.data import default_dataset_name
from mnistcore.plain.dense import dense, dense_backward
from mnistcore.plain.losses import linear_squared_error_gradient
from mnistcore.plain.optimizers import sgd
from mnistcore.training import recipe
from ui.frame.router import through_router
from ui.frame.selection import choose_view
from ui.frame.session import get_dataset, guard
from ui.systems import fast_twins
from ui.systems.linear.course import course
from ui.systems.linear.curves import show_accuracy, show_changes, show_digits
from ui.systems.linear.step import show_steps
from ui.systems.system import Equation, open_system, show_equations

NAME = "linear-online"
VIEWS = {
    "images": "Image by image",
    "accuracy": "Accuracy along the way",
    "jumps": "Why it jumps",
    "changes": "What if?",
    "equations": "Equations",
}
EQUATIONS = (
    Equation(
        "Prediction",
        r"y = x\,W",
        dense,
        "(1, 784) · (784, 10) → (1, 10). No bias, no activation.",
        **fast_twins.DENSE,
    ),
    Equation(
        "Loss and delta",
        r"L = \tfrac12 \sum_k (y_k - t_k)^2 \qquad \delta = y - t",
        linear_squared_error_gradient,
        "t is 1 for the label and 0 for the other nine digits.",
        **fast_twins.LINEAR_SQUARED_ERROR_GRADIENT,
    ),
    Equation(
        "Outer product",
        r"\frac{\partial L}{\partial W_{ik}} = x_i\,\delta_k",
        dense_backward,
        "(784,) × (10,) → (784, 10): a bright pixel moves its weights to all ten digits, a black one moves none.",
        **fast_twins.DENSE_BACKWARD,
    ),
    Equation(
        "Update",
        r"W \leftarrow W - 0.01\; x\,\delta^{\mathsf T}",
        sgd,
        "After every single image.",
        **fast_twins.SGD,
    ),
)
WHY_IT_JUMPS = """
A step removes a share of its image's error: *learning rate × Σ pixel²*. At 0.01 that is nearly all of it, and more
than all of it for a third of MNIST's images: the network answers the newest image as if it were the only one. But many
other images share its bright pixels, and all ten digits' weights change there. So one image can pull hundreds of others
to its side, or push its own digit away, until later images pull back: the dark and light stripes below. At twice the
learning rate the share is about 2: each step leaves more error than it found, and the weights grow without bound.
"""
EXAMPLE = "Look at image 30,068, for example: an 8 that costs a fifth of all correct answers."


def show() -> None:
    """The system with its figures, then one of its exhibits."""
    with guard():
        open_system(
            NAME,
            "784 pixels, ten outputs, no bias: after every single image, the weights of its pixels change.",
            "step through the images below one by one, and watch what a single one does to the accuracy.",
        )
        view = choose_view(VIEWS, key="view", label="Look at")
        if view == "equations":
            show_equations(EQUATIONS)
            return
        config, dataset = recipe(NAME).config, get_dataset(default_dataset_name())
        if dataset.name != "mnist":
            st.caption("These are generated digits, not MNIST: the published figures belong to other images.")
        if view == "images":
            show_steps(config, dataset)
        elif view == "accuracy":
            show_accuracy(course(config, dataset))
        elif view == "jumps":
            st.markdown(WHY_IT_JUMPS + (EXAMPLE if dataset.name == "mnist" else ""))
            show_digits(course(config, dataset))
        else:
            st.fragment(show_changes)(config, dataset)


if through_router():
    show()
