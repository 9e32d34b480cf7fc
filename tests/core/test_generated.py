"""Generated digits: what MNIST's preparation promises, the same for the same seed, and good enough to teach."""

import numpy as np
import pytest
from scipy.ndimage import center_of_mass

from mnistcore.data import load_dataset
from mnistcore.data.generated import generate_digits, generated_dataset
from mnistcore.data.home import data_home
from mnistcore.errors import DataError
from mnistcore.training import TrainingState, evaluate, parse_config, train


def test_the_same_seed_draws_the_same_digits():
    images, labels = generate_digits(200, seed=3)
    again, labels_again = generate_digits(200, seed=3)
    other, _ = generate_digits(200, seed=4)
    assert images.dtype == labels.dtype == np.uint8
    assert images.shape == (200, 28, 28)
    np.testing.assert_array_equal(images, again)
    np.testing.assert_array_equal(labels, labels_again)
    assert (images != other).any()


def test_every_digit_comes_equally_often_in_random_order():
    _, labels = generate_digits(1003, seed=0)
    assert set(np.bincount(labels)) == {100, 101}
    assert len(set(labels[:30])) > 5


def test_digits_are_fitted_and_centred_as_in_mnist():
    images, _ = generate_digits(500, seed=1)
    centres = np.array([center_of_mass(image) for image in images])
    assert np.mean(abs(centres - 14).max(axis=1) <= 0.5) > 0.95  # where MNIST has them
    for image in images:
        rows, columns = np.flatnonzero(image.max(axis=1) > 60), np.flatnonzero(image.max(axis=0) > 60)
        longer = max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1
        assert 18 <= longer <= 22
    assert images.max(axis=(1, 2)).min() > 100  # ink, however thin the pen
    assert 20 < images.mean() < 45  # MNIST: 33
    assert len({image.tobytes() for image in images}) == 500


@pytest.mark.parametrize("count", [0, -1, 1_000_001])
def test_an_impossible_count_is_refused(count):
    with pytest.raises(DataError, match="generate 1 to 1,000,000 digits"):
        generate_digits(count, seed=0)


def test_the_data_set_is_kept_on_disk_and_drawn_anew_if_that_is_damaged():
    dataset = generated_dataset(60, 20)
    assert (len(dataset.train_images), len(dataset.test_images)) == (60, 20)
    (path,) = (data_home() / "generated").glob("*.npz")
    whole = path.read_bytes()
    assert generated_dataset(60, 20).fingerprint == dataset.fingerprint
    assert path.read_bytes() == whole
    for damage in (b"", b"not a zip", whole[: len(whole) // 2]):
        path.write_bytes(damage)
        assert generated_dataset(60, 20).fingerprint == dataset.fingerprint
        assert path.stat().st_size == len(whole)


def test_sizes_are_asked_for_by_name():
    dataset = load_dataset("generated-120")
    assert dataset.name == "generated-120"
    assert (len(dataset.train_images), len(dataset.test_images)) == (120, 20)
    with pytest.raises(DataError, match="choose 10 to 200,000"):
        load_dataset("generated-5")


@pytest.mark.mnist
def test_what_generated_digits_teach_holds_for_real_ones(mnist):
    state = TrainingState.begin(parse_config({"epochs": 5, "validation_size": 500}), generated_dataset(8000, 100))
    *_, last = train(state)
    assert last.outcome == "finished"
    assert evaluate(state.network, mnist.train_images[:5000], mnist.train_labels[:5000]).accuracy > 0.78
