"""The sizes of activations and gradients in each layer of a fresh network: where gradients vanish, and where not."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mnistcore.nn import Network, NetworkConfig
from mnistcore.nn.network import as_rows


@dataclass(frozen=True)
class LayerScale:
    """A layer with weights and the mean magnitudes in it: of its outputs, of the loss's gradient before its activation
    (of one image's loss, over units and images), and of the mean loss's gradient by its weights."""

    name: str
    activation: float
    gradient: float
    weight_gradient: float


def layer_scales(config: NetworkConfig, images: np.ndarray, labels: np.ndarray, seed: int = 0) -> list[LayerScale]:
    """The scales of a network as it is before its first step, output layer last, on (n, 28, 28) uint8 images.

    Dropout drops as in training. What Glorot and Bengio 2010 plot as histograms ("Understanding the difficulty of
    training deep feedforward neural networks"), each as one number. ConfigError for settings that do not fit together.
    """
    rng = np.random.default_rng(seed)
    network = Network(config, rng)
    gradients = np.zeros(network.parameter_count, np.float32)
    bound = network.bind(len(images), gradients)
    with np.errstate(all="ignore"):
        bound.input.load(as_rows(images), np.arange(len(images)))
        bound.forward(rng)
        # Taken now: a convolution fused with its pooling does not keep its outputs, so these are the pooled ones.
        activations = {place: _mean_magnitude(layer.y) for place, layer in bound.layers}
        network.loss.gradient(bound.logits, labels.astype(np.intp), 1 / len(images), bound.dlogits)
        bound.backward()
    rows = network.summary()
    return [
        LayerScale(
            name=rows[place].name,
            activation=activations[place],
            gradient=_mean_magnitude(layer.dy) * len(images),
            weight_gradient=_mean_magnitude(network.views(place, gradients)["W"]),
        )
        for place, layer in bound.layers
        if "W" in layer.shapes
    ]


def gradient_shrinkage(scales: Sequence[LayerScale]) -> float:
    """How many times smaller the gradient is in the first layer than at the output; infinite where none arrives."""
    first, last = scales[0].gradient, scales[-1].gradient
    return last / first if first else math.inf


def _mean_magnitude(values: np.ndarray) -> float:
    return float(np.abs(values).mean(dtype=np.float64))
