"""One training step on one image, layer by layer: forward, the loss, back-propagation, and what the update changes."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mnistcore.errors import DataError
from mnistcore.nn import Dropout, Network, OptimizerConfig
from mnistcore.nn.bound_network import SCALE, Pixels
from mnistcore.nn.build import Layer
from mnistcore.nn.layers import Arrays, Outputs, Shard
from mnistcore.nn.losses import SigmoidSquaredError, SoftmaxCrossEntropy
from mnistcore.nn.network import DIGITS, STATISTICS, as_rows
from mnistcore.nn.optimizers import Optimizer


@dataclass(frozen=True, eq=False)
class LayerTrace:
    """What happens in one layer. Values of one image are (units,) or maps (channels, height, width), all float32.

    ``output_gradient`` and ``input_gradient`` are the loss's by the layer's outputs and inputs; ``delta`` is the one
    before its activation (None where there is none). ``parameters``, ``gradients`` and ``updated`` hold a layer's
    arrays by name, ``updated`` after the step; running statistics are left out, as they are not trained.
    """

    name: str
    kind: str
    inputs: np.ndarray
    outputs: np.ndarray
    output_gradient: np.ndarray
    delta: np.ndarray | None
    input_gradient: np.ndarray
    parameters: Arrays
    gradients: Arrays
    updated: Arrays


@dataclass(frozen=True, eq=False)
class StepTrace:
    """One step on one image: (28, 28) uint8 ``image`` with ``label``, each layer's part, and ten numbers at the end.

    ``prediction`` (10,) is what the loss compares with ``target`` (10,), the one-hot label: softmax, sigmoid or linear
    outputs; ``error`` is the square of their difference, ``delta`` the loss's gradient by the ten logits.
    ``loss_after`` and ``prediction_after`` are those of the same image after the update.
    """

    image: np.ndarray
    label: int
    layers: tuple[LayerTrace, ...]
    prediction: np.ndarray
    target: np.ndarray
    delta: np.ndarray
    loss: float
    prediction_after: np.ndarray
    loss_after: float

    @cached_property
    def error(self) -> np.ndarray:
        """(prediction - target)², (10,)."""
        return (self.prediction - self.target) ** 2


class Passage:
    """A network's own layers, none fused, bound for one image: in float32, or in float64 with ``parameters`` of that.

    ``gradients``, laid out like the parameters, is written by ``backward``.
    """

    def __init__(self, network: Network, parameters: np.ndarray, gradients: np.ndarray | None = None) -> None:
        shard = Shard(1, dtype=parameters.dtype.type)
        self.input = Pixels(network.input_shape, shard)
        self.layers: list[Layer] = network.build_layers()
        source: Outputs = self.input
        for index, layer in enumerate(self.layers):
            found = {} if gradients is None else network.views(index, gradients)
            layer.bind(source, network.views(index, parameters), found, shard)
            source = layer

    def forward(self, image: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
        """Logits (1, 10) of a (28, 28) uint8 image, a buffer; with ``rng`` dropout drops as in training."""
        self.input.y.reshape(-1)[:] = as_rows(image[None])[0] * SCALE
        return self.forward_from(0, rng)

    def forward_from(self, first: int, rng: np.random.Generator | None = None) -> np.ndarray:
        """The same from layer ``first`` on, with what came out of those before it the last time."""
        for layer in self.layers[first:]:
            # One image has no statistics of its own, so a norm uses its running ones, as for a prediction.
            layer.forward(rng if isinstance(layer, Dropout) else None)
        return self.layers[-1].y


def trace_step(
    network: Network,
    image: np.ndarray,
    label: int,
    optimizer: OptimizerConfig,
    learning_rate: float,
    weight_decay: float = 0.0,
    rng: np.random.Generator | None = None,
) -> StepTrace:
    """One training step of a network on a (28, 28) uint8 image; the network itself stays as it is.

    The optimizer starts afresh. With ``rng`` dropout drops as in training. DataError for a label that is no digit.
    """
    if not 0 <= label < DIGITS:
        raise DataError(f"a label is a digit from 0 to 9, got {label}: choose one")
    labels = np.array([label])
    gradients = np.zeros(network.parameter_count, np.float32)
    passage = Passage(network, network.parameters, gradients)
    with np.errstate(all="ignore"):
        logits = passage.forward(image, rng).copy()
        output = passage.layers[-1]
        network.loss.gradient(logits, labels, 1.0, output.dy)
        delta = output.dy[0].copy()
        backward = [_backward(passage, index) for index in range(len(passage.layers) - 1, -1, -1)][::-1]
        updated = network.parameters.copy()
        counts = network.trained_count, network.weight_count
        Optimizer(optimizer, *counts, weight_decay).update(updated, gradients.copy(), learning_rate)
        logits_after = Passage(network, updated).forward(image)
        losses = [float(network.loss.losses(values, labels)[0]) for values in (logits, logits_after)]
    layers = []
    for index, (row, parts) in enumerate(zip(network.summary(), backward, strict=True)):
        arrays = [_trained(network.views(index, flat)) for flat in (network.parameters, gradients, updated)]
        layers.append(LayerTrace(row.name, row.kind, *parts, *arrays))
    predictions = [network_outputs(network, values)[0] for values in (logits, logits_after)]
    target = np.eye(DIGITS, dtype=np.float32)[label]
    return StepTrace(image, label, tuple(layers), predictions[0], target, delta, losses[0], predictions[1], losses[1])


def network_outputs(network: Network, logits: np.ndarray) -> np.ndarray:
    """What the loss compares with the label: softmax, sigmoid or linear outputs, (n, 10) of logits (n, 10)."""
    if isinstance(network.loss, SoftmaxCrossEntropy):
        return network.loss.probabilities(logits)
    if isinstance(network.loss, SigmoidSquaredError):  # and the cross-entropy of sigmoids
        return (0.5 * (1 + np.tanh(0.5 * logits))).astype(np.float32)
    return logits.copy()


def _backward(passage: Passage, index: int) -> tuple:
    """Run one layer's backward pass: copies of its inputs, outputs, and the gradients of its trace."""
    layer = passage.layers[index]
    source: Outputs = passage.layers[index - 1] if index else passage.input
    output_gradient = _single(layer.dy)
    layer.backward(True, False)
    delta = _single(layer.dy) if hasattr(layer, "activation") else None
    return _single(source.y), _single(layer.y), output_gradient, delta, _single(source.dy)


def _single(values: np.ndarray) -> np.ndarray:
    """The one image's values, a copy."""
    return (values[0] if values.ndim == 2 else values[..., 0]).copy()


def _trained(views: Arrays) -> Arrays:
    return {name: view.copy() for name, view in views.items() if name not in STATISTICS}
