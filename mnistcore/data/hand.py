"""The hand that moves the pen: it never writes a digit the same way twice."""

import numpy as np

from mnistcore.data.allographs import Allograph

# How much hands differ: standard deviations, in parts of the digit's height unless said otherwise. Found by the
# accuracy of networks trained on these digits on the training part of MNIST.
_JITTER = 0.075  # of each point that the pen aims at
_END_JITTER = 0.06  # more of it where the pen is set down or lifted
_LIFT = 0.03  # of a whole stroke against the others
_STRAIGHT = 0.7  # share of straight line in the way from point to point, at most
_ROUND = 0.6  # share of rounding, at most
_BEND, _TWIST = 0.17, 0.08  # of the whole sheet, by its quadratic and cubic terms
_ASPECT = 0.24  # of width against height, in the logarithm
_SLANT, _SLANT_SPREAD = 0.18, 0.3  # to the right, width for height
_TURN = 0.09  # radians
_ONE_STEADINESS = 0.5  # a 1 is mostly a straight line: half the jitter, bend and twist
_ONE_SLANT, _ONE_SLANT_SPREAD = 0.12, 0.1  # and slants more


def move_pen(allograph: Allograph, digit: int, n: int, rng: np.random.Generator, care: float = 0.0) -> np.ndarray:
    """n ways of a pen through an allograph of the digit: points (n, SAMPLES, 2) float64, the height being about 1.

    ``care`` is the share of a hurried hand's slips and slant that it does without.
    """
    haste = 1.0 - care
    wildness = haste * (_ONE_STEADINESS if digit == 1 else 1.0)
    points = _joined(allograph, _aims(allograph, wildness, haste, n, rng), rng)
    x, y = _bent(points, wildness, rng)
    x = x * np.exp(rng.normal(0, _ASPECT, (n, 1)))
    slant = haste * rng.normal(_SLANT, _SLANT_SPREAD, (n, 1))
    if digit == 1:
        slant += haste * rng.normal(_ONE_SLANT, _ONE_SLANT_SPREAD, (n, 1))
    x = x - slant * y
    turn = rng.normal(0, _TURN, (n, 1))
    return np.stack([x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)], axis=2)


def _aims(allograph: Allograph, wildness: float, haste: float, n: int, rng: np.random.Generator) -> np.ndarray:
    """Where the pen aims (n, k, 2): the allograph's points, each missed by a little."""
    k = len(allograph.points)
    aims = allograph.points + rng.normal(0, _JITTER * wildness, (n, k, 2))
    aims += rng.normal(0, _END_JITTER * haste, (n, k, 2)) * allograph.is_end[:, None]
    strokes = allograph.stroke_of_point.max() + 1
    if strokes > 1:
        aims += rng.normal(0, _LIFT, (n, strokes, 2))[:, allograph.stroke_of_point]
    return aims


def _joined(allograph: Allograph, aims: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The pen's way (n, SAMPLES, 2) through the aims: curved, partly straightened, partly rounded off."""
    straightness = np.minimum(_STRAIGHT * rng.random((len(aims), 1, 1)) ** 2, 1)
    roundness = _ROUND * rng.random((len(aims), 1, 1))
    curve, straight, rounded = (np.matmul(way, aims) for way in allograph.ways)
    return curve + straightness * (straight - curve) + roundness * (rounded - curve)


def _bent(points: np.ndarray, wildness: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """x and y (n, SAMPLES) after bending the sheet by a random polynomial of third degree."""
    u, v = 2 * points[..., 0], 2 * points[..., 1]
    terms = np.stack([u * u, u * v, v * v, u**3, u * u * v, u * v * v, v**3], axis=1)
    spread = np.repeat([_BEND * wildness / 2, _TWIST * wildness / 2], [3, 4])
    shift = np.matmul(rng.normal(0, 1, (len(points), 2, 7)) * spread, terms)
    return points[..., 0] + shift[:, 0], points[..., 1] + shift[:, 1]
