"""A step on a batch in numbers: it is the step that training takes."""

import numpy as np
import pytest

from mnistcore.insight.batch_step import step_on_batch
from mnistcore.training import evaluate
from mnistcore.training.stepper import Stepper
from tests.core.tiny_digits import begin, tiny_dataset


def test_it_is_the_step_that_training_takes_and_leaves_the_network_alone() -> None:
    dataset = tiny_dataset()
    state = begin(validation_size=0, batch_size="full", optimizer="sgd", learning_rate=0.5)
    before = state.network.parameters.copy()
    found = step_on_batch(
        state.network, dataset.train_images, dataset.train_labels, state.config.optimizer, state.config.learning_rate
    )
    assert np.array_equal(state.network.parameters, before)
    assert found.loss == pytest.approx(evaluate(state.network, dataset.train_images, dataset.train_labels).loss, 1e-5)
    with Stepper(state) as stepper:
        stepper.advance(1)
    after = evaluate(state.network, dataset.train_images, dataset.train_labels)
    assert found.loss_after == pytest.approx(after.loss, rel=1e-4)
    moved = state.network.parameters - before
    for index, layer in enumerate(found.layers):
        for name, view in state.network.views(index, moved).items():
            assert layer.updates[name].norm == pytest.approx(float(np.linalg.norm(view)), rel=1e-4)
            assert layer.gradients[name].norm == pytest.approx(layer.updates[name].norm / 0.5, rel=1e-3)
    assert found.layers[0].y.shape == found.layers[0].dz.shape == (600, 12)
    assert found.confidence == pytest.approx(np.exp(-found.loss), rel=0.1)  # nearly alike before anything is learned
