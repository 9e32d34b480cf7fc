"""How a race begins: its runs are queued together, and the address names them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from mnistcore.runs.racing import MOST
from ui.frame.clicks import once
from ui.frame.page import go_to
from ui.frame.session import get_engine, guard

if TYPE_CHECKING:
    from mnistcore.runs import Run
    from mnistcore.training import TrainingConfig

# Query parameters with the ids of runs, separated by commas: those of a race, and those behind the curves of one run.
RACE, EARLIER = "race", "earlier"
Entry = tuple["TrainingConfig", "str | None"]


def queue_race(entries: Sequence[Entry], dataset: str, speed: float | None = None) -> str:
    """Start a race of these, config and name each; what the address calls it. ExplorerError where it cannot."""
    what = ("race", *((config.model_dump_json(), name) for config, name in entries), dataset)
    return ",".join(once(what, lambda: get_engine().race(entries, dataset, speed)))


def start_race(entries: Sequence[Entry], dataset: str, speed: float | None = None) -> None:
    """The same from *Train*, which shows it then."""
    race = queue_race(entries, dataset, speed)
    for other in ("run", EARLIER):
        st.query_params.pop(other, None)
    st.query_params[RACE] = race


def offer_race_again(runs: Sequence[Run]) -> None:
    """A button that trains these runs once more, side by side, and leads there; for two to four on the same digits."""
    if not 2 <= len(runs) <= MOST or len({run.dataset for run in runs}) > 1:
        return
    if st.button("Race them again", key="runs_race", help="Trains them once more, side by side in one live view."):
        with guard():
            go_to("train", race=queue_race([(run.config, run.name) for run in runs], runs[0].dataset))
