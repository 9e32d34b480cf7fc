"""The code of a stage of a trace: the textbook's, which computed the numbers, and what trains instead."""

from __future__ import annotations

from typing import Any

import streamlit as st

from mnistcore.nn import Network, Optimizer
from mnistcore.nn.activations import ACTIVATIONS as FAST_ACTIVATIONS
from mnistcore.nn.losses import SmoothedCrossEntropy
from mnistcore.plain import (
    ACTIVATIONS,
    LOSSES,
    OPTIMIZERS,
    smoothed_cross_entropy,
    smoothed_cross_entropy_gradient,
)
from mnistcore.plain.network import LAYERS
from ui.frame.equations import show_source
from ui.trace.stages import Stage

GAIN = "The same in float32, in arrays allocated once and then overwritten: training allocates no memory."
METHODS = {"conv2d": ("_correlate", "_correlate_backward")}  # where the work is done; else forward and backward


def show_stage_code(network: Network, stage: Stage, optimizer: str, is_smoothed: bool) -> None:
    """Both folded away, below what they computed."""
    plain, fast = stage_code(network, stage, optimizer, is_smoothed)
    with st.expander("In code"):
        for function in plain:
            show_source(function)
    with st.expander("As trained, in place"):
        st.markdown(GAIN)
        for function in fast:
            show_source(function)


def stage_code(network: Network, stage: Stage, optimizer: str, is_smoothed: bool) -> tuple[list[Any], list[Any]]:
    """The functions of the textbook core, and those of the fast one, that make up a stage."""
    if stage.part == "loss":
        if is_smoothed:
            fast = [SmoothedCrossEntropy.losses, SmoothedCrossEntropy.gradient]
            return [smoothed_cross_entropy, smoothed_cross_entropy_gradient], fast
        return list(LOSSES[network.config.loss]), [type(network.loss).losses, type(network.loss).gradient]
    if stage.part == "update":
        return [OPTIMIZERS[optimizer]], [getattr(Optimizer, f"_{optimizer}")]
    layer = network.layers[stage.layer]
    name, step = getattr(layer, "activation", "identity"), int(stage.part == "backward")
    plain, fast = (
        [LAYERS[layer.kind][step]],
        [getattr(type(layer), METHODS.get(layer.kind, ("forward", "backward"))[step])],
    )
    if name != "identity":  # after the sums in the forward pass, before them in the backward pass
        order = 1 - step
        plain.insert(order, ACTIVATIONS[name][step])
        fast.insert(order, FAST_ACTIVATIONS[name][step])
    return plain, fast
