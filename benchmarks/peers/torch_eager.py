"""PyTorch, eager, with its fused optimizers."""

import numpy as np
import torch
from torch import nn

from benchmarks.peers import as_floats, has_maps, share_right
from mnistcore.data import Dataset
from mnistcore.training import TrainingConfig


class Peer:
    """All pixels are float32 beforehand."""

    def __init__(self, config: TrainingConfig, dataset: Dataset) -> None:
        torch.manual_seed(config.seed)
        self._dataset, self._batch_size = dataset, config.batch_size
        self._shape = (1, 28, 28) if has_maps(config) else (784,)
        self._x = torch.from_numpy(as_floats(dataset.train_images, *self._shape))
        labels = torch.from_numpy(dataset.train_labels.astype(np.int64))
        self._is_squared = config.loss == "linear_squared_error"
        self._y = nn.functional.one_hot(labels, 10).float() if self._is_squared else labels
        self._network = _build_network(config)
        self._network(self._x[:2])  # which tells the lazy layers their sizes
        kind = torch.optim.SGD if config.optimizer.kind == "sgd" else torch.optim.Adam
        self._optimizer = kind(self._network.parameters(), lr=config.learning_rate, fused=True)

    def _loss(self, outputs: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        if self._is_squared:
            return 0.5 * ((outputs - y) ** 2).sum() / len(y)
        return nn.functional.cross_entropy(outputs, y)

    def epoch(self) -> None:
        for rows in torch.randperm(len(self._x)).split(self._batch_size):
            self._optimizer.zero_grad()
            self._loss(self._network(self._x[rows]), self._y[rows]).backward()
            self._optimizer.step()

    def accuracy(self) -> float:
        with torch.no_grad():
            outputs = self._network(torch.from_numpy(as_floats(self._dataset.test_images, *self._shape)))
        return share_right(outputs.numpy(), self._dataset)


def _build_network(config: TrainingConfig) -> nn.Sequential:
    modules: list[nn.Module] = []
    for layer in config.layers:
        if layer.kind == "conv2d":
            modules += [nn.LazyConv2d(layer.filters, layer.kernel), nn.ReLU()]
        elif layer.kind == "max_pool2d":
            modules.append(nn.MaxPool2d(layer.kernel))
        elif layer.kind == "flatten":
            modules.append(nn.Flatten())
        elif layer.kind == "dense":
            modules += [nn.LazyLinear(layer.units), nn.ReLU()]
    return nn.Sequential(*modules, nn.LazyLinear(10, bias=config.output_bias))
