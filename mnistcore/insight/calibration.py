"""How sure a network may be: certainty against accuracy, and the temperature that brings the two together.

Certainty is the probability of the answer, the largest of the ten. Every function takes probabilities (n, 10), whose
rows sum to 1, and labels (n,) of 0-9; it computes in float64 and raises DataError without images.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from mnistcore.errors import DataError
from mnistcore.insight.confusion import accuracy_interval

BINS = 10
SMALLEST = float(np.finfo(np.float32).tiny)  # stands for a probability that was rounded to 0
COLDEST, HOTTEST = 0.02, 50.0  # temperatures: without a single mistake the loss would fall for ever towards 0


@dataclass(frozen=True)
class Around:
    """The images of which a network is about as sure as ``low`` to ``high``: how many, and how many are right."""

    low: float
    high: float
    correct: int
    count: int


@dataclass(frozen=True)
class Measures:
    """What a temperature changes: expected calibration error, mean loss, mean certainty; accuracy stays as it is."""

    calibration_error: float
    loss: float
    certainty: float
    accuracy: float


def reliability(probabilities: np.ndarray, labels: np.ndarray, bins: int = BINS) -> pd.DataFrame:
    """A reliability diagram: equally wide bins of certainty that hold images, ascending.

    Columns low, high (a bin is above ``low``, up to ``high``), count, correct, certainty and accuracy (means in the
    bin), and the accuracy's 95 % interval from, to (Guo et al. 2017, https://arxiv.org/abs/1706.04599).
    """
    certainty, correct = _answers(probabilities, labels)
    if bins < 1:
        raise DataError(f"bins must be at least 1, got {bins}")
    places = np.clip(np.ceil(certainty * bins).astype(np.int64) - 1, 0, bins - 1)
    counts = np.bincount(places, minlength=bins)
    used = np.flatnonzero(counts)
    right = np.bincount(places, correct, bins)[used].astype(np.int64)
    counts_used = counts[used]
    intervals = [accuracy_interval(int(k), int(n)) for k, n in zip(right, counts_used, strict=True)]
    return pd.DataFrame(
        {
            "low": used / bins,
            "high": (used + 1) / bins,
            "count": counts_used,
            "correct": right,
            "certainty": np.bincount(places, certainty, bins)[used] / counts_used,
            "accuracy": right / counts_used,
            "from": [low for low, _ in intervals],
            "to": [high for _, high in intervals],
        }
    )


def calibration_error(probabilities: np.ndarray, labels: np.ndarray, bins: int = BINS) -> float:
    """The expected calibration error: the bins' mean distance of accuracy and certainty, weighted by their images.

    Naeini et al. 2015, "Obtaining Well Calibrated Probabilities Using Bayesian Binning"; 0 is perfect.
    """
    table = reliability(probabilities, labels, bins)
    return float(((table["accuracy"] - table["certainty"]).abs() * table["count"]).sum() / table["count"].sum())


def around(probabilities: np.ndarray, labels: np.ndarray, low: float, high: float) -> Around:
    """How many of the images of which the network is sure to this degree, from ``low`` up to ``high``, are right."""
    certainty, correct = _answers(probabilities, labels)
    inside = (certainty >= low) & (certainty < high)
    return Around(low, high, int(correct[inside].sum()), int(inside.sum()))


def measures(probabilities: np.ndarray, labels: np.ndarray) -> Measures:
    """All four of them."""
    certainty, correct = _answers(probabilities, labels)
    loss = -_log(probabilities)[np.arange(len(labels)), labels].mean()
    return Measures(
        calibration_error(probabilities, labels), float(loss), float(certainty.mean()), float(correct.mean())
    )


def with_temperature(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """softmax(log p / temperature), (n, 10) float64: above 1 less sure, below 1 surer; the answers stay the same.

    For softmax outputs that is softmax(logits / temperature).
    """
    if not temperature > 0:
        raise DataError(f"temperature must be above 0, got {temperature}")
    return _softmax(_log(probabilities) / temperature)


def fit_temperature(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """The temperature with the smallest mean loss on these images, between COLDEST and HOTTEST.

    The loss is convex in 1 / temperature: its slope there is the mean of Σ p s - s[label] over the scores s, which is
    halved in on (Guo et al. 2017). To be fitted on images held back from training, and not on those it is judged by.
    """
    _answers(probabilities, labels)
    scores = _log(probabilities)
    of_label = float(scores[np.arange(len(labels)), labels].mean())
    low, high = 1 / HOTTEST, 1 / COLDEST
    while high - low > 1e-6 * high:
        middle = 0.5 * (low + high)
        slope = float((_softmax(middle * scores) * scores).sum(axis=1).mean()) - of_label
        low, high = (low, middle) if slope > 0 else (middle, high)
    return 2 / (low + high)


def answered(probabilities: np.ndarray, labels: np.ndarray) -> pd.DataFrame:
    """What declining to answer gains: a row for each certainty from which on images are answered, the highest first.

    Columns threshold, count (images at least that sure), correct, share (of all images) and accuracy. Images of the
    same certainty are answered together. (El-Yaniv and Wiener 2010, risk against coverage.)
    """
    certainty, correct = _answers(probabilities, labels)
    order = np.argsort(-certainty, kind="stable")
    sorted_certainty, right = certainty[order], np.cumsum(correct[order])
    last = np.flatnonzero(np.append(np.diff(sorted_certainty) != 0, True))  # the last image of each certainty
    count, correct_count = last + 1, right[last].astype(np.int64)
    return pd.DataFrame(
        {
            "threshold": sorted_certainty[last],
            "count": count,
            "correct": correct_count,
            "share": count / len(labels),
            "accuracy": correct_count / count,
        }
    )


def declining(table: pd.DataFrame, share: float) -> pd.Series:
    """The row of ``answered`` that declines this share of the images: at least so many, and as few as possible."""
    fitting = table[table["share"] <= 1 - share + 1e-12]
    return table.iloc[0] if fitting.empty else fitting.iloc[-1]


def _answers(probabilities: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Certainty (n,) float64 and whether the answer is right (n,) bool."""
    if len(labels) == 0 or probabilities.ndim != 2 or len(probabilities) != len(labels):
        raise DataError(
            f"probabilities {probabilities.shape} must have a row for each of {len(labels)} labels, at least 1"
        )
    return probabilities.max(axis=1).astype(np.float64), probabilities.argmax(axis=1) == labels


def _log(probabilities: np.ndarray) -> np.ndarray:
    return np.asarray(np.log(np.maximum(probabilities.astype(np.float64), SMALLEST)))


def _softmax(scores: np.ndarray) -> np.ndarray:
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True))
