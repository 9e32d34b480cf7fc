"""A linear network's steps in blocks: the same weights, bit for bit, wherever somebody looks, pauses or resumes."""

from typing import Any

import numpy as np
import pytest
from tiny_digits import begin, finish, tiny_dataset

from mnistcore.nn.network import as_rows
from mnistcore.training import TrainingState
from mnistcore.training.stepper import Stepper

LINEAR: dict[str, Any] = {
    "layers": [],
    "loss": "linear_squared_error",
    "optimizer": "sgd",
    "learning_rate": 0.002,
    "batch_size": 1,
    "train_size": 150,
}
KINDS: dict[str, dict[str, Any]] = {
    "single images": {},
    "without bias": {"output_bias": False},
    "batches of 7, a smaller last one": {"batch_size": 7},
    "a schedule": {"schedule": "one_cycle"},
    "all pixels": {"initialization": "normal", "max_steps": 200},
}


def weights(state: TrainingState) -> bytes:
    return state.network.parameters.tobytes()


def in_a_loop(state: TrainingState, steps: int, learning_rate: float | None = None, since: int = 0) -> np.ndarray:
    """The parameters after so many steps of gradient descent in float64, one batch after the other."""
    config, dataset = state.config, state.dataset
    other = TrainingState.begin(config, dataset)
    parameters = other.network.parameters.astype(np.float64)
    arrays = other.network.views(0, parameters)
    x = as_rows(dataset.train_images) / 255
    for step in range(steps):
        rows = other.next_batch()
        rate = learning_rate if learning_rate is not None and step >= since else other.scheduled_learning_rate
        delta = x[rows] @ arrays["W"] + arrays.get("b", 0) - np.eye(10)[dataset.train_labels[rows]]
        arrays["W"] -= rate / len(rows) * x[rows].T @ delta
        if "b" in arrays:
            arrays["b"] -= rate / len(rows) * delta.sum(axis=0)
        other.end_step(rows)
    return parameters


@pytest.mark.parametrize("kind", KINDS)
def test_the_steps_are_those_of_gradient_descent(kind: str) -> None:
    state = begin(**LINEAR | KINDS[kind])
    finish(state)
    np.testing.assert_allclose(state.network.parameters, in_a_loop(state, state.total_steps), atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_whoever_looks_changes_nothing(kind: str) -> None:
    """After each step, after some, after leaving and coming back, and from a checkpoint in the middle of a block."""
    whole, looked_at, left = (begin(**LINEAR | KINDS[kind]) for _ in range(3))
    finish(whole)
    with Stepper(looked_at) as stepper:
        for _ in range(whole.total_steps):
            stepper.advance(1)
            weights(looked_at)
    while left.step < whole.total_steps:
        with Stepper(left) as stepper:
            stepper.advance(min(13, whole.total_steps - left.step))
        left = TrainingState.from_bytes(left.to_bytes(), tiny_dataset())
    assert weights(looked_at) == weights(whole)
    assert weights(left) == weights(whole)


def test_in_the_middle_of_a_block_the_network_and_what_was_measured_are_those_of_the_step() -> None:
    state = begin(**LINEAR)
    with Stepper(state) as stepper:
        stepper.advance(50)
        state.meter.read()
        stepper.advance(7)
        np.testing.assert_allclose(state.network.parameters, in_a_loop(state, 57), atol=1e-5)
        assert state.meter.read().count == 7
        assert state.last_batch[0] == state.epoch_order()[56]


def test_another_learning_rate_holds_from_the_next_step_on() -> None:
    """Also after a checkpoint that was taken between the two."""
    state = begin(**LINEAR)
    with Stepper(state) as stepper:
        stepper.advance(30)
        state.learning_rate = 0.004
        checkpoint = state.to_bytes()
        stepper.advance(30)
    np.testing.assert_allclose(state.network.parameters, in_a_loop(state, 60, 0.004, since=30), atol=1e-5)
    resumed = TrainingState.from_bytes(checkpoint, tiny_dataset())
    with Stepper(resumed) as stepper:
        stepper.advance(30)
    assert weights(resumed) == weights(state)


@pytest.mark.parametrize("settings", [{"optimizer": "momentum"}, {"loss": "softmax_cross_entropy"}, {"batch_size": 64}])
def test_other_networks_take_their_steps_one_by_one(settings: dict[str, Any]) -> None:
    """What is no such system is not taken for one: it learns as gradient descent on its own loss does."""
    state, other = begin(**LINEAR | settings), begin(**LINEAR | settings)
    with Stepper(state) as stepper:
        stepper.advance(2)
    with Stepper(other) as stepper:
        for _ in range(2):
            stepper.advance(1)
    assert state.block is None
    assert weights(state) == weights(other)
