"""Networks from scratch in NumPy: layers, losses, optimizers and the network itself."""

from mnistcore.nn.bound_network import BoundNetwork
from mnistcore.nn.build import Layer
from mnistcore.nn.config import InitializationConfig, NetworkConfig
from mnistcore.nn.convolution import Conv2d
from mnistcore.nn.files import load_network, network_from_bytes, network_to_bytes, save_network
from mnistcore.nn.layer_config import DenseConfig, DropoutConfig, LayerConfig
from mnistcore.nn.layers import Dense, Dropout
from mnistcore.nn.network import LayerSummary, Network, summarize
from mnistcore.nn.optimizers import Optimizer, OptimizerConfig

__all__ = [
    "BoundNetwork",
    "Conv2d",
    "Dense",
    "DenseConfig",
    "Dropout",
    "DropoutConfig",
    "InitializationConfig",
    "Layer",
    "LayerConfig",
    "LayerSummary",
    "Network",
    "NetworkConfig",
    "Optimizer",
    "OptimizerConfig",
    "load_network",
    "network_from_bytes",
    "network_to_bytes",
    "save_network",
    "summarize",
]
