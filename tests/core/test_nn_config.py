"""Network settings: what is allowed, what is refused, and how the errors read, as parse_config tells them."""

import json
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from mnistcore.errors import ConfigError
from mnistcore.nn import DenseConfig, Network, NetworkConfig, summarize
from mnistcore.training import TrainingConfig, parse_config


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"layers": [{"units": 0}]}, r"layers\.0\.units: input should be greater than or equal to 1, got '0'"),
        ({"layers": [{"units": 4097}]}, r"layers\.0\.units: input should be less than or equal to 4096, got '4097'"),
        ({"layers": [{"units": 1.5}]}, r"layers\.0\.units: input should be a valid integer.*got '1\.5'"),
        ({"layers": [{}, {"activation": "swish"}]}, r"layers\.1\.activation: .*'leaky_relu'.*got 'swish'"),
        ({"layers": [{"kind": "dropout", "rate": 1}]}, r"layers\.0\.rate: input should be less than 1, got '1'"),
        ({"layers": [{"kind": "dropout", "rate": 0}]}, r"layers\.0\.rate: input should be greater than 0, got '0'"),
        ({"layers": [{"kind": "dropout", "units": 3}]}, r"layers\.0\.units: there is no such setting; remove it"),
        ({"layers": [{"kind": "recurrent"}]}, r"layers\.0\.kind: there is no such layer; use dense, .*got 'recurrent'"),
        ({"layers": [{"kind": "conv2d", "filters": 0}]}, r"layers\.0\.filters: .*greater than or equal to 1, got '0'"),
        ({"layers": [{"kind": "conv2d", "kernel": 29}]}, r"layers\.0\.kernel: .*less than or equal to 28, got '29'"),
        ({"layers": [{"kind": "max_pool2d", "padding": 1}]}, r"layers\.0\.padding: there is no such setting; remove"),
        ({"layers": [{"kind": "average_pool2d", "stride": 0}]}, r"layers\.0\.stride: .*equal to 1, got '0'"),
        ({"layers": [{"kind": "batch_norm", "activation": "x"}]}, r"layers\.0\.activation: .*'tanh'.*got 'x'"),
        ({"layers": ["relu"]}, r"layers\.0: .*got 'relu'"),
        ({"layers": 3}, r"layers: input should be a valid tuple, got '3'"),
        ({"layers": [{"units": 1}] * 21}, r"takes at most 20 hidden layers, got 21: remove some"),
        (
            {"layers": [{"units": 4096}, {"units": 4096}]},
            r"would have 20,\d{3},\d{3} parameters, at most 10,000,000 .*fewer",
        ),
        ({"loss": "hinge"}, r"loss: .*'softmax_cross_entropy'.*got 'hinge'"),
        ({"output_bias": "perhaps"}, r"output_bias: input should be a valid boolean.*got 'perhaps'"),
        ({"initialization": "ones"}, r"initialization\.kind: .*'glorot'.*got 'ones'"),
        ({"initialization": 3}, r"initialization: .*got '3'"),
        ({"initialization": {"low": -11}}, r"initialization\.low: .*greater than or equal to -10, got '-11'"),
        ({"initialization": {"high": 11}}, r"initialization\.high: .*less than or equal to 10, got '11'"),
        (
            {"initialization": {"kind": "uniform", "low": 1, "high": 1}},
            r"initialization\.low must be below initialization\.high, got 1\.0 and 1\.0",
        ),
        ({"initialization": {"standard_deviation": 0}}, r"standard_deviation: .*greater than 0, got '0'"),
        ({"initialization": {"standard_deviation": float("nan")}}, r"standard_deviation: .*finite number, got 'nan'"),
    ],
)
def test_refusals_name_field_value_and_remedy(settings: dict[str, Any], message: str):
    with pytest.raises(ConfigError, match=message) as caught:
        parse_config(settings)
    assert "\n" not in str(caught.value)


def test_defaults_are_one_hidden_layer():
    config = NetworkConfig()
    assert config.layers == (DenseConfig(units=128, activation="relu", bias=True),)
    assert (config.loss, config.initialization.kind, config.output_bias) == ("softmax_cross_entropy", "he", True)


def test_a_plain_word_stands_for_an_initialization():
    assert parse_config({"initialization": "glorot"}).initialization.kind == "glorot"


def test_settings_are_immutable():
    with pytest.raises(ValidationError, match="frozen"):
        NetworkConfig().loss = "linear_squared_error"
    with pytest.raises(ValidationError, match="frozen"):
        DenseConfig().units = 3


def test_every_setting_is_written_out_in_json():
    kinds = ("conv2d", "batch_norm", "max_pool2d", "average_pool2d", "flatten")
    config = parse_config({"layers": [*({"kind": kind} for kind in kinds), {"units": 3}, {"kind": "dropout"}]})
    text = config.model_dump_json()
    conv = {"filters": 8, "kernel": 5, "stride": 1, "padding": 0, "activation": "relu", "bias": True}
    assert json.loads(text)["layers"] == [
        {"kind": "conv2d"} | conv,
        {"kind": "batch_norm", "activation": "identity"},
        {"kind": "max_pool2d", "kernel": 2, "stride": 2},
        {"kind": "average_pool2d", "kernel": 2, "stride": 2},
        {"kind": "flatten"},
        {"kind": "dense", "units": 3, "activation": "relu", "bias": True},
        {"kind": "dropout", "rate": 0.2},
    ]
    assert TrainingConfig.model_validate_json(text) == config == parse_config(text)
    config = NetworkConfig(layers=config.layers)
    text = config.model_dump_json()
    assert NetworkConfig.model_validate_json(text) == config


@pytest.mark.parametrize("bias", [True, False])
def test_the_limit_counts_parameters_as_the_summary_does(bias: bool):
    layers = [{"units": 4096, "bias": bias}, {"units": 1600, "bias": bias}]
    config = parse_config({"layers": layers, "output_bias": bias})
    total = sum(row.parameters for row in summarize(config))
    assert total == 784 * 4096 + 4096 * 1600 + 1600 * 10 + bias * (4096 + 1600 + 10)
    with pytest.raises(ConfigError, match="at most 10,000,000"):
        parse_config({"layers": [{"units": 4096}, {"units": 1700}]})


def test_twenty_layers_and_none_are_networks():
    for layers in ((), (DenseConfig(units=2),) * 20):
        network = Network(NetworkConfig(layers=layers), np.random.default_rng(0))
        assert len(network.layers) == len(layers) + 1
