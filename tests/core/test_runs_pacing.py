"""The speed of a run and how far it may go: the same weights at any speed, obeyed soon, and not lost with a worker."""

import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest
from test_runs_job import in_background, new_run, plain_training
from tiny_digits import tiny_dataset

from mnistcore.errors import ConfigError, RunError
from mnistcore.runs import RunStore, execute_run, job, lifecycle, pacing, work
from mnistcore.runs.pacing import Pacing
from tests.waiting import wait_for

SHORT = {"epochs": 2}  # of 8 steps each


@pytest.fixture
def store() -> Iterator[RunStore]:
    opened = RunStore()
    yield opened
    opened.close()


def held(store: RunStore, run_id: str, step: int) -> None:
    wait_for(lambda: store.run(run_id).is_held and store.run(run_id).step == step)


def advance(store: RunStore, run_id: str, how: str) -> bool:
    return lifecycle.advance(store.database, run_id, how, "owner")


def test_the_same_weights_at_any_speed_in_single_steps_and_with_a_worker_that_is_lost(store):
    settings = {**SHORT, "layers": [{"units": 12}, {"kind": "dropout", "rate": 0.3}], "early_stopping": 2}
    expected = plain_training(store.run(new_run(store, **settings)).config, tiny_dataset())
    for speed in (100.0, 999.0, None):
        run_id = new_run(store, **settings)
        lifecycle.set_speed(store.database, run_id, speed)
        advance(store, run_id, "one_batch")
        training = in_background(store, run_id)
        held(store, run_id, 1)
        advance(store, run_id, "one_epoch")
        held(store, run_id, 8)
        advance(store, run_id, "go_on")
        training.join()
        run = store.run(run_id)
        assert (run.status, run.speed, run.hold_at) == ("finished", speed, None)
        np.testing.assert_array_equal(store.load_weights(run_id).network.parameters, expected)


def test_a_slow_run_stores_every_step_with_its_batch_and_weights_and_counts_only_training(store):
    run_id = store.create_run(
        store.run(new_run(store, **SHORT)).config, dataset=store.add_dataset(tiny_dataset()), speed=10.0
    )
    seen = {}
    began = time.monotonic()
    for progress in work(store, run_id):
        if progress.step and progress.outcome is None:
            batch = store.latest_batch(run_id)
            seen[progress.step] = (batch.step, store.newest_step(run_id), store.run(run_id).step)
        if progress.step == 6:
            break
    elapsed = time.monotonic() - began
    assert elapsed >= 0.5  # from the first of six steps to the last, at ten a second
    assert seen == {step: (step, step, step) for step in range(1, 7)}
    assert store.history(run_id)["step"].tolist() == list(range(7))
    assert store.run(run_id).seconds < 0.2 * elapsed
    assert store.run(run_id).images_per_second > 1000  # ten steps of 20 images a second are 200


def test_a_held_run_lives_obeys_and_takes_every_click(store, monkeypatch):
    monkeypatch.setattr("mnistcore.runs.attempt.HEARTBEAT_SECONDS", 0.1)
    run_id = store.create_run(
        store.run(new_run(store, epochs=100_000)).config, dataset=store.add_dataset(tiny_dataset()), hold_at=0
    )
    training = in_background(store, run_id)
    wait_for(lambda: store.run(run_id).validation_accuracy is not None)  # seen before the first step
    held(store, run_id, 0)
    before, used = store.run(run_id).heartbeat_at, time.process_time()
    wait_for(lambda: store.run(run_id).heartbeat_at > before)
    time.sleep(0.5)
    assert time.process_time() - used < 0.3  # it sleeps
    for _ in range(3):
        advance(store, run_id, "one_batch")
    held(store, run_id, 3)
    advance(store, run_id, "one_epoch")
    held(store, run_id, 8)
    history = store.history(run_id).set_index("step")
    assert history.index.tolist() == list(range(9))  # also those of quick clicks
    assert history["validation_accuracy"].notna()[[3, 8]].all()
    asked = time.monotonic()
    lifecycle.pause(store.database, run_id)
    training.join()
    assert time.monotonic() - asked < 1
    assert store.run(run_id).status == "paused"
    assert advance(store, run_id, "one_batch")  # queued again, for one more
    training = threading.Thread(target=execute_run, args=(store.url, run_id, "owner"))
    training.start()
    held(store, run_id, 9)
    lifecycle.stop(store.database, run_id, "other")
    training.join()
    assert store.run(run_id).status == "stopped"
    with pytest.raises(RunError, match="was stopped: there is no batch left"):
        advance(store, run_id, "one_batch")
    with pytest.raises(RunError, match="was stopped: its speed cannot be changed"):
        lifecycle.set_speed(store.database, run_id, 1.0)


def test_a_held_run_whose_worker_was_lost_is_held_again_at_the_same_step(store):
    run_id = new_run(store, **SHORT)
    lifecycle.set_speed(store.database, run_id, 100.0)
    advance(store, run_id, "one_epoch")
    for progress in work(store, run_id):
        if progress.step == 8 and store.run(run_id).is_held:
            break
    run = store.run(run_id)
    assert (run.status, run.speed, run.hold_at) == ("interrupted", 100.0, 8)
    advance(store, run_id, "one_batch")
    training = threading.Thread(target=execute_run, args=(store.url, run_id, "owner"))
    training.start()
    held(store, run_id, 9)
    lifecycle.stop(store.database, run_id, "other")
    training.join()


def test_a_run_that_is_held_for_long_gives_its_worker_back(store, monkeypatch):
    for module in (pacing, job):
        monkeypatch.setattr(module, "HELD_SECONDS", 0.3)
    run_id = new_run(store, **SHORT)
    advance(store, run_id, "one_batch")
    assert execute_run(store.url, run_id) == "paused"
    assert "gave its worker back" in store.run(run_id).message


def test_the_clock_of_the_steps(monkeypatch):
    now = 100.0
    monkeypatch.setattr(pacing.time, "monotonic", lambda: now)
    clock = Pacing(steps_per_epoch=8, total_steps=20)
    assert clock.seconds_left(5) == 0
    assert clock.next_report(5) is None
    clock.set(2.0, None, 5)
    assert clock.seconds_left(5) == 0
    assert clock.seconds_left(6) == pytest.approx(0.5)
    now += 7.0  # what was lost is not made up for
    assert clock.seconds_left(6) == 0
    assert clock.seconds_left(7) == pytest.approx(0.5)
    clock.set(100.0, 12, 7)
    assert clock.next_report(7) == 8  # near a hold every step is seen
    assert clock.next_report(1) == 11
    clock.set(None, 100, 7)
    assert clock.next_report(7) == 100
    clock.set(100.0, 12, 7)
    assert (clock.is_held(11), clock.is_held(12), clock.is_held(20)) == (False, True, False)
    clock.move_hold("one_batch", 7)
    assert clock.hold_at == 13
    clock.move_hold("one_epoch", 7)
    assert clock.hold_at == 16
    clock.move_hold("go_on", 7)
    assert clock.hold_at is None
    clock.move_hold("one_epoch", 16)
    assert clock.hold_at == 24
    assert not clock.is_held(20)  # the run ends there


@pytest.mark.parametrize("speed", [0, -1, 1001, float("nan"), float("inf")])
def test_a_speed_that_is_none_is_refused(store, speed):
    with pytest.raises(ConfigError, match="speed must be above 0 and at most 1,000 steps a second, got"):
        store.create_run(store.run(new_run(store)).config, speed=speed)


def test_a_linear_network_whose_steps_are_taken_in_blocks_is_held_between_them_with_the_same_weights(store):
    settings = {"layers": [], "loss": "linear_squared_error", "optimizer": "sgd", "batch_size": 1, "epochs": 1}
    run_id = new_run(store, **settings, learning_rate=0.002)
    for _ in range(3):
        advance(store, run_id, "one_batch")
    training = in_background(store, run_id)
    held(store, run_id, 3)
    advance(store, run_id, "one_batch")
    held(store, run_id, 4)
    advance(store, run_id, "go_on")
    training.join()
    expected = plain_training(store.run(run_id).config, tiny_dataset())
    np.testing.assert_array_equal(store.load_weights(run_id).network.parameters, expected)
