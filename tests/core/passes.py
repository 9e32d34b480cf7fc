"""A batch of floats through a network and back: how tests look into one step."""

import numpy as np

from mnistcore.nn import Network


class Passes:
    """Forward and backward passes of a network; ``gradients`` (p,) is written or added to."""

    def __init__(self, network: Network, gradients: np.ndarray | None = None) -> None:
        self.network, self.gradients = network, gradients

    def forward(self, x: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
        """Logits (n, 10) of x (n, 784)."""
        self.bound = self.network.bind(len(x), self.gradients)
        y = self.bound.input.y
        y[...] = x if y.ndim == 2 else x.T.reshape(y.shape)
        return self.bound.forward(rng)

    def backward(self, dlogits: np.ndarray, accumulate: bool = False) -> None:
        """From the gradient of the logits (n, 10) to those of all parameters."""
        self.bound.dlogits[...] = dlogits
        self.bound.backward(to_input=True, accumulate=accumulate)

    def input_gradient(self) -> np.ndarray:
        """The gradient of x, (n, 784), after ``backward``."""
        return self.bound.input_gradient().copy()
