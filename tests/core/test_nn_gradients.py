"""Gradients of every parameter, of the input and with dropout, against central differences in float64."""

import numpy as np
import pytest
from float64_reference import Reference, examples
from hypothesis import given
from hypothesis import strategies as st
from passes import Passes

from mnistcore.nn import DenseConfig, DropoutConfig, Network, NetworkConfig
from mnistcore.nn.losses import LOSSES

ACTIVATIONS = ["sigmoid", "tanh", "relu", "leaky_relu", "identity"]


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


def gradients(
    network: Network, x: np.ndarray, labels: np.ndarray, seed: int | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Logits, the mean loss's gradient by the parameters (p,) and by the input (n, 784); dropout if there is a seed."""
    flat = np.full(network.parameter_count, np.nan, np.float32)
    passes = Passes(network, flat)
    logits = passes.forward(x, None if seed is None else np.random.default_rng(seed)).copy()
    dlogits = np.empty_like(logits)
    network.loss.gradient(logits, labels, 1 / len(x), dlogits)
    passes.backward(dlogits)
    return logits, flat, passes.input_gradient()


def assert_close(found: np.ndarray, expected: np.ndarray) -> None:
    """Equal within what float32 sums of some hundred terms can give."""
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=2e-5 * np.abs(expected).max())


CONFIGS = [pytest.param([dense(2)], {"loss": loss}, id=loss) for loss in LOSSES]
CONFIGS += [pytest.param([dense(2, name)], {}, id=name) for name in ACTIVATIONS]
CONFIGS += [
    pytest.param([], {"output_bias": False}, id="no-hidden-layer"),
    pytest.param([dense(3, "relu", False), dense(5, "sigmoid", False)], {"output_bias": False}, id="deep-no-bias"),
    pytest.param([dense(2, "tanh"), dense(4, "leaky_relu"), dense(3, "identity", False)], {}, id="deep-mixed"),
    pytest.param([dense(3, "relu")], {"loss": "sigmoid_squared_error"}, id="relu-sigmoid"),
]


@pytest.mark.parametrize(("layers", "settings"), CONFIGS)
def test_gradient_of_every_parameter_equals_central_differences(layers: list, settings: dict):
    network = build(*layers, **settings)
    x, labels = some_batch()
    logits, found, _ = gradients(network, x, labels)
    reference = Reference(network)
    assert_close(logits, reference.logits(reference.flat, x.astype(np.float64)))
    assert_close(found, reference.gradient(x.astype(np.float64), labels))


@pytest.mark.parametrize("layers", [[], [dense(4, "tanh"), dense(3, "leaky_relu")]], ids=["linear", "deep"])
def test_gradient_of_the_input_equals_central_differences(layers: list):
    network = build(*layers)
    x, labels = some_batch(2)
    reference, wide = Reference(network), x.astype(np.float64)
    _, _, dx = gradients(network, x, labels)
    for row, column in [(0, 0), (0, 300), (1, 7), (1, 783)]:
        above, below = wide.copy(), wide.copy()
        above[row, column] += 1e-5
        below[row, column] -= 1e-5
        slope = (reference.loss(reference.flat, above, labels) - reference.loss(reference.flat, below, labels)) / 2e-5
        assert dx[row, column] == pytest.approx(slope, rel=1e-3, abs=1e-6)


@examples
@given(
    units=st.lists(st.integers(1, 9), max_size=3),
    activations=st.lists(st.sampled_from(ACTIVATIONS), min_size=3, max_size=3),
    bias=st.booleans(),
    count=st.integers(1, 9),
)
def test_logits_equal_float64_for_any_shape(units: list[int], activations: list[str], bias: bool, count: int):
    network = build(*(dense(n, name, bias) for n, name in zip(units, activations)), output_bias=bias)  # noqa: B905
    x, _ = some_batch(count, seed=count)
    reference = Reference(network)
    found = Passes(network).forward(x)
    assert found.shape == (count, 10)
    assert_close(found, reference.logits(reference.flat, x.astype(np.float64)))


def dropout_masks(network: Network, x: np.ndarray, seed: int) -> list[np.ndarray]:
    """Which inputs each dropout layer kept, read off the weight gradients of the dense layer that follows it.

    For one image dW is the outer product of that layer's input and dz, and db is dz; so dW / db is the input.
    """
    ends = [i for i, layer in enumerate(network.layers) if layer.kind == "dense"]
    follows = [min(end for end in ends if end > i) for i, layer in enumerate(network.layers) if layer.kind == "dropout"]
    masks = [np.zeros((len(x), network.layers[index].W.shape[0]), bool) for index in follows]
    flat = np.zeros(network.parameter_count, np.float32)
    passes = Passes(network, flat)
    for image in range(len(x)):
        passes.forward(x, np.random.default_rng(seed))
        dlogits = np.zeros((len(x), 10), np.float32)
        dlogits[image] = np.linspace(-1, 1, 10)
        passes.backward(dlogits)
        for mask, index in zip(masks, follows, strict=True):
            views = network.views(index, flat)
            unit = np.abs(views["b"]).argmax()
            mask[image] = views["W"][:, unit] != 0
    return masks


DROPOUTS = [
    pytest.param([dense(4, "tanh"), DropoutConfig(rate=0.5)], id="hidden"),
    pytest.param([DropoutConfig(rate=0.2), dense(3, "sigmoid"), DropoutConfig(rate=0.4), dense(3, "tanh")], id="two"),
]


@pytest.mark.parametrize("layers", DROPOUTS)
def test_gradients_with_dropout_equal_central_differences(layers: list):
    """The same generator drops the same inputs, so both passes can be compared with a network that lacks them."""
    network = build(*layers)
    x, labels = some_batch()
    x += np.float32(0.01)  # no input is zero by itself
    masks = dropout_masks(network, x, seed=9)
    logits, found, dx = gradients(network, x, labels, seed=9)
    reference, wide = Reference(network), x.astype(np.float64)
    assert_close(logits, reference.logits(reference.flat, wide, masks))
    assert_close(found, reference.gradient(wide, labels, masks))
    if network.layers[0].kind == "dropout":
        np.testing.assert_array_equal(dx != 0, masks[0])


def test_dropout_drops_its_share_anew_each_time_and_keeps_the_mean():
    network = build(DropoutConfig(rate=0.25))
    x = np.ones((200, 784), np.float32)
    first, other = dropout_masks(network, x[:40], seed=1)[0], dropout_masks(network, x[:40], seed=2)[0]
    assert first.mean() == pytest.approx(0.75, abs=0.015)
    assert (first != other).mean() == pytest.approx(2 * 0.25 * 0.75, abs=0.02)
    assert (first[0] != first[1]).any()
    passes = Passes(network)
    plain = passes.forward(x[:1])[0].copy()
    dropped = passes.forward(x, np.random.default_rng(3))
    spread = dropped.std(axis=0) / np.sqrt(200)
    assert (np.abs(dropped.mean(axis=0) - plain) < 5 * spread).all()


def test_without_a_generator_nothing_is_dropped():
    x, labels = some_batch()
    with_dropout = build(dense(6), DropoutConfig(rate=0.5), seed=1)
    without = build(dense(6), seed=1)
    np.testing.assert_array_equal(with_dropout.parameters, without.parameters)
    for one, other in zip(gradients(with_dropout, x, labels), gradients(without, x, labels), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("sizes", [[12], [7, 5], [5, 5, 2], [1] * 12])
def test_accumulated_chunks_give_the_gradient_of_one_batch(sizes: list[int]):
    network = build(dense(6, "relu"), dense(5, "sigmoid"))
    x, labels = some_batch(12)
    _, whole, _ = gradients(network, x, labels)
    flat = np.full(network.parameter_count, np.nan, np.float32)  # the first chunk writes, the others add
    passes = Passes(network, flat)
    start = 0
    for size in sizes:
        part = slice(start, start + size)
        logits = passes.forward(x[part])
        dlogits = np.empty_like(logits)
        network.loss.gradient(logits, labels[part], 1 / 12, dlogits)
        passes.backward(dlogits, accumulate=start > 0)
        start += size
    assert_close(flat, whole.astype(np.float64))
