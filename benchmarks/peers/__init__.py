"""The competitors: each module has a class Peer that trains the network of a config in its own way."""

from typing import Protocol

import numpy as np

from mnistcore.data import Dataset
from mnistcore.training import TrainingConfig


class Trainer(Protocol):
    """What every Peer can do; it is made from a TrainingConfig and a Dataset, and prepares both as it likes."""

    def epoch(self) -> None:
        """Pass once through the shuffled training images."""

    def accuracy(self) -> float:
        """The share of test images that it classifies correctly so far; nan if it does not learn."""


# Their names in the results, and their modules. "plain" is no competitor: it shows what the fast core gains.
PEERS = {
    "ours": "ours",
    "torch": "torch_eager",
    "sklearn": "sklearn_mlp",
    "jax": "jax_scan",
    "floor": "floor",
    "plain": "textbook",
}
TITLES = {
    "ours": "MNIST Explorer",
    "torch": "PyTorch",
    "sklearn": "scikit-learn",
    "jax": "JAX jit",
    "floor": "floor",
    "plain": "textbook core",
}


def has_row(peer: str, row: str) -> bool:
    """Whether a competitor can train a row: MLPClassifier has neither convolution nor a squared error."""
    return peer != "sklearn" or row in "ABCDE"


def has_maps(config: TrainingConfig) -> bool:
    """Whether the network takes images as maps, not as rows of pixels."""
    return any(layer.kind == "conv2d" for layer in config.layers)


def as_floats(images: np.ndarray, *shape: int) -> np.ndarray:
    """(n, 28, 28) uint8 images as (n, *shape) float32 from 0 to 1."""
    return images.reshape(-1, *shape) / np.float32(255)


def share_right(outputs: np.ndarray, dataset: Dataset) -> float:
    """Accuracy of (m, 10) outputs for the test images."""
    return float((outputs.argmax(axis=1) == dataset.test_labels).mean())
