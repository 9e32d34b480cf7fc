"""One stage of a trace on the page: a layer's inputs and outputs, its gradients, or the update."""

from __future__ import annotations

import numpy as np
import streamlit as st

from mnistcore.insight import LayerTrace, StepTrace, WeightedLayer, strongest_unit, symmetric_limit, weighted_layers
from mnistcore.nn import Network
from ui.frame.words import DISPLAY_NAMES
from ui.pictures.layer_pictures import choose_unit, show_unit, show_values, show_weights, unit_images
from ui.pictures.live_charts import figures_html
from ui.pictures.step_numbers import loss_text, number_text, ten_numbers
from ui.trace.code import show_stage_code
from ui.trace.stages import BACKWARD, Stage, forward_words

SMOOTHED = (
    "The softmax turns the ten scores into probabilities; the loss is −Σ label · log probability. The label is "
    "smoothed, so that each digit has a share of it."
)
WHAT_IS_COMPARED = {
    "softmax_cross_entropy": "The softmax turns the ten scores into probabilities; the loss is −log of the label's.",
    "sigmoid_squared_error": "Sigmoids map the scores to 0 … 1; the loss is half the sum of the squared errors.",
    "sigmoid_binary_cross_entropy": "Sigmoids map the scores to 0 … 1; each digit is a separate yes-or-no question.",
    "linear_squared_error": "The ten scores are the prediction; the loss is half the sum of the squared errors.",
}


def show_stage(network: Network, trace: StepTrace, stage: Stage, optimizer: str, key: str) -> None:
    """Draw a stage; ``key`` makes the names of its widgets its own."""
    weighted = {layer.index: layer for layer in weighted_layers(network.config)}
    key = f"{key}-{stage.part}-{stage.layer}"
    if stage.part == "loss":
        show_loss(network, trace)
    elif stage.part == "update":
        show_update(trace, weighted, key)
    elif stage.part == "forward":
        activation = getattr(network.layers[stage.layer], "activation", "identity")
        words = None if activation == "identity" else DISPLAY_NAMES[activation]
        show_forward(trace.layers[stage.layer], weighted.get(stage.layer), words, key)
    else:
        show_backward(trace.layers[stage.layer], weighted.get(stage.layer), key)
    show_stage_code(network, stage, optimizer, trace.is_smoothed)


def show_forward(layer: LayerTrace, weighted: WeightedLayer | None, activation: str | None, key: str) -> None:
    """The layer's inputs, parameters and outputs."""
    st.markdown(f"{forward_words(layer, activation)} {_shapes(layer)}")
    left, right = st.columns(2, gap="large")
    with left:
        show_values("Inputs", layer.inputs, f"{key}-in")
    with right:
        show_values("Outputs", layer.outputs, f"{key}-out", layer.name == "output")
    _show_arrays(layer.parameters, weighted, key, "{}")


def _shapes(layer: LayerTrace) -> str:
    """`(784,) · (784, 10) + (10,) → (10,)`: the shapes that meet."""
    parts = [f"{layer.inputs.shape}"]
    if "W" in layer.parameters:
        parts.append(f" · {layer.parameters['W'].shape}")
    if "b" in layer.parameters:
        parts.append(f" + {layer.parameters['b'].shape}")
    return f"`{''.join(parts)} → {layer.outputs.shape}`"


def show_backward(layer: LayerTrace, weighted: WeightedLayer | None, key: str) -> None:
    """The gradient that arrives at the outputs, those of the parameters, and the one handed to the inputs."""
    st.markdown(BACKWARD[layer.kind])
    is_output = layer.name == "output"
    left, right = st.columns(2, gap="large")
    with left:
        show_values("Arriving: the gradient with respect to the outputs", layer.output_gradient, f"{key}-dy", is_output)
    with right:
        show_values("Passed on: the gradient with respect to the inputs", layer.input_gradient, f"{key}-dx")
    if layer.delta is not None and not np.array_equal(layer.delta, layer.output_gradient):
        show_values("Delta: the arriving gradient times the slope of the activation", layer.delta, f"{key}-delta")
    _show_arrays(layer.gradients, weighted, key, "Gradient of {}")


def _show_arrays(arrays: dict[str, np.ndarray], weighted: WeightedLayer | None, key: str, title: str) -> None:
    names = {"W": "the weights W", "b": "the biases b", "gain": "the gains"}
    for name, values in arrays.items():
        words = title.format(names[name])
        words = words[0].upper() + words[1:]
        if name == "W" and weighted is not None:
            show_weights(words, values, weighted, f"{key}-{name}")
        else:
            show_values(words, values, f"{key}-{name}")


def show_loss(network: Network, trace: StepTrace) -> None:
    """Prediction, label, error and delta as ten numbers."""
    what = SMOOTHED if trace.is_smoothed else WHAT_IS_COMPARED[network.config.loss]
    st.markdown(f"{what} Delta is the gradient of the loss with respect to the ten scores.")
    st.html(
        ten_numbers(
            {
                "Prediction": trace.prediction,
                "Label": trace.target,
                "Error, squared": trace.error,
                "Delta": trace.delta,
            },
            trace.label,
        )
    )
    st.caption(f"Loss {loss_text(trace.loss)}.")


def show_update(trace: StepTrace, weighted: dict[int, WeightedLayer], key: str) -> None:
    """The loss before and after, and one unit's weights before, their change and after: first the one moved most."""
    label = trace.label
    answers = np.stack([trace.prediction, trace.prediction_after])
    before, after = (number_text(float(answer[label]), answers) for answer in answers)
    st.html(
        figures_html(
            {
                "Loss on this image": f"{loss_text(trace.loss)} → {loss_text(trace.loss_after)}",
                f"Prediction for the {label}": f"{before} → {after}",
                "Answer": f"{trace.prediction.argmax()} → {trace.prediction_after.argmax()}",
            }
        )
    )
    with st.container(horizontal=True):
        index = st.selectbox(
            "Layer", list(weighted), key=f"{key}-layer", format_func=lambda i: weighted[i].name, width=260
        )
        layer, shape = trace.layers[index], weighted[index]
        changes = unit_images(layer.changes["W"], shape)
        most = strongest_unit(changes)
        unit = choose_unit(shape, f"{key}-{index}", most)
    before_it, after_it = (unit_images(arrays["W"], shape)[unit] for arrays in (layer.parameters, layer.updated))
    limit = symmetric_limit(np.stack([before_it, after_it]))
    left, middle, right = st.columns(3)
    with left:
        show_unit("Before", before_it, limit)
    with middle:
        show_unit("Change", changes[unit], symmetric_limit(changes))
    with right:
        show_unit("After", after_it, limit)
