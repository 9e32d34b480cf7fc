"""Two networks on the same images: who is right where, whose certainty was justified, and how they came to agree."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mnistcore.errors import DataError


@dataclass(frozen=True, eq=False)
class Cells:
    """The images (indices, int64) that both classify correctly, only the first, only the second, and neither.

    Those somebody gets wrong begin with the surest wrong answer, those both get right with the least sure one.
    """

    both: np.ndarray
    only_first: np.ndarray
    only_second: np.ndarray
    neither: np.ndarray


@dataclass(frozen=True)
class Surer:
    """Believing the surer of two networks where only one is right: right ``correct`` times in ``count``."""

    correct: int
    count: int


def split_cells(first: np.ndarray, second: np.ndarray, labels: np.ndarray) -> Cells:
    """The 2×2 of right and wrong, from probabilities (n, 10) each and labels (n,)."""
    first_right, second_right = _correct(first, labels), _correct(second, labels)
    sure = np.stack([first.max(axis=1), second.max(axis=1)])
    wrong = np.where([first_right, second_right], 0, sure).max(axis=0)
    is_in = (first_right & second_right, first_right & ~second_right, ~first_right & second_right)
    both, only_first, only_second = map(np.flatnonzero, is_in)
    neither = np.flatnonzero(~(first_right | second_right))
    ranked = (rows[np.argsort(-wrong[rows], kind="stable")] for rows in (only_first, only_second, neither))
    return Cells(both[np.argsort(sure.min(axis=0)[both], kind="stable")], *ranked)


def certainty_in_cells(first: np.ndarray, second: np.ndarray, labels: np.ndarray) -> pd.DataFrame:
    """How sure each network is on average in each cell: columns cell, count, first and second (NaN in an empty one).

    first, second: probabilities (n, 10); labels (n,). A cell is named by the field of ``Cells``.
    """
    rows = []
    for name, inside in vars(split_cells(first, second, labels)).items():
        means = [float(each[inside].max(axis=1).mean()) if len(inside) else np.nan for each in (first, second)]
        rows.append({"cell": name, "count": len(inside), "first": means[0], "second": means[1]})
    return pd.DataFrame(rows)


def believe_the_surer(first: np.ndarray, second: np.ndarray, labels: np.ndarray) -> Surer:
    """How often the surer of two networks is the one that is right, where only one is; half of a tie counts.

    The count is rounded down. first, second: probabilities (n, 10); labels (n,).
    """
    first_right, second_right = _correct(first, labels), _correct(second, labels)
    alone = first_right != second_right
    lead = np.where(first_right, 1, -1)[alone] * np.sign(first.max(axis=1) - second.max(axis=1))[alone]
    return Surer(int((lead > 0).sum() + (lead == 0).sum() // 2), int(alone.sum()))


def agreement(first: np.ndarray, second: np.ndarray) -> float:
    """The share of images on which two rows of answers (n,) are the same."""
    if len(first) != len(second) or len(first) == 0:
        raise DataError(
            f"agreement needs two equally long rows of answers, at least 1, got {len(first)} and {len(second)}"
        )
    return float((first == second).mean())


def matched_steps(first: Sequence[int], second: Sequence[int], points: int = 12) -> list[tuple[int, int]]:
    """Pairs of snapshot steps of two runs that are about as far in their own training, ascending, at most ``points``.

    first, second: ascending steps, at least one each. Both ends are among the pairs, none comes twice.
    """

    def nearest(steps: Sequence[int], share: float) -> int:
        return min(steps, key=lambda step: abs(step - share * steps[-1]))

    return list(dict.fromkeys((nearest(first, share), nearest(second, share)) for share in np.linspace(0, 1, points)))


def _correct(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    return np.asarray(probabilities.argmax(axis=1) == labels)
