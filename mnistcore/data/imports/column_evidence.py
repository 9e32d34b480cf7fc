"""What a column of a table looks like: labels, pixels, numbers of rows; and what it holds, in words."""

import numpy as np

from mnistcore.data.dataset import DIGITS

MOST_CLASSES = 62  # of handwritten characters: digits, capitals and small letters


def is_like_labels(values: np.ndarray) -> bool:
    """Digits, none of them in more than half of the rows."""
    if values.dtype == object or ((values < 0) | (values >= DIGITS) | (values != np.floor(values))).any():
        return False
    return not _is_like_paper(values)


def is_like_pixels(values: np.ndarray) -> bool:
    """As the corner of an image: one value mostly, or values beyond those of any labels."""
    return values.dtype != object and (_is_like_paper(values) or bool(values.max() >= MOST_CLASSES))


def _is_like_paper(values: np.ndarray) -> bool:
    """One value in more than half of the rows, as in the corner of an image."""
    return bool(2 * np.unique(values.astype(str), return_counts=True)[1].max() > len(values))


def is_running(values: np.ndarray) -> bool:
    """0, 1, 2 … or 1, 2, 3 … in at least two rows: numbers of rows."""
    if values.dtype == object or len(values) < 2:
        return False
    counted = np.arange(len(values))
    return any(np.array_equal(values, counted + start) for start in (0, 1))


def described(values: np.ndarray) -> str:
    if values.dtype == object:
        return f"texts such as {next(str(text) for text in values if not is_number(str(text)))[:20]!r}"
    low, high, different = values.min(), values.max(), len(np.unique(values))
    if different == 1:
        return f"only {low:g}"
    return f"{low:g} to {high:g} ({different:,} different values, {_most_common(values)})"


def _most_common(values: np.ndarray) -> str:
    found, counts = np.unique(values, return_counts=True)
    return f"{found[counts.argmax()]:g} in {counts.max() / len(values):.0%} of the rows".replace("%", " %")


def is_number(text: str) -> bool:
    """Whether a text is a number, also one that is not finite."""
    try:
        float(text)
    except ValueError:
        return False
    return True
