"""The widgets of the builder for how a network learns: loss, optimizer, learning rate, batches, regularisation."""

from __future__ import annotations

from typing import Any, get_args

import streamlit as st
from pydantic import BaseModel
from streamlit.delta_generator import DeltaGenerator

from mnistcore.nn import DenseConfig, InitializationConfig, OptimizerConfig
from mnistcore.training import TrainingConfig
from mnistcore.training.config import ScheduleConfig
from ui.frame.number_field import say
from ui.frame.setting_numbers import INITIALIZATION_CONSTANTS, OPTIMIZER_CONSTANTS, SCHEDULE_CONSTANTS
from ui.frame.words import DISPLAY_NAMES
from ui.train import draft
from ui.train.draft import USUAL_BATCH, seed


def options(config: type[BaseModel], setting: str) -> tuple[str, ...]:
    """The names that a setting may have, in the order in which its type lists them."""
    return get_args(config.model_fields[setting].annotation)


LOSSES = options(TrainingConfig, "loss")
OPTIMIZERS = options(OptimizerConfig, "kind")
SCHEDULES = options(ScheduleConfig, "kind")
INITIALIZATIONS = options(InitializationConfig, "kind")
ACTIVATIONS = options(DenseConfig, "activation")

WEIGHT_AVERAGE = (
    "The network is then an exponential mean of the weights of all steps, at every step and in the end: often a little "
    "more accurate, and steadier, than the weights of the newest step, which go on learning as before. 0.99 is a mean "
    "over about 100 steps, 0.999 over 1,000; 0 keeps none. *Train* shows the validation accuracy of both."
)

LABEL_SMOOTHING = (
    "This share of every label is divided among all ten digits: with 0.1 the right one gets 0.91, each other one 0.01. "
    "So the network does not learn to be certain, and often generalises a little better. Only for softmax with "
    "cross-entropy. The losses shown are against the labels as they are."
)


def build_training() -> DeltaGenerator:
    """How the network learns: loss, optimizer, learning rate and its schedule, batches and epochs, two side by side.

    Returns the place for what finds a learning rate.
    """
    left, right = st.columns(2)
    with left:
        choice("Loss", "loss", LOSSES)
    with right:
        optimizer = choice("Optimizer", "optimizer.kind", OPTIMIZERS)
        if optimizer not in ("adam", "adamw"):  # three numbers that are rarely changed are with the other rare ones
            _constants("optimizer", OPTIMIZER_CONSTANTS.get(optimizer, ()))
    left, right = st.columns(2)
    with left:
        number("learning_rate")
    with right:
        schedule = choice("Schedule", "schedule.kind", SCHEDULES)
        _constants("schedule", SCHEDULE_CONSTANTS.get(schedule, ()))
    left, right = st.columns(2)
    with left:
        _batch_size()
    with right:
        number("epochs")
    return right.container()


def _batch_size() -> None:
    is_full = st.session_state["draft_settings"]["batch_size"] == "full"
    if not draft.current("full_batch", is_full):
        usual = USUAL_BATCH if is_full else st.session_state["draft_settings"]["batch_size"]
        number("batch_size", usual)
    st.checkbox("All images in one batch", **seed("full_batch", is_full))


def build_more() -> None:
    """Settings that most networks leave unchanged: regularisation, initial weights, seed and sizes."""
    optimizer = st.session_state["draft_settings"]["optimizer"]["kind"]
    if optimizer in ("adam", "adamw"):
        _constants("optimizer", OPTIMIZER_CONSTANTS[optimizer])
    left, right = st.columns(2)
    with left:
        number("weight_decay")
        number("label_smoothing", help=LABEL_SMOOTHING)
        number("weight_average", placeholder="0: none", help=WEIGHT_AVERAGE)
        number("early_stopping", placeholder="off")
        number("target_accuracy", placeholder="off, or such as 0.97")
        kind = choice("Initial weights", "initialization.kind", INITIALIZATIONS)
        _constants("initialization", INITIALIZATION_CONSTANTS.get(kind, ()))
        number("seed")
    with right:
        number("train_size", placeholder="all")
        number("validation_size")
        number("max_steps", placeholder="no limit")
        number("max_seconds", placeholder="no limit")
        st.checkbox("Shuffle in every epoch", **seed("shuffle"))
        st.checkbox("Bias in the output layer", **seed("output_bias"))
        st.checkbox(
            "Follow the test set live",
            **seed("follow_test"),
            help="Only to redraw a published curve: never choose by it.",
        )


def choice(label: str, name: str, options: tuple[str, ...], value: str | None = None, width: Any = "stretch") -> str:
    """A select box for the setting `name`, with the initial value of `draft.seed`; returns the choice."""
    begin = seed(name, value)
    place = options.index(begin["value"])
    return st.selectbox(
        label, options, index=place, key=begin["key"], format_func=DISPLAY_NAMES.__getitem__, width=width
    )


def number(name: str, value: Any = None, **options: Any) -> None:
    """A field for the setting `name`, and below it what is wrong with its value, if anything."""
    say(draft.number(name, value=value, **options))


def _constants(group: str, constants: tuple[str, ...]) -> None:
    """The numbers that belong to the chosen kind, side by side."""
    if not constants:
        return
    for column, field in zip(st.columns(len(constants)), constants, strict=True):
        with column:
            number(f"{group}.{field}")
