"""A morph between two images: its scores against the textbook core, its turning points against a fine grid."""

import numpy as np
import pytest
from tiny_digits import begin, finish, tiny_dataset

from mnistcore import plain
from mnistcore.errors import DataError
from mnistcore.insight.morph import EXACT, POINTS, blend, blend_scores, morph
from mnistcore.insight.textbook import plain_layers
from mnistcore.nn import Network


@pytest.fixture(scope="module")
def network() -> Network:
    state = begin(layers=[{"units": 12, "activation": "tanh"}], epochs=3, learning_rate=0.01)
    finish(state)
    return state.network


def fine_turns(network: Network, start: np.ndarray, end: np.ndarray, count: int = 4000) -> list:
    """(place, before, after) on a grid of ``count`` steps, in float64 by the textbook core."""
    places = np.arange(count + 1) / count
    x = np.multiply.outer(1 - places, start.ravel() / 255) + np.multiply.outer(places, end.ravel() / 255)
    answers = plain.forward(plain_layers(network), x)[-1].y.argmax(axis=1)
    changes = np.flatnonzero(answers[1:] != answers[:-1])
    return [(places[i + 1], answers[i], answers[i + 1]) for i in changes]


def test_turns_are_where_a_fine_grid_has_them(network: Network):
    images, labels = tiny_dataset().test_images, tiny_dataset().test_labels
    seen = set()
    for start, end in ((3, 8), (0, 7), (1, 9), (2, 2)):
        pair = images[labels == start][0], images[labels == end][1]
        found, expected = morph(network, *pair).turns, fine_turns(network, *pair)
        assert [(turn.before, turn.after) for turn in found] == [turn[1:] for turn in expected]
        for turn, (place, _, _) in zip(found, expected, strict=True):
            assert place - 1 / 4000 - 2 * EXACT <= turn.place <= place + 2 * EXACT
        seen.add(len(found))
    assert {0} < seen  # some without a turn, some with


def test_two_turns_between_neighbouring_points_are_both_found():
    """Scores along the way, made by hand: 1 leads from 0.503 to 0.506 only, between the points 0.50 and 0.51."""
    network = Network.over(begin(layers=[]).network.config, 784)
    views = network.views(0, network.parameters)
    views["W"][:, :] = -100
    views["W"][0, :3] = 0, 1, 3
    views["b"][:3] = 0, -0.503, -0.503 - 0.506 - 0.506
    end = np.zeros((28, 28), np.uint8)
    end[0, 0] = 255
    turns = morph(network, np.zeros_like(end), end).turns
    assert [(turn.before, turn.after) for turn in turns] == [(0, 1), (1, 2)]
    assert [turn.place for turn in turns] == pytest.approx([0.503, 0.506], abs=2 * EXACT)


def test_the_scores_are_those_of_the_blends_and_both_ends_those_of_the_images(network: Network):
    start, end = tiny_dataset().test_images[:2]
    found = morph(network, start, end)
    assert found.scores.shape == (POINTS, 10)
    np.testing.assert_allclose(found.scores[[0, -1]], network.logits(np.stack([start, end])), rtol=1e-5, atol=1e-5)
    x = blend(start, end, found.places).reshape(POINTS, 784) / 255
    np.testing.assert_allclose(found.scores, plain.forward(plain_layers(network), x)[-1].y, rtol=1e-4, atol=1e-4)
    half = blend(start, end, np.array([0.5]))[0]
    np.testing.assert_allclose(half, (start.astype(float) + end) / 2)


def test_scores_that_are_no_numbers_are_refused():
    network = Network.over(begin(layers=[]).network.config, 784)
    network.parameters[:] = 3e38
    white = np.full((28, 28), 255, np.uint8)
    with pytest.raises(DataError, match="choose weights of an earlier step"):
        blend_scores(network, white, white, np.array([0.5]))
