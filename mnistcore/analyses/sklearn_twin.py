"""The same network trained by scikit-learn's MLPClassifier, epoch by epoch, on the same images."""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from threadpoolctl import threadpool_limits

from mnistcore.data import split_indices
from mnistcore.errors import ConfigError
from mnistcore.nn import DenseConfig
from mnistcore.runs import RunStore
from mnistcore.training import TrainingConfig, parse_config

if TYPE_CHECKING:
    from sklearn.neural_network import MLPClassifier

ACTIVATIONS = {"sigmoid": "logistic", "tanh": "tanh", "relu": "relu", "identity": "identity"}
SOLVERS = ("sgd", "momentum", "nesterov", "adam")
EPSILON = 1e-12  # the smallest probability whose logarithm is taken


def analyse(store: RunStore, arguments: dict[str, Any]) -> Iterator[tuple[float, dict[str, Any]]]:
    """Train the twin of ``config`` on ``dataset`` (``fingerprint`` is part of the cache's key only).

    The result has the library's ``version``; ``epochs``: epoch, seconds so far without evaluations, train_loss (with
    the penalty of weight decay, as scikit-learn gives it), validation_loss, validation_accuracy (None without
    validation images); at the end train_accuracy, test_accuracy and test_count. ConfigError if it has no twin.
    """
    import sklearn

    config = parse_config(arguments["config"])
    dataset = store.open_dataset(arguments["dataset"])
    split = split_indices(dataset.train_labels, config.validation_size, config.train_size, config.seed)
    twin = build_twin(config, len(split.train))
    x, y = _pixels(dataset.train_images[split.train]), dataset.train_labels[split.train]
    held_out = _pixels(dataset.train_images[split.validation]), dataset.train_labels[split.validation]
    result: dict[str, Any] = {"version": sklearn.__version__, "total_epochs": config.epochs, "epochs": [], "seconds": 0}
    with threadpool_limits(1, "blas"):  # as in our own training: more of them wait for each other on a busy machine
        for epoch in range(1, config.epochs + 1):
            yield (epoch - 1) / config.epochs, result
            started = time.perf_counter()
            _learn(twin, x, y)
            result["seconds"] += time.perf_counter() - started
            row = {"epoch": epoch, "seconds": result["seconds"], "train_loss": float(twin.loss_)}
            result["epochs"].append(row | _validation(twin, *held_out))
        result["train_accuracy"] = float((twin.predict(x) == y).mean())
        found = twin.predict(_pixels(dataset.test_images))
    result["test_accuracy"] = float((found == dataset.test_labels).mean())
    result["test_count"] = len(found)
    yield 1.0, result


def _learn(twin: "MLPClassifier", x: np.ndarray, y: np.ndarray) -> None:
    """One epoch; ConfigError if the weights are then not finite."""
    try:
        twin.partial_fit(x, y, classes=np.arange(10))
    except ValueError as error:
        raise ConfigError(f"scikit-learn's network diverged ({error}): choose a lower learning rate") from error


def build_twin(config: TrainingConfig, train_count: int) -> "MLPClassifier":
    """MLPClassifier with a config's layers and settings; ConfigError for what it cannot do.

    One ``partial_fit`` is one epoch: the optimizer keeps its state, and a generator instead of a seed gives each epoch
    its own order. Its alpha is divided by the batch size before it is added to the gradient, ours is not.
    """
    from sklearn.neural_network import MLPClassifier

    dense = [layer for layer in config.layers if isinstance(layer, DenseConfig)]
    activations = {layer.activation for layer in dense} or {"identity"}
    reason = None
    if len(dense) < len(config.layers) or len(activations) > 1 or not activations <= set(ACTIVATIONS):
        reason = f"it has dense layers only, all with the same activation out of {', '.join(ACTIVATIONS)}"
    elif config.loss != "softmax_cross_entropy":
        reason = "its loss for ten digits is softmax with cross-entropy"
    elif config.optimizer.kind not in SOLVERS:
        reason = f"its optimizers are {', '.join(SOLVERS)}"
    elif config.augmentation.is_on or {config.early_stopping, config.target_accuracy, config.max_seconds} != {None}:
        reason = "it trains here without augmentation, without early stopping, a target or a time limit"
    elif config.weight_average:
        reason = "it keeps no mean of the weights: set weight_average to 0"
    elif config.label_smoothing:
        reason = "it does not smooth labels: set label_smoothing to 0"
    if reason is not None:
        raise ConfigError(f"scikit-learn's MLPClassifier cannot train this network: {reason}")
    batch_size = train_count if config.batch_size == "full" else min(config.batch_size, train_count)
    optimizer = config.optimizer
    return MLPClassifier(
        tuple(layer.units for layer in dense),
        activation=ACTIVATIONS[activations.pop()],
        solver="adam" if optimizer.kind == "adam" else "sgd",
        alpha=config.weight_decay * batch_size,
        batch_size=batch_size,
        learning_rate_init=config.learning_rate,
        momentum=0.0 if optimizer.kind == "sgd" else optimizer.momentum,
        nesterovs_momentum=optimizer.kind == "nesterov",
        beta_1=optimizer.beta_1,
        beta_2=optimizer.beta_2,
        epsilon=optimizer.epsilon,
        shuffle=config.shuffle,
        random_state=np.random.RandomState(config.seed),  # it takes no numpy Generator
    )


def _pixels(images: np.ndarray) -> np.ndarray:
    """(n, 28, 28) uint8 images as rows (n, 784) float32 from 0 to 1."""
    return np.multiply(images.reshape(len(images), -1), np.float32(1 / 255), dtype=np.float32)


def _validation(twin: "MLPClassifier", x: np.ndarray, y: np.ndarray) -> dict[str, float | None]:
    """Mean cross-entropy and accuracy over the images held out."""
    if len(y) == 0:
        return {"validation_loss": None, "validation_accuracy": None}
    probabilities = twin.predict_proba(x)
    losses = -np.log(np.maximum(probabilities[np.arange(len(y)), y], EPSILON))
    return {
        "validation_loss": float(losses.mean()),
        "validation_accuracy": float((probabilities.argmax(axis=1) == y).mean()),
    }
