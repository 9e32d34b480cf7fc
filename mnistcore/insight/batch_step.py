"""One step on a batch, in numbers: the forward pass, the gradients, and how far the weights move.

The textbook core computes it, in float64, from the weights of a network that the fast core trained.
"""

from dataclasses import dataclass

import numpy as np

from mnistcore import plain
from mnistcore.insight.textbook import OUTPUTS, optimizer_constants, plain_inputs, plain_layers
from mnistcore.nn import Network, OptimizerConfig
from mnistcore.plain import Layer, Pass, Return


@dataclass(frozen=True)
class Values:
    """An array in a few numbers: shape, minimum, maximum, mean, Euclidean norm, and the fraction that is exactly 0."""

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

    ``confidence`` is the mean probability that the network gives the correct digit.
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
    layers, x = plain_layers(network), plain_inputs(network, images)
    passes = plain.forward(layers, x)
    logits = passes[-1].y
    returns = plain.backward(layers, passes, plain.LOSSES[network.config.loss][1](logits, labels))
    constants = optimizer_constants(optimizer)
    updated, _ = plain.update(layers, returns, learning_rate, optimizer.kind, constants=constants)
    probabilities = OUTPUTS[network.config.loss](logits)
    (loss, accuracy), (loss_after, accuracy_after) = (
        _judge(network.config.loss, values, labels) for values in (logits, plain.forward(updated, x)[-1].y)
    )
    return BatchStep(
        images=len(images),
        inputs=Values.of(x),
        layers=tuple(
            _layer_step(row.name, layer, done, back, new)
            for row, layer, done, back, new in zip(network.summary(), layers, passes, returns, updated, strict=True)
        ),
        probabilities=Values.of(probabilities),
        confidence=float(probabilities[np.arange(len(labels)), labels].mean()),
        loss=loss,
        accuracy=accuracy,
        loss_after=loss_after,
        accuracy_after=accuracy_after,
    )


def _layer_step(name: str, layer: Layer, done: Pass, back: Return, updated: Layer) -> LayerStep:
    parameters = {key: Values.of(layer.parameters[key]) for key in back.gradients}
    gradients = {key: Values.of(gradient) for key, gradient in back.gradients.items()}
    updates = {key: Values.of(updated.parameters[key] - layer.parameters[key]) for key in back.gradients}
    return LayerStep(name, Values.of(done.y), Values.of(back.dz), parameters, gradients, updates)


def _judge(loss: str, logits: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """Mean loss and accuracy."""
    return float(plain.LOSSES[loss][0](logits, labels).mean()), float((logits.argmax(axis=1) == labels).mean())
