"""Further tables of an experiment; oracle: small cases worked by hand, and brute force for the front."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from mnistcore.errors import ConfigError
from mnistcore.experiments import Member, parse_experiment, parse_variation
from mnistcore.experiments.config import variation_text
from mnistcore.experiments.results import Combination, combinations
from mnistcore.experiments.tables import heat_map
from mnistcore.experiments.views import (
    accuracy_and_cost,
    best_so_far,
    found_by,
    front,
    parallel_axes,
    search_combinations,
    seed_bands,
)

VARY = {"learning_rate": "log:0.001:0.1", "optimizer.kind": "sgd,adam", "units": "8,128,16"}


def config(**vary: str) -> Any:
    chosen = vary or VARY
    variations = {name: parse_variation(text) for name, text in chosen.items()}
    base = {"layers": [{"units": 8}], "validation_size": 100}
    return parse_experiment({"base": base, "vary": variations, "sampler": "random", "runs": 4, "seeds": 2})


def member(number: int, repeat: int, accuracy: float | None, status: str = "finished", **values: Any) -> Member:
    usual = {"learning_rate": 0.01, "optimizer.kind": "adam", "units": 8}
    return Member(f"{number}-{repeat}", number, repeat, usual | values, status, accuracy=accuracy, best_step=1)


MEMBERS = [
    member(0, 0, 0.91, units=128),
    member(0, 1, 0.93, units=128),
    member(1, 0, 0.97, learning_rate=0.001, units=16),
    member(1, 1, 0.95, learning_rate=0.001, units=16),
    member(2, 0, 0.5, "diverged", learning_rate=0.1, **{"optimizer.kind": "sgd"}),
    member(2, 1, None, "running", learning_rate=0.1, **{"optimizer.kind": "sgd"}),
]
WHEN = pd.DataFrame(
    {
        "run": ["1-0", "0-0", "0-1", "1-1", "2-0", "2-1"],
        "combination": [1, 0, 0, 1, 2, 2],
        "ended": [4.0, 1.0, 2.0, 9.0, 5.0, 6.0],
        "seconds": [3.0, 1.0, 2.0, 5.0, 1.0, 1.0],
        "parameters": [50, 10, 10, 50, 20, 20],
    }
)


def test_best_so_far_follows_the_order_in_which_runs_ended():
    found = best_so_far(config(), MEMBERS, WHEN)
    assert found["runs"].tolist() == [1, 2, 3, 4, 5]  # the run that has not been measured is left out
    assert found["seconds"].tolist() == [1, 2, 4, 5, 9]
    assert found["accuracy"].tolist() == [0.91, 0.93, 0.97, 0.1, 0.95]  # what diverged counts as guessing
    assert found["best"].tolist() == [0.91, 0.93, 0.97, 0.97, 0.97]
    assert found["words"][0] == "learning rate 0.01, optimizer adam, units 128"


def test_bands_are_over_the_steps_that_all_seeds_have_reached():
    rows = [("a", 0, 5, 0.5), ("b", 0, 5, 0.7), ("a", 0, 10, 0.9), ("c", 1, 5, 0.4), ("c", 1, 7, 0.6)]
    curves = pd.DataFrame(rows, columns=["run", "combination", "step", "accuracy"]).assign(epoch=1.0)
    bands = seed_bands(curves)
    assert bands["step"].tolist() == [5, 5, 7]
    assert bands["mean"].tolist() == pytest.approx([0.6, 0.4, 0.6])
    assert (bands["low"].tolist(), bands["high"].tolist()) == ([0.5, 0.4, 0.6], [0.7, 0.4, 0.6])


def test_accuracy_and_cost_are_means_over_the_seeds():
    found = accuracy_and_cost(config(), combinations(MEMBERS), WHEN)
    assert found["number"].tolist() == [0, 1, 2]
    assert found["accuracy"].tolist() == pytest.approx([0.92, 0.96, 0.1])
    assert found["seconds"].tolist() == [1.5, 4.0, 1.0]
    assert found["parameters"].tolist() == [10, 50, 20]


@pytest.mark.parametrize("seed", range(5))
def test_on_the_front_is_what_nothing_cheaper_or_as_cheap_beats(seed):
    rng = np.random.default_rng(seed)
    points = pd.DataFrame({"cost": rng.integers(1, 6, 30).astype(float), "accuracy": rng.integers(0, 9, 30) / 10})
    expected = [
        not any(
            (c < cost and a >= accuracy) or (c == cost and (a > accuracy or (a == accuracy and other < place)))
            for other, (c, a) in enumerate(zip(points["cost"], points["accuracy"], strict=True))
        )
        for place, (cost, accuracy) in enumerate(zip(points["cost"], points["accuracy"], strict=True))
    ]
    assert front(points, "cost").tolist() == expected


def test_each_value_has_its_place_on_its_axis():
    rate, optimizer, units, accuracy = parallel_axes(config(), combinations(MEMBERS))
    assert rate["values"] == pytest.approx([-2, -3, -1])
    assert rate["range"] == pytest.approx([-3, -1])
    assert rate["ticktext"][::2] == ["0.001", "0.01", "0.1"]
    assert (optimizer["values"], optimizer["ticktext"]) == ([1, 1, 0], ["sgd", "adam"])
    assert (units["values"], units["ticktext"]) == ([1, 2, 0], ["8", "128", "16"])
    assert accuracy["values"] == pytest.approx([92, 96, 10])


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("", [0, 1, 2]), ("accuracy > 95%", [1]), ("optimizer = adam units > 16", [0]), ("sgd", [2]), ("diverged", [2])],
)
def test_combinations_are_found_by_their_settings_and_accuracy(text, numbers):
    test = search_combinations(config(), text)
    states = {2: "1 diverged"}
    found = [each.number for each in combinations(MEMBERS) if found_by(test, each, states.get(each.number, ""))]
    assert found == numbers


def test_what_does_not_vary_cannot_be_searched_for():
    with pytest.raises(ConfigError, match="Nothing is called “epochs”: compare one of accuracy, learning_rate"):
        search_combinations(config(), "epochs = 3")


def test_values_of_a_list_keep_its_order_in_a_heat_map_and_those_of_a_range_ascend():
    found = heat_map(config(), combinations(MEMBERS[:4]), MEMBERS[:4])
    assert found is not None
    assert (found.first, found.second) == ("learning rate", "units")
    assert (found.x_order, found.y_order) == (["0.001", "0.01"], ["128", "16"])
    assert found.cells["text"].tolist() == ["92.0", "96.0"]


@pytest.mark.parametrize(
    "text", ["log:0.0001:0.1", "range:0.0:0.5", "range:1:4", "16,64,256", "adam,sgd", "true,false"]
)
def test_what_varies_is_written_as_it_is_read(text):
    assert parse_variation(variation_text(parse_variation(text))) == parse_variation(text)


def test_a_combination_without_a_measurement_is_on_no_axis():
    waiting = Combination(0, {"learning_rate": 0.01}, ("a",), (None,), is_over=False, stopped_early=False, diverged=0)
    assert [axis["values"] for axis in parallel_axes(config(learning_rate="0.01,0.1"), [waiting])] == [[], []]
