"""Images without a digit: a network has only ten answers, so it must take them for one."""

import numpy as np
from PIL import Image, ImageDraw

SIDE = 28
SCALE = 8  # letters are drawn so much larger, then made small: smooth edges
# Strokes of letters that are no digit in any hand, in pixels from 0 to 28.
LETTERS = {
    "A": ([(7, 22), (14, 5), (21, 22)], [(10, 16), (18, 16)]),
    "E": ([(20, 6), (8, 6), (8, 22), (20, 22)], [(8, 14), (17, 14)]),
    "K": ([(8, 5), (8, 23)], [(20, 5), (8, 14), (20, 23)]),
    "M": ([(6, 22), (7, 6), (14, 16), (21, 6), (22, 22)],),
    "X": ([(7, 5), (21, 23)], [(21, 5), (7, 23)]),
}


def nonsense_images(digits: np.ndarray, rng: np.random.Generator) -> list[tuple[str, np.ndarray]]:
    """Titles and (28, 28) uint8 images; two of ``digits`` (n ≥ 2, 28, 28) are inverted, overlaid and shuffled."""
    first, second = digits[:2]
    rows, columns = np.indices((SIDE, SIDE))
    pictures = {
        "nothing": np.zeros((SIDE, SIDE)),
        "all ink": np.full((SIDE, SIDE), 255),
        "grey": np.full((SIDE, SIDE), 128),
        "noise": rng.integers(0, 256, (SIDE, SIDE)),
        "a few specks": 255 * (rng.random((SIDE, SIDE)) < 0.05),
        "stripes": 255 * (columns // 3 % 2),
        "chessboard": 255 * ((rows // 4 + columns // 4) % 2),
        "a frame": 255 * (np.maximum(abs(rows - 13.5), abs(columns - 13.5)) // 2 == 5),
        **{f"the letter {letter}": _letter(strokes) for letter, strokes in LETTERS.items()},
        "an inverted digit": 255 - first.astype(np.int64),
        "two digits at once": np.maximum(first, second),
        "a digit's pixels, shuffled": rng.permutation(first.reshape(-1)).reshape(SIDE, SIDE),
    }
    return [(title, pixels.astype(np.uint8)) for title, pixels in pictures.items()]


def two_digits(images: np.ndarray, labels: np.ndarray, turn: int) -> np.ndarray:
    """Two of (n, 28, 28) images, labelled (n,), that show different digits as far as there are any; others each turn.

    Shape (2, 28, 28); the same ``turn`` gives the same two.
    """
    first = turn % len(labels)
    others = np.flatnonzero(labels != labels[first])
    return images[[first, int(others[turn % len(others)]) if len(others) else first]]


def count_sure(probabilities: np.ndarray, share: float) -> int:
    """Of how many images (n, 10) a network is sure: its largest probability is at least ``share``."""
    return int((probabilities.max(axis=1) >= share).sum())


def _letter(strokes: tuple[list[tuple[int, int]], ...]) -> np.ndarray:
    """A letter (28, 28), white on black, with a pen as wide as in MNIST."""
    picture = Image.new("L", (SIDE * SCALE, SIDE * SCALE))
    pen = ImageDraw.Draw(picture)
    for stroke in strokes:
        pen.line([(x * SCALE, y * SCALE) for x, y in stroke], fill=255, width=int(2.5 * SCALE), joint="curve")
    return np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.BOX))
