"""Networks with convolution: shapes that fit and those that do not, their counts, passes, predictions and files."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from oracle import Reference
from passes import Passes
from scipy.special import softmax
from test_nn_convolution import assert_close
from test_nn_files import assert_comes_back_whole
from tiny_digits import gratings

from mnistcore.errors import ConfigError
from mnistcore.nn import Network, NetworkConfig, network_from_bytes, network_to_bytes, summarize
from mnistcore.nn.build import input_shape
from mnistcore.training import parse_config, recipe

CONV, POOL, FLAT, NORM = ({"kind": kind} for kind in ("conv2d", "max_pool2d", "flatten", "batch_norm"))
AVERAGE = {"kind": "average_pool2d"}
DROPOUT = {"kind": "dropout", "rate": 0.3}
WIDE = CONV | {"filters": 256, "kernel": 3, "padding": 14}


def build(*layers: dict[str, Any], seed: int = 0, **settings: Any) -> Network:
    settings.setdefault("initialization", {"kind": "normal", "standard_deviation": 0.3})
    network = Network(parse_config({"layers": layers, **settings}), np.random.default_rng(seed))
    trained = network.parameters[network.trained_count :]
    trained[:] = np.random.default_rng(seed).uniform(0.5, 2, trained.shape)  # as if statistics had been gathered
    return network


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (
            [CONV, {}],
            "layer 2, dense, takes a row of numbers, not 8 maps of 24 × 24: put a flatten layer before it",
        ),
        (
            [{}, CONV],
            "layer 2, conv2d, takes maps, but gets a row of 128 numbers: move it before the first dense one",
        ),
        ([CONV, FLAT, POOL], "layer 3, max_pool2d, takes maps, but gets a row of 4,608 numbers: move it before"),
        ([FLAT, FLAT], "layer 2, flatten, takes maps, but gets a row of 784 numbers: move it before"),
        ([POOL], "the output layer takes a row of numbers, not 1 map of 14 × 14: add a flatten layer at the end"),
        ([DROPOUT, CONV, NORM], "the output layer takes a row of numbers, not 8 maps of 24 × 24: add a flatten"),
        (
            [CONV | {"kernel": 20}, CONV | {"kernel": 10}, FLAT],
            "layer 2, conv2d, needs at least 10 × 10 pixels, but gets 8 maps of 9 × 9",
        ),
        (
            [POOL | {"kernel": 28}, AVERAGE, FLAT],
            "layer 2, average_pool2d, needs at least 2 × 2 pixels, but gets 1 map of 1 × 1",
        ),
        ([POOL] * 5 + [FLAT], "layer 5, max_pool2d, needs at least 2 × 2 pixels, but gets 1 map of 1 × 1"),
        ([WIDE, WIDE, FLAT], "layer 2, conv2d, would take too much memory on 256 maps of 54 × 54: use fewer maps or"),
    ],
)
def test_shapes_that_do_not_fit_are_refused_by_number_kind_and_remedy(layers: list[dict[str, Any]], message: str):
    with pytest.raises(ConfigError) as caught:
        parse_config({"layers": layers})
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)
    with pytest.raises(ValueError, match=message):
        NetworkConfig.model_validate({"layers": [{"kind": "dense"} | layer for layer in layers]})


def test_what_just_fits_is_built():
    for layers, shape in [
        ([CONV | {"kernel": 28}, FLAT], (8, 1, 1)),
        ([POOL, POOL, POOL, POOL, FLAT], (1, 1, 1)),
        ([CONV | {"kernel": 1, "padding": 14, "filters": 1}, FLAT], (1, 56, 56)),
        ([POOL | {"kernel": 28, "stride": 28}, CONV | {"kernel": 3, "padding": 1, "filters": 2}, FLAT], (2, 1, 1)),
        ([CONV | {"stride": 28, "kernel": 1}, FLAT], (8, 1, 1)),
    ]:
        assert summarize(parse_config({"layers": layers}))[-3].output_shape == shape


@pytest.mark.parametrize(
    ("layers", "shape"),
    [
        ([], (784,)),
        ([DROPOUT, NORM], (784,)),
        ([NORM, DROPOUT, {}], (784,)),
        ([NORM, DROPOUT, CONV, FLAT], (1, 28, 28)),
        ([FLAT], (1, 28, 28)),
    ],
)
def test_images_come_as_maps_where_the_first_layer_that_cares_takes_maps(layers: list[dict[str, Any]], shape: Any):
    config = parse_config({"layers": layers})
    assert input_shape(config) == shape
    if layers:
        assert len(summarize(config)[0].output_shape) == (1 if shape == (784,) or layers == [FLAT] else 3)


def test_summary_of_lenet():
    config = recipe("lenet").config
    rows = summarize(config)
    assert [(row.kind, row.output_shape, row.parameters) for row in rows] == [
        ("conv2d", (8, 24, 24), 8 * 25 + 8),
        ("max_pool2d", (8, 12, 12), 0),
        ("conv2d", (16, 8, 8), 16 * 8 * 25 + 16),
        ("max_pool2d", (16, 4, 4), 0),
        ("flatten", (256,), 0),
        ("dense", (128,), 256 * 128 + 128),
        ("dense", (10,), 1290),
    ]
    assert [row.name for row in rows][:2] == ["1 · conv 5 × 5, relu", "2 · max pool"]
    assert Network(config, np.random.default_rng(0)).parameter_count == sum(row.parameters for row in rows) == 37_610


def test_odd_strides_paddings_and_norms_are_counted():
    layers = [
        CONV | {"filters": 3, "kernel": 4, "stride": 3, "padding": 2, "bias": False},
        NORM | {"activation": "relu"},
        POOL | {"kernel": 3, "stride": 2},
        AVERAGE | {"kernel": 2, "stride": 1},
        FLAT,
        {"units": 5},
        NORM,
    ]
    rows = summarize(parse_config({"layers": layers, "output_bias": False}))
    assert [(row.output_shape, row.parameters) for row in rows] == [
        ((3, 10, 10), 48),
        ((3, 10, 10), 12),
        ((3, 4, 4), 0),
        ((3, 3, 3), 0),
        ((27,), 0),
        ((5,), 140),
        ((5,), 20),
        ((10,), 50),
    ]
    network = Network(parse_config({"layers": layers, "output_bias": False}), np.random.default_rng(0))
    assert network.parameter_count == 270
    assert network.trained_count == 270 - 2 * 3 - 2 * 5  # means and variances are gathered, not trained
    assert network.weight_count == 48 + 135 + 50  # and matrices alone decay
    assert (network.parameters[network.weight_count : network.trained_count].sum()) == 3 + 5  # gains of 1, biases of 0


def test_the_parameter_limit_counts_convolutions():
    layers = [CONV | {"stride": 5}, CONV | {"filters": 256, "kernel": 5}, FLAT, {"units": 4096}, {"units": 2200}]
    with pytest.raises(ConfigError, match=r"would have 10,\d{3},\d{3} parameters, at most 10,000,000 are allowed"):
        parse_config({"layers": layers})


NETWORKS: dict[str, list[dict[str, Any]]] = {
    "fused, then padded": [
        CONV | {"filters": 2, "stride": 2, "activation": "tanh"},
        POOL,
        CONV | {"filters": 3, "kernel": 3, "stride": 2, "padding": 1, "activation": "leaky_relu"},
        FLAT,
        {"units": 4, "activation": "tanh"},
    ],
    "norms and dropout on maps": [
        NORM,
        CONV | {"filters": 2, "kernel": 4, "stride": 2, "activation": "identity", "bias": False},
        NORM | {"activation": "tanh"},
        DROPOUT,
        AVERAGE | {"kernel": 3, "stride": 2},
        FLAT,
        NORM,
        {"units": 4, "activation": "sigmoid"},
        NORM | {"activation": "leaky_relu"},
        DROPOUT,
    ],
    "pools that overlap": [
        POOL | {"kernel": 3, "stride": 2},
        CONV | {"filters": 3, "kernel": 3, "stride": 2, "activation": "sigmoid"},
        POOL | {"kernel": 3, "stride": 2},
        FLAT,
    ],
}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_training_pass_equals_the_textbooks(name: str):
    network, n = build(*NETWORKS[name]), 4
    rng = np.random.default_rng(5)
    x, labels = rng.random((n, 784), dtype=np.float32), rng.integers(0, 10, n)
    flat = np.full(network.parameter_count, np.nan, np.float32)
    passes = Passes(network, flat)
    logits = passes.forward(x, np.random.default_rng(1)).copy()
    dlogits = np.empty_like(logits)
    network.loss.gradient(logits, labels, 1 / n, dlogits)
    passes.backward(dlogits)
    reference = Reference(network)
    assert_close(logits, reference.logits(x, seed=1, training=True))
    gradient, dx = reference.gradients(x, labels, seed=1, training=True)
    np.testing.assert_allclose(flat[: network.trained_count], gradient, rtol=1e-3, atol=1e-4 * np.abs(gradient).max())
    np.testing.assert_allclose(passes.input_gradient(), dx, rtol=1e-3, atol=1e-4 * np.abs(dx).max())


@pytest.mark.parametrize("name", NETWORKS)
def test_every_layers_output_for_a_prediction(name: str):
    network = build(*NETWORKS[name])
    images, _ = gratings(3, seed=2)
    reference = Reference(network)
    expected = [done.y for done in reference.passes(images.reshape(3, 784) / 255)]
    outputs = network.activations(images)
    assert [output.shape[1:] for output in outputs] == [row.output_shape for row in network.summary()]
    for found, wanted in zip(outputs, expected, strict=True):
        assert found.flags.c_contiguous
        assert_close(found, wanted)


@pytest.mark.parametrize("count", [0, 1, 64, 65, 131])
def test_predictions_of_any_number_of_images(count: int):
    network = build(*NETWORKS["fused, then padded"])
    images, _ = gratings(count, seed=2)
    reference = Reference(network)
    logits = reference.logits(images.reshape(count, 784) / 255)
    assert network.logits(images).shape == network.predict(images).shape == (count, 10)
    np.testing.assert_allclose(network.logits(images), logits, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(network.predict(images), softmax(logits, axis=1), rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("name", NETWORKS)
def test_input_gradient_is_that_of_the_digits_logit(name: str):
    network = build(*NETWORKS[name])
    images, _ = gratings(66, seed=2)
    images[:] = np.maximum(images, np.random.default_rng(0).integers(0, 99, images.shape))  # no two pixels alike
    found = network.input_gradient(images, digit=3)
    assert (found.shape, found.dtype) == ((66, 28, 28), np.float32)
    reference = Reference(network)
    dlogits = np.zeros((66, 10))
    dlogits[:, 3] = 1
    _, dx = reference.backward(reference.passes(images.reshape(66, 784) / 255), dlogits)
    np.testing.assert_allclose(found.reshape(66, 784), dx, rtol=1e-3, atol=1e-4 * np.abs(dx).max())


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_come_back_from_bytes_and_files_whole(name: str, tmp_path: Path):
    assert_comes_back_whole(build(*NETWORKS[name]), tmp_path)


def test_a_file_whose_layers_do_not_fit_is_refused():
    data = network_to_bytes(build(FLAT))
    with pytest.raises(ConfigError, match="upload holds no network"):
        network_from_bytes(data.replace(b'"flatten"', b'"conv2d" '), "upload")


def test_a_short_form_keeps_its_layers():
    config = parse_config({"layers": [CONV | {"stride": 2}, POOL, FLAT, {"units": 7}], "epochs": 3})
    short = config.differences()
    assert short["layers"][:2] == [{"kind": "conv2d", "stride": 2}, {"kind": "max_pool2d"}]
    assert parse_config(short) == config
