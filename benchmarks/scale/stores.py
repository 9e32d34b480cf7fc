"""Stores with very many runs, filled as workers would leave them, and how long it takes to look at them."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from sqlalchemy import insert, update

from benchmarks.scale.experiments import SPACE, experiment_of
from mnistcore.experiments import ExperimentConfig, create_experiment, experiment, members
from mnistcore.experiments.records import FINISHED, change_status
from mnistcore.experiments.results import summary
from mnistcore.experiments.samplers import next_combination
from mnistcore.experiments.tables import validation_curves
from mnistcore.runs import RunStore, default_store_url, lifecycle
from mnistcore.runs.attempt import Attempt, Changes
from mnistcore.runs.database import STORE_VARIABLE, writing
from mnistcore.runs.store import new_run_row
from mnistcore.runs.tables import METRICS, MetricRow, RunRow
from mnistcore.training import recipe

EVALUATIONS = 6


def fill(store: RunStore, runs: int) -> str:
    """An experiment that has ended, with so many runs and their histories; returns its id."""
    config = experiment_of(SPACE, {}, runs=runs)
    experiment_id = create_experiment(store, config, f"{runs:,} runs")
    change_status(store, experiment_id, FINISHED)  # before an engine makes runs for it
    rng, now = np.random.default_rng(0), time.time()
    rows = [_run(config, experiment_id, number, now) for number in range(runs)]
    best = np.clip(rng.normal(0.93, 0.03, runs), 0.1, 0.99)
    metrics = [
        {"run_id": row["id"], "step": 100 * step, "epoch": step / 2, "seconds": step / 3}
        | {"validation_accuracy": float(accuracy * (1 - 0.5**step)), "validation_loss": 0.3, "train_accuracy": 0.9}
        for row, accuracy in zip(rows, best, strict=True)
        for step in range(1, EVALUATIONS + 1)
    ]
    with writing(store.database) as connection:
        connection.execute(insert(RunRow), rows)
        for first in range(0, len(metrics), 10_000):
            connection.execute(insert(MetricRow), metrics[first : first + 10_000])
        newest = {"validation_accuracy": 0.93, "epoch": 3.0, "step": 600, "total_steps": 600, "seconds": 2.0}
        connection.execute(update(RunRow).where(RunRow.experiment == experiment_id).values(**newest))
    return experiment_id


def _run(config: ExperimentConfig, experiment_id: str, number: int, now: float) -> dict[str, Any]:
    values = next_combination(config, number)
    row = new_run_row(config.member(values, 0), "mnist", None, experiment=experiment_id, combination=number, repeat=0)
    row |= {"varied": json.dumps(values), "shards": 1, "name": f"run {number:,}", "status": "finished"}
    begun = now - 2 * number
    return row | {"created_at": begun, "started_at": begun, "ended_at": begun + 2, "worker": f"worker {number % 2}"}


def seconds(action: Callable[[], object], times: int = 5) -> float:
    """The median of some times after a first one."""
    action()
    measured = []
    for _ in range(times):
        begun = time.perf_counter()
        action()
        measured.append(time.perf_counter() - begun)
    return float(np.median(measured))


def looks(runs: int) -> dict[str, float]:
    """Milliseconds to read an experiment of so many runs, to sum it up, and to hand out the next runs of another."""
    with TemporaryDirectory() as folder:
        store = RunStore(f"sqlite:///{Path(folder) / 'runs.db'}")
        experiment_id = fill(store, runs)
        config, found = experiment(store, experiment_id).config, members(store, experiment_id)
        measured = {
            "members": seconds(lambda: members(store, experiment_id)),
            "curves": seconds(lambda: validation_curves(store, experiment_id)),
            "summary": seconds(lambda: summary(config, found)),
        }
        store.close()
    return {name: round(1000 * value, 1) for name, value in measured.items()}


def records_per_second(store: RunStore, workers: int, duration: float = 5.0) -> float:
    """How many of a worker's records (a history row, the newest values, a heartbeat) the store takes in a second."""
    attempts = [_attempt(store) for _ in range(workers)]
    stop_at = time.monotonic() + duration

    def write(attempt: Attempt) -> int:
        step = 0
        while time.monotonic() < stop_at:
            step += 1
            row = dict.fromkeys(METRICS) | {"step": step, "epoch": 0.1, "seconds": 0.1, "train_loss": 0.5}
            attempt.record(Changes(rows={step: row}, values={"step": step, "train_loss": 0.5}))
        return step

    with ThreadPoolExecutor(workers) as pool:
        return sum(pool.map(write, attempts)) / duration


def _attempt(store: RunStore) -> Attempt:
    run_id = store.create_run(recipe("first-network").config, owner="benchmark")
    number = lifecycle.claim(store.database, run_id, "benchmark")
    assert number is not None
    return Attempt(store.database, run_id, number)


def store_figures() -> dict[str, Any]:
    """Looks at 1,000 and 10,000 runs, and records a second; on the store that MNIST_EXPLORER_STORE names, if any."""
    found: dict[str, Any] = {f"{runs:,} runs, ms": looks(runs) for runs in (1_000, 10_000)}
    with TemporaryDirectory() as folder:
        url = default_store_url() if STORE_VARIABLE in os.environ else f"sqlite:///{Path(folder) / 'runs.db'}"
        store = RunStore(url)
        found["records a second"] = {f"{each} workers": round(records_per_second(store, each)) for each in (1, 8, 32)}
        store.close()
    return found
