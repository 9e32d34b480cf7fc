"""What a set of images looks like on the whole, against NumPy's own plain means."""

import numpy as np
import pytest

from mnistcore.data import Dataset, class_counts, ink_shares, mean_images, pixel_statistics

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (5000, 28, 28), dtype=np.uint8)
LABELS = RNG.integers(0, 9, 5000, dtype=np.uint8)


def test_class_counts() -> None:
    counts = class_counts(LABELS)
    assert counts.dtype == np.int64
    assert counts.tolist() == [int((digit == LABELS).sum()) for digit in range(10)]


def test_mean_images() -> None:
    means = mean_images(IMAGES, LABELS)
    assert means.dtype == np.float32
    assert means.shape == (10, 28, 28)
    for digit in range(9):
        np.testing.assert_allclose(means[digit], IMAGES[digit == LABELS].mean(axis=0), rtol=1e-6)
    assert not means[9].any(), "a digit without images"


def test_pixel_statistics() -> None:
    found = pixel_statistics(IMAGES)
    assert found.mean == pytest.approx(IMAGES.mean())
    assert found.standard_deviation == pytest.approx(IMAGES.std())
    assert found.paper_share == pytest.approx((IMAGES == 0).mean())
    assert found.histogram.tolist() == np.bincount(IMAGES.ravel(), minlength=256).tolist()


def test_ink_shares_leave_paper_out() -> None:
    histogram = np.zeros(256, np.int64)
    histogram[[0, 1, 15, 16, 255]] = 900, 1, 2, 4, 3
    shares = ink_shares(histogram, 15)
    assert len(shares) == 17
    assert shares[[0, 1, 16]] == pytest.approx([0.3, 0.4, 0.3])
    assert not ink_shares(np.eye(256, dtype=np.int64)[0], 15).any()


@pytest.mark.mnist
def test_real_mnist_has_its_known_mean_and_deviation(mnist: Dataset) -> None:
    found = pixel_statistics(mnist.train_images)
    assert found.mean / 255 == pytest.approx(0.1307, abs=5e-5)
    assert found.standard_deviation / 255 == pytest.approx(0.3081, abs=5e-5)
