"""The textbook core, mnistcore.plain: what a step computes, and nothing done for speed."""

import numpy as np

from benchmarks.peers import as_floats, share_right
from mnistcore import plain
from mnistcore.data import Dataset
from mnistcore.insight.textbook import optimizer_constants, plain_layers
from mnistcore.nn import Network
from mnistcore.training import TrainingConfig


class Peer:
    """Starts from the weights that the fast core starts from; float32."""

    def __init__(self, config: TrainingConfig, dataset: Dataset) -> None:
        self._config, self._dataset = config, dataset
        self._rng = np.random.default_rng(config.seed)
        network = Network(config, self._rng)
        self._shape = network.input_shape
        self._layers = plain_layers(network, dtype=np.float32)
        self._states: list[dict[str, tuple]] = []
        self._x = as_floats(dataset.train_images, *self._shape)

    def epoch(self) -> None:
        order = self._rng.permutation(len(self._x))
        size = len(order) if self._config.batch_size == "full" else self._config.batch_size
        for start in range(0, len(order), size):
            self._step(order[start : start + size])

    def _step(self, rows: np.ndarray) -> None:
        config, constants = self._config, optimizer_constants(self._config.optimizer)
        passes = plain.forward(self._layers, self._x[rows], self._rng, is_training=True)
        dlogits = plain.LOSSES[config.loss][1](passes[-1].y, self._dataset.train_labels[rows])
        returns = plain.backward(self._layers, passes, dlogits)
        layers, self._states = plain.update(
            self._layers,
            returns,
            config.learning_rate,
            config.optimizer.kind,
            self._states,
            config.weight_decay,
            constants,
        )
        self._layers = plain.update_statistics(layers, passes)

    def accuracy(self) -> float:
        x = as_floats(self._dataset.test_images, *self._shape)
        return share_right(plain.forward(self._layers, x)[-1].y, self._dataset)
