"""What can be done with a run from its live view: pause, go on, stop, another learning rate."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from mnistcore.errors import ExplorerError
from ui.session import get_engine

if TYPE_CHECKING:
    from mnistcore.runs import Run

PROBLEM = "run_problem"
ASKED = "run_asked"  # (run id, status then, what was asked): until the worker has obeyed


def run_controls(run: Run) -> None:
    """The buttons that make sense now; one that was pressed stays disabled until the run's status has changed."""
    if problem := st.session_state.pop(PROBLEM, None):
        st.warning(problem, icon=":material/info:")
    if not (run.is_active or run.can_resume):
        return
    engine = get_engine()
    if (asked := st.session_state.get(ASKED)) is not None and asked[:2] != (run.id, run.status):
        asked = None
        del st.session_state[ASKED]  # obeyed; the run may come back to that status by way of another tab
    busy = None if asked is None else asked[2]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if run.is_active:
            label = "Pausing …" if busy == "pause" else "Pause"
            st.button(label, key="run_pause", on_click=_ask, args=(run, "pause", engine.pause), disabled=bool(busy))
        else:
            label = "Resume" if run.status == "paused" else "Go on from the last checkpoint"
            st.button(label, key="run_resume", type="primary", on_click=_ask, args=(run, "resume", engine.resume),
                      disabled=bool(busy))  # fmt: skip
        label = "Stopping …" if busy == "stop" else "Stop"
        st.button(label, key="run_stop", on_click=_ask, args=(run, "stop", engine.stop), disabled=bool(busy),
                  help="End it here for good, with the weights it has.")  # fmt: skip
        if run.status == "running":
            _learning_rate(run)


def _learning_rate(run: Run) -> None:
    """A number and a button: the learning rate from the next step on."""
    key = f"run_rate_{run.id}"
    st.number_input("Learning rate", 1e-6, 100.0, run.config.learning_rate, key=key, step=0.001, format="%g", width=150)
    st.button("Set", key="run_set_rate", on_click=_set_rate, args=(run.id, key))


def _set_rate(run_id: str, key: str) -> None:
    rate = st.session_state[key]
    try:
        get_engine().set_learning_rate(run_id, rate)
    except ExplorerError as error:
        st.session_state[PROBLEM] = str(error)
    else:
        st.toast(f"The learning rate is {rate:g} from the next step on.")


def _ask(run: Run, what: str, command: Callable[[str], None]) -> None:
    try:
        command(run.id)
    except ExplorerError as error:
        st.session_state[PROBLEM] = str(error)
    else:
        st.session_state[ASKED] = (run.id, run.status, what)
