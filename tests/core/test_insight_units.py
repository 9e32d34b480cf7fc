"""Units looked at: their outputs, means, dead and twin ones, what drives them, and the network without them."""

import math
from itertools import pairwise

import numpy as np
import pytest
from oracle import Reference
from scipy import ndimage
from tiny_digits import begin, finish, tiny_dataset

from mnistcore import plain
from mnistcore.errors import DataError
from mnistcore.insight import WeightedLayer, weighted_layers
from mnistcore.insight.ablation import (
    Change,
    changed_cells,
    costs_of_units,
    logits_from,
    multiplied,
    switched_off,
    with_weight,
)
from mnistcore.insight.activation_maximum import BLUR, DECAY, STEP, maximal_image, regularised_step
from mnistcore.insight.textbook import plain_inputs
from mnistcore.insight.units import (
    MOST_NUMBERS,
    UnitOutputs,
    active_above,
    dead_units,
    digit_means,
    end_of_block,
    images_to_look_at,
    outgoing_weights,
    response_pictures,
    twin_units,
    unit_outputs,
)
from mnistcore.nn import Network
from mnistcore.training import parse_config

LAYERS = {
    "linear": [],
    "sigmoid": [{"units": 12, "activation": "sigmoid"}],
    "relu": [{"units": 20}, {"kind": "batch_norm", "activation": "relu"}, {"kind": "dropout"}, {"units": 9}],
    "convolution": [
        {"kind": "conv2d", "filters": 3},
        {"kind": "max_pool2d"},
        {"kind": "conv2d", "filters": 4, "kernel": 3, "activation": "tanh"},
        {"kind": "batch_norm", "activation": "relu"},
        {"kind": "average_pool2d"},
        {"kind": "flatten"},
        {"units": 8, "activation": "sigmoid"},
    ],
}
IMAGES, LABELS = tiny_dataset().test_images[:70], tiny_dataset().test_labels[:70]  # more than a chunk of maps
BLANK = np.zeros((1, 28, 28), np.uint8)


@pytest.fixture(scope="module", params=LAYERS)
def network(request: pytest.FixtureRequest) -> Network:
    state = begin(layers=LAYERS[request.param], epochs=2, learning_rate=0.01)
    finish(state)
    return state.network


def fresh(layers: list) -> Network:
    return Network(parse_config({"layers": layers}), np.random.default_rng(0))


def layers_of(network: Network) -> list[WeightedLayer]:
    return weighted_layers(network.config)


def expected_outputs(network: Network, layer: WeightedLayer) -> np.ndarray:
    """(n, units) or (n, filters, height, width) in float64, by the textbook core."""
    passes = Reference(network).passes(plain_inputs(network, IMAGES))
    return passes[end_of_block(network, layer)].y


def images_first(values: np.ndarray) -> np.ndarray:
    return values if values.ndim == 2 else np.moveaxis(values, -1, 0)


def test_outputs_are_the_textbooks_and_lead_to_the_same_logits(network: Network):
    logits = Reference(network).logits(plain_inputs(network, IMAGES))
    for layer in layers_of(network):
        found, expected = unit_outputs(network, IMAGES, layer), expected_outputs(network, layer)
        np.testing.assert_allclose(images_first(found.values), expected, atol=1e-4)
        np.testing.assert_allclose(found.logits, logits, atol=1e-3)
        np.testing.assert_allclose(logits_from(network, layer, found.values), logits, atol=1e-3)
        largest = expected.reshape(len(IMAGES), layer.units, -1).max(axis=2)
        np.testing.assert_allclose(found.strengths, largest, atol=1e-4)


def test_means_over_each_digit_are_those_of_a_plain_loop():
    strengths = np.random.default_rng(0).normal(size=(50, 4)).astype(np.float32)
    labels = np.arange(50) % 9
    means = digit_means(strengths, labels)
    for digit in range(9):
        for unit in range(4):
            total, count = 0.0, 0
            for image in range(50):
                if labels[image] == digit:
                    total, count = total + float(strengths[image, unit]), count + 1
            assert means[digit, unit] == pytest.approx(total / count)
    assert np.isnan(means[9]).all()


def test_a_unit_switched_off_is_the_network_with_its_outgoing_weights_zeroed(network: Network):
    for layer, following in pairwise(layers_of(network)):
        units = [1, layer.units - 1]
        without = Network.over(network.config, 784, network.parameters.copy())
        W = without.views(following.index, without.parameters)["W"]
        W.reshape(layer.units, -1, W.shape[1])[units] = 0
        outputs = unit_outputs(network, IMAGES, layer)
        found = logits_from(network, layer, switched_off(outputs, units))
        np.testing.assert_allclose(found, Reference(without).logits(plain_inputs(network, IMAGES)), atol=1e-3)
        assert np.abs(found - outputs.logits).max() > 0.01


def test_a_digit_switched_off_has_the_score_0(network: Network):
    layer = layers_of(network)[-1]
    outputs = unit_outputs(network, IMAGES, layer)
    expected = outputs.logits.copy()
    expected[:, 3] = 0
    np.testing.assert_array_equal(logits_from(network, layer, switched_off(outputs, [3])), expected)


def test_mean_and_multiple_go_through_the_rest_of_the_textbooks_network(network: Network):
    for layer in layers_of(network)[:-1]:
        expected = expected_outputs(network, layer)
        expected[:, 1] = expected[:, 1].mean(axis=0)
        expected[:, 2] *= -1.5
        rest = Reference(network).layers[end_of_block(network, layer) + 1 :]
        logits = plain.forward(rest, expected)[-1].y
        values = switched_off(unit_outputs(network, IMAGES, layer), [1], by_mean=True)
        np.testing.assert_allclose(logits_from(network, layer, multiplied(values, 2, -1.5)), logits, atol=1e-3)


def test_a_changed_weight_is_the_network_with_that_weight(network: Network):
    if len(layers_of(network)) == 1:
        return
    layer = layers_of(network)[-2]
    outputs = unit_outputs(network, IMAGES, layer)
    other = Network.over(network.config, 784, network.parameters.copy())
    other.views(len(other.layers) - 1, other.parameters)["W"][2, 7] += 0.75
    found = with_weight(outputs.logits, outputs.strengths[:, 2], 7, 0.75)
    np.testing.assert_allclose(found, other.logits(IMAGES), atol=1e-3)


def test_what_each_unit_costs_is_found_by_switching_off_one_after_the_other(network: Network):
    for layer in layers_of(network):
        outputs = unit_outputs(network, IMAGES, layer)
        right = np.count_nonzero(outputs.logits.argmax(axis=1) == LABELS)
        expected = [
            right
            - np.count_nonzero(logits_from(network, layer, switched_off(outputs, [unit])).argmax(axis=1) == LABELS)
            for unit in range(layer.units)
        ]
        np.testing.assert_array_equal(costs_of_units(network, layer, outputs, LABELS), expected)


@pytest.mark.parametrize("kind", ["dense", "conv2d"])
def test_a_copied_unit_is_the_only_twin(kind: str):
    layers = [{"units": 12}] if kind == "dense" else [{"kind": "conv2d", "filters": 6}, {"kind": "flatten"}]
    network = fresh(layers)
    arrays, layer = network.views(0, network.parameters), layers_of(network)[0]
    assert twin_units(unit_outputs(network, IMAGES, layer)) == []
    arrays["W"][:, 5] = 2.5 * arrays["W"][:, 2]  # louder, but the same
    ((first, second, correlation),) = twin_units(unit_outputs(network, IMAGES, layer))
    assert (first, second) == (2, 5)
    assert correlation == pytest.approx(1, abs=1e-5)


def test_correlations_are_numpys(network: Network):
    for layer in layers_of(network):
        outputs = unit_outputs(network, IMAGES, layer)
        flat = np.moveaxis(images_first(outputs.values), 1, 0).reshape(layer.units, -1).astype(np.float64)
        alive = [unit for unit in range(layer.units) if unit not in dead_units(outputs)]
        expected = np.corrcoef(flat[alive])
        pairs = twin_units(outputs, least=-2)
        for first, second, correlation in pairs:
            if first in alive and second in alive:
                assert correlation == pytest.approx(expected[alive.index(first), alive.index(second)], abs=1e-4)
        assert [pair[2] for pair in pairs] == sorted((pair[2] for pair in pairs), reverse=True)


@pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh"])
@pytest.mark.parametrize("kind", ["dense", "conv2d"])
def test_units_with_a_hugely_negative_bias_are_dead(kind: str, activation: str):
    first = {"units": 12} if kind == "dense" else {"kind": "conv2d", "filters": 6}
    network = fresh([first | {"activation": activation}, *([{"kind": "flatten"}] if kind == "conv2d" else [])])
    layer = layers_of(network)[0]
    assert len(dead_units(unit_outputs(network, IMAGES, layer))) == 0
    network.views(0, network.parameters)["b"][[1, 4]] = -1e4
    outputs = unit_outputs(network, IMAGES, layer)
    np.testing.assert_array_equal(dead_units(outputs), [1, 4])
    assert twin_units(outputs) == []
    active = (outputs.strengths > active_above(network, layer)).mean(axis=0)
    assert active[1] == active[4] == 0
    assert active.max() > 0


def test_a_unit_counts_as_active_where_its_weighted_sum_is_positive():
    network = fresh([{"units": 4, "activation": "sigmoid"}, {"kind": "batch_norm", "activation": "relu"}, {"units": 3}])
    assert [active_above(network, layer) for layer in layers_of(network)] == [0, 0, 0]
    network = fresh([{"units": 4, "activation": "tanh"}, {"kind": "dropout"}, {"units": 3, "activation": "sigmoid"}])
    assert [active_above(network, layer) for layer in layers_of(network)] == [0, 0.5, 0]


def test_without_regularisation_a_linear_unit_ends_at_the_signs_of_its_weights():
    for network in (fresh([]), fresh([{"units": 5, "activation": "relu"}])):
        layer = layers_of(network)[0]
        W = network.views(0, network.parameters)["W"]
        for unit in (0, 3):
            found = maximal_image(network, layer, unit, np.concatenate([BLANK, IMAGES[:1]]), is_regularised=False)
            expected = np.clip(np.sign(W[:, unit]), 0, 1).reshape(28, 28)
            np.testing.assert_array_equal(found.image / 255, expected)
            bias = network.views(0, network.parameters)["b"][unit]
            assert found.value == pytest.approx((expected.ravel() * W[:, unit].astype(np.float64)).sum() + bias, 1e-4)


def test_gradient_ascent_climbs_higher_than_the_best_image(network: Network):
    for layer in layers_of(network):
        outputs = unit_outputs(network, IMAGES, layer)
        best = IMAGES[outputs.strengths[:, 1].argmax()]
        found = maximal_image(network, layer, 1, np.stack([BLANK[0], best]), is_regularised=False)
        assert found.value >= outputs.strengths[:, 1].max()
        assert found.value == pytest.approx(unit_outputs(network, found.image[None], layer).strengths[0, 1], 1e-5)
    found = maximal_image(network, layer, 1, np.stack([BLANK[0], best]))
    assert found.value > unit_outputs(network, BLANK, layer).strengths[0, 1]


def test_a_regularised_step_climbs_decays_and_blurs():
    rng = np.random.default_rng(1)
    x, slope = rng.random((2, 784)).astype(np.float32), rng.normal(size=(2, 784)).astype(np.float32)
    stencil = np.array([[0, BLUR, 0], [BLUR, 1 - 4 * BLUR, BLUR], [0, BLUR, 0]])
    for row, found in enumerate(regularised_step(x, slope)):
        moved = (1 - DECAY) * x[row] + STEP * slope[row] / np.abs(slope[row]).max()
        expected = ndimage.convolve(moved.astype(np.float64).reshape(28, 28), stencil, mode="constant").clip(0, 1)
        np.testing.assert_allclose(found.reshape(28, 28), expected, atol=1e-6)


def test_response_pictures_are_covariances_with_the_pixels_in_standard_deviations():
    strengths = np.random.default_rng(2).normal(3, 2, (len(IMAGES), 3)).astype(np.float32)
    strengths[:, 2] = 7
    pixels = IMAGES.reshape(len(IMAGES), -1) / 255
    pictures = response_pictures(strengths, IMAGES)
    for unit in (0, 1):
        values = strengths[:, unit].astype(np.float64)
        expected = [np.cov(values, pixel, bias=True)[0, 1] / values.std() for pixel in pixels.T]
        np.testing.assert_allclose(pictures[unit].ravel(), expected, atol=1e-5)
    assert not pictures[2].any()


def test_what_a_unit_feeds(network: Network):
    layers = layers_of(network)
    assert outgoing_weights(network, layers[-1], 0) is None
    for layer, following in pairwise(layers):
        W = network.views(following.index, network.parameters)["W"]
        found = outgoing_weights(network, layer, 2)
        assert found is not None
        np.testing.assert_array_equal(found.reshape(following.units, -1).T, W.reshape(layer.units, -1, W.shape[1])[2])


def test_the_confusions_that_change_most():
    labels = np.array([3, 3, 3, 3, 5, 5, 8])
    before, after = np.array([3, 3, 8, 8, 5, 5, 8]), np.array([8, 5, 5, 5, 5, 3, 8])
    assert changed_cells(labels, before, after) == [Change(3, 5, 0, 3), Change(3, 8, 2, 1), Change(5, 3, 0, 1)]
    assert changed_cells(labels, before, after, limit=1) == [Change(3, 5, 0, 3)]
    assert changed_cells(labels, before, before) == []


def test_no_layer_takes_more_than_so_many_numbers():
    wide = fresh([{"kind": "conv2d", "filters": 32, "kernel": 3}, {"kind": "flatten"}, {"units": 5}])
    assert images_to_look_at(wide, 10_000) == MOST_NUMBERS // (32 * 26 * 26)
    pooled = fresh([{"kind": "conv2d", "filters": 8}, {"kind": "max_pool2d"}, {"kind": "flatten"}])
    assert images_to_look_at(pooled, 10_000) == MOST_NUMBERS // (8 * 12 * 12)
    assert images_to_look_at(fresh([{"units": 128}]), 10_000) == 10_000


def test_outputs_that_are_no_numbers_are_named():
    network = fresh([{"units": 4}])
    network.parameters[:] = 1e30
    with pytest.raises(DataError, match="too large for a number: choose weights of an earlier step"):
        unit_outputs(network, IMAGES, layers_of(network)[-1])


def test_outputs_of_a_map_lie_as_the_fast_core_has_them():
    outputs = UnitOutputs(np.arange(2 * 3 * 3 * 4, dtype=np.float32).reshape(2, 3, 3, 4), np.zeros((4, 10), np.float32))
    assert outputs.strengths.shape == (4, 2)
    assert outputs.rows.shape == (2, math.prod((3, 3, 4)))
    assert outputs.strengths[3, 1] == 2 * 3 * 3 * 4 - 1
