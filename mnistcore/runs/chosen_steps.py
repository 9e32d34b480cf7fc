"""The steps after which a run pauses, is evaluated, or keeps a snapshot."""

import math

import numpy as np

from mnistcore.training.progress import snapshot_steps

FEW_EVALUATIONS, MOST_EVALUATIONS = 4, 100  # of a member of an experiment
SNAPSHOT_BYTES = 32_000_000


def pause_step(total_steps: int, share: float | None) -> int | None:
    """The step after which a run pauses that may take this share of its steps; None if it may take all."""
    return None if share is None else max(1, math.ceil(share * total_steps))


def comparable_steps(steps_per_epoch: int, total_steps: int) -> set[int]:
    """Where a member of an experiment is evaluated: the same steps whoever trains it, so that the best of its figures
    depends on its config alone. At the end of each epoch, oftener where there are few, of very many not at each."""
    epochs = math.ceil(total_steps / steps_per_epoch)
    parts, every = max(1, FEW_EVALUATIONS // epochs), math.ceil(epochs / MOST_EVALUATIONS)
    stops = (part * steps_per_epoch * every // parts for part in range(1, parts * epochs // every + 1))
    return {step for step in stops if 0 < step < total_steps}


def choose_snapshots(total_steps: int, parameter_count: int) -> tuple[int, set[int]]:
    """How many snapshots a run may keep within 32 MB, and at which steps: about 40, evenly spaced in log-steps."""
    steps = snapshot_steps(total_steps)
    allowed = min(len(steps), SNAPSHOT_BYTES // (2 * parameter_count))
    chosen = np.unique(np.linspace(len(steps) - 1, 0, allowed).round().astype(int))
    return allowed, {int(step) for step in steps[chosen]}
