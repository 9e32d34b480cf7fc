"""MNIST Explorer, as a run in the dashboard trains."""

import atexit
import contextlib

from threadpoolctl import threadpool_limits

from mnistcore.data import Dataset
from mnistcore.training import TrainingConfig, TrainingState, evaluate
from mnistcore.training.loop import take_steps


class Peer:
    """One run, whose second process, if it has one, works from the first epoch on until the end."""

    def __init__(self, config: TrainingConfig, dataset: Dataset) -> None:
        self._state = TrainingState.begin(config, dataset)
        stack = contextlib.ExitStack()
        atexit.register(stack.close)
        stack.enter_context(threadpool_limits(1, "blas"))  # as train() does
        self._team = stack.enter_context(self._state.team())

    def epoch(self) -> None:
        take_steps(self._state, self._team, self._state.steps_per_epoch)

    def accuracy(self) -> float:
        self._team.copy_back()
        dataset = self._state.dataset
        return evaluate(self._state.network, dataset.test_images, dataset.test_labels).accuracy
