"""Networks without hidden layers, image by image: many weight matrices scored at once, and what one step removes."""

from dataclasses import dataclass

import numpy as np

from mnistcore.nn import Network
from mnistcore.nn.bound_network import SCALE
from mnistcore.nn.network import DIGITS, as_rows

IMAGES = 500  # at a time, so that their ten outputs for each matrix stay in the cache


@dataclass(frozen=True, eq=False)
class Scores:
    """How many images of each digit are classified correctly, ``correct`` (m, 10) int64, of ``counts`` (10,) int64."""

    correct: np.ndarray
    counts: np.ndarray

    @property
    def accuracy(self) -> np.ndarray:
        """The share of all images, (m,) float64."""
        return np.asarray(self.correct.sum(axis=1) / self.counts.sum())

    @property
    def accuracy_by_digit(self) -> np.ndarray:
        """The share of each digit's images, (m, 10) float64; 0 for a digit without images."""
        return np.asarray(self.correct / np.maximum(self.counts, 1))


def score_weights(network: Network, parameters: np.ndarray, images: np.ndarray, labels: np.ndarray) -> Scores:
    """Classify (n, 28, 28) uint8 images, labelled (n,), with each of (m, p) parameters.

    ``network`` has no hidden layers and says how the parameters lie. All matrices side by side are one product.
    """
    kinds = [network.views(0, flat) for flat in parameters]
    W = np.concatenate([views["W"] for views in kinds], axis=1)
    b = np.concatenate([views["b"] for views in kinds]) if "b" in kinds[0] else np.float32(0)
    rows = as_rows(images)
    found = np.zeros((len(parameters), DIGITS), np.int64)
    for start in range(0, len(rows), IMAGES):
        part = slice(start, start + IMAGES)
        outputs = (rows[part] * SCALE) @ W + b
        is_right = outputs.reshape(-1, len(parameters), DIGITS).argmax(axis=2) == labels[part, None]
        for digit in range(DIGITS):
            found[:, digit] += is_right[labels[part] == digit].sum(axis=0)
    return Scores(found, np.bincount(labels, minlength=DIGITS))


def removed_share(inputs: np.ndarray, learning_rate: float) -> float:
    """The share of an image's error that a step on its squared error removes: learning rate × Σ pixel².

    ``inputs``: its (784,) pixels, from 0 to 1. Above 1 the step overshoots; above 2 the error grows.
    """
    return learning_rate * float((inputs**2).sum())


def typical_swing(marks: np.ndarray, accuracy: np.ndarray, apart: int) -> float:
    """How far accuracies ``apart`` steps from each other differ on average, in the second half of a run.

    ``accuracy`` (m,) was measured after ``marks`` (m,) steps; those at multiples of ``apart`` count.
    """
    late = accuracy[(marks >= marks[-1] / 2) & (marks % apart == 0)]
    return float(np.abs(np.diff(late)).mean()) if len(late) > 1 else 0.0
