"""Initial weights. Biases and the means of batch normalisation start at 0, its gains and variances at 1."""

import numpy as np


def he(shape: tuple[int, ...], inputs: int, rng: np.random.Generator, dtype: type = np.float64) -> np.ndarray:
    """Normal with variance 2 / inputs, for layers that end in a ReLU (He et al. 2015).

    ``inputs`` is how many numbers one unit sees: in a convolution, channels · kernel².
    """
    return rng.standard_normal(shape, dtype) * float(np.sqrt(2 / inputs))


def glorot(
    shape: tuple[int, ...], inputs: int, outputs: int, rng: np.random.Generator, dtype: type = np.float64
) -> np.ndarray:
    """Uniform within ±sqrt(6 / (inputs + outputs)) (Glorot and Bengio 2010).

    ``outputs`` is how many sums one input enters: in a convolution, filters · kernel².
    """
    limit = float(np.sqrt(6 / (inputs + outputs)))
    return rng.random(shape, dtype) * (2 * limit) - limit


def uniform(
    shape: tuple[int, ...], low: float, high: float, rng: np.random.Generator, dtype: type = np.float64
) -> np.ndarray:
    """Uniform from low to high."""
    return rng.random(shape, dtype) * (high - low) + low


def normal(
    shape: tuple[int, ...], standard_deviation: float, rng: np.random.Generator, dtype: type = np.float64
) -> np.ndarray:
    """Normal around 0."""
    return rng.standard_normal(shape, dtype) * standard_deviation
