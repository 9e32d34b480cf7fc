"""A whole run kept in memory: its weights at marks along the way, and checkpoints from which any step is repeated."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from mnistcore.data import Dataset
from mnistcore.errors import ConfigError
from mnistcore.nn import Network
from mnistcore.training.config import TrainingConfig
from mnistcore.training.state import TrainingState
from mnistcore.training.stepper import Stepper

AVERAGED_EVERY = 10  # steps between two weights that the running mean takes


@dataclass(frozen=True, eq=False)
class Course:
    """A run from its first step to its last.

    ``marks`` (m,) int64 are the steps after which ``parameters`` (m, p) float32 were kept; ``means`` (m, p) float32 are
    the means of the parameters up to then, taken every AVERAGED_EVERY steps. ``checkpoints``: by step, the whole state.
    """

    marks: np.ndarray
    parameters: np.ndarray
    means: np.ndarray
    checkpoints: dict[int, bytes]


def train_course(config: TrainingConfig, dataset: Dataset, every: int, early: Iterable[int] = ()) -> Course:
    """Train from the beginning to the end, with a mark and a checkpoint every ``every`` steps and ``early`` marks.

    The first and the last step are marks too. ConfigError or DataError if config and data set do not fit together.
    """
    if every < 1:
        raise ConfigError(f"every must be at least 1 step, got {every}")
    state = TrainingState.begin(config, dataset)
    total = state.total_steps
    marks = sorted({0, total, *(mark for mark in early if mark < total), *range(every, total, every)})
    weights, means, checkpoints = [], [], {}
    summed, taken = np.zeros(state.network.parameter_count), 0
    with Stepper(state) as stepper:
        for mark in marks:
            while state.step < mark:
                stepper.advance(min(AVERAGED_EVERY, mark - state.step))
                summed += state.network.parameters
                taken += 1
            weights.append(state.network.parameters.copy())
            means.append((summed / taken).astype(np.float32) if taken else weights[0])
            if mark % every == 0:
                checkpoints[mark] = state.to_bytes()
    return Course(np.array(marks), np.stack(weights), np.stack(means), checkpoints)


def parameters_between(
    config: TrainingConfig, dataset: Dataset, first: int, count: int, checkpoint: bytes | None = None
) -> np.ndarray:
    """The parameters before, between and after the ``count`` steps that follow step ``first``: (count + 1, p) float32.

    They are those of the run, bit for bit; fewer at its end. ``checkpoint``: of this run at ``first`` or before, so
    that the steps up to there need not be repeated.
    """
    if checkpoint is None:
        state = TrainingState.begin(config, dataset)
    else:
        state = TrainingState.from_bytes(checkpoint, dataset)
    if not state.step <= first < state.total_steps:
        raise ConfigError(f"first must be from {state.step:,} to {state.total_steps - 1:,}, got {first:,}")
    found = []
    with Stepper(state) as stepper:
        stepper.advance(first - state.step)
        for _ in range(min(count, state.total_steps - first)):
            found.append(state.network.parameters.copy())
            stepper.advance(1)
        found.append(state.network.parameters.copy())
    return np.stack(found)


def network_with(config: TrainingConfig, parameters: np.ndarray | None = None) -> Network:
    """The config's network as initialised, or with these (p,) parameters; ConfigError if they do not fit it."""
    network = Network(config, np.random.default_rng(config.seed))
    if parameters is not None:
        network.load_parameters(parameters)
    return network
