"""The training loop: what each Progress says and when, what is looked at, and how a run ends."""

import math
import time

import numpy as np
import pytest
from tiny_digits import begin, finish, tiny_dataset, watched_dataset, with_previous

from mnistcore.data import Dataset
from mnistcore.training import evaluate, snapshot_steps, train


def test_the_first_progress_comes_before_any_step_or_evaluation():
    state = begin()
    before = state.network.parameters.copy()
    first = next(train(state))
    assert (first.step, first.epoch, first.validation_loss, first.outcome) == (0, 0, None, None)
    assert math.isnan(first.train_loss)
    assert len(first.batch_indices) == len(first.batch_predictions) == 0
    np.testing.assert_array_equal(state.network.parameters, before)


def test_the_untrained_network_is_evaluated_next():
    data, state = tiny_dataset(), begin()
    progresses = train(state)
    next(progresses)
    start = next(progresses)
    expected = evaluate(state.network, data.train_images, data.train_labels, state.split.validation)
    assert start.step == 0
    assert start.is_snapshot_due
    assert start.validation_loss == pytest.approx(expected.loss)
    assert start.test_loss is None


def test_snapshots_and_chosen_evaluations_are_never_missed():
    state = begin(epochs=40, evaluate_at_steps=(0, 3, 77, 200, 9999))
    progresses = finish(state)
    due = [progress.step for progress in progresses if progress.is_snapshot_due]
    assert sorted(set(due)) == snapshot_steps(state.total_steps).tolist()
    evaluated = {progress.step for progress in progresses if progress.validation_loss is not None}
    assert {0, 3, 77, 200, state.total_steps} <= evaluated
    steps = [progress.step for progress in progresses]
    assert steps == sorted(steps)
    assert [progress.outcome for progress in progresses[:-1]] == [None] * (len(progresses) - 1)


@pytest.mark.parametrize("total_steps", [1, 2, 39, 40, 1000, 60_000_000])
def test_about_forty_snapshots_evenly_in_log_steps(total_steps: int):
    steps = snapshot_steps(total_steps)
    assert steps[0] == 0
    assert steps[-1] == total_steps
    assert len(steps) <= 41
    assert (np.diff(steps) > 0).all()
    ratios = steps[steps > 50][1:] / steps[steps > 50][:-1]
    assert len(ratios) < 2 or ratios.max() / ratios.min() < 1.05


def test_progress_also_comes_by_time(monkeypatch: pytest.MonkeyPatch):
    """Epochs of many seconds without any snapshot step in them: what comes in between comes by the clock."""
    images, labels = tiny_dataset().train_images, tiny_dataset().train_labels
    data = Dataset.build("long", np.tile(images, (50, 1, 1)), np.tile(labels, 50), images, labels)
    layers = [{"units": 900}, {"units": 900}]
    monkeypatch.setattr("mnistcore.training.loop.snapshot_steps", lambda total_steps: np.array([0, total_steps]))
    state = begin(data, batch_size=16, epochs=100_000, layers=layers, validation_size=0)
    steps = []
    for progress in train(state):
        steps.append(progress.step)
        if progress.step >= 1_875 or len(set(steps)) == 4:  # an epoch, of seconds on any machine
            break
    assert steps == sorted(steps)
    assert len({step for step in steps if 0 < step < 1_875}) >= 2


@pytest.mark.usefixtures("reports_all")
def test_a_step_over_many_images_reports_on_its_way():
    state = begin(tiny_dataset(2_400), batch_size="full", epochs=2)
    epochs = [progress.epoch for progress in train(state)]
    assert epochs == sorted(epochs)
    inside = [epoch for epoch in epochs if epoch not in (0, 1, 2)]
    assert any(0 < epoch < 1 for epoch in inside)
    assert any(1 < epoch < 2 for epoch in inside)


def test_seconds_leave_out_the_time_between_two_progresses():
    state, started = begin(epochs=3), time.perf_counter()
    for progress, before in with_previous(train(state)):
        if before is None:
            time.sleep(0.4)
        last = progress
    assert 0 < last.seconds < time.perf_counter() - started - 0.4
    assert last.images_per_second == pytest.approx(1500 / last.seconds)


def test_ceasing_to_iterate_stops():
    state = begin(epochs=50)
    for progress in train(state):
        if progress.step >= 5:
            break
    weights = state.network.parameters.copy()
    assert 5 <= state.step < state.total_steps
    assert np.isfinite(weights).all()
    assert evaluate(state.network, tiny_dataset().test_images, tiny_dataset().test_labels).count == 200
    np.testing.assert_array_equal(state.network.parameters, weights)


def test_a_stopped_run_goes_on_when_it_is_iterated_again():
    undisturbed, state = begin(epochs=4), begin(epochs=4)
    finish(undisturbed)
    for stop in (1, 2, 9):
        for progress in train(state):
            if progress.step >= stop:
                break
    finish(state)
    assert state.network.parameters.tobytes() == undisturbed.network.parameters.tobytes()


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_the_same_seed_gives_the_same_weights_and_another_seed_others(optimizer: str):
    layers = [{"units": 8}, {"kind": "dropout"}]
    states = [begin(seed=seed, layers=layers, optimizer=optimizer) for seed in (3, 3, 4)]
    lasts = [finish(state)[-1] for state in states]
    weights = [state.network.parameters.tobytes() for state in states]
    assert weights[0] == weights[1] != weights[2]
    assert lasts[0].test_loss == lasts[1].test_loss
    assert not np.array_equal(states[0].split.train, states[2].split.train)


def test_the_test_set_is_not_looked_at_before_the_end():
    data = watched_dataset()
    state = begin(data, epochs=5, evaluate_at_steps=(0, 3, 7), early_stopping=3)
    for progress in train(state):
        if progress.outcome is None:
            assert "looks" not in vars(data)
            assert progress.test_loss is progress.test_accuracy is None
    assert vars(data)["looks"]
    expected = evaluate(state.network, tiny_dataset().test_images, tiny_dataset().test_labels)
    assert (progress.test_loss, progress.test_accuracy) == (expected.loss, expected.accuracy)


def test_following_the_test_set_evaluates_it_along_with_validation():
    progresses = finish(begin(epochs=5, evaluate_at_steps=(3, 7), follow_test=True))
    assert {0, 3, 7} <= {progress.step for progress in progresses if progress.test_loss is not None}
    for progress in progresses:
        assert (progress.test_loss is None) == (progress.validation_loss is None)
        assert (progress.test_accuracy is None) == (progress.test_loss is None)


def test_without_validation_images_there_are_no_validation_figures():
    progresses = finish(begin(validation_size=0, evaluate_at_steps=(3,)))
    assert {progress.validation_loss for progress in progresses} == {None}
    assert progresses[-1].test_accuracy is not None


def test_the_last_progress_is_over_the_whole_training_part():
    data, state = tiny_dataset(), begin(epochs=2)
    last = finish(state)[-1]
    expected = evaluate(state.network, data.train_images, data.train_labels, state.split.train)
    assert (last.train_loss, last.train_accuracy) == (expected.loss, expected.accuracy)
    held_out = evaluate(state.network, data.train_images, data.train_labels, state.split.validation)
    assert (last.validation_loss, last.validation_accuracy) == (held_out.loss, held_out.accuracy)
    assert last.is_snapshot_due
    assert last.message is None


def test_early_stopping_goes_back_to_the_best_weights():
    state = begin(train_size=100, epochs=200, learning_rate=1.0, early_stopping=3)
    best, waiting, kept = math.inf, 0, b""
    for progress in train(state):
        if progress.outcome:
            break
        if progress.validation_loss is not None and progress.step and progress.epoch == int(progress.epoch):
            waiting = 0 if progress.validation_loss < best else waiting + 1
            if waiting == 0:
                best, kept, step = progress.validation_loss, state.network.parameters.tobytes(), progress.step
    assert (progress.outcome, waiting) == ("stopped_early", 3)
    assert progress.step == step + 3 * state.steps_per_epoch < state.total_steps
    assert state.network.parameters.tobytes() == kept
    assert progress.validation_loss == pytest.approx(best)
    assert progress.message == f"Kept the weights of step {step:,}, where the validation loss was lowest."


def test_a_changed_learning_rate_holds_from_the_next_step_on():
    state = begin(optimizer="sgd", learning_rate=0.1)
    progresses = train(state)
    while next(progresses).step < 2:
        pass
    state.learning_rate = 0.0
    weights = state.network.parameters.copy()
    for progress in progresses:
        last = progress
    np.testing.assert_array_equal(state.network.parameters, weights)
    assert last.learning_rate == 0
