"""A run kept at marks: its weights are those of training, bit for bit, and any of its steps can be repeated."""

import numpy as np
import pytest
from tiny_digits import tiny_dataset

from mnistcore.data import Dataset
from mnistcore.errors import ConfigError
from mnistcore.training import TrainingConfig, TrainingState, recipe, train
from mnistcore.training.course import AVERAGED_EVERY, Course, network_with, parameters_between, train_course

EVERY, STEPS = 40, 95


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return tiny_dataset()


@pytest.fixture(scope="module")
def config() -> TrainingConfig:
    """One image a step, in order."""
    return recipe("linear-online").config.overridden({"max_steps": STEPS})


@pytest.fixture(scope="module")
def course(config: TrainingConfig, dataset: Dataset) -> Course:
    return train_course(config, dataset, EVERY, early=(5, 10, 5000))


def trained(config: TrainingConfig, dataset: Dataset, steps: int) -> np.ndarray:
    """The parameters after so many steps of the training loop."""
    state = TrainingState.begin(config.overridden({"max_steps": steps}), dataset)
    list(train(state))
    return state.network.parameters


def test_the_weights_at_the_marks_are_those_of_training(config: TrainingConfig, dataset: Dataset, course: Course):
    assert course.marks.tolist() == [0, 5, 10, 40, 80, STEPS]
    assert sorted(course.checkpoints) == [0, 40, 80]
    assert course.parameters.dtype == course.means.dtype == np.float32
    np.testing.assert_array_equal(course.parameters[0], network_with(config).parameters)
    for mark, parameters in zip(course.marks[1:], course.parameters[1:], strict=True):
        np.testing.assert_array_equal(parameters, trained(config, dataset, int(mark)))


def test_the_means_are_those_of_the_weights_along_the_way(
    config: TrainingConfig, dataset: Dataset, course: Course
) -> None:
    along = parameters_between(config, dataset, 0, STEPS)
    taken = [5, 10, *range(20, 41, AVERAGED_EVERY)]  # a mark ends a stretch early
    np.testing.assert_allclose(course.means[3], along[taken].mean(axis=0, dtype=np.float64), rtol=1e-6, atol=1e-7)
    np.testing.assert_array_equal(course.means[0], course.parameters[0])


def test_steps_are_repeated_from_a_checkpoint_as_from_the_start(
    config: TrainingConfig, dataset: Dataset, course: Course
) -> None:
    again = parameters_between(config, dataset, 45, 10, course.checkpoints[40])
    assert len(again) == 11
    np.testing.assert_array_equal(again, parameters_between(config, dataset, 45, 10))
    np.testing.assert_array_equal(again[-1], trained(config, dataset, 55))
    assert len(parameters_between(config, dataset, 90, 10, course.checkpoints[80])) == 6  # the run ends


def test_what_cannot_be_repeated_is_refused(config: TrainingConfig, dataset: Dataset, course: Course):
    with pytest.raises(ConfigError, match="first must be from 40 to 94, got 39"):
        parameters_between(config, dataset, 39, 1, course.checkpoints[40])
    with pytest.raises(ConfigError, match="every must be at least 1 step, got 0"):
        train_course(config, dataset, 0)
    with pytest.raises(ConfigError, match="this network has 7,840 parameters"):
        network_with(config, np.zeros(3, np.float32))
