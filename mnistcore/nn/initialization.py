"""Initial weights, by the name of the method."""

import math

import numpy as np

from mnistcore.nn.config import InitializationConfig


def initialize(
    config: InitializationConfig, name: str, out: np.ndarray, fan: tuple[int, int], rng: np.random.Generator
) -> None:
    """Fill the parameter ``out``, of any shape, in place; ``name`` is "W" for weights, "b" for a bias; ``fan`` counts
    the inputs of each output and the outputs of each input. Gains and variances start at 1, means at 0.

    He: He et al. 2015, normal with variance 2 / fan-in. Glorot: Glorot and Bengio 2010, uniform within
    ±sqrt(6 / (fan-in + fan-out)).
    """
    if name in ("gain", "variance", "mean"):
        out[...] = 0 if name == "mean" else 1
    elif config.kind == "uniform":
        rng.random(dtype=np.float32, out=out)
        out *= config.high - config.low
        out += config.low
    elif config.kind == "normal":
        rng.standard_normal(dtype=np.float32, out=out)
        out *= config.standard_deviation
    elif config.kind == "zeros" or name != "W":
        out[...] = 0
    elif config.kind == "he":
        rng.standard_normal(dtype=np.float32, out=out)
        out *= math.sqrt(2 / fan[0])
    else:
        limit = math.sqrt(6 / sum(fan))
        rng.random(dtype=np.float32, out=out)
        out *= 2 * limit
        out -= limit
