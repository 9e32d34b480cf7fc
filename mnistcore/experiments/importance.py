"""Which setting matters: shares of the differences in accuracy, and whether a setting makes more than chance does."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import special

from mnistcore.experiments.config import ExperimentConfig, Values
from mnistcore.experiments.samplers import Tried

ENOUGH_PER_SETTING = 4
ENOUGH = 8
CHANCE = 0.05
LITTLE = 0.05  # of the differences: what explains less hardly matters, however many runs show it
PER_GROUP = 8  # combinations, where a range is divided into groups: three to six of them
Groups = list[list[float]]


def importances(config: ExperimentConfig, tried: Sequence[Tried], better_half: bool = False) -> dict[str, float] | None:
    """The share (0 to 1) of the variance of accuracy that each setting explains by itself, largest first.

    Omega squared of an analysis of variance (Hays 1963), over the values of a list or parts of a range: chance alone
    gives 0. What settings explain only together is in none of them. ``better_half`` looks at the better half of the
    combinations: where one bad range costs 80 points, nothing else can be seen beside it. None while there are too
    few: at least 8, and 4 for each setting.
    """
    over = _known(tried)
    if better_half:
        over = sorted(over, key=_accuracy, reverse=True)[: (len(over) + 1) // 2]
    if len(over) < max(ENOUGH, ENOUGH_PER_SETTING * len(config.vary)):
        return None
    shares = {name: omega_squared(_groups(config, name, over)) for name in config.vary}
    return dict(sorted(shares.items(), key=lambda item: -item[1]))


def omega_squared(groups: Groups) -> float:
    """The share of the variance that lies between the groups, less what chance puts there; 0 where there is none."""
    values = [np.asarray(group) for group in groups if group]
    pooled = np.concatenate(values)
    total = float(((pooled - pooled.mean()) ** 2).sum())
    within = float(sum(((group - group.mean()) ** 2).sum() for group in values))
    freedom = len(pooled) - len(values)
    if len(values) < 2 or freedom < 1 or total == 0:
        return 0.0
    noise = within / freedom
    return max(0.0, (total - within - (len(values) - 1) * noise) / (total + noise))


def makes_a_difference(config: ExperimentConfig, name: str, tried: Sequence[Tried]) -> float:
    """The probability (p-value) that accuracies as different as these come by chance where ``name`` has no effect.

    Kruskal and Wallis's test (1952) on the ranks of the accuracies, which no single bad run can sway. 1.0 where there
    is nothing to compare.
    """
    return kruskal_wallis([group for group in _groups(config, name, _known(tried)) if group])


def kruskal_wallis(groups: Groups) -> float:
    """The p-value of H, corrected for ties, by its chi-squared approximation; 1.0 for fewer than two groups."""
    pooled = np.concatenate([np.asarray(group) for group in groups]) if groups else np.empty(0)
    _, places, counts = np.unique(pooled, return_inverse=True, return_counts=True)
    if len(groups) < 2 or len(counts) < 2:
        return 1.0
    ranks = (counts.cumsum() - (counts - 1) / 2)[places]
    n, ends = len(pooled), np.cumsum([len(group) for group in groups])
    sums = [part.sum() ** 2 / len(part) for part in np.split(ranks, ends[:-1])]
    h = 12 / (n * (n + 1)) * sum(sums) - 3 * (n + 1)
    ties = 1 - float((counts.astype(float) ** 3 - counts).sum()) / (n**3 - n)
    return float(special.chdtrc(len(groups) - 1, h / ties))


def _accuracy(tried: Tried) -> float:
    return float(tried.accuracy or 0.0)


def _known(tried: Sequence[Tried]) -> list[Tried]:
    return [each for each in tried if each.is_over and each.accuracy is not None]


def _groups(config: ExperimentConfig, name: str, over: Sequence[Tried]) -> Groups:
    """The accuracies, apart by the value of a setting: of a list or a grid each, of a range parts of equal counts."""
    over = [each for each in over if name in each.values]
    count = max(3, min(6, len(over) // PER_GROUP))
    is_list = isinstance(config.vary[name], Values) or config.sampler == "grid"
    if is_list or len({each.values[name] for each in over}) <= count:
        by_value: dict[str, list[float]] = {}
        for each in over:
            by_value.setdefault(repr(each.values[name]), []).append(_accuracy(each))
        return list(by_value.values())
    ordered = sorted(over, key=lambda each: float(each.values[name]))
    edges = np.linspace(0, len(ordered), count + 1).round().astype(int)
    return [[_accuracy(each) for each in ordered[start:end]] for start, end in itertools.pairwise(edges)]


def best_values(name: str, tried: Sequence[Tried]) -> list[Any]:
    """The values of a setting among the best tenth of the combinations (at least three), best first, each once."""
    over = sorted((each for each in _known(tried) if name in each.values), key=_accuracy, reverse=True)
    return list(dict.fromkeys(each.values[name] for each in over[: max(3, len(over) // 10)]))
