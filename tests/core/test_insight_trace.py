"""The step-by-step trace: it is the step that training takes, and its gradients are checked as they should be."""

import numpy as np
import pytest
from tiny_digits import begin, finish, tiny_config, tiny_dataset

from mnistcore.errors import DataError
from mnistcore.insight import StepTrace, check_gradients, trace_step
from mnistcore.nn import Network
from mnistcore.training import TrainingConfig

MAPS = [
    {"kind": "conv2d", "filters": 3, "padding": 2},
    {"kind": "max_pool2d"},
    {"kind": "batch_norm", "activation": "leaky_relu"},
    {"kind": "dropout"},
    {"kind": "conv2d", "filters": 4, "kernel": 3, "stride": 2, "activation": "tanh"},
    {"kind": "average_pool2d"},
    {"kind": "flatten"},
    {"kind": "dense", "units": 6, "activation": "sigmoid"},
]
NETWORKS = {
    "linear": {"layers": [], "output_bias": False, "loss": "linear_squared_error"},
    "sigmoid": {"layers": [], "loss": "sigmoid_squared_error"},
    "deep": {"layers": [{"units": 9}, {"kind": "dropout"}, {"units": 8, "activation": "leaky_relu"}]},
    "maps": {"layers": MAPS, "loss": "sigmoid_binary_cross_entropy"},
}
OPTIMIZERS = ["sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw"]


def config(name: str, **settings: object) -> TrainingConfig:
    return tiny_config(**NETWORKS[name], **settings)


def new_network(name: str, seed: int = 0) -> Network:
    return Network(config(name), np.random.default_rng(seed))


def traced(network: Network, **settings: object) -> StepTrace:
    """A small step of plain gradient descent on the first image."""
    dataset, sgd = tiny_dataset(), tiny_config(optimizer="sgd").optimizer
    return trace_step(network, dataset.train_images[0], int(dataset.train_labels[0]), sgd, 0.002, **settings)


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_it_is_the_step_that_training_takes(kind: str):
    """A run of one step over one image ends with exactly the traced weights."""
    settings = {"optimizer": kind, "learning_rate": 0.03, "weight_decay": 0.01, "batch_size": 1, "max_steps": 1}
    state = begin(layers=[{"units": 9}], shuffle=False, **settings)
    place, dataset = int(state.split.train[0]), tiny_dataset()
    trace = trace_step(
        Network(state.config, np.random.default_rng(state.config.seed)),
        dataset.train_images[place],
        int(dataset.train_labels[place]),
        state.config.optimizer,
        state.config.learning_rate,
        state.config.weight_decay,
    )
    finish(state)
    for index, layer in enumerate(trace.layers):
        for name, view in state.network.views(index, state.network.parameters).items():
            np.testing.assert_allclose(layer.updated[name], view, rtol=2e-6, atol=1e-7)
            np.testing.assert_array_equal(layer.changes[name], layer.updated[name] - layer.parameters[name])


@pytest.mark.parametrize("name", NETWORKS)
def test_every_layer_hands_on_what_the_next_one_gets_and_back(name: str):
    network = new_network(name)
    before = network.parameters.copy()
    trace = traced(network)
    np.testing.assert_array_equal(network.parameters, before)
    assert [layer.kind for layer in trace.layers] == [row.kind for row in network.summary()]
    for one, other in zip(trace.layers[:-1], trace.layers[1:], strict=True):
        np.testing.assert_array_equal(one.outputs, other.inputs)
        np.testing.assert_array_equal(one.output_gradient, other.input_gradient)
    np.testing.assert_array_equal(trace.layers[-1].output_gradient, trace.delta)
    for found, expected in zip(trace.layers, network.activations(trace.image[None]), strict=True):
        np.testing.assert_allclose(found.outputs, expected[0], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(trace.layers[0].inputs.ravel(), trace.image.ravel() / 255, rtol=1e-6)


def test_of_a_dense_layer_the_gradient_is_the_outer_product_of_input_and_delta():
    trace = traced(new_network("linear"))
    (layer,) = trace.layers
    np.testing.assert_allclose(layer.gradients["W"], np.outer(layer.inputs, trace.delta), rtol=1e-6)
    np.testing.assert_array_equal(trace.delta, trace.prediction - trace.target)
    assert trace.loss == pytest.approx(0.5 * trace.error.sum(), rel=1e-6)
    assert trace.target.argmax() == trace.label


def test_the_step_lowers_the_loss_of_its_image():
    for name in NETWORKS:
        trace = traced(new_network(name))
        assert trace.loss_after < trace.loss
        assert trace.prediction_after[trace.label] > trace.prediction[trace.label]


def test_with_a_generator_dropout_drops_and_without_it_passes_everything_on():
    network = new_network("deep")
    quiet, dropped = traced(network), traced(network, rng=np.random.default_rng(1))
    np.testing.assert_array_equal(quiet.layers[1].outputs, quiet.layers[1].inputs)
    active = dropped.layers[1].inputs != 0
    ratio = dropped.layers[1].outputs[active] / dropped.layers[1].inputs[active]
    assert set(np.round(ratio, 4)) <= {0.0, 1.25}


@pytest.mark.parametrize("name", NETWORKS)
def test_the_gradients_of_every_layer_agree_with_central_differences(name: str):
    network, dataset = new_network(name), tiny_dataset()
    found = check_gradients(network, dataset.train_images[0], int(dataset.train_labels[0]), np.random.default_rng(0))
    assert found.verdict == "agrees"
    assert found.deviation < 1e-5
    assert found.compared > 10


def test_a_wrong_gradient_is_found(monkeypatch: pytest.MonkeyPatch):
    network, dataset = new_network("deep"), tiny_dataset()
    right = type(network.loss).gradient

    def wrong(self: object, logits: np.ndarray, labels: np.ndarray, scale: float, out: np.ndarray) -> None:
        right(self, logits, labels, scale, out)
        out *= 1.01

    monkeypatch.setattr(type(network.loss), "gradient", wrong)
    found = check_gradients(network, dataset.train_images[0], int(dataset.train_labels[0]), np.random.default_rng(0))
    assert found.verdict == "differs"
    assert found.deviation == pytest.approx(0.01, rel=0.2)


def test_where_nothing_is_left_to_learn_it_says_so():
    network, dataset = new_network("deep"), tiny_dataset()
    network.views(3, network.parameters)["b"][4] = 60
    found = check_gradients(network, dataset.train_images[0], 4, np.random.default_rng(0))
    assert found.verdict == "too small"


def test_corners_are_told_from_errors():
    """All weights zero: every ReLU sits at its corner, and the loss has no slope by the biases before them."""
    network, dataset = Network(config("deep"), np.random.default_rng(0)), tiny_dataset()
    network.views(0, network.parameters)["W"].fill(0)
    found = check_gradients(network, dataset.train_images[0], 1, np.random.default_rng(0))
    assert found.verdict == "agrees"
    assert found.corners > 0


def test_a_label_is_a_digit():
    network = new_network("linear")
    with pytest.raises(DataError, match="a label is a digit from 0 to 9, got 10"):
        trace_step(network, tiny_dataset().train_images[0], 10, tiny_config().optimizer, 0.01)


def test_a_smoothed_label_is_the_target_of_the_step_that_training_takes():
    settings = {"optimizer": "sgd", "learning_rate": 0.1, "batch_size": 1, "max_steps": 1, "label_smoothing": 0.2}
    state = begin(**settings, shuffle=False)
    row = state.split.train[0]
    image, label = state.dataset.train_images[row], int(state.dataset.train_labels[row])
    trace = trace_step(state.network, image, label, state.config.optimizer, 0.1, label_smoothing=0.2)
    assert trace.is_smoothed
    assert trace.target[label] == pytest.approx(0.82)
    np.testing.assert_allclose(trace.delta, trace.prediction - trace.target, atol=1e-12)
    finish(state)
    for index, layer in enumerate(trace.layers):
        for name, view in state.network.views(index, state.network.parameters).items():
            np.testing.assert_allclose(view, layer.updated[name], atol=1e-6)
