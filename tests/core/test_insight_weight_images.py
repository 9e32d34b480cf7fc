"""Weight images and templates: layout by hand, templates against central differences of the logits."""

import numpy as np
import pytest

from mnistcore.insight import (
    difference,
    digit_templates,
    layer_outputs,
    strongest_unit,
    symmetric_limit,
    unit_weights,
    weight_images,
    weighted_layers,
)
from mnistcore.insight.weight_images import weight_histogram
from mnistcore.nn import Network, NetworkConfig


def network_of(*units: int, activation: str = "tanh") -> Network:
    layers = tuple({"kind": "dense", "units": count, "activation": activation} for count in units)
    config = NetworkConfig.model_validate({"layers": layers, "loss": "softmax_cross_entropy"})
    return Network(config, np.random.default_rng(3))


def some_images(count: int) -> np.ndarray:
    return np.random.default_rng(4).integers(0, 256, (count, 28, 28)).astype(np.uint8)


def test_a_single_layer_has_an_image_per_digit():
    network = network_of()
    images = weight_images(network)
    assert images.shape == (10, 28, 28)
    assert images.dtype == np.float32
    one_pixel = np.zeros((1, 28, 28), np.uint8)
    black = network.logits(one_pixel)[0]
    one_pixel[0, 5, 17] = 255
    np.testing.assert_allclose(network.logits(one_pixel)[0] - black, images[:, 5, 17], rtol=1e-5)


def test_deeper_networks_show_the_units_of_their_first_dense_layer_and_stay_untouched():
    config = NetworkConfig.model_validate(
        {"layers": [{"kind": "dropout", "rate": 0.2}, {"kind": "dense", "units": 12}], "loss": "softmax_cross_entropy"}
    )
    network = Network(config, np.random.default_rng(0))
    images = weight_images(network)
    assert images.shape == (12, 28, 28)
    before = network.parameters.copy()
    images[:] = 0
    np.testing.assert_array_equal(network.parameters, before)


def test_templates_of_a_single_layer_are_its_weight_images():
    network = network_of()
    labels = np.arange(20) % 10
    np.testing.assert_allclose(digit_templates(network, some_images(20), labels), weight_images(network), atol=1e-6)


def test_templates_are_the_mean_slope_of_the_digits_logit():
    """Central differences of the logit over ±5 grey levels of one pixel, averaged over the digit's images by hand."""
    network = network_of(16)
    images = np.random.default_rng(5).integers(10, 245, (8, 28, 28)).astype(np.uint8)
    labels = np.array([2, 2, 2, 6, 6, 6, 6, 6])
    templates = digit_templates(network, images, labels, per_digit=3)
    assert templates.dtype == np.float32
    for digit, chosen in ((2, [0, 1, 2]), (6, [3, 4, 5])):
        for row, column in ((14, 14), (3, 20)):
            up, down = images[chosen].copy(), images[chosen].copy()
            up[:, row, column] += 5
            down[:, row, column] -= 5
            slopes = (network.logits(up) - network.logits(down))[:, digit] / (10 / 255)
            assert templates[digit, row, column] == pytest.approx(slopes.mean(), rel=0.02, abs=2e-4)
    assert not templates[[0, 1, 3, 4, 5, 7, 8, 9]].any()


def test_one_limit_for_a_gallery():
    gallery = np.linspace(-2, 1, 784 * 10, dtype=np.float32).reshape(10, 28, 28)
    assert symmetric_limit(gallery) == pytest.approx(2, rel=0.02)
    gallery[0, 0, 0] = 1000
    assert symmetric_limit(gallery) < 3
    assert symmetric_limit(np.zeros((2, 28, 28), np.float32)) == 1.0
    assert symmetric_limit(np.zeros((0, 28, 28), np.float32)) == 1.0
    single = np.zeros((10, 28, 28), np.float32)
    single[0, 0, 0] = -4
    assert symmetric_limit(single) == 4.0


def test_a_unit_weighs_maps_where_they_lie():
    """A filter's kernels, and a dense layer behind a flatten layer: an answer by hand is the network's own."""
    layers = [{"kind": "conv2d", "filters": 3, "activation": "identity"}, {"kind": "flatten"}]
    network = Network(NetworkConfig.model_validate({"layers": layers}), np.random.default_rng(6))
    filters, output = weighted_layers(network.config)
    assert (filters.units, filters.shape, output.units, output.shape) == (3, (1, 5, 5), 10, (3, 24, 24))
    image = some_images(1)
    maps, row, logits = network.activations(image)
    pixels = image[0] / np.float32(255)
    kernel = unit_weights(network, filters)[2, 0]
    assert maps[0, 2, 7, 9] == pytest.approx((pixels[7:12, 9:14] * kernel).sum(), rel=1e-4, abs=1e-5)
    assert logits[0, 4] == pytest.approx((unit_weights(network, output)[4] * maps[0]).sum(), rel=1e-3, abs=1e-4)
    assert row.shape == (1, 3 * 24 * 24)
    np.testing.assert_array_equal(weight_images(network), unit_weights(network, filters)[:, 0])


def test_what_every_layer_makes_of_an_image():
    layers = [
        {"kind": "conv2d", "filters": 2},
        {"kind": "max_pool2d"},
        {"kind": "flatten"},
        {"kind": "dense", "units": 5},
    ]
    network = Network(NetworkConfig.model_validate({"layers": layers}), np.random.default_rng(7))
    (image,) = some_images(1)
    outputs = layer_outputs(network, image)
    assert [output.kind for output in outputs] == ["conv2d", "max_pool2d", "flatten", "dense", "dense"]
    assert [output.values.shape for output in outputs] == [(2, 24, 24), (2, 12, 12), (288,), (5,), (10,)]
    assert [output.limit for output in outputs] == [pytest.approx(np.abs(output.values).max()) for output in outputs]
    np.testing.assert_allclose(outputs[-1].values, network.logits(image[None])[0], rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(outputs[2].values, outputs[1].values.reshape(-1))


def test_rows_that_stand_for_maps_are_shown_as_maps():
    layers = [{"kind": "batch_norm"}, {"kind": "dense", "units": 5}, {"kind": "dropout"}]
    network = Network(NetworkConfig.model_validate({"layers": layers}), np.random.default_rng(8))
    (image,) = some_images(1)
    shapes = [output.values.shape for output in layer_outputs(network, image)]
    assert shapes == [(1, 28, 28), (5,), (5,), (10,)]
    assert [layer.shape for layer in weighted_layers(network.config)] == [(1, 28, 28), (5,)]
    layers = [{"kind": "average_pool2d", "kernel": 7, "stride": 7}, {"kind": "flatten"}, {"kind": "batch_norm"}]
    network = Network(NetworkConfig.model_validate({"layers": layers}), np.random.default_rng(8))
    shapes = [output.values.shape for output in layer_outputs(network, image)]
    assert shapes == [(1, 4, 4), (16,), (1, 4, 4), (10,)]
    assert weight_images(network).shape == (10, 4, 4)


def test_the_outermost_bins_hold_everything_beyond():
    counts, edges = weight_histogram(np.array([[-9.0, -0.4], [0.1, 7.0]]), limit=1.0, bins=4)
    assert counts.tolist() == [1, 1, 1, 1]
    np.testing.assert_allclose(edges, [-1, -0.5, 0, 0.5, 1])


def test_the_strongest_unit_has_the_largest_sum_of_magnitudes():
    images = np.zeros((3, 1, 2, 2))
    images[0, 0, 0, 0], images[1], images[2] = 3.0, -1.0, 0.5
    assert strongest_unit(images) == 1


def test_a_difference_may_be_negative_also_between_bytes():
    images = np.array([[[250]], [[0]], [[20]]], np.uint8)
    assert difference(images, 0, 2).tolist() == [[-230.0]]
    assert difference(images, 1, 2).dtype == np.float32
