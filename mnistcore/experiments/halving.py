"""Stopping the hopeless early: successive halving, by thirds (Jamieson and Talwalkar 2016).

All combinations train for a ninth of their steps; the better third of them go on to a third of their steps, and the
better third of those to the end. Who goes on follows from the validation accuracies alone, and these from config and
seed: an experiment that was killed and went on ends with the same runs.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mnistcore.experiments.config import ExperimentConfig
from mnistcore.runs.records import ENDED

THIRD = 3
SHARES = (1 / 9, 1 / 3)  # of their steps, after which the combinations are compared
BRACKET = 9  # combinations that are compared with one another where their number is not known before


@dataclass(frozen=True)
class Member:
    """A run of an experiment: which combination of settings, which repeat of it, and how it is doing.

    It pauses after the share ``pauses_at`` of its steps, if that is given. ``accuracy`` is its best on validation
    images up to now, at ``best_step``, None before the first evaluation; ``at_shares`` holds what was measured at the
    shares of its steps at which it has paused: later figures must not change what was decided there.
    """

    run_id: str
    combination: int
    repeat: int
    values: dict[str, Any]
    status: str
    pauses_at: float | None = None
    accuracy: float | None = None
    best_step: int | None = None
    at_shares: Mapping[float, float | None] = field(default_factory=dict)

    @property
    def is_at_pause(self) -> bool:
        """Whether it has come as far as it was allowed to."""
        return self.pauses_at is not None and self.pauses_at in self.at_shares

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to come of it, unless somebody resumes it."""
        return self.status in ENDED or self.status == "failed"


def rungs(config: ExperimentConfig) -> tuple[float | None, ...]:
    """After which shares of their steps the combinations are compared, and None for the end."""
    if not config.stop_early:
        return (None,)
    size = bracket_size(config)
    return (*SHARES, None) if size >= BRACKET else (SHARES[1], None) if size >= THIRD else (None,)


def bracket_size(config: ExperimentConfig) -> int:
    """How many combinations are compared with one another: all of them, where chance or a grid has chosen them.

    TPE has to see results before it chooses: nine at a time.
    """
    combinations = config.combinations
    if combinations is None or config.sampler == "tpe":
        return BRACKET if combinations is None else min(BRACKET, combinations)
    return combinations


@dataclass(frozen=True)
class Decision:
    """What becomes of the members that have paused: who goes on, up to which share (None: the end), and who not."""

    go_on: dict[str, float | None] = field(default_factory=dict)
    stopped: set[str] = field(default_factory=set)


def decide(config: ExperimentConfig, members: Sequence[Member]) -> Decision:
    """As far as it can be decided: a bracket is looked at when all of its members have come so far, or ended."""
    decision, size = Decision(), bracket_size(config)
    for first in range(0, 1 + max((member.combination for member in members), default=-1), size):
        bracket = [member for member in members if first <= member.combination < first + size]
        if len(bracket) == size * config.seeds:
            _decide_bracket(config, bracket, decision)
    return decision


def _decide_bracket(config: ExperimentConfig, bracket: Sequence[Member], decision: Decision) -> None:
    shares = rungs(config)
    competing = bracket
    for share, following in itertools.pairwise(shares):
        if not all(member.is_over or share in member.at_shares for member in competing):
            break
        best = better_third(competing, share)
        waiting = [each for each in competing if each.status == "paused" and each.pauses_at == share]
        decision.go_on.update({each.run_id: following for each in waiting if each.combination in best})
        decision.stopped.update(each.run_id for each in waiting if each.combination not in best)
        competing = [member for member in competing if member.combination in best]


def better_third(members: Sequence[Member], share: float | None) -> set[int]:
    """The combinations with the highest mean accuracy over their seeds after this share of their steps: a third, at
    least one; ties to the earlier. One that ended before, diverged or otherwise, comes last.
    """
    scores: dict[int, list[float]] = {}
    for member in members:
        accuracy = member.at_shares.get(share) if share is not None else member.accuracy
        scores.setdefault(member.combination, []).append(-1.0 if accuracy is None else accuracy)
    ranked = sorted(scores, key=lambda number: (-sum(scores[number]) / len(scores[number]), number))
    return set(ranked[: max(1, len(ranked) // THIRD)])
