"""A network as a PyTorch module, with its state dict as a safetensors file: neither holds a pickle."""

from collections.abc import Iterator

import numpy as np

from mnistcore.exports.code import ROWS, arguments, probabilities, program, zipped
from mnistcore.exports.facts import Facts
from mnistcore.exports.layers import NamedLayer, named_layers
from mnistcore.nn import Network
from mnistcore.nn.activations import LEAKY_SLOPE

IMPORTS = """import gzip
import sys
from functools import cache
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import nn
"""
LOAD = '''@cache
def load_network() -> Network:
    """The trained network, ready to predict."""
    network = Network()
    network.load_state_dict(load_file(Path(__file__).with_name("weights.safetensors")))
    return network.eval()
'''
PREDICT = '''@torch.no_grad()
def predict(images: np.ndarray) -> np.ndarray:
    """Probabilities (n, 10) of (n, 28, 28) uint8 images, some at a time to save memory."""
    x = torch.tensor(images).reshape(-1, {shape}).float() / 255
    z = torch.cat([load_network()(part) for part in x.split({rows})])
    return {shares}
'''
ACTIVATIONS = {
    "relu": "torch.relu({})",
    "leaky_relu": f"nn.functional.leaky_relu({{}}, {LEAKY_SLOPE})",
    "sigmoid": "torch.sigmoid({})",
    "tanh": "torch.tanh({})",
    "identity": "{}",
}


def pytorch_code(network: Network, facts: Facts) -> bytes:
    """A ZIP of model.py and weights.safetensors, the state dict; float32, like the network."""
    from safetensors.numpy import save

    layers = list(named_layers(network))
    shares = probabilities(network, "z.softmax(dim=1).numpy()", "nn.functional.logsigmoid(z).softmax(dim=1).numpy()")
    predict = PREDICT.format(shape=", ".join(map(str, network.input_shape)), rows=ROWS, shares=shares)
    text = program(network, facts, "PyTorch", "torch safetensors", IMPORTS, "\n".join(_module(layers)), LOAD, predict)
    state = {f"{layer.name}.{name}": array for layer in layers for name, array in _state(layer).items()}
    return zipped({"model.py": text, "weights.safetensors": save(state)})


def _module(layers: list[NamedLayer]) -> Iterator[str]:
    """The lines of the class."""
    yield "class Network(nn.Module):"
    yield '    """Ten numbers (n, 10) for images from 0 to 1."""'
    yield ""
    yield "    def __init__(self) -> None:"
    yield "        super().__init__()"
    for layer in layers:
        if made := _made(layer):
            yield f"        self.{layer.name} = nn.{made}"
    yield ""
    yield "    def forward(self, x: torch.Tensor) -> torch.Tensor:"
    for layer in layers:
        call = f"self.{layer.name}(x)" if _made(layer) else "x.flatten(1)"
        start = "return" if layer is layers[-1] else "x ="
        yield f"        {start} {ACTIVATIONS[layer.activation].format(call)}"


def _made(named: NamedLayer) -> str:
    """How the layer is made, without `nn.`; "" for one that has nothing to keep."""
    layer, bias = named.layer, {} if "b" in named.arrays else {"bias": False}
    if named.kind == "dense":
        return f"Linear({layer.inputs}, {layer.units}{', bias=False' if bias else ''})"
    if named.kind == "conv2d":
        usual = {"stride": 1, "padding": 0}
        given = {name: getattr(layer, name) for name in usual if getattr(layer, name) != usual[name]}
        return (
            f"Conv2d({layer.input_shape[0]}, {layer.filters}, {arguments(kernel_size=layer.kernel, **given, **bias)})"
        )
    if named.kind == "batch_norm":
        return (
            f"BatchNorm{'2d' if len(layer.output_shape) == 3 else '1d'}({layer.output_shape[0]})"  # its eps is EPSILON
        )
    if named.kind in ("max_pool2d", "average_pool2d"):
        word = "MaxPool2d" if named.kind == "max_pool2d" else "AvgPool2d"
        return f"{word}({arguments(kernel_size=layer.kernel, stride=layer.stride)})"
    return f"Dropout({layer.rate})" if named.kind == "dropout" else ""


def _state(named: NamedLayer) -> dict[str, np.ndarray]:
    """The layer's arrays as PyTorch names and turns them: outputs come first."""
    names = {"W": "weight", "b": "bias", "gain": "weight", "mean": "running_mean", "variance": "running_var"}
    found = {names[name]: array for name, array in named.arrays.items()}
    if "W" in named.arrays:
        found["weight"] = np.moveaxis(found["weight"], -1, 0)
    if named.kind == "batch_norm":
        found["num_batches_tracked"] = np.zeros((), np.int64)  # a state dict has it
    return {name: np.ascontiguousarray(array) for name, array in found.items()}
