"""The ledger of a digit: it adds up, by hand for one layer and as a fine Riemann sum in float64 for others."""

import numpy as np
import pytest
from tiny_digits import begin, finish, tiny_dataset

from mnistcore import plain
from mnistcore.errors import DataError
from mnistcore.insight import weighted_layers
from mnistcore.insight.ledger import Ledger, last_of_block, pixel_ledger, ranked_digits, unit_ledger
from mnistcore.insight.textbook import plain_inputs, plain_layers
from mnistcore.nn import Network
from mnistcore.training import parse_config

LAYERS = {
    "linear": [],
    "tanh": [{"units": 12, "activation": "tanh"}],
    "relu": [{"units": 20}, {"kind": "batch_norm", "activation": "relu"}, {"kind": "dropout"}, {"units": 9}],
    "convolution": [
        {"kind": "conv2d", "filters": 3},
        {"kind": "max_pool2d"},
        {"kind": "conv2d", "filters": 4, "kernel": 3},
        {"kind": "batch_norm", "activation": "relu"},
        {"kind": "average_pool2d"},
        {"kind": "flatten"},
        {"units": 8, "activation": "sigmoid"},
    ],
}
FINE = 400  # pieces of the oracle's way


def trained(name: str, **settings: object) -> Network:
    state = begin(layers=LAYERS[name], epochs=3, learning_rate=0.01, **settings)
    finish(state)
    return state.network


@pytest.fixture(scope="module", params=LAYERS)
def network(request: pytest.FixtureRequest) -> Network:
    return trained(request.param)


def opponents(network: Network, image: np.ndarray) -> tuple[int, int]:
    ranked, _ = ranked_digits(network, image)
    return int(ranked[0]), int(ranked[1])


def fine_riemann_sum(network: Network, image: np.ndarray, answer: int, rival: int) -> tuple[np.ndarray, list]:
    """What each pixel adds, (28, 28), and for each layer what each of its outputs does, in float64 by the textbook
    core: the slopes in the middle of FINE equal pieces of the way."""
    layers, x = plain_layers(network), plain_inputs(network, image[None])[0]
    dlogits = np.zeros((1, 10))
    dlogits[0, answer], dlogits[0, rival] = 1, -1
    found: list = [0.0] * (len(layers) + 1)
    for first in range(0, FINE, 100):
        edges = np.arange(first, first + 101) / FINE
        middles = (edges[:-1] + edges[1:]) / 2
        ends, passes = (plain.forward(layers, np.multiply.outer(a, x)) for a in (edges, middles))
        returns = plain.backward(layers, passes, np.repeat(dlogits, 100, axis=0))
        found[0] = found[0] + (x * returns[0].dx / FINE).sum(axis=0)
        for number, (end, back) in enumerate(zip(ends, returns, strict=True), 1):
            found[number] = found[number] + (np.diff(end.y, axis=0) * back.dy).sum(axis=0)
    return np.reshape(found[0], (28, 28)), found[1:]


def test_pixels_and_units_are_those_of_a_fine_riemann_sum(network: Network):
    for image in tiny_dataset().test_images[:2]:
        answer, rival = opponents(network, image)
        pixels, outputs = fine_riemann_sum(network, image, answer, rival)
        ledger = pixel_ledger(network, image, answer, rival)
        near = 0.02 * np.abs(pixels).max()
        np.testing.assert_allclose(ledger.contributions, pixels, atol=near, rtol=0)
        for layer in weighted_layers(network.config)[:-1]:
            expected = outputs[last_of_block(network, layer)]
            expected = expected.reshape(layer.units, -1).sum(axis=1)
            units = unit_ledger(network, image, answer, rival, layer).contributions
            np.testing.assert_allclose(units, expected, atol=0.02 * np.abs(expected).max(), rtol=0)


def test_every_account_adds_up_to_the_difference_of_the_scores(network: Network):
    blank = np.zeros((1, 28, 28), np.uint8)
    for image in tiny_dataset().test_images[3:9]:
        ranked, scores = ranked_digits(network, image)
        for rival in ranked[[1, 5]]:
            answer = int(ranked[0])
            pair, hidden = (answer, int(rival)), weighted_layers(network.config)[:-1]
            units = [unit_ledger(network, image, *pair, layer) for layer in hidden]
            for ledger in (pixel_ledger(network, image, *pair), *units):
                assert ledger.difference == pytest.approx(scores[answer] - scores[rival], rel=1e-4)
                on_blank = network.logits(blank)[0]
                assert ledger.blank == pytest.approx(float(on_blank[answer] - on_blank[rival]), abs=1e-5)
                assert ledger.total == ledger.blank + ledger.contributions.sum()
                assert ledger.remainder == ledger.difference - ledger.total
                assert ledger.remainder_share < 0.01


@pytest.mark.parametrize("loss", ["softmax_cross_entropy", "sigmoid_squared_error", "linear_squared_error"])
def test_without_hidden_layers_it_is_ink_times_weights(loss: str):
    network = trained("linear", loss=loss)
    W, b = (network.layers[0].W.astype(np.float64), network.layers[0].b.astype(np.float64))
    for image in tiny_dataset().test_images[:5]:
        answer, rival = opponents(network, image)
        ledger = pixel_ledger(network, image, answer, rival)
        by_hand = (image.reshape(784) / 255 * (W[:, answer] - W[:, rival])).reshape(28, 28)
        np.testing.assert_allclose(ledger.contributions, by_hand, rtol=1e-6, atol=1e-9)
        assert ledger.blank == pytest.approx(b[answer] - b[rival], rel=1e-6)
        assert ledger.remainder_share < 1e-4
        positive = by_hand[by_hand > 0]
        assert ledger.side(1) == (pytest.approx(positive.sum()), len(positive))


def test_the_last_hidden_layers_part_is_its_change_times_the_weights(network: Network):
    hidden = weighted_layers(network.config)[:-1]
    if not hidden:
        return
    image = tiny_dataset().test_images[1]
    answer, rival = opponents(network, image)
    before, after = network.activations(np.stack([np.zeros_like(image), image]))[-2]
    W = network.layers[-1].W
    ledger = unit_ledger(network, image, answer, rival, hidden[-1])
    np.testing.assert_allclose(ledger.contributions, (after - before) * (W[:, answer] - W[:, rival]), atol=1e-5)
    assert ledger.remainder_share < 1e-4


def test_blank_pixels_and_a_blank_sheet_add_nothing(network: Network):
    image = tiny_dataset().test_images[2]
    answer, rival = opponents(network, image)
    assert not pixel_ledger(network, image, answer, rival).contributions[image == 0].any()
    nothing = pixel_ledger(network, np.zeros_like(image), 3, 8)
    assert nothing.difference == nothing.blank == nothing.total


def test_a_difference_of_nothing_has_no_share():
    assert Ledger(1, 2, 0.0, 0.0, np.zeros((28, 28)), 1).remainder_share == 0
    assert Ledger(1, 2, 0.0, 0.0, np.ones((28, 28)), 1).remainder_share == np.inf


def test_what_cannot_be_explained_is_refused():
    network = Network(parse_config({"layers": [{"units": 4}]}), np.random.default_rng(0))
    image = tiny_dataset().test_images[0]
    for rival in (3, 10, -1):
        with pytest.raises(DataError, match=f"other than the answer, 3, got {rival}"):
            pixel_ledger(network, image, 3, rival)
    network.parameters[:] = 1e38
    with pytest.raises(DataError, match="too large for a number: choose weights of an earlier step"):
        ranked_digits(network, image)
    with pytest.raises(DataError, match="too large for a number"):
        pixel_ledger(network, image, 3, 4)
