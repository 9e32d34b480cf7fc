"""Steps of a linear network as a triangular system, against the same steps in a plain loop in float64."""

import numpy as np
import pytest

from mnistcore.nn.linear_system import ROWS, LinearSystem

PIXELS = 30


def loop(W: np.ndarray, b: np.ndarray | None, x: np.ndarray, labels: np.ndarray, rates: np.ndarray, batch_size: int):
    """Gradient descent as a textbook has it, one batch after the other: outputs, weights and biases."""
    has_bias = b is not None
    b, outputs = b if has_bias else np.zeros(10), []
    for start in range(0, len(x), batch_size):
        part = slice(start, start + batch_size)
        y = x[part] @ W + b
        delta = (y - np.eye(10)[labels[part]]) * rates[part, None]
        W, b = W - x[part].T @ delta, b - has_bias * delta.sum(axis=0)
        outputs.append(y)
    return np.concatenate(outputs), W, b


@pytest.mark.parametrize("has_bias", [False, True])
@pytest.mark.parametrize(("batch_size", "count"), [(1, ROWS), (1, 37), (1, 1), (5, 60), (5, 58), (32, ROWS)])
def test_it_takes_the_steps_of_a_plain_loop(batch_size: int, count: int, has_bias: bool) -> None:
    rng = np.random.default_rng(batch_size * count)
    x = rng.random((count, PIXELS)).astype(np.float32)
    labels = rng.integers(10, size=count)
    rates = rng.uniform(0.001, 0.1 / batch_size, -(-count // batch_size)).repeat(batch_size)[:count].astype(np.float32)
    W, b = rng.normal(size=(PIXELS, 10)).astype(np.float32), rng.normal(size=10).astype(np.float32)
    outputs, expected, biases = loop(W, b if has_bias else None, x, labels, rates, batch_size)
    found = LinearSystem(W, b if has_bias else None, batch_size).learn(x, labels, rates)
    np.testing.assert_allclose(found, outputs, atol=2e-5)
    np.testing.assert_allclose(W, expected, atol=2e-5)
    if has_bias:
        np.testing.assert_allclose(b, biases, atol=2e-5)


def test_what_comes_later_changes_no_earlier_output() -> None:
    """Also not where the steps are so large that the numbers overflow."""
    rng = np.random.default_rng(0)
    x, labels = rng.random((ROWS, PIXELS)).astype(np.float32), np.arange(ROWS) % 10
    rates = np.full(ROWS, 0.01, np.float32)
    rates[40:] = 1e30
    W = np.zeros((PIXELS, 10), np.float32)
    with np.errstate(all="ignore"):
        found = LinearSystem(W, None, 1).learn(x, labels, rates)
    expected, *_ = loop(np.zeros((PIXELS, 10)), None, x[:40], labels[:40], rates[:40], 1)
    np.testing.assert_allclose(found[:40], expected, atol=2e-5)
    assert not np.isfinite(found[-1]).any()
