"""The same runs with Optuna and PyTorch: two processes of one thread each share a study, as Optuna's guide has it."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Sequence
from multiprocessing.synchronize import Barrier
from pathlib import Path
from tempfile import TemporaryDirectory

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from mnistcore.data import Dataset, load_dataset
from mnistcore.training import TrainingConfig
from mnistcore.training.state import TrainingState

PROCESSES = 2
STUDY = "learning-rates"


def optuna_torch_seconds(config: TrainingConfig, learning_rates: Sequence[float]) -> float:
    """Seconds for a run with each of these rates; imports and the data are there before the clock starts."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "study.log"
        study = optuna.create_study(study_name=STUDY, storage=_storage(path), direction="maximize")
        for rate in learning_rates:
            study.enqueue_trial({"learning_rate": rate})
        context = multiprocessing.get_context("spawn")
        ready, done = context.Barrier(PROCESSES + 1), context.Barrier(PROCESSES + 1)
        count = len(learning_rates) // PROCESSES
        arguments = (path, config, count, ready, done)
        processes = [context.Process(target=_work, args=arguments) for _ in range(PROCESSES)]
        for process in processes:
            process.start()
        ready.wait()
        begun = time.perf_counter()
        done.wait()
        seconds = time.perf_counter() - begun
        for process in processes:
            process.join()
        assert (
            len(optuna.load_study(study_name=STUDY, storage=_storage(path)).get_trials(states=(_COMPLETE,)))
            == 2 * count
        )
        return seconds


_COMPLETE = optuna.trial.TrialState.COMPLETE


def _storage(path: Path) -> JournalStorage:
    """With SQLite two processes now and then took the same trial (Optuna 5.0)."""
    return JournalStorage(JournalFileBackend(str(path)))


def _work(path: Path, config: TrainingConfig, count: int, ready: Barrier, done: Barrier) -> None:
    import torch

    from benchmarks.peers.torch_eager import Peer

    torch.set_num_threads(1)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    dataset = _split(config)
    Peer(config, dataset).accuracy()  # what is loaded at first use
    study = optuna.load_study(study_name=STUDY, storage=_storage(path))

    def objective(trial: optuna.Trial) -> float:
        rate = trial.suggest_float("learning_rate", 1e-5, 1.0, log=True)
        peer, best = Peer(config.overridden({"learning_rate": rate}), dataset), 0.0
        for _ in range(config.epochs):
            peer.epoch()
            best = max(best, peer.accuracy())
        return best

    ready.wait()
    study.optimize(objective, n_trials=count)
    done.wait()


def _split(config: TrainingConfig) -> Dataset:
    """The training images that the runs learn from; in place of test images those for validation."""
    dataset = load_dataset("mnist")
    split = TrainingState.begin(config, dataset).split
    images, labels = dataset.train_images, dataset.train_labels
    parts = (images[split.train], labels[split.train], images[split.validation], labels[split.validation])
    return Dataset.build("mnist-split", *parts)
