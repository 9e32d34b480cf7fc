"""What runs need is taken away from them, for real: they wait, pages and command line say for what, and all go on."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import streamlit as st

from mnistcore import __version__
from mnistcore.cli import main
from mnistcore.runs import Engine, RunStore, lifecycle
from tests.app.fragments import run_fragment
from tests.app.pages import app_at
from tests.cluster.machines import DaskCluster, Postgres
from tests.core.tiny_digits import parameters_after, tiny_config, tiny_dataset
from tests.waiting import wait_for
from ui.frame.session import close_engines, get_engine, get_store

LONG = {"epochs": 100_000}  # no machine is done with it before it is stopped


@pytest.fixture
def server(without_preparation: None, postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """What a dashboard's server has: a store on PostgreSQL, and an engine that its pages share."""
    monkeypatch.setenv("MNIST_EXPLORER_STORE", postgres.url)
    st.cache_resource.clear()
    yield get_engine()
    close_engines()
    get_store().close()
    st.cache_resource.clear()


@pytest.fixture
def without_preparation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.frame.router.prepare_data", lambda: None)
    monkeypatch.setattr("ui.frame.router.prepare_store", lambda: None)


def assert_as_if_undisturbed(store: RunStore, run_id: str) -> None:
    """A run of LONG goes on and is stopped: it has the weights of plain training, and each row of its history once."""
    before = store.run(run_id).step
    wait_for(lambda: store.run(run_id).step > before)
    lifecycle.stop(store.database, run_id, "the test")
    wait_for(lambda: store.run(run_id).status == "stopped")
    network, step = store.load_weights(run_id)
    assert step == store.run(run_id).step > before
    assert np.array_equal(network.parameters, parameters_after(step, **LONG))
    steps = store.history(run_id)["step"].tolist()
    assert (steps[0], steps[-1]) == (0, step)
    assert steps == sorted(set(steps))


def test_runs_wait_while_postgresql_is_stopped(dask: DaskCluster, postgres: Postgres, server: Engine) -> None:
    dask.start_scheduler()
    dask.start_worker()
    dask.start_worker()
    store = server.store
    dataset = store.add_dataset(tiny_dataset())
    runs = [server.submit(tiny_config(**LONG), dataset=dataset) for _ in range(2)]
    for run_id in runs:
        wait_for(lambda run_id=run_id: store.run(run_id).step > 0)
    page = app_at("train", run=runs[0]).run()
    assert not page.error
    postgres.stop()
    try:
        wait_for(lambda: all(f"run {run_id} waits: the run store" in dask.log.read_text() for run_id in runs))
        page.run()
        (shown,) = (error.value.replace("\N{WORD JOINER}", "") for error in page.error)
        assert f"127.0.0.1:{postgres.port}/postgres does not answer, since " in shown
        assert "Connection refused" in shown
        assert "start the database server again" in shown
        assert not page.exception
        # By its clock: nothing has changed, so nothing else is run. Others are those of a page that was broken off.
        run_fragment(page, newest=True)
        assert not page.title
    finally:
        postgres.start()
    wait_for(lambda: store.outage is None)
    run_fragment(page, newest=True)
    assert not page.error
    assert page.title[0].value == "Train"
    for run_id in runs:
        assert_as_if_undisturbed(store, run_id)
    # They have waited: none had to be begun again from its checkpoint.
    assert "goes on: the run store answers again" in dask.log.read_text()


def test_a_cluster_without_workers_or_without_our_package_is_named_and_runs_wait(
    dask: DaskCluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = tmp_path / "old"
    (old / "mnistcore").mkdir(parents=True)
    (old / "mnistcore" / "__init__.py").write_text("__version__ = '0.0.1'\n")
    dask.start_scheduler(package=None)
    dask.start_worker(package=old)
    store = RunStore()
    with Engine(store) as engine:
        run_id = engine.submit(tiny_config(**LONG), dataset=store.add_dataset(tiny_dataset()))
        wait_for(lambda: "cannot import" in (engine.error or ""))
        assert engine.error is not None
        lacks = "its scheduler cannot import MNIST Explorer (No module named 'mnistcore')"
        remedy = f"install MNIST Explorer {__version__} there, and start it again"
        assert (
            f"the Dask cluster at {dask.address} cannot work on runs yet: {lacks}: {remedy}; its worker tcp://127.0.0.1:"
            in engine.error
        )
        assert f" has MNIST Explorer 0.0.1: {remedy}. Runs wait until then" in engine.error
        assert not engine.ready
        wait_for(lambda: store.run(run_id).message == f"Waiting: {engine.error}.")
        dask.kill_scheduler()
        dask.kill_workers()
        dask.start_scheduler()
        wait_for(lambda: "has no worker" in (store.run(run_id).message or ""))
        assert main(["runs", "list"]) == 0
        line = f"{run_id}: Waiting: the Dask cluster at {dask.address} has no worker: runs wait until one is started"
        assert line in capsys.readouterr().out
        assert store.run(run_id).status == "queued"
        dask.start_worker()
        wait_for(lambda: store.run(run_id).step > 0)
        assert engine.error is None
        assert store.run(run_id).message is None
        assert_as_if_undisturbed(store, run_id)
    store.close()
