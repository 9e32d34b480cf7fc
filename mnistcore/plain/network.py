"""A network: layers that a batch goes through, forward and backward, and a step that gives new layers.

Nothing is overwritten. A Pass holds what a layer computed going forward, a Return the gradients going back.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from mnistcore.plain.activations import ACTIVATIONS
from mnistcore.plain.batch_norm import batch_norm, batch_norm_backward, running_statistics
from mnistcore.plain.convolution import conv2d, conv2d_backward
from mnistcore.plain.dense import dense, dense_backward, flatten, flatten_backward
from mnistcore.plain.dropout import dropout, dropout_backward, dropout_mask
from mnistcore.plain.optimizers import OPTIMIZERS, l2
from mnistcore.plain.pooling import average_pool2d, average_pool2d_backward, max_pool2d, max_pool2d_backward

Arrays = dict[str, np.ndarray]

# Forward, backward, and the parameters whose gradients backward returns after dx.
LAYERS: dict[str, tuple[Callable[..., Any], Callable[..., Any], tuple[str, ...]]] = {
    "dense": (dense, dense_backward, ("W", "b")),
    "conv2d": (conv2d, conv2d_backward, ("W", "b")),
    "max_pool2d": (max_pool2d, max_pool2d_backward, ()),
    "average_pool2d": (average_pool2d, average_pool2d_backward, ()),
    "flatten": (flatten, flatten_backward, ()),
    "dropout": (dropout, dropout_backward, ()),
    "batch_norm": (batch_norm, batch_norm_backward, ("gain", "b")),
}


@dataclass(frozen=True, eq=False)
class Layer:
    """A layer by its kind, its arrays by name ("W", "b"; of a batch normalisation "gain", "b", "mean", "variance"), and
    the settings that its function takes, as ``stride``; of a dropout, ``rate``."""

    kind: str
    parameters: Arrays = field(default_factory=dict)
    activation: str = "identity"
    settings: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Pass:
    """A batch in one layer: inputs x, sums z, outputs y = activation(z), and other arguments of its function."""

    x: np.ndarray
    z: np.ndarray
    y: np.ndarray
    given: dict[str, Any]


@dataclass(frozen=True, eq=False)
class Return:
    """The loss's gradients in one layer: by outputs, sums and inputs, and by its parameters by name."""

    dy: np.ndarray
    dz: np.ndarray
    dx: np.ndarray
    gradients: Arrays


def forward(
    layers: Sequence[Layer], x: np.ndarray, rng: np.random.Generator | None = None, is_training: bool = False
) -> list[Pass]:
    """Each layer's Pass, from which the last one's y are the logits.

    With ``rng`` dropout drops; in training a batch normalisation has the batch's own statistics.
    """
    passes = []
    for layer in layers:
        given = layer.parameters | layer.settings
        if layer.kind == "dropout":
            given = {} if rng is None else {"mask": dropout_mask(x, layer.settings["rate"], rng)}
        if layer.kind == "batch_norm" and is_training:
            del given["mean"], given["variance"]
        z = LAYERS[layer.kind][0](x, **given)
        y = ACTIVATIONS[layer.activation][0](z)
        passes.append(Pass(x, z, y, given))
        x = y
    return passes


def backward(layers: Sequence[Layer], passes: Sequence[Pass], dlogits: np.ndarray) -> list[Return]:
    """Each layer's Return, from the last one to the first by the chain rule: back-propagation (Rumelhart, Hinton and
    Williams 1986). ``dlogits`` is the loss's gradient by the logits, like them."""
    returns: list[Return] = []
    dy = dlogits
    for layer, done in zip(reversed(layers), reversed(passes), strict=True):
        dz = dy * ACTIVATIONS[layer.activation][1](done.z)
        given = {name: value for name, value in done.given.items() if name != "b"}
        found = LAYERS[layer.kind][1](done.x, dz, **given)
        dx, *gradients = found if isinstance(found, tuple) else (found,)
        names = LAYERS[layer.kind][2]
        own = {name: g for name, g in zip(names, gradients, strict=True) if name in layer.parameters}
        returns.append(Return(dy, dz, dx, own))
        dy = dx
    return returns[::-1]


def update(
    layers: Sequence[Layer],
    returns: Sequence[Return],
    learning_rate: float,
    kind: str = "sgd",
    states: Sequence[dict[str, tuple]] = (),
    weight_decay: float = 0.0,
    constants: dict[str, float] | None = None,
) -> tuple[list[Layer], list[dict[str, tuple]]]:
    """The layers after a step of an optimizer, and its states for the next step; ``constants`` are its own, such as
    ``beta_1``. Only weights decay: "W"."""
    new_layers, new_states = [], []
    for layer, back, state in zip(layers, returns, states or [{} for _ in layers], strict=True):
        moved, kept = {}, {}
        for name, g in back.gradients.items():
            p, own = layer.parameters[name], dict(constants or {})
            if name == "W" and weight_decay and kind == "adamw":
                own["weight_decay"] = weight_decay
            elif name == "W" and weight_decay:
                g = l2(p, g, weight_decay)
            moved[name], kept[name] = OPTIMIZERS[kind](p, g, state.get(name, ()), learning_rate, **own)
        new_layers.append(replace(layer, parameters=layer.parameters | moved))
        new_states.append(kept)
    return new_layers, new_states


def update_statistics(layers: Sequence[Layer], passes: Sequence[Pass]) -> list[Layer]:
    """The layers with the running statistics of their batch normalisations moved on by a batch's passes."""
    new_layers = []
    for layer, done in zip(layers, passes, strict=True):
        if layer.kind == "batch_norm":
            found = running_statistics(done.x, layer.parameters["mean"], layer.parameters["variance"])
            layer = replace(layer, parameters=layer.parameters | dict(zip(("mean", "variance"), found, strict=True)))
        new_layers.append(layer)
    return new_layers
