"""Optimizers against steps worked out by hand, and against the textbook core in float64 over several steps."""

import math

import numpy as np
import pytest

from mnistcore import plain
from mnistcore.nn import Optimizer, OptimizerConfig

KINDS = ["sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw"]


class Twin:
    """The textbook's step in float64; weight decay on the first ``weights`` parameters."""

    def __init__(self, kind: str, weights: int, decay: float, constants: dict[str, float]) -> None:
        self.kind, self.weights, self.decay, self.constants = kind, weights, decay, constants
        self.states: list[dict[str, tuple]] = []

    def update(self, p: np.ndarray, g: np.ndarray, rate: float) -> np.ndarray:
        def parts(flat: np.ndarray) -> dict[str, np.ndarray]:
            return {"W": flat[: self.weights], "b": flat[self.weights :]}

        layers, nothing = [plain.Layer("dense", parts(p))], np.empty(0)
        returns = [plain.Return(nothing, nothing, nothing, parts(g))]
        (after,), self.states = plain.update(layers, returns, rate, self.kind, self.states, self.decay, self.constants)
        return np.concatenate([after.parameters["W"], after.parameters["b"]])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("decay", [0.0, 0.3])
@pytest.mark.parametrize(
    ("size", "weights"), [(7, 5), (40_003, 33_001), (3, 0), (6, 6)], ids=["few", "many", "biases", "matrices"]
)
def test_eight_steps_equal_the_textbook_in_float64(kind: str, decay: float, size: int, weights: int):
    rng = np.random.default_rng(1)
    parameters = rng.normal(0, 1, size).astype(np.float32)
    expected = parameters.astype(np.float64)
    optimizer, twin = Optimizer(OptimizerConfig(kind=kind), size, weights, decay), Twin(kind, weights, decay, {})
    for rate in (0.01, 0.01, 0.02, 0.005, 0.01, 0.01, 0.03, 0.01):
        gradients = rng.normal(0, 0.1, size).astype(np.float32)
        expected = twin.update(expected, gradients.astype(np.float64), rate)
        optimizer.update(parameters, gradients, rate)
    np.testing.assert_allclose(parameters, expected, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize(
    ("kind", "constants"),
    [
        ("momentum", {"momentum": 0.5}),
        ("nesterov", {"momentum": 0.0}),
        ("rmsprop", {"rho": 0.5, "epsilon": 0.1}),
        ("adam", {"beta_1": 0.5, "beta_2": 0.9, "epsilon": 0.1}),
        ("adam", {"beta_1": 0.0, "beta_2": 0.0}),
        ("adamw", {"beta_1": 0.8, "beta_2": 0.99, "epsilon": 1.0}),
    ],
)
def test_other_constants_equal_the_textbook_too(kind: str, constants: dict[str, float]):
    rng = np.random.default_rng(2)
    parameters = rng.normal(0, 1, 9).astype(np.float32)
    expected = parameters.astype(np.float64)
    optimizer = Optimizer(OptimizerConfig(kind=kind, **constants), 9, 6, 0.1)
    twin = Twin(kind, 6, 0.1, constants)
    for _ in range(6):
        gradients = rng.normal(0, 0.5, 9).astype(np.float32)
        expected = twin.update(expected, gradients.astype(np.float64), 0.01)
        optimizer.update(parameters, gradients, 0.01)
    np.testing.assert_allclose(parameters, expected, rtol=2e-5, atol=2e-6)


def after_steps(kind: str, gradients: list[float], rate: float = 0.1, decay: float = 0.0, start: float = 1.0) -> float:
    """One parameter after steps with these gradients."""
    parameters = np.array([start], np.float32)
    optimizer = Optimizer(OptimizerConfig(kind=kind), 1, 1, decay)
    for gradient in gradients:
        optimizer.update(parameters, np.array([gradient], np.float32), rate)
    return float(parameters[0])


@pytest.mark.parametrize(
    ("kind", "gradients", "expected"),
    [
        ("sgd", [1, 2], 1 - 0.1 - 0.2),
        ("momentum", [1, 2], 1 - 0.1 * 1 - 0.1 * (0.9 + 2)),
        ("nesterov", [1, 2], 1 - 0.1 * (1 + 0.9) - 0.1 * (2 + 0.9 * 2.9)),
        ("rmsprop", [2], 1 - 0.1 / math.sqrt(0.1)),
        ("adam", [2], 1 - 0.1),  # the first step of Adam has the length of the rate, whatever the gradient
        ("adam", [-1e-3], 1 + 0.1),
        ("adam", [1, 3], 0.9 - 0.1 * (0.39 / 0.19) / math.sqrt((0.000999 + 0.009) / 0.001999)),
    ],
)
def test_steps_worked_out_by_hand(kind: str, gradients: list[float], expected: float):
    assert after_steps(kind, gradients) == pytest.approx(expected, rel=1e-5)


def test_weight_decay_worked_out_by_hand():
    assert after_steps("sgd", [0], decay=0.5, start=2) == pytest.approx(2 - 0.1 * 0.5 * 2)
    assert after_steps("adamw", [0], decay=0.5, start=2) == pytest.approx(2 * (1 - 0.1 * 0.5))
    assert after_steps("adam", [0], decay=0.5, start=2) == pytest.approx(2 - 0.1)  # an L2 term is rescaled away


@pytest.mark.parametrize("kind", KINDS)
def test_biases_do_not_decay(kind: str):
    parameters = np.ones(8, np.float32)
    Optimizer(OptimizerConfig(kind=kind), 8, 5, 0.5).update(parameters, np.zeros(8, np.float32), 0.1)
    assert (parameters[:5] < 1).all()
    assert (parameters[5:] == 1).all()


@pytest.mark.parametrize("kind", KINDS)
def test_everything_stays_float32(kind: str):
    optimizer = Optimizer(OptimizerConfig(kind=kind), 100, 80, 0.01)
    parameters, gradients = np.ones(100, np.float32), np.ones(100, np.float32)
    for _ in range(3):
        optimizer.update(parameters, gradients, 0.1)
    arrays = [value for value in vars(optimizer).values() if isinstance(value, np.ndarray)]
    assert {array.dtype for array in (*arrays, parameters, gradients)} == {np.dtype(np.float32)}
    assert optimizer.slots.shape == ({"sgd": 0, "adam": 2, "adamw": 2}.get(kind, 1), 100)
    assert optimizer.step == 3
    assert kind in repr(optimizer)


@pytest.mark.parametrize("kind", KINDS)
def test_a_gradient_of_zero_and_no_decay_leave_parameters_alone(kind: str):
    parameters = np.linspace(-1, 1, 9, dtype=np.float32)
    before = parameters.copy()
    Optimizer(OptimizerConfig(kind=kind), 9, 9).update(parameters, np.zeros(9, np.float32), 0.1)
    np.testing.assert_array_equal(parameters, before)


@pytest.mark.parametrize("kind", ["rmsprop", "adam", "adamw"])
def test_tiny_gradients_late_in_a_run_make_no_nan(kind: str):
    """Running means decay for ever; they must neither divide zero by zero nor blow the step up."""
    parameters = np.zeros(4, np.float32)
    optimizer = Optimizer(OptimizerConfig(kind=kind), 4, 4)
    for step in range(3000):
        optimizer.update(parameters, np.full(4, 1e-12 if step else 1.0, np.float32), 0.001)
    assert np.isfinite(parameters).all()
    assert np.abs(parameters).max() < 1
