"""How a race begins: its runs are queued together, and the address names them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from ui.frame.clicks import once
from ui.frame.session import get_engine

if TYPE_CHECKING:
    from mnistcore.training import TrainingConfig

RACE = "race"  # query parameter: the ids of its runs, separated by commas
Entry = tuple["TrainingConfig", "str | None"]


def start_race(entries: Sequence[Entry], dataset: str, speed: float | None = None) -> None:
    """Start a race of these, config and name each, and put it into the address; ExplorerError where it cannot."""
    what = ("race", *((config.model_dump_json(), name) for config, name in entries), dataset)
    ids = once(what, lambda: get_engine().race(entries, dataset, speed))
    for other in ("run", "earlier"):
        st.query_params.pop(other, None)
    st.query_params[RACE] = ",".join(ids)
