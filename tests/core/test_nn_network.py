"""The network: its parameters, its description, its predictions, and who may share it."""

import threading

import numpy as np
import pytest
from oracle import Reference
from passes import Passes
from scipy.special import softmax
from tiny_digits import gratings

from mnistcore.errors import ConfigError, DataError
from mnistcore.nn import DenseConfig, DropoutConfig, Network, NetworkConfig, summarize


def dense(units: int, activation: str = "tanh", bias: bool = True) -> DenseConfig:
    return DenseConfig(units=units, activation=activation, bias=bias)


def build(*layers: DenseConfig | DropoutConfig, seed: int = 0, **settings: object) -> Network:
    settings.setdefault("initialization", {"kind": "normal", "standard_deviation": 0.3})
    return Network(NetworkConfig(layers=layers, **settings), np.random.default_rng(seed))


def some_batch(count: int = 4, seed: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Inputs (count, 784) float32, a fifth of them zero as in images, and labels."""
    rng = np.random.default_rng(seed)
    x = rng.random((count, 784), dtype=np.float32) * (rng.random((count, 784)) > 0.2)
    return x.astype(np.float32), rng.integers(0, 10, count)


def test_layers_are_views_into_the_flat_parameters():
    network = build(dense(5), DropoutConfig(), dense(4, bias=False))
    assert network.parameters.dtype == np.float32
    assert network.parameters.shape == (network.parameter_count,) == (784 * 5 + 5 + 5 * 4 + 4 * 10 + 10,)
    network.parameters[:] = 7
    for layer in network.layers:
        if layer.kind == "dense":
            assert (layer.W == 7).all()
            assert layer.b is None or (layer.b == 7).all()
    network.layers[0].W[:] = 3
    assert (network.parameters == 3).sum() == 784 * 5


def test_matrices_come_first_so_that_they_alone_can_decay():
    network = build(dense(5), DropoutConfig(), dense(4, bias=False))
    network.parameters[: network.weight_count] = 1
    network.parameters[network.weight_count :] = 2
    for layer in network.layers:
        if layer.kind == "dense":
            assert (layer.W == 1).all()
            assert layer.b is None or (layer.b == 2).all()


def test_bound_networks_see_the_networks_parameters():
    network = build(dense(5))
    passes, (x, _) = Passes(network), some_batch()
    network.parameters[:] = 0
    assert not passes.forward(x).any()


def test_summary_names_shapes_and_counts():
    config = NetworkConfig(layers=(dense(5, "leaky_relu"), DropoutConfig(rate=0.25), dense(4, bias=False)))
    rows = summarize(config)
    assert [(row.kind, row.output_shape, row.parameters) for row in rows] == [
        ("dense", (5,), 784 * 5 + 5),
        ("dropout", (5,), 0),
        ("dense", (4,), 20),
        ("dense", (10,), 50),
    ]
    assert [row.name for row in rows] == ["1 · dense, leaky relu", "2 · dropout 0.25", "3 · dense, tanh", "output"]
    network = Network(config, np.random.default_rng(0))
    assert network.summary() == rows
    assert sum(row.parameters for row in rows) == network.parameter_count
    assert "784" in repr(network)


@pytest.mark.parametrize("count", [0, 1, 7, 500, 501, 1203])
def test_predictions_of_any_number_of_images(count: int):
    network = build(dense(5, "relu"))
    images, _ = gratings(count, seed=2)
    reference = Reference(network)
    logits = reference.logits(images.reshape(count, 784) / 255)
    probabilities = network.predict(images)
    assert (probabilities.shape, probabilities.dtype) == ((count, 10), np.float32)
    np.testing.assert_allclose(probabilities, softmax(logits, axis=1), rtol=1e-3, atol=1e-6)
    found = network.logits(images)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, logits, rtol=1e-3, atol=1e-4)


def test_dropout_plays_no_part_in_predictions():
    network = build(dense(5, "relu"), DropoutConfig(rate=0.9))
    images, _ = gratings(5, seed=2)
    np.testing.assert_array_equal(network.predict(images), network.predict(images))
    reference = Reference(network)
    np.testing.assert_allclose(
        network.logits(images), reference.logits(images.reshape(5, 784) / 255), rtol=1e-3, atol=1e-4
    )


def test_activations_are_every_layers_output():
    network = build(dense(5, "relu"), DropoutConfig(), dense(4, "sigmoid"))
    images, _ = gratings(6, seed=2)
    outputs = network.activations(images)
    assert [output.shape for output in outputs] == [(6, 5), (6, 5), (6, 4), (6, 10)]
    assert {output.dtype for output in outputs} == {np.dtype(np.float32)}
    x = images.reshape(6, 784) / 255
    first = np.maximum(x @ network.layers[0].W.astype(np.float64) + network.layers[0].b, 0)
    np.testing.assert_allclose(outputs[0], first, rtol=1e-3, atol=1e-5)
    np.testing.assert_array_equal(outputs[1], outputs[0])
    np.testing.assert_allclose(outputs[-1], network.logits(images), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("count", [1, 502])
def test_input_gradient_is_that_of_the_digits_logit(count: int):
    network = build(dense(5, "tanh"))
    images, _ = gratings(count, seed=2)
    found = network.input_gradient(images, digit=3)
    assert (found.shape, found.dtype) == ((count, 28, 28), np.float32)
    x, first, output = images.reshape(count, 784) / 255, network.layers[0], network.layers[-1]
    hidden = np.tanh(x @ first.W.astype(np.float64) + first.b)
    expected = ((1 - hidden**2) * output.W[:, 3]) @ first.W.T.astype(np.float64)
    np.testing.assert_allclose(found.reshape(count, 784), expected, rtol=1e-3, atol=1e-5)


def test_input_gradient_of_a_single_layer_is_its_weights():
    network = build()
    gradient = network.input_gradient(gratings(2, seed=0)[0], digit=7)
    np.testing.assert_array_equal(gradient.reshape(2, 784), np.tile(network.layers[0].W[:, 7], (2, 1)))


@pytest.mark.parametrize(
    "images",
    [np.zeros((2, 28, 28), np.float32), np.zeros((28, 28), np.uint8), np.zeros((2, 784), np.uint8)],
    ids=["float", "one", "rows"],
)
def test_other_arrays_than_images_are_refused(images: np.ndarray):
    network = build()
    for method in (network.predict, network.logits, network.activations, lambda a: network.input_gradient(a, 0)):
        with pytest.raises(DataError, match=r"images must be \(n, 28, 28\) uint8, got .*: prepare them first"):
            method(images)


def test_load_parameters_copies_and_checks():
    network, other = build(dense(3)), build(dense(3), seed=1)
    flat = other.parameters.copy()
    network.load_parameters(flat)
    flat[:] = 0
    np.testing.assert_array_equal(network.parameters, other.parameters)
    with pytest.raises(ConfigError, match=r"hold 5 numbers, this network has 2,395 parameters"):
        network.load_parameters(np.zeros(5, np.float32))
    with pytest.raises(ConfigError, match="not finite"):
        network.load_parameters(np.full(network.parameter_count, np.inf, np.float32))
    np.testing.assert_array_equal(network.parameters, other.parameters)


def test_load_parameters_takes_half_precision_snapshots():
    network = build(dense(3))
    network.load_parameters(network.parameters.astype(np.float16))
    assert network.parameters.dtype == np.float32


def test_one_network_answers_several_threads_alike():
    network = build(dense(20, "relu"))
    images, _ = gratings(700, seed=2)
    expected, answers = network.predict(images), {}

    def ask(name: int) -> None:
        answers[name] = [network.predict(images) for _ in range(5)]

    threads = [threading.Thread(target=ask, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 4
    for several in answers.values():
        for answer in several:
            np.testing.assert_array_equal(answer, expected)
