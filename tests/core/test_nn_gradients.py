"""Gradients of every parameter, of the input and with dropout, against the textbook core in float64."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle import Reference, examples
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


def check(network: Network, x: np.ndarray, labels: np.ndarray, seed: int | None = None) -> None:
    """Logits, and the gradients by every parameter and by the inputs."""
    reference = Reference(network)
    logits, found, dx = gradients(network, x, labels, seed)
    flat, wide_dx = reference.gradients(x, labels, seed)
    assert_close(logits, reference.logits(x, seed))
    assert_close(found, flat)
    assert_close(dx, wide_dx)


CONFIGS = [pytest.param([dense(2)], {"loss": loss}, id=loss) for loss in LOSSES]
CONFIGS += [pytest.param([dense(2, name)], {}, id=name) for name in ACTIVATIONS]
CONFIGS += [
    pytest.param([], {"output_bias": False}, id="no-hidden-layer"),
    pytest.param([dense(3, "relu", False), dense(5, "sigmoid", False)], {"output_bias": False}, id="deep-no-bias"),
    pytest.param([dense(2, "tanh"), dense(4, "leaky_relu"), dense(3, "identity", False)], {}, id="deep-mixed"),
    pytest.param([dense(3, "relu")], {"loss": "sigmoid_squared_error"}, id="relu-sigmoid"),
]


@pytest.mark.parametrize(("layers", "settings"), CONFIGS)
def test_logits_and_gradients_equal_the_textbook(layers: list, settings: dict):
    network = build(*layers, **settings)
    x, labels = some_batch()
    check(network, x, labels)


@examples
@given(
    units=st.lists(st.integers(1, 9), max_size=3),
    activations=st.lists(st.sampled_from(ACTIVATIONS), min_size=3, max_size=3),
    bias=st.booleans(),
    count=st.integers(1, 9),
)
def test_any_shape_equals_the_textbook(units: list[int], activations: list[str], bias: bool, count: int):
    network = build(*(dense(n, name, bias) for n, name in zip(units, activations)), output_bias=bias)  # noqa: B905
    x, labels = some_batch(count, seed=count)
    assert Passes(network).forward(x).shape == (count, 10)
    check(network, x, labels)


DROPOUTS = [
    pytest.param([dense(4, "tanh"), DropoutConfig(rate=0.5)], id="hidden"),
    pytest.param([DropoutConfig(rate=0.2), dense(3, "sigmoid"), DropoutConfig(rate=0.4), dense(3, "tanh")], id="two"),
]


@pytest.mark.parametrize("layers", DROPOUTS)
def test_with_dropout_the_same_seed_drops_the_same_as_in_the_textbook(layers: list):
    network = build(*layers)
    x, labels = some_batch()
    check(network, x, labels, seed=9)
    _, _, dx = gradients(network, x + np.float32(0.01), labels, seed=9)  # no input is zero by itself
    if network.layers[0].kind == "dropout":
        mask = Reference(network).passes(x, seed=9)[0].given["mask"]
        assert mask.mean() == pytest.approx(1, abs=0.05)
        np.testing.assert_array_equal(dx != 0, mask != 0)


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
