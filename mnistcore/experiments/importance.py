"""Which setting matters: shares of the differences in accuracy, and whether a setting makes more than chance does."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import stats

from mnistcore.experiments.config import ExperimentConfig, Values
from mnistcore.experiments.samplers import Tried, study_of

ENOUGH_PER_SETTING = 4
ENOUGH = 8
CHANCE = 0.05
GROUPS = 3
NEWEST = 300  # combinations that are looked at: a forest of more takes seconds
TREES = 16


def importances(config: ExperimentConfig, tried: Sequence[Tried], better_half: bool = False) -> dict[str, float] | None:
    """The share (0 to 1) of the variance of accuracy that each setting explains alone, largest first; they sum to 1.

    Functional ANOVA over a random forest (Hutter, Hoos and Leyton-Brown 2014). ``better_half`` looks at the better half
    of the combinations only: where one bad range costs 80 points, nothing else can be seen beside it. None while there
    are too few: at least 8, and 4 for each setting.
    """
    import optuna

    over = [each for each in tried if each.is_over and each.accuracy is not None][-NEWEST:]
    if better_half:
        over = sorted(over, key=lambda each: -float(each.accuracy or 0.0))[: (len(over) + 1) // 2]
    if len(over) < max(ENOUGH, ENOUGH_PER_SETTING * len(config.vary)):
        return None
    if len({each.accuracy for each in over}) == 1:
        return dict.fromkeys(config.vary, 0.0)
    evaluator = optuna.importance.FanovaImportanceEvaluator(n_trees=TREES, seed=0)
    study = study_of(config, over, sampler=None)
    found = optuna.importance.get_param_importances(study, evaluator=evaluator)
    return {name: float(share) for name, share in found.items()} | {
        name: 0.0 for name in config.vary if name not in found
    }


def makes_a_difference(config: ExperimentConfig, name: str, tried: Sequence[Tried]) -> float:
    """The probability (p-value) that accuracies as different as these come by chance where ``name`` has no effect.

    Kruskal and Wallis's test on the ranks of the accuracies, which no single bad run can sway: of the values of a list,
    or of the lower, middle and upper third of a range. 1.0 where there is nothing to compare.
    """
    over = [each for each in tried if each.is_over and each.accuracy is not None and name in each.values]
    groups = [group for group in _groups(config, name, over) if group]
    if len(groups) < 2 or len({accuracy for group in groups for accuracy in group}) == 1:
        return 1.0
    return float(stats.kruskal(*groups).pvalue)


def _groups(config: ExperimentConfig, name: str, over: Sequence[Tried]) -> list[list[float]]:
    if isinstance(config.vary[name], Values) or len({each.values[name] for each in over}) <= 2 * GROUPS:
        by_value: dict[Any, list[float]] = {}
        for each in over:
            by_value.setdefault(repr(each.values[name]), []).append(float(each.accuracy or 0.0))
        return list(by_value.values())
    ordered = sorted(over, key=lambda each: float(each.values[name]))
    return [[float(each.accuracy or 0.0) for each in part] for part in _thirds(ordered)]


def _thirds(ordered: Sequence[Tried]) -> list[list[Tried]]:
    edges = np.linspace(0, len(ordered), GROUPS + 1).round().astype(int)
    return [list(ordered[start:end]) for start, end in itertools.pairwise(edges)]


def best_values(name: str, tried: Sequence[Tried]) -> list[Any]:
    """The values of a setting among the best tenth of the combinations (at least three), best first, each once."""
    over = [each for each in tried if each.is_over and each.accuracy is not None and name in each.values]
    over = sorted(over, key=lambda each: -float(each.accuracy or 0.0))[: max(3, len(over) // 10)]
    return list(dict.fromkeys(each.values[name] for each in over))
