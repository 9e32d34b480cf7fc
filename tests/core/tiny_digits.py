"""A tiny data set by formula: each digit is a grating of its own direction, with about as much ink as a real digit."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np

from mnistcore.data import Dataset
from mnistcore.training import Progress, TrainingConfig, TrainingState, parse_config, train
from mnistcore.training.stepper import Stepper


def gratings(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(count, 28, 28) uint8 images and (count,) uint8 labels, shuffled, with noise in every pixel."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(count) % 10).astype(np.uint8)
    rows, columns = np.mgrid[-1:1:20j, -1:1:20j]
    angles = np.pi * np.arange(10)[:, None, None] / 10
    waves = np.cos(9 * (rows * np.sin(angles) + columns * np.cos(angles)) + angles)
    images = np.zeros((count, 28, 28), np.float32)
    images[:, 4:24, 4:24] = (waves > 0.7)[labels] * rng.uniform(0.4, 1.0, (count, 20, 20))
    images[rng.random(images.shape) < 0.02] = 1
    return (images * 255).astype(np.uint8), labels


@lru_cache
def tiny_dataset(train_size: int = 600, test_size: int = 200, seed: int = 0) -> Dataset:
    return Dataset.build("tiny", *gratings(train_size, seed), *gratings(test_size, seed + 1))


def tiny_config(**settings: Any) -> TrainingConfig:
    """A config for the tiny data set: 12 tanh units, batches of 64, 100 validation images, unless told otherwise."""
    small = {"layers": [{"units": 12, "activation": "tanh"}], "validation_size": 100, "epochs": 2}
    return parse_config(small | settings)


def begin(dataset: Dataset | None = None, **settings: Any) -> TrainingState:
    return TrainingState.begin(tiny_config(**settings), dataset or tiny_dataset())


def parameters_after(step: int, **settings: Any) -> np.ndarray:
    """The parameters that plain training has after ``step`` steps, in this process and undisturbed."""
    state = begin(**settings)
    with Stepper(state) as stepper:
        stepper.advance(step)
    return state.network.parameters


def finish(state: TrainingState) -> list[Progress]:
    """Train to the end."""
    return list(train(state))


class WatchedDataset(Dataset):
    """A data set that notes when its test part is looked at."""

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("test_"):
            super().__getattribute__("__dict__").setdefault("looks", []).append(name)
        return super().__getattribute__(name)


def watched_dataset() -> WatchedDataset:
    tiny = tiny_dataset()
    return WatchedDataset(tiny.name, tiny.train_images, tiny.train_labels, tiny.test_images, tiny.test_labels)


def with_previous(progresses: Iterator[Progress]) -> Iterator[tuple[Progress, Progress | None]]:
    """Each Progress with the one before it."""
    before = None
    for progress in progresses:
        yield progress, before
        before = progress
