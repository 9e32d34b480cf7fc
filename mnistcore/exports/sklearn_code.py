"""A network as scikit-learn's MLPClassifier, where that can be such a network."""

import numpy as np

from mnistcore.errors import ConfigError
from mnistcore.exports.code import arguments, npz, program, zipped
from mnistcore.exports.facts import Facts
from mnistcore.exports.layers import NamedLayer, named_layers
from mnistcore.nn import Network

ACTIVATIONS = {"relu": "relu", "tanh": "tanh", "sigmoid": "logistic", "identity": "identity"}
MISSING = {
    "conv2d": "convolutional",
    "max_pool2d": "pooling",
    "average_pool2d": "pooling",
    "batch_norm": "batch normalisation",
}  # flatten and dropout change nothing about a prediction from rows
REMEDY = "take it home as PyTorch, Keras or NumPy"

IMPORTS = """import gzip
import sys
from functools import cache
from pathlib import Path

import numpy as np
from sklearn.neural_network import MLPClassifier
"""
LOAD = '''@cache
def load_classifier() -> MLPClassifier:
    """The trained classifier: a first step on blank images makes its arrays, which are then replaced."""
    classifier = MLPClassifier({settings})
    classifier.partial_fit(np.zeros((10, 784), np.float32), np.arange(10), classes=np.arange(10))
    with np.load(Path(__file__).with_name("weights.npz")) as arrays:
        classifier.coefs_ = [arrays[f"coefs_{{layer}}"] for layer in range({count})]
        classifier.intercepts_ = [arrays[f"intercepts_{{layer}}"] for layer in range({count})]
    return classifier
'''
PREDICT = '''def predict(images: np.ndarray) -> np.ndarray:
    """Probabilities (n, 10) of (n, 28, 28) uint8 images."""
    return load_classifier().predict_proba(images.reshape(-1, 784).astype(np.float32) / 255)
'''


def sklearn_code(network: Network, facts: Facts) -> bytes:
    """A ZIP of model.py and weights.npz, the classifier's coefs_ and intercepts_; float32, like the network.

    ConfigError where the classifier cannot be such a network: it has dense layers only, one activation for all hidden
    ones, and a softmax (https://scikit-learn.org/stable/modules/generated/sklearn.neural_network.MLPClassifier.html).
    """
    layers = list(named_layers(network))
    if reason := why_not(network, layers):
        raise ConfigError(f"scikit-learn's MLPClassifier cannot be this network: {reason}. Instead, {REMEDY}.")
    dense = [layer for layer in layers if layer.kind == "dense"]
    sizes = tuple(layer.layer.units for layer in dense[:-1])
    activation = ACTIVATIONS[dense[0].activation] if sizes else "identity"
    load = LOAD.format(settings=arguments(hidden_layer_sizes=sizes, activation=activation), count=len(dense))
    arrays = {f"coefs_{index}": layer.arrays["W"] for index, layer in enumerate(dense)}
    arrays |= {f"intercepts_{index}": _bias(layer) for index, layer in enumerate(dense)}
    text = program(network, facts, "scikit-learn", "scikit-learn", IMPORTS, load, PREDICT)
    return zipped({"model.py": text, "weights.npz": npz(arrays)})


def why_not(network: Network, layers: list[NamedLayer]) -> str | None:
    """What of the network the classifier does not have; None if it has all of it."""
    for layer in layers:
        if layer.kind in MISSING:
            return f"it has dense layers only, and this has {MISSING[layer.kind]} layers too"
    hidden = sorted({layer.activation for layer in layers[:-1] if layer.kind == "dense"})
    if len(hidden) > 1:
        return f"its hidden layers share one activation, and these have {' and '.join(hidden)}"
    if unknown := [name for name in hidden if name not in ACTIVATIONS]:
        return f"it does not have the activation {unknown[0]}"
    if network.config.loss.startswith("sigmoid"):
        return f"of ten digits it gives a softmax, and this network was trained with {network.config.loss}"
    return None


def _bias(layer: NamedLayer) -> np.ndarray:
    """The classifier always has one."""
    return layer.arrays.get("b", np.zeros(layer.layer.units, np.float32))
