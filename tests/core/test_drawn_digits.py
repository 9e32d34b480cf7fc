"""The network that ships reads what people draw: strokes on the canvas that no data set and no generator has made."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from mnistcore import pretrained
from mnistcore.drawing import prepare
from mnistcore.nn import Network
from mnistcore.runs.archive import unpack_run

DRAWINGS = Path(__file__).with_suffix("").parent / "drawn_digits.txt"
SIDE, FINER = 280, 3
Stroke = np.ndarray  # (k, 2) x and y in canvas pixels


def drawings() -> list[tuple[int, float, list[Stroke]]]:
    """Digit, width of the pen and strokes of each drawing in the file."""
    lines = [line for line in DRAWINGS.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    found = []
    for line in lines:
        digit, pen, way = line.split(" ", 2)
        strokes = [np.array(stroke.split(), float).reshape(-1, 2) for stroke in way.split("|")]
        found.append((int(digit), float(pen), strokes))
    return found


def rounded(stroke: Stroke) -> Stroke:
    """The stroke as a canvas draws it: curves from middle to middle between the points, bent towards these."""
    if len(stroke) < 3:
        return stroke
    middles = (stroke[:-1] + stroke[1:]) / 2
    along = np.linspace(0, 1, 5)[:, None]
    curves = [
        (1 - along) ** 2 * start + 2 * along * (1 - along) * point + along**2 * end
        for start, point, end in zip(middles[:-1], stroke[1:-1], middles[1:], strict=True)
    ]
    return np.vstack([stroke[:1], *curves, stroke[-1:]])


def draw(strokes: list[Stroke], pen: float) -> np.ndarray:
    """(280, 280) uint8 ink of round-ended strokes, white on black, with smooth edges."""
    sheet = Image.new("L", (SIDE * FINER, SIDE * FINER))
    brush = ImageDraw.Draw(sheet)
    radius = pen * FINER / 2
    for stroke in strokes:
        points = [(float(x), float(y)) for x, y in stroke * FINER]
        brush.line(points, fill=255, width=round(pen * FINER))
        for x, y in points:
            brush.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return np.asarray(sheet.resize((SIDE, SIDE), Image.Resampling.BOX))


def changed(strokes: list[Stroke], rng: np.random.Generator) -> list[Stroke]:
    """The same digit by another hand: turned, slanted, larger or smaller, a little shaky, elsewhere on the canvas."""
    turn, slant = rng.uniform(-0.13, 0.13, 2)
    width, height = rng.uniform(0.75, 1.05, 2)
    way = np.array([[width, slant], [turn, height]])
    middle = np.vstack(strokes).mean(axis=0)
    moved = middle + rng.uniform(-12, 12, 2)
    return [(stroke - middle) @ way.T + moved + rng.normal(0, 1.2, stroke.shape) for stroke in strokes]


@pytest.fixture(scope="module")
def shipped() -> Network:
    return unpack_run(pretrained.ARCHIVE.read_bytes()).network


def read(network: Network, seed: int | None) -> tuple[np.ndarray, np.ndarray]:
    """What the network reads in each drawing, changed at random if there is a seed, and what was drawn."""
    rng = np.random.default_rng(seed)
    images, digits = [], []
    for digit, pen, strokes in drawings():
        strokes = strokes if seed is None else changed(strokes, rng)
        preparation = prepare(draw([rounded(stroke) for stroke in strokes], pen))
        assert not preparation.is_empty
        images.append(preparation.image)
        digits.append(digit)
    return network.predict(np.array(images)).argmax(axis=1), np.array(digits)


def test_there_are_drawings_of_every_digit():
    digits = [digit for digit, _, _ in drawings()]
    assert len(digits) >= 120
    assert np.bincount(digits).min() >= 10


@pytest.mark.parametrize("seed", [None, 1])
def test_the_shipped_network_reads_at_least_98_of_100_drawings(shipped: Network, seed: int | None):
    predictions, digits = read(shipped, seed)
    wrong = [f"{digit} read as {found}" for digit, found in zip(digits, predictions, strict=True) if digit != found]
    assert np.mean(predictions == digits) >= 0.98, f"{len(wrong)} of {len(digits)}: {', '.join(wrong)}"
