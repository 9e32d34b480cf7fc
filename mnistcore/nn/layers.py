"""Layers on rows of numbers, and what all layers have in common.

A layer reads the outputs ``y`` of the one before it, its source, and writes the gradients ``dy`` of those. ``bind``
makes all buffers once, for an exact number of images, so that a pass allocates nothing.

    batch of n images   ┌ shard 0: rows 0 to n/2 ─▶ y[0:n/2] ─▶ …     each shard's rows of one array (n, units):
                        └ shard 1: rows n/2 to n ─▶ y[n/2:n] ─▶ …     a layer can see the whole batch's outputs

Data-parallel layers compute the gradient of their shard; the sum over the shards is left to the owner of the gradients.
Where a dense layer has more weights than outputs, less memory moves if it is row-parallel: each shard computes some
rows of the gradient from the outputs of the whole batch, and nothing is left to add up.
"""

import numpy as np

from mnistcore.nn.activations import ACTIVATIONS
from mnistcore.nn.products import blocks

Arrays = dict[str, np.ndarray]
Shape = tuple[int, ...]


class Shard:
    """The rows of a batch that a bound network computes, and where the outputs of the whole batch lie: in memory of its
    own, or in a buffer that it shares with those that compute the other shards.

    ``usual_n`` is how many images a shard has in most batches. Layers choose by it how they work, so that all pieces of
    a batch go the same way, whatever their sizes.
    """

    def __init__(
        self,
        batch_size: int,
        rows: slice | None = None,
        memory: np.ndarray | None = None,
        usual_n: int | None = None,
    ) -> None:
        self.batch_size, self.rows = batch_size, rows or slice(0, batch_size)
        self.n = self.rows.stop - self.rows.start
        self.usual_n = self.n if usual_n is None else usual_n
        self._memory, self._taken = memory, 0

    def buffer(self, width: int) -> np.ndarray:
        """The next (batch_size, width) numbers; shards that ask in the same order get the same."""
        if self._memory is None:
            return np.empty((self.batch_size, width), np.float32)
        start, self._taken = self._taken, self._taken + self.batch_size * width
        return self._memory[start : self._taken].reshape(self.batch_size, width)


class Outputs:
    """A layer's outputs ``y`` and their gradients ``dy``.

    Rows of numbers are (n, units), and ``all_y`` and ``all_dy`` are those of the whole batch. Maps are (channels,
    height, width, n), without such a thing: with the images last, a convolution's copies are long runs.
    """

    output_shape: Shape
    is_row_parallel = False  # whether each shard finds some rows of the weights' gradient, from the whole batch
    all_y: np.ndarray
    all_dy: np.ndarray

    def make_outputs(self, shard: Shard) -> None:
        """Buffers for the images of a shard."""
        if len(self.output_shape) == 1:
            self.all_y, self.all_dy = shard.buffer(*self.output_shape), shard.buffer(*self.output_shape)
            self.y, self.dy = self.all_y[shard.rows], self.all_dy[shard.rows]
        else:
            self.y, self.dy = (np.empty((*self.output_shape, shard.n), np.float32) for _ in range(2))


class Dense(Outputs):
    """A fully connected layer, y = activation(x W + b); x is (n, inputs), W (inputs, units), b (units,), float32."""

    kind = "dense"

    def __init__(self, inputs: int, units: int, activation: str, bias: bool) -> None:
        self.inputs, self.units, self.activation, self.bias = inputs, units, activation, bias
        self._activate, self._activate_backward = ACTIVATIONS[activation]
        self.shapes: dict[str, Shape] = {"W": (inputs, units)} | ({"b": (units,)} if bias else {})
        self.output_shape = (units,)
        self.fan = inputs, units

    def __repr__(self) -> str:
        return f"Dense({self.inputs}, {self.units}, {self.activation}{'' if self.bias else ', no bias'})"

    def bind(self, source: Outputs, parameters: Arrays, gradients: Arrays, shard: Shard) -> None:
        """Read from ``source``, use these parameters, write gradients there (if any), and make buffers."""
        self._source = source
        self.W, self.b = parameters["W"], parameters.get("b")
        self.dW, self.db = gradients.get("W"), gradients.get("b")
        self.make_outputs(shard)
        self._scratch = np.empty_like(self.y)
        self._ones = np.ones(shard.n, np.float32)
        # What a shard would read of the other's work: half a gradient, or inputs and errors of half the images.
        self.is_row_parallel = (
            self.W.size > shard.usual_n * (self.inputs + 2 * self.units) and shard.n < shard.batch_size
        )

    def forward(self, rng: np.random.Generator | None) -> None:
        """Write y (n, units) = activation(x W + b) from the source's outputs x (n, inputs)."""
        np.dot(self._source.y, self.W, out=self.y)  # as fast as np.matmul, but called in half the time
        if self.b is not None:
            np.add(self.y, self.b, out=self.y)
        self._activate(self.y, self._scratch)

    def backward(self, to_input: bool, accumulate: bool) -> None:
        """Turn dy (n, units) into dz in place, and write dW = xᵀ dz, db = Σ dz and, if asked for, dx = dz Wᵀ."""
        self._activate_backward(self.y, self.dy, self._scratch)
        if not self.is_row_parallel and self.dW is not None:
            self._weight_gradient(self._source.y, self.dy, self.dW, accumulate)
        if self.db is not None:
            # Each column's sum, as a product: half the time of np.add.reduce.
            found = np.dot(self._ones, self.dy, out=None if accumulate else self.db)
            if accumulate:
                self.db += found
        if to_input:
            np.dot(self.dy, self.W.T, out=self._source.dy)

    def row_gradient(self, rows: slice, accumulate: bool) -> None:
        """Write, or add, the gradient of those rows of a row-parallel layer's W, from the whole batch."""
        if self.dW is not None:
            self._weight_gradient(self._source.all_y[:, rows], self.all_dy, self.dW[rows], accumulate)

    @staticmethod
    def _weight_gradient(x: np.ndarray, dz: np.ndarray, dW: np.ndarray, accumulate: bool) -> None:
        if accumulate:
            dW += x.T @ dz
            return
        for block in blocks(len(dW), dz.size):
            np.dot(x[:, block].T, dz, out=dW[block])


class Dropout(Outputs):
    """Inverted dropout (Srivastava et al. 2014): while training, each input is zero with probability ``rate``."""

    kind = "dropout"

    def __init__(self, shape: Shape, rate: float) -> None:
        self.rate = rate
        self.shapes: dict[str, Shape] = {}
        self.output_shape = shape

    def __repr__(self) -> str:
        return f"Dropout({self.rate})"

    def bind(self, source: Outputs, parameters: Arrays, gradients: Arrays, shard: Shard) -> None:
        """Read from ``source`` and make buffers."""
        self._source = source
        self.make_outputs(shard)
        self._factor = np.empty_like(self.y)
        self._kept = np.empty(self.y.shape, bool)

    def forward(self, rng: np.random.Generator | None) -> None:
        """Write y = x · factor, like x: the factor is 0 or 1 / (1 - rate) at random with ``rng``, 1 without."""
        if rng is None:
            self._factor.fill(1)
        else:
            rng.random(dtype=np.float32, out=self._factor)
            np.greater_equal(self._factor, self.rate, out=self._kept)
            np.multiply(self._kept, np.float32(1 / (1 - self.rate)), out=self._factor)
        np.multiply(self._source.y, self._factor, out=self.y)

    def backward(self, to_input: bool, accumulate: bool) -> None:
        """Write dx = dy · factor, like x: only the inputs that were kept get a gradient."""
        if to_input:
            np.multiply(self.dy, self._factor, out=self._source.dy)


class BatchNorm(Outputs):
    """Batch normalisation (Ioffe and Szegedy 2015) and an activation: y = activation(gain · x̂ + b), x̂ with mean 0 and
    variance 1 over the images of a pass (Hoffer et al. 2017: "ghost" batches) and, for maps, over their pixels.

    Predictions use running means of both statistics. These lie among the parameters but are not trained: in place of
    their gradients stand the statistics of the pass.
    """

    kind = "batch_norm"
    MOMENTUM, EPSILON = 0.1, 1e-5  # as in PyTorch

    def __init__(self, shape: Shape, activation: str) -> None:
        self.activation = activation
        self._activate, self._activate_backward = ACTIVATIONS[activation]
        channels = shape[:1]
        self.shapes: dict[str, Shape] = {"gain": channels, "b": channels, "mean": channels, "variance": channels}
        self.output_shape = shape

    def __repr__(self) -> str:
        return f"BatchNorm({self.output_shape[0]}, {self.activation})"

    def bind(self, source: Outputs, parameters: Arrays, gradients: Arrays, shard: Shard) -> None:
        """Read from ``source``, use these parameters, write gradients there (if any), and make buffers."""
        self._source, self._parameters, self._gradients = source, parameters, gradients
        self.make_outputs(shard)
        self._normal, self._scratch = np.empty_like(self.y), np.empty_like(self.y)

    @staticmethod
    def _columns(array: np.ndarray) -> np.ndarray:
        """Any of the arrays as (channels, values); a view."""
        return array.T if array.ndim == 2 else array.reshape(len(array), -1)

    def forward(self, rng: np.random.Generator | None) -> None:
        """Write y, like x, from the batch's statistics with ``rng``, from the running ones without."""
        x, normal, y = map(self._columns, (self._source.y, self._normal, self.y))
        self._is_training = rng is not None
        if self._is_training:
            self._mean = x.mean(axis=1)
            np.subtract(x, self._mean[:, None], out=normal)
            np.multiply(normal, normal, out=y)
            self._variance = y.mean(axis=1)
        else:
            self._mean, self._variance = self._parameters["mean"], self._parameters["variance"]
            np.subtract(x, self._mean[:, None], out=normal)
        self._inverse = 1 / np.sqrt(self._variance + np.float32(self.EPSILON))
        np.multiply(normal, self._inverse[:, None], out=normal)
        np.multiply(normal, self._parameters["gain"][:, None], out=y)
        np.add(y, self._parameters["b"][:, None], out=y)
        self._activate(self.y, self._scratch)

    def backward(self, to_input: bool, accumulate: bool) -> None:
        """Turn dy into dz in place, and write the gradients of gain and b, (channels,), and of x if asked for.

        dx goes through the statistics too, if they were the batch's own.
        """
        self._activate_backward(self.y, self.dy, self._scratch)
        dz, normal, scratch = map(self._columns, (self.dy, self._normal, self._scratch))
        np.multiply(dz, normal, out=scratch)
        found = {"gain": scratch.sum(axis=1), "b": dz.sum(axis=1), "mean": self._mean, "variance": self._variance}
        if dz.shape[1] == 1:  # a single number has no variance: the running ones stay as they are
            found |= {name: self._parameters[name] for name in ("mean", "variance")}
        for name, gradient in self._gradients.items():
            np.add(gradient if accumulate else 0, found[name], out=gradient)
        if not to_input:
            return
        if self._is_training:
            count = np.float32(dz.shape[1])
            np.multiply(normal, (found["gain"] / count)[:, None], out=scratch)
            np.subtract(dz, scratch, out=dz)
            np.subtract(dz, (found["b"] / count)[:, None], out=dz)
        factor = self._parameters["gain"] * self._inverse
        np.multiply(dz, factor[:, None], out=self._columns(self._source.dy))
