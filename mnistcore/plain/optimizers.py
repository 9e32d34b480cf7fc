"""Optimizers: each turns a parameter p, its gradient g and its state from the last step into the next p.

All take (p, g, state, learning_rate, …), arrays p and g of one shape, and return the new p and the new state. The
state is () before the first step.
"""

import numpy as np


def l2(p: np.ndarray, g: np.ndarray, weight_decay: float) -> np.ndarray:
    """g + λ p, like p: the gradient of a loss with the penalty ½ λ p² (Krogh and Hertz 1992). Not for biases."""
    return g + weight_decay * p


def sgd(p: np.ndarray, g: np.ndarray, state: tuple, learning_rate: float) -> tuple[np.ndarray, tuple]:
    """p - η g, both of one shape: gradient descent, which has no state (Robbins and Monro 1951)."""
    return p - learning_rate * g, state


def momentum(
    p: np.ndarray, g: np.ndarray, state: tuple, learning_rate: float, momentum: float = 0.9
) -> tuple[np.ndarray, tuple]:
    """v ← μ v + g, then p - η v (Polyak 1964)."""
    (v,) = state or (0.0,)
    v = momentum * v + g
    return p - learning_rate * v, (v,)


def nesterov(
    p: np.ndarray, g: np.ndarray, state: tuple, learning_rate: float, momentum: float = 0.9
) -> tuple[np.ndarray, tuple]:
    """v ← μ v + g, then p - η (g + μ v) (Nesterov 1983, in the form of Sutskever et al. 2013 as PyTorch has it)."""
    (v,) = state or (0.0,)
    v = momentum * v + g
    return p - learning_rate * (g + momentum * v), (v,)


def rmsprop(
    p: np.ndarray, g: np.ndarray, state: tuple, learning_rate: float, rho: float = 0.9, epsilon: float = 1e-8
) -> tuple[np.ndarray, tuple]:
    """s ← ρ s + (1 - ρ) g², then p - η g / (√s + ε) (Tieleman and Hinton 2012)."""
    (s,) = state or (0.0,)
    s = rho * s + (1 - rho) * g**2
    return p - learning_rate * g / (np.sqrt(s) + epsilon), (s,)


def adam(
    p: np.ndarray,
    g: np.ndarray,
    state: tuple,
    learning_rate: float,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-8,
) -> tuple[np.ndarray, tuple]:
    """m ← β₁ m + (1 - β₁) g and v ← β₂ v + (1 - β₂) g², then p - η m̂ / (√v̂ + ε) (Kingma and Ba 2015).

    m and v begin at 0, too small at first: m̂ = m / (1 - β₁ᵗ) and v̂ = v / (1 - β₂ᵗ) make up for it in step t.
    """
    m, v, t = state or (0.0, 0.0, 0)
    t = t + 1
    m = beta_1 * m + (1 - beta_1) * g
    v = beta_2 * v + (1 - beta_2) * g**2
    m_hat = m / (1 - beta_1**t)
    v_hat = v / (1 - beta_2**t)
    return p - learning_rate * m_hat / (np.sqrt(v_hat) + epsilon), (m, v, t)


def adamw(
    p: np.ndarray,
    g: np.ndarray,
    state: tuple,
    learning_rate: float,
    weight_decay: float = 0.0,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-8,
) -> tuple[np.ndarray, tuple]:
    """Adam after p ← (1 - η λ) p: the decay does not pass through the gradient (Loshchilov and Hutter 2019)."""
    m, v, t = state or (0.0, 0.0, 0)
    t = t + 1
    m = beta_1 * m + (1 - beta_1) * g
    v = beta_2 * v + (1 - beta_2) * g**2
    m_hat = m / (1 - beta_1**t)
    v_hat = v / (1 - beta_2**t)
    p = (1 - learning_rate * weight_decay) * p
    return p - learning_rate * m_hat / (np.sqrt(v_hat) + epsilon), (m, v, t)


OPTIMIZERS = {
    "sgd": sgd,
    "momentum": momentum,
    "nesterov": nesterov,
    "rmsprop": rmsprop,
    "adam": adam,
    "adamw": adamw,
}
