"""Confident learning by hand, and against a loop over the images."""

import re

import numpy as np
import pytest

from mnistcore.errors import DataError
from mnistcore.insight.label_errors import (
    class_thresholds,
    confident_joint,
    estimated_errors,
    estimated_joint,
    suspects,
)

#             of digit 0, of digit 1; the label
BY_HAND = [
    (0.90, 0.10, 0),
    (0.80, 0.20, 0),
    (0.10, 0.90, 0),  # confidently a 1
    (0.56, 0.44, 0),  # below both thresholds: not counted
    (0.30, 0.70, 1),
    (0.15, 0.85, 1),
    (0.80, 0.20, 1),  # confidently a 0
]
LABELS = np.array([label for _, _, label in BY_HAND])
PROBABILITIES = np.zeros((len(BY_HAND), 10))
PROBABILITIES[:, :2] = [row[:2] for row in BY_HAND]


def test_the_thresholds_by_hand() -> None:
    thresholds = class_thresholds(PROBABILITIES, LABELS)
    assert thresholds[:2] == pytest.approx([(0.9 + 0.8 + 0.1 + 0.56) / 4, (0.7 + 0.85 + 0.2) / 3])
    assert np.isinf(thresholds[2:]).all()


def test_the_counts_by_hand_and_scaled_to_all_images() -> None:
    joint = confident_joint(PROBABILITIES, LABELS)
    assert joint[:2, :2].tolist() == [[2, 1], [1, 2]]
    assert joint.sum() == 6
    estimated = estimated_joint(PROBABILITIES, LABELS)
    assert estimated[:2, :2] == pytest.approx(np.array([[8 / 3, 4 / 3], [1, 2]]))
    assert estimated.sum() == pytest.approx(7)
    assert estimated_errors(PROBABILITIES, LABELS) == 2  # 4 / 3 + 1


def test_the_least_credible_label_is_the_first() -> None:
    found = suspects(PROBABILITIES, LABELS)
    assert found.indices.tolist() == [2, 6]
    assert found.digits.tolist() == [1, 0]
    assert found.certainty.tolist() == [0.9, 0.8]
    assert found.label_probability.tolist() == [0.1, 0.2]


def test_labels_that_all_are_believed_leave_nothing() -> None:
    probabilities = np.eye(10)[[3, 3, 5]]
    labels = np.array([3, 3, 5])
    assert estimated_errors(probabilities, labels) == 0
    assert len(suspects(probabilities, labels).indices) == 0


def test_a_digit_of_which_no_image_reaches_the_threshold_keeps_its_labels() -> None:
    """Three times 0.1 have a mean that is rounded up: nobody reaches it."""
    probabilities = np.zeros((3, 10))
    probabilities[:, 4] = 0.1
    labels = np.array([4, 4, 4])
    assert confident_joint(probabilities, labels).sum() == 0
    assert estimated_joint(probabilities, labels)[4, 4] == 3
    assert estimated_errors(probabilities, labels) == 0


def test_against_a_loop() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, 400)
    probabilities = rng.dirichlet(np.full(10, 0.2), 400) * 0.5
    probabilities[np.arange(400), np.where(rng.random(400) < 0.9, labels, rng.integers(0, 10, 400))] += 0.5
    thresholds = [np.mean([p[d] for p, y in zip(probabilities, labels, strict=True) if y == d]) for d in range(10)]
    joint = np.zeros((10, 10), int)
    for p, label in zip(probabilities, labels, strict=True):
        above = [digit for digit in range(10) if p[digit] >= thresholds[digit]]
        if above:
            joint[label, max(above, key=lambda digit: p[digit])] += 1
    np.testing.assert_array_equal(confident_joint(probabilities, labels), joint)
    wrong = sum(joint[i, j] / joint[i].sum() * (labels == i).sum() for i in range(10) for j in range(10) if i != j)
    assert 10 < wrong < 80
    assert estimated_errors(probabilities, labels) == round(wrong)
    differing = [k for k in range(400) if probabilities[k].argmax() != labels[k]]
    assert suspects(probabilities, labels).indices.tolist() == sorted(
        differing, key=lambda k: probabilities[k, labels[k]]
    )


@pytest.mark.parametrize(
    ("probabilities", "labels", "message"),
    [
        (np.zeros((0, 10)), np.zeros(0, int), "probabilities (0, 10) must be 10 for each of 0 labels, at least 1"),
        (np.zeros((3, 9)), np.zeros(3, int), "probabilities (3, 9) must be 10 for each of 3 labels"),
        (np.zeros((2, 10)), np.zeros(3, int), "probabilities (2, 10) must be 10 for each of 3 labels"),
        (np.zeros((2, 10)), np.array([0, 10]), "labels must be digits 0-9, got 0 to 10"),
        (np.full((1, 10), np.nan), np.array([0]), "probabilities must be finite, got nan or infinity"),
    ],
)
def test_what_cannot_be_judged_is_refused(probabilities: np.ndarray, labels: np.ndarray, message: str) -> None:
    for judge in (class_thresholds, confident_joint, estimated_errors, suspects):
        with pytest.raises(DataError, match=re.escape(message)):
            judge(probabilities, labels)
