"""A run ends at its target or after its seconds, says so, and with the same weights on any machine."""

import numpy as np
import pytest
from tiny_digits import tiny_config, tiny_dataset

from mnistcore.errors import ConfigError
from mnistcore.runs import RunStore, lifecycle, work
from mnistcore.training import TrainingState, train
from mnistcore.training.goals import next_look


def run_to_end(state: TrainingState):
    *_, last = train(state)
    return last


def test_it_is_looked_at_four_times_an_epoch_always_at_the_same_steps():
    looks, step = [], 0
    while step < 20:
        step = next_look(step, 10)
        looks.append(step)
    assert looks == [3, 6, 9, 10, 13, 16, 19, 20]
    assert [next_look(step, 1) for step in (0, 1)] == [1, 2]


def test_a_run_ends_at_the_first_look_that_reaches_the_target_with_the_weights_of_that_step():
    state = TrainingState.begin(tiny_config(epochs=40, target_accuracy=0.6), tiny_dataset())
    seen = list(train(state))
    last = seen[-1]
    assert last.outcome == "finished"
    assert last.validation_accuracy >= 0.6
    assert last.message == f"Reached the target of 60 % on validation at step {last.step:,} of {last.total_steps:,}."
    assert 0 < last.step < last.total_steps
    before = [each for each in seen if each.validation_accuracy is not None and each.step < last.step]
    at_looks = [each for each in before if each.step and next_look(each.step - 1, state.steps_per_epoch) == each.step]
    assert all(each.validation_accuracy < 0.6 for each in at_looks)
    plain = TrainingState.begin(tiny_config(epochs=40), tiny_dataset())
    for progress in train(plain, also_evaluate_at=[last.step]):
        if progress.step == last.step:
            break
    np.testing.assert_array_equal(state.network.parameters, plain.network.parameters)


def test_the_target_is_kept_through_a_checkpoint_at_the_step_that_reached_it():
    config = tiny_config(epochs=40, target_accuracy=0.6, early_stopping=30)
    state = TrainingState.begin(config, tiny_dataset())
    for _ in train(state):
        if state.has_reached_target:
            break
    resumed = TrainingState.from_bytes(state.to_bytes(), tiny_dataset())
    last = run_to_end(resumed)
    assert (last.step, last.outcome) == (state.step, "finished")
    np.testing.assert_array_equal(resumed.network.parameters, state.network.parameters)


def test_a_run_ends_after_its_seconds_which_go_on_counting_where_it_was_left():
    state = TrainingState.begin(tiny_config(epochs=100_000, max_seconds=0.3), tiny_dataset())
    for _ in train(state):
        if state.seconds > 0.1:
            break
    resumed = TrainingState.from_bytes(state.to_bytes(), tiny_dataset())
    last = run_to_end(resumed)
    assert 0.3 <= last.seconds < 3
    assert last.message.startswith("The 0.3 seconds that it was given were over at step ")
    assert last.outcome == "finished"


def test_a_stored_run_says_what_ended_it_and_one_that_comes_to_its_end_says_nothing():
    store = RunStore()
    name = store.add_dataset(tiny_dataset())
    reached = store.create_run(tiny_config(epochs=40, target_accuracy=0.5), name)
    missed = store.create_run(tiny_config(epochs=1, target_accuracy=1.0, max_seconds=1000), name)
    for run_id in (reached, missed):
        for _ in work(store, run_id):
            pass
    assert store.run(reached).status == "finished"
    assert store.run(reached).message.startswith("Reached the target of 50 % on validation at step ")
    assert "target" not in (store.run(missed).message or "")
    with pytest.raises(Exception, match="has finished"):
        lifecycle.resume(store.database, reached, "owner")
    store.close()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"target_accuracy": 97}, "target_accuracy: input should be less than or equal to 1, got '97'"),
        ({"target_accuracy": 0.9, "validation_size": 0}, "set validation_size above 0"),
        ({"max_seconds": 0}, "max_seconds: input should be greater than 0, got '0'"),
    ],
)
def test_goals_that_make_no_sense_are_refused(settings, words):
    with pytest.raises(ConfigError, match=words):
        tiny_config(**settings)
