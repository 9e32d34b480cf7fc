"""The steps of a run, taken in lanes: parts of each batch that can go through the network at the same time.

When all lanes are through, each learns from all of them for its share of the parameters, and updates that. What comes
out does not depend on whether one process does the lanes in turn or each has a process to itself.
"""

import math
from functools import partial
from typing import Any

import numpy as np

from mnistcore.data.augmentation import Augmenter
from mnistcore.nn import Dense, Dropout, Network, Optimizer
from mnistcore.nn.config import Settings
from mnistcore.nn.layers import BatchNorm, Shard
from mnistcore.nn.network import DIGITS
from mnistcore.nn.optimizers import slot_count
from mnistcore.training.config import TrainingConfig

CHUNK = 1000  # a larger batch goes through in pieces of this size, so that its activations stay in the cache
MAPS_CHUNK = 128  # of networks with convolution, whose columns are many times larger than an image
LANE_WORK = 2_000_000  # multiplications in a forward pass, from which two lanes pay
ALIGNMENT = 4096  # bytes: a page


class Layout(Settings):
    """What the lanes of a run need to know: its settings and the sizes of their shared arrays."""

    config: TrainingConfig
    lanes: int
    images: int
    pixels: int
    capacity: int

    def arrays(self) -> dict[str, tuple[int, tuple[int, ...], Any]]:
        """Position in bytes, shape and dtype of each shared array, and the total under ""."""
        network = Network.over(self.config, self.pixels)
        size = network.parameter_count
        shapes = [network.input_shape, *(layer.output_shape for layer in network.layers)]
        widths = sum(shape[0] for shape in shapes if len(shape) == 1)
        wanted: dict[str, tuple[tuple[int, ...], Any]] = {
            "messages": ((ALIGNMENT,), np.uint8),
            "rows": ((self.capacity,), np.int64),
            "logits": ((self.capacity, DIGITS), np.float32),
            "parameters": ((size,), np.float32),
            "gradients": ((self.lanes, size), np.float32),
            "outputs": ((2 * self.capacity * widths,), np.float32),
            "slots": ((slot_count(self.config.optimizer), network.trained_count), np.float32),
            "labels": ((self.images,), np.uint8),
            "images": ((self.images, self.pixels), np.uint8),
        }
        position, arrays = 0, {}
        for name, (shape, dtype) in wanted.items():
            arrays[name] = position, shape, dtype
            position += math.ceil(math.prod(shape) * np.dtype(dtype).itemsize / ALIGNMENT) * ALIGNMENT
        return {**arrays, "": (position, (), np.uint8)}

    @property
    def bytes(self) -> int:
        """How much memory all arrays take."""
        return self.arrays()[""][0]


class Arena:
    """The arrays that the lanes share, as views of one buffer (see ``Layout.arrays``)."""

    def __init__(self, layout: Layout, buffer: Any) -> None:
        arrays = layout.arrays()

        def view(name: str) -> np.ndarray:
            position, shape, dtype = arrays[name]
            return np.frombuffer(buffer, dtype, math.prod(shape), position).reshape(shape)

        self.rows, self.logits = view("rows"), view("logits")
        self.parameters, self.gradients, self.slots = view("parameters"), view("gradients"), view("slots")
        self.outputs = view("outputs")
        self.labels, self.images = view("labels"), view("images")


class Lane:
    """One lane's passes and its share of the updates."""

    def __init__(self, layout: Layout, arena: Arena, number: int) -> None:
        self.layout, self.arena, self.number = layout, arena, number
        config = layout.config
        self.network = Network.over(config, layout.pixels, arena.parameters)
        self._shares: dict[int, Share] = {}
        self._rng = np.random.default_rng(0)
        has_dropout = any(isinstance(layer, Dropout) for layer in self.network.layers)
        self._is_random = has_dropout or config.augmentation.is_on
        sizes = self.network.trained_count, self.network.weight_count
        self.optimizer = Optimizer(config.optimizer, *sizes, config.weight_decay, arena.slots)

    def _share(self, count: int) -> "Share | None":
        """This lane's share of a batch of so many images; None if it is too small to have one."""
        if self.number >= count:
            return None
        if count not in self._shares:
            self._shares[count] = Share(self, count)
        return self._shares[count]

    def pass_through(self, count: int, start: int, scale: float, step: int) -> None:
        """Run this lane's part of the first ``count`` rows through the network and back."""
        share, arena = self._share(count), self.arena
        if share is None:
            return
        if self._is_random:
            self._rng = np.random.default_rng([self.layout.config.seed, 2, step, start, self.number])
        rows, bound = arena.rows[share.part], share.bound
        change = None if share.augmenter is None else partial(share.augmenter.change, rng=self._rng)
        bound.input.load(arena.images, rows, change)
        logits = bound.forward(self._rng)
        arena.logits[share.part] = logits
        self.network.loss.gradient(logits, arena.labels[rows], scale, bound.dlogits)
        bound.backward(accumulate=start > 0)

    def learn(self, count: int, start: int, step: int, learning_rate: float, passes: int) -> None:
        """When all lanes are through: this lane's share of the gradients, added to what was before if ``start`` is not
        0, and, where ``passes`` says how many there were, of update ``step`` + 1."""
        share, arena, optimizer = self._share(count), self.arena, self.optimizer
        if share is None:
            return
        optimizer.step = step + 1
        for layer, rows, blocks in share.joint:
            layer.row_gradient(rows, start > 0)
            if passes:
                for block in blocks:
                    optimizer.update_block(arena.parameters, share.own_gradients, learning_rate, block)
        if passes:
            for block in share.blocks:
                optimizer.update_block(arena.parameters, share.all_gradients, learning_rate, block)
            if self.number == 0 and self.network.trained_count < len(arena.parameters):
                self._follow_statistics(passes * len(share.all_gradients))

    def _follow_statistics(self, passes: int) -> None:
        part = slice(self.network.trained_count, None)
        found = self.arena.gradients[:, part].sum(axis=0) / passes
        self.arena.parameters[part] += BatchNorm.MOMENTUM * (found - self.arena.parameters[part])


class Share:
    """What a lane does of a batch of ``count`` images: which it passes through, and which parameters it updates.

    ``joint`` holds the joint layers, with the rows of W that are this lane's and their blocks of the flat array,
    ``blocks`` those of all other parameters, whose gradients are the sum over the lanes.
    """

    def __init__(self, lane: Lane, count: int) -> None:
        number, lanes = lane.number, min(lane.layout.lanes, count)
        self.part = slice(count * number // lanes, count * (number + 1) // lanes)
        shard = Shard(count, self.part, lane.arena.outputs, usual_n=lane.layout.capacity // lane.layout.lanes)
        self.own_gradients, self.all_gradients = lane.arena.gradients[number : number + 1], lane.arena.gradients[:lanes]
        self.bound = lane.network.bind(shard.n, lane.arena.gradients[number], shard)
        augmentation = lane.layout.config.augmentation
        self.augmenter = Augmenter(augmentation, shard.n) if augmentation.is_on else None
        self.joint: list[tuple[Dense, slice, list[slice]]] = []
        is_joint = np.zeros(lane.network.trained_count, bool)
        for place, layer in self.bound.layers:
            if isinstance(layer, Dense) and layer.is_row_parallel:
                whole = lane.network.place(place, "W")
                is_joint[whole] = True
                rows = slice(layer.inputs * number // lanes, layer.inputs * (number + 1) // lanes)
                edges = (whole.start + row * layer.units for row in (rows.start, rows.stop))
                self.joint.append((layer, rows, lane.optimizer.blocks(*edges)))
        others = np.flatnonzero(~is_joint)
        mine = others[len(others) * number // lanes : len(others) * (number + 1) // lanes]
        runs = np.split(mine, np.flatnonzero(np.diff(mine) > 1) + 1)
        self.blocks = [block for run in runs if len(run) for block in lane.optimizer.blocks(run[0], run[-1] + 1)]


def chunk_size(network: Network) -> int:
    """How many images go through at a time at most."""
    return CHUNK if len(network.input_shape) == 1 else MAPS_CHUNK


def choose_lanes(network: Network, batch_size: int) -> int:
    """Two where a batch is work enough to be worth the waiting for each other, else one."""
    n = min(batch_size, chunk_size(network))
    return 2 if n > 1 and n * multiplications(network) >= LANE_WORK else 1


def multiplications(network: Network) -> int:
    """How many products of two numbers a forward pass of one image takes."""
    weights = ((layer.shapes["W"], layer.output_shape[1:]) for layer in network.layers if "W" in layer.shapes)
    return sum(math.prod(shape) * math.prod(places) for shape, places in weights)
