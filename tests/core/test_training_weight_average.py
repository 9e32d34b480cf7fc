"""The mean of the weights: by the textbook's formula, it is what a run is evaluated, kept and handed over with."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_digits import begin, finish, tiny_config, tiny_dataset

from mnistcore import plain
from mnistcore.runs import RunStore, execute_run, lifecycle, work
from mnistcore.training import TrainingState, evaluate, train
from mnistcore.training.stepper import Stepper

NORMALIZED = [{"units": 9, "bias": False, "activation": "identity"}, {"kind": "batch_norm", "activation": "relu"}]


def test_the_mean_worked_out_by_hand():
    """d is 2 / 11 in the first update, 3 / 12 in the second; from the ninth on it is the decay of 0.5."""
    mean = plain.average_weights(np.array(11.0), np.array(22.0), decay=0.5, step=1)
    assert mean == pytest.approx(20.0)
    assert plain.average_weights(mean, np.array(24.0), decay=0.5, step=2) == pytest.approx(23.0)
    assert plain.average_weights(np.array(3.0), np.array(5.0), decay=0.5, step=9) == pytest.approx(4.0)


@pytest.mark.parametrize(
    "settings", [{}, {"layers": NORMALIZED}, {"layers": [], "optimizer": "sgd", "learning_rate": 0.5}]
)
def test_a_run_keeps_the_mean_of_the_textbook(settings: dict[str, Any]):
    """Of weights, biases and running statistics, also where an epoch ends with a batch of one image."""
    state = begin(**settings, weight_average=0.7, batch_size=37, train_size=112, epochs=3)
    expected = state.network.parameters.astype(np.float64)
    np.testing.assert_array_equal(state.average, state.network.parameters)
    with Stepper(state) as stepper:
        while state.step < state.total_steps:
            stepper.advance(1)
            expected = plain.average_weights(expected, state.network.parameters.astype(np.float64), 0.7, state.step)
    np.testing.assert_allclose(state.result.parameters, expected, rtol=1e-4, atol=1e-6)
    assert np.abs(state.result.parameters - state.network.parameters).max() > 1e-3


def test_the_mean_changes_nothing_in_the_steps_themselves():
    without, with_mean = begin(epochs=2), begin(epochs=2, weight_average=0.9)
    finish(without)
    finish(with_mean)
    assert with_mean.network.parameters.tobytes() == without.network.parameters.tobytes()
    assert without.result is without.network
    assert without.average is None


def test_a_linear_network_one_image_at_a_time_has_a_mean_too():
    """Its steps are taken one by one then, not as the solution of a triangular system."""
    settings = {"layers": [], "loss": "linear_squared_error", "optimizer": "sgd", "learning_rate": 0.01}
    settings |= {"batch_size": 1, "train_size": 40, "epochs": 1, "output_bias": False}
    quick, state = begin(**settings), begin(**settings, weight_average=0.9)
    finish(quick)
    finish(state)
    np.testing.assert_allclose(state.network.parameters, quick.network.parameters, atol=1e-5)
    assert np.abs(state.result.parameters - state.network.parameters).max() > 1e-4


@pytest.mark.usefixtures("reports_all")
def test_a_run_is_evaluated_with_the_mean_and_beside_it_with_the_plain_weights():
    state, data = begin(weight_average=0.95, epochs=2, evaluate_at_steps=(1, 5, 9)), tiny_dataset()
    images, labels, held_out = data.train_images, data.train_labels, state.split.validation
    looks = 0
    for progress in train(state):
        if progress.validation_loss is not None:
            looks += 1
            of_mean, of_plain = (evaluate(one, images, labels, held_out) for one in (state.result, state.network))
            assert (progress.validation_loss, progress.validation_accuracy) == (of_mean.loss, of_mean.accuracy)
            assert progress.plain_validation_loss == of_plain.loss
            assert progress.plain_validation_accuracy == of_plain.accuracy
    assert looks >= 5
    assert of_mean.loss != of_plain.loss
    assert progress.test_loss == evaluate(state.result, data.test_images, data.test_labels).loss
    assert progress.train_loss == evaluate(state.result, images, labels, state.split.train).loss


def test_a_run_without_validation_images_has_no_plain_figures():
    last = finish(begin(weight_average=0.9, validation_size=0, epochs=1))[-1]
    assert (last.validation_accuracy, last.plain_validation_accuracy) == (None, None)
    assert math.isfinite(last.train_loss)


def test_early_stopping_goes_back_to_the_best_mean():
    state = begin(train_size=100, epochs=200, learning_rate=1.0, early_stopping=3, weight_average=0.5)
    best, kept = math.inf, None
    for progress in train(state):
        loss = progress.validation_loss
        if progress.outcome is None and progress.step and state.position == 0 and loss is not None and loss < best:
            best, kept = loss, state.result.parameters.copy()
    assert state.result_step == state.best_step < state.step
    np.testing.assert_array_equal(state.result.parameters, kept)


@pytest.fixture
def finished(own_home: Path) -> tuple[RunStore, str]:
    store = RunStore()
    config = tiny_config(weight_average=0.9, epochs=3, validation_size=50)
    run_id = store.create_run(config, "generated-600")
    assert execute_run(store.url, run_id) == "finished"
    return store, run_id


def test_what_is_stored_shown_and_taken_along_is_the_mean(finished: tuple[RunStore, str]):
    store, run_id = finished
    state = TrainingState.begin(store.run(run_id).config, store.open_dataset("generated-600"))
    finish(state)
    np.testing.assert_array_equal(store.load_weights(run_id).network.parameters, state.result.parameters)
    middle = next(step for step in store.snapshot_steps(run_id) if 5 < step < state.total_steps)
    again = TrainingState.begin(state.config, state.dataset)
    with Stepper(again) as stepper:
        stepper.advance(middle)
    shown = store.load_weights(run_id, middle).network.parameters
    np.testing.assert_allclose(shown, again.result.parameters, rtol=1e-3, atol=1e-6)  # kept in 16 bits
    run, history = store.run(run_id), store.history(run_id)
    assert run.plain_validation_accuracy == history["plain_validation_accuracy"].iloc[-1]
    assert run.plain_validation_loss not in (None, run.validation_loss)
    brought = store.import_run(store.export_run(run_id))
    assert store.run(brought).plain_validation_loss == run.plain_validation_loss
    np.testing.assert_array_equal(store.load_weights(brought).network.parameters, state.result.parameters)


def test_a_stopped_run_has_its_mean_too(own_home: Path):
    store = RunStore()
    run_id = store.create_run(tiny_config(weight_average=0.9, epochs=5000, validation_size=50), "generated-600")
    is_asked = False
    for progress in work(store, run_id):
        if progress.step > 20 and not is_asked:
            is_asked = lifecycle.stop(store.database, run_id, "owner")
    run = store.run(run_id)
    assert run.status == "stopped"
    state = TrainingState.begin(run.config, store.open_dataset("generated-600"))
    with Stepper(state) as stepper:
        stepper.advance(run.step)
    np.testing.assert_array_equal(store.load_weights(run_id).network.parameters, state.result.parameters)
    assert run.validation_loss != run.plain_validation_loss
