"""Distortions: the neutral level changes nothing, every other one does what it says, and no more."""

import numpy as np
import pytest

from mnistcore.data import generate_digits
from mnistcore.errors import DataError
from mnistcore.insight.distortions import DISTORTIONS, distort


@pytest.fixture(scope="module")
def digits() -> np.ndarray:
    return generate_digits(20, seed=3)[0]


def apply(images: np.ndarray, name: str, level: float) -> np.ndarray:
    return distort(images, name, level, np.random.default_rng(5))


@pytest.mark.parametrize("name", DISTORTIONS)
def test_the_neutral_level_changes_nothing_and_the_same_seed_gives_the_same(digits: np.ndarray, name: str):
    before = digits.copy()
    distortion = DISTORTIONS[name]
    np.testing.assert_array_equal(apply(digits, name, distortion.neutral), digits)
    extreme = max(distortion.levels, key=lambda level: abs(level - distortion.neutral))
    changed = apply(digits, name, extreme)
    assert (changed != digits).any(axis=(1, 2)).all()
    np.testing.assert_array_equal(changed, apply(digits, name, extreme))
    np.testing.assert_array_equal(digits, before)
    assert list(distortion.levels) == sorted(distortion.levels) or name == "contrast"
    assert distortion.neutral in distortion.levels


def test_shift_moves_whole_pixels_one_way(digits: np.ndarray):
    changed = apply(digits, "shift", 2)
    moves = [(0, 2), (0, -2), (2, 0), (-2, 0)]
    padded = np.pad(digits, ((0, 0), (2, 2), (2, 2)))
    found = set()
    for image, padded_image in zip(changed, padded, strict=True):
        here = [
            move
            for move in moves
            if (image == padded_image[2 - move[0] : 30 - move[0], 2 - move[1] : 30 - move[1]]).all()
        ]
        assert len(here) == 1
        found.add(here[0])
    assert len(found) == 4


def test_a_quarter_turn_is_exact_and_counterclockwise(digits: np.ndarray):
    np.testing.assert_array_equal(apply(digits, "rotation", 90), np.rot90(digits, axes=(1, 2)))


def test_scale_changes_the_area_by_its_square():
    square = np.zeros((1, 28, 28), np.uint8)
    square[:, 8:20, 8:20] = 255
    for level in (0.5, 1.5):
        assert apply(square, "scale", level).sum() / square.sum() == pytest.approx(level**2, rel=0.02)


def test_the_pen_widens_a_line_by_its_level():
    line = np.zeros((1, 28, 28), np.uint8)
    line[:, 4:24, 12:16] = 255
    for level in (-2, -1, 1, 2, 3):
        assert apply(line, "pen", level)[0, 14].sum() / 255 == pytest.approx(4 + level, abs=0.05)


def test_noise_blur_and_contrast_have_their_sizes(digits: np.ndarray):
    grey = np.full((5, 28, 28), 128, np.uint8)
    assert apply(grey, "noise", 0.1).std() == pytest.approx(25.5, rel=0.05)
    dot = np.zeros((1, 28, 28), np.uint8)
    dot[0, 13:15, 13:15] = 255
    blurred = apply(dot, "blur", 2)[0].astype(float)
    spread = (blurred.sum(axis=0) * (np.arange(28) - 13.5) ** 2).sum() / blurred.sum()
    assert spread == pytest.approx(2**2 + 0.25, rel=0.1)
    np.testing.assert_array_equal(apply(digits, "contrast", -1), 255 - digits)
    pale = apply(digits, "contrast", 0.2)
    assert int(pale.max()) - int(pale.min()) == pytest.approx(0.2 * 255, abs=1)


def test_occlusion_hides_one_square_in_the_box():
    white = np.full((4000, 28, 28), 255, np.uint8)
    hidden = apply(white, "occlusion", 6) == 0
    assert (hidden.sum(axis=(1, 2)) == 36).all()
    assert (hidden.any(axis=2).sum(axis=1) == 6).all()
    assert not hidden[:, :4].any()
    assert not hidden[:, :, 24:].any()
    assert hidden.any(axis=0)[4:24, 4:24].all()


@pytest.mark.parametrize(
    ("name", "level", "message"),
    [("tilt", 1, "no distortion 'tilt'"), ("shift", -1, "shift goes from 0"), ("blur", float("nan"), "blur goes")],
)
def test_what_makes_no_sense_is_refused(digits: np.ndarray, name: str, level: float, message: str):
    with pytest.raises(DataError, match=message):
        apply(digits, name, level)
