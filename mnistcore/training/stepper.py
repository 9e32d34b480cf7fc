"""The steps of a run: the only place where a network in training takes them.

    next batch ─▶ its pieces, one after the other, data-parallel ─▶ update ─▶ next step        in shared buffers
    state.network, state.slots ◀── collected when they are read ────────────┘

A batch up to the size that the cache holds is one piece. The steps of a linear network are taken many at a time.
"""

import math
import time

import numpy as np
from threadpoolctl import threadpool_limits

from mnistcore.nn import Dense
from mnistcore.nn.network import PIXELS, as_rows
from mnistcore.training.data_parallel import DataParallel
from mnistcore.training.linear_blocks import LinearBlocks, is_linear_system
from mnistcore.training.shard_worker import count_shards, multiplications
from mnistcore.training.shared_buffers import Sharding
from mnistcore.training.state import BlockStart, TrainingState


class Stepper:
    """Takes the steps of a run in training; a context, for as long as which BLAS uses one thread.

    It trains a copy of the network that has no weights for pixels that are black in every image: what is multiplied by
    zero changes nothing, and the gradient of such a weight is zero. (Augmentation may put ink there.)
    """

    def __init__(self, state: TrainingState) -> None:
        self._state, network, dataset = state, state.network, state.dataset
        state.forget_unfinished_step()
        config, pixels = state.config, as_rows(dataset.train_images)
        is_seen, self._is_kept = np.ones(PIXELS, bool), np.ones(network.parameter_count, bool)
        if isinstance(network.layers[0], Dense) and not (config.weight_decay or config.augmentation.is_on):
            is_seen = pixels.max(axis=0) > 0
            network.views(0, self._is_kept)["W"][~is_seen] = False
        sharding = Sharding(
            config=config,
            shards=state.shards or count_shards(network, state.batch_size),
            images=len(pixels),
            pixels=int(is_seen.sum()),
            batch_size=state.piece_size,
        )
        images_left = (state.total_steps - state.step) * state.batch_size
        self.parallel = DataParallel(sharding, images_left * 3 * multiplications(network))
        self._batch: np.ndarray | None = None  # the one under way
        self._size = 0  # of its pieces
        self._is_ahead = False  # of the state's network
        buffers = self.parallel.buffers
        buffers.labels[:] = dataset.train_labels
        np.take(pixels, np.flatnonzero(is_seen), axis=1, out=buffers.images, mode="clip")  # "raise" would buffer it all
        buffers.parameters[:] = network.parameters[self._is_kept]
        if state.average is not None:
            buffers.averages[0] = state.average[self._is_kept]
        buffers.slots[:] = state.slots[:, self._is_kept[: state.slots.shape[1]]]
        self._blocks: LinearBlocks | None = None
        if is_linear_system(config, state.batch_size):
            self._blocks = LinearBlocks(state, self.parallel.workers[0])
            if state.block is not None:
                self._blocks.begin(state.block, state.block.parameters[self._is_kept])

    def __enter__(self) -> "Stepper":
        self._limits = threadpool_limits(1, "blas")  # BLAS threads would only get in a second process's way
        self._network, self._slots, self._average = self._state.network, self._state.slots, self._state.average
        self._state.collect_with(self._collect)
        return self

    def __exit__(self, *_: object) -> None:
        self._limits.restore_original_limits()
        self.parallel.close()
        self._collect()
        self._state.collect_with(None)

    def advance(self, steps: int, until: float = math.inf) -> None:
        """Take ``steps`` steps; fewer, or part of a batch in pieces, if time.perf_counter() reaches ``until``."""
        state = self._state
        stop = state.step + steps
        self._is_ahead = False  # as long as an update may be incomplete, also if it fails
        with np.errstate(all="ignore"):  # a loss that is not finite is found when the meter is read
            while state.step < stop:
                if self._blocks is not None:
                    self._blocks.advance(stop - state.step)
                else:
                    self._take_piece()
                if time.perf_counter() >= until:
                    break
        self._is_ahead = True

    def _take_piece(self) -> None:
        """Learn from the next piece of the batch; with the last one the parameters are updated."""
        state, batch = self._state, self._batch
        if batch is None:
            batch = self._begin_batch()
        start = state.images_in_step
        rows = batch[start : start + self._size]
        is_last = start + len(rows) == len(batch)
        passes = start // self._size + 1 if is_last else 0
        scale, learning_rate = 1 / len(batch), state.scheduled_learning_rate
        logits = self.parallel.run(rows, start, scale, state.step, learning_rate, passes)
        state.meter.add(logits, rows)
        state.last_rows, state.last_logits = rows, logits
        if is_last:
            self._batch = None
            state.end_step(batch)
        else:
            state.images_in_step = start + len(rows)

    def _begin_batch(self) -> np.ndarray:
        """The next batch, in pieces of about the same size, so that each shard has its part of each."""
        self._batch = batch = self._state.next_batch()
        limit = self._state.piece_size
        self._size = len(batch) if len(batch) <= limit else math.ceil(len(batch) / math.ceil(len(batch) / limit))
        return batch

    def _collect(self) -> None:
        """Bring the state's network, average and slots up to date."""
        if self._is_ahead:
            self._is_ahead = False
            buffers = self.parallel.buffers
            self._network.parameters[self._is_kept] = buffers.parameters
            if self._average is not None:
                self._average[self._is_kept] = buffers.averages[0]
            if self._blocks is not None:
                self._state.block = self._block_start(self._blocks)
            for slot, trained in zip(self._slots, buffers.slots, strict=True):
                slot[self._is_kept[: len(slot)]] = trained

    def _block_start(self, blocks: LinearBlocks) -> BlockStart | None:
        """Where the block under way began, with the weights of pixels that are black in every image too."""
        if blocks.start is None:
            return None
        step, learning_rate, trained = blocks.start
        parameters = self._network.parameters.copy()
        parameters[self._is_kept] = trained
        return BlockStart(step, learning_rate, parameters)
