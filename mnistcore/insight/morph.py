"""From one image to another by a straight blend: the scores on the way, and where the network changes its mind."""

from dataclasses import dataclass

import numpy as np

from mnistcore.errors import DataError
from mnistcore.insight.ledger import CHUNK, TOO_LARGE
from mnistcore.nn import Network
from mnistcore.nn.bound_network import SCALE
from mnistcore.nn.network import as_rows

POINTS = 101  # of the curve
EXACT = 1e-6  # of the way: how closely a point where the answer changes is found


@dataclass(frozen=True)
class Turn:
    """Where the answer changes from ``before`` to ``after``: a place from 0 to 1, the nearer side of which already has
    ``after``."""

    place: float
    before: int
    after: int


@dataclass(frozen=True, eq=False)
class Morph:
    """The way from an image, at 0, to another, at 1: places (POINTS,), the scores there (POINTS, 10), the turns."""

    places: np.ndarray
    scores: np.ndarray
    turns: tuple[Turn, ...]


def blend(start: np.ndarray, end: np.ndarray, places: np.ndarray) -> np.ndarray:
    """(k, 28, 28) float64, from 0 to 255: (1 - place) of one (28, 28) image plus place of the other, at (k,) places."""
    share = np.asarray(places, np.float64)[:, None, None]
    return (1 - share) * start + share * end


def blend_scores(network: Network, start: np.ndarray, end: np.ndarray, places: np.ndarray) -> np.ndarray:
    """The scores (k, 10) float64 of the blends, taken as they are, not rounded to grey levels.

    DataError where one is no finite number.
    """
    as_rows(np.stack([start, end]))
    blends = blend(start, end, places).reshape(len(places), -1) * SCALE
    scores = []
    with np.errstate(all="ignore"):
        for first in range(0, len(blends), CHUNK):
            part = blends[first : first + CHUNK]
            bound = network.bind(len(part))
            bound.input.put(part)
            scores.append(bound.forward().astype(np.float64))
    found = np.concatenate(scores)
    if not np.isfinite(found).all():
        raise DataError(TOO_LARGE)
    return found


def morph(network: Network, start: np.ndarray, end: np.ndarray) -> Morph:
    """The way from one (28, 28) uint8 image to another.

    Between two points of the curve with different answers, the place where the answer changes is bisected, and again
    from there as long as the answer is not yet that at the second point. A digit that is the answer only between two
    neighbouring points is missed.
    """
    places = np.linspace(0, 1, POINTS)
    scores = blend_scores(network, start, end, places)
    answers = scores.argmax(axis=1)
    turns = []
    for index in np.flatnonzero(answers[1:] != answers[:-1]):
        low, high = float(places[index]), float(places[index + 1])
        answer, last = int(answers[index]), int(answers[index + 1])
        while answer != last:
            turn = _bisect(network, start, end, (low, high), answer, last)
            turns.append(turn)
            low, answer = turn.place, turn.after
    return Morph(places, scores, tuple(turns))


def _bisect(
    network: Network, start: np.ndarray, end: np.ndarray, between: tuple[float, float], before: int, last: int
) -> Turn:
    """Where the answer ``before`` at the lower place stops being it; at the upper one it is ``last``."""
    (low, high), after = between, last
    while high - low > EXACT:
        middle = (low + high) / 2
        answer = int(blend_scores(network, start, end, np.array([middle])).argmax())
        if answer == before:
            low = middle
        else:
            high, after = middle, answer
    return Turn(high, before, after)
