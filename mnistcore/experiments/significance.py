"""Is a difference between settings real? Paired over seeds, and on the same test images."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

CONFIDENCE = 0.95
POWER = 0.8
MOST_SEEDS = 1000


@dataclass(frozen=True)
class MeanDifference:
    """The mean of ``count`` paired differences and its confidence interval; all as shares (0.002 is 0.2 points)."""

    mean: float
    low: float
    high: float
    deviation: float
    count: int

    @property
    def is_shown(self) -> bool:
        """Whether the interval leaves out 0: a difference that these seeds show."""
        return self.low > 0 or self.high < 0


def mean_difference(
    first: Sequence[float], second: Sequence[float], confidence: float = CONFIDENCE
) -> MeanDifference | None:
    """How much ``second`` is above ``first``, seed by seed: mean and Student's t interval of the paired differences.

    Both are (n,), in the order of the seeds. None for fewer than two seeds, which say nothing about chance.
    """
    differences = np.asarray(second, np.float64) - np.asarray(first, np.float64)
    count = len(differences)
    if count < 2:
        return None
    mean, deviation = float(differences.mean()), float(differences.std(ddof=1))
    margin = float(special.stdtrit(count - 1, 0.5 + confidence / 2)) * deviation / math.sqrt(count)
    return MeanDifference(mean, mean - margin, mean + margin, deviation, count)


def seeds_needed(deviation: float, difference: float, confidence: float = CONFIDENCE, power: float = POWER) -> int:
    """How many seeds would show a true mean difference of this size with this power; at most MOST_SEEDS.

    The power of the paired t test is that of a noncentral t distribution (Cohen 1988); ``deviation`` is the standard
    deviation of the paired differences.
    """
    if deviation == 0:
        return 2
    for count in range(2, MOST_SEEDS):
        critical = special.stdtrit(count - 1, 0.5 + confidence / 2)
        shift = abs(difference) / deviation * math.sqrt(count)
        if 1 - special.nctdtr(count - 1, shift, critical) >= power:
            return count
    return MOST_SEEDS


@dataclass(frozen=True)
class SameImages:
    """Two networks on the same n images: how many only the one classifies correctly, only the other, both, neither."""

    only_first: int
    only_second: int
    both: int
    neither: int
    p_value: float


def compare_on_same_images(first_correct: np.ndarray, second_correct: np.ndarray) -> SameImages:
    """McNemar's exact test on (n,) bool each: could the images that only one gets right be divided so by chance?

    Under the null hypothesis each of them is as likely to be the one's as the other's (McNemar 1947): binomial.
    """
    only_first = int((first_correct & ~second_correct).sum())
    only_second = int((~first_correct & second_correct).sum())
    disagreements = only_first + only_second
    tail = float(special.bdtr(min(only_first, only_second), disagreements, 0.5)) if disagreements else 1.0
    both = int((first_correct & second_correct).sum())
    return SameImages(only_first, only_second, both, len(first_correct) - both - disagreements, min(1.0, 2 * tail))


def same_images_words(found: SameImages) -> str:
    """McNemar's test in a sentence or two."""
    count = found.only_first + found.only_second
    total = found.both + found.neither + count
    words = (
        f"Of {total:,} test images both read {found.both:,} and neither {found.neither:,}; "
        f"{found.only_first:,} only the first reads, {found.only_second:,} only the second."
    )
    if found.p_value >= 1 - CONFIDENCE:
        cases = f"{100 * found.p_value:.0f} % of all cases"
        return f"{words} Chance alone would divide {count:,} images so unevenly in {cases}: no difference shown."
    better = "first" if found.only_first > found.only_second else "second"
    return f"{words} Chance would hardly divide them so (p {_p_words(found.p_value)}): the {better} network is better."


def _p_words(p_value: float) -> str:
    return "< 0.001" if p_value < 0.001 else f"= {p_value:.3f}"
