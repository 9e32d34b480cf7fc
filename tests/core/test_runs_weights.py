"""Weights with their step: whatever has become of a run, the two belong together."""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import pytest
from tiny_digits import tiny_config, tiny_dataset

from mnistcore.errors import RunError
from mnistcore.runs import RunStore, execute_run, job, lifecycle, work
from mnistcore.training import TrainingConfig, TrainingState, parse_config
from mnistcore.training.stepper import Stepper

BETWEEN = 147  # a step in the middle of an epoch of 8, of which there is no snapshot
SNAPSHOT = 133  # the one before it
LONG = {"epochs": 25}


@pytest.fixture
def store() -> Iterator[RunStore]:
    opened = RunStore()
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch, reports_all: None) -> None:
    """Every command is obeyed after the step in which it came."""
    monkeypatch.setattr(job, "COMMAND_SECONDS", 0.0)


def new_run(store: RunStore, **settings: object) -> str:
    return store.create_run(tiny_config(**settings), dataset=store.add_dataset(tiny_dataset()))


@lru_cache
def course(config: str) -> list[np.ndarray]:
    """What plain training comes to after each step."""
    state = TrainingState.begin(parse_config(config), tiny_dataset())
    found = [state.network.parameters.copy()]
    with Stepper(state) as stepper:
        for _ in range(state.total_steps):
            stepper.advance(1)
            found.append(state.network.parameters.copy())
    return found


def parameters_after(config: TrainingConfig, step: int) -> np.ndarray:
    return course(config.model_dump_json())[step]


def assert_right(store: RunStore, run_id: str) -> int:
    """The newest weights and all that can be chosen are those of their steps; returns the newest step."""
    config, newest = store.run(run_id).config, store.load_weights(run_id)
    assert newest.step == store.newest_step(run_id)
    for step in store.snapshot_steps(run_id):
        found, named = store.load_weights(run_id, step)
        assert np.array_equal(store.load_network(run_id, step).parameters, found.parameters)
        assert named == step
        np.testing.assert_allclose(found.parameters, parameters_after(config, step), rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(newest.network.parameters, parameters_after(config, newest.step), rtol=1e-3, atol=1e-3)
    return newest.step


@pytest.mark.parametrize("end", ["paused", "interrupted", "stopped"])
def test_a_run_that_ends_between_two_snapshots_has_the_weights_of_its_last_step(store: RunStore, end: str):
    run_id = new_run(store, **LONG)
    for progress in work(store, run_id):
        if progress.step == BETWEEN and end == "interrupted":
            break
        if progress.step == BETWEEN - 1 and end != "interrupted":
            if end == "paused":
                lifecycle.pause(store.database, run_id)
            else:
                lifecycle.stop(store.database, run_id, "owner")
    run = store.run(run_id)
    assert (run.status, run.step) == (end, BETWEEN)
    network, step = store.load_weights(run_id)
    assert step == BETWEEN
    np.testing.assert_array_equal(network.parameters, parameters_after(run.config, BETWEEN))  # in full precision
    assert store.snapshot_steps(run_id)[-2:] == [SNAPSHOT, BETWEEN]
    assert assert_right(store, run_id) == BETWEEN


def test_a_run_in_progress_has_its_newest_weights_but_only_its_snapshots_stay(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(job, "RECORD_SECONDS", 0.0)
    monkeypatch.setattr(job, "CHECKPOINT_SECONDS", 1e9)
    for seconds, newest in ((0.0, BETWEEN), (1e9, SNAPSHOT)):
        monkeypatch.setattr(job, "WEIGHTS_SECONDS", seconds)
        run_id = new_run(store, **LONG)
        watched = work(store, run_id)
        while next(watched).step < BETWEEN:
            pass
        assert store.run(run_id).status == "running"
        assert store.snapshot_steps(run_id)[-1] == SNAPSHOT
        assert assert_right(store, run_id) == newest
        watched.close()


def test_a_finished_run_has_its_last_weights(store: RunStore):
    run_id = new_run(store, epochs=3)
    execute_run(store.url, run_id)
    assert assert_right(store, run_id) == 24


def test_a_run_that_went_back_to_its_best_weights_names_their_step(store: RunStore):
    run_id = new_run(store, epochs=30, early_stopping=2, learning_rate=1.0)
    execute_run(store.url, run_id)
    run = store.run(run_id)
    network, step = store.load_weights(run_id)
    assert step < run.step
    assert f"Kept the weights of step {step}," in (run.message or "")
    np.testing.assert_array_equal(network.parameters, parameters_after(run.config, step))
    assert step in store.snapshot_steps(run_id)
    assert assert_right(store, run_id) == step


def test_a_diverged_run_has_its_last_weights_that_were_numbers(store: RunStore):
    run_id = new_run(store, layers=[], loss="linear_squared_error", optimizer="sgd", learning_rate=0.5, epochs=30)
    execute_run(store.url, run_id)
    run = store.run(run_id)
    assert run.status == "diverged"
    network, step = store.load_weights(run_id)
    assert step < run.step
    assert np.isfinite(network.parameters).all()
    assert store.newest_step(run_id) == step


def test_an_archive_keeps_the_step(store: RunStore):
    run_id = new_run(store, epochs=30, early_stopping=2, learning_rate=1.0)
    execute_run(store.url, run_id)
    network, step = store.load_weights(run_id)
    copy = store.import_run(store.export_run(run_id))
    found, again = store.load_weights(copy)
    assert again == step < store.run(copy).step
    np.testing.assert_array_equal(found.parameters, network.parameters)
    assert store.snapshot_steps(copy) == [step]


def test_weights_that_a_run_has_left_behind_are_refused(store: RunStore):
    run_id = new_run(store, **LONG)
    for progress in work(store, run_id):
        if progress.step == BETWEEN:
            break
    execute_run(store.url, run_id)
    assert store.run(run_id).status == "finished"
    with pytest.raises(RunError, match=f"no weights of step {BETWEEN}: choose one of its snapshot steps"):
        store.load_weights(run_id, BETWEEN)
