"""A worker that writes to the store what a real one does, at the same times, and trains nothing."""

from __future__ import annotations

import threading
import time
from typing import Any

import numpy as np

from mnistcore.runs import RunStore, lifecycle
from mnistcore.runs.attempt import Attempt, Changes
from mnistcore.runs.records import Batch
from mnistcore.runs.tables import METRICS

SECONDS = 5  # of a run: one record each
_own = threading.local()


def execute(store_url: str, run_id: str, owner: str | None = None) -> str:
    """What `execute_run` does but for the steps; each thread has a connection of its own, as each real worker has."""
    if not hasattr(_own, "store"):
        _own.store = RunStore(store_url)
    database = _own.store.database
    number = lifecycle.claim(database, run_id, owner)
    if number is None:
        return "elsewhere"
    attempt = Attempt(database, run_id, number)
    with attempt.heartbeat():
        attempt.assignment()
        attempt.rewind(0, {"total_steps": 100 * SECONDS, "worker": threading.current_thread().name})
        begun = time.monotonic()
        for second in range(1, SECONDS + 1):
            time.sleep(max(0.0, begun + second - time.monotonic()))
            attempt.orders()
            attempt.record(_changes(second))
    return "finished"


def _changes(second: int) -> Changes:
    step = 100 * second
    row: dict[str, Any] = dict.fromkeys(METRICS) | {"step": step, "epoch": float(second), "seconds": float(second)}
    row |= {"train_loss": 0.5, "validation_loss": 0.3, "validation_accuracy": 0.9 + 0.01 * second}
    digits = np.zeros(64, np.int64)
    changes = Changes(rows={step: row}, values={name: value for name, value in row.items() if value is not None})
    changes.batch = Batch(step, digits, digits, digits)
    changes.weights = (step, bytes(4 * 7850))
    changes.snapshots = {step: bytes(2 * 7850)}
    if second == SECONDS:
        changes.is_over = True
        changes.values |= {"status": "finished", "ended_at": time.time(), "owner": None}
    return changes
