"""Loss and accuracy: over a part of the data set, and over the batches since the last reading."""

import math
from dataclasses import dataclass

import numpy as np

from mnistcore.nn import Network
from mnistcore.nn.losses import LossFunction
from mnistcore.nn.network import CHUNK, DIGITS


@dataclass(frozen=True)
class Evaluation:
    """Mean loss and share of correct predictions over ``count`` images, ``most`` of which show ``commonest``."""

    loss: float
    accuracy: float
    correct: int
    count: int
    commonest: int
    most: int


def evaluate(network: Network, images: np.ndarray, labels: np.ndarray, indices: np.ndarray | None = None) -> Evaluation:
    """Evaluate on (n, 28, 28) uint8 images with (n,) labels, or on those at ``indices``, without dropout."""
    count = len(images) if indices is None else len(indices)
    meter = Meter(network.loss, labels, CHUNK)
    with np.errstate(all="ignore"):  # of weights that diverged the loss says so
        for part, bound in network.chunks(images, indices):
            meter.add(bound.logits, np.arange(part.start, part.stop) if indices is None else indices[part])
    reading = meter.read()
    digits = np.bincount(labels if indices is None else labels[indices], minlength=DIGITS)
    correct = round(reading.accuracy * count) if count else 0
    return Evaluation(reading.loss, reading.accuracy, correct, count, int(digits.argmax()), int(digits.max()))


BLOCK = 32  # images whose mean loss is compared with that of the first ones, to see where a run began to diverge


@dataclass(frozen=True)
class Reading:
    """Mean loss and accuracy over ``count`` images (nan for none).

    ``first_bad`` counts the images before the first whose loss was not finite, ``calm`` those up to the end of the last
    BLOCK whose mean loss was no higher than the first one's; None where there was no such image or block.
    """

    loss: float
    accuracy: float
    count: int
    first_bad: int | None
    calm: int | None


class Meter:
    """Sums up loss and accuracy of outputs as they come, but works them out in bulk, only when read or full.

    ``labels`` (m,) are those of all images; outputs come with the indices of theirs.
    """

    def __init__(self, loss: LossFunction, labels: np.ndarray, capacity: int) -> None:
        self._loss, self._all_labels = loss, labels
        self._logits = np.empty((max(capacity, 2048), 10), np.float32)
        self._rows = np.empty(len(self._logits), np.intp)
        self._filled = 0
        self.first_loss = math.nan  # the mean of the first BLOCK that ever came
        self._reset()

    def _reset(self) -> None:
        self._count, self._correct, self._loss_sum = 0, 0, 0.0
        self._first_bad: int | None = None
        self._calm: int | None = None

    def add(self, logits: np.ndarray, rows: np.ndarray) -> None:
        """Take (n, 10) logits of the images at ``rows`` (n,), n at most the capacity."""
        if self._filled + len(rows) > len(self._rows):
            self._work_out()
        end = self._filled + len(rows)
        self._logits[self._filled : end] = logits
        self._rows[self._filled : end] = rows
        self._filled = end

    def _work_out(self) -> None:
        """Turn what was collected into sums."""
        logits, labels = self._logits[: self._filled], self._all_labels[self._rows[: self._filled]]
        with np.errstate(all="ignore"):
            losses = self._loss.losses(logits, labels)
        loss_sum = float(losses.sum(dtype=np.float64))
        if not math.isfinite(loss_sum) and self._first_bad is None:
            self._first_bad = self._count + int(np.isfinite(losses).argmin())
        self._note_calm(losses, loss_sum)
        self._loss_sum += loss_sum
        self._correct += int((logits.argmax(axis=1) == labels).sum())
        self._count += self._filled
        self._filled = 0

    def _note_calm(self, losses: np.ndarray, loss_sum: float) -> None:
        """Move the end of what is calm; only where the losses are higher as a whole is each block looked at."""
        if math.isnan(self.first_loss):
            self.first_loss = float(losses[:BLOCK].mean(dtype=np.float64))
        if loss_sum <= self.first_loss * len(losses):
            self._calm = self._count + len(losses)
            return
        starts = np.arange(0, len(losses), BLOCK)
        sizes = np.diff(starts, append=len(losses))
        with np.errstate(all="ignore"):
            calm = np.flatnonzero(np.add.reduceat(losses, starts) <= self.first_loss * sizes)
        if len(calm):
            self._calm = self._count + int(starts[calm[-1]] + sizes[calm[-1]])

    def read(self) -> Reading:
        """What came since the last reading."""
        if self._filled:
            self._work_out()
        count = self._count
        loss, accuracy = (self._loss_sum / count, self._correct / count) if count else (math.nan, math.nan)
        reading = Reading(loss, accuracy, count, self._first_bad, self._calm)
        self._reset()
        return reading
