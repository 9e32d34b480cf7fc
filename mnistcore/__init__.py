"""MNIST Explorer's core: data, network, training, runs and insight, without any user interface."""

__version__ = "0.1.0"
