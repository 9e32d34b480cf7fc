"""MNIST Explorer's core: data, network, training, runs and insight, without any user interface."""
