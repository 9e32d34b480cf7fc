"""What the store hands out: a run, a batch and a stored data set, as plain frozen records."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from mnistcore.training.config import TrainingConfig

ACTIVE = ("queued", "running")
WAITING = ("paused", "interrupted", "failed")  # may go on from their checkpoint
ENDED = ("finished", "stopped", "diverged")
STATUSES = ACTIVE + WAITING + ENDED


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
    deleted: bool

    @property
    def is_active(self) -> bool:
        """Whether somebody works on it, or will as soon as a worker is free."""
        return self.status in ACTIVE

    @property
    def can_resume(self) -> bool:
        """Whether it may go on from its last checkpoint."""
        return self.status in WAITING


@dataclass(frozen=True, eq=False)
class Batch:
    """Up to 64 training images of one step: indices (k,) int64 into the training set, labels and predictions (k,) int64."""

    step: int
    indices: np.ndarray
    labels: np.ndarray
    predictions: np.ndarray


@dataclass(frozen=True)
class StoredDataset:
    """An imported data set; ``name`` ("import:<id>") is what ``open_dataset`` takes."""

    name: str
    title: str
    images: int
    created_at: datetime
