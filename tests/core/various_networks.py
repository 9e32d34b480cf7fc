"""Networks that between them have every kind of layer, activation and loss, with random weights: what an export must
be able to say."""

from typing import Any

import numpy as np

from mnistcore.nn import Network, NetworkConfig

KINDS = ("dense", "conv2d", "max_pool2d", "flatten", "batch_norm", "dropout")
DENSE, CONV, POOL, FLAT, NORM, DROP = ({"kind": kind} for kind in KINDS)
NETWORKS: dict[str, dict[str, Any]] = {
    "dense": {"layers": [DENSE | {"units": 32}]},
    "no hidden layer": {"layers": [], "output_bias": False, "loss": "linear_squared_error"},
    "every activation": {
        "layers": [
            DENSE | {"units": 24, "activation": "leaky_relu"},
            DENSE | {"units": 20, "activation": "sigmoid", "bias": False},
            DROP,
            DENSE | {"units": 20, "activation": "tanh"},
            DENSE | {"units": 16, "activation": "identity"},
        ],
        "loss": "sigmoid_squared_error",
    },
    "norms of rows": {
        "layers": [
            NORM,
            DENSE | {"units": 20, "activation": "identity"},
            NORM | {"activation": "leaky_relu"},
            DENSE | {"units": 9},
        ],
        "loss": "sigmoid_binary_cross_entropy",
    },
    "lenet": {"layers": [CONV | {"filters": 4}, POOL, CONV | {"filters": 6}, POOL, FLAT, DENSE | {"units": 16}]},
    "maps": {
        "layers": [
            DROP,
            CONV | {"filters": 3, "kernel": 5, "stride": 2, "padding": 1, "activation": "tanh"},
            {"kind": "average_pool2d", "kernel": 2, "stride": 1},
            CONV | {"filters": 4, "kernel": 3, "padding": 1, "activation": "leaky_relu", "bias": False},
            NORM | {"activation": "sigmoid"},
            POOL | {"kernel": 3, "stride": 2},
            FLAT,
            NORM,
            DROP,
        ],
    },
    "flat from the start": {
        "layers": [FLAT, DENSE | {"units": 12, "activation": "tanh"}, DENSE | {"units": 12, "activation": "tanh"}]
    },
}


def random_network(name: str, seed: int = 0) -> Network:
    """One of NETWORKS with weights, biases and statistics that are all random, and none of them zero."""
    rng = np.random.default_rng(seed)
    network = Network(NetworkConfig.model_validate(NETWORKS[name]), rng)
    for index in range(len(network.layers)):
        for kind, view in network.views(index, network.parameters).items():
            if kind != "W":
                low, high = (-0.5, 0.5) if kind in ("b", "mean") else (0.5, 1.5)
                view[:] = rng.uniform(low, high, view.shape)
    return network


def random_images(count: int, seed: int = 1) -> np.ndarray:
    """(count, 28, 28) uint8: bright spots on black."""
    rng = np.random.default_rng(seed)
    return (rng.integers(0, 256, (count, 28, 28)) * (rng.random((count, 28, 28)) < 0.2)).astype(np.uint8)
