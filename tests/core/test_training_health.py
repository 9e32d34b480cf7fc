"""The health of layers: against a passage by hand, an update by hand, and layers whose faults are known."""

import sqlite3
from pathlib import Path

import numpy as np
import pytest

from mnistcore.runs import RunStore, execute_run
from mnistcore.training import Progress, TrainingState, parse_config, recipe, train
from mnistcore.training.diagnosis import diagnose
from mnistcore.training.health import (
    HEALTH_SHARE,
    IMAGES,
    QUANTILES,
    HealthWatch,
    LayerHealth,
    health_from_text,
    health_text,
)
from tests.core.tiny_digits import begin, tiny_config, tiny_dataset

ALL_OF_THE_TIME = 1e9


def recorded(state: TrainingState, share: float = ALL_OF_THE_TIME) -> dict[int, Progress]:
    """Every Progress that has the health of the layers, by its step; the last of a step counts."""
    return {progress.step: progress for progress in train(state, health_share=share) if progress.health is not None}


def test_outputs_and_gradients_are_those_of_a_passage_by_hand() -> None:
    state = begin(layers=[{"units": 30, "activation": "sigmoid"}])
    found = HealthWatch(state, ALL_OF_THE_TIME).look(0)
    assert found is not None
    first, last = state.network.layers
    chosen = state.split.train[:IMAGES]
    x = state.dataset.train_images[chosen].reshape(IMAGES, -1) / 255
    y = 1 / (1 + np.exp(-(x @ first.W.astype(np.float64))))
    logits = y @ last.W.astype(np.float64)
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    delta = probabilities - np.eye(10)[state.dataset.train_labels[chosen]]
    before = delta @ last.W.T * y * (1 - y)
    for layer, outputs, gradients in zip(found, (y, logits), (before, delta), strict=True):
        np.testing.assert_allclose(layer.activation, np.quantile(outputs, QUANTILES), rtol=1e-3)
        np.testing.assert_allclose(layer.gradient, np.quantile(np.abs(gradients), QUANTILES), rtol=1e-3)
        assert layer.gradient_rms == pytest.approx(np.sqrt((gradients**2).mean()), rel=1e-4)
        assert (layer.dead, layer.update) == (None, None)
    assert [layer.name for layer in found] == ["1 · dense, sigmoid", "output"]


def test_an_update_is_measured_against_the_weights_before_it() -> None:
    found = recorded(begin(optimizer={"kind": "sgd"}, learning_rate=0.2))
    once = begin(optimizer={"kind": "sgd"}, learning_rate=0.2, max_steps=1)
    before = once.network.layers[0].W.astype(np.float64)
    list(train(once))
    expected = np.linalg.norm(once.network.layers[0].W - before) / np.linalg.norm(before)
    updates = {step: progress.health[0].update for step, progress in found.items() if progress.health}
    assert updates[0] is None
    assert updates[1] == pytest.approx(expected, rel=1e-4)
    assert all(update is not None for step, update in updates.items() if step)


def test_dead_and_saturated_units_are_counted() -> None:
    state = begin(layers=[{"units": 8, "activation": "relu"}, {"units": 8, "activation": "tanh"}])
    first, second = state.network.layers[:2]
    first.b[:6] = -1e6
    second.b[:] = 50
    found = HealthWatch(state, ALL_OF_THE_TIME).look(0)
    assert found is not None
    assert (found[0].dead, found[0].saturated) == (0.75, None)
    assert (found[1].dead, found[1].saturated) == (None, 1.0)


def test_maps_are_units_and_batch_normalisation_learns_nothing_from_being_looked_at() -> None:
    layers = [{"kind": "conv2d", "filters": 4, "kernel": 5}, {"kind": "batch_norm"}, {"kind": "flatten"}]
    state = begin(layers=layers, max_steps=3)
    state.network.layers[0].b[:1] = -1e6
    parameters = state.network.parameters.copy()
    found = HealthWatch(state, ALL_OF_THE_TIME).look(0)
    assert found is not None
    assert found[0].dead == 0.25
    np.testing.assert_array_equal(state.network.parameters, parameters)


@pytest.mark.parametrize("shards", [1, 2])
def test_a_watched_run_learns_the_same_bit_for_bit(shards: int) -> None:
    layers = [{"units": 12}, {"kind": "dropout", "rate": 0.3}, {"kind": "batch_norm"}]
    watched, alone = begin(layers=layers), begin(layers=layers)
    watched.shards = alone.shards = shards
    assert len(recorded(watched)) > 10
    assert recorded(alone, share=0.0) == {}
    np.testing.assert_array_equal(watched.network.parameters, alone.network.parameters)


def test_looks_have_to_be_affordable() -> None:
    state = begin(epochs=20, max_steps=100)
    watch = HealthWatch(state, 0.01)
    assert watch.look(0.0) is not None
    watch._spent = watch._last = 0.005
    assert not watch.may_look(0.9)
    assert watch.may_look(1.1)
    state.step = 50  # as much time is still to come, half of which is lent
    assert not watch.may_look(0.6)
    assert watch.may_look(0.7)
    watch._spent = 0.5
    assert not watch.may_look(49)
    assert watch.may_look(50)  # but no more than a second
    assert HealthWatch(begin(), 0.0).look(1e9) is None


def test_a_run_keeps_its_health_and_an_older_store_gets_the_table(tmp_path: Path) -> None:
    store = RunStore(f"sqlite:///{tmp_path / 'runs.db'}")
    dataset = tiny_dataset()
    run_id = store.create_run(tiny_config(), store.add_dataset(dataset), dataset.fingerprint)
    assert execute_run(store.url, run_id) == "finished"
    found = store.health(run_id)
    assert next(iter(found)) == 0
    assert [layer.name for layer in found[0]] == ["1 · dense, tanh", "output"]
    assert store.health(run_id, after_step=max(found)) == {}
    store.close()
    with sqlite3.connect(tmp_path / "runs.db") as connection:
        connection.execute("DROP TABLE health")
        connection.execute("UPDATE schema_version SET version = 4")
    connection.close()
    assert RunStore(store.url).health(run_id) == {}


def test_what_is_written_is_read_again_and_never_infinite() -> None:
    layer = LayerHealth("output", (0.0, 0.25, 1.0, 2.0, 1e30), (0.0,) * 5, 1e-9, None, 0.5, None)
    assert health_from_text(health_text((layer, layer))) == (layer, layer)
    endless = LayerHealth("output", (float("nan"),) * 5, (float("inf"),) * 5, float("inf"), None, None, None)
    (read,) = health_from_text(health_text((endless,)))
    assert read.activation == (None,) * 5
    assert diagnose({0: (read, read)}) == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("saturated-sigmoids", "are saturated: there the activation is flat"),
        ("vanishing-gradients", "times smaller in layer 1 than at the output, so the first layers hardly learn"),
        ("exploding-gradients", "times larger in layer 1 than at the output"),
    ],
)
def test_each_demonstration_shows_its_fault_and_no_other(name: str, words: str) -> None:
    config = parse_config(recipe(name).config.model_dump() | {"max_steps": 20, "validation_size": 100})
    found = {step: progress.health for step, progress in recorded(TrainingState.begin(config, tiny_dataset())).items()}
    (fault,) = diagnose({step: health for step, health in found.items() if health})
    assert words in fault.words
    assert not fault.is_over


def test_a_healthy_network_has_no_fault_and_one_that_recovered_says_until_when() -> None:
    good = LayerHealth("1 · dense, relu", (0.0,) * 5, (0.0, 0.0, 0.1, 0.2, 0.5), 0.3, 0.1, None, 0.002)
    dead = LayerHealth("1 · dense, relu", (0.0,) * 5, (0.0, 0.0, 0.1, 0.2, 0.5), 0.3, 0.75, None, 0.3)
    output = LayerHealth("output", (0.0,) * 5, (0.0, 0.0, 0.1, 0.2, 0.5), 0.3, None, None, 0.002)
    assert diagnose({0: (good, output), 5: (good, output)}) == []
    faults = diagnose({0: (dead, output), 1000: (dead, output), 2000: (good, output)})
    assert [fault.words for fault in faults] == [
        "Up to step 1,000: 75 % of the units of layer 1 are dead: they output 0 for every image. "
        "Use a lower learning rate, or leaky ReLU.",
        "Up to step 1,000: One update changes the weights of layer 1 by 30 % of their size. Use a lower learning rate.",
    ]
    assert all(fault.is_over for fault in faults)


def test_the_share_of_the_time_is_the_one_that_is_promised() -> None:
    assert HEALTH_SHARE <= 0.03
