"""Evaluation against float64, over all images or some, in one go or many."""

import numpy as np
import pytest
from oracle import Reference
from tiny_digits import gratings, tiny_config

from mnistcore.nn import Network
from mnistcore.nn.losses import LOSSES
from mnistcore.training import evaluate
from mnistcore.training.metrics import Meter


@pytest.mark.parametrize("loss", sorted(LOSSES))
@pytest.mark.parametrize("count", [1, 499, 500, 3001])
def test_evaluation_equals_float64(loss: str, count: int):
    network = Network(tiny_config(loss=loss), np.random.default_rng(0))
    images, labels = gratings(count, seed=4)
    reference = Reference(network)
    x = images.reshape(count, 784) / 255
    logits = reference.logits(x)
    found = evaluate(network, images, labels)
    assert found.count == count
    assert found.correct == (logits.argmax(axis=1) == labels).sum()
    assert found.accuracy == pytest.approx(found.correct / count)
    assert found.loss == pytest.approx(reference.loss(x, labels.astype(int)), rel=1e-5)


def test_evaluation_of_some_indices_is_that_of_those_images():
    network = Network(tiny_config(), np.random.default_rng(0))
    images, labels = gratings(900, seed=4)
    indices = np.random.default_rng(1).permutation(900)[:601]
    some, same = evaluate(network, images, labels, indices), evaluate(network, images[indices], labels[indices])
    assert some == same


def test_evaluation_leaves_dropout_out():
    network = Network(tiny_config(layers=[{"units": 9}, {"kind": "dropout", "rate": 0.9}]), np.random.default_rng(0))
    images, labels = gratings(50, seed=4)
    assert evaluate(network, images, labels) == evaluate(network, images, labels)
    assert evaluate(network, images, labels).correct == (network.predict(images).argmax(axis=1) == labels).sum()


def test_weights_that_diverged_show_in_the_loss():
    network = Network(tiny_config(), np.random.default_rng(0))
    network.parameters[:] = np.inf
    assert not np.isfinite(evaluate(network, *gratings(20, seed=4)).loss)


@pytest.mark.parametrize("sizes", [[5], [3, 3, 3], [2048, 1], [64] * 70])
def test_a_meter_averages_what_came_since_it_was_read(sizes: list[int]):
    rng = np.random.default_rng(2)
    loss = LOSSES["softmax_cross_entropy"]
    every_label = rng.integers(0, 10, 10_000).astype(np.uint8)
    meter = Meter(loss, every_label, max(sizes))
    assert np.isnan(meter.read().loss)
    for _ in range(2):
        logits = rng.normal(0, 2, (sum(sizes), 10)).astype(np.float32)
        rows = rng.permutation(len(every_label))[: sum(sizes)]
        labels = every_label[rows]
        for part in np.split(np.arange(sum(sizes)), np.cumsum(sizes)[:-1]):
            meter.add(logits[part], rows[part])
        reading = meter.read()
        assert reading.count == sum(sizes)
        assert reading.loss == pytest.approx(loss.losses(logits, labels).astype(np.float64).mean(), rel=1e-6)
        assert reading.accuracy == pytest.approx((logits.argmax(axis=1) == labels).mean())
        assert reading.first_bad is None


def test_a_meter_knows_the_first_image_whose_loss_was_not_finite():
    meter = Meter(LOSSES["linear_squared_error"], np.zeros(100, np.uint8), 100)
    logits = np.zeros((5000, 10), np.float32)
    logits[3210:, 2] = np.nan
    for start in range(0, 5000, 100):
        meter.add(logits[start : start + 100], np.arange(100))
    assert meter.read().first_bad == 3210
    meter.add(logits[:100], np.arange(100))
    assert meter.read().first_bad is None
