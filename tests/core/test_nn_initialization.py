"""Initial weights: their mean, spread and range by name, through the network."""

import math
from typing import Any

import numpy as np
import pytest

from mnistcore.nn import DenseConfig, InitializationConfig, Network, NetworkConfig
from mnistcore.nn.layer_config import BatchNormConfig, Conv2dConfig, FlattenConfig


def network(kind: str, seed: int = 0, **settings: Any) -> Network:
    config = NetworkConfig(
        layers=(DenseConfig(units=60), DenseConfig(units=40)),
        initialization=InitializationConfig(kind=kind, **settings),
    )
    return Network(config, np.random.default_rng(seed))


def test_he_has_variance_two_over_inputs():
    for layer, inputs in zip(network("he").layers, (784, 60, 40), strict=True):
        spread = math.sqrt(2 / inputs)
        assert layer.W.std() == pytest.approx(spread, rel=5 / math.sqrt(2 * layer.W.size))
        assert abs(layer.W.mean()) < 5 * spread / math.sqrt(layer.W.size)
        assert not layer.b.any()


def test_glorot_is_uniform_within_its_limit():
    for layer, both in zip(network("glorot").layers, (784 + 60, 60 + 40, 40 + 10), strict=True):
        limit = math.sqrt(6 / both)
        assert np.abs(layer.W).max() <= limit * (1 + 1e-6)
        assert np.abs(layer.W).max() > 0.97 * limit
        assert layer.W.std() == pytest.approx(limit / math.sqrt(3), rel=0.1)
        assert not layer.b.any()


def test_uniform_fills_its_range_with_weights_and_biases():
    parameters = network("uniform", low=-0.25, high=1.0).parameters
    assert parameters.min() >= -0.25
    assert parameters.max() <= 1.0
    assert parameters.mean() == pytest.approx(0.375, abs=0.01)
    assert parameters.std() == pytest.approx(1.25 / math.sqrt(12), rel=0.02)
    assert all(layer.b.all() for layer in network("uniform").layers)


def test_normal_has_its_standard_deviation_in_weights_and_biases():
    net = network("normal", standard_deviation=0.05)
    assert net.parameters.std() == pytest.approx(0.05, rel=0.02)
    assert all(layer.b.all() for layer in net.layers)


def test_zeros_are_zeros():
    assert not network("zeros").parameters.any()


@pytest.mark.parametrize("kind", ["he", "glorot", "uniform", "normal", "zeros"])
def test_parameters_are_float32_and_decided_by_the_seed(kind: str):
    first, again, other = network(kind, seed=1), network(kind, seed=1), network(kind, seed=2)
    assert first.parameters.dtype == np.float32
    assert first.parameters.tobytes() == again.parameters.tobytes()
    assert (first.parameters.tobytes() == other.parameters.tobytes()) is (kind == "zeros")


def test_layers_do_not_share_random_numbers():
    config = NetworkConfig(layers=(DenseConfig(units=10), DenseConfig(units=10)))
    layers = Network(config, np.random.default_rng(0)).layers
    assert not np.array_equal(layers[1].W, layers[2].W)


def test_a_convolutions_weights_count_the_pixels_of_a_window():
    for kind in ("he", "glorot"):
        config = NetworkConfig(
            layers=(Conv2dConfig(filters=20), Conv2dConfig(filters=30, kernel=3, stride=2), FlattenConfig()),
            initialization=InitializationConfig(kind=kind),
        )
        first, second, _, output = Network(config, np.random.default_rng(0)).layers
        flat = 30 * 11 * 11
        for layer, inputs, outputs in ((first, 25, 20 * 25), (second, 20 * 9, 30 * 9), (output, flat, 10)):
            spread = math.sqrt(2 / inputs) if kind == "he" else math.sqrt(2 / (inputs + outputs))
            assert layer.W.std() == pytest.approx(spread, rel=5 / math.sqrt(2 * layer.W.size))
            assert not layer.b.any()


@pytest.mark.parametrize("kind", ["he", "glorot", "uniform", "normal", "zeros"])
def test_batch_norm_begins_by_scaling_by_one(kind: str):
    layers = (BatchNormConfig(), Conv2dConfig(filters=2), BatchNormConfig(), FlattenConfig(), BatchNormConfig())
    config = NetworkConfig(layers=layers, initialization=InitializationConfig(kind=kind))
    network = Network(config, np.random.default_rng(0))
    for index, size in ((0, 1), (2, 2), (4, 2 * 24 * 24)):
        views = network.views(index, network.parameters)
        assert {name: view.shape for name, view in views.items()} == dict.fromkeys(
            ("gain", "b", "mean", "variance"), (size,)
        )
        assert (views["gain"] == 1).all()
        assert (views["variance"] == 1).all()
        assert not views["mean"].any()
