"""The widgets of the builder for how a network learns: loss, optimizer, learning rate, batches, regularisation."""

from __future__ import annotations

from typing import Any

import streamlit as st

from ui import draft
from ui.draft import USUAL_BATCH, seed
from ui.words import DISPLAY_NAMES

LOSSES = ("softmax_cross_entropy", "sigmoid_squared_error", "sigmoid_binary_cross_entropy", "linear_squared_error")
OPTIMIZERS = ("sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw")
SCHEDULES = ("constant", "step", "cosine", "one_cycle", "adaptive")
INITIALIZATIONS = ("he", "glorot", "uniform", "normal", "zeros")

# Which constants belong to which kind: field, label, lowest, highest, step.
Constant = tuple[str, str, float, float, float]
OPTIMIZER_CONSTANTS: dict[str, tuple[Constant, ...]] = {
    "momentum": (("momentum", "Momentum", 0.0, 0.9999, 0.05),),
    "nesterov": (("momentum", "Momentum", 0.0, 0.9999, 0.05),),
    "rmsprop": (("rho", "Rho", 0.0, 0.9999, 0.05), ("epsilon", "Epsilon", 1e-12, 1.0, 1e-8)),
    "adam": (
        ("beta_1", "Beta 1", 0.0, 0.9999, 0.05),
        ("beta_2", "Beta 2", 0.0, 0.99999, 0.001),
        ("epsilon", "Epsilon", 1e-12, 1.0, 1e-8),
    ),
}
OPTIMIZER_CONSTANTS["adamw"] = OPTIMIZER_CONSTANTS["adam"]
SCHEDULE_CONSTANTS: dict[str, tuple[Constant, ...]] = {
    "step": (("step_epochs", "Every … epochs", 1, 1000, 1), ("factor", "Times", 0.001, 1.0, 0.1)),
    "cosine": (("final", "Down to the share", 0.0, 1.0, 0.05),),
    "one_cycle": (
        ("warmup", "Warm-up share", 0.0, 1.0, 0.05),
        ("final", "Down to the share", 0.0, 1.0, 0.05),
    ),
    "adaptive": (("patience", "Patience in epochs", 1, 1000, 1), ("tolerance", "Tolerance", 0.0, 1.0, 0.0001)),
}
INITIALIZATION_CONSTANTS: dict[str, tuple[Constant, ...]] = {
    "uniform": (("low", "From", -10.0, 10.0, 0.1), ("high", "To", -10.0, 10.0, 0.1)),
    "normal": (("standard_deviation", "Standard deviation", 1e-6, 10.0, 0.01),),
}


def build_training() -> None:
    """How the network learns: loss, optimizer, learning rate and its schedule, batches and epochs."""
    choice("Loss", "loss", LOSSES)
    left, right = st.columns(2)
    with left:
        optimizer = choice("Optimizer", "optimizer.kind", OPTIMIZERS)
        if optimizer not in ("adam", "adamw"):  # three numbers that nobody changes stand with the other rare ones
            _constants("optimizer", OPTIMIZER_CONSTANTS.get(optimizer, ()))
        _batch_size()
    with right:
        st.number_input("Learning rate", 1e-6, 100.0, **seed("learning_rate"), step=0.0005, format="%g")
        schedule = choice("Schedule", "schedule.kind", SCHEDULES)
        _constants("schedule", SCHEDULE_CONSTANTS.get(schedule, ()))
        st.number_input("Epochs", 1, 100_000, **seed("epochs"), step=1)


def _batch_size() -> None:
    is_full = st.session_state["draft_settings"]["batch_size"] == "full"
    if not draft.current("full_batch", is_full):
        usual = USUAL_BATCH if is_full else st.session_state["draft_settings"]["batch_size"]
        st.number_input("Batch size", 1, 1_000_000, **seed("batch_size", usual), step=16)
    st.checkbox("All images in one batch", **seed("full_batch", is_full))


def build_more() -> None:
    """What most networks leave as it is: regularisation, initial weights, seed and sizes."""
    optimizer = st.session_state["draft_settings"]["optimizer"]["kind"]
    if optimizer in ("adam", "adamw"):
        _constants("optimizer", OPTIMIZER_CONSTANTS[optimizer])
    left, right = st.columns(2)
    with left:
        st.number_input("Weight decay", 0.0, 10.0, **seed("weight_decay"), step=0.0001, format="%g")
        st.number_input("Early stopping: patience in epochs", 1, 1000, **seed("early_stopping"), placeholder="off")
        kind = choice("Initial weights", "initialization.kind", INITIALIZATIONS)
        _constants("initialization", INITIALIZATION_CONSTANTS.get(kind, ()))
        st.number_input("Seed", 0, 2**32 - 1, **seed("seed"), step=1)
    with right:
        st.number_input("Training images", 1, 1_000_000, **seed("train_size"), placeholder="all")
        st.number_input("Validation images", 0, 100_000, **seed("validation_size"), step=1000)
        st.number_input("Stop after steps", 1, 100_000_000, **seed("max_steps"), placeholder="not before")
        st.checkbox("Shuffle in every epoch", **seed("shuffle"))
        st.checkbox("Bias in the output layer", **seed("output_bias"))
        st.checkbox(
            "Follow the test set live", **seed("follow_test"), help="To redraw a published curve; never to choose by."
        )


def choice(label: str, name: str, options: tuple[str, ...], value: str | None = None, width: Any = "stretch") -> str:
    """A select box for the setting `name`, begun as `draft.seed` says; what is chosen."""
    begin = seed(name, value)
    place = options.index(begin["value"])
    return st.selectbox(
        label, options, index=place, key=begin["key"], format_func=DISPLAY_NAMES.__getitem__, width=width
    )


def _constants(group: str, constants: tuple[Constant, ...]) -> None:
    """The numbers that belong to the chosen kind, side by side; whole numbers where the lowest is whole."""
    if not constants:
        return
    for column, (field, label, low, high, step) in zip(st.columns(len(constants)), constants, strict=True):
        name = f"{group}.{field}"
        form = None if isinstance(low, int) else "%g"
        with column:
            st.number_input(label, low, high, **seed(name), step=step, format=form)
