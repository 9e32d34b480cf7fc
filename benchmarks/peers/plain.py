"""A network as one would first write it in NumPy: what a step computes, and nothing done for speed."""

import itertools
import math

import numpy as np

from benchmarks.peers import as_floats, share_right
from mnistcore.data import Dataset
from mnistcore.training import TrainingConfig


class Peer:
    """Dense ReLU layers and a softmax, with SGD or Adam; float32."""

    def __init__(self, config: TrainingConfig, dataset: Dataset) -> None:
        self._config, self._dataset = config, dataset
        self._rng = np.random.default_rng(config.seed)
        self._x = as_floats(dataset.train_images, 784)
        self._y = np.eye(10, dtype=np.float32)[dataset.train_labels]
        widths = [784, *(layer.units for layer in config.layers if layer.kind == "dense"), 10]
        self._weights, self._biases = [], []
        for inputs, outputs in itertools.pairwise(widths):
            W = self._rng.standard_normal((inputs, outputs), np.float32)
            self._weights.append(W * math.sqrt(2 / inputs))
            self._biases.append(np.zeros(outputs, np.float32))
        self._parameters = [*self._weights, *self._biases]
        self._means = [np.zeros_like(parameter) for parameter in self._parameters]
        self._squares = [np.zeros_like(parameter) for parameter in self._parameters]
        self._step = 0

    def epoch(self) -> None:
        order = self._rng.permutation(len(self._x))
        for start in range(0, len(order), int(self._config.batch_size)):
            rows = order[start : start + int(self._config.batch_size)]
            self._update(self._gradients(self._x[rows], self._y[rows]))

    def _forward(self, x: np.ndarray) -> list[np.ndarray]:
        """The images and every layer's output, the last one without a softmax."""
        outputs = [x]
        for W, b in zip(self._weights[:-1], self._biases[:-1], strict=True):
            outputs.append(np.maximum(outputs[-1] @ W + b, 0))
        return [*outputs, outputs[-1] @ self._weights[-1] + self._biases[-1]]

    def _gradients(self, x: np.ndarray, y: np.ndarray) -> list[np.ndarray]:
        *inputs, logits = self._forward(x)
        exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
        dz = (exponentials / exponentials.sum(axis=1, keepdims=True) - y) / len(x)
        dWs, dbs = [], []
        for source, W in zip(reversed(inputs), reversed(self._weights), strict=True):
            dWs.append(source.T @ dz)
            dbs.append(dz.sum(axis=0))
            dz = (dz @ W.T) * (source > 0)
        return [*reversed(dWs), *reversed(dbs)]

    def _update(self, gradients: list[np.ndarray]) -> None:
        rate = self._config.learning_rate
        self._step += 1
        for index, (parameter, gradient) in enumerate(zip(self._parameters, gradients, strict=True)):
            if self._config.optimizer.kind == "sgd":
                parameter -= rate * gradient
                continue
            mean = self._means[index] = 0.9 * self._means[index] + 0.1 * gradient
            square = self._squares[index] = 0.999 * self._squares[index] + 0.001 * gradient**2
            scale = rate * math.sqrt(1 - 0.999**self._step) / (1 - 0.9**self._step)
            parameter -= scale * mean / (np.sqrt(square) + 1e-8)

    def accuracy(self) -> float:
        return share_right(self._forward(as_floats(self._dataset.test_images, 784))[-1], self._dataset)
