"""What a page looks at: a run, and the images by which it is judged, chosen in one row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from streamlit.delta_generator import DeltaGenerator

from mnistcore.data import Dataset
from mnistcore.runs import Run, RunStore
from ui.frame.selection import choose_run, no_runs_yet
from ui.frame.session import get_dataset, guard
from ui.runs import evaluation


class Judged(NamedTuple):
    """A run, and a part of a data set, which is called ``name``."""

    run: Run
    name: str
    dataset: Dataset
    part: str


def choose_judged(
    store: RunStore, columns: Sequence[DeltaGenerator], without: str, label: str = evaluation.EVALUATED_ON
) -> Judged | None:
    """The run in the first column, its data set in the second, the part of it in the third; None where one is missing,
    said with what to do. ``without``: what to say where nothing was trained."""
    with columns[0], guard():
        run = choose_run(store)
    if run is None:
        no_runs_yet(without)
        return None
    with columns[1], guard():
        name = evaluation.choose_evaluated(run, label)
        if name is None:
            return None
        dataset = get_dataset(name)
    with columns[2]:
        return Judged(run, name, dataset, evaluation.choose_part(run, dataset))
