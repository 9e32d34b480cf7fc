"""What a worker does with a run: the same weights as plain training, whatever comes in between, and all stored."""

import threading
import time

import numpy as np
import pytest
from sqlalchemy import func, select, update
from threadpoolctl import threadpool_limits
from tiny_digits import tiny_config, tiny_dataset

from mnistcore.data import Dataset
from mnistcore.errors import RunError
from mnistcore.runs import RunStore, execute_run, job, lifecycle, work
from mnistcore.runs.attempt import Attempt, Changes, SupersededError
from mnistcore.runs.chosen_steps import choose_snapshots
from mnistcore.runs.tables import CheckpointRow, CommandRow, RunRow
from mnistcore.training import TrainingConfig, TrainingState, train
from tests.waiting import wait_for

LONG = {"epochs": 100_000}


@pytest.fixture
def store():
    opened = RunStore()
    yield opened
    opened.close()


@pytest.fixture
def busy(monkeypatch):
    """Everything that is done from time to time is done at every Progress."""
    for name in ("RECORD_SECONDS", "COMMAND_SECONDS", "WEIGHTS_SECONDS", "CHECKPOINT_SECONDS", "CHECKPOINT_SHARE"):
        monkeypatch.setattr(job, name, 1e9 if name == "CHECKPOINT_SHARE" else 0.0)


def new_run(store: RunStore, **settings: object) -> str:
    return store.create_run(tiny_config(**settings), dataset=store.add_dataset(tiny_dataset()))


def plain_training(config: TrainingConfig, dataset: Dataset) -> np.ndarray:
    state = TrainingState.begin(config, dataset)
    with threadpool_limits(1):
        for _ in train(state):
            pass
    return state.network.parameters


def count(store: RunStore, table: type, run_id: str) -> int:
    with store.database.connect() as connection:
        counted = select(func.count()).select_from(table).where(table.run_id == run_id)
        return int(connection.execute(counted).scalar_one())


def in_background(store: RunStore, run_id: str) -> threading.Thread:
    thread = threading.Thread(target=execute_run, args=(store.url, run_id))
    thread.start()
    return thread


def test_a_finished_run_holds_all_that_there_is_to_know(store):
    dataset = tiny_dataset()
    run_id = new_run(store, epochs=3)
    assert execute_run(store.url, run_id) == "finished"
    run, history = store.run(run_id), store.history(run_id)
    assert (run.step, run.total_steps, run.epoch, run.fingerprint) == (24, 24, 3.0, dataset.fingerprint)
    assert run.message is None
    assert run.started_at <= run.ended_at
    assert 0 < run.test_accuracy <= 1
    assert history["step"].tolist() == sorted(set(history["step"]))
    assert history["step"].iloc[0] == 0
    last = history.iloc[-1]
    for name in ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy", "test_loss", "seconds"):
        assert last[name] == getattr(run, name)
    assert history["test_accuracy"].notna().sum() == 1  # looked at only at the end
    batch = store.latest_batch(run_id)
    assert np.array_equal(batch.labels, dataset.train_labels[batch.indices])
    assert batch.predictions.shape == batch.indices.shape
    assert count(store, CheckpointRow, run_id) == 0
    assert np.array_equal(store.load_weights(run_id).network.parameters, plain_training(run.config, dataset))


def test_snapshots_show_the_weights_forming(store):
    run_id = new_run(store, epochs=3)
    execute_run(store.url, run_id)
    steps = store.snapshot_steps(run_id)
    assert steps[:4] == [0, 1, 2, 3]
    assert steps[-1] == 24
    start = TrainingState.begin(store.run(run_id).config, tiny_dataset()).network.parameters
    assert np.abs(store.load_weights(run_id, 0).network.parameters - start).max() < 1e-3
    final = store.load_weights(run_id).network.parameters
    assert np.abs(store.load_weights(run_id, step=24).network.parameters - final).max() < 1e-2
    assert not np.array_equal(store.load_weights(run_id, 3).network.parameters, final)


@pytest.mark.parametrize(("steps", "parameters"), [(10_000, 1_000), (10_000, 669_706), (10_000, 9_999_999), (1, 100)])
def test_snapshots_stay_within_32_mb(steps, parameters):
    allowed, chosen = choose_snapshots(steps, parameters)
    assert 1 <= len(chosen) <= allowed
    assert allowed * 2 * parameters <= 32_000_000
    assert max(chosen) == steps
    if parameters == 1_000:
        assert len(chosen) >= 36


@pytest.mark.parametrize("settings", [{}, {"optimizer": "sgd", "schedule": "adaptive"}, {"early_stopping": 1}])
def test_a_run_interrupted_again_and_again_ends_with_the_same_weights(store, busy, settings):
    settings = {"epochs": 6, "layers": [{"units": 12}, {"kind": "dropout", "rate": 0.3}], **settings}
    run_id = new_run(store, **settings)
    for interruption in range(1, 30):
        for seen, _ in enumerate(work(store, run_id)):
            if seen == interruption:
                break
        if store.run(run_id).status != "interrupted":
            break
        assert store.run(run_id).can_resume
    run = store.run(run_id)
    assert run.status == "finished"
    assert interruption > 2
    assert np.array_equal(store.load_weights(run_id).network.parameters, plain_training(run.config, tiny_dataset()))
    steps = store.history(run_id)["step"].tolist()
    assert steps == sorted(set(steps))


def test_what_was_written_after_the_checkpoint_is_written_again(store, monkeypatch):
    monkeypatch.setattr(job, "RECORD_SECONDS", 0.0)
    run_id = new_run(store, epochs=4)
    watched = work(store, run_id)
    for progress in watched:
        if progress.step >= 20:
            break
    watched.close()
    with store.database.begin() as connection:  # as if the process had been killed before its first checkpoint
        connection.execute(CheckpointRow.__table__.delete())
    assert store.history(run_id)["step"].max() >= 15
    seen = [(progress.step, store.history(run_id)["step"].max()) for progress in work(store, run_id)]
    assert all(newest <= step for step, newest in seen)
    steps = store.history(run_id)["step"].tolist()
    assert steps == sorted(set(steps))
    expected = plain_training(store.run(run_id).config, tiny_dataset())
    assert np.array_equal(store.load_weights(run_id).network.parameters, expected)


@pytest.mark.usefixtures("reports_all")
def test_pause_keeps_the_place_and_going_on_gives_the_same_weights(store, monkeypatch):
    monkeypatch.setattr(job, "COMMAND_SECONDS", 0.0)
    run_id = new_run(store, epochs=6)
    for progress in work(store, run_id):
        if progress.step == 20:
            lifecycle.pause(store.database, run_id)
    run = store.run(run_id)
    assert run.status == "paused"
    assert 20 <= run.step < run.total_steps
    assert store.load_weights(run_id).network.parameter_count == run.parameter_count
    assert execute_run(store.url, run_id) == "finished"
    expected = plain_training(run.config, tiny_dataset())
    assert np.array_equal(store.load_weights(run_id).network.parameters, expected)


def test_no_more_than_five_seconds_of_work_can_be_lost(store):
    run_id = new_run(store, **LONG)
    thread = in_background(store, run_id)
    wait_for(lambda: count(store, CheckpointRow, run_id) == 1)
    seconds = store.run(run_id).seconds
    assert seconds < 5
    lifecycle.stop(store.database, run_id, "owner")
    thread.join()


def test_stop_ends_with_results(store):
    run_id = new_run(store, **LONG)
    thread = in_background(store, run_id)
    wait_for(lambda: store.run(run_id).step > 10)
    lifecycle.stop(store.database, run_id, "owner")
    thread.join()
    run = store.run(run_id)
    assert run.status == "stopped"
    assert run.message == f"Stopped at step {run.step:,} of 800,000."
    assert run.test_accuracy == store.history(run_id)["test_accuracy"].iloc[-1]
    assert count(store, CommandRow, run_id) == 0
    with pytest.raises(RunError, match="was stopped and cannot be resumed"):
        lifecycle.resume(store.database, run_id, "owner")
    with pytest.raises(RunError, match="was stopped: there is nothing left to stop"):
        lifecycle.stop(store.database, run_id, "owner")


def test_a_new_learning_rate_is_used_and_survives_a_crash(store):
    run_id = new_run(store, **LONG)
    thread = in_background(store, run_id)
    wait_for(lambda: store.run(run_id).step > 10)
    lifecycle.set_learning_rate(store.database, run_id, 0.00025)
    wait_for(lambda: store.run(run_id).learning_rate == 0.00025)
    assert count(store, CheckpointRow, run_id) == 1
    lifecycle.pause(store.database, run_id)
    thread.join()
    for progress in work(store, run_id):
        assert progress.learning_rate == 0.00025
        break


def test_a_run_that_diverges_says_when_and_what_to_do(store):
    run_id = new_run(store, learning_rate=100, loss="linear_squared_error", optimizer="sgd", epochs=50)
    assert execute_run(store.url, run_id) == "diverged"
    run = store.run(run_id)
    assert "no longer finite at step" in run.message
    assert np.isfinite(store.load_weights(run_id).network.parameters).all()


@pytest.mark.parametrize(
    ("dataset", "message"), [("import:0123456789ab", "no imported data set"), ("/nowhere/at/all", "No data set")]
)
def test_a_data_set_that_cannot_be_had_fails_the_run(store, dataset, message):
    run_id = store.create_run(tiny_config(), dataset=dataset)
    assert execute_run(store.url, run_id) == "failed"
    assert message in store.run(run_id).message
    assert store.run(run_id).can_resume


def test_a_data_set_that_has_changed_is_not_trained_on(store):
    name = store.add_dataset(tiny_dataset())
    run_id = store.create_run(tiny_config(), dataset=name, fingerprint="0" * 64)
    assert execute_run(store.url, run_id) == "failed"
    assert "has changed since this run began" in store.run(run_id).message


def test_something_unforeseen_is_told_and_logged(store, monkeypatch, caplog):
    def explode(*_: object, **__: object) -> None:
        raise ZeroDivisionError("at step nine")

    run_id = new_run(store)
    monkeypatch.setattr(job, "train", explode)
    assert execute_run(store.url, run_id) == "failed"
    assert "ZeroDivisionError: at step nine" in store.run(run_id).message
    assert "Traceback" in caplog.text


def test_only_one_submission_gets_the_run(store):
    run_id = new_run(store)
    assert lifecycle.claim(store.database, run_id, "somebody else's") is None
    assert lifecycle.claim(store.database, run_id, None) == 1
    with pytest.raises(RunError, match="is training"):
        execute_run(store.url, run_id)
    with pytest.raises(RunError, match="is training already"):
        lifecycle.resume(store.database, run_id, "another")


def test_a_superseded_execution_writes_no_more(store):
    run_id = store.create_run(tiny_config(), dataset="generated", owner="first")
    old = Attempt(store.database, run_id, lifecycle.claim(store.database, run_id, "first"))
    old.record(Changes(values={"step": 5}))
    new = Attempt(store.database, run_id, lifecycle.claim(store.database, run_id, "first"))
    for use in (lambda: old.record(Changes(values={"step": 6})), lambda: old.rewind(0, {})):
        with pytest.raises(SupersededError):
            use()
    assert store.run(run_id).step == 5
    new.record(Changes(values={"step": 7}))
    assert store.run(run_id).step == 7


def test_an_execution_ends_when_another_has_begun(store):
    run_id = new_run(store, **LONG)
    thread = in_background(store, run_id)
    wait_for(lambda: store.run(run_id).step > 10)
    with store.database.begin() as connection:
        connection.execute(update(RunRow).values(attempt=RunRow.attempt + 1, status="queued"))
    thread.join(10)
    assert not thread.is_alive()
    assert store.run(run_id).status == "queued"


def test_a_run_that_waits_is_paused_and_stopped_at_once(store):
    run_id = new_run(store)
    lifecycle.pause(store.database, run_id)
    assert store.run(run_id).status == "paused"
    assert lifecycle.resume(store.database, run_id, "me")
    assert store.run(run_id).status == "queued"
    lifecycle.stop(store.database, run_id, "owner")
    assert store.run(run_id).status == "stopped"
    assert lifecycle.claim(store.database, run_id, "me") is None


@pytest.mark.parametrize("settings", [{}, {"validation_size": 0}])
def test_a_paused_run_that_is_stopped_is_evaluated_where_it_stands(store, busy, settings):
    run_id = new_run(store, **LONG, **settings)
    for progress in work(store, run_id):
        if progress.step >= 9:
            lifecycle.pause(store.database, run_id)
    paused = store.run(run_id)
    assert (paused.status, paused.test_accuracy) == ("paused", None)
    assert lifecycle.stop(store.database, run_id, "submission")
    waiting = store.run(run_id)
    assert waiting.status == "queued"
    assert "its test accuracy will be measured" in waiting.message
    assert execute_run(store.url, run_id, "submission") == "stopped"
    run = store.run(run_id)
    assert (run.step, run.message) == (paused.step, f"Stopped at step {paused.step:,} of {paused.total_steps:,}.")
    assert run.test_accuracy == store.history(run_id)["test_accuracy"].iloc[-1]
    assert store.history(run_id)["step"].iloc[-1] == paused.step
    assert count(store, CommandRow, run_id) == count(store, CheckpointRow, run_id) == 0


def test_a_run_that_is_to_be_stopped_comes_before_those_that_are_to_be_trained(store, busy):
    run_id = new_run(store, **LONG)
    for _ in work(store, run_id):
        lifecycle.pause(store.database, run_id)
    waiting = new_run(store)
    lifecycle.stop(store.database, run_id, "submission")
    assert [store.queue_position(each) for each in (run_id, waiting)] == [1, 2]
    lifecycle.pause(store.database, run_id)  # it waits: whoever changes their mind may
    assert lifecycle.resume(store.database, run_id, "again")
    assert count(store, CommandRow, run_id) == 0


def test_stop_after_pause_ends_the_run_whichever_the_worker_sees_first(store, busy, monkeypatch):
    together = new_run(store, **LONG)
    for _ in work(store, together):
        lifecycle.pause(store.database, together)
        lifecycle.stop(store.database, together, "nobody")
    late = new_run(store, **LONG)
    leave = job._Job._leave

    def leave_slowly(self, *words):
        lifecycle.stop(store.database, late, "nobody")  # when the worker has read its commands
        leave(self, *words)

    monkeypatch.setattr(job._Job, "_leave", leave_slowly)
    for _ in work(store, late):
        lifecycle.pause(store.database, late)
    for run in (store.run(together), store.run(late)):
        assert run.status == "stopped"
        assert run.test_accuracy is not None


def test_stop_between_a_runs_start_and_its_first_step_ends_it_with_what_it_has(store, busy, monkeypatch):
    run_id = new_run(store, **LONG)
    claim = lifecycle.claim

    def claim_late(*names):
        number = claim(*names)
        lifecycle.stop(store.database, run_id, "nobody")
        return number

    monkeypatch.setattr(lifecycle, "claim", claim_late)
    assert execute_run(store.url, run_id) == "stopped"
    assert store.run(run_id).test_accuracy is not None
    assert store.history(run_id)["epoch"].tolist() == [0.0]


def test_what_cannot_be_evaluated_is_stopped_at_once_and_says_so(store, busy):
    fresh, broken = new_run(store), new_run(store, **LONG)
    assert not lifecycle.stop(store.database, fresh, "nobody")
    assert store.run(fresh).message == "Stopped before it began."
    for _ in work(store, broken):
        lifecycle.pause(store.database, broken)
    with store.database.begin() as connection:
        connection.execute(update(RunRow).where(RunRow.id == broken).values(status="failed", step=1234))
    assert not lifecycle.stop(store.database, broken, "nobody")
    run = store.run(broken)
    assert (run.status, run.message) == ("stopped", "Stopped at step 1,234; its test accuracy was not measured.")


@pytest.mark.parametrize("status", [*lifecycle._SO_FAR])
def test_what_a_runs_status_does_not_allow_is_refused_in_a_sentence(store, status):
    run_id = new_run(store)
    wishes = {
        "pause": lambda: lifecycle.pause(store.database, run_id),
        "stop": lambda: lifecycle.stop(store.database, run_id, "me"),
        "resume": lambda: lifecycle.resume(store.database, run_id, "me"),
        "rate": lambda: lifecycle.set_learning_rate(store.database, run_id, 0.1),
    }
    refused = {}
    for name, wish in wishes.items():
        with store.database.begin() as connection:
            connection.execute(CommandRow.__table__.delete())
            connection.execute(update(RunRow).values(status=status, heartbeat_at=time.time()))
        try:
            wish()
        except RunError as error:
            refused[name] = str(error)
    expected = {"queued": {"resume"}, "running": {"resume"}, "paused": {"pause"}, "failed": {"pause"}}
    expected |= {"interrupted": {"pause"}}
    assert set(refused) == expected.get(status, set(wishes))
    for sentence in refused.values():
        assert sentence.startswith("The run ")
        assert sentence.endswith(".")
        assert run_id not in sentence
        assert "_" not in sentence


def test_a_pause_is_withdrawn_by_going_on(store):
    run_id = new_run(store)
    lifecycle.claim(store.database, run_id, None)
    lifecycle.pause(store.database, run_id)
    assert not lifecycle.resume(store.database, run_id, "me")
    assert count(store, CommandRow, run_id) == 0


def test_only_one_server_adopts_a_run(store):
    run_id = new_run(store)
    lifecycle.claim(store.database, run_id, None)
    (seen,) = lifecycle.active_runs(store.database)
    assert lifecycle.adopt(store.database, run_id, seen.attempt, seen.heartbeat_at, "first")
    assert not lifecycle.adopt(store.database, run_id, seen.attempt, seen.heartbeat_at, "second")
    assert lifecycle.claim(store.database, run_id, "second") is None
    assert lifecycle.claim(store.database, run_id, "first") is not None
