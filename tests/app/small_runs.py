"""A data set that a network learns in a moment, and runs trained on it, for the tests of pages."""

from typing import Any

import numpy as np
import pytest

from mnistcore.data import Dataset
from mnistcore.nn import Network
from mnistcore.runs import RunStore, analyses, analysis_job, lifecycle
from mnistcore.runs.job import execute_run, work
from mnistcore.training import TrainingConfig, TrainingState
from mnistcore.training.config import parse_config
from mnistcore.training.stepper import Stepper


def easy_digits(train: int = 300, test: int = 100, seed: int = 0) -> Dataset:
    """Ten block patterns under noise, all digits equally often; 0 and 1 share most of theirs and are confused."""
    rng = np.random.default_rng(seed)
    patterns = np.zeros((10, 28, 28), dtype=np.int64)
    for digit in range(10):
        patterns[digit, 4 + 2 * digit : 6 + 2 * digit, 4:24] = 120
    patterns[0, 4:8, 4:24] = 90
    parts: list[np.ndarray] = []
    for count in (train, test):
        labels = (np.arange(count) % 10).astype(np.uint8)
        noise = rng.integers(0, 120, (count, 28, 28))
        parts += [np.clip(patterns[labels] + noise, 0, 255).astype(np.uint8), labels]
    return Dataset.build("easy digits", *parts)


def trained_run(store: RunStore, dataset: Dataset | None = None, name: str | None = None, **settings: Any) -> str:
    """Train at once, in this process; two epochs of a single layer unless the settings say otherwise."""
    dataset = dataset or easy_digits()
    usual = {"layers": [], "epochs": 2, "learning_rate": 0.02, "batch_size": 20, "validation_size": 100}
    config = parse_config(usual | settings)
    run_id = store.create_run(config, dataset=store.add_dataset(dataset), fingerprint=dataset.fingerprint, name=name)
    execute_run(store.url, run_id)
    return run_id


def analysed(store: RunStore, kind: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Make an analysis at once, in this process, so that the page finds its result."""
    key, owner = analyses.queue(store.database, kind, arguments)
    if owner is not None:
        analysis_job.work(store, key, owner)
    found = store.analysis(kind, arguments)
    assert found is not None
    assert found.status == "finished", found.message
    return found.result or {}


def paused_run(store: RunStore, dataset: Dataset | None = None, at: int = 147, **settings: Any) -> str:
    """A run paused in the middle of an epoch, after step ``at``, of which there is no snapshot."""
    dataset = dataset or easy_digits()
    usual = {"layers": [], "epochs": 20, "learning_rate": 0.02, "batch_size": 20, "validation_size": 100}
    config = parse_config(usual | settings)
    run_id = store.create_run(config, dataset=store.add_dataset(dataset), fingerprint=dataset.fingerprint)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mnistcore.training.loop.REPORT_SECONDS", 0.0)
        patch.setattr("mnistcore.runs.job.COMMAND_SECONDS", 0.0)
        for progress in work(store, run_id):
            if progress.step == at - 1:
                lifecycle.pause(store.database, run_id)
    assert (store.run(run_id).status, store.run(run_id).step) == ("paused", at)
    return run_id


def network_after(config: TrainingConfig, dataset: Dataset, step: int) -> Network:
    """The network as plain training has it after ``step`` steps: what a page that names that step must show."""
    state = TrainingState.begin(config, dataset)
    with Stepper(state) as stepper:
        stepper.advance(step)
    return state.network
