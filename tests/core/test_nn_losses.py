"""Losses and their gradients against the textbook core in float64, and against scipy and scikit-learn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from oracle import examples
from scipy.special import expit, log_softmax, softmax
from sklearn.metrics import log_loss

from mnistcore import plain
from mnistcore.nn.losses import LOSSES, training_loss

NAMES = ["softmax_cross_entropy", "sigmoid_squared_error", "sigmoid_binary_cross_entropy", "linear_squared_error"]
LOGITS = hnp.arrays(np.float32, st.tuples(st.integers(1, 6), st.just(10)), elements=st.floats(-12, 12, width=32))


def some_outputs(count: int = 7) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    return rng.normal(0, 3, (count, 10)).astype(np.float32), rng.integers(0, 10, count)


def gradient(name: str, logits: np.ndarray, labels: np.ndarray, scale: float) -> np.ndarray:
    out = np.full_like(logits, np.nan)
    LOSSES[name].gradient(logits, labels, scale, out)
    return out


def test_there_are_four_losses():
    assert list(LOSSES) == list(plain.LOSSES) == NAMES


@pytest.mark.parametrize("name", NAMES)
@examples
@given(logits=LOGITS, data=st.data())
def test_losses_and_gradients_equal_the_textbook(name: str, logits: np.ndarray, data: st.DataObject):
    labels = np.array(data.draw(st.lists(st.integers(0, 9), min_size=len(logits), max_size=len(logits))))
    losses = LOSSES[name].losses(logits, labels)
    assert (losses.shape, losses.dtype) == ((len(logits),), np.float32)
    loss, loss_gradient = plain.LOSSES[name]
    wide = logits.astype(np.float64)
    np.testing.assert_allclose(losses, loss(wide, labels), rtol=1e-5, atol=3e-6)
    found = gradient(name, logits, labels, 1 / len(labels))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, loss_gradient(wide, labels), rtol=1e-4, atol=1e-7)


def test_softmax_cross_entropy_equals_scikit_learns_log_loss():
    logits, labels = some_outputs()
    expected = log_loss(labels, softmax(logits.astype(np.float64), axis=1), labels=range(10))
    assert LOSSES["softmax_cross_entropy"].losses(logits, labels).mean() == pytest.approx(expected, rel=1e-5)


def test_binary_cross_entropy_equals_ten_log_losses():
    logits, labels = some_outputs()
    chances, answers = expit(logits.astype(np.float64)), np.eye(10)[labels]
    expected = sum(log_loss(answers[:, digit], chances[:, digit], labels=[0, 1]) for digit in range(10))
    assert LOSSES["sigmoid_binary_cross_entropy"].losses(logits, labels).mean() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_gradient_is_proportional_to_its_scale_and_leaves_logits_alone(name: str):
    logits, labels = some_outputs()
    before = logits.copy()
    np.testing.assert_allclose(
        gradient(name, logits, labels, 0.25), 0.25 * gradient(name, logits, labels, 1.0), rtol=1e-6
    )
    np.testing.assert_array_equal(logits, before)


@pytest.mark.parametrize("name", NAMES)
def test_probabilities_sum_to_one_and_keep_the_order(name: str):
    logits, _ = some_outputs()
    before = logits.copy()
    probabilities = LOSSES[name].probabilities(logits)
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_array_equal(probabilities.argsort(axis=1), logits.argsort(axis=1))
    np.testing.assert_array_equal(logits, before)


def test_probabilities_are_softmax_or_shares_of_sigmoids():
    logits, _ = some_outputs()
    wide = logits.astype(np.float64)
    np.testing.assert_allclose(LOSSES["softmax_cross_entropy"].probabilities(logits), softmax(wide, axis=1), rtol=1e-5)
    shares = expit(wide) / expit(wide).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(LOSSES["sigmoid_squared_error"].probabilities(logits), shares, rtol=1e-5)


@pytest.mark.parametrize("name", ["softmax_cross_entropy", "sigmoid_squared_error", "sigmoid_binary_cross_entropy"])
def test_extreme_logits_give_finite_losses_gradients_and_probabilities(name: str):
    logits = np.zeros((2, 10), np.float32)
    logits[0, 0], logits[1, 0] = 1e4, -1e4
    labels = np.array([1, 0])
    losses = LOSSES[name].losses(logits, labels)
    assert np.isfinite(losses).all()
    assert np.isfinite(gradient(name, logits, labels, 1.0)).all()
    assert np.isfinite(LOSSES[name].probabilities(logits)).all()
    if "cross_entropy" in name:
        assert losses.min() >= 9e3  # the loss of a confident mistake is not clipped


@pytest.mark.parametrize("name", NAMES)
def test_a_logit_that_is_not_finite_shows_in_the_loss(name: str):
    logits = np.zeros((1, 10), np.float32)
    logits[0, 4] = np.nan
    with np.errstate(all="ignore"):
        assert not np.isfinite(LOSSES[name].losses(logits, np.array([4]))).any()


SMOOTHINGS = [0.05, 0.1, 0.9]


@pytest.mark.parametrize("smoothing", SMOOTHINGS)
@examples
@given(logits=LOGITS, data=st.data())
def test_smoothed_labels_equal_the_textbook(smoothing: float, logits: np.ndarray, data: st.DataObject):
    labels = np.array(data.draw(st.lists(st.integers(0, 9), min_size=len(logits), max_size=len(logits))))
    loss, wide = training_loss("softmax_cross_entropy", smoothing), logits.astype(np.float64)
    losses, found = loss.losses(logits, labels), np.full_like(logits, np.nan)
    loss.gradient(logits, labels, 1 / len(labels), found)
    assert losses.dtype == found.dtype == np.float32
    np.testing.assert_allclose(losses, plain.smoothed_cross_entropy(wide, labels, smoothing), rtol=1e-5, atol=1e-5)
    expected = plain.smoothed_cross_entropy_gradient(wide, labels, smoothing)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("smoothing", SMOOTHINGS)
def test_the_smoothed_gradient_equals_central_differences(smoothing: float):
    logits, labels = some_outputs(4)
    wide, epsilon = logits.astype(np.float64), 1e-6
    slopes = np.zeros_like(wide)
    for place in np.ndindex(wide.shape):
        step = np.zeros_like(wide)
        step[place] = epsilon
        ends = (plain.smoothed_cross_entropy(wide + side * step, labels, smoothing).mean() for side in (1, -1))
        slopes[place] = (next(ends) - next(ends)) / (2 * epsilon)
    found = plain.smoothed_cross_entropy_gradient(wide, labels, smoothing)
    np.testing.assert_allclose(found, slopes, atol=1e-8)


def test_smoothed_cross_entropy_equals_scipys_with_the_labels_written_out():
    logits, labels = some_outputs()
    targets = plain.smoothed_labels(labels, 0.1)
    assert targets[0, labels[0]] == pytest.approx(0.91)
    assert sorted(targets[0])[:9] == pytest.approx([0.01] * 9)
    expected = -(targets * log_softmax(logits.astype(np.float64), axis=1)).sum(axis=1)
    np.testing.assert_allclose(plain.smoothed_cross_entropy(logits, labels, 0.1), expected, rtol=1e-5)


def test_without_smoothing_a_run_follows_the_loss_itself():
    assert training_loss("linear_squared_error", 0.0) is LOSSES["linear_squared_error"]
