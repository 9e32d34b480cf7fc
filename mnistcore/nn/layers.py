"""Layers: each has the shapes of its parameters, and after ``bind`` a forward and a backward pass."""

import numpy as np

from .activations import ACTIVATIONS

Arrays = dict[str, np.ndarray]


class Dense:
    """A fully connected layer, y = activation(x W + b); x is (n, inputs), W (inputs, units), b (units,), float32."""

    kind = "dense"

    def __init__(self, inputs: int, units: int, activation: str, bias: bool) -> None:
        self.inputs, self.units, self.activation, self.bias = inputs, units, activation, bias
        self._activate, self._activate_backward = ACTIVATIONS[activation]
        self.shapes: dict[str, tuple[int, ...]] = {"W": (inputs, units)} | ({"b": (units,)} if bias else {})
        self.output_shape = (units,)

    def __repr__(self) -> str:
        return f"Dense({self.inputs}, {self.units}, {self.activation}{'' if self.bias else ', no bias'})"

    def bind(self, parameters: Arrays, gradients: Arrays | None, capacity: int) -> None:
        """Use these parameters, write gradients there, and make buffers for up to ``capacity`` images."""
        self.W, self.b = parameters["W"], parameters.get("b")
        self.dW: np.ndarray | None = gradients["W"] if gradients else None
        self.db: np.ndarray | None = gradients.get("b") if gradients else None
        self._y = np.empty((capacity, self.units), np.float32)
        self._scratch = np.empty_like(self._y)
        self._dx: np.ndarray | None = None

    def forward(self, x: np.ndarray, rng: np.random.Generator | None) -> np.ndarray:
        self._x = x
        y = self._y[: len(x)]
        np.matmul(x, self.W, out=y)
        if self.b is not None:
            y += self.b
        self._activate(y, self._scratch[: len(x)])
        return y

    def backward(self, dy: np.ndarray, accumulate: bool, to_input: bool) -> np.ndarray | None:
        """Overwrite dy with dz, write (or add) the gradients, and return dx (n, inputs) if it is asked for."""
        n = len(dy)
        self._activate_backward(self._y[:n], dy, self._scratch[:n])
        if self.dW is not None:
            if accumulate:
                self.dW += self._x.T @ dy
            else:
                np.matmul(self._x.T, dy, out=self.dW)
        if self.db is not None:
            if accumulate:
                self.db += dy.sum(axis=0)
            else:
                np.add.reduce(dy, axis=0, out=self.db)
        if not to_input:
            return None
        if self._dx is None:  # the first layer needs one only when somebody asks for the input's gradient
            self._dx = np.empty((len(self._y), self.inputs), np.float32)
        return np.matmul(dy, self.W.T, out=self._dx[:n])


class Dropout:
    """Inverted dropout (Srivastava et al. 2014): while training, each input is zero with probability ``rate``."""

    kind = "dropout"

    def __init__(self, units: int, rate: float) -> None:
        self.units, self.rate = units, rate
        self.shapes: dict[str, tuple[int, ...]] = {}
        self.output_shape = (units,)

    def __repr__(self) -> str:
        return f"Dropout({self.rate})"

    def bind(self, parameters: Arrays, gradients: Arrays | None, capacity: int) -> None:
        """Make buffers for up to ``capacity`` images."""
        self._y = np.empty((capacity, self.units), np.float32)
        self._factor = np.empty_like(self._y)
        self._kept = np.empty(self._y.shape, bool)

    def forward(self, x: np.ndarray, rng: np.random.Generator | None) -> np.ndarray:
        self._training = rng is not None
        if rng is None:
            return x
        factor, kept = self._factor[: len(x)], self._kept[: len(x)]
        rng.random(dtype=np.float32, out=factor)
        np.greater_equal(factor, self.rate, out=kept)
        np.multiply(kept, np.float32(1 / (1 - self.rate)), out=factor)
        return np.multiply(x, factor, out=self._y[: len(x)])

    def backward(self, dy: np.ndarray, accumulate: bool, to_input: bool) -> np.ndarray | None:
        if self._training:
            dy *= self._factor[: len(dy)]
        return dy if to_input else None


Layer = Dense | Dropout
