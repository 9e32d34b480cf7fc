"""Ten perceptrons: one sigmoid unit per digit, what they learn, and how useful that is."""

import streamlit as st

from mnistcore.errors import ExplorerError
from mnistcore.plain.activations import sigmoid
from mnistcore.plain.dense import dense
from mnistcore.plain.losses import sigmoid_squared_error_gradient
from mnistcore.plain.optimizers import sgd
from mnistcore.runs import Run
from ui.frame.router import through_router
from ui.frame.session import get_dataset, get_store, guard
from ui.runs.readers import network_of
from ui.systems import fast_twins
from ui.systems.perceptrons.companions import companions, show_companions
from ui.systems.perceptrons.learning import show_learning
from ui.systems.perceptrons.robustness import show_robustness
from ui.systems.perceptrons.useful import show_claims_about_anything, show_own_drawing
from ui.systems.system import Equation, open_system, show_equations

EQUATIONS = (
    Equation(
        "Ten weighted sums",
        r"z = x\,W + b",
        dense,
        "784 pixels $x$ from 0 to 1, a column of 784 weights for each digit in $W$, ten biases in $b$.",
        **fast_twins.DENSE,
    ),
    Equation(
        "The sigmoid",
        r"y = \sigma(z) = \frac{1}{1 + e^{-z}}",
        sigmoid,
        "Each of the ten sums becomes a number from 0 to 1, independently: the ten need not add up to 1.",
        **fast_twins.SIGMOID,
    ),
    Equation(
        "Error and its gradient",
        r"\begin{gathered} L = \tfrac12 \textstyle\sum_k (y_k - t_k)^2 \\[4pt]"
        r"\frac{\partial L}{\partial z} = (y - t)\, y\, (1 - y) \end{gathered}",
        sigmoid_squared_error_gradient,
        "$t$ is 1 for the right digit, else 0. Where $y$ is close to 0 or 1, $y(1-y)$ is close to 0: a unit that is "
        "sure learns little, even when it is wrong.",
        **fast_twins.SIGMOID_SQUARED_ERROR_GRADIENT,
    ),
    Equation(
        "The update",
        r"W \leftarrow W - \eta\, x^{\top} \frac{\partial L}{\partial z}",
        sgd,
        "After every 16 images, with the mean over them, and $\\eta = 0.5$.",
        **fast_twins.SGD,
    ),
)


def show() -> None:
    """The system with its figures; then what it does with images unlike those it knows."""
    with guard():
        run = open_system(
            "perceptrons",
            "Ten sigmoid units, one for each digit, look straight at the pixels: they learn in seconds.",
            "reproduce it, then ask it about an image that holds no digit at all.",
            show_learning,
        )
        st.header("Is it useful?", anchor=False)
        if run is None or run.is_active or not get_store().snapshot_steps(run.id):
            st.markdown("Reproduce it first; then you can ask it about images unlike those it was trained on.")
        else:
            ask_anything(run)
        st.header("How it works", anchor=False)
        show_equations(EQUATIONS)


def ask_anything(run: Run) -> None:
    """Its answers to images without a digit, digits out of place and the visitor's own, beside other networks'."""
    store = get_store()
    others = companions(store, run.dataset)
    runs = {"Perceptrons": run} | {other.title: other.run for other in others if other.run is not None}
    loaded = {title: network_of(store, shown, lasting=True) for title, shown in runs.items()}
    networks = {title: network for title, (network, _) in loaded.items()}
    show_companions(others, run.dataset)
    dataset = None
    try:
        dataset = get_dataset(run.dataset)
    except ExplorerError as error:
        st.info(f"No digits to ask about: {error}")
    if dataset is not None:
        show_claims_about_anything(networks, dataset)
    st.subheader("Your own", anchor=False)
    show_own_drawing(networks)
    if dataset is not None:
        st.subheader("Moved and turned", anchor=False)
        steps = {title: (runs[title].id, step) for title, (_, step) in loaded.items()}
        show_robustness(steps, run.dataset, dataset.fingerprint)


if through_router():
    show()
