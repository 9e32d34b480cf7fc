"""Optimizers: one update over all parameters, in place, in blocks that fit the cache."""

import math
from itertools import pairwise
from typing import Literal

import numpy as np
from pydantic import Field

from mnistcore.nn.layer_config import KindSettings

BLOCK = 32_768  # parameters: with gradient, running means and scratch they take 655 kB of the second-level cache


class OptimizerConfig(KindSettings):
    """The rule that turns gradients into updates, and its constants."""

    kind: Literal["sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw"] = "adam"
    momentum: float = Field(0.9, ge=0, lt=1)
    beta_1: float = Field(0.9, ge=0, lt=1)
    beta_2: float = Field(0.999, ge=0, lt=1)
    rho: float = Field(0.9, ge=0, lt=1)
    epsilon: float = Field(1e-8, gt=0, le=1)


def slot_count(config: OptimizerConfig) -> int:
    """How many numbers an optimizer keeps for each parameter."""
    return {"sgd": 0, "momentum": 1, "nesterov": 1, "rmsprop": 1, "adam": 2, "adamw": 2}[config.kind]


class Optimizer:
    """Holds the state that belongs to each parameter and applies one update a step.

    ``slots`` has a row of the parameters' length for each running mean: none for sgd, one for momentum, nesterov and
    rmsprop, two for adam and adamw. ``weight_decay`` pulls the first ``weights`` parameters (matrices, not biases) to
    zero: as an L2 term in the gradient, or decoupled from it for adamw (Loshchilov and Hutter 2019).
    """

    def __init__(
        self,
        config: OptimizerConfig,
        size: int,
        weights: int,
        weight_decay: float = 0.0,
        slots: np.ndarray | None = None,
    ) -> None:
        self.config, self.weights, self.weight_decay = config, weights, weight_decay
        self.slots = np.zeros((slot_count(config), size), np.float32) if slots is None else slots
        self.step = 0
        # Not bound to this object: a circle would keep a run's buffers until Python looks for circles.
        self._apply = getattr(type(self), f"_{config.kind}")
        self._sum, self._scratch = (np.empty(min(size, BLOCK), np.float32) for _ in range(2))

    def __repr__(self) -> str:
        return f"Optimizer({self.config.kind}, step {self.step})"

    def update(self, parameters: np.ndarray, gradients: np.ndarray, learning_rate: float) -> None:
        """Take one step: overwrites parameters (p,) and gradients (p,), both float32."""
        self.step += 1
        for block in self.blocks(0, self.slots.shape[1]):
            self.update_block(parameters, gradients[None], learning_rate, block)

    def blocks(self, start: int, stop: int) -> list[slice]:
        """Parameters ``start`` to ``stop`` in blocks for ``update_block``."""
        border = {self.weights} if self.weight_decay and start < self.weights < stop else set()
        firsts = {*range(start, stop, BLOCK)} | border
        return [slice(first, last) for first, last in pairwise([*sorted(firsts), stop])]

    def update_block(self, parameters: np.ndarray, gradients: np.ndarray, learning_rate: float, block: slice) -> None:
        """One block's part of step ``step``, with the sum of gradients (shards, p), which are overwritten if it is one.

        Instances that share their slots may each do some of the blocks at the same time.
        """
        p, scratch = parameters[block], self._scratch[: block.stop - block.start]
        if len(gradients) == 1:
            g = gradients[0, block]
        else:
            g = np.add(gradients[0, block], gradients[1, block], out=self._sum[: len(p)])
            for more in gradients[2:, block]:
                g += more
        decay = self.weight_decay if block.stop <= self.weights else 0.0
        if decay and self.config.kind == "adamw":
            p *= 1 - learning_rate * decay
        elif decay:
            np.multiply(p, decay, out=scratch)
            g += scratch
        self._apply(self, p, g, self.slots[:, block], scratch, learning_rate)

    def _sgd(self, p: np.ndarray, g: np.ndarray, slots: np.ndarray, scratch: np.ndarray, learning_rate: float) -> None:
        """Robbins and Monro 1951: p -= learning_rate · g, for a block p (k,) with its gradient g (k,)."""
        g *= learning_rate
        p -= g

    def _momentum(
        self, p: np.ndarray, g: np.ndarray, slots: np.ndarray, scratch: np.ndarray, learning_rate: float
    ) -> None:
        """Polyak 1964 as in PyTorch: v = momentum · v + g, p -= learning_rate · v; p, g and v are (k,)."""
        (v,) = slots
        v *= self.config.momentum
        v += g
        np.multiply(v, learning_rate, out=scratch)
        p -= scratch

    def _nesterov(
        self, p: np.ndarray, g: np.ndarray, slots: np.ndarray, scratch: np.ndarray, learning_rate: float
    ) -> None:
        """Sutskever et al. 2013 as in PyTorch: v = momentum v + g, p -= learning_rate (g + momentum v), all (k,)."""
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
        """Tieleman and Hinton 2012: s = rho · s + (1 - rho) g², p -= learning_rate g / (√s + epsilon), all (k,)."""
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
        """Kingma and Ba 2015, with both means kept as plain decaying sums M and V, (k,) like p and g.

        With m = (1 - beta_1) M and v = (1 - beta_2) V the factors are folded into the two scalars of the step: the same
        update with two fewer passes over memory.
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
