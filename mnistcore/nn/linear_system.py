"""Many steps of a linear network at once: what they do to each other is a triangular system of equations.

Let W be the weights before step 0, and let step i learn from one image, a row xᵢ of X, with target tᵢ and learning rate
ηᵢ. Plain gradient descent on the squared error does, one step after the other,

    δᵢ = xᵢ Wᵢ − tᵢ        Wᵢ₊₁ = Wᵢ − ηᵢ xᵢᵀ δᵢ

Put the second into the first, all the way down to W: the weights in between are gone, and what is left is linear.

    δᵢ + Σ_{j<i} ηⱼ (xᵢ · xⱼ) δⱼ = xᵢ W − tᵢ        (I + strictly lower part of X Xᵀ diag(η)) Δ = X W − T

A product, a triangular solve and a product in place of k steps: the same steps, not an approximation. Images of one
batch do not change each other's δ, so that their places in X Xᵀ are zero; a bias is a pixel that is always 1.
"""

import numpy as np

from mnistcore.nn.network import DIGITS

ROWS = 64  # images at a time: 32 take 1.1 times as long, 128 1.5 times, as the system grows with their square


class LinearSystem:
    """Steps of plain gradient descent on ½ Σ (x W + b − one-hot)², ``batch_size`` images each, which change W and b.

    ``W`` (p, 10) and ``b`` (10,) or None are float32 and C-contiguous, and are updated in place.
    """

    def __init__(self, W: np.ndarray, b: np.ndarray | None, batch_size: int) -> None:
        from scipy.linalg.blas import strsm  # 6 MB that only a process which trains such a network needs

        self.W, self.b, self._solve = W, b, strsm
        batch = np.arange(ROWS) // batch_size
        self._is_earlier = (batch < batch[:, None]).astype(np.float32)
        self._targets = np.empty((ROWS, DIGITS), np.float32)

    def learn(self, x: np.ndarray, labels: np.ndarray, rates: np.ndarray) -> np.ndarray:
        """Learn from x (n ≤ ROWS, p) float32 with (n,) labels; returns the outputs (n, 10) float32 before each update.

        ``rates`` (n,) float32: the learning rate of each image's step, divided by the size of its batch.
        """
        n = len(x)
        targets = self._targets[:n]
        targets[...] = 0
        targets[np.arange(n), labels] = 1
        deltas, gram = x @ self.W, x @ x.T
        deltas -= targets
        if self.b is not None:
            deltas += self.b
            gram += 1
        gram *= self._is_earlier[:n, :n] * rates
        # BLAS counts in columns: what is an array (n, 10) here is (10, n) there, so all of it is transposed.
        self._solve(1, gram.T, deltas.T, side=1, lower=0, diag=1, overwrite_b=1)
        outputs = deltas + targets
        deltas *= rates[:, None]
        self.W -= x.T @ deltas
        if self.b is not None:
            self.b -= deltas.sum(axis=0)
        return outputs
