"""A network as a Keras 3 model, for any of its back ends, with the weights beside it."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from mnistcore.exports.code import ROWS, arguments, npz, probabilities, program, zipped
from mnistcore.exports.facts import Facts
from mnistcore.exports.layers import NamedLayer, named_layers
from mnistcore.nn import Network
from mnistcore.nn.activations import LEAKY_SLOPE

IMPORTS = """import gzip
import sys
from functools import cache
from pathlib import Path

import keras
import numpy as np
from keras import layers
"""
LOAD = '''@cache
def load_model() -> keras.Model:
    """The trained model."""
    model = build_model()
    with np.load(Path(__file__).with_name("weights.npz")) as arrays:
        for layer in model.layers:
            layer.set_weights([arrays[f"{layer.name}_{weight.name}"] for weight in layer.weights])
    return model
'''
PREDICT = '''def predict(images: np.ndarray) -> np.ndarray:
    """Probabilities (n, 10) of (n, 28, 28) uint8 images."""
    x = images.reshape(-1, {shape}).astype("float32") / 255
    z = load_model().predict(x, batch_size={rows}, verbose=0)
    return {shares}
'''
CHANNELS_FIRST = "  # channels, rows, columns: the order of the next layer's weights"


def keras_code(network: Network, facts: Facts) -> bytes:
    """A ZIP of model.py and weights.npz; float32, like the network."""
    layers = list(named_layers(network))
    softmax = "keras.ops.convert_to_numpy(keras.ops.softmax({}))"
    shares = probabilities(network, softmax.format("z"), softmax.format("keras.ops.log_sigmoid(z)"))
    shape = ", ".join(map(str, _input_shape(network)))
    predict = PREDICT.format(shape=shape, rows=ROWS, shares=shares)
    model = "\n".join(_build(network, layers))
    text = program(network, facts, "Keras 3", "keras", IMPORTS, model, LOAD, predict)
    arrays = {f"{layer.name}_{name}": array for layer in layers for name, array in _weights(layer).items()}
    return zipped({"model.py": text, "weights.npz": npz(arrays)})


def _input_shape(network: Network) -> tuple[int, ...]:
    """What the model takes: rows, or maps with the channel last, as Keras has them on every back end."""
    return network.input_shape if len(network.input_shape) == 1 else (28, 28, 1)


def _build(network: Network, named: list[NamedLayer]) -> Iterator[str]:
    """The lines of the function that builds the model."""
    yield "def build_model() -> keras.Model:"
    yield '    """The model without its weights: ten numbers for an image from 0 to 1."""'
    yield "    return keras.Sequential("
    yield "        ["
    yield f"            keras.Input({_input_shape(network)}),"
    for layer in named:
        for made in _made(layer):
            why = CHANNELS_FIRST if made.startswith("Permute") else ""
            yield f"            layers.{made},{why}"
    yield "        ]"
    yield "    )"


def _made(named: NamedLayer) -> Iterator[str]:
    """How the layer is made, without `layers.`, and what goes before and after it."""
    layer, kind = named.layer, named.kind
    given: dict[str, Any] = {} if named.activation in ("identity", "leaky_relu") else {"activation": named.activation}
    given |= {"use_bias": False} if "W" in named.arrays and "b" not in named.arrays else {}
    given |= {"name": named.name}
    if kind == "dense":
        yield f"Dense({layer.units}, {arguments(**given)})"
    elif kind == "conv2d":
        if layer.padding:
            yield f"ZeroPadding2D({layer.padding})"
        strides = {} if layer.stride == 1 else {"strides": layer.stride}
        yield f"Conv2D({layer.filters}, {arguments(kernel_size=layer.kernel, **strides, **given)})"
    elif kind == "batch_norm":
        yield f"BatchNormalization({arguments(epsilon=layer.EPSILON, name=named.name)})"
        if named.activation not in ("identity", "leaky_relu"):
            yield f'Activation("{named.activation}")'
    elif kind in ("max_pool2d", "average_pool2d"):
        word = "MaxPooling2D" if kind == "max_pool2d" else "AveragePooling2D"
        yield f"{word}({arguments(pool_size=layer.kernel, strides=layer.stride)})"
    elif kind == "flatten":
        if layer.input_shape[0] > 1:
            yield "Permute((3, 1, 2))"
        yield "Flatten()"
    elif kind == "dropout":
        yield f"Dropout({layer.rate})"
    if named.activation == "leaky_relu":
        yield f"LeakyReLU(negative_slope={LEAKY_SLOPE})"


def _weights(named: NamedLayer) -> dict[str, np.ndarray]:
    """The layer's arrays as Keras has them: a convolution's kernel is (rows, columns, channels, filters)."""
    names = {"W": "kernel", "b": "bias"}
    if named.kind == "batch_norm":
        names = {"gain": "gamma", "b": "beta", "mean": "moving_mean", "variance": "moving_variance"}
    found = {names[name]: array for name, array in named.arrays.items()}
    if named.kind == "conv2d":
        found["kernel"] = found["kernel"].transpose(1, 2, 0, 3)
    return found
