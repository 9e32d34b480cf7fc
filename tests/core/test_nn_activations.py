"""Activations and their derivatives against the textbook core in float64, and numbers at the edge."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from oracle import examples

from mnistcore import plain
from mnistcore.nn.activations import ACTIVATIONS

NAMES = sorted(plain.ACTIVATIONS)
SUMS = hnp.arrays(np.float32, st.tuples(st.integers(1, 5), st.integers(1, 7)), elements=st.floats(-30, 30, width=32))


def applied(name: str, z: np.ndarray) -> np.ndarray:
    y = z.copy()
    ACTIVATIONS[name][0](y, np.empty_like(y))
    return y


def test_every_activation_has_a_textbook_form():
    assert set(ACTIVATIONS) == set(plain.ACTIVATIONS)


@pytest.mark.parametrize("name", NAMES)
@examples
@given(z=SUMS)
def test_forward_equals_the_textbook(name: str, z: np.ndarray):
    y = applied(name, z)
    assert y.dtype == np.float32
    np.testing.assert_allclose(y, plain.ACTIVATIONS[name][0](z.astype(np.float64)), rtol=2e-6, atol=2e-7)


@pytest.mark.parametrize("name", NAMES)
@examples
@given(z=SUMS)
def test_backward_equals_the_textbook(name: str, z: np.ndarray):
    dy = np.random.default_rng(1).normal(0, 2, z.shape).astype(np.float32)
    y, dz = applied(name, z), dy.copy()
    ACTIVATIONS[name][1](y, dz, np.empty_like(y))
    assert dz.dtype == np.float32
    expected = dy * plain.ACTIVATIONS[name][1](z.astype(np.float64))
    np.testing.assert_allclose(dz, expected, rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize("name", NAMES)
def test_huge_inputs_neither_overflow_nor_warn(name: str):
    y = applied(name, np.array([[-1e30, -100, 0, 100, 1e30]], np.float32))
    assert np.isfinite(y).all()
    dz = np.ones_like(y)
    ACTIVATIONS[name][1](y, dz, np.empty_like(y))
    assert np.isfinite(dz).all()


@pytest.mark.parametrize("name", NAMES)
def test_nan_stays_nan(name: str):
    """What has diverged must be seen in the loss, not masked on the way."""
    assert np.isnan(applied(name, np.array([[np.nan]], np.float32))).all()


@pytest.mark.parametrize(("name", "slope"), [("relu", 0.0), ("leaky_relu", 0.01)])
def test_the_rectifiers_have_their_left_slope_at_zero_too(name: str, slope: float):
    dz = np.ones((1, 2), np.float32)
    ACTIVATIONS[name][1](applied(name, np.array([[0, -3]], np.float32)), dz, np.empty_like(dz))
    np.testing.assert_allclose(dz, slope, rtol=1e-6)
