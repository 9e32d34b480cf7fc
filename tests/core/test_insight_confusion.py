"""Confusions against counting by hand, scikit-learn on the raw labels, and published Wilson intervals."""

import math
import re

import numpy as np
import pytest
from sklearn import metrics

from mnistcore.errors import DataError
from mnistcore.insight import (
    DigitPair,
    accuracy_counts,
    accuracy_interval,
    cell_examples,
    confused_both_ways,
    confusion_matrix,
    mistakes,
    most_confused_pairs,
    per_digit_metrics,
    row_shares,
)


@pytest.fixture
def answers() -> tuple[np.ndarray, np.ndarray]:
    """500 labels and predictions that agree in about 70 of 100."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, 500).astype(np.uint8)
    predictions = np.where(rng.random(500) < 0.7, labels, rng.integers(0, 10, 500))
    return labels, predictions


def test_the_matrix_counts_labels_by_row_and_predictions_by_column(answers):
    labels, predictions = answers
    matrix = confusion_matrix(labels, predictions)
    assert matrix.dtype == np.int64
    expected = np.zeros((10, 10), int)
    for label, prediction in zip(labels, predictions, strict=True):
        expected[label, prediction] += 1
    np.testing.assert_array_equal(matrix, expected)


def test_high_uint8_labels_do_not_overflow():
    matrix = confusion_matrix(np.array([9], np.uint8), np.array([9], np.uint8))
    assert matrix[9, 9] == matrix.sum() == 1


def test_digits_that_never_come_have_their_row():
    assert confusion_matrix(np.array([], int), np.array([], int)).shape == (10, 10)


@pytest.mark.parametrize(
    ("labels", "predictions", "message"),
    [
        ([1, 2], [1], "labels (2,) and predictions (1,) must be two equally long rows"),
        ([[1]], [[1]], "labels (1, 1) and predictions (1, 1)"),
        ([1, 10], [1, 1], "labels must be digits 0-9, found 1 to 10"),
        ([1, 1], [1, -1], "predictions must be digits 0-9, found -1 to 1"),
    ],
)
def test_what_cannot_be_counted_is_refused(labels, predictions, message: str):
    with pytest.raises(DataError, match=re.escape(message)):
        confusion_matrix(np.array(labels), np.array(predictions))


def test_metrics_from_the_matrix_equal_those_from_the_raw_labels(answers):
    labels, predictions = answers
    table = per_digit_metrics(confusion_matrix(labels, predictions))
    assert list(table.columns) == ["digit", "precision", "recall", "f1", "count"]
    np.testing.assert_allclose(table["precision"], metrics.precision_score(labels, predictions, average=None))
    np.testing.assert_allclose(table["recall"], metrics.recall_score(labels, predictions, average=None))
    np.testing.assert_allclose(table["f1"], metrics.f1_score(labels, predictions, average=None))
    np.testing.assert_array_equal(table["count"], np.bincount(labels, minlength=10))


def test_metrics_worked_by_hand():
    """Of four 3s three are seen as 3; of two 5s one is taken for a 3; nothing is taken for a 0."""
    matrix = confusion_matrix(np.array([3, 3, 3, 3, 5, 5]), np.array([3, 3, 3, 5, 3, 5]))
    table = per_digit_metrics(matrix).set_index("digit")
    assert table.loc[3, "precision"] == pytest.approx(3 / 4)
    assert table.loc[3, "recall"] == pytest.approx(3 / 4)
    assert table.loc[5, "f1"] == pytest.approx(1 / 2)
    assert math.isnan(table.loc[0, "precision"])
    assert math.isnan(table.loc[0, "recall"])
    assert per_digit_metrics(np.zeros((10, 10), int))["f1"].isna().all()


def test_pairs_are_ranked_without_the_diagonal():
    matrix = np.diag(np.full(10, 100))
    matrix[4, 9], matrix[9, 4], matrix[7, 2] = 12, 7, 12
    matrix[7, 7] = 50
    pairs = most_confused_pairs(matrix)
    assert pairs[["true", "predicted", "count"]].values.tolist() == [[7, 2, 12], [4, 9, 12], [9, 4, 7]]
    assert pairs["share"].tolist() == pytest.approx([12 / 62, 12 / 112, 7 / 107])
    assert len(most_confused_pairs(matrix, limit=1)) == 1
    assert most_confused_pairs(np.diag(np.full(10, 5))).empty


def test_examples_of_a_cell_come_most_confident_first():
    probabilities = np.full((6, 10), 0.01, np.float32)
    probabilities[:, 7] = [0.5, 0.9, 0.6, 0.9, 0.02, 0.7]
    probabilities[4, 1] = 0.9
    labels = np.array([1, 1, 1, 1, 1, 7], np.uint8)
    assert cell_examples(probabilities, labels, true=1, predicted=7).tolist() == [1, 3, 2, 0]
    assert cell_examples(probabilities, labels, true=1, predicted=7, limit=2).tolist() == [1, 3]
    assert cell_examples(probabilities, labels, true=0, predicted=7).size == 0


@pytest.mark.parametrize(("correct", "count"), [(9712, 10_000), (0, 10), (10, 10), (1, 1), (81, 263)])
def test_the_interval_is_wilsons(correct: int, count: int):
    """Against the formula: (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n)."""
    z, share = 1.959963984540054, correct / count
    middle = share + z * z / (2 * count)
    half = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    expected = (middle - half) / (1 + z * z / count), (middle + half) / (1 + z * z / count)
    assert accuracy_interval(correct, count) == pytest.approx(expected, abs=1e-9)


def test_a_published_interval():
    """Newcombe, Statistics in Medicine 17 (1998), table I: 81 of 263, Wilson's method, 0.2553 to 0.3662."""
    assert accuracy_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)


@pytest.mark.parametrize(("correct", "count"), [(0, 0), (3, 2), (-1, 5)])
def test_impossible_counts_are_refused(correct: int, count: int):
    with pytest.raises(DataError, match=f"got {correct} of {count}"):
        accuracy_interval(correct, count)


def test_pairs_count_both_ways() -> None:
    matrix = np.diag(np.full(10, 90))
    matrix[4, 9], matrix[9, 4], matrix[7, 2] = 5, 6, 10
    assert confused_both_ways(matrix) == [DigitPair(3, 8, 0, 0), DigitPair(4, 9, 5, 6), DigitPair(2, 7, 0, 10)]
    assert [pair.count for pair in confused_both_ways(matrix, limit=2)] == [0, 11]


def test_the_most_certain_mistake_comes_first() -> None:
    probabilities = np.full((4, 10), 0.01, np.float32)
    probabilities[[0, 1, 2, 3], [1, 1, 2, 7]] = 0.4, 0.9, 0.5, 0.8
    assert mistakes(probabilities, np.array([1, 0, 1, 6], np.uint8)).tolist() == [1, 3, 2]


def test_shares_are_of_each_digits_images() -> None:
    matrix = np.zeros((10, 10), np.int64)
    matrix[4, 4], matrix[4, 9] = 3, 1
    shares = row_shares(matrix)
    assert shares[4, [4, 9]].tolist() == [0.75, 0.25]
    assert not shares[5].any()  # a digit without images
    assert accuracy_counts(matrix) == (3, 4)
