"""JAX: an epoch is one jitted lax.scan over the shuffled batches."""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.peers import as_floats, has_maps, share_right
from mnistcore.data import Dataset
from mnistcore.training import TrainingConfig

Parameters = list[tuple[jax.Array, ...]]


class Peer:
    """All pixels are float32 beforehand. A scan's steps are alike: images that fill no last batch are left out."""

    def __init__(self, config: TrainingConfig, dataset: Dataset) -> None:
        self._config, self._dataset = config, dataset
        self._rng = np.random.default_rng(config.seed)
        self._shape = (28, 28, 1) if has_maps(config) else (784,)
        self._x = jnp.asarray(as_floats(dataset.train_images, *self._shape))
        self._y = jnp.asarray(dataset.train_labels.astype(np.int32))
        parameters = _initial_parameters(config, self._rng)
        means, squares = (jax.tree.map(jnp.zeros_like, parameters) for _ in range(2))
        self._carry: Any = (parameters, means, squares, jnp.zeros((), jnp.float32))
        step = _sgd_step if config.optimizer.kind == "sgd" else _adam_step
        gradient = jax.grad(lambda parameters, x, y: _loss(config, _forward(config, parameters, x), y))

        def learn(carry: Any, rows: jax.Array, x: jax.Array, y: jax.Array) -> Any:
            return step(carry, gradient(carry[0], x[rows], y[rows]), config.learning_rate), None

        def epoch(carry: Any, batches: jax.Array, x: jax.Array, y: jax.Array) -> Any:
            return jax.lax.scan(lambda carry, rows: learn(carry, rows, x, y), carry, batches)[0]

        self._epoch = jax.jit(epoch, donate_argnums=0)

    def epoch(self) -> None:
        size = int(self._config.batch_size)
        order = self._rng.permutation(len(self._x))[: len(self._x) // size * size].astype(np.int32)
        batches = jnp.asarray(order.reshape(-1, size))
        self._carry = jax.block_until_ready(self._epoch(self._carry, batches, self._x, self._y))

    def accuracy(self) -> float:
        x = jnp.asarray(as_floats(self._dataset.test_images, *self._shape))
        return share_right(np.asarray(_forward(self._config, self._carry[0], x)), self._dataset)


def _initial_parameters(config: TrainingConfig, rng: np.random.Generator) -> Parameters:
    """Weights with a standard deviation of √(2 / inputs), biases of zero, layer by layer."""
    parameters: Parameters = []

    def add(*shape: int, bias: bool = True) -> None:
        W = rng.standard_normal(shape, np.float32) * math.sqrt(2 / math.prod(shape[:-1]))
        parameters.append((jnp.asarray(W), jnp.zeros(shape[-1]))[: 1 + bias])

    side, channels, width = 28, 1, 784
    for layer in config.layers:
        if layer.kind == "conv2d":
            add(layer.kernel, layer.kernel, channels, layer.filters)
            side, channels = side - layer.kernel + 1, layer.filters
        elif layer.kind == "max_pool2d":
            side //= layer.stride
        elif layer.kind == "flatten":
            width = side * side * channels
        elif layer.kind == "dense":
            add(width, layer.units)
            width = layer.units
    add(width, 10, bias=config.output_bias)
    return parameters


def _forward(config: TrainingConfig, parameters: Parameters, x: jax.Array) -> jax.Array:
    """Logits (n, 10)."""
    *hidden, (W, *b) = parameters
    weights = iter(hidden)
    for layer in config.layers:
        if layer.kind == "conv2d":
            kernel, bias = next(weights)
            order = ("NHWC", "HWIO", "NHWC")
            x = jax.nn.relu(jax.lax.conv_general_dilated(x, kernel, (1, 1), "VALID", dimension_numbers=order) + bias)
        elif layer.kind == "max_pool2d":
            window = (1, layer.kernel, layer.kernel, 1)
            x = jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, window, window, "VALID")
        elif layer.kind == "flatten":
            x = x.reshape(len(x), -1)
        elif layer.kind == "dense":
            matrix, bias = next(weights)
            x = jax.nn.relu(x @ matrix + bias)
    return sum(b, x @ W)


def _loss(config: TrainingConfig, outputs: jax.Array, y: jax.Array) -> jax.Array:
    if config.loss == "linear_squared_error":
        return 0.5 * ((outputs - jax.nn.one_hot(y, 10)) ** 2).sum() / len(y)
    return -jnp.take_along_axis(jax.nn.log_softmax(outputs), y[:, None], 1).mean()


def _sgd_step(carry: Any, gradient: Parameters, rate: float) -> Any:
    parameters, *rest = carry
    return (jax.tree.map(lambda value, slope: value - rate * slope, parameters, gradient), *rest)


def _adam_step(carry: Any, gradient: Parameters, rate: float) -> Any:
    parameters, means, squares, count = carry
    count = count + 1
    means = jax.tree.map(lambda mean, slope: 0.9 * mean + 0.1 * slope, means, gradient)
    squares = jax.tree.map(lambda square, slope: 0.999 * square + 0.001 * slope * slope, squares, gradient)
    scale = rate * jnp.sqrt(1 - 0.999**count) / (1 - 0.9**count)

    def move(value: jax.Array, mean: jax.Array, square: jax.Array) -> jax.Array:
        return value - scale * mean / (jnp.sqrt(square) + 1e-8)

    return (jax.tree.map(move, parameters, means, squares), means, squares, count)
