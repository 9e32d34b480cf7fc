"""A network as in a textbook: pure functions on arrays of any float type, which return new arrays.

``mnistcore.nn`` computes the same, faster and in place; the tests compare it with this. Each function stands alone:
copied into a notebook after ``import numpy as np``, it works.
"""

from mnistcore.plain.activations import ACTIVATIONS, sigmoid
from mnistcore.plain.initialization import glorot, he, normal, uniform
from mnistcore.plain.losses import (
    LOSSES,
    smoothed_cross_entropy,
    smoothed_cross_entropy_gradient,
    smoothed_labels,
    softmax,
    softmax_cross_entropy,
    softmax_cross_entropy_gradient,
)
from mnistcore.plain.network import Layer, Pass, Return, backward, forward, update, update_statistics
from mnistcore.plain.optimizers import OPTIMIZERS
from mnistcore.plain.weight_average import average_weights

__all__ = [
    "ACTIVATIONS",
    "LOSSES",
    "OPTIMIZERS",
    "Layer",
    "Pass",
    "Return",
    "average_weights",
    "backward",
    "forward",
    "glorot",
    "he",
    "normal",
    "sigmoid",
    "smoothed_cross_entropy",
    "smoothed_cross_entropy_gradient",
    "smoothed_labels",
    "softmax",
    "softmax_cross_entropy",
    "softmax_cross_entropy_gradient",
    "uniform",
    "update",
    "update_statistics",
]
