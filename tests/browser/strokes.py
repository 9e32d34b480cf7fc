"""Digits as a hand draws them on a square of 280: each a list of strokes, each stroke a list of points (x, y)."""

import math

Stroke = list[tuple[float, float]]
Strokes = list[Stroke]
DRAWN_ON = 280  # the side of the square, however large the canvas is on the screen

ZERO: Strokes = [
    [(140 + 60 * math.sin(turn), 140 - 85 * math.cos(turn)) for turn in (i * math.tau / 24 for i in range(25))]
]
ONE: Strokes = [[(140, 50), (140, 230)]]
THREE: Strokes = [
    [
        *[(95, 70), (130, 52), (170, 62), (180, 92), (160, 125), (130, 135)],
        *[(165, 142), (190, 175), (175, 212), (135, 228), (92, 212)],
    ]
]
FOUR: Strokes = [[(110, 55), (85, 150), (195, 150)], [(170, 60), (170, 235)]]
SEVEN: Strokes = [[(80, 70), (195, 70), (130, 230)]]
DOT: Strokes = [[(140, 140), (141, 141)]]


def passed(stroke: Stroke) -> Stroke:
    """The points that a pointer passes: the brush leaves out the last but one, so one more lies before the last."""
    (x, y), (last_x, last_y) = stroke[-2:]
    return [*stroke[:-1], ((x + last_x) / 2, (y + last_y) / 2), stroke[-1]]
