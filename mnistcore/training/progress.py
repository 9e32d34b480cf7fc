"""What a training run reports while it runs."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from mnistcore.training.health import LayerHealth

Outcome = Literal["finished", "stopped_early", "diverged"]


@dataclass(frozen=True, eq=False)
class Progress:
    """The state of a run after ``step`` updates.

    ``seconds`` is the time spent training and evaluating so far, pauses and the final evaluation excluded.
    ``train_loss`` and ``train_accuracy`` are means over the images since the last Progress, each as the network
    classified it before it learned from it (nan when there were none); on the last Progress they are over the whole
    training part. Validation and test figures are set only where they were evaluated; where the run's weights are a
    mean, the ``plain_`` ones are of the weights of the step itself. ``batch_indices`` (k ≤ 64,)
    point into the data set's training images, ``batch_predictions`` (k,) is how the network classified them before the
    update. ``is_snapshot_due`` marks the steps at which to keep the weights for a replay, evenly spaced in log-steps;
    with some of them comes the ``health`` of the layers.
    """

    step: int
    total_steps: int
    epoch: float
    epochs: int
    seconds: float
    images_per_second: float
    learning_rate: float
    train_loss: float
    train_accuracy: float
    validation_loss: float | None = None
    validation_accuracy: float | None = None
    plain_validation_loss: float | None = None
    plain_validation_accuracy: float | None = None
    test_loss: float | None = None
    test_accuracy: float | None = None
    batch_indices: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    batch_predictions: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    is_snapshot_due: bool = False
    health: "tuple[LayerHealth, ...] | None" = None
    outcome: Outcome | None = None
    message: str | None = None


def snapshot_steps(total_steps: int, count: int = 40) -> np.ndarray:
    """Step 0 and about ``count`` more up to the last, evenly spaced in log-steps, (k,) int64 ascending."""
    return np.unique(np.r_[0, np.rint(np.geomspace(1, total_steps, count))].astype(np.int64))
