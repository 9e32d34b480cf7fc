"""The steps of a linear network, a block at a time, where they can be found as the solution of a triangular system.

A block ends where its number of steps says so or its epoch ends, never where somebody looks: the weights in the middle
of a block are found from those at its start, and so are those at its end. So a run has the same weights, bit for bit,
however often it is looked at, paused or resumed.
"""

import numpy as np

from mnistcore.nn.bound_network import SCALE
from mnistcore.nn.linear_system import ROWS, LinearSystem
from mnistcore.training.config import TrainingConfig
from mnistcore.training.schedules import schedule_factor
from mnistcore.training.shard_worker import ShardWorker
from mnistcore.training.state import BlockStart, TrainingState


def is_linear_system(config: TrainingConfig, batch_size: int) -> bool:
    """Whether the steps are those of plain gradient descent on a linear network, with few enough images in each."""
    is_linear = not config.layers and config.loss == "linear_squared_error"
    is_plain = config.optimizer.kind == "sgd" and not config.weight_decay and not config.augmentation.is_on
    return is_linear and is_plain and not config.weight_average and 2 * batch_size <= ROWS


class LinearBlocks:
    """Takes the steps of a run whose network ``worker`` holds, in buffers that it shares with nobody."""

    def __init__(self, state: TrainingState, worker: ShardWorker) -> None:
        self._state, self._buffers = state, worker.buffers
        arrays = worker.network.views(0, worker.buffers.parameters)
        self._system = LinearSystem(arrays["W"], arrays.get("b"), state.batch_size)
        self._steps = ROWS // state.batch_size
        self._bytes = np.empty((ROWS, worker.sharding.pixels), np.uint8)
        self._x = np.empty(self._bytes.shape, np.float32)
        self._start = worker.buffers.parameters.copy()
        self._first, self._learning_rate = state.step, state.learning_rate

    def begin(self, block: BlockStart, parameters: np.ndarray) -> None:
        """Go on in a block that was left in the middle; ``parameters`` are those at its start that are trained."""
        self._first, self._learning_rate = block.step, block.learning_rate
        self._start[:] = parameters

    @property
    def start(self) -> tuple[int, float, np.ndarray] | None:
        """Where the block under way began: step, base learning rate and parameters; None between two blocks."""
        is_within = self._first < self._state.step < self._end()
        return (self._first, self._learning_rate, self._start) if is_within else None

    def _end(self) -> int:
        """The step after the last one of the block."""
        state = self._state
        epoch = self._first // state.steps_per_epoch * state.steps_per_epoch
        whole = epoch + ((self._first - epoch) // self._steps + 1) * self._steps
        return min(whole, epoch + state.steps_per_epoch)

    def advance(self, steps: int) -> None:
        """Take up to ``steps`` steps, no more than there are in this block."""
        state = self._state
        if state.step == self._end() or state.learning_rate != self._learning_rate:
            self._first, self._learning_rate = state.step, state.learning_rate
            self._start[:] = self._buffers.parameters
        stop = min(self._end(), state.step + steps)
        order, epoch = state.epoch_order(), self._first // state.steps_per_epoch * state.steps_per_epoch
        rows = order[(self._first - epoch) * state.batch_size : (stop - epoch) * state.batch_size]
        count, labels = len(rows), self._buffers.labels[rows]
        np.take(self._buffers.images, rows, axis=0, out=self._bytes[:count], mode="clip")
        x = np.multiply(self._bytes[:count], SCALE, out=self._x[:count])
        self._buffers.parameters[:] = self._start
        outputs = self._system.learn(x, labels, self._rates(stop, count))
        known = (state.step - self._first) * state.batch_size
        state.meter.add(outputs[known:], rows[known:])
        last = (stop - 1 - self._first) * state.batch_size
        state.last_rows, state.last_logits = rows[last:], outputs[last:]
        state.end_steps(stop - state.step, count - known)

    def _rates(self, stop: int, count: int) -> np.ndarray:
        """Of each of ``count`` images the learning rate of its step, divided by the number of images in that."""
        state, schedule = self._state, self._state.config.schedule
        steps = range(self._first, stop)
        if schedule.kind in ("constant", "adaptive"):
            factors = np.ones(len(steps))
        else:
            factors = np.array([schedule_factor(schedule, k, state.total_steps, state.steps_per_epoch) for k in steps])
        sizes = np.full(len(steps), state.batch_size)
        sizes[-1] = count - (len(steps) - 1) * state.batch_size
        rates = state.learning_rate * state.adaptive.factor * factors / sizes
        return np.repeat(rates, sizes).astype(np.float32)
