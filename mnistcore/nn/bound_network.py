"""A network bound to buffers for a fixed number of images, which it runs forward and backward without allocating.

    uint8 images ── load ──▶ input.y ─▶ layer.y ─▶ … ─▶ logits          forward, each layer reads the one before it
                             input.dy ◀─ layer.dy ◀─ … ◀─ dlogits       backward, and writes the gradients of W and b

Parameters and gradients are views of flat arrays that others own: several bound networks may share the parameters.
"""

from collections.abc import Callable

import numpy as np

from mnistcore.nn.build import Layer
from mnistcore.nn.layers import Arrays, Outputs, Shape, Shard

SCALE = np.float32(1 / 255)


class Pixels(Outputs):
    """The first source: uint8 pixels as float32 from 0 to 1, rows (n, pixels) or maps (1, 28, 28, n)."""

    def __init__(self, shape: Shape, shard: Shard) -> None:
        self.output_shape = shape
        self.make_outputs(shard)
        self._bytes = np.empty((shard.n, int(np.prod(shape))), np.uint8)
        self._turned = np.empty(self._bytes.shape[::-1] if len(shape) == 3 else 0, np.uint8)

    def load(self, pixels: np.ndarray, rows: np.ndarray, change: Callable[[np.ndarray], None] | None = None) -> None:
        """Read the images at ``rows`` of (m, pixels) uint8; ``change`` may alter this copy of them, (n, pixels)."""
        np.take(pixels, rows, axis=0, out=self._bytes, mode="clip")  # "raise" would buffer it
        if change is not None:
            change(self._bytes)
        if self._turned.size:
            np.copyto(self._turned, self._bytes.T)  # as bytes: a quarter of what float32 would move
            np.copyto(self.y.reshape(self._turned.shape), self._turned)
        else:
            np.copyto(self.y, self._bytes)
        np.multiply(self.y, SCALE, out=self.y)  # after the conversion: together they take longer

    def put(self, x: np.ndarray) -> None:
        """Take x (n, pixels), floats from 0 to 1, as it is: what lies between two grey levels, too."""
        self.y[...] = x if self.y.ndim == 2 else x.T.reshape(self.y.shape)


class BoundNetwork:
    """Layers bound to buffers for one shard of a batch, which is all of it unless a ``shard`` says otherwise.

    ``parameters`` and ``gradients`` hold the arrays of each layer by name, in the order of the network's layers.
    ``layers`` are those that run, each with its number there: of two fused ones that of the first.
    """

    def __init__(
        self,
        input_shape: Shape,
        layers: list[tuple[int, Layer]],
        parameters: list[Arrays],
        gradients: list[Arrays],
        shard: Shard,
    ) -> None:
        self.n = shard.n
        self.input = Pixels(input_shape, shard)
        self.layers = layers
        source: Outputs = self.input
        for number, layer in layers:
            layer.bind(source, parameters[number], gradients[number], shard)
            source = layer
        self.logits, self.dlogits = source.y, source.dy

    def forward(self, rng: np.random.Generator | None = None) -> np.ndarray:
        """Logits (n, 10) of the images in ``input``, a buffer; with ``rng`` as in training, else as to predict."""
        for _, layer in self.layers:
            layer.forward(rng)
        return self.logits

    def backward(self, to_input: bool = False, accumulate: bool = False) -> None:
        """From ``dlogits``, which are overwritten, back to the first layer, or to the pixels if asked for.

        Writes the gradients, or adds to them; those of row-parallel layers are left to their ``row_gradient``.
        """
        for index in range(len(self.layers) - 1, -1, -1):
            self.layers[index][1].backward(to_input or index > 0, accumulate)

    def input_gradient(self) -> np.ndarray:
        """What ``backward`` to the pixels has found, (n, pixels)."""
        dx = self.input.dy
        return dx if dx.ndim == 2 else dx.reshape(-1, self.n).T
