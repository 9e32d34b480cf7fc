"""Two digits as a network tells them apart: their images along one axis, those in its middle, those taken wrongly."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from mnistcore.errors import DataError
from mnistcore.insight.ledger import TOO_LARGE
from mnistcore.nn import Network
from mnistcore.nn.network import DIGITS

BINS = 40  # along the axis: even, so that the decision, at 0, is an edge
NICE = (1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)  # widths of a bin, times a power of ten


@dataclass(frozen=True)
class Side:
    """What became of the images of one of two digits.

    count: how many there are. On the axis ``own`` lie on the side of their digit, ``other`` on that of the other one,
    the rest exactly between. Of all ten digits, ``right`` are read as what they are, ``taken`` as the other digit, the
    rest as a third one.
    """

    digit: int
    count: int
    own: int
    other: int
    right: int
    taken: int

    @property
    def between(self) -> int:
        """How many images lie exactly between."""
        return self.count - self.own - self.other

    @property
    def third(self) -> int:
        """How many are read as neither of the two."""
        return self.count - self.right - self.taken


@dataclass(frozen=True, eq=False)
class Means:
    """Mean images (28, 28) float64, from 0 to 255: of ``right`` images read as what they are, of ``taken`` others."""

    right: int
    taken: int
    of_right: np.ndarray
    of_taken: np.ndarray

    @property
    def difference(self) -> np.ndarray:
        """What those taken wrongly have more of, (28, 28)."""
        return self.of_taken - self.of_right


def finite_scores(network: Network, images: np.ndarray) -> np.ndarray:
    """The scores (n, 10) float32 of (n, 28, 28) uint8 images; DataError where one is no finite number, as after a
    divergence."""
    with np.errstate(all="ignore"):
        logits = network.logits(images)
    if not np.isfinite(logits).all():
        raise DataError(TOO_LARGE)
    return logits


def leads(logits: np.ndarray, first: int, second: int) -> np.ndarray:
    """Where images lie on the axis from ``first`` to ``second``: the score of the second minus that of the first, (n,)
    float64 of (n, 10). With a softmax this is the logarithm of their odds. The decision between the two is at 0.

    DataError where the two are the same digit or none.
    """
    if first == second or not (0 <= first < DIGITS and 0 <= second < DIGITS):
        raise DataError(f"a pair needs two different digits from 0 to 9, got {first} and {second}: choose another")
    return logits[:, second].astype(np.float64) - logits[:, first]


def sides(lead: np.ndarray, labels: np.ndarray, predictions: np.ndarray, first: int, second: int) -> tuple[Side, Side]:
    """What became of the images of both digits; lead, labels and predictions are (n,)."""
    found = []
    for digit, other, sign in ((first, second, -1), (second, first, 1)):
        of_digit, read = sign * lead[labels == digit], predictions[labels == digit]
        counts = (of_digit > 0).sum(), (of_digit < 0).sum(), (read == digit).sum(), (read == other).sum()
        found.append(Side(digit, len(read), *map(int, counts)))
    return found[0], found[1]


def axis_edges(largest: float) -> np.ndarray:
    """The edges (BINS + 1,) of equally wide bins, round numbers, that reach at least to ±``largest``; 0 is one."""
    width = 2 * largest / BINS or 0.05
    power = 10.0 ** np.floor(np.log10(width))
    nice = next(power * step for step in NICE if power * step >= width * (1 - 1e-9))
    return nice * np.arange(-BINS // 2, BINS // 2 + 1)


def axis_counts(lead: np.ndarray, labels: np.ndarray, first: int, second: int, edges: np.ndarray) -> pd.DataFrame:
    """Images by bin and label, one row for each that is not empty: low, high, label, count.

    Each bin holds its lower edge, the outermost ones everything beyond. lead, labels: (n,).
    """
    places = bin_of(lead, edges)
    rows = []
    for digit in (first, second):
        counts = np.bincount(places[labels == digit], minlength=BINS)
        filled = np.flatnonzero(counts)
        rows.append(
            pd.DataFrame(
                {"low": edges[filled], "high": edges[filled + 1], "label": str(digit), "count": counts[filled]}
            )
        )
    return pd.concat(rows, ignore_index=True)


def bin_of(lead: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """The number of each image's bin, (n,) int64 from 0."""
    return np.clip(np.searchsorted(edges, lead, side="right") - 1, 0, len(edges) - 2)


def nearest_to_decision(lead: np.ndarray, count: int = 20) -> np.ndarray:
    """Indices (int64) of the ``count`` images nearest to the decision, in their order along the axis."""
    nearest = np.argsort(np.abs(lead), kind="stable")[:count]
    return nearest[np.argsort(lead[nearest], kind="stable")]


def typical(lead: np.ndarray, labels: np.ndarray, digit: int, is_second: bool) -> dict[str, int]:
    """The index of the "median" image labelled ``digit`` along the axis, of the one that the network is "surest" of and
    of the one "nearest" to the decision; DataError if there is none. ``is_second``: whether its side is the upper one.
    """
    of_digit = np.flatnonzero(labels == digit)
    if not len(of_digit):
        raise DataError(f"there is no {digit} among these images: choose another digit, or other images")
    order = of_digit[np.argsort(lead[of_digit], kind="stable")]
    nearest = of_digit[np.abs(lead[of_digit]).argmin()]
    chosen = order[(len(order) - 1) // 2], order[-1 if is_second else 0], nearest
    return dict(zip(("median", "surest", "nearest"), map(int, chosen), strict=True))


def mean_images(images: np.ndarray, labels: np.ndarray, predictions: np.ndarray, digit: int, other: int) -> Means:
    """The mean of the images (n, 28, 28) labelled ``digit`` and read so, and that of those taken for ``other``.

    The mean of no image is blank.
    """
    found = []
    for answer in (digit, other):
        chosen = images[(labels == digit) & (predictions == answer)]
        found.append((len(chosen), chosen.mean(axis=0, dtype=np.float64) if len(chosen) else np.zeros((28, 28))))
    (right, of_right), (taken, of_taken) = found
    return Means(right, taken, of_right, of_taken)
