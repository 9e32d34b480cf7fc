"""The layers of a network with names of their own, and their weights in the order that other libraries want."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from mnistcore.nn import Conv2d, Network

WORDS = {
    "conv2d": "conv",
    "max_pool2d": "pool",
    "average_pool2d": "pool",
    "flatten": "flatten",
    "dense": "dense",
    "dropout": "dropout",
    "batch_norm": "norm",
}


@dataclass(frozen=True, eq=False)
class NamedLayer:
    """A layer called `conv1`, `dense2` or `output`, and its arrays by name, float32, as ``mnistcore.plain`` has them.

    A convolution's W is (channels, kernel, kernel, filters), a dense layer's (inputs, units).
    """

    name: str
    layer: Any  # a mnistcore.nn.Layer; which settings it has depends on its kind
    arrays: dict[str, np.ndarray]

    @property
    def kind(self) -> str:
        """What it is: "dense", "conv2d", "max_pool2d", …"""
        return str(self.layer.kind)

    @property
    def activation(self) -> str:
        """What its sums go through; "identity" for layers that have none."""
        return str(getattr(self.layer, "activation", "identity"))


def named_layers(network: Network) -> Iterator[NamedLayer]:
    """All layers in order, numbered within their kind; the last one is `output`."""
    counts: Counter[str] = Counter()
    for index, layer in enumerate(network.layers):
        word = WORDS[layer.kind]
        counts[word] += 1
        name = "output" if index == len(network.layers) - 1 else f"{word}{counts[word]}"
        arrays = network.views(index, network.parameters)
        if isinstance(layer, Conv2d):
            arrays["W"] = arrays["W"].reshape(layer.input_shape[0], layer.kernel, layer.kernel, layer.filters)
        yield NamedLayer(name, layer, arrays)
