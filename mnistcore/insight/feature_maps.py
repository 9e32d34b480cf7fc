"""One image on its way through a network: what every layer makes of it."""

from dataclasses import dataclass

import numpy as np

from mnistcore.nn import Network


@dataclass(frozen=True, eq=False)
class LayerOutput:
    """What a layer makes of an image: maps (channels, height, width) or units (units,), float32.

    ``limit`` is the largest magnitude among them, for one colour scale centred on zero; 1.0 where all are zero.
    """

    name: str
    kind: str
    values: np.ndarray
    limit: float


def layer_outputs(network: Network, image: np.ndarray) -> list[LayerOutput]:
    """Every layer's output for one (28, 28) uint8 image, output layer (the ten logits) last; one forward pass."""
    outputs = []
    for row, values in zip(network.summary(), network.activations(image[None]), strict=True):
        limit = float(np.abs(values).max()) or 1.0
        outputs.append(LayerOutput(row.name, row.kind, values[0], limit))
    return outputs
