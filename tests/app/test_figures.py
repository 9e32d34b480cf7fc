"""Colours that everybody can tell apart, and pictures whose pixels are those of their arrays."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from mnistcore.palette import DIGIT_COLORS
from ui.draw.learning import reading_spec
from ui.experiments import charts as experiment_charts
from ui.pictures.figures import data_address, digit_grid_png, diverging_rgb, weight_grid_png
from ui.pictures.live_charts import curve_spec
from ui.systems.perceptrons.learning import error_spec
from ui.systems.scratch import rates

# Linear sRGB as it is seen without one kind of cones, severity 1 (Machado, Oliveira and Fernandes 2009).
SIGHT = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}


def cielab(linear: np.ndarray) -> np.ndarray:
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = np.clip(linear, 0, 1) @ to_xyz.T / np.array([0.9505, 1, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1)


@pytest.mark.parametrize("sight", SIGHT)
def test_the_digits_colours_are_told_apart(sight: str) -> None:
    rgb = np.array([[int(color[i : i + 2], 16) for i in (1, 3, 5)] for color in DIGIT_COLORS]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = cielab(linear @ SIGHT[sight].T)
    differences = np.linalg.norm(seen[:, None] - seen[None], axis=-1)[np.triu_indices(10, 1)]
    assert len(DIGIT_COLORS) == 10
    assert differences.min() > 20  # 2 is just noticeable side by side


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))


def test_digits_are_enlarged_without_blur_and_marked_below() -> None:
    images = np.random.default_rng(0).integers(0, 256, (3, 28, 28), dtype=np.uint8)
    picture = pixels(digit_grid_png(images, columns=2, scale=3, gap=2))
    assert picture.shape == (2 * 84 + 2, 2 * 84 + 2, 4)
    assert (picture[:84, :84, 0] == (255 - images[0]).repeat(3, 0).repeat(3, 1)).all()
    assert (picture[:, 84:86, 3] == 0).all()
    assert (picture[86:, 86:, 3] == 0).all()
    assert (pixels(digit_grid_png(images, 2, 3, dark=True))[:84, :84, 0] == images[0].repeat(3, 0).repeat(3, 1)).all()
    marked = pixels(digit_grid_png(images[:2], columns=2, scale=1, marks=[True, False]))
    right, wrong = marked[28:, :28], marked[28:, 30:58]
    assert right[right[..., 3] > 0][:, 1].min() > right[right[..., 3] > 0][:, 0].max()  # green
    assert wrong[wrong[..., 3] > 0][:, 0].min() > wrong[wrong[..., 3] > 0][:, 1].max()  # red
    assert ((right[..., 3] > 0) != (wrong[..., 3] > 0)).any()  # and another shape


def test_rows_can_keep_their_width() -> None:
    one = np.zeros((1, 28, 28), np.uint8)
    assert pixels(digit_grid_png(one, 5, 1, gap=0)).shape[1] == 28
    assert pixels(digit_grid_png(one, 5, 1, gap=0, fill=True)).shape[1] == 140
    assert pixels(weight_grid_png(one.astype(np.float32), 5, 1, gap=0, fill=True)).shape[1] == 140


@pytest.mark.parametrize("dark", [False, True])
def test_weights_are_on_one_scale_centred_on_zero(dark: bool) -> None:
    weights = np.zeros((2, 28, 28), np.float32)
    weights[0, 0, 0], weights[0, 0, 1], weights[1, 0, 0] = 2.0, -2.0, 9.0
    picture = pixels(weight_grid_png(weights, columns=2, scale=1, limit=2.0, gap=1, dark=dark))
    expected = diverging_rgb(np.array([2.0, -2.0, 0.0]), 2.0, dark)
    assert (picture[0, :3, :3] == expected).all()
    assert (picture[0, 29, :3] == expected[0]).all()  # beyond the limit: the colour of the limit
    assert (picture[:, 28, 3] == 0).all()
    assert (picture[:, :28, 3] == 255).all()
    colors = diverging_rgb(np.array([-1.0, 0.0, 1.0]), 0.0, dark)
    assert len({tuple(color) for color in colors}) == 3


def test_an_address_holds_its_picture() -> None:
    png = digit_grid_png(np.zeros((1, 28, 28), np.uint8))
    head, _, body = data_address(png).partition(",")
    assert head == "data:image/png;base64"
    assert base64.b64decode(body) == png


@pytest.mark.parametrize(
    "spec",
    [
        curve_spec("epoch", "loss", True),
        experiment_charts.curves_spec(["a"], "epoch", 0.5, 1.0),
        error_spec(),
        {"layer": [rates.curve_spec("loss", ["a"])]},
        reading_spec(np.full((2, 10), 0.1), 1),
    ],
)
def test_lines_whose_data_are_exchanged_in_place_are_drawn_as_given(spec) -> None:
    # Otherwise the browser keeps something of every row that it was ever given.
    lines = [layer for layer in spec["layer"] if layer["mark"]["type"] in ("line", "area")]
    assert lines
    assert all(layer["encoding"]["order"] == {"value": None} for layer in lines)
