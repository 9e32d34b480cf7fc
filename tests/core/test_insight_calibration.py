"""Calibration: against scikit-learn's curve, SciPy's minimiser, and numbers worked by hand."""

import re

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from sklearn.calibration import calibration_curve
from sklearn.metrics import log_loss

from mnistcore.errors import DataError
from mnistcore.insight.calibration import (
    COLDEST,
    answered,
    around,
    calibration_error,
    declining,
    fit_temperature,
    measures,
    reliability,
    with_temperature,
)


def overconfident(n: int = 3000, factor: float = 2.5, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Logits (n, 10) and labels drawn from softmax(logits): right as they are; and the same logits times a factor."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, (n, 10))
    labels = (softmax(logits, axis=1).cumsum(axis=1) < rng.random((n, 1))).sum(axis=1)
    return logits, factor * logits, labels


def certain(certainties: list[float], correct: list[bool]) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of images answered with digit 0 this surely, and labels that make these answers right or wrong."""
    probabilities = np.repeat((1 - np.array(certainties))[:, None] / 9, 10, axis=1)
    probabilities[:, 0] = certainties
    return probabilities, np.where(correct, 0, 1)


@pytest.mark.parametrize("bins", [5, 10, 15])
def test_the_diagram_is_scikit_learns_calibration_curve(bins: int) -> None:
    _, logits, labels = overconfident()
    probabilities = softmax(logits, axis=1)
    found = reliability(probabilities, labels, bins)
    correct, certainty = probabilities.argmax(axis=1) == labels, probabilities.max(axis=1)
    shares, means = calibration_curve(correct, certainty, n_bins=bins)
    np.testing.assert_allclose(found["accuracy"], shares)
    np.testing.assert_allclose(found["certainty"], means)
    assert found["count"].sum() == len(labels)
    assert ((found["from"] <= found["accuracy"]) & (found["accuracy"] <= found["to"])).all()


def test_the_calibration_error_of_four_images_by_hand() -> None:
    # In (0.9, 1]: 0.95 and 0.97, one right: |0.5 - 0.96|; in (0.5, 0.6]: 0.55 and 0.6, both right: |1 - 0.575|.
    probabilities, labels = certain([0.95, 0.97, 0.55, 0.6], [True, False, True, True])
    assert calibration_error(probabilities, labels) == pytest.approx(0.5 * 0.46 + 0.5 * 0.425)
    table = reliability(probabilities, labels)
    assert table[["low", "high", "count", "correct"]].to_numpy().tolist() == [[0.5, 0.6, 2, 2], [0.9, 1.0, 2, 1]]


def test_what_it_says_around_ninety_percent() -> None:
    probabilities, labels = certain([0.84, 0.85, 0.90, 0.949, 0.95], [False, True, False, True, True])
    found = around(probabilities, labels, 0.85, 0.95)
    assert (found.correct, found.count) == (2, 3)


def test_the_temperature_is_the_one_that_scipy_finds() -> None:
    _, logits, labels = overconfident()

    def loss(temperature: float) -> float:
        return float(-log_softmax(logits / temperature, axis=1)[np.arange(len(labels)), labels].mean())

    best = minimize_scalar(loss, bounds=(0.1, 20), method="bounded", options={"xatol": 1e-9})
    found = fit_temperature(softmax(logits, axis=1), labels)
    assert found == pytest.approx(best.x, rel=1e-4)
    assert found == pytest.approx(2.5, rel=0.05)  # the factor by which these logits are too large
    cooled = with_temperature(softmax(logits, axis=1), found)
    np.testing.assert_allclose(cooled, softmax(logits / found, axis=1), rtol=1e-9)
    assert measures(cooled, labels).loss == pytest.approx(best.fun)


def test_a_temperature_makes_it_honest_and_changes_no_answer() -> None:
    _, logits, labels = overconfident()
    probabilities = softmax(logits, axis=1)
    cooled = with_temperature(probabilities, fit_temperature(probabilities, labels))
    before, after = measures(probabilities, labels), measures(cooled, labels)
    assert (cooled.argmax(axis=1) == probabilities.argmax(axis=1)).all()
    assert after.accuracy == before.accuracy
    assert before.loss == pytest.approx(log_loss(labels, probabilities))
    assert after.calibration_error < 0.03 < 0.1 < before.calibration_error


def test_without_a_mistake_or_with_a_certain_one_the_temperature_has_limits() -> None:
    probabilities, labels = certain([0.9, 0.8], [True, True])
    assert fit_temperature(probabilities, labels) == pytest.approx(COLDEST, rel=1e-3)
    certain_of = np.eye(10, dtype=np.float32)[[3, 5]]  # its other probabilities were rounded to 0
    found = measures(certain_of, np.array([3, 4]))
    assert np.isfinite(found.loss)
    assert np.isfinite(fit_temperature(certain_of, np.array([3, 4])))


def test_declining_the_least_certain_images_by_hand() -> None:
    probabilities, labels = certain([0.9, 0.8, 0.8, 0.4], [True, True, False, False])
    table = answered(probabilities, labels)
    assert table[["threshold", "count", "correct"]].to_numpy().tolist() == [[0.9, 1, 1], [0.8, 3, 2], [0.4, 4, 2]]
    assert table["accuracy"].tolist() == pytest.approx([1, 2 / 3, 1 / 2])
    assert declining(table, 0.0)["count"] == 4
    assert declining(table, 0.25)["count"] == 3
    assert declining(table, 0.3)["count"] == 1
    assert declining(table, 0.9)["count"] == 1  # those equally sure are answered together


def test_what_cannot_be_measured_is_named() -> None:
    with pytest.raises(DataError, match=re.escape("at least 1")):
        reliability(np.empty((0, 10)), np.empty(0, np.int64))
    with pytest.raises(DataError, match="bins must be at least 1, got 0"):
        reliability(*certain([0.9], [True]), bins=0)
    with pytest.raises(DataError, match="temperature must be above 0, got 0"):
        with_temperature(*certain([0.9], [True])[:1], temperature=0)
