"""scikit-learn's MLPClassifier."""

import numpy as np
from sklearn.neural_network import MLPClassifier

from benchmarks.peers import as_floats
from mnistcore.data import Dataset
from mnistcore.training import TrainingConfig


class Peer:
    """Each call of partial_fit is one epoch: it shuffles, and the optimizer goes on where it was."""

    def __init__(self, config: TrainingConfig, dataset: Dataset) -> None:
        self._dataset = dataset
        self._x = as_floats(dataset.train_images, 784)
        self._model = MLPClassifier(
            tuple(layer.units for layer in config.layers if layer.kind == "dense"),
            solver=config.optimizer.kind,
            batch_size=config.batch_size,
            learning_rate_init=config.learning_rate,
            alpha=0,
            momentum=0,
            nesterovs_momentum=False,
            random_state=config.seed,
        )

    def epoch(self) -> None:
        self._model.partial_fit(self._x, self._dataset.train_labels, classes=np.arange(10))

    def accuracy(self) -> float:
        found = self._model.predict(as_floats(self._dataset.test_images, 784))
        return float((found == self._dataset.test_labels).mean())
