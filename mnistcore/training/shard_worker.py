"""One worker's part of a step: its shard of the batch forward and backward, then its part of the update.

    batch ─┬─ shard 0 ─ forward, backward ─▶ gradients[0] ─┐         ┌─▶ sum and update the first half of the parameters
           └─ shard 1 ─ forward, backward ─▶ gradients[1] ─┘ barrier └─▶ sum and update the second half

This is data-parallel training. In place of an all-reduce each worker adds up the gradients of its part of the
parameters only (a reduce-scatter) and updates those in place; the parameters are shared, so nothing has to be gathered.
The result does not depend on whether one process computes the shards in turn or each shard has a process to itself.
"""

import math
from functools import partial

import numpy as np

from mnistcore.data.augmentation import Augmenter
from mnistcore.nn import Dense, Dropout, Network, Optimizer
from mnistcore.nn.layers import BatchNorm, Shard
from mnistcore.nn.losses import training_loss
from mnistcore.nn.weight_average import WeightAverage
from mnistcore.training.shared_buffers import Sharding, SharedBuffers

CHUNK = 1000  # a larger batch goes through in pieces of this size, so that its activations stay in the cache
MAPS_CHUNK = 128  # of networks with convolution, whose columns are many times larger than an image
SHARD_WORK = 2_000_000  # multiplications in a forward pass, from which two shards pay


class ShardWorker:
    """Computes shard ``number`` of every batch, and updates its part of the parameters."""

    def __init__(self, sharding: Sharding, buffers: SharedBuffers, number: int) -> None:
        self.sharding, self.buffers, self.number = sharding, buffers, number
        config = sharding.config
        self.network = Network.over(config, sharding.pixels, buffers.parameters)
        self._loss = training_loss(config.loss, config.label_smoothing)
        self.plans: dict[int, BatchPlan] = {}
        self._rng = np.random.default_rng(0)
        has_dropout = any(isinstance(layer, Dropout) for layer in self.network.layers)
        self._is_random = has_dropout or config.augmentation.is_on
        sizes = self.network.trained_count, self.network.weight_count
        self.optimizer = Optimizer(config.optimizer, *sizes, config.weight_decay, buffers.slots)
        self.averages = [WeightAverage(config.weight_average, mean) for mean in buffers.averages]  # one or none

    def _plan(self, count: int) -> "BatchPlan | None":
        """This worker's part of a batch of ``count`` images; None if there are too few for it to have a shard."""
        if self.number >= count:
            return None
        if count not in self.plans:
            self.plans[count] = BatchPlan(self, count)
        return self.plans[count]

    def backpropagate(self, count: int, start: int, scale: float, step: int) -> None:
        """Run this worker's shard of the first ``count`` rows through the network, forward and backward."""
        plan, buffers = self._plan(count), self.buffers
        if plan is None:
            return
        if self._is_random:
            self._rng = np.random.default_rng([self.sharding.config.seed, 2, step, start, self.number])
        rows, bound = buffers.rows[plan.rows], plan.bound
        change = None if plan.augmenter is None else partial(plan.augmenter.change, rng=self._rng)
        bound.input.load(buffers.images, rows, change)
        logits = bound.forward(self._rng)
        buffers.logits[plan.rows] = logits
        self._loss.gradient(logits, buffers.labels[rows], scale, bound.dlogits)
        bound.backward(accumulate=start > 0)

    def reduce_and_update(self, count: int, start: int, step: int, learning_rate: float, passes: int) -> None:
        """After the barrier: find the gradients of row-parallel layers, added to what was before if ``start`` is not 0,
        and, where ``passes`` says how many there were, take this worker's part of update ``step`` + 1."""
        plan, buffers, optimizer = self._plan(count), self.buffers, self.optimizer
        if plan is None:
            return
        optimizer.step = step + 1
        for layer, rows, blocks in plan.row_parallel:
            layer.row_gradient(rows, start > 0)
            if passes:
                for block in blocks:
                    optimizer.update_block(buffers.parameters, plan.own_gradients, learning_rate, block)
        if passes:
            for block in plan.blocks:
                optimizer.update_block(buffers.parameters, plan.all_gradients, learning_rate, block)
            if self.number == 0 and self.network.trained_count < len(buffers.parameters):
                self._update_running_statistics(passes * len(plan.all_gradients))
            for average in self.averages:
                for block in plan.own_blocks:
                    average.update_block(buffers.parameters, step + 1, block)

    def _update_running_statistics(self, passes: int) -> None:
        part = slice(self.network.trained_count, None)
        found = self.buffers.gradients[:, part].sum(axis=0) / passes
        self.buffers.parameters[part] += BatchNorm.MOMENTUM * (found - self.buffers.parameters[part])


class BatchPlan:
    """A worker's part of a batch of ``count`` images: the rows it computes, and the parameters it updates.

    ``row_parallel`` holds such layers, with the rows of W that are this worker's and their blocks of the flat array,
    ``blocks`` those of all other parameters, whose gradients are the sum over the shards. ``own_blocks`` are all that
    this worker changes in an update, running statistics among them.
    """

    def __init__(self, worker: ShardWorker, count: int) -> None:
        sharding, buffers, number = worker.sharding, worker.buffers, worker.number
        shards = min(sharding.shards, count)
        self.rows = slice(count * number // shards, count * (number + 1) // shards)
        shard = Shard(count, self.rows, buffers.outputs, usual_n=sharding.batch_size // sharding.shards)
        self.own_gradients, self.all_gradients = buffers.gradients[number : number + 1], buffers.gradients[:shards]
        self.bound = worker.network.bind(shard.n, buffers.gradients[number], shard)
        augmentation = sharding.config.augmentation
        self.augmenter = Augmenter(augmentation, shard.n) if augmentation.is_on else None
        self.row_parallel: list[tuple[Dense, slice, list[slice]]] = []
        is_row_parallel = np.zeros(worker.network.trained_count, bool)
        for place, layer in self.bound.layers:
            if isinstance(layer, Dense) and layer.is_row_parallel:
                whole = worker.network.place(place, "W")
                is_row_parallel[whole] = True
                rows = slice(layer.inputs * number // shards, layer.inputs * (number + 1) // shards)
                edges = (whole.start + row * layer.units for row in (rows.start, rows.stop))
                self.row_parallel.append((layer, rows, worker.optimizer.blocks(*edges)))
        others = np.flatnonzero(~is_row_parallel)
        mine = others[len(others) * number // shards : len(others) * (number + 1) // shards]
        runs = np.split(mine, np.flatnonzero(np.diff(mine) > 1) + 1)
        self.blocks = [block for run in runs if len(run) for block in worker.optimizer.blocks(run[0], run[-1] + 1)]
        statistics = [] if number else [slice(worker.network.trained_count, len(buffers.parameters))]
        self.own_blocks = [block for *_, blocks in self.row_parallel for block in blocks] + self.blocks + statistics


def chunk_size(network: Network) -> int:
    """How many images go through at a time at most."""
    return CHUNK if len(network.input_shape) == 1 else MAPS_CHUNK


def count_shards(network: Network, batch_size: int) -> int:
    """Two where a batch is large enough to be worth the synchronisation, else one."""
    n = min(batch_size, chunk_size(network))
    return 2 if n > 1 and n * multiplications(network) >= SHARD_WORK else 1


def multiplications(network: Network) -> int:
    """The number of multiplications in a forward pass of one image."""
    weights = ((layer.shapes["W"], layer.output_shape[1:]) for layer in network.layers if "W" in layer.shapes)
    return sum(math.prod(shape) * math.prod(places) for shape, places in weights)
