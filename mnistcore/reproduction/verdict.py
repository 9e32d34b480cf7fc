"""A run's history as the figures of a system's goals, and whether they are reached."""

from collections.abc import Iterable, Mapping
from typing import Any

from mnistcore.reproduction.systems import System


def figures(rows: Iterable[Mapping[str, Any]], system: System, recipe: str | None = None) -> dict[str, float]:
    """Key → value of the goals that a run of ``recipe`` (None: the system's own) has to reach, as far as it has them.

    rows: the run's history, ascending by step, each with the columns of ``RunStore.history``; None or NaN where
    nothing was measured.
    """
    rows = list(rows)
    own = None if recipe in (None, system.recipe) else recipe
    found = {goal.key: goal.measure(rows) for goal in system.goals if goal.recipe == own}
    return {key: value for key, value in found.items() if value is not None}


def verdict(system: System, measured: Mapping[str, float], variants: bool = True) -> tuple[bool, str]:
    """Whether every goal with bounds is reached by these figures (key → value, mean over seeds), and a sentence.

    A figure that is missing is not reached. ``variants``: whether that holds for the system's variants too.
    """
    needed = [goal for goal in system.goals if variants or goal.recipe is None or goal.key in measured]
    bounded = [goal for goal in needed if goal.wanted]
    missing = [goal.words for goal in bounded if goal.is_met(measured.get(goal.key)) is None]
    missed = [
        f"{goal.words} is {goal.shown(measured[goal.key])}, not {goal.wanted}"
        for goal in bounded
        if goal.is_met(measured.get(goal.key)) is False
    ]
    if missed:
        return False, f"Not reached: {'; '.join(missed)}."
    if missing:
        return False, f"Not all measured; missing: {'; '.join(missing)}."
    return True, "Reproduced." if system.published else "Reached."
