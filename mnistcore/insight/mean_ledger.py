"""The mean account of many images: what each pixel adds on average to the lead of one digit over another."""

from dataclasses import dataclass

import numpy as np

from mnistcore.errors import DataError
from mnistcore.insight.ledger import CHUNK, TOO_LARGE, Account
from mnistcore.nn import Network
from mnistcore.nn.bound_network import SCALE
from mnistcore.nn.network import as_rows

FEWEST_PIECES, MOST_PIECES = 16, 64  # of the way from the blank sheet to each image
TOLERANCE = 0.005  # of what the pixels of an image add, on average


@dataclass(frozen=True, eq=False)
class MeanLedger(Account):
    """The mean of ``count`` images' ledgers: ``blank`` and the contributions (28, 28) float64 add up to the mean of
    their leads, ``difference``, but for the remainder. ``ink`` (28, 28) float64: the mean image, from 0 to 255.
    ``pieces``: in how many each way was divided."""

    count: int
    ink: np.ndarray
    difference: float
    blank: float
    contributions: np.ndarray
    pieces: int

    def minus(self, other: "MeanLedger") -> "MeanLedger":
        """What these images have that the others have not; what the biases say is the same for both."""
        return MeanLedger(
            self.count + other.count,
            self.ink - other.ink,
            self.difference - other.difference,
            self.blank - other.blank,
            self.contributions - other.contributions,
            max(self.pieces, other.pieces),
        )


def mean_ledger(network: Network, images: np.ndarray, answer: int, rival: int) -> MeanLedger:
    """The mean over (n, 28, 28) uint8 images, at least one, of what each pixel adds to the lead of ``answer``.

    Integrated gradients as in ``ledger.pixel_ledger``, by the midpoint rule with equal pieces: what the rule misses in
    single images mostly cancels in the mean. Halved until the remainder is at most TOLERANCE of what an image's pixels
    add, on average without its sign, or there are MOST_PIECES; exact for a network without hidden layers.
    """
    if not len(images) or answer == rival:
        raise DataError(
            f"a mean account needs images and two different digits, got {len(images)}, {answer}, {rival}: choose others"
        )
    with np.errstate(all="ignore"):
        scores = network.logits(np.concatenate([np.zeros((1, 28, 28), np.uint8), images])).astype(np.float64)
        found = scores[:, answer] - scores[:, rival]
        blank, difference = float(found[0]), float(found[1:].mean())
        near = TOLERANCE * float(np.abs(found[1:] - blank).mean())
        ink, pieces = images.mean(axis=0, dtype=np.float64), FEWEST_PIECES
        while True:
            contributions = _contributions(network, images, answer, rival, pieces)
            ledger = MeanLedger(len(images), ink, difference, blank, contributions, pieces)
            if not np.isfinite(ledger.remainder):
                raise DataError(TOO_LARGE)
            if abs(ledger.remainder) <= near or pieces >= MOST_PIECES:
                return ledger
            pieces *= 2


def _contributions(network: Network, images: np.ndarray, answer: int, rival: int, pieces: int) -> np.ndarray:
    """The images' ink times the lead's slopes in the middle of each of ``pieces`` of the way, their mean: (28, 28)."""
    x = as_rows(images) * SCALE
    places = (np.arange(pieces, dtype=np.float32) + np.float32(0.5)) / np.float32(pieces)
    of_image, at = np.repeat(np.arange(len(x)), pieces), np.tile(places, len(x))
    total, bound = np.zeros(x.shape[1]), None
    for start in range(0, len(at), CHUNK):
        part = slice(start, start + CHUNK)
        inks = x[of_image[part]]
        if bound is None or bound.n != len(inks):
            bound = network.bind(len(inks))
        bound.input.put(at[part, None] * inks)
        bound.forward()
        bound.dlogits.fill(0)
        bound.dlogits[:, answer], bound.dlogits[:, rival] = 1, -1
        bound.backward(to_input=True)
        total += (inks.astype(np.float64) * bound.input_gradient()).sum(axis=0)
    return (total / len(at)).reshape(28, 28)
