"""Networks from scratch in NumPy: layers, losses, optimizers and the network itself."""

from .build import Layer
from .config import DenseConfig, DropoutConfig, InitializationConfig, LayerConfig, NetworkConfig
from .convolution import Conv2d
from .files import load_network, network_from_bytes, network_to_bytes, save_network
from .layers import Dense, Dropout
from .network import LayerSummary, Network, summarize
from .optimizers import Optimizer, OptimizerConfig
from .replica import Replica

__all__ = [
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
    "Replica",
    "load_network",
    "network_from_bytes",
    "network_to_bytes",
    "save_network",
    "summarize",
]
