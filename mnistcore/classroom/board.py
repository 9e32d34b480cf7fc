"""The board: every drawing with what a network reads in it, in the order that the teacher wants."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mnistcore.classroom.drawings import ClassDrawing

ORDERS = ("newest", "surest", "least sure", "wrong first")
MOST_SHOWN = 240  # tiles on a board; the rest are counted


@dataclass(frozen=True, eq=False)
class Tile:
    """A drawing, the digit that the network reads in it, and how probable it is for the network (0 to 1)."""

    drawing: ClassDrawing
    read: int
    sure: float

    @property
    def is_right(self) -> bool:
        """Whether it reads what was asked for."""
        return self.read == self.drawing.digit


@dataclass(frozen=True, eq=False)
class Board:
    """What the projector shows: tiles in order, and over all drawings that are not hidden how many of each digit."""

    tiles: list[Tile]
    counts: tuple[int, ...]
    correct: int
    hidden: int

    @property
    def total(self) -> int:
        """How many drawings are not hidden."""
        return sum(self.counts)

    @property
    def rarest(self) -> int:
        """The digit with the fewest drawings, the smallest of several: to be asked for next."""
        return self.counts.index(min(self.counts))


def build_board(
    drawings: Sequence[ClassDrawing],
    predict: Callable[[NDArray[np.uint8]], NDArray[np.float32]],
    order: str = "newest",
    with_hidden: bool = False,
    known: dict[int, NDArray[np.float32]] | None = None,
) -> Board:
    """The board of these drawings; ``predict`` gives (n, 10) probabilities for (n, 28, 28) uint8 images.

    Where a network has diverged and gives no numbers, it counts as sure of nothing. ``known`` keeps what it has read,
    by a drawing's id, for the next time: of 300 drawings and one new one it then reads one.
    """
    known = {} if known is None else known
    if new := [one for one in drawings if one.id not in known]:
        probabilities = np.nan_to_num(predict(np.stack([one.image for one in new])))
        known |= {one.id: row for one, row in zip(new, probabilities, strict=True)}
    tiles = [Tile(one, int(known[one.id].argmax()), float(known[one.id].max())) for one in drawings]
    shown = [tile for tile in tiles if not tile.drawing.hidden]
    counts = np.bincount([tile.drawing.digit for tile in shown], minlength=10)
    correct = sum(tile.is_right for tile in shown)
    listed = sorted(tiles if with_hidden else shown, key=_KEYS[order])
    return Board(listed[:MOST_SHOWN], tuple(map(int, counts)), correct, len(tiles) - len(shown))


_KEYS: dict[str, Callable[[Tile], tuple[float, ...]]] = {
    "newest": lambda tile: (-tile.drawing.id,),
    "surest": lambda tile: (-tile.sure, -tile.drawing.id),
    "least sure": lambda tile: (tile.sure, -tile.drawing.id),
    "wrong first": lambda tile: (tile.is_right, -tile.sure, -tile.drawing.id),
}
