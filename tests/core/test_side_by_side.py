"""Several digits in one drawing are told apart, left to right; the strokes of one digit stay together."""

import numpy as np
import pytest

from mnistcore.drawing import WIDE_HINT, prepare
from tests.core.test_drawing import disc, seven


def row(*columns: int) -> np.ndarray:
    """Sevens of different slants of the pen, side by side."""
    return np.maximum.reduce([seven(side=480, top=100 + 9 * i, left=left) for i, left in enumerate(columns)])


@pytest.mark.parametrize("columns", [(40, 180), (40, 150, 330), (20, 130, 240, 350)])
def test_digits_side_by_side_are_prepared_one_by_one(columns: tuple[int, ...]) -> None:
    preparation = prepare(row(*columns))
    assert preparation.hint == f"There are {len(columns)} digits here, told apart by the gaps between them."
    assert len(preparation.digits) == len(columns)
    for digit, left in zip(preparation.digits, columns, strict=True):
        np.testing.assert_array_equal(digit.image, prepare(seven()).image)
        assert left <= np.flatnonzero(digit.drawn.any(axis=0))[0] < left + 40


def test_one_digit_is_its_own_only_digit() -> None:
    preparation = prepare(seven())
    assert preparation.digits == (preparation,)


def test_who_reads_one_image_is_told_of_several() -> None:
    preparation = prepare(row(40, 180), alone=True)
    assert preparation.is_empty
    assert preparation.hint == "There are 2 digits here: draw just one."
    assert prepare(seven(), alone=True).hint is None


def test_a_five_with_its_bar_apart_and_an_open_four_are_one_digit() -> None:
    five = np.zeros((280, 280), np.uint8)
    five[60:80, 130:210] = 255
    five[70:220, 90:110] = 255
    four = np.zeros((280, 280), np.uint8)
    four[40:130, 60:80] = 255
    four[110:130, 60:150] = 255
    four[60:240, 156:176] = 255
    for ink in (five, four):
        assert len(prepare(ink).digits) == 1


def test_a_thin_one_beside_a_fat_zero_is_no_stray_mark() -> None:
    ink = np.zeros((300, 400), np.uint8)
    ink[60:240, 60:72] = 255
    rows, columns = np.ogrid[:300, :400]
    ink[abs(np.hypot(rows - 150, columns - 260) - 70) < 22] = 255
    assert len(prepare(ink).digits) == 2


def test_stray_marks_are_left_out_beside_several_digits_too() -> None:
    ink = np.maximum(row(40, 180), disc(side=480, row=440, column=430, radius=10))
    preparation = prepare(ink)
    assert len(preparation.digits) == 2
    assert (preparation.hint or "").endswith("Left out 1 stray mark beside the digit.")


def test_touching_digits_are_said_to_be_too_wide_for_one() -> None:
    ink = np.zeros((200, 500), np.uint8)
    ink[60:140, 60:440] = seven(side=500)[50:130, :380]
    ink[60:70, 60:440] = 255
    assert (prepare(ink).hint or "").startswith(WIDE_HINT)
