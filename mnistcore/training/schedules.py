"""Learning rate schedules: the rate at each step, from the base rate."""

import math

import numpy as np

from mnistcore.training.config import ScheduleConfig, TrainingConfig


def schedule_factor(schedule: ScheduleConfig, step: int, total_steps: int, steps_per_epoch: int) -> float:
    """What the base learning rate is multiplied by for the update that follows ``step`` updates."""
    done = step / max(1, total_steps - 1)
    if schedule.kind == "step":
        return schedule.factor ** (step // (steps_per_epoch * schedule.step_epochs))
    if schedule.kind == "cosine":
        return _cosine(1.0, schedule.final, done)
    if schedule.kind == "one_cycle":
        if done < schedule.warmup:
            return _cosine(1 / 25, 1.0, done / schedule.warmup)
        return _cosine(1.0, schedule.final, (done - schedule.warmup) / max(1e-9, 1 - schedule.warmup))
    return 1.0


def _cosine(start: float, end: float, done: float) -> float:
    return end + (start - end) * 0.5 * (1 + math.cos(math.pi * min(done, 1.0)))


class AdaptiveRate:
    """scikit-learn's rule: divide by five when the training loss stops falling; it remembers what it has seen."""

    def __init__(self, schedule: ScheduleConfig) -> None:
        self.schedule = schedule
        self.factor, self.best_loss, self.epochs_without_progress = 1.0, math.inf, 0

    def observe(self, epoch_loss: float) -> None:
        """Take note of an epoch's mean training loss."""
        if self.schedule.kind != "adaptive":
            return
        improved = epoch_loss <= self.best_loss - self.schedule.tolerance  # as in scikit-learn
        self.epochs_without_progress = 0 if improved else self.epochs_without_progress + 1
        self.best_loss = min(self.best_loss, epoch_loss)
        if self.epochs_without_progress >= self.schedule.patience:
            self.factor, self.epochs_without_progress = self.factor / 5, 0


def learning_rate_curve(config: TrainingConfig, train_size: int, points: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Steps and learning rates, (k,) float32 each with k ≤ points, as planned for ``train_size`` training images.

    For ``adaptive`` the plan is the base rate: what it does depends on the loss.
    """
    steps_per_epoch, total_steps = count_steps(config, train_size)
    steps = np.unique(np.linspace(0, total_steps - 1, min(points, total_steps)).astype(np.int64))
    rates = [
        config.learning_rate * schedule_factor(config.schedule, int(step), total_steps, steps_per_epoch)
        for step in steps
    ]
    return steps.astype(np.float32), np.array(rates, np.float32)


def count_steps(config: TrainingConfig, train_size: int) -> tuple[int, int]:
    """Updates per epoch (the last batch may be smaller) and updates in all."""
    batch_size = train_size if config.batch_size == "full" else min(config.batch_size, train_size)
    steps_per_epoch = math.ceil(train_size / batch_size)
    total_steps = steps_per_epoch * config.epochs
    return steps_per_epoch, min(total_steps, config.max_steps or total_steps)
