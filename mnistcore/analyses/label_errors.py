"""Labels that are probably wrong: networks judge those images that they have not learned from."""

import math
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from mnistcore.data import DIGITS, Dataset
from mnistcore.errors import DataError
from mnistcore.insight.label_errors import estimated_errors, suspects
from mnistcore.runs import RunStore
from mnistcore.training import TrainingConfig, TrainingState, recipe
from mnistcore.training.stepper import Stepper

FOLDS = 3
EPOCHS = 2
FEWEST_STEPS = 600  # of few images there are more epochs
FEWEST_IMAGES = 100
MOST_LISTED = 4000  # of each part; that is 2 % of the largest data set
REPORT_SECONDS = 0.25


def analyse(store: RunStore, arguments: dict[str, Any]) -> Iterator[tuple[float, dict[str, Any]]]:
    """Judge the labels of ``dataset``; ``fingerprint`` is part of the cache's key only.

    The result is empty until it is whole. It has for each part, ``train`` and ``test``: ``count``, its images;
    ``errors``, how many labels confident learning takes for wrong; and, of the images that are read otherwise than
    labelled, the least credible label first and at most MOST_LISTED, ``indices``, ``digits``, ``certainty`` and
    ``label_probability`` (see ``Suspects``, rounded to three digits).
    """
    dataset = store.open_dataset(arguments["dataset"])
    for share, found in judge(dataset):
        yield share, {} if found is None else {"train": listed(*found[0]), "test": listed(*found[1])}


Judged = tuple[np.ndarray, np.ndarray]  # probabilities (n, 10) float32 and labels (n,)


def judge(dataset: Dataset) -> Iterator[tuple[float, tuple[Judged, Judged] | None]]:
    """The share that is done; at the end, with it, the probabilities of the training and of the test images.

    Each training image is read by the one network that was trained without it and a third of the others, each test
    image by all three, whose mean is taken. DataError below FEWEST_IMAGES training images.
    """
    labels = dataset.train_labels
    if len(labels) < FEWEST_IMAGES:
        raise DataError(f"labels are judged from {FEWEST_IMAGES} training images on, got {len(labels):,}: import more")
    folds = fold_numbers(labels)
    probabilities = np.empty((len(labels), DIGITS), np.float32)
    of_test = np.zeros((len(dataset.test_labels), DIGITS), np.float32)
    for fold in range(FOLDS):
        state = TrainingState.begin(*_training_without(dataset, folds == fold))
        for share in _steps(state):
            yield (fold + share) / FOLDS, None
        held_out = np.flatnonzero(folds == fold)
        probabilities[held_out] = state.result.predict(dataset.train_images[held_out])
        of_test += state.result.predict(dataset.test_images) / np.float32(FOLDS)
    yield 1.0, ((probabilities, labels), (of_test, dataset.test_labels))


def fold_numbers(labels: np.ndarray) -> np.ndarray:
    """The fold, 0 to FOLDS - 1, that each image is held out in, (n,) int64: of every digit a third in each."""
    rng = np.random.default_rng(0)
    folds = np.empty(len(labels), np.int64)
    for digit in range(DIGITS):
        places = rng.permutation(np.flatnonzero(labels == digit))
        folds[places] = np.arange(len(places)) % FOLDS
    return folds


def _training_without(dataset: Dataset, is_held_out: np.ndarray) -> tuple[TrainingConfig, Dataset]:
    """The small LeNet with one cycle of the learning rate, and the images that it learns from."""
    images, labels = dataset.train_images[~is_held_out], dataset.train_labels[~is_held_out]
    config = recipe("lenet").config
    assert isinstance(config.batch_size, int)
    epochs = max(EPOCHS, math.ceil(FEWEST_STEPS * config.batch_size / len(labels)))
    part = Dataset.build(dataset.name, images, labels, dataset.test_images, dataset.test_labels)
    changes = {"learning_rate": 0.006, "schedule": {"kind": "one_cycle"}, "epochs": epochs, "validation_size": 0}
    return config.overridden(changes), part


def _steps(state: TrainingState) -> Iterator[float]:
    """Take all steps of a run, yielding from time to time which share of them is taken."""
    with Stepper(state) as stepper:
        while state.step < state.total_steps:
            yield state.step / state.total_steps
            stepper.advance(state.total_steps - state.step, time.perf_counter() + REPORT_SECONDS)


def listed(probabilities: np.ndarray, labels: np.ndarray) -> dict[str, Any]:
    """One part of the result."""
    found = suspects(probabilities, labels)
    return {
        "count": len(labels),
        "errors": estimated_errors(probabilities, labels),
        "indices": found.indices[:MOST_LISTED].tolist(),
        "digits": found.digits[:MOST_LISTED].tolist(),
        "certainty": [_rounded(value) for value in found.certainty[:MOST_LISTED]],
        "label_probability": [_rounded(value) for value in found.label_probability[:MOST_LISTED]],
    }


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")
