"""MNIST Explorer, as a run in the dashboard trains."""

import atexit
import contextlib

from mnistcore.data import Dataset
from mnistcore.training import TrainingConfig, TrainingState, evaluate
from mnistcore.training.stepper import Stepper


class Peer:
    """One run, whose second process, if it has one, works from the first epoch on until the end."""

    def __init__(self, config: TrainingConfig, dataset: Dataset) -> None:
        self._state = TrainingState.begin(config, dataset)
        stack = contextlib.ExitStack()
        atexit.register(stack.close)
        self._stepper = stack.enter_context(Stepper(self._state))

    def epoch(self) -> None:
        self._stepper.advance(self._state.steps_per_epoch)

    def accuracy(self) -> float:
        dataset = self._state.dataset
        return evaluate(self._state.network, dataset.test_images, dataset.test_labels).accuracy
