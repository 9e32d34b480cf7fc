"""What the colour of a point says: its label, the network's answer, whether that is right, or how sure it is."""

from __future__ import annotations

import numpy as np

from mnistcore.palette import DIGIT_COLORS
from ui.map.frames import Frame
from ui.map.points import Mark

COLORS = {"label": "Label", "answer": "Answer", "right": "Right or wrong", "certainty": "Certainty"}
DIGITS = tuple(Mark(str(digit), color) for digit, color in enumerate(DIGIT_COLORS))
RIGHT = (Mark("right", "#7d8da6"), Mark("wrong", "#d55e00", cross=True))
EDGES = (0.5, 0.8, 0.95, 0.99)
CERTAINTY = (
    Mark("less than 50 % sure", "#d55e00"),
    Mark("50 to 80 %", "#e69f00"),
    Mark("80 to 95 %", "#b8b04a"),
    Mark("95 to 99 %", "#56b4e9"),
    Mark("more than 99 %", "#5273e6"),
)


def kinds_of(color: str, labels: np.ndarray, frame: Frame) -> tuple[np.ndarray, tuple[Mark, ...]]:
    """Each point's kind (n,), and the marks of the kinds; by label where there are no answers."""
    if frame.answers is None or frame.certainty is None or color == "label":
        return labels, DIGITS
    if color == "answer":
        return frame.answers, DIGITS
    if color == "right":
        return (frame.answers != labels).astype(np.uint8), RIGHT
    return np.digitize(frame.certainty, EDGES), CERTAINTY
