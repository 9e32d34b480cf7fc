"""An experiment as a page finds it in the store, and how soon the page has to look again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mnistcore.experiments import Experiment, Member, experiment, members
from mnistcore.experiments.coordinator import is_settled
from mnistcore.experiments.records import PAUSED, RUNNING
from mnistcore.experiments.results import Combination, combinations
from mnistcore.experiments.tables import validation_curves
from mnistcore.runs import RunStore

if TYPE_CHECKING:
    import pandas as pd

POLL_SECONDS, WAITING_SECONDS = 1.0, 3.0  # a paused experiment may be resumed in another tab
MANY, MANY_SECONDS = 200, 3.0  # runs, from which on the page looks less often


@dataclass(frozen=True)
class Found:
    """An experiment as it is now."""

    experiment: Experiment
    members: list[Member]
    combinations: list[Combination]
    curves: pd.DataFrame

    @property
    def pace(self) -> float | None:
        """Seconds until the page looks again; None when nothing changes."""
        is_active = any(member.status in ("queued", "running", "interrupted") for member in self.members)
        if self.experiment.status == RUNNING or is_active:
            return MANY_SECONDS if len(self.members) > MANY else POLL_SECONDS
        return WAITING_SECONDS if self.experiment.status == PAUSED else None

    @property
    def state(self) -> tuple[str, int, int, int | None]:
        """What the whole page depends on: it runs again whenever a run ends, or the experiment changes."""
        over = sum(map(is_settled, self.members))
        return self.experiment.status, over, len(self.combinations), self.experiment.config.runs


def look(store: RunStore, experiment_id: str) -> Found:
    """The experiment as the store has it."""
    found = members(store, experiment_id)
    curves = validation_curves(store, experiment_id)
    return Found(experiment(store, experiment_id), found, combinations(found), curves)
