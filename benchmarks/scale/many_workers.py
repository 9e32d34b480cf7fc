"""200 simulated workers on PostgreSQL and an external scheduler: are runs lost, and does the hand-out keep up?"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import numpy as np
import psutil
from sqlalchemy import func, select

from benchmarks.scale import simulated_worker
from benchmarks.scale.experiments import SPACE, experiment_of
from mnistcore.experiments import advance, create_experiment, experiment, members
from mnistcore.experiments.results import combinations
from mnistcore.experiments.tables import validation_curves
from mnistcore.runs import Engine, RunStore
from mnistcore.runs.cluster import SCHEDULER_VARIABLE
from mnistcore.runs.database import reading
from mnistcore.runs.tables import MetricRow, RunRow
from tests.cluster.machines import DaskCluster, Postgres

PROCESSES, THREADS = 4, 50
EXPERIMENTS, EACH = 10, 1000


def many_workers() -> dict[str, Any]:
    """10,000 runs of 5 s in ten experiments: the figures, and the number of runs with which something is wrong."""
    postgres = Postgres()
    with TemporaryDirectory() as folder:
        dask = DaskCluster(Path(folder))
        try:
            dask.start_scheduler()
            for _ in range(PROCESSES):
                dask.start_worker(threads=THREADS)
            store = RunStore(postgres.url)
            with (
                patch.dict(os.environ, {SCHEDULER_VARIABLE: dask.address}),
                patch("mnistcore.runs.cluster.execute_run", simulated_worker.execute),
                Engine(store, coordinate=advance) as engine,
            ):
                assert engine.wait_until_ready(60)
                while engine.workers < PROCESSES * THREADS:
                    time.sleep(0.5)
                roots = {"workers": [each.pid for each in dask.workers], "postgres": [postgres.pid]}
                roots |= {"scheduler": [dask.scheduler.pid]} if dask.scheduler else {}
                with processor_shares(roots) as shares:
                    figures = _watched(store)
                return figures | shares
        finally:
            dask.close()
            postgres.remove()


@contextmanager
def processor_shares(roots: dict[str, list[int]]) -> Iterator[dict[str, float]]:
    """How many cores each of these kept busy on average, with all that belongs to it, and this process: by name.

    What a role takes here it would take on a machine of its own, too.
    """
    shares: dict[str, float] = {}
    trees = {name: [psutil.Process(pid) for pid in pids] for name, pids in roots.items()}
    trees["engine and pages"] = [psutil.Process()]
    before = {name: sum(map(_seconds, tree)) for name, tree in trees.items()}
    begun = time.monotonic()
    yield shares
    elapsed = time.monotonic() - begun
    shares |= {f"cores of {name}": (sum(map(_seconds, tree)) - before[name]) / elapsed for name, tree in trees.items()}


def _seconds(process: psutil.Process) -> float:
    """Processor time of a process and of all below it, those that have ended too."""
    below = process.children(recursive=True) if process.pid != os.getpid() else []
    times = [each.cpu_times() for each in [process, *below]]
    ended = process.cpu_times()
    return sum(each.user + each.system for each in times) + ended.children_user + ended.children_system


def _watched(store: RunStore) -> dict[str, Any]:
    """All of it from the first run to the last, while pages are read."""
    config = experiment_of(SPACE, {}, runs=EACH)
    begun = time.monotonic()
    ids = [create_experiment(store, config, f"number {number}") for number in range(EXPERIMENTS)]
    reads: list[float] = []
    is_over = threading.Event()
    reader = threading.Thread(target=_read, args=(store, ids, reads, is_over))
    reader.start()
    while not all(experiment(store, each).is_over for each in ids):
        time.sleep(1)
    seconds = time.monotonic() - begun
    is_over.set()
    reader.join()
    figures = {"seconds": seconds, "runs_per_second": EXPERIMENTS * EACH / seconds}
    figures["share_at_work"] = EXPERIMENTS * EACH * simulated_worker.SECONDS / (PROCESSES * THREADS * seconds)
    figures["page_read_p95_ms"] = 1000 * float(np.quantile(reads, 0.95))
    return figures | _wrong(store)


def _read(store: RunStore, ids: list[str], reads: list[float], is_over: threading.Event) -> None:
    """What the page of an experiment reads, once a second, of one after the other."""
    for number in range(10**9):
        if is_over.wait(1):
            return
        before, experiment_id = time.perf_counter(), ids[number % len(ids)]
        experiment(store, experiment_id)
        combinations(members(store, experiment_id))
        validation_curves(store, experiment_id)
        reads.append(time.perf_counter() - before)


def _wrong(store: RunStore) -> dict[str, int]:
    """Runs that are missing, that were made or worked on twice, or whose history has a gap."""
    with reading(store.database) as connection:
        runs = connection.execute(
            select(RunRow.id, RunRow.status, RunRow.attempt, RunRow.experiment, RunRow.combination)
        ).all()
        count = select(MetricRow.run_id, func.count()).group_by(MetricRow.run_id)
        rows = {row[0]: row[1] for row in connection.execute(count)}
    places = {(run.experiment, run.combination) for run in runs}
    return {
        "missing": EXPERIMENTS * EACH - len(places),
        "doubled": len(runs) - len(places),
        "unfinished": sum(run.status != "finished" for run in runs),
        "worked_on_twice": sum(run.attempt > 1 for run in runs),
        "gaps": sum(rows.get(run.id) != simulated_worker.SECONDS for run in runs),
    }
