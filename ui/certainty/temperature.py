"""The temperature of a run's answers: fitted on images held back from training, kept for every session."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from mnistcore.data import Dataset
from mnistcore.insight.calibration import COLDEST, HOTTEST, fit_temperature
from mnistcore.runs import Run, RunStore
from ui.frame.cached import KEYS
from ui.runs.evaluation import Answers, answers, held_back_part

OF = {"validation": "validation images", "unseen": "training images of this data set, which it has never seen"}


@dataclass(frozen=True)
class Temperature:
    """The temperature, and the part and number of the images that it was fitted on."""

    value: float
    part: str
    count: int

    @property
    def words(self) -> str:
        """What it was fitted on, in a sentence."""
        limit = " (the limit)" if self.is_at_limit else ""
        return f"Temperature {self.value:.2f}{limit}, fitted on {self.count:,} {OF[self.part]}, never on test images."

    @property
    def is_at_limit(self) -> bool:
        """Whether the loss would fall still further beyond."""
        return self.value < 1.001 * COLDEST or self.value > 0.999 * HOTTEST


def temperature_of(store: RunStore, run: Run, name: str, dataset: Dataset) -> Temperature | None:
    """The temperature of a run's newest weights; None where no images were held back to fit it on."""
    part = held_back_part(run, name, dataset)
    if part is None:
        return None
    found = answers(store, run, dataset, part)
    return Temperature(_fitted(run, dataset, part, found.step, found), part, len(found.labels))


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs=KEYS)
def _fitted(run: Run, dataset: Dataset, part: str, step: int, _found: Answers) -> float:
    return fit_temperature(_found.probabilities, _found.labels)
