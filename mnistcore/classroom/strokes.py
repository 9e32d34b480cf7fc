"""Strokes that a phone sends, checked, and the ink that they make."""

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from mnistcore.errors import DataError

SCALE = 1000  # a drawing is a square of so many units
MAX_STROKES, MAX_POINTS = 60, 3000
SIDE = 280  # of the ink, in pixels
PEN = SIDE / 14  # drawn large, strokes come out as broad as MNIST's
FINER = 2  # drawn so many times as large and shrunk: smooth edges

Strokes = list[list[tuple[int, int]]]


def parse_strokes(value: Any) -> Strokes:
    """Lists of points [x, y], whole numbers from 0 to SCALE with y downwards; DataError for anything else."""
    if not isinstance(value, list) or not all(isinstance(stroke, list) and stroke for stroke in value):
        raise DataError("The drawing did not arrive as strokes: clear it and draw again.")
    if len(value) > MAX_STROKES or sum(map(len, value)) > MAX_POINTS:
        raise DataError(
            f"A drawing has at most {MAX_STROKES} strokes and {MAX_POINTS:,} points: clear it, draw simply."
        )
    return [[_point(point) for point in stroke] for stroke in value]


def _point(point: Any) -> tuple[int, int]:
    if isinstance(point, list) and len(point) == 2 and all(type(x) is int and 0 <= x <= SCALE for x in point):
        return point[0], point[1]
    raise DataError(f"A point is two whole numbers from 0 to {SCALE:,}: clear the drawing and draw again.")


def strokes_text(strokes: Strokes) -> str:
    """Strokes as JSON without blanks, as they are stored."""
    return json.dumps(strokes, separators=(",", ":"))


def ink_of(strokes: Strokes) -> NDArray[np.uint8]:
    """The strokes drawn with a round pen: (SIDE, SIDE) uint8, ink bright on black."""
    factor, radius = FINER * SIDE / SCALE, FINER * PEN / 2
    image = Image.new("L", (FINER * SIDE, FINER * SIDE))
    pen = ImageDraw.Draw(image)
    for stroke in strokes:
        points = [(factor * x, factor * y) for x, y in stroke]
        for x, y in points:
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
        if len(points) > 1:
            pen.line(points, fill=255, width=round(2 * radius))
    return np.asarray(image.reduce(FINER), dtype=np.uint8)
