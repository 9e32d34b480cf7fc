"""A network's layers bound to buffers: what runs a batch through it, forward and backward."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from mnistcore.nn.build import fuse
from mnistcore.nn.layers import Outputs, Room, Shape

if TYPE_CHECKING:
    from mnistcore.nn.network import Network

SCALE = np.float32(1 / 255)


class Pixels(Outputs):
    """The first source: uint8 pixels as float32 from 0 to 1, rows (n, pixels) or maps (1, 28, 28, n)."""

    def __init__(self, shape: Shape, room: Room) -> None:
        self.output_shape = shape
        self.make_outputs(room)
        self._bytes = np.empty((room.n, int(np.prod(shape))), np.uint8)
        self._turned = np.empty(self._bytes.shape[::-1] if len(shape) == 3 else 0, np.uint8)

    def load(self, pixels: np.ndarray, rows: np.ndarray, change: Callable[[np.ndarray], None] | None = None) -> None:
        """Read the images at ``rows`` of (m, pixels) uint8; ``change`` may alter this copy of them, (n, pixels)."""
        np.take(pixels, rows, axis=0, out=self._bytes, mode="clip")  # "raise" would buffer it
        if change is not None:
            change(self._bytes)
        if self._turned.size:
            np.copyto(self._turned, self._bytes.T)  # as bytes: a quarter of what float32 would move
            np.multiply(self._turned, SCALE, out=self.y.reshape(self._turned.shape), dtype=np.float32)
        else:
            np.multiply(self._bytes, SCALE, out=self.y, dtype=np.float32)


class Replica:
    """A network's layers over its shared parameters, for exactly ``n`` images.

    ``gradients`` is laid out like the network's parameters. Several replicas of one network can work at the same time,
    each on a batch of its own or on a part of one, as their rooms say.
    """

    def __init__(
        self, network: "Network", n: int, gradients: np.ndarray | None = None, room: Room | None = None
    ) -> None:
        room = room or Room(n)
        self.n = room.n
        self.input = Pixels(network.input_shape, room)
        self.layers = fuse(network.build_layers())
        source: Outputs = self.input
        for place, layer in self.layers:
            found = {} if gradients is None else network.views(place, gradients)
            layer.bind(source, network.views(place, network.parameters), found, room)
            source = layer
        self.logits, self.dlogits = source.y, source.dy

    def forward(self, rng: np.random.Generator | None = None) -> np.ndarray:
        """Logits (n, 10) of the images in ``input``, a buffer; with ``rng`` as in training, else as to predict."""
        for _, layer in self.layers:
            layer.forward(rng)
        return self.logits

    def backward(self, to_input: bool = False, accumulate: bool = False) -> None:
        """From ``dlogits``, which are overwritten, back to the first layer, or to the pixels if asked for.

        Writes the gradients, or adds to them; those of joint layers are left to their ``learn``.
        """
        for index in range(len(self.layers) - 1, -1, -1):
            self.layers[index][1].backward(to_input or index > 0, accumulate)

    def input_gradient(self) -> np.ndarray:
        """What ``backward`` to the pixels has found, (n, pixels)."""
        dx = self.input.dy
        return dx if dx.ndim == 2 else dx.reshape(-1, self.n).T
