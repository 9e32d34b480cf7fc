"""Principal components against scikit-learn's and NumPy's SVD in float64; layers' values against the network's own."""

import numpy as np
import pytest
from sklearn.decomposition import PCA

from mnistcore.errors import DataError
from mnistcore.insight.layer_values import averaged, block_size, layer_values, pixel_values, valued_layers
from mnistcore.insight.projection import principal_axes, project
from mnistcore.nn import Network
from mnistcore.training import parse_config
from tests.core.tiny_digits import tiny_dataset

CONVOLUTION = [
    {"kind": "conv2d", "filters": 6, "kernel": 5},
    {"kind": "max_pool2d", "kernel": 2},
    {"kind": "flatten"},
    {"kind": "dropout", "rate": 0.5},
    {"units": 7},
]


def stretched(n: int, d: int, seed: int = 0) -> np.ndarray:
    """(n, d) float32 around a mean that is not 0, with a variance of its own in each of d random directions."""
    rng = np.random.default_rng(seed)
    turn = np.linalg.qr(rng.standard_normal((d, d)))[0]
    return ((rng.standard_normal((n, d)) * 0.8 ** np.arange(d)) @ turn + 3).astype(np.float32)


@pytest.mark.parametrize(("n", "d"), [(400, 128), (50, 200), (300, 5), (30, 2)])
def test_the_axes_are_those_of_scikit_learn(n: int, d: int) -> None:
    values = stretched(n, d)
    axes, oracle = principal_axes(values), PCA(2, svd_solver="full").fit(values.astype(np.float64))
    np.testing.assert_allclose(axes.shares, oracle.explained_variance_ratio_, rtol=1e-4)
    cosines = np.abs((axes.directions * oracle.components_).sum(axis=1))
    np.testing.assert_allclose(cosines, 1, atol=1e-5)
    points, wanted = project(axes, values), oracle.transform(values.astype(np.float64))
    np.testing.assert_allclose(np.abs(points), np.abs(wanted), atol=5e-3 * np.abs(wanted).max())


def test_the_axes_of_digits_are_those_of_the_svd() -> None:
    values = pixel_values(tiny_dataset().test_images)
    centred = values.astype(np.float64) - values.mean(axis=0, dtype=np.float64)
    _, singular, directions = np.linalg.svd(centred, full_matrices=False)
    axes = principal_axes(values, count=4)
    np.testing.assert_allclose(axes.shares, singular[:4] ** 2 / (singular**2).sum(), rtol=1e-3)
    plane = axes.directions.astype(np.float64) @ directions[:4].T
    np.testing.assert_allclose(plane @ plane.T, np.eye(4), atol=1e-2)


def test_the_same_values_give_the_same_picture_and_no_direction_flips() -> None:
    values = stretched(200, 30)
    first, second = principal_axes(values), principal_axes(values.copy())
    assert (first.directions == second.directions).all()
    assert (first.directions.max(axis=1) == np.abs(first.directions).max(axis=1)).all()


def test_a_layer_of_one_unit_and_one_that_is_dead_have_a_picture_too() -> None:
    one = principal_axes(stretched(20, 1))
    assert one.shares.tolist() == pytest.approx([1, 0])
    assert (one.directions == [[1], [0]]).all()
    dead = np.full((20, 8), 0.5, np.float32)
    axes = principal_axes(dead)
    assert axes.shares.tolist() == [0, 0]
    assert (project(axes, dead) == 0).all()
    with pytest.raises(DataError, match="at least 2 images, got 1"):
        principal_axes(dead[:1])


def test_maps_are_averaged_over_squares() -> None:
    maps = np.arange(2 * 3 * 5 * 4, dtype=np.float32).reshape(2, 3, 5, 4)
    found = averaged(maps, 2)
    assert found.shape == (2, 3, 3, 2)
    assert found[1, 2, 0, 1] == maps[1, 2, 0:2, 2:4].mean()
    assert found[1, 2, 2, 0] == maps[1, 2, 4:5, 0:2].mean()  # the last row has no neighbour
    assert (averaged(maps, 1) == maps).all()


@pytest.mark.parametrize(
    ("shape", "block"), [((8, 24, 24), 3), ((1, 28, 28), 1), ((128,), 1), ((900, 2, 2), 2), ((48, 28, 28), 7)]
)
def test_as_many_numbers_stay_as_an_image_has_pixels(shape: tuple[int, ...], block: int) -> None:
    assert block_size(shape) == block


def test_a_layers_values_are_the_networks_own() -> None:
    config = parse_config({"layers": CONVOLUTION})
    network, images = Network(config, np.random.default_rng(0)), tiny_dataset().test_images
    layers = valued_layers(config)
    assert [layer.name for layer in layers] == ["1 · conv 5 × 5, relu", "2 · max pool", "5 · dense, relu", "output"]
    assert [layer.values for layer in layers] == [6 * 8 * 8, 6 * 6 * 6, 7, 10]
    outputs = network.activations(images[:20])
    for layer in layers:
        values, probabilities = layer_values(network, images, layer)
        wanted = outputs[layer.index]
        if wanted.ndim == 4:
            size, side = layer.block, wanted.shape[2] // layer.block
            wanted = wanted.reshape(20, 6, side, size, side, size).mean(axis=(3, 5))
        np.testing.assert_allclose(values[:20], wanted.reshape(20, -1), rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(probabilities, network.predict(images), atol=1e-5)
        assert values.shape == (len(images), layer.values)
