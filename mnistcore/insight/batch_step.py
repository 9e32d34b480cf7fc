"""One step of gradient descent on a batch, in numbers: what goes forward, what comes back, and how far weights move."""

from dataclasses import dataclass

import numpy as np

from mnistcore.nn import Network, OptimizerConfig
from mnistcore.nn.layers import Outputs
from mnistcore.nn.network import STATISTICS, as_rows
from mnistcore.nn.optimizers import Optimizer


@dataclass(frozen=True)
class Values:
    """An array in a few numbers: its shape, its ends and mean, its Euclidean norm, and how much of it is exactly 0."""

    shape: tuple[int, ...]
    low: float
    high: float
    mean: float
    norm: float
    zeros: float

    @classmethod
    def of(cls, array: np.ndarray) -> "Values":
        """Measure an array of numbers that is not empty."""
        norm = float(np.linalg.norm(array.ravel()))
        zeros = float((array == 0).mean())
        return cls(array.shape, float(array.min()), float(array.max()), float(array.mean()), norm, zeros)


@dataclass(frozen=True)
class LayerStep:
    """A layer's outputs y, the loss's gradient dz before its activation, and by parameter name ("W", "b") its values,
    gradient and update (what is added to it)."""

    name: str
    y: Values
    dz: Values
    parameters: dict[str, Values]
    gradients: dict[str, Values]
    updates: dict[str, Values]


@dataclass(frozen=True)
class BatchStep:
    """A step on ``images`` images: inputs, layers, probabilities, and the mean loss and accuracy before and after.

    ``confidence`` is the mean probability that the network gives to the right digit.
    """

    images: int
    inputs: Values
    layers: tuple[LayerStep, ...]
    probabilities: Values
    confidence: float
    loss: float
    accuracy: float
    loss_after: float
    accuracy_after: float


def step_on_batch(
    network: Network, images: np.ndarray, labels: np.ndarray, optimizer: OptimizerConfig, learning_rate: float
) -> BatchStep:
    """One update from all of (n, 28, 28) uint8 images with (n,) labels at once; the network stays as it is.

    The optimizer starts afresh and dropout is off.
    """
    labels = labels.astype(np.intp)
    gradients = np.zeros(network.parameter_count, np.float32)
    bound = network.bind(len(images), gradients)
    bound.input.load(as_rows(images), np.arange(len(images)))
    logits = bound.forward().copy()
    network.loss.gradient(logits, labels, 1 / len(labels), bound.dlogits)
    outputs = {place: (layer, Values.of(layer.y)) for place, layer in bound.layers}
    bound.backward()
    after = Network.over(network.config, network.pixels, network.parameters.copy())
    rule = Optimizer(optimizer, network.trained_count, network.weight_count)
    rule.update(after.parameters, gradients.copy(), learning_rate)
    updates = after.parameters - network.parameters
    probabilities = network.loss.probabilities(logits)
    (loss, accuracy), (loss_after, accuracy_after) = (
        _judge(network, values, labels) for values in (logits, after.logits(images))
    )
    return BatchStep(
        images=len(images),
        inputs=Values.of(bound.input.y),
        layers=tuple(
            _layer_step(network, place, layer, y, gradients, updates) for place, (layer, y) in outputs.items()
        ),
        probabilities=Values.of(probabilities),
        confidence=float(probabilities[np.arange(len(labels)), labels].mean()),
        loss=loss,
        accuracy=accuracy,
        loss_after=loss_after,
        accuracy_after=accuracy_after,
    )


def _layer_step(
    network: Network, place: int, layer: Outputs, y: Values, gradients: np.ndarray, updates: np.ndarray
) -> LayerStep:
    """The layer's arrays, whose dy has become dz in the backward pass."""
    parameters, found, moved = (
        {name: Values.of(view) for name, view in network.views(place, flat).items() if name not in STATISTICS}
        for flat in (network.parameters, gradients, updates)
    )
    return LayerStep(network.summary()[place].name, y, Values.of(layer.dy), parameters, found, moved)


def _judge(network: Network, logits: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """Mean loss and accuracy."""
    return float(network.loss.losses(logits, labels).mean()), float((logits.argmax(axis=1) == labels).mean())
