"""Augmentation: every change stays within what the settings say, and reaches it."""

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from tiny_digits import begin, finish, tiny_dataset

from mnistcore.data import Dataset
from mnistcore.data.augmentation import AugmentationConfig, Augmenter, augment
from mnistcore.training import evaluate

COUNT = 400
CENTRE = 13.5
ALL = {"shift": 2, "rotation": 10, "scale": 0.1, "shear": 0.1, "elastic": 1}


def moved_dots(x: int, y: int, **settings: float) -> tuple[np.ndarray, np.ndarray]:
    """Where a dot of 3 × 3 pixels at (x, y) comes to lie, relative to the image's centre, in COUNT attempts."""
    images = np.zeros((COUNT, 28, 28), np.uint8)
    images[:, y - 1 : y + 2, x - 1 : x + 2] = 200
    changed = augment(images, AugmentationConfig(**settings), np.random.default_rng(1)).astype(np.float64)
    ink = changed.sum(axis=(1, 2))
    places = np.arange(28) - CENTRE
    return changed.sum(axis=1) @ places / ink, changed.sum(axis=2) @ places / ink


def test_without_settings_nothing_changes():
    images = tiny_dataset().train_images[:7]
    assert not AugmentationConfig().is_on
    assert AugmentationConfig(elastic=0.5).is_on
    np.testing.assert_array_equal(augment(images, AugmentationConfig(), np.random.default_rng(0)), images)


def test_shift_moves_every_way_up_to_its_limit():
    for place, start in zip(moved_dots(10, 16, shift=3), (10 - CENTRE, 16 - CENTRE), strict=True):
        assert -3.02 < (place - start).min() < -2.8
        assert 2.8 < (place - start).max() < 3.02
        assert abs((place - start).mean()) < 0.3


def test_rotation_keeps_the_distance_and_turns_both_ways():
    x, y = moved_dots(22, 14, rotation=30)
    np.testing.assert_allclose(np.hypot(x, y), np.hypot(8.5, 0.5), atol=0.1)
    angles = np.degrees(np.arctan2(y, x) - np.arctan2(0.5, 8.5))
    assert -30.5 < angles.min() < -28
    assert 28 < angles.max() < 30.5


def test_scale_stretches_width_and_height_independently():
    x, y = moved_dots(22, 22, scale=0.2)
    for place in (x, y):
        assert 8.5 * 0.79 < place.min() < 8.5 * 0.82
        assert 8.5 * 1.18 < place.max() < 8.5 * 1.21
    assert abs(np.corrcoef(x, y)[0, 1]) < 0.2


def test_shear_moves_rows_sideways():
    x, y = moved_dots(14, 22, shear=0.3)
    np.testing.assert_allclose(y, 8.5, atol=0.1)
    assert 0.28 * 8.5 < np.abs(x - 0.5).max() < 0.31 * 8.5


def test_elastic_bending_moves_points_by_its_standard_deviation_and_neighbours_together():
    (x, y), (other, _) = moved_dots(8, 14, elastic=1.2), moved_dots(9, 14, elastic=1.2)
    for place, start in ((x, 8 - CENTRE), (y, 14 - CENTRE)):
        assert 0.9 < (place - start).std() < 1.4
    assert np.corrcoef(x, other)[0, 1] > 0.9
    far, _ = moved_dots(22, 14, elastic=1.2)
    assert abs(np.corrcoef(x, far)[0, 1]) < 0.2


def test_what_comes_from_outside_is_black():
    changed = augment(np.full((50, 28, 28), 255, np.uint8), AugmentationConfig(shift=10), np.random.default_rng(2))
    assert changed[:, 14, 14].min() == 255
    assert (changed[:, 0, 0] == 0).mean() > 0.5


def test_a_seed_gives_the_same_images_and_the_originals_stay():
    images = tiny_dataset().train_images[:9]
    before = images.copy()
    config = AugmentationConfig(**ALL)
    first, second, other = (augment(images, config, np.random.default_rng(seed)) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, second)
    assert (first != other).any()
    np.testing.assert_array_equal(images, before)


def test_buffers_hold_nothing_of_the_images_before():
    images = tiny_dataset().train_images[:10].reshape(10, 784)
    used = Augmenter(AugmentationConfig(**ALL), 5)
    used.change(images[:5].copy(), np.random.default_rng(0))
    pixels = images[5:].copy()
    used.change(pixels, np.random.default_rng(1))
    fresh = augment(images[5:].reshape(-1, 28, 28), AugmentationConfig(**ALL), np.random.default_rng(1))
    np.testing.assert_array_equal(pixels, fresh.reshape(5, 784))


@pytest.mark.parametrize(
    "settings", [{"shift": -1}, {"rotation": 200}, {"scale": 1}, {"elastic": float("nan")}, {"x": 1}]
)
def test_settings_out_of_bounds_are_refused(settings: dict[str, Any]):
    with pytest.raises(ValidationError):
        AugmentationConfig(**settings)


def test_training_puts_ink_where_no_image_has_any_and_evaluates_the_originals():
    tiny = tiny_dataset()
    images = tiny.train_images.copy()
    images[:, :, 14] = 0
    dataset = Dataset.build("split", images, tiny.train_labels, tiny.test_images, tiny.test_labels)
    plain, changed, again = (begin(dataset, augmentation=settings, epochs=1) for settings in ({}, ALL, ALL))
    first = [state.network.layers[0].W.copy() for state in (plain, changed)]
    last = [finish(state)[-1] for state in (plain, changed, again)]
    column = np.arange(14, 784, 28)
    np.testing.assert_array_equal(plain.network.layers[0].W[column], first[0][column])
    assert (changed.network.layers[0].W[column] != first[1][column]).all(axis=1).any()
    np.testing.assert_array_equal(changed.network.parameters, again.network.parameters)
    found = evaluate(changed.network, tiny.test_images, tiny.test_labels)
    assert (last[1].test_loss, last[1].test_accuracy) == (found.loss, found.accuracy)
