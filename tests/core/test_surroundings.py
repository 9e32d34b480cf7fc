"""What surrounds a digit in a picture is left out and named: frames, boxes, tables, ruled lines, ink at the edge."""

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from benchmarks.pictures import measure, shipped_network
from mnistcore.drawing import EDGE_HINT, NO_INK_HINT, OF_PICTURE, Preparation, prepare, prepare_picture
from tests.core.test_photo import CLEAN, difference, two_strokes

# The kinds of which `python -m benchmarks.pictures` makes 200 each; here are a few.
KINDS = ("frame", "box", "table", "ruled", "several")


def read(scene: np.ndarray) -> Preparation:
    """A picture of grey levels 0 to 1, a little soft as a camera's."""
    soft = ndimage.gaussian_filter(scene, 0.7)
    return prepare_picture(Image.fromarray((soft * 255).clip(0, 255).astype(np.uint8)))


def paper(lines: np.ndarray | None = None, grey: float = 0.5) -> np.ndarray:
    """(300, 300) white paper with a figure of three strokes, over lines of that grey."""
    sheet = np.ones((300, 300)) if lines is None else np.where(lines, grey, 1.0)
    return np.where(two_strokes(), 0.1, sheet)


def outline(top: int, left: int, bottom: int, right: int, width: int = 3) -> np.ndarray:
    lines = np.zeros((300, 300), bool)
    lines[top:bottom, left:right] = True
    lines[top + width : bottom - width, left + width : right - width] = False
    return lines


def circle() -> np.ndarray:
    rows, columns = np.ogrid[:300, :300]
    return abs(np.hypot(rows - 155, columns - 150) - 125) < 2


def rules(pitch: int, width: int = 2) -> np.ndarray:
    return (np.arange(300)[:, None] + pitch // 2) % pitch < width * np.ones((1, 300))


@pytest.mark.parametrize("lines", [outline(6, 6, 294, 294), rules(20, 1), rules(37) | rules(44).T])
def test_paper_with_nothing_on_it_but_lines_has_no_digit(lines: np.ndarray):
    sheet = Image.fromarray(np.where(lines, 120, 255).astype(np.uint8))
    preparation = prepare_picture(sheet)
    assert preparation.is_empty
    assert preparation.hint == NO_INK_HINT


@pytest.mark.parametrize(
    ("scene", "hint"),
    [
        (paper(), None),
        (paper(outline(6, 6, 294, 294)), "Left out a frame."),
        (paper(outline(0, 0, 300, 300), grey=0.0), "Left out a frame."),
        (paper(outline(40, 70, 270, 230), grey=0.2), "Left out a frame."),
        (paper(outline(6, 6, 294, 294) | outline(40, 70, 270, 230)), "Left out a frame."),
        (1 - paper(outline(40, 70, 270, 230)), "Left out a frame."),
        (paper(circle()), "Left out a frame."),
        (paper(rules(37)), "Left out 8 lines of the paper."),
        (paper(rules(37) | rules(44).T), "Left out 15 lines of the paper."),
        (np.pad(paper(), 90, constant_values=0.25), "Left out what lies around the sheet."),
        (
            np.pad(paper(rules(37)), 90, constant_values=0.25),
            "Left out what lies around the sheet and 8 lines of the paper.",
        ),
    ],
)
def test_what_surrounds_a_digit_is_left_out_and_named(scene: np.ndarray, hint: str | None) -> None:
    preparation = read(scene)
    assert preparation.hint == hint
    assert difference(preparation.image, CLEAN) < 8


def test_a_digit_that_touches_its_box_stays() -> None:
    preparation = read(paper(outline(58, 70, 270, 230), grey=0.3))
    assert preparation.hint == "Left out a frame."
    assert difference(preparation.image, CLEAN) < 14


def test_a_zero_is_no_frame_around_the_speck_in_it() -> None:
    rows, columns = np.ogrid[:300, :300]
    zero = abs(np.hypot((rows - 150) / 1.3, columns - 150) - 70) < 12
    clean = read(np.where(zero, 0.1, 1.0)).image
    zero[140:156, 140:156] = True
    preparation = read(np.where(zero, 0.1, 1.0))
    assert "frame" not in (preparation.hint or "")
    assert np.abs(preparation.image.astype(int) - clean).mean() < 6


@pytest.mark.parametrize("inverted", [False, True])
def test_a_thick_zero_is_no_sheet(inverted: bool) -> None:
    rows, columns = np.ogrid[:300, :300]
    zero = abs(np.hypot((rows - 150) / 1.3, columns - 150) - 60) < 35
    preparation = read(np.where(zero != inverted, 1.0, 0.0))
    assert preparation.hint is None
    assert preparation.inverted is inverted
    assert preparation.image[13:15, 13:15].max() < 60


def test_the_patch_with_most_of_the_ink_stays_when_it_touches_the_edge() -> None:
    """A 6 whose ring lies at the lower edge, apart from its stem, which lies inside."""
    rows, columns = np.ogrid[:300, :300]
    six = abs(np.hypot(rows - 230, columns - 150) - 62) < 14
    six[40:150, 80:105] = True
    preparation = read(np.where(six, 0.1, 1.0))
    assert preparation.hint == EDGE_HINT
    assert (preparation.image[14:] > 128).sum() > (preparation.image[:14] > 128).sum()
    assert np.ptp(np.flatnonzero(preparation.image.any(axis=1))) == 19


def test_smaller_ink_at_the_edge_is_left_out_and_named() -> None:
    mask = two_strokes()
    mask[200:290, :20] = True
    preparation = read(np.where(mask, 0.1, 1.0))
    assert preparation.hint == "Left out ink at the edge of the picture."
    assert difference(preparation.image, CLEAN) < 6


@pytest.mark.parametrize("kept", ["grey", "black"])
def test_white_made_transparent_with_a_soft_rim(kept: str) -> None:
    """Small, so that the rim is most of the stroke: whether it kept its grey or became black, the digit is the same."""
    soft = np.asarray(Image.fromarray(two_strokes().astype(np.uint8) * 255).resize((30, 30), Image.Resampling.BOX))
    grey = 255 - soft if kept == "grey" else np.zeros_like(soft)
    picture = Image.fromarray(np.stack([grey, soft], axis=-1))
    assert difference(prepare_picture(picture).image, prepare(soft).image) < 1


def test_hints_of_a_picture_speak_of_the_picture() -> None:
    dot = np.ones((300, 300))
    dot[140:170, 140:170] = 0
    for scene in (np.ones((300, 300)), dot):
        preparation = read(scene)
        assert preparation.is_empty
        assert preparation.hint in OF_PICTURE.values()
        assert "draw" not in (preparation.hint or "").lower()
    assert read(np.ones((300, 300))).hint == NO_INK_HINT


@pytest.mark.mnist
@pytest.mark.parametrize("kind", KINDS)
def test_real_digits_are_read_in_odd_pictures(mnist, kind: str) -> None:
    tally = measure(kind, 6, 5, shipped_network())
    assert tally.right >= 5
    assert tally.sure_and_wrong == []
