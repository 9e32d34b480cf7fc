"""Losses over ten outputs: the gradient for a step, the losses to report, the probabilities to show."""

from functools import lru_cache

import numpy as np

from mnistcore.nn.activations import sigmoid


class SoftmaxCrossEntropy:
    """-log softmax(logits)[label], fused: its gradient is softmax(logits) - one-hot(label)."""

    name = "softmax_cross_entropy"

    def gradient(self, logits: np.ndarray, labels: np.ndarray, scale: float, out: np.ndarray) -> None:
        """Write the gradient of ``scale`` · (sum of losses) by the logits (n, 10) into out, like them; labels (n,)."""
        columns = np.array(logits.T, order="C")  # NumPy is several times faster along ten long rows than ten columns
        np.subtract(columns, np.maximum.reduce(columns), out=columns)
        np.exp(columns, out=columns)
        np.multiply(columns, scale / np.add.reduce(columns), out=columns)
        np.subtract(columns.T, _one_hot(scale).take(labels, axis=0), out=out)

    def losses(self, logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """One loss per image, (n,) float32, by log-sum-exp of the logits: no probability can round to zero."""
        columns = np.array(logits.T, order="C")
        top = np.maximum.reduce(columns)
        np.exp(np.subtract(columns, top, out=columns), out=columns)
        return np.log(np.add.reduce(columns)) + top - logits[np.arange(len(labels)), labels]

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """The softmax, (n, 10) float32."""
        return _softmax(logits, np.empty_like(logits))


class SmoothedCrossEntropy(SoftmaxCrossEntropy):
    """Cross-entropy against smoothed labels: the label's share is 1 - ``smoothing``, and that is divided among all ten.

    So no output grows without end to become certain (Szegedy et al. 2016). A run learns by it; what is reported is the
    cross-entropy against the labels as they are.
    """

    def __init__(self, smoothing: float) -> None:
        self.smoothing = smoothing

    def gradient(self, logits: np.ndarray, labels: np.ndarray, scale: float, out: np.ndarray) -> None:
        """Write the gradient of ``scale`` · (sum of losses) by the logits (n, 10) into out, like them; labels (n,)."""
        super().gradient(logits, labels, scale, out)
        out -= scale * self.smoothing / 10
        out += _one_hot(scale * self.smoothing).take(labels, axis=0)

    def losses(self, logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """One loss per image, (n,) float32."""
        distance = logits[np.arange(len(labels)), labels] - logits.mean(axis=1)
        return super().losses(logits, labels) + np.float32(self.smoothing) * distance


class SigmoidSquaredError:
    """Ten sigmoid outputs, ½ Σ (y - one-hot)²: the classic perceptron layer."""

    name = "sigmoid_squared_error"

    def gradient(self, logits: np.ndarray, labels: np.ndarray, scale: float, out: np.ndarray) -> None:
        """Write the gradient of ``scale`` · (sum of losses) by the logits (n, 10) into out, like them; labels (n,)."""
        y = logits.copy()
        sigmoid(y, out)
        np.subtract(1.0, y, out=out)
        out *= y
        y[np.arange(len(labels)), labels] -= 1
        out *= y
        np.multiply(out, scale, out=out)

    def losses(self, logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """One loss per image, (n,) float32."""
        return _squared_error(_sigmoid(logits), labels)

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """Sigmoid outputs divided by their sum, (n, 10) float32."""
        return _softmax(_log_sigmoid(logits), np.empty_like(logits))


class SigmoidCrossEntropy(SigmoidSquaredError):
    """Ten sigmoid outputs, ten yes-or-no questions; the gradient is sigmoid(logits) - one-hot(label)."""

    name = "sigmoid_binary_cross_entropy"

    def gradient(self, logits: np.ndarray, labels: np.ndarray, scale: float, out: np.ndarray) -> None:
        """Write the gradient of ``scale`` · (sum of losses) by the logits (n, 10) into out, like them; labels (n,)."""
        out[:] = logits
        sigmoid(out, out)
        out -= _one_hot(1).take(labels, axis=0)
        np.multiply(out, scale, out=out)

    def losses(self, logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Σ softplus(logits) - logits[label], one per image, (n,) float32."""
        return -_log_sigmoid(-logits).sum(axis=1) - logits[np.arange(len(labels)), labels]


class LinearSquaredError:
    """Ten linear outputs, ½ Σ (y - one-hot)²; the gradient is y - one-hot(label)."""

    name = "linear_squared_error"

    def gradient(self, logits: np.ndarray, labels: np.ndarray, scale: float, out: np.ndarray) -> None:
        """Write the gradient of ``scale`` · (sum of losses) by the logits (n, 10) into out, like them; labels (n,)."""
        out[:] = logits
        out -= _one_hot(1).take(labels, axis=0)
        np.multiply(out, scale, out=out)

    def losses(self, logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """One loss per image, (n,) float32."""
        return _squared_error(logits, labels)

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """The softmax of the outputs: they are no probabilities, but it keeps their order. (n, 10) float32."""
        return _softmax(logits, np.empty_like(logits))


@lru_cache(16)
def _one_hot(height: float) -> np.ndarray:
    """Row d is ``height`` at d, else 0; (10, 10) float32. To take rows of it is faster than to write at two indices."""
    return np.float32(height) * np.eye(10, dtype=np.float32)


def _softmax(logits: np.ndarray, out: np.ndarray) -> np.ndarray:
    """Write exp(z_k) / Σ_j exp(z_j) of each row of the logits (n, 10) into out, like them, and return it."""
    np.subtract(logits, logits.max(axis=1, keepdims=True), out=out)
    np.exp(out, out=out)
    return np.divide(out, out.sum(axis=1, keepdims=True), out=out)


def _sigmoid(logits: np.ndarray) -> np.ndarray:
    y = logits.copy()
    sigmoid(y, y)
    return y


def _log_sigmoid(logits: np.ndarray) -> np.ndarray:
    return -np.logaddexp(np.float32(0), -logits)


def _squared_error(outputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
    error = outputs.copy()
    error[np.arange(len(labels)), labels] -= 1
    return 0.5 * np.einsum("ij,ij->i", error, error)


LossFunction = SoftmaxCrossEntropy | SigmoidSquaredError | LinearSquaredError
LOSSES: dict[str, LossFunction] = {
    loss.name: loss
    for loss in (SoftmaxCrossEntropy(), SigmoidSquaredError(), SigmoidCrossEntropy(), LinearSquaredError())
}


def training_loss(name: str, label_smoothing: float) -> LossFunction:
    """The loss whose gradient a run follows; smoothing is for softmax cross-entropy alone."""
    return SmoothedCrossEntropy(label_smoothing) if label_smoothing else LOSSES[name]
