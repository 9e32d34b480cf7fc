"""Activations against float64 formulas, their derivatives against central differences, and numbers at the edge."""

import numpy as np
import pytest
from float64_reference import ACTIVATIONS as REFERENCE
from float64_reference import examples
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mnistcore.nn.activations import ACTIVATIONS

NAMES = sorted(REFERENCE)


def applied(name: str, z: np.ndarray) -> np.ndarray:
    y = z.copy()
    ACTIVATIONS[name][0](y, np.empty_like(y))
    return y


def test_every_activation_has_a_reference():
    assert set(ACTIVATIONS) == set(REFERENCE)


@pytest.mark.parametrize("name", NAMES)
@examples
@given(z=hnp.arrays(np.float32, st.tuples(st.integers(1, 5), st.integers(1, 7)), elements=st.floats(-30, 30, width=32)))
def test_forward_equals_the_formula_in_float64(name: str, z: np.ndarray):
    y = applied(name, z)
    assert y.dtype == np.float32
    np.testing.assert_allclose(y, REFERENCE[name](z.astype(np.float64)), rtol=2e-6, atol=2e-7)


@pytest.mark.parametrize("name", NAMES)
def test_backward_equals_central_differences(name: str):
    rng = np.random.default_rng(1)
    z, dy = rng.normal(0, 2, (2, 6, 11)).astype(np.float32)
    y = applied(name, z)
    dz = dy.copy()
    ACTIVATIONS[name][1](y, dz, np.empty_like(y))
    wide = z.astype(np.float64)
    slope = (REFERENCE[name](wide + 1e-6) - REFERENCE[name](wide - 1e-6)) / 2e-6
    assert dz.dtype == np.float32
    np.testing.assert_allclose(dz, dy * slope, rtol=1e-4, atol=1e-6)


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
