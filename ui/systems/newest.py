"""The newest stored run of a config, which represents it on a system's page."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from ui.frame.words import STATUS_WORDS

if TYPE_CHECKING:
    from mnistcore.runs import Run
    from mnistcore.training import TrainingConfig


def newest_run(
    runs: Iterable[Run], wanted: TrainingConfig | Callable[[TrainingConfig], bool], among: Container[str] = STATUS_WORDS
) -> Run | None:
    """The first of `runs`, which the store gives newest first, of this config (or one that fits) in such a status."""
    fits = wanted if callable(wanted) else wanted.__eq__
    return next((run for run in runs if run.status in among and fits(run.config)), None)


def newest_runs(
    runs: Sequence[Run], wanted: Mapping[str, TrainingConfig], dataset: str, among: Container[str] = STATUS_WORDS
) -> dict[str, Run]:
    """The newest run of each config on a data set, by the config's name; names without one are left out."""
    here = [run for run in runs if run.dataset == dataset]
    found = {name: newest_run(here, config, among) for name, config in wanted.items()}
    return {name: run for name, run in found.items() if run is not None}
