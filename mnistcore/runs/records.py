"""What the store hands out: a run, a batch and a stored data set, as plain frozen records."""

import time
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any

import numpy as np
from sqlalchemy import Row

from mnistcore.runs.pacing import SLOW
from mnistcore.runs.tables import METRICS
from mnistcore.training.config import TrainingConfig, parse_config
from mnistcore.training.guessing import GUESSING

ACTIVE = ("queued", "running")
WAITING = ("paused", "interrupted", "failed")  # may go on from their checkpoint
MEMBERSHIP = ("experiment", "combination", "repeat")  # of a run that an experiment has made
ENDED = ("finished", "stopped", "diverged")
STATUSES = ACTIVE + WAITING + ENDED
SHIPPED_ID = "5a1d00000000"  # the run that comes with the program: one of it in every store, and never purged
FILM_IDS = ("5a1d00000001", "5a1d00000002")  # two more that come with it, with all their snapshots
STALE_SECONDS = 20.0  # a heartbeat comes every second; a run without one for this long has lost its worker
ABANDONED = f"Nothing has been heard of its worker for {STALE_SECONDS:.0f} s. It can be resumed from its checkpoint."


@dataclass(frozen=True)
class Run:
    """One training as the store knows it; times are aware UTC datetimes, the metrics are the newest ones."""

    id: str
    name: str
    recipe: str | None
    dataset: str
    fingerprint: str | None
    status: str
    message: str | None
    config: TrainingConfig
    parameter_count: int
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    heartbeat_at: datetime
    step: int
    total_steps: int | None
    epoch: float
    seconds: float
    images_per_second: float | None
    learning_rate: float | None
    train_loss: float | None
    train_accuracy: float | None
    validation_loss: float | None
    validation_accuracy: float | None
    test_loss: float | None
    test_accuracy: float | None
    plain_validation_loss: float | None
    plain_validation_accuracy: float | None
    deleted: bool
    experiment: str | None
    combination: int | None
    repeat: int | None
    worker: str | None
    tags: tuple[str, ...]
    notes: str
    archived: bool
    speed: float | None
    hold_at: int | None

    @property
    def is_held(self) -> bool:
        """Whether its worker holds it at a step, as its user wanted."""
        return self.status == "running" and self.hold_at is not None and self.hold_at <= self.step

    @property
    def is_stepwise(self) -> bool:
        """Whether it is stored after each step, to be seen."""
        return self.is_active and (self.hold_at is not None or (self.speed is not None and self.speed <= SLOW))

    @property
    def is_active(self) -> bool:
        """Whether a worker has it, or will have it as soon as one is free."""
        return self.status in ACTIVE

    @property
    def is_guessing(self) -> bool:
        """Whether its network was no better than guessing when it was last evaluated: ``message`` tells why."""
        return self.message is not None and GUESSING in self.message

    @property
    def can_resume(self) -> bool:
        """Whether it may go on from its last checkpoint."""
        return self.status in WAITING


@dataclass(frozen=True, eq=False)
class Batch:
    """Up to 64 training images of one step: (k,) int64 each; ``indices`` point into the training images."""

    step: int
    indices: np.ndarray
    labels: np.ndarray
    predictions: np.ndarray


@dataclass(frozen=True)
class StoredDataset:
    """An imported data set; ``name`` ("import:<id>") is what ``RunStore.open_dataset`` takes."""

    name: str
    title: str
    images: int
    created_at: datetime


def has_lost_its_worker(heartbeat_at: float, answers_since: float) -> bool:
    """Whether a run in progress has had no heartbeat for STALE_SECONDS, in which one could be written."""
    return max(heartbeat_at, answers_since) < time.time() - STALE_SECONDS


def run_from_row(row: Row[Any], answers_since: float = 0.0) -> Run:
    """A row of the table of runs as a Run; without a heartbeat for STALE_SECONDS it counts as interrupted.

    ``answers_since``: when the store began to answer, so that a heartbeat could be written.
    """
    status, message = row.status, row.message
    if status in ACTIVE and has_lost_its_worker(row.heartbeat_at, answers_since):
        status, message = "interrupted", ABANDONED
    times: dict[str, Any] = {name: _utc(getattr(row, name)) for name in _TIMES}
    plain = (
        "id",
        "name",
        "recipe",
        "dataset",
        "fingerprint",
        "parameter_count",
        "total_steps",
        "deleted",
        "worker",
        "speed",
        "hold_at",
        *MEMBERSHIP,
        *METRICS,
    )
    values = {name: getattr(row, name) for name in plain}
    values |= {"tags": tuple((row.tags or "").split()), "notes": row.notes or "", "archived": bool(row.archived)}
    return Run(status=status, message=message, config=_parse_stored(row.config), **times, **values)


_TIMES = ("created_at", "started_at", "ended_at", "heartbeat_at")


@lru_cache(1024)
def _parse_stored(config: str) -> TrainingConfig:
    """A list of runs is read twice a second: each config is parsed once."""
    return parse_config(config)


def _utc(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, timezone.utc)
