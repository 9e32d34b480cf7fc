"""Optimizers: one update over all parameters, in place, in blocks that fit the cache."""

import math
from typing import Literal

import numpy as np
from pydantic import Field

from .config import KindSettings

BLOCK = 16_384  # floats: parameters, gradients, two slots and scratch stay within a core's second-level cache


class OptimizerConfig(KindSettings):
    """Which rule turns gradients into updates, and its constants."""

    kind: Literal["sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw"] = "adam"
    momentum: float = Field(0.9, ge=0, lt=1)
    beta_1: float = Field(0.9, ge=0, lt=1)
    beta_2: float = Field(0.999, ge=0, lt=1)
    rho: float = Field(0.9, ge=0, lt=1)
    epsilon: float = Field(1e-8, gt=0, le=1)


class Optimizer:
    """Holds the state that belongs to each parameter and applies one update a step.

    ``slots`` has a row of the parameters' length for each running mean: none for sgd, one for momentum, nesterov and
    rmsprop, two for adam and adamw. ``weight_decay`` pulls the first ``weights`` parameters (matrices, not biases) to
    zero: as an L2 term in the gradient, or decoupled from it for adamw (Loshchilov and Hutter 2019).
    """

    def __init__(self, config: OptimizerConfig, size: int, weights: int, weight_decay: float = 0.0) -> None:
        self.config, self.weights, self.weight_decay = config, weights, weight_decay
        rows = {"sgd": 0, "momentum": 1, "nesterov": 1, "rmsprop": 1, "adam": 2, "adamw": 2}[config.kind]
        self.slots = np.zeros((rows, size), np.float32)
        self.step = 0
        self._scratch = np.empty(min(size, BLOCK), np.float32)
        self._apply = getattr(self, f"_{config.kind}")

    def __repr__(self) -> str:
        return f"Optimizer({self.config.kind}, step {self.step})"

    def update(self, parameters: np.ndarray, gradients: np.ndarray, learning_rate: float) -> None:
        """Take one step: overwrites parameters (size,) and gradients (size,), both float32."""
        self.step += 1
        size = self.slots.shape[1]
        for first, last, decay in ((0, self.weights, self.weight_decay), (self.weights, size, 0.0)):
            for start in range(first, last, BLOCK):
                block = slice(start, min(start + BLOCK, last))
                p, g, scratch = parameters[block], gradients[block], self._scratch[: block.stop - start]
                if decay and self.config.kind == "adamw":
                    p *= 1 - learning_rate * decay
                elif decay:
                    np.multiply(p, decay, out=scratch)
                    g += scratch
                self._apply(p, g, self.slots[:, block], scratch, learning_rate)

    def _sgd(self, p: np.ndarray, g: np.ndarray, slots: np.ndarray, scratch: np.ndarray, learning_rate: float) -> None:
        g *= learning_rate
        p -= g

    def _momentum(
        self, p: np.ndarray, g: np.ndarray, slots: np.ndarray, scratch: np.ndarray, learning_rate: float
    ) -> None:
        """Polyak 1964 as in PyTorch: v = momentum · v + g, p -= learning_rate · v."""
        (v,) = slots
        v *= self.config.momentum
        v += g
        np.multiply(v, learning_rate, out=scratch)
        p -= scratch

    def _nesterov(
        self, p: np.ndarray, g: np.ndarray, slots: np.ndarray, scratch: np.ndarray, learning_rate: float
    ) -> None:
        """Sutskever et al. 2013 as in PyTorch: v = momentum · v + g, p -= learning_rate · (g + momentum · v)."""
        (v,) = slots
        v *= self.config.momentum
        v += g
        np.multiply(v, self.config.momentum, out=scratch)
        scratch += g
        scratch *= learning_rate
        p -= scratch

    def _rmsprop(
        self, p: np.ndarray, g: np.ndarray, slots: np.ndarray, scratch: np.ndarray, learning_rate: float
    ) -> None:
        """Tieleman and Hinton 2012: s = rho · s + (1 - rho) g², p -= learning_rate · g / (sqrt(s) + epsilon)."""
        (s,) = slots
        s *= self.config.rho
        np.multiply(g, g, out=scratch)
        scratch *= 1 - self.config.rho
        s += scratch
        np.sqrt(s, out=scratch)
        scratch += self.config.epsilon
        np.divide(g, scratch, out=scratch)
        scratch *= learning_rate
        p -= scratch

    def _adam(self, p: np.ndarray, g: np.ndarray, slots: np.ndarray, scratch: np.ndarray, learning_rate: float) -> None:
        """Kingma and Ba 2015, with both means kept as plain decaying sums.

        With m = (1 - beta_1) M and v = (1 - beta_2) V the factors move into the two scalars of the step: two passes
        over memory fewer, the same update.
        """
        M, V = slots
        beta_1, beta_2 = self.config.beta_1, self.config.beta_2
        root = math.sqrt((1 - beta_2) / (1 - beta_2**self.step))
        M *= beta_1
        M += g
        V *= beta_2
        g *= g
        V += g
        np.sqrt(V, out=scratch)
        scratch += self.config.epsilon / root
        np.divide(M, scratch, out=scratch)
        scratch *= learning_rate * (1 - beta_1) / ((1 - beta_1**self.step) * root)
        p -= scratch

    _adamw = _adam
