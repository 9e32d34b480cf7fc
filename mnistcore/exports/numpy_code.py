"""A network as a Python program that needs only NumPy: the textbook's functions, and the weights beside them."""

from collections.abc import Iterator

from mnistcore.exports.code import ROWS, arguments, npz, probabilities, program, sources, zipped
from mnistcore.exports.facts import Facts
from mnistcore.exports.layers import NamedLayer, named_layers
from mnistcore.nn import Network
from mnistcore.plain.activations import ACTIVATIONS
from mnistcore.plain.losses import softmax
from mnistcore.plain.network import LAYERS

SETTINGS = {
    "conv2d": ("stride", "padding"),
    "max_pool2d": ("kernel", "stride"),
    "average_pool2d": ("kernel", "stride"),
}

IMPORTS = """import gzip
import sys
from functools import cache
from pathlib import Path

import numpy as np
"""
LOAD = '''@cache
def load_weights() -> dict[str, np.ndarray]:
    """The arrays of every layer by name."""
    with np.load(Path(__file__).with_name("weights.npz")) as file:
        return dict(file)
'''
PREDICT = '''def predict(images: np.ndarray) -> np.ndarray:
    """Probabilities (n, 10) of (n, 28, 28) uint8 images, some at a time to save memory."""
    x = images.reshape(-1, {shape}).astype(np.float32) / 255
    z = np.concatenate([logits(x[start : start + {rows}]) for start in range(0, len(x), {rows})])
    return {shares}
'''


def numpy_code(network: Network, facts: Facts) -> bytes:
    """A ZIP of model.py and weights.npz; float32, like the network."""
    layers = [layer for layer in named_layers(network) if layer.kind != "dropout"]
    used = [LAYERS[layer.kind][0] for layer in layers]
    used += [ACTIVATIONS[layer.activation][0] for layer in layers if layer.activation != "identity"]
    shares = probabilities(network, "softmax(z)", "softmax(-np.logaddexp(0, -z))")
    predict = PREDICT.format(shape=", ".join(map(str, network.input_shape)), rows=ROWS, shares=shares)
    parts = [IMPORTS, LOAD, "\n".join(_forward(layers)), predict, *sources([*used, softmax])]
    arrays = {f"{layer.name}_{name}": array for layer in layers for name, array in layer.arrays.items()}
    text = program(network, facts, "plain NumPy", "numpy", *parts)
    return zipped({"model.py": text, "weights.npz": npz(arrays)})


def _forward(layers: list[NamedLayer]) -> Iterator[str]:
    """The lines of the function that goes through all layers."""
    yield "def logits(x: np.ndarray) -> np.ndarray:"
    yield '    """Ten numbers (n, 10) for images x from 0 to 1, each layer from the one before it."""'
    yield "    w = load_weights()"
    for layer in layers:
        settings = arguments(**{name: getattr(layer.layer, name) for name in SETTINGS.get(layer.kind, ())})
        weights = [f'{name}=w["{layer.name}_{name}"]' for name in layer.arrays]
        call = f"{layer.kind}({', '.join(['x', *weights, *([settings] if settings else [])])})"
        start = "return" if layer is layers[-1] else "x ="
        yield f"    {start} {call if layer.activation == 'identity' else f'{layer.activation}({call})'}"
