"""Images that are not usual: each is what its words say, and what is no digit has no label."""

import numpy as np
import pytest

from mnistcore.errors import DataError
from mnistcore.insight.nonsense import count_sure, nonsense_images, two_digits
from mnistcore.insight.strange_images import DIRECTIONS, moved_by, strange_images


def test_strange_images_are_what_they_say() -> None:
    image = np.zeros((28, 28), np.uint8)
    image[10:20, 12] = 200
    found = {one.words: one for one in strange_images(image, 1, 3, "left", 45, np.random.default_rng(0))}
    assert np.array_equal(found["moved left by 3 px"].image[:, 9], image[:, 12])
    assert found["moved left by 3 px"].image.sum() == image.sum()
    turned = found["turned by 45°"].image  # counterclockwise: the upper end leans to the left
    assert turned[:14, :13].sum() > 5 * turned[:14, 15:].sum()
    assert found["inverted"].image.min() == 55
    assert [one.label for one in found.values()] == [1, 1, 1, 1, None, None]
    assert not found["blank"].image.any()


def test_an_image_moves_as_it_would_round_the_edge_but_black_comes_in() -> None:
    image = np.random.default_rng(0).integers(1, 256, (6, 5), dtype=np.uint8)
    for direction, (rows, columns) in DIRECTIONS.items():
        moved = moved_by(image, 2, direction)
        rolled = np.roll(image, (2 * rows, 2 * columns), axis=(0, 1))
        assert moved.shape == image.shape
        assert np.array_equal(moved[moved > 0], rolled[moved > 0])
        assert np.count_nonzero(moved == 0) == 2 * (5 if rows else 6)
    assert np.array_equal(moved_by(image, 0, "up"), image)
    for pixels, direction in ((1, "north"), (-1, "up")):
        with pytest.raises(DataError, match=f"not '{direction}' by {pixels}"):
            moved_by(image, pixels, direction)


def test_two_digits_differ_as_far_as_they_can() -> None:
    images = np.arange(5, dtype=np.uint8)[:, None, None] * np.ones((1, 28, 28), np.uint8)
    labels = np.array([7, 7, 1, 7, 1])
    for turn in range(12):
        pair = two_digits(images, labels, turn)
        assert pair.shape == (2, 28, 28)
        assert labels[pair[0, 0, 0]] != labels[pair[1, 0, 0]]
        assert len(nonsense_images(pair, np.random.default_rng(turn))) == 16
    assert two_digits(images, np.zeros(5), 3)[:, 0, 0].tolist() == [3, 3]


def test_who_is_sure_is_counted() -> None:
    probabilities = np.array([[0.9, 0.1], [0.89, 0.11], [0.05, 0.95]])
    assert count_sure(probabilities, 0.9) == 2
