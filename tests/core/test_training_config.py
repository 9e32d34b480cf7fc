"""Training settings: limits, error texts, JSON, the short form, and overriding by dotted name."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle import examples

from mnistcore.errors import ConfigError
from mnistcore.nn import DenseConfig, DropoutConfig, InitializationConfig
from mnistcore.nn.layer_config import AveragePool2dConfig, BatchNormConfig, Conv2dConfig, FlattenConfig, MaxPool2dConfig
from mnistcore.training import RECIPES, OptimizerConfig, ScheduleConfig, TrainingConfig, parse_config


def limits(field: str, low: Any, high: Any, below: Any, above: Any) -> list[Any]:
    return [
        pytest.param({field: value}, rf"^{field}: input should be {relation}.*, got '{value}'$", id=f"{field}={value}")
        for value, relation in ((below, f"greater than .*{low}"), (above, f"less than .*{high}"))
    ]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        *limits("learning_rate", 0, 100, 0, 101),
        *limits("epochs", 1, 100000, 0, 100_001),
        *limits("max_steps", 1, 100000000, 0, 100_000_001),
        *limits("weight_decay", 0, 10, -1, 11),
        ({"weight_average": 1}, r"^weight_average: input should be less than 1, got '1'"),
        ({"weight_average": -0.1}, r"^weight_average: input should be greater than or equal to 0, got '-0\.1'"),
        ({"label_smoothing": 1}, r"^label_smoothing: input should be less than 1, got '1'"),
        (
            {"label_smoothing": 0.1, "loss": "sigmoid_squared_error"},
            r"^label_smoothing is for the loss softmax_cross_entropy, got 0\.1 with sigmoid_squared_error: set it to 0",
        ),
        *limits("train_size", 1, 1000000, 0, 1_000_001),
        *limits("validation_size", 0, 100000, -1, 100_001),
        *limits("early_stopping", 1, 1000, 0, 1001),
        *limits("seed", 0, 4294967296, -1, 2**32),
        ({"batch_size": 0}, r'^batch_size must be from 1 to 1,000,000 or "full", got 0$'),
        ({"batch_size": 1_000_001}, r"^batch_size must be from 1 to 1,000,000"),
        ({"batch_size": "half"}, r"batch_size: .*'full'.*got 'half'"),
        ({"batch_size": 2.5}, r"batch_size: .*valid integer.*got '2\.5'"),
        ({"shuffle": 7}, r"^shuffle: input should be a valid boolean.*got '7'"),
        ({"evaluate_at_steps": [1, "two"]}, r"^evaluate_at_steps\.1: .*valid integer.*got 'two'"),
        ({"evaluate_at_steps": list(range(1001))}, r"^evaluate_at_steps: .*at most 1000 items"),
        ({"learning_rate": "fast"}, r"^learning_rate: input should be a valid number.*got 'fast'"),
        ({"learning_rate": float("nan")}, r"^learning_rate: .*finite number, got 'nan'"),
        ({"learning_rat": 1}, r"^learning_rat: there is no such setting; remove it or check its spelling, got '1'"),
        ({"early_stopping": 3, "validation_size": 0}, r"^early_stopping watches .*: set validation_size above 0$"),
        ({"optimizer": "lion"}, r"^optimizer\.kind: .*'nesterov'.*got 'lion'"),
        ({"optimizer": {"momentum": 1}}, r"^optimizer\.momentum: input should be less than 1, got '1'"),
        ({"optimizer": {"beta_1": -0.1}}, r"^optimizer\.beta_1: .*greater than or equal to 0, got '-0\.1'"),
        ({"optimizer": {"beta_2": 1}}, r"^optimizer\.beta_2: .*less than 1, got '1'"),
        ({"optimizer": {"rho": 1}}, r"^optimizer\.rho: .*less than 1, got '1'"),
        ({"optimizer": {"epsilon": 0}}, r"^optimizer\.epsilon: .*greater than 0, got '0'"),
        ({"schedule": "linear"}, r"^schedule\.kind: .*'one_cycle'.*got 'linear'"),
        ({"schedule": {"step_epochs": 0}}, r"^schedule\.step_epochs: .*greater than or equal to 1, got '0'"),
        ({"schedule": {"factor": 0}}, r"^schedule\.factor: .*greater than 0, got '0'"),
        ({"schedule": {"warmup": 1.5}}, r"^schedule\.warmup: .*less than or equal to 1, got '1\.5'"),
        ({"schedule": {"final": -1}}, r"^schedule\.final: .*greater than or equal to 0, got '-1'"),
        ({"schedule": {"patience": 0}}, r"^schedule\.patience: .*greater than or equal to 1, got '0'"),
        ({"layers": [{"kind": "conv2d", "kernel": 0}]}, r"^layers\.0\.kernel: .*greater than or equal to 1, got '0'$"),
        ({"layers": [{}, {"kind": "max_pool2d", "kernel": 29}]}, r"^layers\.1\.kernel: .*less than or equal to 28"),
        ({"layers": [{"kind": "batch_norm", "units": 3}]}, r"^layers\.0\.units: there is no such setting"),
        (
            {"layers": [{"kind": "lstm"}]},
            r"^layers\.0\.kind: there is no such layer; use dense, .*, batch_norm, got 'lstm'$",
        ),
        (
            {"layers": [{"units": 5}, {"kind": "conv2d"}]},
            r"^layer 2, conv2d, takes maps, but gets a row of 5 numbers: ",
        ),
        ({"schedule": {"tolerance": -1}}, r"^schedule\.tolerance: .*greater than or equal to 0, got '-1'"),
    ],
)
def test_refusals_name_field_value_and_remedy(settings: dict[str, Any], message: str):
    with pytest.raises(ConfigError, match=message) as caught:
        parse_config(settings)
    assert "\n" not in str(caught.value)


def test_several_defects_are_told_at_once():
    with pytest.raises(ConfigError, match=r"^learning_rate: .*; epochs: .*"):
        parse_config({"learning_rate": -1, "epochs": 0})


def test_a_long_value_is_shortened_in_the_error():
    with pytest.raises(ConfigError) as caught:
        parse_config({"loss": "x" * 10_000})
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not JSON"),
        ("{'epochs': 5}", "check quotes, commas and brackets"),
        ("[1, 2]", r'a config is a JSON object like \{"epochs": 5\}, got list'),
        ("null", "got NoneType"),
        ("[" * 50_000, "not JSON"),
        ('{"epochs": ' + "9" * 50_000 + "}", "not JSON"),
        ('{"learning_rate": 1e999}', "learning_rate: .*finite"),
        (" " * 100_001, "at most 100,000 characters, got 100,001"),
    ],
    ids=["empty", "quotes", "list", "null", "deep", "digits", "infinite", "long"],
)
def test_garbage_text_is_refused(text: str, message: str):
    with pytest.raises(ConfigError, match=message):
        parse_config(text)


SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "layers": st.lists(
            st.builds(DenseConfig, units=st.integers(1, 64), activation=st.sampled_from(["relu", "tanh"]))
            | st.builds(DropoutConfig, rate=st.floats(0.1, 0.9))
            | st.builds(BatchNormConfig, activation=st.sampled_from(["identity", "relu"])),
            max_size=4,
        ).map(tuple)
        | st.builds(
            lambda filters, stride, pool: (
                Conv2dConfig(filters=filters, stride=stride, padding=1),
                pool,
                FlattenConfig(),
                DenseConfig(units=5, bias=False),
            ),
            st.integers(1, 9),
            st.integers(1, 3),
            st.sampled_from([MaxPool2dConfig(), AveragePool2dConfig(kernel=3)]),
        ),
        "learning_rate": st.floats(1e-6, 100),
        "batch_size": st.integers(1, 1000) | st.just("full"),
        "max_steps": st.none() | st.integers(1, 1000),
        "optimizer": st.builds(OptimizerConfig, kind=st.sampled_from(["sgd", "adam"]), momentum=st.floats(0, 0.99)),
        "schedule": st.builds(ScheduleConfig, kind=st.sampled_from(["step", "cosine"]), factor=st.floats(0.1, 1)),
        "initialization": st.builds(InitializationConfig, kind=st.sampled_from(["he", "zeros"])),
        "evaluate_at_steps": st.lists(st.integers(0, 99), max_size=3).map(tuple),
        "seed": st.integers(0, 2**32 - 1),
        "shuffle": st.booleans(),
    },
)


@examples
@given(settings=SETTINGS)
def test_json_and_short_form_round_trip(settings: dict[str, Any]):
    config = TrainingConfig(**settings)
    text = config.model_dump_json()
    assert TrainingConfig.model_validate_json(text) == parse_config(text) == config
    assert parse_config(text).model_dump_json() == text
    short = json.loads(json.dumps(config.differences()))
    assert parse_config(short) == config
    assert set(short) <= set(settings)


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_every_recipe_survives_json_and_the_short_form(name: str):
    config = RECIPES[name].config
    assert parse_config(config.model_dump_json()) == config
    assert parse_config(json.dumps(config.differences())) == config


def test_the_defaults_differ_in_nothing():
    assert TrainingConfig().differences() == {}
    assert TrainingConfig(epochs=7).differences() == {"epochs": 7}


def test_layers_in_the_short_form_leave_their_defaults_out():
    config = RECIPES["lenet"].config.overridden({"epochs": 6})
    assert config.differences()["layers"] == [
        {"kind": "conv2d"},
        {"kind": "max_pool2d"},
        {"kind": "conv2d", "filters": 16},
        {"kind": "max_pool2d"},
        {"kind": "flatten"},
        {"kind": "dense"},
    ]


def test_every_default_is_written_out():
    settings = json.loads(TrainingConfig().model_dump_json())
    assert settings.keys() == TrainingConfig.model_fields.keys()
    assert settings["optimizer"]["beta_2"] == 0.999


def test_a_layer_without_a_kind_is_dense():
    config = parse_config({"layers": [{"units": 50}, {"kind": "dropout"}]})
    assert config.layers == (DenseConfig(units=50), DropoutConfig())


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("learning_rate", "0.1", 0.1),
        ("learning_rate", "1e-2", 0.01),
        ("learning_rate", 0.5, 0.5),
        ("batch_size", "full", "full"),
        ("batch_size", '"full"', "full"),
        ("batch_size", "16", 16),
        ("shuffle", "false", False),
        ("shuffle", "False", False),
        ("train_size", "null", None),
        ("train_size", "None", None),
        ("optimizer.kind", "sgd", "sgd"),
        ("optimizer.momentum", "0.5", 0.5),
        ("schedule.warmup", 0.1, 0.1),
        ("initialization.kind", '"zeros"', "zeros"),
        ("evaluate_at_steps", "[1, 5]", (1, 5)),
        ("layers", '[{"units": 50}]', (DenseConfig(units=50),)),
        ("layers", "[]", ()),
        (
            "layers",
            '[{"kind": "conv2d", "filters": 2}, {"kind": "flatten"}]',
            (Conv2dConfig(filters=2), FlattenConfig()),
        ),
    ],
)
def test_overriding_by_dotted_name(name: str, value: Any, expected: Any):
    before = TrainingConfig(train_size=100)
    config = before.overridden({name: value})
    found: Any = config
    for part in name.split("."):
        found = getattr(found, part)
    assert found == expected
    assert before == TrainingConfig(train_size=100)


def test_overriding_several_values_and_a_whole_part():
    config = TrainingConfig().overridden({"optimizer": "momentum", "epochs": "2", "schedule.kind": "cosine"})
    assert (config.optimizer, config.epochs) == (OptimizerConfig(kind="momentum"), 2)
    assert config.schedule == ScheduleConfig(kind="cosine")
    assert TrainingConfig().overridden({}) == TrainingConfig()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("speed", "1", r"there is no setting 'speed': settings are augmentation, .*, weight_decay"),
        ("optimizer.speed", "1", r"there is no setting 'optimizer\.speed': settings are beta_1, beta_2, epsilon, kind"),
        ("speed.kind", "1", r"there is no setting 'speed\.kind'"),
        ("epochs.kind", "1", r"there is no setting 'epochs\.kind'"),
        ("layers.0.units", "1", r"there is no setting 'layers\.0\.units'"),
        ("", "1", r"there is no setting ''"),
        ("epochs", "many", r"epochs: .*got 'many'"),
        ("epochs", "0", r"epochs: .*greater than or equal to 1, got '0'"),
        ("epochs", "9" * 5000, r"^epochs: .*got '9{60}'$"),
        ("optimizer.kind", "lion", r"optimizer\.kind: .*got 'lion'"),
        ("layers", "[" * 50_000, r"layers: .*valid tuple"),
    ],
)
def test_overriding_refusals(name: str, value: str, message: str):
    with pytest.raises(ConfigError, match=message):
        TrainingConfig().overridden({name: value})
