"""The controls of a run's live view: pause, go on, stop, one batch or epoch, its speed, its learning rate."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from mnistcore.errors import ExplorerError
from ui.frame.number_field import number_text
from ui.frame.session import get_engine
from ui.frame.setting_numbers import number_of
from ui.live.speed import PROBLEM, advance_buttons, choose_speed, go_on

if TYPE_CHECKING:
    from mnistcore.runs import Run

ASKED = "run_asked"  # (run id, status then, what was asked): until the worker has obeyed


def run_controls(run: Run) -> None:
    """The buttons that make sense now; one that was pressed stays disabled until the run's status has changed."""
    if not (run.is_active or run.can_resume):
        return
    engine = get_engine()
    if (asked := st.session_state.get(ASKED)) is not None and asked[:2] != (run.id, run.status):
        asked = None
        del st.session_state[ASKED]  # obeyed; the run may come back to that status by way of another tab
    busy = None if asked is None else asked[2]
    if run.is_held:
        st.button("Go on", key="run_go_on", type="primary", on_click=go_on, args=(run.id,))
    elif run.is_active:
        label = "Pausing …" if busy == "pause" else "Pause"
        st.button(label, key="run_pause", on_click=_ask, args=(run, "pause", engine.pause), disabled=bool(busy))
    else:
        label = "Resume" if run.status == "paused" else "Resume from the last checkpoint"
        st.button(label, key="run_resume", type="primary", on_click=_ask, args=(run, "resume", engine.resume),
                  disabled=bool(busy))  # fmt: skip
    label = "Stopping …" if busy == "stop" else "Stop"
    st.button(label, key="run_stop", on_click=_ask, args=(run, "stop", engine.stop), disabled=bool(busy),
              help="Stop permanently and keep the current weights.")  # fmt: skip
    advance_buttons(run.id)
    choose_speed(run)
    if run.status == "running":
        _learning_rate(run)


def show_problem() -> None:
    """Why the last click did nothing, if so."""
    if problem := st.session_state.pop(PROBLEM, None):
        st.warning(problem, icon=":material/info:")


def _learning_rate(run: Run) -> None:
    """A field and a button: the learning rate from the next step on.

    The field is empty at first: the current rate is among the live figures, which also show what another tab sets.
    """
    key = f"run_rate_{run.id}"
    is_scaled = run.config.schedule.kind != "constant"
    words = "; the schedule still scales it" if is_scaled else ""
    with (
        st.form("run_rate", border=False, width="content"),
        st.container(horizontal=True, vertical_alignment="bottom", width="content"),
    ):
        st.text_input("New learning rate", key=key, placeholder="Learning rate", width=120, autocomplete="off",
                      label_visibility="collapsed")  # fmt: skip
        st.form_submit_button("Set", key="run_set_rate", on_click=_set_rate, args=(run.id, key, is_scaled),
                              help=f"The learning rate from the next step on{words}.")  # fmt: skip


def _set_rate(run_id: str, key: str, is_scaled: bool) -> None:
    """Set the typed learning rate; set nothing if it is not one."""
    number = number_of("learning_rate")
    assert number is not None
    try:
        rate = number.parse(st.session_state.get(key, ""))
        assert rate is not None
        get_engine().set_learning_rate(run_id, rate)
    except ExplorerError as error:
        st.session_state[PROBLEM] = f"{error} Nothing was changed."
    else:
        st.session_state[key] = ""
        scaled = "; the schedule still scales it" if is_scaled else ""
        st.toast(f"The learning rate is {number_text(rate)} from the next step on{scaled}.")


def _ask(run: Run, what: str, command: Callable[[str], None]) -> None:
    if st.session_state.get(ASKED) == (run.id, run.status, what):
        return  # a second click on it
    try:
        command(run.id)
    except ExplorerError as error:
        st.session_state[PROBLEM] = str(error)
    else:
        st.session_state[ASKED] = (run.id, run.status, what)
