"""Time in the user's hand: how fast a run goes on, and how far."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from mnistcore.errors import ExplorerError
from mnistcore.runs.pacing import GO_ON, ONE_BATCH, ONE_EPOCH
from ui.frame.button_row import button_row, row_clicks
from ui.frame.selection import chosen_in, labels
from ui.frame.session import get_engine
from ui.frame.speeds import FASTEST, TITLES, name_of

if TYPE_CHECKING:
    from mnistcore.runs import Run

PROBLEM = "run_problem"  # what the last click could not do; the controls show it
FURTHER = {
    ONE_BATCH: ("One batch", "Take one step, and hold there."),
    ONE_EPOCH: ("One epoch", "Train to the end of the epoch, and hold there."),
}
CSS = ".row { gap: 1rem; } button { min-height: 2.5rem; padding: 0.25rem 0.75rem; }"


class Clicks:
    """How many of a session's clicks on the buttons of one run have been passed on to its worker."""

    def __init__(self) -> None:
        self.token, self.done = secrets.token_hex(4), 0

    def settle(self, clicked: Sequence[str], run_id: str) -> str | None:
        """Pass on those that are new, in plain Python, so that no click ends this half-way; what failed."""
        problem = None
        for how in clicked[self.done :]:
            self.done += 1
            if how in FURTHER:
                problem = _problem(partial(get_engine().advance, run_id, how)) or problem
        return problem


@st.fragment
def advance_buttons(run_id: str) -> None:
    """One batch further, one epoch further: a click draws no more than this again, and every one counts."""
    key = f"advance#{run_id}"
    clicks = st.session_state.setdefault(f"{key}_clicks", Clicks())
    if problem := clicks.settle(row_clicks(key, clicks.token), run_id):
        st.session_state[PROBLEM] = problem
        st.rerun()
    buttons = [{"kind": how, "label": words[0], "help": words[1], "disabled": False} for how, words in FURTHER.items()]
    button_row(key, "Go on", buttons, clicks.token, clicks.done, CSS, width="content")


def choose_speed(run: Run) -> None:
    """The speed from now on."""
    widget = f"run_speed_{run.id}"
    titles = TITLES | ({} if name_of(run.speed) in TITLES else {name_of(run.speed): f"{run.speed:g} steps a second"})
    st.session_state[widget] = name_of(run.speed)  # which another tab may have changed
    st.selectbox("Speed", list(titles), key=widget, format_func=labels(widget, titles), width=170,
                 label_visibility="collapsed", on_change=_set_speed, args=(run.id, widget))  # fmt: skip


def _set_speed(run_id: str, widget: str) -> None:
    for chosen in chosen_in(widget):
        speed = None if chosen == FASTEST else float(chosen)
        if problem := _problem(partial(get_engine().set_speed, run_id, speed)):
            st.session_state[PROBLEM] = problem


def go_on(run_id: str) -> None:
    """Let a run that is held go on."""
    if problem := _problem(partial(get_engine().advance, run_id, GO_ON)):
        st.session_state[PROBLEM] = problem


def _problem(command: Callable[[], None]) -> str | None:
    """Give the command; why it cannot be obeyed, if so."""
    try:
        command()
    except ExplorerError as error:
        return str(error)
    return None
