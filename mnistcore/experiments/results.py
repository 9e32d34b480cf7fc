"""What came of an experiment: each combination with its uncertainty, and one sentence that says what matters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from statistics import fmean
from typing import Any

from mnistcore.experiments.config import ExperimentConfig, Range
from mnistcore.experiments.coordinator import accuracy_of, is_settled, tried
from mnistcore.experiments.halving import Member, rungs
from mnistcore.experiments.importance import (
    CHANCE,
    ENOUGH,
    ENOUGH_PER_SETTING,
    LITTLE,
    best_values,
    importances,
    makes_a_difference,
)
from mnistcore.experiments.samplers import Tried
from mnistcore.experiments.significance import MeanDifference, mean_difference, seeds_needed

SMALL = 0.002  # a difference in accuracy that is worth telling: 0.2 points


@dataclass(frozen=True)
class Combination:
    """A combination of settings with the accuracies of its repeats: best validation accuracy of each, None if unknown.

    ``stopped_early``: it waits where successive halving has left it.
    """

    number: int
    values: dict[str, Any]
    runs: tuple[str, ...]
    accuracies: tuple[float | None, ...]
    is_over: bool
    stopped_early: bool
    diverged: int

    @cached_property
    def known(self) -> list[float]:
        """The accuracies that are known."""
        return [accuracy for accuracy in self.accuracies if accuracy is not None]

    @cached_property
    def mean(self) -> float | None:
        """Their mean; None while there are none."""
        return fmean(self.known) if self.known else None

    @property
    def range(self) -> tuple[float, float] | None:
        """The lowest and the highest of them."""
        return (min(self.known), max(self.known)) if self.known else None


def combinations(members: Sequence[Member]) -> list[Combination]:
    """The combinations of an experiment, in the order in which they were chosen."""
    found = []
    for number, group in groupby(members, key=lambda member: member.combination):
        repeats = list(group)
        found.append(
            Combination(
                number=number,
                values=repeats[0].values,
                runs=tuple(member.run_id for member in repeats),
                accuracies=tuple(accuracy_of(member) for member in repeats),
                is_over=all(is_settled(member) for member in repeats),
                stopped_early=any(member.status == "paused" and member.is_at_pause for member in repeats),
                diverged=sum(member.status == "diverged" for member in repeats),
            )
        )
    return found


def best_of(found: Sequence[Combination]) -> Combination | None:
    """The one with the highest mean that was not stopped early; of equal ones the first."""
    known = [each for each in found if each.mean is not None and not each.stopped_early]
    return max(known, key=lambda each: (each.mean or 0.0, -each.number), default=None)


def compare(first: Combination, second: Combination) -> MeanDifference | None:
    """How much the second is above the first, over the seeds that both have; None for fewer than two of them."""
    pairs = [
        (one, other)
        for one, other in zip(first.accuracies, second.accuracies, strict=False)
        if one is not None and other is not None
    ]
    return mean_difference([one for one, _ in pairs], [other for _, other in pairs]) if len(pairs) > 1 else None


def comparison_words(difference: MeanDifference | None) -> str:
    """The comparison in a sentence, with what would be needed where it cannot tell."""
    if difference is None:
        return "One seed says nothing about chance: run both settings with at least two seeds."
    interval = f"95 % interval {_points(difference.low)} to {_points(difference.high)} points"
    if difference.is_shown:
        which = "second" if difference.mean > 0 else "first"
        return (
            f"The {which} is better by {_points(abs(difference.mean))} points ({interval}, {difference.count} seeds)."
        )
    needed = seeds_needed(difference.deviation, SMALL)
    words = f"No difference shown ({interval}, {difference.count} seeds)"
    if needed > difference.count:
        return f"{words}; about {needed:,} seeds each would show {_points(SMALL)} points."
    return f"{words}: it is smaller than {_points(max(abs(difference.low), abs(difference.high)))} points."


def _points(share: float) -> str:
    return f"{100 * share:.2g}" if abs(share) < 0.0995 else f"{100 * share:.1f}"


def setting_words(name: str) -> str:
    """A setting's name as it stands in a sentence: ``learning rate``, ``optimizer``."""
    return _WORDS.get(name) or name.replace(".kind", "").replace(".", " ").replace("_", " ")


_WORDS = {
    "train_size": "number of training images",
    "hidden_layers": "number of hidden layers",
    "initialization.kind": "initial weights",
    "weight_average": "mean of the weights",
    "augmentation.shift": "shift",
    "augmentation.rotation": "rotation",
}


def state_words(combination: Combination) -> str:
    """How the runs of a combination are doing."""
    if combination.diverged:
        return "diverged" if len(combination.runs) == 1 else f"{combination.diverged} diverged"
    if combination.stopped_early:
        return "stopped early"
    return "" if combination.is_over else "training"


def observations(config: ExperimentConfig, members: Sequence[Member]) -> list[Tried]:
    """What settings are judged by: the mean of each combination, or every run where a single setting varies.

    With one setting the repeats are what its effect is held against; with several, the other combinations are.
    """
    if len(config.vary) > 1:
        return tried(members)
    return [Tried(member.values, accuracy_of(member), is_settled(member)) for member in members]


def summary(config: ExperimentConfig, members: Sequence[Member]) -> str:
    """One sentence: which setting matters most and where it is best, and which make no difference that shows."""
    known = observations(config, members)
    over = sum(each.is_over and each.accuracy is not None for each in known)
    noun = "combinations" if len(config.vary) > 1 and config.seeds > 1 else "runs"
    found = importances(config, known)
    if found is None:
        needed = max(ENOUGH, ENOUGH_PER_SETTING * len(config.vary))
        best = best_of(combinations(members))
        words = "" if best is None or best.mean is None else f" Best so far: {100 * best.mean:.2f} % on validation."
        question = (
            "Which setting matters" if len(config.vary) > 1 else f"Whether the {setting_words(*config.vary)} matters"
        )
        return f"{question} shows from {needed} {noun} on; {over:,} {'has' if over == 1 else 'have'} ended.{words}"
    chances = {name: makes_a_difference(config, name, known) for name in found}
    shown = [name for name in found if chances[name] < CHANCE]
    runs = f"these {over:,} {noun}"
    if not shown:
        if len(config.vary) == 1:
            return f"The {setting_words(*config.vary)} makes no difference that {runs} could show."
        return f"No setting makes a difference that {runs} could show."
    first = shown[0]
    if found[first] < LITTLE:
        share = f"{100 * found[first]:.0f} %"
        if len(config.vary) == 1:
            return f"The {setting_words(first)} hardly matters: it explains {share} of the differences between {runs}."
        return (
            f"No setting matters much: of the differences between {runs}, the {setting_words(first)} explains {share}."
        )
    best_words = _best_words(config, first, best_values(first, known))
    matters = "matters most" if len(config.vary) > 1 else "matters"
    words = f"{setting_words(first).capitalize()} {matters} ({found[first]:.0%} of the differences), {best_words}"
    words = words.replace("%", " %", 1)
    others = [setting_words(name) for name in shown[1:]]
    if others:
        words += f"; then {_listed(others, 'and')}"
    silent = [setting_words(name) for name in found if name not in shown]
    if silent:
        verb = "make" if len(silent) > 1 else "makes"
        words += f"; {_listed(silent, 'and')} {verb} no difference that {runs} could show"
    return words + "."


def _best_words(config: ExperimentConfig, name: str, best: Sequence[Any]) -> str:
    if isinstance(config.vary[name], Range) and min(best) < max(best):
        return f"best between {min(best):g} and {max(best):g}"
    return f"best at {value_words(best[0])}"


def value_words(value: Any) -> str:
    """A setting's value as it stands in a sentence."""
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return "none" if value is None else str(value).replace("_", " ")


def _listed(words: Sequence[str], last: str) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"


def plan_words(config: ExperimentConfig) -> str:
    """How many runs there will be, and how the hopeless are stopped."""
    count = config.combinations
    if count is None:
        words = f"As many runs as {config.minutes:g} minutes allow"
    else:
        kind = "Every combination: " if config.sampler == "grid" else ""
        total = count * config.seeds
        words = f"{kind}{total:,} {'run' if total == 1 else 'runs'}"
        if config.seeds > 1:
            words += f" of {count:,} {'combination' if count == 1 else 'combinations'}, {config.seeds} seeds each"
        if config.minutes is not None:
            words += f", at most {config.minutes:g} minutes"
    early = {1: "", 2: f" {_GOES_ON.format('a third')}.", 3: f" {_GOES_ON.format('a ninth')}, and again after a third."}
    start = config.base.start_from
    from_where = "" if start is None else f" All start from the weights of run {start.run}."
    return f"{words}.{early[len(rungs(config))]}{from_where}"


_GOES_ON = "After {} of its steps a run is compared with the others, and only the better third goes on"
