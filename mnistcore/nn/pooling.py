"""Pooling on maps (channels, height, width, n), and flattening maps into rows of numbers."""

import numpy as np

from mnistcore.nn.convolution import slide
from mnistcore.nn.layers import Arrays, Outputs, Shape, Shard


def look(maps: np.ndarray, row: int, column: int, stride: int, height: int, width: int) -> np.ndarray:
    """What height × width windows see at one place of the kernel, (channels, height, width, n), as a view."""
    rows = slice(row, row + stride * (height - 1) + 1, stride)
    return maps[:, rows, column : column + stride * (width - 1) + 1 : stride]


class Pool2d(Outputs):
    """What pooling layers have in common: square windows over each map."""

    def __init__(self, shape: Shape, kernel: int, stride: int) -> None:
        channels, height, width = shape
        self.input_shape, self.kernel, self.stride = shape, kernel, stride
        self.output_shape = channels, slide(height, kernel, stride), slide(width, kernel, stride)
        self.shapes: dict[str, Shape] = {}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.input_shape} → {self.output_shape})"

    def bind(self, source: Outputs, parameters: Arrays, gradients: Arrays, shard: Shard) -> None:
        """Read from ``source`` and make buffers."""
        self._source = source
        self.make_outputs(shard)
        self._x, self._dx = self._windows(source.y), self._windows(source.dy)
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
        """Write the largest value of each window into y (channels, rows, columns, n), place by place of the kernel."""
        y = self.y
        first, *others = self._x
        y[...] = first
        for wins, candidate in zip(self._wins, others, strict=True):
            np.greater(candidate, y, out=wins)
            np.maximum(candidate, y, out=y)

    def backward(self, to_input: bool, accumulate: bool) -> None:
        """Write dx, like x: each place of the kernel takes dy where it held the maximum; overwrites dy."""
        if not to_input:
            return
        dy, part = self.dy, self._part
        self._source.dy.fill(0)
        first, *others = self._dx
        for wins, target in zip(self._wins[::-1], others[::-1], strict=True):
            np.multiply(dy, wins, out=part)
            np.subtract(dy, part, out=dy)
            np.add(target, part, out=target)
        np.add(first, dy, out=first)


class AveragePool2d(Pool2d):
    """The mean of each window."""

    kind = "average_pool2d"

    def forward(self, rng: np.random.Generator | None) -> None:
        """Write the mean of each window into y (channels, rows, columns, n)."""
        y = self.y
        y.fill(0)
        for window in self._x:
            np.add(y, window, out=y)
        np.multiply(y, 1 / self.kernel**2, out=y)

    def backward(self, to_input: bool, accumulate: bool) -> None:
        """Write dx, like x: each window's gradient, shared out evenly; overwrites dy."""
        if to_input:
            dy = self.dy
            np.multiply(dy, 1 / self.kernel**2, out=dy)
            self._source.dy.fill(0)
            for target in self._dx:
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

    def bind(self, source: Outputs, parameters: Arrays, gradients: Arrays, shard: Shard) -> None:
        """Read from ``source`` and make buffers."""
        self._source = source
        self.make_outputs(shard)

    def forward(self, rng: np.random.Generator | None) -> None:
        """Write maps (channels, height, width, n) as rows y (n, channels · height · width)."""
        y = self.y
        np.copyto(y, self._source.y.reshape(y.shape[::-1]).T)

    def backward(self, to_input: bool, accumulate: bool) -> None:
        """Write the rows dy as maps dx, (channels, height, width, n)."""
        if to_input:
            dy = self.dy
            np.copyto(self._source.dy.reshape(dy.shape[::-1]), dy.T)
