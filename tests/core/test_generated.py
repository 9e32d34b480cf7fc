"""Generated digits: what MNIST's preparation promises, the same for the same seed, and good enough to teach."""

import hashlib
from collections import OrderedDict
from functools import partial

import numpy as np
import pytest
from scipy.ndimage import center_of_mass

from mnistcore.data import catalog, generated, load_dataset
from mnistcore.data.allographs import SAMPLES, allographs
from mnistcore.data.generated import generate_digits, generated_dataset, with_drawn_digits
from mnistcore.data.home import data_home
from mnistcore.data.ink import _distances, draw_ink
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
    for image in images:
        rows, columns = np.flatnonzero(image.max(axis=1)), np.flatnonzero(image.max(axis=0))
        longer = max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1
        assert 19 <= longer <= 20
        off_centre = np.abs(np.array(center_of_mass(image)) + 0.5 - 14)
        at_edge = np.array([rows[0] in (0, 8), columns[0] in (0, 8)])  # its box can go no further
        assert (off_centre <= 0.5 + 1e-6)[~at_edge].all()
    assert images.max(axis=(1, 2)).min() > 100  # ink, however thin the pen
    assert 27 < images.mean() < 39  # MNIST: 33
    assert len({image.tobytes() for image in images}) == 500


def test_digits_do_not_depend_on_threads_or_processors(monkeypatch):
    images, labels = generate_digits(1200, seed=5)
    monkeypatch.setattr(generated, "THREADS", 1)
    np.testing.assert_array_equal(generate_digits(1200, seed=5)[0], images)
    assert _digest(images, labels) == "0fe0dcbd4533f7790c5f3a38052d63478545dbb18e569e6727cbbe522f233014", (
        "digits are written otherwise: if that is meant, raise VERSION, so that caches are drawn anew"
    )


def test_digits_as_drawn_on_a_screen_are_those_of_their_version():
    digest = _digest(*generate_digits(1200, seed=5, drawn=True))
    assert digest == "50ed59a4caed1f3bb2bba867fd3e20f7ab8b5cb4467708fb127df4a94bd86a07", (
        "digits are drawn otherwise: if that is meant, raise DRAWN_VERSION, and build the network that ships again"
    )


def _digest(images: np.ndarray, labels: np.ndarray) -> str:
    return hashlib.sha256(images.tobytes() + labels.tobytes()).hexdigest()


def test_every_allograph_is_a_way_for_a_pen():
    for digit in range(10):
        for form in (*allographs(digit), *allographs(digit, drawn=True)):
            curve, straight, rounded = form.ways @ form.points
            assert form.ways.shape == (3, SAMPLES, len(form.points))
            np.testing.assert_allclose(form.ways.sum(axis=2), 1, atol=1e-9)  # moved points move the way as much
            first, last = form.stroke_of_sample == 0, form.stroke_of_sample == form.stroke_of_sample[-1]
            for way in (curve, straight, rounded):
                np.testing.assert_allclose(way[first][0], form.points[0], atol=1e-9)
                np.testing.assert_allclose(way[last][-1], form.points[-1], atol=1e-9)
            # Every point aimed at is reached, by the curve and by the straight lines.
            for way in (curve, straight):
                apart = np.hypot(*(way[:, None] - form.points).transpose(2, 0, 1)).min(axis=0)
                assert apart.max() < 0.06


def test_a_line_is_as_wide_as_its_pen():
    down = np.linspace(0, 1, SAMPLES)
    points = np.stack([np.zeros((50, SAMPLES)), np.tile(down, (50, 1))], axis=2)
    strokes = np.zeros((50, SAMPLES), np.int64)
    lengths = np.full((50, SAMPLES), 20 / SAMPLES)
    pen = np.linspace(0.7, 3, 50)[:, None]
    distances = _distances(20 * points + (10, 0), lengths, np.repeat(pen, SAMPLES, axis=1), pen)
    expected = np.abs(np.arange(20) + 0.5 - 10)
    np.testing.assert_allclose(distances[:, 10], np.tile(expected, (50, 1)), atol=0.05)
    images = draw_ink(points, strokes, np.ones(50, np.int64), np.random.default_rng(0))
    assert (images[:, 5:23].sum(axis=2) > 200).all()  # nowhere thinner than about a pixel


def test_digits_as_drawn_on_a_screen_join_the_training_part_only():
    dataset = generated_dataset(60, 20)
    joined = with_drawn_digits(dataset, 200, seed=1)
    assert joined.name == "generated-60-drawn"
    np.testing.assert_array_equal(joined.train_images[:60], dataset.train_images)
    np.testing.assert_array_equal(joined.test_images, dataset.test_images)
    drawn, labels = generate_digits(200, seed=1, drawn=True)
    np.testing.assert_array_equal(joined.train_images[60:], drawn)
    np.testing.assert_array_equal(joined.train_labels[60:], labels)
    assert (drawn != generate_digits(200, seed=1)[0]).any()


@pytest.mark.mnist
def test_mnist_with_drawn_digits_goes_by_a_name_of_its_own(mnist, monkeypatch):
    monkeypatch.setattr(catalog, "_loaded", OrderedDict())
    monkeypatch.setattr(catalog, "with_drawn_digits", partial(with_drawn_digits, count=100))
    dataset = load_dataset("mnist-drawn")
    assert dataset.name == "mnist-drawn"
    assert len(dataset.train_labels) == 60_100
    np.testing.assert_array_equal(dataset.test_images, mnist.test_images)


@pytest.mark.parametrize("count", [0, -1, 1_000_001])
def test_an_impossible_count_is_refused(count):
    with pytest.raises(DataError, match="generate 1 to 1,000,000 digits"):
        generate_digits(count, seed=0)


def test_a_negative_seed_is_refused():
    with pytest.raises(DataError, match="seed is -1; choose 0 or more"):
        generate_digits(10, seed=-1)


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
    settings = {"epochs": 8, "validation_size": 500, "learning_rate": 0.003, "schedule": "one_cycle"}
    state = TrainingState.begin(parse_config(settings), generated_dataset(8000, 100))
    *_, last = train(state)
    assert last.outcome == "finished"
    assert evaluate(state.network, mnist.train_images[:5000], mnist.train_labels[:5000]).accuracy > 0.87
