"""Weight matrices judged many at a time, against the network that classifies with one; what a step on one removes."""

import numpy as np
import pytest
from tiny_digits import tiny_dataset

from mnistcore.insight import trace_step
from mnistcore.insight.linear_weights import Scores, removed_share, score_weights, typical_swing
from mnistcore.training import recipe
from mnistcore.training.course import network_with


@pytest.mark.parametrize("bias", [False, True])
def test_each_matrix_scores_as_its_network_classifies(bias: bool) -> None:
    dataset = tiny_dataset()
    config = recipe("linear-online").config.overridden({"output_bias": bias})
    network = network_with(config)
    rng = np.random.default_rng(0)
    parameters = rng.normal(size=(3, network.parameter_count)).astype(np.float32)
    scores = score_weights(network, parameters, dataset.test_images, dataset.test_labels)
    for each, correct in zip(parameters, scores.correct, strict=True):
        answers = network_with(config, each).logits(dataset.test_images).argmax(axis=1)
        is_right = answers == dataset.test_labels
        assert correct.tolist() == [int(is_right[dataset.test_labels == digit].sum()) for digit in range(10)]
    assert scores.counts.sum() == len(dataset.test_labels)


def test_shares_are_of_all_images_and_of_each_digit() -> None:
    counts = np.array([4, 2, 0, 0, 0, 0, 0, 0, 0, 4])
    correct = np.array([[4, 1, 0, 0, 0, 0, 0, 0, 0, 0], counts])
    scores = Scores(correct, counts)
    assert scores.accuracy.tolist() == [0.5, 1.0]
    assert scores.accuracy_by_digit[0, [0, 1, 2, 9]].tolist() == [1.0, 0.5, 0.0, 0.0]


def test_the_removed_share_is_what_the_step_takes_from_each_error() -> None:
    dataset = tiny_dataset()
    config = recipe("linear-online").config
    image, label = dataset.train_images[0], int(dataset.train_labels[0])
    trace = trace_step(network_with(config), image, label, config.optimizer, config.learning_rate)
    share = removed_share(trace.layers[0].inputs, config.learning_rate)
    assert share == pytest.approx(config.learning_rate * ((image / 255) ** 2).sum(), rel=1e-5)
    left = trace.prediction_after - trace.target
    np.testing.assert_allclose(left, (1 - share) * (trace.prediction - trace.target), rtol=1e-3, atol=1e-5)


def test_the_swing_is_between_marks_so_many_steps_apart() -> None:
    marks = np.array([0, 500, 1000, 2000, 3000, 4000])
    assert typical_swing(marks, np.array([0, 0.9, 0, 0.5, 0.7, 0.6]), 1000) == pytest.approx(0.15)
    assert typical_swing(marks[:3], np.array([0, 0.9, 0]), 1000) == 0.0
