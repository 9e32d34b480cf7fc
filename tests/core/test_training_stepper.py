"""The one place that takes steps: whoever reads the network in between, or leaves, finds it in order."""

from typing import Any

import numpy as np
import pytest
from tiny_digits import begin, finish, tiny_dataset

from mnistcore.training import TrainingState
from mnistcore.training.stepper import Stepper

PIECES: dict[str, Any] = {"batch_size": "full", "train_size": 2_300, "epochs": 3}
AT_ONCE = 0.0  # a time that has passed already


def test_the_network_is_that_of_the_step_whenever_it_is_read():
    state, other = begin(optimizer="momentum"), begin(optimizer="momentum")
    before = state.network.parameters.copy()
    with Stepper(state) as stepper:
        np.testing.assert_array_equal(state.network.parameters, before)
        for step in range(1, 4):
            stepper.advance(1)
            assert state.step == step
            with Stepper(other) as again:  # which leaves after each step
                again.advance(1)
            assert state.network.parameters.tobytes() == other.network.parameters.tobytes()
            assert state.slots.tobytes() == other.slots.tobytes()
        stepper.advance(2)
        checkpoint = state.to_bytes()
    resumed = TrainingState.from_bytes(checkpoint, tiny_dataset())
    assert resumed.step == 5
    assert resumed.network.parameters.tobytes() == state.network.parameters.tobytes()
    assert not np.array_equal(state.network.parameters, before)


def test_weights_that_are_put_in_stay_until_the_next_step():
    state = begin()
    with Stepper(state) as stepper:
        stepper.advance(3)
        state.network.load_parameters(np.ones_like(state.network.parameters))
        assert (state.network.parameters == 1).all()
    assert (state.network.parameters == 1).all()


def test_a_step_left_in_the_middle_of_its_batch_begins_again():
    dataset = tiny_dataset(2_400)
    whole, state = begin(dataset, **PIECES), begin(dataset, **PIECES)
    finish(whole)
    with Stepper(state) as stepper:
        stepper.advance(1)
        stepper.advance(1, until=AT_ONCE)
        assert (state.step, state.images_in_step) == (1, 767)
        stepper.advance(1)
        assert (state.step, state.images_in_step) == (2, 0)
        state.meter.read()
        stepper.advance(1, until=AT_ONCE)
    assert (state.step, state.images_in_step) == (2, 767)
    with Stepper(state) as stepper:
        assert state.meter.read().count == 0
        stepper.advance(1)
        assert state.meter.read().count == 2_300
    assert state.step == 3
    assert state.network.parameters.tobytes() == whole.network.parameters.tobytes()


def test_a_step_that_fails_half_way_leaves_the_network_as_it_was_last_read(monkeypatch: pytest.MonkeyPatch):
    state = begin()
    with Stepper(state) as stepper:

        def fail(*_: object) -> None:
            stepper.parallel.buffers.parameters[:] = 7
            raise ZeroDivisionError

        stepper.advance(2)
        read = state.network.parameters.copy()
        monkeypatch.setattr(stepper.parallel.workers[0], "reduce_and_update", fail)
        with pytest.raises(ZeroDivisionError):
            stepper.advance(1)
    np.testing.assert_array_equal(state.network.parameters, read)
