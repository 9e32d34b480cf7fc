"""Loss and accuracy: over a part of the data set, and over the batches since the last reading."""

import math
from dataclasses import dataclass

import numpy as np

from mnistcore.nn import Network
from mnistcore.nn.losses import LossFunction
from mnistcore.nn.network import CHUNK


@dataclass(frozen=True)
class Evaluation:
    """Mean loss and share of correct predictions over ``count`` images."""

    loss: float
    accuracy: float
    correct: int
    count: int


def evaluate(network: Network, images: np.ndarray, labels: np.ndarray, indices: np.ndarray | None = None) -> Evaluation:
    """Evaluate on (n, 28, 28) uint8 images with (n,) labels, or on those at ``indices``, without dropout."""
    count = len(images) if indices is None else len(indices)
    meter = Meter(network.loss, CHUNK)
    with np.errstate(all="ignore"):  # of weights that diverged the loss says so
        for part, bound in network.chunks(images, indices):
            meter.add(bound.logits, labels[part] if indices is None else labels[indices[part]])
    reading = meter.read()
    return Evaluation(reading.loss, reading.accuracy, round(reading.accuracy * count), count)


@dataclass(frozen=True)
class Reading:
    """Mean loss and accuracy over ``count`` images (nan for none); ``first_bad`` counts the images before the first
    whose loss was not finite."""

    loss: float
    accuracy: float
    count: int
    first_bad: int | None


class Meter:
    """Sums up loss and accuracy of outputs as they come, but works them out in bulk, only when read or full."""

    def __init__(self, loss: LossFunction, capacity: int) -> None:
        self._loss = loss
        self._logits = np.empty((max(capacity, 2048), 10), np.float32)
        self._labels = np.empty(len(self._logits), np.intp)
        self._filled = 0
        self._reset()

    def _reset(self) -> None:
        self._count, self._correct, self._loss_sum = 0, 0, 0.0
        self._first_bad: int | None = None

    def add(self, logits: np.ndarray, labels: np.ndarray) -> None:
        """Take (n, 10) logits with (n,) labels, n at most the capacity."""
        if self._filled + len(labels) > len(self._labels):
            self._work_out()
        end = self._filled + len(labels)
        self._logits[self._filled : end] = logits
        self._labels[self._filled : end] = labels
        self._filled = end

    def _work_out(self) -> None:
        """Turn what was collected into sums."""
        logits, labels = self._logits[: self._filled], self._labels[: self._filled]
        with np.errstate(all="ignore"):
            losses = self._loss.losses(logits, labels)
        loss_sum = float(losses.sum(dtype=np.float64))
        if not math.isfinite(loss_sum) and self._first_bad is None:
            self._first_bad = self._count + int(np.isfinite(losses).argmin())
        self._loss_sum += loss_sum
        self._correct += int((logits.argmax(axis=1) == labels).sum())
        self._count += self._filled
        self._filled = 0

    def read(self) -> Reading:
        """What came since the last reading."""
        if self._filled:
            self._work_out()
        count = self._count
        loss, accuracy = (self._loss_sum / count, self._correct / count) if count else (math.nan, math.nan)
        reading = Reading(loss, accuracy, count, self._first_bad)
        self._reset()
        return reading
