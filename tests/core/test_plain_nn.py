"""The fast core trains as the textbook does: a seed gives the same first weights, batches the same steps."""

from typing import Any

import numpy as np
import pytest
from tiny_digits import begin, finish, tiny_config, tiny_dataset

from mnistcore import plain
from mnistcore.insight.textbook import nn_shape, optimizer_constants, plain_inputs, plain_layers
from mnistcore.nn import Network
from mnistcore.plain import Layer
from mnistcore.training import TrainingState

MAPS = [
    {"kind": "conv2d", "filters": 3, "kernel": 5, "stride": 2, "activation": "tanh"},
    {"kind": "max_pool2d"},
    {"kind": "conv2d", "filters": 4, "kernel": 3, "padding": 1, "activation": "identity", "bias": False},
    {"kind": "batch_norm", "activation": "leaky_relu"},
    {"kind": "average_pool2d"},
    {"kind": "flatten"},
    {"kind": "dense", "units": 7, "activation": "sigmoid"},
]
ROWS = [
    {"units": 9, "bias": False, "activation": "identity"},
    {"kind": "batch_norm", "activation": "relu"},
    {"units": 8},
]


def drawn(kind: str, shape: tuple[int, ...], fan: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """An array of the textbook's, in the type in which the fast core draws."""
    if kind == "he":
        return plain.he(shape, fan[0], rng, np.float32)
    if kind == "glorot":
        return plain.glorot(shape, *fan, rng, np.float32)
    if kind == "uniform":
        return plain.uniform(shape, -0.25, 1.0, rng, np.float32)
    return plain.normal(shape, 0.05, rng, np.float32)


@pytest.mark.parametrize("kind", ["he", "glorot", "uniform", "normal"])
@pytest.mark.parametrize("layers", [ROWS, MAPS], ids=["rows", "maps"])
def test_a_seed_draws_the_same_first_weights_bit_for_bit(kind: str, layers: list[dict[str, Any]]):
    settings = {"kind": kind, "low": -0.25, "high": 1.0, "standard_deviation": 0.05}
    network = Network(tiny_config(layers=layers, initialization=settings), np.random.default_rng(3))
    rng = np.random.default_rng(3)
    for index, layer in enumerate(plain_layers(network, dtype=np.float32)):
        for name, found in layer.parameters.items():
            if name in ("gain", "mean", "variance"):
                expected = np.full(found.shape, name != "mean", np.float32)
            elif name == "b" and kind in ("he", "glorot"):
                expected = np.zeros(found.shape, np.float32)
            else:
                expected = drawn(kind, found.shape, getattr(network.layers[index], "fan", (1, 1)), rng)
            assert found.tobytes() == expected.tobytes(), (index, name)


SOFTMAX = "softmax_cross_entropy"


def steps_of_the_textbook(state: TrainingState, layers: list[Layer], steps: int) -> list[Layer]:
    """The layers after so many steps over the batches that the training takes."""
    config, dataset = state.config, state.dataset
    states: list[dict[str, tuple]] = []
    for step in range(steps):
        rows = state.split.train[step * config.batch_size : (step + 1) * config.batch_size]
        passes = plain.forward(layers, plain_inputs(state.network, dataset.train_images[rows]), is_training=True)
        logits, labels = passes[-1].y, dataset.train_labels[rows]
        gradient = plain.LOSSES[config.loss][1](logits, labels)
        if config.label_smoothing:
            gradient = plain.smoothed_cross_entropy_gradient(logits, labels, config.label_smoothing)
        returns = plain.backward(layers, passes, gradient)
        constants = optimizer_constants(config.optimizer)
        layers, states = plain.update(
            layers, returns, config.learning_rate, config.optimizer.kind, states, config.weight_decay, constants
        )
        layers = plain.update_statistics(layers, passes)
    return layers


@pytest.mark.parametrize("layers", [[], ROWS, MAPS], ids=["linear", "rows", "maps"])
@pytest.mark.parametrize("kind", sorted(plain.OPTIMIZERS))
def test_training_takes_the_textbooks_steps(layers: list[dict[str, Any]], kind: str):
    """Weights, biases, gains and running statistics after eight batches of 16, and the predictions that follow."""
    settings = {"layers": layers, "optimizer": kind, "learning_rate": 0.01, "weight_decay": 0.1}
    state = begin(**settings, batch_size=16, max_steps=8, shuffle=False)
    first = plain_layers(state.network, state.network.parameters.astype(np.float64))
    finish(state)
    expected = steps_of_the_textbook(state, first, 8)
    for index, layer in enumerate(expected):
        views = state.network.views(index, state.network.parameters)
        assert set(views) == set(layer.parameters)
        for name, values in layer.parameters.items():
            np.testing.assert_allclose(views[name], nn_shape(layer, name, values), rtol=2e-4, atol=2e-5)
    images = tiny_dataset().test_images
    logits = plain.forward(expected, plain_inputs(state.network, images))[-1].y
    np.testing.assert_allclose(state.network.logits(images), logits, rtol=2e-3, atol=2e-4)


@pytest.mark.parametrize(("loss", "smoothing"), [*((name, 0) for name in sorted(plain.LOSSES)), (SOFTMAX, 0.2)])
def test_every_loss_trains_as_in_the_textbook(loss: str, smoothing: float):
    settings = {"layers": ROWS, "loss": loss, "label_smoothing": smoothing, "optimizer": "sgd", "learning_rate": 0.05}
    state = begin(**settings, batch_size=7, max_steps=5, shuffle=False)
    first = plain_layers(state.network, state.network.parameters.astype(np.float64))
    finish(state)
    for index, layer in enumerate(steps_of_the_textbook(state, first, 5)):
        for name, view in state.network.views(index, state.network.parameters).items():
            np.testing.assert_allclose(view, layer.parameters[name], rtol=1e-4, atol=1e-6)
