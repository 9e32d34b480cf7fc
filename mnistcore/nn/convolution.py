"""Convolution on maps (channels, height, width, n): with the images last, every copy is long and contiguous."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from mnistcore.nn.activations import ACTIVATIONS
from mnistcore.nn.layers import Arrays, Outputs, Shape, Shard
from mnistcore.nn.products import blocks

Pairs = list[tuple[np.ndarray, np.ndarray]]

LONG = 256  # a sum over fewer numbers is not worth its own block


def slide(size: int, kernel: int, stride: int, padding: int = 0) -> int:
    """How many windows of ``kernel`` fit along ``size`` pixels, padded on both sides; 0 or less if none does."""
    return (size + 2 * padding - kernel) // stride + 1


def split(maps: np.ndarray, phases: np.ndarray, jump: int, padding: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Every ``jump``-th row and column of padded maps lies together in phases (jump, jump, channels, height, width, n):
    pairs of their parts and those of the maps, as views."""
    for row in range(jump):
        for column in range(jump):
            down, right = (row - padding) % jump, (column - padding) % jump
            seen = maps[:, down::jump, right::jump]
            top, left = (down + padding) // jump, (right + padding) // jump
            yield phases[row, column, :, top : top + seen.shape[1], left : left + seen.shape[2]], seen


def patches(phases: np.ndarray, columns: np.ndarray, jump: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Pairs of views: every ``jump``-th row and column of all patches in the columns (channels, side, side, height,
    width, n), and what they see, which lies in one phase. One copy for all takes half as long as one for each."""
    places = columns.shape[3:5]
    for row in range(jump):
        for column in range(jump):
            part = columns[:, row::jump, column::jump]
            seen = sliding_window_view(phases[row, column], places, axis=(1, 2), writeable=True)
            yield part, np.moveaxis(seen, 3, 5)[:, : part.shape[1], : part.shape[2]]


def one_by_one(pairs: Pairs) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The pairs of ``patches`` for each of their rows and columns: to add to what they see, as patches overlap."""
    for part, seen in pairs:
        for row, column in np.ndindex(part.shape[1:3]):
            yield part[:, row, column], seen[:, row, column]


class Conv2d(Outputs):
    """Cross-correlation, bias and activation. W is (channels · kernel², filters), its rows running over channel, row
    and column of a window; b is (filters,).

    Patches of the input are copied into columns and multiplied at once (im2col, Chellapilla et al. 2006).
    """

    kind = "conv2d"
    tile = 1  # outputs that one patch serves, along height and width

    def __init__(
        self, shape: Shape, filters: int, kernel: int, stride: int, padding: int, activation: str, bias: bool
    ) -> None:
        channels, height, width = shape
        self.input_shape, self.filters, self.kernel = shape, filters, kernel
        self.stride, self.padding, self.activation, self.bias = stride, padding, activation, bias
        self.output_shape: Shape = (filters, *(slide(size, kernel, stride, padding) for size in (height, width)))
        self._activate, self._activate_backward = ACTIVATIONS[activation]
        self.shapes: dict[str, Shape] = {"W": (channels * kernel**2, filters)} | ({"b": (filters,)} if bias else {})
        self.fan = channels * kernel**2, filters * kernel**2

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.input_shape} → {self.output_shape}, {self.activation})"

    def bind(self, source: Outputs, parameters: Arrays, gradients: Arrays, shard: Shard) -> None:
        """Read from ``source``, use these parameters, write gradients there (if any), and make buffers.

        What is copied or multiplied at each step are views that are made here: making them takes longer than a copy.
        """
        self.W, self.b = parameters["W"], parameters.get("b")
        self.dW, self.db = gradients.get("W"), gradients.get("b")
        self.make_outputs(shard)
        self._scratch = np.empty_like(self.y)
        jump, side = self.stride * self.tile, self.kernel + (self.tile - 1) * self.stride
        channels, *size = self.input_shape
        places = [slide(length, side, jump, self.padding) for length in size]
        columns = np.empty((channels, side, side, *places, shard.n), np.float32)
        _, self._splits, self._patches = self._views(source.y, columns)
        self._source, self._windows = source, columns
        self._gradient_views: tuple[np.ndarray, Pairs, Pairs] | None = None
        self._columns = columns.reshape(channels * side**2, math.prod(places) * shard.n)
        self._W = np.zeros((channels, side, side, self.tile, self.tile, self.filters), np.float32)
        self._kernels = list(self._unroll(self.W, self._W))
        self._flat_W = self._W.reshape(len(self._columns), self.filters * self.tile**2)
        self._blocks = blocks(self._columns.shape[1], self._W.size)
        self._sums = self._blocks if self._blocks[0].stop >= LONG else [slice(None)]

    def _views(self, maps: np.ndarray, columns: np.ndarray) -> tuple[np.ndarray, Pairs, Pairs]:
        """Padded maps in phases, the parts of both that belong together, and those of the columns and the phases."""
        jump, padding = self.stride * self.tile, self.padding
        if jump == 1 and not padding:
            phases = maps[None, None]
            return phases, [], list(patches(phases, columns, jump))
        channels, *size, n = maps.shape
        sizes = (-(-(length + 2 * padding) // jump) for length in size)
        phases = np.zeros((jump, jump, channels, *sizes, n), np.float32)
        return phases, list(split(maps, phases, jump, padding)), list(patches(phases, columns, jump))

    def forward(self, rng: np.random.Generator | None) -> None:
        """Write y (filters, rows, columns, n) = activation(W ⋆ x + b) from x (channels, height, width, n)."""
        self._correlate(self.y)
        self._finish()

    def _finish(self) -> None:
        if self.b is not None:
            np.add(self.y, self.b[:, None, None, None], out=self.y)
        self._activate(self.y, self._scratch)

    def backward(self, to_input: bool, accumulate: bool) -> None:
        """Turn dy, like y, into dz in place, and write or add dW, db and, if asked for, dx."""
        self._begin_backward(accumulate)
        self._correlate_backward(self.dy, to_input, accumulate)

    def _begin_backward(self, accumulate: bool) -> None:
        self._activate_backward(self.y, self.dy, self._scratch)
        if self.db is not None:
            found = self.dy.sum(axis=(1, 2, 3))
            np.add(self.db if accumulate else 0, found, out=self.db)

    def _unroll(self, W: np.ndarray, unrolled: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """W, and where it lies in weights (channels, side, side, tile, tile, filters) for each output of a tile."""
        kernels = W.reshape(self.input_shape[0], self.kernel, self.kernel, self.filters)
        for row in range(self.tile):
            for column in range(self.tile):
                down, right = row * self.stride, column * self.stride
                yield kernels, unrolled[:, down : down + self.kernel, right : right + self.kernel, column, row]

    def _correlate(self, z: np.ndarray) -> None:
        """Write all patches times all filters into z, (tile, tile, filters, places, n): a tile's column, then row."""
        for part, seen in self._splits:
            np.copyto(part, seen)
        for part, seen in self._patches:
            np.copyto(part, seen)
        for kernels, part in self._kernels:
            part[...] = kernels
        z, W = z.reshape(self._flat_W.shape[1], self._columns.shape[1]), np.ascontiguousarray(self._flat_W.T)
        for block in self._blocks:
            np.matmul(W, self._columns[:, block], out=z[:, block])

    def _correlate_backward(self, dz: np.ndarray, to_input: bool, accumulate: bool) -> None:
        """Write or add dW from dz, like z, and, if asked for, write dx (channels, height, width, n)."""
        dz = dz.reshape(self._flat_W.shape[1], self._columns.shape[1])
        if self.dW is not None:
            found = sum(self._columns[:, block] @ dz[:, block].T for block in self._sums)
            if not accumulate:
                self.dW.fill(0)
            for kernels, part in self._unroll(self.dW, np.reshape(found, self._W.shape)):
                kernels += part
        if to_input:
            for block in self._blocks:
                np.matmul(self._flat_W, dz[:, block], out=self._columns[:, block])  # they have done their work
            if self._gradient_views is None:  # the first layer of a network that is trained never comes here
                dx, merges, pairs = self._views(self._source.dy, self._windows)
                self._gradient_views = dx, merges, list(one_by_one(pairs))
            dx, merges, spread = self._gradient_views
            dx.fill(0)
            for part, seen in spread:
                np.add(seen, part, out=seen)
            for part, seen in merges:
                np.copyto(seen, part)


class ConvPool2d(Conv2d):
    """A Conv2d followed by 2 × 2 max-pooling, in one: a patch serves the four outputs of a pool's window.

    The columns hold 36 numbers for four outputs of a 5 × 5 kernel where they would hold 100, at the price of 1.44 times
    the multiplications, which in turn run faster because the matrices are less thin. Bias and activation come after
    the pooling, on a quarter of the numbers: both are monotonic, so the maximum stays the same one.
    """

    tile = 2

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        filters, height, width = self.output_shape
        self.output_shape = filters, height // 2, width // 2

    def bind(self, source: Outputs, parameters: Arrays, gradients: Arrays, shard: Shard) -> None:
        """Read from ``source``, use these parameters, write gradients there (if any), and make buffers."""
        super().bind(source, parameters, gradients, shard)
        filters, *places = self.y.shape
        self._z = np.empty((2, 2, filters, *places), np.float32)  # each of a window's four outputs a whole plane
        self._rows = np.empty((2, filters, *places), np.float32)
        self._right, self._lower = np.empty(self._rows.shape, bool), np.empty(self.y.shape, bool)

    def forward(self, rng: np.random.Generator | None) -> None:
        """Write y (filters, rows, columns, n), the activation of the largest sum of each window plus b."""
        z, rows = self._z, self._rows
        self._correlate(z)
        np.greater(z[1], z[0], out=self._right)
        np.maximum(z[1], z[0], out=rows)
        np.greater(rows[1], rows[0], out=self._lower)
        np.maximum(rows[1], rows[0], out=self.y)
        self._finish()

    def backward(self, to_input: bool, accumulate: bool) -> None:
        """Send dy to where each maximum came from (of equal ones, the first), then go on as in Conv2d."""
        z, rows = self._z, self._rows
        self._begin_backward(accumulate)
        np.multiply(self.dy, self._lower, out=rows[1])
        np.subtract(self.dy, rows[1], out=rows[0])
        np.multiply(rows, self._right, out=z[1])
        np.subtract(rows, z[1], out=z[0])
        self._correlate_backward(z, to_input, accumulate)
