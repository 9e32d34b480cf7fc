"""The memory that the workers of a run share: its arrays, their offsets, and views of them.

    messages │ rows │ logits │ parameters │ gradients, a row for each shard │ outputs │ averages │ slots │ …

One buffer holds them all: an array of this process, or a file that two processes map into their memory.
"""

import math
from typing import Any

import numpy as np

from mnistcore.nn import Network
from mnistcore.nn.layer_config import Settings
from mnistcore.nn.network import DIGITS
from mnistcore.nn.optimizers import slot_count
from mnistcore.training.config import TrainingConfig

ALIGNMENT = 4096  # bytes: a page


class Sharding(Settings):
    """What every worker of a run must know: its settings, the number of shards of a batch, and the sizes of the
    shared arrays. ``batch_size`` is the number of images that go through at a time, at most."""

    config: TrainingConfig
    shards: int
    images: int
    pixels: int
    batch_size: int

    def arrays(self) -> dict[str, tuple[int, tuple[int, ...], Any]]:
        """Position in bytes, shape and dtype of each shared array, and the total under ""."""
        network = Network.over(self.config, self.pixels)
        size = network.parameter_count
        shapes = [network.input_shape, *(layer.output_shape for layer in network.layers)]
        widths = sum(shape[0] for shape in shapes if len(shape) == 1)
        wanted: dict[str, tuple[tuple[int, ...], Any]] = {
            "messages": ((ALIGNMENT,), np.uint8),
            "rows": ((self.batch_size,), np.int64),
            "logits": ((self.batch_size, DIGITS), np.float32),
            "parameters": ((size,), np.float32),
            "gradients": ((self.shards, size), np.float32),
            "outputs": ((2 * self.batch_size * widths,), np.float32),
            "averages": ((1 if self.config.weight_average else 0, size), np.float32),
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


class SharedBuffers:
    """The shared arrays, as views of one buffer (see ``Sharding.arrays``)."""

    def __init__(self, sharding: Sharding, memory: Any) -> None:
        arrays = sharding.arrays()

        def view(name: str) -> np.ndarray:
            position, shape, dtype = arrays[name]
            return np.frombuffer(memory, dtype, math.prod(shape), position).reshape(shape)

        self.rows, self.logits = view("rows"), view("logits")
        self.parameters, self.gradients, self.slots = view("parameters"), view("gradients"), view("slots")
        self.outputs, self.averages = view("outputs"), view("averages")
        self.labels, self.images = view("labels"), view("images")
