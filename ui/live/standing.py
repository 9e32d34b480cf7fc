"""Who is ahead in a race and who has won it, in words that say no more than the validation images tell."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ui.frame.words import duration, percent, plain

if TYPE_CHECKING:
    from mnistcore.runs import Run

OUT = ("failed", "diverged")
Z = 1.96  # of a 95 % interval


def places(runs: Sequence[Run]) -> dict[str, int]:
    """By run id the place of each that has a validation accuracy, 1 for the highest; equal ones share a place."""
    measured = {run.id: _share(run) for run in runs if _is_measured(run)}
    return {i: 1 + sum(other > own for other in measured.values()) for i, own in measured.items()}


def verdict(labelled: Mapping[str, Run]) -> str:
    """The race's end in a sentence of Markdown: who was first at the target, if all have the same one, else who reads
    most of the validation images; a difference within its 95 % interval is no victory."""
    runs = {label: run for label, run in labelled.items() if run.status not in OUT}
    out = [f"“{plain(label)}” {run.status}." for label, run in labelled.items() if label not in runs]
    return " ".join([_at_target(runs) or _most_accurate(runs), *out])


def _is_measured(run: Run) -> bool:
    return run.validation_accuracy is not None and run.status not in OUT


def _at_target(runs: Mapping[str, Run]) -> str | None:
    """Who reached the common target first; None where there is none, or nobody reached it."""
    targets = {run.config.target_accuracy for run in runs.values()}
    target = targets.pop() if len(targets) == 1 else None
    if target is None:
        return None
    there = {label: run for label, run in runs.items() if (run.validation_accuracy or 0.0) >= target}
    if not there:
        return None
    (first, best), *others = sorted(there.items(), key=lambda item: item[1].seconds)
    goal = f"{percent(target, 2)} of the validation images"
    if others and duration(others[0][1].seconds) == duration(best.seconds):
        alike = [label for label, run in there.items() if duration(run.seconds) == duration(best.seconds)]
        return f"**A tie:** {_listed(alike)} reached {goal} after {duration(best.seconds)} of training."
    rest = f"; “{plain(others[0][0])}” needed {duration(others[0][1].seconds)}" if others else "; no other reached it"
    return f"**“{plain(first)}” wins:** it reached {goal} after {duration(best.seconds)} of training{rest}."


def _most_accurate(runs: Mapping[str, Run]) -> str:
    measured = {label: run for label, run in runs.items() if _is_measured(run)}
    if not measured:
        return "**No winner:** none of them has a validation accuracy."
    ranked = sorted(measured, key=lambda label: -_share(measured[label]))
    best = measured[ranked[0]]
    if len(ranked) == 1:
        return f"**“{plain(ranked[0])}” wins:** it alone has a validation accuracy, {percent(_share(best), 2)}."
    margins = {label: difference_margin(best, measured[label]) for label in ranked[1:]}
    close = [label for label, margin in margins.items() if _share(best) - _share(measured[label]) <= margin]
    if close:
        gap, margin = _share(best) - _share(measured[close[0]]), margins[close[0]]
        return (
            f"**Too close to call:** {_listed([ranked[0], *close])} are within the 95 % interval of each other. The "
            f"first two, {percent(_share(best), 2)} and {percent(_share(measured[close[0]]), 2)}, differ by "
            f"{100 * gap:.2f} points, and chance alone makes ±{100 * margin:.2f}."
        )
    second = measured[ranked[1]]
    return (
        f"**“{plain(ranked[0])}” wins:** {percent(_share(best), 2)} of the validation images, "
        f"{100 * (_share(best) - _share(second)):.2f} ± {100 * margins[ranked[1]]:.2f} points more than "
        f"“{plain(ranked[1])}” ({percent(_share(second), 2)})."
    )


def difference_margin(one: Run, other: Run) -> float:
    """Half the 95 % interval of the difference of two validation accuracies: 1.96 √(p(1-p)/m + q(1-q)/n), the normal
    approximation for two shares; on the same images the true one is mostly narrower."""
    return Z * math.sqrt(sum(_share(run) * (1 - _share(run)) / run.config.validation_size for run in (one, other)))


def _share(run: Run) -> float:
    assert run.validation_accuracy is not None
    return run.validation_accuracy


def _listed(names: Sequence[str]) -> str:
    quoted = [f"“{plain(name)}”" for name in names]
    return f"{', '.join(quoted[:-1])} and {quoted[-1]}"
