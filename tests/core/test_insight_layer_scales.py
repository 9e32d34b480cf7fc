"""Activation and gradient sizes per layer, against a passage by hand in float64."""

import numpy as np
import pytest

from mnistcore.insight.layer_scales import LayerScale, gradient_shrinkage, layer_scales
from mnistcore.nn import Network
from tests.core.tiny_digits import tiny_config, tiny_dataset


def deep(activation: str, initialization: str = "glorot", depth: int = 5):
    return tiny_config(
        layers=[{"units": 30, "activation": activation}] * depth, initialization={"kind": initialization}
    )


def test_the_sizes_are_those_of_a_passage_by_hand() -> None:
    dataset, config = tiny_dataset(), deep("tanh", depth=1)
    images, labels = dataset.train_images[:50], dataset.train_labels[:50]
    network = Network(config, np.random.default_rng(7))
    first, last = network.layers
    x = images.reshape(50, -1) / 255
    y = np.tanh(x @ first.W.astype(np.float64))
    logits = y @ last.W.astype(np.float64)
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    delta = probabilities - np.eye(10)[labels]
    before = delta @ last.W.T * (1 - y**2)
    expected = [
        (abs(y).mean(), abs(before).mean(), abs(x.T @ before / 50).mean()),
        (abs(logits).mean(), abs(delta).mean(), abs(y.T @ delta / 50).mean()),
    ]
    found = layer_scales(config, images, labels, seed=7)
    assert [scale.name for scale in found] == ["1 · dense, tanh", "output"]
    for scale, numbers in zip(found, expected, strict=True):
        assert (scale.activation, scale.gradient, scale.weight_gradient) == pytest.approx(numbers, rel=1e-4)


def test_gradients_vanish_behind_sigmoids_and_not_behind_relu_with_he() -> None:
    dataset = tiny_dataset()

    def arriving(activation: str, initialization: str) -> float:
        scales = layer_scales(deep(activation, initialization), dataset.train_images, dataset.train_labels)
        return scales[0].gradient / scales[-1].gradient

    assert arriving("sigmoid", "glorot") < 0.01 < 0.1 < arriving("relu", "he")
    assert arriving("leaky_relu", "glorot") < arriving("leaky_relu", "he")


def test_dropout_and_convolution_have_their_place() -> None:
    layers = [{"kind": "conv2d", "filters": 2}, {"kind": "max_pool2d"}, {"kind": "flatten"}, {"kind": "dropout"}]
    dataset = tiny_dataset()
    found = layer_scales(tiny_config(layers=layers), dataset.train_images[:20], dataset.train_labels[:20])
    assert [scale.name for scale in found] == ["1 · conv 5 × 5, relu", "output"]
    assert all(scale.activation > 0 and scale.gradient > 0 and scale.weight_gradient > 0 for scale in found)


def test_the_gradient_shrinks_from_the_output_to_the_first_layer() -> None:
    output, hidden = LayerScale("output", 1.0, 0.5, 1.0), LayerScale("1", 1.0, 0.02, 1.0)
    assert gradient_shrinkage([hidden, output]) == pytest.approx(25)
    assert gradient_shrinkage([LayerScale("1", 0.0, 0.0, 0.0), output]) == float("inf")
