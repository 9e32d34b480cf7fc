"""A run once more, from the same seed or from another one; earlier runs stay behind its curves, faint."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import streamlit as st

from mnistcore.errors import RunError
from ui.frame.clicks import start_run
from ui.frame.words import percent, plain, shortened
from ui.runs.history import LiveHistory
from ui.runs.race import EARLIER

if TYPE_CHECKING:
    import pandas as pd

    from mnistcore.runs import Run, RunStore

MOST = 6
SEEDS = 2**32
SAME_SEED = "The same initial weights and the same order of images, so the same weights in the end."
ANOTHER_SEED = "Other initial weights and another order of images: how much of the result is chance?"


class Earlier:
    """The runs that stay behind another one, and their histories."""

    def __init__(self, store: RunStore, runs: Sequence[Run]) -> None:
        self._store, self.runs = store, list(runs)
        self._histories = {run.id: LiveHistory(store, run.id) for run in runs}

    def tables(self) -> dict[str, pd.DataFrame]:
        """What has been measured of each so far, by name and id; of those that are over, read once."""
        found = {}
        for run in self.runs:
            history = self._histories[run.id]
            if history.table is None or run.is_active:
                history.refresh(self._store.run(run.id))
            assert history.table is not None
            found[f"{run.name} ({run.id[:6]})"] = history.table
        return found


def earlier_runs(store: RunStore, run: Run) -> Earlier:
    """The runs that the address wants behind this one, at most MOST; what is not there any more is left out."""
    found = []
    for run_id in dict.fromkeys(st.query_params.get(EARLIER, "").split(",", MOST)[:MOST]):
        with suppress(RunError):
            one = store.run(run_id)
            if one.id != run.id and not one.deleted:
                found.append(one)
    return Earlier(store, found)


def offer_again(run: Run, earlier: Earlier) -> None:
    """Two buttons that start the settings of a run that is over once more; of one that may go on, in a menu."""
    if run.can_resume:
        with st.popover("Again", help="Start these settings once more; this run stays behind, faint."):
            _buttons(run, earlier)
    elif not run.is_active:
        _buttons(run, earlier)


def _buttons(run: Run, earlier: Earlier) -> None:
    another = (max(one.config.seed for one in (run, *earlier.runs)) + 1) % SEEDS
    st.button("Again", key="run_again", icon=":material/replay:", help=SAME_SEED,
              on_click=_start, args=(run, earlier, run.config.seed))  # fmt: skip
    st.button("Again with another seed", key="run_another_seed", help=ANOTHER_SEED,
              on_click=_start, args=(run, earlier, another))  # fmt: skip


def _start(run: Run, earlier: Earlier, seed: int) -> None:
    config = run.config.overridden({"seed": seed})
    first = min((run, *earlier.runs), key=lambda one: one.created_at)  # the store numbers those of the same name
    run_id = start_run(config, run.dataset, recipe=run.recipe, name=first.name, speed=run.speed)
    st.query_params["run"] = run_id
    st.query_params[EARLIER] = ",".join([run.id, *(one.id for one in earlier.runs)][:MOST])


def show_earlier(run: Run, earlier: Earlier) -> None:
    """Which runs the faint curves are of; a click takes one away."""
    if not earlier.runs:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption("Faint, earlier runs:", width="content")
        for one in earlier.runs:
            is_alike = one.config.overridden({"seed": run.config.seed}) == run.config
            st.button(_label(one, not is_alike), key=f"earlier_{one.id}", icon=":material/close:", type="tertiary",
                      on_click=_take_away, args=(one.id,), help="Take this curve away.")  # fmt: skip


def _take_away(run_id: str) -> None:
    left = [one for one in st.query_params.get(EARLIER, "").split(",") if one != run_id]
    if left:
        st.query_params[EARLIER] = ",".join(left)
    else:
        st.query_params.pop(EARLIER, None)


def _label(run: Run, with_name: bool = True) -> str:
    """`784-128-10 · seed 3 · 97.80 %`."""
    accuracy = run.validation_accuracy if run.validation_accuracy is not None else run.train_accuracy
    result = f" · {percent(accuracy, 2)}" if accuracy is not None else ""
    name = f"{plain(shortened(run.name, 24))} · " if with_name else ""
    return f"{name}seed {run.config.seed}{result}"
