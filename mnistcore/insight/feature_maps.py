"""One image on its way through a network: the output of every layer."""

from dataclasses import dataclass

import numpy as np

from mnistcore.insight.weight_images import output_places
from mnistcore.nn import Network


@dataclass(frozen=True, eq=False)
class LayerOutput:
    """A layer's output for an image: maps (channels, height, width) or units (units,), float32.

    Flat rows that represent maps or pixels are reshaped to those, except after a flatten layer.
    ``limit`` is the largest magnitude among them, for one colour scale centred on zero; 1.0 where all are zero.
    """

    name: str
    kind: str
    values: np.ndarray
    limit: float


def layer_outputs(network: Network, image: np.ndarray) -> list[LayerOutput]:
    """Every layer's output for one (28, 28) uint8 image, output layer (the ten logits) last; one forward pass."""
    outputs = []
    places = output_places(network.config)
    for row, place, (values,) in zip(network.summary(), places, network.activations(image[None]), strict=True):
        limit = float(np.abs(values).max()) or 1.0
        values = values if row.kind == "flatten" else values.reshape(place)
        outputs.append(LayerOutput(row.name, row.kind, values, limit))
    return outputs
