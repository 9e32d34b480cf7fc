"""The engine with real worker processes: they are killed, servers are killed, and no run is lost or left behind."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select
from tiny_digits import parameters_after, tiny_config, tiny_dataset

from mnistcore.errors import ConfigError, RunError
from mnistcore.runs import Engine, RunStore, dispatch, lifecycle
from mnistcore.runs.cluster import _local_cluster
from mnistcore.runs.tables import CheckpointRow
from mnistcore.worker_start import NICENESS
from tests.waiting import wait_for

ROOT = Path(__file__).parents[2]
LONG = {"epochs": 100_000}  # no machine is done with it before it is stopped

SERVER = """
import os, signal, sys
from mnistcore.runs import Engine, RunStore
from test_engine import LONG, checkpoint_soon
from tiny_digits import tiny_config

if __name__ == "__main__":
    store = RunStore()
    engine = Engine(store, workers=1)
    running = engine.submit(tiny_config(**LONG), dataset=sys.argv[1])
    waiting = engine.submit(tiny_config(epochs=3), dataset=sys.argv[1])
    step = checkpoint_soon(store, engine, running)
    print(running, waiting, step, engine._dispatcher._cluster._local.workers[0].pid, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunStore, Engine, str]]:
    """One cluster of two workers for all tests that leave it in order: (store, engine, name of a tiny data set)."""
    store = RunStore(f"sqlite:///{tmp_path_factory.mktemp('engine')}/runs.db")
    with Engine(store, workers=2) as started:
        yield store, started, store.add_dataset(tiny_dataset())
    store.close()


def wait_for_end(store: RunStore, run_id: str) -> str:
    wait_for(lambda: not store.run(run_id).is_active)
    return store.run(run_id).status


def wait_for_step(store: RunStore, run_id: str, step: int = 1) -> None:
    wait_for(lambda: store.run(run_id).step >= step)


def test_the_engine_looks_at_the_store_at_once_when_it_is_asked_to(shared, monkeypatch):
    _, engine, _ = shared
    rounds: list[int] = []
    try:
        monkeypatch.setattr(engine._dispatcher, "_coordinate", lambda *_: rounds.append(1) or [])
        monkeypatch.setattr(dispatch, "TICK_SECONDS", 3600.0)
        for _ in range(3):  # the first one may fall into the two seconds before
            before = len(rounds)
            engine.look_now()
            wait_for(lambda before=before: len(rounds) > before)
    finally:
        monkeypatch.undo()
        engine.look_now()


def checkpoint_soon(store: RunStore, started: Engine, run_id: str) -> int:
    """A learning rate that is set, be it to what it was, brings a checkpoint: its step."""
    found = select(CheckpointRow.step).where(CheckpointRow.run_id == run_id)
    wait_for_step(store, run_id)
    started.set_learning_rate(run_id, store.run(run_id).config.learning_rate)

    def newest() -> int | None:
        with store.database.connect() as connection:
            return connection.execute(found).scalar()

    return int(wait_for(newest))


def worker_of(started: Engine, run_id: str) -> int:
    """The process that works on a run."""
    client = started._dispatcher._cluster._client
    addresses = [address for address, keys in client.processing().items() if any(run_id in str(key) for key in keys)]
    return client.run(os.getpid, workers=addresses)[addresses[0]]


def assert_as_if_undisturbed(store: RunStore, started: Engine, run_id: str, after: int) -> None:
    """Once it has gone on beyond the step ``after``, a run of LONG has the weights of plain training, at any step."""
    wait_for_step(store, run_id, after + 1)
    started.stop(run_id)
    assert wait_for_end(store, run_id) == "stopped"
    network, step = store.load_weights(run_id)
    assert step == store.run(run_id).step > after
    assert np.array_equal(network.parameters, parameters_after(step, **LONG))


def test_a_submitted_run_is_worked_off_in_another_process(shared):
    store, started, dataset = shared
    run_id = started.submit(tiny_config(), dataset=dataset, name="first")
    assert wait_for_end(store, run_id) == "finished"
    assert started.ready
    assert started.error is None
    assert store.run(run_id).name == "first"


def test_a_killed_worker_costs_nothing_but_time(shared):
    store, started, dataset = shared
    disturbed = started.submit(tiny_config(**LONG), dataset=dataset)
    step = checkpoint_soon(store, started, disturbed)
    os.kill(worker_of(started, disturbed), signal.SIGKILL)
    wait_for(lambda: [run.attempt for run in lifecycle.active_runs(store.database) if run.id == disturbed] == [2])
    # Pages come before training, on the worker in the dead one's place too.
    nice = started._dispatcher._cluster._client.run(os.nice, 0)
    assert min(nice.values()) >= min(19, os.nice(0) + NICENESS)
    assert_as_if_undisturbed(store, started, disturbed, step)
    steps = store.history(disturbed)["step"]
    assert steps.is_monotonic_increasing
    assert steps.is_unique


def test_a_paused_run_goes_on_as_if_it_had_not_been_paused(shared):
    store, started, dataset = shared
    run_id = started.submit(tiny_config(**LONG), dataset=dataset)
    wait_for_step(store, run_id, 10)
    started.pause(run_id)
    wait_for(lambda: store.run(run_id).status == "paused")
    with pytest.raises(RunError, match="is paused: only a run that is training or queued"):
        started.pause(run_id)
    step = store.run(run_id).step
    started.resume(run_id)
    assert_as_if_undisturbed(store, started, run_id, step)


def test_a_finished_run_cannot_go_on(shared):
    store, started, dataset = shared
    run_id = started.submit(tiny_config(), dataset=dataset)
    assert wait_for_end(store, run_id) == "finished"
    with pytest.raises(RunError, match="has finished and cannot be resumed"):
        started.resume(run_id)


def test_a_paused_run_that_is_stopped_gets_its_test_accuracy(shared):
    store, started, dataset = shared
    run_id = started.submit(tiny_config(**LONG), dataset=dataset)
    wait_for_step(store, run_id, 10)
    started.pause(run_id)
    wait_for(lambda: store.run(run_id).status == "paused")
    step = store.run(run_id).step
    started.stop(run_id)
    assert wait_for_end(store, run_id) == "stopped"
    run = store.run(run_id)
    assert run.test_accuracy is not None
    assert run.message == f"Stopped at step {step:,} of {run.total_steps:,}."


def test_pausing_and_going_on_again_and_again_keeps_all_workers(shared):
    store, started, dataset = shared
    run_id = started.submit(tiny_config(**LONG), dataset=dataset)
    for _ in range(4):
        wait_for(lambda: store.run(run_id).status == "running")
        started.pause(run_id)
        wait_for(lambda: store.run(run_id).status == "paused")
        started.resume(run_id)
    other = started.submit(tiny_config(**LONG), dataset=dataset)
    wait_for_step(store, other)
    for each in (run_id, other):
        started.stop(each)
        wait_for_end(store, each)


def test_a_learning_rate_changes_while_training_goes_on(shared):
    store, started, dataset = shared
    run_id = started.submit(tiny_config(**LONG), dataset=dataset)
    wait_for_step(store, run_id, 10)
    with pytest.raises(ConfigError, match="learning_rate must be above 0"):
        started.set_learning_rate(run_id, float("nan"))
    started.set_learning_rate(run_id, 0.0005)
    wait_for(lambda: store.run(run_id).learning_rate == 0.0005)
    step = store.run(run_id).step
    wait_for_step(store, run_id, step + 1)
    started.stop(run_id)
    assert wait_for_end(store, run_id) == "stopped"
    assert store.run(run_id).test_accuracy is not None
    assert sorted(set(store.history(run_id)["learning_rate"])) == [0.0005, 0.001]


def test_runs_queue_when_all_workers_are_busy(shared):
    store, started, dataset = shared
    busy = [started.submit(tiny_config(**LONG), dataset=dataset) for _ in range(2)]
    for run_id in busy:
        wait_for_step(store, run_id)
    first, second, third = (started.submit(tiny_config(), dataset=dataset) for _ in range(3))
    assert [started.queue_position(run_id) for run_id in (*busy, first, second, third)] == [None, None, 1, 2, 3]
    started.stop(second)  # at once: nobody works on it
    assert store.run(second).status == "stopped"
    assert started.queue_position(third) == 2
    started.pause(third)
    assert store.run(third).status == "paused"
    started.stop(busy[0])
    assert wait_for_end(store, first) == "finished"
    started.resume(third)
    assert wait_for_end(store, third) == "finished"
    started.stop(busy[1])
    wait_for_end(store, busy[1])


def test_a_failed_run_frees_its_worker(shared):
    store, started, dataset = shared
    failed = started.submit(tiny_config(), dataset="import:0123456789ab")
    assert wait_for_end(store, failed) == "failed"
    assert "no imported data set" in store.run(failed).message
    assert wait_for_end(store, started.submit(tiny_config(), dataset=dataset)) == "finished"


def test_a_killed_server_costs_nothing_but_time(tmp_path, monkeypatch):
    """Server and workers are gone at once; the next server finishes what ran, and what had waited."""
    store = RunStore()
    dataset = store.add_dataset(tiny_dataset())
    script = tmp_path / "server.py"
    script.write_text(SERVER)
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests" / "core")])
    environment = os.environ | {"PYTHONPATH": paths}
    server = subprocess.run(
        [sys.executable, str(script), dataset], env=environment, capture_output=True, text=True, timeout=200
    )
    assert server.returncode == -signal.SIGKILL, server.stderr
    running, waiting, step, worker = server.stdout.split()
    assert store.run(running).status == "running"
    assert 0 < int(step) < store.run(running).total_steps
    wait_for(lambda: not Path(f"/proc/{worker}").exists())
    soon_lost(monkeypatch)
    with Engine(store, workers=1) as started:
        wait_for(lambda: {running, waiting} <= set(started._dispatcher._runs.held))
        not_lost_again(monkeypatch)
        assert_as_if_undisturbed(store, started, running, int(step))
        assert wait_for_end(store, waiting) == "finished"
        assert started.recover() == []
    store.close()


def soon_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run whose heartbeat stands still counts as lost after a moment, not after seconds."""
    monkeypatch.setattr(dispatch, "LOST_SECONDS", 0.5)
    monkeypatch.setattr(dispatch, "TICK_SECONDS", 0.1)


def not_lost_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine the heart of a run that is worked on may beat late."""
    monkeypatch.setattr(dispatch, "LOST_SECONDS", 600.0)


def test_without_auto_resume_a_lost_run_waits_for_its_user(monkeypatch):
    soon_lost(monkeypatch)
    store = RunStore()
    run_id = store.create_run(tiny_config(), dataset=store.add_dataset(tiny_dataset()))
    assert lifecycle.claim(store.database, run_id, None) == 1  # and then its process is killed
    with Engine(store, workers=1, auto_resume=False) as started:
        wait_for(lambda: store.run(run_id).status == "interrupted")
        assert "resume it from its last checkpoint" in store.run(run_id).message
        not_lost_again(monkeypatch)
        started.resume(run_id)
        assert wait_for_end(store, run_id) == "finished"
    store.close()


def test_a_worker_that_dask_gave_up_is_replaced():
    store = RunStore()
    dataset = store.add_dataset(tiny_dataset())
    with Engine(store, workers=1) as started:
        assert started.wait_until_ready()
        local = started._dispatcher._cluster._local
        local.sync(local.workers.pop(0).close)
        assert wait_for_end(store, started.submit(tiny_config(), dataset=dataset)) == "finished"
    store.close()


def test_closing_leaves_runs_to_the_next_engine():
    store = RunStore()
    dataset = store.add_dataset(tiny_dataset())
    with Engine(store, workers=1) as started:
        run_id = started.submit(tiny_config(**LONG), dataset=dataset)
        waiting = started.submit(tiny_config(), dataset=dataset)
        wait_for_step(store, run_id)
    # It does not wait for what it interrupts: a hundred thousand epochs.
    assert [store.run(each).status for each in (run_id, waiting)] == ["interrupted", "interrupted"]
    step = store.run(run_id).step
    with Engine(store, workers=1) as started:
        wait_for_step(store, run_id, step + 1)
        started.stop(run_id)
        assert wait_for_end(store, waiting) == "finished"
    store.close()


def test_a_scheduler_that_does_not_answer_is_named(monkeypatch):
    monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", "tcp://127.0.0.1:9")
    monkeypatch.setattr("mnistcore.runs.cluster._CONNECT_SECONDS", 1)
    submitted = threading.Event()
    connect = dispatch.Cluster

    def connect_after_the_submission(address: str | None, workers: int) -> dispatch.Cluster:
        assert submitted.wait(120), "the submission waits for the cluster"
        return connect(address, workers)

    monkeypatch.setattr(dispatch, "Cluster", connect_after_the_submission)
    store = RunStore()
    with Engine(store) as started:
        run_id = started.submit(tiny_config(), dataset="generated")
        submitted.set()
        wait_for(lambda: started.error is not None)
        assert "no Dask scheduler answers at tcp://127.0.0.1:9" in started.error
        assert not started.ready
        assert store.run(run_id).status == "queued"
    store.close()


def test_a_scheduler_elsewhere_is_used_and_left_alone(monkeypatch):
    with _local_cluster(1) as elsewhere:
        monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", elsewhere.scheduler_address)
        store = RunStore()
        dataset = store.add_dataset(tiny_dataset())
        with Engine(store) as started:
            run_id = started.submit(tiny_config(), dataset=dataset)
            assert wait_for_end(store, run_id) == "finished"
            going_on = started.submit(tiny_config(**LONG), dataset=dataset)
            wait_for_step(store, going_on)
        assert elsewhere.status.name == "running"
        step = store.run(going_on).step
        wait_for_step(store, going_on, step + 1)
        lifecycle.stop(store.database, going_on, "owner")
        assert wait_for_end(store, going_on) == "stopped"
        store.close()
