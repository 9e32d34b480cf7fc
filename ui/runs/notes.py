"""What a page says about a run that is not finished or has no weights yet."""

import streamlit as st

from mnistcore.runs import Run
from ui.frame.page import link_to
from ui.frame.words import plain

WITHOUT_WEIGHTS = {
    "queued": "is waiting for a free worker",
    "running": "has just started",
    "paused": "was paused before its first snapshot",
    "failed": "failed before its first snapshot",
    "diverged": "diverged before its first snapshot",
    "stopped": "was stopped before its first snapshot",
    "interrupted": "was interrupted before its first snapshot",
}
UNFINISHED = {
    "queued": "is waiting for a free worker",
    "running": "is still training",
    "paused": "is paused",
    "interrupted": "was interrupted",
}
BROKEN_OFF = {"diverged": "diverged", "failed": "failed"}


def no_weights(run: Run) -> None:
    """The empty state of a page that needs weights: why there are none and what to do."""
    reason = WITHOUT_WEIGHTS.get(run.status, "has no weights")
    st.subheader("No weights to look at yet")
    st.markdown(f"“{plain(run.name)}” {reason}." + (f" {plain(run.message)}" if run.message else ""))
    if run.is_active:
        st.button("Look again", type="primary")
    else:
        st.write("Choose another run above, or train a new one.")
        link_to("train", "Train a network")


def progress_note(run: Run, step: int) -> None:
    """One line under the heading when these are not the final weights, with a button that fetches newer ones."""
    if run.status in UNFINISHED:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(
                f"“{plain(run.name)}” {UNFINISHED[run.status]}: these are its newest weights, after step {step:,}.",
                width="content",
            )
            if run.is_active:
                st.button("Look again", help="Fetch the newest snapshot.")
    elif run.is_guessing:
        st.warning(plain(run.message or ""))
    elif run.status == "finished" and run.message:
        st.caption(plain(run.message))
    elif run.status in BROKEN_OFF:
        st.warning(broken_off_words(run, step))


def broken_off_words(run: Run, step: int) -> str:
    """What to know of weights whose training broke off, as Markdown."""
    words = f"“{plain(run.name)}” {BROKEN_OFF[run.status]}: these are its last weights, after step {step:,}."
    return f"{words} {plain(run.message)}" if run.message else words
