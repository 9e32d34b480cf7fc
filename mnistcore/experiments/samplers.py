"""Who chooses the next settings: every combination in turn, chance, or Optuna's TPE, which learns from the others.

A sampler keeps nothing: it is rebuilt from what the store holds each time it is asked.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mnistcore.experiments.config import ExperimentConfig, Range, Values, Variation, grid_values

if TYPE_CHECKING:
    from optuna import Study
    from optuna.distributions import BaseDistribution
    from optuna.samplers import BaseSampler
    from optuna.trial import FrozenTrial

Combination = dict[str, Any]  # a value for each setting that varies, by the setting's name


@dataclass(frozen=True)
class Tried:
    """A combination that was handed out; ``accuracy`` on validation images, None while nothing is known of it."""

    values: Combination
    accuracy: float | None
    is_over: bool


def next_combination(config: ExperimentConfig, number: int, tried: Sequence[Tried] = ()) -> Combination:
    """The combination ``number`` (from 0) of an experiment.

    Of a grid and at random it depends on the number alone; TPE also looks at what was tried, whatever is still running
    among it (Bergstra et al. 2011; running ones count as bad, so that workers do not crowd in one place).
    """
    if config.sampler == "grid":
        return grid_combination(config, number)
    if config.sampler == "random":
        return _at_random(config, number)
    return _by_tpe(config, number, tried)


def grid_combination(config: ExperimentConfig, number: int) -> Combination:
    """The combination ``number`` of the grid; the setting named last changes fastest."""
    lists = [grid_values(variation) for variation in config.vary.values()]
    chosen = next(itertools.islice(itertools.product(*lists), number, None))
    return dict(zip(config.vary, chosen, strict=True))


def _at_random(config: ExperimentConfig, number: int) -> Combination:
    rng = np.random.default_rng([config.sampler_seed, number])
    return {name: _drawn(variation, rng) for name, variation in config.vary.items()}


def _drawn(variation: Variation, rng: np.random.Generator) -> Any:
    if isinstance(variation, Values):
        return variation.values[int(rng.integers(len(variation.values)))]
    if variation.whole and not variation.log:
        return int(rng.integers(math.ceil(variation.low), math.floor(variation.high), endpoint=True))
    return variation.at(float(rng.random()))


def _by_tpe(config: ExperimentConfig, number: int, tried: Sequence[Tried]) -> Combination:
    import optuna

    sampler = optuna.samplers.TPESampler(seed=(config.sampler_seed + number) % 2**32, constant_liar=True)
    study = study_of(config, tried, sampler)
    chosen = study.ask({name: _distribution(variation) for name, variation in config.vary.items()}).params
    return {name: _from_optuna(variation, chosen[name]) for name, variation in config.vary.items()}


def study_of(config: ExperimentConfig, tried: Sequence[Tried], sampler: BaseSampler | None) -> Study:
    """What was tried as an Optuna study in memory."""
    import optuna  # takes 0.1 s: only for whom it is

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    distributions = {name: _distribution(variation) for name, variation in config.vary.items()}
    for each in tried:
        trial = _trial(config, each, distributions)
        if trial is not None:
            study.add_trial(trial)
    return study


def _distribution(variation: Variation) -> BaseDistribution:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if isinstance(variation, Values):
        return CategoricalDistribution([json.dumps(value) for value in variation.values])
    if variation.whole:
        return IntDistribution(round(variation.low), round(variation.high), log=variation.log)
    return FloatDistribution(variation.low, variation.high, log=variation.log)


def _from_optuna(variation: Variation, chosen: Any) -> Any:
    return json.loads(chosen) if isinstance(variation, Values) else variation.rounded(chosen)


def _trial(config: ExperimentConfig, tried: Tried, distributions: dict[str, BaseDistribution]) -> FrozenTrial | None:
    """What was tried, as Optuna keeps it; None for what lies outside of a range that was narrowed since."""
    from optuna.trial import TrialState, create_trial

    if tried.accuracy is None and tried.is_over:
        return None
    params: dict[str, Any] = {}
    for name, variation in config.vary.items():
        if name not in tried.values or not contains(variation, tried.values[name]):
            return None
        value = tried.values[name]
        params[name] = json.dumps(value) if isinstance(variation, Values) else value
    if not tried.is_over:
        return create_trial(state=TrialState.RUNNING, params=params, distributions=distributions)
    return create_trial(value=tried.accuracy, params=params, distributions=distributions)


def contains(variation: Variation, value: Any) -> bool:
    """Whether a variation can give this value."""
    if isinstance(variation, Range):
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return is_number and variation.low <= value <= variation.high
    return value in variation.values
