"""Drawings prepared as MNIST's own images were: invariances, refusals, and the round trip of real digits."""

import re

import numpy as np
import pytest

from mnistcore.drawing import EMPTY_HINT, Preparation, prepare, shrunk, stroke_width, with_strokes
from mnistcore.errors import DataError
from mnistcore.fitting import centre, fit


def seven(side: int = 280, top: int = 50, left: int = 80, size: int = 160, pen: int = 20) -> np.ndarray:
    """A 7 from two thick lines, white on black."""
    ink = np.zeros((side, side), np.uint8)
    ink[top : top + pen, left : left + size * 6 // 10] = 255
    for step in range(size):
        column = left + (size - step) * 6 // 10 - pen
        ink[top + step, max(left, column) : column + pen] = 255
    return ink


def test_a_prepared_digit_fits_mnists_frame():
    preparation = prepare(seven())
    image = preparation.image
    assert image.shape == (28, 28)
    assert image.dtype == np.uint8
    assert image.max() == 255
    assert max(preparation.fitted.shape) == 20
    rows, columns = np.nonzero(image)
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20
    weights = image / image.sum()
    for axis in (0, 1):
        assert abs(weights.sum(axis=1 - axis) @ np.arange(28) - 14.0) <= 0.5
    assert not preparation.is_empty
    assert preparation.hint is None


def test_a_drawing_that_is_only_shrunk_stays_in_its_place():
    ink = np.zeros((280, 280), np.uint8)
    ink[0:10, 270:280], ink[10:20, 270:275] = 255, 255
    small = shrunk(ink)
    assert small.shape == (28, 28)
    assert small[0, 27] == 255
    assert small[1, 27] in (127, 128)
    assert np.count_nonzero(small) == 2
    digit = np.full((28, 28), 200, np.uint8)
    over = with_strokes(digit, ink)
    assert over[0, 27] == 255  # the stroke is the brighter one here,
    assert (over.ravel()[np.arange(784) != 27] == 200).all()  # and nowhere else


def test_an_image_may_be_left_as_it_is():
    image = np.roll(prepare(seven()).image, 3, axis=1)  # off centre: prepared, it would move
    preparation = Preparation.as_is(image)
    assert preparation.image is image
    assert not preparation.has_steps
    assert not preparation.is_empty
    assert prepare(image).has_steps


@pytest.mark.parametrize(("top", "left"), [(0, 0), (0, 184), (120, 0), (119, 184), (31, 17)])
def test_where_it_is_drawn_does_not_matter(top: int, left: int):
    np.testing.assert_array_equal(prepare(seven(top=top, left=left)).image, prepare(seven()).image)


def test_how_large_it_is_drawn_does_not_matter():
    small = seven(side=140, top=25, left=40, size=80, pen=10)
    twice = np.kron(small, np.ones((2, 2), np.uint8))
    np.testing.assert_allclose(prepare(twice).image.astype(int), prepare(small).image, atol=1)
    other = prepare(seven(side=400, top=70, left=110, size=230, pen=29)).image.astype(int)
    assert np.abs(other - prepare(seven()).image).mean() < 3


def test_how_bright_the_ink_is_does_not_matter():
    faint = (seven() * 0.4).astype(np.uint8)
    np.testing.assert_allclose(prepare(faint).image.astype(int), prepare(seven()).image, atol=2)


def test_fit_averages_the_area_under_each_pixel():
    """Against means of 7×7 blocks, written out."""
    ink = np.random.default_rng(0).integers(0, 256, (140, 140)).astype(np.uint8)
    expected = ink.reshape(20, 7, 20, 7).mean(axis=(1, 3))
    np.testing.assert_allclose(fit(ink), expected, atol=1e-3)


def test_fit_keeps_proportions_and_at_least_one_pixel():
    assert fit(np.full((200, 60), 255, np.uint8)).shape == (20, 6)
    assert fit(np.full((1, 300), 255, np.uint8)).shape == (1, 20)
    assert fit(np.full((5, 4), 255, np.uint8)).shape == (20, 16)


def test_centre_never_pushes_ink_over_the_edge():
    lopsided = np.zeros((20, 20), np.float32)
    lopsided[0] = 255
    lopsided[19, 3] = 1
    placed = centre(lopsided)
    assert placed.sum() == lopsided.sum()
    assert (placed > 0).sum() == (lopsided > 0).sum()


def test_the_width_of_a_stroke():
    mask = np.zeros((60, 60), bool)
    mask[10:50, 20:31] = True
    assert stroke_width(mask) == pytest.approx(11, abs=1)


def test_an_empty_drawing_gets_a_hint_and_no_digit():
    for ink in (np.zeros((280, 280), np.uint8), np.full((40, 40), 3, np.uint8)):
        preparation = prepare(ink)
        assert preparation.is_empty
        assert preparation.hint == EMPTY_HINT
        assert not preparation.image.any()


def disc(side: int = 280, row: int = 140, column: int = 140, radius: float = 10) -> np.ndarray:
    rows, columns = np.ogrid[:side, :side]
    return ((rows - row) ** 2 + (columns - column) ** 2 <= radius**2).astype(np.uint8) * 255


@pytest.mark.parametrize("radius", [0.5, 1, 3, 10, 30, 90])
def test_one_dot_is_not_a_digit(radius: float):
    preparation = prepare(disc(radius=radius))
    assert preparation.is_empty
    assert preparation.hint is not None
    assert "dot" in preparation.hint


def test_a_filled_canvas_is_not_a_digit():
    preparation = prepare(np.full((280, 280), 255, np.uint8))
    assert preparation.is_empty
    assert "ink" in (preparation.hint or "")


def test_a_stray_dot_does_not_shift_the_digit():
    preparation = prepare(np.maximum(seven(), disc(row=262, column=20, radius=9)))
    assert preparation.hint == "Left out 1 stray mark beside the digit."
    np.testing.assert_array_equal(preparation.image, prepare(seven()).image)


def test_a_digit_in_two_strokes_keeps_both():
    five = np.zeros((280, 280), np.uint8)
    five[60:80, 100:180] = 255
    five[110:220, 100:120] = 255
    assert prepare(five).hint is None
    rows = np.flatnonzero(prepare(five).image.any(axis=1))
    assert np.ptp(rows) + 1 == 20


def test_faint_noise_far_from_the_digit_is_not_ink():
    noise = np.random.default_rng(1).integers(0, 6, (280, 280)).astype(np.uint8)
    noisy = prepare(np.maximum(seven(), noise)).image.astype(int)
    assert np.abs(noisy - prepare(seven()).image).mean() < 1


def test_drawings_of_any_size_work():
    tiny = np.zeros((8, 8), np.uint8)
    tiny[1:7, 3] = 255
    for ink in (tiny, seven(side=3000, top=500, left=800, size=1600, pen=200)):
        assert not prepare(ink).is_empty


@pytest.mark.parametrize(
    ("ink", "message"),
    [
        (np.zeros((28, 28), np.float32), "ink must be a NumPy array of uint8 with bright ink, got dtype float32"),
        ([[0, 1]], "ink must be a NumPy array of uint8 with bright ink, got list"),
        (np.zeros((28, 28, 3), np.uint8), "ink must have the shape (height, width), got (28, 28, 3)"),
        (np.zeros((0, 28), np.uint8), "ink must have the shape (height, width), got (0, 28)"),
        (np.broadcast_to(np.uint8(0), (5000, 5000)), "ink of 5000×5000 pixels is too large"),
    ],
)
def test_what_is_not_a_drawing_is_refused(ink, message: str):
    with pytest.raises(DataError, match=re.escape(message)):
        prepare(ink)


@pytest.mark.mnist
def test_real_digits_come_back_from_ten_times_their_size(mnist):
    """MNIST's images, enlarged and moved, are prepared into themselves: the frame is MNIST's own."""
    rng = np.random.default_rng(2)
    differences = []
    for index in rng.choice(len(mnist.test_images), 150, replace=False):
        real = mnist.test_images[index]
        enlarged = np.kron(np.pad(real, rng.integers(0, 9, (2, 2))), np.ones((10, 10), np.uint8))
        preparation = prepare(enlarged)
        assert not preparation.is_empty
        differences.append(np.abs(preparation.image.astype(int) - real).mean())
    assert np.mean(np.array(differences) < 1) >= 0.97
