"""One training step on one image, layer by layer: forward, the loss, back-propagation, and what the update changes.

The textbook core computes it, in float64, from the weights of a network that the fast core trained.
"""

from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np

from mnistcore import plain
from mnistcore.errors import DataError
from mnistcore.insight.textbook import OUTPUTS, nn_shape, optimizer_constants, plain_inputs, plain_layers
from mnistcore.nn import LayerSummary, Network, OptimizerConfig
from mnistcore.nn.network import DIGITS, STATISTICS
from mnistcore.plain import Layer, Pass, Return

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class LayerTrace:
    """What happens in one layer. Values of one image are (units,) or maps (channels, height, width), all float64.

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

    @cached_property
    def changes(self) -> Arrays:
        """What the step adds to each of the parameters."""
        return {name: self.updated[name] - values for name, values in self.parameters.items()}


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

    @property
    def is_smoothed(self) -> bool:
        """Whether the target leaves something to every digit."""
        return bool(self.target.min() > 0)

    @cached_property
    def error(self) -> np.ndarray:
        """(prediction - target)², (10,)."""
        return (self.prediction - self.target) ** 2


def trace_step(
    network: Network,
    image: np.ndarray,
    label: int,
    optimizer: OptimizerConfig,
    learning_rate: float,
    weight_decay: float = 0.0,
    rng: np.random.Generator | None = None,
    label_smoothing: float = 0.0,
) -> StepTrace:
    """One training step of a network on a (28, 28) uint8 image; the network itself stays as it is.

    The optimizer starts afresh. With ``label_smoothing`` target, loss and delta are those of the smoothed label. With
    ``rng`` dropout drops as in training. DataError for a label that is no digit.
    """
    if not 0 <= label < DIGITS:
        raise DataError(f"a label is a digit from 0 to 9, got {label}: choose one")
    labels = np.array([label])
    layers, x = plain_layers(network), plain_inputs(network, image[None])
    loss, gradient = plain.LOSSES[network.config.loss]
    if label_smoothing:
        loss = partial(plain.smoothed_cross_entropy, smoothing=label_smoothing)
        gradient = partial(plain.smoothed_cross_entropy_gradient, smoothing=label_smoothing)
    with np.errstate(all="ignore"):
        # One image has no batch statistics, so a norm uses its running ones, as for a prediction.
        passes = plain.forward(layers, x, rng)
        dlogits = gradient(passes[-1].y, labels)
        returns = plain.backward(layers, passes, dlogits)
        constants = optimizer_constants(optimizer)
        updated, _ = plain.update(
            layers, returns, learning_rate, optimizer.kind, weight_decay=weight_decay, constants=constants
        )
        logits, logits_after = passes[-1].y, plain.forward(updated, x)[-1].y
        losses = [float(loss(values, labels)[0]) for values in (logits, logits_after)]
        prediction, prediction_after = (OUTPUTS[network.config.loss](values)[0] for values in (logits, logits_after))
    traces = tuple(
        _layer_trace(row, layer, done, back, new)
        for row, layer, done, back, new in zip(network.summary(), layers, passes, returns, updated, strict=True)
    )
    target = plain.smoothed_labels(labels, label_smoothing, DIGITS)[0]
    return StepTrace(image, label, traces, prediction, target, dlogits[0], losses[0], prediction_after, losses[1])


def _layer_trace(row: LayerSummary, layer: Layer, done: Pass, back: Return, updated: Layer) -> LayerTrace:
    """The one image's values, and the arrays in the shapes that the network has them in."""
    return LayerTrace(
        name=row.name,
        kind=row.kind,
        inputs=done.x[0],
        outputs=done.y[0],
        output_gradient=back.dy[0],
        delta=back.dz[0] if layer.kind in ("dense", "conv2d", "batch_norm") else None,
        input_gradient=back.dx[0],
        parameters=_trained(layer, layer.parameters),
        gradients=_trained(layer, back.gradients),
        updated=_trained(layer, updated.parameters),
    )


def _trained(layer: Layer, arrays: Arrays) -> Arrays:
    return {name: nn_shape(layer, name, array) for name, array in arrays.items() if name not in STATISTICS}
