"""The weights alone, as a safetensors file: arrays by name, which can hold no code."""

import json

from mnistcore.exports.facts import Facts
from mnistcore.exports.layers import named_layers
from mnistcore.nn import Network, NetworkConfig


def safetensors_file(network: Network, facts: Facts) -> bytes:
    """The arrays of every layer by name, float32, as `conv1.W` (channels, kernel, kernel, filters) or `output.b` (10,).

    The metadata ``mnist_explorer`` is JSON: the ``network``'s settings, and the run, step, data and test accuracy.
    The format: https://huggingface.co/docs/safetensors.
    """
    from safetensors.numpy import save

    settings = network.config.model_dump(mode="json", include=set(NetworkConfig.model_fields))
    about = {"run": facts.run_id, "name": facts.name, "step": facts.step, "data": facts.dataset}
    about |= {"test_accuracy": facts.test_accuracy, "network": settings}
    arrays = {
        f"{layer.name}.{name}": array.copy() for layer in named_layers(network) for name, array in layer.arrays.items()
    }
    return save(arrays, {"mnist_explorer": json.dumps(about)})
