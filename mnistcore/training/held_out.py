"""How good a run in training is on its validation images; where its weights are a mean, with the plain ones too."""

import numpy as np

from mnistcore.nn import Network
from mnistcore.training.metrics import Evaluation, evaluate
from mnistcore.training.state import TrainingState


def evaluate_validation(state: TrainingState) -> dict[str, Evaluation]:
    """By part: "validation" of the run's weights; with a mean of them "plain_validation" too. Empty without images."""
    if not len(state.split.validation):
        return {}
    found = {"validation": evaluate_on(state, state.result, state.split.validation)}
    return found | evaluate_plain(state)


def evaluate_plain(state: TrainingState) -> dict[str, Evaluation]:
    """Of a run whose weights are a mean, "plain_validation": those of its newest step alone; else nothing."""
    if state.average is None or not len(state.split.validation):
        return {}
    return {"plain_validation": evaluate_on(state, state.network, state.split.validation)}


def evaluate_on(state: TrainingState, network: Network, indices: np.ndarray) -> Evaluation:
    """A network on the training images at ``indices``."""
    return evaluate(network, state.dataset.train_images, state.dataset.train_labels, indices)


def figures_of(found: dict[str, Evaluation]) -> dict[str, float]:
    """Loss and accuracy of each part by their names in Progress."""
    losses = {f"{part}_loss": one.loss for part, one in found.items()}
    return losses | {f"{part}_accuracy": one.accuracy for part, one in found.items()}
