"""A trained network in the form of ``mnistcore.plain``, in float64: what shows numbers and what checks them."""

import numpy as np

from mnistcore.nn import Network, OptimizerConfig
from mnistcore.nn.layer_config import Conv2dConfig
from mnistcore.nn.network import as_rows
from mnistcore.plain import Layer
from mnistcore.plain.activations import identity, sigmoid
from mnistcore.plain.losses import softmax

SETTINGS = {
    "conv2d": ("stride", "padding"),
    "max_pool2d": ("kernel", "stride"),
    "average_pool2d": ("kernel", "stride"),
    "dropout": ("rate",),
}
CONSTANTS: dict[str, tuple[str, ...]] = {
    "sgd": (),
    "momentum": ("momentum",),
    "nesterov": ("momentum",),
    "rmsprop": ("rho", "epsilon"),
    "adam": ("beta_1", "beta_2", "epsilon"),
    "adamw": ("beta_1", "beta_2", "epsilon"),
}

OUTPUTS = {  # what a loss compares with the label
    "softmax_cross_entropy": softmax,
    "sigmoid_squared_error": sigmoid,
    "sigmoid_binary_cross_entropy": sigmoid,
    "linear_squared_error": identity,
}


def plain_layers(network: Network, parameters: np.ndarray | None = None, dtype: type = np.float64) -> list[Layer]:
    """The network's layers with its parameters, or others (p,) laid out like them: copies, or where these have that
    dtype already, views.

    A convolution's W (channels · kernel², filters) becomes (channels, kernel, kernel, filters).
    """
    flat: np.ndarray = (network.parameters if parameters is None else parameters).astype(dtype, copy=False)
    layers = []
    for index, settings in enumerate([*network.config.layers, None]):
        arrays = network.views(index, flat)
        if settings is None:
            layers.append(Layer("dense", arrays))
            continue
        if isinstance(settings, Conv2dConfig):
            W = arrays["W"]
            arrays["W"] = W.reshape(-1, settings.kernel, settings.kernel, settings.filters)
        chosen = {name: getattr(settings, name) for name in SETTINGS.get(settings.kind, ())}
        layers.append(Layer(settings.kind, arrays, getattr(settings, "activation", "identity"), chosen))
    return layers


def plain_inputs(network: Network, images: np.ndarray, dtype: type = np.float64) -> np.ndarray:
    """(n, 28, 28) uint8 images from 0 to 1, as the network takes them: rows (n, 784) or maps (n, 1, 28, 28)."""
    return as_rows(images).reshape(len(images), *network.input_shape).astype(dtype) / 255


def nn_shape(layer: Layer, name: str, array: np.ndarray) -> np.ndarray:
    """A parameter of a plain layer, or its gradient, in the shape that ``Network.views`` gives it."""
    return array.reshape(-1, array.shape[-1]) if layer.kind == "conv2d" and name == "W" else array


def optimizer_constants(config: OptimizerConfig) -> dict[str, float]:
    """The constants that the optimizer's textbook form takes, by name."""
    return {name: getattr(config, name) for name in CONSTANTS[config.kind]}
