"""Networks from scratch in NumPy: layers, losses, optimizers and the network itself."""

from .config import DenseConfig, DropoutConfig, InitializationConfig, LayerConfig, NetworkConfig
from .files import load_network, network_from_bytes, network_to_bytes, save_network
from .layers import Dense, Dropout, Layer
from .network import LayerSummary, Network, Replica, summarize
from .optimizers import Optimizer, OptimizerConfig

__all__ = [
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
