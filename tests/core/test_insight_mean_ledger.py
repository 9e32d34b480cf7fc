"""The mean account of many images: by hand for one layer, as a fine Riemann sum in float64 for others."""

import numpy as np
import pytest
from tiny_digits import begin, finish, tiny_dataset

from mnistcore import plain
from mnistcore.errors import DataError
from mnistcore.insight.ledger import pixel_ledger
from mnistcore.insight.mean_ledger import TOLERANCE, mean_ledger
from mnistcore.insight.textbook import plain_inputs, plain_layers
from mnistcore.nn import Network

LAYERS = {
    "dense": [{"units": 12, "activation": "tanh"}],
    "convolution": [{"kind": "conv2d", "filters": 3}, {"kind": "max_pool2d"}, {"kind": "flatten"}, {"units": 8}],
}


def trained(layers: list) -> Network:
    state = begin(layers=layers, epochs=2, learning_rate=0.01)
    finish(state)
    return state.network


def of_digit(digit: int) -> np.ndarray:
    dataset = tiny_dataset()
    return dataset.test_images[dataset.test_labels == digit][:12]


def test_of_a_linear_network_it_is_the_mean_ink_times_the_difference_of_the_weights():
    network = trained([])
    W, b = (network.views(0, network.parameters)[name].astype(np.float64) for name in ("W", "b"))
    ledger = mean_ledger(network, of_digit(3), 8, 3)
    ink = of_digit(3).reshape(-1, 784).mean(axis=0) / 255
    np.testing.assert_allclose(ledger.contributions.ravel(), ink * (W[:, 8] - W[:, 3]), atol=1e-5)
    assert ledger.blank == pytest.approx(b[8] - b[3], abs=1e-6)
    assert ledger.count == 12
    np.testing.assert_allclose(ledger.ink.ravel(), 255 * ink, rtol=1e-6)
    assert abs(ledger.remainder) < 1e-4


@pytest.mark.parametrize("kind", LAYERS)
def test_of_others_it_is_the_mean_of_fine_riemann_sums_and_explains_the_mean_lead(kind: str):
    network, images = trained(LAYERS[kind]), of_digit(8)[:6]
    layers, x = plain_layers(network), plain_inputs(network, images)
    dlogits = np.tile(np.eye(10)[8] - np.eye(10)[3], (len(x), 1))
    expected = np.zeros((28, 28))
    for place in (np.arange(100) + 0.5) / 100:
        returns = plain.backward(layers, plain.forward(layers, place * x), dlogits)
        expected += (x * returns[0].dx).mean(axis=0).reshape(28, 28) / 100
    ledger = mean_ledger(network, images, 8, 3)
    np.testing.assert_allclose(ledger.contributions, expected, atol=0.02 * np.abs(expected).max())
    scores = plain.forward(layers, x)[-1].y
    assert ledger.difference == pytest.approx((scores[:, 8] - scores[:, 3]).mean(), rel=1e-4)
    assert abs(ledger.remainder) <= TOLERANCE * np.abs(scores[:, 8] - scores[:, 3] - ledger.blank).mean() * 1.01
    singles = [pixel_ledger(network, image, 8, 3).contributions for image in images]
    near = 0.03 * np.abs(ledger.contributions).max()
    np.testing.assert_allclose(ledger.contributions, np.mean(singles, axis=0), atol=near)


def test_what_one_has_that_the_other_has_not_leaves_the_biases_out():
    network = trained(LAYERS["dense"])
    threes, eights = (mean_ledger(network, of_digit(digit), 8, 3) for digit in (3, 8))
    found = eights.minus(threes)
    assert found.blank == 0
    assert found.count == 24
    assert found.difference == eights.difference - threes.difference > 0
    assert found.total == pytest.approx(found.difference, rel=0.03)


def test_it_needs_images_two_digits_and_finite_scores():
    network = trained([])
    with pytest.raises(DataError, match="got 0, 8, 3"):
        mean_ledger(network, np.zeros((0, 28, 28), np.uint8), 8, 3)
    with pytest.raises(DataError, match="got 12, 8, 8"):
        mean_ledger(network, of_digit(3), 8, 8)
    network.parameters[:] = 3e38
    with pytest.raises(DataError, match="choose weights of an earlier step"):
        mean_ledger(network, of_digit(3), 8, 3)
