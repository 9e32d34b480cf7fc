"""The widgets of the network builder: layers, loss, optimizer, learning rate, batches, regularisation."""

from __future__ import annotations

from typing import Any

import streamlit as st

from ui import draft
from ui.draft import USUAL_BATCH, seed
from ui.words import DISPLAY_NAMES

ACTIVATIONS = ("relu", "leaky_relu", "sigmoid", "tanh", "identity")
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


def build_layers() -> None:
    """The hidden layers in order, each in one line that wraps, and the buttons that add one."""
    layers: dict[int, dict[str, Any]] = st.session_state["draft_layers"]
    if not layers:
        st.caption("No hidden layer: the 784 pixels lead straight to the ten digits.")
    for place, (number, layer) in enumerate(layers.items()):
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            if layer["kind"] == "dense":
                _dense(number, layer)
            else:
                _dropout(number, layer)
            _layer_buttons(number, place, len(layers))
    with st.container(horizontal=True):
        full = len(layers) >= 20
        dense = {"kind": "dense", "units": 64, "activation": "relu", "bias": True}
        st.button("Add a layer", on_click=draft.add_layer, args=(dense,), disabled=full)
        st.button("Add dropout", on_click=draft.add_layer, args=({"kind": "dropout", "rate": 0.2},), disabled=full)


def _dense(number: int, layer: dict[str, Any]) -> None:
    name = f"layer.{number}"
    st.number_input("Units", 1, 4096, **seed(f"{name}.units", layer["units"]), step=8, width=110)
    _choice("Activation", f"{name}.activation", ACTIVATIONS, layer["activation"], width=140)
    st.checkbox("Bias", **seed(f"{name}.bias", layer["bias"]))


def _dropout(number: int, layer: dict[str, Any]) -> None:
    st.slider("Dropout: share set to zero", 0.05, 0.95, **seed(f"layer.{number}.rate", layer["rate"]), width=280)


def _layer_buttons(number: int, place: int, count: int) -> None:
    with st.container(horizontal=True, gap=None, width="content", key=f"layer_buttons_{number}"):
        up, down = (number, -1), (number, 1)
        st.button("↑", key=f"up_{number}", type="tertiary", on_click=draft.move_layer, args=up, disabled=place == 0,
                  help="Towards the input")  # fmt: skip
        st.button("↓", key=f"down_{number}", type="tertiary", on_click=draft.move_layer, args=down,
                  disabled=place == count - 1, help="Towards the output")  # fmt: skip
        st.button("✕", key=f"remove_{number}", type="tertiary", on_click=draft.remove_layer, args=(number,),
                  help="Remove this layer")  # fmt: skip


def build_training() -> None:
    """How the network learns: loss, optimizer, learning rate and its schedule, batches and epochs."""
    _choice("Loss", "loss", LOSSES)
    left, right = st.columns(2)
    with left:
        optimizer = _choice("Optimizer", "optimizer.kind", OPTIMIZERS)
        if optimizer not in ("adam", "adamw"):  # three numbers that nobody changes stand with the other rare ones
            _constants("optimizer", OPTIMIZER_CONSTANTS.get(optimizer, ()))
        _batch_size()
    with right:
        st.number_input("Learning rate", 1e-6, 100.0, **seed("learning_rate"), step=0.0005, format="%g")
        schedule = _choice("Schedule", "schedule.kind", SCHEDULES)
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
        kind = _choice("Initial weights", "initialization.kind", INITIALIZATIONS)
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


def _choice(label: str, name: str, options: tuple[str, ...], value: str | None = None, width: Any = "stretch") -> str:
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
