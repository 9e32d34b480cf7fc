"""What would change a network's mind: the smallest stroke of a pen, or of an eraser, that changes its answer."""

import numpy as np

from mnistcore.insight.adversarial import Flip, flip_to, lead_over_others
from mnistcore.nn import Network
from mnistcore.nn.network import as_rows

DOT = np.array([[0.5, 1, 0.5], [1, 1, 1], [0.5, 1, 0.5]], np.float32)  # the tip: about as broad as a stroke in MNIST
TIPS = range(1, 27)  # the rows and columns where all of it is on the paper
NEXT = [(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1) if down or right]
BEAM = 12  # strokes that are drawn on at the same time
LONGEST = 24  # dots

Stroke = tuple[tuple[int, int], ...]  # the rows and columns where the tip is put down, each beside the one before


def flipping_stroke(
    network: Network, image: np.ndarray, erases: bool, target: int | None = None
) -> tuple[Flip, Stroke] | None:
    """The shortest stroke found that changes the answer to a (28, 28) uint8 image, to ``target`` if one is given; of
    equally short ones that which changes the ink least. None if none of at most LONGEST dots does.

    A beam search: of all first dots, then of all ways to go on by a pixel, the BEAM that lower the answer's lead most
    are kept. Every lead is a forward pass, and so is the answer in the end. Not always the shortest stroke possible.
    """
    as_rows(image[None])
    before = int(network.logits(image[None])[0].argmax())
    strokes: list[Stroke] = [((row, column),) for row in TIPS for column in TIPS]
    for _ in range(LONGEST):
        strokes, changed = _different(image, strokes, erases)
        if not strokes:
            return None
        leads = _leads(network.logits(changed), before, target)
        flipped = np.flatnonzero(leads < 0)
        if len(flipped):
            ink = np.abs(changed[flipped].astype(np.int64) - image).sum(axis=(1, 2))
            best = int(flipped[ink.argmin()])
            return flip_to(network, image, changed[best], before), strokes[best]
        kept = [strokes[place] for place in np.argsort(leads, kind="stable")[:BEAM]]
        strokes = [(*stroke, tip) for stroke in kept for tip in _beside(stroke)]
    return None


def draw_stroke(image: np.ndarray, stroke: Stroke, erases: bool) -> np.ndarray:
    """The (28, 28) uint8 image with a stroke of ink on it, or of the eraser."""
    cover = np.zeros(image.shape, np.float32)
    for row, column in stroke:
        part = cover[row - 1 : row + 2, column - 1 : column + 2]
        np.maximum(part, DOT, out=part)
    if erases:
        return np.rint(image * (1 - cover)).astype(np.uint8)
    return np.maximum(image, np.rint(255 * cover).astype(np.uint8))


def _different(image: np.ndarray, strokes: list[Stroke], erases: bool) -> tuple[list[Stroke], np.ndarray]:
    """Those strokes that change the image, one for each result, and the results (k, 28, 28) uint8."""
    found: dict[bytes, tuple[Stroke, np.ndarray]] = {}
    for stroke in strokes:
        changed = draw_stroke(image, stroke, erases)
        found.setdefault(changed.tobytes(), (stroke, changed))
    found.pop(image.tobytes(), None)
    return [stroke for stroke, _ in found.values()], np.array([changed for _, changed in found.values()], np.uint8)


def _leads(logits: np.ndarray, before: int, target: int | None) -> np.ndarray:
    """By how much (k,) the answer leads; if it is to become ``target``, by how much the largest other score does."""
    return lead_over_others(logits, before) if target is None else -lead_over_others(logits, target)


def _beside(stroke: Stroke) -> list[tuple[int, int]]:
    """The places beside the stroke's last one."""
    row, column = stroke[-1]
    return [
        (row + down, column + right)
        for down, right in NEXT
        if row + down in TIPS and column + right in TIPS and (row + down, column + right) not in stroke
    ]
