"""A store of an older version opens for ever, and a backup taken while a run trains gives all of it back.

``stores/version_2.db.gz`` was written by commit 2a1d11a: runs that are finished, diverged, paused, stopped, waiting and
deleted, on an imported data set of its own.
"""

import gzip
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest

from mnistcore.cli import main
from mnistcore.runs import RunStore, execute_run, lifecycle
from mnistcore.training import TrainingState, parse_config, train

OLD = Path(__file__).parent / "stores"
ENDS = {"finished": "finished", "diverged": "diverged", "paused": "paused", "stopped": "stopped", "deleted": "finished"}


@pytest.fixture(params=sorted(path.name for path in OLD.glob("*.db.gz")))
def old_store(request: pytest.FixtureRequest, own_home: Path) -> RunStore:
    """A copy of each store in the folder."""
    with gzip.open(OLD / request.param) as packed, (own_home / "runs.db").open("wb") as file:
        shutil.copyfileobj(packed, file)
    return RunStore()


def id_of(store: RunStore, name: str) -> str:
    return next(run.id for run in store.runs(include_deleted=True) if run.name == name)


def trained_through(store: RunStore, run_id: str) -> np.ndarray:
    """The weights that the run's settings give when nothing comes between."""
    run = store.run(run_id)
    state = TrainingState.begin(run.config, store.open_dataset(run.dataset))
    for _ in train(state):
        pass
    return state.network.parameters


def test_all_of_an_old_store_can_be_read(old_store: RunStore):
    runs = {run.name: run for run in old_store.runs(include_deleted=True)}
    assert {name: runs[name].status for name in ENDS} == ENDS
    assert [name for name, run in runs.items() if run.deleted] == ["deleted"]
    assert runs["finished"].test_accuracy == 0.8
    assert len(old_store.history(runs["finished"].id)) > 10
    assert len(old_store.snapshot_steps(runs["finished"].id)) > 5
    assert old_store.load_weights(runs["finished"].id).step == 20
    assert old_store.open_dataset(runs["finished"].dataset).fingerprint == runs["finished"].fingerprint
    assert (runs["diverged"].message or "").startswith("The loss was no longer finite at step ")


def test_a_run_that_an_older_version_paused_goes_on_to_the_same_weights(old_store: RunStore):
    """But for rounding: a version, or a processor, adds up in an order of its own, and the first half has another's."""
    run_id = id_of(old_store, "paused")
    lifecycle.resume(old_store.database, run_id, "owner")
    assert execute_run(old_store.url, run_id, "owner") == "finished"
    weights = old_store.load_weights(run_id).network.parameters
    np.testing.assert_allclose(weights, trained_through(old_store, run_id), rtol=0, atol=1e-6)


def test_runs_of_an_older_version_are_restored_exported_and_trained_again(old_store: RunStore):
    deleted = id_of(old_store, "deleted")
    old_store.restore(deleted)
    assert old_store.run(old_store.import_run(old_store.export_run(deleted))).status == "finished"
    source = old_store.run(id_of(old_store, "finished"))
    again = old_store.create_run(source.config, dataset=source.dataset, fingerprint=source.fingerprint)
    assert execute_run(old_store.url, again) == "finished"
    assert old_store.run(again).test_accuracy == source.test_accuracy


def test_a_backup_taken_while_a_run_trains_is_whole(
    own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    store = RunStore()
    config = parse_config({"layers": [{"units": 8}], "epochs": 60, "validation_size": 50, "batch_size": 10})
    run_id = store.create_run(config, dataset="generated-600", name="under way", speed=100.0)  # half a minute
    threading.Thread(target=execute_run, args=(store.url, run_id), daemon=True).start()
    assert_running(store, run_id)
    target = tmp_path / "backups" / "runs.db"
    assert main(["runs", "backup", str(target)]) == 0
    assert f"in {target}" in capsys.readouterr().out
    lifecycle.stop(store.database, run_id, lifecycle.new_owner())

    elsewhere = tmp_path / "another machine"
    elsewhere.mkdir()
    shutil.copy(target, elsewhere / "runs.db")
    monkeypatch.setenv("MNIST_EXPLORER_HOME", str(elsewhere))
    restored = RunStore()
    run = restored.run(run_id)
    assert (run.name, run.config) == ("under way", config)
    assert list(restored.history(run_id)["step"])[-1] <= run.step
    lifecycle.release(restored.database, [row.owner for row in lifecycle.active_runs(restored.database) if row.owner])
    assert execute_run(restored.url, run_id) == "finished"
    np.testing.assert_array_equal(restored.load_weights(run_id).network.parameters, trained_through(restored, run_id))


def assert_running(store: RunStore, run_id: str) -> None:
    from tests.waiting import wait_for

    wait_for(lambda: store.run(run_id).step > 0)


def test_a_backup_does_not_replace_a_file(own_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    RunStore()
    target = tmp_path / "runs.db"
    target.write_text("something else")
    assert main(["runs", "backup", str(target)]) == 2
    assert "already exists: name a file that does not" in capsys.readouterr().err
    assert target.read_text() == "something else"
