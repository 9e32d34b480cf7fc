"""The run store: what is put in comes out, also after a mishap, and what is wrong is said."""

import sqlite3
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import insert, update
from tiny_digits import tiny_config, tiny_dataset

from mnistcore.errors import DataError, ExplorerError, RunError
from mnistcore.runs import RunStore, default_store_url
from mnistcore.runs.history import thin
from mnistcore.runs.tables import METRICS, MetricRow, RunRow, SchemaRow


@pytest.fixture
def store():
    opened = RunStore()
    yield opened
    opened.close()


def set_columns(store: RunStore, run_id: str, **values: object) -> None:
    with store.database.begin() as connection:
        connection.execute(update(RunRow).where(RunRow.id == run_id).values(**values))


def add_history(store: RunStore, run_id: str, count: int) -> None:
    rows = [
        {"run_id": run_id, "step": step, "epoch": step / 10, "seconds": 0.1 * step, "train_loss": 1 / (1 + step)}
        for step in range(count)
    ]
    for row in rows:
        row["validation_loss"] = 2.0 if row["step"] % 50 == 0 else None
    with store.database.begin() as connection:
        connection.execute(insert(MetricRow), rows)


def test_a_new_run_is_queued_with_all_its_settings(store):
    config = tiny_config(seed=7, learning_rate=0.02)
    before = datetime.now(timezone.utc)
    run = store.run(store.create_run(config, dataset="generated", fingerprint="ab" * 32, recipe="perceptrons"))
    assert (run.status, run.step, run.message, run.deleted, run.is_active) == ("queued", 0, None, False, True)
    assert run.config == config
    assert (run.dataset, run.fingerprint) == ("generated", "ab" * 32)
    assert (run.recipe, run.name) == ("perceptrons", "perceptrons")
    assert run.parameter_count == 784 * 12 + 12 + 12 * 10 + 10
    assert before <= run.created_at <= datetime.now(timezone.utc)
    assert run.created_at.tzinfo is not None
    assert run.started_at is None
    assert run.ended_at is None


def test_runs_come_newest_first_and_names_are_told_apart(store):
    ids = [store.create_run(tiny_config()) for _ in range(3)]
    assert [run.id for run in store.runs()] == ids[::-1]
    assert [run.id for run in store.runs(limit=1)] == [ids[2]]
    assert [run.name for run in store.runs()] == ["784-12-10 adam 3", "784-12-10 adam 2", "784-12-10 adam"]


def test_another_process_sees_the_same_store(store):
    run_id = store.create_run(tiny_config())
    other = RunStore(store.url)
    assert other.run(run_id).id == run_id
    other.close()


@pytest.mark.parametrize("run_id", ["", "x" * 12, "ABCDEF012345", "../../etc/pa", "0123456789ab0", "0123456789ab\n", 5])
def test_a_malformed_id_is_refused_before_the_database_is_asked(store, run_id):
    for use in (store.run, store.history, store.snapshot_steps, store.latest_batch, store.delete, store.export_run):
        with pytest.raises(RunError, match="There is no run “"):
            use(run_id)


def test_an_unknown_id_is_named(store):
    for use in (store.run, store.load_weights, store.delete, store.restore):
        with pytest.raises(RunError, match="no run “0123456789ab”"):
            use("0123456789ab")
    with pytest.raises(RunError, match="no run “0123456789ab”"):
        store.rename("0123456789ab", "name")


def test_rename_keeps_names_printable_and_short(store):
    run_id = store.create_run(tiny_config(), name="  first \n try ")
    assert store.run(run_id).name == "first try"
    store.rename(run_id, "Ünï 数字")
    assert store.run(run_id).name == "Ünï 数字"
    too_long, unseen = "at most 200 characters, this one has 201", "a character that cannot be shown"
    for bad, said in (("", "needs a name"), ("   ", "needs a name"), ("x" * 201, too_long), ("a\x00b", unseen)):
        with pytest.raises(RunError, match=said):
            store.rename(run_id, bad)


def test_delete_is_undone_until_it_is_purged(store):
    kept, gone = store.create_run(tiny_config()), store.create_run(tiny_config())
    set_columns(store, gone, status="finished")
    add_history(store, gone, 3)
    store.delete(gone)
    assert [run.id for run in store.runs()] == [kept]
    assert {run.id for run in store.runs(include_deleted=True)} == {kept, gone}
    store.restore(gone)
    assert len(store.runs()) == 2
    assert len(store.history(gone)) == 3
    store.delete(gone)
    assert store.purge_deleted(older_than_seconds=60) == 0
    assert store.purge_deleted() == 1
    assert store.history(gone).empty
    with pytest.raises(RunError, match="no run"):
        store.restore(gone)


def test_a_run_in_progress_is_not_deleted(store):
    run_id = store.create_run(tiny_config())
    with pytest.raises(RunError, match="is still in progress: stop it"):
        store.delete(run_id)


def test_a_run_that_nobody_works_on_counts_as_interrupted(store):
    run_id = store.create_run(tiny_config())
    long_ago = datetime.now(timezone.utc) - timedelta(minutes=1)
    set_columns(store, run_id, status="running", heartbeat_at=long_ago.timestamp())
    run = store.run(run_id)
    assert (run.status, run.is_active, run.can_resume) == ("interrupted", False, True)
    assert "can be resumed" in run.message
    assert [run.status for run in store.runs()] == ["interrupted"]


def test_the_queue_is_counted_from_one(store):
    ids = [store.create_run(tiny_config()) for _ in range(3)]
    assert [store.queue_position(run_id) for run_id in ids] == [1, 2, 3]
    set_columns(store, ids[0], status="running")
    assert [store.queue_position(run_id) for run_id in ids] == [None, 1, 2]


def test_history_is_a_table_of_numbers_after_a_step(store):
    run_id = store.create_run(tiny_config())
    empty = store.history(run_id)
    assert tuple(empty.columns) == METRICS
    assert empty.empty
    add_history(store, run_id, 100)
    history = store.history(run_id, after_step=89)
    assert history["step"].tolist() == list(range(90, 100))
    assert history["step"].dtype == np.int64
    assert history["train_loss"].dtype == np.float64
    assert history["test_loss"].isna().all()


def test_thinning_keeps_ends_and_evaluations(store):
    run_id = store.create_run(tiny_config())
    add_history(store, run_id, 1000)
    thinned = store.history(run_id, max_points=100)
    steps = set(thinned["step"])
    assert len(thinned) <= 100
    assert {0, 998, 999} | set(range(0, 1000, 50)) <= steps
    assert thinned["step"].is_monotonic_increasing


@pytest.mark.parametrize("max_points", [3, 4, 7, 50, 999, 1000, 2000])
@pytest.mark.parametrize("evaluated_every", [1, 3, 2000])
def test_thinning_never_gives_more_than_asked_for(max_points, evaluated_every):
    table = np.full((1000, len(METRICS)), np.nan)
    table[:, 0] = np.arange(1000)
    table[::evaluated_every, METRICS.index("validation_loss")] = 1.0
    kept = thin(table, max_points)[:, 0]
    assert len(kept) <= max_points
    assert len(set(kept)) == len(kept)
    assert {0, 998, 999} <= set(kept)
    assert len(kept) >= min(1000, max_points * 0.4)  # stretches without a number give one row instead of two


def test_a_run_without_weights_says_so(store):
    run_id = store.create_run(tiny_config())
    assert store.snapshot_steps(run_id) == []
    assert store.latest_batch(run_id) is None
    with pytest.raises(RunError, match="has no weights yet"):
        store.load_weights(run_id)
    with pytest.raises(RunError, match="no weights of step 5"):
        store.load_weights(run_id, step=5)


def test_an_imported_data_set_comes_back_equal_and_is_stored_once(store):
    dataset = tiny_dataset()
    name = store.add_dataset(dataset)
    assert name.startswith("import:")
    assert store.add_dataset(dataset) == name
    loaded = store.open_dataset(name)
    assert loaded.fingerprint == dataset.fingerprint
    assert store.open_dataset(name) is loaded
    assert not loaded.train_images.flags.writeable
    (listed,) = store.datasets()
    assert (listed.name, listed.title, listed.images) == (name, "tiny", 800)
    store.delete_dataset(name)
    assert store.datasets() == []
    for use in (store.load_dataset, store.delete_dataset, store.open_dataset):
        with pytest.raises(DataError, match="no imported data set"):
            use(name)


def test_a_data_set_in_use_is_not_deleted(store):
    name = store.add_dataset(tiny_dataset())
    run_id = store.create_run(tiny_config(), dataset=name)
    with pytest.raises(RunError, match="is being trained on"):
        store.delete_dataset(name)
    set_columns(store, run_id, status="finished")
    store.delete_dataset(name)


def test_the_address_is_the_variable_or_a_file_in_the_data_folder(own_home: Path, monkeypatch, tmp_path):
    assert default_store_url() == f"sqlite:///{own_home.resolve() / 'runs.db'}"
    monkeypatch.setenv("MNIST_EXPLORER_STORE", f"sqlite:///{tmp_path}/other.db")
    store = RunStore()
    store.close()
    assert (tmp_path / "other.db").exists()


def test_a_relative_address_becomes_absolute(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    store = RunStore("sqlite:///here.db")
    store.close()
    assert store.url == f"sqlite:///{tmp_path.resolve()}/here.db"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("sqlite://", "cannot be in memory"),
        ("nonsense", "not a database URL"),
        ("oracle+nothing://host/name", "no driver"),
        ("sqlite:////proc/nowhere/runs.db", "cannot be used"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused(url, message):
    with pytest.raises(ExplorerError, match=message):
        RunStore(url)


def test_a_password_is_not_shown():
    with pytest.raises(ExplorerError) as caught:
        RunStore("postgresql+nodriver://user:secret@host/name")
    assert "secret" not in str(caught.value)


def test_a_damaged_file_is_named_and_left_alone(tmp_path):
    path = tmp_path / "runs.db"
    path.write_bytes(b"this is no database, but it may be all that somebody has" * 100)
    content = path.read_bytes()
    with pytest.raises(
        ExplorerError, match=r"runs\.db cannot be used, since .*MNIST_EXPLORER_STORE.*Nothing was deleted"
    ):
        RunStore(f"sqlite:///{path}")
    assert path.read_bytes() == content


def test_a_file_damaged_in_the_middle_is_an_error_to_read(store):
    for _ in range(200):
        store.create_run(tiny_config())
    path = Path(store.url.removeprefix("sqlite:///"))
    store.close()
    content = bytearray(path.read_bytes())
    content[8192:-4096] = b"\xff" * len(content[8192:-4096])
    path.write_bytes(bytes(content))
    with pytest.raises(ExplorerError, match=r"runs\.db cannot be used, since"):
        RunStore(store.url).runs()


def test_a_newer_schema_and_another_programs_file_are_refused(store, tmp_path):
    with store.database.begin() as connection:
        connection.execute(update(SchemaRow).values(version=99))
    with pytest.raises(ExplorerError, match=r"schema version 99, this program knows [0-9]+: update MNIST"):
        RunStore(store.url)
    with sqlite3.connect(tmp_path / "other.db") as connection:
        connection.execute("CREATE TABLE runs (distance REAL)")
    connection.close()
    with pytest.raises(ExplorerError, match="another program's tables"):
        RunStore(f"sqlite:///{tmp_path}/other.db")
