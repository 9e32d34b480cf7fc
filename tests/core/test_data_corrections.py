"""Corrected labels: in a data set of its own, which is stored like an imported one; the original stays."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mnistcore.data.corrections import corrected, correction_words
from mnistcore.errors import DataError
from mnistcore.runs import RunStore
from tests.core.tiny_digits import tiny_dataset


def test_corrected_and_left_out_in_a_data_set_of_its_own(own_home: Path) -> None:
    store, dataset = RunStore(), tiny_dataset()
    labels, fingerprint = dataset.train_labels.copy(), dataset.fingerprint
    original = store.add_dataset(dataset)
    wrong = (int(labels[5]) + 1) % 10
    made = corrected(dataset, {5: wrong, 17: None, 0: None}, {3: 7}, "tiny, corrected")
    name = store.add_dataset(made)
    assert name != original
    store.close()
    again = RunStore()  # nothing kept in memory
    found = again.open_dataset(name)
    assert found.name == "tiny, corrected"
    kept = np.delete(np.arange(600), [0, 17])
    np.testing.assert_array_equal(found.train_images, dataset.train_images[kept])
    expected = labels[kept]
    expected[4] = wrong
    np.testing.assert_array_equal(found.train_labels, expected)
    np.testing.assert_array_equal(found.test_images, dataset.test_images)
    assert np.flatnonzero(found.test_labels != dataset.test_labels).tolist() in ([3], [])
    assert found.test_labels[3] == 7
    stored = again.open_dataset(original)
    assert stored.fingerprint == fingerprint == tiny_dataset().fingerprint
    np.testing.assert_array_equal(stored.train_labels, labels)


@pytest.mark.parametrize(
    ("train", "test", "message"),
    [
        ({}, {}, "tiny: nothing to correct; choose at least 1 image"),
        ({600: 3}, {}, "tiny: no train image 600; choose 0 to 599"),
        ({-1: None}, {}, "tiny: no train image -1; choose 0 to 599"),
        ({}, {200: 3}, "tiny: no test image 200; choose 0 to 199"),
        ({8: 10}, {}, "tiny: label 10 for train image 8; choose a digit, 0 to 9"),
        ({}, dict.fromkeys(range(200)), "mine: the test part is empty; give it at least 1 image."),
    ],
)
def test_what_cannot_be_corrected_is_refused(train: Any, test: Any, message: str) -> None:
    with pytest.raises(DataError, match=re.escape(message)):
        corrected(tiny_dataset(), train, test, "mine")


def test_the_corrections_in_words() -> None:
    assert correction_words({}, {}) == ""
    assert correction_words({1: 5}, {}) == "1 label corrected"
    assert correction_words({1: 5, 2: None}, {7: 0, 9: None}) == "2 labels corrected, 2 images left out"
