"""Strokes that flip the answer, the occlusion map, and the neighbours in the last hidden layer."""

import numpy as np
import pytest
from tiny_digits import tiny_dataset

from mnistcore.insight.flipping_strokes import LONGEST, draw_stroke, flipping_stroke
from mnistcore.insight.neighbours import images_to_compare, last_features, nearest
from mnistcore.insight.occlusion import occlusion_map
from mnistcore.nn import Network
from mnistcore.training import parse_config

CONVOLUTION = [{"kind": "conv2d", "filters": 3}, {"kind": "max_pool2d", "kernel": 4, "stride": 4}, {"kind": "flatten"}]


@pytest.fixture(scope="module", params=["dense", "convolution", "linear"])
def network(request: pytest.FixtureRequest) -> Network:
    layers = {"dense": [{"units": 12}], "convolution": CONVOLUTION, "linear": []}[request.param]
    return Network(parse_config({"layers": layers}), np.random.default_rng(5))  # untrained: its leads are small


def answer(network: Network, image: np.ndarray) -> int:
    return int(network.logits(image[None])[0].argmax())


@pytest.mark.parametrize("erases", [True, False])
def test_a_stroke_flips_is_connected_and_changes_one_way_only(network: Network, erases: bool):
    found = 0
    for image in tiny_dataset().test_images[:6]:
        result = flipping_stroke(network, image, erases)
        if result is None:
            continue
        found += 1
        flip, stroke = result
        np.testing.assert_array_equal(flip.image, draw_stroke(image, stroke, erases))
        assert flip.before == answer(network, image) != answer(network, flip.image) == flip.after
        assert 1 <= len(stroke) == len(set(stroke)) <= LONGEST
        assert (np.abs(np.diff(stroke, axis=0)).max(axis=1, initial=1) == 1).all()
        change = flip.change_of(image)
        assert (change <= 0).all() if erases else (change >= 0).all()
        shorter = draw_stroke(image, stroke[:-1], erases)
        assert answer(network, shorter) == flip.before  # else the search would have ended there
    assert found >= 3


def test_of_single_dots_the_one_with_the_least_ink_is_found(network: Network):
    for image in tiny_dataset().test_images[:3]:
        dots = [((row, column),) for row in range(1, 27) for column in range(1, 27)]
        changed = np.stack([draw_stroke(image, dot, erases=False) for dot in dots])
        flips = changed[network.logits(changed).argmax(axis=1) != answer(network, image)]
        result = flipping_stroke(network, image, erases=False)
        if len(flips) == 0:
            assert result is None or len(result[1]) > 1
        else:
            assert result is not None
            assert len(result[1]) == 1
            ink = (flips.astype(np.int64) - image).sum(axis=(1, 2))
            assert (result[0].image.astype(np.int64) - image).sum() == ink.min()


def test_a_stroke_to_a_certain_digit_gives_that_digit(network: Network):
    image = tiny_dataset().test_images[0]
    rival = int(network.logits(image[None])[0].argsort()[-2])
    result = flipping_stroke(network, image, erases=False, target=rival)
    assert result is not None
    assert answer(network, result[0].image) == result[0].after == rival


def test_what_no_stroke_flips_has_none():
    constant = Network(parse_config({"layers": [], "initialization": "zeros"}), np.random.default_rng(0))
    constant.layers[0].b[3] = 1
    image = tiny_dataset().test_images[0]
    assert flipping_stroke(constant, image, erases=True) is None
    assert flipping_stroke(constant, np.zeros_like(image), erases=True) is None  # nothing to erase


def test_the_occlusion_map_is_the_change_under_each_patch(network: Network):
    image = tiny_dataset().test_images[1]
    found = occlusion_map(network, image, 2, 7, patch=5)
    scores = network.logits(image[None])[0].astype(np.float64)
    for row, column in ((0, 0), (14, 9), (5, 27), (20, 20)):
        covered = image.copy()
        covered[max(0, row - 2) : row + 3, max(0, column - 2) : column + 3] = 0
        now = network.logits(covered[None])[0].astype(np.float64)
        assert found[row, column] == pytest.approx(now[2] - now[7] - (scores[2] - scores[7]), abs=1e-4)
    assert not occlusion_map(network, np.zeros_like(image), 2, 7).any()


def test_neighbours_are_those_of_all_pairs_in_float64(network: Network):
    dataset = tiny_dataset()
    features = last_features(network, dataset.train_images)
    activations = network.activations(dataset.train_images)
    plain = activations[-2] if len(activations) > 1 else dataset.train_images.reshape(-1, 784) / 255
    rows = plain.reshape(len(plain), -1).astype(np.float64)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    np.testing.assert_allclose(features, rows, atol=1e-5)
    places, cosines = nearest(features, features[7], 5)
    assert places[0] == 7
    np.testing.assert_allclose(cosines, np.sort(rows @ rows[7])[::-1][:5], atol=1e-5)
    np.testing.assert_allclose(rows[places] @ rows[7], cosines, atol=1e-5)
    assert images_to_compare(network, 600) == 600
    assert images_to_compare(network, 60_000) == min(10_000, 4_000_000 // features.shape[1])
