"""What is lost from the plain images to the changed ones."""

import numpy as np
import pytest

from mnistcore.errors import DataError
from mnistcore.insight.robustness import plain_and_changed


def test_plain_images_are_told_from_the_mean_of_the_changed_ones() -> None:
    levels, accuracy = np.array([0.8, 0.9, 1.0]), np.array([0.5, 0.7, 0.9])
    assert plain_and_changed(levels, accuracy, 1.0) == pytest.approx((0.9, 0.6))


@pytest.mark.parametrize("levels", [[1.0], [0.8, 0.9], []])
def test_without_either_nothing_is_lost_or_won(levels: list[float]) -> None:
    with pytest.raises(DataError, match="accuracies at 1 and at other levels are needed"):
        plain_and_changed(np.array(levels), np.ones(len(levels)), 1.0)
