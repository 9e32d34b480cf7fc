"""Stores with very many runs, filled as workers would leave them, and how long it takes to look at them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from sqlalchemy import insert, update

from benchmarks.scale.experiments import SPACE, experiment_of
from mnistcore.experiments import ExperimentConfig, create_experiment
from mnistcore.experiments.records import FINISHED, change_status
from mnistcore.experiments.samplers import next_combination
from mnistcore.runs import RunStore
from mnistcore.runs.database import writing
from mnistcore.runs.store import new_run_row
from mnistcore.runs.tables import MetricRow, RunRow

EVALUATIONS = 6


def fill(store: RunStore, runs: int) -> str:
    """An experiment that has ended, with so many runs and their histories; returns its id."""
    config = experiment_of(SPACE, {}, runs=runs)
    experiment_id = create_experiment(store, config, f"{runs:,} runs")
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
    change_status(store, experiment_id, FINISHED)
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
