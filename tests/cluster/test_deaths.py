"""A run whose worker is killed again and again is given up only if it gets no further in between."""

import os
import signal

import dask
import distributed  # noqa: F401  first: leaving a setting made before would take all of its defaults away
from sqlalchemy import select

from mnistcore.runs import Engine, RunStore
from mnistcore.runs.tables import CheckpointRow, RunRow
from tests.core.tiny_digits import tiny_config, tiny_dataset
from tests.waiting import wait_for


class Killer:
    """Kills the only worker of an engine, as often as is wanted."""

    def __init__(self, engine: Engine, run_id: str) -> None:
        self.store, self.run_id, self.engine = engine.store, run_id, engine
        self.last = 0  # the last worker that was killed

    def attempt(self) -> int:
        with self.store.database.connect() as connection:
            return int(connection.execute(select(RunRow.attempt).where(RunRow.id == self.run_id)).scalar_one())

    def checkpoint(self) -> int:
        with self.store.database.connect() as connection:
            found = select(CheckpointRow.step).where(CheckpointRow.run_id == self.run_id)
            return connection.execute(found).scalar() or 0

    def kill(self) -> None:
        """Once the execution that is under way has a worker."""
        (nanny,) = self.engine._dispatcher._cluster._local.workers.values()
        wait_for(lambda: nanny.pid not in (None, self.last))
        self.last = nanny.pid
        os.kill(self.last, signal.SIGKILL)

    def is_over(self) -> bool:
        return not self.store.run(self.run_id).is_active


def test_only_deaths_without_progress_between_them_end_a_run() -> None:
    store = RunStore()
    # Dask gives a task up after this many deaths and one more: usually four in all, here two.
    with dask.config.set({"distributed.scheduler.allowed-failures": 1}), Engine(store, workers=1) as engine:
        run_id = engine.submit(tiny_config(epochs=100_000), dataset=store.add_dataset(tiny_dataset()))
        killer = Killer(engine, run_id)
        wait_for(lambda: store.run(run_id).step > 0)
        engine.set_learning_rate(run_id, 0.001)  # which brings the first checkpoint
        for _ in range(2):
            before = killer.checkpoint()
            wait_for(lambda before=before: killer.checkpoint() > before)
            killer.kill()
        wait_for(lambda: killer.attempt() == 3)
        assert store.run(run_id).status == "running"
        while not killer.is_over():
            attempt = killer.attempt()
            killer.kill()
            wait_for(lambda attempt=attempt: killer.is_over() or killer.attempt() > attempt)
        run = store.run(run_id)
        assert run.status == "failed"
        assert run.message == (
            "Its worker ended 2 times without getting any further, the last time with signal 9 (SIGKILL). "
            "See the worker's log, or resume it from its last checkpoint."
        )
        engine.resume(run_id)
        wait_for(lambda: store.run(run_id).step > killer.checkpoint())
        engine.stop(run_id)
        wait_for(lambda: store.run(run_id).status == "stopped")
    store.close()
