"""Two networks on the same images: cells, certainty, agreement and matched snapshots by hand."""

import numpy as np
import pytest

from mnistcore.errors import DataError
from mnistcore.experiments.significance import compare_on_same_images
from mnistcore.insight.two_networks import (
    agreement,
    believe_the_surer,
    certainty_in_cells,
    matched_steps,
    split_cells,
)


def sure(answers: list[int], certainties: list[float]) -> np.ndarray:
    """Probabilities (n, 10) of networks that give these answers this surely."""
    probabilities = np.repeat((1 - np.array(certainties))[:, None] / 9, 10, axis=1)
    probabilities[np.arange(len(answers)), answers] = certainties
    return probabilities


LABELS = np.array([0, 1, 2, 3, 4, 5, 6, 7])
FIRST = sure([0, 1, 2, 3, 0, 0, 6, 1], [0.9, 0.5, 0.8, 0.7, 0.6, 0.95, 0.99, 0.4])  # right: 0, 1, 2, 3, 6
SECOND = sure([0, 0, 0, 3, 4, 5, 6, 1], [0.8, 0.7, 0.75, 0.6, 0.9, 0.5, 0.6, 0.3])  # right: 0, 3, 4, 5, 6


def test_the_cells_by_hand_with_the_surest_mistake_first() -> None:
    cells = split_cells(FIRST, SECOND, LABELS)
    assert cells.both.tolist() == [3, 6, 0]  # the less sure of the two: 0.6, 0.6, 0.8
    assert cells.only_first.tolist() == [2, 1]  # the second was 0.75 and 0.7 sure of 0
    assert cells.only_second.tolist() == [5, 4]
    assert cells.neither.tolist() == [7]


def test_the_cells_count_what_mcnemar_counts() -> None:
    rng = np.random.default_rng(0)
    first, second, labels = rng.dirichlet(np.ones(10), 500), rng.dirichlet(np.ones(10), 500), rng.integers(0, 10, 500)
    test = compare_on_same_images(first.argmax(axis=1) == labels, second.argmax(axis=1) == labels)
    cells = split_cells(first, second, labels)
    assert {name: len(rows) for name, rows in vars(cells).items()} == {
        name: getattr(test, name) for name in vars(cells)
    }
    assert sorted(np.concatenate(list(vars(cells).values()))) == list(range(500))


def test_the_certainty_of_each_by_hand() -> None:
    table = certainty_in_cells(FIRST, SECOND, LABELS).set_index("cell")
    assert table["count"].to_dict() == {"both": 3, "only_first": 2, "only_second": 2, "neither": 1}
    assert table.loc["only_first", ["first", "second"]].tolist() == pytest.approx([0.65, 0.725])
    assert table.loc["only_second", ["first", "second"]].tolist() == pytest.approx([0.775, 0.7])
    same = certainty_in_cells(FIRST, FIRST, LABELS).set_index("cell")
    assert same.loc["only_first"].isna().sum() == 2


def test_believing_the_surer_by_hand() -> None:
    # Images 1 (0.5 right, 0.7 wrong), 2 (0.8, 0.75), 4 (0.9 right, 0.6 wrong), 5 (0.5 right, 0.95 wrong): 2 and 4.
    found = believe_the_surer(FIRST, SECOND, LABELS)
    assert (found.correct, found.count) == (2, 4)
    tied = believe_the_surer(sure([0, 1, 0], [0.5] * 3), sure([1, 0, 1], [0.5] * 3), np.array([0, 0, 0]))
    assert (tied.correct, tied.count) == (1, 3)


def test_agreement_counts_equal_answers_right_or_wrong() -> None:
    assert agreement(FIRST.argmax(axis=1), SECOND.argmax(axis=1)) == 4 / 8
    with pytest.raises(DataError, match="two equally long rows of answers, at least 1, got 2 and 3"):
        agreement(np.zeros(2), np.zeros(3))


def test_snapshots_are_matched_by_how_far_each_run_was() -> None:
    assert matched_steps([0, 10, 50, 100], [0, 400, 1000], points=3) == [(0, 0), (50, 400), (100, 1000)]
    assert matched_steps([0, 10, 20], [7], points=5) == [(0, 7), (10, 7), (20, 7)]
    assert matched_steps([5], [7]) == [(5, 7)]
