"""Convolution and pooling on maps (channels, height, width, n): with the images last, every copy is one long run."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from .activations import ACTIVATIONS
from .layers import Arrays, Outputs, Room, Shape, blocks


def slide(size: int, kernel: int, stride: int, padding: int = 0) -> int:
    """How many windows of ``kernel`` fit along ``size`` pixels, padded on both sides; 0 or less if none does."""
    return (size + 2 * padding - kernel) // stride + 1


def look(maps: np.ndarray, row: int, column: int, stride: int, height: int, width: int) -> np.ndarray:
    """What height × width windows see at one place of the kernel, (channels, height, width, n), as a view."""
    rows = slice(row, row + stride * (height - 1) + 1, stride)
    return maps[:, rows, column : column + stride * (width - 1) + 1 : stride]


class Conv2d(Outputs):
    """Cross-correlation, bias and activation. W is (channels · kernel², filters), its rows running over channel, row
    and column of a window; b is (filters,).

    Windows are copied into columns and multiplied at once (im2col, Chellapilla et al. 2006).
    """

    kind = "conv2d"

    def __init__(
        self, shape: Shape, filters: int, kernel: int, stride: int, padding: int, activation: str, bias: bool
    ) -> None:
        channels, height, width = shape
        self.input_shape, self.filters, self.kernel = shape, filters, kernel
        self.stride, self.padding, self.activation, self.bias = stride, padding, activation, bias
        self.map_shape = slide(height, kernel, stride, padding), slide(width, kernel, stride, padding)
        self.output_shape: Shape = (filters, *self.map_shape)
        self._activate, self._activate_backward = ACTIVATIONS[activation]
        self.shapes: dict[str, Shape] = {"W": (channels * kernel**2, filters)} | ({"b": (filters,)} if bias else {})
        self.fan = channels * kernel**2, filters * kernel**2

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.input_shape} → {self.output_shape}, {self.activation})"

    def bind(self, source: Outputs, parameters: Arrays, gradients: Arrays, room: Room) -> None:
        """Read from ``source``, use these parameters, write gradients there (if any), and make buffers."""
        self._source = source
        self.W, self.b = parameters["W"], parameters.get("b")
        self.dW, self.db = gradients.get("W"), gradients.get("b")
        self.make_outputs(room)
        self._scratch = np.empty_like(self.y)
        channels, height, width = self.input_shape
        self._x, self._dx = source.y, source.dy
        if self.padding:
            shape = channels, height + 2 * self.padding, width + 2 * self.padding, room.n
            self._x, self._dx = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        # What is copied and multiplied at each step are views that are made once: they take longer than a small copy.
        places = math.prod(self.map_shape) * room.n
        columns = np.empty((channels, self.kernel, self.kernel, *self.map_shape, room.n), np.float32)
        self._windows = [(columns[:, row, column], seen) for row, column, seen in self._see(self._x)]
        self._columns = columns.reshape(len(self.W), places)
        self._blocks = blocks(places, self.W.size)
        self._strip = np.empty((channels, self.kernel, *self.map_shape, room.n), np.float32)
        self._flat_strip = self._strip.reshape(channels * self.kernel, places)
        self._strip_blocks = blocks(places, self.W.size // self.kernel)
        self._spread = [(row, self._strip[:, column], seen) for row, column, seen in self._see(self._dx)]

    def _see(self, maps: np.ndarray) -> Iterator[tuple[int, int, np.ndarray]]:
        """Row, column and what the windows see there, for all places of the kernel."""
        for row in range(self.kernel):
            for column in range(self.kernel):
                yield row, column, look(maps, row, column, self.stride, *self.map_shape)

    def forward(self, rng: np.random.Generator | None) -> None:
        self._correlate(self.y)
        self._finish()

    def _finish(self) -> None:
        if self.b is not None:
            np.add(self.y, self.b[:, None, None, None], out=self.y)
        self._activate(self.y, self._scratch)

    def backward(self, to_input: bool, accumulate: bool) -> None:
        """Turn dy into dz in place; from it follow, or are added, the gradients, and those of the source's outputs."""
        self._begin_backward(accumulate)
        self._correlate_backward(self.dy, to_input, accumulate)

    def _begin_backward(self, accumulate: bool) -> None:
        self._activate_backward(self.y, self.dy, self._scratch)
        if self.db is not None:
            found = self.dy.sum(axis=(1, 2, 3))
            np.add(self.db if accumulate else 0, found, out=self.db)

    def _correlate(self, z: np.ndarray) -> None:
        """Write the products of all windows with all filters into (filters, height, width, n)."""
        if self.padding:
            inner = slice(self.padding, -self.padding)
            self._x[:, inner, inner] = self._source.y
        for part, seen in self._windows:
            np.copyto(part, seen)
        z, W = z.reshape(self.filters, self._columns.shape[1]), np.ascontiguousarray(self.W.T)
        for block in self._blocks:
            np.matmul(W, self._columns[:, block], out=z[:, block])

    def _correlate_backward(self, dz: np.ndarray, to_input: bool, accumulate: bool) -> None:
        """The gradient of the weights from (filters, height, width, n), and of the source's outputs if asked for."""
        dz = dz.reshape(self.filters, self._columns.shape[1])
        if self.dW is not None:
            if not accumulate:
                self.dW.fill(0)
            for block in self._blocks:
                self.dW += self._columns[:, block] @ dz[:, block].T
        if to_input:
            self._correlate_to_input(dz)

    def _correlate_to_input(self, dz: np.ndarray) -> None:
        """One row of the kernel at a time, so that what it yields is still in the cache when it is added up."""
        self._dx.fill(0)
        kernels = self.W.reshape(self.input_shape[0], self.kernel, self.kernel, self.filters)
        last = -1
        for row, part, seen in self._spread:
            if row != last:
                W = kernels[:, row].reshape(len(self._flat_strip), self.filters)
                for block in self._strip_blocks:
                    np.matmul(W, dz[:, block], out=self._flat_strip[:, block])
                last = row
            np.add(seen, part, out=seen)
        if self.padding:
            inner = slice(self.padding, -self.padding)
            self._source.dy[...] = self._dx[:, inner, inner]


class ConvPool2d(Conv2d):
    """A Conv2d followed by 2 × 2 max-pooling, in one: bias and activation come after the pooling, on a quarter of the
    numbers. Both are monotonic, so the maximum stays the same one; of equal ones the gradient goes to the first, column
    by column."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        height, width = self.map_shape
        self.output_shape = self.filters, height // 2, width // 2

    def bind(self, source: Outputs, parameters: Arrays, gradients: Arrays, room: Room) -> None:
        """Read from ``source``, use these parameters, write gradients there (if any), and make buffers."""
        super().bind(source, parameters, gradients, room)
        height, width = self.map_shape
        self._z = np.empty((self.filters, height, width, room.n), np.float32)
        self._half = np.empty((self.filters, height // 2, width, room.n), np.float32)
        self._lower, self._right = np.empty(self._half.shape, bool), np.empty(self.y.shape, bool)

    def forward(self, rng: np.random.Generator | None) -> None:
        z, half = self._z, self._half
        self._correlate(z)
        np.greater(z[:, 1::2], z[:, ::2], out=self._lower)
        np.maximum(z[:, 1::2], z[:, ::2], out=half)
        np.greater(half[:, :, 1::2], half[:, :, ::2], out=self._right)
        np.maximum(half[:, :, 1::2], half[:, :, ::2], out=self.y)
        self._finish()

    def backward(self, to_input: bool, accumulate: bool) -> None:
        """Send dy to where each maximum came from, and on as Conv2d does."""
        z, half = self._z, self._half
        self._begin_backward(accumulate)
        np.multiply(self.dy, self._right, out=half[:, :, 1::2])
        np.subtract(self.dy, half[:, :, 1::2], out=half[:, :, ::2])
        np.multiply(half, self._lower, out=z[:, 1::2])
        np.subtract(half, z[:, 1::2], out=z[:, ::2])
        self._correlate_backward(z, to_input, accumulate)


class Pool2d(Outputs):
    """What pooling layers have in common: square windows over each map."""

    def __init__(self, shape: Shape, kernel: int, stride: int) -> None:
        channels, height, width = shape
        self.input_shape, self.kernel, self.stride = shape, kernel, stride
        self.output_shape = channels, slide(height, kernel, stride), slide(width, kernel, stride)
        self.shapes: dict[str, Shape] = {}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.input_shape} → {self.output_shape})"

    def bind(self, source: Outputs, parameters: Arrays, gradients: Arrays, room: Room) -> None:
        """Read from ``source`` and make buffers."""
        self._source = source
        self.make_outputs(room)
        self._wins = np.empty((self.kernel**2 - 1, *self.y.shape), bool)
        self._part = np.empty_like(self.y)

    def _windows(self, maps: np.ndarray) -> list[np.ndarray]:
        """What the windows see at each place of the kernel, row by row, as views."""
        places = [(row, column) for row in range(self.kernel) for column in range(self.kernel)]
        return [look(maps, row, column, self.stride, *self.output_shape[1:]) for row, column in places]


class MaxPool2d(Pool2d):
    """The largest of each window; of equal ones the first, row by row, gets the gradient."""

    kind = "max_pool2d"

    def forward(self, rng: np.random.Generator | None) -> None:
        y = self.y
        first, *others = self._windows(self._source.y)
        y[...] = first
        for wins, candidate in zip(self._wins, others, strict=True):
            np.greater(candidate, y, out=wins)
            np.maximum(candidate, y, out=y)

    def backward(self, to_input: bool, accumulate: bool) -> None:
        """Each place takes what it won and leaves the rest to those before it; overwrites dy."""
        if not to_input:
            return
        dy, part = self.dy, self._part
        self._source.dy.fill(0)
        first, *others = self._windows(self._source.dy)
        for wins, target in zip(self._wins[::-1], others[::-1], strict=True):
            np.multiply(dy, wins, out=part)
            np.subtract(dy, part, out=dy)
            np.add(target, part, out=target)
        np.add(first, dy, out=first)


class AveragePool2d(Pool2d):
    """The mean of each window."""

    kind = "average_pool2d"

    def forward(self, rng: np.random.Generator | None) -> None:
        y = self.y
        y.fill(0)
        for window in self._windows(self._source.y):
            np.add(y, window, out=y)
        np.multiply(y, 1 / self.kernel**2, out=y)

    def backward(self, to_input: bool, accumulate: bool) -> None:
        """Share dy out evenly; overwrites dy."""
        if to_input:
            dy = self.dy
            np.multiply(dy, 1 / self.kernel**2, out=dy)
            self._source.dy.fill(0)
            for target in self._windows(self._source.dy):
                np.add(target, dy, out=target)


class Flatten(Outputs):
    """Maps (channels, height, width, n) as rows (n, channels · height · width), for the dense layers that follow."""

    kind = "flatten"

    def __init__(self, shape: Shape) -> None:
        self.input_shape = shape
        self.shapes: dict[str, Shape] = {}
        self.output_shape = (int(np.prod(shape)),)

    def __repr__(self) -> str:
        return f"Flatten({self.input_shape})"

    def bind(self, source: Outputs, parameters: Arrays, gradients: Arrays, room: Room) -> None:
        """Read from ``source`` and make buffers."""
        self._source = source
        self.make_outputs(room)

    def forward(self, rng: np.random.Generator | None) -> None:
        y = self.y
        np.copyto(y, self._source.y.reshape(y.shape[::-1]).T)

    def backward(self, to_input: bool, accumulate: bool) -> None:
        """The same numbers, the images last again."""
        if to_input:
            dy = self.dy
            np.copyto(self._source.dy.reshape(dy.shape[::-1]), dy.T)
