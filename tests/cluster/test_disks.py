"""A full disk, a folder that is read-only, a SQLite file that another program holds: runs wait, and nothing is lost."""

import logging
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from mnistcore.cli import main
from mnistcore.runs import RunStore, StoreUnavailableError, database, execute_run, lifecycle
from tests.core.tiny_digits import parameters_after, tiny_config, tiny_dataset
from tests.waiting import wait_for

LONG = {"epochs": 100_000}
SIZE = 4_000_000


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", place], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip(f"no disk can be mounted here: {mounted.stderr.decode().strip()}")
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite says soon that a file is locked."""
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.2)


def begin_run(store: RunStore) -> tuple[str, threading.Thread]:
    """A run that is under way in a thread of its own."""
    run_id = store.create_run(tiny_config(**LONG), dataset=store.add_dataset(tiny_dataset()))
    thread = threading.Thread(target=execute_run, args=(store.url, run_id))
    thread.start()
    wait_for(lambda: store.run(run_id).step > 0)
    return run_id, thread


def assert_waits_and_goes_on(
    store: RunStore, caplog: pytest.LogCaptureFixture, disturb: Callable[[], None], mend: Callable[[], None], words: str
) -> None:
    """Disturbed, a run waits and says for what; mended, it goes on as if nothing had been."""
    caplog.set_level(logging.WARNING)
    run_id, thread = begin_run(store)
    disturb()
    wait_for(lambda: f"run {run_id} waits: the run store" in caplog.text)
    outage = wait_for(lambda: store.outage)
    assert words in outage.message
    assert store.run(run_id).status == "running"  # it can be read, and nobody takes it for lost
    mend()
    wait_for(lambda: f"run {run_id} goes on" in caplog.text)
    step = store.run(run_id).step
    wait_for(lambda: store.run(run_id).step > step)
    lifecycle.stop(store.database, run_id, "the test")
    thread.join()
    network, step = store.load_weights(run_id)
    assert np.array_equal(network.parameters, parameters_after(step, **LONG))
    steps = store.history(run_id)["step"].tolist()
    assert steps == sorted(set(steps))
    assert store.outage is None
    store.close()


def test_a_full_disk(disk: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    store, filler = RunStore(f"sqlite:///{disk}/runs.db"), disk / "filler"

    def fill() -> None:
        with filler.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(4096))

    words = "disk is full): free some space there. Nothing was deleted, and runs wait until then."
    assert_waits_and_goes_on(store, caplog, fill, filler.unlink, words)


def test_a_file_that_another_program_holds_locked(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    store = RunStore(f"sqlite:///{tmp_path}/runs.db")
    other = sqlite3.connect(tmp_path / "runs.db", isolation_level=None)
    lock, unlock = (lambda: other.execute("BEGIN EXCLUSIVE")), (lambda: other.execute("ROLLBACK"))
    words = "(database is locked): end the other program that holds it locked. Nothing was deleted"
    assert_waits_and_goes_on(store, caplog, lock, unlock, words)
    other.close()


def test_a_folder_that_is_read_only(
    disk: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MNIST_EXPLORER_HOME", str(disk))
    store = RunStore()
    run_id = store.create_run(tiny_config(), dataset=store.add_dataset(tiny_dataset()))
    store.close()
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    assert main(["runs", "list"]) == 2
    assert "read-only): make the file and its folder writable. Nothing was deleted" in capsys.readouterr().err
    with pytest.raises(StoreUnavailableError, match="make the file and its folder writable"):
        store.rename(run_id, "another name")
    subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
    store.rename(run_id, "another name")
    assert execute_run(store.url, run_id) == "finished"
    assert main(["runs", "list"]) == 0
    assert "another name" in capsys.readouterr().out
    store.close()
