"""What an experiment may vary, and who chooses next."""

import itertools
import math

import pytest

from mnistcore.errors import ConfigError
from mnistcore.experiments.config import ExperimentConfig, Range, Values, parse_experiment, parse_variation
from mnistcore.experiments.samplers import Tried, next_combination
from mnistcore.experiments.settings import with_settings
from mnistcore.nn import DenseConfig, DropoutConfig
from mnistcore.nn.layer_config import Conv2dConfig, FlattenConfig, MaxPool2dConfig
from mnistcore.training import TrainingConfig, recipe

DEEP = TrainingConfig(
    layers=(DenseConfig(units=64), DropoutConfig(rate=0.2), DenseConfig(units=32), DropoutConfig(rate=0.3))
)
CONVOLUTION = TrainingConfig(
    layers=(Conv2dConfig(filters=8), MaxPool2dConfig(), Conv2dConfig(filters=16), FlattenConfig(), DenseConfig())
)


def experiment(**values) -> ExperimentConfig:
    return parse_experiment({"sampler": "random", "runs": 40} | values)


def dense(config: TrainingConfig) -> list[tuple[int, str]]:
    return [(layer.units, layer.activation) for layer in config.layers if isinstance(layer, DenseConfig)]


def test_plain_settings_go_by_their_names():
    config = with_settings(TrainingConfig(), {"learning_rate": 0.02, "optimizer.kind": "adam"})
    assert (config.learning_rate, config.optimizer.kind) == (0.02, "adam")


@pytest.mark.parametrize(("count", "units"), [(0, []), (1, [64]), (2, [64, 32]), (4, [64, 32, 32, 32])])
def test_hidden_layers_repeat_the_last_or_leave_the_last_out(count, units):
    config = with_settings(DEEP, {"hidden_layers": count})
    assert [number for number, _ in dense(config)] == units
    assert sum(isinstance(layer, DropoutConfig) for layer in config.layers) == count


def test_units_activation_and_dropout_reach_every_layer_also_the_added_ones():
    config = with_settings(DEEP, {"dropout": 0.5, "units": 10, "activation": "tanh", "hidden_layers": 3})
    assert dense(config) == [(10, "tanh")] * 3
    assert [layer.rate for layer in config.layers if isinstance(layer, DropoutConfig)] == [0.5] * 3
    assert not any(isinstance(layer, DropoutConfig) for layer in with_settings(DEEP, {"dropout": 0}).layers)


def test_filters_keep_their_proportion():
    config = with_settings(CONVOLUTION, {"filters": 4})
    assert [layer.filters for layer in config.layers if isinstance(layer, Conv2dConfig)] == [4, 8]
    with pytest.raises(ConfigError, match="filters: this network has no convolution layer"):
        with_settings(DEEP, {"filters": 4})


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("hidden_layers", 0.5, "hidden_layers: .*integer.*, got '0.5'"),
        ("hidden_layers", 10**20, "hidden_layers: .*less than or equal to 20"),
        ("units", "many", "units: .*integer.*, got 'many'"),
        ("filters", None, "filters: .*integer.*, got 'None'"),
        ("activation", 7, "activation: .*'relu'.*, got '7'"),
        ("dropout", 1, "dropout: .*less than 1, got '1'"),
    ],
)
def test_a_value_that_layers_cannot_have_is_refused_with_the_setting(name, value, problem):
    with pytest.raises(ConfigError, match=f"^{problem}"):
        with_settings(CONVOLUTION, {name: value})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("log:1e-4:1e-1", Range(low=1e-4, high=0.1, log=True)),
        ("range:1:4", Range(low=1, high=4, whole=True)),
        ("range:0.0:1.0", Range(low=0, high=1)),
        ("16,64,256", Values(values=(16, 64, 256))),
        ("relu, tanh", Values(values=("relu", "tanh"))),
        ("null,full", Values(values=(None, "full"))),
    ],
)
def test_a_variation_in_one_word(text, expected):
    assert parse_variation(text) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("log:0:1", "a range on a logarithmic scale begins above 0, got 0"),
        ("range:3:1", "a range goes from a lower to a higher number, got 3 to 1"),
        ("log:1e-4", "a range is written log:LOW:HIGH, as in log:1e-4:1e-1, got 'log:1e-4'"),
        ("log:a:b", "a range is written log:LOW:HIGH"),
        ("1,,2", "values are separated by commas, as in 16,64,256, got '1,,2'"),
        ("1,1", "each value may stand in the list once"),
        ("", "values are separated by commas"),
    ],
)
def test_a_variation_that_makes_no_sense_is_refused_with_its_reason(text, reason):
    with pytest.raises(ConfigError, match=reason):
        parse_variation(text)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"vary": {}}, "vary: dictionary should have at least 1 item"),
        ({"vary": {"learning_rat": parse_variation("1,2")}}, "there is no setting 'learning_rat'"),
        (
            {"vary": {"learning_rate": parse_variation("0.1,0")}},
            "learning_rate: input should be greater than 0, got '0'",
        ),
        ({"vary": {"seed": parse_variation("1,2")}}, "seed: vary it by the number of seeds"),
        ({"vary": {"units": parse_variation("8,9")}, "runs": None}, "runs: the sampler 'random' has no end of its own"),
        ({"vary": {"units": parse_variation("8,9")}, "runs": 0}, "runs: input should be greater than or equal to 1"),
        (
            {"vary": {"units": parse_variation("8,9")}, "base": TrainingConfig(validation_size=0)},
            "validation_size: settings are compared on validation images",
        ),
    ],
)
def test_an_experiment_that_cannot_run_is_refused_with_its_reason(values, reason):
    with pytest.raises(ConfigError, match=reason):
        experiment(**values)


def test_too_many_combinations_are_refused_before_any_runs():
    many = {name: Values(values=tuple(range(1, 23))) for name in ("epochs", "units", "batch_size")}
    with pytest.raises(ConfigError, match="every combination makes 10,648 runs, at most 10,000 are allowed"):
        experiment(vary=many, sampler="grid")


def test_a_grid_is_every_combination_once():
    vary = {"learning_rate": parse_variation("log:1e-3:1e-1"), "batch_size": parse_variation("16,64")}
    config = experiment(vary=vary, sampler="grid", runs=None)
    assert config.combinations == 10
    tried = [next_combination(config, number) for number in range(10)]
    rates = (0.001, 0.00316, 0.01, 0.0316, 0.1)
    assert [(each["learning_rate"], each["batch_size"]) for each in tried] == list(itertools.product(rates, (16, 64)))


def test_chance_depends_on_the_number_alone_and_covers_the_scale():
    config = experiment(
        vary={"learning_rate": parse_variation("log:1e-4:1e-1"), "units": parse_variation("range:8:64")}
    )
    tried = [next_combination(config, number) for number in range(300)]
    assert next_combination(config, 7, [Tried(tried[0], 0.5, True)]) == tried[7]
    logs = [math.log10(each["learning_rate"]) for each in tried]
    assert -4 <= min(logs) < -3.9
    assert -1.1 < max(logs) <= -1
    assert sum(log < -2.5 for log in logs) == pytest.approx(150, abs=30)
    assert {each["units"] for each in tried} == set(range(8, 65))


def test_tpe_goes_where_it_was_good_and_is_the_same_when_it_is_rebuilt():
    config = experiment(vary={"learning_rate": parse_variation("log:1e-4:1e-1")}, sampler="tpe")
    tried: list[Tried] = []
    for number in range(30):
        values = next_combination(config, number, tried)
        assert next_combination(config, number, tried) == values
        accuracy = 0.95 - 0.1 * (math.log10(values["learning_rate"]) + 3) ** 2
        tried.append(Tried(values, accuracy, True))
    late = [math.log10(each.values["learning_rate"]) for each in tried[15:]]
    assert sum(abs(log + 3) < 0.5 for log in late) >= 10  # by chance alone it would be 5
    running = [Tried(each.values, None, False) for each in tried[-2:]]
    assert next_combination(config, 30, [*tried[:-2], *running])


def test_tpe_bears_a_range_that_was_narrowed_and_runs_that_came_to_nothing():
    vary = {"learning_rate": parse_variation("log:1e-3:1e-2"), "batch_size": parse_variation("16,64")}
    config = experiment(vary=vary, sampler="tpe")
    before = [Tried({"learning_rate": 0.1, "batch_size": 16}, 0.9, True), Tried({"learning_rate": 0.005}, 0.9, True)]
    lost = Tried({"learning_rate": 0.002, "batch_size": 64}, None, True)
    chosen = next_combination(config, 12, [*before, lost])
    assert 1e-3 <= chosen["learning_rate"] <= 1e-2
    assert chosen["batch_size"] in (16, 64)


def test_every_combination_runs_with_the_same_seeds():
    base = recipe("first-network").config.overridden({"seed": 5})
    config = experiment(base=base, vary={"units": parse_variation("8,16")}, seeds=3)
    seeds = [[config.member({"units": units}, repeat).seed for repeat in range(3)] for units in (8, 16)]
    assert seeds == [[5, 6, 7]] * 2
