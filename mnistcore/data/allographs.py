"""Allographs made ready to be drawn by the thousand: the pen's way as a linear function of the points it aims at."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from mnistcore.data.drawn_strokes import DRAWN_ALLOGRAPHS
from mnistcore.data.strokes import ALLOGRAPHS

SAMPLES = 88  # points along a whole digit: about half a pixel apart in the finished image
_ROUNDING = 4.0  # samples: how far the rounded way looks around itself (a Gaussian's standard deviation)


@dataclass(frozen=True, eq=False)
class Allograph:
    """One way to write a digit, for a pen that aims at k points.

    `ways` (3, SAMPLES, k) times the points gives samples along the pen's way: on smooth curves through the points, on
    straight lines from one to the next, and on the curves with every turn rounded off.
    """

    weight: float  # how common it is among the digit's allographs
    points: np.ndarray  # (k, 2) float64: x and y, the height being 1, around 0
    is_end: np.ndarray  # (k,) bool: the pen is set down or lifted here
    stroke_of_point: np.ndarray  # (k,) int64
    ways: np.ndarray
    stroke_of_sample: np.ndarray  # (SAMPLES,) int64


@cache
def allographs(digit: int, drawn: bool = False) -> tuple[Allograph, ...]:
    """Every way to write a digit that strokes.py lists, or that drawn_strokes.py does."""
    lines = (DRAWN_ALLOGRAPHS if drawn else ALLOGRAPHS)[digit]
    return tuple(_build(line) for line in lines.strip().splitlines())


def _build(line: str) -> Allograph:
    weight, aspect, text = line.split(maxsplit=2)
    points, strokes = _parse(text)
    points *= (float(aspect), 1.0)
    pieces = [piece for stroke in strokes for piece in stroke]
    counts = _counts([_lengths(points[piece]).sum() for piece in pieces])
    ways, of_sample = [], []
    of_point = np.empty(len(points), np.int64)
    is_end = np.zeros(len(points), bool)
    done = 0
    for number, stroke in enumerate(strokes):
        here = counts[done : done + len(stroke)]
        done += len(stroke)
        ways.append(_stroke_ways(points, stroke, here))
        of_sample += [number] * sum(here)
        of_point[[index for piece in stroke for index in piece]] = number
        is_end[[stroke[0][0], stroke[-1][-1]]] = True
    return Allograph(float(weight), points, is_end, of_point, np.concatenate(ways, axis=1), np.array(of_sample))


def _parse(text: str) -> tuple[np.ndarray, list[list[list[int]]]]:
    """The points (k, 2), and for each stroke its pieces from corner to corner as indices into the points."""
    points: list[list[float]] = []
    strokes: list[list[list[int]]] = []
    for stroke in text.split(";"):
        pieces: list[list[int]] = []
        for piece in stroke.split("/"):
            corner = pieces[-1][-1:] if pieces else []
            new = [[float(number) for number in point.split(",")] for point in piece.split()]
            pieces.append([*corner, *range(len(points), len(points) + len(new))])
            points += new
        strokes.append(pieces)
    return np.array(points) / 100 - 0.5, strokes


def _lengths(points: np.ndarray) -> np.ndarray:
    return np.hypot(*np.diff(points, axis=0).T)


def _counts(lengths: list[float]) -> list[int]:
    """Samples for each piece by its length, SAMPLES in all."""
    counts = [max(5, round(SAMPLES * length / sum(lengths))) for length in lengths]
    counts[int(np.argmax(counts))] += SAMPLES - sum(counts)
    return counts


def _stroke_ways(points: np.ndarray, pieces: list[list[int]], counts: list[int]) -> np.ndarray:
    """The three ways (3, samples, k) along one stroke."""
    curve = np.zeros((sum(counts), len(points)))
    straight = np.zeros_like(curve)
    row = 0
    for piece, count in zip(pieces, counts, strict=True):
        rows = slice(row, row + count)
        curve[rows, piece], straight[rows, piece] = _piece_ways(_lengths(points[piece]), count)
        row += count
    return np.stack([curve, straight, _rounding(len(curve)) @ curve])


def _piece_ways(lengths: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Weights (count, points) of a natural cubic spline and of straight lines through points that far apart.

    The spline's parameter grows with a power of the distance (Lee 1989), which keeps it from swinging out.
    """
    along = np.concatenate([[0], np.cumsum(lengths)])
    knots = np.concatenate([[0], np.cumsum(lengths**0.7)])
    at = np.interp(np.linspace(0, along[-1], count), along, knots)
    gaps = np.diff(knots)
    eye = np.eye(len(knots))
    slopes = np.diff(eye, axis=0) / gaps[:, None]
    system, right_side = eye.copy(), np.zeros_like(eye)
    for inner in range(1, len(gaps)):
        before, after = gaps[inner - 1], gaps[inner]
        system[inner, inner - 1 : inner + 2] = before, 2 * (before + after), after
        right_side[inner] = 6 * (slopes[inner] - slopes[inner - 1])
    bends = np.linalg.solve(system, right_side)  # second derivatives at the knots, 0 at both ends
    first = np.clip(np.searchsorted(knots, at, side="right") - 1, 0, len(gaps) - 1)
    gap = gaps[first, None]
    right = (at - knots[first])[:, None] / gap
    left = 1 - right
    straight = left * eye[first] + right * eye[first + 1]
    bend = (left**3 - left) * bends[first] + (right**3 - right) * bends[first + 1]
    return straight + bend * gap**2 / 6, straight


def _rounding(count: int) -> np.ndarray:
    """Weights (count, count) of a Gaussian mean along the way, whose window narrows so that both ends stay in place."""
    place = np.arange(count)
    apart = np.abs(place[:, None] - place)
    window = np.minimum(place, count - 1 - place)[:, None]
    weights = np.where(apart <= window, np.exp(-0.5 * (apart / _ROUNDING) ** 2), 0)
    return weights / weights.sum(axis=1, keepdims=True)
