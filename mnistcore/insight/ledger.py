"""Why this digit: what each pixel, or each unit of a layer, adds to the answer's lead over a rival digit.

The image is faded in from a blank sheet, and the slopes of the lead on the way are added up: integrated gradients
(Sundararajan, Taly and Yan 2017, https://arxiv.org/abs/1703.01365). Together they are the lead itself.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mnistcore.errors import DataError
from mnistcore.insight.weight_images import WeightedLayer, weighted_layers
from mnistcore.nn import BoundNetwork, Network
from mnistcore.nn.bound_network import SCALE
from mnistcore.nn.network import DIGITS, as_rows

FIRST_PIECES, MOST_PIECES = 32, 1500  # of the way from the blank sheet to the image
CHUNK = 64  # of them at a time: a convolution's columns stay in the cache
TOLERANCE = 0.005  # of the difference: half of the 1 % that is promised
TOO_LARGE = "the network's scores are too large for a number: choose weights of an earlier step"
WORST_SHARE = 0.7  # of what is unexplained, which lies in the pieces that are halved next

Measured = tuple[np.ndarray, np.ndarray]  # what each part adds in each of k pieces (k, parts); the lead half-way (k,)


class Account:
    """Parts that add up to a ``difference`` of scores, but for a remainder: ``blank`` and the contributions."""

    difference: float
    blank: float
    contributions: np.ndarray

    @property
    def total(self) -> float:
        """What the parts add up to."""
        return self.blank + float(self.contributions.sum())

    @property
    def remainder(self) -> float:
        """What they leave unexplained."""
        return self.difference - self.total


@dataclass(frozen=True, eq=False)
class Ledger(Account):
    """An account of ``difference``: the answer's score minus the rival's. Scores are the outputs before softmax.

    ``blank`` is the same difference on a blank sheet: what the biases alone say. ``contributions`` float64 are those of
    the pixels (28, 28), or of a layer's units or filters (units,); a positive one speaks for the answer. ``pieces``:
    in how many the way from the blank sheet was divided.
    """

    answer: int
    rival: int
    difference: float
    blank: float
    contributions: np.ndarray
    pieces: int

    @property
    def remainder_share(self) -> float:
        """Its size as a share of the difference; infinite if there is no difference to explain."""
        if self.difference == 0:
            return 0.0 if self.remainder == 0 else np.inf
        return abs(self.remainder / self.difference)

    def side(self, sign: int) -> tuple[float, int]:
        """The sum of the contributions of one sign, 1 or -1, and how many they are."""
        found = self.contributions[np.sign(self.contributions) == sign]
        return float(found.sum()), len(found)


def ranked_digits(network: Network, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The digits (10,) by their scores for a (28, 28) uint8 image, the answer first; and the scores (10,) float64.

    DataError where a score is no finite number, as after a divergence.
    """
    with np.errstate(all="ignore"):
        scores = network.logits(image[None])[0].astype(np.float64)
    if not np.isfinite(scores).all():
        raise DataError(TOO_LARGE)
    return np.argsort(-scores, kind="stable"), scores


def pixel_ledger(network: Network, image: np.ndarray, answer: int, rival: int) -> Ledger:
    """What each pixel of a (28, 28) uint8 image adds to the lead of ``answer`` over ``rival``.

    A pixel's contribution is its ink times the lead's mean slope by it on the way from the blank sheet. Of a network
    without hidden layers the slope is the same all the way, and the account is exact.
    """
    fade = _Fade(network, image, answer, rival)
    return _account(fade, fade.pixels, image.shape)


def unit_ledger(network: Network, image: np.ndarray, answer: int, rival: int, layer: WeightedLayer) -> Ledger:
    """What each unit or filter of a hidden layer adds to the same lead; a filter's is summed over its map.

    A unit's contribution is its change on each piece of the way times the lead's slope by it there: its conductance
    (Dhamdhere, Sundararajan and Yan 2018, https://arxiv.org/abs/1805.12233; summed as by Shrikumar, Su and Kundaje
    2018, https://arxiv.org/abs/1807.09946). Exact for the last hidden layer, where it is the unit's change from the
    blank sheet to the image times the difference of its two weights. A normalisation, pooling or dropout that follows
    the layer belongs to its units.
    """
    fade = _Fade(network, image, answer, rival)
    number = last_of_block(network, layer)

    def measure(start: np.ndarray, end: np.ndarray) -> Measured:
        return fade.units(number, start, end)

    return _account(fade, measure, (layer.units,))


def last_of_block(network: Network, layer: WeightedLayer) -> int:
    """The number of the layer whose outputs a hidden layer's units have in the end: before the next weights, and before
    maps are flattened."""
    following = next(later.index for later in weighted_layers(network.config) if later.index > layer.index)
    flat = (index for index, found in enumerate(network.layers) if found.kind == "flatten" and index > layer.index)
    return min(following, next(flat, following)) - 1


@np.errstate(all="ignore")
def _account(fade: "_Fade", measure: Callable[[np.ndarray, np.ndarray], Measured], shape: tuple[int, ...]) -> Ledger:
    """Halve the pieces of the way that explain least, until the remainder is at most TOLERANCE of the difference or
    there are MOST_PIECES."""
    edges = np.linspace(0, 1, FIRST_PIECES + 1)
    leads = fade.leads(edges)
    difference, blank = float(leads[-1]), float(leads[0])
    pieces = _measured(measure, edges[:-1], edges[1:], leads[:-1], leads[1:])
    while True:
        unexplained = pieces["lead_end"] - pieces["lead_start"] - pieces["parts"].sum(axis=1)
        if not np.isfinite(unexplained).all():
            raise DataError(TOO_LARGE)
        if abs(unexplained.sum()) <= TOLERANCE * abs(difference) or len(pieces) >= MOST_PIECES:
            break
        order = np.argsort(-np.abs(unexplained))
        found = np.cumsum(np.abs(unexplained[order]))
        count = max(FIRST_PIECES // 4, int(np.searchsorted(found, WORST_SHARE * found[-1])))
        worst, others = pieces[order[:count]], pieces[order[count:]]
        middle = (worst["start"] + worst["end"]) / 2
        first = _measured(measure, worst["start"], middle, worst["lead_start"], worst["lead_middle"])
        second = _measured(measure, middle, worst["end"], worst["lead_middle"], worst["lead_end"])
        pieces = np.concatenate([others, first, second])
    contributions = pieces["parts"].sum(axis=0).reshape(shape)
    return Ledger(fade.answer, fade.rival, difference, blank, contributions, len(pieces))


def _measured(
    measure: Callable[[np.ndarray, np.ndarray], Measured],
    start: np.ndarray,
    end: np.ndarray,
    lead_start: np.ndarray,
    lead_end: np.ndarray,
) -> np.ndarray:
    """Pieces of the way from ``start`` to ``end`` (k,) as records: where they lie, the leads there, and the parts."""
    parts, lead_middle = map(np.concatenate, zip(*map(measure, _chunks(start), _chunks(end)), strict=True))
    names = ("start", "end", "lead_start", "lead_middle", "lead_end")
    pieces = np.empty(len(start), [*((name, "f8") for name in names), ("parts", "f8", parts.shape[1])])
    for name, values in zip((*names, "parts"), (start, end, lead_start, lead_middle, lead_end, parts), strict=True):
        pieces[name] = values
    return pieces


class _Fade:
    """An image (28, 28) uint8 on its way from the blank sheet, at 0, to what it is, at 1, through the fast core."""

    def __init__(self, network: Network, image: np.ndarray, answer: int, rival: int) -> None:
        if answer == rival or not (0 <= answer < DIGITS and 0 <= rival < DIGITS):
            raise DataError(f"the rival must be a digit other than the answer, {answer}, got {rival}: choose another")
        self.answer, self.rival = answer, rival
        self._network, self._x = network, as_rows(image[None])[0] * SCALE

    def leads(self, places: np.ndarray) -> np.ndarray:
        """The lead (k,) float64 at each of (k,) places."""
        return np.concatenate([self._lead(self._run(part)) for part in _chunks(places)])

    def pixels(self, start: np.ndarray, end: np.ndarray) -> Measured:
        """Each pixel's change between ``start`` and ``end`` (k,), times the lead's slope by it half-way."""
        bound = self._run((start + end) / 2)
        lead = self._lead(bound)
        self._begin_backward(bound)
        bound.backward(to_input=True)
        return np.outer(end - start, self._x) * bound.input_gradient(), lead

    def units(self, number: int, start: np.ndarray, end: np.ndarray) -> Measured:
        """The same of each unit or filter at the outputs of layer ``number``."""
        before, after, bound = (self._run(places) for places in (start, end, (start + end) / 2))
        # Of a convolution and the pooling after it, which run as one, the number is that of the first.
        place = max(place for place, (found, _) in enumerate(bound.layers) if found <= number)
        lead = self._lead(bound)
        self._begin_backward(bound)
        for _, later in reversed(bound.layers[place + 1 :]):
            later.backward(True, False)
        changes = after.layers[place][1].y.astype(np.float64) - before.layers[place][1].y
        parts = changes * bound.layers[place][1].dy
        return (parts if parts.ndim == 2 else parts.sum(axis=(1, 2)).T), lead

    def _run(self, places: np.ndarray) -> BoundNetwork:
        """The network after a forward pass of the image at each place."""
        bound = self._network.bind(len(places))
        bound.input.put(np.outer(places, self._x))
        bound.forward()
        return bound

    def _lead(self, bound: BoundNetwork) -> np.ndarray:
        return bound.logits[:, self.answer].astype(np.float64) - bound.logits[:, self.rival]

    def _begin_backward(self, bound: BoundNetwork) -> None:
        bound.dlogits.fill(0)
        bound.dlogits[:, self.answer], bound.dlogits[:, self.rival] = 1, -1


def _chunks(array: np.ndarray) -> list[np.ndarray]:
    """Views of at most CHUNK entries each."""
    return [array[first : first + CHUNK] for first in range(0, len(array), CHUNK)]
